# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.feed import background

from .common_background import BackgroundCase


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
            f"Paused by {self.bookkeeper.name}: 8 transactions are read and wait to "
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
        notify = background.notify_progress
        steps = []

        def stop_at_the_fourth(provider):
            notify(provider)
            steps.append(provider)
            if len(steps) == 4:
                provider.env["ponto.stop"].create({"provider_id": provider.id})

        self.provider.next_run = fields.Datetime.now()
        self.patch(background, "notify_progress", stop_at_the_fourth)
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
        self.env["ponto.pull"].sudo()._start(self.provider)
        self.feed.action_ponto_stop()
        self.assertEqual(self.provider.ponto_pull_ids.state, "stopped")

    def test_nobody_pulls_what_is_stopped(self):
        self.begin(4)
        self.feed.action_ponto_stop()
        with self.assertRaisesRegex(UserError, "Paused by .* Press Resume"):
            self.pull(self.provider)
        with self.assertRaisesRegex(RedirectWarning, "Paused by .* Press Resume"):
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
        clerk = self.create_clerk()
        for action in ("action_ponto_stop", "action_ponto_go_on"):
            with self.assertRaises(AccessError):
                getattr(self.provider.with_user(clerk), action)()
