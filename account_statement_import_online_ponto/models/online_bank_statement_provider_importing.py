# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import models
from odoo.tools import split_every

from ..engine import matching
from ..engine.admission import find_early
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
        if not self._ponto_find_duplicates(listing):
            return False
        records = self._ponto_find_to_import(window)
        records -= self._ponto_leave_out_early(records, listing.pull, window)
        left = len(records)
        if left:
            listing.progress.begin_importing(left)
        for ids in split_every(LINES_PER_BATCH, records.ids):
            batch = self._ponto_screen(records.browse(ids), listing)
            listing.write_answers()
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

    def _ponto_find_duplicates(self, listing):
        """Find, of all that was read, what is known under an identifier that is gone.

        Whether identifiers have changed has to be known before anything is doubted,
        whatever becomes of it.

        :return: whether it came to an end before the time was over (bool)
        """
        Transaction = self.env["ponto.transaction"]
        new = [
            ("provider_id", "=", self.id),
            ("fingerprint", "!=", False),
            "|",
            ("state", "=", "new"),
            *("&", ("state", "=", "waiting"), ("pull_id", "=", listing.pull.id)),
        ]
        fingerprints = Transaction._search(new).subselect("fingerprint")
        same = [
            ("provider_id", "=", self.id),
            ("successor_ids", "=", False),
            ("state", "!=", "before_start"),
        ]
        counts = Transaction._read_group(
            [*same, ("fingerprint", "in", fingerprints)],
            ["fingerprint"],
            having=[("__count", ">", 1)],
            order="id:min",
        )
        shared = [fingerprint for (fingerprint,) in counts]
        for is_surplus in (False, True):
            for batch in split_every(LINES_PER_BATCH, shared):
                if is_surplus and not listing.is_relinked:
                    break
                wanted = [("fingerprint", "in", list(batch))]
                known = self._ponto_find_earlier([*same, *wanted])
                records = Transaction.search(new + wanted, order="id")
                if not self._ponto_note_duplicates(records, known, listing, is_surplus):
                    return False
        return True

    def _ponto_note_duplicates(self, records, known, listing, is_surplus):
        """Note what is the same as something under an earlier identifier.

        :param records: what was read and is to be imported
        :param known: what has the same fingerprints, in the order of reading
        :param bool is_surplus: whether to look for what was read between two links
        :return: whether to go on: the time is not over (bool)
        """
        values = known._read_known()
        new_keys = set(records.ids)
        new = [each for each in values if each.key in new_keys]
        if is_surplus:
            covered_after = listing.walk and listing.walk.covered_after
            pairs = matching.find_surplus(new, values, listing.is_gone, covered_after)
        else:
            pairs = matching.find_duplicates(new, values, listing.is_gone)
        found = {}
        try:
            for later, earlier in pairs:
                found[later] = earlier
        except PontoError as error:
            # It was asked about old identifiers; its answers so far are kept, and the
            # next run goes on, as long as it comes any further.
            self._ponto_write_duplicates(found, listing)
            is_further = listing.write_answers()
            self._ponto_commit_step()
            if isinstance(error, PontoDeadlineError) and (
                is_further or not self._ponto_get_run()
            ):
                return False
            raise
        self._ponto_write_duplicates(found, listing)
        listing.write_answers()
        return not found or self._ponto_commit_step()

    def _ponto_write_duplicates(self, pairs, listing):
        """Write what is the same as something under an earlier identifier.

        :param dict pairs: {key of the later record: key of the earlier one}
        """
        Transaction = self.env["ponto.transaction"]
        for later, earlier in pairs.items():
            Transaction.browse(later)._recognise(Transaction.browse(earlier))
        if pairs:
            listing.pull._add_counts({"recognised_count": len(pairs)})

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
        early = records.browse(find_early(records._read_known(), start))
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
