# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is fetched for feeds before their turns: how it is asked for, and until when it
may be used."""

import queue
import time
from dataclasses import dataclass, field
from functools import partial

from odoo.exceptions import LockError, UserError

from ..exceptions import FeedError
from ..ponto_api import PontoError
from ..ponto_api.ahead import (
    AccountList,
    Lanes,
    Task,
    fetch_accounts,
    fetch_head,
)
from ..ponto_api.replay import Answers
from .account_choice import choose_account, is_still_right
from .outage import SHARED_FAILURES

#: For how long something may be held, in seconds. What is older is fetched again.
LIFETIME_S = 60

# === UNTIL WHEN IT MAY BE USED === #


@dataclass(eq=False)
class Ahead:
    """What was fetched for a feed before its turn.

    :ivar tuple state: of the feed, before it was fetched, see `read_state`
    :ivar Answers answers: None until they are there, and after they were used
    :ivar float fetched_at: seconds of `time.monotonic` when it was begun
    :ivar bool is_used: whether the turn that goes on has taken the answers
    """

    state: tuple
    answers: Answers | None = None
    fetched_at: float = field(default_factory=lambda: time.monotonic())
    is_used: bool = False

    def take(self, provider):
        """Take the answers, once, unless they are too old.

        :param provider: the feed in its turn, claimed
        :return: None where Ponto has to be asked
        :rtype: Answers or None
        """
        answers, self.answers = self.answers, None
        if _is_old(self.fetched_at) or read_state(provider) != self.state:
            return None
        self.is_used = answers is not None
        return answers

    def is_good(self, provider):
        """Tell whether there are answers to take, and none of them is an error.

        :param provider: the feed in its turn
        :rtype: bool
        """
        return (
            self.answers is not None
            and self.answers.error is None
            and not _is_old(self.fetched_at)
            and read_state(provider) == self.state
        )

    def check(self, provider):
        """Check that nobody has pulled the feed since: a list that is older than what
        the register knows would pass for one from which something is gone.

        :param provider: the feed, which has just been locked
        :raise LockError: when somebody has
        """
        is_used, self.is_used = self.is_used, False
        if is_used and provider.ponto_generation != self.state[0] + 1:
            raise LockError(provider.env._("The feed is being fetched already."))


def read_state(provider):
    """Return what the reading of a feed depends on: which pulls it had, and the account
    that its journal stands for (tuple)."""
    return (
        provider.ponto_generation,
        provider.account_number,
        provider.ponto_currency_id.name,
    )


def _is_old(moment):
    """Tell whether what was begun at some moment may no longer be used (bool)."""
    return time.monotonic() - moment > LIFETIME_S


class Fetched:
    """What a pass has fetched, and is fetching.

    :ivar dict lists: {integration id: (`AccountList`, or None where that was not tried
        or is too old; by which codes; when it was begun)}
    :ivar dict listing: {integration id: (by which codes, the breaker's key, when it was
        begun)} of those that are being listed
    :ivar dict heads: {feed id: `Ahead`} of what waits for a turn
    :ivar dict fetching: {feed id: `Ahead`} of what is being fetched
    """

    def __init__(self, lanes):
        self.lanes = lanes
        self.lists, self.listing = {}, {}
        self.heads, self.fetching = {}, {}

    def collect(self, timeout_s=0):
        """Take over what the threads have fetched since.

        :param float timeout_s: how long to wait for the first of it
        :return: the breaker's keys of the integrations that were asked for their
            accounts, and what came of it: an `AccountList`, or None
        :rtype: list of tuple
        """
        listed = []
        while self.listing or self.fetching:
            try:
                (kind, key), outcome = self.lanes.take(timeout_s)
            except queue.Empty:
                if timeout_s:
                    self._give_up()
                break
            timeout_s = 0
            if kind == "accounts":
                owner, breaker_key, moment = self.listing.pop(key)
                if _is_old(moment) or not isinstance(outcome, AccountList):
                    outcome = None
                self.lists[key] = outcome, owner, moment
                listed.append((breaker_key, outcome))
            elif ahead := self.fetching.pop(key, None):
                ahead.answers = outcome if isinstance(outcome, Answers) else None
                self.heads[key] = ahead
        return listed

    def _give_up(self):
        """Stop waiting: each feed asks Ponto itself in its turn."""
        self.lanes = Lanes(*self.lanes.limits)
        for key, (owner, _breaker_key, moment) in self.listing.items():
            self.lists[key] = None, owner, moment
        self.heads.update(self.fetching)
        self.listing.clear()
        self.fetching.clear()

    def drop_stale(self, feed_ids):
        """Drop what is too old, or of no use any more.

        :param feed_ids: the feeds that have no turn yet
        """
        self.lists = {
            key: each for key, each in self.lists.items() if not _is_old(each[2])
        }
        self.heads = {
            key: ahead
            for key, ahead in self.heads.items()
            if key in feed_ids and not _is_old(ahead.fetched_at)
        }


# === WHAT TO FETCH === #


def prepare_list(provider, integration_id):
    """Prepare the task of listing an integration's accounts.

    :param provider: a feed of the integration, if it is that still
    :return: by which codes (str), and the `Task`; None where it cannot be made
    :rtype: tuple or None
    """
    if provider.sudo().ponto_integration_id.id != integration_id:
        return None
    owner, make_task = _make_task_maker(provider)
    if not make_task:
        return None
    return owner, make_task(("accounts", integration_id), fetch_accounts)


def prepare_heads(providers, listed, owner):
    """Prepare the tasks of fetching the heads of some accounts' lists.

    :param providers: feeds of one integration
    :param AccountList listed: what it offers; its requests count for the first feed
    :param str owner: by which codes that was listed
    :return: for each feed its identifier, its state, the `Answers` that are known, or
        else the `Task`; nothing where the codes are others now, or where only the list
        cannot be read: few feeds need it
    :rtype: list of tuple
    """
    present_owner, make_task = _make_task_maker(providers[0])
    if not make_task or present_owner != owner:
        return []
    if listed.error and not isinstance(listed.error, SHARED_FAILURES):
        return []
    prepared = []
    spent = listed.request_count
    for provider in providers:
        state = read_state(provider)
        account = None if listed.error else _choose_account(provider, listed)
        if account is None:
            # The list, or its error, says all there is to say.
            answers, task = listed.prepare_answers(owner, spent), None
        else:
            fetch = partial(
                fetch_head,
                listed=listed,
                account_id=account.id,
                owner=owner,
                spent=spent,
            )
            answers, task = None, make_task(("head", provider.id), fetch)
        prepared.append((provider.id, state, answers, task))
        spent = 0
    return prepared


def _make_task_maker(provider):
    """Make the factory of an integration's tasks.

    :param provider: a feed of the integration
    :return: by which codes (str), and a callable (mark, function) that returns a
        `Task`; two times None where the codes cannot be used
    :rtype: tuple
    """
    integration_sudo = provider.sudo().ponto_integration_id
    try:
        factory = integration_sudo._get_client_factory()
    except (PontoError, UserError):
        # Each feed reports it in its turn.
        return None, None
    patience = provider._ponto_begin_waiting()
    make_client = partial(factory.make_client, max_retries=patience["max_retries"])
    budget_s = patience["deadline"].remaining_s

    def make_task(mark, function):
        return Task(mark, make_client, function, budget_s)

    return factory.owner, make_task


def _choose_account(provider, listed):
    """Choose the account that the feed will choose, as far as can be told now.

    :param AccountList listed: what the integration offers
    :return: an `Account`, or None
    """
    account = listed.accounts.get(provider.ponto_account_id)
    if account and is_still_right(provider, account):
        return account
    try:
        return choose_account(provider, list(listed.accounts.values()), None)
    except FeedError:
        return None
