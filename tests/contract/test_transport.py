# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Retries, waits, broken connections, addresses."""

import socket
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests
from ponto_api import (
    PontoCredentialsError,
    PontoProtocolError,
    PontoRateLimitedError,
    PontoRequestError,
    PontoServerError,
    PontoTlsError,
    PontoTransportError,
)
from ponto_api.retries import parse_date, parse_retry_after
from ponto_api.transport import is_loopback_url

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
FIVE_MINUTES_AGO = NOW - timedelta(minutes=5)


def retry_after(wait):
    """Return headers of a server whose clock is right, with a wait as a date."""
    headers = {"Date": NOW, "Retry-After": NOW + wait}
    return {name: format_datetime(at, usegmt=True) for name, at in headers.items()}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_disturbance_is_not_noticed(sim, make_client, status):
    sim.bank.fault("/accounts", status=status, times=3)
    client = make_client(sim)
    assert len(list(client.iter_accounts())) == 3
    assert sim.bank.count("/accounts") == 4
    assert len(client.waits) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, PontoRateLimitedError),
        (502, PontoServerError),
        (503, PontoServerError),
        (504, PontoServerError),
    ],
)
def test_a_lasting_disturbance_ends_in_the_error_of_the_last_answer(
    sim, make_client, status, kind
):
    sim.bank.fault("/accounts", status=status, times=3)
    sim.bank.fault(
        "/accounts", status=status, code="lastWord", headers={"Retry-After": "4"}
    )
    with pytest.raises(kind) as caught:
        list(make_client(sim).iter_accounts())
    error = caught.value
    assert (error.status, error.code, error.advice) == (status, "lastWord", "retry")
    assert error.retry_after_s == 4
    assert error.path == "/accounts"
    assert sim.bank.count("/accounts") == 4


@pytest.mark.parametrize("status", [500, 501])
def test_a_failure_that_is_no_overload_is_not_repeated(sim, make_client, status):
    sim.bank.fault("/accounts", status=status, body="<html>Oops</html>")
    with pytest.raises(PontoServerError):
        list(make_client(sim).iter_accounts())
    assert sim.bank.count("/accounts") == 1


def test_waits_grow_and_vary(sim, make_client):
    sim.bank.fault("/accounts", status=503, times=None)
    client = make_client(sim)
    with pytest.raises(PontoServerError):
        list(client.iter_accounts())
    first, second, third = client.waits
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1
    assert 1 <= third <= 2


def test_a_short_wait_asked_for_is_honoured(sim, make_client):
    sim.bank.fault("/accounts", status=429, headers={"Retry-After": "7"})
    client = make_client(sim)
    list(client.iter_accounts())
    assert client.waits == [7]


def test_a_wait_given_as_a_date_is_honoured(sim, make_client):
    headers = retry_after(timedelta(seconds=5))
    sim.bank.fault("/accounts", status=503, headers=headers)
    client = make_client(sim, clock=lambda: NOW)
    list(client.iter_accounts())
    assert client.waits == [5]


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_wait_given_as_a_date_is_measured_by_the_clock_of_the_server(
    sim, make_client, ahead
):
    headers = retry_after(timedelta(seconds=5))
    sim.bank.fault("/accounts", status=503, headers=headers)
    sim.bank.fault("/accounts", status=429, headers=retry_after(timedelta(minutes=5)))
    client = make_client(sim, clock=lambda: NOW + ahead)
    with pytest.raises(PontoRateLimitedError) as caught:
        list(client.iter_accounts())
    assert client.waits == [5]
    assert caught.value.retry_after_s == 300


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_wait_is_handed_to_the_caller_at_once(sim, make_client, status):
    sim.bank.fault("/accounts", status=status, headers={"Retry-After": "11"})
    client = make_client(sim)
    with pytest.raises((PontoRateLimitedError, PontoServerError)) as caught:
        list(client.iter_accounts())
    assert caught.value.retry_after_s == 11
    assert client.waits == []
    assert sim.bank.count("/accounts") == 1


def test_a_long_wait_given_as_a_date_is_handed_to_the_caller(sim, make_client):
    headers = retry_after(timedelta(minutes=5))
    sim.bank.fault("/accounts", status=429, headers=headers)
    with pytest.raises(PontoRateLimitedError) as caught:
        list(make_client(sim, clock=lambda: NOW).iter_accounts())
    assert caught.value.retry_after_s == 300


@pytest.mark.parametrize("text", ["soon", "-3", "1.5", "Fri, 99 Foo", "²"])
def test_an_unreadable_wait_counts_as_none(wire, make_client, text):
    wire.say(429, "", {"Retry-After": text})
    wire.say(body='{"data": []}')
    client = make_client(wire)
    list(client.iter_accounts())
    assert len(client.waits) == 1
    assert client.waits[0] <= 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 12 ", 12),
        ("9" * 400, 86400),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 13:00:00 +0100", 0),
        ("Fri, 20 Nov 2026 12:01:00 -0000", None),
        ("Fri, 20 Nov 9999 12:01:00 GMT", 86400),
    ],
)
def test_waits_are_read_in_both_forms(text, expected):
    assert parse_retry_after({"Retry-After": text}, NOW) == expected


