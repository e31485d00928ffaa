# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
from contextlib import contextmanager
from datetime import date, timedelta, timezone
from typing import NamedTuple

import psycopg2
import pytz

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import split_every

from ..exceptions import explain
from ..ponto_api import (
    PontoError,
    PontoNotFoundError,
    Transaction,
    document_from_text,
)

_logger = logging.getLogger(__name__)

#: How far the first scheduled pull goes back when nobody chose a start date.
DEFAULT_HISTORY_DAYS = 90

#: The list may be ordered by another date than the one the provider uses, and banks
#: date transactions back. Only pages that lie wholly this far before the wanted days,
#: so many of them in a row, are taken for the end of what is wanted.
BACKDATING_DAYS = 35
OLD_PAGES_BEFORE_STOP = 5

#: How many of the last days are read again, once a day.
DEFAULT_REREAD_DAYS = 35

#: How many statement lines are created, and committed, at a time.
LINES_PER_BATCH = 200


class Window(NamedTuple):
    """The days that a pull is about, both included; None leaves a side open."""

    since: date | None = None
    until: date | None = None


class OnlineBankStatementProvider(models.Model):
    """Pulling: read what Ponto lists, register it, make statement lines of it.

    A pull has two parts. *Reading* goes through Ponto's list from the newest
    transaction back, page by page, and registers what it sees. *Importing* turns what
    was registered as new into statement lines, the oldest first, so that at any moment
    the journal is complete up to some day. Both go on where they stopped: the register
    tells what was read, and its state what is still to import.
    """

    _inherit = "online.bank.statement.provider"

    ponto_reread_days = fields.Integer(
        string="Days to Read Again",
        default=DEFAULT_REREAD_DAYS,
        help="Once a day the scheduled pull reads the last days again, however much of "
        "them is known, to find what the bank has added later. Zero turns this off.",
    )
    ponto_reread_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the last days were read again.",
    )
    ponto_history_complete = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether some pull has read Ponto's list back to the start. Until then a "
        "pull does not stop at what is known already.",
    )
    ponto_read_until = fields.Char(
        readonly=True,
        copy=False,
        help="Where in Ponto's list a pull was cut off, to go on from.",
    )
    ponto_pull_step = fields.Integer(
        readonly=True,
        copy=False,
        help="Changes whenever a pull takes the provider's lock: a transaction that "
        "began earlier then fails instead of working with what it saw before.",
    )
    ponto_failure = fields.Text(
        string="What Went Wrong",
        readonly=True,
        copy=False,
    )
    ponto_failure_advice = fields.Selection(
        selection=[
            ("retry", "Wait for the next pull"),
            ("reconnect", "Renew the authorization in Ponto"),
            ("fix", "Correct the configuration"),
            ("bug", "Report the error"),
        ],
        readonly=True,
        copy=False,
    )
    ponto_failed_at = fields.Datetime(string="Failed", readonly=True, copy=False)

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
                window = provider._ponto_get_window(date_since, date_until)
                data += provider._ponto_fetch_documents(window)
            elif self.env.context.get("scheduled"):
                provider._ponto_pull_scheduled()
            else:
                window = provider._ponto_get_window(date_since, date_until)
                provider._ponto_pull_for_user(window)
        return data

    @api.model
    def _scheduled_pull(self):
        """Override of `account_statement_import_online` for the scheduled action.

        Ponto's providers come first, each in transactions of its own, so that none can
        stop or undo another. The base takes care of the other services.
        """
        due = self.search(
            [("service", "=", "ponto"), ("next_run", "<=", fields.Datetime.now())]
        )
        time_left = self._ponto_commit_progress(remaining=len(due))
        for position, provider in enumerate(due):
            if not time_left:
                break
            provider.with_context(
                scheduled=True,
                tracking_disable=True,
                ponto_remaining=len(due) - position,
            )._pull(None, None)
            time_left = self._ponto_commit_progress(1)
        return super(
            OnlineBankStatementProvider, self.with_context(ponto_pulled=True)
        )._scheduled_pull()

    def _ponto_pull_scheduled(self):
        """Pull what is new. What goes wrong becomes a state of the provider."""
        self.ensure_one()
        if not self._ponto_is_connected() or self.env.context.get("ponto_pulled"):
            return
        try:
            is_finished = self._ponto_pull()
        except psycopg2.OperationalError:
            # Another transaction was faster, or the database is gone: that is for the
            # scheduler to repeat.
            raise
        except LockError:
            _logger.info("Provider %s is being pulled already", self.id)
            return
        except Exception as error:
            self.sudo()._ponto_keep_failure(error)
            is_finished = True
        if is_finished:
            self.sudo()._ponto_schedule_next_run()

    def _ponto_pull_for_user(self, window):
        """Pull some days for the person who asked for them.

        :raise UserError: in that person's words, with nothing imported
        """
        self.ensure_one()
        self._ponto_check_may_pull()
        try:
            with self.env.cr.savepoint():
                self._ponto_pull(window)
        except LockError as error:
            raise UserError(
                self.env._(
                    'A pull of "%s" is running already. Wait until it has finished.',
                    self.journal_id.name,
                )
            ) from error
        except (PontoError, UserError) as error:
            with self._ponto_in_own_transaction() as provider:
                provider._ponto_keep_failure(error)
            if isinstance(error, PontoError):
                raise UserError(explain(self.env, error)) from error
            raise

    def _ponto_check_may_pull(self):
        """Check that the user may enter statement lines for this provider's journal.

        :raise AccessError: when the user may not
        """
        self.check_access("read")
        self.env["account.bank.statement.line"].check_access("create")

    # === PULLING === #

    def _ponto_pull(self, window=None):
        """Read and import.

        :param Window window: the days to import; None for all that is new
        :return: whether it came to an end; else the scheduled action has no time left,
            and its next run goes on (bool)
        :raise LockError: when another pull of this provider is running
        :raise PontoError: when Ponto cannot be read
        :raise UserError: when the configuration cannot work
        """
        self.ensure_one()
        provider_sudo = self.sudo()
        provider_sudo._ponto_lock()
        pull_sudo = provider_sudo._ponto_start_pull(window)
        with provider_sudo._ponto_get_client() as client:
            is_finished = provider_sudo._ponto_read(client, pull_sudo, window)
        is_finished = is_finished and provider_sudo._ponto_import(pull_sudo, window)
        if is_finished:
            provider_sudo._ponto_finish_pull(pull_sudo, window)
        return is_finished

    def _ponto_finish_pull(self, pull, window):
        """Keep that all went well."""
        now = fields.Datetime.now()
        values = {"ponto_failure": False, "ponto_failure_advice": False}
        if window is None:
            values["last_successful_run"] = now
            values["ponto_last_identifier"] = (
                pull.newest_identifier or self.ponto_last_identifier
            )
        self.write(values)
        pull.write({"state": "done", "finished_at": now})
        _logger.info(
            "Pulled provider %s: %s read, %s known, %s imported, %s waiting",
            self.id,
            pull.read_count,
            pull.known_count,
            pull.imported_count,
            pull.waiting_count,
        )

    def _ponto_start_pull(self, window):
        """:return: a new `ponto.pull` record, or the scheduled one that was cut off"""
        if window is None and (
            running := self.env["ponto.pull"].search(
                [
                    ("provider_id", "=", self.id),
                    ("state", "=", "running"),
                    ("user_id", "=", False),
                ],
                limit=1,
            )
        ):
            return running
        return self.env["ponto.pull"].create(
            {
                "provider_id": self.id,
                "user_id": window and self.env.uid,
                "date_from": window and window.since,
                "date_to": window and window.until,
                "started_at": fields.Datetime.now(),
            }
        )

    def _ponto_lock(self):
        """Take the provider's lock until the end of the transaction.

        :raise LockError: when another transaction pulls this provider
        """
        self.lock_for_update(allow_referencing=True)
        self.ponto_pull_step += 1
        self.flush_recordset(["ponto_pull_step"])

    def _ponto_commit_step(self):
        """Commit what was done so far, and take the lock again.

        Somebody else may take over in between; nothing is lost by that.

        :return: whether there is time to go on (bool)
        :raise LockError: when somebody else took over
        """
        if not self.env.context.get("ir_cron_progress_id"):
            return True
        # A step of a provider is progress, though no provider is finished by it.
        remaining = self.env.context.get("ponto_remaining", 1)
        time_left = self._ponto_commit_progress(1, remaining=remaining)
        self._ponto_lock()
        return bool(time_left)

    @api.model
    def _ponto_commit_progress(self, processed=0, remaining=None):
        """Commit and report progress where a scheduled action runs.

        Anywhere else the transaction belongs to the caller, and stays whole.

        :return: seconds left for the scheduled action (float)
        """
        if not self.env.context.get("ir_cron_progress_id"):
            return float("inf")
        return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)

    @contextmanager
    def _ponto_in_own_transaction(self):
        """Give the provider in a transaction that survives the caller's rollback.

        Where the caller's own transaction has the provider locked, or has not
        committed it yet, nobody but the caller can write: nothing is given then.
        """
        with self.env.registry.cursor() as cr:
            provider = self.with_env(self.env(cr=cr, su=True))
            yield provider.try_lock_for_update(allow_referencing=True)

    # === READING === #

    def _ponto_read(self, client, pull, window):
        """Register what Ponto lists and the register does not know yet.

        :param client: a `PontoClient`
        :param pull: the `ponto.pull` record
        :param Window window: the days that matter, or None for all that is new
        :return: whether it came to an end before the time was over (bool)
        """
        account = self._ponto_fetch_account(client)
        cut_off_at = self.ponto_read_until
        if not cut_off_at or window:
            return self._ponto_read_list(client, account, pull, window)
        # An earlier pull was cut off. What came since is read in one transaction, so
        # that there never is a second place to go on from.
        self._ponto_read_head(client, account, pull)
        try:
            return self._ponto_read_list(client, account, pull, after=cut_off_at)
        except PontoNotFoundError:
            # Ponto forgot where that was: once more, from the newest on.
            self.write({"ponto_read_until": False, "ponto_history_complete": False})
            return self._ponto_read_list(client, account, pull)

    def _ponto_read_head(self, client, account, pull):
        """Register what Ponto lists before the first page that is known."""
        for page in client.iter_transaction_pages(account.id):
            if self._ponto_register_page(pull, page):
                break

    def _ponto_read_list(self, client, account, pull, window=None, after=None):
        """Register Ponto's list from some place on, page by page.

        Whatever the order of the list, and however far back a transaction is dated,
        the end is one of these:

        * the list's own end;
        * once the list has been read to its end: a page of which everything was known.
          When some days are wanted, or the last days are read again, it must lie
          wholly before them, too;
        * several pages that lie wholly and far before the days that matter;
        * the last identifier that a feed without a register has left.

        :param str after: identifier of the transaction after which to start
        :return: whether it came to an end before the time was over (bool)
        """
        floor = self._ponto_get_floor(window)
        reread_since = window.since if window else self._ponto_get_reread_since()
        old_pages = 0
        for page in client.iter_transaction_pages(account.id, after=after):
            if not page.records:
                break
            all_known = self._ponto_register_page(pull, page, window)
            days = [self._ponto_get_date(record) for record in page.records]
            old_pages = old_pages + 1 if self._ponto_is_before(days, floor) else 0
            if old_pages >= OLD_PAGES_BEFORE_STOP:
                break
            if self.ponto_history_complete:
                if all_known and self._ponto_is_before(days, reread_since):
                    break
            elif self._ponto_is_where_others_stopped(page.records):
                break
            if not window:
                self.ponto_read_until = page.records[-1].id
            if not self._ponto_commit_step():
                return False
        if not window:
            values = {"ponto_read_until": False, "ponto_history_complete": True}
            if reread_since or not self.ponto_history_complete:
                values["ponto_reread_at"] = fields.Datetime.now()
            self.write(values)
        return True

    def _ponto_is_before(self, days, day):
        """:return: whether all days, of those known, lie before one (bool); any do if
        there is none to compare with"""
        return not day or all(each and each < day for each in days)

    def _ponto_get_reread_since(self):
        """:return: the first of the last days, if it is time to read them again (date)"""
        now = fields.Datetime.now()
        if not self.ponto_reread_days or (
            self.ponto_reread_at and now - self.ponto_reread_at < timedelta(days=1)
        ):
            return None
        return now.date() - timedelta(days=self.ponto_reread_days)

    def _ponto_register_page(self, pull, page, window=None):
        """Register one page of Ponto's list.

        :return: whether everything on it was known (bool)
        """
        if not pull.newest_identifier and page.records:
            pull.newest_identifier = page.records[0].id
        start = self._ponto_get_start_date(window)
        with self.env.cr.savepoint():
            known, total = self.env["ponto.transaction"]._register_page(
                pull, page.records, start
            )
        return known == total

    def _ponto_is_where_others_stopped(self, transactions):
        """:return: whether the last identifier, kept by a feed that had no register, is
        among the transactions (bool)"""
        return self.ponto_last_identifier in {record.id for record in transactions}

    def _ponto_get_floor(self, window):
        """:return: the day before which nothing can matter (date)"""
        since = window.since if window else self._ponto_get_start_date()
        return since - timedelta(days=BACKDATING_DAYS)

    def _ponto_get_start_date(self, window=None):
        """Get the day before which nothing is imported.

        :param Window window: days that somebody asks for
        :return: the day that somebody chose, whatever is asked for; else 90 days
            before the provider was made, or the first day asked for (date)
        """
        self.ensure_one()
        if self.ponto_start_date:
            return self.ponto_start_date
        default = self.create_date.date() - timedelta(days=DEFAULT_HISTORY_DAYS)
        return min(default, window.since) if window else default

    def _ponto_assess(self, transaction, start):
        """Decide what becomes of a transaction that was not known.

        :param transaction: a `ponto_api.Transaction`
        :param date start: the day before which nothing is imported
        :return: values for the register: state and reason (dict)
        """
        day = self._ponto_get_date(transaction)
        if day is None:
            return {"state": "waiting", "reason": "date"}
        if transaction.amount is None:
            return {"state": "waiting", "reason": "amount"}
        if transaction.currency != self.ponto_currency_id.name:
            return {"state": "waiting", "reason": "currency"}
        if day < start:
            return {"state": "before_start"}
        return {"state": "new"}

    def _ponto_get_window(self, date_since, date_until):
        """:return: the whole local days from one naive UTC moment to another (Window)"""
        zone = pytz.timezone(self.tz or "UTC")
        since, until = (
            moment.replace(tzinfo=timezone.utc).astimezone(zone).date()
            for moment in (date_since, date_until)
        )
        return Window(since, until)

    def _ponto_fetch_documents(self, window):
        """Fetch the raw transactions of some days, and write nothing.

        :return: JSON:API documents (list of dict), newest first
        """
        documents = []
        old_pages = 0
        floor = self._ponto_get_floor(window)
        with self._ponto_get_client() as client:
            account = self._ponto_choose_account(list(client.iter_accounts()), client)
            for page in client.iter_transaction_pages(account.id):
                days = [self._ponto_get_date(record) for record in page.records]
                documents += [
                    record.document
                    for record, day in zip(page.records, days, strict=True)
                    if day is None or window.since <= day <= window.until
                ]
                is_old = all(day and day < floor for day in days)
                old_pages = old_pages + 1 if is_old else 0
                if old_pages >= OLD_PAGES_BEFORE_STOP:
                    break
        return documents

    # === IMPORTING === #

    def _ponto_import(self, pull, window):
        """Make statement lines of what is registered as new, the oldest first.

        :return: whether it came to an end before the time was over (bool)
        """
        domain = [("provider_id", "=", self.id), ("state", "=", "new")]
        if window:
            domain += [("date", ">=", window.since), ("date", "<=", window.until)]
        # Of one day, what an earlier pull read is older; within a pull the bank's
        # order is newest first.
        records = self.env["ponto.transaction"].search(
            domain, order="date, pull_id, id desc"
        )
        for ids in split_every(LINES_PER_BATCH, records.ids):
            batch = records.browse(ids).filtered(lambda record: record.state == "new")
            with self.env.cr.savepoint():
                self._ponto_create_lines(pull, batch)
            if not self._ponto_commit_step():
                return False
        return True

    def _ponto_create_lines(self, pull, records):
        """Create the statement lines of some register records.

        :param pull: the `ponto.pull` that makes them
        :param records: `ponto.transaction` records that are new
        """
        transactions = [
            Transaction.from_document(document_from_text(record.document))
            for record in records
        ]
        vals_list = self._ponto_prepare_lines(transactions)
        Line = self.env["account.bank.statement.line"].with_context(
            tracking_disable=True
        )
        lines = Line.create(vals_list)
        for record, line in zip(records, lines, strict=True):
            record.statement_line_id = line
        records.write({"state": "imported", "document": False})
        pull._add_counts({"imported_count": len(lines)})
        if lines.statement_id:
            lines.statement_id._ponto_chain_balances(
                created=lines.statement_id.filtered(
                    lambda statement: statement.line_ids <= lines
                ),
                get_opening_balance=lambda: self._ponto_get_opening_balance(lines),
            )

    def _ponto_get_opening_balance(self, lines):
        """Get the balance before some lines, for a journal without older statements.

        :param lines: statement lines that were just created
        :return: what the bank says now less all that came since; where the journal has
            older lines or the bank says nothing, the sum of the older lines (float)
        """
        [(earlier, count)] = lines._read_group(
            [
                ("journal_id", "=", self.journal_id.id),
                ("internal_index", "<", min(lines.mapped("internal_index"))),
                ("state", "=", "posted"),
            ],
            aggregates=["amount:sum", "__count"],
        )
        if count or not self.ponto_bank_balance_known:
            return earlier or 0.0
        [(since,)] = self.env["ponto.transaction"]._read_group(
            [
                ("provider_id", "=", self.id),
                ("state", "in", ("new", "imported", "waiting")),
                ("currency", "=", self.ponto_currency_id.name),
                ("date", ">=", min(lines.mapped("date"))),
            ],
            aggregates=["amount:sum"],
        )
        return self.ponto_currency_id.round(self.ponto_bank_balance - since)

    # === OUTCOME === #

    def _ponto_keep_failure(self, error):
        """Keep what went wrong as a state of the provider.

        :param Exception error: what a pull raised
        """
        if not self:
            return
        if isinstance(error, PontoError):
            text, advice = explain(self.env, error), error.advice
            _logger.warning("Pull of provider %s failed: %s", self.id, error)
        elif isinstance(error, UserError):
            text, advice = str(error), "fix"
            _logger.warning("Pull of provider %s failed, see the provider", self.id)
        else:
            text = self.env._(
                "An unexpected error stopped the pull. Nothing of the failed part was "
                "imported; the next pull tries again. Your system administrator finds "
                "the details in the server's log."
            )
            advice = "bug"
            _logger.exception("Pull of provider %s failed", self.id)
        now = fields.Datetime.now()
        self.write(
            {
                "ponto_failure": text,
                "ponto_failure_advice": advice,
                "ponto_failed_at": now,
            }
        )
        running = self.ponto_pull_ids.filtered(lambda pull: pull.state == "running")
        running.write({"state": "failed", "finished_at": now, "message": text})

    def _ponto_schedule_next_run(self):
        """Set the next scheduled pull to the first moment of its grid after now."""
        self.ensure_one()
        period = self._get_next_run_period()
        next_run = self.next_run
        now = fields.Datetime.now()
        if now - next_run > timedelta(days=7):
            next_run = now
        while next_run <= now:
            next_run += period
        self.next_run = next_run

    def _ponto_get_lines_action(self):
        """:return: the action that shows the journal's transactions (dict)"""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_base.account_bank_statement_line_action"
        )
        action["domain"] = [("journal_id", "=", self.journal_id.id)]
        action["context"] = {"default_journal_id": self.journal_id.id}
        return action
