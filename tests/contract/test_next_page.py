# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A page that is asked for while the one before it is worked on."""

import json
import threading
import time

import pytest
from ponto_api import PontoError, PontoServerError
from simulator.identifiers import belgian_iban

PAGES = "/transactions$"
#: What goes wrong with the second page, once or more often.
FAULTS = [
    {},
    {"status": 500, "times": 1},
    {"status": 500, "times": None},
    {"status": 401, "code": "invalidAccessToken", "times": 1},
    {"status": 403, "times": None},
    {"status": 404, "times": None},
    {"status": 429, "headers": {"Retry-After": "3"}, "times": 1},
    {"status": 429, "headers": {"Retry-After": "7200"}, "times": None},
    {"status": 200, "body": '{"data": [{"id', "times": None},
    {"cut": "before", "times": 1},
    {"cut": "body", "times": None},
    {"action": "repeat_page", "times": None},
]


@pytest.fixture
def account_id(empty_sim):
    """An account with three pages of transactions."""
    account_id = empty_sim.bank.add_account(reference=belgian_iban(1, 1))
    for number in range(250):
        empty_sim.bank.add_transaction(account_id, number)
    return account_id


def read(client, account_id, begins):
    """Return the identifiers that were read, and the error that ended it, in words."""
    found = []
    try:
        for page in client.iter_transaction_pages(account_id):
            if begins:
                client.begin_next_page()
            found += [record.id for record in page.records]
    except PontoError as error:
        return found, repr(error)
    return found, None


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_nothing_else_is_read_asked_or_waited_for(
    empty_sim, make_client, account_id, fault
):
    outcomes = []
    for begins in (False, True):
        empty_sim.bank.clear_faults()
        if fault:
            empty_sim.bank.fault(PAGES, after=1, **fault)
        empty_sim.bank.clear_requests()
        client = make_client(empty_sim)
        outcome = read(client, account_id, begins)
        asked = [(request.path, request.query) for request in empty_sim.bank.requests]
        outcomes.append((outcome, asked, len(client.waits), client.request_count))
    assert outcomes[0] == outcomes[1]
    [(identifiers, error), *_costs] = outcomes[0]
    assert len(identifiers) == (100 if error else 250)
    assert error or fault.get("times", 1)


def test_the_next_page_comes_while_the_one_before_is_worked_on(
    empty_sim, make_client, account_id
):
    client = make_client(empty_sim)
    pages = client.iter_transaction_pages(account_id)
    next(pages)
    client.begin_next_page()
    end = time.monotonic() + 10
    while empty_sim.bank.count(PAGES) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert empty_sim.bank.count(PAGES) == 2
    client.begin_next_page()
    assert len(next(pages).records) == 100
    assert empty_sim.bank.count(PAGES) == 2


def test_nothing_comes_behind_the_last_page(empty_sim, make_client, account_id):
    client = make_client(empty_sim)
    for _page in client.iter_transaction_pages(account_id):
        pass
    client.begin_next_page()
    assert client.request_count == 1 + 3


def test_another_list_begins_anew(empty_sim, make_client, account_id):
    client = make_client(empty_sim)
    next(client.iter_transaction_pages(account_id))
    client.iter_transaction_pages(account_id)
    client.begin_next_page()
    assert client.request_count == 2


def test_what_is_asked_in_between_waits_for_its_turn(
    empty_sim, make_client, account_id
):
    """One connection at a time: what was begun is answered first, and dropped."""
    empty_sim.bank.fault(PAGES, after=1, delay=0.3)
    client = make_client(empty_sim)
    pages = client.iter_transaction_pages(account_id)
    next(pages)
    client.begin_next_page()
    assert client.fetch_account(account_id).id == account_id
    assert len(next(pages).records) == 100
    assert [request.path.rpartition("/")[2] for request in empty_sim.bank.requests] == [
        "token",
        "transactions",
        "transactions",
        account_id,
        "transactions",
    ]


def test_no_second_page_is_begun_before_the_first_one_was_asked_for(
    empty_sim, make_client, account_id
):
    client = make_client(empty_sim)
    pages = client.iter_transaction_pages(account_id)
    next(pages)
    following = client._next_page
    client.begin_next_page()
    client._keep_next_page(following)
    client.begin_next_page()
    assert len(next(pages).records) == 100
    assert empty_sim.bank.count(PAGES) == client.request_count - 1 == 2


def test_no_token_is_fetched_for_it(empty_sim, make_client, account_id):
    """Whoever keeps tokens is told of them in its own thread."""
    told = []
    client = make_client(
        empty_sim, on_token=lambda token: told.append(threading.current_thread())
    )
    pages = client.iter_transaction_pages(account_id)
    next(pages)
    empty_sim.bank.revoke_tokens()
    client.begin_next_page()
    assert len(next(pages).records) == 100
    assert set(told) == {threading.current_thread()}
    # Without one, nothing is begun.
    client._keep_token(None)
    count = client.request_count
    client.begin_next_page()
    assert client.request_count == count


def test_a_client_that_is_closed_leaves_nothing_behind(wire, make_client):
    first = {
        "data": [{"id": "a", "attributes": {}}],
        "links": {"next": "?page[after]=a"},
    }
    wire.say(body=json.dumps(first))
    # Its end never comes.
    wire.say(body="x", headers={"Content-Length": "100"})
    client = make_client(wire)
    next(client.iter_transaction_pages("a"))
    before = find_waiting()
    client.begin_next_page()
    assert find_waiting() - before
    end = time.monotonic() + 10
    while len(wire.data_requests()) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    client.close()
    while find_waiting() - before and time.monotonic() < end:
        time.sleep(0.01)
    assert not find_waiting() - before


def find_waiting():
    """Return the threads of clients that wait for an answer (set)."""
    return {thread for thread in threading.enumerate() if "_fulfil" in thread.name}


def test_what_fails_early_fails_when_it_is_asked_for(
    empty_sim, make_client, account_id
):
    empty_sim.bank.fault(PAGES, after=1, status=500, times=None)
    client = make_client(empty_sim, max_retries=0)
    pages = client.iter_transaction_pages(account_id)
    next(pages)
    client.begin_next_page()
    with pytest.raises(PontoServerError):
        next(pages)
