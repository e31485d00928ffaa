# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections.abc import Mapping
from datetime import date, timedelta, timezone
from typing import NamedTuple

import pytz

from odoo import fields, models

from ..ponto_api import PontoNotFoundError

#: How far the first scheduled pull goes back when nobody chose a start date.
DEFAULT_HISTORY_DAYS = 90

#: The list may be ordered by another date than the one the provider uses, and banks
#: date transactions back. Only pages that lie wholly this far before the wanted days,
#: so many of them in a row, are taken for the end of what is wanted.
BACKDATING_DAYS = 35
OLD_PAGES_BEFORE_STOP = 5

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
        for page in listing.iter_pages():
            if self._ponto_register_page(page, listing, window) and page.records:
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

        Whatever the order of the list, and however far back a transaction is dated,
        the end is one of these:

        * the list's own end;
        * once the list has been read to its end: a page of which everything was known.
          When some days are wanted, or the last days are read again, it must lie
          wholly before them, too;
        * several pages that lie wholly and far before the days that matter, and that
          are known or came to Ponto before those days;
        * the last identifier that a feed without a register has left.

        :param str after: identifier of the transaction after which to start
        :return: whether it came to an end before the time was over (bool)
        """
        floor = self._ponto_get_floor(window)
        reread_since = window.since if window else self._ponto_get_reread_since()
        listing.progress.begin_reading(floor)
        old_pages = 0
        for page in self._ponto_iter_pages(listing, after):
            if not page.records:
                continue
            all_known = self._ponto_register_page(page, listing, window)
            days = [self._ponto_get_date(record) for record in page.records]
            # Behind something old that is new, there may be more that is new.
            is_end = all_known or not self.ponto_history_complete
            is_old = is_end and self._ponto_is_old(page, floor)
            old_pages = old_pages + 1 if is_old else 0
            if old_pages >= OLD_PAGES_BEFORE_STOP:
                break
            if self._ponto_is_known_end(page, all_known, days, reread_since):
                break
            if window:
                listing.pull.read_until = page.records[-1].id
            else:
                self.ponto_read_until = page.records[-1].id
            listing.progress.keep_reading(days)
            if not self._ponto_commit_step(relock=False):
                return False
        else:
            # An empty list proves nothing: the account may just have been linked.
            listing.is_complete = bool(listing.served_ids) and not after
        if not window:
            values = {"ponto_read_until": False, "ponto_history_complete": True}
            if reread_since or not self.ponto_history_complete:
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

    def _ponto_is_known_end(self, page, all_known, days, reread_since):
        """Tell whether a page shows that the rest of the list has been read before.

        :param bool all_known: whether everything on the page was known
        :param list days: the days of its transactions
        :param date reread_since: from which day on known transactions are read again
        :rtype: bool
        """
        if self.ponto_history_complete:
            return all_known and self._ponto_is_before(days, reread_since)
        # What a feed without a register has left.
        return self.ponto_last_identifier in {record.id for record in page.records}

    def _ponto_is_before(self, days, day):
        """:return: whether all days are known and lie before one (bool); any do if
        there is none to compare with"""
        return not day or all(each and each < day for each in days)

    def _ponto_is_old(self, page, floor):
        """Tell whether all of a page is old, and came to Ponto long ago if not known.

        Ponto may list the newest created first. What is old and new there was
        backfilled, and what the bank booked meanwhile is listed behind it.

        :param page: a `ponto_api.Page`
        :param date floor: the day before which nothing can matter
        :rtype: bool
        """
        days = [self._ponto_get_date(record) for record in page.records]
        if not days:
            return False
        return self._ponto_is_before(days, floor) and (
            self.ponto_history_complete
            or all(
                not record.created_at or record.created_at.date() < floor
                for record in page.records
            )
        )

    def _ponto_get_reread_since(self):
        """:return: the first of the days to read again (date); None before it is time
        to"""
        now = fields.Datetime.now()
        if not self.ponto_reread_days or (
            self.ponto_reread_at and now - self.ponto_reread_at < timedelta(days=1)
        ):
            return None
        return self._ponto_get_today() - timedelta(days=self.ponto_reread_days)

    def _ponto_register_page(self, page, listing, window=None):
        """Register one page of Ponto's list.

        :return: whether everything on it was known (bool)
        """
        pull = listing.pull
        listing.take_note_of(
            page, [self._ponto_get_date(record) for record in page.records]
        )
        if not pull.newest_identifier and page.records:
            pull.newest_identifier = page.records[0].id
        known, total = self.env["ponto.transaction"]._register_page(
            pull, page.records, self._ponto_get_start_date(window)
        )
        return known == total

    def _ponto_get_floor(self, window):
        """:return: the day before which nothing can matter (date)"""
        since = window.since if window else self._ponto_get_start_date()
        return since - timedelta(days=BACKDATING_DAYS)

    def _ponto_get_start_date(self, window=None):
        """Get the day before which nothing is imported.

        :param Window window: days that somebody asks for
        :return: the day that somebody chose, whatever is asked for; else the usual
            one, or the first day asked for (date)
        """
        self.ensure_one()
        if self.ponto_start_date:
            return self.ponto_start_date
        usual = self.ponto_usual_start_date or self._ponto_propose_start_date()
        return min(usual, window.since) if window else usual

    def _ponto_propose_start_date(self):
        """Propose the day from which to import.

        :return: 90 days before today; but the day after the hard lock date, or after
            the last line that the journal has from elsewhere until today, if that is
            later (date)
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
        last_days = filter(None, [last_line.date, self.company_id.user_hard_lock_date])
        return max(
            [
                today - timedelta(days=DEFAULT_HISTORY_DAYS),
                *(day + timedelta(days=1) for day in last_days),
            ]
        )

    def _ponto_get_today(self):
        """:return: the present day in the provider's time zone (date)"""
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return now.astimezone(pytz.timezone(self.tz or "UTC")).date()

    def _ponto_get_window(self, date_since, date_until):
        """:return: the whole local days between two naive moments in UTC (Window)"""
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
                old_pages = old_pages + 1 if self._ponto_is_old(page, floor) else 0
                if old_pages >= OLD_PAGES_BEFORE_STOP:
                    break
        return documents
