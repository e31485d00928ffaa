"""The simulator keeps to what is known of Ponto's API."""

import inspect
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from simulator import Simulator, generate
from simulator.identifiers import belgian_iban, iban, structured_communication
from simulator.model import TRANSACTION_ATTRIBUTES

UTC = timezone.utc  # Python 3.10 has no datetime.UTC.
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SHARED_IBAN = "BE68539007547034"


class Clock:
    """A present that moves only when told."""

    def __init__(self):
        self.moment = NOW

    def __call__(self):
        return self.moment

    def advance(self, **units):
        self.moment += timedelta(**units)


class Client(requests.Session):
    """A session with a token, and short ways to ask."""

    def __init__(self, simulator):
        super().__init__()
        self.simulator = simulator
        self.trust_env = False

    def log_in(self):
        answer = self.token()
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def token(self, auth=None, **kwargs):
        auth = auth or (self.simulator.client_id, self.simulator.client_secret)
        kwargs = kwargs or {"data": {"grant_type": "client_credentials"}}
        return requests.post(
            f"{self.simulator.url}/oauth2/token", auth=auth, timeout=10, **kwargs
        )

    def ask(self, path, method="GET", **kwargs):
        url = path if path.startswith("http") else self.simulator.url + path
        return self.request(method, url, timeout=10, **kwargs)

    def read(self, path):
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def walk(self, path):
        """All rows, following ``links.next`` to the end."""
        rows = []
        while path:
            document = self.read(path)
            rows += document["data"]
            path = document["links"].get("next")
        return rows

    def synchronize(self, account_id, subtype="accountTransactions", **changes):
        attributes = {
            "resourceType": "account",
            "resourceId": account_id,
            "subtype": subtype,
            "customerIpAddress": "203.0.113.7",
            **changes,
        }
        attributes = {name: text for name, text in attributes.items() if text}
        document = {"data": {"type": "synchronization", "attributes": attributes}}
        return self.ask("/synchronizations", "POST", json=document)

    def finish(self, synchronization_id):
        """Look until the synchronization is completed; the states seen."""
        states = []
        while not states or states[-1] in ("pending", "running"):
            document = self.read(f"/synchronizations/{synchronization_id}")
            states.append(document["data"]["attributes"]["status"])
        return states


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def simulator(clock):
    """A simulator without accounts."""
    with Simulator(today=TODAY, dataset="empty", clock=clock) as simulator:
        yield simulator


@pytest.fixture
def bank(simulator):
    return simulator.bank


@pytest.fixture
def client(simulator):
    with Client(simulator) as client:
        client.log_in()
        yield client


@pytest.fixture
def account_id(bank):
    return bank.add_account(reference=SHARED_IBAN, currentBalance="100.00")


@pytest.fixture
def row_ids(bank, account_id):
    """Ids of 25 rows, newest first."""
    ids = [
        bank.add_transaction(account_id, "1.10", TODAY - timedelta(days=25 - number))
        for number in range(25)
    ]
    return ids[::-1]


@pytest.fixture(scope="module")
def brewery():
    """The data set; tests only read it."""
    return Simulator(today=TODAY, clock=Clock())


def ids_of(document):
    return [row["id"] for row in document["data"]]


def error_of(answer):
    return answer.json()["errors"][0]


# === TOKEN === #


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


# === RESOURCES === #


def test_root_lists_uri_templates_without_a_token(simulator):
    links = requests.get(simulator.url, timeout=10).json()["links"]
    assert links["oauth2"]["token"] == f"{simulator.url}/oauth2/token"
    assert "{accountId}" in links["account"]["transactions"]


def test_account_has_its_state_in_meta_beside_the_attributes(client, account_id):
    account = client.read(f"/accounts/{account_id}")["data"]
    assert account["attributes"]["reference"] == SHARED_IBAN
    assert account["attributes"]["deprecated"] is False
    assert account["meta"]["availability"] == "available"
    latest = account["meta"]["latestSynchronization"]["attributes"]
    assert latest["subtype"] == "accountDetails"
    assert latest["status"] == "success"
    related = account["relationships"]["transactions"]["links"]["related"]
    assert client.read(related)["data"] == []


def test_answers_are_json_api_with_a_request_id(client, account_id):
    answer = client.ask(f"/accounts/{account_id}")
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert answer.headers["ibanity-request-id"]


def test_unknown_resources_are_not_found(client, account_id):
    for path, resource in (
        ("/accounts/nobody", "account"),
        (f"/accounts/{account_id}/transactions/none", "transaction"),
        ("/accounts/nobody/transactions", "account"),
        ("/synchronizations/none", "synchronization"),
        ("/financial-institutions/none", "financialInstitution"),
        ("/nowhere", "path"),
    ):
        answer = client.ask(path)
        assert answer.status_code == 404, path
        assert error_of(answer)["code"] == "resourceNotFound"
        assert error_of(answer)["meta"]["resource"] == resource


