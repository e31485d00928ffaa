# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ..feed.line_windows import get_matching_action
from ..feed.settling_by_hand import set_line_as


class AccountReconcileModel(models.Model):
    _inherit = "account.reconcile.model"

    def action_ponto_set(self):
        """Book the bank line for which the model was chosen to the model's accounts.

        :return: the action that shows the bank lines to match (dict)
        """
        self.ensure_one()
        line = self.env["account.bank.statement.line"]._ponto_from_context()
        set_line_as(line, self)
        return get_matching_action(self.env)
