# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import itertools
from contextlib import suppress
from datetime import date, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed.importer import Importer

from .common import PontoCase
from .simulator import api as simulator_api


class Undo(Exception):
    """Ends the savepoint of an example."""


@tagged("post_install", "-at_install")
class TestBringingBack(PontoCase):
    """What was taken back and comes again leaves the books as they were."""

    #: How statements are made; a week is a longer day.
    KINDS = (
        {"create_statement": False},
        {"statement_creation_mode": "daily"},
        {"statement_creation_mode": "monthly"},
    )

    def setUp(self):
        super().setUp()
        self.numbers = itertools.count(1)

    def open(self, **values):
        """Open an account with a journal and a feed."""
        # The bank keeps accounts whose journals are undone.
        self.provider = self.open_account(f"BE{next(self.numbers):014}", **values)
        self.journal = self.provider.journal_id

    def import_(self, *transactions, **attributes):
        """Book transactions and pull them.

        :return: the pull, as a bookkeeper sees it
        """
        for amount, day in transactions:
            self.book(amount, day, **attributes)
        self.pull_scheduled(self.provider)
        pulls = self.env["ponto.pull"].with_user(self.bookkeeper)
        return pulls.search([("provider_id", "=", self.provider.id)], limit=1)

    def import_three(self, **attributes):
        """Import Friday and Monday, then Tuesday, then the Sunday after it.

        :return: the three pulls
        """
        return (
            self.import_(("1.00", "2026-07-03"), ("2.00", "2026-07-06"), **attributes),
            self.import_(("4.00", "2026-07-07"), **attributes),
            self.import_(("8.00", "2026-07-12"), **attributes),
        )

    def bring_back(self, records=None):
        """Import after all what was removed."""
        records = records or self.registered("removed")
        records.with_user(self.bookkeeper).action_import()

    def silence_the_bank(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )

    def read_books(self):
        """Return what the statements and the feed say."""
        self.env.invalidate_all()
        names = ["name", "balance_start", "balance_end_real", "is_valid", "is_complete"]
        kept = ["ponto_balance_state", "ponto_opening_balance", "ponto_odoo_balance"]
        return [
            [each[name] for name in names] for each in self.statements(self.journal)
        ], [self.provider[name] for name in kept]

    def assert_equal(self, opening=1000):
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assertEqual(self.provider.ponto_opening_balance, opening)

    def assert_chained(self):
        """Check that statements follow from the lines, and from one another."""
        self.env.invalidate_all()
        balance = self.provider.ponto_opening_balance
        for statement in self.statements(self.journal):
            self.assertEqual(statement.balance_start, balance)
            balance += sum(statement.line_ids.mapped("amount"))
            self.assertEqual(statement.balance_end_real, balance)
            self.assertTrue(statement.is_valid)
            self.assertTrue(statement.is_complete)

    # === WHATEVER GOES === #

    def test_what_comes_back_leaves_the_books_as_they_were(self):
        for kind in self.KINDS:
            self.open(**kind)
            pulls = self.import_three()
            for places in ((0,), (1, 0), (0, 2)):
                for is_reversed in (False, True):
                    with (
                        self.subTest(**kind, places=places, is_reversed=is_reversed),
                        suppress(Undo),
                        self.env.cr.savepoint(),
                    ):
                        self.check_comes_back(pulls, places, is_reversed)
                        raise Undo
                    self.env.invalidate_all()

    def check_comes_back(self, pulls, places, is_reversed):
        """Undo some of the imports one by one, and bring back line by line."""
        before = self.read_books()
        self.assert_equal()
        for place in places:
            pulls[place].action_take_back()
            self.assert_chained()
        for record in self.registered("removed").sorted("date", is_reversed):
            self.bring_back(record)
            self.assert_chained()
        self.assertEqual(self.read_books(), before)

    def test_a_week_begins_anew_with_what_is_left_of_it(self):
        self.open(statement_creation_mode="weekly")
        self.import_three()[0].action_take_back()
        self.assert_statements(("2026-07-06", 1003, 1015))
        self.assert_equal(1003)

    def test_of_one_day_all_counts_from_the_first_line_on(self):
        """Ponto tells no order within a day."""
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind)
                first = self.import_(("5.00", "2026-07-01"))
                self.import_(("6.00", "2026-07-01"))
                before = self.read_books()
                first.action_take_back()
                self.assertEqual(self.provider.ponto_difference, 5)
                self.assertEqual(self.provider.ponto_opening_balance, 1000)
                self.assert_chained()
                self.bring_back()
                self.assertEqual(self.read_books(), before)

    def test_what_is_missing_is_in_the_opening_balance_once_nothing_is_before_it(self):
        self.open()
        first, second, _third = self.import_three()
        second.action_take_back()
        self.assertEqual(self.provider.ponto_difference, 4)
        first.action_take_back()
        self.assert_equal(1007)
        self.assert_statements(("2026-07-12", 1007, 1015))

    def test_a_late_line_before_the_first_one_left_counts_once(self):
        for kind in self.KINDS:
            for places in ((0,), (1, 0), (0, 2)):
                with self.subTest(**kind, places=places):
                    self.open(**kind)
                    pulls = self.import_three()
                    for place in places:
                        pulls[place].action_take_back()
                    self.import_(("16.00", "2026-06-30"))
                    self.assert_chained()
                    self.bring_back()
                    self.assert_equal()
                    self.assert_chained()

    def test_what_the_bank_lists_late_is_in_the_opening_balance_of_nobody(self):
        """It is read with the days that are read again, after all came back."""
        self.open(statement_creation_mode="daily")
        self.bank.set_order("execution")
        self.patch(simulator_api, "MAXIMUM_LIMIT", 1)
        first = self.import_(("1.00", "2026-07-06"), ("2.00", "2026-07-08"))
        first.action_take_back()
        self.import_(("4.00", "2026-07-07"))
        self.assertEqual(len(self.registered("removed")), 2)
        self.assertFalse(self.lines(self.journal))
        self.bring_back()
        self.provider.sudo().ponto_reread_at -= timedelta(days=2)
        self.provider.ponto_reread_days = 365
        self.import_()
        self.assertEqual(len(self.lines(self.journal)), 3)
        self.assert_equal()
        self.assert_chained()

    def test_a_line_deleted_by_hand_comes_back_right_too(self):
        for is_silent in (False, True):
            with self.subTest(is_silent=is_silent):
                self.open(create_statement=False)
                first, second, _third = self.import_three()
                if is_silent:
                    self.silence_the_bank()
                    self.import_()
                self.lines(self.journal)[0].unlink()
                (first | second).action_take_back()
                self.assertEqual(self.provider.ponto_opening_balance, 1007)
                self.bring_back()
                self.assertEqual(self.provider.ponto_opening_balance, 1000)

    def test_a_line_of_a_locked_day_comes_back_right_wherever_it_is_booked(self):
        company = self.company.sudo()
        for kind in self.KINDS:
            for is_open in (False, True):
                with (
                    self.subTest(**kind, is_open=is_open),
                    suppress(Undo),
                    self.env.cr.savepoint(),
                ):
                    company.fiscalyear_lock_date = "2026-07-05"
                    self.open(**kind, ponto_locked_policy="first_open_day")
                    # One of them has the day of the other one.
                    first = self.import_(("1.00", "2026-07-03"))
                    self.import_(("2.00", "2026-07-06"), ("4.00", "2026-07-07"))
                    self.assertEqual(self.lines(self.journal)[0].date.day, 6)
                    first.action_take_back()
                    self.assert_equal(1001)
                    self.assert_chained()
                    company.fiscalyear_lock_date = False if is_open else "2026-07-05"
                    self.bring_back()
                    self.assert_equal()
                    self.assert_chained()
                    raise Undo
                self.env.invalidate_all()

    def test_a_line_of_a_locked_day_that_came_after_an_undo_is_taken_out_right(self):
        self.company.sudo().fiscalyear_lock_date = "2026-07-05"
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind, ponto_locked_policy="first_open_day")
                self.import_(("1.00", "2026-07-01")).action_take_back()
                locked = self.import_(("2.00", "2026-07-03"))
                # It has the day on which the other one is booked.
                self.import_(("4.00", "2026-07-06"))
                self.assert_chained()
                locked.action_take_back()
                self.assert_equal(1003)
                self.assert_chained()
                self.bring_back()
                self.assert_equal()
                self.assert_chained()

    def test_what_is_too_early_comes_late_while_all_is_undone(self):
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind, ponto_start_date="2026-07-01")
                self.import_three()
                pulls = self.env["ponto.pull"].with_user(self.bookkeeper)
                pulls = pulls.search([("provider_id", "=", self.provider.id)])
                pulls.filtered("line_count").action_take_back()
                self.import_(("16.00", "2026-06-20"), ("32.00", "2026-07-02"))
                self.assert_chained()
                self.bring_back()
                self.assert_equal(1016)
                self.assert_chained()

    def test_what_waits_or_is_ignored_came_late_while_all_is_undone(self):
        for kind in self.KINDS:
            for is_ignored in (False, True):
                with (
                    self.subTest(**kind, is_ignored=is_ignored),
                    suppress(Undo),
                    self.env.cr.savepoint(),
                ):
                    self.check_came_late_while_all_is_undone(kind, is_ignored)
                    raise Undo
                self.env.invalidate_all()

    def check_came_late_while_all_is_undone(self, kind, is_ignored):
        self.open(**kind)
        self.import_(("1.00", "2026-07-03")).action_take_back()
        self.company.sudo().fiscalyear_lock_date = "2026-07-01"
        self.import_(("2.00", "2026-06-30"))
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        if is_ignored:
            waiting.action_ignore()
        self.import_(("4.00", "2026-07-02"))
        self.bring_back()
        self.assert_equal(1002)
        self.assert_chained()
        self.company.sudo().fiscalyear_lock_date = False
        self.bring_back(waiting)
        self.assert_equal()
        self.assert_chained()

    def test_what_is_removed_stays_missing_when_the_balance_is_corrected(self):
        self.open()
        first, second, third = self.import_three()
        self.provider.sudo().ponto_opening_is_provisional = True
        second.action_take_back()
        self.import_()
        self.assertFalse(self.provider.ponto_opening_is_provisional)
        self.assertEqual(self.provider.ponto_difference, 4)
        (first | third).action_take_back()
        self.bring_back()
        self.assert_equal()
        self.assert_chained()

    # === WHAT THE BANK HAD CHANGED === #

    def ignore_change(self, ponto_id, **attributes):
        """Let the bank change a transaction, and somebody leave the line as it is."""
        self.bank.update_transaction(ponto_id, **attributes)
        self.pull_scheduled(self.provider)
        self.registered("waiting").with_user(self.bookkeeper).action_ignore()

    def remove_and_import(self):
        """Remove the line, and import it again.

        :return: the new line
        """
        self.lines(self.journal).unlink()
        self.registered("removed").with_user(self.bookkeeper).action_import()
        return self.lines(self.journal)

    def test_a_line_comes_back_with_the_change_that_was_ignored(self):
        moved = {"executionDate": "2026-07-09T00:00:00.000Z"}
        for change, expected in (
            ({"amount": "12.00"}, {"amount": 12}),
            (moved, {"date": date(2026, 7, 9)}),
            ({"counterpartName": "Garage"}, {"partner_name": "Garage"}),
        ):
            with self.subTest(change):
                self.open(create_statement=False)
                ponto_id = self.book("10.00", "2026-07-06")
                self.pull_scheduled(self.provider)
                line = self.lines(self.journal)
                self.reconcile(line)
                self.ignore_change(ponto_id, **change)
                line.action_undo_reconciliation()
                self.assertRecordValues(self.remove_and_import(), [expected])

    def link_anew(self):
        """Link the account anew, and pull.

        :return: the new identifier of the one transaction
        """
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        [renewed] = self.bank.transactions(self.account_id)
        return renewed["id"]

    def test_a_line_comes_back_with_the_change_that_was_ignored_after_a_new_link(self):
        self.open(create_statement=False)
        self.import_(("10.00", "2026-07-06"))
        self.ignore_change(self.link_anew(), amount="12.00")
        self.assertEqual(self.lines(self.journal).amount, 10)
        self.assertEqual(self.remove_and_import().amount, 12)

    def test_a_change_that_was_ignored_is_overtaken_by_one_after_a_new_link(self):
        self.open(create_statement=False)
        ponto_id = self.book("10.00", "2026-07-06")
        self.pull_scheduled(self.provider)
        self.ignore_change(ponto_id, amount="12.00")
        self.bank.update_transaction(self.link_anew(), amount="15.00")
        self.pull_scheduled(self.provider)
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines(self.journal).amount, 15)
        self.assertEqual(self.remove_and_import().amount, 15)

    # === WHAT PEOPLE DO MEANWHILE === #

    def test_statements_may_go_in_between(self):
        for kind in self.KINDS[1:]:
            for place in (0, -1):
                with self.subTest(**kind, place=place):
                    self.open(**kind)
                    first, second, _third = self.import_three()
                    first.action_take_back()
                    self.statements(self.journal)[place].unlink()
                    second.action_take_back()
                    self.bring_back()
                    self.assert_equal()

    def test_a_start_that_somebody_typed_outlives_what_goes_and_comes_back(self):
        for kind in self.KINDS[1:]:
            for place in (0, -1):
                with self.subTest(**kind, place=place):
                    self.open(**kind)
                    first, *_others = self.import_three()
                    for statement in self.statements(self.journal)[place:]:
                        balances = statement.balance_start, statement.balance_end_real
                        start, end = (balance + 90 for balance in balances)
                        statement.write(
                            {"balance_start": start, "balance_end_real": end}
                        )
                    self.import_()
                    typed, kept = self.read_books()
                    first.action_take_back()
                    self.bring_back()
                    found, still_kept = self.read_books()
                    # Whether Odoo calls one valid depends on the one before it, too.
                    self.assertEqual(
                        [each[:3] for each in found[place:]],
                        [each[:3] for each in typed[place:]],
                    )
                    self.assertEqual(still_kept, kept)

    def test_a_silent_bank_leaves_the_opening_balance_that_somebody_typed(self):
        for kind in self.KINDS[1:]:
            with self.subTest(**kind):
                self.open(**kind)
                self.silence_the_bank()
                pulls = self.env["ponto.pull"].union(*self.import_three())
                self.statements(self.journal)[0].balance_start = 990
                pulls.action_take_back()
                self.assertFalse(self.lines(self.journal))
                for record in self.registered("removed").sorted("date", reverse=True):
                    self.bring_back(record)
                self.assertEqual(self.provider.ponto_opening_balance, 990)
                self.assert_chained()

    def test_statements_of_somebody_before_the_feeds_stay_as_they_are(self):
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind)
                line = self.enter_by_hand(30, "2026-06-15", journal_id=self.journal.id)
                own = self.env["account.bank.statement"].create(
                    {
                        "name": "Paper 7",
                        "line_ids": line.ids,
                        "balance_start": 970,
                        "balance_end_real": 1000,
                    }
                )
                pulls = self.import_three()
                before = self.read_books()
                self.assert_equal(970)
                for pull in pulls[1], pulls[0]:
                    pull.action_take_back()
                    self.assertEqual(self.provider.ponto_opening_balance, 970)
                self.assertEqual(own.balance_end_real, 1000)
                self.bring_back()
                self.assertEqual(self.read_books(), before)

    def test_a_typed_line_that_stands_for_a_transaction_counts_once(self):
        self.open()
        self.enter_by_hand(
            -55, "2026-07-02", journal_id=self.journal.id, payment_ref="Proximus"
        )
        self.import_(("-55.00", "2026-07-02"), remittanceInformation="Proximus")
        self.registered("waiting").with_user(self.bookkeeper).action_same_as()
        self.import_()
        state = self.provider.ponto_balance_state
        self.import_(("16.00", "2026-06-30"))
        self.assertEqual(self.provider.ponto_balance_state, state)
        pull = self.import_three()[0]
        pull.action_take_back()
        self.bring_back()
        self.assertEqual(self.provider.ponto_balance_state, state)

    # === WHEREVER === #

    def test_a_journal_in_another_currency_comes_back_right(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind)
                self.bank.update_account(self.account_id, currency="USD")
                self.journal.currency_id = dollar
                first, second, _third = self.import_three(currency="USD")
                before = self.read_books()
                (first | second).action_take_back()
                self.assert_equal(1007)
                self.bring_back()
                self.assert_equal()
                self.assertEqual(self.read_books(), before)

    def test_a_journal_of_a_branch_comes_back_right(self):
        branch = self.env["res.company"].sudo()
        branch = branch.create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.sudo().company_ids |= branch
        self.bookkeeper.company_ids |= branch
        number = "BE95001123450158"
        self.journal = (
            self.env(context={"allowed_company_ids": branch.ids})["account.journal"]
            .create(
                {
                    "name": "Branch",
                    "type": "bank",
                    "code": "BRCH",
                    "company_id": branch.id,
                    "suspense_account_id": self.journal.suspense_account_id.id,
                }
            )
            .with_env(self.env)
        )
        self.journal.set_bank_account(number)
        self.account_id = self.bank.add_account(
            reference=number, currency="EUR", currentBalance="1000.00"
        )
        self.provider = self.create_provider(
            journal_id=self.journal.id, statement_creation_mode="weekly"
        )
        first, *_others = self.import_three()
        before = self.read_books()
        first.with_context(allowed_company_ids=branch.ids).action_take_back()
        self.assert_equal(1003)
        self.bring_back(
            self.registered("removed").with_context(allowed_company_ids=branch.ids)
        )
        self.assertEqual(self.read_books(), before)

    # === WHAT COMES TO LIE BEFORE THE FIRST LINE === #

    def move(self, ponto_id, day):
        """Let the bank date a transaction anew, and pull."""
        self.bank.update_transaction(ponto_id, executionDate=f"{day}T00:00:00.000Z")
        self.pull_scheduled(self.provider)

    def test_a_first_line_that_the_bank_dates_earlier_counts_once(self):
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind)
                first = self.book("10.00", "2026-07-01")
                self.import_(("20.00", "2026-07-02"))
                self.move(first, "2026-06-28")
                self.bring_back(self.registered("waiting"))
                self.assert_equal()
                self.import_(("30.00", "2026-06-29"))
                self.assert_equal()
                self.assert_chained()

    def test_a_first_line_that_was_dated_earlier_comes_back_as_it_was(self):
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind)
                first = self.book("10.00", "2026-07-01")
                pull = self.import_()
                self.import_(("20.00", "2026-07-02"))
                self.move(first, "2026-06-28")
                self.bring_back(self.registered("waiting"))
                before = self.read_books()
                pull.action_take_back()
                self.assert_chained()
                self.bring_back()
                self.assertEqual(self.read_books(), before)
                self.assert_equal()

    def test_a_typed_line_before_the_first_one_counts_once(self):
        for kind in self.KINDS:
            with self.subTest(**kind):
                self.open(**kind)
                self.import_(("10.00", "2026-07-01"))
                label = "Communication 50.00"
                self.enter_by_hand(
                    50, "2026-06-20", journal_id=self.journal.id, payment_ref=label
                )
                self.import_(("50.00", "2026-06-20"))
                waiting = self.registered("waiting")
                waiting.with_user(self.bookkeeper).action_same_as()
                self.assertFalse(self.registered("waiting"))
                self.assert_equal()
                self.import_(("3.00", "2026-06-25"))
                self.assert_equal()
                self.assert_chained()

    def test_what_waits_counts_once_on_whichever_side_of_the_first_day_it_comes(self):
        for kind, day, new_day in itertools.product(
            self.KINDS,
            ("2026-07-03", "2026-06-29"),
            ("2026-06-28", "2026-07-04"),
        ):
            with self.subTest(**kind, day=day, new_day=new_day):
                self.open(**kind)
                self.check_waiting_is_dated_anew(day, new_day)

    def check_waiting_is_dated_anew(self, day, new_day):
        """Let something wait from the first import on, and the bank date it anew."""
        self.book("10.00", "2026-07-01")
        self.book("20.00", "2026-07-02")
        ponto_id = self.book("7.00", day)
        with patch.object(Importer, "import_new", return_value=False):
            self.pull_scheduled(self.provider)
        record = self.registered("new").filtered(lambda each: each.amount == 7)
        record.sudo().write({"state": "waiting", "reason": "look_alike"})
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines(self.journal)), 2)
        self.assertIn(self.provider.ponto_balance_state, ("equal", "explained"))
        self.move(ponto_id, new_day)
        self.assertEqual(str(record.date), new_day)
        self.assertIn(self.provider.ponto_balance_state, ("equal", "explained"))
        self.bring_back(record)
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assert_chained()
