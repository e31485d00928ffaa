# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How the probe judges what it saw.

A judge is given the facts of `probe_looks.Looks`. It returns a verdict, and what was
seen or the reason why nothing can be told.
"""

import re

from .probe_words import OTHER

AS_ASSUMED, DIFFERENT, CANNOT_TELL = "as assumed", "different", "cannot tell"

#: What `transaction` reads; anything else in an answer is news.
KNOWN_ATTRIBUTES = frozenset(
    "additionalInformation amount bankTransactionCode cardReference cardReferenceType "
    "counterpartName counterpartReference createdAt creditorId currency description "
    "digest endToEndId executionDate fee internalReference mandateId "
    "proprietaryBankTransactionCode purposeCode remittanceInformation "
    "remittanceInformationType updatedAt valueDate".split()
)
#: Without these a transaction cannot be imported, or not be put in order.
NEEDED_ATTRIBUTES = ("amount", "currency", "executionDate", "createdAt")
#: As many as a look at two accounts with transactions takes.
ENOUGH_REQUESTS = 40
REFERENCE_SHAPES = frozenset({"+++", "***", "12 digits", "RF"})


def _begins_with(seen, words):
    """Tell whether an observation is one of these, or one of these and more."""
    return any(
        seen == each or seen.startswith((f"{each} ", f"{each},")) for each in words
    )


def expect(name, *allowed, reason="it was not seen"):
    """Judge one fact: it has to be one of the allowed words, or to begin with it."""

    def _judge(facts):
        seen = facts.get(name)
        if seen is None:
            return CANNOT_TELL, reason
        is_fine = _begins_with(str(seen), allowed)
        return AS_ASSUMED if is_fine else DIFFERENT, str(seen)

    return _judge


def expect_refusal(name, reason="it was not seen"):
    """Judge an outcome: a status from 400 to 499."""

    def _judge(facts):
        seen = facts.get(name)
        if seen is None:
            return CANNOT_TELL, reason
        is_fine = re.match(r"4\d\d\b", seen)
        return AS_ASSUMED if is_fine else DIFFERENT, seen

    return _judge


def expect_only(name, *allowed, reason="there was none"):
    """Judge counted words: only allowed ones may be among them."""

    def _judge(facts):
        counts = facts.get(name)
        if not counts:
            return CANNOT_TELL, reason
        seen = ", ".join(f"{number} × {word}" for word, number in counts.items())
        is_fine = all(_begins_with(word, allowed) for word in counts)
        return AS_ASSUMED if is_fine else DIFFERENT, seen

    return _judge


def expect_names(name, *needed):
    """Judge a list of names: the needed ones have to be among them."""

    def _judge(facts):
        seen = facts.get(name)
        if seen is None:
            return CANNOT_TELL, "it was not seen"
        is_fine = set(needed) <= set(seen)
        return AS_ASSUMED if is_fine else DIFFERENT, ", ".join(seen) or "none"

    return _judge


def never(reason):
    """Judge what no single look can show."""
    return lambda facts: (CANNOT_TELL, reason)


def judge_days(facts):
    """Judge the days: most are midnight UTC, each is a time."""
    days = facts.get("days")
    if not days:
        return CANNOT_TELL, "there was no transaction"
    seen = ", ".join(f"{number} × {word}" for word, number in days.items())
    is_fine = not days.get(OTHER) and 2 * days.get("midnight UTC", 0) >= sum(
        days.values()
    )
    return AS_ASSUMED if is_fine else DIFFERENT, seen


def judge_presence(facts):
    """Judge whether the needed attributes always have a value."""
    attributes = facts.get("transaction_attributes")
    if not attributes:
        return CANNOT_TELL, "there was no transaction"
    empty = [
        name
        for name in NEEDED_ATTRIBUTES
        if name not in attributes
        or attributes[name]["null"]
        or attributes[name]["absent"]
    ]
    if empty:
        return DIFFERENT, f"not always there: {', '.join(empty)}"
    return AS_ASSUMED, "they were"


def judge_news(facts):
    """Judge whether every attribute is known."""
    attributes = facts.get("transaction_attributes")
    if not attributes:
        return CANNOT_TELL, "there was no transaction"
    news = sorted(set(attributes) - KNOWN_ATTRIBUTES)
    if news:
        return DIFFERENT, f"unknown: {', '.join(news)}"
    return AS_ASSUMED, f"{len(attributes)} known ones"


def judge_order(facts):
    """Judge by which times the list is ordered."""
    order = facts.get("order")
    if order is None:
        return CANNOT_TELL, "too few transactions, or all of one moment"
    is_fine = order.startswith("createdAt")
    seen = f"what never rises: {order}"
    return AS_ASSUMED if is_fine else DIFFERENT, seen


def judge_updated(facts):
    """Judge whether new transactions count as updated."""
    if "new_count" not in facts:
        return CANNOT_TELL, "no synchronization was asked for, or it did not end"
    if not facts["new_count"]:
        return CANNOT_TELL, "the synchronization brought nothing new"
    if facts["new_among_updated"] is None:
        return CANNOT_TELL, "the updated ones did not come, or not on one page"
    seen = f"{facts['new_among_updated']} of {facts['new_count']} new ones are listed"
    return (DIFFERENT if facts["new_among_updated"] else AS_ASSUMED), seen


def judge_rate(facts):
    """Judge whether all requests were allowed."""
    number = facts.get("requests", 0)
    if facts.get("statuses", {}).get("429"):
        return DIFFERENT, f"refused after {number} requests"
    if number < ENOUGH_REQUESTS:
        return CANNOT_TELL, f"there were only {number}"
    headers = ", ".join(facts.get("limit_headers", ())) or "none"
    return AS_ASSUMED, f"{number} requests, headers about limits: {headers}"


def judge_request_ids(facts):
    """Judge whether answers have an id."""
    number = facts.get("answers_with_request_id", 0)
    seen = f"{number} of {facts.get('requests', 0)} answers"
    return AS_ASSUMED if number else DIFFERENT, seen


def judge_gaps(facts):
    """Judge whether pages fit together."""
    if "rows" not in facts:
        return CANNOT_TELL, "there was no list"
    seen = f"{facts['rows_twice']} twice, {facts['empty_pages']} empty pages"
    is_fine = not facts["rows_twice"] and (
        facts["pages"] == 1 or not facts["empty_pages"]
    )
    return AS_ASSUMED if is_fine else DIFFERENT, seen
