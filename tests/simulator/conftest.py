"""A simulator without accounts, somebody who asks it, and its data set."""

from datetime import timedelta

import pytest
from asking import SHARED_IBAN, TODAY, Client, Clock
from simulator import Simulator


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
