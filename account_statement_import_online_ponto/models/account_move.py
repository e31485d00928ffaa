# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def unlink(self):
        """Override of `account` to remember which transactions a user removed.

        The database removes an entry's statement line along with it, unasked.
        """
        self.env["ponto.transaction"].sudo()._remember_removed(self.statement_line_ids)
        return super().unlink()
