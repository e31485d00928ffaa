"""How long somebody else waits for Odoo while people wait for a slow Ponto."""

import threading
import time

import requests
from toolbox import odoo

WORKERS = 2
PEOPLE = 2
#: How late the bank answers, and for how long the stranger is watched, in seconds.
LATE_S = 25.0
WATCHED_S = 8.0
BUTTON = ("online.bank.statement.provider", "action_ponto_fetch_now")


def measure(arena, source, bank):
    """Let people fetch from a late bank, and ask the server for a page meanwhile.

    :param arena: the `Arena`
    :param source: name of the source with the feeds
    :param bank: the `Simulator` that is late
    :return: the stranger's longest request (``wall_s``), the longest of the people who
        fetch (``fetch_s``) (dict)
    """
    bank.bank.fault("", delay=LATE_S, times=None)
    with arena.clone(source) as database:
        arena.cluster.sql(
            f"update ponto_integration set api_base = '{bank.url}'", database
        )
        options = (
            f"--workers={WORKERS}",
            "--max-cron-threads=0",
            f"--gevent-port={odoo.free_port()}",
        )
        with odoo.Server(arena.cluster, database, *options) as server:
            costs = _watch(server, database)
    assert bank.bank.requests, "nobody has asked the bank"
    return costs


def _watch(server, database):
    people = [_log_in(server, database) for _person in range(PEOPLE)]
    feeds = _call(
        server, people[0], BUTTON[0], "search", [[("service", "=", "ponto")]]
    )[:PEOPLE]
    for _look in range(4 * WORKERS):
        _look_around(server)  # each worker has loaded what it needs
    fetched_s = []

    def fetch(person, feed):
        began = time.monotonic()
        _call(server, person, *BUTTON, [[feed]])
        fetched_s.append(time.monotonic() - began)

    threads = [
        threading.Thread(target=fetch, args=pair)
        for pair in zip(people, feeds, strict=True)
    ]
    for thread in threads:
        thread.start()
    waited_s, end = [], time.monotonic() + WATCHED_S
    while time.monotonic() < end:
        time.sleep(0.2)
        waited_s.append(_look_around(server))
    for thread in threads:
        thread.join()
    assert len(fetched_s) == PEOPLE, "somebody could not fetch"
    return {"wall_s": max(waited_s), "fetch_s": max(fetched_s)}


def _look_around(server):
    """Return how long a stranger waits for a page (seconds)."""
    began = time.monotonic()
    requests.get(f"{server.url}/web/login", timeout=60).raise_for_status()
    return time.monotonic() - began


def _log_in(server, database):
    person = requests.Session()
    params = {"db": database, "login": "admin", "password": "admin"}
    _post(person, f"{server.url}/web/session/authenticate", params)
    return person


def _call(server, person, model, method, args):
    params = {"model": model, "method": method, "args": args, "kwargs": {}}
    return _post(person, f"{server.url}/web/dataset/call_kw", params)


def _post(person, url, params):
    answer = person.post(url, json={"params": params}, timeout=120).json()
    if "error" in answer:
        refusal = answer["error"]["data"]["message"]
        assert "in time" in refusal, refusal
    return answer.get("result")
