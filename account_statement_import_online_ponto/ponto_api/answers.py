# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""From an HTTP answer to a document, or to the right error.

The status decides first, the error code second; unknown codes are normal. Errors come
in the shape of JSON:API, on the token endpoint also in that of OAuth 2; a gateway may
send HTML or nothing (all seen in official clients).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from oauthlib.oauth2.rfc6749 import errors as oauth_errors

from .errors import (
    PontoAuthorizationError,
    PontoCredentialsError,
    PontoNotFoundError,
    PontoProtocolError,
    PontoRateLimitedError,
    PontoRecentlySynchronizedError,
    PontoRequestError,
    PontoServerError,
    PontoSynchronizationResourceError,
)
from .parsing import as_dict, as_errors, document_from_text
from .redact import hide, scrub
from .retries import parse_date, parse_retry_after

REQUEST_ID_HEADER = "ibanity-request-id"
_WORD = re.compile(r"[\w.:-]{1,100}\Z", re.ASCII)
_CREDENTIAL_CODES = frozenset(
    {
        oauth_errors.InvalidClientError.error,
        oauth_errors.UnauthorizedClientError.error,
        # Seen with version 1 of the API and in fixtures.
        "clientIdInvalid",
        "credentialsInvalid",
        "invalidCredentials",
    }
)
_RECENTLY_SYNCHRONIZED = "accountRecentlySynchronized"
_SYNCHRONIZATION_RESOURCE = "invalidSynchronizationResource"
#: What decides which error it is, beside the status.
_KNOWN_CODES = _CREDENTIAL_CODES | {_RECENTLY_SYNCHRONIZED, _SYNCHRONIZATION_RESOURCE}


@dataclass(frozen=True)
class Answer:
    """What came back, and what is needed to judge it.

    :ivar tuple secrets: str, never to be shown
    """

    method: str
    path: str
    status: int
    headers: dict
    body: bytes = field(repr=False)
    received_at: datetime
    is_token_call: bool = False
    secrets: tuple = field(default=(), repr=False)

    @property
    def request_id(self):
        """Ponto's id of the call (header seen in official clients), or None."""
        return self._id(self.headers.get(REQUEST_ID_HEADER))

    @property
    def clock_difference(self):
        """How far this machine's clock is ahead of the server's (timedelta), to about
        a second and the time that the answer took; None if the server does not say."""
        sent_at = parse_date(self.headers.get("Date"))
        return sent_at and self.received_at - sent_at

    def parse(self):
        """Return the JSON object of a successful answer.

        :rtype: dict
        :raise PontoApiError: the status says no
        :raise PontoProtocolError: a redirect, no JSON, no object
        """
        if not 200 <= self.status < 300:
            raise self._error()
        try:
            return document_from_text(self.body)
        except PontoProtocolError as error:
            raise self._build(
                PontoProtocolError, "sent an answer that is not a JSON object"
            ) from error

    def _error(self):
        if not 400 <= self.status < 600:
            return self._build(PontoProtocolError, "sent an unexpected status")
        error = self._telling_error()
        code = self._word(error.get("code"))
        meta = as_dict(error.get("meta"))
        facts = {
            "code": code,
            "detail": self._clean(error.get("detail")),
            "request_id": self.request_id or self._id(meta.get("requestId")),
            "retry_after_s": parse_retry_after(self.headers, self.received_at),
        }
        kind, words = self._classify(code)
        if kind is PontoNotFoundError:
            facts["resource"] = self._word(meta.get("resource"))
        return self._build(kind, words, **facts)

    def _telling_error(self):
        """Return code, detail and meta of the error in the body that tells most: one
        whose code is known, else the first that has a code, else the first (dict)."""
        try:
            document = document_from_text(self.body)
        except PontoProtocolError:
            return {}
        errors = as_errors(document.get("errors"))
        if errors:
            codes = [self._word(error.get("code")) for error in errors]
            ranks = [(code not in _KNOWN_CODES, not code) for code in codes]
            return errors[ranks.index(min(ranks))]
        texts = (document.get("error_description"), document.get("error_hint"))
        detail = " ".join(text for text in texts if isinstance(text, str))
        return {"code": document.get("error"), "detail": detail}

    def _classify(self, code):
        """Return (class, words of the sentence)."""
        if self.is_token_call and self.status in (400, 401, 403):
            is_about_keys = code in _CREDENTIAL_CODES or self.status == 401 and code
            if is_about_keys:
                return PontoCredentialsError, "refused the client id and secret"
            return PontoRequestError, "refused the call"
        if self.status == 400 and code == _RECENTLY_SYNCHRONIZED:
            return PontoRecentlySynchronizedError, "synchronized a moment ago"
        if self.status >= 500:
            return PontoServerError, "failed"
        # The code was seen, its status was not recorded.
        if code == _SYNCHRONIZATION_RESOURCE:
            return PontoSynchronizationResourceError, "cannot synchronize this account"
        by_status = {
            401: (PontoAuthorizationError, "refused the access token"),
            403: (PontoAuthorizationError, "does not allow this call"),
            404: (PontoNotFoundError, "does not know this resource"),
            429: (PontoRateLimitedError, "received too many calls"),
        }
        return by_status.get(self.status, (PontoRequestError, "refused the call"))

    def _build(self, kind, words, **facts):
        facts.setdefault("request_id", self.request_id)
        message = f"Ponto {words}: {self.method} {self.path}"
        return kind(message, status=self.status, path=self.path, **facts)

    def _clean(self, text):
        if not isinstance(text, str):
            return None
        return scrub(text, self.secrets) or None

    def _word(self, text):
        """Return a short identifier, None for anything else."""
        text = self._clean(text)
        return text if text and _WORD.match(text) else None

    def _id(self, text):
        """Return the id of a call, None for anything else. It stays readable where it
        looks like an account number: support finds the call by nothing else."""
        text = hide(text, self.secrets) if isinstance(text, str) else ""
        return text if _WORD.match(text) else None
