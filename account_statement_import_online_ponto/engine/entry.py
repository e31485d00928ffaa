# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A transaction as Ponto lists it now, and as the register knows it.

Both are what the rules work with. They are made in one place each: an `Entry` by the
mapping of Ponto's attributes, which settles its day once, a `Known` by the register.
Their printed form shows no more than an identifier.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

#: States of a transaction in the register.
NEW = "new"
IMPORTED = "imported"
DUPLICATE = "recognised"
REMOVED = "removed"
IGNORED = "ignored"
BEFORE_START = "before_start"
WAITING = "waiting"

#: Reasons for which a transaction waits for a decision.
NO_DATE = "date"
NO_AMOUNT = "amount"
OTHER_CURRENCY = "currency"
TOO_MANY_DECIMALS = "decimals"
FUTURE = "future"
LOCKED = "locked"
SIMILAR_LINE = "look_alike"
POSSIBLE_DUPLICATE = "doubtful"
CHANGED = "changed"
TEXT_CHANGED = "text_changed"

#: Reasons for which no statement line can be made, whatever somebody decides.
UNIMPORTABLE_REASONS = frozenset(
    {NO_DATE, NO_AMOUNT, OTHER_CURRENCY, TOO_MANY_DECIMALS}
)


@dataclass(frozen=True, repr=False, kw_only=True)
class Entry:
    """A transaction as Ponto lists it now.

    :ivar str ponto_id: Ponto's identifier
    :ivar date day: the bank's day by the date that the feed uses, or None
    :ivar Decimal amount: signed, exactly as given, or None
    :ivar str currency: ISO 4217 code, or None
    :ivar str account_number: the counterpart's, in letters and digits, or None
    :ivar str counterpart_name: the counterpart's name, or None
    :ivar str label: the label of its statement line
    :ivar str content_hash: changes when Ponto changes the transaction
    :ivar datetime created_at: when it came to Ponto, aware, or None
    :ivar source: what it was made of, for whoever made it
    """

    ponto_id: str
    day: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    account_number: str | None = None
    counterpart_name: str | None = None
    label: str | None = None
    content_hash: str | None = None
    created_at: datetime | None = None
    source: object = field(default=None, compare=False)

    def __repr__(self):
        return f"{type(self).__name__}({self.ponto_id!r})"


@dataclass(frozen=True, repr=False, kw_only=True)
class Known(Entry):
    """A transaction as the register knows it.

    :ivar int key: of the register's record; what was read later has a higher one
    :ivar str fingerprint: equal for the same transaction under another identifier, and
        for twins; None where day or amount are missing
    :ivar frozenset traits: what tells it from others under any identifier, each with
        its kind, as `matching` wants them
    :ivar str state: one of the states above
    :ivar str reason: why it waits, or None
    :ivar int rank: its place in the bank's order, the newest highest; zero if that
        was not kept
    :ivar str account_id: under which account Ponto served it, or None if not known
    :ivar int generation: what has the same was listed side by side when it was read
    :ivar int pull: key of the pull that read it, or None if that was removed
    :ivar int line: key of its statement line, or None
    :ivar bool is_gone: whether Ponto was asked and has given the identifier up
    :ivar bool has_successor: whether it is known under a later identifier, too
    :ivar int original: key of what it is the same as under an earlier one, or None
    :ivar int possible_original: key of what it waits, or has waited, as a possible
        duplicate of, or None
    :ivar int first: key of what it is under its first one, or None if that is its own
    """

    key: int
    fingerprint: str | None = None
    traits: frozenset[str] = frozenset()
    state: str = NEW
    reason: str | None = None
    rank: int = 0
    account_id: str | None = None
    generation: int = 0
    pull: int | None = None
    line: int | None = None
    is_gone: bool = False
    has_successor: bool = False
    original: int | None = None
    possible_original: int | None = None
    first: int | None = None

    @property
    def run(self):
        """What has the same was listed side by side when it was read (tuple)."""
        return self.account_id, self.generation


def booking_order(known):
    """Return the key that sorts transactions into the order in which to book them.

    By their days. Of one day, by their places in the bank's list, whichever pull read
    them. Where these were not kept, what an earlier pull read is older; what one pull
    read was listed newest first. Where the pull was removed nothing tells: these come
    last.

    :param Known known: a transaction with a day
    :rtype: tuple
    """
    return known.day, known.rank, known.pull is None, known.pull or 0, -known.key
