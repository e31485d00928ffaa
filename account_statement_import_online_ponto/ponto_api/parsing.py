# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tolerant reading of JSON, amounts, times and texts.

JSON numbers become ``Decimal`` straight from their text: no amount is ever a binary
float. What cannot be read is reported by name, it does not stop the reading.
"""

import functools
import json
import re
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

from dateutil.parser import isoparser

from .errors import PontoProtocolError

# Wider than any booking, narrow enough to be harmless: 18 digits before the decimal
# point, 30 after it.
_LARGEST_EXPONENT = 17
_SMALLEST_EXPONENT = -30
_AMOUNT = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?", re.ASCII)
_DATE_PREFIX = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|\D)", re.ASCII)
# Visible ASCII; ids are UUIDs in everything we saw, but that is not documented.
_ID = re.compile(r"(?!\.{1,2}\Z)[!-~]{1,200}\Z")
# Neither PostgreSQL nor UTF-8 can store NUL and lone surrogates.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ISO = isoparser()
# A page of 100 transactions has about 700 brackets and 6,000 other signs, texts
# included. What has more would take many times its size in memory.
_MOST_BRACKETS = 20_000
_MOST_SEPARATORS = 200_000
_ENDLESS_NUMBER = b"0" * 10_000
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"0" * 9)


def utc_now():
    """Return the present moment, timezone-aware."""
    return datetime.now(timezone.utc)


def document_from_text(text):
    """Parse a JSON object, keeping numbers exact.

    :param text: str or bytes
    :return: the object; numbers in it are ``Decimal``
    :rtype: dict
    :raise PontoProtocolError: not JSON, not an object, nested too deeply, or more of it
        than can be meant
    """
    if not isinstance(text, (str, bytes)):
        raise PontoProtocolError("There is no text")
    try:
        _check_structure(text.encode() if isinstance(text, str) else text)
        document = json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=str
        )
    except (RecursionError, MemoryError) as error:
        raise PontoProtocolError(
            "The JSON is nested too deeply, or too long"
        ) from error
    except ValueError as error:
        raise PontoProtocolError("The text is not JSON") from error
    if not isinstance(document, dict):
        raise PontoProtocolError("The JSON is not an object")
    return document


def _check_structure(text):
    """Refuse, before it is parsed, what would make very much of few bytes."""
    if (
        text.count(b"[") + text.count(b"{") > _MOST_BRACKETS
        or text.count(b",") + text.count(b":") > _MOST_SEPARATORS
        or _ENDLESS_NUMBER in text.translate(_DIGITS_AS_ZERO)
    ):
        raise PontoProtocolError("The JSON is beyond reason")


def document_to_text(document):
    """Write a document so that :func:`document_from_text` restores it exactly.

    Amounts stay JSON numbers, digit by digit; the text is pure ASCII.

    :param dict document:
    :rtype: str
    :raise PontoProtocolError: nested too deeply, or holding something JSON has not
    """
    try:
        return _to_json(document)
    except RecursionError as error:
        raise PontoProtocolError("The document is nested too deeply") from error
    except (TypeError, ValueError) as error:
        raise PontoProtocolError("The document cannot be written as JSON") from error


def _to_json(value):
    if isinstance(value, dict):
        items = (f"{json.dumps(str(key))}: {_to_json(value[key])}" for key in value)
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_to_json, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    return json.dumps(value, allow_nan=False)


def _number(text):
    """Return the Decimal, or the text itself if its exponent is beyond Decimal."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def parse_amount(value):
    """Return an amount exactly as written.

    :param value: Decimal, int, or str such as ``"12.50"``; a float is taken as printed
    :rtype: Decimal
    :raise ValueError: not a finite, plausible number (bool included)
    """
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        value = value.strip()
        if not _AMOUNT.fullmatch(value):
            raise ValueError("not an amount")
    elif isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("not an amount")
    amount = Decimal(value)
    if not amount.is_finite() or amount.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("not a plausible amount")
    exponent = amount.as_tuple().exponent
    if exponent < _SMALLEST_EXPONENT:
        raise ValueError("not a plausible amount")
    return Decimal(int(amount)) if exponent > 0 else amount


def parse_time(value):
    """Return a point in time from ISO 8601 text, keeping its own UTC offset.

    The number of decimals of the second varies in the API (seen in official
    clients); those beyond microseconds are cut. Without offset, and for a date
    alone, UTC is taken (not documented: we assume).

    :param str value:
    :rtype: datetime.datetime, timezone-aware
    :raise ValueError: not a time
    """
    if not isinstance(value, str):
        raise ValueError("not a time")
    return _parse_time_text(value.strip())


@functools.lru_cache(maxsize=1000)
def _parse_time_text(text):
    # Kept, for a page repeats its few days over and over.
    if not _DATE_PREFIX.match(text):
        raise ValueError("not a time")
    try:
        moment = _ISO.isoparse(text)
    except OverflowError as error:
        raise ValueError("not a time") from error
    # The first and the last year overflow when converted to another time zone.
    if not datetime.min.year < moment.year < datetime.max.year:
        raise ValueError("not a plausible time")
    offset = moment.utcoffset()
    return moment.replace(tzinfo=timezone(offset) if offset else timezone.utc)


def parse_text(value):
    """Return a stripped text, None if blank; numbers are written as text.

    Characters a database cannot store (NUL and the like) are left out.

    :rtype: str or None
    :raise ValueError: anything but text and numbers
    """
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise ValueError("not a text")
        value = str(value)
    if not value.isprintable():
        value = _UNSTORABLE.sub("", value)
    return value.strip() or None


def parse_id(value):
    """Return a resource id that can be part of a path.

    :rtype: str
    :raise ValueError: not a string of 1 to 200 visible ASCII characters
    """
    if not isinstance(value, str) or not _ID.match(value):
        raise ValueError("not an id")
    return value


def as_dict(value):
    """Return `value` if it is a dict, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def as_errors(value):
    """Return the `errors` of an answer or a synchronization as objects.

    A single one may stand alone. A bare string is a code (seen in a client of a sister
    product).

    :rtype: list of dict
    """
    errors = [value] if isinstance(value, (str, dict)) else value
    if not isinstance(errors, list):
        return []
    documents = [{"code": each} if isinstance(each, str) else each for each in errors]
    return [each for each in documents if isinstance(each, dict)]


class Reader:
    """Reads optional attributes; collects the names of those it could not read.

    Absent and null are the same, and so is blank text: None.

    :ivar list unreadable: names, as the API spells them, in order of reading
    """

    def __init__(self, attributes):
        self._attributes = attributes
        self.unreadable = []

    def _read(self, name, parse):
        value = self._attributes.get(name)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError:
            if not isinstance(value, str) or value.strip():
                self.unreadable.append(name)
            return None

    def text(self, name):
        """Return the attribute as str or None."""
        # Most attributes are texts, and many of them null.
        if self._attributes.get(name) is None:
            return None
        return self._read(name, parse_text)

    def code(self, name):
        """Return the attribute as str in capitals, such as a currency's, or None."""
        text = self.text(name)
        return text and text.upper()

    def time(self, name):
        """Return the attribute as aware datetime or None."""
        return self._read(name, parse_time)

    def amount(self, name):
        """Return the attribute as Decimal or None."""
        return self._read(name, parse_amount)

    def flag(self, name):
        """Return True if the attribute is true, False in every other case."""
        return self._attributes.get(name) is True
