# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Screening: what of the new transactions may become a statement line unasked."""

from dataclasses import replace
from datetime import timedelta

from odoo.fields import Domain

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import admission, matching, redelivery, similar_lines
from ..engine.entry import (
    IGNORED,
    LOCKED,
    NEW,
    POSSIBLE_DUPLICATE,
    SIMILAR_LINE,
    WAITING,
    booking_order,
)
from ..engine.traits import DAYS_APART, DAYS_MOVED
from ..ponto_api import transaction_from_text
from ..tools import to_decimal
from .registered import read_document, read_known

#: How many days around what is new are looked at first: as far as what is the same as
#: another one, or may be, can be from what something new may be the same as.
REACH = 2 * DAYS_MOVED

#: What has a line, but is not any more what the bank says: somebody has to decide, or
#: has left the line as it is.
CHANGED_SINCE = Domain("statement_line_id", "!=", False) & Domain(
    "document", "!=", False
)


class Screening:
    """Sorts out, in this order: what may be known under an earlier identifier; what the
    journal has from elsewhere; what falls into a locked period.

    A set of transactions costs a constant number of queries, and no request, as long as
    Ponto gives identifiers for good.

    :param PullSession session: an open one
    """

    def __init__(self, session):
        self._session = session
        self._provider = session.provider
        self._register = session.register

    def screen_linked_anew(self, records):
        """Hold back what may be known under an identifier that is gone.

        :param records: all new `ponto.transaction` records that are not known under an
            earlier identifier: pairs are chosen over the whole set
        :return: those that nothing speaks against (`ponto.transaction`)
        """
        if not records:
            return records
        session = self._session
        if not session.ask_whether_relinked():
            read_before = [("pull_id", "!=", session.pull.id)]
            earlier = self._find_near(records, read_before)
            # Of a first pull there is none: then all that is new stays unread here.
            if not earlier or not session.ask_whether_replaced(
                read_known(records), self._read_as_listed(earlier, records)
            ):
                return records
        pairs = self._find_possible_duplicates(records)
        for record, earlier in pairs.items():
            line = earlier.statement_line_id
            self._register.mark_waiting(record, POSSIBLE_DUPLICATE, line)
            record.possible_original_id = earlier
        return records.filtered(lambda record: record not in pairs)

    def screen(self, records):
        """Sort out what else may not be imported unasked: it waits for a decision.

        :param records: new `ponto.transaction` records that are not known under an
            earlier identifier
        :return: those to import (`ponto.transaction`)
        """
        for record, line in find_similar(self._provider, records).items():
            if self._provider.ponto_look_alike_policy == "wait":
                self._register.mark_waiting(record, SIMILAR_LINE, line)
                records -= record
            else:
                record.similar_line_id = line
        if self._provider.ponto_locked_policy == "wait":
            for record in self._find_locked(records):
                self._register.mark_waiting(record, LOCKED)
                records -= record
        return records

    def _find_near(self, records, domain=()):
        """Find what the register has of the amounts and around the days of records, as
        booked; and all that the bank has changed since, which may be of these as well.

        :param domain: what else it has to be
        :return: `ponto.transaction` records
        """
        near = [timedelta(days=shift) for shift in range(-REACH, REACH + 1)]
        booked = {*records.mapped("date"), *self._find_other_days(records)}
        days = {day + shift for day in booked for shift in near}
        found = Domain("date", "in", list(days))
        found &= Domain("amount", "in", records.mapped("amount"))
        return self._register.search(
            list(Domain(domain) & (found | CHANGED_SINCE)), order="id"
        )

    def _find_other_days(self, records):
        """Find the days of transactions by the other of the bank's dates: the feed may
        have used that one when it read them under an earlier identifier.

        :param records: `ponto.transaction` records
        :rtype: set of date
        """
        find_day = self._provider._ponto_by_other_date()._ponto_get_date
        days = {find_day(read_document(each)) for each in records if each.document}
        return days - {None}

    def _read_as_listed(self, earlier, records, **options):
        """Return what the rules look at, as far as that can be told without a request:
        whether it is gone; of what was booked, as the bank has it now; and the day by
        the date that the feed uses now. The amount may be the former one again; then it
        counts as it was booked.

        :param earlier: `ponto.transaction` records
        :param records: those that may be the same
        :param options: as `read_known` takes them
        :return: `engine.entry.Known` objects, one for each earlier record
        :rtype: list
        """
        amounts = set(records.mapped("amount"))
        earlier.fetch(["document"])
        former_feed = self._provider._ponto_by_other_date()
        found = []
        for record, known in zip(earlier, read_known(earlier, **options), strict=True):
            known = self._date_anew(record, known, former_feed)
            if record.statement_line_id and record.document:
                entry = self._provider._ponto_prepare_entry(read_document(record))
                if entry.day and float(entry.amount or 0) in amounts:
                    known = replace(
                        known,
                        day=entry.day,
                        amount=entry.amount,
                        currency=entry.currency,
                    )
            is_gone = bool(self._session.tell_whether_gone(known))
            found.append(replace(known, is_gone=is_gone))
        return found

    def _date_anew(self, record, known, former_feed):
        """Return what the rules look at, with the day by the date that the feed uses
        now (`Known`).

        :param record: the `ponto.transaction` record
        :param Known known: what it tells
        :param former_feed: the feed as if it used the other date
        """
        text = record.statement_line_id.raw_data or record.document
        transaction = transaction_from_text(text)
        if not transaction or known.day != former_feed._ponto_get_date(transaction):
            return known
        return replace(known, day=self._provider._ponto_get_date(transaction))

    def _find_possible_duplicates(self, records):
        """Find the transactions that may be earlier ones, told in another way.

        :return: {record: the earlier record}, of these and of what waits already but is
            paired otherwise now
        :rtype: dict
        """
        known = self._find_kin(records)
        choosing = records | self._find_read_along(known)
        values = {
            each.key: each
            for each in self._read_as_listed(known, records, with_successors=True)
        }
        pairs = matching.find_possible_duplicates(
            sorted((values[each.id] for each in choosing), key=booking_order),
            list(values.values()),
            self._session.ask_whether_gone,
            self._find_listed_since(),
        )
        not_now = set((choosing - records).ids)
        return {
            known.browse(later): known.browse(earlier or [])
            for later, earlier in pairs.items()
            if later not in not_now
        }

    def _find_kin(self, records):
        """Find what the register has that tells what records may be the same as.

        Where something near is the same as another one, or may be, days may have moved,
        and each of the kind may be the next one: then all of the kind tell.

        :return: `ponto.transaction` records, with these
        """
        near = self._find_near(records) | records
        paired = near.filtered(
            lambda each: each.original_id or each.possible_original_id
        )
        if paired:
            near |= self._register.search([("amount", "in", paired.mapped("amount"))])
        # The bank may have changed its amount or day since.
        return near | self._register.search([("possible_original_id", "in", near.ids)])

    def _find_listed_since(self):
        """Find the day before which the present link lists nothing, if it is known that
        it has not moved days; see `engine.redelivery`.

        :rtype: date or None
        """
        since = redelivery.find_listed_since(
            self._register.read_first_days(), self._provider.ponto_account_id
        )
        return since if since and self._register.has_kept_days() else None

    def _find_read_along(self, known):
        """Find what this pull has read that is new, too, but not to be imported by it:
        it has as good a claim to what is gone."""
        session = self._session
        start = self._provider._ponto_get_start_date()
        return known.filtered(
            lambda each: (
                each.state == NEW
                and each.date
                and each.date >= start
                and each.ponto_id in session.served_ids
            )
        )

    def _find_locked(self, records):
        """Find the transactions that Odoo would move out of a locked period.

        :return: `ponto.transaction` records
        """
        accounting_date = self._provider._ponto_get_accounting_date
        days = set(records.mapped("date"))
        keys = admission.find_locked(
            read_known(records), {day: accounting_date(day) for day in days}
        )
        return records.filtered(lambda record: record.id in keys)


