"""What is offered, and in which form."""

from datetime import date

import pytest
import requests
from asking import SHARED_IBAN, error_of, ids_of
from simulator.model import TRANSACTION_ATTRIBUTES

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


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ("filter[country][eq]=FR", {"Banque du Nord", "Crédit du Sud"}),
        ("filter[name][contains]=schelde", {"Bank van de Schelde"}),
        ("filter[country][in]=NL,BE", {"Bank van de Schelde", "Polderbank"}),
        ("filter[country][eq]=FR&filter[name][contains]=sud", {"Crédit du Sud"}),
        ("filter[country][eq]=DE", set()),
    ],
)
def test_institutions_are_filtered(simulator, bank, filters, names):
    for name, country in (
        ("Bank van de Schelde", "BE"),
        ("Banque du Nord", "FR"),
        ("Crédit du Sud", "FR"),
        ("Polderbank", "NL"),
        ("Everywhere", None),
    ):
        bank.add_institution(name=name, country=country)
    url = f"{simulator.url}/financial-institutions?{filters}"
    rows = requests.get(url, timeout=10).json()["data"]
    assert {row["attributes"]["name"] for row in rows} == names


def test_a_filter_that_there_is_not_is_refused(client):
    answer = client.ask("/financial-institutions?filter[name][like]=Schelde")
    assert answer.status_code == 400


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
