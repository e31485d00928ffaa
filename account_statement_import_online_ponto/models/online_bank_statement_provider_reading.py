# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections.abc import Mapping
from datetime import date, timezone
from typing import NamedTuple

import pytz

from odoo import fields, models

from ..engine.admission import choose_start, propose_start
from ..engine.days import local_day, period_between
from ..engine.listing import Walk, floor_of, reread_from
from ..ponto_api import PontoNotFoundError

#: How often the first pull reads again what the bank booked while it read.
MAX_SETTLING = 5

#: How many of the last days are read again, once a day.
DEFAULT_REREAD_DAYS = 35


class Window(NamedTuple):
    """The days that a pull is about, both included; None leaves a side open.

    Of these days, everything is imported; or what somebody has chosen in a preview:
    {Ponto identifier: verdict that was shown}.
    """

    since: date | None = None
    until: date | None = None
    chosen: Mapping[str, str] | None = None


class OnlineBankStatementProvider(models.Model):
    """Reading: go through Ponto's list from the newest transaction back, and register
    what is there."""

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

    def _ponto_read(self, account, listing, window):
        """Register what Ponto lists and the register does not know yet.

        :param account: the `ponto_api.Account` to read
        :param Listing listing: what the pull gets to know of Ponto's list
        :param Window window: the days that matter, or None for all that is new
        :return: whether it came to an end before the time was over (bool)
        """
        pull = listing.pull
        if window and pull.phase == "importing":
            # Only what came since: the balance must not tell more than the register.
            self._ponto_read_head(account, listing, window)
            return True
        if window and self._ponto_get_run():
            # The days are registered page by page, each page for good. Until all are,
            # a known page tells other pulls nothing of the pages behind it.
            self._ponto_forget_reading()
        cut_off_at = pull.read_until if window else self.ponto_read_until
        if not cut_off_at:
            return self._ponto_read_list(account, listing, window)
        # An earlier pull was cut off. What came since is read in one transaction, so
        # that there never is a second place to go on from.
        self._ponto_read_head(account, listing, window)
        try:
            return self._ponto_read_list(account, listing, window, after=cut_off_at)
        except PontoNotFoundError:
            # Ponto forgot where that was: once more, from the newest on.
            self._ponto_forget_reading()
            return self._ponto_read_list(account, listing, window)

    def _ponto_read_head(self, account, listing, window=None):
        """Register what Ponto lists before the first page that is known."""
        walk = Walk.to_known()
        for page in listing.iter_pages():
            entries, has_news = self._ponto_register_page(page, listing, window)
            walk = walk.add(entries, has_news)
            if listing.walk:
                listing.walk = listing.walk.note(entries)
            if walk.is_over:
                break

    def _ponto_settle(self, listing, window):
        """Before a journal's first lines: let balance and list be of one moment.

        The balance before the first line is counted back from both. What the bank books
        after it told the one and before it served the other would stay in it for good.

        :param Listing listing: what the pull gets to know of Ponto's list
        :param Window window: the days that matter, or None for all that is new
        """
        lines = self.env["account.bank.statement.line"]
        if lines.search_count([("journal_id", "=", self.journal_id.id)], limit=1):
            return
        for _attempt in range(MAX_SETTLING):
            before = self.ponto_bank_balance
            account = self._ponto_fetch_account(listing.client)
            self._ponto_remember_account(account)
            if self.ponto_bank_balance == before:
                break
            self._ponto_read_head(account, listing, window)

    def _ponto_read_list(self, account, listing, window=None, after=None):
        """Register Ponto's list from some place on, page by page.

        :param str after: identifier of the transaction after which to start
        :return: whether it came to an end before the time was over (bool)
        """
        floor = floor_of(window.since if window else self._ponto_get_start_date())
        walk = Walk(
            floor=floor,
            is_history_complete=self.ponto_history_complete,
            reread_since=window.since if window else self._ponto_get_reread_since(),
            last_identifier=self.ponto_last_identifier or None,
            is_from_head=not after,
        )
        listing.progress.begin_reading(floor)
        for page in self._ponto_iter_pages(listing, after):
            if not page.records:
                continue
            entries, has_news = self._ponto_register_page(page, listing, window)
            walk = walk.add(entries, has_news)
            if walk.is_over:
                break
            if window:
                listing.pull.read_until = walk.cursor
            else:
                self.ponto_read_until = walk.cursor
            listing.progress.keep_reading([entry.day for entry in entries])
            if not self._ponto_commit_step(relock=False):
                return False
        listing.walk = walk.finish()
        if not window:
            values = {"ponto_read_until": False, "ponto_history_complete": True}
            if walk.reread_since or not self.ponto_history_complete:
                values["ponto_reread_at"] = fields.Datetime.now()
            self.write(values)
        return True

    def _ponto_iter_pages(self, listing, after):
        """Iterate over the pages of Ponto's list. The feed is locked while a page is
        worked on; while the next one is waited for, it is not, as far as what was
        done could be committed.
        """
        pages = listing.iter_pages(after)
        is_locked = True
        while (page := next(pages, None)) is not None:
            if not is_locked:
                self._ponto_lock_after_waiting()
            yield page
            is_locked = not self._ponto_may_commit()
        if not is_locked:
            self._ponto_lock_after_waiting()

    def _ponto_forget_reading(self):
        """Let the next scheduled pull read the list from its head to its end."""
        self.write(
            {
                "ponto_read_until": False,
                "ponto_history_complete": False,
                "ponto_last_identifier": False,
            }
        )

    def _ponto_get_reread_since(self):
        """Return the first of the days to read again; None before it is time to."""
        return reread_from(
            self._ponto_get_today(),
            self.ponto_reread_days,
            self.ponto_reread_at or None,
            fields.Datetime.now(),
        )

    def _ponto_register_page(self, page, listing, window=None):
        """Register one page of Ponto's list.

        :return: its `Entry` objects, and whether anything on it was not known
        :rtype: tuple
        """
        pull = listing.pull
        listing.take_note_of(page)
        if not pull.newest_identifier and page.records:
            pull.newest_identifier = page.records[0].id
        entries = [self._ponto_prepare_entry(record) for record in page.records]
        rules = self._ponto_prepare_rules(self._ponto_get_start_date(window))
        known, total = self.env["ponto.transaction"]._register_page(
            pull, entries, rules
        )
        return entries, known != total

    def _ponto_get_start_date(self, window=None):
        """Return the day before which nothing is imported.

        :param Window window: days that somebody asks for
        :rtype: date
        """
        self.ensure_one()
        usual = self.ponto_usual_start_date
        if not self.ponto_start_date and not usual:
            usual = self._ponto_propose_start_date()
        return choose_start(
            self.ponto_start_date or None, usual, window.since if window else None
        )

    def _ponto_propose_start_date(self):
        """Propose the day from which to import: 90 days before today, but no day that
        is locked for good, or for which the journal has lines from elsewhere.

        :rtype: date
        """
        self.ensure_one()
        today = self._ponto_get_today()
        last_line = self.env["account.bank.statement.line"].search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("date", "<=", today),
                ("id", "not in", self.ponto_transaction_ids.statement_line_id.ids),
            ],
            order="internal_index desc",
            limit=1,
        )
        return propose_start(
            today,
            last_line=last_line.date or None,
            last_locked=self.company_id.user_hard_lock_date or None,
        )

    def _ponto_get_zone(self):
        """Return the time zone in which the bank keeps its days (tzinfo)."""
        return pytz.timezone(self.tz or "UTC")

    def _ponto_get_today(self):
        """Return the present day at the bank (date)."""
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return local_day(now, self._ponto_get_zone())

    def _ponto_get_window(self, date_since, date_until):
        """Return the whole local days between two naive moments in UTC (Window)."""
        period = period_between(
            date_since.replace(tzinfo=timezone.utc),
            date_until.replace(tzinfo=timezone.utc),
            self._ponto_get_zone(),
        )
        return Window(period.since, period.until)

    def _ponto_fetch_documents(self, window):
        """Fetch the raw transactions of some days, and write nothing.

        :return: JSON:API documents, newest first
        :rtype: list of dict
        """
        documents = []
        walk = Walk(
            floor=floor_of(window.since), trusts_days=self.ponto_history_complete
        )
        with self._ponto_get_client() as client:
            account = self._ponto_choose_account(list(client.iter_accounts()), client)
            for page in client.iter_transaction_pages(account.id):
                entries = [self._ponto_prepare_entry(record) for record in page.records]
                documents += [
                    entry.source.document
                    for entry in entries
                    if entry.day is None or window.since <= entry.day <= window.until
                ]
                walk = walk.add(entries)
                if walk.is_over:
                    break
        return documents
