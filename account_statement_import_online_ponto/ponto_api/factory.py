# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Clients with the same codes, in any thread, and the access tokens that they share."""

import hashlib

from .client import PontoClient


class TokenStore:
    """Access tokens in the memory of this process.

    They live half an hour and many may coexist, so they are never written to a
    database: nothing has to be locked, leaked by a dump or wiped from a copy. Each
    method reads or changes the dictionary in one step, which threads may do at once.
    """

    def __init__(self):
        self._tokens = {}

    def find(self, key, owner):
        """Return the `AccessToken` that was kept, or None; also where it was got by
        other codes."""
        kept_owner, token = self._tokens.get(key, (None, None))
        return token if kept_owner == owner else None

    def keep(self, key, owner, token):
        """Remember the token that a client got, or forget the one it dropped.

        :param key: the integration for which it was got
        :param str owner: by which codes, see `ClientFactory`
        :param AccessToken token: or None
        """
        if token is None:
            self._tokens.pop(key, None)
        else:
            self._tokens[key] = (owner, token)

    def clear(self):
        """Forget every token."""
        self._tokens.clear()


class ClientFactory:
    """Makes clients with the codes of an integration.

    :param TokenStore tokens: where they keep their access token
    :param key: the integration, by whatever identifies it among those of the process
    :param str client_id: of the integration; may be blank, see `make_client`
    :param str client_secret: likewise
    :param str base_url: address of the API
    :ivar str owner: digest of the codes and the address
    """

    def __init__(self, tokens, key, client_id, client_secret, base_url):
        self._tokens = tokens
        self._key = key
        self._client_id = client_id
        self._client_secret = client_secret
        self._base_url = base_url
        codes = "\0".join((client_id, client_secret, base_url))
        self.owner = hashlib.sha256(codes.encode()).hexdigest()

    def make_client(self, **options):
        """Make a client, with the access token of an earlier one.

        :param options: see `PontoClient`
        :rtype: PontoClient
        :raise PontoConfigurationError: blank id or secret, unsafe address
        """
        return PontoClient(
            self._client_id,
            self._client_secret,
            base_url=self._base_url,
            token=self._tokens.find(self._key, self.owner),
            on_token=self._keep_token,
            **options,
        )

    def _keep_token(self, token):
        self._tokens.keep(self._key, self.owner, token)
