# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed.background import (
    notify_progress,
    pull_in_background,
)
from odoo.addons.account_statement_import_online_ponto.feed.progress import (
    Progress,
    describe,
)

from .common_background import BackgroundCase


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
        pull_in_background(self.provider.with_user(self.bookkeeper))
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
        pull = self.env["ponto.pull"].sudo()._start(self.provider)
        today = self.provider._ponto_get_today()
        clock = iter([0, 0, 60]).__next__
        progress = Progress(pull, today, clock)
        progress.begin_importing(100)
        progress.count_down_to(75)
        self.assertEqual(pull.seconds_left, 180)
        for seconds, words in (
            (0, "25 of 100 transactions."),
            (20, "Less than a minute left."),
            (70, "About one minute left."),
            (180, "About 3 minutes left."),
            (3 * 3600, "About 3 hours left."),
        ):
            pull.seconds_left = seconds
            self.assertTrue(describe(pull).endswith(words))

    def test_a_standstill_is_told(self):
        pull_in_background(self.provider)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ponto_pull SET write_date = write_date - interval '3 minutes'"
        )
        self.assertEqual(self.progress()["text"], "Waiting for the server to go on.")

    def test_news_tell_nothing_but_where_to_look(self):
        self.book_days(7, 12)
        notify_progress(self.provider)
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
