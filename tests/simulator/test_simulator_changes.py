"""What becomes of a list when the bank changes something."""

from datetime import date
from decimal import Decimal

from asking import TODAY, ids_of


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
