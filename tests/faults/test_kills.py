"""A pull is killed at any moment, again and again, and imports everything once."""

import random
import time

import pytest
from faultlab import tally
from faultlab.lab import LONG, Lab, make_bank

ROWS = 600
ROWS_SHORT = 200
KILLS = 8
KILLS_LONG = 200
BUTTONS = 3
BUTTONS_LONG = 20
#: Kills in a row of one import; then it is let through to its end.
KILLS_PER_ROUND = 12
SECONDS_LONG = 3600


@pytest.fixture
def lab(odoo_cluster, prepared):
    bank = make_bank(ROWS if LONG else ROWS_SHORT)
    with Lab(odoo_cluster, prepared[0], bank) as running:
        yield running


def run(lab, kill_after=None):
    """Run the scheduled action in a process of its own, perhaps not to its end.

    :return: what became of it (dict)
    """
    lab.workers.do("make_due")
    [outcome] = lab.workers.do_together(
        {"job": "pull_by_cron", "kill_after": kill_after}
    )
    assert "error" not in outcome, outcome["error"]
    return outcome


def was_hit(outcome):
    """Return whether the process was killed while it pulled (bool)."""
    return outcome["killed"] and outcome["last"] == "pulling"


def measure(lab):
    """Return how long the import takes when nobody disturbs it (seconds)."""
    began = time.monotonic()
    outcome = run(lab)
    tally.note(
        "seconds of an undisturbed run with its process", time.monotonic() - began
    )
    lab.prove()
    return outcome["events"]["pulled"] - outcome["events"]["pulling"]


def kill_until(lab, generator, duration, most):
    """Kill one import again and again.

    :return: how many kills hit, and how often the account was linked anew (tuple)
    """
    hits, links, reach = 0, 0, duration
    for _attempt in range(2 * most):
        if hits == most:
            break
        outcome = run(lab, kill_after=generator.uniform(0, reach))
        if outcome["last"] == "pulled":
            break
        if not was_hit(outcome):
            continue  # Odoo leaves out one run after three that did not get far.
        hits += 1
        # The first kill may come at any moment; the next ones leave something to do.
        reach = duration / 3
        links += disturb(lab, generator)
    return hits, links


def disturb(lab, generator):
    """Between a kill and the next run the bank books, or the account is linked anew.

    :return: whether it was linked anew (bool)
    """
    chance = generator.random()
    if chance < 0.3:
        lab.book()
    if chance <= 0.9:
        return False
    lab.relink(keep_account_id=generator.random() < 0.5)
    tally.add("accounts linked anew between kills")
    return True


def finish(lab):
    """Let the schedule run until a pull was done, as often as it needs."""
    for _attempt in range(3):
        if "pulling" in run(lab)["events"]:
            return
    raise AssertionError("The scheduled action does not pull any more.")


def test_a_pull_that_is_killed_again_and_again_imports_everything_once(lab):
    generator = random.Random("kills")
    duration = measure(lab)
    tally.note("seconds of an undisturbed pull", duration)
    wanted, hits = (KILLS_LONG if LONG else KILLS), 0
    end = time.monotonic() + SECONDS_LONG
    while hits < wanted and time.monotonic() < end:
        lab.begin_anew()
        most = min(KILLS_PER_ROUND, wanted - hits)
        here, links = kill_until(lab, generator, duration, most)
        finish(lab)
        lab.prove(may_doubt=links > 1)
        hits += here
        tally.add("kill points survived", here)
        tally.add("imports finished after kills", bool(here))
    assert hits >= wanted


def test_a_button_whose_process_is_killed_leaves_nothing_half_done(lab):
    generator = random.Random("buttons")
    hits, duration = 0, 3.0
    for _attempt in range(BUTTONS_LONG if LONG else BUTTONS):
        lab.book(3)
        [outcome] = lab.workers.do_together(
            {"job": "pull_by_button", "kill_after": generator.uniform(0, duration)}
        )
        hits += was_hit(outcome)
    finish(lab)
    lab.prove()
    assert hits
    tally.add("killed buttons survived", hits)
