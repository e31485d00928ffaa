# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Importing: make statement lines of what is registered as new."""

from odoo.tools import split_every

from ..engine import matching
from ..engine.admission import find_early
from ..engine.entry import BEFORE_START, FUTURE, NEW, WAITING
from ..ponto_api import PontoDeadlineError, PontoError
from ..texts import prepare_message
from ..tools import to_naive_utc
from . import decisions
from .booking import create_lines
from .reader import Reader
from .registered import can_be_fetched, read_known, with_later_identifiers
from .screening import Screening
from .session import LOCKED_DEADLINE_S
from .verdicts import Verdict, find_chosen

#: How many statement lines are created, and committed, at a time.
LINES_PER_BATCH = 200

#: What of the register may be the same as something that was just read.
COMPARABLE = [("successor_ids", "=", False), ("state", "!=", "before_start")]


class Importer:
    """Makes statement lines in a session, of what was read in it and before.

    :param PullSession session: an open one, in which the list was read
    """

    def __init__(self, session):
        self._session = session
        self._provider = session.provider
        self._records = session.env["ponto.transaction"]

    def import_new(self):
        """Make statement lines of what is registered as new, the oldest first.

        :return: whether it came to an end before the time was over
        :rtype: bool
        """
        session = self._session
        has_news = self._find_to_import()
        has_read_news = session.pull.read_count > session.pull.known_count
        if not (has_news or session.period or has_read_news):
            return True
        session.client.deadline.count_waits(LOCKED_DEADLINE_S)
        if has_news:
            Reader(session).wait_for_consistent_balance()
            self._provider.ponto_transactions_synchronized_at = to_naive_utc(
                session.synchronized_at
            )
        if not self.mark_duplicates():
            return False
        records = self._find_to_import(session.period)
        records -= self._leave_out_early(records)
        withdrawn = self._leave_out_withdrawn(records)
        if withdrawn is None:
            return False
        accepted = self._screen_linked_anew(records - withdrawn)
        left = len(accepted)
        if left:
            session.progress.begin_importing(left)
        for ids in split_every(LINES_PER_BATCH, accepted.ids):
            # Between two steps somebody may have decided.
            batch = records.browse(ids).filtered(
                lambda record: record._is_to_be_imported()
            )
            batch = self._screen(batch)
            if session.chosen is not None:
                _mark_new(batch)
                batch = batch.filtered(lambda each: each.ponto_id in session.chosen)
            self._create_lines(batch)
            left -= len(ids)
            session.progress.count_down_to(left)
            if not session.commit_step() and left:
                return False
        if session.chosen:
            self._import_decided(records)
        return True

    def screen_all(self):
        """Screen as `import_new` does. What it would import is new afterwards."""
        self.mark_duplicates()
        records = self._find_to_import(self._session.period)
        records -= self._leave_out_withdrawn(records)
        records = self._screen_linked_anew(records)
        for ids in split_every(LINES_PER_BATCH, records.ids):
            _mark_new(self._screen(records.browse(ids)))

    # === WHAT TO IMPORT === #

    def _find_to_import(self, period=None):
        """Find what is registered as new, and what has waited for its day.

        :return: `ponto.transaction` records to be screened, in the order of
            `engine.entry.booking_order`
        """
        domain = [
            ("provider_id", "=", self._provider.id),
            "|",
            ("state", "=", NEW),
            *("&", ("state", "=", WAITING), ("reason", "=", FUTURE)),
            ("date", "<=", self._provider._ponto_get_today()),
        ]
        if period:
            domain += [("date", ">=", period.since), ("date", "<=", period.until)]
        # There may be many: what else is to know of them is read batch by batch.
        return self._records.search_fetch(
            domain,
            ["date", "amount", "state"],
            order="date, list_rank, pull_id.id, id desc",
        )

    def _leave_out_early(self, records):
        """Leave out what lies before the start date, which may have moved since it was
        registered, or was another one for the days that somebody asked for.

        :param records: `ponto.transaction` records to be imported
        :return: those left out
        """
        start = self._provider._ponto_get_start_date(self._session.period)
        days = {record.id: record.date for record in records}
        early = records.browse(find_early(days, start))
        if early:
            early.write({"state": BEFORE_START, "reason": False, "document": False})
            self._session.add_counts(before_start_count=len(early))
        return early

    def _leave_out_withdrawn(self, records):
        """Leave out what had been announced for a day to come, and is not there any
        more now that it has come: the bank has taken it back, or lists it anew for
        another day or amount. What is still there is new.

        What is left out is forgotten, for it never was more than announced. Should the
        bank list it after all, it is read as if for the first time.

        :param records: `ponto.transaction` records to be imported
        :return: those left out; None if the time was over before all were asked about
        """
        session = self._session
        there = withdrawn = self._records.browse()
        is_over = False
        try:
            for record in records.filtered(lambda record: record.state == WAITING):
                identities = with_later_identifiers(record)
                if all(map(session.ask_whether_withdrawn, read_known(identities))):
                    withdrawn |= identities
                else:
                    there += record
        except PontoDeadlineError:
            if not (there or withdrawn) or not self._provider._ponto_get_run():
                raise
            # There was much to ask; the next run goes on behind these.
            is_over = True
        if there:
            _mark_new(there)
        if withdrawn:
            count = len(withdrawn & records)
            session.pull._add_message(prepare_message("withdrawn", count=count))
            session.forget(withdrawn)
        if is_over:
            session.commit_step()
            return None
        return withdrawn

    def _screen_linked_anew(self, records):
        """Sort out what may be known under an identifier that is gone: of all that is
        new, for pairs are chosen over the whole set.

        :return: those that nothing speaks against (`ponto.transaction`)
        """
        accepted = Screening(self._session).screen_linked_anew(records)
        self._session.write_answers()
        self._session.add_counts(waiting_count=len(records) - len(accepted))
        return accepted

    def _screen(self, records):
        """Sort out what else may not be imported unasked.

        :return: those to import (`ponto.transaction`)
        """
        accepted = Screening(self._session).screen(records)
        self._session.add_counts(waiting_count=len(records) - len(accepted))
        return accepted

    def _create_lines(self, records):
        lines = create_lines(records, self._session.pull)
        self._session.add_counts(imported_count=len(lines))

    # === UNDER ANOTHER IDENTIFIER === #

    def mark_duplicates(self):
        """Mark, of all that was read, what is known under an identifier that is gone.

        Whether identifiers have changed has to be known before anything is doubted,
        whatever becomes of it.

        :return: whether it came to an end before the time was over
        :rtype: bool
        """
        session = self._session
        new = [
            ("provider_id", "=", self._provider.id),
            ("fingerprint", "!=", False),
            "|",
            ("state", "=", NEW),
            *("&", ("state", "=", WAITING), ("pull_id", "=", session.pull.id)),
        ]
        fingerprints = self._records._search(new).subselect("fingerprint")
        shared = self._records._read_group(
            [
                ("provider_id", "=", self._provider.id),
                ("fingerprint", "in", fingerprints),
                *COMPARABLE,
            ],
            ["fingerprint"],
            having=[("__count", ">", 1)],
            order="id:min",
        )
        shared = [fingerprint for (fingerprint,) in shared]
        for find, take, chosen in (
            (matching.find_duplicates, session.register.mark_duplicates, COMPARABLE),
            (self._find_surplus, self._forget_surplus, []),
        ):
            for batch in split_every(LINES_PER_BATCH, shared):
                wanted = [("fingerprint", "in", list(batch))]
                records = self._records.search(new + chosen + wanted, order="id")
                known = session.register.search(COMPARABLE + wanted, order="id")
                if not self._mark_duplicates(records, known, find, take):
                    return False
            if not session.is_relinked:
                # Nothing was read between two links.
                break
        return True

    def _find_surplus(self, new, known, is_gone):
        """Find what was read between two links; see `matching.find_surplus`."""
        covered_after = self._session.find_covered_after()
        return matching.find_surplus(new, known, is_gone, covered_after)

    def _forget_surplus(self, pairs):
        """Forget what was read between two links, of which there is no trace any more:
        kept, it would pass for the earlier identifier of a twin that comes later.

        :param dict pairs: {key of the one that is gone: key of the one that is listed}
        """
        self._session.forget(with_later_identifiers(self._records.browse(pairs)))

    def _mark_duplicates(self, records, known, find, take):
        """Write what is the same as something under an earlier identifier.

        :param records: what was read and is to be imported
        :param known: what has the same fingerprints, in the order of reading
        :param find: what finds the pairs, such as `matching.find_duplicates`
        :param take: what takes them over
        :return: whether to go on: the time is not over
        :rtype: bool
        """
        session = self._session
        new, known = (read_known(each, with_first=True) for each in (records, known))
        found, failure = {}, None
        try:
            for later, earlier in find(new, known, session.ask_whether_gone):
                found[later] = earlier
        except PontoError as error:
            # It was asked about old identifiers; its answers so far are kept.
            failure = error
        take(found)
        session.add_counts(recognised_count=len(found))
        gone_count = session.write_answers()
        if not found and not failure:
            return True
        goes_on = session.commit_step()
        if not failure:
            return goes_on
        if isinstance(failure, PontoDeadlineError) and (
            found or gone_count or not self._provider._ponto_get_run()
        ):
            # There was much to ask; the next run goes on, as long as it comes any
            # further.
            return False
        raise failure

    # === WHAT SOMEBODY HAS CHOSEN === #

    def _import_decided(self, screened):
        """Import what was chosen in spite of its verdict, and tell what could not be.

        :param screened: the records that this pull has screened
        """
        session = self._session
        decided = find_chosen(
            self._provider, session.chosen, decisions.DECIDABLE_STATES
        ).filtered(lambda record: Verdict(record).may_be_chosen)
        session.add_counts(waiting_count=-len(decided & screened))
        for record in decided.filtered(can_be_fetched):
            decisions.fetch_document(record, session.client)
        decided = decided.filtered("document")
        for ids in split_every(LINES_PER_BATCH, decided.ids):
            self._create_lines(decided.browse(ids))
        self._report_left_out()

    def _report_left_out(self):
        """Tell what was chosen but not imported, because something has changed."""
        pull, chosen = self._session.pull, self._session.chosen
        records = self._session.register.search(
            [("ponto_id", "in", list(chosen)), ("statement_line_id", "!=", False)]
        )
        known = records.filtered(lambda record: record.import_pull_id != pull)
        gone = len(chosen) - len(records)
        if known:
            pull._add_message(prepare_message("chosen_known", count=len(known)))
        if gone:
            pull._add_message(prepare_message("chosen_changed", count=gone))


def _mark_new(records):
    """Let transactions be new, whatever they waited for before.

    :param records: `ponto.transaction` records
    """
    records.write({"state": NEW, "reason": False})
