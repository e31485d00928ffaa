# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import fields, models


class OnlineBankStatementProvider(models.Model):
    """Outages: while Ponto does not answer, few feeds try it, and people are told
    once."""

    _inherit = "online.bank.statement.provider"

    ponto_failure_is_shared = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether what went wrong is that of all feeds of the integration.",
    )
