# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class PontoStop(models.Model):
    """That somebody stopped a feed; it goes on when this is removed.

    A row of its own, because a running pull has its provider locked: this can be
    written beside it at any moment, and the pull finds it after its next step.
    """

    _name = "ponto.stop"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Stopped Ponto Feed"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        string="Feed",
        required=True,
        ondelete="cascade",
        index=True,
    )
