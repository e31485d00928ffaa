# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Override not to read the bank accounts of the whole database for a pull:
        `account_statement_import_base` would for each. Its context tells those that
        its lines name."""
        account_numbers = self.env.context.get("ponto_account_numbers")
        if account_numbers is not None:
            named = Domain("sanitized_acc_number", "in", account_numbers)
            domain = named & Domain(domain)
        return super()._search(domain, *args, **kwargs)
