"""Access tokens of the client credentials flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

#: Credentials that cannot be mistaken for real ones.
CLIENT_ID = "simulated-client-id"
CLIENT_SECRET = "simulated-client-secret"
#: Ponto's tokens live about half an hour.
TOKEN_LIFETIME_SECONDS = 1799


class Tokens:
    """Issues bearers and judges them. Many may be valid at the same time.

    :param clock: the simulated present.
    :param new_id: source of unique texts.
    """

    def __init__(
        self, clock: Callable[[], datetime], new_id: Callable[[], str], scope: str
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._expiry: dict[str, datetime] = {}
        self.scope = scope
        self.lifetime = TOKEN_LIFETIME_SECONDS

    def issue(self) -> dict[str, object]:
        """A new token in the form of the token endpoint's answer."""
        token = f"simulated.{self._new_id()}"
        self._expiry[token] = self._clock() + timedelta(seconds=self.lifetime)
        return {
            "access_token": token,
            "expires_in": self.lifetime,
            "scope": self.scope,
            "token_type": "bearer",
        }

    def accepts(self, token: str) -> bool:
        """Whether the token was issued, not revoked, and has not expired."""
        expiry = self._expiry.get(token)
        return expiry is not None and self._clock() < expiry

    def revoke(self) -> None:
        """End all tokens at once."""
        self._expiry.clear()