def find_similar(provider, records):
    """Find the transactions of which the journal has a similar line that did not
    come from Ponto.

    :param provider: the feed
    :param records: `ponto.transaction` records with a day and an amount
    :return: {record: statement line}
    :rtype: dict
    """
    if not records:
        return {}
    days = records.mapped("date")
    near = timedelta(days=DAYS_APART)
    lines = provider.env["account.bank.statement.line"].search(
        [
            ("journal_id", "=", provider.journal_id.id),
            ("state", "!=", "cancel"),
            ("date", ">=", min(days) - near),
            ("date", "<=", max(days) + near),
            ("amount", "in", records.mapped("amount")),
        ],
        order="id",
    )
    # A line is not taken because one of these was found to be similar to it before, nor
    # by what has become a line of its own.
    known = records.search(
        [
            ("id", "not in", records.ids),
            "|",
            ("statement_line_id", "in", lines.ids),
            *("&", "&", ("similar_line_id", "in", lines.ids)),
            ("statement_line_id", "=", False),
            ("state", "in", (WAITING, IGNORED)),
        ]
    )
    without_own = known.filtered(lambda record: not record.statement_line_id)
    lines -= known.statement_line_id | without_own.similar_line_id
    pairs = similar_lines.find_similar(
        read_known(records),
        [
            similar_lines.Line(
                key=line.id,
                day=line.date,
                amount=to_decimal(line.amount),
                account_number=sanitize_account_number(line.account_number) or None,
                texts=(
                    line.payment_ref,
                    line.partner_name,
                    line.partner_id.name,
                    line.ref,
                ),
            )
            for line in lines
        ],
    )
    return {records.browse(key): lines.browse(line) for key, line in pairs.items()}
