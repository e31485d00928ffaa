# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import suppress
from datetime import date, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import importer
from odoo.addons.account_statement_import_online_ponto.feed.reader import Reader

from .common_opening import OpeningCase, Undo


@tagged("post_install", "-at_install")
class TestOpeningBalance(OpeningCase):
    """The balance before the first line: counted back from what the bank has."""

    def pull_the_last_day_and_get_in_doubt(self):
        """Pull without history, until the journal differs from the bank."""
        self.pull(self.provider, since="2026-07-02")
        self.enter_by_hand(50, "2026-07-03")
        # The balance tells of it earlier than the list does.
        self.bank.update_account(self.account_id, currentBalance="1041.00")
        self.pull(self.provider, since="2026-07-02")
        self.assertEqual(self.provider.ponto_balance_state, "different")

    def test_what_is_booked_while_the_first_pull_begins_is_not_in_it(self):
        read = Reader.read_listed

        def book_and_read(reader):
            self.book("9.00", "2026-07-03")
            return read(reader)

        with patch.object(Reader, "read_listed", book_and_read):
            self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 3)
        self.assert_equal(opening=1000)

    def test_another_journal_has_an_opening_balance_of_its_own(self):
        for number, create_statement in enumerate((False, True)):
            with self.subTest(create_statement=create_statement):
                self.provider.create_statement = create_statement
                self.pull_scheduled(self.provider)
                bank_account = self.provider.journal_id.bank_account_id
                self.provider.journal_id.bank_account_id = False
                journal = self.create_journal(f"BE{number:014}")
                journal.bank_account_id = bank_account
                self.provider.with_user(self.manager).journal_id = journal
                for day in ("2026-07-08", "2026-06-30"):
                    self.book("7.00", day)
                    self.pull_scheduled(self.provider)
                    self.assertEqual(self.provider.ponto_balance_state, "equal")
                self.assertEqual(self.lines(journal).mapped("amount"), [7, 7])

    def test_another_currency_is_not_counted_back(self):
        self.book("100.00", "2026-07-03", currency="USD")
        self.bank.update_account(self.account_id, currentBalance="1011.00")
        self.pull_scheduled(self.provider)
        self.assert_equal(opening=1000)

    def test_a_line_moved_out_of_a_locked_period_counts_by_the_banks_day(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 1)
        self.provider.ponto_locked_policy = "first_open_day"
        self.pull_scheduled(self.provider)
        self.assertEqual(set(self.lines().mapped("date")), {date(2026, 7, 2)})
        self.assert_equal(opening=1000)

    def test_what_is_linked_anew_before_its_history_comes_counts_once(self):
        self.pull(self.provider, since="2026-07-02")
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)
        self.assert_equal(opening=1000)

    def test_history_without_a_balance_at_the_bank_counts_back_from_the_lines(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )
        self.pull(self.provider, since="2026-07-02")
        self.assertEqual(self.provider.ponto_odoo_balance, 6)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_opening_balance, -5)
        self.assertEqual(self.provider.ponto_odoo_balance, 6)

    def test_history_of_a_journal_in_doubt_counts_back_from_the_lines(self):
        self.pull_the_last_day_and_get_in_doubt()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_opening_balance, 1000)

    def test_history_counts_back_from_the_lines_however_small_the_batches(self):
        self.patch(importer, "LINES_PER_BATCH", 1)
        for amount, day in (("4.00", "2026-06-30"), ("3.00", "2026-06-29")):
            self.book(amount, day)
        for is_silent, opening in ((False, 993), (True, -12)):
            with (
                self.subTest(is_silent=is_silent),
                suppress(Undo),
                self.env.cr.savepoint(),
            ):
                self.bank.update_account(self.account_id, currentBalance="1011.00")
                if is_silent:
                    self.silence_the_bank()
                    self.pull(self.provider, since="2026-07-02")
                else:
                    self.pull_the_last_day_and_get_in_doubt()
                # As where another feed has left the lines.
                self.provider.sudo().ponto_opening_register_id = 0
                self.pull_scheduled(self.provider)
                self.assertEqual(self.provider.ponto_opening_balance, opening)
                raise Undo
            self.env.invalidate_all()

    def test_history_within_the_first_statement_counts_back_too(self):
        self.provider.write(
            {"create_statement": True, "statement_creation_mode": "weekly"}
        )
        self.pull_the_last_day_and_get_in_doubt()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().statement_id.balance_start, 1000)

    def test_history_that_comes_before_the_first_comparison_is_settled_by_the_bank(
        self,
    ):
        self.patch(importer, "LINES_PER_BATCH", 1)
        self.book("7.00", "2026-07-02")
        self.provider.write(
            {"create_statement": True, "statement_creation_mode": "weekly"}
        )
        with self.cut_off_after(2):
            self.pull(self.provider, since="2026-07-02")
        self.assertEqual(len(self.lines()), 1)
        self.assertFalse(self.provider.ponto_balance_state)
        self.pull(self.provider, since="2026-07-01")
        self.assertEqual(len(self.lines()), 3)
        self.assertEqual(self.lines().statement_id.balance_start, 1000)
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_a_late_line_in_the_first_statement_after_lines_without_moves_no_start(
        self,
    ):
        provider = self.open_account("BE00000000000002", create_statement=False)
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(provider)
        provider.create_statement = True
        for amount in ("6.00", "7.00"):
            self.book(amount, "2026-07-08")
            self.pull_scheduled(provider)
        statement = self.statements(provider.journal_id)
        self.assertRecordValues(
            statement,
            [{"balance_start": 1005, "balance_end_real": 1018, "is_complete": True}],
        )
        self.assertEqual(provider.ponto_balance_state, "equal")

    def test_a_balance_that_the_bank_tells_later_settles_what_was_before(self):
        for create_statement in (True, False):
            with self.subTest(create_statement=create_statement):
                provider = self.open_account(
                    f"BE{create_statement:014}", create_statement=create_statement
                )
                self.bank.update_account(self.account_id, currentBalance=None)
                self.book("5.00", "2026-07-01")
                for _time in range(2):
                    self.pull_scheduled(provider)
                    self.assertEqual(provider.ponto_balance_state, "unknown")
                    self.assertEqual(provider.ponto_odoo_balance, 5)
                self.book("6.00", "2026-07-02")
                self.bank.update_account(self.account_id, currentBalance="1011.00")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "equal")
                self.assertEqual(
                    self.statements(provider.journal_id).mapped("balance_start"),
                    [1000, 1005] if create_statement else [],
                )
                self.bank.update_account(self.account_id, currentBalance="1012.00")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "different")

    def test_a_balance_younger_than_the_list_is_corrected_once_both_are_of_one_moment(
        self,
    ):
        for hours, create_statement in ((2, True), (4, False)):
            with self.subTest(create_statement=create_statement):
                provider = self.open_account(
                    f"BE{create_statement:014}", create_statement=create_statement
                )
                self.book("5.00", "2026-07-01")
                self.book("6.00", "2026-07-02")
                # Of what the bank booked since, the list does not tell yet.
                self.bank.update_account(self.account_id, currentBalance="1041.00")
                self.synchronize("accountDetails", hours)
                self.pull_scheduled(provider)
                self.assertTrue(provider.ponto_opening_is_provisional)
                self.book("30.00", "2026-07-03")
                self.bank.update_account(self.account_id, currentBalance="1041.00")
                self.synchronize("accountTransactions", hours)
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "equal")
                self.assertEqual(provider.ponto_odoo_balance, 1041)
                self.assertFalse(provider.ponto_opening_is_provisional)
                self.assertEqual(
                    self.statements(provider.journal_id).mapped("balance_start"),
                    [1000, 1005, 1011] if create_statement else [],
                )
                # Later differences are differences.
                self.bank.update_account(self.account_id, currentBalance="1042.00")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "different")

    def test_what_is_announced_at_the_first_pull_counts_once(self):
        """Whether the bank counts it in its balance already, or not yet."""
        for is_counted in (True, False):
            with self.subTest(is_counted=is_counted):
                provider = self.open_account(f"BE{is_counted:014}")
                tomorrow = provider._ponto_get_today() + timedelta(days=1)
                self.book("5.00", "2026-07-01")
                self.book("7.00", str(tomorrow), moves_balance=is_counted)
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "explained")
                self.pull_scheduled(provider)
                self.assertEqual(provider.ponto_balance_state, "explained")
                self.bank.update_account(self.account_id, currentBalance="1012.00")
                with patch.object(
                    type(provider), "_ponto_get_today", return_value=tomorrow
                ):
                    self.pull_scheduled(provider)
                self.assertEqual(len(self.lines(provider.journal_id)), 2)
                self.assertEqual(provider.ponto_balance_state, "equal")
                self.assertEqual(provider.ponto_opening_balance, 1000)
                self.assertFalse(provider.ponto_opening_is_provisional)

    # === WHILE IT IS PROVISIONAL === #

    def test_what_people_do_while_it_is_provisional_is_no_part_of_it(self):
        for what, difference in (("type", -50), ("change", -50), ("ignore", 6)):
            with self.subTest(what), suppress(Undo), self.env.cr.savepoint():
                self.silence_the_bank()
                if what == "ignore":
                    self.pull_and_let_wait(6).action_ignore()
                else:
                    self.pull_scheduled(self.provider)
                self.assertTrue(self.provider.ponto_opening_is_provisional)
                if what == "type":
                    self.enter_by_hand(50, "2026-07-03")
                if what == "change":
                    self.lines()[1].amount = 56
                self.bank.update_account(self.account_id, currentBalance="1011.00")
                self.pull_scheduled(self.provider)
                self.assertEqual(self.provider.ponto_balance_state, "different")
                self.assertEqual(self.provider.ponto_difference, difference)
                self.assertEqual(self.provider.ponto_opening_balance, 1000)
                raise Undo
            self.env.invalidate_all()

    def test_a_start_that_somebody_types_is_provisional_no_longer(self):
        self.provider.create_statement = True
        self.silence_the_bank()
        self.pull_scheduled(self.provider)
        first = self.statements()[0].with_user(self.bookkeeper)
        first.write({"balance_start": 990, "balance_end_real": 995})
        self.bank.update_account(self.account_id, currentBalance="1011.00")
        self.pull_scheduled(self.provider)
        self.assertEqual(first.balance_start, 990)
        self.assertEqual(self.provider.ponto_opening_balance, 990)
        self.assertEqual(self.provider.ponto_balance_state, "different")
        self.assertEqual(self.provider.ponto_difference, 10)

    # === STATEMENTS ARE DELETED === #

    def test_the_journal_equals_the_bank_after_any_deletion_of_statements(self):
        for day in ("2026-07-06", "2026-07-08"):
            self.book("10.00", day)
        self.provider.create_statement = True
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.statements()), 4)
        for places in ((0,), (1,), (3,), (0, 2), (0, 1, 2, 3)):
            for mode in ("daily", "monthly", None):
                for late in ("2026-07-04", "2026-07-09"):
                    with (
                        self.subTest(places=places, mode=mode, late=late),
                        suppress(Undo),
                        self.env.cr.savepoint(),
                    ):
                        self.delete_and_go_on(places, mode, late)
                        raise Undo
                    self.env.invalidate_all()
                    for row in self.bank.transactions(self.account_id):
                        if row["amount"] < 0:
                            self.bank.remove_transaction(row["id"], moves_balance=True)

    def delete_and_go_on(self, places, mode, late):
        """Delete some statements, choose another length of them, and pull."""
        self.statements().browse(
            self.statements()[place].id for place in places
        ).unlink()
        self.provider.create_statement = bool(mode)
        self.provider.statement_creation_mode = mode or "daily"
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.book("-4.00", late)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_the_balance_before_the_first_line_outlives_all_statements(self):
        self.provider.create_statement = True
        self.pull_scheduled(self.provider)
        self.assertEqual(self.statements()[0].balance_start, 1000)
        self.statements().unlink()
        self.provider.create_statement = False
        self.book("5.00", "2026-07-03")
        self.pull_scheduled(self.provider)
        self.assert_equal(1000)

    def test_a_correction_of_the_first_statement_outlives_it(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )
        self.provider.create_statement = True
        self.pull_scheduled(self.provider)
        first = self.statements()[0].with_user(self.manager)
        first.write({"balance_start": 990, "balance_end_real": 995})
        self.statements().unlink()
        self.bank.update_account(self.account_id, currentBalance="1001.00")
        self.pull_scheduled(self.provider)
        self.assert_equal(990)

    # === STATEMENTS ARE MADE BY PEOPLE === #

    def make_first_statement(self, lines, **values):
        """Let a bookkeeper make a statement of some lines."""
        return (
            self.env["account.bank.statement"]
            .with_user(self.bookkeeper)
            .create({"name": "Paper 1", "line_ids": lines.ids, **values})
        )

    def pull_without_balance(self):
        """Pull behind a line that was entered by hand; the bank tells no balance."""
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )
        by_hand = self.enter_by_hand(50, "2026-06-20")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_opening_balance, 0)
        return by_hand

    def test_the_start_of_a_first_statement_that_somebody_makes_is_followed(self):
        by_hand = self.pull_without_balance()
        self.make_first_statement(by_hand, balance_start=900)
        self.assertEqual(self.provider.ponto_opening_balance, 900)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_odoo_balance, 900 + 50 + 11)

    def test_lines_before_a_first_statement_that_somebody_makes_count(self):
        self.pull_without_balance()
        self.make_first_statement(self.lines()[1], balance_start=950)
        self.assertEqual(self.provider.ponto_opening_balance, 900)

    def test_a_start_that_odoo_proposes_is_not_followed(self):
        self.pull_scheduled(self.provider)
        for number, values in ((0, {"balance_start": 0}), (1, {"balance_start": 5})):
            with self.subTest(number):
                made = self.make_first_statement(self.lines()[number], **values)
                self.assertEqual(made.balance_start, values["balance_start"])
                self.assert_equal(1000)
                made.unlink()

    def test_a_later_statement_that_somebody_makes_is_not_followed(self):
        by_hand = self.pull_without_balance()
        self.make_first_statement(by_hand, balance_start=900)
        self.make_first_statement(self.lines()[-1], balance_start=7)
        self.assertEqual(self.provider.ponto_opening_balance, 900)

    def test_a_statement_of_a_file_that_begins_with_zero_is_followed(self):
        self.pull_scheduled(self.provider)
        self.assert_equal(1000)
        older = self.enter_by_hand(1000, "2026-05-04")
        self.make_first_statement(older, balance_start=0, balance_end_real=1000)
        self.pull_scheduled(self.provider)
        self.assert_equal(0)

    def test_a_first_line_that_an_earlier_feed_made_comes_back_as_it_was(self):
        self.provider.unlink()
        first, *_later = (
            self.enter_by_hand(
                amount, day, unique_import_id=f"{self.journal.id}-{row['id']}"
            )
            for row, amount, day in zip(
                sorted(
                    self.bank.transactions(self.account_id),
                    key=lambda row: row["executionDate"],
                ),
                (5, 6),
                ("2026-07-01", "2026-07-02"),
                strict=True,
            )
        )
        for line in self.lines():
            self.env["account.bank.statement"].create(
                {
                    "name": f"{self.journal.code}/{line.date}",
                    "line_ids": line.ids,
                    "balance_start": 1000 if line == first else 1005,
                }
            )
        self.provider = self.create_provider()
        self.pull_scheduled(self.provider)
        self.assert_equal(1000)
        first.statement_id.unlink()
        first.unlink()
        self.pull_scheduled(self.provider)
        self.registered("removed").with_user(self.bookkeeper).action_import()
        self.assert_equal(1000)
        self.assertEqual(
            self.statements().mapped("balance_start"),
            [1000, 1005],
        )
