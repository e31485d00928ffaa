"""One fault at each moment of an action: planned, tried and judged beside pytest.

Each fault begins with the very same database and bank, which a clean run has left
behind before the step. What comes in the end has to be what the clean run came to.
"""

import base64
import contextlib
import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from unittest.mock import patch

from simulator import api

from . import proof, rewind, tally
from .lab import Lab, make_bank, yesterday

ROWS = 5
#: The bank serves small pages, so that there are several.
PAGE_SIZE = 3
#: Differences of one kind that are told.
SHOWN = 6
#: How somebody is told that there is only what Ponto has had.
NOT_ASKED = "The bank was not asked"
#: How somebody is told that what the bank sends is fetched in the background.
IS_LATE = "The bank is taking its time"
#: How the simulated bank's access tokens begin.
TOKEN = "simulated."


# === THE BANK AND THE BOOKS BEFORE EACH ACTION === #


def begin(lane):
    """Nothing was pulled yet."""
    lane.go_back("untouched")


def begin_fed(lane):
    """All that the bank had was pulled."""
    if not lane.has_kept("fed"):
        begin(lane)
        lane.pull_quietly()
        lane.keep("fed")
    lane.go_back("fed")


def begin_ordinary(lane):
    """There is something new, late and changed, and a line that somebody deleted."""
    begin_fed(lane)
    account = lane.accounts[0]
    first, second, *_rest = lane.bank.transactions(account)
    lane.workers.do("remove_line", ponto_id=first["id"])
    lane.book(2)
    day = yesterday() - timedelta(days=20)
    lane.bank.add_transaction(account, "7.77", day, remittanceInformation="Late")
    lane.bank.update_transaction(second["id"], remittanceInformation="Changed")


def begin_linked_anew(lane):
    begin_fed(lane)
    lane.relink()
    lane.book(2)


def begin_waiting(lane):
    """Three transactions wait for a decision."""
    begin(lane)
    rows = lane.bank.transactions(lane.accounts[0])[:3]
    lines = [
        [proof.local_day(row), str(row["amount"]), row["remittanceInformation"]]
        for row in rows
    ]
    lane.workers.do("type_lines", lines=lines)
    lane.pull_quietly()


def begin_without_feeds(lane):
    begin(lane)
    lane.workers.do("remove_feeds", url=lane.simulator.url)


def begin_with_news(lane):
    """The bank has something that Ponto does not know yet."""
    begin_fed(lane)
    lane.book(1)
    for amount in ("17.17", "-18.18"):
        lane.bank.queue_transaction(
            lane.accounts[0], amount, executionDate=str(yesterday())
        )


@dataclass(frozen=True)
class Action:
    """One of the nine.

    :ivar name: as in `steps.ACTIONS`
    :ivar begin: function of the lane that makes what is there before
    :ivar is_whole: whether the books have all that the bank has in the end
    :ivar asks_bank: whether Ponto is asked to ask the bank, which may be refused
    """

    name: str
    begin: object
    is_whole: bool = True
    asks_bank: bool = False


ACTIONS = [
    Action("first pull", begin),
    Action("ordinary pull", begin_ordinary, is_whole=False),
    Action("new link", begin_linked_anew),
    Action("pull of a period", begin),
    Action("undo", begin_fed, is_whole=False),
    Action("decisions", begin_waiting, is_whole=False),
    Action("assistant", begin_without_feeds),
    Action("handed-over import", begin),
    Action("fetch now", begin_with_news, asks_bank=True),
]


# === FAULTS === #


@dataclass(frozen=True)
class Fault:
    """What goes wrong at which moment of which step.

    :ivar point: a statement, a commit or a request
    :ivar number: which one of the step, from 1 on
    """

    position: int
    point: str
    number: int
    kind: str

    @property
    def is_deadly(self):
        """Whether the process ends by it; what goes on does so in another."""
        return self.kind.startswith("death")

    def __str__(self):
        return f"{self.kind} at {self.point} {self.number} of step {self.position + 1}"


def plan(counts, kinds):
    """Name every fault that there can be.

    :param counts: for each step, how many moments it has of each point
    :param dict kinds: of each point
    :return: list of `Fault`
    """
    return [
        Fault(position, point, number, kind)
        for position, moments in enumerate(counts)
        for point in kinds
        for number in range(1, moments.get(point, 0) + 1)
        for kind in kinds[point]
    ]


def sample(faults, name, per_point):
    """Choose some, always the same.

    :param str name: of the action: another one gets other faults
    :param dict per_point: how many of each point
    """
    generator = random.Random(f"sweep {name}")
    chosen = []
    for point, count in per_point.items():
        own = [fault for fault in faults if fault.point == point]
        chosen += generator.sample(own, min(count, len(own)))
    return chosen


