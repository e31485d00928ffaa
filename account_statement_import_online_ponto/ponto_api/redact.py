# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Masking of secrets and account numbers in anything a person or a log may see."""

import base64
import re
from urllib.parse import quote

HIDDEN = "[hidden]"
DETAIL_LIMIT = 200

# Shorter values would blank out ordinary words.
_SHORTEST_SECRET = 4
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SCHEME = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
# An IBAN (15 to 34 characters, ISO 13616), in one piece or in groups of four, or
# any run of ten digits and more: national account and card numbers. Parts of a UUID
# (they touch a hyphen) are neither.
_IBAN = r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?"
_NUMBER = re.compile(
    rf"(?<![\w-])(?:{_IBAN}|\d(?: ?\d){{9,}})(?![\w-])", re.IGNORECASE | re.ASCII
)
_IBAN_SEGMENT = re.compile(r"(?<=/)[A-Z]{2}\d{2}[A-Z0-9]{11,30}(?=/|\Z)", re.ASCII)


def mask_account_number(number):
    """Return an account number that may be shown: first 4 and last 3 characters.

    :param str number: IBAN or any other account reference; None is accepted
    :return: e.g. ``BE68…034``; short references show their last 2 characters only
    :rtype: str
    """
    text = "".join(str(number or "").split())
    if len(text) >= 12:
        return f"{text[:4]}…{text[-3:]}"
    return f"…{text[-2:]}" if len(text) > 4 else "…"


def mask_account_numbers(text):
    """Return `text` with every account number in it masked.

    :param str text:
    :rtype: str
    """
    return _NUMBER.sub(lambda found: mask_account_number(found.group()), text)


def mask_path(path):
    """Return the path of a call with a segment that is an IBAN masked.

    Ids stay readable: support needs them.

    :param str path:
    :rtype: str
    """
    return _IBAN_SEGMENT.sub(lambda found: mask_account_number(found.group()), path)


def hide(text, secrets):
    """Return `text` without secrets.

    :param str text:
    :param secrets: iterable of str that must not be seen
    :rtype: str
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def scrub(text, secrets=(), limit=DETAIL_LIMIT):
    """Return a text of the server in a form fit for logs and screens.

    Control characters become spaces; the given secrets, anything that looks like an
    Authorization header and account numbers are masked; the rest is cut.

    :param str text:
    :param secrets: iterable of str that must not be seen
    :param int limit: most characters to keep
    :rtype: str
    """
    text = _CONTROL.sub(" ", hide(text, secrets))
    text = _SCHEME.sub(HIDDEN, text)
    return mask_account_numbers(text).strip()[:limit]


def spellings(client_id, client_secret):
    """Return the secret as it may show up in a text: plain, quoted, as Basic auth.

    :param str client_id:
    :param str client_secret:
    :return: for `scrub`
    :rtype: tuple
    """
    pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return client_secret, quote(client_secret, safe=""), pair
