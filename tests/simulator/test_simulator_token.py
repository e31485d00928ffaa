"""Who is let in, and for how long."""

import pytest
import requests
from asking import error_of


def test_token_is_given_for_basic_credentials_and_lives_1799_seconds(client):
    answer = client.token()
    assert answer.status_code == 200
    token = answer.json()
    assert token.pop("access_token")
    assert token == {"expires_in": 1799, "scope": "ai", "token_type": "bearer"}


def test_grant_type_may_stand_in_the_query_instead_of_the_body(client):
    answer = client.token(params={"grant_type": "client_credentials"})
    assert answer.status_code == 200


@pytest.mark.parametrize("auth", [("wrong", "wrong"), ("simulated-client-id", "")])
def test_wrong_credentials_get_an_error_in_the_form_of_oauth(client, auth):
    answer = client.token(auth=auth)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert "errors" not in answer.json()


def test_credentials_in_the_body_are_not_accepted(simulator):
    form = {
        "grant_type": "client_credentials",
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
    }
    answer = requests.post(f"{simulator.url}/oauth2/token", data=form, timeout=10)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [({"x": "y"}, "invalid_request"), ({"grant_type": "password"}, "unsupported")],
)
def test_other_grants_are_refused(client, form, error):
    answer = client.token(data=form)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)


def test_call_without_a_valid_token_is_answered_401_invalid_access_token(client):
    for header in ("Bearer nonsense", "Basic abc", ""):
        answer = client.ask("/accounts", headers={"Authorization": header})
        assert answer.status_code == 401
        assert error_of(answer)["code"] == "invalidAccessToken"
        assert error_of(answer)["meta"]["requestId"]


def test_token_expires_by_the_simulated_clock(client, clock):
    clock.advance(seconds=1798)
    assert client.ask("/accounts").status_code == 200
    clock.advance(seconds=1)
    assert client.ask("/accounts").status_code == 401


def test_several_tokens_are_valid_at_once_until_all_are_revoked(client, bank):
    first = client.headers["Authorization"]
    client.log_in()
    assert first != client.headers["Authorization"]
    answer = client.ask("/accounts", headers={"Authorization": first})
    assert answer.status_code == 200
    bank.revoke_tokens()
    assert client.ask("/accounts").status_code == 401


def test_forbidden_calls_and_a_scope_without_account_information_get_403(client, bank):
    bank.set_forbidden()
    assert client.ask("/accounts").status_code == 403
    bank.set_forbidden(False)
    bank.set_scope("pi")
    assert client.ask("/accounts").status_code == 403
    bank.set_scope("ai pi")
    assert client.ask("/accounts").status_code == 200
    assert client.token().json()["scope"] == "ai pi"
