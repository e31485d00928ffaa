# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, time, timedelta, timezone

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..feed import people
from ..feed.outcome import record_failure
from ..ponto_api import PontoDeadlineError, PontoServerError, PontoTlsError
from .common import OTHER_IBAN, OUTCOME_LOGGER, PontoCase


@tagged("post_install", "-at_install")
class TestPeople(PontoCase):
    """Who is told what, once, and until when."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider(
            ponto_responsible_ids=[(6, 0, self.bookkeeper.ids)]
        )

    def expire_in(self, days):
        day = fields.Date.today() + timedelta(days=days)
        moment = datetime.combine(day, time.max, tzinfo=timezone.utc)
        self.bank.set_consent_end(self.account_id, moment)

    # === CONSENT === #

    def test_a_consent_that_ends_is_told_once_per_threshold(self):
        for days, expected in (
            (60, 0),
            (30, 30),
            (29, 30),
            (10, 10),
            (2, 10),
            (1, 1),
            (0, 0),
        ):
            with self.subTest(days):
                self.expire_in(days)
                self.pull_scheduled(self.provider)
                self.pull_scheduled(self.provider)
                self.assertEqual(len(self.provider.activity_ids), int(days <= 30))
                if days <= 30:
                    self.assertEqual(self.provider.ponto_consent_reminded, expected)
                    self.assertEqual(
                        self.provider.activity_ids.user_id, self.bookkeeper
                    )
                    self.assertIn(
                        "authorize the account again", self.provider.ponto_bank_notice
                    )

    @mute_logger(OUTCOME_LOGGER)
    def test_who_removes_a_kind_of_activity_is_not_told_again_and_again(self):
        self.env.ref(people.ACTIVITY_FAILURE).sudo().unlink()
        self.provider.password = "wrong"
        for _time in range(2):
            self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.ponto_failure)
        self.assertFalse(self.provider.activity_ids)

    def test_a_renewed_consent_closes_its_reminder(self):
        self.expire_in(5)
        self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.activity_ids)
        self.bank.renew_consent(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.activity_ids)
        self.assertFalse(self.provider.ponto_bank_notice)

    def test_a_reminder_that_somebody_has_dealt_with_does_not_come_again(self):
        self.expire_in(5)
        self.pull_scheduled(self.provider)
        self.provider.activity_ids.action_feedback()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.activity_ids)

    def test_a_renewed_consent_is_reminded_of_when_it_ends(self):
        self.expire_in(5)
        self.pull_scheduled(self.provider)
        self.bank.renew_consent(self.account_id)
        self.pull_scheduled(self.provider)
        self.expire_in(5)
        self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.activity_ids)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_consent_that_ends_is_told_while_pulls_fail(self):
        self.expire_in(60)
        self.pull_scheduled(self.provider)
        account_sudo = self.provider.sudo().ponto_linked_account_id
        account_sudo.consent_expires_at = fields.Datetime.now() + timedelta(20)
        self.bank.fault("/accounts", status=500, times=None)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_consent_reminded, 30)

    def test_a_consent_that_has_ended_is_expired_though_no_bank_said_so(self):
        self.expire_in(-1)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_consent_state, "expired")

    def test_a_consent_that_was_withdrawn_early_is_expired(self):
        self.bank.expire_consent(self.account_id)
        self.expire_in(60)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_consent_state, "expired")

    def test_an_expired_consent_is_shown_while_old_data_is_read(self):
        self.book("1.00", "2026-07-10")
        self.bank.expire_consent(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(self.provider.ponto_consent_state, "expired")
        self.assertIn("no longer lets Ponto read", self.provider.ponto_bank_notice)

    def test_maintenance_at_the_bank_is_shown(self):
        self.bank.set_availability(self.account_id, "readonly")
        self.pull_scheduled(self.provider)
        self.assertIn("maintenance", self.provider.ponto_bank_notice)

    def test_a_replaced_connection_is_shown(self):
        self.bank.deprecate(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertIn("new connection", self.provider.ponto_bank_notice)

    # === STATUS === #

    @mute_logger(OUTCOME_LOGGER)
    def test_one_status_says_how_the_feed_is_doing(self):
        provider = self.provider
        self.assertEqual(provider.ponto_status, "untested")
        self.pull_scheduled(provider)
        self.assertEqual(provider.ponto_status, "connected")
        self.expire_in(20)
        self.pull_scheduled(provider)
        self.assertEqual(provider.ponto_status, "soon")
        self.bank.expire_consent(self.account_id)
        self.pull_scheduled(provider)
        self.assertEqual(provider.ponto_status, "expired")
        self.bank.fault("/oauth2/token", status=401, code="invalid_client", times=None)
        self.env["ponto.integration"]._forget_tokens()
        self.pull_scheduled(provider)
        self.assertEqual(provider.ponto_status, "error")
        provider.active = False
        self.assertEqual(provider.ponto_status, "paused")
        provider.write({"active": True, "username": False, "password": False})
        self.assertEqual(provider.ponto_status, "disconnected")

    # === FAILURES === #

    @mute_logger(OUTCOME_LOGGER)
    def test_a_problem_that_somebody_is_done_with_is_told_once(self):
        number = self.journal.bank_account_id
        self.journal.bank_account_id = False
        self.pull_scheduled(self.provider)
        self.provider.activity_ids.action_feedback()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.activity_ids)
        # It is told again when it comes back.
        self.journal.bank_account_id = number
        self.pull_scheduled(self.provider)
        self.journal.bank_account_id = False
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.activity_ids.user_id, self.bookkeeper)

    @mute_logger(OUTCOME_LOGGER)
    def test_another_cause_is_told_though_somebody_is_done_with_the_first(self):
        self.journal.bank_account_id = False
        self.pull_scheduled(self.provider)
        self.provider.activity_ids.action_feedback()
        self.journal.set_bank_account(OTHER_IBAN)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_failure_advice, "fix")
        self.assertEqual(self.provider.activity_ids.user_id, self.bookkeeper)

    @mute_logger(OUTCOME_LOGGER)
    def test_what_another_module_tells_is_told_once_for_each_of_its_texts(self):
        for text, count in (("No moon", 1), ("No moon", 0), ("No stars", 1)):
            record_failure(self.provider.sudo(), UserError(text))
            self.assertEqual(len(self.provider.activity_ids), count)
            self.provider.activity_ids.action_feedback()

    @mute_logger(OUTCOME_LOGGER)
    def test_what_may_pass_by_itself_is_told_once_whatever_it_is_in_turn(self):
        late, broken = PontoDeadlineError("Late"), PontoServerError("Broken")
        record_failure(self.provider.sudo(), late)
        self.provider.sudo().ponto_failing_since -= timedelta(days=2)
        for error, count in ((late, 1), (broken, 0), (late, 0)):
            record_failure(self.provider.sudo(), error)
            self.assertEqual(len(self.provider.activity_ids), count)
            self.provider.activity_ids.action_feedback()

    @mute_logger(OUTCOME_LOGGER)
    def test_what_somebody_does_with_an_activity_stays(self):
        self.provider.password = "wrong"
        self.pull_scheduled(self.provider)
        next_week = fields.Date.today() + timedelta(days=7)
        activity = self.provider.activity_ids
        activity.write({"date_deadline": next_week, "user_id": self.manager.id})
        self.pull_scheduled(self.provider)
        self.assertRecordValues(
            self.provider.activity_ids,
            [{"date_deadline": next_week, "user_id": self.manager.id}],
        )

    @mute_logger(OUTCOME_LOGGER)
    def test_who_becomes_responsible_is_told_of_what_still_fails(self):
        self.provider.password = "wrong"
        self.pull_scheduled(self.provider)
        self.provider.activity_ids.action_feedback()
        self.provider.ponto_responsible_ids = self.bookkeeper | self.manager
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.activity_ids.user_id, self.manager)

    def test_a_difference_is_told_once_for_each_amount(self):
        self.provider.create_statement = False
        for amount in ("5.00", "6.00"):
            self.book(amount, "2026-07-01")
        self.pull_scheduled(self.provider)
        for count in (1, 2):
            self.lines()[0].unlink()
            for _time in range(2):
                self.pull_scheduled(self.provider)
                since = fields.Datetime.now() - timedelta(days=2)
                self.provider.sudo().ponto_differs_since = since
            self.pull_scheduled(self.provider)
            with self.subTest(count):
                self.assertEqual(len(self.provider.activity_ids), 1)
            self.provider.activity_ids.action_feedback()
            self.pull_scheduled(self.provider)
            self.assertFalse(self.provider.activity_ids)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_that_needs_somebody_is_told_once_and_closed(self):
        self.provider.password = "wrong"
        for _time in range(3):
            self.pull_scheduled(self.provider)
        [activity] = self.provider.activity_ids
        self.assertEqual(activity.user_id, self.bookkeeper)
        self.assertIn("does not accept the Login", activity.note)
        self.provider.password = self.simulator.client_secret
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.activity_ids)

    @mute_logger(OUTCOME_LOGGER)
    def test_the_scheduled_pull_speaks_the_language_of_the_person_responsible(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.bookkeeper.sudo().lang = "fr_FR"
        self.provider.password = "wrong"
        self.pull_scheduled(self.provider)
        self.assertIn("Ponto n'accepte pas", self.provider.activity_ids.note)

    @mute_logger(OUTCOME_LOGGER)
    def test_each_person_is_told_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.bookkeeper.sudo().lang = "fr_FR"
        self.manager.sudo().lang = "en_US"
        self.provider.ponto_responsible_ids = self.bookkeeper | self.manager
        self.provider.password = "wrong"
        for _time in range(2):
            self.pull_scheduled(self.provider)
            notes = {
                activity.user_id: activity.note
                for activity in self.provider.activity_ids
            }
            self.assertIn("Ponto n'accepte pas", notes[self.bookkeeper])
            self.assertIn("Ponto does not accept", notes[self.manager])

    @mute_logger(OUTCOME_LOGGER)
    def test_each_person_reads_about_the_feed_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.bank.expire_consent(self.account_id)
        self.pull_scheduled(self.provider)
        record_failure(self.provider.sudo(), PontoTlsError("Untrusted"))
        self.provider.with_user(self.bookkeeper).action_ponto_stop()
        in_french = self.provider.with_context(lang="fr_FR")
        for name in (
            "ponto_balance_text",
            "ponto_bank_notice",
            "ponto_stop_notice",
            "ponto_failure",
        ):
            with self.subTest(name):
                self.assertNotEqual(self.provider[name], in_french[name])
        [pull] = self.provider.ponto_pull_ids.filtered("message")
        self.assertNotEqual(pull.message, pull.with_context(lang="fr_FR").message)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_that_may_pass_is_told_after_a_day(self):
        self.bank.fault("/accounts", status=500, body="", times=None)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.activity_ids)
        self.provider.sudo().ponto_failing_since = fields.Datetime.now() - timedelta(
            days=2
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.provider.activity_ids), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_since_a_clock_was_ahead_lasts_from_now_on(self):
        self.bank.fault("/accounts", status=500, body="", times=None)
        now = fields.Datetime.now()
        self.provider.sudo().ponto_failing_since = now + timedelta(days=30)
        self.pull_scheduled(self.provider)
        self.assertLess(self.provider.ponto_failing_since, now + timedelta(hours=1))

    @mute_logger(OUTCOME_LOGGER)
    def test_each_failure_in_a_row_doubles_the_wait_up_to_a_day(self):
        self.bank.fault("/accounts", status=500, body="", times=None)
        waits = []
        for _time in range(8):
            self.pull_scheduled(self.provider)
            waits.append(self.provider.next_run - fields.Datetime.now())
        self.assertLess(waits[0], timedelta(hours=1, seconds=5))
        self.assertGreater(waits[2], timedelta(hours=3))
        self.assertLessEqual(waits[-1], timedelta(days=1, seconds=5))
        self.bank.clear_faults()
        self.pull_scheduled(self.provider)
        self.assertLess(
            self.provider.next_run - fields.Datetime.now(),
            timedelta(hours=1, seconds=5),
        )

    @mute_logger(OUTCOME_LOGGER)
    def test_the_wait_that_ponto_asks_for_is_kept(self):
        self.bank.fault(
            "/accounts", status=429, headers={"Retry-After": "7200"}, times=None
        )
        self.pull_scheduled(self.provider)
        self.assertGreater(
            self.provider.next_run - fields.Datetime.now(), timedelta(minutes=119)
        )
