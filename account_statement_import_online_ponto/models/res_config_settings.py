# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from . import ponto_transaction
from .ponto_pull import DEFAULT_RETENTION_MONTHS, RETENTION_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ponto_pull_retention_months = fields.Integer(
        string="Months to Keep Fetches",
        config_parameter=RETENTION_PARAMETER,
        default=DEFAULT_RETENTION_MONTHS,
    )
    ponto_register_retention_months = fields.Integer(
        string="Months to Keep Transactions Without a Line",
        config_parameter=ponto_transaction.RETENTION_PARAMETER,
        default=ponto_transaction.DEFAULT_RETENTION_MONTHS,
    )
