# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from functools import partial

from markupsafe import Markup

from odoo import models
from odoo.tools import split_every

from ..ponto_api import PontoDeadlineError, PontoError, Transaction, document_from_text
from ..tools import to_naive_utc
from .online_bank_statement_provider_patience import LOCKED_DEADLINE_S

#: How many statement lines are created, and committed, at a time.
LINES_PER_BATCH = 200


class OnlineBankStatementProvider(models.Model):
    """Importing: make statement lines of what is registered as new."""

    _inherit = "online.bank.statement.provider"

    def _ponto_import(self, listing, window):
        """Make statement lines of what is registered as new, the oldest first.

        :param Listing listing: what the pull got to know of Ponto's list
        :param Window window: the days to import, or None for all that is new
        :return: whether it came to an end before the time was over (bool)
        """
        has_news = self._ponto_find_to_import()
        if not (has_news or window or listing.pull.waiting_count):
            return True
        listing.client.deadline.shorten(LOCKED_DEADLINE_S)
        if has_news:
            self._ponto_settle(listing, window)
            self.ponto_transactions_synchronized_at = to_naive_utc(
                listing.synchronized_at
            )
        if not self._ponto_recognise_read(listing):
            return False
        records = self._ponto_find_to_import(window)
        records -= self._ponto_leave_out_early(records, listing.pull, window)
        left = len(records)
        if left:
            listing.progress.begin_importing(left)
        for ids in split_every(LINES_PER_BATCH, records.ids):
            batch = self._ponto_screen(records.browse(ids), listing)
            if window and window.chosen is not None:
                batch = self._ponto_choose(batch, window.chosen)
            self._ponto_create_lines(batch, listing.pull)
            left -= len(ids)
            listing.progress.keep_importing(left)
            if not self._ponto_commit_step() and left:
                return False
        if window and window.chosen:
            self._ponto_import_decided(records, listing, window)
        return True

    def _ponto_recognise_read(self, listing):
        """Recognise, of all that was read, what has an earlier identifier.

        Whether identifiers have changed has to be known before anything is doubted,
        whatever becomes of it.

        :return: whether it came to an end before the time was over (bool)
        """
        read = self.env["ponto.transaction"].search(
            [
                ("provider_id", "=", self.id),
                ("fingerprint", "!=", False),
                "|",
                ("state", "=", "new"),
                *("&", ("state", "=", "waiting"), ("pull_id", "=", listing.pull.id)),
            ],
            order="id",
        )
        for recognise in self._ponto_iter_recognitions():
            for ids in split_every(LINES_PER_BATCH, read.ids):
                try:
                    recognised = recognise(read.browse(ids), listing)
                except PontoDeadlineError:
                    # There was much to ask; the answers so far are kept, and the next
                    # run goes on, as long as it comes any further.
                    self._ponto_commit_step()
                    if self._ponto_get_run() and not listing.gone_count:
                        raise
                    return False
                except PontoError:
                    # It was asked about old identifiers; its answers so far are kept.
                    self._ponto_commit_step()
                    raise
                read -= recognised
                if recognised and not self._ponto_commit_step():
                    return False
        return True

    def _ponto_iter_recognitions(self):
        """:return: how to recognise, each way to be tried on everything before the next
        (iterator of methods)"""
        # Where several could be meant, the one with the very same content is.
        yield partial(self._ponto_recognise, by="content_hash")
        yield partial(self._ponto_recognise, by="fingerprint")
        if self.ponto_is_relinked:
            yield self._ponto_recognise_surplus

    def _ponto_find_to_import(self, window=None):
        """Find what is registered as new, and what has waited for its day.

        :return: `ponto.transaction` records to be screened, the oldest first
        """
        domain = [
            ("provider_id", "=", self.id),
            "|",
            ("state", "=", "new"),
            *("&", ("state", "=", "waiting"), ("reason", "=", "future")),
            ("date", "<=", self._ponto_get_today()),
        ]
        if window:
            domain += [("date", ">=", window.since), ("date", "<=", window.until)]
        # Of one day, what an earlier pull read is older; within a pull the bank's
        # order is newest first.
        return self.env["ponto.transaction"].search(
            domain, order="date, pull_id.id, id desc"
        )

    def _ponto_leave_out_early(self, records, pull, window):
        """Leave out what lies before the start date, which may have moved since it was
        registered, or was another one for the days that somebody asked for.

        :param records: `ponto.transaction` records to be imported
        :param pull: the `ponto.pull` that was to import them
        :param Window window: the days that it is about, or None
        :return: those left out
        """
        start = self._ponto_get_start_date(window)
        early = records.filtered(lambda record: record.date < start)
        if early:
            early.write({"state": "before_start", "reason": False, "document": False})
            pull._add_counts({"before_start_count": len(early)})
        return early

    def _ponto_create_lines(self, records, pull):
        """Create the statement lines of some register records.

        :param records: `ponto.transaction` records to be imported
        :param pull: the `ponto.pull` that makes them, or an empty recordset
        """
        if not records:
            return
        transactions = [
            Transaction.from_document(document_from_text(record.document))
            for record in records
        ]
        vals_list = self._ponto_prepare_lines(transactions)
        lines = self._ponto_create_in_bulk(vals_list)
        for record, line in zip(records, lines, strict=True):
            record._get_all_identifiers().statement_line_id = line
        records.write(
            {
                "state": "imported",
                "reason": False,
                "document": False,
                "import_pull_id": pull.id,
            }
        )
        if pull:
            pull._add_counts({"imported_count": len(lines)})
        self._ponto_mark_look_alikes(records)
        self._ponto_keep_opening_balance(lines)
        self._ponto_chain_statements(lines)

    def _ponto_mark_look_alikes(self, records):
        """Mark the lines that were imported although the journal has similar ones."""
        for record in records.filtered("similar_line_id"):
            line = record.statement_line_id
            note = self.env._("Similar to %s: to review.", record.similar_line_id.name)
            line.narration = Markup("%s<br/>%s") % (note, line.narration)
            line.checked = False
