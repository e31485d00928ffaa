# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import socket
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import convert_file

from .common import PontoCase

MODULE = "account_statement_import_online_ponto"
PARAMETER = f"{MODULE}.api_base"


@tagged("post_install", "-at_install")
class TestDemo(PontoCase):
    """Odoo's demo data: a feed where a simulated Ponto runs, nothing elsewhere."""

    def load_demo(self, address=None):
        """Load the demo data as an installation with Odoo's demo flag does.

        :param str address: what the environment says of the simulator
        :return: the feeds that this makes
        """
        before = self.providers()
        env = {"PONTO_SIMULATOR_URL": address} if address else {}
        with (
            patch.dict(os.environ, env),
            self.assertNoLogs("odoo.addons", "WARNING"),
            self.assertNoLogs("urllib3", "WARNING"),
        ):
            convert_file(
                self.env(su=True),
                MODULE,
                "demo/ponto_connect_wizard_demo.xml",
                {},
                mode="init",
                noupdate=True,
            )
        return self.providers() - before

    def providers(self):
        return self.env["online.bank.statement.provider"].search([])

    def get_parameter(self):
        return self.env["ir.config_parameter"].sudo().get_param(PARAMETER)

    def set_parameter(self, address):
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, address)

    def test_a_simulator_that_runs_feeds_the_journal(self):
        self.book("5.00", "2026-07-10")
        feed = self.load_demo(self.simulator.url)
        # What an installation does after that.
        self.env["online.bank.statement.provider"]._ponto_take_over()
        self.assertEqual(feed.journal_id, self.journal)
        self.assertEqual(feed.ponto_account_id, self.account_id)
        self.assertEqual(self.get_parameter(), self.simulator.url)
        feed.ponto_start_date = "2026-07-01"
        self.pull_scheduled(feed)
        self.assertEqual(self.lines().amount, 5)
        self.assertFalse(feed.ponto_failure)

    def test_the_system_parameter_tells_where_it_is_too(self):
        self.set_parameter(self.simulator.url)
        self.assertEqual(len(self.load_demo()), 1)

    def test_loading_again_changes_nothing(self):
        self.load_demo(self.simulator.url)
        self.assertFalse(self.load_demo(self.simulator.url))

    def test_without_simulator_the_journal_is_left_alone(self):
        self.assertFalse(self.load_demo())
        self.assertFalse(self.get_parameter())
        self.assertFalse(self.bank.requests)
        self.assertFalse(self.journal.online_bank_statement_provider_id)

    def test_a_simulator_that_does_not_answer_is_none(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.assertFalse(self.load_demo(f"http://127.0.0.1:{port}"))
        self.assertFalse(self.get_parameter())

    def test_nothing_but_this_machine_is_asked(self):
        with patch.object(socket, "getaddrinfo", side_effect=AssertionError):
            for address in (
                "https://api.myponto.com",
                "http://api.myponto.com",
                "https://localhost.example",
                "not an address",
            ):
                self.assertFalse(self.load_demo(address))
            self.set_parameter("https://gateway.example")
            self.assertFalse(self.load_demo(self.simulator.url))
        self.assertEqual(self.get_parameter(), "https://gateway.example")
        self.assertFalse(self.bank.requests)

    def test_without_chart_of_accounts_nothing_is_made(self):
        self.company.chart_template = False
        self.assertFalse(self.load_demo(self.simulator.url))

    def test_what_cannot_be_connected_leaves_nothing_half_done(self):
        Integration = self.env["ponto.integration"].sudo()
        for scope in ("pi", "ai"):
            self.bank.set_scope(scope)
            self.bank.deprecate(self.account_id)
            self.assertFalse(self.load_demo(self.simulator.url))
            self.assertFalse(Integration.search([]))
            self.assertFalse(self.journal.online_bank_statement_provider_id)
