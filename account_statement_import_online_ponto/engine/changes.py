# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the bank changed in a transaction that was read before, and what follows.

Texts of a line that nobody has worked with follow the bank. Everything else is for
somebody to decide: amounts and days never change silently.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .admission import assess
from .amounts import is_same
from .entry import (
    BEFORE_START,
    CHANGED,
    FUTURE,
    IMPORTED,
    NEW,
    POSSIBLE_DUPLICATE,
    REMOVED,
    SIMILAR_LINE,
    TEXT_CHANGED,
    UNIMPORTABLE_REASONS,
    WAITING,
)

#: Reasons that may pass when the bank delivers what was missing.
_PASSING_REASONS = UNIMPORTABLE_REASONS | {FUTURE, None}

#: Reasons that stay whatever else stands in the way: that may pass by itself, and then
#: nobody would have answered.
_QUESTIONS = {SIMILAR_LINE, POSSIBLE_DUPLICATE}


@dataclass(frozen=True)
class BookedLine:
    """What matters here of the statement line that a transaction became.

    :ivar Decimal amount: the line's amount
    :ivar Decimal rounding: smallest unit of the line's currency
    :ivar bool is_worked_on: whether somebody has reconciled it, or begun to
    :ivar Decimal served: the amount by the document that it holds: somebody may have
        typed another one; None where no document tells it
    :ivar str content_hash: of the document that it holds, or None
    :ivar date day: of that document, as the feed dates transactions now, or None
    """

    amount: Decimal
    rounding: Decimal
    is_worked_on: bool = False
    served: Decimal | None = None
    content_hash: str | None = None
    day: date | None = None

    def has_amount(self, amount):
        """Tell whether an amount is that of the line, or what the bank said of it.

        :param Decimal amount: in the line's currency
        :rtype: bool
        """
        return any(
            is_same(own, amount, self.rounding)
            for own in (self.amount, self.served)
            if own is not None
        )

    def is_moved(self, known_day, day):
        """Tell whether the bank has moved the transaction to another day (bool): to
        neither that which the register knows nor that of the line's document.

        The two differ where the feed uses another of the bank's dates by now, and where
        the document is of an earlier identifier, which had another day.

        :param date known_day: what the register knows, or None
        :param date day: what Ponto lists now, or None
        """
        known_days = {known_day, self.day} - {None}
        return bool(known_days) and day not in known_days


@dataclass(frozen=True)
class Change:
    """What follows from a change.

    :ivar str state: the state from now on
    :ivar str reason: why it waits from now on, or None
    :ivar bool is_readmitted: whether it had been left out as too early, and is read as
        if for the first time
    :ivar bool takes_booking: whether the register takes the new day, amount and
        currency; else it keeps what the journal has until somebody decides
    :ivar bool updates_line: whether the texts of the line follow the bank
    :ivar bool is_asked: whether somebody has to decide about the line
    """

    state: str
    reason: str | None = None
    is_readmitted: bool = False
    takes_booking: bool = True
    updates_line: bool = False
    is_asked: bool = False

    def needs_texts(self, state):
        """Tell whether texts are needed that were forgotten: for a line that is made
        unasked, or for who has to decide from now on.

        :param str state: the state until now
        :rtype: bool
        """
        is_imported = self.state == NEW or self.reason == FUTURE
        return is_imported or (self.is_asked and state != WAITING)


def find_change(known, entry, rules, line=None):
    """Decide what follows when a known transaction is read again.

    :param Known known: what the register has
    :param Entry entry: what Ponto lists now
    :param Rules rules: what admission is measured by
    :param BookedLine line: its statement line, or None; looked at only if something has
        changed
    :return: None if nothing follows, as is usual
    :rtype: Change or None
    """
    if known.state == BEFORE_START:
        outcome = assess(entry, rules)
        if outcome.state == BEFORE_START:
            return None
        return Change(*outcome, is_readmitted=True)
    if not (
        has_news(known, entry) or _has_passed(known.state, known.reason, entry, rules)
    ):
        return None
    if line is None:
        return _change_without_line(known, entry, rules)
    return _change_with_line(known, entry, line)


def may_change(state, reason, content_hash, entry, rules):
    """Tell whether anything may follow when a known transaction is read again.

    :param str state: what the register has
    :param str reason: why it waits, or None
    :param str content_hash: what the register has, or None
    :param Entry entry: what Ponto lists now
    :param Rules rules: what admission is measured by
    :return: False in the usual case: then `find_change` finds nothing either
    :rtype: bool
    """
    if state == BEFORE_START:
        return assess(entry, rules).state != BEFORE_START
    return _is_other_content(state, content_hash, entry) or _has_passed(
        state, reason, entry, rules
    )


def has_news(known, entry):
    """Tell whether the bank has changed anything since a transaction was read.

    :param Known known: what the register has
    :param Entry entry: what Ponto lists now
    :rtype: bool
    """
    return _is_other_content(known.state, known.content_hash, entry)


def _is_other_content(state, content_hash, entry):
    """What an earlier feed has left without content is only compared once its line is
    gone: somebody may want it back."""
    is_comparable = content_hash or state == REMOVED
    return bool(is_comparable) and content_hash != entry.content_hash


def _has_passed(state, reason, entry, rules):
    """Whether no line could be made of it, and now one can, or not for another reason:
    the feed dates transactions otherwise, or the journal has another currency."""
    is_held_back = state == WAITING and reason in UNIMPORTABLE_REASONS
    return is_held_back and assess(entry, rules).reason != reason


def changes_booking(known, entry, line):
    """Tell whether the bank has changed amount, day or currency after the import.

    :param Known known: what the register has; a day or currency that it does not know
        cannot have changed
    :param Entry entry: what Ponto lists now
    :param BookedLine line: its statement line
    :rtype: bool
    """
    return (
        not line.has_amount(entry.amount or Decimal())
        or line.is_moved(known.day, entry.day)
        or bool(known.currency and known.currency != entry.currency)
    )


def find_text_updates(current, served, untouched=None):
    """Find the fields of a line that have to follow the bank.

    What somebody wrote stays, whatever the bank says: of each field the bank's new
    value is only taken where the line still holds what the feed wrote last.

    :param dict current: {name of a field: what the line has}
    :param dict served: {name of a field: what the bank says now}
    :param untouched: names of the fields that hold what the feed wrote last; None for
        all
    :return: {name: new value}; nothing in another form is no change
    :rtype: dict
    """
    return {
        name: value
        for name, value in served.items()
        if (untouched is None or name in untouched)
        and (current[name] or False) != (value or False)
    }


def _change_without_line(known, entry, rules):
    if known.state in (NEW, WAITING):
        # Perhaps the bank has now delivered what was missing, or taken it away.
        outcome = assess(entry, rules)
        is_asked = known.reason in _QUESTIONS and outcome.state == WAITING
        if known.reason in _PASSING_REASONS or (outcome.state != NEW and not is_asked):
            return Change(*outcome)
    return Change(known.state, known.reason)


def _change_with_line(known, entry, line):
    state = IMPORTED if known.state == WAITING else known.state
    if line.content_hash and line.content_hash == entry.content_hash:
        # The bank has taken back what somebody would have had to decide about.
        return Change(state)
    if changes_booking(known, entry, line):
        reason = CHANGED
    elif line.is_worked_on:
        reason = TEXT_CHANGED
    else:
        # Once the texts have followed, the line has all that the bank says.
        return Change(state, updates_line=True)
    return Change(WAITING, reason, takes_booking=False, is_asked=True)