def test_one_transaction_can_be_read_by_its_id(client, account_id, row_ids):
    row = client.read(f"/accounts/{account_id}/transactions/{row_ids[3]}")["data"]
    assert row["type"] == "transaction"
    assert row["relationships"]["account"]["data"]["id"] == account_id


def test_revoked_account_disappears_from_the_integration(client, account_id):
    answer = client.ask(f"/accounts/{account_id}", "DELETE")
    assert answer.json() == {"data": {"type": "account", "id": account_id}}
    assert client.read("/accounts")["data"] == []
    assert client.ask(f"/accounts/{account_id}/transactions").status_code == 404


def test_institutions_are_public_and_with_a_token_only_the_linked(client, bank):
    bank.add_institution(name="Not linked")
    linked = bank.add_institution(name="Bank van de Schelde", country="BE")
    bank.add_account(institution_id=linked)
    url = f"{client.simulator.url}/financial-institutions"
    assert len(requests.get(url, timeout=10).json()["data"]) == 2
    assert ids_of(client.read("/financial-institutions")) == [linked]
    one = client.read(f"/financial-institutions/{linked}")["data"]["attributes"]
    assert one["name"] == "Bank van de Schelde"
    assert one["timeZone"] == "Europe/Brussels"
    assert one["pendingTransactionsAvailable"] is True
    assert one["paymentDebtorAccountReferenceRequired"] is False
    assert one["bulkPaymentDebtorAccountReferenceRequired"] is True
    assert one["expectedAuthorizationLifetime"] == 180


# === PAGING === #


def test_a_page_has_10_rows_unless_asked_and_1_to_100_may_be_asked(
    client, bank, account_id
):
    for _ in range(101):
        bank.add_transaction(account_id, "1")
    path = f"/accounts/{account_id}/transactions"
    assert len(client.read(path)["data"]) == 10
    for query in ("limit=7", "page[limit]=7", "page%5Blimit%5D=7"):
        document = client.read(f"{path}?{query}")
        assert len(document["data"]) == 7
        assert document["meta"]["paging"]["limit"] == 7
    for limit in (1, 100):
        document = client.read(f"{path}?limit={limit}")
        assert len(document["data"]) == document["meta"]["paging"]["limit"] == limit
    for nonsense in ("0", "101", "-1", "10000000", "ten", ""):
        answer = client.ask(f"{path}?limit={nonsense}")
        assert answer.status_code == 400, nonsense
        assert error_of(answer)["code"] == "invalid_paging_limit"


def test_after_and_before_exclude_their_row_in_both_spellings(
    client, account_id, row_ids
):
    path = f"/accounts/{account_id}/transactions?limit=3"
    for form in ("{}", "page[{}]"):
        after, before = form.format("after"), form.format("before")
        assert ids_of(client.read(f"{path}&{after}={row_ids[9]}")) == row_ids[10:13]
        assert ids_of(client.read(f"{path}&{before}={row_ids[9]}")) == row_ids[6:9]


def test_page_before_a_row_near_the_head_is_short(client, account_id, row_ids):
    document = client.read(f"/accounts/{account_id}/transactions?before={row_ids[2]}")
    assert ids_of(document) == row_ids[:2]
    assert "prev" not in document["links"]


def test_links_and_paging_of_first_middle_and_last_page(
    client, simulator, account_id, row_ids
):
    path = f"/accounts/{account_id}/transactions"
    url = f"{simulator.url}{path}"
    first = client.read(f"{path}?page[limit]=10")
    assert first["links"] == {
        "first": f"{url}?page[limit]=10",
        "next": f"{url}?page[after]={row_ids[9]}&page[limit]=10",
    }
    assert first["meta"]["paging"] == {
        "limit": 10,
        "before": None,
        "after": row_ids[9],
    }
    middle = client.read(first["links"]["next"])
    assert middle["links"]["prev"] == f"{url}?page[before]={row_ids[10]}&page[limit]=10"
    assert ids_of(client.read(middle["links"]["prev"])) == ids_of(first)
    last = client.read(middle["links"]["next"])
    assert ids_of(last) == row_ids[20:]
    assert "next" not in last["links"]
    assert "after" not in last["meta"]["paging"]
    assert ids_of(client.read(f"{path}?after={row_ids[-1]}")) == []


