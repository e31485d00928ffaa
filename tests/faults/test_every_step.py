"""A fault at every statement, commit and request of nine actions; all of them heal.

``PONTO_LONG=1`` tries every kind of fault at every moment; else a few are chosen, the
same ones each time.
"""

import pytest
from faultlab import sweep
from faultlab.lab import LONG

#: How many faults of each point are chosen for an action.
SAMPLE = {"statement": 3, "commit": 1, "request": 1}
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
