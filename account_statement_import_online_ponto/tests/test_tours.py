# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import CRON, PontoCase


@tagged("post_install", "-at_install")
class TestTours(PontoCase, HttpCase):
    """People's ways through the screens, in a real browser."""

    def test_an_accounting_administrator_connects_a_journal(self):
        self.use_simulator_by_default()
        self.book(
            "121.00",
            str(fields.Date.today()),
            remittanceInformation="Invoice 2026/118",
        )
        action = self.env.ref("account.action_account_journal_form")
        self.start_tour(
            f"/odoo/action-{action.id}/{self.journal.id}",
            "ponto_connect_journal",
            login=self.manager.login,
        )
        self.assertEqual(self.lines().amount, 121)

    def test_a_bookkeeper_takes_an_import_back(self):
        provider = self.create_provider()
        for number in (7, 8):
            self.book(
                f"{number}.00",
                f"2026-07-0{number}",
                remittanceInformation=f"Invoice {number}",
            )
        self.pull_scheduled(provider)
        action = self.env.ref(
            "account_statement_import_online_ponto.ponto_pull_all_action"
        )
        self.start_tour(
            f"/odoo/action-{action.id}", "ponto_take_back", login=self.bookkeeper.login
        )
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_a_bookkeeper_checks_the_connection(self):
        provider = self.create_provider()
        self.company.fiscalyear_lock_date = date(2026, 6, 30)
        self.book("-900.00", "2026-06-01", remittanceInformation="Rent of May")
        self.pull_scheduled(provider)
        self.env.ref(CRON).active = False
        action = self.env.ref(
            "account_statement_import_online.online_bank_statement_provider_action"
        )
        self.start_tour(
            f"/odoo/action-{action.id}/{provider.id}",
            "ponto_connection_check",
            login=self.bookkeeper.login,
        )
