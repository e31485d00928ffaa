# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


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
