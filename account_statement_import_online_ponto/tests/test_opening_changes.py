# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import suppress
from datetime import date

from odoo.tests import tagged

from .common_opening import OpeningCase, Undo


@tagged("post_install", "-at_install")
class TestOpeningChanges(OpeningCase):
    """The balance before the first line, when the bank changes what it holds or not."""

    # === DATED ANEW === #

    def test_what_was_too_early_and_gets_a_later_day_counts_once(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        later = "2026-07-03T00:00:00.000Z"
        early = self.book("40.00", "2026-06-30", valueDate=later)
        for is_bank, create_statement in (
            (True, False),
            (False, False),
            (False, True),
        ):
            with (
                self.subTest(is_bank=is_bank, create_statement=create_statement),
                suppress(Undo),
                self.env.cr.savepoint(),
            ):
                self.provider.create_statement = create_statement
                self.pull_scheduled(self.provider)
                self.assert_equal(opening=1040)
                if is_bank:
                    self.date_anew(early, "2026-07-03")
                else:
                    self.provider.ponto_date_field = "value_date"
                    self.pull_scheduled(self.provider)
                self.assertEqual(self.lines().mapped("amount"), [5, 6, 40])
                self.assert_equal(opening=1000)
                self.assertEqual(
                    self.statements().mapped("balance_end_real"),
                    [1005, 1011, 1051] if create_statement else [],
                )
                raise Undo
            self.env.invalidate_all()
            moment = "2026-06-30T00:00:00.000Z"
            self.bank.update_transaction(early, executionDate=moment, valueDate=later)

    def test_a_first_line_counts_once_after_another_date_to_use(self):
        first = self.book("3.00", "2026-07-01", valueDate="2026-06-28T00:00:00.000Z")
        self.pull_scheduled(self.provider)
        self.provider.ponto_date_field = "value_date"
        self.bank.update_transaction(first, remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        self.assertIn("Rent", self.lines().mapped("payment_ref"))
        self.assert_equal(1000)
        self.book("4.00", "2026-06-29")
        self.pull_scheduled(self.provider)
        self.assert_equal(1000)

    def test_what_waits_and_is_dated_before_the_start_explains_the_difference(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.book("20.00", "2026-06-29")
        ponto_id = self.book("7.00", "2026-07-03")
        self.pull_and_let_wait(7)
        self.assertEqual(self.provider.ponto_balance_state, "explained")
        self.date_anew(ponto_id, "2026-06-28")
        self.assertFalse(self.registered("waiting"))
        self.assertEqual(self.provider.ponto_balance_state, "explained")

    def test_what_is_too_early_behind_a_first_line_dated_anew_counts_once(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.book("20.00", "2026-06-29")
        first = self.book("3.00", "2026-07-01")
        self.pull_scheduled(self.provider)
        self.assert_equal(1020)
        self.date_anew(first, "2026-06-28")
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "explained")
        self.provider.ponto_start_date = date(2026, 6, 1)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 4)
        self.assert_equal(1000)

    # === WITHOUT A DATE OR AN AMOUNT === #

    def book_two(self, day="2026-07-10"):
        """Let the bank book 2.00.

        :return: its attributes, to be changed, and what date and amount are
        """
        ponto_id = self.book("2.00", day)
        attributes = self.bank.transaction_record(ponto_id).attributes
        dates = {name: attributes[name] for name in ("executionDate", "valueDate")}
        return attributes, dates, {"amount": attributes["amount"]}

    def test_what_lacks_date_or_amount_at_the_first_pull_counts_once(self):
        for day, places in (
            ("2026-07-10", (0,)),
            ("2026-06-20", (0,)),
            ("2026-07-10", (1,)),
            ("2026-07-10", (0, 1)),
            ("2026-07-10", (1, 0)),
        ):
            with (
                self.subTest(day=day, places=places),
                suppress(Undo),
                self.env.cr.savepoint(),
            ):
                attributes, *whole = self.book_two(day)
                for place in places:
                    attributes.update(dict.fromkeys(whole[place]))
                self.pull_scheduled(self.provider)
                self.assertEqual(len(self.registered("waiting")), 1)
                self.assert_equal(1002)
                for place in places:
                    attributes.update(whole[place])
                    self.pull_scheduled(self.provider)
                    self.assertEqual(self.provider.ponto_balance_state, "equal")
                self.assertEqual(len(self.lines()), 3)
                self.assert_equal(1000)
                raise Undo
            self.env.invalidate_all()
            self.bank.remove_transaction(
                self.bank.transactions(self.account_id)[0]["id"], moves_balance=True
            )

    def test_a_date_that_the_bank_takes_away_for_a_while_changes_nothing(self):
        attributes, dates, _amount = self.book_two()
        waiting = self.pull_and_let_wait(2)
        for told in (dict.fromkeys(dates), dates):
            attributes.update(told)
            self.pull_scheduled(self.provider)
            self.assertIn(self.provider.ponto_balance_state, ("equal", "explained"))
        waiting.action_import()
        self.assert_equal(1000)
