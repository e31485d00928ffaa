"""Ponto is slow, trickles, is silent or refuses: nobody waits for long, nothing is
lost."""

import time

import pytest
import simulator.api
from faultlab import tally
from faultlab.cases import PAGE_SIZE
from faultlab.lab import Lab, make_bank

DEADLINES = ("deadline_person", "deadline_feed")
#: How long the bank takes for each answer while settings are saved, in seconds.
SLOW_S = 1.5


@pytest.fixture(scope="module")
def running_lab(odoo_cluster, prepared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulator.api, "MAXIMUM_LIMIT", PAGE_SIZE)
        with Lab(odoo_cluster, prepared[0], make_bank(), feeds=2) as running:
            yield running


@pytest.fixture
def lab(running_lab):
    running_lab.begin_anew(make_bank())
    yield running_lab
    running_lab.mend()


def hurry(lab, seconds):
    """Let persons and the scheduled pull wait no longer than so many seconds."""
    for name in DEADLINES:
        lab.workers.do("set_parameter", name=name, value=str(seconds))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lab: lab.bank.fault("/accounts", delay=8, times=None),
        lambda lab: lab.bank.fault("/accounts", trickle=30, times=None),
        lambda lab: lab.bank.fault("/transactions$", trickle=30, times=None),
        lambda lab: lab.bank.fault("/oauth2/token", delay=8, times=None),
        lambda lab: lab.simulator.stop(),
    ],
    ids=["silent", "trickling", "trickling list", "no token", "refusing"],
)
def test_nobody_waits_longer_than_the_deadline(lab, spoil):
    hurry(lab, 2)
    lab.book(5)
    spoil(lab)
    for job in ("pull_by_button", "preview_by_button"):
        began = time.monotonic()
        refusal = lab.workers.do(job)
        assert refusal, job
        assert time.monotonic() - began < 2 + 2
    lab.workers.do("make_due")
    began = time.monotonic()
    assert not lab.workers.do("pull_by_cron")
    assert time.monotonic() - began < 2 + 4
    lab.mend()
    hurry(lab, 30)
    lab.pull_quietly()
    lab.prove()
    tally.add("outages survived")


@pytest.mark.parametrize("job", ["pull_by_cron", "pull_by_button"])
def test_settings_are_saved_while_a_slow_pull_waits(lab, job):
    lab.book(3 * PAGE_SIZE)
    lab.bank.fault("/", delay=SLOW_S, times=None)
    lab.workers.do("make_due")
    waits = (0.5, 2.5, 4.0, 5.5, 7.0) if job == "pull_by_cron" else (0.5, 2.5, 4.0)
    outcomes = lab.workers.do_together(
        {"job": job, "arguments": {"budget_s": 5} if "button" in job else {}},
        *({"job": "save_settings", "wait": wait} for wait in waits),
    )
    for outcome in outcomes:
        assert "error" not in outcome, outcome["error"]
    waited = [outcome["result"] for outcome in outcomes[1:]]
    assert max(waited) < 1, waited
    lab.mend()
    for _attempt in range(3):
        lab.pull_quietly()
    lab.prove()
    tally.add("settings saved beside a slow pull", len(waits))
