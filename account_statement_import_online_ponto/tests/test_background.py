# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
import threading
from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.models import (
    online_bank_statement_provider_background as background,
)
from odoo.addons.account_statement_import_online_ponto.models import (
    online_bank_statement_provider_importing as importing,
)
from odoo.addons.account_statement_import_online_ponto.models.ponto_pull_progress import (  # noqa: E501
    Progress,
)

from .common import PontoCase

# isort: split
from simulator import api as simulator_api  # found by way of .common

OUTCOME_LOGGER = (
    "odoo.addons.account_statement_import_online_ponto"
    ".models.online_bank_statement_provider_outcome"
)
CRON = "account_statement_import_online.ir_cron_account_pull_online_bank_statements"


class BackgroundCase(PontoCase):
    """Small pages and batches, so that few transactions take many steps."""

    def setUp(self):
        super().setUp()
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.patch(importing, "LINES_PER_BATCH", 4)
        self.provider = self.create_provider()
        self.cron = self.env.ref(CRON)
        self.news()

    def book_days(self, month, count, **attributes):
        """Book one transaction on each of the first days of a month."""
        for day in range(1, count + 1):
            self.book(f"{day}.00", f"2026-{month:02}-{day:02}", **attributes)

    def months(self):
        """:return: in which months the journal has lines, and how many"""
        months = self.lines().mapped(lambda line: line.date.month)
        return {month: months.count(month) for month in sorted(set(months))}

    def triggers(self):
        return self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])

    def news(self):
        """:return: what a pull sent over the bus since the last look (list)"""
        self.env.cr.precommit.run()
        found = self.env["bus.bus"].sudo().search([])
        messages = [json.loads(message) for message in found.mapped("message")]
        found.unlink()
        types = ("ponto_progress", "simple_notification")
        return [message for message in messages if message["type"] in types]


