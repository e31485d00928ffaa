"""A database, the processes that pull into it, and the bank they pull from."""

import contextlib
import os
import random
import time
from datetime import datetime, timedelta, timezone

from simulator import Simulator, generate
from toolbox import odoo, paths, template

from . import proof
from .workers import Workers

#: Whether there is time for hundreds of rounds.
LONG = os.environ.get("PONTO_LONG", "") not in ("", "0")
NUMBERS = ("BE68539007547034", "BE15001765432130")
#: Nothing that the tests book is dated before.
HISTORY_DAYS = 200
#: Of how many differences the first, and the last, are told.
SHOWN = 8


def yesterday():
    """Return a day that is not in the future anywhere (date)."""
    return datetime.now(timezone.utc).date() - timedelta(days=1)


class Clock:
    """The bank's clock, which may be wrong."""

    def __init__(self):
        self.shift = timedelta()

    def __call__(self):
        return datetime.now(timezone.utc) + self.shift


def make_bank(rows=0):
    """Make a bank with an account for each feed; it is not yet to be reached.

    :param int rows: how many transactions the first account has
    :return: a `Simulator` with ``clock`` and ``accounts``
    """
    clock = Clock()
    simulator = Simulator(
        today=yesterday(), dataset="empty", clock=clock, port=odoo.free_port()
    )
    simulator.clock = clock
    simulator.accounts = [
        simulator.bank.add_account(
            reference=number, currency="EUR", currentBalance="1234.56"
        )
        for number in NUMBERS
    ]
    if rows:
        account = simulator.accounts[0]
        generate(simulator.bank, account, rows, HISTORY_DAYS - 50, 1, yesterday())
    return simulator


@contextlib.contextmanager
def prepared_database(cluster):
    """Give a database with the addon and two configured journals, to be cloned."""
    with template.database(cluster) as name:
        log = {"log_name": "faults-install"}
        odoo.run(cluster, name, f"--init={paths.ADDON_NAME}", "--log-level=warn", **log)
        settings = {
            "numbers": NUMBERS,
            "client_id": Simulator.client_id,
            "client_secret": Simulator.client_secret,
            "start": yesterday() - timedelta(days=HISTORY_DAYS),
        }
        with Workers(cluster, name, "faults-configure") as workers:
            crons = workers.do("configure", settings=settings)
        yield name, crons


class Lab:
    """A clone of the prepared database, its workers, and a bank.

    :param source: name of the prepared database
    :param jobs: name of the module with what the workers can be asked for
    """

    def __init__(
        self,
        cluster,
        source,
        simulator,
        feeds=1,
        crons=(),
        jobs="faultlab.jobs",
        log_name="faults-workers",
    ):
        self._workers = {"jobs": jobs, "log_name": log_name}
        self.cluster, self.source, self.feeds = cluster, source, feeds
        self.crons = list(crons)
        self.simulator, self.bank = simulator, simulator.bank
        self.name = f"test_{os.getpid()}_faults_{id(self)}"
        self.random = random.Random("faults")
        self.booked = 0

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.simulator)
            stack.callback(self.cluster.drop, self.name)
            self.cluster.clone(self.source, self.name)
            self.workers = stack.enter_context(
                Workers(self.cluster, self.name, **self._workers)
            )
            self._configure()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._stack.close()

    def begin_anew(self, simulator=None):
        """Go on with a fresh clone under the same name, and perhaps another bank."""
        self.cluster.clone(self.source, self.name)
        if simulator:
            self.simulator.stop()
            self.simulator, self.bank = simulator.start(), simulator.bank
        self._configure()

    def _configure(self):
        url = self.simulator.url
        self.workers.do("use", url=url, feeds=self.feeds, crons=self.crons)

    # === THE BANK === #

    @property
    def accounts(self):
        return self.simulator.accounts[: self.feeds]

    def book(self, count=1, feed=0, days=3):
        """Let the bank book transactions of the last days, twins among them."""
        last = min(yesterday(), self.simulator.today)
        for _position in range(count):
            self.booked += 1
            amount = self.random.choice(["-12.50", "99.99", f"{self.booked % 997}.31"])
            self.bank.add_transaction(
                self.simulator.accounts[feed],
                amount,
                last - timedelta(days=self.random.randrange(days)),
                remittanceInformation=f"Invoice {self.booked // 4}",
                counterpartName="Mouterij Janssens",
            )

    def relink(self, keep_account_id=False):
        """Let somebody link the first account anew."""
        [first, *others] = self.simulator.accounts
        new = self.bank.relink(first, keep_account_id)
        self.simulator.accounts = [new, *others]

    def mend(self):
        """Let the bank do what it should."""
        self.bank.clear_faults()
        self.bank.set_forbidden(False)
        self.bank.set_order("created")
        self.simulator.clock.shift = timedelta()
        self.simulator.start()

    def wait_for_request(self, path, count, seconds=30):
        """Wait until the bank was asked for something so many times."""
        end = time.monotonic() + seconds
        while self.bank.count(path) < count:
            assert time.monotonic() < end, f"{path} was not asked for {count} times"
            time.sleep(0.02)

    # === THE PROOF === #

    def prove(self, may_doubt=False):
        """Check that Odoo has what the bank has booked.

        :param bool may_doubt: whether what the bank gave up may wait for a person
        :raise AssertionError: with a sentence for each difference, of the first ones
        """
        report = self.report()
        problems = proof.find_problems(report, self.bank, self.accounts, may_doubt)
        shown = "\n".join(problems[:SHOWN] + problems[SHOWN:][-SHOWN:])
        told = proof.describe(report, self.bank, self.accounts)
        assert not problems, (
            f"{len(problems)} differences to the bank:\n{shown}\n{told}"
        )

    def report(self):
        """Return what Odoo has (dict)."""
        report = self.workers.do("report")
        report["feeds"] = report["feeds"][: self.feeds]
        return report

    def pull_quietly(self, next_day=False):
        """Pull once, without a fault, through the scheduled action."""
        self.workers.do("make_due", next_day=next_day)
        assert not self.workers.do("pull_by_cron"), "the scheduled action failed"
