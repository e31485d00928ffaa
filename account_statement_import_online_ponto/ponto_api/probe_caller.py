# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How the probe asks Ponto: by the one door to the network, counted and in time.

What comes back stays in `Reply` objects; `probe_words` makes of it what may be told.
"""

import re
import time
from collections import Counter
from dataclasses import dataclass

import requests.auth

from .auth import prepare_token_body
from .connection import Connection
from .deadline import Deadline
from .errors import PontoProtocolError
from .parsing import as_dict, document_from_text, utc_now
from .probe_words import is_list, plain_name
from .redact import spellings
from .retries import RetryPolicy
from .transport import check_base_url

MAX_REQUESTS = 60
TIME_S = 40

_USER_AGENT = "account-statement-import-online-ponto probe"
_LIMIT_HEADER = re.compile(r"rate|limit|retry|quota", re.IGNORECASE)


class OutOfBudget(Exception):
    """The requests or the time of the probe are used up."""


class Authorization(requests.auth.AuthBase):
    """Puts a text into the header, or leaves the header away.

    :param text: e.g. ``Bearer abc``; None for no header
    """

    def __init__(self, text):
        self._text = text

    def __call__(self, request):
        if self._text is not None:
            request.headers["Authorization"] = self._text
        return request


@dataclass(frozen=True)
class Reply:
    """One answer.

    :ivar int status: HTTP status
    :ivar headers: of the answer
    :ivar dict document: its JSON object; empty if it has none
    """

    status: int
    headers: dict
    document: dict

    @property
    def is_page(self):
        """Whether it is what was asked for, of a list (bool)."""
        return self.status == 200 and is_list(self.document.get("data"))

    @property
    def rows(self):
        """The resources of a list that are objects (list of dict)."""
        data = self.document.get("data")
        return [row for row in data if isinstance(row, dict)] if is_list(data) else []

    @property
    def ids(self):
        """Their ids, in the order of the list."""
        return [row.get("id") for row in self.rows]

    @property
    def links(self):
        """The links of a list (dict)."""
        return as_dict(self.document.get("links"))

    @property
    def meta(self):
        """The meta of a list (dict)."""
        return as_dict(self.document.get("meta"))

    @property
    def error(self):
        """The first error (dict)."""
        errors = self.document.get("errors")
        return as_dict(errors[0]) if is_list(errors) and errors else {}

    @property
    def outcome(self):
        """Status and error code in a few words, e.g. ``404 resourceNotFound``."""
        code = plain_name(self.error.get("code"))
        return f"{self.status} {code}" if code else str(self.status)


class Caller:
    """Sends the probe's requests.

    :param str client_id: of the custom integration
    :param str client_secret: likewise
    :param str base_url: see `transport.check_base_url`
    :ivar collections.Counter statuses: how often each HTTP status came
    :ivar set limit_headers: names of headers that speak of limits
    :ivar int with_request_id: how many answers had an id
    :raise PontoConfigurationError: unsafe address
    """

    def __init__(self, client_id, client_secret, base_url):
        self.statuses, self.limit_headers, self.with_request_id = Counter(), set(), 0
        self._client_id = client_id
        self._keys = client_id.encode(), client_secret.encode()
        self._secrets = spellings(client_id, client_secret)
        self._began_s = time.monotonic()
        self._token = None
        self._connection = Connection(
            check_base_url(base_url),
            timeout_s=(10, 15),
            policy=RetryPolicy(max_retries=0, max_retry_after_s=0),
            deadline=Deadline(TIME_S),
            clock=utc_now,
            sleep=time.sleep,
            user_agent=_USER_AGENT,
        )

    @property
    def base_url(self):
        """The address of the API, without trailing slash."""
        return self._connection.base_url

    @property
    def request_count(self):
        """How many requests were sent (int)."""
        return self._connection.request_count

    @property
    def clock_difference(self):
        """See `Connection`."""
        return self._connection.clock_difference

    @property
    def elapsed_s(self):
        """How long the probe has been running, in seconds (float)."""
        return time.monotonic() - self._began_s

    def is_own(self, link):
        """Tell whether a link leads to this server (bool)."""
        return link.startswith(("/", f"{self.base_url}/"))

    def close(self):
        """Close the connection."""
        self._connection.close()

    def log_in(self):
        """Fetch a token, and use it from now on.

        :return: the answer of the token endpoint, and the token before (dict, str)
        :raise PontoError: there is no token
        """
        answer = self._exchange(
            "POST",
            self._connection.token_url,
            auth=requests.auth.HTTPBasicAuth(*self._keys),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=prepare_token_body(self._client_id),
        )
        document = answer.parse()
        token, before = document.get("access_token"), self._token
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise PontoProtocolError("Ponto sent no usable access token")
        self._token = token
        self._secrets += (token,)
        return document, before

    def get(self, path, bearer=True, accept=None):
        """Read.

        :param str path: with its query; or an address that `is_own`
        :param bearer: True for the token, None for no header, or a text instead
        :param str accept: media type, or None for the usual one
        :rtype: Reply
        :raise OutOfBudget: no more requests may be sent
        :raise PontoError: no answer, or one of a server in trouble
        """
        headers = {"Accept": accept} if accept else {}
        return self._ask("GET", path, bearer, headers)

    def post(self, path, body):
        """Send a document (str) as JSON.

        :rtype: Reply
        """
        return self._ask("POST", path, True, {"Content-Type": "application/json"}, body)

    def wait(self, seconds):
        """Wait, unless that would take too long.

        :raise OutOfBudget: it would
        """
        if self.elapsed_s + seconds > TIME_S:
            raise OutOfBudget("time")
        time.sleep(seconds)

    def _ask(self, method, path, bearer, headers, body=None):
        bearer = self._token if bearer is True else bearer
        text = None if bearer is None else f"Bearer {bearer}"
        url = self.base_url + path if path.startswith("/") else path
        answer = self._exchange(
            method, url, auth=Authorization(text), headers=headers, body=body
        )
        if answer.status == 429:
            raise OutOfBudget("Ponto asks for fewer requests")
        if answer.status >= 500:
            answer.parse()
        try:
            document = document_from_text(answer.body)
        except PontoProtocolError:
            document = {}
        return Reply(answer.status, answer.headers, document)

    def _exchange(self, method, url, **options):
        if self.request_count >= MAX_REQUESTS:
            raise OutOfBudget("requests")
        if self.elapsed_s > TIME_S:
            raise OutOfBudget("time")
        answer = self._connection.exchange(
            method, url, secrets=self._secrets, **options
        )
        self.statuses[answer.status] += 1
        self.with_request_id += answer.request_id is not None
        self.limit_headers.update(
            name.lower() for name in answer.headers if _LIMIT_HEADER.search(name)
        )
        return answer
