# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..feed.session import PullSession
from ..ponto_api import PontoDeadlineError
from .common import IBAN, OTHER_IBAN, PontoCase
from .simulator import api as simulator_api


@tagged("post_install", "-at_install")
class TestScreening(PontoCase):
    """What is imported unasked, what waits, and how it is decided."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    # === FROM ELSEWHERE === #

    def test_a_similar_line_from_elsewhere_makes_a_transaction_wait(self):
        line = self.enter_by_hand(-850, "2026-07-04")
        self.book("-850.00", "2026-07-05", remittanceInformation="RENT  july")
        self.pull(self.provider)
        self.assertEqual(self.lines(), line)
        [waiting] = self.registered("waiting")
        self.assertRecordValues(
            waiting, [{"reason": "look_alike", "similar_line_id": line.id}]
        )

    def test_a_line_with_the_same_counterpart_is_similar_however_it_is_written(self):
        for number in (OTHER_IBAN, "be15 0017 6543 2130"):
            with self.subTest(number):
                self.enter_by_hand(
                    -850, "2026-07-05", payment_ref="CODA 123", account_number=number
                )
                self.book(
                    "-850.00",
                    "2026-07-05",
                    counterpartReference="BE15 0017 6543 2130",
                )
                self.pull(self.provider)
                waiting = self.registered("waiting")
                self.assertEqual(waiting.reason, "look_alike")
                waiting.action_same_as()

    def test_a_line_of_a_bank_file_that_has_an_identifier_is_similar(self):
        self.provider.unlink()
        self.enter_by_hand(
            -850,
            "2026-07-05",
            unique_import_id=f"{IBAN}-{self.journal.id}-CAMT 2026/186",
        )
        self.provider = self.create_provider()
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        self.assertEqual(self.registered("waiting").reason, "look_alike")

    def test_a_line_with_the_counterparts_name_is_similar(self):
        self.enter_by_hand(
            -850, "2026-07-05", payment_ref="CODA 123", partner_name="IMMO PEETERS"
        )
        self.book("-850.00", "2026-07-05", counterpartName="Immo Peeters")
        self.pull(self.provider)
        self.assertEqual(self.registered("waiting").reason, "look_alike")

    def test_one_similar_line_stands_for_one_transaction(self):
        self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        self.assertEqual(len(self.registered("waiting")), 1)
        self.assertEqual(len(self.lines()), 2)

    def test_what_was_imported_beside_a_similar_line_stands_for_that_no_more(self):
        waiting, line = self.wait_for_decision()
        waiting.action_import()
        self.assertEqual(len(self.lines()), 2)
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 2)
        [another] = self.registered("waiting")
        self.assertRecordValues(
            another, [{"reason": "look_alike", "similar_line_id": line.id}]
        )

    def test_what_waits_or_was_ignored_stands_for_a_similar_line(self):
        waiting, _line = self.wait_for_decision()
        for count in (2, 3):
            self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
            self.pull(self.provider)
            self.assertEqual(len(self.lines()), count)
            waiting.action_ignore()

    def test_a_line_that_was_cancelled_is_not_similar(self):
        self.enter_by_hand(-850, "2026-07-10").move_id.button_cancel()
        self.book("-850", "2026-07-10", remittanceInformation="Rent July")
        self.pull(self.provider)
        self.assertFalse(self.registered("waiting"))
        posted = self.lines().filtered(lambda line: line.state == "posted")
        self.assertEqual(posted.mapped("amount"), [-850])

    def test_a_line_of_another_day_or_text_is_not_similar(self):
        self.enter_by_hand(-850, "2026-07-03")
        self.enter_by_hand(-850, "2026-07-05", payment_ref="Something else")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.book("1.00", "2026-07-02")  # so that both lines are looked at
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 4)

    def test_similar_lines_may_be_imported_and_marked_instead(self):
        self.provider.ponto_look_alike_policy = "import"
        line = self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        [imported] = self.registered("imported")
        self.assertEqual(imported.similar_line_id, line)
        self.assertFalse(imported.statement_line_id.checked)
        twin = imported.statement_line_id.with_user(self.bookkeeper)
        self.assertIn("5 Jul", twin.ponto_remark)
        self.assertIn(line.payment_ref, twin.ponto_remark)
        self.assertNotIn("similar", twin.narration or "")
        self.assertFalse(line.ponto_remark)
        twin.checked = True
        self.assertFalse(twin.ponto_remark)

    # === DECISIONS === #

    def wait_for_decision(self):
        """Return a transaction that waits, and the line it looks like."""
        line = self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        return self.registered("waiting").with_user(self.bookkeeper), line

    def test_a_waiting_transaction_can_be_imported(self):
        waiting, line = self.wait_for_decision()
        waiting.action_import()
        self.assertEqual(waiting.state, "imported")
        self.assertEqual(len(self.lines()), 2)
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 2)

    def test_a_waiting_transaction_can_be_ignored_and_imported_later(self):
        waiting, line = self.wait_for_decision()
        waiting.action_ignore()
        self.pull(self.provider)
        self.assertEqual(waiting.state, "ignored")
        self.assertEqual(self.lines(), line)
        waiting.action_import()
        self.assertEqual(len(self.lines()), 2)

    def test_a_waiting_transaction_can_be_the_same_as_the_line(self):
        waiting, line = self.wait_for_decision()
        waiting.action_same_as()
        self.pull(self.provider)
        self.assertEqual(self.lines(), line)
        self.assertEqual(waiting.statement_line_id, line)

    def test_a_removed_line_can_be_brought_back(self):
        self.provider.create_statement = False
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        self.lines().unlink()
        self.registered("removed").with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().payment_ref, "Rent July")

    def test_removed_lines_come_back_in_the_banks_order(self):
        self.provider.create_statement = False
        for booked in (
            (("1", "09"), ("2", "10"), ("3", "10")),
            (("4", "10"), ("5", "11")),
        ):
            for amount, day in booked:
                self.book(amount, f"2026-07-{day}")
            self.pull(self.provider)
        self.lines().unlink()
        self.registered("removed").with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().mapped("amount"), [1, 2, 3, 4, 5])

    def test_a_removed_line_comes_back_as_the_bank_has_changed_it(self):
        self.provider.create_statement = False
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.update_transaction(ponto_id, amount="6.00")
        self.pull(self.provider)
        self.lines().unlink()
        removed = self.registered("removed")
        removed.with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().amount, 6)
        self.assertEqual(removed.amount, 6)

    def test_a_removed_line_of_an_earlier_feed_can_be_brought_back(self):
        ponto_id = self.book("5.00", "2026-07-10")
        self.provider.unlink()
        for raw_data in (False, "{'id': 'written by Python'}", '{"id": "bare"}'):
            with self.subTest(raw_data):
                line = self.enter_by_hand(
                    5,
                    "2026-07-10",
                    unique_import_id=f"{IBAN}-{self.journal.id}-{ponto_id}",
                    raw_data=raw_data,
                )
                self.provider = self.create_provider(create_statement=False)
                line.unlink()
                removed = self.registered("removed").with_user(self.bookkeeper)
                with self.assertRaisesRegex(UserError, "No line can be made"):
                    removed.action_import()
                self.pull(self.provider)
                self.assertFalse(self.lines())
                removed.action_import()
                self.assertEqual(self.lines().payment_ref, "Communication 5.00")
                self.lines().unlink()
                self.provider.unlink()

    def test_a_transaction_outlives_the_line_that_somebody_took_for_it(self):
        self.provider.create_statement = False
        waiting, line = self.wait_for_decision()
        waiting.action_same_as()
        line.unlink()
        waiting.action_import()
        self.assertEqual(self.lines().payment_ref, "Rent July")

    def test_what_is_before_the_start_date_is_left_alone_by_a_decision(self):
        self.book("5.00", "2025-12-31")
        self.pull(self.provider)
        records = self.provider.ponto_transaction_ids.with_user(self.bookkeeper)
        records.action_import()
        self.assertEqual(records.state, "before_start")
        self.assertFalse(self.lines())

    def test_a_transaction_with_a_line_is_never_taken_for_a_similar_one(self):
        """Else the payment would stay in the journal twice, and undoing the import
        would remove what somebody has typed."""
        self.provider.ponto_look_alike_policy = "import"
        typed = self.enter_by_hand(-850, "2026-07-05")
        ponto_id = self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        [record] = self.registered("imported").with_user(self.bookkeeper)
        own, pull_sudo = record.statement_line_id, record.sudo().import_pull_id
        self.bank.update_transaction(ponto_id, amount="-860.00")
        self.pull(self.provider)
        self.assertEqual((record.state, record.reason), ("waiting", "changed"))
        self.assertFalse(record.similar_text)
        with self.assertRaisesRegex(UserError, "similar"):
            record.action_same_as()
        self.assertEqual(record.statement_line_id, own)
        pull_sudo.with_user(self.bookkeeper).action_take_back()
        self.assertEqual(self.lines(), typed)

    def test_what_is_to_be_imported_is_left_to_the_next_fetch(self):
        """It was not looked at yet: it may be in the journal under another identifier,
        or from elsewhere."""
        self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.book("-10.00", "2026-07-01")
        self.pull(self.provider, since="2026-07-01", until="2026-07-01")
        new = self.registered("new").with_user(self.bookkeeper)
        with self.assertRaisesRegex(UserError, "next fetch imports"):
            new.action_import()
        self.pull_scheduled(self.provider)
        self.assertEqual((new.state, new.reason), ("waiting", "look_alike"))

    def test_what_waits_for_its_day_and_is_imported_early_tells_of_similar_lines(self):
        day = self.provider._ponto_get_today() + timedelta(days=3)
        typed = self.enter_by_hand(-850, day)
        self.book("-850.00", str(day), remittanceInformation="Rent July")
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        self.assertEqual(waiting.reason, "future")
        waiting.action_import()
        self.assertEqual(waiting.similar_line_id, typed)
        self.assertIn("Rent", waiting.statement_line_id.ponto_remark)

    def test_a_question_is_still_asked_after_a_day_that_had_to_come(self):
        day = self.provider._ponto_get_today()
        typed = self.enter_by_hand(-850, day)
        ponto_id = self.book("-850.00", str(day), remittanceInformation="Rent July")
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting")
        for served in (day + timedelta(days=1), day):
            moment = f"{served}T00:00:00Z"
            self.bank.update_transaction(ponto_id, executionDate=moment)
            self.pull_scheduled(self.provider)
            self.assertEqual((waiting.state, waiting.reason), ("waiting", "look_alike"))
        self.assertEqual(self.lines(), typed)

    def test_nobody_decides_while_a_pull_is_running(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-29")
        self.pull(self.provider)
        self.lock_by_another(self.provider)
        with self.assertRaisesRegex(UserError, "are being fetched"):
            self.registered("waiting").with_user(self.bookkeeper).action_import()

    def test_what_no_line_can_be_made_of_says_so(self):
        self.book("5.00", "2026-07-10", currency="USD")
        self.pull(self.provider)
        with self.assertRaisesRegex(UserError, "currency is not the journal"):
            self.registered("waiting").with_user(self.bookkeeper).action_import()

    def test_who_may_not_enter_lines_may_not_decide(self):
        waiting, line = self.wait_for_decision()
        clerk = self.create_clerk()
        for action in ("action_import", "action_ignore", "action_same_as"):
            with self.assertRaises(AccessError):
                getattr(waiting.with_user(clerk), action)()

    def test_who_may_only_see_transactions_may_not_decide(self):
        self.book("5.00", str(self.provider._ponto_get_today() + timedelta(days=2)))
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting")
        onlooker = self.create_onlooker("ponto.transaction")
        for action in ("action_import", "action_ignore"):
            with self.assertRaises(AccessError):
                getattr(waiting.with_user(onlooker), action)()

    # === CHANGED BY THE BANK === #

    def test_new_texts_reach_a_line_that_is_not_reconciled(self):
        ponto_id = self.book("5.00", "2026-07-10", counterpartName=None)
        self.pull(self.provider)
        self.bank.update_transaction(
            ponto_id, counterpartName="Payer", remittanceInformation="Invoice 7"
        )
        self.pull(self.provider)
        self.assertRecordValues(
            self.lines(), [{"partner_name": "Payer", "payment_ref": "Invoice 7"}]
        )
        self.assertEqual(self.env["ponto.pull"].search([], limit=1).changed_count, 1)

    def test_new_texts_for_a_reconciled_line_are_only_reported(self):
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.reconcile(self.lines())
        self.bank.update_transaction(ponto_id, remittanceInformation="Invoice 7")
        self.pull(self.provider)
        self.assertEqual(self.lines().payment_ref, "Communication 5.00")
        [waiting] = self.registered("waiting")
        self.assertEqual(waiting.reason, "text_changed")
        with self.assertRaisesRegex(UserError, "is reconciled"):
            waiting.with_user(self.bookkeeper).action_import()
        waiting.with_user(self.bookkeeper).action_ignore()
        self.assertEqual(waiting.state, "imported")

    def test_a_change_leaves_a_line_alone_that_is_reconciled_in_part(self):
        for change in ({"remittanceInformation": "Invoice 7"}, {"amount": "6.00"}):
            with self.subTest(change):
                ponto_id = self.book("5.00", "2026-07-10")
                self.pull(self.provider)
                line = self.lines()[-1]
                self.reconcile(line, 2)
                self.bank.update_transaction(ponto_id, **change)
                self.pull(self.provider)
                waiting = self.registered("waiting")
                with self.assertRaisesRegex(UserError, "is reconciled"):
                    waiting.with_user(self.bookkeeper).action_import()
                self.assertEqual(len(line.line_ids), 3)
                waiting.action_ignore()

    def test_another_currency_of_the_same_amount_is_never_taken_silently(self):
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.update_transaction(ponto_id, currency="USD")
        self.pull(self.provider)
        waiting = self.registered("waiting")
        self.assertEqual((waiting.reason, waiting.currency), ("changed", "EUR"))
        with self.assertRaisesRegex(UserError, "currency is not the journal's"):
            waiting.with_user(self.bookkeeper).action_import()
        waiting.action_ignore()
        self.pull(self.provider)
        self.assertFalse(self.registered("waiting"))
        self.assertEqual(self.lines().amount, 5)

    def test_a_new_amount_or_day_is_never_applied_silently(self):
        for change in ({"amount": "6.00"}, {"executionDate": "2026-07-11"}):
            with self.subTest(change):
                ponto_id = self.book("5.00", "2026-07-10")
                self.pull(self.provider)
                line = self.lines()[-1]
                self.bank.update_transaction(ponto_id, **change)
                self.pull(self.provider)
                self.assertEqual(line.amount, 5)
                self.assertEqual(line.date, date(2026, 7, 10))
                waiting = self.registered("waiting")
                self.assertEqual(waiting.reason, "changed")
                self.assertEqual(waiting.amount, 5)
                self.assertEqual(waiting.date, date(2026, 7, 10))
                pull = self.env["ponto.pull"].search([], limit=1)
                self.assertEqual(pull.waiting_count, 1)
                waiting.with_user(self.bookkeeper).action_import()
                self.assertEqual(waiting.state, "imported")
                self.assertTrue(
                    line.amount == 6 or line.date == date(2026, 7, 11),
                )
                self.assertTrue(line.statement_id.is_complete)

    def test_a_line_gets_no_amount_or_day_that_the_bank_took_away(self):
        for change, words in (
            ({"amount": None}, "no amount"),
            ({"executionDate": None, "valueDate": None}, "no date"),
            ({"amount": "6.00", "currency": "USD"}, "currency"),
        ):
            with self.subTest(change):
                ponto_id = self.book("5.00", "2026-07-10")
                self.pull(self.provider)
                self.bank.transaction_record(ponto_id).attributes.update(change)
                self.pull(self.provider)
                waiting = self.registered("waiting").with_user(self.bookkeeper)
                with self.assertRaisesRegex(UserError, words):
                    waiting.action_import()
                waiting.action_ignore()
                self.assertEqual(self.lines()[-1].amount, 5)

    def test_a_new_amount_can_be_taken_over_without_statements(self):
        self.provider.create_statement = False
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.update_transaction(ponto_id, amount="6.00")
        self.pull(self.provider)
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().amount, 6)

    # === DAYS === #

    def test_a_change_before_the_import_is_judged_like_something_new(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 10)
        ponto_ids = [self.book("5.00", "2026-07-10"), self.book("6.00", "2026-07-11")]
        self.pull(self.provider, until="2026-07-10")
        self.assertRecordValues(
            self.provider.ponto_transaction_ids.sorted("date"),
            [
                {"state": "waiting", "reason": "locked"},
                {"state": "new", "reason": False},
            ],
        )
        for ponto_id in ponto_ids:
            self.bank.update_transaction(ponto_id, currency="USD")
        self.pull_scheduled(self.provider)
        self.assertEqual(
            self.registered("waiting").mapped("reason"), ["currency", "currency"]
        )

    def test_a_day_to_come_waits_until_it_has_come(self):
        tomorrow = self.provider._ponto_get_today() + timedelta(days=1)
        self.book("5.00", str(tomorrow))
        self.pull_scheduled(self.provider)
        self.assertFalse(self.lines())
        self.assertEqual(self.registered("waiting").reason, "future")
        self.patch(type(self.provider), "_ponto_get_today", lambda provider: tomorrow)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().date, tomorrow)

    # === WITHDRAWN BEFORE ITS DAY === #

    def announce(self):
        """Let the bank announce a payment for tomorrow, and fetch it.

        :return: its identifier, and its day
        """
        day = self.provider._ponto_get_today() + timedelta(days=1)
        self.book("7.00", str(day - timedelta(days=2)))
        ponto_id = self.book("-500.00", str(day), counterpartName="Landlord")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.registered("waiting").reason, "future")
        return ponto_id, day

    def pull_on(self, day):
        """Let a day come, and the scheduled action fetch on it."""
        self.patch(type(self.provider), "_ponto_get_today", lambda provider: day)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)

    def test_what_is_withdrawn_before_its_day_becomes_no_line(self):
        ponto_id, day = self.announce()
        self.bank.remove_transaction(ponto_id, moves_balance=True)
        self.book("3.00", "2026-07-08")
        self.pull_scheduled(self.provider)
        self.pull_on(day)
        self.assertEqual(self.lines().mapped("amount"), [3, 7])
        self.assertFalse(self.registered("waiting"))
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        # That is no new link, and what is known is not looked up ever after.
        self.assertFalse(self.provider.ponto_is_relinked)
        message = self.provider.ponto_pull_ids.sorted("id")[-1].message
        self.assertIn("no longer has", message)

    def test_what_is_put_off_or_changed_before_its_day_comes_once(self):
        for days, amount in ((2, -500), (0, -512.34), (-1, -500)):
            with self.subTest(days=days, amount=amount):
                before = self.lines()
                today = self.provider._ponto_get_today()
                ponto_id, day = self.announce()
                self.bank.remove_transaction(ponto_id, moves_balance=True)
                moved = day + timedelta(days=days)
                self.book(str(amount), str(moved), counterpartName="Landlord")
                self.pull_scheduled(self.provider)
                for passed in range(1, 5):
                    self.pull_on(today + timedelta(days=passed))
                paid = (self.lines() - before).filtered(lambda line: line.amount < 0)
                self.assertRecordValues(paid, [{"date": moved, "amount": amount}])
                self.assertFalse(self.registered("waiting"))
                self.pull_on(today + timedelta(days=30))

    def test_what_is_announced_and_listed_far_behind_comes_on_its_day(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        _ponto_id, day = self.announce()
        self.book_many(20, "1.00", "2026-07-08")
        self.pull_scheduled(self.provider)
        self.bank.clear_requests()
        self.pull_on(day)
        self.assertEqual(self.lines()[-1:].date, day)
        self.assertEqual(self.bank.count("/transactions/"), 1)

    def test_what_is_announced_and_still_on_the_first_page_costs_no_request(self):
        _ponto_id, day = self.announce()
        self.bank.clear_requests()
        self.pull_on(day)
        self.assertEqual(self.lines()[-1:].date, day)
        self.assertFalse(self.bank.count("/transactions/"))

    def test_where_there_is_no_time_to_ask_about_all_the_next_run_goes_on(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        _ponto_id, day = self.announce()
        self.book("-8.00", str(day))
        self.book_many(20, "1.00", "2026-07-08")
        self.pull_scheduled(self.provider)
        fetch, asked = PullSession.fetch_again, []

        def ask(session, known):
            asked.append(known.ponto_id)
            if len(asked) == 2:
                raise PontoDeadlineError("Too late")
            return fetch(session, known)

        with patch.object(PullSession, "fetch_again", ask):
            self.pull_on(day)
            self.assertEqual(len(self.registered("new")), 1)
            self.pull_on(day)
        self.assertEqual(self.lines()[-2:].mapped("amount"), [-500, -8])

    def test_a_locked_day_waits(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-29")
        self.book("6.00", "2026-07-01")
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [6])
        self.assertEqual(self.registered("waiting").reason, "locked")

    def test_a_locked_day_may_be_booked_on_the_first_open_one(self):
        self.provider.ponto_locked_policy = "first_open_day"
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.company.sudo().hard_lock_date = date(2026, 6, 29)
        self.book("5.00", "2026-06-29")
        self.pull(self.provider)
        self.assertEqual(self.lines().date, date(2026, 7, 1))
        self.assertIn("Booked by the bank on: 06/29/2026", self.lines().narration)
        self.assertEqual(
            self.lines().statement_id.name, f"{self.journal.code}/2026-07-01"
        )
