# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import importer

from .common import OTHER_IBAN, PontoCase


@tagged("post_install", "-at_install")
class TestBalance(PontoCase):
    """Whether the journal equals the bank, and since when not."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        self.provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.book("6.00", "2026-07-02")

    def tomorrow(self):
        return str(self.provider._ponto_get_today() + timedelta(days=1))

    def assert_proof(self, state, difference=0.0, day=None):
        self.assertRecordValues(
            self.provider,
            [
                {
                    "ponto_balance_state": state,
                    "ponto_difference": difference,
                    "ponto_difference_date": day and date.fromisoformat(day),
                }
            ],
        )

    def test_journal_equals_the_bank_in_every_statement_mode(self):
        for values in (
            {"statement_creation_mode": "daily"},
            {"statement_creation_mode": "weekly"},
            {"statement_creation_mode": "monthly"},
            {"create_statement": False},
        ):
            with self.subTest(values):
                provider = self.open_account(f"BE{len(str(values)):014}", **values)
                for amount, day in (("5.00", "2026-07-01"), ("6.00", "2026-07-10")):
                    self.book(amount, day)
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "equal")
                self.assertEqual(provider.ponto_odoo_balance, 1011)
                self.book("1.00", "2026-07-05")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "equal")
                self.assertEqual(provider.ponto_odoo_balance, 1012)
                self.assertIn("1,012.00", provider.ponto_balance_text)

    def test_journal_equals_the_bank_when_the_statement_mode_changes(self):
        without = {"create_statement": False}
        daily, monthly = (
            {"create_statement": True, "statement_creation_mode": mode}
            for mode in ("daily", "monthly")
        )
        changes = [
            (daily, monthly),
            (monthly, daily),
            (without, daily),
            (daily, without),
        ]
        for number, (before, after) in enumerate(changes):
            with self.subTest(before=before, after=after):
                number = f"BE{number:014}"
                journal = self.create_journal(number)
                self.account_id = self.bank.add_account(
                    reference=number, currency="EUR", currentBalance="1000.00"
                )
                provider = self.create_provider(journal_id=journal.id, **before)
                for day in ("2026-07-06", "2026-07-07", "2026-07-13"):
                    self.book("10.00", day)
                self.pull_scheduled(provider)
                provider.write(after)
                for day in ("2026-07-08", "2026-07-14"):
                    self.book("1.00", day)
                    self.pull_scheduled(provider)
                    self.assertEqual(provider.ponto_balance_state, "equal")
                self.assertTrue(
                    all(self.lines(journal).statement_id.mapped("is_valid"))
                )

    def test_days_pulled_first_and_their_history_in_batches_equal_the_bank(self):
        self.patch(importer, "LINES_PER_BATCH", 2)
        for day in ("2026-05-01", "2026-05-02", "2026-06-01", "2026-07-14"):
            self.book("1.00", day)
        self.pull(self.provider, "2026-07-01", "2026-07-01")
        self.assertEqual(self.provider.ponto_balance_state, "explained")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_what_waits_explains_a_difference(self):
        self.pull_scheduled(self.provider)
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("7.00", "2026-06-29")
        self.pull_scheduled(self.provider)
        self.assert_proof("explained", 7.0)

    def test_what_waits_from_before_the_first_line_is_no_difference(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("7.00", "2026-06-29")
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")
        # Only what the bank books now changes its balance.
        self.book("8.00", "2026-06-28")
        self.pull_scheduled(self.provider)
        self.assert_proof("explained", 8.0)
        self.company.sudo().fiscalyear_lock_date = False
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")

    def test_a_late_transaction_before_the_start_date_explains_a_difference(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.book("7.00", "2026-06-29")
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")
        self.book("8.00", "2026-06-30")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)
        self.assert_proof("explained", 8.0)

    def test_what_comes_late_before_the_first_line_is_not_taken_for_history(self):
        for create_statement in (True, False):
            with self.subTest(create_statement=create_statement):
                provider = self.open_account(
                    f"BE{create_statement:014}", create_statement=create_statement
                )
                self.book("5.00", "2026-07-10")
                self.pull_scheduled(provider)
                # The balance tells of it earlier than the list does.
                self.bank.update_account(self.account_id, currentBalance="1035.00")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "different")
                self.book("30.00", "2026-07-01")
                self.bank.update_account(self.account_id, currentBalance="1035.00")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "equal")

    def test_what_is_announced_explains_a_difference_if_the_bank_counts_it(self):
        self.pull_scheduled(self.provider)
        self.book("7.00", self.tomorrow())
        self.pull_scheduled(self.provider)
        self.assert_proof("explained", 7.0)

    def test_what_is_only_announced_makes_no_difference(self):
        self.provider = self.open_account(OTHER_IBAN)
        self.book("7.00", self.tomorrow(), moves_balance=False)
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")

    def test_what_is_announced_explains_nothing_if_the_bank_does_not_count_it(self):
        self.pull_scheduled(self.provider)
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("3.00", "2026-06-29")
        self.book("7.00", self.tomorrow())
        self.bank.update_account(self.account_id, currentBalance="1014.00")
        self.pull_scheduled(self.provider)
        self.assert_proof("explained", 3.0)

    def test_what_waits_for_its_date_explains_a_difference(self):
        self.pull_scheduled(self.provider)
        self.bank.add_transaction(
            self.account_id, "2.00", executionDate=None, valueDate=None
        )
        self.pull_scheduled(self.provider)
        self.assert_proof("explained", 2.0)

    def test_what_waits_for_its_date_is_in_no_line_of_an_empty_journal(self):
        self.provider = self.open_account(OTHER_IBAN)
        self.bank.add_transaction(
            self.account_id, "2.00", executionDate=None, valueDate=None
        )
        self.pull_scheduled(self.provider)
        self.assert_proof("explained", 2.0)

    def test_a_line_that_is_not_posted_does_not_count(self):
        self.provider.create_statement = False
        self.pull_scheduled(self.provider)
        self.lines().filtered(lambda line: line.amount == 6).move_id.button_draft()
        self.pull_scheduled(self.provider)
        self.assert_proof("different", 6.0, "2026-07-02")

    def test_a_changed_amount_is_named_with_its_day(self):
        self.provider.create_statement = False
        self.pull_scheduled(self.provider)
        self.lines().filtered(lambda line: line.amount == 6).amount = 60
        self.pull_scheduled(self.provider)
        self.assert_proof("different", -54.0, "2026-07-02")

    def test_a_removed_line_is_named_with_its_day(self):
        self.provider.create_statement = False
        self.pull_scheduled(self.provider)
        self.lines()[-1].unlink()
        self.pull_scheduled(self.provider)
        self.assert_proof("different", 6.0, "2026-07-02")

    def test_a_line_removed_between_statements_is_named_with_its_day(self):
        self.book("7.00", "2026-07-03")
        self.pull_scheduled(self.provider)
        line = self.lines()[1]
        line.statement_id.unlink()
        line.unlink()
        self.pull_scheduled(self.provider)
        self.assert_proof("different", 6.0, "2026-07-02")

    def test_a_line_that_was_there_twice_is_no_difference_once_one_is_removed(self):
        line = self.enter_by_hand(5, "2026-07-01", payment_ref="From a bank file")
        self.env["account.bank.statement"].create(
            {
                "name": "Bank file",
                "balance_start": 1000,
                "balance_end_real": 1005,
                "line_ids": line.ids,
            }
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_difference, -5)
        twice = self.lines()[1]
        twice.statement_id.unlink()
        twice.unlink()
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")

    def test_a_line_without_statement_counts_between_statements(self):
        self.pull_scheduled(self.provider)
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": "2026-07-08",
                "amount": 50,
                "payment_ref": "Typed by hand",
            }
        )
        self.book("50.00", "2026-07-08", remittanceInformation="Typed by hand")
        self.pull_scheduled(self.provider)
        self.registered("waiting").with_user(self.bookkeeper).action_same_as()
        self.book("7.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")

    def test_a_line_from_elsewhere_is_named_with_its_day(self):
        self.provider.create_statement = False
        self.pull_scheduled(self.provider)
        self.enter_by_hand(50, "2026-07-02")
        self.pull_scheduled(self.provider)
        self.assert_proof("different", -50.0, "2026-07-02")

    def test_a_balance_of_another_moment_is_not_called_a_difference(self):
        self.pull_scheduled(self.provider)
        self.bank.update_account(self.account_id, currentBalance="1500.00")
        self.synchronize("accountDetails", hours=2)
        self.pull_scheduled(self.provider)
        self.assert_proof("not_same_moment", 489.0)

    def test_a_bank_without_balance_is_not_compared(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )
        self.pull_scheduled(self.provider)
        self.assert_proof("unknown")

    def test_a_difference_that_lasts_a_day_is_told_once_and_closed(self):
        self.provider.create_statement = False
        self.pull_scheduled(self.provider)
        self.lines()[-1].unlink()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.activity_ids)
        self.provider.sudo().ponto_differs_since = fields.Datetime.now() - timedelta(
            days=2
        )
        self.pull_scheduled(self.provider)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.provider.activity_ids), 1)
        self.registered("removed").action_import()
        self.pull_scheduled(self.provider)
        self.assert_proof("equal")
        self.assertFalse(self.provider.activity_ids)

    def test_a_difference_since_a_clock_was_ahead_lasts_from_now_on(self):
        self.provider.create_statement = False
        self.pull_scheduled(self.provider)
        self.lines()[-1].unlink()
        self.pull_scheduled(self.provider)
        now = fields.Datetime.now()
        self.provider.sudo().ponto_differs_since = now + timedelta(days=30)
        self.pull_scheduled(self.provider)
        self.assertLess(self.provider.ponto_differs_since, now + timedelta(hours=1))
