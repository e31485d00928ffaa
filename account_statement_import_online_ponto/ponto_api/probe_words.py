# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The probe's words: how something looks, and how often.

Whatever comes in, only words of ours, names of fields and numbers of pieces go out.
"""

import re
from collections import Counter
from datetime import timezone
from decimal import Decimal

from .parsing import as_dict, parse_time

OTHER = "something else"
_NAME = re.compile(r"[A-Za-z][A-Za-z_.-]{0,59}\Z", re.ASCII)
_TIME_SHAPE = re.compile(r"[dTZ:.+-]{1,40}\Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_DAYS = ("executionDate", "valueDate")
_TIMES = (*_DAYS, "createdAt", "updatedAt")
_SUBTYPES = frozenset(
    {"accountDetails", "accountTransactions", "accountTransactionsWithUnsettled"}
)

# === SHAPES === #


def is_list(value):
    """Tell whether a value is a JSON list."""
    return isinstance(value, list)


def plain_name(text):
    """Return the name of a field or a code; None for anything that may be a value."""
    return text if isinstance(text, str) and _NAME.match(text) else None


def media_type(reply):
    """Return the media type of an answer, e.g. ``application/json``."""
    text = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    known = ("application/vnd.api+json", "application/json", "text/html")
    return text if text in known else OTHER


def id_shape(value):
    """Return how an id looks."""
    text = value if isinstance(value, str) else ""
    if _UUID.match(text.lower()):
        is_small = text == text.lower()
        return "uuid, small letters" if is_small else "uuid, capital letters"
    return OTHER


def amount_shape(value):
    """Return how an amount looks, e.g. ``number, 2 decimals``."""
    if isinstance(value, Decimal) and value.is_finite():
        return f"number, {max(0, -value.as_tuple().exponent)} decimals"
    return "text" if isinstance(value, str) else OTHER


def _time_shape(value):
    """Return how a time looks, with a d for each digit."""
    shape = re.sub(r"\d", "d", value, flags=re.ASCII) if isinstance(value, str) else ""
    return shape if _TIME_SHAPE.match(shape) else OTHER


def _time_of_day(value):
    """Return which time of the day a time is, in three classes."""
    moment = _read_time(value)
    if moment is None:
        return OTHER
    clock = moment.astimezone(timezone.utc).strftime("%H:%M:%S.%f")
    if clock == "00:00:00.000000":
        return "midnight UTC"
    is_near = clock in ("22:00:00.000000", "23:00:00.000000")
    return "midnight in Central Europe" if is_near else "another time"


def _read_time(value):
    """Return an aware datetime, None for anything else."""
    try:
        return parse_time(value)
    except ValueError:
        return None


def _reference_shape(text):
    """Return how a structured reference is written."""
    text = text.strip() if isinstance(text, str) else ""
    for sign in ("+++", "***"):
        if text.startswith(sign) and text.endswith(sign):
            return sign
    if text[:2].upper() == "RF":
        return "RF"
    return f"{len(text)} digits" if text.isdecimal() and len(text) < 36 else OTHER


# === WORDS AND COUNTS === #


def count(words):
    """Return how often each word comes (dict)."""
    return dict(sorted(Counter(words).items()))


def names(value):
    """Return the names of an object's fields (list of str)."""
    return sorted({plain_name(name) or OTHER for name in as_dict(value)})


def field_names(reply):
    """Return the names in the first row of a list: its own, its attributes'."""
    row = reply.rows[0] if reply.rows else {}
    return names(row), names(row.get("attributes"))


def attributes_of(rows):
    """Return the attributes of resources (list of dict)."""
    return [as_dict(row.get("attributes")) for row in rows]


def count_presence(objects):
    """Return for each field in how many objects it has a value, is null, is absent."""
    fields = {name for each in objects for name in each}
    result = {}
    for name in sorted(fields, key=str):
        filled = sum(each.get(name) is not None for each in objects)
        present = sum(name in each for each in objects)
        result[plain_name(name) or OTHER] = {
            "value": filled,
            "null": present - filled,
            "absent": len(objects) - present,
        }
    return result


def subtype_of(synchronization):
    """Return the subtype of a synchronization, in a known word."""
    subtype = as_dict(synchronization.get("attributes")).get("subtype")
    if not synchronization:
        return "none"
    return subtype if subtype in _SUBTYPES else OTHER


def describe_page(reply):
    """Return what a page holds, in words."""
    if reply.status != 200:
        return reply.outcome
    if not reply.is_page:
        return OTHER
    rows = "rows" if reply.rows else "empty"
    links = [name for name in ("prev", "next") if reply.links.get(name)]
    return f"{rows}, {' and '.join(links) or 'no neighbours'}"


def describe_link(link, base, query):
    """Return how a link agrees with the expected one, in words."""
    if not link:
        return "none"
    if not isinstance(link, str):
        return OTHER
    if link == base + query:
        return "as asked"
    if not link.startswith(base):
        return "relative" if link.startswith("/") else "another address"
    is_encoded = link.replace("%5B", "[").replace("%5D", "]") == base + query
    return "as asked, encoded" if is_encoded else "another query"


def _times_of(rows, name):
    """Return the readable times of an attribute (list of datetime)."""
    return [
        moment for moment in (_read_time(each.get(name)) for each in rows) if moment
    ]


def _describe_order(created, executed):
    """Return which times never rise from the newest row to the oldest."""
    if len(set(created)) < 2 and len(set(executed)) < 2:
        return None
    falls = [
        name
        for name, times in (("createdAt", created), ("executionDate", executed))
        if len(times) > 1
        and all(a >= b for a, b in zip(times, times[1:], strict=False))
    ]
    return " and ".join(falls) or "neither"


def _span_of_days(times):
    """Return how many days lie between the first and the last (int or None)."""
    return (max(times) - min(times)).days if times else None


def describe_rows(resources, currency):
    """Return what a list of transactions looks like.

    :param list resources: JSON:API resources
    :param currency: of their account
    :return: facts (dict)
    """
    rows = attributes_of(resources)
    created, executed = (_times_of(rows, name) for name in ("createdAt", _DAYS[0]))
    structured = [
        each.get("remittanceInformation")
        for each in rows
        if each.get("remittanceInformationType") == "structured"
    ]
    return {
        "transaction_ids": count(id_shape(each.get("id")) for each in resources),
        "transaction_attributes": count_presence(rows),
        "amounts": count(amount_shape(each.get("amount")) for each in rows),
        "times": {
            name: count(_time_shape(each[name]) for each in rows if each.get(name))
            for name in _TIMES
        },
        "days": count(
            _time_of_day(each[name])
            for each in rows
            for name in _DAYS
            if each.get(name)
        ),
        "structured_references": count(map(_reference_shape, structured)),
        "currencies": count(
            "the account's" if each.get("currency") == currency else OTHER
            for each in rows
        ),
        "order": _describe_order(created, executed),
        "created_at_once": len(created) - len(set(created)),
        "history_days": _span_of_days(executed),
    }
