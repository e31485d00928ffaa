# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The statement of a day, and balances that follow from one another."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .amounts import is_same, round_amount
from .days import MONTHLY, WEEKLY, Period, period_around

# === WHICH STATEMENT === #


def make_name(code, since):
    """Return the name of the statement of a period, as the OCA module makes it.

    :param str code: the journal's code
    :param date since: the first day of the period
    :rtype: str
    """
    return f"{code}/{since.isoformat()}"


def find_own_period(name, code):
    """Return the first day of the period of a statement that OCA's module has made.

    :param str name: the statement's name, or None
    :param str code: the journal's code
    :return: None for a statement of somebody else
    :rtype: date or None
    """
    try:
        since = date.fromisoformat((name or "").rpartition("/")[2])
    except ValueError:
        return None
    return since if name == make_name(code, since) else None


def restore_periods(last_days, mode):
    """Restore the periods of statements of which only the lines are known.

    The mode may have been another one when a statement was made. It has the mode's
    length only if its lines reach further than those of a shorter one could, or if the
    one before it has that length. Any other one ends with its last line, and each of
    them before the next one begins.

    :param dict last_days: {first day of a statement's period: day of its last line}
    :param str mode: length of a new statement's period, see `days`
    :return: {first day: `Period`}
    :rtype: dict
    """
    ordered = sorted(last_days)
    periods, is_usual = {}, False
    for since, following in zip(ordered, [*ordered, date.max][1:], strict=True):
        last = max(since, last_days[since])
        usual = period_around(since, mode)
        fits = usual.since == since and last <= usual.until < following
        is_usual = fits and (is_usual or last > _find_shorter_end(since, mode))
        until = usual.until if is_usual else last
        periods[since] = Period(since, min(until, following - timedelta(days=1)))
    return periods


def _find_shorter_end(since, mode):
    """Return the last day that a statement of a shorter period than the mode's can
    have, if it begins on a day (date)."""
    weekly = period_around(since, WEEKLY)
    if mode == MONTHLY and weekly.since == since:
        return weekly.until
    return since


class Assignment(NamedTuple):
    """Which statement each day gets.

    :ivar dict periods: {day: `Period` of its statement}
    :ivar list missing: periods of which there is no statement, in the order in which
        they were first asked for
    """

    periods: dict
    missing: list


def assign(days, mode, existing):
    """Find the statements into which lines of some days go.

    A day of which the feed has made a statement goes there, however long its period
    is. Any other day gets a new one, which takes no day of those that there are.

    :param days: the days of the lines, in the order of these
    :param str mode: length of a new statement's period, see `days`
    :param existing: periods of the statements that the feed has made (`Period`), which
        have no day in common
    :rtype: Assignment
    """
    ordered = sorted(existing, key=lambda period: period.since)
    beginnings = [period.since for period in ordered]
    periods, missing = {}, []
    for day in dict.fromkeys(days):
        place = bisect_right(beginnings, day)
        before = ordered[place - 1] if place else Period(date.min, date.min)
        if place and day in before:
            periods[day] = before
            continue
        usual = period_around(day, mode)
        since, until = usual.since, usual.until
        if place:
            since = max(since, before.until + timedelta(days=1))
        if place < len(ordered):
            until = min(until, beginnings[place] - timedelta(days=1))
        periods[day] = Period(since, until)
        missing.append(periods[day])
    return Assignment(periods, list(dict.fromkeys(missing)))


def leaves_statement(day, new_day, period):
    """Tell whether a line leaves its statement when it gets another day.

    :param date day: the line's day
    :param date new_day: its new one
    :param Period period: that of its statement; None for one of somebody else, which
        keeps its lines
    :rtype: bool
    """
    return period is not None and day != new_day and new_day not in period


# === BALANCES === #


