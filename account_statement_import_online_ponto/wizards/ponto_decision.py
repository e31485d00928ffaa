# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from ..feed import decided


class PontoDecision(models.TransientModel):
    """What somebody has just decided, to be undone for as long as Odoo keeps it: the
    register keeps no names and texts of what was left out."""

    _name = "ponto.decision"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Decision on Bank Transactions"
    _rec_name = "kind"

    kind = fields.Selection(
        selection=[
            ("import", "Import"),
            ("ignore", "Ignore"),
            ("same", "Same as the similar line"),
        ],
        readonly=True,
    )
    #: What was before and after it, see `feed.decided`.
    memory = fields.Json(readonly=True, groups=fields.NO_ACCESS)

    def action_undo(self):
        """Restore what was before the decision.

        :return: the action that tells so
        :rtype: dict
        :raise UserError: when something has changed since
        """
        return decided.undo_decision(self)
