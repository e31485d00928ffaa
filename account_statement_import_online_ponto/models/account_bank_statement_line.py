# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def unlink(self):
        """Override of `account` to remember which transactions a user removed.

        A removed line stays removed: the register keeps its transaction, so that no
        later pull brings it back.
        """
        transactions_sudo = (
            self.env["ponto.transaction"]
            .sudo()
            .search([("statement_line_id", "in", self.ids)])
        )
        result = super().unlink()
        transactions_sudo.write({"state": "removed"})
        return result
