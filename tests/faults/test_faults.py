"""Whatever goes wrong in a pull, the next one has everything right.

A server runs the scheduled action; the bank misbehaves, recovers, and is pulled again.
"""

import pytest
import simulator.api
from faultlab import tally
from faultlab.cases import FAULTS, PAGE_SIZE
from faultlab.lab import LONG, Lab, make_bank
from toolbox import odoo

TRIED = [fault for fault in FAULTS if LONG or not fault.only_long]


def begin(lab, bank=None):
    """Begin with a fresh database that has pulled before."""
    lab.begin_anew(bank)
    lab.book(20)
    lab.pull_quietly()


@pytest.fixture(scope="module")
def lab(odoo_cluster, prepared):
    """A database that a server feeds through its scheduler, and its bank."""
    arguments = ("--max-cron-threads=1", "--log-level=info")
    log = {"log_name": "faults-server"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulator.api, "MAXIMUM_LIMIT", PAGE_SIZE)
        with Lab(odoo_cluster, prepared[0], make_bank()) as running:
            begin(running)
            with odoo.Server(odoo_cluster, running.name, *arguments, **log):
                yield running


@pytest.fixture(autouse=True)
def mended(lab):
    """End the test with a bank that does what it should, and with nothing to mend."""
    lab.is_sound = True
    yield
    lab.mend()
    if not lab.is_sound:
        begin(lab, make_bank())


def pull_by_server(lab, during=None, next_day=False):
    """Let the server's scheduler pull, and do something while it does."""
    lab.workers.do("make_due", next_day=next_day)
    lab.bank.clear_requests()
    lab.workers.begin({"job": "pull_by_server", "arguments": {"patient": not during}})
    if during:
        during(lab)
    [outcome] = lab.workers.finish()
    assert during or outcome.get("result"), outcome


@pytest.mark.parametrize("fault", TRIED, ids=lambda fault: fault.name)
def test_a_fault_leaves_nothing_behind(lab, fault):
    lab.is_sound = False
    if fault.first:
        lab.begin_anew(make_bank())
    lab.book(fault.news)
    for position, stage in enumerate(fault.stages, 1):
        lab.mend()
        stage(lab)
        during = fault.during if position == len(fault.stages) else None
        pull_by_server(lab, during)
    if not fault.during:
        [feed] = lab.report()["feeds"]
        assert (feed["provider"]["ponto_failure_advice"] or None) == fault.advice
    lab.mend()
    pull_by_server(lab, next_day=fault.next_day)
    lab.prove()
    lab.is_sound = True
    tally.add("faults survived")