@dataclass(frozen=True)
class Statement:
    """A statement with lines.

    :ivar int key: of the statement
    :ivar Decimal start: the balance with which it starts
    :ivar Decimal end: the balance with which it ends
    :ivar Decimal total: the sum of its posted lines, without those about to leave it
    :ivar bool is_new: whether it has no start yet, or none to be kept
    :ivar bool is_typed: whether somebody has typed its end
    :ivar bool is_own: whether somebody has made it, or a bank file: its balances are
        those of a paper
    :ivar bool is_emptied: whether all of its lines are about to leave it
    :ivar Decimal gap: the sum of the lines between it and the statement before it that
        are in no statement
    :ivar Decimal adopted: the sum of the lines that were in this gap and have just come
        into a statement
    """

    key: int
    start: Decimal
    end: Decimal
    total: Decimal
    is_new: bool = False
    is_typed: bool = False
    is_own: bool = False
    is_emptied: bool = False
    gap: Decimal = Decimal()
    adopted: Decimal = Decimal()


class Balances(NamedTuple):
    """What a statement starts and ends with (Decimal)."""

    start: Decimal
    end: Decimal


def find_start(chain):
    """Return the balance before the first of some statements that has one.

    :param chain: `Statement` objects in the order of their lines
    :return: None if all are new
    :rtype: Decimal or None
    """
    return next((each.start for each in chain if not each.is_new), None)


def chain_balances(chain, before, opening, rounding):
    """Make balances follow from one another after lines came or left.

    A statement ends at its start plus its lines, unless somebody has typed its end:
    that stays, whatever comes. A later one that agreed with its predecessor goes on
    agreeing; one that did not keeps its start, which was somebody's decision. So does
    one that the feed has not made, and its end: where it does not agree any more, Odoo
    says so. Lines between two statements that are in none may count or not; for a new
    one they do not count, as Odoo calls it invalid then.

    :param chain: `Statement` objects in the order of their lines, from the first one
        that changed to the journal's last
    :param Decimal before: the balance at the end of the statement before these; None if
        there is none
    :param Decimal opening: the balance before the first of these; looked at only if
        there is no statement before
    :param Decimal rounding: smallest unit of the currency
    :return: {key of a statement: `Balances`}, without those that are emptied
    :rtype: dict
    """
    result = {}
    # What a statement had to start with to agree with its predecessor as that was; and
    # what lies between in no statement, as far as new ones have come in between.
    expected, passed = before, Decimal()
    balance = opening if before is None else before
    for statement in chain:
        distance = passed + statement.gap
        if statement.is_new:
            start, passed = balance, distance
        else:
            counted = distance + statement.adopted
            if statement.is_own:
                start = statement.start
            elif expected is None:
                is_bare = is_same(statement.start, balance, rounding)
                start = balance if is_bare else balance + distance
            elif is_same(statement.start, expected + counted, rounding):
                start = balance + distance
            elif is_same(statement.start, expected, rounding):
                start = balance
            else:
                start = statement.start
            expected, passed = statement.end, Decimal()
        # What is about to have no lines hands on what it starts with.
        is_kept = statement.is_typed or statement.is_own
        if is_kept and not statement.is_emptied:
            end = statement.end
        else:
            end = start + statement.total
        balance = round_amount(end, rounding)
        if not statement.is_emptied:
            result[statement.key] = Balances(start, balance)
    return result


def recall_written_end(start, end, amounts, rounding):
    """Recall the end of a statement that nobody typed, where nothing remembers it.

    Odoo computes an end once; whoever adds lines later, may leave it as it was.

    :param Decimal start: the balance with which the statement starts
    :param Decimal end: the balance with which it ends
    :param amounts: of its posted lines, in the order in which these were made (Decimal)
    :param Decimal rounding: smallest unit of the currency
    :return: the end, if the lines came to it at some time; else what they come to, as
        somebody has typed the end
    :rtype: Decimal
    """
    balance = start
    for amount in amounts:
        balance += amount
        if is_same(end, balance, rounding):
            return end
    return balance


def find_affected(places, first_left):
    """Find the statements whose balances change when lines are taken out of them.

    What is emptied before the first statement that is left becomes part of the opening
    balance: those that are left keep theirs.

    :param dict places: {key of a statement that loses lines: its place}; places are
        anything that sorts as the statements do
    :param first_left: place of the journal's first statement that keeps lines, or None
    :return: keys
    :rtype: set
    """
    if first_left is None:
        return set()
    return {key for key, place in places.items() if place >= first_left}