@pytest.mark.parametrize(
    ("asked", "first", "following"),
    [
        ("", "", "?page[after]={}"),
        ("?limit=4", "?limit=4", "?after={}&limit=4"),
        ("?page%5Blimit%5D=4", "?page[limit]=4", "?page[after]={}&page[limit]=4"),
        ("?limit=4&x[y]=1:2", "?limit=4&x[y]=1%3A2", "?after={}&limit=4&x[y]=1%3A2"),
    ],
)
def test_links_repeat_the_query_that_was_asked_in_its_spelling(
    client, simulator, account_id, row_ids, asked, first, following
):
    path = f"/accounts/{account_id}/transactions"
    document = client.read(path + asked)
    last = ids_of(document)[-1]
    url = f"{simulator.url}{path}"
    assert document["links"]["first"] == url + first
    assert document["links"]["next"] == url + following.format(last)
    second = client.read(document["links"]["next"])
    assert second["links"]["first"] == url + first
    back = following.replace("after", "before").format(ids_of(second)[0])
    assert second["links"]["prev"] == url + back
    assert len(client.walk(path + asked)) == 25


def test_page_before_the_newest_row_is_empty_and_has_no_neighbours(
    client, simulator, account_id, row_ids
):
    path = f"/accounts/{account_id}/transactions"
    document = client.read(f"{path}?before={row_ids[0]}")
    assert document["data"] == []
    assert document["links"] == {"first": f"{simulator.url}{path}"}
    assert document["meta"]["paging"] == {"limit": 10}


def test_page_meta_describes_the_synchronization_of_transactions(client, account_id):
    meta = client.read(f"/accounts/{account_id}/transactions")["meta"]
    assert meta["synchronizedAt"] == "2026-11-20T09:30:00.000Z"
    latest = meta["latestSynchronization"]["attributes"]
    assert latest["subtype"] == "accountTransactions"


def test_unknown_or_foreign_cursor_is_not_found_and_two_cursors_are_refused(
    client, bank, account_id, row_ids
):
    foreign = bank.add_transaction(bank.add_account(), "1")
    path = f"/accounts/{account_id}/transactions"
    for cursor in ("unknown", foreign):
        assert client.ask(f"{path}?after={cursor}").status_code == 404
    both = f"{path}?after={row_ids[1]}&before={row_ids[9]}"
    assert client.ask(both).status_code == 400


def test_unknown_cursor_can_give_an_empty_page(client, bank, account_id, row_ids):
    bank.set_unknown_cursor("empty")
    for name in ("after", "before"):
        path = f"/accounts/{account_id}/transactions?{name}=unknown"
        document = client.read(path)
        assert document["data"] == []
        assert set(document["links"]) == {"first"}
    with pytest.raises(ValueError, match="empty"):
        bank.set_unknown_cursor("head")


def test_unknown_cursor_gives_an_empty_page_of_institutions(client, bank):
    bank.add_institution()
    document = client.read("/financial-institutions?after=unknown")
    assert (document["data"], set(document["links"])) == ([], {"first"})


def test_accounts_are_paged_too(client, bank):
    ids = [bank.add_account(reference=f"ACCOUNT {number}") for number in range(5)]
    rows = client.walk("/accounts?limit=2")
    assert [row["id"] for row in rows] == ids
    assert client.simulator.bank.count("^/accounts$", "GET") == 3


def test_links_use_the_host_that_the_client_asked(client, account_id, simulator):
    port = simulator.url.rsplit(":", 1)[1]
    document = client.read(f"http://localhost:{port}/accounts")
    assert document["links"]["first"].startswith(f"http://localhost:{port}/")


# === ORDER AND CHANGES === #


def test_back_dated_row_stands_at_the_head_of_the_created_order(
    client, bank, account_id, row_ids
):
    late = bank.add_transaction(account_id, "5", date(2026, 1, 2))
    path = f"/accounts/{account_id}/transactions?limit=100"
    assert ids_of(client.read(path)) == [late, *row_ids]
    bank.set_order("execution")
    assert ids_of(client.read(path)) == [*row_ids, late]
    assert [row["id"] for row in bank.transactions(account_id)] == [*row_ids, late]


def test_rows_of_one_day_stand_newest_created_first_in_the_execution_order(
    client, bank, account_id
):
    bank.set_order("execution")
    first, second = (bank.add_transaction(account_id, "1", TODAY) for _ in range(2))
    assert ids_of(client.read(f"/accounts/{account_id}/transactions")) == [
        second,
        first,
    ]


def test_update_changes_a_row_in_place_and_moves_updated_at(
    client, bank, clock, account_id, row_ids
):
    clock.advance(minutes=10)
    bank.update_transaction(row_ids[4], counterpartName="Now known")
    row = client.read(f"/accounts/{account_id}/transactions")["data"][4]
    assert row["id"] == row_ids[4]
    assert row["attributes"]["counterpartName"] == "Now known"
    assert row["attributes"]["createdAt"] == "2026-11-20T09:30:00.000Z"
    assert row["attributes"]["updatedAt"] == "2026-11-20T09:40:00.000Z"


def test_removed_row_is_gone_and_its_cursor_too(client, bank, account_id, row_ids):
    bank.remove_transaction(row_ids[0])
    path = f"/accounts/{account_id}/transactions"
    assert ids_of(client.read(path))[0] == row_ids[1]
    assert client.ask(f"{path}?before={row_ids[0]}").status_code == 404


