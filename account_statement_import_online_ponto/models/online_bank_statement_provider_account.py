# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class OnlineBankStatementProvider(models.Model):
    """Which of the accounts that Ponto offers feeds the journal."""

    _inherit = "online.bank.statement.provider"

    ponto_account_id = fields.Char(
        string="Ponto Account Identifier",
        readonly=True,
        copy=False,
    )
    ponto_is_relinked = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether Ponto has given up identifiers of transactions that were read, "
        "as it does when an account is linked anew.",
    )
    ponto_linked_account_id = fields.Many2one(
        comodel_name="ponto.account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    ponto_account_name = fields.Char(
        string="Account in Ponto",
        compute="_compute_ponto_account_name",
        compute_sudo=True,
        help="The account that was found by the journal's account number and currency.",
    )
    ponto_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the Account",
        compute="_compute_ponto_currency_id",
    )
    ponto_bank_balance = fields.Monetary(
        related="ponto_linked_account_id.balance",
        string="Balance at the Bank",
        currency_field="ponto_currency_id",
    )
    ponto_bank_balance_known = fields.Boolean(
        related="ponto_linked_account_id.balance_known"
    )
    ponto_synchronized_at = fields.Datetime(
        related="ponto_linked_account_id.synchronized_at"
    )

    @api.depends("ponto_linked_account_id.display_name")
    @api.depends_context("lang")
    def _compute_ponto_account_name(self):
        for provider in self:
            provider.ponto_account_name = provider.ponto_linked_account_id.display_name

    @api.depends("journal_id.currency_id", "company_id.currency_id")
    def _compute_ponto_currency_id(self):
        for provider in self:
            provider.ponto_currency_id = (
                provider.journal_id.currency_id or provider.company_id.currency_id
            )
