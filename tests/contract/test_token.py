# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Life of the access token."""

from datetime import datetime, timedelta, timezone

import pytest
from ponto_api import (
    AccessToken,
    PontoAuthorizationError,
    PontoConfigurationError,
    PontoCredentialsError,
    PontoNotFoundError,
    PontoProtocolError,
    PontoRateLimitedError,
    PontoRequestError,
    PontoServerError,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)


class Clock:
    """A clock that stands still until moved."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def test_one_token_serves_many_calls(sim, make_client):
    client = make_client(sim)
    list(client.iter_accounts())
    list(client.iter_accounts())
    assert sim.bank.count("/oauth2/token") == 1


def test_a_token_is_replaced_a_minute_before_its_end(wire, make_client):
    clock, told = Clock(), []
    client = make_client(wire, clock=clock, on_token=told.append)
    for _call in range(3):
        wire.say(body='{"data": []}')
    list(client.iter_accounts())
    assert client.token.expires_at == NOW + timedelta(seconds=1799)
    clock.now = NOW + timedelta(seconds=1738)
    list(client.iter_accounts())
    assert len(told) == 1
    clock.now = NOW + timedelta(seconds=1739)
    list(client.iter_accounts())
    assert len(told) == 2
    assert told[-1] is client.token


def test_a_token_handed_in_is_used_while_fresh(wire, make_client):
    token = AccessToken("kept", NOW + timedelta(minutes=5), "ai")
    wire.say(body='{"data": []}')
    list(make_client(wire, clock=Clock(), token=token).iter_accounts())
    assert [r["headers"]["Authorization"] for r in wire.requests] == ["Bearer kept"]


def test_a_stale_token_handed_in_is_replaced(wire, make_client):
    token = AccessToken("kept", NOW + timedelta(seconds=30), "ai")
    wire.say(body='{"data": []}')
    list(make_client(wire, clock=Clock(), token=token).iter_accounts())
    assert wire.data_requests()[0]["headers"]["Authorization"] == "Bearer tok-1.abc"


def test_a_revoked_token_handed_in_is_replaced_once(sim, make_client):
    kept = make_client(sim).fetch_token()
    sim.bank.revoke_tokens()
    sim.bank.clear_requests()
    told = []
    client = make_client(sim, token=kept, on_token=told.append)
    assert len(list(client.iter_accounts())) == 3
    assert sim.bank.count("/accounts") == 2
    assert sim.bank.count("/oauth2/token") == 1
    assert told == [None, client.token]


def test_a_token_revoked_between_two_pages_does_not_stop_the_walk(sim, make_client):
    client = make_client(sim)
    account_id = max(
        sim.bank.accounts(), key=lambda a: len(sim.bank.transactions(a["id"]))
    )["id"]
    ids = []
    for page in client.iter_transaction_pages(account_id):
        ids += [record.id for record in page.records]
        sim.bank.revoke_tokens()
    expected = {row["id"] for row in sim.bank.transactions(account_id)}
    assert len(ids) == len(expected) > 200
    assert set(ids) == expected


def test_a_second_401_raises_and_forgets_the_token(wire, make_client):
    error = '{"errors": [{"code": "invalidAccessToken", "detail": "no"}]}'
    wire.say(401, error)
    wire.say(401, error)
    client = make_client(wire)
    with pytest.raises(PontoAuthorizationError) as caught:
        client.fetch_account("a")
    assert caught.value.advice == "reconnect"
    assert (caught.value.status, caught.value.code) == (401, "invalidAccessToken")
    assert client.token is None
    assert len(wire.data_requests()) == 2
    assert len(wire.requests) == 4


def test_a_refused_synchronization_is_sent_again_with_a_new_token(sim, make_client):
    client = make_client(sim)
    client.fetch_token()
    sim.bank.revoke_tokens()
    account_id = sim.bank.accounts()[0]["id"]
    client.create_synchronization(account_id, "accountDetails", "203.0.113.7")
    assert sim.bank.count("/synchronizations", "POST") == 2


def test_a_forbidden_call_is_not_tried_again(sim, make_client):
    sim.bank.set_forbidden()
    with pytest.raises(PontoAuthorizationError) as caught:
        list(make_client(sim).iter_accounts())
    assert caught.value.status == 403
    assert sim.bank.count("/accounts") == 1


@pytest.mark.parametrize("status", [400, 401])
def test_refused_keys_are_told_apart_in_oauth_form(wire, make_client, status):
    wire.say_token(
        status,
        '{"error": "invalid_client", "error_description": "Unknown", '
        '"error_hint": "Look"}',
    )
    with pytest.raises(PontoCredentialsError) as caught:
        make_client(wire).fetch_token()
    error = caught.value
    assert (error.advice, error.code, error.status) == ("fix", "invalid_client", status)
    assert error.detail == "Unknown Look"


def test_refused_keys_are_told_apart_in_json_api_form(wire, make_client):
    wire.say_token(401, '{"errors": [{"code": "invalidCredentials"}]}')
    with pytest.raises(PontoCredentialsError, match="code invalidCredentials"):
        make_client(wire).fetch_token()


def test_refused_keys_of_the_simulator_are_told_apart(sim, make_client):
    sim.client_secret = "wrong"
    with pytest.raises(PontoCredentialsError):
        list(make_client(sim).iter_accounts())
    assert sim.bank.count(".") == 1


def test_an_oauth_error_with_status_200_is_an_error(wire, make_client):
    wire.say_token(200, '{"error": "invalid_client"}')
    with pytest.raises(PontoCredentialsError):
        make_client(wire).fetch_token()
    wire.say_token(200, '{"error": "server_error", "error_description": "x"}')
    with pytest.raises(PontoProtocolError):
        make_client(wire).fetch_token()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PontoRequestError),
        (401, PontoRequestError),
        (403, PontoRequestError),
        (404, PontoNotFoundError),
        (429, PontoRateLimitedError),
        (500, PontoServerError),
        (503, PontoServerError),
    ],
)
def test_other_statuses_of_the_token_endpoint_blame_no_keys(
    wire, make_client, status, kind
):
    for _attempt in range(4):
        wire.say_token(status, "<html>")
    with pytest.raises(kind) as caught:
        list(make_client(wire).iter_accounts())
    assert caught.value.advice == "retry"
    if status in (400, 401, 403, 404):
        assert caught.value.kind == "gateway"
        assert len(wire.requests) == 1


def test_a_scope_that_the_token_endpoint_refuses_is_none_of_the_account(
    wire, make_client
):
    wire.say_token(403, '{"error": "access_denied"}')
    with pytest.raises(PontoRequestError) as caught:
        make_client(wire).fetch_token()
    assert caught.value.kind == "refused"


def test_the_token_call_is_repeated_when_the_server_is_busy(sim, make_client):
    sim.bank.fault("/oauth2/token", status=503, times=2)
    client = make_client(sim)
    client.fetch_token()
    assert sim.bank.count("/oauth2/token") == 3
    assert len(client.waits) == 2


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        '"token"',
        "null",
        "",
        "<html></html>",
        '{"access_token": null, "token_type": "bearer"}',
        '{"access_token": "", "token_type": "bearer"}',
        '{"access_token": 12, "token_type": "bearer"}',
        '{"access_token": ["t"], "token_type": "bearer"}',
        '{"access_token": "a b", "token_type": "bearer"}',
        '{"access_token": "a\\r\\nX-Other: 1", "token_type": "bearer"}',
        '{"access_token": "t", "token_type": "mac"}',
        '{"access_token": "t", "token_type": "bearer", "expires_in": "soon"}',
        '{"access_token": "t", "token_type": "bearer", "expires_in": {}}',
        '{"access_token": "t", "token_type": "bearer", "expires_in": [1]}',
        '{"access_token": "t", "token_type": "bearer", "expires_in": NaN}',
        '{"access_token": "t", "token_type": "bearer", "scope": {"a": 1}, "error": 1}',
    ],
)
def test_an_unusable_token_answer_is_a_protocol_error(wire, make_client, body):
    wire.say_token(200, body)
    with pytest.raises(PontoProtocolError):
        make_client(wire).fetch_token()


@pytest.mark.parametrize(
    ("expires_in", "life_s"),
    [
        ("1799", 1799),
        ('"1799"', 1799),
        ("1799.0", 1799),
        ("-5", 0),
        ("1e12", 86400),
        ("99999999999999999999", 86400),
        ("null", 300),
    ],
)
def test_the_life_of_a_token_is_read_tolerantly(wire, make_client, expires_in, life_s):
    answer = '{"access_token": "t", "token_type": "Bearer", "expires_in": LIFE}'
    wire.say_token(body=answer.replace("LIFE", expires_in))
    token = make_client(wire, clock=Clock()).fetch_token()
    assert token.expires_at - NOW == timedelta(seconds=life_s)


def test_the_scope_is_kept(sim, make_client):
    sim.bank.set_scope("ai pi")
    assert make_client(sim).fetch_token().scope == "ai pi"


def test_a_token_without_scope_and_life_is_still_a_token(wire, make_client):
    wire.say_token(body='{"access_token": "t"}')
    token = make_client(wire, clock=Clock()).fetch_token()
    assert (token.scope, token.is_fresh(NOW)) == ("", True)


def test_a_token_hides_its_value(wire, make_client):
    token = make_client(wire).fetch_token()
    assert "tok-1" not in repr(token) + str(token)


@pytest.mark.parametrize("value", ["", "a b", "a\n", "é", None, 7])
def test_a_token_that_no_header_can_carry_is_refused(value):
    with pytest.raises(PontoConfigurationError):
        AccessToken(value, NOW)


def test_a_token_needs_a_time_zone():
    with pytest.raises(PontoConfigurationError):
        AccessToken("t", datetime(2026, 1, 1))
