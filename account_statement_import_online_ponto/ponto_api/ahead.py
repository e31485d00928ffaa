# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What many accounts need is fetched ahead, several at a time.

An integration's accounts are listed once; the head of each account's list follows. The
threads are plain ones: each has a client, and hands over what it got.
"""

import logging
import queue
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .deadline import Deadline
from .errors import (
    PontoError,
    PontoRateLimitedError,
    PontoServerError,
    PontoTransportError,
)
from .replay import Answers, Recording

_logger = logging.getLogger(__name__)

#: How far off Ponto's clock may be reckoned: its answers tell whole seconds.
CLOCK_TOLERANCE = timedelta(seconds=2)

#: After these nothing more is asked of the integration for now.
_NO_MORE = (PontoTransportError, PontoServerError, PontoRateLimitedError)


# === WHAT IS FETCHED === #


@dataclass
class AccountList:
    """The accounts of an integration, as they were listed.

    :ivar dict accounts: {identifier: `Account`}
    :ivar list answers: see `Recording`
    :ivar datetime listed_at: when that began at the earliest, by Ponto's clock
    :ivar int request_count: how many requests it took
    :ivar PontoError error: what came in place of the list, or of a part of it
    """

    accounts: dict
    answers: list = field(repr=False)
    listed_at: datetime
    request_count: int
    error: PontoError | None = None

    def is_from_before(self, page):
        """Tell whether the bank may have been read since the accounts were listed: what
        they tell of balances is then older than the transactions are.

        :param Page page: a head of a list
        :rtype: bool
        """
        return not page.synchronized_at or page.synchronized_at > self.listed_at

    def prepare_answers(self, owner=None, request_count=0):
        """Prepare what serves the list, or the error in its place.

        :param owner: see `Answers`
        :param int request_count: likewise
        :rtype: Answers
        """
        answers = Answers(owner, request_count)
        for each in self.answers:
            answers.add(*each)
        if self.error:
            answers.add_failure(self.error)
        return answers


def fetch_accounts(client):
    """Fetch the list of an integration's accounts.

    :param PontoClient client:
    :rtype: AccountList
    """
    began_at = client.now()
    recording = client.answers = Recording()
    accounts, error = {}, None
    try:
        accounts = {account.id: account for account in client.iter_accounts()}
    except PontoError as failure:
        error = failure
    # Too early costs a request; too late, and a balance older than the transactions
    # would pass for one of their moment.
    began_at -= CLOCK_TOLERANCE + (client.clock_difference or timedelta())
    count = client.request_count
    return AccountList(accounts, recording.answers, began_at, count, error)


def fetch_head(client, listed, account_id, owner=None, spent=0):
    """Fetch the newest transactions of an account.

    Balance and transactions have to be of one moment. Where the bank may have been read
    between the two, both are fetched once more.

    :param PontoClient client:
    :param AccountList listed: with this account
    :param str account_id:
    :param owner: see `Answers`
    :param int spent: how many requests before these count for this account
    :return: what serves the list of accounts, the account, and the head of its list
    :rtype: Answers
    """
    before = client.request_count
    recording = client.answers = Recording()
    error = None
    try:
        page = next(client.iter_transaction_pages(account_id))
        if listed.is_from_before(page):
            recording = client.answers = Recording()
            client.fetch_account(account_id)
            next(client.iter_transaction_pages(account_id))
    except PontoError as failure:
        error = failure
    answers = listed.prepare_answers(owner, spent + client.request_count - before)
    account = {"data": listed.accounts[account_id].document}
    answers.add(client.account_url(account_id), None, account)
    for each in recording.answers:
        answers.add(*each)
    answers.error = error
    return answers


# === SEVERAL AT A TIME === #


@dataclass(frozen=True)
class Task:
    """Something to fetch.

    :ivar mark: by which whoever wants it knows it
    :ivar make_client: callable returning a `PontoClient`, in whichever thread
    :ivar function: callable (client) that returns what was fetched
    :ivar float budget_s: seconds that it may take
    """

    mark: object
    make_client: object
    function: object
    budget_s: float


class Lanes:
    """Threads that fetch; few for each integration, and few in all.

    Tasks of one integration are begun in the order in which they were added, and those
    of the integration that was added first come first.

    :param int per_integration: how many threads an integration gets
    :param int in_all: how many there are
    """

    def __init__(self, per_integration=4, in_all=16):
        self.limits = per_integration, in_all
        self._lock = threading.Lock()
        self._waiting = {}
        self._running = {}
        self._outcomes = queue.SimpleQueue()

    def add(self, integration, tasks):
        """Let tasks be done as soon as there is a thread for them.

        :param integration: any hashable value
        :param list tasks: `Task` objects
        """
        with self._lock:
            self._waiting.setdefault(integration, deque()).extend(tasks)
        self._start()

    def take(self, timeout_s=None):
        """Take what was fetched.

        :param float timeout_s: how long to wait for it; 0 for not at all
        :return: the mark of a task, and what its function returned, or the `PontoError`
            that it raised; or None where it was not tried, or failed otherwise
        :rtype: tuple
        :raise queue.Empty: when nothing came
        """
        return self._outcomes.get(timeout_s != 0, timeout_s or None)

    def clear(self):
        """Begin none of the tasks that wait. What runs goes on to its end."""
        with self._lock:
            self._waiting.clear()

    def _start(self):
        per_integration, in_all = self.limits
        with self._lock:
            for integration, tasks in self._waiting.items():
                running = self._running.get(integration, 0)
                free = min(
                    per_integration - running,
                    in_all - sum(self._running.values()),
                    len(tasks),
                )
                for _number in range(free):
                    # Settled here, or another thread would begin with this task.
                    task = tasks.popleft()
                    self._running[integration] = self._running.get(integration, 0) + 1
                    threading.Thread(
                        target=self._work, args=(integration, task), daemon=True
                    ).start()

    def _work(self, integration, task):
        """Do a task, and further ones of the integration, with one connection."""
        client = None
        try:
            while task:
                outcome, client = self._do(task, client)
                self._outcomes.put((task.mark, outcome))
                is_silent = isinstance(_error_of(outcome), _NO_MORE)
                task = self._next(integration, is_silent)
        finally:
            if client:
                client.close()
            with self._lock:
                self._running[integration] -= 1
            self._start()

    def _do(self, task, client):
        """Return (outcome of a task, client to go on with or None)."""
        outcome = None
        try:
            client = client or task.make_client()
            client.deadline = Deadline(task.budget_s)
            outcome = task.function(client)
        except PontoError as error:
            outcome = error
        except Exception:
            # Whoever wanted it meets it again, where it can be told.
            _logger.exception("Something could not be fetched ahead")
        if client and (outcome is None or _error_of(outcome)):
            # Its connection may have been cut.
            client.close()
            client = None
        return outcome, client

    def _next(self, integration, is_silent):
        """Return the integration's next task, or None.

        :param bool is_silent: whether those that wait are not to be tried
        """
        with self._lock:
            tasks = self._waiting.get(integration)
            if is_silent:
                while tasks:
                    self._outcomes.put((tasks.popleft().mark, None))
            if tasks:
                return tasks.popleft()
            self._waiting.pop(integration, None)
            return None


def _error_of(outcome):
    """Return the `PontoError` that an outcome is, or tells of; or None."""
    if isinstance(outcome, PontoError):
        return outcome
    return getattr(outcome, "error", None)
