# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields, models

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import admission, matching
from ..tools import to_decimal
from .ponto_transaction import KNOWN_FIELDS


class OnlineBankStatementProvider(models.Model):
    """Screening: what of the new transactions may become a statement line unasked.

    In this order: what is known under an earlier identifier; what may be, too; what
    the journal has from elsewhere; what falls into a locked period. A set of
    transactions costs a constant number of queries, and no request, as long as Ponto
    gives identifiers for good.
    """

    _inherit = "online.bank.statement.provider"

    ponto_look_alike_policy = fields.Selection(
        selection=[
            ("wait", "Wait for a decision"),
            ("import", "Import and mark as to review"),
        ],
        string="Similar Lines",
        default="wait",
        required=True,
        help="What to do with a transaction when the journal has a similar line that "
        "came another way: typed by hand, or imported from a bank file.",
    )
    ponto_locked_policy = fields.Selection(
        selection=[
            ("wait", "Wait for a decision"),
            ("first_open_day", "Book on the first open day"),
        ],
        string="Locked Periods",
        default="wait",
        required=True,
        help="What to do with a transaction of a day that is locked. Booked on the "
        "first open day, the line still tells the bank's day.",
    )

    def _ponto_screen(self, records, listing):
        """Sort out what may not be imported unasked.

        :param records: new `ponto.transaction` records that are not known under an
            earlier identifier
        :param Listing listing: what is known of Ponto's present list
        :return: those to import (`ponto.transaction`)
        """
        waiting = records.browse()
        if records and listing.is_renewed():
            earlier = self._ponto_find_possible_duplicates(records, listing)
            for record, candidate in earlier.items():
                record._wait("doubtful", candidate.statement_line_id)
                waiting += record
        for record, line in self._ponto_find_similar(records - waiting).items():
            if self.ponto_look_alike_policy == "wait":
                record._wait("look_alike", line)
                waiting += record
            else:
                record.similar_line_id = line
        if self.ponto_locked_policy == "wait":
            for record in self._ponto_find_locked(records - waiting):
                record._wait("locked")
                waiting += record
        if waiting:
            listing.pull._add_counts({"waiting_count": len(waiting)})
        return records - waiting

    # === LINKED ANEW === #

    def _ponto_find_possible_duplicates(self, records, listing):
        """Find the transactions that may be earlier ones, with other texts.

        :return: {record: the earlier record}
        :rtype: dict
        """
        near = range(-matching.DAYS_APART, matching.DAYS_APART + 1)
        days = {
            record.date + timedelta(days=shift) for record in records for shift in near
        }
        earlier = self._ponto_find_earlier(
            [
                ("date", "in", list(days)),
                ("amount", "in", records.mapped("amount")),
                ("state", "!=", "before_start"),
            ]
        )
        pairs = matching.find_possible_duplicates(
            records._read_known(with_successors=True),
            earlier._read_known(with_successors=True),
            listing.is_gone,
        )
        return {
            records.browse(later): earlier.browse(key) for later, key in pairs.items()
        }

    def _ponto_find_earlier(self, domain):
        """Return registered transactions in the order in which they were read."""
        return self.env["ponto.transaction"].search_fetch(
            [("provider_id", "=", self.id), *domain], KNOWN_FIELDS, order="id"
        )

    # === FROM ELSEWHERE === #

    def _ponto_find_similar(self, records):
        """Find the transactions of which the journal has a similar line that did not
        come from Ponto.

        :return: {record: statement line}
        :rtype: dict
        """
        if not records:
            return {}
        days = records.mapped("date")
        near = timedelta(days=matching.DAYS_APART)
        lines = self.env["account.bank.statement.line"].search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("date", ">=", min(days) - near),
                ("date", "<=", max(days) + near),
                ("amount", "in", records.mapped("amount")),
            ],
            order="id",
        )
        known = self.env["ponto.transaction"].search(
            [
                "|",
                ("statement_line_id", "in", lines.ids),
                ("similar_line_id", "in", lines.ids),
            ]
        )
        lines -= known.statement_line_id | known.similar_line_id
        pairs = matching.find_similar(
            records._read_known(),
            [
                matching.Line(
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

    # === LOCKED PERIODS === #

    def _ponto_find_locked(self, records):
        """Find the transactions that Odoo would move out of a locked period.

        :return: `ponto.transaction` records
        """
        days = set(records.mapped("date"))
        keys = admission.find_locked(
            records._read_known(), {day: self._ponto_get_open_day(day) for day in days}
        )
        return records.filtered(lambda record: record.id in keys)

    def _ponto_get_open_day(self, day):
        """:return: the day itself, or the first that is not locked (date)"""
        locks = self.company_id._get_violated_lock_dates(day, False, self.journal_id)
        return max(lock for lock, _name in locks) + timedelta(days=1) if locks else day