def test_balance_follows_transactions(client, bank, account_id):
    bank.add_transaction(account_id, "-0.10")
    row_id = bank.add_transaction(account_id, Decimal("0.30"))
    assert bank.balance(account_id) == Decimal("100.20")
    bank.update_transaction(row_id, amount="0.40")
    bank.add_transaction(account_id, "9", moves_balance=False)
    assert bank.balance(account_id) == Decimal("100.30")
    assert '"currentBalance":100.30' in client.ask(f"/accounts/{account_id}").text


def test_amounts_are_json_numbers_with_every_digit(client, bank, account_id):
    bank.add_transaction(account_id, "10250.40")
    bank.add_transaction(account_id, "-12345678901234567.89")
    text = client.ask(f"/accounts/{account_id}/transactions").text
    assert '"amount":10250.40,' in text
    assert '"amount":-12345678901234567.89,' in text


def test_relinked_account_has_new_ids_everywhere_and_the_same_order(
    client, bank, clock, account_id, row_ids
):
    before = bank.transactions(account_id)
    clock.advance(days=1)
    client.log_in()
    new_id = bank.relink(account_id)
    assert new_id != account_id
    assert client.ask(f"/accounts/{account_id}").status_code == 404
    after = bank.transactions(new_id)
    assert not {row["id"] for row in after} & set(row_ids)
    assert [row["executionDate"] for row in after] == [
        row["executionDate"] for row in before
    ]
    assert {row["createdAt"] for row in after} == {clock.moment}
    assert bank.balance(new_id) == Decimal("127.50")


def test_relinking_can_keep_the_account_id(client, bank, account_id, row_ids):
    assert bank.relink(account_id, keep_account_id=True) == account_id
    rows = client.walk(f"/accounts/{account_id}/transactions")
    assert len(rows) == 25
    assert not {row["id"] for row in rows} & set(row_ids)


def test_unlinked_account_is_absent_from_the_list_and_not_found(
    client, bank, account_id, row_ids
):
    bank.unlink(account_id)
    assert client.read("/accounts")["data"] == []
    assert client.ask(f"/accounts/{account_id}").status_code == 404


def test_replaced_account_stays_visible_as_deprecated(client, bank, account_id):
    new_id = bank.replace(account_id)
    seen = {
        row["id"]: row["attributes"]["deprecated"]
        for row in client.read("/accounts")["data"]
    }
    assert seen == {account_id: True, new_id: False}


# === FORM OF THE ANSWERS === #


@pytest.mark.parametrize(
    ("knob", "expected"),
    [
        ({"fraction_digits": 0}, "2026-03-02T00:00:00Z"),
        ({"fraction_digits": 6}, "2026-03-02T00:00:00.000000Z"),
        ({"offset_minutes": 60}, "2026-03-02T01:00:00.000+01:00"),
        ({"date_only": True}, "2026-03-02"),
    ],
)
def test_times_are_written_as_the_knob_says(client, bank, account_id, knob, expected):
    row_id = bank.add_transaction(account_id, "1", date(2026, 3, 2))
    bank.set_time_format(**knob)
    row = client.read(f"/accounts/{account_id}/transactions/{row_id}")["data"]
    assert row["attributes"]["executionDate"] == expected


def test_time_given_as_text_is_repeated_letter_by_letter(client, bank, account_id):
    text = "2026-03-01T23:00:00.5Z"
    row_id = bank.add_transaction(account_id, "1", text)
    row = client.read(f"/accounts/{account_id}/transactions/{row_id}")["data"]
    assert row["attributes"]["executionDate"] == text
    assert bank.transaction(row_id)["executionDate"].microsecond == 500000


def test_null_attributes_are_written_or_omitted(client, bank, account_id):
    bank.add_transaction(account_id, "1", None)
    path = f"/accounts/{account_id}/transactions"
    attributes = client.read(path)["data"][0]["attributes"]
    assert set(attributes) == set(TRANSACTION_ATTRIBUTES)
    assert attributes["executionDate"] is attributes["counterpartName"] is None
    bank.set_omit_null()
    attributes = client.read(path)["data"][0]["attributes"]
    assert "counterpartName" not in attributes
    assert None not in attributes.values()


def test_unknown_attributes_can_be_added_and_misspelt_ones_are_refused(
    client, bank, account_id
):
    bank.set_extra_attributes({"inventedLater": {"deep": [1]}})
    account = client.read(f"/accounts/{account_id}")["data"]
    assert account["attributes"]["inventedLater"] == {"deep": [1]}
    with pytest.raises(TypeError, match="conterpartName"):
        bank.add_transaction(account_id, "1", conterpartName="x")


# === SYNCHRONIZATIONS === #


