# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
from datetime import date, timedelta

from freezegun import freeze_time
from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..feed import standing
from ..feed.background import pull_in_background
from ..tools import format_moment
from .common import CRON, OTHER_IBAN, OUTCOME_LOGGER, PontoCase


@tagged("post_install", "-at_install")
class TestDashboard(PontoCase):
    """The morning look: is my bank complete?"""

    def card(self, journal=None, user=None):
        """Return what the journal's card shows of its feed, to a bookkeeper (dict)."""
        journal = (journal or self.journal).with_user(user or self.bookkeeper)
        journal.invalidate_recordset(["kanban_dashboard"])
        return json.loads(journal.kanban_dashboard).get("ponto")

    def parts(self, provider):
        """Return what the card counts, by its kind (dict)."""
        self.env.invalidate_all()
        return standing.read_standings(provider.sudo())[provider].parts

    def test_a_journal_without_feed_shows_nothing_of_it(self):
        self.assertIsNone(self.card())

    def test_banks_and_credit_cards_are_connected_from_form_and_card(self):
        Journal = self.env["account.journal"].with_user(self.manager)
        name = "Connect MyPonto.com"
        button = f"//button[@string='{name}' or normalize-space()='{name}']"
        form = etree.fromstring(Journal.get_view(view_type="form")["arch"])
        buttons = form.xpath(button)
        for kind, expected in (("bank", 1), ("credit", 1), ("cash", 0)):
            values = {"type": kind, "online_bank_statement_provider_id": False}
            shown = [
                each
                for each in buttons
                if not any(
                    safe_eval(node.get("invisible", "False"), dict(values))
                    for node in (each, each.getparent())
                )
            ]
            self.assertEqual(len(shown), expected, kind)
        view = self.env.ref("account.account_journal_dashboard_kanban_view")
        card = etree.fromstring(
            Journal.get_view(view_id=view.id, view_type="kanban")["arch"]
        )
        conditions = [each.get("t-if") for each in card.xpath(button)]
        self.assertEqual(len(conditions), 2)
        for condition in conditions:
            self.assertIn("['bank', 'credit'].includes(journal_type)", condition)

    def test_who_may_not_see_feeds_is_told_nothing_of_them(self):
        self.create_provider()
        self.assertTrue(self.card())
        self.assertIsNone(self.card(user=self.create_clerk()))

    def test_each_button_works_whatever_the_journal_says_of_its_bank_feeds(self):
        """The feed goes on, so people have to get to it."""
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.journal.bank_statements_source = "undefined"
        self.assertFalse(self.journal.online_bank_statement_provider_id)
        self.assertTrue(self.card())
        journal = self.journal.with_user(self.bookkeeper)
        journal.action_ponto_fetch_now()
        self.assertEqual(len(self.lines()), 1)
        buttons = [name for name in dir(journal) if name.startswith("action_ponto_")]
        self.assertGreater(len(buttons), 9)
        for name in buttons:
            with self.subTest(name):
                self.assertIsInstance(getattr(journal, name)(), dict)
        wizard = self.env["online.bank.statement.pull.wizard"].with_user(
            self.bookkeeper
        )
        context = {"active_model": "account.journal", "active_id": journal.id}
        opened = wizard.with_context(**context).create({})
        self.assertEqual(opened.ponto_provider_id, provider)
        provider.unlink()
        with self.assertRaisesRegex(UserError, "no feed"):
            journal.action_ponto_fetch_now()

    def test_without_a_scheduled_action_the_card_is_shown_and_fetches(self):
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        pull_in_background(provider)
        self.env.ref(CRON).sudo().unlink()
        self.assertEqual(self.card()["next"], "No fetch is scheduled")
        self.journal.with_user(self.bookkeeper).action_ponto_fetch_now()
        self.assertEqual(len(self.lines()), 1)
        # What was left to it is done with, too.
        self.assertEqual(set(provider.ponto_pull_ids.mapped("state")), {"done"})
        self.assertFalse(provider.ponto_progress)

    def test_a_time_zone_that_the_server_does_not_know_keeps_nobody_from_looking(self):
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE online_bank_statement_provider SET tz = 'Mars/Olympus' "
            "WHERE id = %s",
            [provider.id],
        )
        self.env.invalidate_all()
        self.assertTrue(self.card())
        with mute_logger(OUTCOME_LOGGER):
            self.pull_scheduled(provider)
        self.assertFalse(self.lines())
        self.assertTrue(provider.ponto_failure)
        self.assertTrue(self.card())

    def test_nothing_of_a_feed_outlives_its_journal(self):
        provider = self.open_account(OTHER_IBAN)
        provider.activity_schedule("mail.mail_activity_data_todo")
        provider.journal_id.unlink()
        self.assertFalse(
            self.env["mail.activity"].search(
                [("res_model", "=", provider._name), ("res_id", "=", provider.id)]
            )
        )

    def test_a_complete_journal_shows_that_it_equals_the_bank(self):
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(provider)
        card = self.card()
        self.assertTrue(card["is_equal"])
        self.assertFalse(card["difference"])
        self.assertFalse(card["waiting"])
        self.assertTrue(card["bank_data"])

    def test_the_balance_that_is_compared_is_shown_where_odoo_shows_another(self):
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(provider)
        self.assertFalse(self.card()["books"])
        for shown in ("2,000.00", "5.00"):
            if shown == "2,000.00":
                self.statements()[-1].with_user(self.bookkeeper).balance_end_real = 2000
            else:
                self.statements().unlink()
            self.env.invalidate_all()
            with self.subTest(shown):
                card = self.card()
                whole = self.journal.with_user(self.bookkeeper).kanban_dashboard
                self.assertIn(shown, json.loads(whole)["account_balance"])
                self.assertIn("1,005.00", card["bank"])
                self.assertIn("1,005.00", card["books"])
                self.assertTrue(card["is_equal"])

    def test_a_starting_balance_that_nothing_tells_is_asked_for(self):
        self.enter_by_hand(300, "2026-06-20")
        provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(provider)
        card = self.card()
        self.assertTrue(card["has_no_opening"])
        self.assertIn("enter its starting balance", card["balance_text"])
        for key in ("is_equal", "difference", "books", "unexplained"):
            self.assertFalse(card[key], key)

    def test_what_waits_is_counted_with_the_difference_it_makes(self):
        provider = self.create_provider()
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-01")
        self.pull_scheduled(provider)
        card = self.card()
        self.assertEqual(card["waiting"], 1)
        self.assertIn("5.00", card["difference"])

    # === WHAT EXPLAINS A DIFFERENCE === #

    def test_each_reason_of_a_difference_has_its_number_and_amount(self):
        provider = self.create_provider(create_statement=False)
        for day in ("05", "06", "07", "08"):
            self.book("7.00", f"2026-07-{day}")
        self.pull_scheduled(provider)
        self.lines()[1:3].with_user(self.bookkeeper).unlink()
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-01")
        self.book("3.00", "2026-06-02")
        self.pull_scheduled(provider)
        waiting = self.registered("waiting", provider).sorted("amount")
        waiting[0].with_user(self.bookkeeper).action_ignore()
        card = self.card()
        self.assertEqual((card["removed"], card["ignored"], card["waiting"]), (2, 1, 1))
        for key, amount in (
            ("removed_amount", "14.00"),
            ("ignored_amount", "3.00"),
            ("waiting_amount", "5.00"),
            ("difference", "22.00"),
        ):
            self.assertIn(amount, card[key], key)
        self.assertFalse(card["unexplained"])
        self.assertFalse(card["is_equal"])
        # A line of somebody's own is nothing that the feed could explain.
        self.enter_by_hand(-6, "2026-07-10")
        card = self.card()
        self.assertIn("28.00", card["difference"])
        self.assertIn("6.00", card["unexplained"])

    def test_the_card_tells_of_this_moment_and_not_of_the_last_fetch(self):
        provider = self.create_provider(create_statement=False)
        self.book("7.00", "2026-07-05")
        self.book("8.00", "2026-07-06")
        self.pull_scheduled(provider)
        self.assertTrue(self.card()["is_equal"])
        self.lines()[1].with_user(self.bookkeeper).unlink()
        card = self.card()
        self.assertIn("8.00", card["difference"])
        self.assertEqual(card["removed"], 1)
        record = self.registered("removed", provider)
        record.with_user(self.bookkeeper).action_import()
        self.assertTrue(self.card()["is_equal"])

    def test_what_was_removed_before_the_first_line_counts_as_far_as_it_explains(self):
        provider = self.create_provider(create_statement=False)
        for day, amount in (("05", "7.00"), ("06", "8.00"), ("07", "9.00")):
            self.book(amount, f"2026-07-{day}")
        self.pull_scheduled(provider)
        self.lines()[0].with_user(self.bookkeeper).unlink()
        card = self.card()
        self.assertEqual((card["removed"], card["unexplained"]), (1, False))
        self.assertEqual(self.count_removed(), 1)
        self.lines()[1].with_user(self.bookkeeper).unlink()
        card = self.card()
        self.assertEqual((card["removed"], card["unexplained"]), (2, False))
        self.assertIn("16.00", card["removed_amount"])
        self.assertEqual(self.count_removed(), 2)
        # The balance before the first line takes in what is taken back.
        provider.sudo().ponto_opening_balance += 7
        card = self.card()
        self.assertEqual((card["removed"], card["unexplained"]), (1, False))
        self.assertIn("9.00", card["removed_amount"])
        self.assertEqual(self.count_removed(), 1)

    def count_removed(self):
        """Return how many transactions the line of those removed leads to."""
        action = self.journal.with_user(self.bookkeeper).action_ponto_open_removed()
        return self.env[action["res_model"]].search_count(action["domain"])

    def test_the_balance_check_tells_the_reasons_with_their_amounts(self):
        provider = self.create_provider(create_statement=False)
        for day in ("05", "06", "07"):
            self.book("7.00", f"2026-07-{day}")
        self.pull_scheduled(provider)
        self.lines()[1:3].with_user(self.bookkeeper).unlink()
        self.enter_by_hand(-6, "2026-07-10")
        self.pull_scheduled(provider)
        text = provider.with_user(self.bookkeeper).ponto_balance_text
        self.assertRegex(text, r"removed by a user: \D*14\.00.*unexplained: \D*6\.00")
        self.assertEqual(provider.ponto_unexplained, 6)

    # === LINKS === #

    def test_each_line_of_the_card_leads_to_what_it_tells_of(self):
        provider = self.create_provider(create_statement=False)
        for day in ("05", "06", "07", "08"):
            self.book("7.00", f"2026-07-{day}")
        # The balance before the first line holds what is older.
        self.book("2.00", "2025-12-30")
        self.pull_scheduled(provider)
        self.book("4.00", "2026-07-09", currency="USD")
        self.lines()[1].with_user(self.bookkeeper).unlink()
        tomorrow = provider._ponto_get_today() + timedelta(days=1)
        self.book("9.00", str(tomorrow))
        self.book("1.00", "2025-12-31")
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-01")
        self.book("3.00", "2026-06-02")
        self.pull_scheduled(provider)
        waiting = self.registered("waiting", provider)
        waiting.filtered(
            lambda record: record.currency == "USD" or record.amount == 3
        ).with_user(self.bookkeeper).action_ignore()
        # As a fetch of other days leaves them.
        self.book("6.00", "2026-07-10")
        self.book("8.00", str(tomorrow))
        self.pull(provider, since="2026-07-05", until="2026-07-06")
        journal = self.journal.with_user(self.bookkeeper)
        parts = self.parts(provider)
        for kind, amounts in (
            ("removed", [7]),
            ("ignored", [3]),
            ("announced", [8, 9]),
            ("late", [1]),
            ("new", [6]),
        ):
            with self.subTest(kind):
                action = getattr(journal, f"action_ponto_open_{kind}")()
                found = self.env[action["res_model"]].search(action["domain"])
                self.assertEqual(sorted(found.mapped("amount")), amounts)
                self.assertEqual(parts[kind].count, len(amounts))
        self.assertEqual(journal.action_ponto_open_feed()["res_id"], provider.id)
        pulls = journal.action_ponto_open_pulls()
        self.assertEqual(
            self.env[pulls["res_model"]].search(pulls["domain"]),
            provider.ponto_pull_ids,
        )
        provider.sudo().ponto_difference_date = "2026-07-07"
        lines = journal.action_ponto_open_unexplained()
        self.assertEqual(
            set(self.env[lines["res_model"]].search(lines["domain"]).mapped("date")),
            {date(2026, 7, 7), date(2026, 7, 8)},
        )

    # === CAUSES === #

    @mute_logger(OUTCOME_LOGGER)
    def test_the_cause_is_told_in_three_words(self):
        provider = self.create_provider()
        self.bank.fault("/accounts", status=503, body="", times=None)
        self.pull_scheduled(provider)
        card = self.card()
        self.assertEqual(card["cause"], "Ponto has a problem, tries again")
        self.assertEqual(card["cause_class"], "text-warning-emphasis")
        self.bank.clear_faults()
        self.bank.fault("/oauth2/token", status=401, code="invalid_client", times=None)
        self.env["ponto.integration"]._forget_tokens()
        self.pull_scheduled(provider)
        card = self.card()
        self.assertEqual(card["cause"], "Login refused")
        self.assertEqual(card["cause_class"], "text-danger")
        self.assertIn("does not accept the Login", card["failure"])

    def test_the_consent_is_told_before_and_after_its_end(self):
        provider = self.create_provider()
        self.pull_scheduled(provider)
        account_sudo = provider.sudo().ponto_linked_account_id
        account_sudo.consent_expires_at = fields.Datetime.now() + timedelta(days=90)
        card = self.card()
        self.assertIn("Consent until", card["consent"])
        self.assertEqual(card["consent_class"], "text-700")
        account_sudo.consent_expires_at = fields.Datetime.now() + timedelta(days=8)
        card = self.card()
        self.assertEqual(card["consent"], "Consent: 8 days left")
        self.assertEqual(card["consent_class"], "text-warning-emphasis")
        self.assertFalse(card["cause"])
        account_sudo.consent_expires_at = fields.Datetime.now()
        card = self.card()
        self.assertEqual(card["consent"], "Consent expired")
        self.assertEqual(card["consent_class"], "text-danger")

    def test_the_card_tells_what_happens_next(self):
        provider = self.create_provider()
        self.assertFalse(self.card()["pulled"])
        self.pull_scheduled(provider)
        provider.ponto_pull_ids.sudo().finished_at = "2026-07-10 08:00:00"
        self.assertIn("7/10/", self.card()["pulled"])
        self.assertIn("Next fetch: ", self.card()["next"])
        pull_in_background(provider)
        self.assertEqual(self.card()["next"], "Being fetched now")
        self.env.ref(CRON).sudo().active = False
        provider.ponto_pull_ids.sudo().state = "done"
        self.assertEqual(self.card()["next"], "No fetch is scheduled")

    def test_the_next_fetch_is_when_the_scheduled_action_comes_to_the_feed(self):
        self.enterContext(freeze_time("2026-07-15 10:17:00"))
        provider = self.create_provider()
        cron = self.env.ref(CRON).sudo()
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        cron.nextcall = "2026-07-15 10:40:00"
        for next_run, moment in (
            ("2026-07-15 10:20:00", "2026-07-15 10:40:00"),
            ("2026-07-15 09:00:00", "2026-07-15 10:40:00"),
            ("2026-07-15 11:17:00", "2026-07-15 11:40:00"),
        ):
            with self.subTest(next_run):
                provider.next_run = next_run
                local = format_moment(
                    self.env(user=self.bookkeeper),
                    fields.Datetime.to_datetime(moment),
                    provider.tz,
                    True,
                )
                self.assertEqual(self.card()["next"], f"Next fetch: {local}")
        provider.next_run = "2026-07-15 10:17:00"
        cron._trigger()
        self.assertEqual(self.card()["next"], "Next fetch: in a moment")

    def test_a_stopped_feed_is_not_forgotten(self):
        provider = self.create_provider().with_user(self.bookkeeper)
        provider.action_ponto_stop()
        card = self.card()
        self.assertEqual(card["status"], "paused")
        self.assertIn("Paused by", card["notice"])
        self.assertIn("Paused by", card["cause"])
        self.assertEqual(card["next"], "No fetch is scheduled")
        provider.action_ponto_go_on()
        self.assertFalse(self.card()["notice"])
