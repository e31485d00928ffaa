# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import RecordCapturer, tagged
from odoo.tools import mute_logger

from ..feed import background
from .common import CRON, IBAN, OTHER_IBAN
from .common_connect import ConnectCase


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

    def test_who_else_answers_for_the_feed_is_told(self):
        wizard = self.log_in()
        self.assertEqual(wizard.responsible_ids, self.manager)
        wizard.responsible_ids |= self.bookkeeper
        [provider] = self.finish(wizard)
        self.assertEqual(provider.ponto_responsible_ids, self.manager | self.bookkeeper)

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
        self.assertIn("last line is dated 06/30/2026", line.start_reason)
        self.assertIn("Goes on from", line.opening_balance)
        self.assertIn("42.00", line.opening_balance)
        self.assertIn("No statement tells", line.opening_balance)

    def test_after_the_locked_period(self):
        self.company.hard_lock_date = date(2026, 5, 31)
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertEqual(line.start_date, date(2026, 6, 1))
        self.assertIn("locked up to 05/31/2026", line.start_reason)

    def test_what_is_locked_but_not_for_good_is_told(self):
        self.company.fiscalyear_lock_date = date(2026, 5, 31)
        line = self.line(self.log_in())
        line.wizard_id.action_choose_start()
        self.assertEqual(line.start_date, date(2026, 4, 16))
        self.assertIn("90 days back", line.start_reason)
        self.assertIn("Days up to 05/31/2026 are locked", line.start_reason)

    def test_the_hard_lock_date_of_a_company_above_explains_the_start(self):
        branch = self.env["res.company"].sudo()
        branch = branch.create({"name": "Branch", "parent_id": self.company.id})
        self.manager.company_ids |= branch
        self.company.sudo().hard_lock_date = date(2026, 5, 31)
        line = self.line(self.log_in(company_id=branch.id))
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
        self.assertIn("gives no balance", self.line(wizard).opening_balance)

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

    def test_the_day_that_one_chose_is_still_chosen_after_going_back(self):
        wizard = self.log_in()
        wizard.action_choose_start()
        self.line(wizard).start_date = date(2026, 4, 1)
        for method in ("action_back", "action_choose_start"):
            getattr(wizard, method)()
        line = self.line(wizard)
        self.assertEqual(line.start_date, date(2026, 4, 1))
        self.assertIn("Proposed was 04/16/2026", line.start_reason)
        for method in ("action_back", "action_back", "action_log_in"):
            getattr(wizard, method)()
        wizard.action_choose_start()
        self.assertEqual(self.line(wizard).start_date, date(2026, 4, 1))

    def test_a_day_that_was_only_proposed_is_proposed_anew(self):
        wizard = self.log_in()
        wizard.action_choose_start()
        self.assertEqual(self.line(wizard).start_date, date(2026, 4, 16))
        wizard.action_back()
        self.enter_by_hand(42, "2026-06-30")
        wizard.action_choose_start()
        self.assertEqual(self.line(wizard).start_date, date(2026, 7, 1))

    # === THE END === #

    def test_where_nothing_is_fetched_by_itself_it_says_who_fetches(self):
        self.book("5.00", "2026-07-10")
        self.env.ref(CRON).active = False
        wizard = self.log_in()
        wizard.action_choose_start()
        told = wizard.action_finish()["params"]
        self.assertIn("Press Fetch", told["message"])
        feed = self.providers()
        self.assertEqual(told["next"]["res_id"], feed.id)
        self.assertFalse(feed.ponto_pull_ids)
        feed.with_user(self.bookkeeper).action_ponto_fetch_now()
        self.assertEqual(len(self.lines()), 1)
        # Another worker will do.
        own = "account_statement_import_online_ponto.ir_cron_pull"
        self.env.ref(own).sudo().active = True
        self.assertTrue(background.has_background(self.env))

    def test_the_feed_is_there_and_the_first_import_begins(self):
        self.book("5.00", "2026-07-10")
        cron = self.env.ref(CRON)
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

    def test_an_account_that_feeds_a_journal_meanwhile_is_said(self):
        wizard = self.log_in()
        wizard.action_choose_start()
        self.create_provider(api_base=False)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Feeds .* already"):
            wizard.action_finish()

    def test_a_journal_that_got_a_feed_meanwhile_is_said(self):
        wizard = self.log_in()
        wizard.action_choose_start()
        self.create_provider(service="dummy", username=False, password=False)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "another feed"):
            wizard.action_finish()
