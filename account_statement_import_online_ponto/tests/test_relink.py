# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import itertools
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.feed import importer

from ..feed.session import MOST_ASKED, PullSession
from ..ponto_api import PontoClient, PontoDeadlineError
from .common import OTHER_IBAN, OUTCOME_LOGGER, PontoCase
from .simulator import api as simulator_api

COFFEE = {"remittanceInformation": "Coffee"}


@tagged("post_install", "-at_install")
class TestRelink(PontoCase):
    """An account that is linked anew: same transactions, other identifiers."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def relink(self, **options):
        """Link the account anew.

        :return: identifiers of its transactions, the newest first
        """
        self.account_id = self.bank.relink(self.account_id, **options)
        return [row["id"] for row in self.bank.transactions(self.account_id)]

    def putting_off_the_import(self):
        """Let the time of the scheduled action be over once everything is read."""
        return patch.object(importer.Importer, "import_new", return_value=False)

    def read_without_importing(self):
        """Read, and import nothing."""
        with self.putting_off_the_import():
            self.pull_scheduled(self.provider)
        self.assertTrue(self.registered("new"))

    def book_some(self):
        for number in range(4):
            self.book(
                f"{number}.50",
                f"2026-07-0{number + 1}",
                counterpartReference=OTHER_IBAN,
            )
        self.book("-2.40", "2026-07-05", remittanceInformation="Coffee")
        self.book("-2.40", "2026-07-05", remittanceInformation="Coffee")

    def test_a_new_link_doubles_nothing_and_says_what_it_recognised(self):
        for keep_account_id in (False, True):
            with self.subTest(keep_account_id=keep_account_id):
                self.book_some()
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.account_id = self.bank.relink(
                    self.account_id, keep_account_id=keep_account_id
                )
                self.book("9.00", "2026-07-08")
                self.pull_scheduled(self.provider)
                self.assertEqual(len(self.lines()), len(lines) + 1)
                pull = self.env["ponto.pull"].search([], limit=1)
                self.assertRecordValues(
                    pull,
                    [
                        {
                            "recognised_count": len(lines),
                            "imported_count": 1,
                            "waiting_count": 0,
                        }
                    ],
                )

    def test_what_links_in_a_row_interrupted_again_and_again_comes_in_once(self):
        for number, kept in enumerate(
            [
                (True, False, True, False),
                (True, False, True, True),
                (False, True, False, True, False),
            ]
        ):
            with self.subTest(kept=kept):
                oldest, newest = f"{number + 1}.50", f"{number + 1}.60"
                self.book(oldest, "2026-07-08")
                self.book(newest, "2026-07-10")
                for keep_account_id in kept:
                    with patch.object(
                        importer.Importer, "mark_duplicates", return_value=False
                    ):
                        self.pull_scheduled(self.provider)
                    self.relink(keep_account_id=keep_account_id)
                self.pull_scheduled(self.provider)
                amounts = self.lines().mapped("amount")
                self.assertEqual(amounts.count(float(oldest)), 1)
                self.assertEqual(amounts.count(float(newest)), 1)
                # What may be the same, and is gone, counts for nothing.
                self.assertEqual(self.provider.ponto_balance_state, "equal")
                # A twin of it is another one, under any identifier.
                self.book(newest, "2026-07-10")
                self.pull_scheduled(self.provider)
                self.relink()
                self.pull_scheduled(self.provider)
                amounts = self.lines().mapped("amount")
                self.assertEqual(amounts.count(float(newest)), 2)

    def read_without_pairing(self):
        """Read all that is listed, and be killed before anything is made of it."""
        with patch.object(importer.Importer, "mark_duplicates", return_value=False):
            self.pull_scheduled(self.provider)

    def test_what_was_read_to_the_end_is_remembered_though_the_process_dies(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 2)
        for day in ("06", "07", "08", "09", "10"):
            self.book(f"{int(day)}.00", f"2026-07-{day}")
        for keep_account_id in (True, False, True):
            self.read_without_pairing()
            self.relink(keep_account_id=keep_account_id)
        self.read_without_pairing()
        self.book("9.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        # Of the oldest day there may have been more: that is all that is doubted.
        self.assertEqual(set(self.registered("waiting").mapped("amount")), {6})
        self.assertEqual(sorted(self.lines().mapped("amount")), [6, 7, 8, 9, 9, 10])
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_pages_read_by_several_runs_are_remembered_as_a_whole(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 2)
        for day in ("06", "07", "08", "09", "10"):
            self.book(f"{int(day)}.00", f"2026-07-{day}")
        for keep_account_id in (True, False):
            self.read_without_pairing()
            self.relink(keep_account_id=keep_account_id)
        steps = iter([True, False])
        with patch.object(
            PullSession, "commit_step", lambda *args, **options: next(steps)
        ):
            self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.ponto_read_until)
        self.read_without_pairing()
        self.pull_scheduled(self.provider)
        self.assertEqual(set(self.registered("waiting").mapped("amount")), {6})
        self.assertEqual(sorted(self.lines().mapped("amount")), [6, 7, 8, 9, 10])

    def test_twins_keep_their_lines_though_another_interface_has_other_references(self):
        for name in ("Ann", "Bob"):
            self.book("5.00", "2026-07-05", counterpartName=name, internalReference="1")
            self.pull_scheduled(self.provider)
        for ponto_id in self.relink():
            self.bank.update_transaction(ponto_id, internalReference=ponto_id)
        names = {
            row["id"]: row["counterpartName"]
            for row in self.bank.transactions(self.account_id)
        }
        self.pull_scheduled(self.provider)
        recognised = self.registered("recognised")
        self.assertEqual(len(recognised), 2)
        for record in recognised:
            self.assertEqual(
                record.statement_line_id.partner_name, names[record.ponto_id]
            )

    def test_what_is_listed_anew_without_a_new_link_waits(self):
        for day, text in (
            ("2026-07-10", "Garage Dubois, July"),
            ("2026-07-12", "Garage Dubois, July"),
            ("2026-07-07", "Garage"),
        ):
            with self.subTest(f"{day} {text}"):
                values = {"counterpartReference": OTHER_IBAN}
                ponto_id = self.book(
                    "77.00", "2026-07-10", remittanceInformation="Garage", **values
                )
                self.book("20.00", "2026-07-12", counterpartName=f"Newer {day} {text}")
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.bank.remove_transaction(ponto_id, moves_balance=True)
                self.book("77.00", day, remittanceInformation=text, **values)
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                waiting = self.registered("waiting")
                self.assertEqual(waiting.mapped("reason"), ["doubtful"])
                waiting.with_user(self.bookkeeper).action_same_as()
                self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_what_is_listed_anew_waits_however_the_reading_was_interrupted(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        values = {"counterpartReference": OTHER_IBAN}
        interruptions = (lambda: self.cut_off_after(1), self.putting_off_the_import)
        for number, interrupted in enumerate(interruptions):
            with self.subTest(number):
                ponto_id = self.book(f"77.{number}", "2026-07-10", **values)
                # So that it is listed behind the first page.
                self.book_many(8, f"1.{number}", "2026-07-11")
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.bank.remove_transaction(ponto_id, moves_balance=True)
                self.book(f"77.{number}", "2026-07-12", **values)
                self.provider.sudo().ponto_reread_at -= timedelta(days=2)
                self.bank.clear_requests()
                with interrupted():
                    self.pull_scheduled(self.provider)
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                waiting = self.registered("waiting")
                self.assertEqual(waiting.mapped("reason"), ["doubtful"])
                self.assertLessEqual(self.bank.count("/transactions/"), 2)
                waiting.with_user(self.bookkeeper).action_same_as()
                self.provider.sudo().ponto_is_relinked = False

    def test_what_is_listed_anew_waits_though_the_pull_does_not_read_so_far(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        values = {"counterpartReference": OTHER_IBAN}
        ponto_id = self.book("77.00", "2026-07-10", **values)
        self.book_many(20, "77.00", "2026-07-10", remittanceInformation=None)
        self.pull_scheduled(self.provider)
        lines = self.lines()
        self.bank.remove_transaction(ponto_id, moves_balance=True)
        self.book("77.00", "2026-07-12", **values)
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines(), lines)
        self.assertEqual(self.registered("waiting").mapped("reason"), ["doubtful"])
        self.assertLessEqual(self.bank.count("/transactions/"), 2)

    def test_a_first_pull_that_was_interrupted_and_a_new_link_double_nothing(self):
        for keep_account_id in (True, False):
            with self.subTest(keep_account_id), self.env.cr.savepoint() as savepoint:
                self.book("77.00", "2026-07-10", counterpartReference=OTHER_IBAN)
                self.book("-5.00", "2026-07-08", counterpartReference=OTHER_IBAN)
                self.read_without_importing()
                for ponto_id in self.relink(keep_account_id=keep_account_id):
                    row = self.bank.transaction(ponto_id)
                    day = row["executionDate"] + timedelta(days=2)
                    self.bank.update_transaction(
                        ponto_id, executionDate=day, valueDate=day
                    )
                self.pull_scheduled(self.provider)
                self.assertEqual(len(self.lines()), 2)
                waiting = self.registered("waiting")
                self.assertEqual(waiting.mapped("reason"), ["doubtful"] * 2)
                savepoint.rollback()
                self.env.invalidate_all()
                for row in self.bank.transactions(self.account_id):
                    self.bank.remove_transaction(row["id"], moves_balance=True)

    def test_where_the_time_is_over_nothing_waits_for_what_is_hardly_gone(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.book_many(20, "77.00", "2026-07-10")
        self.book("1.00", "2026-07-11")
        self.pull_scheduled(self.provider)
        self.book("77.00", "2026-07-12")
        late = PontoDeadlineError("Too late")
        with patch.object(PontoClient, "fetch_transaction", side_effect=late) as fetch:
            self.pull_scheduled(self.provider)
        self.assertEqual(fetch.call_count, 1)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(len(self.lines()), 22)

    def test_what_has_only_its_amount_in_common_costs_no_request(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        for number in range(20):
            text = f"Order {number}"
            self.book("9.99", "2026-07-10", remittanceInformation=text)
        self.pull_scheduled(self.provider)
        self.book("9.99", "2026-07-10", remittanceInformation="Order 21")
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 21)
        self.assertFalse(self.bank.count("/transactions/"))

    def test_after_an_interruption_a_few_are_asked_about_and_all_is_imported(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.book_many(15, "1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        self.book_many(6, "1.00", "2026-07-11")
        self.bank.clear_requests()
        with self.cut_off_after(1):
            self.pull_scheduled(self.provider)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 21)
        self.assertLessEqual(self.bank.count("/transactions/"), MOST_ASKED + 1)

    def test_what_ponto_still_has_is_another_one(self):
        values = {"counterpartReference": OTHER_IBAN}
        self.book("77.00", "2026-07-08", **values)
        self.pull_scheduled(self.provider)
        self.book("77.00", "2026-07-10", remittanceInformation="Garage", **values)
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)
        self.assertFalse(self.registered("waiting"))
        self.assertFalse(self.bank.count("/transactions/"))

    def test_a_communication_in_other_words_tells_what_was_linked_anew(self):
        number = "+++090/9337/55493+++"
        self.book("10.00", "2026-07-05", remittanceInformation=number)
        self.pull_scheduled(self.provider)
        [ponto_id] = self.relink()
        moved = "2026-07-08T00:00:00.000Z"
        self.bank.update_transaction(
            ponto_id,
            executionDate=moved,
            valueDate=moved,
            remittanceInformation="Payment 090/9337/55493, thank you",
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(self.registered("waiting").reason, "doubtful")

    def test_a_second_new_link_doubles_nothing_either(self):
        self.book_some()
        self.pull_scheduled(self.provider)
        for _time in range(2):
            self.relink()
            self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 6)

    def test_after_a_new_link_a_removed_line_stays_removed(self):
        self.provider.create_statement = False
        self.book_some()
        self.pull_scheduled(self.provider)
        self.lines()[0].unlink()
        self.relink()
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 5)

    def test_a_line_that_is_removed_after_a_new_link_comes_back_once(self):
        self.provider.create_statement = False
        self.book_some()
        self.pull_scheduled(self.provider)
        self.relink()
        self.pull_scheduled(self.provider)
        self.lines()[0].unlink()
        self.registered("removed").with_user(self.bookkeeper).action_import()
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 6)

    def test_a_line_taken_for_what_was_linked_anew_comes_back_once(self):
        self.provider.create_statement = False
        self.book("-2.40", "2026-07-05", **COFFEE)
        self.pull_scheduled(self.provider)
        [ponto_id] = self.relink()
        self.bank.update_transaction(ponto_id, remittanceInformation="Espresso")
        self.pull_scheduled(self.provider)
        self.registered("waiting").with_user(self.bookkeeper).action_same_as()
        self.lines().unlink()
        records = self.provider.ponto_transaction_ids.with_user(self.bookkeeper)
        records.action_import()
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(records.statement_line_id, self.lines())
        self.assertEqual(len(records.filtered("statement_line_id")), 2)

    def test_after_a_new_link_an_earlier_start_date_lets_in_what_it_left_out(self):
        self.provider.ponto_start_date = date(2026, 7, 3)
        self.book_some()
        self.pull_scheduled(self.provider)
        self.relink()
        self.pull_scheduled(self.provider)
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 6)

    def test_after_a_new_link_what_only_may_be_the_same_waits(self):
        self.book("100.00", "2026-07-05", remittanceInformation="Rent July")
        self.book("7.00", "2026-07-06")
        self.pull_scheduled(self.provider)
        _newest, renewed = self.relink()
        self.bank.update_transaction(renewed, remittanceInformation="RENT/07")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)
        [doubtful] = self.registered("waiting")
        self.assertEqual(doubtful.reason, "doubtful")
        self.assertEqual(doubtful.similar_line_id, self.lines()[0])
        doubtful.with_user(self.bookkeeper).action_same_as()
        self.assertEqual(doubtful.statement_line_id, self.lines()[0])
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)

    def test_a_twin_that_comes_later_is_imported(self):
        self.book("-2.40", "2026-07-05", remittanceInformation="Coffee")
        self.pull_scheduled(self.provider)
        self.book("-2.40", "2026-07-05", remittanceInformation="Coffee")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [-2.4, -2.4])

    @mute_logger(OUTCOME_LOGGER)
    def test_a_twin_is_not_lost_where_something_else_is_not_found(self):
        not_about_it = (
            "<html>Not here</html>",
            {"errors": [{"code": "resourceNotFound", "meta": {"resource": "account"}}]},
        )
        self.book("-2.40", "2026-07-05", **COFFEE)
        # It is listed so far behind that Ponto has to be asked about it.
        self.book_many(200, "1.00", "2026-07-06")
        self.pull_scheduled(self.provider)
        self.pull_scheduled(self.provider)
        self.book("-2.40", "2026-07-05", **COFFEE)
        for body in not_about_it:
            with self.subTest(body):
                self.bank.fault("/transactions/", status=404, body=body)
                self.pull_scheduled(self.provider)
                self.assertTrue(self.provider.ponto_failure)
                self.assertFalse(self.registered("recognised"))
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount").count(-2.4), 2)

    def test_a_transaction_of_another_account_is_not_taken_for_an_earlier_one(self):
        fee = {"remittanceInformation": "Monthly fee"}
        self.book("-5.00", "2026-07-06", **fee)
        self.pull_scheduled(self.provider)
        number = OTHER_IBAN
        self.account_id = self.bank.add_account(reference=number, currency="EUR")
        self.book("-5.00", "2026-07-06", **fee)
        self.provider.journal_id = self.create_journal(number)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.registered("recognised"))
        self.assertEqual(self.registered("waiting").reason, "doubtful")

    def test_another_date_to_use_and_then_a_new_link_double_nothing(self):
        """However far both dates are apart, and whatever else is told otherwise."""
        for date_fields in (
            ("execution_date", "value_date"),
            ("value_date", "execution_date"),
            ("execution_date", "value_date", "execution_date"),
        ):
            for moved, texts in ((0, {}), (0, {"counterpartName": "Shop"}), (2, {})):
                with self.subTest(date_fields=date_fields, moved=moved, texts=texts):
                    amount = f"-{len(self.lines()) + 1}.00"
                    used, *others = date_fields
                    self.provider.ponto_date_field = used
                    # A charge of a card, debited at the end of the month.
                    self.book(
                        amount,
                        "2026-07-05",
                        valueDate="2026-07-31T00:00:00.000Z",
                        counterpartName="Baker",
                        remittanceInformation=f"Bread {amount}",
                    )
                    self.pull_scheduled(self.provider)
                    before = self.lines()
                    for used in others:
                        self.provider.ponto_date_field = used
                        self.pull_scheduled(self.provider)
                    newest, *_others = self.relink()
                    self.bank.update_transaction(
                        newest,
                        executionDate=f"2026-07-0{5 + moved}T00:00:00.000Z",
                        valueDate=f"2026-07-{31 - moved}T00:00:00.000Z",
                        **texts,
                    )
                    self.pull_scheduled(self.provider)
                    self.assertEqual(self.lines(), before)

    def test_after_another_date_to_use_what_recurs_is_not_doubted(self):
        for day, value_day in (
            ("2026-06-01", "2026-07-01"),
            ("2026-06-02", "2026-06-03"),
        ):
            self.book("-8.00", day, valueDate=f"{value_day}T00:00:00.000Z")
        self.pull_scheduled(self.provider)
        self.provider.ponto_date_field = "value_date"
        self.relink()
        self.book("-8.00", "2026-08-01", valueDate="2026-08-31T00:00:00.000Z")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 3)
        self.assertFalse(self.registered("waiting"))

    def test_a_payment_that_recurs_is_not_taken_for_an_earlier_one(self):
        for day in ("2026-05-01", "2026-06-01"):
            self.book("-800.00", day, remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        # The new link does not reach as far back.
        *_others, oldest = self.relink()
        self.bank.remove_transaction(oldest)
        self.book("-800.00", "2026-07-01", remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        self.assertEqual(
            [str(line.date) for line in self.lines()],
            ["2026-05-01", "2026-06-01", "2026-07-01"],
        )

    def test_of_several_the_one_with_the_same_content_is_recognised(self):
        for reference in ("E2E-1", "E2E-2"):
            self.book("-2.40", "2026-07-05", endToEndId=reference, **COFFEE)
        self.pull_scheduled(self.provider)
        newest, _oldest = self.relink()
        self.bank.remove_transaction(newest)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.registered("recognised").statement_line_id.ref, "E2E-1")

    def test_new_texts_under_a_new_identifier_reach_the_line(self):
        for amount, is_imported in (("-2.40", True), ("-4.80", False)):
            with self.subTest(is_imported=is_imported):
                self.book(amount, "2026-07-05", **COFFEE)
                if is_imported:
                    self.pull_scheduled(self.provider)
                else:
                    self.read_without_importing()
                newest, *_others = self.relink()
                self.pull_scheduled(self.provider)
                self.bank.update_transaction(newest, remittanceInformation="Tea")
                self.pull_scheduled(self.provider)
                self.assertEqual(set(self.lines().mapped("payment_ref")), {"Tea"})

    def test_reconciled_lines_are_not_touched_by_a_new_link(self):
        self.book_some()
        self.pull_scheduled(self.provider)
        line = self.lines()[0]
        self.reconcile(line)
        before = line.read()
        self.relink()
        self.pull_scheduled(self.provider)
        self.assertEqual(line.read(), before)

    def test_twins_that_were_only_read_both_outlive_a_new_link(self):
        """Even if the new link's list begins later, and holds one of them."""
        for day, keep_account_id in (("2026-07-05", False), ("2026-06-05", True)):
            with self.subTest(keep_account_id=keep_account_id):
                before = self.lines()
                self.book("-2.40", day, **COFFEE)
                self.book("-2.40", day, **COFFEE)
                self.read_without_importing()
                newest, *_others = self.relink(keep_account_id=keep_account_id)
                self.bank.remove_transaction(newest)
                self.pull_scheduled(self.provider)
                self.assertEqual((self.lines() - before).mapped("amount"), [-2.4] * 2)

    def link_twice_with_a_pull_cut_off_between(self):
        self.book("-2.40", "2026-07-05", **COFFEE)
        self.pull_scheduled(self.provider)
        self.relink(keep_account_id=True)
        self.read_without_importing()
        self.relink(keep_account_id=True)
        self.pull_scheduled(self.provider)

    def test_what_was_only_read_between_two_new_links_is_not_doubled(self):
        self.book("7.00", "2025-12-31")
        self.link_twice_with_a_pull_cut_off_between()
        self.assertEqual(self.lines().mapped("amount"), [-2.4])
        self.assertFalse(self.registered("waiting"))

    def test_what_may_have_been_a_twin_between_two_new_links_waits(self):
        # The list reaches no further back: the coffee may have had a twin before.
        self.link_twice_with_a_pull_cut_off_between()
        self.assertEqual(self.lines().mapped("amount"), [-2.4])
        self.assertEqual(self.registered("waiting").mapped("reason"), ["doubtful"])

    def read_two_that_may_be_one(self):
        """Fetch for the first time, two links that list one of the same amount each.

        :return: the one that waits (`ponto.transaction`)
        """
        self.book("5.00", "2026-07-08", remittanceInformation="One")
        self.read_without_importing()
        # The new link does not reach as far back.
        [oldest] = self.relink()
        self.bank.remove_transaction(oldest)
        self.book("5.00", "2026-07-09", remittanceInformation="Other")
        self.bank.update_account(self.account_id, currentBalance="100.00")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("payment_ref"), ["One"])
        waiting = self.registered("waiting")
        self.assertEqual(waiting.reason, "doubtful")
        return waiting.with_user(self.bookkeeper)

    def assert_opening(self, expected):
        """Check the balance before the first line: by it, journal and bank are equal,
        also once it is counted anew."""
        statements = self.lines().statement_id.sorted("first_line_index")
        for _attempt in range(2):
            self.assertEqual(self.provider.ponto_balance_state, "equal")
            self.assertEqual(self.provider.ponto_opening_balance, expected)
            self.assertEqual(statements[0].balance_start, expected)
            self.assertEqual(statements[-1].balance_end_real, 100)
            self.provider.sudo().ponto_opening_is_provisional = True
            self.pull_scheduled(self.provider)

    def test_what_may_be_the_same_counts_for_nothing_while_it_waits(self):
        self.read_two_that_may_be_one()
        self.assert_opening(95)

    def test_what_may_be_the_same_counts_once_somebody_imports_it(self):
        self.read_two_that_may_be_one().action_import()
        self.assertEqual(len(self.lines()), 2)
        self.assert_opening(90)

    def test_what_may_be_the_same_never_counts_once_somebody_says_so(self):
        self.read_two_that_may_be_one().action_same_as()
        self.assert_opening(95)

    def test_what_may_be_the_same_never_counts_where_somebody_ignores_it(self):
        self.read_two_that_may_be_one().action_ignore()
        self.assert_opening(95)

    def test_an_import_of_what_may_be_the_same_can_be_undone(self):
        notification = self.read_two_that_may_be_one().action_import()
        [button] = notification["params"]["buttons"]
        decision = self.env[button["model"]].with_user(self.bookkeeper)
        decision.browse(button["ids"]).action_undo()
        self.assertEqual(len(self.lines()), 1)
        self.assert_opening(95)

    def test_what_came_later_and_may_be_the_same_is_told_where_the_bank_has_it(self):
        self.book("5.00", "2026-07-08", remittanceInformation="One")
        self.pull_scheduled(self.provider)
        opening = self.provider.ponto_opening_balance
        [oldest] = self.relink()
        self.bank.remove_transaction(oldest)
        self.book("5.00", "2026-07-09", remittanceInformation="Other")
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        self.assertEqual(waiting.reason, "doubtful")
        self.assertEqual(self.provider.ponto_balance_state, "explained")
        self.assertIn("waiting for a decision: 5.00", self.provider.ponto_balance_text)
        waiting.action_import()
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assertEqual(self.provider.ponto_opening_balance, opening)

    def test_what_was_only_read_is_imported_once_however_small_the_batches(self):
        self.patch(importer, "LINES_PER_BATCH", 2)
        self.book("1.00", "2025-12-31")
        for number in range(5):
            self.book(f"{number}.00", "2026-07-05", **COFFEE)
        self.read_without_importing()
        self.relink()
        self.pull_scheduled(self.provider)
        self.assertEqual(sorted(self.lines().mapped("amount")), [0, 1, 2, 3, 4])

    def test_what_waits_is_recognised_at_once(self):
        tomorrow = self.provider._ponto_get_today() + timedelta(days=1)
        self.book("3.00", str(tomorrow))
        self.book("4.00", "2026-07-05", currency="USD")
        self.pull_scheduled(self.provider)
        self.relink()
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.registered("waiting")), 2)
        self.assertEqual(len(self.registered("recognised")), 2)

    def test_the_very_same_is_recognised_first_however_small_the_batches(self):
        self.patch(importer, "LINES_PER_BATCH", 2)
        for _twin in range(3):
            self.book("-2.40", "2026-07-05", **COFFEE)
        self.pull_scheduled(self.provider)
        self.relink()
        tea = self.book("-2.40", "2026-07-05", counterpartName="Tea Room", **COFFEE)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 4)
        [new] = self.registered("imported").filtered(lambda each: each.ponto_id == tea)
        self.assertEqual(new.statement_line_id.partner_name, "Tea Room")

    def test_all_texts_changed_by_a_new_link_import_nothing_unasked(self):
        self.book("100.00", "2026-07-05", **COFFEE)
        self.book("7.00", "2026-07-06", **COFFEE)
        self.pull_scheduled(self.provider)
        for ponto_id in self.relink(keep_account_id=True):
            self.bank.update_transaction(ponto_id, remittanceInformation="Other")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)
        self.assertEqual(self.registered("waiting").mapped("reason"), ["doubtful"] * 2)

    # === WHAT THE BANK CHANGES AFTERWARDS === #

    def change_after_a_new_link(self, **attributes):
        """Link the account anew, let the bank change its newest transaction, and
        pull."""
        newest, *_others = self.relink()
        self.pull_scheduled(self.provider)
        self.assertTrue(self.registered("recognised"))
        self.bank.update_transaction(newest, **attributes)
        self.pull_scheduled(self.provider)

    def test_a_change_after_a_new_link_reaches_what_waits_or_was_removed(self):
        self.provider.create_statement = False
        company = self.company.sudo()
        for state, reason in (
            ("waiting", "locked"),
            ("waiting", "look_alike"),
            ("removed", False),
        ):
            with self.subTest(reason or state):
                company.fiscalyear_lock_date = reason == "locked" and "2026-07-06"
                if reason == "look_alike":
                    label = "Communication 10.00"
                    self.enter_by_hand(10, "2026-07-05", payment_ref=label)
                self.book("10.00", "2026-07-05")
                self.pull_scheduled(self.provider)
                if state == "removed":
                    self.lines().unlink()
                before = self.lines()
                day = "2026-07-04T00:00:00.000Z"
                changed = {"executionDate": day, "remittanceInformation": "Rent"}
                self.change_after_a_new_link(amount="12.00", **changed)
                [record] = self.registered(state)
                self.assertEqual(record.reason, reason)
                company.fiscalyear_lock_date = False
                record.with_user(self.bookkeeper).action_import()
                line = self.lines() - before
                day = date(2026, 7, 4)
                expected = {"date": day, "amount": 12, "payment_ref": "Rent"}
                self.assertRecordValues(line, [expected])
                self.assertRecordValues(record, [expected])
                self.pull_scheduled(self.provider)
                self.assertFalse(self.registered("waiting"))
                for row in self.bank.transactions(self.account_id):
                    self.bank.remove_transaction(row["id"])
                self.lines().unlink()
                self.env["ponto.transaction"].sudo().search([]).unlink()

    def test_a_change_after_a_new_link_outlives_the_line(self):
        self.provider.create_statement = False
        self.book("10.00", "2026-07-05")
        self.pull_scheduled(self.provider)
        self.change_after_a_new_link(amount="12.00")
        self.assertEqual(self.registered("waiting").reason, "changed")
        self.lines().unlink()
        removed = self.registered("removed")
        self.assertEqual(removed.amount, 12)
        removed.with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().amount, 12)
        before = self.lines()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines(), before)
        self.assertFalse(self.registered("waiting"))

    def test_a_change_after_a_new_link_reaches_what_waits_for_its_day(self):
        tomorrow = self.provider._ponto_get_today() + timedelta(days=1)
        self.book("10.00", str(tomorrow))
        self.pull_scheduled(self.provider)
        day = "2026-07-14T00:00:00.000Z"
        self.change_after_a_new_link(amount="12.00", executionDate=day)
        expected = {"date": date(2026, 7, 14), "amount": 12}
        self.assertRecordValues(self.lines(), [expected])

    # === DAYS MOVED === #

    def move_days(self, days, keep_account_id=False, **attributes):
        """Link the account anew, by an interface of the bank that dates differently."""
        self.relink(keep_account_id=keep_account_id)
        for row in self.bank.transactions(self.account_id):
            moments = {
                name: row[name] + timedelta(days=days)
                for name in ("executionDate", "valueDate")
            }
            self.bank.update_transaction(row["id"], **moments, **attributes)

    def test_what_was_only_read_after_days_have_moved_comes_in_by_no_further_link(self):
        def read_some_days():
            self.pull(self.provider, "2026-06-20", "2026-06-25")

        self.book("7.50", "2026-06-10", remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        lines = self.lines()
        for days, is_kept, read in (
            (3, False, read_some_days),
            (-3, True, read_some_days),
            (2, False, self.read_without_importing),
        ):
            with self.subTest(days=days, is_kept=is_kept):
                self.move_days(days, keep_account_id=is_kept)
                read()
                self.relink(keep_account_id=is_kept)
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                self.registered("waiting").with_user(self.bookkeeper).action_same_as()

    def test_what_the_bank_has_changed_comes_in_by_no_new_link(self):
        self.provider.create_statement = False
        moved = {"executionDate": "2026-06-18T00:00:00.000Z"}
        for change, is_ignored, days in itertools.product(
            ({"amount": "12.00"}, {"amount": "-12.00"}, moved),
            (False, True),
            (0, 3, -5),
        ):
            with self.subTest(change=change, is_ignored=is_ignored, days=days):
                self.env["ponto.transaction"].sudo().search([]).unlink()
                self.lines().unlink()
                for row in self.bank.transactions(self.account_id):
                    self.bank.remove_transaction(row["id"])
                ponto_id = self.book("10.00", "2026-06-10", counterpartName="Garage")
                self.pull_scheduled(self.provider)
                line = self.lines()
                self.bank.update_transaction(ponto_id, **change)
                self.provider.sudo().ponto_reread_at = False
                self.pull_scheduled(self.provider)
                waiting = self.registered("waiting")
                self.assertEqual(waiting.reason, "changed")
                if is_ignored:
                    waiting.with_user(self.bookkeeper).action_ignore()
                self.move_days(days, remittanceInformation="Another text")
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), line)
                self.assertIn("doubtful", self.registered("waiting").mapped("reason"))

    def test_what_days_move_between_two_runs_of_the_first_pull_comes_in_once(self):
        self.book("7.50", "2026-07-05", remittanceInformation="Rent")
        self.read_without_importing()
        self.move_days(1, keep_account_id=True)
        with self.cut_off_after(1):
            self.pull_scheduled(self.provider)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(self.registered("waiting").reason, "doubtful")

    def test_days_moved_onto_another_of_the_kind_double_nothing_at_any_link(self):
        for is_kept in (True, False):
            with self.subTest(is_kept=is_kept):
                amount = "7.50" if is_kept else "8.50"
                for day in ("2026-06-10", "2026-06-17"):
                    self.book(amount, day, remittanceInformation="Rent")
                self.pull_scheduled(self.provider)
                self.relink(keep_account_id=is_kept)
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.move_days(-7, keep_account_id=True)
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                self.registered("waiting").with_user(self.bookkeeper).action_same_as()

    def test_days_moved_by_a_new_link_import_nothing_unasked(self):
        for order in ("created", "execution"):
            for days in (-10, -3, -2, 2, 3, 10):
                with self.subTest(order=order, days=days):
                    self.bank.set_order(order)
                    self.env["ponto.transaction"].sudo().search([]).unlink()
                    self.lines().statement_id.unlink()
                    self.lines().unlink()
                    for number in range(3):
                        self.book(
                            f"{(-1) ** number * 7}.50",
                            f"2026-06-1{number}",
                            remittanceInformation=f"Invoice {number}",
                            counterpartReference=OTHER_IBAN,
                        )
                    self.pull_scheduled(self.provider)
                    before = self.lines()
                    self.move_days(days)
                    self.pull_scheduled(self.provider)
                    self.assertEqual(self.lines(), before)
                    waiting = self.registered("waiting")
                    self.assertEqual(set(waiting.mapped("reason")), {"doubtful"})
                    # Each beside a line of its own.
                    self.assertEqual(len(waiting.similar_line_id), 3)
                    for row in self.bank.transactions(self.account_id):
                        self.bank.remove_transaction(row["id"])

    def test_one_thing_in_common_is_enough(self):
        common = {
            "remittanceInformation": "Invoice 7",
            "counterpartName": "Garage",
            "counterpartReference": OTHER_IBAN,
            "endToEndId": "E2E-7788",
            "mandateId": "MANDATE-2",
            "internalReference": "bank-3",
        }
        for number, name in enumerate(common, 1):
            with self.subTest(name):
                before = self.lines()
                # Each of an amount of its own.
                ponto_id = self.book(f"{number}.50", "2026-07-05", **common)
                self.pull_scheduled(self.provider)
                self.assertEqual(len(self.lines() - before), 1)
                before = self.lines()
                [newest, *_others] = self.relink()
                self.assertNotEqual(newest, ponto_id)
                others = {
                    key: f"Other {name}"
                    for key in (*common, "description", "additionalInformation")
                    if key != name
                }
                self.bank.update_transaction(
                    newest,
                    executionDate="2026-07-09T00:00:00.000Z",
                    valueDate="2026-07-09T00:00:00.000Z",
                    **others,
                )
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), before)
                self.assertTrue(self.registered("waiting"))
                self.registered("waiting").with_user(self.bookkeeper).action_ignore()

    def test_pairs_are_those_of_the_whole_set_however_small_the_batches(self):
        self.patch(importer, "LINES_PER_BATCH", 2)
        for day in ("2026-06-02", "2026-06-05", "2026-06-08", "2026-06-11"):
            self.book("7.50", day, remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        lines = self.lines()
        self.move_days(3)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines(), lines)
        # Three have the very days of others; the one that is left asks.
        known = self.registered("recognised")
        self.assertEqual((len(known), len(known.statement_line_id)), (3, 3))
        [left] = self.registered("waiting")
        self.assertEqual(left.reason, "doubtful")
        self.assertIn(left.similar_line_id, lines)

    def test_days_pulled_first_after_a_new_link_leave_no_other_one_imported(self):
        """Days moved by one: the last one is the one before it, told anew."""
        other = {"remittanceInformation": "Other", "counterpartName": "Other"}
        for number, (attributes, decide) in enumerate(
            (
                ({}, None),
                (other, None),
                (other, "action_ignore"),
                (other, "action_same_as"),
            ),
            1,
        ):
            with self.subTest(attributes=attributes, decide=decide):
                before = self.lines()
                for day in ("2026-06-01", "2026-06-02", "2026-06-03"):
                    self.book(f"-{number}.50", day, remittanceInformation="Rent")
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.assertEqual(len(lines - before), 3)
                self.move_days(1, **attributes)
                self.pull(self.provider, "2026-06-02", "2026-06-03")
                self.assertEqual(self.lines(), lines)
                if decide:
                    waiting = self.registered("waiting").with_user(self.bookkeeper)
                    self.assertEqual(len(waiting), 2)
                    getattr(waiting, decide)()
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                waiting = self.registered("waiting")
                self.assertTrue(waiting)
                self.assertEqual(set(waiting.mapped("reason")), {"doubtful"})
                # Each beside a line of its own.
                self.assertEqual(len(waiting.similar_line_id), len(waiting))
                waiting.with_user(self.bookkeeper).action_ignore()
                for row in self.bank.transactions(self.account_id):
                    self.bank.remove_transaction(row["id"])

    def test_wages_of_a_few_weeks_pulled_first_leave_no_other_one_imported(self):
        for day in ("2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22"):
            self.book("100.00", day, remittanceInformation="Wages")
        self.pull_scheduled(self.provider)
        lines = self.lines()
        self.move_days(4)
        self.pull(self.provider, "2026-06-10", "2026-06-20")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines(), lines)
        waiting = self.registered("waiting")
        self.assertEqual((len(waiting), len(waiting.similar_line_id)), (4, 4))

    def test_a_list_that_comes_in_two_portions_imports_nothing_unasked(self):
        other = {"remittanceInformation": "Other", "counterpartName": "Other"}
        for number, attributes in enumerate(({}, other), 1):
            with self.subTest(attributes):
                amount = f"-{number}.50"
                for day in ("2026-06-01", "2026-06-02", "2026-06-03"):
                    self.book(amount, day, remittanceInformation="Rent")
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.move_days(1, **attributes)
                newest, *_others = self.bank.transactions(self.account_id)
                self.bank.remove_transaction(newest["id"])
                self.pull_scheduled(self.provider)
                text = attributes.get("remittanceInformation", "Rent")
                self.book(amount, "2026-06-04", remittanceInformation=text)
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                waiting = self.registered("waiting")
                self.assertIn(date(2026, 6, 4), waiting.mapped("date"))
                waiting.with_user(self.bookkeeper).action_ignore()
                for row in self.bank.transactions(self.account_id):
                    self.bank.remove_transaction(row["id"])

    def test_a_charge_of_many_days_that_move_is_imported_once(self):
        first = date(2026, 4, 10)
        for days in range(70):
            day = str(first + timedelta(days=days))
            self.book("-0.25", day, remittanceInformation="Charge")
        self.pull_scheduled(self.provider)
        lines = self.lines()
        self.assertEqual(len(lines), 70)
        self.move_days(3)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines(), lines)
        waiting = self.registered("waiting")
        self.assertEqual(waiting.mapped("reason"), ["doubtful"] * 3)
        # Those that no other one has found.
        self.assertEqual(waiting.similar_line_id, lines[:3])
        # One more than there were is new.
        self.book("-0.25", "2026-06-21", remittanceInformation="Charge")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 71)

    def test_after_a_new_link_that_lists_less_new_charges_of_a_kind_are_imported(self):
        first = date(2026, 4, 10)
        for days in range(70):
            day = str(first + timedelta(days=days))
            self.book("-0.25", day, remittanceInformation="Charge")
        self.book("9.99", "2026-06-10", remittanceInformation="Known by its amount")
        self.pull_scheduled(self.provider)
        lines = self.lines()
        shorter = self.relink()[25:]
        for ponto_id in shorter:
            self.bank.remove_transaction(ponto_id)
        self.pull_scheduled(self.provider)
        for day in range(19, 26):
            self.book("-0.25", f"2026-06-{day}", remittanceInformation="Charge")
            self.pull_scheduled(self.provider)
        self.assertFalse(self.registered("waiting"))
        self.assertEqual(len(self.lines()), len(lines) + 7)

    def test_what_loses_its_original_to_a_surer_one_is_the_same_as_nothing(self):
        name = {"counterpartName": "Bakery Peeters"}
        self.book("10.00", "2026-07-05", **name, endToEndId="E2E-1")
        self.pull_scheduled(self.provider)
        [line] = self.lines()
        for ponto_id in self.relink():
            self.bank.remove_transaction(ponto_id)
        self.book("10.00", "2026-07-06", **name)
        self.pull_scheduled(self.provider)
        [by_name] = self.registered("waiting")
        self.assertEqual(by_name.similar_line_id, line)
        self.book("10.00", "2026-07-07", **name, endToEndId="E2E-1")
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        self.assertEqual(len(waiting), 2)
        self.assertFalse(by_name.similar_line_id)
        self.assertFalse(by_name.possible_original_id)
        (waiting - by_name).action_same_as()
        with self.assertRaisesRegex(UserError, "No line of the journal is similar"):
            by_name.with_user(self.bookkeeper).action_same_as()
        by_name.with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().mapped("amount"), [10, 10])

    def test_what_waits_beside_a_line_that_was_recognized_since_is_not_the_same(self):
        name = {"counterpartName": "Bakery Peeters"}
        original = {**name, "endToEndId": "E2E-1"}
        self.book("10.00", "2026-07-05", **original)
        self.pull_scheduled(self.provider)
        for ponto_id in self.relink():
            self.bank.remove_transaction(ponto_id)
        self.book("10.00", "2026-07-06", **name)
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        self.book("10.00", "2026-07-05", **original)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        with self.assertRaisesRegex(UserError, "No line of the journal is similar"):
            waiting.action_same_as()
        waiting.action_import()
        self.assertEqual(self.lines().mapped("amount"), [10, 10])

    def test_a_reading_that_is_interrupted_after_days_moved_doubles_nothing(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        for number, days in enumerate((1, -1), 1):
            with self.subTest(days=days):
                amount = f"-{number}.25"
                for day in range(1, 21):
                    text = f"2026-06-{day:02}"
                    self.book(amount, text, remittanceInformation="Charge")
                self.pull_scheduled(self.provider)
                lines = self.lines()
                self.move_days(days)
                with self.cut_off_after(2):
                    self.pull_scheduled(self.provider)
                self.pull_scheduled(self.provider)
                self.assertEqual(self.lines(), lines)
                waiting = self.registered("waiting")
                self.assertEqual(waiting.mapped("reason"), ["doubtful"])
                waiting.with_user(self.bookkeeper).action_ignore()
                for row in self.bank.transactions(self.account_id):
                    self.bank.remove_transaction(row["id"])

    def test_what_moves_over_the_start_date_is_not_imported_unasked(self):
        self.book("7.50", "2025-12-30", remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        self.move_days(3)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.lines())
        self.assertEqual(self.registered("waiting").reason, "doubtful")

    def test_what_nothing_is_in_common_with_is_imported(self):
        self.book("7.50", "2026-07-05", remittanceInformation="Rent")
        self.pull_scheduled(self.provider)
        self.account_id = self.bank.relink(self.account_id)
        self.book("7.50", "2026-07-09", remittanceInformation="Coffee")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 2)

    def test_an_amount_changed_after_a_new_link_counts_when_history_comes(self):
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        provider = self.provider
        provider.ponto_start_date = "2026-07-02"
        self.book("4.00", "2026-07-01")
        self.book("10.00", "2026-07-03")
        self.pull_scheduled(provider)
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(provider)
        [row] = [
            row
            for row in self.bank.transactions(self.account_id)
            if row["amount"] == 10
        ]
        self.bank.update_transaction(row["id"], amount="12.00")
        self.bank.update_account(self.account_id, currentBalance="1016.00")
        self.pull_scheduled(provider)
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.assertEqual(provider.ponto_balance_state, "equal")
        provider.ponto_start_date = "2026-07-01"
        self.pull_scheduled(provider)
        self.assertEqual(self.lines().mapped("amount"), [4, 12])
        self.assertEqual(provider.ponto_opening_balance, 1000)
        self.assertEqual(provider.ponto_balance_state, "equal")