def test_synchronization_goes_from_pending_over_running_to_success(client, account_id):
    answer = client.synchronize(account_id)
    assert answer.status_code == 201
    created = answer.json()["data"]
    assert created["attributes"]["status"] == "pending"
    assert "customerIpAddress" not in created["attributes"]
    assert client.finish(created["id"]) == ["running", "success"]
    assert client.finish(created["id"]) == ["success"]


@pytest.mark.parametrize(
    "name", ["resourceType", "resourceId", "subtype", "customerIpAddress"]
)
def test_synchronization_without_a_required_attribute_is_refused(
    client, account_id, name
):
    answer = client.synchronize(account_id, **{name: None})
    assert answer.status_code == 400
    assert error_of(answer)["source"]["pointer"] == f"/data/attributes/{name}"


def test_nonsense_instead_of_a_synchronization_is_refused(client, account_id):
    for body in (b"", b"[]", b"not json", b'{"data": {"type": "other"}}'):
        answer = client.ask("/synchronizations", "POST", data=body)
        assert answer.status_code == 400


def test_synchronization_of_an_account_outside_the_integration_is_refused(client, bank):
    unlinked = bank.add_account()
    bank.unlink(unlinked)
    for account_id in ("nobody", unlinked):
        answer = client.synchronize(account_id)
        assert answer.status_code == 400
        assert error_of(answer)["code"] == "invalidSynchronizationResource"


def test_errors_of_a_synchronization_can_be_bare_codes(client, bank, account_id):
    bank.set_plain_errors()
    bank.expire_consent(account_id)
    item = client.synchronize(account_id).json()["data"]
    assert client.finish(item["id"])[-1] == "error"
    item = client.read(f"/synchronizations/{item['id']}")["data"]["attributes"]
    meta = client.read(f"/accounts/{account_id}")["data"]["meta"]
    latest = meta["latestSynchronization"]["attributes"]
    assert item["errors"] == latest["errors"] == ["authorizationExpired"]


def test_errors_can_lack_meta(client, bank):
    bank.set_error_meta(False)
    assert set(error_of(client.ask("/accounts/nobody"))) == {"code", "detail"}
    bank.fault("/accounts", status=400, code="strange")
    assert set(error_of(client.ask("/accounts"))) == {"code", "detail"}
    bank.set_error_meta()
    assert "requestId" in error_of(client.ask("/accounts/nobody"))["meta"]


def test_second_synchronization_of_a_subtype_too_soon_is_refused(
    client, bank, clock, account_id
):
    assert client.synchronize(account_id).status_code == 201
    answer = client.synchronize(account_id)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "accountRecentlySynchronized"
    assert error_of(answer)["meta"] == {}
    assert client.synchronize(account_id, "accountDetails").status_code == 201
    other = bank.add_account()
    assert client.synchronize(other).status_code == 201
    clock.advance(minutes=5)
    assert client.synchronize(account_id).status_code == 201
    bank.set_synchronization_gap(30)
    clock.advance(minutes=29)
    client.log_in()
    assert client.synchronize(account_id).status_code == 400


def test_queued_rows_and_updates_appear_with_a_successful_synchronization(
    client, bank, clock, account_id, row_ids
):
    queued = bank.queue_transaction(account_id, "-5", counterpartName="Bakker")
    bank.queue_update(row_ids[7], remittanceInformation="corrected")
    path = f"/accounts/{account_id}/transactions"
    assert ids_of(client.read(path))[0] == row_ids[0]
    clock.advance(minutes=10)
    item = client.synchronize(account_id).json()["data"]
    client.finish(item["id"])
    newest = client.read(path)["data"][0]
    assert newest["id"] == queued
    assert newest["attributes"]["createdAt"] == "2026-11-20T09:40:00.000Z"
    related = item["relationships"]["updatedTransactions"]["links"]["related"]
    document = client.read(related)
    assert ids_of(document) == [row_ids[7]]
    assert document["meta"]["synchronizedAt"] == "2026-11-20T09:40:00.000Z"


def test_details_synchronization_brings_no_transactions(client, bank, account_id):
    bank.queue_transaction(account_id, "1")
    item = client.synchronize(account_id, "accountDetails").json()["data"]
    client.finish(item["id"])
    assert client.read(f"/accounts/{account_id}/transactions")["data"] == []


def test_pending_rows_come_only_with_a_synchronization_of_unsettled_ones(
    client, bank, account_id
):
    row_id = bank.queue_pending_transaction(account_id, "-9.99")
    path = f"/accounts/{account_id}/pending-transactions"
    bank.synchronize(account_id)
    assert client.read(path)["data"] == []
    bank.synchronize(account_id, "accountTransactionsWithUnsettled")
    assert ids_of(client.read(path)) == [row_id]
    row = client.read(f"{path}/{row_id}")["data"]
    assert row["type"] == "pendingTransaction"
    assert client.read(f"/accounts/{account_id}/transactions")["data"] == []
    assert bank.balance(account_id) == Decimal("100.00")


