# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
from datetime import date

from odoo.tests import tagged

from .common import PontoCase


@tagged("post_install", "-at_install")
class TestDashboard(PontoCase):
    """The morning look: is my bank complete?"""

    def card(self, journal=None, user=None):
        """:return: what the journal's card shows of its feed, to a bookkeeper (dict)"""
        journal = (journal or self.journal).with_user(user or self.bookkeeper)
        journal.invalidate_recordset(["kanban_dashboard"])
        return json.loads(journal.kanban_dashboard).get("ponto")

    def test_a_journal_without_feed_shows_nothing_of_it(self):
        self.assertIsNone(self.card())

    def test_who_may_not_see_feeds_is_told_nothing_of_them(self):
        self.create_provider()
        self.assertTrue(self.card())
        self.assertIsNone(self.card(user=self.create_clerk()))

    def test_a_complete_journal_shows_that_it_equals_the_bank(self):
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(provider)
        card = self.card()
        self.assertEqual(card["balance_state"], "equal")
        self.assertFalse(card["difference"])
        self.assertFalse(card["waiting"])
        self.assertTrue(card["bank_data"])

    def test_what_waits_is_counted_with_the_difference_it_makes(self):
        provider = self.create_provider()
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-01")
        self.pull_scheduled(provider)
        card = self.card()
        self.assertEqual(card["waiting"], 1)
        self.assertIn("5.00", card["difference"])

    def test_a_stopped_feed_is_not_forgotten(self):
        provider = self.create_provider().with_user(self.bookkeeper)
        provider.action_ponto_stop()
        card = self.card()
        self.assertEqual(card["status_label"], "Paused")
        self.assertIn("Paused by", card["notice"])
        provider.action_ponto_go_on()
        self.assertFalse(self.card()["notice"])
