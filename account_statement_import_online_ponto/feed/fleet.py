# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Many feeds in one pass: what each needs first is fetched ahead, while others are
worked off, and several workers share them.

Threads fetch and touch nothing else. Everything that has to do with Odoo stays in the
thread of the scheduled action: it decides what to fetch, and gives each feed its turn
as soon as there is something for it. In its turn a feed is pulled as it always is, only
that Ponto's first answers are there already.
"""

import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field

from odoo import fields, sql_db

from ..ponto_api.ahead import Lanes
from ..ponto_api.breaker import Admission
from ..tools import read_number
from . import background, outage
from .fetched import Ahead, Fetched, prepare_heads, prepare_list
from .guard import attempt

#: System parameters with the number of requests at a time, for one integration and in
#: all, and what holds where they are missing.
PER_INTEGRATION_PARAMETER = (
    "account_statement_import_online_ponto.requests_per_integration"
)
PER_INTEGRATION = 4
IN_ALL_PARAMETER = "account_statement_import_online_ponto.requests_in_all"
IN_ALL = 16

#: For how many feeds something is being fetched, or held, at a time.
WINDOW = 32

#: How many feeds of an integration are claimed at a time.
CHUNK = 16

#: How many integrations are begun, at most, before the others have had their turns.
LISTS_AHEAD = 4

#: How much later than its deadline a request is given up that does not tell its end.
GRACE_S = 5

#: Its multiples, taken modulo 1, lie far from one another.
GOLDEN_RATIO = 0.6180339887

#: Namespace of PostgreSQL's advisory locks, "Ponf" in ASCII: one lock for each feed
#: that a worker has chosen.
FLEET = 0x506F6E66

#: What was fetched in a pass that Odoo cut off, for its next run in this process:
#: {(database, scheduled action): Fetched}
_CUT_OFF: dict[tuple[str, int], Fetched] = {}


def make_due_domain():
    """Make the domain of the feeds of Ponto that are to be pulled now."""
    return [
        ("service", "=", "ponto"),
        "|",
        ("next_run", "<=", fields.Datetime.now()),
        ("ponto_pull_ids.state", "=", "running"),
    ]


# === WHO WORKS ON IT === #


class Claims:
    """The feeds that this worker has chosen; no other of the database works on them.

    They are let go at the end of the ``with`` block, or with the process. They keep
    nobody from pulling a feed for a person.

    :param str dbname: name of the database
    """

    def __init__(self, dbname):
        self._dbname = dbname

    def __enter__(self):
        # Not the registry's: nothing is read or written here, and the lock must outlive
        # the transactions in which the feeds are pulled.
        self._cr = sql_db.db_connect(self._dbname).cursor()
        # Or a snapshot would be kept, and vacuuming with it.
        self._cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        return self

    def __exit__(self, *error):
        self._cr.close()

    def take(self, feed_ids):
        """Claim feeds without waiting.

        :param list feed_ids:
        :return: those that no other worker has (set of int)
        """
        self._cr.execute(
            "SELECT id FROM unnest(%s) AS id WHERE pg_try_advisory_xact_lock(%s, id)",
            [feed_ids, FLEET],
        )
        return {feed_id for (feed_id,) in self._cr.fetchall()}


# === TURNS === #


@dataclass
class _Group:
    """The feeds of one integration.

    :ivar deque waiting: of which it is not known whether another worker has them
    :ivar list claimed: for which nothing is fetched yet
    :ivar tuple breaker_key: see `outage.find_key`, once something is claimed
    :ivar bool is_last: whether they come after all others
    """

    integration_id: int
    waiting: deque = field(default_factory=deque)
    claimed: list = field(default_factory=list)
    breaker_key: tuple | None = None
    is_last: bool = False


def iter_turns(providers, lengthy):
    """Iterate over feeds that are due, in the order of their turns.

    A single one goes without all this.

    :param providers: the feeds
    :param lengthy: those of them that go on with something long, and come last
    :return: of each the feed; an `Ahead` or None; how many are left, with this one
    :rtype: generator of tuple
    """
    key = providers.env.cr.dbname, providers.env.context.get("cron_id")
    cut_off = _CUT_OFF.pop(key, None)
    if len(providers) < 2:
        if cut_off:
            _drop(cut_off, outage.get_breaker(providers.env))
        for provider in providers:
            yield provider, None, 1
        return
    providers = providers._ponto_begin_run()
    shares = providers._ponto_may_commit()
    fetched = cut_off or _make_fetched(providers)
    with ExitStack() as stack:
        claims = stack.enter_context(Claims(key[0])) if shares else None
        turns = _Turns(providers, lengthy, claims, fetched)
        is_over = False
        try:
            yield from turns
            is_over = True
        finally:
            if shares and not is_over:
                turns.leave()
                _CUT_OFF[key] = fetched
            else:
                turns.end()


def _make_fetched(providers):
    limits = [
        read_number(providers.env, parameter, default)
        for parameter, default in (
            (PER_INTEGRATION_PARAMETER, PER_INTEGRATION),
            (IN_ALL_PARAMETER, IN_ALL),
        )
    ]
    return Fetched(Lanes(*limits))


def _drop(fetched, breaker):
    """Begin nothing more, and wait for nothing more.

    :param Fetched fetched: what was begun
    """
    fetched.lanes.clear()
    for _owner, breaker_key, _moment in fetched.listing.values():
        breaker.note_nothing(*breaker_key)


class _Turns:
    """Which feed comes next, in one run of the scheduled action.

    :param providers: the feeds, in their turn of the scheduled action
    :param lengthy: those for which nothing is fetched ahead
    :param Claims claims: None where the transaction is the caller's, and is not shared
    :param Fetched fetched: of an earlier run, or empty
    """

    def __init__(self, providers, lengthy, claims, fetched):
        self._fetched = fetched
        self._providers = providers.browse()
        self._breaker = outage.get_breaker(providers.env)
        self._claims = claims
        #: {feed id: `Ahead` or None} of those that can have a turn now.
        self._ready = {}
        #: Claimed feeds for which something is being fetched.
        self._awaited = set()
        groups = {}
        for provider in providers - lengthy:
            integration_id = provider.sudo().ponto_integration_id.id
            group = groups.setdefault(integration_id, _Group(integration_id))
            group.waiting.append(provider.id)
        self._groups = self._rotate(list(groups.values()))
        # Those that failed come last, or they would stop the others in each pass.
        self._groups.sort(key=lambda each: self._breaker.get_rank(each.integration_id))
        self._groups.append(_Group(False, deque(lengthy.ids), is_last=True))
        ids = [feed_id for group in self._groups for feed_id in group.waiting]
        self._position = {feed_id: number for number, feed_id in enumerate(ids)}
        #: Those that still have to have a turn.
        self._left = set(ids)
        fetched.drop_stale(self._left)

    def _rotate(self, groups):
        """Let each worker begin elsewhere, so that few share an integration."""
        cron_id = self._providers.env.context.get("cron_id") or 0
        fraction = cron_id * GOLDEN_RATIO % 1
        start = int(fraction * len(groups))
        return groups[start:] + groups[:start]

    def __iter__(self):
        while self._groups or self._ready or self._awaited:
            self._collect()
            self._begin()
            if self._ready:
                feed_id = min(self._ready, key=self._position.get)
                ahead = self._ready.pop(feed_id)
                yield self._providers.browse(feed_id), ahead, len(self._left)
                self._left.discard(feed_id)
            elif self._is_asking():
                self._collect(self._get_budget_s() + GRACE_S)
                if self._claims:
                    # The next turn begins with what holds by then.
                    self._commit()

    def leave(self):
        """Leave what is there to the next run."""
        held = {key: ahead for key, ahead in self._ready.items() if ahead}
        self._fetched.heads.update(held)

    def end(self):
        """Begin nothing more."""
        _drop(self._fetched, self._breaker)

    def _commit(self):
        cron = self._providers.env["ir.cron"]
        cron._commit_progress(remaining=len(self._left))

    # === WHAT CAME === #

    def _is_asking(self):
        return bool(self._fetched.listing or self._fetched.fetching)

    def _collect(self, timeout_s=0):
        for breaker_key, listed in self._fetched.collect(timeout_s):
            if not listed:
                self._breaker.note_nothing(*breaker_key)
            elif not listed.error:
                self._breaker.note_answer(*breaker_key)
            # What went wrong is told in the turn of a feed that it concerns.
        for feed_id in self._awaited & self._fetched.heads.keys():
            self._awaited.discard(feed_id)
            self._ready[feed_id] = self._fetched.heads.pop(feed_id)

    # === WHAT IS BEGUN === #

    def _get_budget_s(self):
        """Return for how many seconds one feed may wait for Ponto (float)."""
        return max(0.0, self._providers._ponto_get_feed_budget_s())

    def _begin(self):
        """Begin to fetch what there is room for."""
        if not self._providers._ponto_has_time_to_ask():
            # The caller sees that in the next turn.
            self._ready.update(dict.fromkeys(self._left - self._ready.keys()))
            return
        for group in list(self._groups):
            room = WINDOW - len(self._ready) - len(self._awaited)
            if room <= 0 or not self._begin_group(group, room):
                return

    def _begin_group(self, group, room):
        """Begin with the next feeds of an integration.

        :param int room: for how many
        :return: whether to begin with the next integration, too
        :rtype: bool
        """
        if group.is_last and (len(self._groups) > 1 or self._ready or self._awaited):
            return False
        listing = self._fetched.listing
        listed = self._fetched.lists.get(group.integration_id)
        if group.integration_id in listing or (
            not listed and len(listing) >= LISTS_AHEAD
        ):
            return True
        if not group.claimed and group.waiting:
            self._claim(group)
        if not group.claimed:
            if not group.waiting:
                self._groups.remove(group)
                self._fetched.lists.pop(group.integration_id, None)
            return True
        return self._begin_claimed(group, room)

    def _begin_claimed(self, group, room):
        """Begin with feeds of an integration that are claimed; see `_begin_group`."""
        listed = self._fetched.lists.get(group.integration_id)
        if listed and listed[0] and listed[0].error:
            # Nothing is asked; it is noted in the turn in which it is told.
            self._begin_heads(group, room)
            return True
        admission = self._breaker.admit(*group.breaker_key)
        if admission == Admission.WAIT:
            # Whoever was asked first may find that nobody is to be asked.
            if not (self._is_asking() or self._ready):
                self._let_go(group, 1)
            return False
        if admission == Admission.PUT_OFF:
            self._let_go(group, room)
        elif listed:
            self._begin_heads(group, room)
        else:
            self._begin_list(group)
        return True

    def _claim(self, group):
        """Claim the next feeds of an integration. Those that others have, or have done,
        are left to them."""
        size = min(1 if group.is_last else CHUNK, len(group.waiting))
        chunk = [group.waiting.popleft() for _number in range(size)]
        kept, taken = chunk, set()
        if self._claims:
            own = self._claims.take(chunk)
            taken = set(chunk) - own
            # What others have done meanwhile is seen from now on.
            self._commit()
            domain = [("id", "in", list(own)), *make_due_domain()]
            kept = self._providers.search(domain).ids
            kept.sort(key=self._position.get)
        self._left -= set(chunk) - set(kept)
        if taken:
            background.come_back_if_running(self._providers.browse(taken))
        if self._claims and (taken or not kept):
            # No turn of theirs tells the scheduler that they are not left.
            self._commit()
        providers = self._providers.browse(kept)
        found = None
        if providers and not group.is_last:
            # The others report in their turn what is wrong with them.
            found = attempt(
                providers[0], self._find_profiting, providers, group.integration_id
            )
        breaker_key, profiting = found or (None, [])
        if profiting:
            group.breaker_key = breaker_key
        for feed_id in kept:
            if feed_id not in profiting:
                self._ready[feed_id] = None
            elif feed_id in self._fetched.heads:
                self._ready[feed_id] = self._fetched.heads.pop(feed_id)
            elif feed_id in self._fetched.fetching:
                self._awaited.add(feed_id)
            else:
                group.claimed.append(feed_id)

    def _find_profiting(self, providers, integration_id):
        """Find the feeds that are read from the head of their list on, in one session,
        and with codes that are in use.

        :return: the breaker's key, see `outage.find_key`, and the identifiers of the
            feeds (list); None where the integration is not the feeds', or not ready
        :rtype: tuple or None
        """
        integration_sudo = providers.sudo().ponto_integration_id
        if (
            integration_sudo.ids != [integration_id]
            or integration_sudo.entered_secret_ciphertext
            or not integration_sudo._is_connected()
        ):
            return None
        running = providers.env["ponto.pull"].sudo()._find_running(providers)
        profiting = [
            provider.id
            for provider in providers - running.provider_id
            if not (provider.ponto_read_until or provider.sudo().ponto_stop_ids)
        ]
        return outage.find_key(providers[0]), profiting

    def _let_go(self, group, count):
        """Let feeds have their turns with nothing fetched."""
        self._ready.update(dict.fromkeys(group.claimed[:count]))
        del group.claimed[:count]

    def _begin_list(self, group):
        """Begin to list the accounts of an integration."""
        provider = self._providers.browse(group.claimed[0])
        prepared = attempt(provider, prepare_list, provider, group.integration_id)
        if not prepared:
            self._breaker.note_nothing(*group.breaker_key)
            self._let_go(group, len(group.claimed))
            return
        owner, task = prepared
        moment = time.monotonic()
        self._fetched.listing[group.integration_id] = owner, group.breaker_key, moment
        self._fetched.lanes.add(group.integration_id, [task])

    def _begin_heads(self, group, room):
        """Begin to fetch the heads of some accounts' lists."""
        listed, owner, moment = self._fetched.lists[group.integration_id]
        providers = self._providers.browse(group.claimed[:room])
        prepared = listed and attempt(
            providers[0], prepare_heads, providers, listed, owner
        )
        if not prepared:
            # List the accounts anew: the credentials may have changed.
            del self._fetched.lists[group.integration_id]
            self._let_go(group, len(group.claimed))
            return
        # Its requests are counted: for the first of these feeds.
        listed.request_count = 0
        del group.claimed[:room]
        for feed_id, state, answers, task in prepared:
            if task:
                self._fetched.fetching[feed_id] = Ahead(state)
                self._awaited.add(feed_id)
            else:
                self._ready[feed_id] = Ahead(state, answers, moment)
        tasks = [task for _id, _state, _answers, task in prepared if task]
        self._fetched.lanes.add(group.integration_id, tasks)
