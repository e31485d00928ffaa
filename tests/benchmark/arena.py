"""Where contenders meet: a database for each, processes of Odoo, simulated banks."""

import contextlib
import itertools
import json
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from faultlab.workers import Workers
from simulator import Simulator, generate
from toolbox import environment, odoo, paths, template

IBAN = "BE68539007547034"
DAYS = 365
#: How long one job may take.
JOB_SECONDS = 1800


#: A history is loaded, but for so many of its newest transactions: those are imported.
IMPORTED = 100
OPENING = "1234.56"


def yesterday():
    """Return a day that is not in the future anywhere (date)."""
    return datetime.now(timezone.utc).date() - timedelta(days=1)


def make_bank(rows=0, numbers=(IBAN,)):
    """Make a bank in whose accounts some transactions of the last year are booked.

    :param int rows: how many in each account
    :return: a `Simulator` with ``accounts`` (identifiers); it is not yet to be reached
    """
    simulator = Simulator(today=yesterday(), dataset="empty")
    simulator.accounts = [
        simulator.bank.add_account(
            reference=number, currency="EUR", currentBalance=OPENING
        )
        for number in numbers
    ]
    for seed, account_id in enumerate(simulator.accounts if rows else (), start=1):
        generate(simulator.bank, account_id, rows, DAYS, seed, yesterday())
    return simulator


@dataclass(frozen=True)
class Order:
    """Something to be measured.

    :ivar source: name of the database to do it in a clone of, see `Arena.source`
    :ivar job: name of the function of ``jobs``; or a callable (arena, source, bank)
        returning the costs
    :ivar bank: the `Simulator` to talk to; None if the providers know theirs
    :ivar arguments: of the job, beside the bank's address
    :ivar latency_s: how much longer each page of transactions takes
    """

    source: str
    job: str
    bank: Simulator | None
    arguments: dict = field(default_factory=dict)
    latency_s: float = 0.0


class Arena:
    """Databases and the processes that work on clones of them; a context manager.

    Every job has a fresh clone of its database and a fresh process, forked from one
    that has loaded Odoo, as Odoo's own server does with several workers.
    """

    def __init__(self, cluster):
        self.cluster = cluster
        self._stack = contextlib.ExitStack()
        self._numbers = itertools.count(1)
        #: {name of a source: (module, name of its database)}
        self._sources = {}
        self._workers = {}
        #: {what it is for: bank}
        self.banks = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.close()

    # === BANKS === #

    def open(self, bank):
        """Let a bank be reached until the end."""
        return self._stack.enter_context(bank)

    # === DATABASES === #

    def install(self, module):
        """Make a database with a module: "ours", or "oca" for OCA's of the same name.

        :return: the name of the source
        """
        if module not in self._sources:
            name = self._stack.enter_context(template.database(self.cluster))
            odoo.run(
                self.cluster,
                name,
                f"--init={paths.ADDON_NAME}",
                "--log-level=warn",
                log_name=f"benchmark-install-{module}",
                addons=_addons(module),
            )
            self._sources[module] = (module, name)
        return module

    def make_source(self, name, basis, job, **arguments):
        """Make a database by doing a job in a clone of another one.

        :param str name: of the new source
        :param str basis: name of the source to start from
        """
        if name in self._sources:
            return name
        module, _database = self._sources[basis]
        self._do(basis, job, arguments)
        working = self._working(module)
        database = f"test_{os.getpid()}_benchmark_{next(self._numbers)}"
        self.cluster.sql("vacuum analyze", working)
        self._stack.callback(self.cluster.drop, database)
        self.cluster.clone(working, database)
        self._sources[name] = (module, database)
        return name

    @contextlib.contextmanager
    def clone(self, source):
        """Give a fresh clone of a source's database, dropped at the end."""
        _module, database = self._sources[source]
        name = f"test_{os.getpid()}_benchmark_{next(self._numbers)}"
        try:
            self.cluster.clone(database, name)
            yield name
        finally:
            self.cluster.drop(name)

    def make_history(self, bank, basis, statements, hashes=False):
        """Make a source in which all that a bank has is known already.

        :param str basis: name of a source in which a journal is connected to the bank
        :param bool hashes: whether much of it will be read again
        """
        [account_id] = bank.accounts
        booked = bank.bank.transactions(account_id)[::-1]
        rows = [
            [row["id"], str(row["executionDate"].date()), str(row["amount"])]
            for row in booked[:-IMPORTED]
        ]
        name = f"{basis} history {len(booked)} {statements}"
        if name in self._sources:
            return name
        file = paths.STATE / "benchmark" / f"history-{os.getpid()}.json"
        file.parent.mkdir(exist_ok=True)
        loaded = {"opening": OPENING, "rows": rows, "count": len(booked)}
        file.write_text(json.dumps(loaded | {"hashes": hashes}))
        try:
            return self.make_source(
                name,
                basis,
                "load_history",
                url=bank.url,
                statements=statements,
                file=str(file),
                account_id=account_id,
            )
        finally:
            file.unlink()

    def _working(self, module):
        return f"test_{os.getpid()}_benchmark_{module}"

    def _do(self, source, job, arguments):
        """Do a job in a fresh clone; return its result."""
        [result] = self.do_in_steps(source, [(job, arguments)])
        return result

    def do_in_steps(self, source, *steps):
        """Do jobs in one fresh clone: one step after the other, and the jobs of a step
        at the same time.

        :param steps: lists of (name of a job, its arguments)
        :return: the results of the jobs of the last step (list)
        """
        module, database = self._sources[source]
        working = self._working(module)
        if module not in self._workers:
            self._stack.callback(self.cluster.drop, working)
        self.cluster.clone(database, working)
        if module not in self._workers:
            self._workers[module] = self._stack.enter_context(
                Workers(
                    self.cluster,
                    working,
                    f"benchmark-{module}",
                    seconds=JOB_SECONDS + 60,
                    jobs="benchmark.jobs",
                    addons=_addons(module),
                )
            )
        for jobs in steps:
            outcomes = self._workers[module].do_together(
                *(
                    {"job": job, "arguments": arguments, "seconds": JOB_SECONDS}
                    for job, arguments in jobs
                )
            )
            for (job, _arguments), outcome in zip(jobs, outcomes, strict=True):
                if outcome["killed"] or "error" in outcome:
                    what = outcome.get("error", "it took too long")
                    raise RuntimeError(f"{job} of {module} failed: {what}")
        return [outcome.get("result") for outcome in outcomes]

    # === MEASURING === #

    def measure(self, order):
        """Do what is to be measured.

        :return: the costs that the job tells (dict)
        """
        if callable(order.job):
            return order.job(self, order.source, order.bank)
        if not order.bank:
            return self._do(order.source, order.job, order.arguments)
        bank = order.bank.bank
        bank.clear_requests()  # or its log grows with every order
        if order.latency_s:
            bank.fault("/transactions$", delay=order.latency_s, times=None)
        try:
            arguments = {"url": order.bank.url, **order.arguments}
            return self._do(order.source, order.job, arguments)
        finally:
            bank.clear_faults()


def _addons(module):
    """Return the folders that hold a module in place of ours."""
    return (environment.ensure_oca_addons(),) if module == "oca" else ()
