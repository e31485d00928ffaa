# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One run of a pull: its lock, its client, its time and its steps."""

import time
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from itertools import chain

from odoo import fields

from ..engine.listing import find_missing, tell_gone
from ..engine.traits import find_candidates
from ..exceptions import FeedError
from ..ponto_api import PontoDeadlineError, PontoNotFoundError
from . import background
from .account_choice import fetch_account, record_account
from .progress import Progress
from .register import Register
from .registered import with_later_identifiers
from .synchronization import judge_recent, synchronize

#: How long requests may take while a feed is locked, in seconds. What is done with the
#: answers does not count: it would be undone, and take as long the next time.
LOCKED_DEADLINE_S = 8

#: If Ponto was waited for no longer than this, in seconds, settings are not read again:
#: enough for a list that was fetched ahead, too short for somebody to save a setting.
PROMPT_S = 0.2

#: About how many transactions Ponto is asked of which nobody knows whether they are
#: still listed.
MOST_ASKED = 10


class PullSession:
    """One run of a pull, and what it gets to know of Ponto's list.

    :ivar provider: the feed, in sudo mode
    :ivar pull: the `ponto.pull`, in sudo mode; None for a new one, until it is begun
    :ivar Period period: the days to import, or None for all that is new
    :ivar chosen: what of these days somebody has chosen in a preview, or None for all
        of it: {Ponto's identifier: verdict that was shown}
    :ivar client: the `PontoClient`, for as long as the session is open
    :ivar account: the `ponto_api.Account` that is read, once the session is open
    :ivar Progress progress: how far it has come, once the session is open
    :ivar walk: the `engine.listing.Walk` that came to an end, if one did
    :ivar set served_ids: Ponto's identifiers of what it listed
    :ivar str last_id: that of the last one before what is read next, or None
    :ivar synchronized_at: when Ponto last read transactions at the bank, if it says
    """

    def __init__(
        self,
        provider,
        period=None,
        *,
        chosen: Mapping[str, str] | None = None,
        refresh=False,
        pull=None,
        budget_s=None,
    ):
        """Prepare a session.

        :param bool refresh: whether to ask the bank for news first
        :param float budget_s: after how many seconds to end with the next step, or None
        """
        self.provider = provider.sudo()
        self.env = self.provider.env
        self.period, self.chosen = period, chosen
        self.pull = pull and pull.sudo()
        self._is_resumed = bool(pull)
        self._refresh = refresh
        self._ends_at = time.monotonic() + (
            float("inf") if budget_s is None else budget_s
        )
        self.register = Register(self.provider)
        self.walk = None
        self.served_ids = set()
        self.last_id = None
        self._texts = {}
        #: When the transaction began, on a clock that nobody sets.
        self._began_at = None
        self.synchronized_at = None
        #: Keys of those of which Ponto has told that they are gone: for good.
        self._gone_keys = set()
        #: Identifiers that Ponto did not list, but still has.
        self._present_ids = set()
        #: Whether some identifier was found to be gone.
        self._is_relinked = False

    # === FROM BEGINNING TO END === #

    @contextmanager
    def open(self):
        """Begin: log in, find the account, read the head of its list, and then take the
        lock. So nobody waits for the feed while it waits for Ponto.

        :raise LockError: when another pull of this feed is running
        :raise PontoError: when Ponto cannot be read
        :raise FeedError: when the configuration cannot work
        """
        provider = self.provider
        self._began_at = time.monotonic()
        self.check_configuration()
        provider._ponto_claim()
        started_at = fields.Datetime.now()
        entered = provider.ponto_integration_id.entered_secret_ciphertext
        with (
            provider._ponto_get_client() as self.client,
            self._keeping_on_error(started_at, entered),
        ):
            self.account = fetch_account(provider, self.client)
            message, is_late = None, False
            if self._refresh:
                message, is_late = synchronize(provider, self.client, self.account)
                self.account = fetch_account(provider, self.client)
            pages = self.client.iter_transaction_pages(self.account.id)
            head = next(pages)
            if is_late is None:
                message, _is_late = judge_recent(provider, self.account, head)
            if self.client.answers:
                # What is older than the head must not pass for news of it.
                self.client.answers.forget_rest()
            self._head_pages = chain([head], pages)
            self.lock_after_waiting()
            if ahead := provider._ponto_get_ahead():
                ahead.check(provider)
            if not provider._ponto_may_commit():
                # The lock stays until the end, whatever else is read.
                self.client.deadline.count_waits(LOCKED_DEADLINE_S)
            provider.ponto_integration_id._record_acceptance()
            if not self.pull:
                self.pull = self.env["ponto.pull"]._start(
                    provider, self.period, started_at
                )
            if message:
                self.pull._add_message(message)
            record_account(provider, self.account)
            provider.ponto_linked_account_id._record_page(head)
            self.pull.generation = provider.ponto_generation
            request_count = self.pull.request_count
            self.progress = Progress(self.pull, provider._ponto_get_today())
            yield
            self.pull.request_count = request_count + self.client.request_count

    @contextmanager
    def _keeping_on_error(self, started_at, entered):
        """Let an error, which undoes what a pull has kept, take along since when and
        how often Ponto was asked, and what it said of the secret.

        :param str entered: the secret that was to be tried, encrypted, if there was one
        """
        integration = self.provider.ponto_integration_id
        is_tried = entered and entered != integration.entered_secret_ciphertext
        verdict = (entered, not integration.refused_at) if is_tried else None
        started_at = self.pull.started_at if self.pull else started_at
        count = self.pull.request_count if self.pull else 0
        try:
            yield
        except Exception as error:
            error.ponto_measures = {
                "started_at": started_at,
                "request_count": count + self.client.request_count,
            }
            error.ponto_verdict = verdict
            raise

    def check_configuration(self):
        """Check what would otherwise fail half-way.

        :raise FeedError: with the next step
        """
        journal = self.provider.journal_id
        obstacles = {
            "feed_archived": not self.provider.active,
            "journal_archived": not journal.active,
            "no_suspense_account": not journal.suspense_account_id,
        }
        for code, stands_in_the_way in obstacles.items():
            if stands_in_the_way:
                raise FeedError(self.env, code, journal=journal.name)

    # === STEPS === #

    def commit_step(self, relock=True):
        """Commit what was done so far, and take the lock again.

        Somebody else may take over in between; nothing is lost by that.

        :param bool relock: whether the feed is to be locked again; else nobody else may
            pull it, that is all
        :return: whether to go on: there is time, and nobody has stopped the feed
        :rtype: bool
        :raise LockError: when somebody else took over
        """
        provider = self.provider
        if not provider._ponto_may_commit():
            return not self.is_time_over()
        background.notify_progress(provider)
        # A step of a feed is progress, though no feed is finished by it.
        remaining = provider._ponto_get_run().remaining
        time_left = self.env["ir.cron"]._commit_progress(1, remaining=remaining)
        self._began_at = time.monotonic()
        provider._ponto_claim()
        if relock:
            provider._ponto_lock()
        is_over = not time_left or self.is_time_over()
        return not is_over and not provider.ponto_stop_ids

    def lock_after_waiting(self):
        """Take the feed's lock, which nobody held while Ponto was waited for.

        :raise LockError: when another transaction pulls this feed
        """
        provider = self.provider
        has_waited = time.monotonic() - self._began_at > PROMPT_S
        if has_waited and provider._ponto_may_commit():
            # Settings may have been saved meanwhile: they count from here on. Where the
            # wait was short, the lock itself finds that, and the pull is repeated.
            remaining = provider._ponto_get_run().remaining
            self.env["ir.cron"]._commit_progress(remaining=remaining)
            provider._ponto_claim()
        provider._ponto_lock()

    def is_time_over(self):
        """Tell whether whoever waits has waited long enough (bool)."""
        return time.monotonic() > self._ends_at

    def add_counts(self, **counts):
        """Add to the pull's counters."""
        if any(counts.values()):
            self.pull._add_counts(counts)

    # === PONTO'S LIST === #

    def iter_pages(self, after=None):
        """Return an iterator over the pages of Ponto's list.

        :param str after: identifier of the transaction to start behind
        :return: `ponto_api.Page` objects; each is fetched when asked for, except the
            first of all, and what was begun before
        :rtype: iterator
        """
        self.last_id = after
        pages, self._head_pages = self._head_pages, None
        if pages is None or after:
            pages = self.client.iter_transaction_pages(self.account.id, after=after)
        return pages

    def add_page(self, page):
        """Remember what Ponto listed.

        :param page: a `ponto_api.Page`
        """
        self.synchronized_at = page.synchronized_at
        self.served_ids.update(record.id for record in page.records)
        if not self.pull.newest_identifier and page.records:
            self.pull.newest_identifier = page.records[0].id

    def remember_texts(self, entries):
        """Remember what the period's transactions say, for whoever looks at them: the
        register keeps no texts of what is not to be imported.

        :param entries: `Entry` objects
        """
        for entry in entries:
            if self.period and (entry.day is None or entry.day in self.period):
                self._texts[entry.ponto_id] = entry.label, entry.counterpart_name

    def get_texts(self, record):
        """Return label and counterpart of a transaction, as far as anything tells them.

        :param record: a `ponto.transaction` record
        :rtype: tuple
        """
        line = record.statement_line_id
        told = record.payment_ref, record.counterpart_name
        if not record.payment_ref and line:
            told = line.payment_ref, line.partner_name
        for each in with_later_identifiers(record):
            if not told[0]:
                told = self._texts.get(each.ponto_id, told)
        return told

    def find_covered_after(self):
        """Find the day after which all was read that Ponto lists, in this session or,
        where this goes on with what another has begun, before it.

        :rtype: date or None
        """
        if self.period:
            return self.walk and self.walk.covered_after
        return self.provider.ponto_covered_after or None

    # === WHAT PONTO HAS GIVEN UP === #

    @property
    def is_relinked(self):
        """Whether the account was linked anew at some time, as far as is known: there
        are transactions under identifiers that are gone."""
        return self._is_relinked or self.provider.ponto_is_relinked

    def ask_whether_relinked(self):
        """Tell whether the account was linked anew at some time, whether it has another
        identifier or not.

        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        if self.is_relinked:
            return True
        newest = None
        if self._is_resumed:
            # The account may have been linked anew between two runs of this pull.
            newest = self.register.find_newest_of_first_run(self.pull)
        newest = newest or self.register.find_newest(not_of=self.pull)
        return bool(newest) and self.ask_whether_gone(newest)

    def ask_whether_replaced(self, new, known):
        """Tell whether Ponto has given up the identifier of a transaction though the
        account was not linked anew: it may list the same under another one.

        What this session saw listed needs no question. Where it has read from the
        newest on, what ranks before the last one that it saw should have been listed:
        it is asked about. What ranks behind that, or was to be read by a session that
        was interrupted, may be listed or not: a few are asked about.

        :param new: `Known` transactions that may be the same
        :param known: what was read before of their amounts and around their days
        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        unlisted = [each for each in known if each.ponto_id not in self.served_ids]
        if not unlisted:
            return False
        read_now, missing = [], []
        if self.walk and self.walk.is_from_head:
            created = self.register.created_keys
            read_now = [each for each in new if each.key in created]
        if read_now:
            last_rank = None
            if not self.walk.is_complete:
                last = self.register.search([("ponto_id", "=", self.last_id)])
                last_rank = int(last.list_rank)
            missing = find_missing(unlisted, last_rank)
        candidates = find_candidates(read_now, missing)
        read_before = _without(new, read_now)
        candidates += find_candidates(read_before, unlisted)[:MOST_ASKED]
        if any(map(self.ask_whether_gone, candidates)):
            return True
        # Of the many of one amount that are behind, what has nothing else in common is
        # not worth a request; nor is the rest worth a pull that fails for want of time.
        behind = _without(unlisted, missing)
        candidates = find_candidates(read_now, behind, are_alike=True)[:MOST_ASKED]
        with suppress(PontoDeadlineError):
            return any(map(self.ask_whether_gone, candidates))
        return False

    def ask_whether_gone(self, known):
        """Tell whether Ponto no longer has a transaction under its identifier.

        What Ponto answers is remembered, see `write_answers`.

        :param Known known: what was read earlier
        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        is_gone = self.ask_whether_withdrawn(known)
        self._is_relinked = self._is_relinked or is_gone
        return is_gone

    def ask_whether_withdrawn(self, known):
        """Tell the same of what was announced, and may have been taken back before its
        day: that tells nothing of a new link.

        :param Known known: what was read earlier
        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        is_gone = self.tell_whether_gone(known)
        if is_gone is None:
            is_gone = not self.fetch_again(known)
        return is_gone

    def tell_whether_gone(self, known):
        """Tell the same without a request.

        :param Known known: what was read earlier
        :return: None where Ponto has to be asked
        :rtype: bool or None
        """
        if known.ponto_id in self._present_ids:
            return False
        return known.key in self._gone_keys or tell_gone(
            known,
            self.provider.ponto_account_id or None,
            self.served_ids,
            bool(self.walk and self.walk.is_complete),
        )

    def fetch_again(self, known):
        """Fetch a transaction that was not listed.

        :param Known known: what was read earlier, under the present account
        :return: None where Ponto has given up its identifier
        :rtype: ponto_api.Transaction or None
        :raise PontoError: when Ponto cannot be asked
        """
        account_id = self.provider.ponto_account_id
        try:
            transaction = self.client.fetch_transaction(account_id, known.ponto_id)
        except PontoNotFoundError as error:
            if not error.tells_gone("transaction"):
                raise
            self._gone_keys.add(known.key)
            return None
        self._present_ids.add(known.ponto_id)
        return transaction

    def forget(self, records):
        """Remove transactions from the register, and what was found out about them.

        :param records: `ponto.transaction` records that have no line
        """
        self._gone_keys.difference_update(records.ids)
        records.unlink()

    def write_answers(self):
        """Write what Ponto has told of its identifiers, so that nobody asks again.

        :return: of how many it has told since the session began that they are gone
        :rtype: int
        """
        self.register.mark_gone(self._gone_keys)
        if self._is_relinked and not self.provider.ponto_is_relinked:
            self.provider.ponto_is_relinked = True
        return len(self._gone_keys)


def _without(known, left_out):
    """Return those of some `Known` transactions that are not among others (list)."""
    keys = {each.key for each in left_out}
    return [each for each in known if each.key not in keys]
