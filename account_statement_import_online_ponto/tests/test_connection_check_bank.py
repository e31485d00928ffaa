# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, timedelta
from email.utils import formatdate

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IBAN, OTHER_IBAN
from .test_connection_check import CheckCase


@tagged("post_install", "-at_install")
class TestConnectionCheckBank(CheckCase):
    """Findings about the way from the bank to Odoo."""

    # === LOGIN === #

    def test_a_refused_secret_leads_to_new_credentials(self):
        self.bank.fault("/oauth2/token", status=401, code="invalid_client", times=None)
        self.env["ponto.integration"]._forget_tokens()
        finding = self.assertFinding(
            "Login", "error", "does not accept", "update_credentials"
        )
        action = finding.action_repair()
        self.assertEqual(action["res_model"], "ponto.connect.wizard")
        wizard = (
            self.env["ponto.connect.wizard"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({})
        )
        self.assertTrue(wizard.is_new_secret)
        self.assertEqual(
            wizard.known_integration_id, self.provider.ponto_integration_id
        )

    def test_a_new_secret_that_ponto_refuses_is_told(self):
        self.provider.password = "outdated"
        self.assertFinding("Login", "warning", "did not accept", "update_credentials")
        self.assertFinding("Login", "warning", "did not accept", "update_credentials")

    def test_missing_credentials_lead_to_the_feed(self):
        self.provider.password = False
        finding = self.assertFinding(
            "Login", "error", "Enter the Login", "open_provider"
        )
        self.assertEqual(finding.action_repair()["res_id"], self.provider.id)
        self.assertFalse(self.bank.requests)

    @mute_logger("urllib3.connectionpool")
    def test_ponto_out_of_reach_is_told(self):
        self.simulator.stop()
        self.assertFinding("Login", "error", "cannot be reached", "check_again")

    def test_the_wrong_scope_leads_to_ponto(self):
        self.bank.set_scope("pi")
        finding = self.assertFinding(
            "Permission", "error", "scope Account Information", "open_ponto"
        )
        self.assertEqual(finding.url, "https://dashboard.myponto.com")
        self.assertEqual(finding.action_repair()["url"], finding.url)

    def test_a_refusal_of_the_accounts_leads_to_ponto(self):
        self.bank.set_forbidden()
        self.assertFinding("Permission", "error", "does not let", "open_ponto")

    def test_a_refusal_by_a_firewall_leads_nobody_to_ponto(self):
        self.bank.fault("/accounts", status=403, body="<html>", times=None)
        self.assertFinding("Permission", "error", "perhaps a firewall", "check_again")

    def test_a_disturbance_is_told_as_one(self):
        self.bank.fault("/accounts", status=500, body="<html>", times=None)
        self.assertFinding("Permission", "error", "temporary problem", "check_again")

    # === ACCOUNT === #

    def test_an_account_that_is_not_switched_on_leads_to_ponto(self):
        self.bank.unlink(self.account_id)
        self.assertFinding(
            "Account in Ponto", "error", "offers no account", "open_ponto"
        )
        self.assertFinding("Number and Currency", "skipped", "")

    def test_a_journal_without_number_is_led_to(self):
        self.provider.sudo().ponto_account_id = False
        self.journal.bank_account_id = False
        finding = self.assertFinding(
            "Account in Ponto", "error", "no account number", "open_journal"
        )
        action = finding.action_repair()
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("account.journal", self.journal.id),
        )

    def test_two_accounts_of_one_number_are_told(self):
        self.bank.add_account(reference=IBAN, currency="EUR")
        self.provider.sudo().ponto_account_id = False
        self.assertFinding("Account in Ponto", "error", "more than once", "open_ponto")

    def test_another_number_in_the_journal_is_told_with_both(self):
        self.journal.bank_account_id = False
        self.journal.set_bank_account(OTHER_IBAN)
        self.assertFinding("Account in Ponto", "ok", "BE68 5390 0754 7034 EUR")
        finding = self.assertFinding(
            "Number and Currency", "error", "BE68 5390 0754 7034 EUR", "open_journal"
        )
        self.assertIn("BE15 0017 6543 2130 EUR", finding.text)

    def test_another_currency_in_ponto_is_told(self):
        self.bank.update_account(self.account_id, currency="USD")
        self.assertFinding(
            "Number and Currency", "error", "BE68 5390 0754 7034 USD", "open_journal"
        )

    def test_the_rest_is_checked_of_an_account_that_does_not_match(self):
        self.bank.update_account(self.account_id, currency="USD")
        self.bank.expire_consent(self.account_id)
        self.assertFinding(
            "The Bank's Consent", "error", "no longer lets", "open_ponto"
        )

    def test_a_replaced_connection_leads_to_ponto(self):
        self.bank.deprecate(self.account_id)
        self.assertFinding(
            "Bank Connection", "error", "replaces the connection", "open_ponto"
        )

    # === CONSENT AND DATA === #

    def test_a_consent_that_ends_soon_is_told(self):
        self.bank.renew_consent(self.account_id, days=9)
        self.assertFinding("The Bank's Consent", "warning", "ends on", "open_ponto")

    def test_a_consent_that_ended_is_a_problem(self):
        self.bank.expire_consent(self.account_id)
        self.assertFinding(
            "The Bank's Consent", "error", "no longer lets", "open_ponto"
        )
        self.assertFinding("Ponto at the Bank", "error", "refused", "open_ponto")

    def test_a_consent_of_unknown_end_is_no_problem(self):
        self.bank.set_consent_end(self.account_id, None)
        self.assertFinding("The Bank's Consent", "ok", "does not tell")

    def test_a_failed_synchronization_is_told(self):
        for subtype in ("accountDetails", "accountTransactions"):
            self.bank.fail_synchronizations(self.account_id)
            self.bank.synchronize(self.account_id, subtype)
            self.assertFinding(
                "Ponto at the Bank", "warning", "could not read", "fetch_now"
            )
            self.bank.synchronize(self.account_id, subtype)

    def test_maintenance_at_the_bank_is_told(self):
        self.bank.set_availability(self.account_id, "readonly")
        self.assertFinding("Ponto at the Bank", "warning", "maintenance", "check_again")

    def test_old_bank_data_are_told(self):
        self.clock.tick(timedelta(days=2))
        self.assertFinding(
            "Ponto at the Bank", "warning", "last read the account on", "fetch_now"
        )

    def test_transactions_that_cannot_be_read_are_told(self):
        self.bank.fault("/transactions", status=500, body="<html>", times=None)
        self.assertFinding(
            "Ponto at the Bank", "error", "temporary problem", "check_again"
        )

    # === CLOCK === #

    def shift_clock(self, **difference):
        moment = fields.Datetime.now() - timedelta(**difference)
        date = formatdate((moment - datetime(1970, 1, 1)).total_seconds(), usegmt=True)
        self.bank.fault(".*", headers={"Date": date}, times=None)

    def test_a_clock_that_is_ahead_is_told(self):
        self.shift_clock(minutes=5)
        self.assertFinding(
            "Clock of the Server", "warning", "5 minutes ahead", "check_again"
        )

    def test_a_clock_that_is_behind_is_told(self):
        self.shift_clock(minutes=-5)
        self.assertFinding(
            "Clock of the Server", "warning", "5 minutes behind", "check_again"
        )

    def test_some_seconds_are_no_difference(self):
        self.shift_clock(seconds=90)
        self.assertFinding("Clock of the Server", "ok", "agrees")