def test_after_the_consent_expired_reading_works_and_synchronizing_fails(
    client, bank, account_id, row_ids
):
    bank.queue_transaction(account_id, "1")
    bank.expire_consent(account_id)
    account = client.read(f"/accounts/{account_id}")["data"]
    latest = account["meta"]["latestSynchronization"]["attributes"]
    assert latest["status"] == "error"
    assert latest["errors"][0]["code"] == "authorizationExpired"
    ends = account["attributes"]["authorizationExpirationExpectedAt"]
    assert ends == "2026-11-20T09:30:00.000Z"
    assert len(client.walk(f"/accounts/{account_id}/transactions")) == 25
    item = client.synchronize(account_id).json()["data"]
    assert client.finish(item["id"]) == ["running", "error"]
    bank.renew_consent(account_id)
    rows = client.walk(f"/accounts/{account_id}/transactions")
    assert len(rows) == 26


def test_failing_or_read_only_bank_ends_synchronizations_in_an_error(
    client, bank, account_id
):
    bank.fail_synchronizations(account_id)
    item = client.synchronize(account_id).json()["data"]
    assert client.finish(item["id"])[-1] == "error"
    item = client.read(f"/synchronizations/{item['id']}")["data"]["attributes"]
    assert item["errors"][0]["code"] == "technicalFailure"
    assert bank.synchronize(account_id)["status"] == "success"
    bank.set_availability(account_id, "readonly")
    meta = client.read(f"/accounts/{account_id}")["data"]["meta"]
    assert meta["availability"] == "readonly"
    assert bank.synchronize(account_id)["status"] == "error"


def test_account_unlinked_while_a_synchronization_runs_ends_in_an_error(
    client, bank, account_id
):
    item = client.synchronize(account_id).json()["data"]
    bank.unlink(account_id)
    assert client.finish(item["id"])[-1] == "error"


# === FAULTS === #


