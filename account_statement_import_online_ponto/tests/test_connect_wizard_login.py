# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import IBAN, OTHER_IBAN, OUTCOME_LOGGER
from .common_connect import ConnectCase


@tagged("post_install", "-at_install")
class TestConnectWizardLogIn(ConnectCase):
    """Step 1: the codes of the custom integration."""

    def test_the_link_opens_the_form_with_the_name_filled_in(self):
        self.company.name = "Ketel & Zoon"
        self.assertEqual(
            self.open_wizard().installation_url,
            "https://dashboard.myponto.com/new-custom-integration"
            "?customIntegrationName=Odoo%20Ketel%20%26%20Zoon",
        )

    def test_right_codes_lead_to_the_accounts(self):
        wizard = self.open_wizard()
        wizard.write(
            {
                "client_id": f" {self.simulator.client_id}\n",
                "client_secret": f"{self.secret} ",
            }
        )
        action = wizard.action_log_in()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertEqual(action["target"], "new")
        self.assertEqual(wizard.step, "accounts")
        self.assertFalse(wizard.message)
        integration_sudo = wizard.sudo().integration_id
        self.assertEqual(integration_sudo.client_id, self.simulator.client_id)
        self.assertEqual(integration_sudo._get_client_secret(), self.secret)
        self.assertEqual(integration_sudo.company_ids, self.company)

    def test_wrong_codes_say_so_and_only_the_secret_is_forgotten(self):
        wizard = self.open_wizard()
        wizard.write({"client_id": "some-id", "client_secret": "wrong"})
        wizard.action_log_in()
        self.assertEqual(wizard.step, "credentials")
        self.assertIn("does not accept these codes", wizard.message)
        self.assertIn("open Integrations", wizard.message)
        self.assertEqual(wizard.client_id, "some-id")
        self.assertFalse(self.stored_secrets(wizard))
        Integration = self.env["ponto.integration"].sudo()
        self.assertFalse(Integration.search([("client_id", "=", "some-id")]))

    def test_a_firewall_that_refuses_says_nothing_about_the_codes(self):
        for status in (401, 403, 404):
            with self.subTest(status):
                self.bank.fault("/oauth2/token", status=status, body="<html>No</html>")
                wizard = self.log_in(connection="new")
                self.assertEqual(wizard.step, "credentials")
                self.assertIn(f"refused the request (error {status})", wizard.message)
                self.assertNotIn("codes", wizard.message)
                self.assertTrue(self.stored_secrets(wizard))

    def test_missing_codes_are_asked_for(self):
        wizard = self.open_wizard(client_id="some-id")
        with self.assertRaisesRegex(UserError, "Client Secret"):
            wizard.action_log_in()

    @mute_logger("urllib3.connectionpool")
    def test_what_was_typed_is_kept_while_ponto_cannot_be_reached(self):
        self.bank.fault("/oauth2/token", cut="before", times=None)
        wizard = self.log_in()
        self.assertEqual(wizard.step, "credentials")
        self.assertIn("cannot be reached", wizard.message)
        self.assertTrue(wizard.secret_placeholder)
        self.bank.clear_faults()
        wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")

    @mute_logger("urllib3.connectionpool")
    def test_a_disturbance_says_what_to_do(self):
        self.bank.fault("/accounts", status=503, times=None)
        wizard = self.log_in()
        self.assertIn("temporary problem", wizard.message)
        self.assertEqual(wizard.step, "credentials")

    def test_the_wrong_scope_has_its_own_sentence(self):
        self.bank.set_scope("pi")
        wizard = self.log_in()
        self.assertEqual(wizard.step, "credentials")
        self.assertIn("scope Account Information", wizard.message)
        self.assertIn("open Integrations", wizard.message)
        self.bank.set_scope("ai")
        wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")

    def test_no_account_has_a_sentence_for_each_cause(self):
        self.bank.unlink(self.account_id)
        wizard = self.log_in()
        self.assertEqual(wizard.step, "accounts")
        self.assertFalse(wizard.line_ids)
        self.assertIn("No account is switched on: in Ponto, open", wizard.message)
        self.assertIn("No bank is linked at all: in Ponto, open", wizard.message)
        self.bank.add_account(reference=IBAN, currency="EUR")
        wizard.action_fetch_accounts()
        self.assertFalse(wizard.message)
        self.assertEqual(len(wizard.line_ids), 1)

    # === WAYS IN === #

    def test_administrators_find_the_assistant_and_others_do_not(self):
        action = "account_statement_import_online_ponto.ponto_connect_wizard_action"
        name = f'name="{self.env.ref(action).id}"'
        ways = [
            ("account.journal", None, "form"),
            ("account.journal", "account.account_journal_dashboard_kanban_view", False),
            ("online.bank.statement.provider", None, "list"),
        ]
        for model, view, view_type in ways:
            for user, finds_it in ((self.manager, True), (self.bookkeeper, False)):
                with self.subTest(model=model, view_type=view_type, user=user.login):
                    arch = (
                        self.env[model]
                        .with_user(user)
                        .get_view(
                            view_id=view and self.env.ref(view).id,
                            view_type=view_type or "kanban",
                        )["arch"]
                    )
                    self.assertEqual(name in arch, finds_it)
        menu = self.env.ref(
            "account_statement_import_online_ponto.ponto_connect_wizard_menu"
        )
        self.assertIn(menu.id, menu.with_user(self.manager)._visible_menu_ids())
        self.assertNotIn(menu.id, menu.with_user(self.bookkeeper)._visible_menu_ids())

    # === SECRET === #

    def test_nobody_reads_the_secret_at_any_moment(self):
        wizard = self.open_wizard()
        [values] = wizard.web_save(
            {"client_id": self.simulator.client_id, "client_secret": self.secret},
            {"client_secret": {}, "secret_placeholder": {}},
        )
        self.assertNotIn(self.secret, str(values))
        self.assertTrue(values["secret_placeholder"])
        administrator = new_test_user(
            self.env,
            login="ponto_administrator",
            groups="base.group_system,account.group_account_manager",
            company_id=self.company.id,
        )
        for step in ("before", "after"):
            with self.subTest(step):
                self.env.invalidate_all()
                self.assertNotIn(self.secret, str(wizard.read()))
                with self.assertRaises(AccessError):
                    wizard.read(["typed_secret_ciphertext"])
                with self.assertRaises(AccessError):
                    wizard.search([("typed_secret_ciphertext", "like", "s")])
                with self.assertRaises(AccessError):
                    wizard.with_user(administrator).read()
            wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")
        self.assertFalse(self.stored_secrets(wizard))

    def test_a_neutralized_copy_has_no_secret_that_was_being_entered(self):
        wizard = self.open_wizard()
        wizard.client_secret = self.secret
        self.assertTrue(self.stored_secrets(wizard))
        self.neutralize()
        self.assertFalse(self.stored_secrets(wizard))

    def test_only_accounting_administrators_connect(self):
        with self.assertRaises(AccessError):
            self.open_wizard(user=self.bookkeeper)

    def test_a_secret_that_fed_nothing_is_not_kept_for_long(self):
        integration_sudo = self.log_in().sudo().integration_id
        used = self.create_provider(username="used").sudo().ponto_integration_id
        self.env["ponto.connect.wizard"]._cron_forget_unused_codes()
        self.assertTrue(integration_sudo.exists())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ponto_integration SET write_date = %s",
            [fields.Datetime.now() - timedelta(minutes=50)],
        )
        self.env.invalidate_all()
        self.env["ponto.connect.wizard"]._cron_forget_unused_codes()
        self.assertFalse(integration_sudo.exists())
        self.assertTrue(used.exists())

    def test_a_secret_that_was_typed_and_not_used_is_gone_within_the_hour(self):
        wizard = self.open_wizard(client_secret=self.secret)
        self.env["ponto.connect.wizard"]._cron_forget_unused_codes()
        self.assertTrue(self.stored_secrets(wizard))
        self.env.cr.execute(
            "UPDATE ponto_connect_wizard SET write_date = %s",
            [fields.Datetime.now() - timedelta(minutes=35)],
        )
        self.env.invalidate_all()
        self.env["ponto.connect.wizard"]._cron_forget_unused_codes()
        self.assertFalse(self.stored_secrets(wizard))
        schedule = self.env.ref(
            "account_statement_import_online_ponto.ir_cron_forget_unused_codes"
        )
        self.assertEqual(schedule.interval_type, "minutes")
        self.assertLessEqual(schedule.interval_number, 25)

    # === ONE CLIENT ID FOR ALL === #

    def test_an_integration_that_is_known_needs_no_codes(self):
        self.finish(self.log_in())
        wizard = self.open_wizard()
        self.assertTrue(wizard.has_integrations)
        self.assertEqual(wizard.connection, "known")
        self.assertEqual(
            wizard.known_integration_id.display_name,
            f"Bank van de Leie ({self.simulator.client_id})",
        )
        self.assertEqual(wizard.known_journals, self.journal.name)
        wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")

    def test_opened_from_a_feed_its_own_integration_is_chosen(self):
        first = self.create_provider(username="first")
        second = self.create_provider(
            journal_id=self.create_journal().id, username="second"
        )
        for provider in (first, second):
            Wizard = self.env["ponto.connect.wizard"].with_user(self.manager)
            wizard = Wizard.with_context(
                active_model=provider._name, active_id=provider.id
            ).create({})
            self.assertEqual(wizard.known_integration_id, provider.ponto_integration_id)

    def test_a_known_client_id_typed_again_is_the_same_integration(self):
        [provider] = self.finish(self.log_in())
        wizard = self.log_in(connection="new")
        self.assertEqual(wizard.sudo().integration_id, provider.ponto_integration_id)

    def test_another_companys_integration_cannot_be_chosen(self):
        [provider] = self.finish(self.log_in())
        stranger, _journal = self.create_stranger()
        wizard = self.open_wizard(user=stranger)
        self.assertEqual(wizard.connection, "new")
        self.assertFalse(wizard.has_integrations)
        with self.assertRaises(AccessError):
            wizard.known_integration_id = provider.ponto_integration_id.id
        with self.assertRaises(AccessError):
            wizard.company_id = self.company
        wizard.connection = "known"
        with self.assertRaisesRegex(UserError, "integrations that your companies use"):
            wizard.action_log_in()
        wizard.write({"connection": "new", "client_id": self.simulator.client_id})
        with self.assertRaisesRegex(UserError, "Client Secret"):
            wizard.action_log_in()
        with self.assertRaises(AccessError):
            wizard.integration_id = provider.ponto_integration_id.id
        wizard.step = "accounts"
        with self.assertRaisesRegex(UserError, "Log in to Ponto first"):
            wizard.action_fetch_accounts()

    def test_one_integration_serves_a_second_company(self):
        [first] = self.finish(self.log_in())
        other = self.setup_other_company(name="Sister")["company"]
        self.manager.company_ids += other
        account_id = self.bank.add_account(reference=OTHER_IBAN, currency="USD")
        wizard = self.open_wizard(company_id=other.id, connection="new")
        wizard = wizard.with_context(allowed_company_ids=other.ids)
        wizard.client_id = self.simulator.client_id
        wizard.action_log_in()
        self.assertEqual(self.line(wizard).state, "connected")
        line = self.line(wizard, account_id)
        self.assertEqual(line.currency_id, other.currency_id)
        [second] = self.finish(wizard)
        self.assertEqual(second.company_id, other)
        self.assertEqual(second.journal_id.company_id, other)
        self.assertEqual(second.ponto_integration_id, first.ponto_integration_id)
        self.assertIn(other, second.ponto_integration_id.company_ids)

    def enter_for_sister(self):
        """Enter the Client ID for a second company, as a manager of both.

        :return: the assistant, and the second company
        """
        other = self.setup_other_company(name="Sister")["company"]
        self.manager.company_ids += other
        wizard = self.open_wizard(company_id=other.id, connection="new")
        wizard = wizard.with_context(allowed_company_ids=other.ids)
        wizard.client_id = self.simulator.client_id
        return wizard, other

    def test_a_company_gets_no_integration_by_an_attempt(self):
        """Else whoever works for that company only could use it from then on."""
        [first] = self.finish(self.log_in())
        wizard, _other = self.enter_for_sister()
        for _attempt in range(2):
            wizard.action_log_in()
            companies = first.sudo().ponto_integration_id.company_ids
            self.assertEqual(companies, self.company)

    def test_a_company_keeps_no_integration_that_does_nothing_for_it(self):
        [first] = self.finish(self.log_in())
        integration_sudo = first.sudo().ponto_integration_id
        wizard, other = self.enter_for_sister()
        self.bank.add_account(reference=OTHER_IBAN, currency="USD")
        wizard.action_log_in()
        [second] = self.finish(wizard)
        self.assertEqual(integration_sudo.company_ids, self.company | other)
        second.active = False
        self.assertEqual(integration_sudo.company_ids, self.company | other)
        second.unlink()
        self.assertEqual(integration_sudo.company_ids, self.company)

    def test_of_another_companys_account_no_more_is_shown_than_that_it_is_there(self):
        self.finish(self.log_in())
        account_id = self.bank.add_account(reference=OTHER_IBAN, currency="USD")
        wizard, other = self.enter_for_sister()
        wizard.action_log_in()
        self.finish(wizard)
        sister = new_test_user(
            self.env,
            login="ponto_sister",
            groups="account.group_account_manager",
            company_id=other.id,
        )
        wizard = self.open_wizard(user=sister)
        wizard.action_log_in()
        line = self.line(wizard)
        self.assertEqual(line.state, "connected")
        self.assertIn("another company", line.notice)
        told = " ".join(
            str(line[name])
            for name in line._fields
            if name not in ("wizard_id", "ponto_account_id", "available_journal_ids")
        )
        for secret in (
            IBAN,
            line.number.replace("…", ""),
            "Brouwerij",
            "Leie",
            "150.25",
        ):
            self.assertNotIn(secret, told)
        self.assertFalse(line.consent_date)
        own = self.line(wizard, account_id)
        self.assertEqual(own.reference, OTHER_IBAN)
        # Nor is it when the accounts are fetched again.
        wizard.action_fetch_accounts()
        self.assertNotIn("Brouwerij", wizard.changes_notice)

    # === UPDATE CREDENTIALS === #

    def test_a_new_secret_is_checked_and_used_everywhere(self):
        first = self.create_provider(password="outdated", api_base=False)
        second = self.create_provider(
            journal_id=self.create_journal().id,
            username=False,
            password=False,
            api_base=False,
        )
        second.username = self.simulator.client_id
        (first | second).next_run = datetime(2026, 7, 20)
        wizard = self.open_wizard(is_new_secret=True)
        wizard.client_secret = "wrong"
        wizard.action_update_credentials()
        self.assertIn("does not accept", wizard.message)
        integration_sudo = first.sudo().ponto_integration_id
        self.assertEqual(integration_sudo._get_client_secret(), "outdated")
        wizard.client_secret = self.secret
        action = wizard.action_update_credentials()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn("from now on: 2.", action["params"]["message"])
        self.assertEqual(integration_sudo._get_client_secret(), self.secret)
        self.assertEqual(second.sudo().ponto_integration_id, integration_sudo)
        self.assertFalse(self.stored_secrets(wizard))
        for provider in first | second:
            self.assertLessEqual(provider.next_run, fields.Datetime.now())

    @mute_logger(OUTCOME_LOGGER)
    def test_what_was_refused_is_forgotten_once_a_new_secret_is_accepted(self):
        provider = self.create_provider(password="outdated", api_base=False)
        other = self.open_account(OTHER_IBAN, password=False, api_base=False)
        self.pull_scheduled(provider)
        self.assertEqual(provider.ponto_failure_advice, "credentials")
        self.assertTrue(provider.activity_ids)
        message = {"code": "not_found", "values": {}}
        other.sudo().write(
            {"ponto_failure_message": message, "ponto_failure_advice": "retry"}
        )
        wizard = self.open_wizard(is_new_secret=True)
        wizard.client_secret = self.secret
        wizard.action_update_credentials()
        self.assertFalse(provider.ponto_failure)
        self.assertFalse(provider.activity_ids)
        self.assertEqual(provider.ponto_status, "connected")
        # What has nothing to do with the codes stays.
        self.assertTrue(other.ponto_failure)

    def test_the_feeds_own_integration_is_updated_and_no_other(self):
        first = self.create_provider(password="outdated", api_base=False)
        second = self.create_provider(
            journal_id=self.create_journal().id, api_base=False
        )
        stranger = self.create_provider(
            journal_id=self.create_journal("BE42000000000054").id,
            username="another",
            password="another-secret",
            api_base=False,
        )
        first.sudo().ponto_integration_id.client_secret = "outdated"
        action = first.with_user(self.manager).action_ponto_update_credentials()
        Wizard = self.env[action["res_model"]].with_user(self.manager)
        wizard = Wizard.with_context(**action["context"]).create({})
        self.assertEqual(wizard.known_integration_id, first.ponto_integration_id)
        self.assertEqual(wizard.known_journal_count, 2)
        wizard.client_secret = "wrong"
        self.assertEqual(
            wizard.action_update_credentials()["name"], "Update Credentials"
        )
        wizard.client_secret = self.secret
        message = wizard.action_update_credentials()["params"]["message"]
        self.assertIn("use it from now on: 2", message)
        self.book("5.00", "2026-07-10")
        self.pull(first)
        self.assertEqual(self.lines().amount, 5)
        integration_sudo = second.sudo().ponto_integration_id
        self.assertEqual(integration_sudo._get_client_secret(), self.secret)
        self.assertEqual(
            stranger.sudo().ponto_integration_id._get_client_secret(), "another-secret"
        )

    def test_only_accounting_administrators_update_credentials(self):
        provider = self.create_provider(api_base=False)
        with self.assertRaises(AccessError):
            provider.with_user(self.bookkeeper).action_ponto_update_credentials()
        with self.assertRaises(AccessError):
            self.open_wizard(user=self.bookkeeper, is_new_secret=True)

    def test_an_outdated_secret_asks_for_a_new_one(self):
        self.create_provider(password="outdated", api_base=False)
        wizard = self.open_wizard()
        wizard.action_log_in()
        self.assertIn("does not accept", wizard.message)
        self.assertTrue(wizard.is_new_secret)
