# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Does the journal equal the bank, and what explains it if it does not?"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

from .amounts import comes_to, is_same, is_zero, round_amount

#: How journal and bank compare.
UNKNOWN = "unknown"
NO_OPENING = "no_opening"
EQUAL = "equal"
EXPLAINED = "explained"
NOT_SAME_MOMENT = "not_same_moment"
DIFFERENT = "different"

#: Ponto reads an account's balance and its transactions one after the other. Within
#: this time they are taken to be of the same moment.
SAME_MOMENT = timedelta(minutes=10)

#: How long a difference may last before somebody is told.
GRACE_PERIOD = timedelta(days=1)

# === JOURNAL AND BANK === #


@dataclass(frozen=True)
class NotBooked:
    """What was read and is not in the journal.

    The bank's balance has what waits, and all or nothing of each of the others.

    :ivar Decimal waiting: what waits, of days until today
    :ivar Decimal announced: what waits, of later days
    :ivar Decimal late: what is dated before the start, but came after the balance
        before the first line was counted back
    :ivar Decimal doubtful: what is perhaps known under an earlier identifier
    """

    waiting: Decimal = Decimal()
    announced: Decimal = Decimal()
    late: Decimal = Decimal()
    doubtful: Decimal = Decimal()


def find_difference(bank, journal, rounding):
    """Return the balance at the bank less that of the journal.

    :param Decimal bank: the balance at the bank, or None if it tells none
    :param Decimal journal: the journal's balance
    :param Decimal rounding: smallest unit of the currency
    :return: None if the bank gives no balance
    :rtype: Decimal or None
    """
    return None if bank is None else round_amount(bank - journal, rounding)


def judge(difference, not_booked, is_simultaneous, rounding, is_opening_told=True):
    """Tell how journal and bank compare.

    :param Decimal difference: as returned by `find_difference`
    :param NotBooked not_booked: what may explain it; looked at only if there is one
    :param bool is_simultaneous: as returned by `is_same_moment`
    :param Decimal rounding: smallest unit of the currency
    :param bool is_opening_told: whether something tells the balance before the
        journal's first line
    :rtype: str
    """
    if difference is None:
        return UNKNOWN
    if not is_opening_told:
        return NO_OPENING
    if is_zero(difference, rounding):
        return EQUAL
    perhaps = (not_booked.announced, not_booked.late, not_booked.doubtful)
    if comes_to(difference, not_booked.waiting, perhaps, rounding):
        return EXPLAINED
    return DIFFERENT if is_simultaneous else NOT_SAME_MOMENT


#: What may explain a difference. The first three are in the bank's balance for sure;
#: the others perhaps not, or are in the balance before the first line.
WAITING, REMOVED, IGNORED = "waiting", "removed", "ignored"
NEW, ANNOUNCED, LATE = "new", "announced", "late"
#: Removed, and dated before the first line that is left.
REMOVED_EARLY = "removed_early"
#: Perhaps known under an earlier identifier: likely the bank has it but once.
DOUBTFUL = "doubtful"
CERTAIN = (WAITING, REMOVED, IGNORED)
POSSIBLE = (REMOVED_EARLY, NEW, ANNOUNCED, LATE, DOUBTFUL)


def explain(difference, amounts, rounding):
    """Explain a difference by what is not in the journal.

    :param Decimal difference: as returned by `find_difference`; not None
    :param dict amounts: {kind: Decimal} of what is not in the journal
    :param Decimal rounding: smallest unit of the currency
    :return: the kinds that explain it, and the rest that nothing explains: zero where
        some of the kinds, as many as can be, are all of the difference
    :rtype: tuple
    """
    if is_zero(difference, rounding):
        return (), Decimal()
    kinds = [kind for kind in (*CERTAIN, *POSSIBLE) if amounts.get(kind)]
    for size in range(len(kinds), 0, -1):
        for chosen in combinations(kinds, size):
            total = sum((amounts[kind] for kind in chosen), Decimal())
            if is_same(difference, total, rounding):
                return chosen, Decimal()
    certain = tuple(kind for kind in kinds if kind in CERTAIN)
    total = sum((amounts[kind] for kind in certain), Decimal())
    return certain, round_amount(difference - total, rounding)


def is_same_moment(balance_at, transactions_at):
    """Tell whether Ponto read the balance and the transactions at one moment.

    :param datetime balance_at: when it read the balance, or None
    :param datetime transactions_at: when it read transactions, or None
    :return: True where Ponto does not tell
    :rtype: bool
    """
    if not balance_at or not transactions_at:
        return True
    return abs(balance_at - transactions_at) <= SAME_MOMENT


def find_difference_date(days, earlier_date, compared_on):
    """Return the first day on which the journal differs from what Ponto served.

    :param days: days of transactions that have no line or another one, and of lines
        that Ponto did not serve; None among them
    :param date earlier_date: the result of the last comparison, if that found a
        difference, too; else None
    :param date compared_on: the day of the last comparison
    :rtype: date
    """
    return min(filter(None, days), default=earlier_date or compared_on)


def is_lasting(since, now):
    """Tell whether a difference has lasted long enough to tell somebody.

    :param datetime since: since which comparison the journal differs, or None
    :param datetime now: the present moment
    :rtype: bool
    """
    return bool(since) and now - since >= GRACE_PERIOD
