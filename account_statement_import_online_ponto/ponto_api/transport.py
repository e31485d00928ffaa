# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The wire: time-outs, retries, size limit.

Retried by the adapter, at most `max_retries` times: connections that fail or break
before an answer, and the statuses 429, 502, 503 and 504. Only GET calls and the token
call are repeated (they change nothing); a connection that was never made is retried for
every call. A read time-out is not retried: it already took its minute. A wait asked
for by the server is honoured up to a cap; above it the answer goes to the caller at
once, who can come back later.
"""

import ipaddress
import random
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
import requests.adapters
import urllib3.exceptions
from urllib3.util import Retry

from .errors import PontoConfigurationError, PontoProtocolError

REPEATABLE_STATUSES = frozenset({429, 502, 503, 504})
BODY_LIMIT = 20 * 1024 * 1024
_CHUNK = 64 * 1024
_FIRST_BACKOFF_S = 0.5
_LONGEST_BACKOFF_S = 8.0
_LONGEST_RETRY_AFTER_S = 24 * 3600.0


def check_base_url(url):
    """Return an address of the API that is safe to send secrets to.

    :param str url: https; plain http only for this very machine (simulator)
    :return: the address without trailing slash
    :rtype: str
    :raise PontoConfigurationError: any other address
    """
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except (AttributeError, ValueError) as error:
        raise PontoConfigurationError("The address of Ponto is not a URL") from error
    if not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise PontoConfigurationError("The address of Ponto is not a plain URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise PontoConfigurationError("The address of Ponto must begin with https")
    return parts.geturl().rstrip("/")


def is_loopback_url(url):
    """Tell whether an address of the API is one of this very machine (a simulator).

    :param str url: any text
    :rtype: bool
    """
    try:
        return _is_loopback(urlsplit(check_base_url(url)).hostname)
    except PontoConfigurationError:
        return False


def _is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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


def parse_retry_after(text, now):
    """Return the wait in a Retry-After header.

    :param text: str or None; seconds or an HTTP date (RFC 9110, section 10.2.3)
    :param datetime.datetime now: timezone-aware
    :return: seconds, from 0 to one day; None if absent or unreadable
    :rtype: float or None
    """
    text = (text or "").strip()
    try:
        if text.isdecimal():
            wait_s = float(text)
        else:
            wait_s = (parse_date(text) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, min(wait_s, _LONGEST_RETRY_AFTER_S))


class RetryPolicy(Retry):
    """Retry with jitter on every urllib3, and with a cap on Retry-After.

    :param float max_retry_after_s: longest wait to honour
    :param clock: callable returning the time, an aware datetime
    :param sleep: callable taking seconds
    """

    def __init__(
        self, *args, max_retry_after_s=10, clock=None, sleep=time.sleep, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.max_retry_after_s = max_retry_after_s
        self.clock = clock
        self.sleep_s = sleep

    def new(self, **kwargs):
        """Override of urllib3: hand our own settings on to the copy."""
        kwargs.setdefault("max_retry_after_s", self.max_retry_after_s)
        kwargs.setdefault("clock", self.clock)
        kwargs.setdefault("sleep", self.sleep_s)
        return super().new(**kwargs)

    def increment(self, method=None, url=None, response=None, error=None, *args, **kw):
        """Override of urllib3: give up where waiting makes no sense.

        :raise urllib3.exceptions.MaxRetryError: the server asks for too long a wait;
            urllib3 then returns the answer, for we do not raise on status
        """
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        if response is not None:
            wait_s = self.get_retry_after(response)
            if wait_s is not None and wait_s > self.max_retry_after_s:
                pool = args[0] if args else kw.get("_pool")
                raise urllib3.exceptions.MaxRetryError(pool, url, error)
        return super().increment(method, url, response, error, *args, **kw)

    def get_retry_after(self, response):
        """Override of urllib3: an unreadable header is no header."""
        return parse_retry_after(response.headers.get("Retry-After"), self.clock())

    def get_backoff_time(self):
        """Override of urllib3: exponential from the first retry, half of it random."""
        wait_s = min(
            _FIRST_BACKOFF_S * 2 ** max(0, len(self.history) - 1), _LONGEST_BACKOFF_S
        )
        return random.uniform(wait_s / 2, wait_s)

    def sleep(self, response=None):
        """Override of urllib3: wait as told by the server, else by the back-off."""
        wait_s = None if response is None else self.get_retry_after(response)
        self.sleep_s(self.get_backoff_time() if wait_s is None else wait_s)


class Adapter(requests.adapters.HTTPAdapter):
    """Sets the time-outs here, where nobody between us and the wire sees a pair.

    :param tuple timeout_s: seconds to connect, seconds without a byte while reading
    :param RetryPolicy policy:
    :param str token_url: the one address whose POST may be repeated
    """

    def __init__(self, timeout_s, policy, token_url):
        super().__init__()
        self._timeout_s = timeout_s
        self._policy = policy
        self._token_policy = policy.new(allowed_methods=frozenset({"GET", "POST"}))
        self._token_url = token_url

    def send(self, request, stream=False, timeout=None, **kwargs):
        """Override of requests: our time-outs, and the policy of this call."""
        is_token_call = request.url == self._token_url
        self.max_retries = self._token_policy if is_token_call else self._policy
        return super().send(request, stream=stream, timeout=self._timeout_s, **kwargs)


def make_policy(max_retries, max_retry_after_s, clock, sleep):
    """Return the policy of every call but the token call.

    :rtype: RetryPolicy
    """
    return RetryPolicy(
        total=max_retries,
        other=0,  # a certificate that fails now fails again
        redirect=0,
        status_forcelist=REPEATABLE_STATUSES,
        allowed_methods=frozenset({"GET"}),
        raise_on_redirect=False,
        raise_on_status=False,
        max_retry_after_s=max_retry_after_s,
        clock=clock,
        sleep=sleep,
    )


def read_body(response, limit=BODY_LIMIT):
    """Return the decoded body of a streamed answer.

    :param requests.Response response:
    :param int limit: most bytes to accept
    :rtype: bytes
    :raise PontoProtocolError: the body is larger than `limit`
    :raise requests.exceptions.RequestException: the connection broke
    """
    announced = response.headers.get("Content-Length") or ""
    expected = int(announced) if announced.isdecimal() and len(announced) < 16 else 0
    if expected > limit:
        raise _too_large(response)
    # Without `raw` the answer was made up by a test and is in memory already.
    has_stream = response.raw is not None
    body = bytearray()
    for chunk in response.iter_content(_CHUNK) if has_stream else [response.content]:
        body += chunk
        if len(body) > limit:
            raise _too_large(response)
    # urllib3 1.26 does not notice a body shorter than announced.
    if hasattr(response.raw, "tell") and response.raw.tell() < expected:
        raise requests.exceptions.ChunkedEncodingError("the body is incomplete")
    return bytes(body)


def _too_large(response):
    response.close()
    return PontoProtocolError("The answer is too large", status=response.status_code)
