# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import threading
from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.engine.days import Period
from odoo.addons.account_statement_import_online_ponto.feed import (
    background,
    pulls,
    registered,
    screening,
)
from odoo.addons.account_statement_import_online_ponto.feed.reader import (
    fetch_documents,
)
from odoo.addons.account_statement_import_online_ponto.feed.session import PullSession

from ..models import ponto_patience_mixin as patience
from .common import OTHER_IBAN, OUTCOME_LOGGER
from .common_background import BackgroundCase


@tagged("post_install", "-at_install")
class TestBackground(BackgroundCase):
    """What a person does not wait for goes on by itself."""

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

    def test_a_run_that_goes_on_looks_at_what_it_imports_and_not_at_all_that_is_left(
        self,
    ):
        """A first import takes a run of the scheduler for every few batches."""
        self.book_days(7, 20)
        looked_at = []

        def read_known(records, **options):
            looked_at.append(len(records))
            return registered.read_known(records, **options)

        self.patch(screening, "read_known", read_known)
        runs = 0
        while len(self.lines()) < 20 and runs < 20:
            runs += 1
            with self.cut_off_after(1):
                self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 20})
        self.assertGreater(runs, 4)
        self.assertEqual(max(looked_at), 4)

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

    def test_behind_a_place_that_ponto_forgot_nothing_is_lost(self):
        self.provider.ponto_reread_days = 0
        self.book_days(6, 3)
        self.pull_scheduled(self.provider)
        self.book_days(7, 12)
        with self.cut_off_after(2):
            self.pull_scheduled(self.provider)
        self.bank.remove_transaction(self.provider.ponto_read_until)
        self.pull_scheduled(self.provider)
        # The one that the bank took away was read before.
        self.assertEqual(self.months(), {6: 3, 7: 12})

    def test_whatever_a_place_gives_that_ponto_forgot_it_is_no_end(self):
        for month, answer in ((6, "empty"), (7, "refused")):
            with self.subTest(answer):
                self.bank.set_unknown_cursor(answer)
                self.book_days(month, 12)
                background.reset_reading(self.provider.sudo())
                with self.cut_off_after(1):
                    self.pull_scheduled(self.provider)
                self.assertTrue(self.provider.ponto_read_until)
                self.bank.relink(self.account_id, keep_account_id=True)
                self.pull_scheduled(self.provider)
                self.assertFalse(self.provider.ponto_failure)
                self.assertEqual(self.months()[month], 12)

    def test_empty_pages_end_no_reading(self):
        self.book_days(7, 12)
        self.bank.fault("/transactions", action="empty_page", times=2)
        self.bank.fault("/transactions", action="empty_page", after=1)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 12})
        self.assertTrue(self.provider.ponto_history_complete)

    def test_an_empty_page_at_the_head_hides_nothing_new(self):
        self.book_days(7, 12)
        with self.cut_off_after(2):
            self.pull_scheduled(self.provider)
        self.book("5.00", "2026-06-05")
        self.bank.fault("/transactions", action="empty_page")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {6: 1, 7: 12})

    @mute_logger(OUTCOME_LOGGER)
    def test_empty_pages_without_end_are_a_failure_and_no_whole_history(self):
        self.book_days(7, 12)
        self.bank.fault("/transactions", action="empty_page", after=1, times=None)
        self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_failure_advice, "retry")
        self.assertFalse(self.provider.ponto_history_complete)
        self.bank.clear_faults()
        self.pull_scheduled(self.provider)
        self.assertEqual(self.months(), {7: 12})
        self.assertTrue(self.provider.ponto_history_complete)

    def test_many_empty_pages_do_not_count_as_old_ones(self):
        self.book_days(7, 6)
        self.bank.fault("/transactions", action="empty_page", times=9)
        documents = fetch_documents(
            self.provider, Period(date(2026, 7, 1), date(2026, 7, 6))
        )
        self.assertEqual(len(documents), 6)

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
        self.assertIn("temporary problem", pull.message)
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
                PullSession, "check_configuration", side_effect=UserError("No")
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

    def test_for_what_was_begun_while_another_pulls_it_comes_back(self):
        claimed = patch.object(
            type(self.provider),
            "_ponto_try_advisory_lock",
            lambda provider, namespace, number: namespace != patience.CLAIMS,
        )
        with claimed:
            self.pull_scheduled(self.provider)
        # What is only due has its turn with whoever has the feed.
        self.assertFalse(self.triggers())
        background.pull_in_background(self.provider)
        self.triggers().sudo().unlink()
        with claimed:
            self.pull_scheduled(self.provider)
        wait = self.triggers().call_at - fields.Datetime.now()
        self.assertTrue(timedelta() < wait <= timedelta(minutes=1), wait)

    def test_short_pulls_come_before_long_ones(self):
        journal = self.create_journal()
        second = self.create_provider(journal_id=journal.id)
        background.pull_in_background(self.provider)
        order = []
        pull = pulls.pull_scheduled
        self.patch(
            pulls,
            "pull_scheduled",
            lambda provider: order.append(provider) or pull(provider),
        )
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
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
        self.patch(pulls, "BUDGET_S", -1)
        self.book_days(7, 12)
        self.assertIn("goes on in the background", self.fetch())
        self.assertEqual(self.provider.ponto_pull_ids.state, "running")
        self.assertEqual(self.provider.ponto_pull_ids.user_id, self.bookkeeper)

    def test_what_is_short_is_waited_for(self):
        self.book_days(7, 12)
        self.assertIn("12 new", self.fetch())

    def test_everything_is_waited_for_where_nobody_would_go_on(self):
        self.patch(pulls, "BUDGET_S", -1)
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
        self.patch(PullSession, "is_time_over", lambda session: True)
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
