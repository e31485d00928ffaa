# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import IBAN, OTHER_IBAN
from .common_connect import ConnectCase


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

    def test_a_credit_cards_journal_is_proposed(self):
        self.journal.bank_account_id = False
        journal = self.env["account.journal"].create(
            {"name": "Credit Card", "type": "credit", "code": "CARD"}
        )
        journal.set_bank_account(IBAN)
        line = self.line(self.log_in())
        self.assertEqual((line.action, line.journal_id), ("journal", journal))

    def test_a_company_that_is_archived_is_named(self):
        self.pull_scheduled(self.create_provider())
        wizard = self.log_in()
        self.assertIn("already", self.line(wizard).notice)
        other = self.setup_other_company(name="Former")["company"]
        self.manager.sudo().company_ids |= other
        provider_sudo = self.env["online.bank.statement.provider"].sudo().search([])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE online_bank_statement_provider SET company_id = %s WHERE id = %s",
            [other.id, provider_sudo.id],
        )
        self.env.cr.execute(
            "UPDATE res_company SET active = false WHERE id = %s", [other.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        notice = self.line(self.log_in(connection="known")).notice
        self.assertIn("Former, a company that is archived", notice)

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
        self.assertIn("Another account is proposed", self.line(wizard, other).notice)
        self.assertFalse(self.line(wizard).notice)

    def test_an_account_in_another_currency_says_why_it_is_not_proposed(self):
        dollars = self.bank.add_account(reference=IBAN, currency="USD")
        wizard = self.log_in(self.open_wizard(journal=self.journal))
        line = self.line(wizard, dollars)
        self.assertEqual(line.action, "skip")
        self.assertIn(f"{self.journal.display_name} is kept in EUR", line.notice)
        self.assertTrue(line.account_name.endswith(" USD"))

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
        self.assertNotIn(self.journal, line.available_journal_ids)

    def test_another_services_archived_feed_can_be_brought_back(self):
        feed = self.env["online.bank.statement.provider"].create(
            {"journal_id": self.journal.id, "service": "dummy"}
        )
        feed.active = False
        line = self.line(self.log_in())
        self.assertEqual(line.action, "skip")
        self.assertIn("a feed that is archived", line.notice)
        self.assertIn("Bring that one back", line.notice)

    def test_an_archived_journal_gets_no_second_one(self):
        self.enter_by_hand(5, "2026-07-01")
        self.journal.active = False
        blank = self.env["account.journal"].create(
            {"name": "Blank", "type": "bank", "code": "BLANK"}
        )
        wizard = self.log_in()
        line = self.line(wizard)
        self.assertEqual((line.action, line.journal_id.name), ("skip", False))
        self.assertIn(f'The archived journal "{self.journal.name}"', line.notice)
        self.assertIn("choose Unarchive", line.notice)
        self.journal.active = True
        wizard.action_fetch_accounts()
        line = self.line(wizard)
        self.assertFalse(line.notice)
        self.assertIn(self.journal, line.available_journal_ids)
        # Somebody has begun a new one on purpose.
        self.journal.active = False
        blank.set_bank_account(IBAN)
        line = self.line(self.log_in(connection="new"))
        self.assertEqual((line.journal_id, line.notice), (blank, False))

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

    def test_what_one_chose_is_still_chosen_after_fetching_again(self):
        other = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        wizard = self.log_in(self.open_wizard(journal=self.journal))
        self.line(wizard).action = "skip"
        self.line(wizard, other).write(
            {"action": "new", "journal_name": "Savings", "journal_code": "SAVE"}
        )
        added = self.bank.add_account(reference="BE43068999999501", currency="EUR")
        for methods in (["action_fetch_accounts"], ["action_back", "action_log_in"]):
            for method in methods:
                getattr(wizard, method)()
            line = self.line(wizard, other)
            self.assertEqual((line.action, line.journal_code), ("new", "SAVE"))
            self.assertEqual(line.journal_name, "Savings")
            self.assertEqual(self.line(wizard).action, "skip")
            self.assertFalse(self.line(wizard).notice)
            self.assertNotEqual(self.line(wizard, added).journal_code, "SAVE")

    def test_a_journal_that_somebody_else_has_taken_is_not_kept(self):
        wizard = self.log_in()
        self.assertEqual(self.line(wizard).journal_id, self.journal)
        self.env["online.bank.statement.provider"].create(
            {"journal_id": self.journal.id, "service": "dummy"}
        )
        wizard.action_fetch_accounts()
        self.assertEqual(self.line(wizard).action, "skip")
        self.assertFalse(self.line(wizard).journal_id)
        self.assertIn("another feed", self.line(wizard).notice)

    def test_what_one_chose_for_a_company_says_nothing_of_another_one(self):
        other = self.setup_other_company(name="Branch Office")["company"]
        self.manager.sudo().company_ids |= other
        wizard = self.log_in()
        wizard.line_ids.action = "skip"
        wizard.action_back()
        wizard.company_id = other
        wizard.action_log_in()
        self.assertNotEqual(self.line(wizard).action, "skip")

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
