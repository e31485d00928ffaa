# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The one door to the network."""

import logging
import time
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from .answers import Answer
from .errors import PontoError, PontoTlsError, PontoTransportError
from .redact import mask_path
from .transport import Adapter, make_policy, read_body

_logger = logging.getLogger(__name__)

# Seen in official clients.
_TOKEN_PATH = "/oauth2/token"
_NO_ANSWER = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ValueError,
)


class Connection:
    """A session with one server, kept alive between calls.

    :param str base_url: checked, without trailing slash
    :param tuple timeout_s: seconds to connect, seconds without receiving anything
    :param int max_retries: see ``transport``
    :param float max_retry_after_s: see ``transport``
    :param clock: callable returning the time, an aware datetime
    :param sleep: callable taking seconds
    :param str user_agent: sent with every call
    :param requests.Session session: used but not closed; None makes one
    :ivar datetime.timedelta clock_difference: by the last answer that had a date: how
        far this machine's clock is ahead of the server's; None before that
    :ivar int request_count: how many requests were sent, repeated ones included
    """

    def __init__(
        self,
        base_url,
        *,
        timeout_s,
        max_retries,
        max_retry_after_s,
        clock,
        sleep,
        user_agent,
        session=None,
    ):
        self.base_url = base_url
        self.token_url = base_url + _TOKEN_PATH
        self.clock_difference = None
        self.request_count = 0
        self._clock = clock
        self._sleep = sleep
        self._max_retries = max_retries
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}
        self._owns_session = session is None
        self._session = requests.Session() if session is None else session
        policy = make_policy(
            max_retries, max_retry_after_s, clock, self._wait_to_repeat
        )
        self._session.mount(f"{base_url}/", Adapter(timeout_s, policy, self.token_url))

    def close(self):
        """Close the connection, unless the session was handed in."""
        if self._owns_session:
            self._session.close()

    def request(
        self,
        method,
        url,
        *,
        auth,
        secrets=(),
        params=None,
        body=None,
        content_type=None,
    ):
        """Build, send, log, check, parse.

        :param str method: GET or POST
        :param str url: absolute, on this server
        :param requests.auth.AuthBase auth: always given, so that nothing of the
            environment (.netrc) takes its place
        :param tuple secrets: str, what no error may quote
        :param dict params: query, or None
        :param str body: or None
        :param str content_type: of the body
        :return: the JSON object of the answer
        :rtype: dict
        :raise PontoError: in every case of failure
        """
        # Build the request.
        headers = dict(self._headers)
        if content_type:
            headers["Content-Type"] = content_type
        options = {
            "params": params,
            "data": body and body.encode(),
            "headers": headers,
            "auth": auth,
        }
        # Send it, log it.
        answer = self._send(method, url, options, secrets)
        # Check and parse the answer.
        return answer.parse()

    def exchange(self, method, url, *, auth, headers=None, body=None, secrets=()):
        """Send one call and return what came back, whatever its status.

        :param dict headers: beside the usual ones, or in their place
        :rtype: Answer
        :raise PontoTransportError: no complete answer arrived
        """
        options = {
            "data": body and body.encode(),
            "headers": {**self._headers, **(headers or {})},
            "auth": auth,
        }
        return self._send(method, url, options, secrets)

    def _send(self, method, url, options, secrets):
        path = mask_path(urlsplit(url).path)
        call = f"{method} {path}"
        started_s = time.monotonic()
        outcome, request_id = "no answer", None
        try:
            response, content = self._exchange(method, url, options)
            answer = Answer(
                method=method,
                path=path,
                status=response.status_code,
                headers=response.headers,
                body=content,
                received_at=self._clock(),
                is_token_call=url == self.token_url,
                secrets=secrets,
            )
            outcome, request_id = answer.status, answer.request_id
            if answer.clock_difference is not None:
                self.clock_difference = answer.clock_difference
            return answer
        except PontoError as error:
            error.path = path
            raise
        except requests.exceptions.SSLError as error:
            message = f"The server is not trusted: {call}"
            raise PontoTlsError(message, path=path) from error
        except _NO_ANSWER as error:
            message = f"Ponto did not answer ({type(error).__name__}): {call}"
            raise PontoTransportError(message, path=path) from error
        finally:
            _logger.debug(
                "Ponto %(call)s: %(outcome)s in %(ms)d ms, request %(id)s",
                {
                    "call": call,
                    "outcome": outcome,
                    "ms": (time.monotonic() - started_s) * 1000,
                    "id": request_id,
                },
            )

    def _exchange(self, method, url, options):
        """Return (answer, its body).

        The adapter repeats a call whose answer never began; a GET whose body broke
        off is repeated here, once.
        """
        # A path of trusted certificates stays in force, "do not verify" does not.
        options["verify"] = self._session.verify or True
        options.update(allow_redirects=False, stream=True)
        try:
            return self._exchange_once(method, url, options)
        except requests.exceptions.ChunkedEncodingError:
            if method != "GET" or not self._max_retries:
                raise
        return self._exchange_once(method, url, options)

    def _exchange_once(self, method, url, options):
        self.request_count += 1
        response = self._session.request(method, url, **options)
        return response, read_body(response)

    def _wait_to_repeat(self, seconds):
        # The adapter waits before every request that it repeats, and only then.
        self.request_count += 1
        self._sleep(seconds)
