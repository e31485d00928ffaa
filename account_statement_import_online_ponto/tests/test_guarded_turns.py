# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..feed import opening_balance, outage, outcome, people, pulls
from .common import CRON, OTHER_IBAN, OUTCOME_LOGGER, PontoCase
from .simulator import api as simulator_api

GUARD_LOGGER = OUTCOME_LOGGER.replace("outcome", "guard")


class Interrupt(BaseException):
    """Ends a server, as Ctrl+C does."""


@tagged("post_install", "-at_install")
class TestGuardedTurns(PontoCase):
    """Whatever is wrong with a feed or with who is told: the others are pulled."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()
        self.book("1.00", "2026-07-10")
        journal = self.create_journal()
        account_id = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.bank.add_transaction(account_id, "9.00", "2026-07-10")
        self.second = self.create_provider(journal_id=journal.id)

    @contextmanager
    def breaking(self, module, name):
        """Let a step of a turn fail for the first feed."""
        act = getattr(module, name)

        def fail(provider, *args, **options):
            if self.provider in provider:
                raise RuntimeError("broken")
            return act(provider, *args, **options)

        with patch.object(module, name, fail):
            yield

    def assert_others_pulled(self):
        self.assertEqual(self.lines(self.second.journal_id).mapped("amount"), [9])
        self.assertFalse(self.second.ponto_failure)
        self.assertGreater(self.provider.next_run, fields.Datetime.now())
        self.assertGreater(self.second.next_run, fields.Datetime.now())

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_whatever_fails_before_a_pull_is_kept_as_its_failure(self):
        for module, name in (
            (people, "find_languages"),
            (pulls, "_choose_words"),
            (type(self.provider), "_ponto_is_connected"),
            (outage, "put_off_if_down"),
            (outage, "find_key"),
        ):
            with self.subTest(name), self.breaking(module, name):
                self.lines(self.second.journal_id).statement_id.unlink()
                self.lines(self.second.journal_id).unlink()
                self.second.sudo().ponto_transaction_ids.unlink()
                self.pull_scheduled(self.provider + self.second)
                self.assert_others_pulled()
                self.assertTrue(self.provider.ponto_failure)

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_whatever_fails_after_a_failure_the_failure_is_shown(self):
        self.provider.password = "wrong"
        for module, name in (
            (outcome, "_log_failure"),
            (outcome, "record_failure"),
            (people, "_update_activities"),
            (people, "remind_of_consent"),
            (outage, "schedule_next_run"),
        ):
            with self.subTest(name), self.breaking(module, name):
                self.provider.sudo().ponto_failure_message = False
                self.pull_scheduled(self.provider)
                self.assertTrue(self.provider.ponto_failure)
                self.assertTrue(self.provider.ponto_failed_at)
                self.assertGreater(self.provider.next_run, fields.Datetime.now())

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_whatever_fails_after_success_the_import_stays(self):
        self.provider.sudo().ponto_failing_since = fields.Datetime.now()
        with self.breaking(outage, "schedule_next_run"):
            self.pull_scheduled(self.provider + self.second)
        self.assert_others_pulled()
        self.assertEqual(len(self.lines()), 1)

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_what_the_database_refuses_at_last_is_the_feeds_own_failure(self):
        """What a pull writes may still be in Odoo's cache when its turn ends."""
        self.pull_scheduled(self.provider + self.second)
        Account = type(self.env["ponto.account"])
        write = Account._write_multi
        refusals = []

        def refuse(records, vals_list):
            if self.provider.ponto_linked_account_id in records:
                refusals.append(vals_list)
                raise error
            write(records, vals_list)

        for error in (SerializationFailure(), ValueError("refused")):
            with self.subTest(type(error).__name__):
                self.bank.clear_requests()
                for provider in self.provider + self.second:
                    self.bank.add_transaction(
                        provider.ponto_account_id, "2.00", "2026-07-11"
                    )
                before = len(self.lines(self.second.journal_id))
                (self.provider + self.second).next_run = datetime(2026, 7, 15)
                with (
                    self.as_scheduler() as scheduled,
                    patch.object(Account, "_write_multi", refuse),
                ):
                    scheduled._ponto_scheduled_pull()
                self.assertTrue(refusals)
                refusals.clear()
                lines = self.lines(self.second.journal_id)
                self.assertEqual(len(lines), before + 1)
                self.assertFalse(self.second.ponto_failure)
                has_failed = isinstance(error, ValueError)
                self.assertEqual(bool(self.provider.ponto_failure), has_failed)
                is_planned = self.provider.next_run > fields.Datetime.now()
                self.assertEqual(is_planned, has_failed)

    @contextmanager
    def as_scheduler(self):
        """Give the providers as Odoo's scheduler sees them, which commits."""
        cron = self.env.ref(CRON).sudo()
        progress = self.env["ir.cron.progress"].sudo().create({"cron_id": cron.id})
        self.env.flush_all()
        with (
            patch.object(self.env.cr, "commit", self.env.flush_all),
            patch.object(self.env.cr, "rollback", self.env.cr.clear),
        ):
            yield self.env["online.bank.statement.provider"].with_context(
                cron_id=cron.id, ir_cron_progress_id=progress.id
            )

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_who_cannot_be_told_keeps_nothing_from_being_imported(self):
        self.bank.expire_consent(self.account_id)
        Activity = type(self.env["mail.activity"])
        for act in (
            lambda: self.pull_scheduled(self.provider + self.second),
            lambda: self.pull(self.provider),
        ):
            self.provider.sudo().ponto_consent_reminded = -1
            self.book("2.00", "2026-07-11")
            before = len(self.lines())
            with patch.object(Activity, "create", side_effect=RuntimeError("broken")):
                act()
            self.assertGreater(len(self.lines()), before)
        self.assert_others_pulled()

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_a_mail_that_cannot_be_sent_leaves_the_activity(self):
        self.provider.password = "wrong"
        Activity = type(self.env["mail.activity"])
        with patch.object(
            Activity, "action_notify", side_effect=RuntimeError("broken")
        ):
            self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.activity_ids)

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_languages_that_were_switched_off_stop_nothing(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.bookkeeper.sudo().lang = "nl_NL"
        self.company.partner_id.sudo().lang = "nl_NL"
        self.provider.ponto_responsible_ids = self.bookkeeper
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_lang SET active = false WHERE code = 'nl_NL'")
        self.env.registry.clear_all_caches()
        self.env.invalidate_all()
        self.provider.password = "wrong"
        self.pull_scheduled(self.provider + self.second)
        self.assertIn("does not accept the Login", self.provider.ponto_failure)
        self.provider.password = self.simulator.client_secret
        self.pull_scheduled(self.provider + self.second)
        self.assertEqual(len(self.lines()), 1)

    # === SCHEDULES === #

    def test_an_absurd_interval_stops_nothing(self):
        for unit in ("days", "weeks", "hours"):
            with self.subTest(unit):
                self.provider.write(
                    {"interval_type": unit, "interval_number": 9_999_999}
                )
                self.book("3.00", "2026-07-12")
                self.pull_scheduled(self.provider + self.second)
                self.assertFalse(self.provider.ponto_failure)
                self.assert_others_pulled()
                limit = fields.Datetime.now() + timedelta(days=2 * 366)
                self.assertLess(self.provider.next_run, limit)

    def test_what_a_wrong_clock_has_planned_is_planned_anew(self):
        now = fields.Datetime.now()
        self.provider.next_run = now + timedelta(days=9)
        self.second.next_run = now + timedelta(minutes=90)
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertLessEqual(self.provider.next_run, now + timedelta(hours=2))
        self.assertEqual(self.second.next_run, now + timedelta(minutes=90))

    # === INTERRUPTED === #

    def test_an_interrupted_pull_leaves_nothing_half_done(self):
        for module, name in (
            (opening_balance, "update_after_create"),
            (outcome, "record_success"),
        ):
            with self.subTest(name):
                with (
                    patch.object(module, name, side_effect=Interrupt),
                    self.assertRaises(Interrupt),
                ):
                    self.pull_scheduled(self.provider)
                self.env.invalidate_all()
                self.assertFalse(self.lines())
                self.assertFalse(self.statements())
                self.assertFalse(self.provider.ponto_transaction_ids)

    # === THE BANK'S ORDER === #

    def test_lines_keep_the_banks_order_whichever_pull_read_them(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 2)
        for order in ("created", "execution"):
            for user in (None, self.bookkeeper):
                with self.subTest(order=order, user=user):
                    self.lines().statement_id.unlink()
                    self.lines().unlink()
                    self.provider.sudo().ponto_transaction_ids.unlink()
                    self.provider.action_ponto_reset_last_identifier()
                    self.bank.set_order(order)
                    for number in range(5):
                        self.book(f"{number}.25", "2026-07-13")
                    with self.cut_off_after(1):
                        self.pull_scheduled(self.provider)
                    self.assertFalse(self.lines())
                    # As if that one had failed: another pull goes on.
                    pulls = self.provider.sudo().ponto_pull_ids
                    pulls.filtered(
                        lambda pull: pull.state == "running"
                    ).state = "failed"
                    self.book("7.25", "2026-07-13")
                    if user:
                        self.pull(self.provider, user=user)
                    else:
                        self.pull_scheduled(self.provider)
                    listed = self.bank.transactions(self.account_id)
                    self.assertEqual(
                        [line.unique_import_id[-36:] for line in self.lines()],
                        [row["id"] for row in reversed(listed)],
                    )

    # === EMPTY PAGES === #

    def test_empty_pages_in_the_middle_end_no_history(self):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 2)
        for number in range(5):
            self.book(f"{number}.25", "2026-07-13")
        self.bank.fault("/transactions$", action="empty_page", times=3, after=1)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(len(self.lines()), 6)

    @mute_logger(OUTCOME_LOGGER, GUARD_LOGGER)
    def test_an_endless_list_of_empty_pages_is_a_failure_with_words_of_its_own(self):
        self.bank.fault("/transactions$", action="empty_page", times=None)
        self.pull_scheduled(self.provider)
        self.assertIn("page after page", self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_failure_advice, "retry")
        self.assertFalse(self.provider.ponto_history_complete)
        self.assertFalse(self.lines())
