# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import LockError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.feed import importer
from odoo.addons.account_statement_import_online_ponto.feed.session import PullSession
from odoo.addons.account_statement_import_online_ponto.models import (
    ponto_integration,
)

from ..feed.registered import with_identifier
from ..ponto_api import PontoClient
from .common import IBAN, OTHER_IBAN, OUTCOME_LOGGER, PontoCase
from .simulator import api as simulator_api


@tagged("post_install", "-at_install")
class TestScheduledPull(PontoCase):
    """What the hourly scheduled action does."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def create_second_provider(self, **values):
        """Create a healthy provider for a second journal."""
        journal = self.create_journal()
        account_id = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.bank.add_transaction(account_id, "9.00", "2026-07-10")
        return self.create_provider(journal_id=journal.id, **values)

    # === WHAT IS READ === #

    def test_first_pull_goes_back_to_the_start_date(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.book("1.00", "2026-06-30")
        self.book("2.00", "2026-07-01")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [2])

    def test_first_pull_without_start_date_goes_back_90_days(self):
        self.provider.ponto_start_date = False
        today = self.provider._ponto_get_today()
        self.book("1.00", str(today - timedelta(days=91)))
        self.book("2.00", str(today - timedelta(days=90)))
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [2])

    def test_the_usual_start_is_that_of_the_day_on_which_the_feed_was_made(self):
        self.provider.unlink()
        self.provider = self.create_provider(ponto_start_date=False)
        today = self.provider._ponto_get_today()
        self.enter_by_hand(1, today)
        self.book("2.00", str(today - timedelta(days=10)))
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [2, 1])

    def test_what_is_typed_after_another_service_gave_way_moves_no_start(self):
        self.provider.unlink()
        provider = self.create_provider(service="dummy", ponto_start_date=False)
        provider.with_user(self.manager).write(
            {
                "service": "ponto",
                "username": self.simulator.client_id,
                "password": self.simulator.client_secret,
            }
        )
        provider.sudo().ponto_integration_id.api_base = self.simulator.url
        today = provider._ponto_get_today()
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": today,
                "amount": 1,
                "payment_ref": "typed by hand",
            }
        )
        self.book("2.00", str(today - timedelta(days=1)))
        self.pull_scheduled(provider)
        self.assertEqual(self.lines().mapped("amount"), [2, 1])

    def test_the_feeds_own_lines_do_not_move_the_start(self):
        self.provider.ponto_start_date = self.provider.sudo().ponto_usual_start_date = (
            False
        )
        today = self.provider._ponto_get_today()
        for days in (10, 20):
            self.book("1.00", str(today - timedelta(days=days)))
            self.pull_scheduled(self.provider)
        self.assert_complete()

    def test_first_pull_leaves_days_alone_that_the_journal_has_from_elsewhere(self):
        today = self.provider._ponto_get_today()
        journal = self.create_journal()
        self.enter_by_hand(
            1,
            today - timedelta(days=10),
            journal_id=journal.id,
            unique_import_id=f"{OTHER_IBAN}-{journal.id}-CAMT186",
        )
        provider = self.create_provider(journal_id=journal.id, ponto_start_date=False)
        self.account_id = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.book("2.00", str(today - timedelta(days=10)))
        self.book("3.00", str(today - timedelta(days=9)))
        self.pull_scheduled(provider)
        self.assertEqual(self.lines(journal).mapped("amount"), [1, 3])

    def test_a_line_of_a_day_to_come_does_not_move_the_usual_start(self):
        today = self.provider._ponto_get_today()
        journal = self.create_journal()
        self.enter_by_hand(1, today + timedelta(days=5), journal_id=journal.id)
        provider = self.create_provider(journal_id=journal.id, ponto_start_date=False)
        self.assertEqual(provider.ponto_usual_start_date, today - timedelta(days=90))

    def test_the_usual_start_of_a_branch_is_behind_its_companys_hard_lock_date(self):
        yesterday = self.provider._ponto_get_today() - timedelta(days=1)
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.company.sudo().hard_lock_date = yesterday
        journal = self.env["account.journal"].create(
            {
                "name": "Bank of the branch",
                "type": "bank",
                "code": "BRA",
                "company_id": branch.id,
            }
        )
        provider = self.create_provider(journal_id=journal.id, ponto_start_date=False)
        self.assertEqual(provider.ponto_usual_start_date, yesterday + timedelta(days=1))

    def assert_complete(self):
        """Check that the journal has every booked transaction, once."""
        booked = self.bank.transactions(self.account_id)
        self.assertEqual(
            sorted(self.lines().mapped("unique_import_id")),
            sorted(f"{IBAN}-{self.journal.id}-{row['id']}" for row in booked),
        )

    def test_nothing_is_lost_where_the_newest_created_is_listed_first(self):
        self.book_many(130, "1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        self.book("2.00", "2026-07-11")
        self.book_many(130, "3.00", "2026-03-01")
        self.pull_scheduled(self.provider)
        self.assert_complete()

    def test_nothing_is_lost_behind_many_days_long_past(self):
        self.book("1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        expected = self.book("2.00", "2026-07-11")
        self.book_many(550, "3.00", "2025-01-01")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines()[-1].unique_import_id[-36:], expected)

    def assert_found_behind(self, pages, value_date):
        """Check that a transaction is found behind pages of an earlier value date."""
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.provider.ponto_date_field = "value_date"
        self.bank.set_order("execution")
        self.book("1.00", "2026-07-10")
        self.book_many(
            5 * pages,
            "2.00",
            "2026-07-11",
            valueDate=f"{value_date}T00:00:00.000Z",
            createdAt=value_date,
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [1])

    def test_nothing_is_lost_behind_a_few_pages_that_only_look_old(self):
        self.assert_found_behind(4, "2025-01-01")

    def test_nothing_is_lost_behind_many_pages_from_shortly_before(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.assert_found_behind(8, "2026-06-20")

    def test_first_pull_finds_what_is_listed_behind_a_backfilled_history(self):
        expected = self.book("2.00", "2026-07-11")
        self.book_many(650, "3.00", "2025-01-01")
        self.book("1.00", "2026-07-12")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines()[0].unique_import_id[-36:], expected)

    def test_first_pull_does_not_read_what_came_to_ponto_long_ago(self):
        self.book_many(750, "3.00", "2025-01-01", createdAt="2025-01-01")
        self.book("1.00", "2026-07-12")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(self.bank.count("/transactions"), 6)

    def test_nothing_is_lost_where_the_newest_day_is_listed_first(self):
        self.bank.set_order("execution")
        today = fields.Date.today()
        self.book_many(130, "1.00", str(today))
        self.pull_scheduled(self.provider)
        self.book("2.00", str(today - timedelta(days=34)))  # listed last
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 130)
        self.provider.sudo().ponto_reread_at -= timedelta(days=1)
        self.pull_scheduled(self.provider)
        self.assert_complete()

    def test_a_page_with_something_new_is_not_the_last_one_that_is_read(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.bank.set_order("execution")
        self.book("1.00", "2026-07-10")
        self.book_many(20, "1.00", "2026-07-05")
        self.pull_scheduled(self.provider)
        self.book("2.00", "2026-07-11")
        self.book_many(20, "3.00", "2026-07-08")
        self.pull_scheduled(self.provider)
        self.assert_complete()

    def test_what_is_dated_later_comes_in_wherever_it_is_listed(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        today = self.provider._ponto_get_today()
        undated = self.bank.add_transaction(
            self.account_id, "2.00", executionDate=None, valueDate=None
        )
        no_amount = self.book("3.00", str(today))
        attributes = self.bank.transaction_record(no_amount).attributes
        attributes["amount"] = None
        # What is so old ends the daily reading, which is listed first.
        self.book_many(30, "1.00", str(today - timedelta(days=60)))
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 30)
        day = today - timedelta(days=36)
        self.bank.update_transaction(undated, executionDate=day, valueDate=day)
        attributes["amount"] = Decimal("3.00")
        self.bank.fault("/transactions/", status=500, times=None)
        self.provider.sudo().ponto_reread_at -= timedelta(days=1)
        self.pull_scheduled(self.provider)
        # What cannot be asked about stops nothing.
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_waiting_count, 2)
        self.bank.clear_faults()
        fetch = PontoClient.fetch_transaction

        def fetch_another(client, account_id, ponto_id):
            return with_identifier(fetch(client, account_id, ponto_id), "another")

        self.provider.sudo().ponto_reread_at -= timedelta(days=1)
        with patch.object(PontoClient, "fetch_transaction", fetch_another):
            self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 30)
        self.provider.sudo().ponto_reread_at -= timedelta(days=1)
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assert_complete()
        self.assertEqual(self.bank.count("/transactions/"), 2)

    def test_as_many_days_are_read_again_as_somebody_says(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.bank.set_order("execution")
        today = self.provider._ponto_get_today()
        for days in range(30):
            self.book("1.00", str(today - timedelta(days=days)))
        self.pull_scheduled(self.provider)
        self.book("2.00", str(today - timedelta(days=28)))
        for reread_days, expected in ((0, 30), (10, 30), (29, 31)):
            self.provider.ponto_reread_days = reread_days
            self.provider.sudo().ponto_reread_at -= timedelta(days=1)
            self.pull_scheduled(self.provider)
            self.assertEqual(len(self.lines()), expected)

    def test_nothing_new_costs_one_page(self):
        self.book_many(250, "1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.bank.count("/transactions"), 1)
        self.assertEqual(len(self.bank.requests), 2)

    def test_known_or_not_costs_the_same_queries_for_one_as_for_a_hundred(self):
        def count_queries():
            self.pull_scheduled(self.provider)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.pull_scheduled(self.provider)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        # A new second would be something new to write.
        with freeze_time(fields.Datetime.now()):
            self.book("1.00", "2026-07-10")
            few = count_queries()
            self.book_many(99, "1.00", "2026-07-10")
            self.assertEqual(count_queries(), few)

    def test_last_identifier_is_the_newest_that_was_imported(self):
        self.book("1.00", "2026-07-10")
        newest = self.book("1.00", "2026-07-01")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_last_identifier, newest)

    @mute_logger(OUTCOME_LOGGER)
    def test_last_identifier_is_not_kept_without_its_lines(self):
        self.book("1.00", "2026-07-10")
        with patch.object(
            type(self.env["account.bank.statement.line"]),
            "create",
            side_effect=ValueError("broken"),
        ):
            self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_last_identifier)
        self.assertEqual(self.provider.ponto_failure_advice, "bug")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        self.assertTrue(self.provider.ponto_last_identifier)

    def test_a_last_identifier_from_elsewhere_ends_the_first_pull(self):
        self.book_many(100, "1.00", "2026-07-08")
        self.provider.sudo().ponto_last_identifier = self.book("1.00", "2026-07-09")
        self.book_many(100, "2.00", "2026-07-10")
        for number in range(99):
            self.bank.add_transaction(
                self.account_id, "4.00", "2026-07-10", description=str(number)
            )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.bank.count("/transactions"), 2)

    def test_a_reset_reads_again_and_doubles_nothing(self):
        self.book_many(150, "1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        self.provider.with_user(self.manager).action_ponto_reset_last_identifier()
        self.assertFalse(self.provider.ponto_last_identifier)
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.bank.count("/transactions"), 2)
        self.assertEqual(len(self.lines()), 150)

    def test_a_reset_lets_in_what_has_a_day_by_another_date(self):
        ponto_id = self.book("3.00", "2026-07-10")
        attributes = self.bank.transaction_record(ponto_id).attributes
        attributes["executionDate"] = "2026-03-02T23:59:60Z"
        self.pull_scheduled(self.provider)
        self.assertEqual(self.registered("waiting").reason, "date")
        self.provider.ponto_date_field = "value_date"
        self.provider.action_ponto_reset_last_identifier()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.registered("waiting"))
        day = date(2026, 7, 10)
        self.assertRecordValues(self.lines(), [{"amount": 3, "date": day}])

    def test_an_earlier_start_date_lets_in_what_it_left_out(self):
        self.provider.ponto_start_date = date(2026, 7, 5)
        self.book("1.00", "2026-07-04")
        self.book_many(120, "2.00", "2026-07-06")
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 120)
        self.provider.with_user(self.manager).ponto_start_date = date(2026, 7, 1)
        self.pull_scheduled(self.provider)
        self.assert_complete()

    def test_a_start_date_before_the_usual_one_lets_in_what_that_left_out(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.provider.sudo().write(
            {"ponto_start_date": False, "ponto_usual_start_date": "2026-07-05"}
        )
        self.book("1.00", "2026-07-04")
        for number in range(12):
            self.book("2.00", "2026-07-06", description=str(number))
        for _time in range(2):
            self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 12)
        self.provider.with_user(self.manager).ponto_start_date = date(2026, 7, 1)
        self.pull_scheduled(self.provider)
        self.assert_complete()

    def test_a_relinked_account_is_found_under_its_new_identifier(self):
        self.pull_scheduled(self.provider)
        new_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_account_id, new_id)
        self.assertFalse(self.provider.ponto_failure)

    # === SCHEDULE === #

    def test_a_module_that_pulls_on_a_schedule_of_its_own_need_not_wait(self):
        self.book("1.00", "2026-07-10")
        self.provider.next_run = datetime(2030, 1, 1)
        day = datetime(2026, 7, 15)
        self.provider.with_context(scheduled=True)._pull(day, day)
        self.assertEqual(len(self.lines()), 1)

    def test_schedule_advances_by_the_interval(self):
        self.provider.write({"interval_type": "days", "interval_number": 1})
        before = fields.Datetime.now()
        self.pull_scheduled(self.provider)
        self.assertGreater(self.provider.next_run, before)
        self.assertLessEqual(
            self.provider.next_run, before + timedelta(days=1, minutes=1)
        )
        self.assertGreaterEqual(
            self.provider.last_successful_run, before.replace(microsecond=0)
        )
        self.bank.clear_requests()
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertFalse(self.bank.requests)

    def test_schedule_keeps_its_time_of_day(self):
        self.provider.write({"interval_type": "days", "interval_number": 1})
        yesterday = fields.Datetime.now() - timedelta(hours=20)
        self.provider.next_run = yesterday
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertEqual(self.provider.next_run, yesterday + timedelta(days=1))

    def test_nothing_runs_before_credentials_are_there(self):
        self.provider.write({"username": False, "password": False})
        self.pull_scheduled(self.provider)
        self.assertFalse(self.bank.requests)
        self.assertFalse(self.provider.ponto_failure)
        self.assertFalse(self.provider.message_ids.filtered("subject"))

    def test_credentials_make_the_pull_due(self):
        self.provider.write({"username": False, "password": False})
        self.provider.next_run = datetime(2099, 1, 1)
        self.provider.write(
            {
                "username": self.simulator.client_id,
                "password": self.simulator.client_secret,
            }
        )
        self.assertLessEqual(self.provider.next_run, fields.Datetime.now())

    # === FAILURES === #

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failing_provider_does_not_stop_another(self):
        self.provider.password = "wrong"
        second = self.create_second_provider(
            username="other", password=self.simulator.client_secret
        )
        second.sudo().ponto_integration_id.client_id = self.simulator.client_id
        third = self.create_journal("BE42000000000054")
        missing = self.create_provider(journal_id=third.id, username="third")
        self.pull_scheduled(self.provider + second + missing)
        self.assertEqual(self.lines(second.journal_id).mapped("amount"), [9])
        self.assertFalse(second.ponto_failure)
        self.assertIn("does not accept the Login", self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_failure_advice, "credentials")
        self.assertTrue(self.provider.ponto_failed_at)
        self.assertGreater(self.provider.next_run, fields.Datetime.now())

    def test_a_feed_that_is_being_pulled_elsewhere_is_left_to_it(self):
        self.book("1.00", "2026-07-10")
        second = self.create_second_provider()
        lock = type(second)._ponto_lock
        for error in (LockError("taken"), SerializationFailure()):
            with self.subTest(type(error).__name__):

                def refuse(provider, error=error):
                    if provider == self.provider:
                        raise error
                    lock(provider)

                with patch.object(type(second), "_ponto_lock", refuse):
                    self.pull_scheduled(self.provider + second)
                self.assertEqual(second.ponto_pull_ids[:1].state, "done")
                self.assertFalse(self.provider.ponto_pull_ids)
                self.assertFalse(self.provider.ponto_failure)
        self.pull_scheduled(self.provider)
        self.assert_complete()

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_half_way_leaves_nothing_behind(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.book_many(8, "1.00", "2026-07-10")
        self.bank.fault("/transactions", status=500, after=1, times=None)
        self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.ponto_failure)
        self.assertFalse(self.provider.ponto_transaction_ids)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_is_gone_after_the_next_good_pull(self):
        self.bank.fault("/accounts", status=500, body="<html>", times=None)
        self.pull_scheduled(self.provider)
        self.assertIn("temporary problem", self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_pull_ids.state, "failed")
        self.bank.clear_faults()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_configuration_error_is_told_on_the_provider(self):
        self.journal.bank_account_id = False
        self.pull_scheduled(self.provider)
        self.assertIn("has no account number", self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_failure_advice, "fix")

    def test_what_is_decided_between_two_steps_stays_decided(self):
        self.patch(importer, "LINES_PER_BATCH", 1)
        commit_step = PullSession.commit_step
        for day in ("2026-07-08", "2026-07-09", "2026-07-10"):
            self.book("1.00", day)

        def decide_and_go_on(session, **kwargs):
            if self.lines():
                last = self.registered("new")
                last.filtered(
                    lambda record: record.date == date(2026, 7, 10)
                ).with_user(self.bookkeeper).action_ignore()
            return commit_step(session, **kwargs)

        with patch.object(PullSession, "commit_step", decide_and_go_on):
            self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(len(self.lines()), 2)
        self.assertEqual(self.registered("ignored").date, date(2026, 7, 10))

    # === LOGS === #

    def test_logs_of_a_whole_pull_tell_no_secret(self):
        self.book("1.00", "2026-07-10", counterpartReference=OTHER_IBAN)
        self.env.flush_all()
        logger = logging.getLogger()
        level = logger.level
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.setLevel, level)
        with self.assertLogs(logger, logging.DEBUG) as logs:
            self.pull_scheduled(self.provider)
        text = "\n".join(record.getMessage() for record in logs.records)
        self.assertNotIn(self.simulator.client_secret, text)
        self.assertNotIn("Bearer ", text)
        for _owner, token in ponto_integration._TOKENS._tokens.values():
            self.assertNotIn(token.value, text)
        # What is written to the database is in the log of its queries.
        text = "\n".join(
            record.getMessage()
            for record in logs.records
            if record.name != "odoo.sql_db"
        )
        self.assertIn("/accounts", text)
        self.assertNotIn(IBAN, text)
        self.assertNotIn(OTHER_IBAN, text)
