# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import api, fields, models
from odoo.tools import format_date

from ..texts import prepare, word
from ..tools import format_moment


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
            moment=format_moment(self, self.ponto_balance_synchronized_at),
            transactions_moment=format_moment(
                self, self.ponto_transactions_synchronized_at
            ),
            date=format_date(self.env, self.ponto_difference_date),
        )
        return word(self.env, message)