def share(faults, number, total):
    """Choose every total-th of all faults: the kinds take turns from moment to moment.

    No fault is in two shares, and together they are all there are.

    :param int number: which share, from 1 on
    :param int total: how many shares there are
    """
    moments = {}
    for fault in faults:
        moment = fault.position, fault.point, fault.number
        moments.setdefault(moment, []).append(fault)
    return [
        fault
        for turn, kinds in enumerate(moments.values(), start=number)
        for place, fault in enumerate(kinds)
        if (turn + place) % total == 0
    ]


def shuffle(faults, name):
    """Put faults into an order of chance, always the same.

    :param str name: of the action: another one gets another order
    """
    return random.Random(f"shuffle {name}").sample(faults, len(faults))


# === LANES === #


@dataclass
class Clean:
    """What an action comes to when nothing goes wrong.

    :ivar seen: what is to be seen before each step, and after the last
    :ivar counts: how many moments each step has, of each point
    :ivar end: what is to be seen in the end
    :ivar not_asked: what is to be seen where Ponto did not ask the bank
    """

    seen: list
    counts: list = field(default_factory=list)
    end: dict = None
    not_asked: dict = None


class Lane(Lab):
    """A database, workers and a bank that go back to where they were before a step.

    Several lanes work beside one another.
    """

    def __init__(self, cluster, prepared, number):
        name, crons = prepared
        super().__init__(
            cluster,
            name,
            make_bank(),
            jobs="faultlab.steps",
            log_name=f"faults-lane-{number}",
        )
        self.cron = crons[0]
        self._kept = {}

    def __enter__(self):
        super().__enter__()
        self.book(ROWS, days=30)
        self._database = rewind.Database(self.cluster, self.name)
        self._bank = rewind.Bank(self.simulator)
        self.keep("untouched")
        self.workers.warm_up("warm_up", settings=self.settings)
        return self

    def __exit__(self, *error):
        self._database.close()
        super().__exit__(*error)

    def keep(self, moment):
        """Keep database and bank as they are."""
        self._kept[moment] = self._database.keep(), self._bank.keep(), self.booked

    def has_kept(self, moment):
        return moment in self._kept

    def go_back(self, moment):
        """Let database and bank be as they were then."""
        database, bank, self.booked = self._kept[moment]
        self._database.go_back(database)
        self._bank.go_back(bank)
        self.random.seed(moment)

    # --- the action --- #

    @property
    def settings(self):
        return {
            "url": self.simulator.url,
            "cron": self.cron,
            "account": self.accounts[0],
            "codes": [self.simulator.client_id, self.simulator.client_secret],
        }

    def prepare(self, action):
        """Run an action without a fault, and keep what was there before each step."""
        action.begin(self)
        self.action = action
        clean = self.clean = Clean([self.workers.do("look_around")])
        for position in range(self.workers.do("count_steps")[action.name]):
            self.keep(position)
            outcome = self._do("try_step", position)
            assert not outcome["failure"], outcome["failure"]
            clean.seen.append(outcome["seen"])
            clean.counts.append(outcome["counts"])
        outcome = self.workers.do("finish", settings=self.settings)
        clean.end = outcome["end"]
        problems = self._judge_end(outcome)
        assert not problems, problems
        if action.asks_bank:
            self.go_back(0)
            clean.not_asked = self.workers.do("pull_only", settings=self.settings)

    def _do(self, job, position, **arguments):
        return self.workers.do(
            job,
            action=self.action.name,
            position=position,
            settings=self.settings,
            **arguments,
        )

    def try_fault(self, fault, defect=None):
        """Go back, do the step with a fault, heal, and judge.

        :return: whether the moment came, and what is not as it should be (tuple)
        """
        self.go_back(fault.position)
        before, after = self.clean.seen[fault.position : fault.position + 2]
        log = self.workers.log.stat().st_size
        told = asdict(fault)
        arguments = {
            "action": self.action.name,
            "position": told.pop("position"),
            "settings": self.settings,
            "after": after,
        }
        order = {**arguments, "fault": told, "defect": defect}
        [outcome] = self.workers.do_together({"job": "try_step", "arguments": order})
        result = outcome.get("result")
        if result is None:
            if outcome["killed"] or "error" in outcome or not fault.is_deadly:
                return True, [f"It did not come to an end: {outcome}"]
            result = {"is_hit": True, "failure": "The process is dead."}
            result |= self.workers.do("go_on", **arguments)
        problems = judge_step(result, before, after, self.clean.not_asked)
        problems += self._judge_end(result)
        problems += self._find_secrets(log)
        return result["is_hit"], problems

    def _judge_end(self, outcome):
        """Compare what came in the end with the clean run and with the bank."""
        told = [*outcome.get("told", []), *outcome["passes"]]
        problems = [f"Afterwards somebody is told: {text}" for text in told if text]
        problems += differences(
            "In the end", outcome["end"]["done"], self.clean.end["done"]
        )
        problems += differences(
            "The feeds tell",
            {"health": outcome["end"]["health"]},
            {"health": self.clean.end["health"]},
        )
        if self.action.is_whole:
            accounts = self.simulator.accounts
            if self.action.name != "assistant":
                accounts = accounts[:1]
            problems += proof.find_problems(outcome["report"], self.bank, accounts)
        return problems

    def _find_secrets(self, begin_at):
        """Look for secrets in what Odoo has logged since then."""
        with self.workers.log.open("rb") as log:
            log.seek(begin_at)
            text = log.read()
        client_id, secret = self.settings["codes"]
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return [
            f"A secret is in the log: {line.decode()}"
            for line in text.splitlines()
            if any(each.encode() in line for each in (secret, basic, TOKEN))
        ]


