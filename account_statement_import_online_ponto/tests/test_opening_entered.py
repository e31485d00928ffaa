# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import suppress

from odoo.tests import tagged

from .common_opening import OpeningCase, Undo


@tagged("post_install", "-at_install")
class TestOpeningEntered(OpeningCase):
    """The balance before the first line, and what people enter of before it."""

    #: How statements are made.
    KINDS = ({"create_statement": False}, {"create_statement": True})

    def check_equal(self, books=1011):
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assertEqual(self.provider.ponto_odoo_balance, books)

    def in_each_mode(self):
        """Iterate over how statements are made; each time from the same beginning."""
        for values in self.KINDS:
            with self.subTest(**values), suppress(Undo), self.env.cr.savepoint():
                self.provider.write(values)
                yield values["create_statement"]
                raise Undo
            self.env.invalidate_all()
            for row in self.bank.transactions(self.account_id):
                if row["amount"] not in (5, 6):
                    self.bank.remove_transaction(row["id"], moves_balance=True)

    # === AFTER THE FIRST FETCH === #

    def test_an_opening_line_that_somebody_enters_makes_no_difference(self):
        for has_statements in self.in_each_mode():
            self.check_equal()
            opening = self.enter_by_hand(1000, "2026-06-30")
            self.check_equal()
            # Late ones do not make it count.
            self.book("7.00", "2026-06-29")
            self.book("8.00", "2026-07-03")
            self.check_equal(1026)
            self.book("1.00", "2026-06-28")
            self.check_equal(1027)
            if has_statements:
                starts = self.statements().mapped("balance_start")
                self.assertEqual(starts, [1000, 1001, 1008, 1013, 1019])
            opening.unlink()
            self.check_equal(1027)

    def test_a_line_of_the_first_day_or_later_counts(self):
        self.check_equal()
        self.enter_by_hand(50, "2026-07-01")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_difference, -50)

    def test_an_opening_line_in_the_midst_of_history_that_comes_counts(self):
        self.book("100.00", "2026-06-15")
        self.provider.ponto_start_date = "2026-07-01"
        self.check_equal(1111)
        self.enter_by_hand(1100, "2026-06-30")
        self.check_equal(1111)
        self.provider.ponto_start_date = "2026-06-01"
        self.provider.action_ponto_reset_last_identifier()
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 4)
        self.assertEqual(self.provider.ponto_balance_state, "different")
        self.assertEqual(self.provider.ponto_difference, -1100)
        self.assertEqual(str(self.provider.ponto_difference_date), "2026-06-30")

    def test_an_entered_line_that_stands_for_a_transaction_counts_once(self):
        for is_late in (True, False):
            for _has_statements in self.in_each_mode():
                self.provider.ponto_start_date = "2026-07-01"
                if not is_late:
                    self.book("50.00", "2026-06-20")
                self.check_equal(1011 if is_late else 1061)
                self.enter_by_hand(50, "2026-06-20", payment_ref="Communication 50.00")
                self.enter_by_hand(20, "2026-06-10")
                if is_late:
                    self.book("50.00", "2026-06-20")
                self.provider.ponto_start_date = "2026-01-01"
                self.provider.action_ponto_reset_last_identifier()
                self.pull_scheduled(self.provider)
                waiting = self.registered("waiting").with_user(self.bookkeeper)
                self.assertEqual(len(waiting), 1)
                state = "explained" if is_late else "equal"
                self.assertEqual(self.provider.ponto_balance_state, state)
                waiting.action_same_as()
                self.check_equal(1061)
                self.book("3.00", "2026-06-29")
                self.check_equal(1064)

    # === BEFORE THE FIRST FETCH === #

    def make_first_statement(self, line, **values):
        return (
            self.env["account.bank.statement"]
            .with_user(self.bookkeeper)
            .create({"name": "Paper 1", "line_ids": line.ids, **values})
        )

    def test_where_nothing_tells_it_the_feed_says_so_until_somebody_does(self):
        for has_statements in self.in_each_mode():
            older = self.enter_by_hand(300, "2026-06-20")
            for _time in range(2):
                self.pull_scheduled(self.provider)
                self.assertEqual(self.provider.ponto_balance_state, "no_opening")
                self.assertFalse(self.provider.ponto_differs_since)
                text = self.provider.with_user(self.bookkeeper).ponto_balance_text
                self.assertIn("1,011.00", text)
                self.assertIn("311.00", text)
                self.assertIn("enter its starting balance", text)
            self.book("2.00", "2026-07-03")
            self.pull_scheduled(self.provider)
            self.assertEqual(self.provider.ponto_balance_state, "no_opening")
            self.make_first_statement(older, balance_start=700)
            self.check_equal(1013)
            if has_statements:
                self.statements()[-1].with_user(self.bookkeeper).unlink()
                self.check_equal(1013)

    def test_where_the_start_of_a_first_statement_is_wrong_that_is_a_difference(self):
        older = self.enter_by_hand(300, "2026-06-20")
        self.pull_scheduled(self.provider)
        self.make_first_statement(older, balance_start=0)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "different")
        self.assertEqual(self.provider.ponto_difference, 700)

    def test_lines_that_come_to_the_banks_balance_tell_it(self):
        for _has_statements in self.in_each_mode():
            older = self.enter_by_hand(1000, "2026-06-20")
            self.check_equal()
            self.enter_by_hand(70, "2026-06-10")
            self.check_equal()
            older.amount = 900
            self.pull_scheduled(self.provider)
            self.assertEqual(self.provider.ponto_difference, 100)

    def test_an_opening_entry_on_the_account_of_the_bank_tells_it(self):
        for _has_statements in self.in_each_mode():
            self.enter_by_hand(300, "2026-06-20")
            self.pull_scheduled(self.provider)
            self.assertEqual(self.provider.ponto_balance_state, "no_opening")
            account = self.journal.default_account_id
            other = self.company_data["default_account_revenue"]
            self.env["account.move"].create(
                {
                    "date": "2026-01-01",
                    "line_ids": [
                        (0, 0, {"account_id": account.id, "debit": 700}),
                        (0, 0, {"account_id": other.id, "credit": 700}),
                    ],
                }
            ).action_post()
            self.check_equal()
            self.assertEqual(self.provider.ponto_opening_balance, 700)

    def test_a_bank_that_tells_its_balance_later_leaves_open_what_nothing_tells(self):
        self.silence_the_bank()
        self.enter_by_hand(300, "2026-06-20")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "unknown")
        self.bank.update_account(self.account_id, currentBalance="1011.00")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "no_opening")
