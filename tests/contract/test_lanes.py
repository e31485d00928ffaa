# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Several requests at a time: few for each integration, few in all."""

import queue
import threading
from collections import Counter

import pytest
from ponto_api import PontoServerError, PontoTransportError
from ponto_api.ahead import Lanes, Task

#: How long to wait for what comes at once, in seconds.
SOON_S = 20


class FakeClient:
    def __init__(self):
        self.is_closed = False

    def close(self):
        self.is_closed = True


class Work:
    """Tasks that end when they are let, and how many run at a time."""

    def __init__(self):
        self.clients = []
        self.begun = queue.SimpleQueue()
        self.may_end = threading.Semaphore(0)
        self._lock = threading.Lock()
        self.running, self.most = Counter(), Counter()

    def make_client(self):
        client = FakeClient()
        self.clients.append(client)
        return client

    def make_task(self, integration, mark):
        def function(client):
            with self._lock:
                for key in (integration, "all"):
                    self.running[key] += 1
                    self.most[key] = max(self.most[key], self.running[key])
            self.begun.put(mark)
            self.may_end.acquire(timeout=SOON_S)
            with self._lock:
                self.running[integration] -= 1
                self.running["all"] -= 1
            return mark

        return Task(mark, self.make_client, function, SOON_S)

    def get_begun(self, count):
        return [self.begun.get(timeout=SOON_S) for _number in range(count)]


@pytest.fixture
def work():
    return Work()


def fail(error):
    def function(client):
        raise error

    return function


def take_all(lanes, count):
    return dict(lanes.take(SOON_S) for _number in range(count))


def test_everything_is_fetched_with_no_more_at_a_time_than_allowed(work):
    lanes = Lanes(4, 16)
    marks = [(integration, n) for integration in range(6) for n in range(10)]
    for integration in range(6):
        tasks = [work.make_task(integration, (integration, n)) for n in range(10)]
        lanes.add(integration, tasks)
    work.get_begun(16)
    with pytest.raises(queue.Empty):
        lanes.take(0)
    work.may_end.release(len(marks))
    assert take_all(lanes, len(marks)) == {mark: mark for mark in marks}
    assert work.most.pop("all") == 16
    assert max(work.most.values()) == 4


def test_one_integration_has_its_own_limit(work):
    lanes = Lanes(2, 16)
    lanes.add("one", [work.make_task("one", number) for number in range(5)])
    assert sorted(work.get_begun(2)) == [0, 1]
    lanes.add("other", [work.make_task("other", "other")])
    assert work.get_begun(1) == ["other"]
    work.may_end.release(6)
    take_all(lanes, 6)
    assert work.most["one"] == 2


def test_a_thread_goes_on_with_its_connection(work):
    lanes = Lanes(1, 1)
    work.may_end.release(5)
    lanes.add("one", [work.make_task("one", number) for number in range(5)])
    assert list(take_all(lanes, 5)) == [0, 1, 2, 3, 4]
    assert len(work.clients) == 1


def test_after_an_error_the_connection_is_another_one(work):
    lanes = Lanes(1, 1)
    work.may_end.release(1)
    error = ValueError("a mistake")
    tasks = [Task("bad", work.make_client, fail(error), 1), work.make_task("one", "ok")]
    lanes.add("one", tasks)
    # Whoever wanted it asks itself, and meets the mistake again.
    assert take_all(lanes, 2) == {"bad": None, "ok": "ok"}
    assert [client.is_closed for client in work.clients][0]
    assert len(work.clients) == 2


@pytest.mark.parametrize(
    "error", [PontoServerError("failed", status=500), PontoTransportError("silent")]
)
def test_nothing_more_is_asked_of_who_does_not_answer(work, error):
    lanes = Lanes(1, 2)
    tasks = [Task("bad", work.make_client, fail(error), 1)]
    lanes.add("one", tasks + [work.make_task("one", number) for number in range(3)])
    assert take_all(lanes, 4) == {"bad": error, 0: None, 1: None, 2: None}
    assert not work.most


def test_the_others_go_on_while_one_is_silent(work):
    lanes = Lanes(4, 16)
    silent = Work()
    lanes.add("silent", [silent.make_task("silent", number) for number in range(8)])
    silent.get_begun(4)
    work.may_end.release(20)
    lanes.add("other", [work.make_task("other", ("other", n)) for n in range(20)])
    assert len(take_all(lanes, 20)) == 20
    silent.may_end.release(8)
    assert len(take_all(lanes, 8)) == 8


def test_what_is_cleared_is_not_begun(work):
    lanes = Lanes(1, 1)
    lanes.add("one", [work.make_task("one", number) for number in range(5)])
    work.get_begun(1)
    lanes.clear()
    work.may_end.release(5)
    assert lanes.take(SOON_S) == (0, 0)
    with pytest.raises(queue.Empty):
        lanes.take(0)
