# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is tried again, and after which wait.

Repeated, at most `max_retries` times: connections that fail or break, and the statuses
429, 502, 503 and 504. A TLS handshake that was cut is a broken connection; a server
that is not to be trusted is not asked again. Only GET calls and the token call are
repeated (they change nothing); a connection that was never made is tried again for
every call. A time-out is not repeated: it already took its time. A wait asked for by
the server is honored up to a cap; above it the answer goes to the caller at once, who
can come back later.
"""

import random
import ssl
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests.exceptions
import urllib3.exceptions

REPEATABLE_STATUSES = frozenset({429, 502, 503, 504})
_FIRST_BACKOFF_S = 0.5
_LONGEST_BACKOFF_S = 8.0
_LONGEST_RETRY_AFTER_S = 24 * 3600.0
#: What is no judgement on the server: it, or what is in between, went away.
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
_ALERT_OF_TROUBLE = "TLSV1_ALERT_INTERNAL_ERROR"
_BROKEN = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
)


@dataclass(frozen=True)
class RetryPolicy:
    """How patient to be.

    :ivar int max_retries: repeats of one call
    :ivar float max_retry_after_s: longest wait asked by the server to honor
    """

    max_retries: int
    max_retry_after_s: float

    def wait_after_error(self, error, retries, is_harmless):
        """Return how long to wait before the call is repeated.

        :param Exception error: instead of an answer
        :param int retries: how often the call was repeated before
        :param bool is_harmless: whether the call changes nothing
        :return: seconds; None if it is not to be repeated
        :rtype: float or None
        """
        is_final = isinstance(error, requests.exceptions.Timeout) or is_untrusted(error)
        if retries >= self.max_retries or is_final:
            return None
        is_broken = is_harmless and isinstance(error, _BROKEN)
        if is_broken or _was_never_connected(error):
            return _back_off(retries)
        return None

    def wait_after_answer(self, status, retry_after_s, retries, is_harmless):
        """Return how long to wait before the call is repeated.

        :param int status: of the answer
        :param retry_after_s: seconds the server asked to wait, or None
        :param int retries: how often the call was repeated before
        :param bool is_harmless: whether the call changes nothing
        :return: seconds; None if the answer is the one to take
        :rtype: float or None
        """
        if retries >= self.max_retries or not is_harmless:
            return None
        if status not in REPEATABLE_STATUSES:
            return None
        if retry_after_s is None:
            return _back_off(retries)
        return retry_after_s if retry_after_s <= self.max_retry_after_s else None


def is_untrusted(error):
    """Tell whether the server cannot be trusted: it speaks no TLS, its certificate
    cannot be verified, or there are no certificates to verify it by.

    :param Exception error: instead of an answer
    :rtype: bool
    """
    if isinstance(error, requests.exceptions.SSLError):
        return not any(
            isinstance(each, _CUT) or getattr(each, "reason", None) == _ALERT_OF_TROUBLE
            for each in _unwrap(error)
        )
    # By requests, of a file of certificates that is not there.
    return type(error) is OSError and "certificate" in str(error)


def _was_never_connected(error):
    return any(
        isinstance(each, urllib3.exceptions.NewConnectionError)
        for each in _unwrap(error)
    )


def _unwrap(error):
    """Yield an error, and those that it wraps by the ways of requests and urllib3."""
    while isinstance(error, Exception):
        yield error
        inner = getattr(error, "reason", None)
        if not isinstance(inner, Exception):
            inner = error.args[0] if error.args else None
        error = inner


def _back_off(retries):
    """Exponential, half of it random."""
    wait_s = min(_FIRST_BACKOFF_S * 2**retries, _LONGEST_BACKOFF_S)
    return random.uniform(wait_s / 2, wait_s)


def parse_date(text):
    """Return the moment in a Date header.

    :param text: str or None; an HTTP date (RFC 9110, section 6.6.1)
    :return: an aware datetime; None if absent or unreadable
    """
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return moment if moment.utcoffset() is not None else None


def parse_retry_after(headers, now):
    """Return the wait in the Retry-After header of an answer.

    It has seconds or an HTTP date (RFC 9110, section 10.2.3). A date is measured by the
    server's own clock, as far as the answer tells what that showed.

    :param headers: of the answer
    :param datetime.datetime now: by our clock, timezone-aware
    :return: seconds, from 0 to one day; None if absent or unreadable
    :rtype: float or None
    """
    text = (headers.get("Retry-After") or "").strip()
    now = parse_date(headers.get("Date")) or now
    try:
        if text.isdecimal():
            wait_s = float(text)
        else:
            wait_s = (parse_date(text) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, min(wait_s, _LONGEST_RETRY_AFTER_S))