@tagged("post_install", "-at_install")
class TestBackground(BackgroundCase):
    """What a person does not wait for goes on by itself."""

    def register_states(self):
        return set(self.provider.ponto_transaction_ids.mapped("state"))

    # === HANDING OVER === #

    def test_a_long_pull_is_handed_over_after_a_page(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull(self.provider)
        pull = self.provider.ponto_pull_ids
        self.assertEqual((pull.state, pull.phase), ("running", "reading"))
        self.assertEqual(pull.read_count, 5)
        self.assertFalse(self.lines())
        self.assertTrue(self.triggers())
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 12})
        self.assertEqual(pull.state, "done")

    def test_a_long_pull_is_handed_over_after_a_batch(self):
        self.book_days(7, 12)
        with self.cut_off_after(4):  # three pages, one batch
            self.pull(self.provider)
        pull = self.provider.ponto_pull_ids
        self.assertEqual((pull.state, pull.phase), ("running", "importing"))
        self.assertEqual(self.months(), {7: 4})
        self.assertEqual((pull.to_import_count, pull.left_count), (12, 8))
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 12})
        self.assertEqual(pull.imported_count, 12)

    def test_a_pull_that_ends_in_time_is_not_handed_over(self):
        self.book_days(7, 4)
        with self.cut_off_after(2):
            self.pull(self.provider)
        self.assertEqual(self.provider.ponto_pull_ids.state, "done")
        self.assertFalse(self.triggers())

    def test_a_pull_of_some_days_goes_on_with_these_days_only(self):
        self.book_days(5, 6)
        self.book_days(6, 6)
        self.book_days(7, 6)
        for steps in (1, 2, 3, 4):
            with self.subTest(steps), self.env.cr.savepoint() as savepoint:
                with self.cut_off_after(steps):
                    self.pull(self.provider, "2026-06-01", "2026-06-30")
                pull = self.provider.ponto_pull_ids
                self.assertEqual(pull.state, "running")
                # Not due itself: only what was begun goes on.
                self.provider.next_run = fields.Datetime.now() + timedelta(hours=1)
                self.env["online.bank.statement.provider"]._scheduled_pull()
                self.assertEqual(pull.state, "done")
                self.assertEqual(self.months(), {6: 6})
                self.pull_scheduled(self.provider)
                self.assertEqual(self.months(), {5: 6, 6: 6, 7: 6})
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_pull_may_be_cut_off_at_every_step(self):
        self.book_days(6, 7)
        self.book_days(7, 7)
        with self.cut_off_after(1):
            self.pull(self.provider, "2026-06-01", "2026-06-30")
        pull = self.provider.ponto_pull_ids
        for _attempt in range(20):
            self.provider.next_run = fields.Datetime.now() + timedelta(hours=1)
            with self.cut_off_after(1):
                self.env["online.bank.statement.provider"]._scheduled_pull()
            if pull.state == "done":
                break
        self.assertEqual(self.months(), {6: 7})
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {6: 7, 7: 7})

    def test_what_is_booked_meanwhile_is_not_lost(self):
        self.book_days(6, 12)
        with self.cut_off_after(1):
            self.pull(self.provider, "2026-06-01", "2026-07-15")
        self.book_days(7, 12)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {6: 12, 7: 12})
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_pages_behind_a_pull_that_never_goes_on_are_not_lost(self):
        self.book("1.00", "2026-05-01")
        self.pull_scheduled(self.provider)
        self.book_days(6, 12)
        with self.cut_off_after(1):
            self.pull(self.provider, "2026-06-12", "2026-06-12")
        self.provider.ponto_pull_ids[0].sudo().unlink()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {5: 1, 6: 12})

    def test_a_pull_in_between_makes_no_gap(self):
        self.book("1.00", "2026-05-01")
        self.pull_scheduled(self.provider)
        self.book_days(6, 12)
        with self.cut_off_after(1):
            self.pull(self.provider, "2026-06-01", "2026-06-30")
        self.provider.with_user(self.bookkeeper).action_ponto_fetch_now()
        self.assertEqual(self.months(), {5: 1, 6: 12})
        self.book_days(7, 12)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {5: 1, 6: 12, 7: 12})

    def test_fetching_now_goes_on_where_it_was_cut_off(self):
        self.book_days(7, 14)
        with self.cut_off_after(2):
            action = self.provider.with_user(self.bookkeeper).action_ponto_fetch_now()
        self.assertIn("0 imported so far", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_id"], self.provider.id)
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        # The head, and the rest.
        self.assertEqual(self.bank.count("/transactions"), 2)
        self.assertEqual(self.months(), {7: 14})
        self.assertEqual(len(self.provider.ponto_pull_ids), 1)

    def test_a_place_that_ponto_forgot_is_looked_for_from_the_newest_on(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull(self.provider)
        self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 12})

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_in_the_background_ends_what_was_handed_over(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull(self.provider)
        self.bank.fault("/transactions", status=500, times=None)
        self.news()
        self.pull_scheduled(self.provider)
        pull = self.provider.ponto_pull_ids
        self.assertEqual(pull.state, "failed")
        self.assertIn("disturbance", pull.message)
        self.assertIn("simple_notification", [news["type"] for news in self.news()])
        self.bank.clear_faults()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 12})

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_of_somebody_else_leaves_it_alone(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull(self.provider)
        pull = self.provider.ponto_pull_ids
        self.env.cr.precommit.run()
        with (
            patch.object(
                type(self.provider),
                "_ponto_check_configuration",
                side_effect=UserError("No"),
            ),
            self.assertRaises(UserError),
        ):
            self.pull(self.provider)
        self.assertEqual(pull.state, "running")

    def test_who_started_it_is_told_of_the_end(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull(self.provider)
        self.news()
        self.pull_scheduled(self.provider)
        told = [
            news["payload"]
            for news in self.news()
            if news["type"] == "simple_notification"
        ]
        self.assertEqual(
            told,
            [{"type": "success", "title": "Bank", "message": "12 new, 0 known"}],
        )

    def test_a_feed_that_was_disconnected_leaves_nothing_running(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull(self.provider)
        self.provider.write({"username": False, "password": False})
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_pull_ids.state, "failed")
        self.assertIn("disconnected", self.provider.ponto_pull_ids.message)

    def test_a_scheduled_action_without_time_wakes_itself_up(self):
        self.book_days(7, 12)
        with self.cut_off_after(1):
            self.pull_scheduled(self.provider)
        self.assertTrue(self.triggers())
        self.triggers().sudo().unlink()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.triggers())

    def test_short_pulls_come_before_long_ones(self):
        journal = self.create_journal("BE15001765432130")
        second = self.create_provider(journal_id=journal.id)
        self.provider._ponto_pull_in_background()
        order = []
        pull = type(self.provider)._ponto_pull_scheduled
        self.patch(
            type(self.provider),
            "_ponto_pull_scheduled",
            lambda provider: order.append(provider) or pull(provider),
        )
        self.bank.add_account(reference="BE15001765432130", currency="EUR")
        self.pull_scheduled(self.provider + second)
        self.assertEqual(order, [second, self.provider])


@tagged("post_install", "-at_install")
class TestBudget(BackgroundCase, HttpCase):
    """Somebody waits in a browser, for so long."""

    def fetch(self):
        """Press the button; return what it tells."""
        self.authenticate(self.bookkeeper.login, self.bookkeeper.login)
        model = "online.bank.statement.provider"
        response = self.url_open(
            f"/web/dataset/call_button/{model}/action_ponto_fetch_now",
            json={
                "params": {
                    "model": model,
                    "method": "action_ponto_fetch_now",
                    "args": [self.provider.ids],
                    "kwargs": {},
                }
            },
        )
        self.env.invalidate_all()
        return response.json()["result"]["params"]["message"]

    def test_whoever_waits_for_long_enough_is_let_go(self):
        self.patch(background, "BUDGET_S", -1)
        self.book_days(7, 12)
        self.assertIn("goes on in the background", self.fetch())
        self.assertEqual(self.provider.ponto_pull_ids.state, "running")
        self.assertEqual(self.provider.ponto_pull_ids.user_id, self.bookkeeper)

    def test_what_is_short_is_waited_for(self):
        self.book_days(7, 12)
        self.assertIn("12 new", self.fetch())

    def test_everything_is_waited_for_where_nobody_would_go_on(self):
        self.patch(background, "BUDGET_S", -1)
        self.cron.sudo().active = False
        self.book_days(7, 12)
        self.assertIn("12 new", self.fetch())

    def go_on_in_steps(self, is_over):
        """Do what the scheduled action does, a step at a time, beside the browser.

        Not before that has begun: the test itself uses the cursor until then.
        """
        while not is_over.wait(0.5):
            if not self.bank.count("/transactions"):
                continue
            with self.registry.cursor() as cr:
                env = self.env(cr=cr, user=self.env.ref("base.user_root").id)
                env["online.bank.statement.provider"]._scheduled_pull()

    def test_a_long_import_is_seen_stopped_and_let_go_on(self):
        self.provider.next_run = fields.Datetime.now() + timedelta(hours=1)
        self.book_days(6, 20)
        self.book_days(5, 20)
        self.bank.fault("/transactions", delay=0.1, times=None)
        self.patch(type(self.provider), "_ponto_is_time_over", lambda provider: True)
        action = self.env.ref(
            "account_statement_import_online.online_bank_statement_provider_action"
        )
        is_over = threading.Event()
        scheduler = threading.Thread(target=self.go_on_in_steps, args=[is_over])
        scheduler.start()
        try:
            self.start_tour(
                f"/odoo/action-{action.id}/{self.provider.id}",
                "ponto_background",
                login=self.bookkeeper.login,
            )
        finally:
            is_over.set()
            scheduler.join()
        self.assertEqual(self.months(), {5: 20, 6: 20})
        self.assertEqual(self.provider.ponto_pull_ids.state, "done")


@tagged("post_install", "-at_install")
class TestProgress(BackgroundCase):
    """People see how far it is."""

    def progress(self, user=None):
        self.env.invalidate_all()
        return self.provider.with_user(user or self.bookkeeper).ponto_progress

    def test_nothing_is_shown_where_nothing_runs(self):
        self.assertFalse(self.progress())
        self.pull_scheduled(self.provider)
        self.assertFalse(self.progress())

    def test_it_begins_in_a_moment(self):
        self.provider.with_user(self.bookkeeper)._ponto_pull_in_background()
        self.assertEqual(
            self.progress(),
            {
                "percent": 0,
                "text": "The import begins in a moment.",
                "may_stop": True,
            },
        )

    def test_reading_is_measured_by_how_far_back_it_has_come(self):
        today = self.provider._ponto_get_today()
        self.provider.ponto_start_date = today - timedelta(days=100)
        for days in range(99, 0, -1):
            self.book("1.00", str(today - timedelta(days=days)))
        with self.cut_off_after(10):
            self.pull(self.provider, str(self.provider.ponto_start_date), str(today))
        progress = self.progress()
        # 46 of the days back to 35 days before the start, of 30 percent.
        self.assertEqual(progress["percent"], 10)
        self.assertIn("Reading: 50 transactions, back to ", progress["text"])
        self.assertRegex(progress["text"], "Less than a minute left.$")

    def test_importing_is_measured_by_what_is_left(self):
        self.book_days(7, 12)
        with self.cut_off_after(5):
            self.pull(self.provider)
        progress = self.progress()
        self.assertEqual(progress["percent"], 76)
        self.assertIn("Importing: 8 of 12 transactions.", progress["text"])
        self.book_days(7, 2, description="later")
        with self.cut_off_after(1):
            self.pull_scheduled(self.provider)
        self.assertIn("Importing: 12 of 14 transactions.", self.progress()["text"])

    def test_the_rest_is_estimated_from_the_pace(self):
        pull = self.provider.sudo()._ponto_start_pull(None)
        clock = iter([0, 60]).__next__
        progress = Progress(pull, clock)
        progress.begin_importing(100)
        progress.keep_importing(75)
        self.assertEqual(pull.seconds_left, 180)
        for seconds, words in (
            (0, "75."),
            (20, "Less than a minute left."),
            (70, "About one minute left."),
            (180, "About 3 minutes left."),
            (3 * 3600, "About 3 hours left."),
        ):
            pull.seconds_left = seconds
            self.assertTrue(
                pull._describe_progress().replace("transactions", "75").endswith(words)
            )

    def test_a_standstill_is_told(self):
        self.provider._ponto_pull_in_background()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ponto_pull SET write_date = write_date - interval '3 minutes'"
        )
        self.assertEqual(self.progress()["text"], "Waiting for the server to go on.")

    def test_news_tell_nothing_but_where_to_look(self):
        self.book_days(7, 12)
        self.provider._ponto_tell_progress()
        self.assertEqual(
            self.news(),
            [{"type": "ponto_progress", "payload": {"id": self.provider.id}}],
        )

    def test_nothing_new_makes_no_news(self):
        self.book_days(7, 12)
        self.pull_scheduled(self.provider)
        self.news()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.news())


