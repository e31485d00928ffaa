# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The statement of a day, and balances that follow from one another."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .amounts import is_same, round_amount
from .days import period_around

# === WHICH STATEMENT === #


def make_name(code, since):
    """Return the name of the statement of a period, as the OCA module makes it.

    :param str code: the journal's code
    :param date since: the first day of the period
    :rtype: str
    """
    return f"{code}/{since.isoformat()}"


def find_own_period(name, code):
    """Return the first day of the period of a statement that pulls make and fill.

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

    :param days: the days of the lines, in the order of these
    :param str mode: length of a statement's period, see `days`
    :param existing: first days of the periods of the statements that there are (a set)
    :rtype: Assignment
    """
    periods = {day: period_around(day, mode) for day in days}
    missing = [each for each in periods.values() if each.since not in existing]
    return Assignment(periods, list(dict.fromkeys(missing)))


def leaves_statement(day, new_day, mode, own_since):
    """Tell whether a line leaves its statement when it gets another day.

    :param date day: the line's day
    :param date new_day: its new one
    :param str mode: length of a statement's period, see `days`
    :param date own_since: first day of its statement's period, as of
        `find_own_period`; None for one of somebody else, which keeps its lines
    :rtype: bool
    """
    if own_since is None or day == new_day:
        return False
    return period_around(new_day, mode).since != own_since


# === BALANCES === #


@dataclass(frozen=True)
class Statement:
    """A statement with lines.

    :ivar int key: of the statement
    :ivar Decimal start: the balance with which it starts
    :ivar Decimal end: the balance with which it ends, by itself or by somebody
    :ivar Decimal total: the sum of its posted lines, without those about to leave it
    :ivar bool is_new: whether it has no balances yet, or none to be kept
    :ivar bool is_changed: whether lines came or leave
    :ivar date first_day: the day of its first line, where that matters
    """

    key: int
    start: Decimal
    end: Decimal
    total: Decimal
    is_new: bool = False
    is_changed: bool = False
    first_day: date | None = None


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

    A statement whose lines changed ends at its start plus its lines. A later one that
    agreed with its predecessor goes on agreeing; one that did not is left alone, with
    all that follows: its balances were somebody's decision.

    :param chain: `Statement` objects in the order of their lines, from the first one
        that changed to the journal's last
    :param Decimal before: the balance at the end of the statement before these; None if
        there is none
    :param Decimal opening: the balance before the journal's first line; looked at only
        if there is no statement before
    :param Decimal rounding: smallest unit of the currency
    :return: {key of a statement: `Balances`}
    :rtype: dict
    """
    result = {}
    # What a statement had to start with to agree with its predecessor as that was.
    expected = before
    balance = opening if before is None else before
    for statement in chain:
        if statement.is_new:
            start, end = balance, balance + statement.total
        else:
            agrees = expected is None or is_same(statement.start, expected, rounding)
            expected = statement.end
            shift = balance - statement.start if agrees else Decimal()
            start, end = statement.start + shift, statement.end + shift
            if statement.is_changed:
                end = start + statement.total
        balance = round_amount(end, rounding)
        result[statement.key] = Balances(start, balance)
    return result


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
