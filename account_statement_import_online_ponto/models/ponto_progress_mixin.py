# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..feed import background, progress


class PontoProgressMixin(models.AbstractModel):
    """What runs for a feed in the background, how far it is, and who has paused it."""

    _name = "ponto.progress.mixin"
    _description = "Tells How Far a Feed Is"

    ponto_stop_ids = fields.One2many(
        comodel_name="ponto.stop",
        inverse_name="provider_id",
        copy=False,
    )
    ponto_stop_notice = fields.Char(compute="_compute_ponto_stop_notice")
    ponto_progress = fields.Json(
        compute="_compute_ponto_progress",
        help="What the progress bar shows: percent, text, and whether the user may "
        "stop the import. Nothing where none is running.",
    )

    @api.depends("ponto_stop_ids", "ponto_start_date", "ponto_transaction_ids.state")
    @api.depends_context("lang")
    def _compute_ponto_stop_notice(self):
        for provider in self:
            provider.ponto_stop_notice = background.describe_stop(provider)

    @api.depends(
        "active", "ponto_stop_ids", "ponto_pull_ids.state", "ponto_pull_ids.progress"
    )
    @api.depends_context("uid", "lang")
    def _compute_ponto_progress(self):
        may_stop = self.env["account.bank.statement.line"].has_access("create")
        running_sudo = (
            self.env["ponto.pull"].sudo()._find_running(self).grouped("provider_id")
        )
        for provider in self:
            pull_sudo = running_sudo.get(provider, self.env["ponto.pull"])[:1]
            if not pull_sudo or not provider.active or background.is_stopped(provider):
                provider.ponto_progress = False
                continue
            provider.ponto_progress = {
                "percent": pull_sudo.progress,
                "text": progress.describe(pull_sudo),
                "may_stop": may_stop,
            }

    def action_ponto_stop(self):
        """Stop what runs in the background after its next step, and import nothing
        until somebody lets it go on. What is imported stays."""
        self.ensure_one()
        background.stop(self)

    def action_ponto_go_on(self):
        """Go on where the import was stopped."""
        self.ensure_one()
        background.resume(self)
