# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields
from odoo.tests import tagged

from .common import OTHER_IBAN
from .common_tours import TourCase


@tagged("post_install", "-at_install")
class TestConnectTour(TourCase):
    """The assistant, in a real browser."""

    def setUp(self):
        super().setUp()
        self.use_simulator_by_default()
        self.book("121.00", str(fields.Date.today()))

    def test_from_two_codes_to_imported_lines_it_takes_few_clicks(self):
        with self.scheduled_pulls():
            self.start_tour("/odoo", "ponto_connect_wizard", login=self.manager.login)
        provider = self.journal.online_bank_statement_provider_id
        self.assertEqual(provider.ponto_account_id, self.account_id)
        self.assertTrue(provider.ponto_start_date)
        self.assertEqual(self.lines().amount, 121)

    def test_the_assistant_is_walked_through_with_the_keyboard_alone(self):
        self.walk(
            "ponto_connect_keyboard",
            self.manager,
            "account_statement_import_online_ponto.ponto_connect_wizard_action",
        )
        provider = self.journal.online_bank_statement_provider_id
        self.assertEqual(provider.ponto_account_id, self.account_id)


@tagged("post_install", "-at_install")
class TestConnectTourPhone(TourCase):
    """The assistant on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_no_journal_is_made_that_nobody_has_seen(self):
        self.use_simulator_by_default()
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.walk(
            "ponto_connect_phone",
            self.manager,
            "account_statement_import_online_ponto.ponto_connect_wizard_action",
        )
        journals = self.env["online.bank.statement.provider"].search([]).journal_id
        self.assertEqual(len(journals), 2)
        self.assertIn("Savings", journals.mapped("name"))
