# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""All of a client's calls keep one deadline, whatever they wait for."""

import socket
import threading
import time

import pytest
from ponto_api import (
    Deadline,
    PontoDeadlineError,
    PontoServerError,
    PontoTransportError,
)

ACCOUNT = '{"data": {"id": "a", "attributes": {}}}'


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_hurried(make_client, clock):
    """Build clients that have some seconds of a time that only waits take."""

    def make(server, budget_s, **options):
        deadline = Deadline(budget_s, clock=clock)
        return make_client(server, deadline=deadline, sleep=clock.sleep, **options)

    return make


# === A CLOCK THAT IS MADE UP === #


def test_what_is_left_shrinks_and_ends(clock):
    deadline = Deadline(20, clock=clock)
    assert (deadline.remaining_s, deadline.is_over) == (20, False)
    clock.sleep(15)
    assert (deadline.cap(60), deadline.cap(3)) == (5, 3)
    clock.sleep(6)
    assert (deadline.remaining_s, deadline.is_over) == (0, True)
    assert 0 < deadline.cap(60) < 0.1


def test_from_some_moment_on_only_waits_may_count(clock):
    deadline = Deadline(20, clock=clock)
    clock.sleep(5)
    deadline.count_waits(8)
    clock.sleep(100)
    assert (deadline.remaining_s, deadline.is_over) == (8, False)
    assert deadline.cap(60) == 60
    with deadline.waiting():
        assert deadline.cap(60) == 8
    for left in (5, 2, 0):
        with deadline.waiting():
            clock.sleep(3)
        clock.sleep(100)
        assert deadline.remaining_s == left
    assert deadline.is_over


def test_counting_waits_only_gives_no_time_back(clock):
    deadline = Deadline(20, clock=clock)
    clock.sleep(15)
    deadline.count_waits(8)
    assert deadline.remaining_s == 5
    deadline.count_waits(8)
    assert deadline.remaining_s == 5


def test_without_a_budget_there_is_no_end(clock):
    deadline = Deadline(clock=clock)
    clock.sleep(1e9)
    assert not deadline.is_over
    assert deadline.cap(60) == 60


def test_repeats_end_with_the_deadline(sim, make_hurried, clock):
    sim.bank.fault("/accounts", status=503, times=None)
    client = make_hurried(sim, 5, max_retries=50)
    with pytest.raises(PontoServerError):
        list(client.iter_accounts())
    assert 1001.5 < clock.now_s < 1005
    assert client.request_count > 3


def test_nobody_waits_for_what_comes_after_the_deadline(sim, make_hurried, clock):
    sim.bank.fault("/accounts", status=503, headers={"Retry-After": "7"})
    client = make_hurried(sim, 6)
    with pytest.raises(PontoServerError) as caught:
        list(client.iter_accounts())
    assert caught.value.retry_after_s == 7
    assert clock.now_s == 1000
    assert sim.bank.count("/accounts") == 1


def test_pages_keep_the_deadline_together(sim, make_hurried, clock):
    account_id = sim.bank.accounts()[0]["id"]
    pages = make_hurried(sim, 20).iter_transaction_pages(account_id)
    next(pages)
    clock.sleep(19)
    next(pages)
    clock.sleep(1)
    with pytest.raises(PontoDeadlineError) as caught:
        next(pages)
    assert caught.value.advice == "retry"
    assert caught.value.path == f"/accounts/{account_id}/transactions"
    assert sim.bank.count("/transactions") == 2


def test_what_is_done_between_two_pages_need_not_count(sim, make_hurried, clock):
    account_id = sim.bank.accounts()[0]["id"]
    client = make_hurried(sim, 20)
    pages = client.iter_transaction_pages(account_id)
    next(pages)
    client.deadline.count_waits(8)
    sim.bank.fault("/transactions", status=503, headers={"Retry-After": "3"}, times=2)
    clock.sleep(100)
    next(pages)
    assert client.deadline.remaining_s == 2
    sim.bank.fault("/transactions", status=503, headers={"Retry-After": "3"})
    clock.sleep(100)
    with pytest.raises(PontoServerError):
        next(pages)


def test_a_refused_token_does_not_begin_the_time_anew(sim, make_hurried, clock):
    client = make_hurried(sim, 20)
    client.fetch_token()
    sim.bank.revoke_tokens()
    clock.sleep(20)
    with pytest.raises(PontoDeadlineError):
        list(client.iter_accounts())
    assert sim.bank.count("/accounts") == 0


def test_time_outs_shrink_to_what_is_left(sim, make_hurried, clock):
    client = make_hurried(sim, 20, connect_timeout_s=10, read_timeout_s=60)
    seen = []
    adapter = client._connection._adapter
    send = adapter.send

    def note(*args, **kwargs):
        seen.append(adapter.timeout_s)
        return send(*args, **kwargs)

    adapter.send = note
    client.fetch_token()
    clock.sleep(15)
    client.fetch_token()
    assert seen == [(10, 20), (5, 5)]


# === A CLOCK THAT IS REAL === #


class Slow:
    """Accepts connections, and says what it has to say byte by byte.

    :param bytes said_at_once: how the answer begins
    """

    client_id, client_secret = "id", "secret"

    def __init__(self, said_at_once):
        self._said_at_once = said_at_once
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut_off = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _address = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._said_at_once)
            try:
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.05)
            except OSError:
                self.cut_off.set()

    def close(self):
        self._listener.close()


@pytest.mark.parametrize(
    "said_at_once",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 2",
    ],
    ids=["body", "last body", "chunk", "size of a chunk", "header", "status"],
)
def test_an_answer_that_trickles_is_cut_at_the_deadline(make_client, said_at_once):
    slow = Slow(said_at_once)
    threads = threading.active_count()
    started_s = time.monotonic()
    with pytest.raises(PontoDeadlineError):
        make_client(slow, deadline=Deadline(0.3)).fetch_token()
    assert time.monotonic() - started_s < 1
    # Nothing of it goes on.
    assert slow.cut_off.wait(2)
    slow.close()
    while threading.active_count() > threads and time.monotonic() - started_s < 3:
        time.sleep(0.01)
    assert threading.active_count() <= threads


def test_a_server_that_says_nothing_is_left_at_the_deadline(wire, make_client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wire.url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = make_client(wire, deadline=Deadline(0.3))
        started_s = time.monotonic()
        with pytest.raises(PontoTransportError):
            client.fetch_token()
        assert time.monotonic() - started_s < 1
        assert client.request_count == 1


def test_a_name_that_is_not_resolved_in_time_holds_nobody(
    wire, make_client, monkeypatch
):
    released = threading.Event()

    def wait(*args, **kwargs):
        released.wait(5)
        raise OSError

    client = make_client(wire, deadline=Deadline(0.2))
    monkeypatch.setattr(socket, "getaddrinfo", wait)
    started_s = time.monotonic()
    with pytest.raises(PontoDeadlineError):
        client.fetch_token()
    assert time.monotonic() - started_s < 1
    released.set()


def test_within_the_deadline_all_is_as_ever(sim, make_client):
    client = make_client(sim, deadline=Deadline(30))
    accounts = list(client.iter_accounts())
    assert len(accounts) == 3
    pages = list(client.iter_transaction_pages(accounts[0].id))
    read = sum(len(page.records) for page in pages)
    assert read == len(sim.bank.transactions(accounts[0].id))
