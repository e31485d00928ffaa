# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Odd answers end in the error tree, and errors say little but enough."""

import json
import pickle

import pytest
from ponto_api import (
    PontoApiError,
    PontoAuthorizationError,
    PontoError,
    PontoNotFoundError,
    PontoProtocolError,
    PontoRecentlySynchronizedError,
    PontoServerError,
    PontoSynchronizationResourceError,
    PontoTransportError,
    errors,
)
from ponto_api.redact import mask_account_number, mask_path, scrub

ODD_BODIES = {
    "html": "<html><body>Maintenance</body></html>",
    "empty": "",
    "blank": "  \n",
    "truncated": '{"data": [{"id": "a", "attri',
    "list": "[]",
    "text": '"data"',
    "number": "12",
    "null": "null",
    "deep": "[" * 100_000,
    "deep object": '{"a":' * 100_000,
    "not UTF-8": b'{"data": "\xff\xfe\xfa"}',
    "no data": "{}",
    "null data": '{"data": null}',
    "text data": '{"data": "x"}',
    "errors with 200": '{"errors": [{"code": "x"}]}',
    "endless number": '{"data": ' + "9" * 10_000 + "}",
    "no id": '{"data": {"attributes": {}}}',
    "numeric id": '{"data": {"id": 5, "attributes": {}}}',
    "blank id": '{"data": {"id": "", "attributes": {}}}',
    "no attributes": '{"data": {"id": "a"}}',
    "list of attributes": '{"data": {"id": "a", "attributes": []}}',
}


@pytest.mark.parametrize("name", ODD_BODIES)
def test_odd_bodies_of_a_resource_are_protocol_errors(wire, make_client, name):
    wire.say(200, ODD_BODIES[name])
    with pytest.raises(PontoProtocolError):
        make_client(wire).fetch_account("a")


@pytest.mark.parametrize("name", ODD_BODIES)
def test_odd_bodies_of_a_list_are_protocol_errors(wire, make_client, name):
    body = ODD_BODIES[name]
    if isinstance(body, str) and body.startswith('{"data": {'):
        body = '{"data": [' + body[len('{"data": ') : -1] + "]}"
    for call in ("iter_accounts", "iter_pages"):
        wire.say(200, body)
        client = make_client(wire)
        with pytest.raises(PontoProtocolError):
            if call == "iter_accounts":
                list(client.iter_accounts())
            else:
                list(client.iter_transaction_pages("a"))


@pytest.mark.parametrize("item", ["null", "[]", "5", '"x"'])
def test_records_that_are_no_objects_are_protocol_errors(wire, make_client, item):
    wire.say(200, f'{{"data": [{item}]}}')
    with pytest.raises(PontoProtocolError):
        list(make_client(wire).iter_transaction_pages("a"))


@pytest.mark.parametrize("name", ODD_BODIES)
@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_odd_bodies_of_an_error_keep_the_class_of_its_status(
    wire, make_client, name, status
):
    wire.say(status, ODD_BODIES[name])
    with pytest.raises(PontoApiError) as caught:
        make_client(wire).fetch_account("a")
    assert caught.value.status == status


@pytest.mark.parametrize("body", ["html", "empty", "list", "deep", "no data"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 408, 421, 425, 451])
def test_a_refusal_without_a_code_tells_nothing_of_keys_scope_and_account(
    wire, make_client, body, status
):
    wire.say(status, ODD_BODIES[body])
    wire.say(status, ODD_BODIES[body])
    client = make_client(wire)
    with pytest.raises(PontoApiError) as caught:
        client.fetch_account("a")
    assert (caught.value.kind, caught.value.advice) == ("gateway", "retry")
    assert len(wire.data_requests()) == (2 if status == 401 else 1)


@pytest.mark.parametrize(
    "error",
    [
        {"errors": {}},
        {"errors": ["No access for this address"]},
        {"errors": [None]},
        {"errors": [{"code": 5, "detail": ["x"], "meta": "y"}]},
        {"errors": [{"code": {"a": 1}, "meta": {"requestId": 7, "resource": []}}]},
        {"error": {"code": 1}, "error_description": 5},
        {"error": None},
    ],
)
@pytest.mark.parametrize("status", [404, 429, 503])
def test_errors_of_a_strange_shape_are_still_errors(wire, make_client, error, status):
    wire.say(status, json.dumps(error))
    with pytest.raises(PontoApiError) as caught:
        make_client(wire, max_retries=0).fetch_account("a")
    assert caught.value.code is None


@pytest.mark.parametrize("status", [204, 100 + 199, 304, 600, 999])
def test_statuses_without_a_meaning_here_are_protocol_errors(wire, make_client, status):
    wire.say(status, "")
    with pytest.raises((PontoProtocolError, PontoTransportError)):
        make_client(wire, read_timeout_s=0.5).fetch_account("a")


