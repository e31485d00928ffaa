# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The balance before a journal's first line: what settles it, and when it moves."""

from decimal import Decimal
from typing import NamedTuple

from .amounts import comes_to, round_amount
from .proof import EQUAL, EXPLAINED

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
    return comes_to(balance, before, missing, rounding)


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
