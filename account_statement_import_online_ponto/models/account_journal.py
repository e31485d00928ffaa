# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from odoo.addons.base.models.res_bank import sanitize_account_number


class AccountJournal(models.Model):
    _inherit = "account.journal"

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Override to keep the test service "Dummy" off the list of choices."""
        result = super().fields_get(allfields, attributes)
        self.env["online.bank.statement.provider"]._hide_test_service(
            result.get("online_bank_statement_provider")
        )
        return result

    def unlink(self):
        """Override of `account` to keep no credentials that nobody uses any more.

        The database removes a journal's feed along with it, unasked.
        """
        providers_sudo = self.env["online.bank.statement.provider"].sudo()
        integrations_sudo = (
            providers_sudo.with_context(active_test=False)
            .search([("journal_id", "in", self.ids)])
            .ponto_integration_id
        )
        result = super().unlink()
        integrations_sudo._remove_unused()
        return result

    def _statement_line_import_speeddict(self):
        """Override of `account_statement_import_base`.

        The base reads every partner's bank account of the database. A pull of ours
        asks, by its context, for those that its lines name, however they are written;
        a number that several partners share goes to nobody here.
        """
        account_numbers = self.env.context.get("ponto_account_numbers")
        if account_numbers is None:
            return super()._statement_line_import_speeddict()
        self.ensure_one()
        partner_banks = self.env["res.partner.bank"].search(
            [
                ("sanitized_acc_number", "in", account_numbers),
                ("company_id", "in", (False, self.company_id.id)),
            ]
        )
        return {
            "account_number": {
                number: {
                    "partner_id": banks.partner_id.id,
                    "partner_bank_id": banks[:1].id,
                }
                for number, banks in partner_banks.grouped(
                    lambda bank: sanitize_account_number(bank.acc_number)
                ).items()
                if len(banks.partner_id) == 1
            }
        }