def test_an_unlinked_account_is_not_found(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    client = make_client(sim)
    assert client.fetch_account(account_id).id == account_id
    sim.bank.unlink(account_id)
    with pytest.raises(PontoNotFoundError) as caught:
        client.fetch_account(account_id)
    error = caught.value
    assert (error.code, error.resource) == ("resourceNotFound", "account")
    assert error.advice == "reconnect"
    assert error.request_id


@pytest.mark.parametrize(
    ("code", "resource", "is_gone"),
    [
        ("resourceNotFound", "transaction", True),
        ("resourceNotFound", None, True),
        ("resourceNotFound", "account", False),
        (None, None, False),
        (None, "transaction", False),
    ],
)
def test_only_ponto_itself_tells_that_a_transaction_is_gone(
    wire, make_client, code, resource, is_gone
):
    wire.say(
        404, json.dumps({"errors": [{"code": code, "meta": {"resource": resource}}]})
    )
    with pytest.raises(PontoNotFoundError) as caught:
        make_client(wire).fetch_transaction("a", "t")
    assert caught.value.tells_gone("transaction") is is_gone


def test_the_page_of_a_gateway_does_not_tell_that_anything_is_gone(wire, make_client):
    wire.say(404, "<html>Not here</html>", {"Content-Type": "text/html"})
    with pytest.raises(PontoNotFoundError) as caught:
        make_client(wire).fetch_transaction("a", "t")
    assert not caught.value.tells_gone("transaction")


def test_an_account_unlinked_in_the_middle_of_a_walk_is_not_found(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    pages = make_client(sim).iter_transaction_pages(account_id)
    assert len(next(pages).records) == 100
    sim.bank.unlink(account_id)
    with pytest.raises(PontoNotFoundError):
        next(pages)


def test_a_synchronization_too_soon_is_told_apart(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    client = make_client(sim)
    client.create_synchronization(account_id, "accountDetails", "203.0.113.7")
    with pytest.raises(PontoRecentlySynchronizedError) as caught:
        client.create_synchronization(account_id, "accountDetails", "203.0.113.7")
    assert caught.value.status == 400


def test_a_forbidden_call_is_an_authorization_error(sim, make_client):
    sim.bank.set_forbidden()
    with pytest.raises(PontoAuthorizationError) as caught:
        list(make_client(sim).iter_accounts())
    assert caught.value.advice == "reconnect"


def test_the_sentence_names_status_code_and_request_and_nothing_else(wire, make_client):
    detail = "Body text with BE68539007547034"
    body = {"errors": [{"code": "someCode", "detail": detail, "meta": {}}]}
    wire.say(409, json.dumps(body), {"ibanity-request-id": "REQ-9"})
    with pytest.raises(PontoApiError) as caught:
        make_client(wire).fetch_account("a")
    assert str(caught.value) == (
        "Ponto refused the call: GET /accounts/a "
        "(status 409, code someCode, request REQ-9)"
    )


@pytest.mark.parametrize(
    "request_id",
    [
        "BE68539007547034ABCD0123456789EF",
        "1122334455667788",
        "00077F0000AB12",
        "a-1:b.c",
    ],
)
@pytest.mark.parametrize("is_header", [True, False])
def test_a_request_id_that_looks_like_an_account_number_stays_readable(
    wire, make_client, request_id, is_header
):
    body = {"errors": [{"code": "x", "meta": {"requestId": request_id}}]}
    headers = {"ibanity-request-id": request_id} if is_header else {}
    wire.say(404, "" if is_header else json.dumps(body), headers)
    with pytest.raises(PontoNotFoundError) as caught:
        make_client(wire).fetch_account("a")
    assert caught.value.request_id == request_id


def test_a_secret_is_no_request_id(wire, make_client):
    wire.client_secret = "s3cr3t-with.signs"
    for secret in (wire.client_secret, "tok-1.abc", "id:tok-1.abc:7"):
        wire.say(404, "{}", {"ibanity-request-id": secret})
        with pytest.raises(PontoNotFoundError) as caught:
            make_client(wire).fetch_account("a")
        assert caught.value.request_id is None


def test_the_request_id_of_the_body_serves_when_the_header_is_missing(
    wire, make_client
):
    body = {"errors": [{"code": "x", "meta": {"requestId": "0007F"}}]}
    wire.say(404, json.dumps(body))
    with pytest.raises(PontoNotFoundError, match="request 0007F"):
        make_client(wire).fetch_account("a")


def test_details_are_cut_cleaned_and_free_of_secrets(wire, make_client):
    client = make_client(wire)
    basic = "aW50ZWdyYXRpb24tNzpzM2NyM3Qvd2l0aCtzaWducw=="
    detail = (
        f"bad\x00\x1b[31m\r\n{wire.client_secret} tok-1.abc Bearer abcdefghijk {basic} "
        "s3cr3t%2Fwith%2Bsigns BE68 5390 0754 7034 BE68539007547034 4111111111111111 "
    ) + "x" * 500
    wire.say(
        400, json.dumps({"errors": [{"code": wire.client_secret, "detail": detail}]})
    )
    with pytest.raises(PontoApiError) as caught:
        client.fetch_account("a")
    error = caught.value
    told = f"{error} {error!r} {error.detail} {error.code}"
    for secret in (
        wire.client_secret,
        "tok-1.abc",
        "abcdefghijk",
        basic,
        "s3cr3t%2F",
        "7547034",
        "0754 7034",
        "411111111",
        "\x1b",
        "\x00",
        "\n",
    ):
        assert secret not in told
    assert error.code is None
    assert len(error.detail) == 200


def test_html_of_a_gateway_is_quoted_nowhere(wire, make_client):
    wire.say(500, "<html>stack trace</html>", {"Content-Type": "text/html"})
    with pytest.raises(PontoServerError) as caught:
        make_client(wire).fetch_account("a")
    assert caught.value.detail is None
    assert "stack" not in str(caught.value)


def test_errors_survive_pickling():
    error = PontoNotFoundError("m", status=404, path="/x", resource="account")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.status, copy.resource, str(copy)) == (404, "account", str(error))


def test_an_account_outside_the_integration_is_told_apart_when_synchronizing(
    sim, make_client
):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.unlink(account_id)
    client = make_client(sim)
    with pytest.raises(PontoSynchronizationResourceError) as caught:
        client.create_synchronization(account_id, "accountDetails", "203.0.113.7")
    assert caught.value.code == "invalidSynchronizationResource"
    assert caught.value.advice == "reconnect"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_the_code_of_a_foreign_account_counts_whatever_the_status(
    wire, make_client, status
):
    wire.say(status, '{"errors": [{"code": "invalidSynchronizationResource"}]}')
    with pytest.raises(PontoSynchronizationResourceError):
        make_client(wire).create_synchronization("a", "accountDetails", "203.0.113.7")


@pytest.mark.parametrize(
    "refusals",
    [
        ["invalidSynchronizationResource"],
        "invalidSynchronizationResource",
        {"code": "invalidSynchronizationResource"},
        [{"code": "other"}, {"code": "invalidSynchronizationResource"}],
        ["other", "invalidSynchronizationResource"],
        [None, {"detail": "x"}, {"code": "invalidSynchronizationResource"}],
    ],
)
def test_a_known_code_is_found_in_whatever_shape_the_errors_come(
    wire, make_client, refusals
):
    wire.say(400, json.dumps({"errors": refusals}))
    with pytest.raises(PontoSynchronizationResourceError) as caught:
        make_client(wire).create_synchronization("a", "accountDetails", "203.0.113.7")
    assert (caught.value.advice, caught.value.kind) == ("reconnect", "not_allowed")
    assert caught.value.code == "invalidSynchronizationResource"


@pytest.mark.parametrize(
    "refusals",
    [["x"], "x", {"code": "x"}, [{"detail": "y"}, {"code": "x"}], ["x", "z"]],
)
def test_a_refusal_with_any_code_is_no_gateways(wire, make_client, refusals):
    wire.say(409, json.dumps({"errors": refusals}))
    with pytest.raises(PontoApiError) as caught:
        make_client(wire).fetch_account("a")
    assert (caught.value.code, caught.value.kind) == ("x", "refused")


def test_each_class_of_the_tree_gives_one_of_four_advices():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, PontoError)
    ]
    assert len(kinds) == 17
    for kind in kinds:
        assert kind.advice in {"retry", "reconnect", "fix", "bug"}
        assert kind is PontoError or f"{kind.__name__} " in errors.__doc__


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("BE68539007547034", "BE68…034"),
        ("BE68 5390 0754 7034", "BE68…034"),
        ("NO9386011117947", "NO93…947"),
        ("1234567", "…67"),
        ("1234", "…"),
        ("", "…"),
        (None, "…"),
    ],
)
def test_account_numbers_are_masked(number, shown):
    assert mask_account_number(number) == shown


@pytest.mark.parametrize(
    "text",
    [
        "5b1f6d0e-7c1a-4c52-9d0f-1f2e3d4c5b6a",
        "00000000-0000-4000-8000-000000000001",
        "aaaaaaaa-ab12-4c52-9d0f-123456789012",
        "2026-03-02T00:00:00.000Z",
    ],
)
def test_ids_and_times_stay_readable(text):
    assert scrub(text) == text
    assert mask_path(f"/accounts/{text}/transactions").endswith(f"{text}/transactions")


def test_an_iban_in_a_path_is_masked():
    path = mask_path("/accounts/BE68539007547034/transactions")
    assert path == "/accounts/BE68…034/transactions"
