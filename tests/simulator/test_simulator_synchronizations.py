"""News come when the bank is asked."""

from decimal import Decimal

import pytest
from asking import error_of, ids_of

#: Deeper than a reader of JSON goes.
DEEP = b"[" * 100_000


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
    for body in (b"", b"[]", b"not json", b'{"data": {"type": "other"}}', DEEP):
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


@pytest.mark.parametrize("change", ["remove", "relink"])
def test_updated_rows_that_are_gone_are_not_listed(
    client, bank, account_id, row_ids, change
):
    for row_id in row_ids[:2]:
        bank.queue_update(row_id, remittanceInformation="corrected")
    item = client.synchronize(account_id).json()["data"]
    client.finish(item["id"])
    left = row_ids[1:2]
    if change == "remove":
        bank.remove_transaction(row_ids[0])
    else:
        bank.relink(account_id, keep_account_id=True)
        left = []
    updated = client.read(f"/synchronizations/{item['id']}/updated-transactions")
    assert ids_of(updated) == left


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