@tagged("post_install", "-at_install")
class TestStop(BackgroundCase):
    """Somebody stops a long import, and lets it go on."""

    def setUp(self):
        super().setUp()
        self.feed = self.provider.with_user(self.bookkeeper)

    def begin(self, steps):
        """Begin a pull, and let it be cut off after some steps."""
        self.book_days(6, 6)
        self.book_days(7, 6)
        with self.cut_off_after(steps):
            self.pull(self.provider)

    def test_what_is_done_stays_and_nothing_is_added(self):
        self.begin(4)
        self.feed.action_ponto_stop()
        self.assertEqual(self.provider.ponto_pull_ids.state, "stopped")
        self.assertEqual(self.provider.ponto_status, "paused")
        self.assertFalse(self.feed.ponto_progress)
        self.assertEqual(
            self.feed.ponto_stop_notice,
            f"Stopped by {self.bookkeeper.name}: 8 transactions are read and wait to "
            "be imported.",
        )
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.bank.requests)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(len(self.lines()), 4)

    def test_it_goes_on_where_it_was_stopped(self):
        self.begin(4)
        self.feed.action_ponto_stop()
        self.feed.action_ponto_go_on()
        self.assertEqual(self.provider.ponto_status, "connected")
        self.assertFalse(self.feed.ponto_stop_notice)
        self.assertTrue(self.feed.ponto_progress)
        self.assertTrue(self.triggers())
        self.provider.next_run = fields.Datetime.now() + timedelta(hours=1)
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertEqual(self.months(), {6: 6, 7: 6})
        self.assertEqual(self.provider.ponto_pull_ids.state, "done")

    def test_a_later_start_date_leaves_out_what_was_read(self):
        self.begin(4)
        self.feed.action_ponto_stop()
        self.provider.with_user(self.manager).ponto_start_date = date(2026, 7, 3)
        self.assertIn(": 4 transactions are read", self.feed.ponto_stop_notice)
        self.feed.action_ponto_go_on()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {6: 4, 7: 4})
        left_out = self.provider.ponto_transaction_ids.filtered(
            lambda record: record.state == "before_start"
        )
        self.assertEqual(len(left_out), 4)
        counts = self.provider.ponto_pull_ids.mapped("before_start_count")
        self.assertEqual(sum(counts), 4)
        # What is left out can be let in again.
        self.provider.with_user(self.manager).ponto_start_date = date(2026, 6, 1)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {6: 6, 7: 6})

    def test_a_running_pull_stops_after_its_step(self):
        self.book_days(7, 12)
        Provider = type(self.provider)
        tell = Provider._ponto_tell_progress
        steps = []

        def stop_at_the_fourth(provider):
            tell(provider)
            steps.append(provider)
            if len(steps) == 4:
                provider.env["ponto.stop"].create({"provider_id": provider.id})

        self.provider.next_run = fields.Datetime.now()
        self.patch(Provider, "_ponto_tell_progress", stop_at_the_fourth)
        # Three pages, one batch.
        with (
            self.enter_registry_test_mode(),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(len(self.lines()), 4)
        self.assertEqual(self.provider.ponto_pull_ids.state, "stopped")
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(self.cron.failure_count, 0)

    def test_what_a_killed_server_left_can_be_stopped(self):
        self.provider.sudo()._ponto_start_pull(None)
        self.feed.action_ponto_stop()
        self.assertEqual(self.provider.ponto_pull_ids.state, "stopped")

    def test_nobody_pulls_what_is_stopped(self):
        self.begin(4)
        self.feed.action_ponto_stop()
        with self.assertRaisesRegex(UserError, "Stopped by .* Press Go On"):
            self.pull(self.provider)
        with self.assertRaisesRegex(UserError, "Stopped by .* Press Go On"):
            self.feed.action_ponto_fetch_now()
        self.assertEqual(len(self.lines()), 4)

    def test_stopping_without_an_import_is_told_as_such(self):
        self.feed.action_ponto_stop()
        self.assertIn("nothing is imported until", self.feed.ponto_stop_notice)
        self.feed.action_ponto_stop()
        self.assertEqual(len(self.provider.ponto_stop_ids), 1)
        self.feed.action_ponto_go_on()
        self.assertFalse(self.provider.ponto_stop_ids)

    def test_who_may_not_pull_may_not_stop(self):
        clerk = new_test_user(
            self.env, login="ponto_clerk", groups="account.group_account_invoice"
        )
        for action in ("action_ponto_stop", "action_ponto_go_on"):
            with self.assertRaises(AccessError):
                getattr(self.provider.with_user(clerk), action)()
