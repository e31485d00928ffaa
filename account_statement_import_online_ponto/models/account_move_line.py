# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ..feed.line_windows import get_matching_action
from ..feed.settling_by_hand import settle_with


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def action_ponto_settle(self):
        """Settle the items with the bank line for which they were chosen.

        :return: the action that shows the bank lines to match (dict)
        """
        line = self.env["account.bank.statement.line"]._ponto_from_context()
        settle_with(line, self)
        return get_matching_action(self.env)
