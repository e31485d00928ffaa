# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
from contextlib import contextmanager
from itertools import chain

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError

from ..ponto_api import PontoError, PontoRateLimitedError
from ..texts import explain
from ..tools import ScheduledRun
from .online_bank_statement_provider_patience import LOCKED_DEADLINE_S
from .online_bank_statement_provider_synchronization import LATER_MINUTES
from .ponto_listing import Listing

_logger = logging.getLogger(__name__)


class OnlineBankStatementProvider(models.Model):
    """Pulling: read what Ponto lists, register it, make statement lines of it.

    A pull has two parts. *Reading* goes through Ponto's list from the newest
    transaction back, page by page, and registers what it sees. *Importing* turns what
    was registered as new into statement lines, the oldest first, so that at any moment
    the journal is complete up to some day. Both go on where they stopped: the register
    tells what was read, and its state what is still to import.
    """

    _inherit = "online.bank.statement.provider"

    ponto_pull_step = fields.Integer(
        readonly=True,
        copy=False,
        help="Changes whenever a pull takes the feed's lock: what began earlier on the "
        "server then fails, instead of working with what it saw before.",
    )

    # === ENTRY POINTS === #

    def _pull(self, date_since, date_until):
        """Override of `account_statement_import_online`.

        Ponto has no list by date, so its providers do not go through the base's loop
        over statement periods. Everything the base promises holds: a debug pull writes
        nothing and returns the raw transactions, a scheduled one never raises.

        :param datetime date_since: first moment, naive, in UTC
        :param datetime date_until: last moment, naive, in UTC; whole days are pulled,
            both ends included
        :return: the raw transactions of a debug pull (list)
        """
        ponto_providers = self.filtered(lambda provider: provider.service == "ponto")
        data = super(OnlineBankStatementProvider, self - ponto_providers)._pull(
            date_since, date_until
        )
        for provider in ponto_providers:
            provider = provider.with_company(provider.company_id)
            if self.env.context.get("account_statement_online_import_debug"):
                provider._ponto_check_may_pull()
                window = provider._ponto_get_window(date_since, date_until)
                with provider._ponto_explaining_errors():
                    data += provider._ponto_fetch_documents(window)
            elif self.env.context.get("scheduled"):
                provider._ponto_begin_run()._ponto_pull_scheduled(is_due=True)
            else:
                window = provider._ponto_get_window(date_since, date_until)
                provider._ponto_pull_for_user(window)
        return data

    @api.model
    def _scheduled_pull(self):
        """Override of `account_statement_import_online` for the scheduled action.

        Ponto's providers come first, each in transactions of its own, so that none can
        stop or undo another, and among them those first that do not go on with
        something long. The base takes care of the other services.
        """
        due = self.search_fetch(
            [
                ("service", "=", "ponto"),
                "|",
                ("next_run", "<=", fields.Datetime.now()),
                ("ponto_pull_ids.state", "=", "running"),
            ]
        )
        if len(due) > 1:
            lengthy = due._ponto_get_running_pulls().provider_id
            due = (due - lengthy) + lengthy
        for remaining in range(len(due), 0, -1):
            provider = due[-remaining]
            provider = provider.with_company(provider.company_id).with_context(
                scheduled=True,
                lang=provider.ponto_language,
                tracking_disable=True,
            )
            provider = provider._ponto_begin_run(remaining)
            if not provider._ponto_has_time_to_ask():
                break
            is_done = provider._ponto_is_put_off() or provider._ponto_pull_scheduled()
            if not is_done:
                # What is left keeps the action running: the scheduler comes back, and
                # is woken up, because somebody may look at the progress bar.
                self._ponto_trigger_pull()
                break
            if remaining == 1:
                self._ponto_get_breaker().end_pass()
            if not provider._ponto_may_commit():
                continue
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining - 1):
                break
        return super(
            OnlineBankStatementProvider, self.with_context(ponto_pulled=True)
        )._scheduled_pull()

    def _adjust_schedule(self):
        """Override of `account_statement_import_online`: Ponto's providers have had
        their turn, and one that is being pulled elsewhere must not be written on."""
        if self.service != "ponto":
            return super()._adjust_schedule()

    def _ponto_pull_scheduled(self, is_due=False):
        """Go on with what was begun, and pull what is new. What goes wrong becomes a
        state of the provider.

        :param bool is_due: whether to pull what is new, whatever the schedule says
        :return: whether the provider is done with; else the time was over before (bool)
        """
        self.ensure_one()
        if self.env.context.get("ponto_pulled"):
            return True
        retry_after_s = None
        try:
            with self._ponto_undoing_on_error():
                if self._ponto_is_at_rest():
                    return True
                with self._ponto_telling_breaker():
                    is_finished = self._ponto_pull_all(is_due)
        except LockError:
            _logger.info("Provider %s is being pulled already", self.id)
            return True
        except (TransactionRollbackError, LockNotAvailable):
            # Another transaction changed the same rows first: the next run repeats it.
            _logger.info("Provider %s was changed during its pull", self.id)
            self._ponto_trigger_pull(in_minutes=1)
            return True
        except Exception as error:
            is_finished = True
            retry_after_s = getattr(error, "retry_after_s", None)
            self.sudo()._ponto_keep_failure(error)
            if isinstance(error, PontoRateLimitedError) and retry_after_s:
                self._ponto_slow_down_others(retry_after_s)
        if is_finished:
            self.sudo()._ponto_schedule_next_run(retry_after_s)
        return is_finished

    def _ponto_pull_all(self, is_due=False):
        """Pull what is still running, and then, if that is due, what is new.

        :param bool is_due: whether to pull what is new, whatever the schedule says
        :return: whether it came to an end before the time was over (bool)
        """
        is_due = is_due or self.next_run <= fields.Datetime.now()
        for pull in self._ponto_get_running_pulls():
            window = pull._get_window()
            state = self._ponto_pull(window, pull=pull).state
            if state != "done":
                return state == "stopped"
            if not self._ponto_commit_step():
                return False
            is_due = is_due and bool(window)
        return not is_due or self._ponto_pull().state != "running"

    def _ponto_pull_for_user(self, window, refresh=False):
        """Pull for a person who asked for it. What takes too long to wait for goes on
        in the background.

        :param Window window: the days to pull; None for all that is new
        :param bool refresh: whether to ask the bank for news first
        :return: the `ponto.pull`, in sudo mode: done, or running in the background
        :raise UserError: in that person's words, with nothing imported
        """
        self.ensure_one()
        self._ponto_check_may_pull()
        self._ponto_check_not_stopped()
        provider = self
        # What was chosen cannot be handed over to a scheduled pull.
        is_chosen = window and window.chosen is not None
        if is_chosen or not self._ponto_has_background():
            self._ponto_check_seat()
        elif not self._ponto_take_seat():
            self.sudo()._ponto_check_configuration()
            return self._ponto_pull_in_background(window)
        else:
            provider = self._ponto_limit_time()
        with self._ponto_explaining_errors():
            try:
                with self.env.cr.savepoint():
                    pull = provider._ponto_pull(window, refresh=refresh)
            except LockError:
                raise
            except (PontoError, UserError) as error:
                with self._ponto_in_own_transaction() as provider:
                    provider._ponto_keep_failure(error, window)
                raise
        if pull.state == "running":
            self._ponto_trigger_pull()
        return pull

    @contextmanager
    def _ponto_explaining_errors(self):
        """Put what goes wrong in the words of the person who waits for it."""
        try:
            yield
        except LockError as error:
            raise UserError(
                self.env._(
                    'A pull of "%s" is running already. Wait until it has finished.',
                    self.journal_id.name,
                )
            ) from error
        except PontoError as error:
            raise UserError(explain(self.env, error)) from error

    def _ponto_check_may_pull(self):
        """Check that the user may enter statement lines for this provider's journal.

        :raise AccessError: when the user may not
        """
        self.check_access("read")
        self.env["account.bank.statement.line"].check_access("create")

    # === PULLING === #

    def _ponto_pull(self, window=None, refresh=False, pull=None):
        """Read and import.

        :param Window window: the days to import; None for all that is new
        :param bool refresh: whether to ask the bank for news first
        :param pull: the `ponto.pull` to go on with; None for a new one
        :return: the `ponto.pull`, in sudo mode: done or stopped; or running still,
            because the time was over, and a scheduled run goes on
        :raise LockError: when another pull of this provider is running
        :raise PontoError: when Ponto cannot be read
        :raise UserError: when the configuration cannot work
        """
        self.ensure_one()
        provider_sudo = self.sudo()
        opened = provider_sudo._ponto_open_listing(window, refresh, pull)
        with opened as (account, listing):
            is_finished = provider_sudo._ponto_read(account, listing, window)
            if is_finished:
                is_finished = provider_sudo._ponto_import(listing, window)
        if is_finished:
            provider_sudo._ponto_keep_success(listing, window)
            if listing.is_bank_late and provider_sudo._ponto_has_background():
                provider_sudo._ponto_pull_in_background(in_minutes=LATER_MINUTES)
        else:
            provider_sudo._ponto_keep_unfinished(listing.pull)
        return listing.pull

    @contextmanager
    def _ponto_open_listing(self, window=None, refresh=False, pull=None):
        """Begin a pull: log in, find the account, read the head of its list, and then
        take the lock. So nobody waits for the feed while it waits for Ponto.

        Gives the `ponto_api.Account` and the `Listing` that the pull fills. See
        `_ponto_pull` for the parameters and what is raised.
        """
        self._ponto_check_configuration()
        self._ponto_claim()
        started_at = fields.Datetime.now()
        with (
            self._ponto_get_client() as client,
            self._ponto_measuring(client, pull, started_at),
        ):
            account = self._ponto_fetch_account(client)
            message = is_bank_late = False
            if refresh:
                message, is_bank_late = self._ponto_synchronize(client, account)
                account = self._ponto_fetch_account(client)
            pages = client.iter_transaction_pages(account.id)
            head = next(pages)
            self._ponto_lock_after_waiting()
            if not self._ponto_may_commit():
                # The lock stays until the end, whatever else is read.
                client.deadline.shorten(LOCKED_DEADLINE_S)
            self.ponto_integration_id._record_acceptance()
            pull = (pull and pull.sudo()) or self._ponto_start_pull(window, started_at)
            if message:
                pull.message = message
            self._ponto_remember_account(account)
            request_count = pull.request_count
            listing = Listing(client, pull, account, chain([head], pages))
            listing.is_bank_late = is_bank_late
            yield account, listing
            pull.request_count = request_count + client.request_count

    @contextmanager
    def _ponto_measuring(self, client, pull, started_at):
        """Let an error, which undoes what a pull has kept, take along since when and
        how often Ponto was asked.

        :param client: a `PontoClient` that only this pull uses
        :param pull: the `ponto.pull` to go on with, or None
        :param datetime started_at: when it began, for a new one
        """
        started_at = pull.started_at if pull else started_at
        count = pull.request_count if pull else 0
        try:
            yield
        except Exception as error:
            error.ponto_measures = {
                "started_at": started_at,
                "request_count": count + client.request_count,
            }
            raise

    def _ponto_check_configuration(self):
        """Check what would otherwise fail half-way.

        :raise UserError: with the next step
        """
        journal = self.journal_id
        if not self.active:
            raise UserError(
                self.env._(
                    'The feed of "%s" is archived. Unarchive it to pull.', journal.name
                )
            )
        if not journal.active:
            raise UserError(
                self.env._(
                    'The journal "%s" is archived. Unarchive it, or archive its feed, '
                    "too.",
                    journal.name,
                )
            )
        if not journal.suspense_account_id:
            raise UserError(
                self.env._(
                    'The journal "%s" has no suspense account, on which bank '
                    "transactions wait for their reconciliation. An accountant can "
                    "enter one on the journal.",
                    journal.name,
                )
            )

    def _ponto_start_pull(self, window, started_at=None):
        """Make the record of a pull.

        :param Window window: the days to pull; None for all that is new
        :param datetime started_at: when it began; None for now
        :return: a new `ponto.pull` record
        """
        return self.env["ponto.pull"].create(
            {
                "provider_id": self.id,
                "user_id": not self._ponto_get_run() and self.env.uid,
                "date_from": window and window.since,
                "date_to": window and window.until,
                "started_at": started_at or fields.Datetime.now(),
                "phase": "reading",
            }
        )

    def _ponto_lock(self):
        """Take the provider's lock until the end of the transaction.

        :raise LockError: when another transaction pulls this provider
        """
        self.lock_for_update(allow_referencing=True)
        self.ponto_pull_step += 1
        self.flush_recordset(["ponto_pull_step"])

    def _ponto_lock_after_waiting(self):
        """Take the provider's lock, which nobody held while Ponto was waited for.

        :raise LockError: when another transaction pulls this provider
        """
        if self._ponto_may_commit():
            # Settings may have been saved meanwhile: they count from here on.
            remaining = self._ponto_get_run().remaining
            self.env["ir.cron"]._commit_progress(remaining=remaining)
            self.invalidate_recordset()
            self._ponto_claim()
        self._ponto_lock()

    def _ponto_commit_step(self, relock=True):
        """Commit what was done so far, and take the lock again.

        Somebody else may take over in between; nothing is lost by that.

        :param bool relock: whether the provider is to be locked again; else nobody
            else may pull it, that is all
        :return: whether to go on: there is time, and nobody has stopped it (bool)
        :raise LockError: when somebody else took over
        """
        if not self._ponto_may_commit():
            return not self._ponto_is_time_over()
        self._ponto_tell_progress()
        # A step of a provider is progress, though no provider is finished by it.
        remaining = self._ponto_get_run().remaining
        time_left = self.env["ir.cron"]._commit_progress(1, remaining=remaining)
        self._ponto_claim()
        if relock:
            self._ponto_lock()
        is_over = not time_left or self._ponto_is_time_over()
        return not is_over and not self._ponto_is_stopped()

    # === WHO PULLS === #

    def _ponto_begin_run(self, remaining=1):
        """Let what follows be the feed's turn in a scheduled action.

        :param int remaining: how many feeds are to have a turn yet, with this one
        :return: the same feed
        """
        may_commit = bool(self.env.context.get("ir_cron_progress_id"))
        run = ScheduledRun(remaining, may_commit)
        return self.with_context(ponto_run=run)

    @api.model
    def _ponto_get_run(self):
        """:return: the scheduled action's turn that this is (ScheduledRun); None where
        a person or another module pulls"""
        run = self.env.context.get("ponto_run")
        return run if isinstance(run, ScheduledRun) else None

    @api.model
    def _ponto_may_commit(self):
        """:return: whether steps are committed: in a scheduled action, and nowhere
        else, where the transaction belongs to the caller and stays whole (bool)"""
        run = self._ponto_get_run()
        return bool(run and run.may_commit)

    @contextmanager
    def _ponto_undoing_on_error(self):
        """Undo what a pull has not committed when it fails, and let the error pass."""
        if not self._ponto_may_commit():
            with self.env.cr.savepoint():
                yield
            return
        try:
            yield
        except Exception:
            self.env.cr.rollback()
            raise

    @contextmanager
    def _ponto_in_own_transaction(self):
        """Give the provider in a transaction that survives the caller's rollback.

        Where the caller's own transaction has the provider locked, or has not
        committed it yet, nobody but the caller can write: nothing is given then.
        """
        with self.env.registry.cursor() as cr:
            provider = self.with_env(self.env(cr=cr, su=True))
            yield provider.try_lock_for_update(allow_referencing=True)
