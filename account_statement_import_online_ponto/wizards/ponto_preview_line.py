# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..feed.verdicts import IN_JOURNAL, TO_DECIDE, VERDICTS


class PontoPreviewLine(models.TransientModel):
    """A transaction in a preview: what a pull would make of it, and why."""

    _name = "ponto.preview.line"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Transaction in a Preview"
    _order = "rank, date desc, id"
    _rec_name = "payment_ref"

    wizard_id = fields.Many2one(
        comodel_name="online.bank.statement.pull.wizard",
        required=True,
        ondelete="cascade",
        index=True,
    )
    is_ticked = fields.Boolean(string="Select")
    is_new = fields.Boolean(help="Whether a fetch would import it.")
    is_importable = fields.Boolean(help="Whether it may be imported if it is selected.")
    rank = fields.Integer(
        compute="_compute_rank",
        store=True,
        help="What is new comes first, what the journal has comes last.",
    )
    ponto_id = fields.Char(required=True)
    date = fields.Date()
    amount = fields.Float(digits=0)
    currency_id = fields.Many2one(comodel_name="res.currency")
    counterpart_name = fields.Char(string="Counterpart")
    payment_ref = fields.Char(string="Label")
    verdict = fields.Selection(selection=VERDICTS, string="Result", required=True)
    explanation = fields.Char()

    @api.depends("is_new", "verdict")
    def _compute_rank(self):
        for line in self:
            if line.is_new:
                line.rank = 0
            elif line.verdict in TO_DECIDE:
                line.rank = 1
            else:
                line.rank = 3 if line.verdict in IN_JOURNAL else 2

    def _get_verdicts(self):
        """Return {Ponto identifier: verdict that is shown} (dict)."""
        return {line.ponto_id: line.verdict for line in self}
