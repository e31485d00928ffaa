"""Whatever goes wrong in a pull, the next one has everything right.

A server runs the scheduled action; the bank misbehaves, recovers, and is pulled again.
"""

import re

import pytest
import simulator.api
from faultlab import tally
from faultlab.cases import FAULTS, LIST, ONE, PAGE_SIZE, TWO_PAGES
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
    lab.workers.do("make_due", next_day=next_day, patient=True)
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


def test_answers_about_old_identifiers_outlive_a_limit_of_requests(lab):
    """After a new link under the same account each of them is asked for once."""
    lab.is_sound = False
    begin(lab, make_bank())
    lab.relink(keep_account_id=True)
    lab.book(TWO_PAGES)
    lab.bank.fault(LIST, after=1, status=500, times=None)
    pull_by_server(lab)
    gone = []
    for limit in (5, 5, None):
        lab.mend()
        if limit:
            lab.bank.fault(ONE, after=limit, status=429, times=None)
        pull_by_server(lab)
        gone += find_gone(lab)
    lab.prove()
    assert len(gone) > 10 and len(set(gone)) == len(gone)
    lab.is_sound = True
    tally.add("faults survived")


def find_gone(lab):
    """Return identifiers of which Ponto was asked, and told that they are gone."""
    return [
        request.path.rpartition("/")[2]
        for request in lab.bank.requests
        if re.search(ONE, request.path) and request.status == 404
    ]
