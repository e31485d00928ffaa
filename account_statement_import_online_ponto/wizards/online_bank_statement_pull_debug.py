# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class OnlineBankStatementPullDebug(models.TransientModel):
    """Raw bank data, visible only to the user who fetched it."""

    _name = "online.bank.statement.pull.debug"
    _inherit = ["online.bank.statement.pull.debug", "ponto.wizard.mixin"]
