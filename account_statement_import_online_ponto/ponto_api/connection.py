# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The one door to the network."""

import itertools
import logging
import time
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from .answers import Answer
from .body import ACCEPTED_ENCODING, read_body
from .deadline import begin, call_within, wait_within
from .errors import (
    PontoDeadlineError,
    PontoError,
    PontoProtocolError,
    PontoTlsError,
    PontoTransportError,
)
from .redact import mask_path
from .retries import is_untrusted, parse_retry_after
from .transport import Adapter, is_loopback_url

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
    :param RetryPolicy policy: what is tried again
    :param Deadline deadline: when all has to be over
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
        policy,
        deadline,
        clock,
        sleep,
        user_agent,
        session=None,
    ):
        self.base_url = base_url
        self.token_url = base_url + _TOKEN_PATH
        self.deadline = deadline
        self.clock_difference = None
        self.request_count = 0
        self._timeout_s = timeout_s
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED_ENCODING,
            "User-Agent": user_agent,
        }
        # What is meant for this machine is no business of a proxy.
        scheme = urlsplit(base_url).scheme
        self._proxies = {scheme: ""} if is_loopback_url(base_url) else None
        self._owns_session = session is None
        self._session = requests.Session() if session is None else session
        #: The first attempt of a call that was begun, and what becomes of it, or None.
        self._begun = None
        self._adapter = Adapter()
        self._session.mount(f"{base_url}/", self._adapter)

    def close(self):
        """Close the connection, unless the session was handed in."""
        if self._begun:
            self._adapter.cut()
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
        """Send one call, and return the JSON object of its answer.

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
        headers = {"Content-Type": content_type} if content_type else {}
        answer = self.exchange(
            method,
            url,
            auth=auth,
            secrets=secrets,
            params=params,
            body=body,
            headers=headers,
        )
        return answer.parse()

    def exchange(
        self, method, url, *, auth, secrets=(), params=None, body=None, headers=None
    ):
        """Send one call and return what came back, whatever its status.

        See `request` for the other parameters.

        :param dict headers: besides the usual ones, or in their place
        :rtype: Answer
        :raise PontoError: no complete answer arrived
        """
        options = self._prepare_options(auth, params, body, headers)
        return self._send(method, url, options, secrets)

    def begin(self, url, *, auth, params=None):
        """Send a GET call before it is asked for. Whoever asks for it next gets its
        answer, or what went wrong, as if it had been sent then.

        See `request` for the parameters.
        """
        if self._begun or self.deadline.is_over:
            return
        attempt = "GET", url, self._prepare_options(auth, params)
        self._note_attempt()
        self._begun = attempt, begin(partial(self._attempt_once, *attempt))

    def _prepare_options(self, auth, params=None, body=None, headers=None):
        """Prepare what requests is told of a call (dict)."""
        return {
            "params": params,
            "data": body and body.encode(),
            "headers": {**self._headers, **(headers or {})},
            "auth": auth,
            "proxies": self._proxies,
            # A path of trusted certificates stays in force, "do not verify" does not.
            "verify": self._session.verify or True,
            "allow_redirects": False,
            "stream": True,
        }

    def _send(self, method, url, options, secrets):
        path = mask_path(urlsplit(url).path)
        call = f"{method} {path}"
        started_s = time.monotonic()
        outcome, request_id = "no answer", None
        try:
            with self.deadline.waiting():
                response, content = self._send_with_retries(method, url, options)
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
        except MemoryError as error:
            message = f"There is no memory for the answer: {call}"
            raise PontoProtocolError(message, path=path) from error
        except _NO_ANSWER as error:
            if is_untrusted(error):
                message = f"The server is not trusted: {call}"
                raise PontoTlsError(message, path=path) from error
            if self.deadline.is_over:
                message = f"Ponto did not answer in time: {call}"
                raise PontoDeadlineError(message, path=path) from error
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

    def _send_with_retries(self, method, url, options):
        """Return (answer, its body), of the last attempt."""
        is_harmless = method == "GET" or url == self.token_url
        for retries in itertools.count():
            try:
                response, body = self._attempt(method, url, options)
            except requests.exceptions.RequestException as error:
                wait_s = self._policy.wait_after_error(error, retries, is_harmless)
                if not self._may_wait(wait_s):
                    raise
            else:
                wait_s = self._policy.wait_after_answer(
                    response.status_code,
                    parse_retry_after(response.headers, self._clock()),
                    retries,
                    is_harmless,
                )
                if not self._may_wait(wait_s):
                    return response, body
            self._sleep(wait_s)

    def _may_wait(self, wait_s):
        """Return whether there is time left for another attempt after a wait."""
        return wait_s is not None and wait_s < self.deadline.remaining_s

    def _attempt(self, method, url, options):
        attempt, cut = (method, url, options), self._adapter.cut
        (begun, future), self._begun = self._begun or (None, None), None
        if begun == attempt:
            return wait_within(self.deadline, future, on_timeout=cut)
        if begun:
            # One at a time: the adapter knows one connection.
            with suppress(Exception):
                wait_within(self.deadline, future, on_timeout=cut)
        if self.deadline.is_over:
            raise PontoDeadlineError("There is no time left for another call")
        self._note_attempt()
        function = partial(self._attempt_once, *attempt)
        return call_within(self.deadline, function, on_timeout=cut)

    def _note_attempt(self):
        self.request_count += 1
        self._adapter.timeout_s = tuple(map(self.deadline.cap, self._timeout_s))

    def _attempt_once(self, method, url, options):
        response = self._session.request(method, url, **options)
        return response, read_body(response)
