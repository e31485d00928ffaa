# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""May a transaction become a statement line unasked; if not, why."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .amounts import is_exact
from .entry import (
    BEFORE_START,
    FUTURE,
    IGNORED,
    LOCKED,
    NEW,
    NO_AMOUNT,
    NO_DATE,
    OTHER_CURRENCY,
    POSSIBLE_DUPLICATE,
    REMOVED,
    SIMILAR_LINE,
    TOO_MANY_DECIMALS,
    UNIMPORTABLE_REASONS,
    WAITING,
)

#: How far the first scheduled pull goes back when nobody chose a start date.
HISTORY = timedelta(days=90)

#: Verdicts in spite of which somebody may decide to import.
DECIDABLE = frozenset({SIMILAR_LINE, POSSIBLE_DUPLICATE, LOCKED, IGNORED, REMOVED})


@dataclass(frozen=True)
class Rules:
    """What admission depends on beside the transaction.

    :ivar str currency: ISO 4217 code of the journal's currency
    :ivar Decimal rounding: smallest unit of that currency
    :ivar date start: the day before which nothing is imported
    :ivar date today: the present day in the bank's time zone
    """

    currency: str
    rounding: Decimal
    start: date
    today: date


class Outcome(NamedTuple):
    """What becomes of a transaction: its state, and why it waits, if it does."""

    state: str
    reason: str | None = None


def assess(entry, rules):
    """Decide what becomes of a transaction that was not known.

    :param Entry entry: the transaction
    :param Rules rules: what it is measured by
    :rtype: Outcome
    """
    obstacle = _find_obstacle(entry, rules)
    if obstacle:
        return Outcome(WAITING, obstacle)
    if entry.day < rules.start:
        return Outcome(BEFORE_START)
    if entry.day > rules.today:
        return Outcome(WAITING, FUTURE)
    return Outcome(NEW)


def find_obstacle(entry, rules, reason=None):
    """Return the reason for which no line can be made, whatever somebody decides.

    :param Entry entry: the transaction as the bank has it now, or None if nobody kept
        its document
    :param Rules rules: what it is measured by
    :param str reason: the reason for which it waits already, or None
    :rtype: str or None
    """
    if reason in UNIMPORTABLE_REASONS:
        return reason
    return entry and _find_obstacle(entry, rules)


def _find_obstacle(entry, rules):
    if entry.day is None:
        return NO_DATE
    if entry.amount is None:
        return NO_AMOUNT
    if entry.currency != rules.currency:
        return OTHER_CURRENCY
    if not is_exact(entry.amount, rules.rounding):
        return TOO_MANY_DECIMALS
    return None


# === THE START === #


def choose_start(chosen, usual, since=None):
    """Return the day before which nothing is imported.

    :param date chosen: the day that somebody chose, or None; it holds whatever is
        asked for
    :param date usual: the day if nobody chose one
    :param date since: the first day that somebody asks for now, or None
    :rtype: date
    """
    if chosen:
        return chosen
    return min(usual, since) if since else usual


def propose_start(today, last_line=None, last_locked=None):
    """Return the day from which to import if nobody chooses one.

    :param date today: the present day
    :param date last_line: day of the last line that the journal has from elsewhere
        until today, or None
    :param date last_locked: the last day that is locked for good, or None
    :return: 90 days before today; but the day after one of the others, if that is later
    :rtype: date
    """
    last_days = filter(None, [last_line, last_locked])
    return max([today - HISTORY, *(day + timedelta(days=1) for day in last_days)])


def find_early(new, start):
    """Find what lies before the start, which may have moved since it was registered.

    :param new: `Known` transactions with a day
    :param date start: the day before which nothing is imported
    :return: keys
    :rtype: set
    """
    return {known.key for known in new if known.day < start}


# === LOCKED PERIODS === #


def find_locked(new, accounting_days):
    """Find what Odoo would book on another day, because its own is locked.

    :param new: `Known` transactions with a day
    :param dict accounting_days: {day: the day on which Odoo books it}
    :return: keys
    :rtype: set
    """
    return {known.key for known in new if accounting_days[known.day] != known.day}


# === IN A WORD === #


def name_verdict(known, has_similar_line=False, is_locked=False):
    """Return what a preview says of a transaction, in a word.

    :param Known known: the transaction after it was screened
    :param bool has_similar_line: whether the journal has a similar line from elsewhere
    :param bool is_locked: whether Odoo would book it on another day
    :return: what it waits for, or its state; of what is new, what is remarkable
    :rtype: str
    """
    if known.state == WAITING:
        return known.reason
    if known.state == NEW and has_similar_line:
        return SIMILAR_LINE
    if known.state == NEW and is_locked:
        return LOCKED
    return known.state


def may_be_chosen(known, verdict, obstacle, has_document):
    """Tell whether somebody may import a transaction from a preview.

    :param Known known: the transaction
    :param str verdict: as returned by `name_verdict`
    :param str obstacle: as returned by `find_obstacle`, or None
    :param bool has_document: whether there is something that a line can be made of
    :rtype: bool
    """
    if known.state == NEW:
        return True
    return (
        verdict in DECIDABLE
        and known.line is None
        and has_document
        and obstacle is None
    )
