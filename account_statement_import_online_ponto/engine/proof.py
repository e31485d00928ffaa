# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Does the journal equal the bank; what the bank had before the first line."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from .amounts import is_same, is_zero, round_amount

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

    :ivar Decimal waiting: what waits, of days until today
    :ivar Decimal announced: what waits, of later days: it may be part of the bank's
        balance or not
    :ivar Decimal late: what is dated before the start, but came after the balance
        before the first line was counted back
    """

    waiting: Decimal = Decimal()
    announced: Decimal = Decimal()
    late: Decimal = Decimal()


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
    waiting, late = not_booked.waiting, not_booked.late
    for explanation in (waiting, waiting + not_booked.announced):
        for amount in (explanation, explanation + late):
            if is_zero(difference - amount, rounding):
                return EXPLAINED
    return DIFFERENT if is_simultaneous else NOT_SAME_MOMENT


#: What may explain a difference. The first three are in the bank's balance for sure;
#: the others perhaps not, or are in the balance before the first line.
WAITING, REMOVED, IGNORED = "waiting", "removed", "ignored"
NEW, ANNOUNCED, LATE = "new", "announced", "late"
#: Removed, and dated before the first line that is left.
REMOVED_EARLY = "removed_early"
CERTAIN = (WAITING, REMOVED, IGNORED)
POSSIBLE = (REMOVED_EARLY, NEW, ANNOUNCED, LATE)


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


# === THE BALANCE BEFORE THE FIRST LINE === #

#: By what the balance before some lines is settled: by the balance at the bank; by the
#: balance before the first line until now; by nothing, for nothing tells it.
BY_BANK = "bank"
BY_FIRST_LINE = "first_line"
BY_NOTHING = "nothing"


class Source(NamedTuple):
    """By what the balance before some lines is settled.

    :ivar str kind: one of the above
    :ivar bool is_provisional: whether it has to be corrected once the bank's balance
        counts just what it lists; None leaves that as it is
    """

    kind: str
    is_provisional: bool | None = None


def choose_source(has_bank, has_before, is_settled=True):
    """Choose by what to settle the balance before the journal's first lines.

    :param bool has_bank: whether the bank tells a balance
    :param bool has_before: whether a balance before the first line was known until now
    :param bool is_settled: whether the bank's balance and its transactions are of one
        moment, and nothing is announced, which it may count already or not
    :return: `BY_BANK` only holds if `trusts_bank` does; else it is `BY_FIRST_LINE`
    :rtype: Source
    """
    if has_bank:
        return Source(BY_BANK, is_provisional=not is_settled)
    if has_before:
        return Source(BY_FIRST_LINE)
    return Source(BY_NOTHING, is_provisional=True)


def trusts_bank(by_bank, if_late, missing, state, rounding):
    """Tell whether the balance counted back from the bank's is the right one.

    Where the journal did not equal the bank before, and what was added before the first
    line does not come to this as late bookings, it is taken for older history.

    :param Decimal by_bank: the balance counted back from that at the bank
    :param Decimal if_late: the balance before the first line if what was added came
        late to the bank; or None
    :param missing: what else came late to the bank and is not in the journal, by kinds
        (iterable of Decimal): each kind may be part of the balance or not
    :param str state: how journal and bank compared the last time; None if never
    :param Decimal rounding: smallest unit of the currency
    :rtype: bool
    """
    if if_late is None or state in (None, EQUAL, EXPLAINED):
        return True
    return is_late(by_bank, if_late, missing, rounding)


def is_late(balance, before, missing, rounding):
    """Tell whether nothing came that the balance before the first line held: it is what
    it was, but for what came late to the bank.

    :param Decimal balance: the balance before the first line
    :param Decimal before: what it was
    :param missing: see `trusts_bank`
    :param Decimal rounding: smallest unit of the currency
    :rtype: bool
    """
    kinds = list(filter(None, missing))
    return any(
        is_same(balance, sum(chosen, before), rounding)
        for size in range(len(kinds) + 1)
        for chosen in combinations(kinds, size)
    )


def count_back(balance, amounts, rounding):
    """Return the balance before some amounts were booked.

    :param Decimal balance: the balance afterwards
    :param amounts: what was booked (iterable of Decimal)
    :param Decimal rounding: smallest unit of the currency
    :rtype: Decimal
    """
    return round_amount(balance - sum(amounts, Decimal()), rounding)


def has_to_settle(is_kept, opening_day, first_new):
    """Tell whether new lines settle the balance before the journal's first line.

    :param bool is_kept: whether the feed keeps one already
    :param date opening_day: the day before which the kept one is; where none is kept,
        that of the first line that was there already; or None
    :param date first_new: the day of the first of the new lines
    :rtype: bool
    """
    if not is_kept:
        return opening_day is None
    return opening_day is not None and first_new < opening_day


def move_opening(opening, between, is_later, rounding):
    """Return what the opening balance of one day is on another day.

    It takes in what was booked in between, whether that is in the journal or was
    removed, and in whatever statements it is.

    :param Decimal opening: the balance before the first day
    :param Decimal between: what was booked from the earlier of both days on until the
        other one
    :param bool is_later: whether the other day is later than the first
    :param Decimal rounding: smallest unit of the currency
    :rtype: Decimal
    """
    return round_amount(opening + (between if is_later else -between), rounding)


def find_day_for_both(opening_day, old_day, new_day):
    """Return the day before which the balance before the first line has to be, so that
    it holds as much of a transaction on its new day as on its old one.

    :param date opening_day: the day before which the balance is
    :param date old_day: the day of the transaction until now
    :param date new_day: its new day
    :rtype: date
    """
    if (old_day < opening_day) == (new_day < opening_day):
        return opening_day
    return min(old_day, new_day)


def find_shift(opening_day, old, new):
    """Return by how much the opening balance has to move, to hold what is dated before
    its day and nothing else. A transaction without day or amount has no line, so it
    counts as part of the opening balance.

    :param date opening_day: the day before which the balance is
    :param tuple old: day and amount of a transaction until now; None where the bank
        has not told it
    :param tuple new: the same from now on
    :rtype: Decimal
    """
    was_held, is_held = (
        None in booking or booking[0] < opening_day for booking in (old, new)
    )
    if was_held == is_held:
        return Decimal()
    _day, amount = new if old[1] is None else old
    return amount if is_held else -amount
