# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime

from ..engine import proof
from ..engine.amounts import is_zero, round_amount
from ..texts import prepare, word
from ..tools import to_decimal

ACTIVITY_DIFFERENCE = (
    "account_statement_import_online_ponto.mail_activity_type_difference"
)

STATEMENT_BALANCES = ("balance_start", "balance_end", "balance_end_real")


class OnlineBankStatementProvider(models.Model):
    """Proof: does the journal equal the bank, and since when does it not?"""

    _inherit = "online.bank.statement.provider"

    ponto_balance_state = fields.Selection(
        selection=[
            ("unknown", "The bank tells no balance"),
            ("equal", "Equals the bank"),
            ("explained", "Differs by what is not imported"),
            ("not_same_moment", "Balance and transactions are not of the same moment"),
            ("different", "Differs from the bank"),
        ],
        string="Proof",
        readonly=True,
        copy=False,
    )
    ponto_odoo_balance = fields.Monetary(
        string="Balance in Odoo",
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
    )
    ponto_difference = fields.Monetary(
        string="Difference",
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
        help="Balance at the bank less balance in Odoo.",
    )
    ponto_compared_at = fields.Datetime(readonly=True, copy=False)
    ponto_differs_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since which comparison the journal differs from the bank.",
    )
    ponto_difference_date = fields.Date(
        string="Differs From",
        readonly=True,
        copy=False,
        help="The first day on which journal and bank differ, as far as can be told.",
    )
    #: When Ponto had read the balance and the transactions that were compared.
    ponto_balance_synchronized_at = fields.Datetime(readonly=True, copy=False)
    ponto_transactions_synchronized_at = fields.Datetime(readonly=True, copy=False)
    ponto_balance_text = fields.Char(
        string="Proof in Words", compute="_compute_ponto_balance_text"
    )

    @api.depends("ponto_balance_state", "ponto_difference", "ponto_compared_at")
    @api.depends_context("lang")
    def _compute_ponto_balance_text(self):
        for provider in self:
            provider.ponto_balance_text = provider._ponto_describe_balance()

    def _ponto_describe_balance(self):
        """:return: how the journal compares to the bank (str), or False"""
        if not self.ponto_balance_state:
            return False
        message = prepare(
            f"balance_{self.ponto_balance_state}",
            # As it was then: another feed of the account may know a later one.
            bank=self.ponto_currency_id.format(
                self.ponto_odoo_balance + self.ponto_difference
            ),
            odoo=self.ponto_currency_id.format(self.ponto_odoo_balance),
            difference=self.ponto_currency_id.format(self.ponto_difference),
            moment=self._ponto_format_moment(self.ponto_balance_synchronized_at),
            transactions_moment=self._ponto_format_moment(
                self.ponto_transactions_synchronized_at
            ),
            date=format_date(self.env, self.ponto_difference_date),
        )
        return word(self.env, message)

    def _ponto_format_moment(self, moment):
        """:return: a moment as people write it (str)"""
        if not moment:
            return self.env._("an unknown time")
        return format_datetime(self.env, moment, tz=self.tz, dt_format="short")

    def _ponto_compare_balances(self, transactions_synchronized_at):
        """Compare the journal to the bank, and keep the result.

        :param datetime transactions_synchronized_at: when Ponto last read transactions
            at the bank, naive, in UTC; or False
        """
        self.ensure_one()
        now = fields.Datetime.now()
        self.ponto_transactions_synchronized_at = transactions_synchronized_at
        is_of_one_moment = self._ponto_is_same_moment()
        is_comparable = self.ponto_bank_balance_known and is_of_one_moment
        if self.ponto_opening_is_provisional and is_comparable:
            self._ponto_correct_opening_balance()
        rounding = self._ponto_get_rounding()
        odoo_balance = self._ponto_get_odoo_balance()
        difference = self._ponto_get_difference(odoo_balance)
        not_booked = None
        if difference is not None and not is_zero(difference, rounding):
            not_booked = self._ponto_get_not_booked()
        state = proof.judge(difference, not_booked, is_of_one_moment, rounding)
        is_different = state == proof.DIFFERENT
        values = {
            "ponto_balance_state": state,
            "ponto_odoo_balance": odoo_balance,
            "ponto_difference": difference,
            "ponto_balance_synchronized_at": self.ponto_synchronized_at,
            "ponto_compared_at": now,
            "ponto_differs_since": is_different and (self.ponto_differs_since or now),
            "ponto_difference_date": is_different and self._ponto_get_difference_date(),
        }
        self.write(values)

    def _ponto_is_same_moment(self):
        """Tell whether Ponto read the balance and the transactions at one moment.

        :rtype: bool
        """
        return proof.is_same_moment(
            self.ponto_synchronized_at or None,
            self.ponto_transactions_synchronized_at or None,
        )

    def _ponto_get_rounding(self):
        """Return the smallest unit of the account's currency (Decimal)."""
        return to_decimal(self.ponto_currency_id.rounding)

    def _ponto_get_difference(self, odoo_balance):
        """Return the balance at the bank less that in Odoo.

        :param Decimal odoo_balance: the journal's balance
        :return: None if the bank tells no balance
        :rtype: Decimal or None
        """
        if not self.ponto_bank_balance_known:
            return None
        bank_balance = to_decimal(self.ponto_bank_balance)
        return proof.find_difference(
            bank_balance, odoo_balance, self._ponto_get_rounding()
        )

    def _ponto_get_not_booked(self):
        """Return what was read and is not in the journal (`proof.NotBooked`)."""
        today = self._ponto_get_today()
        return proof.NotBooked(
            waiting=self._ponto_get_waiting_amount([("date", "<=", today)]),
            announced=self._ponto_get_waiting_amount([("date", ">", today)]),
            late=self._ponto_get_late_amount(),
        )

    def _ponto_get_odoo_balance(self):
        """Get the journal's balance by its bank transactions.

        :return: what the statements come to that follow from one another up to the
            last one, and all lines beside statements since the first of them; without
            statements, the balance before the first line, and all lines
        :rtype: Decimal
        """
        domain = [("journal_id", "=", self.journal_id.id), ("state", "=", "posted")]
        balance = to_decimal(self.ponto_opening_balance)
        first_line_index, by_statements = self._ponto_add_up_statements()
        if first_line_index:
            balance = to_decimal(by_statements)
            domain += [
                ("statement_id", "=", False),
                ("internal_index", ">=", first_line_index),
            ]
        [(total, count)] = self.env["account.bank.statement.line"]._read_group(
            domain, aggregates=["amount:sum", "__count"]
        )
        is_empty = not first_line_index and not count
        if is_empty and not self.ponto_opening_balance_known:
            # Nothing is imported yet, so nothing tells the balance before it.
            balance = to_decimal(self.ponto_bank_balance)
            balance -= self._ponto_get_waiting_amount(
                [("date", "<=", self._ponto_get_today())]
            )
        return round_amount(balance + to_decimal(total), self._ponto_get_rounding())

    def _ponto_add_up_statements(self):
        """Add the lines of all statements that follow from one another up to the last
        one to the balance with which the first of these starts.

        By their lines, and not by what their balances say: where a line was removed,
        those behind it say no more than what the journal once had. So the first one is
        before it, if any is. Odoo keeps each statement's sum, so that long histories
        cost no more than short ones.

        :return: index of the first line of these statements (str), and balance
            (Decimal); (None, None) where there are no statements
        """
        Statement = self.env["account.bank.statement"]
        Statement.flush_model(["journal_id", "first_line_index", *STATEMENT_BALANCES])
        self.env["ponto.transaction"].flush_model(["provider_id", "state", "date"])
        self.env.cr.execute(
            SQL(
                """
                WITH removed AS (
                         SELECT to_char(min(date), 'YYYYMMDD') AS day
                           FROM ponto_transaction
                          WHERE provider_id = %(provider)s AND state = 'removed'
                     ),
                     statement AS (
                         SELECT first_line_index, balance_start,
                                balance_end - balance_start AS total,
                                lag(balance_end_real) OVER (ORDER BY first_line_index)
                                    AS balance_before
                           FROM account_bank_statement
                          WHERE journal_id = %(journal)s
                            AND first_line_index IS NOT NULL
                     ),
                     beginning AS (
                         SELECT first_line_index, balance_start,
                                day IS NULL OR first_line_index < day AS is_before
                           FROM statement, removed
                          WHERE balance_before IS NULL
                             OR round(balance_before - balance_start, %(digits)s) != 0
                     ),
                     first AS (
                         SELECT first_line_index, balance_start
                           FROM beginning
                       ORDER BY is_before DESC,
                                CASE WHEN is_before THEN first_line_index END DESC,
                                first_line_index
                          LIMIT 1
                     )
              SELECT first.first_line_index,
                     coalesce(first.balance_start, 0) + sum(coalesce(total, 0))
                FROM first
                JOIN statement ON statement.first_line_index >= first.first_line_index
            GROUP BY first.first_line_index, first.balance_start
                """,
                journal=self.journal_id.id,
                digits=self.ponto_currency_id.decimal_places,
                provider=self._origin.id or None,
            )
        )
        return self.env.cr.fetchone() or (None, None)

    def _ponto_get_waiting_amount(self, domain):
        """Return what the transactions that wait would add to the journal (Decimal)."""
        if self.ponto_opening_date:
            # What the balance before the first line holds makes no difference.
            domain = [
                *domain,
                "|",
                ("date", ">=", self.ponto_opening_date),
                ("id", ">", self.ponto_opening_register_id),
            ]
        return self._ponto_sum_up(
            [
                ("state", "in", ("new", "waiting")),
                ("statement_line_id", "=", False),
                *domain,
            ]
        )

    def _ponto_get_late_amount(self):
        """Return what is dated before the start date, but not part of the balance
        before the first line: it came to the bank after that was settled, or was left
        out after it.

        :rtype: Decimal
        """
        if not self.ponto_opening_register_id:
            return Decimal()
        return self._ponto_sum_up(
            [
                ("state", "=", "before_start"),
                "|",
                ("date", ">=", self.ponto_opening_date),
                ("id", ">", self.ponto_opening_register_id),
            ]
        )

    def _ponto_sum_up(self, domain):
        """Return the sum of some of the registered transactions (Decimal)."""
        [(total,)] = self.env["ponto.transaction"]._read_group(
            [
                ("provider_id", "=", self.id),
                ("currency", "=", self.ponto_currency_id.name),
                *domain,
            ],
            aggregates=["amount:sum"],
        )
        return to_decimal(total)

    def _ponto_get_difference_date(self):
        """Get the first day on which the journal differs from what Ponto served.

        :return: the day of the first transaction that has no line or another one, or of
            the first line that Ponto did not serve; else the day of the last comparison
            that found the journal equal to the bank (date)
        """
        Transaction = self.env["ponto.transaction"]
        domain = [("provider_id", "=", self.id), ("date", "!=", False)]
        days = Transaction.search(
            domain
            + [
                ("state", "in", ("waiting", "ignored", "removed")),
                ("statement_line_id", "=", False),
            ],
            order="date",
            limit=1,
        ).mapped("date")
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT min(known.date)
              FROM ponto_transaction known
              JOIN account_bank_statement_line line
                ON line.id = known.statement_line_id
             WHERE known.provider_id = %(provider)s
               AND known.amount::numeric != line.amount
             UNION ALL
            SELECT min(move.date)
              FROM account_bank_statement_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE line.journal_id = %(journal)s
               AND move.state = 'posted'
               AND move.date >= (
                       SELECT min(known.date) FROM ponto_transaction known
                        WHERE known.provider_id = %(provider)s
                          AND known.statement_line_id IS NOT NULL
                   )
               AND NOT EXISTS (
                       SELECT 1 FROM ponto_transaction known
                        WHERE known.statement_line_id = line.id
                   )
            """,
            {"provider": self.id, "journal": self.journal_id.id},
        )
        return proof.find_difference_date(
            days + [row[0] for row in self.env.cr.fetchall()],
            earlier_date=(
                self.ponto_balance_state == proof.DIFFERENT
                and self.ponto_difference_date
            ),
            compared_on=(self.ponto_compared_at or fields.Datetime.now()).date(),
        )

    def _ponto_watch_difference(self):
        """Tell somebody of a difference that lasts; close that when it is gone."""
        self.ensure_one()
        since = self.ponto_differs_since
        if not since:
            self._ponto_close_activity(ACTIVITY_DIFFERENCE)
        elif proof.is_lasting(since, fields.Datetime.now()):
            self._ponto_open_activity(ACTIVITY_DIFFERENCE)
