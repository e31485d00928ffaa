# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which clients share an access token."""

import pytest
from ponto_api import PontoConfigurationError
from ponto_api.factory import ClientFactory, TokenStore


@pytest.fixture
def tokens():
    return TokenStore()


def make_factory(sim, tokens, key="one", **codes):
    codes = {"client_id": sim.client_id, "client_secret": sim.client_secret, **codes}
    return ClientFactory(tokens, key, base_url=sim.url, **codes)


def test_the_clients_of_an_integration_share_their_token(empty_sim, tokens):
    for _ in range(2):
        with make_factory(empty_sim, tokens).make_client() as client:
            assert list(client.iter_accounts()) == []
    assert empty_sim.bank.count("/oauth2/token") == 1


def test_no_client_gets_the_token_of_another_integration_or_of_other_codes(
    empty_sim, tokens
):
    factory = make_factory(empty_sim, tokens)
    with factory.make_client() as client:
        client.fetch_token()
    others = (
        make_factory(empty_sim, tokens, key="two"),
        make_factory(empty_sim, tokens, client_id="another"),
        make_factory(empty_sim, tokens, client_secret="another"),
    )
    for other in others:
        with other.make_client() as client:
            assert client.token is None
    assert [other.owner == factory.owner for other in others] == [True, False, False]


def test_a_token_that_a_client_drops_is_forgotten_and_so_are_all_on_demand(
    empty_sim, tokens
):
    factory = make_factory(empty_sim, tokens)
    with factory.make_client() as client:
        first = client.fetch_token()
        empty_sim.bank.revoke_tokens()
        list(client.iter_accounts())
    assert tokens.find("one", factory.owner) == client.token != first
    tokens.keep("one", factory.owner, None)
    assert tokens.find("one", factory.owner) is None
    tokens.keep("one", factory.owner, first)
    tokens.clear()
    assert tokens.find("one", factory.owner) is None


def test_without_codes_there_is_a_factory_and_no_client(empty_sim, tokens):
    factory = make_factory(empty_sim, tokens, client_id="", client_secret="")
    with pytest.raises(PontoConfigurationError):
        factory.make_client()
