# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Access tokens: value, life time, and how one is put on a request."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import oauthlib.oauth2
import requests.auth

from .errors import (
    PontoConfigurationError,
    PontoCredentialsError,
    PontoProtocolError,
)
from .parsing import document_to_text

# What a header can carry (RFC 6750 allows a little less).
_VISIBLE = re.compile(r"[!-~]+\Z")
# Tokens live 1799 s (seen in an official client). Used if the server does not say.
_DEFAULT_LIFE_S = 300
_LONGEST_LIFE_S = 24 * 3600
# With less left of its life, a token is replaced before it is used.
_LIFE_LEFT = timedelta(minutes=1)


@dataclass(frozen=True)
class AccessToken:
    """A bearer token.

    :ivar str value: the secret itself; never printed by repr
    :ivar datetime.datetime expires_at: timezone-aware
    :ivar str scope: e.g. ``ai`` or ``ai pi``, blank if the server did not say
    :raise PontoConfigurationError: the value cannot be sent, or `expires_at` is naive
    """

    value: str = field(repr=False)
    expires_at: datetime
    scope: str = ""

    def __post_init__(self):
        if not isinstance(self.value, str) or not _VISIBLE.match(self.value):
            raise PontoConfigurationError("The access token cannot be sent in a header")
        if self.expires_at.utcoffset() is None:
            raise PontoConfigurationError("The expiry of the token has no time zone")

    def is_fresh(self, now):
        """Return True if the token lives long enough for the requests of a while.

        :param datetime.datetime now: timezone-aware
        :rtype: bool
        """
        return now + _LIFE_LEFT < self.expires_at


class BearerAuth(requests.auth.AuthBase):
    """Puts the token on the request; as an object it also outranks a .netrc file."""

    def __init__(self, token):
        self._token = token

    def __eq__(self, other):
        return isinstance(other, BearerAuth) and self._token == other._token

    def __hash__(self):
        return hash(self._token)

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request


def prepare_token_body(client_id):
    """Return the form of the client-credentials grant (RFC 6749, section 4.4).

    :rtype: str
    """
    client = oauthlib.oauth2.BackendApplicationClient(client_id)
    return client.prepare_request_body()


def parse_token(client_id, document, now):
    """Return the token in an answer of the token endpoint.

    :param str client_id:
    :param dict document: the answer
    :param datetime.datetime now: timezone-aware, moment of the answer
    :rtype: AccessToken
    :raise PontoCredentialsError: the answer is an OAuth error (with status 200)
    :raise PontoProtocolError: the answer holds no usable bearer token
    """
    client = oauthlib.oauth2.BackendApplicationClient(client_id)
    try:
        answer = client.parse_request_body_response(document_to_text(document))
        life_s = int(answer.get("expires_in") or _DEFAULT_LIFE_S)
        token = AccessToken(
            value=answer["access_token"],
            expires_at=now + timedelta(seconds=max(0, min(life_s, _LONGEST_LIFE_S))),
            scope=str(document.get("scope") or ""),
        )
    except oauthlib.oauth2.rfc6749.errors.InvalidClientError as error:
        raise PontoCredentialsError("Ponto refused the client id and secret") from error
    except (
        oauthlib.oauth2.OAuth2Error,
        PontoConfigurationError,
        ArithmeticError,
        AttributeError,
        TypeError,
        ValueError,
    ) as error:
        raise PontoProtocolError("Ponto sent no usable access token") from error
    if str(answer.get("token_type") or "bearer").lower() != "bearer":
        raise PontoProtocolError("Ponto sent a token that is not a bearer token")
    return token