def judge_step(outcome, before, after, not_asked=None):
    """Find what somebody would find who has pressed a button.

    It is done as a whole, or not at all; and it is not said to be done if it is not.
    Where somebody is told that the bank was not asked, all is there that Ponto has;
    where the bank is late, a pull that waits for it, too.
    What the scheduled action does has to be right in the end only.

    :param dict outcome: of the step with the fault
    :param dict before: what was to be seen before
    :param dict after: what is to be seen once the step is done
    :param dict not_asked: what is to be seen then if the bank was not asked
    :return: a sentence for each problem (list)
    """
    if not outcome["is_pressed"]:
        return []
    seen, failure = outcome["seen"]["done"], outcome["failure"]
    if failure is None:
        return differences("It is said to be done", seen, after["done"])
    if not_asked and failure.startswith(NOT_ASKED):
        return differences("The bank was not asked", seen, not_asked["done"])
    if not_asked and failure.startswith(IS_LATE):
        wanted = {**not_asked["done"], "running": 1}
        return differences("The bank is late", seen, wanted)
    if seen == before["done"]:
        return []
    return differences("Half-done", seen, after["done"])


def differences(when, found, wanted):
    """Compare two looks.

    :return: a sentence for each part in which they differ (list)
    """
    return [
        f"{when}, {part}: {_tell_difference(found[part], wanted[part])}"
        for part in wanted
        if found[part] != wanted[part]
    ]


def _tell_difference(found, wanted):
    if not (isinstance(found, list) and isinstance(wanted, list)):
        return f"{found} instead of {wanted}"
    found, wanted = Counter(map(str, found)), Counter(map(str, wanted))
    missing = list((wanted - found).elements())[:SHOWN]
    surplus = list((found - wanted).elements())[:SHOWN]
    return f"missing {missing}, too much {surplus}"


# === ALL OF IT === #


class Sweep:
    """Several lanes that try the faults of one action after the other.

    :ivar kinds: kinds of faults, of each point (dict)
    :ivar missed: how many moments did not come that had been counted
    """

    def __init__(self, lanes):
        self.lanes = lanes
        self.kinds = lanes[0].workers.do("tell_kinds")
        self.missed = 0

    def prepare(self, action, lanes=None):
        """Let lanes run an action without a fault; return all faults there can be."""
        lanes = self.lanes[:lanes]
        with ThreadPoolExecutor(len(lanes)) as pool:
            list(pool.map(lambda lane: lane.prepare(action), lanes))
        return plan(lanes[0].clean.counts, self.kinds)

    def try_until_found(self, faults, defect=None):
        """Try faults until there is a problem, perhaps of a defect that is built in.

        :return: the problems of each fault that was tried (list)
        """
        tried = []
        for fault in faults:
            _is_hit, problems = self.lanes[0].try_fault(fault, defect)
            tried.append(problems)
            if problems:
                break
        return tried

    def try_faults(self, faults):
        """Try faults, each lane one after the other.

        :return: the problems of each fault (dict)
        """
        waiting = iter(list(faults))
        lock = threading.Lock()
        found = {}

        def work(lane):
            while True:
                with lock:
                    fault = next(waiting, None)
                if fault is None:
                    return
                is_hit, found[fault] = lane.try_fault(fault)
                with lock:
                    self.missed += not is_hit
                if is_hit:
                    count(lane.action, fault)

        with ThreadPoolExecutor(len(self.lanes)) as pool:
            list(pool.map(work, self.lanes))
        return found


def count(action, fault):
    """Count a fault that was tried."""
    tally.add(f"faults at every step, {action.name}")
    tally.add(f"faults at every step, {fault.kind} at a {fault.point}")


@contextlib.contextmanager
def running(cluster, prepared):
    """Give a `Sweep` with as many lanes as there are cores, four at most."""
    number = int(os.environ.get("TEST_WORKERS") or min(4, os.cpu_count() or 1))
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.object(api, "MAXIMUM_LIMIT", PAGE_SIZE))
        lanes = [
            stack.enter_context(Lane(cluster, prepared, position + 1))
            for position in range(number)
        ]
        yield Sweep(lanes)
