# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import fields
from odoo.tests import tagged

from .common import CRON
from .common_tours import PROVIDERS, TourCase


@tagged("post_install", "-at_install")
class TestTours(TourCase):
    """From a journal to its feed, to its pulls and to its connection check."""

    def test_an_accounting_administrator_connects_a_journal(self):
        self.use_simulator_by_default()
        self.book(
            "121.00",
            str(fields.Date.today()),
            remittanceInformation="Invoice 2026/118",
        )
        self.walk(
            "ponto_connect_journal",
            self.manager,
            "account.action_account_journal_form",
            self.journal,
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
        self.walk(
            "ponto_take_back",
            self.bookkeeper,
            "account_statement_import_online_ponto.ponto_pull_all_action",
        )
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_an_address_that_somebody_opens_calls_no_method(self):
        provider = self.create_provider()
        self.book("7.00", "2026-07-07")
        self.pull_scheduled(provider)
        pull = provider.ponto_pull_ids
        for tag in ("ponto_call", "ponto_ask", "ponto_notify"):
            query = f"model={pull._name}&method=action_take_back&ids={pull.id}"
            with self.subTest(tag):
                self.start_tour(
                    f"/odoo/{tag}?{query}&title=Sure&message=Yes&confirm=Yes",
                    "ponto_address",
                    login=self.bookkeeper.login,
                )
                self.assertEqual(self.lines().amount, 7)

    def test_a_bookkeeper_checks_the_connection(self):
        provider = self.create_provider()
        self.company.fiscalyear_lock_date = date(2026, 6, 30)
        self.book("-900.00", "2026-06-01", remittanceInformation="Rent of May")
        self.pull_scheduled(provider)
        self.env.ref(CRON).active = False
        self.walk("ponto_connection_check", self.bookkeeper, PROVIDERS, provider)