def test_too_many_requests_carry_retry_after(client, bank):
    bank.fault("^/accounts$", status=429, headers={"Retry-After": "7"})
    answer = client.ask("/accounts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert client.ask("/accounts").status_code == 200


def test_server_error_may_be_html(client, bank):
    bank.fault("accounts", status=500, body="<html>Bad gateway</html>")
    answer = client.ask("/accounts")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text == "<html>Bad gateway</html>"


def test_fault_with_a_code_has_the_shape_of_its_endpoint(client, bank):
    bank.fault("/accounts", status=400, code="strange")
    assert error_of(client.ask("/accounts"))["code"] == "strange"
    bank.fault("/oauth2/token", status=400, code="invalid_grant")
    assert client.token().json()["error"] == "invalid_grant"


@pytest.mark.parametrize("cut", ["before", "body"])
def test_connection_can_be_cut(client, bank, account_id, cut):
    bank.fault("/accounts", cut=cut)
    with pytest.raises(requests.RequestException):
        client.ask("/accounts")
    assert bank.requests[-1].status is None
    assert client.ask("/accounts").status_code == 200


def test_slow_answer_exceeds_a_short_timeout(client, bank, simulator):
    bank.fault("/accounts", delay=5)
    with pytest.raises(requests.Timeout):
        client.get(f"{simulator.url}/accounts", timeout=0.1)


def test_faults_wait_repeat_and_are_cleared(client, bank):
    bank.fault("/accounts", status=503, times=None, after=2, method="GET")
    statuses = [client.ask("/accounts").status_code for _ in range(5)]
    assert statuses == [200, 200, 503, 503, 503]
    bank.clear_faults()
    assert client.ask("/accounts").status_code == 200


def test_faults_are_shown_in_the_order_they_were_queued(client, bank):
    for status in (500, 502):
        bank.fault("/accounts", status=status)
    statuses = [client.ask("/accounts").status_code for _ in range(3)]
    assert statuses == [500, 502, 200]


def test_paging_can_repeat_the_first_page(client, bank, account_id, row_ids):
    bank.fault("transactions", action="repeat_page", times=None)
    path = f"/accounts/{account_id}/transactions"
    first = client.read(path)
    assert ids_of(client.read(first["links"]["next"])) == ids_of(first)


def test_paging_can_point_to_itself(client, bank, account_id, row_ids):
    bank.fault("transactions", action="cursor_loop", times=None)
    path = f"/accounts/{account_id}/transactions?page[limit]=5"
    document = client.read(path)
    assert document["links"]["next"].endswith(path)


def test_rows_can_be_served_twice(client, bank, account_id, row_ids):
    bank.fault("transactions", action="duplicate_ids")
    ids = ids_of(client.read(f"/accounts/{account_id}/transactions?limit=2"))
    assert ids == [row_ids[0], row_ids[0], row_ids[1], row_ids[1]]


def test_empty_pages_lead_to_the_rows(client, bank, account_id, row_ids):
    bank.fault("transactions", action="empty_page", after=1, times=3)
    path = f"/accounts/{account_id}/transactions?limit=20"
    lengths = []
    while path:
        document = client.read(path)
        lengths.append(len(document["data"]))
        path = document["links"].get("next")
    assert lengths == [20, 0, 0, 0, 5]
    bank.fault("transactions", action="empty_page", times=2)
    rows = client.walk(f"/accounts/{account_id}/transactions")
    assert [row["id"] for row in rows] == row_ids


def test_unknown_faults_are_refused(bank):
    with pytest.raises(ValueError, match="cut"):
        bank.fault("x", cut="sideways")
    with pytest.raises(ValueError, match="action"):
        bank.fault("x", action="nothing")


# === LOG, CONTROL, LIFE === #


def test_requests_are_logged_without_credentials(client, bank, simulator):
    bank.clear_requests()
    client.token()
    client.ask("/accounts?limit=3")
    token, accounts = bank.requests
    assert token.method == "POST"
    assert token.body == "grant_type=client_credentials"
    assert token.headers["authorization"] == "Basic ***"
    assert accounts.headers["authorization"] == "Bearer ***"
    assert accounts.query == {"limit": "3"}
    assert accounts.status == 200
    assert bank.count("^/accounts$") == bank.count("/accounts", "GET") == 1


def test_simulator_is_controlled_over_http(simulator, bank, account_id):
    def control(name, method="POST", **kwargs):
        url = f"{simulator.url}/simulator/{name}"
        return requests.request(method, url, timeout=10, **kwargs)

    arguments = {"account_id": account_id, "amount": 10.1, "counterpartName": "X"}
    row_id = control("add_transaction", json=arguments).json()["result"]
    assert bank.transaction(row_id)["amount"] == Decimal("10.1")
    answer = control("balance", "GET", params={"account_id": account_id})
    assert answer.text == '{"result":110.10}'
    fault = {"path_regex": "/accounts", "status": 500, "times": None}
    assert control("fault", json=fault).status_code == 200
    assert requests.get(f"{simulator.url}/accounts", timeout=10).status_code == 500
    logged = control("requests", "GET").json()["result"]
    assert [record["path"] for record in logged] == ["/accounts"]
    assert control("new_id").status_code == 404
    assert control("add_transaction", "GET").status_code == 404
    assert control("unlink", json={"account_id": "nobody"}).status_code == 404
    assert control("unlink", json={"wrong": 1}).status_code == 400
    assert control("unlink", data=b"[]").status_code == 400


def test_stopped_simulator_drops_connections_that_were_kept_alive(clock):
    simulator = Simulator(dataset="empty", clock=clock).start()
    client = Client(simulator)
    client.log_in()
    url = f"{simulator.url}/accounts"
    assert client.get(url, timeout=10).status_code == 200
    simulator.stop()
    with pytest.raises(requests.ConnectionError):
        client.get(url, timeout=10)
    simulator.stop()  # Once more does no harm.


def run_simulator(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=Path(inspect.getfile(Simulator)).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_command_prints_address_and_credentials_and_ends_on_a_signal():
    process = run_simulator("--port", "0", "--generate", "30", "--live", "0.05")
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        assert "simulated-client-id" in process.stdout.readline()
        assert "simulated-client-secret" in process.stdout.readline()
        accounts = requests.get(f"{url}/simulator/accounts", timeout=10).json()
        assert len(accounts["result"]) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_command_says_in_one_sentence_that_the_port_is_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = run_simulator("--port", port, "--dataset", "empty")
        _output, errors = process.communicate(timeout=10)
    assert process.returncode == 2
    assert errors == (
        f"Port {port} on 127.0.0.1 is already in use: choose another with --port.\n"
    )


# === DATA SET === #


def test_data_set_has_two_accounts_of_one_number_and_a_savings_account(brewery):
    accounts = brewery.bank.accounts()
    seen = [
        (row["currency"], row["subtype"], row["reference"] == SHARED_IBAN)
        for row in accounts
    ]
    assert seen == [
        ("EUR", "checking", True),
        ("USD", "checking", True),
        ("EUR", "savings", False),
    ]
    ends = {row["authorizationExpirationExpectedAt"].date() for row in accounts}
    assert ends == {TODAY + timedelta(days=120)}
    counts = [len(brewery.bank.transactions(row["id"])) for row in accounts]
    assert counts[:2] == [400, 40]


@pytest.mark.parametrize("day", [TODAY, date(2027, 1, 1), date(2028, 2, 29)])
def test_data_set_of_any_day_has_no_row_of_the_future(day):
    bank = Simulator(today=day).bank
    limit = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for account in bank.accounts():
        for row in bank.transactions(account["id"]):
            for name in ("executionDate", "valueDate", "createdAt"):
                assert row[name] is None or row[name] <= limit
            assert row["executionDate"] >= limit - timedelta(days=426)
            assert row["createdAt"] >= row["executionDate"]


def test_data_set_balances_are_opening_plus_sum(brewery):
    openings = ("24150.35", "3120.00", "15000.00")
    for account, opening in zip(brewery.bank.accounts(), openings, strict=True):
        rows = brewery.bank.transactions(account["id"])
        total = sum(row["amount"] for row in rows)
        assert account["currentBalance"] == Decimal(opening) + total
        assert account["availableBalance"] == account["currentBalance"]


def test_data_set_is_the_same_for_the_same_day():
    def snapshot():
        bank = Simulator(today=TODAY, clock=Clock()).bank
        return [bank.transactions(row["id"]) for row in bank.accounts()]

    assert snapshot() == snapshot()


def test_data_set_has_twins_that_only_their_ids_tell_apart(brewery):
    with brewery, Client(brewery) as client:
        client.log_in()
        account_id = brewery.bank.accounts()[0]["id"]
        rows = client.walk(f"/accounts/{account_id}/transactions?limit=100")
    twins = [
        row
        for row in rows
        if row["attributes"]["counterpartName"] == "KOFFIEAUTOMAAT STATION"
    ]
    assert len(twins) == 2
    assert twins[0]["id"] != twins[1]["id"]
    assert twins[0]["attributes"] == twins[1]["attributes"]


def test_data_set_holds_what_real_feeds_hold(brewery):
    rows = brewery.bank.transactions(brewery.bank.accounts()[0]["id"])
    structured = [
        row["remittanceInformation"]
        for row in rows
        if row["remittanceInformationType"] == "structured"
    ]
    for text in structured:
        digits = re.sub(r"\D", "", text)
        assert digits == structured_communication(int(digits[:10]))
    starts = {text[:3] if text[0] in "+*" else "digits" for text in structured}
    assert starts == {"+++", "***", "digits"}
    for name in ("mandateId", "creditorId", "cardReference", "cardReferenceType"):
        filled = sum(row[name] is not None for row in rows)
        assert 0 < filled < len(rows)
    assert {row["executionDate"].hour for row in rows} == {0, 10, 22, 23}
    salaries = [row for row in rows if row["purposeCode"] == "SALA"]
    assert len({row["executionDate"].date() for row in salaries[:4]}) <= 2
    assert any(not row["counterpartName"].isascii() for row in salaries)
    assert any(row["valueDate"] is None for row in rows)
    order = [row["executionDate"].date() for row in rows]
    assert order != sorted(order, reverse=True), "no row is back-dated"


def test_data_set_has_valid_account_numbers(brewery):
    references = {account["reference"] for account in brewery.bank.accounts()}
    for account in brewery.bank.accounts()[::2]:
        for row in brewery.bank.transactions(account["id"]):
            references.add(row["counterpartReference"])
    for reference in references - {None}:
        assert reference == iban(reference[:2], reference[4:])
    assert belgian_iban(539, 75470) == SHARED_IBAN


def test_internal_transfers_stand_in_both_accounts(brewery):
    checking, _dollar, savings = (
        brewery.bank.transactions(row["id"]) for row in brewery.bank.accounts()
    )
    sent = [-row["amount"] for row in checking if "Reserve" in remittance(row)]
    received = [row["amount"] for row in savings if "Reserve" in remittance(row)]
    assert sent == received != []


def remittance(row):
    return row["remittanceInformation"] or ""


def test_ten_thousand_generated_rows_are_paged_to_the_end(client, bank, account_id):
    generate(bank, account_id, count=10_000, days=300, seed=3, today=TODAY)
    rows = client.walk(f"/accounts/{account_id}/transactions?limit=100")
    ids = {row["id"] for row in rows}
    assert len(ids) == len(rows) == 10_000
    dates = [row["attributes"]["executionDate"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert dates[0].startswith("2026-11-20")
    assert dates[-1].startswith("2026-01-25")


def test_reading_goes_on_while_rows_are_booked(client, bank, account_id, row_ids):
    path = f"/accounts/{account_id}/transactions"
    first = client.read(path)
    bank.add_transaction(account_id, "1")
    rest = client.walk(first["links"]["next"])
    assert ids_of(first) + [row["id"] for row in rest] == row_ids


def test_many_threads_may_book_and_read_at_once(client, bank, account_id):
    def book(_number):
        bank.add_transaction(account_id, "1.00")
        return client.ask(f"/accounts/{account_id}/transactions").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(book, range(80))) == {200}
    rows = client.walk(f"/accounts/{account_id}/transactions?limit=100")
    assert len({row["id"] for row in rows}) == 80
    assert bank.balance(account_id) == Decimal("180.00")
