# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class OnlineBankStatementProvider(models.Model):
    """The bank's consent: until when may Ponto read the account, and can it now?"""

    _inherit = "online.bank.statement.provider"

    ponto_consent_expires_at = fields.Datetime(
        related="ponto_linked_account_id.consent_expires_at"
    )
    ponto_consent_state = fields.Selection(
        related="ponto_linked_account_id.consent_state"
    )
    ponto_consent_days = fields.Integer(related="ponto_linked_account_id.consent_days")
    ponto_bank_notice = fields.Text(related="ponto_linked_account_id.notice")
    ponto_consent_reminded = fields.Integer(
        readonly=True,
        copy=False,
        default=-1,
        help="At how many days left people were reminded last; -1 for not yet.",
    )
