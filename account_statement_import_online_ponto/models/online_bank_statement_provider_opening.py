# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from ..engine import proof
from ..engine.amounts import round_amount
from ..engine.statements import find_start
from ..tools import to_decimal


class OnlineBankStatementProvider(models.Model):
    """Opening balance: what the bank had before a journal's first line.

    With statements, the first one starts with it; without, the provider keeps it. It is
    counted back from the balance at the bank, corrected where that was of another
    moment, and follows when lines are added or removed before the first one.
    """

    _inherit = "online.bank.statement.provider"

    ponto_opening_balance = fields.Monetary(
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
        help="What the bank had before the first line of a journal that is kept "
        "without statements.",
    )
    ponto_opening_balance_known = fields.Boolean(readonly=True, copy=False)
    ponto_opening_date = fields.Date(
        readonly=True,
        copy=False,
        help="The day before which everything was counted into the balance before the "
        "first line.",
    )
    ponto_opening_register_id = fields.Integer(
        readonly=True,
        copy=False,
        help="The last register record of that time; what came later was not counted.",
    )
    ponto_opening_is_provisional = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether the balance before the first line was counted back from a "
        "balance and transactions that Ponto read at different moments, or could not "
        "be because the bank told no balance. It is corrected as soon as both are of "
        "one moment.",
    )

    # === SETTLING === #

    def _ponto_forget_opening_balance(self, journal_id):
        """Forget the balance before the first line of the feeds' journals.

        :param int journal_id: the journal that they are about to feed instead
        """
        others = self.filtered(lambda each: each.journal_id.id != journal_id)
        others.sudo().write(
            {
                "ponto_opening_balance": 0,
                "ponto_opening_balance_known": False,
                "ponto_opening_date": False,
                "ponto_opening_register_id": False,
                "ponto_opening_is_provisional": False,
            }
        )

    def _ponto_settle_opening_balance(self, lines, before=None):
        """Settle the balance before some lines, in a journal without older statements.

        :param lines: statement lines that were just created
        :param Decimal before: the balance before the first line until now, or None
        :return: what the bank says now less all that came since; where the journal has
            older lines or the bank says nothing, the sum of the older lines.
            Where the journal did not equal the bank before, and does not by this
            either, what was added before the first line is taken for older history.
        :rtype: Decimal
        """
        rounding = self._ponto_get_rounding()
        [(older_sum, older_count)] = lines._read_group(
            [
                ("journal_id", "=", self.journal_id.id),
                ("internal_index", "<", min(lines.mapped("internal_index"))),
                ("state", "=", "posted"),
            ],
            aggregates=["amount:sum", "__count"],
        )
        source = proof.choose_source(
            has_older=bool(older_count),
            has_bank=self.ponto_bank_balance_known,
            has_before=before is not None,
            is_kept=self.ponto_opening_balance_known,
            is_of_one_moment=self._ponto_is_same_moment(),
        )
        if source.kind == proof.BY_KEPT:
            # The journal was kept without statements until now.
            balance = to_decimal(self.ponto_opening_balance) + to_decimal(older_sum)
            return round_amount(balance, rounding)
        if source.kind == proof.BY_OLDER_LINES:
            self.ponto_opening_is_provisional = source.is_provisional
            return to_decimal(older_sum)
        if source.kind == proof.BY_BANK:
            first_day = self._ponto_get_first_day(lines)
            by_bank = self._ponto_get_bank_balance_before(first_day)
            state = self.ponto_balance_state or None
            if proof.trusts_bank(by_bank, before, state, rounding):
                self._ponto_keep_opening_day(first_day, source.is_provisional)
                return by_bank
        return self._ponto_count_back(lines, before)

    def _ponto_keep_opening_day(self, first_day, is_provisional):
        """Keep from which day on the bank's balance was counted back.

        :param date first_day: that day
        :param bool is_provisional: see `ponto_opening_is_provisional`
        """
        last_record = self.env["ponto.transaction"].search(
            [("provider_id", "=", self.id)], order="id desc", limit=1
        )
        self.write(
            {
                "ponto_opening_is_provisional": is_provisional,
                "ponto_opening_date": first_day,
                "ponto_opening_register_id": last_record.id,
            }
        )

    def _ponto_get_first_day(self, lines):
        """Return the first day of some lines, by bank or journal (date)."""
        # A line may have another day than its transaction, where that one is locked.
        transactions = self.env["ponto.transaction"].search(
            [("statement_line_id", "in", lines.ids)]
        )
        return min(transactions.mapped("date") + lines.mapped("date"))

    def _ponto_get_bank_balance_before(self, day):
        """Return the balance at the bank less all that it booked from a day on."""
        since = self._ponto_sum_up(
            [
                ("state", "not in", ("recognised", "before_start")),
                ("date", ">=", day),
                "|",
                ("statement_line_id", "=", False),
                ("statement_line_id.journal_id", "=", self.journal_id.id),
            ]
        )
        return proof.count_back(
            to_decimal(self.ponto_bank_balance), [since], self._ponto_get_rounding()
        )

    def _ponto_count_back(self, lines, before):
        """Count back from the balance before a journal's first line.

        :param lines: statement lines that were just created
        :param Decimal before: the balance before the first line that was there already
        :return: the balance before the first of all
        :rtype: Decimal
        """
        in_statement = [("statement_id", "!=", False)] if self.create_statement else []
        first = self._ponto_find_first_line(lines, in_statement)
        added = lines.filtered(
            lambda line: line.internal_index < (first.internal_index or "")
        )
        amounts = map(to_decimal, added.mapped("amount"))
        return proof.count_back(before, amounts, self._ponto_get_rounding())

    def _ponto_find_first_line(self, besides, domain=()):
        """Return the journal's first statement line, some left aside; or none."""
        return besides.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("id", "not in", besides.ids),
                *domain,
            ],
            order="internal_index",
            limit=1,
        )

    # === KEEPING IT RIGHT === #

    def _ponto_chain_statements(self, lines):
        """Make balances follow from one another after lines were created.

        :param lines: statement lines that were just created
        """
        changed = lines.statement_id
        if not changed:
            return
        created = changed.filtered(lambda statement: statement.line_ids <= lines)
        before, chain = changed._ponto_read_chain(created)
        opening = None
        if before is None:
            opening = self._ponto_settle_opening_balance(lines, find_start(chain))
        changed._ponto_write_chain(before, chain, opening)

    def _ponto_keep_opening_balance(self, lines):
        """Keep the balance before the first line, for a journal without statements.

        :param lines: statement lines that were just created
        """
        if self.create_statement:
            return
        earlier = self._ponto_find_first_line(lines)
        is_kept = self.ponto_opening_balance_known
        first_new = min(lines.mapped("internal_index"))
        if proof.has_to_settle(is_kept, earlier.internal_index or None, first_new):
            before = to_decimal(self.ponto_opening_balance) if is_kept else None
            self.ponto_opening_balance = self._ponto_settle_opening_balance(
                lines, before
            )
        self.ponto_opening_balance_known = True

    def _ponto_correct_opening_balance(self):
        """Correct the balance before the first line, now that the bank's balance and
        its transactions are of one moment.

        It was counted back from what was of different moments: what the bank booked in
        between was in one of them only. Or the bank had told no balance.
        """
        self.ponto_opening_is_provisional = False
        correction = proof.correct(
            self._ponto_get_difference(self._ponto_get_odoo_balance()),
            self._ponto_get_waiting_amount([]),
            self._ponto_get_late_amount(),
            self._ponto_get_rounding(),
        )
        if not correction:
            return
        Statement = self.env["account.bank.statement"]
        first = Statement._ponto_find_first(self.journal_id)
        if not first:
            kept = to_decimal(self.ponto_opening_balance)
            self.ponto_opening_balance = kept + correction
            return
        opening = to_decimal(first.balance_start) + correction
        first._ponto_chain_balances(created=first, opening=opening)

    def _ponto_release_opening_balance(self, lines):
        """Let the balance before the first line take in what is removed before it.

        :param lines: statement lines of one journal that are about to be removed
        """
        if lines.journal_id != self.journal_id or not self.ponto_opening_balance_known:
            return
        balance = proof.release(
            to_decimal(self.ponto_opening_balance),
            [(line.internal_index, to_decimal(line.amount)) for line in lines],
            self._ponto_find_first_line(lines).internal_index or None,
        )
        self.write(
            {
                "ponto_opening_balance": balance,
                "ponto_opening_balance_known": balance is not None,
            }
        )
