# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Arguments that are refused before anything is sent."""

import pytest
from ponto_api import PontoClient, PontoConfigurationError


@pytest.mark.parametrize(
    "url",
    [
        "https://api.myponto.com",
        "https://api.myponto.com/",
        " https://api.ibanity.com/ponto-connect ",
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "http://127.8.9.10",
        "http://[::1]:8080",
    ],
)
def test_safe_addresses_are_accepted(url):
    PontoClient("id", "secret", base_url=url).close()


@pytest.mark.parametrize(
    "url",
    [
        "http://api.myponto.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
        "http://192.168.1.2",
        "ftp://localhost",
        "file:///etc/passwd",
        "api.myponto.com",
        "https://",
        "https://user:pass@api.myponto.com",
        "https://api.myponto.com?x=1",
        "https://api.myponto.com#x",
        "https://api.myponto.com:port",
        "https://[::1",
        "",
        None,
        7,
        b"https://api.myponto.com",
        bytearray(b"https://user@api.myponto.com"),
        ["https://api.myponto.com"],
        True,
    ],
)
def test_unsafe_addresses_are_refused(url):
    with pytest.raises(PontoConfigurationError):
        PontoClient("id", "secret", base_url=url)


@pytest.mark.parametrize(
    "keys", [("", "s"), ("i", ""), ("  ", "s"), (None, "s"), ("i", None)]
)
def test_blank_keys_are_refused(keys):
    with pytest.raises(PontoConfigurationError) as caught:
        PontoClient(*keys)
    assert caught.value.advice == "fix"


@pytest.mark.parametrize("record_id", ["", ".", "..", "a b", "a\n", "é", None, 5])
def test_ids_that_are_none_are_refused_unsent(wire, make_client, record_id):
    client = make_client(wire)
    for call in (
        client.fetch_account,
        client.fetch_synchronization,
        client.fetch_financial_institution,
        client.iter_transaction_pages,
        client.iter_updated_transactions,
    ):
        with pytest.raises(PontoConfigurationError):
            call(record_id)
    assert wire.requests == []


@pytest.mark.parametrize("address", ["", None, "localhost", "203.0.113", "::g"])
def test_a_synchronization_without_an_ip_address_is_refused_unsent(
    wire, make_client, address
):
    with pytest.raises(PontoConfigurationError):
        make_client(wire).create_synchronization("a", "accountDetails", address)
    assert wire.requests == []
