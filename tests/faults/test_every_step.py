"""A fault at every statement, commit and request of nine actions; all of them heal.

``PONTO_LONG=1`` tries every kind of fault at every moment, which takes hours; with
``PONTO_SHARE=1/7`` to ``7/7`` a seventh of them: every moment once, the kinds in
turns. Without it a few are chosen, the same ones each time.
"""

import os

import pytest
from faultlab import sweep
from faultlab.lab import LONG

#: How many faults of each point are chosen for an action.
SAMPLE = {"statement": 3, "commit": 1, "request": 1}
#: Such as "1/7": which of how many shares of all faults is tried.
SHARE = os.environ.get("PONTO_SHARE")
#: Which part of the moments need not come that were counted in a clean run.
MISSED = 0.05
#: How many problems are told.
SHOWN = 12
ACTIONS = {action.name: action for action in sweep.ACTIONS}


@pytest.fixture(scope="module")
def running_sweep(odoo_cluster, prepared):
    with sweep.running(odoo_cluster, prepared) as running:
        yield running


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_heals_from_a_fault_at_every_step(running_sweep, name):
    faults = running_sweep.prepare(ACTIONS[name])
    if not LONG:
        faults = sweep.sample(faults, name, SAMPLE)
    elif SHARE:
        faults = sweep.share(faults, *map(int, SHARE.split("/")))
    missed = running_sweep.missed
    found = running_sweep.try_faults(faults)
    assert len(found) == len(faults) > 0
    assert running_sweep.missed - missed <= MISSED * len(faults)
    problems = [f"{fault}: {problem}" for fault in faults for problem in found[fault]]
    shown = "\n".join(problems[:SHOWN])
    assert not problems, f"{len(problems)} problems:\n{shown}"


@pytest.mark.parametrize(
    ("defect", "name", "position", "kind", "told"),
    [
        ("commits half-way", "undo", 0, "exception", "Half-done"),
        ("swallows errors", "decisions", 1, "deadlock", "It is said to be done"),
        ("logs secrets", "first pull", 0, "reset", "A secret is in the log"),
    ],
)
def test_a_defect_is_found(running_sweep, defect, name, position, kind, told):
    """The addon has none of these: they are built in to see that they are found."""
    faults = [
        fault
        for fault in running_sweep.prepare(ACTIONS[name], lanes=1)
        if (fault.position, fault.kind) == (position, kind)
    ]
    tried = running_sweep.try_until_found(sweep.shuffle(faults, name), defect)
    assert any(problem.startswith(told) for problem in tried[-1]), tried[-1]


def test_shares_together_are_all_faults_and_each_has_every_moment():
    kinds = {"statement": "abcdefg", "commit": "abc"}
    faults = sweep.plan([{"statement": 20, "commit": 2}, {"statement": 3}], kinds)
    shares = [sweep.share(faults, number, 7) for number in range(1, 8)]
    assert sorted(map(str, sum(shares, []))) == sorted(map(str, faults))
    for chosen in shares:
        statements = [fault for fault in chosen if fault.point == "statement"]
        moments = {(fault.position, fault.number) for fault in statements}
        assert len(moments) == len(statements) == 23
        # No kind is left out.
        assert {fault.kind for fault in statements} == set("abcdefg")


def test_an_import_that_is_interrupted_is_undone(running_sweep):
    """Odoo's scheduler commits what is left over, whatever has ended its action."""
    faults = [
        fault
        for fault in running_sweep.prepare(ACTIONS["first pull"], lanes=1)
        if (fault.point, fault.kind) == ("statement", "interrupt")
    ]
    # Late enough for lines to be there, in several places.
    faults = faults[len(faults) // 2 :: len(faults) // 8]
    assert running_sweep.try_until_found(faults) == [[]] * len(faults) != []
