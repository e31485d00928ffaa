# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def unlink(self):
        """Override of `account` to remember which transactions a user removed."""
        self.env["ponto.transaction"].sudo()._remember_removed(self)
        return super().unlink()
