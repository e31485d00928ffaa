# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What was fetched ahead is served once, as if Ponto had answered just now."""

from datetime import UTC, datetime, timedelta

import pytest
from ponto_api import PontoNotFoundError, PontoServerError
from ponto_api.ahead import fetch_accounts, fetch_head
from ponto_api.replay import Answers, Recording
from ponto_api.transaction import Page


@pytest.fixture
def account_id(sim):
    return sim.bank.accounts()[0]["id"]


@pytest.fixture
def listed(sim, make_client):
    return fetch_accounts(make_client(sim))


@pytest.fixture
def answers(sim, make_client, listed, account_id):
    found = fetch_head(make_client(sim), listed, account_id, owner="me")
    sim.bank.clear_requests()
    return found


def ids(page):
    return [record.id for record in page.records]


def test_the_account_the_list_and_the_head_are_served_without_a_request(
    sim, make_client, answers, account_id
):
    expected = make_client(sim)
    account, accounts = (
        expected.fetch_account(account_id),
        list(expected.iter_accounts()),
    )
    head = next(expected.iter_transaction_pages(account_id))
    sim.bank.clear_requests()
    client = make_client(sim, answers=answers)
    assert client.fetch_account(account_id) == account
    assert list(client.iter_accounts()) == accounts
    assert ids(next(client.iter_transaction_pages(account_id))) == ids(head)
    assert not sim.bank.requests


def test_what_is_asked_a_second_time_is_asked_of_ponto(
    sim, make_client, answers, account_id
):
    client = make_client(sim, answers=answers)
    for _time in range(2):
        client.fetch_account(account_id)
        next(client.iter_transaction_pages(account_id))
    assert sim.bank.count(f"/accounts/{account_id}$") == 1
    assert sim.bank.count("/transactions$") == 1


def test_the_pages_behind_the_head_come_from_ponto(
    sim, make_client, answers, account_id
):
    expected = [
        ids(page) for page in make_client(sim).iter_transaction_pages(account_id)
    ]
    sim.bank.clear_requests()
    client = make_client(sim, answers=answers)
    assert [ids(page) for page in client.iter_transaction_pages(account_id)] == expected
    assert len(expected) > 1
    assert sim.bank.count("/transactions$") == len(expected) - 1


def test_another_account_is_asked_of_ponto(sim, make_client, answers):
    other = sim.bank.accounts()[1]["id"]
    client = make_client(sim, answers=answers)
    assert client.fetch_account(other).id == other
    assert sim.bank.count(f"/accounts/{other}$") == 1


def test_an_error_is_raised_again_where_it_came(sim, make_client, listed, account_id):
    sim.bank.fault("/transactions", status=404)
    answers = fetch_head(make_client(sim), listed, account_id)
    assert isinstance(answers.error, PontoNotFoundError)
    client = make_client(sim, answers=answers)
    assert client.fetch_account(account_id).id == account_id
    pages = client.iter_transaction_pages(account_id)
    with pytest.raises(PontoNotFoundError):
        next(pages)
    assert next(client.iter_transaction_pages(account_id)).records


def test_an_error_in_place_of_the_list_is_raised_whatever_is_asked(
    sim, make_client, account_id
):
    sim.bank.fault("/accounts$", status=500, body="")
    listed = fetch_accounts(make_client(sim))
    assert isinstance(listed.error, PontoServerError)
    for _reader in range(2):
        client = make_client(sim, answers=listed.prepare_answers())
        with pytest.raises(PontoServerError):
            client.fetch_account(account_id)
        assert client.fetch_account(account_id).id == account_id


def test_what_was_not_served_is_forgotten(sim, make_client, listed, account_id):
    answers = fetch_head(make_client(sim), listed, account_id, spent=2)
    client = make_client(sim, answers=answers)
    list(client.iter_accounts())
    count = client.request_count
    answers.forget_rest()
    sim.bank.add_transaction(account_id, "7.00")
    expected = sim.bank.balance(account_id)
    assert client.fetch_account(account_id).current_balance == expected
    assert client.request_count == count + 2  # with the token


def test_an_error_in_place_of_the_list_is_told(sim, make_client):
    sim.bank.fault("/accounts$", status=500, body="")
    listed = fetch_accounts(make_client(sim))
    assert listed.prepare_answers().error is listed.error


def test_requests_count_for_whom_they_were_sent(sim, make_client, listed, account_id):
    assert listed.request_count == 2  # with the token
    listed.listed_at = datetime.now(UTC)  # The bank was read long ago.
    answers = fetch_head(make_client(sim), listed, account_id, spent=5)
    client = make_client(sim, answers=answers)
    assert client.request_count == 0
    client.fetch_account(account_id)
    next(client.iter_transaction_pages(account_id))
    # The token and the head, and what came before.
    assert client.request_count == 7


def test_balance_and_transactions_are_of_one_moment(
    sim, make_client, listed, account_id
):
    """The bank is read between the list of accounts and the list of transactions."""
    sim.bank.add_transaction(account_id, "12.34")
    sim.bank.synchronize(account_id, "accountDetails")
    sim.bank.synchronize(account_id, "accountTransactions")
    answers = fetch_head(make_client(sim), listed, account_id)
    client = make_client(sim, answers=answers)
    account = client.fetch_account(account_id)
    head = next(client.iter_transaction_pages(account_id))
    assert account.current_balance == sim.bank.balance(account_id)
    assert str(head.records[0].amount) == "12.34"


@pytest.mark.parametrize("ahead_s", [-7200, -1, 0, 1, 7200])
def test_what_was_read_since_is_seen_whatever_the_clock_says(sim, make_client, ahead_s):
    began_at = datetime.now(UTC)
    client = make_client(
        sim, clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s)
    )
    listed = fetch_accounts(client)
    assert listed.is_from_before(Page([], synchronized_at=began_at))
    assert not listed.is_from_before(
        Page([], synchronized_at=began_at - timedelta(seconds=10))
    )


def test_whoever_records_gets_what_ponto_answers():
    recording = Recording()
    assert recording.serve("url", None, lambda url, params: {"data": url}) == {
        "data": "url"
    }
    assert recording.answers == [("url", None, {"data": "url"})]


def test_queries_are_told_apart():
    answers = Answers()
    answers.add("url", {"page": "1"}, {"data": 1})
    asked = []

    def fetch(url, params):
        asked.append(params)
        return {"data": 0}

    assert answers.serve("url", {"page": "2"}, fetch) == {"data": 0}
    assert answers.serve("url", {"page": "1"}, fetch) == {"data": 1}
    assert answers.serve("url", {"page": "1"}, fetch) == {"data": 0}
    assert asked == [{"page": "2"}, {"page": "1"}]
