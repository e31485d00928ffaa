"""What a person does not wait for goes on, is stopped, is killed, and loses nothing."""

import contextlib
import json
import random
import urllib.request

import pytest
import websocket
from faultlab import tally
from faultlab.lab import LONG, Lab, make_bank
from toolbox import odoo

ROWS = 200
ROUNDS = 3
ROUNDS_LONG = 40
BOOKKEEPER = ("account.group_account_basic",)
#: How long to listen for news, in seconds.
PATIENCE = 30


@pytest.fixture
def lab(odoo_cluster, prepared):
    with Lab(odoo_cluster, prepared[0], make_bank(ROWS)) as running:
        yield running


def do(*orders, lab):
    """Do jobs at the same time; return their outcomes, none of which is an error."""
    outcomes = lab.workers.do_together(*orders)
    for outcome in outcomes:
        assert "error" not in outcome, outcome["error"]
    return outcomes


def pulls(lab, state):
    """Return the first feed's pulls that are in a state (list)."""
    [feed] = lab.report()["feeds"]
    return [pull for pull in feed["pulls"] if pull["state"] == state]


def count_lines(lab):
    return len(lab.report()["feeds"][0]["lines"])


def finish(lab):
    """Let the scheduled action go on until nothing is left."""
    for _attempt in range(5):
        lab.pull_quietly()
        if not pulls(lab, "running"):
            return
    raise AssertionError("What was handed over does not come to an end.")


def test_what_is_handed_over_and_killed_imports_everything_once(lab):
    generator = random.Random("hand-over")
    for position in range(ROUNDS_LONG if LONG else ROUNDS):
        if position:
            lab.begin_anew()
        budget = {"budget_s": generator.choice([0, generator.uniform(0, 2)])}
        do({"job": "pull_by_button", "arguments": budget}, lab=lab)
        tally.add("pulls handed over", len(pulls(lab, "running")))
        for _kill in range(2):
            kill_after = generator.uniform(0, 1.5)
            [outcome] = do({"job": "pull_by_cron", "kill_after": kill_after}, lab=lab)
            tally.add("kills of what was handed over", outcome["killed"])
            lab.book(generator.randrange(3))
        finish(lab)
        lab.prove()


def test_a_running_import_is_stopped_from_another_process_and_goes_on(lab):
    generator = random.Random("stop")
    for position in range(ROUNDS_LONG if LONG else ROUNDS):
        if position:
            lab.begin_anew()
        lab.bank.fault("/transactions$", delay=0.2, times=None)
        lab.workers.do("make_due")
        stop = {"job": "press", "arguments": {"button": "action_ponto_stop"}}
        # While it reads, or while it imports.
        stop["wait"] = generator.choice([0.2, 1, 5, 12]) * generator.random()
        outcomes = do({"job": "pull_by_cron"}, stop, lab=lab)
        assert not outcomes[0]["result"], "the scheduled action failed"
        tally.note("seconds of pressing Stop", outcomes[1]["result"])
        before = count_lines(lab)
        tally.note("lines when stopped", before)
        lab.bank.clear_faults()
        lab.book(3)
        lab.pull_quietly()
        assert count_lines(lab) == before
        assert not pulls(lab, "running")
        lab.workers.do("press", button="action_ponto_go_on")
        finish(lab)
        lab.prove()
        tally.add("imports stopped while they ran")


# === WHO HEARS OF IT === #


@contextlib.contextmanager
def listening(server, login, channel):
    """Listen to a channel of the server's bus, as a user's browser does."""
    body = {"params": {"db": server.database, "login": login, "password": login}}
    request = urllib.request.Request(
        f"{server.url}/web/session/authenticate",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with no_proxy.open(request, timeout=60) as response:
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        assert json.load(response).get("result"), "nobody is logged in"
    url = f"{server.url.replace('http', 'ws', 1)}/websocket"
    connection = websocket.create_connection(url, cookie=cookie, timeout=PATIENCE)
    subscription = {"channels": [channel], "last": 0}
    connection.send(json.dumps({"event_name": "subscribe", "data": subscription}))
    try:
        yield connection
    finally:
        connection.close()


def hear(connection, count):
    """Return what a progress bar hears, the first so many messages (list)."""
    heard = []
    with contextlib.suppress(websocket.WebSocketTimeoutException):
        while len(heard) < count:
            heard += [
                each["message"]["payload"]
                for each in json.loads(connection.recv())
                if each["message"]["type"] == "ponto_progress"
            ]
    return heard


def test_who_may_read_the_feed_hears_how_it_advances(lab, odoo_cluster):
    lab.workers.do("make_user", login="clerk")
    feed = lab.workers.do("make_user", login="keeper", groups=BOOKKEEPER)
    channel = f"online.bank.statement.provider_{feed}"
    lab.bank.fault("/transactions$", delay=0.3, times=None)
    arguments = ("--max-cron-threads=1", "--log-level=info")
    server = odoo.Server(
        odoo_cluster, lab.name, *arguments, log_name="faults-background"
    )
    server.database = lab.name
    with (
        server.start(),
        listening(server, "keeper", channel) as keeper,
        listening(server, "clerk", channel) as clerk,
    ):
        lab.workers.do("make_due")
        lab.workers.do("pull_by_server")
        # One for each page, one for each batch, one at the end.
        assert hear(keeper, 4) == [{"id": feed}] * 4
        clerk.settimeout(3)
        assert hear(clerk, 1) == []
    lab.prove()