def test_a_connection_cut_before_the_answer_is_tried_again(sim, make_client):
    sim.bank.fault("/accounts", cut="before", times=3)
    assert len(list(make_client(sim).iter_accounts())) == 3
    assert sim.bank.count("/accounts") == 4


def test_a_connection_cut_in_the_body_is_tried_again(sim, make_client):
    sim.bank.fault("/accounts", cut="body", times=3)
    assert len(list(make_client(sim).iter_accounts())) == 3
    assert sim.bank.count("/accounts") == 4


@pytest.mark.parametrize("cut", ["before", "body"])
def test_connections_cut_for_ever_are_a_transport_error(sim, make_client, cut):
    sim.bank.fault("/accounts", cut=cut, times=None)
    with pytest.raises(PontoTransportError) as caught:
        list(make_client(sim).iter_accounts())
    error = caught.value
    assert (error.advice, error.status, error.path) == ("retry", None, "/accounts")
    assert isinstance(error.__cause__, requests.RequestException)
    assert sim.bank.count("/accounts") == 4


def test_a_cut_in_the_middle_of_a_walk_loses_and_doubles_nothing(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.fault("/transactions", cut="body", after=1)
    sim.bank.fault("/transactions", cut="before", after=2)
    pages = make_client(sim).iter_transaction_pages(account_id)
    ids = [record.id for page in pages for record in page.records]
    assert len(ids) == len(set(ids)) == len(sim.bank.transactions(account_id))


def test_a_synchronization_is_never_created_twice(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.fault("/synchronizations", cut="before")
    with pytest.raises(PontoTransportError):
        make_client(sim).create_synchronization(
            account_id, "accountDetails", "203.0.113.7"
        )
    sim.bank.fault("/synchronizations", status=503)
    with pytest.raises(PontoServerError):
        make_client(sim).create_synchronization(
            account_id, "accountDetails", "203.0.113.7"
        )
    assert sim.bank.count("/synchronizations", "POST") == 2


def test_retries_can_be_switched_off(sim, make_client):
    for fault in ({"status": 503}, {"cut": "before"}, {"cut": "body"}):
        sim.bank.clear_requests()
        sim.bank.fault("/accounts", **fault)
        with pytest.raises((PontoServerError, PontoTransportError)):
            list(make_client(sim, max_retries=0).iter_accounts())
        assert sim.bank.count("/accounts") == 1


def test_a_slow_answer_is_a_transport_error_and_not_asked_for_again(sim, make_client):
    sim.bank.fault("/accounts", delay=0.4)
    client = make_client(sim, read_timeout_s=0.1)
    with pytest.raises(PontoTransportError, match="ReadTimeout"):
        list(client.iter_accounts())
    assert sim.bank.count("/accounts") == 1
    assert client.waits == []


def test_a_connection_that_takes_too_long_is_not_tried_again(wire, make_client):
    with socket.socket() as full:
        # Nobody accepts, and the queue is full: what comes now is not answered.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            wire.url = f"http://127.0.0.1:{full.getsockname()[1]}"
            client = make_client(wire, connect_timeout_s=0.1)
            with pytest.raises(PontoTransportError, match="ConnectTimeout"):
                client.fetch_token()
    assert client.request_count == 1
    assert client.waits == []


def test_a_connection_that_was_never_made_is_tried_again_for_every_call(
    wire, make_client
):
    token = make_client(wire).fetch_token()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        wire.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = make_client(wire, token=token)
        with pytest.raises(PontoTransportError):
            client.create_synchronization("a", "accountDetails", "203.0.113.7")
    assert len(client.waits) == 3


def test_nobody_listening_is_a_transport_error(wire, make_client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        wire.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = make_client(wire)
        with pytest.raises(PontoTransportError) as caught:
            list(client.iter_accounts())
    assert caught.value.path == "/oauth2/token"
    assert len(client.waits) == 3


def test_a_server_without_proper_tls_is_not_trusted_and_not_asked_again(
    wire, make_client
):
    wire.url = wire.url.replace("http:", "https:")
    client = make_client(wire)
    with pytest.raises(PontoTlsError) as caught:
        client.fetch_token()
    assert caught.value.advice == "fix"
    assert client.waits == []
    assert wire.requests == []


@pytest.fixture
def serve_bytes():
    """Start a server that answers the first bytes of each connection with these, and
    ends it; it returns (address, list that gets an item for each connection)."""
    servers = []

    def serve(answer):
        server, connections = socket.create_server(("127.0.0.1", 0)), []
        servers.append(server)

        def run():
            with suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    connections.append(connection)
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"https://127.0.0.1:{server.getsockname()[1]}", connections

    yield serve
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.mark.parametrize(
    "answer", [b"", bytes([21, 3, 3, 0, 2, 2, 80])], ids=["end", "alert of trouble"]
)
def test_a_handshake_that_is_cut_is_a_broken_connection(
    wire, make_client, serve_bytes, answer
):
    wire.url, connections = serve_bytes(answer)
    client = make_client(wire)
    with pytest.raises(PontoTransportError) as caught:
        client.fetch_token()
    assert (caught.value.kind, caught.value.advice) == ("unreachable", "retry")
    assert len(connections) == 4


def test_a_handshake_that_the_server_refuses_is_no_broken_connection(
    wire, make_client, serve_bytes
):
    wire.url, connections = serve_bytes(bytes([21, 3, 3, 0, 2, 2, 40]))
    with pytest.raises(PontoTlsError):
        make_client(wire).fetch_token()
    assert len(connections) == 1


def test_without_certificates_to_trust_no_server_is_trusted(
    wire, make_client, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/certificates.pem")
    wire.url = wire.url.replace("http:", "https:")
    client = make_client(wire)
    with pytest.raises(PontoTlsError):
        client.fetch_token()
    assert client.waits == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_leaks_no_token(
    wire, other_wire, make_client, status
):
    wire.say(status, "", {"Location": f"{other_wire.url}/accounts"})
    with pytest.raises(PontoProtocolError) as caught:
        list(make_client(wire).iter_accounts())
    assert caught.value.status == status
    assert other_wire.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_with_a_body_is_an_unexpected_answer(wire, make_client, status):
    wire.say(status, "<a href='/login'>Please log in</a>", {"Location": "/login"})
    with pytest.raises(PontoProtocolError) as caught:
        make_client(wire).fetch_account("a")
    assert caught.value.status == status
    assert len(wire.data_requests()) == 1


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_may_have_no_body_is_complete_without(wire, make_client, status):
    wire.say(status, "", {"Content-Length": "35"})
    with pytest.raises(PontoProtocolError) as caught:
        make_client(wire).fetch_account("a")
    assert caught.value.status == status
    assert len(wire.data_requests()) == 1


def test_a_redirect_of_the_token_call_leaks_no_keys(wire, other_wire, make_client):
    wire.say_token(307, "", {"Location": f"{other_wire.url}/oauth2/token"})
    with pytest.raises(PontoProtocolError):
        make_client(wire).fetch_token()
    assert other_wire.requests == []


def test_a_body_shorter_than_announced_is_noticed(wire, make_client):
    complete = '{"data": {"id": "a", "attributes": {}}}   '
    for _attempt in range(4):
        wire.say(200, complete, cut_at=len(complete) - 3)
    with pytest.raises(PontoTransportError):
        make_client(wire).fetch_account("a")


def test_a_request_found_wrong_is_a_bug(wire, make_client):
    wire.say(422, '{"errors": [{"code": "attributeInvalid", "detail": "d"}]}')
    with pytest.raises(PontoRequestError) as caught:
        make_client(wire).fetch_account("a")
    assert (caught.value.advice, caught.value.detail) == ("bug", "d")


# === CLOCKS === #


def test_the_difference_between_the_clocks_is_known_after_an_answer(sim, make_client):
    date = format_datetime(FIVE_MINUTES_AGO, usegmt=True)
    sim.bank.fault("/accounts", headers={"Date": date}, times=None)
    client = make_client(sim, clock=lambda: NOW)
    assert client.clock_difference is None
    list(client.iter_accounts())
    assert client.clock_difference == timedelta(minutes=5)


def test_a_refusal_tells_the_difference_too(sim, make_client):
    date = format_datetime(NOW + timedelta(hours=1), usegmt=True)
    sim.bank.fault(
        "/oauth2/token", status=401, code="invalid_client", headers={"Date": date}
    )
    client = make_client(sim, clock=lambda: NOW)
    with pytest.raises(PontoCredentialsError):
        client.fetch_token()
    assert client.clock_difference == timedelta(hours=-1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri, 20 Nov 2026 11:55:00 GMT", FIVE_MINUTES_AGO),
        ("Fri, 20 Nov 2026 12:55:00 +0100", FIVE_MINUTES_AGO),
        ("Fri, 20 Nov 2026 11:55:00 -0000", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_an_unreadable_date_tells_nothing(text, moment):
    assert parse_date(text) == moment


# === ADDRESSES === #


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://127.0.0.1:8099", True),
        ("https://localhost/", True),
        ("http://[::1]:8099", True),
        ("https://api.myponto.com", False),
        ("https://localhost.example", False),
        ("http://192.168.1.7", False),
        ("127.0.0.1:8099", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_of_this_machine_is_known_as_such(url, is_local):
    assert is_loopback_url(url) is is_local
