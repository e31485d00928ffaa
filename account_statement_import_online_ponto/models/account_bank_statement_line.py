# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def unlink(self):
        """Override of `account` to remember which transactions a user removed.

        A removed line stays removed: the register keeps its transaction, so that no
        later pull brings it back, but somebody may.
        """
        transactions_sudo = (
            self.env["ponto.transaction"]
            .sudo()
            .search([("statement_line_id", "in", self.ids)])
        )
        documents = {
            transaction: transaction.statement_line_id.raw_data
            for transaction in transactions_sudo
        }
        result = super().unlink()
        for transaction, document in documents.items():
            transaction.write({"state": "removed", "document": document})
        return result
