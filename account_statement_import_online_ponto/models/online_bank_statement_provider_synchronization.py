# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import models

from ..feed import pulls


class OnlineBankStatementProvider(models.Model):
    """Fetching now: a person asks Ponto to ask the bank, then pulls.

    Banks allow that only while a person is present, whose public address Ponto passes
    on. The scheduled pull therefore never does it.
    """

    _inherit = "online.bank.statement.provider"

    def action_ponto_fetch_now(self):
        """Ask Ponto for the bank's newest transactions, and import what is new.

        :return: the action that tells what came, and shows it (dict)
        :raise UserError: when nothing could be read
        """
        self.ensure_one()
        provider = self.with_company(self.company_id)
        pull = pulls.pull_for_person(provider, refresh=True)
        return provider._ponto_get_result_action(pull)
