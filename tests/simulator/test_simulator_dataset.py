"""The accounts that it has at first are believable."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from asking import SHARED_IBAN, TODAY, UTC, Client, Clock, ids_of
from simulator import Simulator, generate
from simulator.identifiers import belgian_iban, iban, structured_communication


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
