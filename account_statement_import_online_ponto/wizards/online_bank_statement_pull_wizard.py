# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class OnlineBankStatementPullWizard(models.TransientModel):
    _inherit = "online.bank.statement.pull.wizard"

    def action_pull(self):
        """Override to tell what a pull from Ponto brought."""
        action = super().action_pull()
        provider = self._get_provider()
        if provider.service != "ponto":
            return action
        pull = self.env["ponto.pull"].search(
            [("provider_id", "=", provider.id)], limit=1
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": provider.journal_id.name,
                "message": pull._get_summary(),
                "next": provider._ponto_get_lines_action(),
            },
        }
