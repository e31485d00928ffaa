# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, datetime, timezone

from freezegun import freeze_time

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IBAN, OTHER_IBAN, OUTCOME_LOGGER, PontoCase


@tagged("post_install", "-at_install")
class TestPullByUser(PontoCase):
    """A person pulls some days with the wizard."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def open_wizard(self, provider=None, **values):
        provider = (provider or self.provider).with_user(self.bookkeeper)
        action = provider.action_online_bank_statements_pull_wizard()
        return (
            self.env[action["res_model"]]
            .with_user(self.bookkeeper)
            .with_context(**action["context"])
            .create(
                {
                    "date_since": datetime(2026, 7, 1),
                    "date_until": datetime(2026, 7, 15),
                    **values,
                }
            )
        )

    def days(self):
        return [line.date.isoformat() for line in self.lines()]

    # === WHICH DAYS === #

    def test_whole_days_are_pulled_both_ends_included(self):
        for day in (
            "2026-07-09T21:59:00Z",  # 23:59 in Brussels on the 9th
            "2026-07-09T22:00:00Z",  # midnight in Brussels: the 10th
            "2026-07-10T20:30:00Z",
            "2026-07-10T22:30:00Z",  # half past midnight: the 11th
        ):
            self.book("1.00", day)
        self.pull(self.provider, "2026-07-10", "2026-07-10")
        self.assertEqual(self.days(), ["2026-07-10", "2026-07-10"])

    def test_a_backdated_transaction_does_not_end_the_pull(self):
        for order in ("created", "execution"):
            with self.subTest(order):
                self.bank.set_order(order)
                self.book_many(120, "1.00", "2026-07-05")
                self.book("-3.00", "2026-02-01")
                self.book("4.00", "2026-07-06")
                before = len(self.lines())
                self.pull(self.provider, "2026-07-01", "2026-07-15")
                self.assertEqual(len(self.lines()) - before, 121)

    def test_what_came_late_is_found_behind_days_that_are_known(self):
        self.bank.set_order("execution")
        self.provider.ponto_date_field = "value_date"
        self.book_many(120, "1.00", "2026-07-10")
        self.book("3.00", "2026-07-11", valueDate="2026-02-01T00:00:00.000Z")
        self.pull_scheduled(self.provider)
        self.book("2.00", "2026-07-02")
        self.pull(self.provider, "2026-07-01", "2026-07-15")
        self.assertEqual(len(self.lines()), 122)

    def test_days_before_a_chosen_start_date_are_not_posted(self):
        self.provider.ponto_start_date = date(2026, 7, 5)
        self.book("1.00", "2026-07-04")
        self.book("1.00", "2026-07-05")
        self.pull(self.provider)
        self.assertEqual(self.days(), ["2026-07-05"])
        self.assertEqual(self.provider.ponto_pull_ids.before_start_count, 1)

    def test_days_before_the_usual_start_are_posted_where_somebody_asks(self):
        self.provider.ponto_start_date = False
        self.book("1.00", "2025-02-03")
        self.pull(self.provider, "2025-02-01", "2025-02-28")
        self.assertEqual(self.days(), ["2025-02-03"])

    def test_asking_for_some_days_lets_the_scheduled_pull_go_no_further_back(self):
        self.provider.sudo().write(
            {"ponto_start_date": False, "ponto_usual_start_date": "2026-07-01"}
        )
        self.book("1.00", "2025-02-03")
        self.book("2.00", "2025-03-03")
        self.book("3.00", "2026-07-02")
        self.pull(self.provider, "2025-02-01", "2025-02-28")
        self.assertEqual(self.provider.ponto_pull_ids.later_count, 1)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.days(), ["2025-02-03", "2026-07-02"])
        self.assertEqual(self.provider.ponto_difference, 2)
        self.assertEqual(self.provider.ponto_balance_state, "explained")

    def test_an_earlier_start_date_lets_in_what_it_left_out(self):
        self.provider.ponto_start_date = date(2026, 7, 5)
        self.book("1.00", "2026-07-04")
        self.pull(self.provider)
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.pull(self.provider)
        self.assertEqual(self.days(), ["2026-07-04"])

    # === ONCE === #

    def test_the_same_days_again_import_nothing_twice(self):
        self.book_many(150, "1.00", "2026-07-10")
        self.pull(self.provider)
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 150)
        pull = self.env["ponto.pull"].search([], limit=1)
        self.assertRecordValues(
            pull, [{"imported_count": 0, "known_count": 150, "read_count": 150}]
        )

    def test_true_twins_both_stay(self):
        self.book("-2.40", "2026-07-10", description="Coffee")
        self.book("-2.40", "2026-07-10", description="Coffee")
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [-2.4, -2.4])

    def test_an_identifier_twice_on_a_page_gives_one_line(self):
        self.book("1.00", "2026-07-10")
        self.bank.fault("/transactions", action="duplicate_ids")
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 1)

    def test_a_removed_line_stays_removed(self):
        self.provider.create_statement = False
        self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.lines().unlink()
        self.pull(self.provider)
        self.assertFalse(self.lines())
        self.assertEqual(self.provider.ponto_transaction_ids.state, "removed")

    def test_a_removed_entry_stays_removed(self):
        self.provider.create_statement = False
        self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.lines().move_id.with_context(force_delete=True).unlink()
        self.pull(self.provider)
        self.assertFalse(self.lines())
        self.assertEqual(self.provider.ponto_transaction_ids.state, "removed")
        self.assertTrue(self.provider.ponto_transaction_ids.document)

    def test_a_new_account_number_on_the_journal_doubles_nothing(self):
        self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.update_account(self.account_id, reference=OTHER_IBAN)
        self.journal.bank_account_id.acc_number = OTHER_IBAN
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 1)

    def test_lines_of_an_earlier_feed_are_known(self):
        ponto_id = self.book("1.00", "2026-07-10")
        self.book("2.00", "2026-07-11")
        import_id = self.provider._ponto_get_unique_import_id(ponto_id)
        self.enter_by_hand(1, "2026-07-10", unique_import_id=import_id)
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [1, 2])

    def test_lines_of_an_earlier_feed_are_known_by_another_account_number(self):
        ponto_id = self.book("1.00", "2026-07-10")
        self.provider.unlink()
        import_id = f"{OTHER_IBAN}-{self.journal.id}-{ponto_id}"
        self.enter_by_hand(1, "2026-07-10", unique_import_id=import_id)
        self.pull(self.create_provider())
        self.assertEqual(len(self.lines()), 1)

    def test_a_line_of_another_journal_keeps_no_transaction_out(self):
        """Whoever may enter lines somewhere may give them any import identifier."""
        ponto_id = self.book("1.00", "2026-07-10")
        import_id = self.provider._ponto_get_unique_import_id(ponto_id)
        other = self.create_journal()
        self.enter_by_hand(
            0.01, "2026-07-10", journal_id=other.id, unique_import_id=import_id
        )
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [1])
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 1)

    def test_a_line_is_of_an_earlier_feed_if_it_holds_the_bank_s_document(self):
        self.provider.unlink()
        for number, raw_data in (("T-1", '{"id": "T-1"}'), ("CAMT-1", False)):
            self.env["account.bank.statement.line"].create(
                {
                    "journal_id": self.journal.id,
                    "date": "2026-07-10",
                    "amount": 1,
                    "payment_ref": number,
                    "unique_import_id": f"{IBAN}-{self.journal.id}-{number}",
                    "raw_data": raw_data,
                }
            )
        provider = self.create_provider()
        self.assertEqual(provider.ponto_transaction_ids.mapped("ponto_id"), ["T-1"])

    # === WHAT CANNOT BE READ === #

    def test_a_transaction_without_date_waits_and_the_others_do_not(self):
        self.book("1.00", "2026-07-10")
        self.bank.add_transaction(
            self.account_id, "2.00", None, valueDate=None, description="Undated"
        )
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [1])
        self.assertEqual(self.provider.ponto_waiting_count, 1)
        self.assertRecordValues(
            self.registered("waiting"),
            [{"reason": "date", "amount": 2, "payment_ref": "Undated"}],
        )

    def test_a_date_that_the_bank_delivers_later_lets_the_transaction_in(self):
        ponto_id = self.bank.add_transaction(
            self.account_id, "2.00", None, valueDate=None, description="Undated"
        )
        self.pull_scheduled(self.provider)
        self.assertFalse(self.lines())
        self.bank.update_transaction(
            ponto_id, executionDate="2026-07-10", valueDate="2026-07-10"
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().date, date(2026, 7, 10))
        self.assertFalse(self.provider.ponto_waiting_count)

    # === WHEN IT FAILS === #

    def test_an_error_comes_with_what_can_be_done_about_it(self):
        self.provider.password = "not-the-secret"
        for user, words, kind in (
            (self.manager, "Update Credentials", "ir.actions.act_window"),
            (self.bookkeeper, "Check the Connection", "ir.actions.client"),
        ):
            wizard = self.open_wizard().with_user(user)
            if user == self.manager:
                wizard = wizard.create(
                    {
                        "date_since": wizard.sudo().date_since,
                        "date_until": wizard.sudo().date_until,
                    }
                )
            for press in (wizard.action_pull, wizard.action_ponto_preview):
                with (
                    self.subTest(words),
                    mute_logger(OUTCOME_LOGGER),
                    self.assertRaises(RedirectWarning) as caught,
                    self.env.cr.savepoint(),
                ):
                    press()
                message, action, button, *_context = caught.exception.args
                self.assertIn("does not accept", message)
                self.assertEqual((button, action["type"]), (words, kind))

    def test_a_paused_feed_can_be_resumed_at_once(self):
        self.provider.with_user(self.bookkeeper).action_ponto_stop()
        with self.assertRaises(RedirectWarning) as caught:
            self.open_wizard().action_pull()
        _message, action, button, *_context = caught.exception.args
        self.assertEqual(button, "Resume")
        call = action["params"]
        record = self.env[call["model"]].with_user(self.bookkeeper).browse(call["ids"])
        getattr(record, call["method"])()
        self.assertFalse(self.provider.ponto_stop_notice)

    def assert_fails_without_a_trace(self, words):
        """Pull, see the words, and see that the next good pull completes."""
        self.book("1.00", "2026-07-10")
        with self.assertRaisesRegex(UserError, words):
            self.pull(self.provider)
        self.assertFalse(self.lines())
        self.assertFalse(self.provider.ponto_transaction_ids)
        self.bank.clear_faults()
        self.bank.set_forbidden(False)
        self.provider.write(
            {
                "username": self.simulator.client_id,
                "password": self.simulator.client_secret,
                "api_base": self.simulator.url,
            }
        )
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 1)

    def test_wrong_secret_says_where_to_find_the_right_one(self):
        self.provider.password = "wrong"
        self.assert_fails_without_a_trace("copy its Client ID and Client Secret")

    def test_empty_login_asks_for_it(self):
        self.provider.write({"username": False, "password": False})
        self.assert_fails_without_a_trace("Enter the Login")

    @mute_logger("urllib3.connectionpool")
    def test_unreachable_ponto_says_so(self):
        self.provider.api_base = "http://127.0.0.1:9"
        self.assert_fails_without_a_trace("cannot be reached")

    def test_html_instead_of_transactions_says_so(self):
        self.bank.fault(
            "/transactions",
            status=200,
            body="<html>Maintenance</html>",
            headers={"Content-Type": "text/html"},
            times=None,
        )
        self.assert_fails_without_a_trace("notice of maintenance")

    def test_missing_scope_says_what_to_switch_on(self):
        self.bank.set_forbidden(True)
        self.assert_fails_without_a_trace("scope Account Information")

    def test_more_decimals_than_the_currency_has_wait(self):
        self.book("1.005", "2026-07-10")
        self.pull(self.provider)
        self.assertFalse(self.lines())
        self.assertEqual(self.provider.ponto_transaction_ids.reason, "decimals")

    def test_an_archived_feed_says_so(self):
        self.provider.active = False
        with self.assertRaisesRegex(UserError, "feed of .* is archived"):
            self.pull(self.provider)

    def test_an_archived_journal_says_so(self):
        self.journal.active = False
        with self.assertRaisesRegex(UserError, "journal .* is archived"):
            self.pull(self.provider)

    def test_a_journal_without_suspense_account_says_so(self):
        self.journal.suspense_account_id = False
        with self.assertRaisesRegex(UserError, "no suspense account"):
            self.pull(self.provider)
        self.assertFalse(self.provider.ponto_transaction_ids)

    def test_a_gap_in_the_numbers_of_entries_stops_nothing(self):
        for position in range(3):
            self.book(f"{position + 1}.00", "2026-07-06")
        self.pull(self.provider)
        middle = self.lines()[1].move_id
        middle.name = f"{middle.name[:-1]}9"
        self.assertTrue(middle.made_sequence_gap)
        self.book("9.00", "2026-07-07")
        self.pull(self.provider)
        lines = self.lines()
        self.assertEqual(lines.mapped("amount"), [1, 2, 3, 9])
        self.assertEqual(len(set(lines.mapped("move_id.name"))), 4)
        self.assertEqual(set(lines.mapped("state")), {"posted"})

    def test_a_failure_half_way_leaves_nothing_behind(self):
        self.book_many(150, "1.00", "2026-07-09")
        self.bank.fault("/transactions", status=500, body="", after=1, times=None)
        with self.assertRaisesRegex(UserError, "temporary problem"):
            self.pull(self.provider)
        self.assertFalse(self.lines())
        self.bank.clear_faults()
        self.pull(self.provider)
        self.assertEqual(len(self.lines()), 150)

    # === THE WIZARD === #

    def test_wizard_tells_what_it_brought_and_shows_it(self):
        self.book("1.00", "2026-07-10")
        action = self.open_wizard().action_pull()
        self.assertEqual(action["tag"], "ponto_notify")
        self.assertEqual(action["params"]["message"], "1 new, 0 known")
        pull = self.provider.ponto_pull_ids[0]
        context = action["params"]["next"]["context"]
        self.assertEqual(context["search_default_ponto_pull_id"], pull.id)

    def test_wizard_without_news_closes_and_stays(self):
        action = self.open_wizard().action_pull()
        self.assertEqual(
            action["params"]["next"], {"type": "ir.actions.act_window_close"}
        )

    def test_wizard_tells_what_it_leaves_to_the_scheduled_pull(self):
        self.book("1.00", "2026-07-10")
        self.book("1.00", "2026-06-10")
        action = self.open_wizard().action_pull()
        self.assertEqual(
            action["params"]["message"],
            "1 new, 0 known, 1 left for the scheduled fetch",
        )

    def test_showing_transaction_data_writes_nothing(self):
        self.book("1.00", "2026-07-10", counterpartName="Payer")
        self.book("1.00", "2026-06-10", counterpartName="Outside")
        action = self.open_wizard().action_debug()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("Payer", wizard.data)
        self.assertNotIn("Outside", wizard.data)
        self.assertFalse(self.lines())
        self.assertFalse(self.provider.ponto_transaction_ids)
        self.assertFalse(self.provider.ponto_pull_ids)
        self.assertFalse(self.provider.ponto_account_id)

    def test_who_may_not_enter_transactions_may_not_pull_them(self):
        clerk = self.create_clerk()
        with self.assertRaises(AccessError):
            self.pull(self.provider, user=clerk)

    def test_who_may_only_see_the_feed_may_not_pull(self):
        onlooker = self.create_onlooker("online.bank.statement.provider")
        with self.assertRaises(AccessError):
            self.pull(self.provider, user=onlooker)

    def test_wrong_time_zone_of_the_server_moves_nothing(self):
        self.book("1.00", "2026-07-10T20:30:00Z")
        with freeze_time(datetime(2026, 7, 15, 23, 30, tzinfo=timezone.utc)):
            self.pull(self.provider, "2026-07-10", "2026-07-10")
        self.assertEqual(self.days(), ["2026-07-10"])

    # === SEVERAL COMPANIES === #

    def test_lines_belong_to_the_providers_company_whoever_pulls(self):
        other = self.setup_other_company(
            name="Other", currency_id=self.env.ref("base.EUR").id
        )
        journal = other["default_journal_bank"]
        account_id = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        journal.set_bank_account(OTHER_IBAN)
        self.bank.add_transaction(account_id, "9.00", "2026-07-10")
        provider = self.create_provider(journal_id=journal.id)
        self.bookkeeper.company_ids |= other["company"]
        self.pull(provider)
        line = self.lines(journal)
        self.assertEqual(line.company_id, other["company"])
        self.assertEqual(line.move_id.company_id, other["company"])
        self.assertEqual(line.statement_id.company_id, other["company"])
        self.assertEqual(line.move_id.line_ids.company_id, other["company"])
