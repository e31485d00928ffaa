# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reading: register what Ponto lists, from the newest transaction back."""

from contextlib import suppress

from odoo import fields

from ..engine.entry import NO_AMOUNT, NO_DATE, WAITING, Entry
from ..engine.listing import KNOWN_END, Walk, floor_of, reread_from
from ..ponto_api import PontoError, PontoNotFoundError, PontoRequestError
from . import background
from .account_choice import choose_account, fetch_account, record_account
from .registered import read_known
from .session import MOST_ASKED

#: How often the first pull reads again what the bank booked while it read.
MAX_READINGS = 5


class Reader:
    """Goes through Ponto's list in a session, page by page.

    :param PullSession session: an open one
    """

    def __init__(self, session):
        self._session = session
        self._provider = session.provider

    def read_listed(self):
        """Register what Ponto lists and the register does not know yet.

        :return: whether it came to an end before the time was over
        :rtype: bool
        """
        pull, period = self._session.pull, self._session.period
        if period and pull.phase == "importing":
            # Only what came since: the balance must not tell more than the register.
            self.read_head()
            return True
        if period and self._provider._ponto_get_run():
            # The days are registered page by page, each page for good. Until all are,
            # a known page tells other pulls nothing of the pages behind it.
            background.reset_reading(self._provider)
        cut_off_at = pull.read_until if period else self._provider.ponto_read_until
        if not cut_off_at:
            return self._read_list()
        # An earlier pull was cut off. What came since is read in one transaction, so
        # that there never is a second place to go on from.
        self.read_head()
        try:
            return self._read_list(after=cut_off_at)
        except (PontoNotFoundError, PontoRequestError):
            # Ponto forgot where that was: once more, from the newest on. How it says
            # so is not documented.
            background.reset_reading(self._provider)
            return self._read_list()

    def read_head(self):
        """Register what Ponto lists before the first page that is known."""
        session = self._session
        walk = Walk.to_known()
        for page in session.iter_pages():
            entries, has_news = self._register(page)
            walk = walk.add(entries, has_news)
            if session.walk:
                session.walk = session.walk.note(entries)
            if walk.is_over:
                break

    def wait_for_consistent_balance(self):
        """Before a journal's first lines: let balance and list be of one moment.

        The balance before the first line is counted back from both. What the bank books
        after it told the one and before it served the other would stay in it for good.
        """
        provider = self._provider
        lines = provider.env["account.bank.statement.line"]
        if lines.search_count([("journal_id", "=", provider.journal_id.id)], limit=1):
            return
        for _attempt in range(MAX_READINGS):
            before = provider.ponto_bank_balance
            account = fetch_account(provider, self._session.client)
            record_account(provider, account)
            if provider.ponto_bank_balance == before:
                break
            self.read_head()

    def _read_list(self, after=None):
        """Register Ponto's list from some place on.

        :param str after: identifier of the transaction after which to start
        :return: whether it came to an end before the time was over
        :rtype: bool
        """
        session, provider, period = self._session, self._provider, self._session.period
        since = period.since if period else provider._ponto_get_start_date()
        walk = Walk(
            floor=floor_of(since),
            is_history_complete=provider.ponto_history_complete,
            reread_since=since if period else self._find_reread_since(),
            last_identifier=provider.ponto_last_identifier or None,
            is_from_head=not after,
        )
        session.progress.begin_reading(walk.floor)
        for page in self._iter_pages(after):
            if not page.records:
                continue
            if self._goes_on(walk, page):
                session.client.begin_next_page()
            entries, has_news = self._register(page)
            walk = walk.add(entries, has_news)
            if walk.is_over:
                break
            if period:
                session.pull.read_until = walk.cursor
            else:
                provider.ponto_read_until = walk.cursor
            session.progress.add_days([entry.day for entry in entries])
            if not session.commit_step(relock=False):
                return False
        session.walk = walk.finish()
        if walk.reread_since:
            self._read_incomplete()
        if not period:
            self._note_end()
        return True

    def _note_end(self):
        """Write down that the list was read to where nothing more matters."""
        provider, walk = self._provider, self._session.walk
        values = {"ponto_read_until": False, "ponto_history_complete": True}
        if walk.end != KNOWN_END:
            values["ponto_covered_after"] = walk.read_after
        if walk.reread_since or not provider.ponto_history_complete:
            values["ponto_reread_at"] = fields.Datetime.now()
        provider.write(values)

    def _read_incomplete(self):
        """Ask about what the bank has booked without its day or amount so far, and that
        was not among what was listed: old days on a page before it may have ended the
        walk."""
        session = self._session
        if session.walk.is_complete:
            return
        records = session.register.search(
            [
                ("state", "=", WAITING),
                ("reason", "in", [NO_DATE, NO_AMOUNT]),
                ("is_gone", "=", False),
                ("ponto_account_id", "=", self._provider.ponto_account_id),
                ("ponto_id", "not in", list(session.served_ids)),
            ],
            order="id desc",
            limit=MOST_ASKED,
        )
        entries = []
        # What cannot be asked about waits until the last days are read again.
        with suppress(PontoError):
            for known in read_known(records):
                found = session.fetch_again(known)
                # An answer about another one tells nothing of this one.
                if found and found.id == known.ponto_id:
                    entries.append(self._provider._ponto_prepare_entry(found))
        if entries:
            self._stage(entries)

    def _iter_pages(self, after):
        """Iterate over the pages of Ponto's list. The feed is locked while a page is
        worked on; while the next one is waited for, it is not, as far as what was done
        could be committed."""
        session, provider = self._session, self._provider
        pages = session.iter_pages(after)
        is_locked = True
        while (page := next(pages, None)) is not None:
            if not is_locked:
                session.lock_after_waiting()
            yield page
            is_locked = not provider._ponto_may_commit()
        if not is_locked:
            session.lock_after_waiting()

    def _goes_on(self, walk, page):
        """Tell whether the next page will be read, whatever is found on this one.

        :param Walk walk: before this page
        :rtype: bool
        """
        find_day = self._provider._ponto_get_date
        outlines = [
            Entry(
                ponto_id=record.id,
                day=find_day(record),
                created_at=record.created_at,
            )
            for record in page.records
        ]
        return not walk.add(outlines).is_over

    def _register(self, page):
        """Register one page of Ponto's list.

        :return: its `Entry` objects, and whether anything on it was not known
        :rtype: tuple
        """
        session = self._session
        session.add_page(page)
        entries = list(map(self._provider._ponto_prepare_entry, page.records))
        has_news = self._stage(entries, after=session.last_id)
        if entries:
            session.last_id = entries[-1].ponto_id
        return entries, has_news

    def _stage(self, entries, after=None):
        """Register transactions.

        :param list entries: `Entry` objects
        :param str after: identifier of the last one before them, if they are listed
        :return: whether anything was not known
        :rtype: bool
        """
        session, provider = self._session, self._provider
        start = provider._ponto_get_start_date(session.period)
        rules = provider._ponto_prepare_rules(start)
        counts, has_news = session.register.stage(
            entries, rules, session.pull, after=after
        )
        session.add_counts(**counts)
        session.remember_texts(entries)
        return has_news

    def _find_reread_since(self):
        """Return the first of the days to read again; None before it is time to."""
        return reread_from(
            self._provider._ponto_get_today(),
            self._provider.ponto_reread_days,
            self._provider.ponto_reread_at or None,
            fields.Datetime.now(),
        )


def fetch_documents(provider, period):
    """Fetch the raw transactions of some days, and write nothing.

    :param Period period: the days
    :return: JSON:API documents, newest first
    :rtype: list of dict
    """
    documents = []
    walk = Walk(
        floor=floor_of(period.since), trusts_days=provider.ponto_history_complete
    )
    with provider._ponto_get_client() as client:
        account = choose_account(provider, list(client.iter_accounts()), client)
        for page in client.iter_transaction_pages(account.id):
            entries = list(map(provider._ponto_prepare_entry, page.records))
            documents += [
                entry.source.document
                for entry in entries
                if entry.day is None or entry.day in period
            ]
            walk = walk.add(entries)
            if walk.is_over:
                break
    return documents
