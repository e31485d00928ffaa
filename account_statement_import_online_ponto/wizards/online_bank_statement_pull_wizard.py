# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, models

#: How many days the wizard proposes to pull.
PROPOSED_DAYS = 30


class OnlineBankStatementPullWizard(models.TransientModel):
    _inherit = "online.bank.statement.pull.wizard"

    @api.model
    def default_get(self, fields_list):
        """Override: the base proposes a period without length."""
        values = super().default_get(fields_list)
        if "date_since" in values:
            values["date_since"] -= timedelta(days=PROPOSED_DAYS)
        return values

    def action_pull(self):
        """Override to tell what a pull from Ponto brought."""
        action = super().action_pull()
        provider = self._get_provider()
        if provider.service != "ponto":
            return action
        return provider._ponto_get_result_action()
