# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, tagged

from .common import PontoCase


@tagged("post_install", "-at_install")
class TestConnectTour(PontoCase, HttpCase):
    """The assistant, in a real browser."""

    def test_a_bank_is_connected_from_its_card_with_few_clicks(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "account_statement_import_online_ponto.api_base", self.simulator.url
        )
        action = self.env.ref("account.open_account_journal_dashboard_kanban")
        self.start_tour(
            f"/odoo/action-{action.id}",
            "ponto_connect_wizard",
            login=self.manager.login,
        )
        provider = self.journal.online_bank_statement_provider_id
        self.assertEqual(provider.ponto_account_id, self.account_id)
        self.assertTrue(provider.ponto_start_date)
