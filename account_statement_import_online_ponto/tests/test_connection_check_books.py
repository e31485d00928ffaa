# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from odoo.tests import RecordCapturer, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..feed import background
from .common import OUTCOME_LOGGER
from .test_connection_check import CheckCase


@tagged("post_install", "-at_install")
class TestConnectionCheckBooks(CheckCase):
    """Findings about the way from Odoo to the journal."""

    # === SCHEDULE === #

    def test_a_paused_feed_is_resumed(self):
        self.provider.active = False
        finding = self.assertFinding(
            "Feed and Journal", "error", "paused", "activate_provider"
        )
        self.assertFinding("Next Scheduled Fetch", "skipped", "")
        action = finding.action_repair()
        self.assertTrue(self.provider.active)
        self.assertEqual(action["res_model"], "ponto.connection.check")

    def test_an_import_that_somebody_has_paused_is_resumed(self):
        self.provider.next_run = self.in_hours(-5)
        self.provider.with_user(self.bookkeeper).action_ponto_stop()
        finding = self.assertFinding("Feed and Journal", "error", "Paused by", "resume")
        self.assertFinding("Next Scheduled Fetch", "skipped", "")
        finding.action_repair()
        self.assertFalse(self.provider.ponto_stop_notice)

    def test_what_waits_for_its_day_needs_nobody(self):
        tomorrow = self.provider._ponto_get_today() + timedelta(days=1)
        self.book("5.00", str(tomorrow))
        self.pull_scheduled(self.provider)
        self.assertTrue(self.registered("waiting"))
        self.assertFinding("Waiting Transactions", "ok", "None")

    def test_an_archived_journal_is_led_to(self):
        self.journal.active = False
        self.assertFinding("Feed and Journal", "error", "archived", "open_journal")

    def test_a_schedule_that_is_off_is_activated_by_a_system_administrator(self):
        self.schedule.active = False
        finding = self.assertFinding("Scheduled Action", "error", "switched off")
        self.assertIn("A system administrator can repair this.", finding.text)
        administrator = new_test_user(
            self.env,
            login="ponto_administrator",
            groups="base.group_system,account.group_account_basic",
            company_id=self.company.id,
        )
        finding = self.assertFinding(
            "Scheduled Action",
            "error",
            "switched off",
            "activate_schedule",
            user=administrator,
        )
        finding.action_repair()
        self.assertTrue(self.schedule.active)

    def test_another_worker_will_do(self):
        own = self.env.ref("account_statement_import_online_ponto.ir_cron_pull").sudo()
        self.schedule.active = False
        own.write({"active": True, "nextcall": self.in_hours(-5)})
        self.assertFinding("Scheduled Action", "error", "did not", "check_again")
        copied = own.copy({"active": True, "nextcall": self.in_hours(1)})
        self.assertFinding("Scheduled Action", "ok", "switched on")
        own.active = False
        self.assertFinding("Scheduled Action", "ok", "switched on")
        self.assertTrue(background.has_background(self.env))
        triggers = self.env["ir.cron.trigger"].sudo()
        with RecordCapturer(triggers, []) as captured:
            background.trigger_pull(self.env)
        self.assertEqual(captured.records.cron_id, copied)

    def test_a_server_that_runs_no_schedule_is_told(self):
        self.schedule.nextcall = self.in_hours(-5)
        self.assertFinding("Scheduled Action", "error", "did not", "check_again")

    def test_a_schedule_that_was_removed_is_told(self):
        self.schedule.unlink()
        self.assertFinding("Scheduled Action", "error", "missing", "check_again")

    def test_an_overdue_feed_is_pulled(self):
        self.provider.next_run = self.in_hours(-5)
        finding = self.assertFinding(
            "Next Scheduled Fetch", "warning", "overdue", "fetch_now"
        )
        self.book("7.00", "2026-07-11")
        finding.action_repair()
        self.assertEqual(len(self.lines()), 2)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failed_pull_is_told_with_its_cause(self):
        self.bank.fault("/accounts", status=500, body="<html>", times=None)
        self.pull_scheduled(self.provider)
        self.assertFinding("Last Fetch", "warning", "temporary problem", "check_again")
        self.bank.clear_faults()
        self.assertFinding("Last Fetch", "warning", "temporary problem", "fetch_now")
        self.bank.fault("/oauth2/token", status=401, code="invalid_client", times=None)
        self.env["ponto.integration"]._forget_tokens()
        self.pull_scheduled(self.provider)
        self.assertFinding("Last Fetch", "error", "does not accept", "check_again")

    def test_a_feed_that_was_never_pulled_is_told(self):
        self.provider.ponto_pull_ids.sudo().unlink()
        self.provider.sudo().last_successful_run = False
        self.assertFinding("Last Fetch", "warning", "Nothing was fetched", "fetch_now")

    def test_a_decision_is_no_fetch(self):
        friday = self.provider.ponto_pull_ids.sudo()
        friday.write({"finished_at": "2026-07-10 08:00:00"})
        self.book("1.00", "2026-07-10", currency="USD")
        self.pull_scheduled(self.provider)
        (self.provider.ponto_pull_ids - friday).sudo().finished_at = "2026-07-11"
        self.registered("waiting").with_user(self.bookkeeper).action_ignore()
        self.assertFinding("Last Fetch", "ok", "7/11/")
        # What is told once is told for as long as the feed is there.
        self.provider.ponto_pull_ids.sudo().unlink()
        self.provider.sudo().last_successful_run = "2026-07-12 08:00:00"
        self.assertFinding("Last Fetch", "ok", "7/12/")

    # === BOOKS === #

    def test_a_missing_suspense_account_leads_to_the_journal(self):
        self.journal.suspense_account_id = False
        self.assertFinding(
            "Suspense Account", "error", "The journal has none", "open_journal"
        )

    def test_locked_days_are_told_with_what_the_setting_does(self):
        self.company.fiscalyear_lock_date = date(2026, 6, 30)
        self.assertFinding(
            "Lock Dates", "warning", "waits for a decision", "open_provider"
        )
        self.provider.ponto_locked_policy = "first_open_day"
        self.assertFinding(
            "Lock Dates", "warning", "booked on the first open day", "open_provider"
        )

    def test_a_locked_present_is_a_problem(self):
        # Odoo locks no day on which something is still to be reconciled.
        self.lines().move_id.line_ids.filtered(
            lambda line: line.account_id == self.journal.suspense_account_id
        ).account_id = self.company_data["default_account_revenue"]
        self.company.fiscalyear_lock_date = date(2026, 7, 15)
        self.assertFinding("Lock Dates", "error", "07/15/2026", "open_provider")

    def test_the_hard_lock_date_counts_too(self):
        self.company.hard_lock_date = date(2026, 6, 30)
        self.assertFinding("Lock Dates", "warning", "06/30/2026", "open_provider")

    def test_days_locked_long_ago_are_fine(self):
        self.company.fiscalyear_lock_date = date(2026, 5, 31)
        self.assertFinding("Lock Dates", "ok", "None of the last 35 days")

    # === EXCHANGE RATES === #

    def test_a_journal_in_the_companys_currency_needs_no_rate(self):
        self.assertFinding("Exchange Rate", "ok", "None is needed")

    def keep_journal_in_francs(self):
        """Let the feed fill a journal in a currency without any rate.

        :return: the currency, and the model of rates
        """
        currency = self.env.ref("base.CHF")
        currency.active = True
        rates = self.env["res.currency.rate"].sudo()
        currencies = currency | self.company.currency_id
        rates.search([("currency_id", "in", currencies.ids)]).unlink()
        journal = self.create_journal()
        journal.currency_id = currency
        self.provider = self.create_provider(journal_id=journal.id)
        return currency, rates

    def test_a_journal_in_another_currency_needs_a_rate(self):
        currency, rates = self.keep_journal_in_francs()
        self.assertFinding(
            "Exchange Rate", "error", "one CHF as one EUR", "check_again"
        )
        rates.create({"name": "2026-01-01", "rate": 0.95, "currency_id": currency.id})
        self.assertFinding("Exchange Rate", "ok", "01/01/2026")

    def test_the_rate_is_told_by_which_odoo_books_for_want_of_one(self):
        currency, rates = self.keep_journal_in_francs()
        own = self.company.currency_id
        for owner, day, told in (
            (currency, "2026-12-01", "one CHF as 0.800000 EUR"),
            (own, "2026-01-01", "one CHF as 1.250000 EUR"),
        ):
            rate = rates.create({"name": day, "rate": 1.25, "currency_id": owner.id})
            with self.subTest(told):
                self.assertFinding("Exchange Rate", "warning", told, "check_again")
            rate.unlink()
        # That of the company's own currency, as most have it, tells nothing.
        rates.create({"name": "2026-01-01", "rate": 1, "currency_id": own.id})
        self.assertFinding(
            "Exchange Rate", "error", "one CHF as one EUR", "check_again"
        )

    # === RESULT === #

    def test_waiting_transactions_lead_to_their_list(self):
        self.book("1.00", "2026-07-10", currency="USD")
        self.pull_scheduled(self.provider)
        finding = self.assertFinding(
            "Waiting Transactions", "warning", ": 1.", "show_waiting"
        )
        action = finding.action_repair()
        found = self.env["ponto.transaction"].search(safe_eval(action["domain"]))
        self.assertEqual(found, self.registered("waiting"))
        self.assertEqual(
            action["context"], {"search_default_journal_id": self.journal.id}
        )

    def test_a_difference_to_the_bank_leads_to_the_lines(self):
        self.bank.update_account(self.account_id, currentBalance="6.00")
        self.pull_scheduled(self.provider)
        finding = self.assertFinding("Balance", "error", "differ by", "show_lines")
        domain = finding.action_repair()["domain"]
        self.assertEqual(domain, [("journal_id", "=", self.journal.id)])

    def test_what_was_read_and_not_imported_is_shown_where_it_explains(self):
        self.book("12.00", "2026-07-12")
        self.pull(self.provider, since="2026-07-09", until="2026-07-10")
        self.assertFinding("Waiting Transactions", "ok", "None")
        finding = self.assertFinding("Balance", "warning", "12.00", "show_explaining")
        action = finding.action_repair()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, self.registered("new"))

    def test_what_waits_is_shown_where_it_explains(self):
        self.company.fiscalyear_lock_date = date(2026, 6, 30)
        self.book("12.00", "2026-06-12")
        self.pull_scheduled(self.provider)
        self.assertFinding("Balance", "warning", "12.00", "show_waiting")

    def test_a_difference_that_is_gone_since_leads_to_a_fetch(self):
        self.book("12.00", "2026-07-12")
        self.pull(self.provider, since="2026-07-09", until="2026-07-10")
        self.enter_by_hand(12, "2026-07-12")
        self.assertFinding("Balance", "warning", "", "fetch_now")

    def test_a_balance_that_was_never_compared_is_not_checked(self):
        self.provider.sudo().ponto_balance_state = False
        self.assertFinding("Balance", "skipped", "at the first fetch")
