"""Several processes pull the same accounts at once; each transaction comes once."""

import random

import pytest
from faultlab import tally
from faultlab.lab import LONG, Lab, make_bank

ROUNDS = 3
ROUNDS_LONG = 50
NEWS = 50
#: What may be told to somebody who pulls while another pull runs.
REFUSAL = "is running already"


@pytest.fixture
def lab(odoo_cluster, prepared):
    name, crons = prepared
    with Lab(odoo_cluster, name, make_bank(), feeds=2, crons=crons) as running:
        yield running


def make_orders(crons, generator):
    """Return jobs of processes that pull at once, two buttons among them (list)."""

    def wait():
        return generator.choice([0, 0, generator.uniform(0, 1)])

    orders = [
        {"job": "pull_by_cron", "arguments": {"cron_id": cron}, "wait": wait()}
        for cron in crons
    ]
    buttons = ("preview_by_button", "pull_by_button")
    return [
        *orders,
        *({"job": button, "wait": generator.uniform(0, 0.6)} for button in buttons),
    ]


def check(outcomes):
    """Check that no process failed; return how many buttons were refused."""
    for outcome in outcomes:
        assert "error" not in outcome, outcome["error"]
        assert not outcome["killed"], "a process did not come to an end"
    *failures, preview, pull = [outcome["result"] for outcome in outcomes]
    assert not any(failures), "a scheduled action failed"
    refusals = list(filter(None, (preview, pull)))
    for refusal in refusals:
        assert REFUSAL in refusal, refusal
    return len(refusals)


def test_pulls_at_the_same_time_import_everything_once(lab):
    generator = random.Random("concurrency")
    for position in range(ROUNDS_LONG if LONG else ROUNDS):
        if position % 3 == 0:
            lab.begin_anew(make_bank())  # the first pull of all is a race, too
        lab.book(NEWS + 60 * (position % 2))
        lab.book(NEWS, feed=1)
        lab.bank.fault("/accounts", delay=generator.uniform(0.02, 0.2), times=None)
        lab.workers.do("make_due")
        orders = make_orders(lab.crons[: 4 if position % 2 else 2], generator)
        refused = check(lab.workers.do_together(*orders))
        lab.bank.clear_faults()
        lab.pull_quietly()
        lab.prove()
        tally.add("concurrent rounds survived")
        tally.add("processes that pulled at once", len(orders))
        tally.add("buttons refused because of a running pull", refused)
