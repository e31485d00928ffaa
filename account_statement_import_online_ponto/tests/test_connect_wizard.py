# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import RecordCapturer, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .common import IBAN, PontoCase

OTHER_IBAN = "BE15001765432130"


class ConnectCase(PontoCase):
    """An accounting administrator who opens the assistant."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time("2026-07-15 12:00:00", tick=True))
        self.secret = self.simulator.client_secret
        self.env["ir.config_parameter"].sudo().set_param(
            "account_statement_import_online_ponto.api_base", self.simulator.url
        )

    def open_wizard(self, user=None, journal=None, **values):
        """Open the assistant, from a journal's card or not."""
        Wizard = self.env["ponto.connect.wizard"].with_user(user or self.manager)
        if journal:
            Wizard = Wizard.with_context(default_journal_id=journal.id)
        return Wizard.create(values)

    def log_in(self, wizard=None, **values):
        """Enter the codes and go on to the accounts."""
        wizard = wizard or self.open_wizard(**values)
        wizard.write(
            {"client_id": self.simulator.client_id, "client_secret": self.secret}
        )
        wizard.action_log_in()
        return wizard

    def finish(self, wizard):
        """Take what is proposed.

        :return: the feeds that this makes
        """
        wizard.action_choose_start()
        before = self.providers()
        wizard.action_finish()
        return self.providers() - before

    def providers(self):
        return self.env["online.bank.statement.provider"].search([])

    def line(self, wizard, account_id=None):
        """:return: the line of an account"""
        return wizard.line_ids.filtered(
            lambda line: line.ponto_account_id == (account_id or self.account_id)
        )

    def stored_secrets(self, wizard):
        """:return: what the assistant's row holds of a secret"""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT pending_secret FROM ponto_connect_wizard WHERE id = %s",
            [wizard.id],
        )
        return self.env.cr.fetchone()[0]


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
        self.assertEqual(integration_sudo.client_secret, self.secret)
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
        self.assertIn("disturbance", wizard.message)
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
                    wizard.read(["pending_secret"])
                with self.assertRaises(AccessError):
                    wizard.search([("pending_secret", "like", "s")])
                with self.assertRaises(AccessError):
                    wizard.with_user(administrator).read()
            wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")
        self.assertFalse(self.stored_secrets(wizard))

    def test_a_neutralized_copy_has_no_secret_that_was_being_entered(self):
        wizard = self.open_wizard()
        wizard.client_secret = self.secret
        self.assertTrue(self.stored_secrets(wizard))
        path = "account_statement_import_online_ponto/data/neutralize.sql"
        with file_open(path) as statements:
            self.env.cr.execute(statements.read())
        self.assertFalse(self.stored_secrets(wizard))

    def test_only_accounting_administrators_connect(self):
        with self.assertRaises(AccessError):
            self.open_wizard(user=self.bookkeeper)

    def test_a_secret_that_fed_nothing_is_not_kept_for_long(self):
        integration_sudo = self.log_in().sudo().integration_id
        used = self.create_provider(username="used").sudo().ponto_integration_id
        self.env["ponto.connect.wizard"]._gc_unused_integrations()
        self.assertTrue(integration_sudo.exists())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ponto_integration SET write_date = %s",
            [fields.Datetime.now() - timedelta(days=2)],
        )
        self.env.invalidate_all()
        self.env["ponto.connect.wizard"]._gc_unused_integrations()
        self.assertFalse(integration_sudo.exists())
        self.assertTrue(used.exists())

    # === ONE CLIENT ID FOR ALL === #

    def test_an_integration_that_is_known_needs_no_codes(self):
        self.finish(self.log_in())
        wizard = self.open_wizard()
        self.assertTrue(wizard.has_integrations)
        self.assertEqual(wizard.connection, "known")
        self.assertEqual(
            wizard.known_integration_id.display_name, self.simulator.client_id
        )
        self.assertEqual(wizard.known_journals, self.journal.name)
        wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")

    def test_opened_from_a_feed_its_own_integration_is_chosen(self):
        first = self.create_provider(username="first")
        second = self.create_provider(
            journal_id=self.create_journal(OTHER_IBAN).id, username="second"
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
        other = self.setup_other_company(name="Stranger")
        stranger = new_test_user(
            self.env,
            login="ponto_stranger",
            groups="account.group_account_manager",
            company_id=other["company"].id,
        )
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

    # === UPDATE CREDENTIALS === #

    def test_a_new_secret_is_checked_and_used_everywhere(self):
        first = self.create_provider(password="outdated", api_base=False)
        second = self.create_provider(
            journal_id=self.create_journal(OTHER_IBAN).id,
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
        self.assertEqual(integration_sudo.client_secret, "outdated")
        wizard.client_secret = self.secret
        action = wizard.action_update_credentials()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(integration_sudo.client_secret, self.secret)
        self.assertEqual(second.sudo().ponto_integration_id, integration_sudo)
        self.assertFalse(self.stored_secrets(wizard))
        for provider in first | second:
            self.assertLessEqual(provider.next_run, fields.Datetime.now())

    def test_the_feeds_own_integration_is_updated_and_no_other(self):
        first = self.create_provider(password="outdated", api_base=False)
        second = self.create_provider(
            journal_id=self.create_journal(OTHER_IBAN).id, api_base=False
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
        self.assertIn("all journals of this integration: 2", message)
        self.book("5.00", "2026-07-10")
        self.pull(first)
        self.assertEqual(self.lines().amount, 5)
        integration_sudo = second.sudo().ponto_integration_id
        self.assertEqual(integration_sudo.client_secret, self.secret)
        self.assertEqual(
            stranger.sudo().ponto_integration_id.client_secret, "another-secret"
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


@tagged("post_install", "-at_install")
class TestConnectWizardAccounts(ConnectCase):
    """Step 2: which account feeds which journal."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(
            self.account_id,
            holderName="Brouwerij De Ketel BV",
            currentBalance="150.25",
            authorizationExpirationExpectedAt="2026-10-01T00:00:00.000Z",
        )

    def test_an_account_is_shown_as_people_know_it(self):
        line = self.line(self.log_in())
        self.assertRecordValues(
            line,
            [
                {
                    "bank_name": "Bank van de Leie",
                    "number": "BE68 5390 0754 7034",
                    "holder_name": "Brouwerij De Ketel BV",
                    "currency_code": "EUR",
                    "account_label": "BE68 5390 0754 7034 EUR\nBrouwerij De Ketel BV",
                    "balance": 150.25,
                    "consent_date": date(2026, 10, 1),
                    "state": "free",
                }
            ],
        )

    def test_each_bank_is_asked_for_once_and_may_stay_unknown(self):
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.log_in()
        asked = [
            request
            for request in self.bank.requests
            if request.path.startswith("/financial-institutions/")
        ]
        self.assertEqual(len(asked), 1)
        self.bank.fault("/financial-institutions/", status=404, times=None)
        wizard = self.log_in(connection="new")
        self.assertEqual(wizard.line_ids.mapped("bank_name"), [False, False])

    def test_the_journal_with_number_and_currency_is_proposed(self):
        line = self.line(self.log_in())
        self.assertEqual(line.action, "journal")
        self.assertEqual(line.journal_id, self.journal)

    def test_the_number_alone_is_not_enough(self):
        dollars = self.bank.add_account(reference=IBAN, currency="USD")
        wizard = self.log_in()
        self.assertEqual(self.line(wizard).journal_id, self.journal)
        line = self.line(wizard, dollars)
        self.assertEqual(line.action, "new")
        self.assertFalse(line.available_journal_ids)

    def test_a_journal_without_number_in_which_nothing_was_entered_is_proposed(self):
        self.journal.bank_account_id = False
        line = self.line(self.log_in())
        self.assertEqual(line.journal_id, self.journal)
        [provider] = self.finish(line.wizard_id)
        self.assertEqual(provider.account_number, IBAN)

    def test_between_two_accounts_a_journal_in_use_is_not_guessed(self):
        self.journal.bank_account_id = False
        self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-07-01", "amount": 1}
        )
        self.assertEqual(self.line(self.log_in()).action, "new")
        wizard = self.log_in(self.open_wizard(journal=self.journal, connection="new"))
        self.assertEqual(self.line(wizard).journal_id, self.journal)
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard = self.log_in(self.open_wizard(journal=self.journal, connection="new"))
        self.assertEqual(wizard.line_ids.mapped("action"), ["new", "new"])

    def test_whoever_comes_for_one_journal_gets_no_others(self):
        other = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard = self.log_in(self.open_wizard(journal=self.journal))
        self.assertEqual(wizard.company_id, self.company)
        self.assertEqual(self.line(wizard).journal_id, self.journal)
        self.assertEqual(self.line(wizard, other).action, "skip")

    def test_an_account_that_feeds_a_journal_is_not_offered_again(self):
        self.finish(self.log_in())
        wizard = self.open_wizard()
        wizard.action_log_in()
        line = self.line(wizard)
        self.assertEqual((line.state, line.action), ("connected", "skip"))
        self.assertIn(self.journal.name, line.notice)
        line.action = "new"
        with self.assertRaisesRegex(UserError, "cannot be connected"):
            wizard.action_choose_start()

    def test_an_archived_feed_keeps_its_journal(self):
        [provider] = self.finish(self.log_in())
        provider.active = False
        wizard = self.open_wizard()
        wizard.action_log_in()
        self.assertIn("archived", self.line(wizard).notice)

    def test_a_journal_with_another_feed_is_named_and_not_doubled(self):
        self.env["online.bank.statement.provider"].create(
            {"journal_id": self.journal.id, "service": "dummy"}
        )
        line = self.line(self.log_in())
        self.assertEqual(line.action, "skip")
        self.assertIn("another feed", line.notice)
        self.assertFalse(line.available_journal_ids)

    def test_a_replaced_account_is_shown_and_cannot_be_chosen(self):
        newer = self.bank.replace(self.account_id)
        wizard = self.log_in()
        self.assertEqual(self.line(wizard).state, "deprecated")
        self.assertIn("newer connection", self.line(wizard).notice)
        self.assertEqual(self.line(wizard, newer).journal_id, self.journal)

    def test_an_account_without_number_cannot_be_chosen(self):
        self.bank.update_account(self.account_id, reference=None)
        line = self.line(self.log_in())
        self.assertEqual(line.state, "unusable")
        self.assertIn("no account number", line.notice)

    def test_a_currency_that_odoo_does_not_know_cannot_be_chosen(self):
        self.bank.update_account(self.account_id, currency="XTS")
        line = self.line(self.log_in())
        self.assertEqual(line.state, "unusable")
        self.assertIn("currency", line.notice)

    def test_a_withdrawn_account_is_named_with_the_way_to_mend_it(self):
        self.finish(self.log_in())
        self.bank.unlink(self.account_id)
        added = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard = self.open_wizard()
        wizard.action_log_in()
        self.assertEqual(self.line(wizard, added).action, "new")
        self.assertIn(self.journal.name, wizard.withdrawn_notice)
        self.assertIn("BE68 5390 0754 7034", wizard.withdrawn_notice)
        self.assertIn("open Integrations", wizard.withdrawn_notice)

    def test_fetching_again_tells_what_came_and_what_went(self):
        wizard = self.log_in()
        self.assertFalse(wizard.changes_notice)
        wizard.action_fetch_accounts()
        self.assertEqual(wizard.changes_notice, "Ponto offers the same accounts.")
        self.bank.unlink(self.account_id)
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard.action_fetch_accounts()
        self.assertEqual(
            wizard.changes_notice.splitlines(),
            [
                "New in Ponto: BE15 0017 6543 2130 EUR.",
                "No longer offered: BE68 5390 0754 7034 EUR.",
            ],
        )
        self.assertEqual(wizard.line_ids.number, "BE15 0017 6543 2130")

    def test_nothing_chosen_is_said(self):
        wizard = self.log_in()
        wizard.line_ids.action = "skip"
        with self.assertRaisesRegex(UserError, "at least one account"):
            wizard.action_choose_start()

    def test_what_does_not_go_together_is_said(self):
        other = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard = self.log_in()
        line = self.line(wizard, other)
        line.journal_code = self.journal.code
        with self.assertRaisesRegex(UserError, "Another journal has the code"):
            wizard.action_choose_start()
        line.journal_code = False
        with self.assertRaisesRegex(UserError, "name and code"):
            wizard.action_choose_start()
        line.action = "journal"
        with self.assertRaisesRegex(UserError, "Choose the journal of"):
            wizard.action_choose_start()
        line.journal_id = self.journal
        with self.assertRaisesRegex(UserError, "two accounts"):
            wizard.action_choose_start()
        self.line(wizard).action = "skip"
        with self.assertRaisesRegex(UserError, "another account number"):
            wizard.action_choose_start()


@tagged("post_install", "-at_install")
class TestConnectWizardFinish(ConnectCase):
    """Step 3 and the end: from which day, and what comes of it."""

    def test_ninety_days_back_with_what_ponto_holds(self):
        self.book("10.00", "2026-01-05")
        self.book("5.00", "2026-07-10")
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertEqual(line.start_date, date(2026, 4, 16))
        self.assertIn("90 days back", line.start_reason)
        self.assertIn("01/05/2026", line.start_reason)
        self.assertIn("10.00", line.opening_balance)
        line.start_date = date(2026, 1, 1)
        self.assertIn("Chosen by you", line.start_reason)
        self.assertIn("0.00", line.opening_balance)
        [provider] = self.finish_from(line, date(2026, 1, 1))
        self.assertEqual(provider.ponto_start_date, date(2026, 1, 1))

    def finish_from(self, line, day):
        line.start_date = day
        before = self.providers()
        line.wizard_id.action_finish()
        return self.providers() - before

    def test_after_the_last_line_of_the_journal(self):
        self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-06-30", "amount": 42}
        )
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertEqual(line.start_date, date(2026, 7, 1))
        self.assertIn("last line is of 06/30/2026", line.start_reason)
        self.assertIn("Goes on from", line.opening_balance)
        self.assertIn("42.00", line.opening_balance)

    def test_after_the_locked_period(self):
        self.company.hard_lock_date = date(2026, 5, 31)
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertEqual(line.start_date, date(2026, 6, 1))
        self.assertIn("locked up to 05/31/2026", line.start_reason)

    def test_an_account_without_transactions(self):
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertIn("no transactions yet", line.start_reason)

    def test_an_opening_balance_that_cannot_be_known_is_not_guessed(self):
        self.bank.fault("/transactions", status=404, times=None)
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertEqual(line.wizard_id.step, "start")
        self.assertIn("Computed at the first import", line.opening_balance)
        self.bank.clear_faults()
        self.bank.update_account(self.account_id, currentBalance=None)
        wizard = line.wizard_id
        wizard.action_fetch_accounts()
        wizard.action_choose_start()
        self.assertIn("tells no balance", self.line(wizard).opening_balance)

    def test_the_opening_balance_shown_is_the_one_that_comes(self):
        self.bank.update_account(self.account_id, currentBalance="100.00")
        self.book("10.00", "2026-01-05")
        self.book("7.00", "2026-07-01")
        self.book("-2.00", "2026-07-10")
        wizard = self.log_in()
        wizard.action_choose_start()
        shown = self.line(wizard).opening_balance
        wizard.action_finish()
        self.pull_scheduled(self.providers())
        statement = self.lines()[0].statement_id
        self.assertEqual(statement.balance_start, 110)
        self.assertIn("110.00", shown)

    @mute_logger("urllib3.connectionpool")
    def test_ponto_out_of_reach_stays_where_one_is(self):
        wizard = self.log_in()
        self.bank.fault("/transactions", cut="before", times=None)
        wizard.action_choose_start()
        self.assertEqual(wizard.step, "accounts")
        self.assertIn("cannot be reached", wizard.message)
        self.assertEqual(self.line(wizard).journal_id, self.journal)

    def test_one_goes_back_step_by_step(self):
        wizard = self.log_in()
        wizard.action_choose_start()
        wizard.action_back()
        self.assertEqual(wizard.step, "accounts")
        wizard.action_back()
        self.assertEqual(wizard.step, "credentials")
        self.assertEqual(wizard.connection, "known")
        wizard.action_log_in()
        self.assertEqual(wizard.step, "accounts")

    # === THE END === #

    def test_the_feed_is_there_and_the_first_import_begins(self):
        self.book("5.00", "2026-07-10")
        cron = self.env.ref(
            "account_statement_import_online."
            "ir_cron_account_pull_online_bank_statements"
        )
        wizard = self.log_in()
        wizard.action_choose_start()
        triggers = self.env["ir.cron.trigger"].sudo()
        with RecordCapturer(triggers, [("cron_id", "=", cron.id)]) as captured:
            action = wizard.action_finish()
        self.assertEqual(len(captured.records), 1)
        provider = self.journal.online_bank_statement_provider_id
        self.assertEqual(action["res_id"], provider.id)
        self.assertEqual(action["views"], [(False, "form")])
        self.assertRecordValues(
            provider,
            [
                {
                    "service": "ponto",
                    "username": self.simulator.client_id,
                    "ponto_account_id": self.account_id,
                    "ponto_start_date": date(2026, 4, 16),
                    "ponto_integration_id": wizard.sudo().integration_id.id,
                }
            ],
        )
        self.assertLessEqual(provider.next_run, fields.Datetime.now())
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertFalse(provider.ponto_failure)
        self.assertEqual(self.lines().mapped("amount"), [5])

    def test_the_person_chooses_between_two_accounts_of_one_number(self):
        twin = self.bank.add_account(reference=IBAN, currency="EUR")
        wizard = self.log_in()
        self.line(wizard).action = "skip"
        self.line(wizard, twin).write(
            {"action": "journal", "journal_id": self.journal.id}
        )
        [provider] = self.finish(wizard)
        self.pull_scheduled(provider)
        self.assertFalse(provider.ponto_failure)
        self.assertEqual(provider.ponto_account_id, twin)

    def test_several_feeds_are_listed(self):
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard = self.log_in()
        wizard.action_choose_start()
        self.assertEqual(len(wizard.chosen_line_ids), 2)
        action = wizard.action_finish()
        [leaf] = action["domain"]
        self.assertEqual(len(leaf[2]), 2)
        self.assertFalse(action["res_id"])

    def test_a_new_journal_has_currency_bank_account_and_code(self):
        francs = self.env.ref("base.CHF")
        francs.active = False
        institution = self.bank.add_institution(
            name="Banque de l'Ourthe", bic="OURTBEBB"
        )
        account_id = self.bank.add_account(
            institution_id=institution, reference=OTHER_IBAN, currency="CHF"
        )
        wizard = self.log_in()
        line = self.line(wizard, account_id)
        self.assertEqual(line.action, "new")
        self.assertEqual(line.journal_name, "Banque de l'Ourthe 2130")
        self.assertLessEqual(len(line.journal_code), 5)
        self.line(wizard).action = "skip"
        [provider] = self.finish(wizard)
        self.assertTrue(francs.active)
        journal = provider.journal_id
        self.assertRecordValues(
            journal,
            [
                {
                    "type": "bank",
                    "company_id": self.company.id,
                    "currency_id": francs.id,
                    "code": line.journal_code,
                    "bank_statements_source": "online",
                }
            ],
        )
        self.assertEqual(journal.bank_account_id.sanitized_acc_number, OTHER_IBAN)
        self.assertEqual(journal.bank_account_id.partner_id, self.company.partner_id)
        self.assertEqual(journal.bank_account_id.bank_id.bic, "OURTBEBB")
        self.assertEqual(journal.default_account_id.currency_id, francs)
        self.pull_scheduled(provider)
        self.assertFalse(provider.ponto_failure)

    def test_a_journal_in_the_companys_currency_names_none(self):
        self.bank.update_account(self.account_id, reference=OTHER_IBAN)
        [provider] = self.finish(self.log_in())
        self.assertFalse(provider.journal_id.currency_id)

    def test_one_number_in_two_currencies_gives_two_journals(self):
        self.env.ref("base.USD").active = True
        dollars = self.bank.add_account(reference=IBAN, currency="USD")
        providers = self.finish(self.log_in())
        self.assertEqual(len(providers), 2)
        self.assertEqual(len(providers.journal_id), 2)
        self.assertEqual(
            providers.journal_id.bank_account_id, self.journal.bank_account_id
        )
        self.bank.add_transaction(dollars, "100", "2026-07-10", currency="USD")
        self.book("7.00", "2026-07-10")
        self.pull_scheduled(providers)
        self.assertEqual(providers.mapped("ponto_failure"), [False, False])
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_new_journals_get_different_codes(self):
        for number in range(3):
            self.bank.add_account(reference=f"BE{number:014}", currency="EUR")
        wizard = self.log_in()
        codes = wizard.line_ids.mapped("journal_code")
        self.assertEqual(len(set(codes)), 4)
        providers = self.finish(wizard)
        self.assertEqual(len(providers), 4)

    def test_an_archived_bank_account_is_taken_up_again(self):
        archived = self.env["res.partner.bank"].create(
            {
                "acc_number": OTHER_IBAN,
                "partner_id": self.company.partner_id.id,
                "active": False,
            }
        )
        self.bank.update_account(self.account_id, reference=OTHER_IBAN)
        [provider] = self.finish(self.log_in())
        self.assertEqual(provider.journal_id.bank_account_id, archived)
        self.assertTrue(archived.active)

    def test_a_currency_that_the_user_may_not_activate_is_said(self):
        francs = self.env.ref("base.CHF")
        francs.active = False
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.currency"),
                ("group_id", "=", self.env.ref("account.group_account_manager").id),
            ]
        ).active = False
        self.bank.update_account(self.account_id, currency="CHF")
        wizard = self.log_in()
        wizard.action_choose_start()
        with self.assertRaisesRegex(UserError, "CHF is not active. Ask an admin"):
            wizard.action_finish()

    def test_a_journal_that_got_a_feed_meanwhile_is_said(self):
        wizard = self.log_in()
        wizard.action_choose_start()
        self.create_provider(api_base=False)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "another feed"):
            wizard.action_finish()
