# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..feed import background, outage
from ..models import ponto_patience_mixin
from .common import OUTCOME_LOGGER, PontoCase

NUMBERS = ("BE15001765432130", "BE42000000000054", "BE71096123456769")


@tagged("post_install", "-at_install")
class TestOutage(PontoCase):
    """While Ponto does not answer, few feeds try it, and people are told once."""

    def setUp(self):
        super().setUp()
        outage.get_breaker(self.env).forget()
        responsible = [(6, 0, self.bookkeeper.ids)]
        self.provider = self.create_provider(ponto_responsible_ids=responsible)
        self.providers = self.provider
        for number in NUMBERS:
            self.providers += self.open_account(
                number, ponto_responsible_ids=responsible
            )

    def move_to_integration(self, provider, client_id):
        """Let a feed be that of an integration of its own."""
        integration_sudo = provider.sudo().ponto_integration_id
        provider.sudo().ponto_integration_id = integration_sudo.create(
            {
                "client_id": client_id,
                "client_secret": integration_sudo._get_client_secret(),
                "api_base": integration_sudo.api_base,
                "company_ids": integration_sudo.company_ids.ids,
            }
        )

    def disturb(self, **fault):
        """Let Ponto fail, whatever is asked."""
        self.bank.fault("", times=None, **{"status": 500, "body": "", **fault})

    def let_pass(self, days=2):
        """Let so much time pass that people are told of what still fails."""
        since = fields.Datetime.now() - timedelta(days=days)
        self.providers.sudo().ponto_failing_since = since

    @mute_logger(OUTCOME_LOGGER)
    def test_an_outage_costs_an_integration_one_request_a_pass(self):
        self.disturb()
        for _pass in range(3):
            self.bank.clear_requests()
            self.pull_scheduled(self.providers)
            self.assertEqual(len(self.bank.requests), 1)
        failures = set(self.providers.mapped("ponto_failure"))
        self.assertEqual(len(failures), 2)
        self.assertTrue(all(failures))
        self.assertEqual(set(self.providers.mapped("ponto_status")), {"error"})
        self.assertGreater(
            min(self.providers.mapped("next_run")), fields.Datetime.now()
        )

    @mute_logger(OUTCOME_LOGGER)
    def test_an_outage_since_a_clock_was_ahead_lasts_from_now_on(self):
        self.disturb()
        now = fields.Datetime.now()
        self.let_pass(days=-30)
        self.pull_scheduled(self.providers)
        for provider in self.providers:
            self.assertLess(provider.ponto_failing_since, now + timedelta(hours=1))

    @mute_logger(OUTCOME_LOGGER)
    def test_an_outage_costs_an_address_two_requests_and_then_one_a_pass(self):
        for number, provider in enumerate(self.providers):
            self.move_to_integration(provider, f"integration-{number}")
        self.disturb()
        for expected in (2, 1, 1):
            self.bank.clear_requests()
            self.pull_scheduled(self.providers)
            self.assertEqual(len(self.bank.requests), expected)

    @mute_logger(OUTCOME_LOGGER)
    def test_the_others_are_pulled_as_soon_as_one_is_answered(self):
        self.book("1.00", "2026-07-10")
        self.disturb()
        self.pull_scheduled(self.providers)
        self.bank.clear_faults()
        self.pull_scheduled(self.providers)
        self.assertFalse(any(self.providers.mapped("ponto_failure")))
        self.assertEqual(len(self.lines(self.providers[-1].journal_id)), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_after_an_outage_nobody_goes_on_waiting(self):
        self.disturb()
        for _pass in range(4):
            self.pull_scheduled(self.provider)
        self.providers[1:].unlink()
        second = self.open_account("BE62510007547061")
        outage.put_off(second.sudo(), 0)
        self.assertGreater(
            self.provider.next_run, fields.Datetime.now() + timedelta(hours=2)
        )
        self.bank.clear_faults()
        self.pull_scheduled(second)
        self.assertLessEqual(self.provider.next_run, fields.Datetime.now())

    @mute_logger(OUTCOME_LOGGER)
    def test_what_people_try_in_an_outage_lets_the_schedule_wait_no_longer(self):
        self.patch(ponto_patience_mixin, "PERSON_RETRIES", 0)
        self.disturb()
        hour = timedelta(hours=1)
        for hours in (1, 2):
            for _press in range(3):
                self.fail_to_pull(self.provider)
                self.assertTrue(self.provider.ponto_failure)
            self.provider.next_run = fields.Datetime.now() - timedelta(minutes=1)
            self.env["online.bank.statement.provider"]._ponto_scheduled_pull()
            wait = self.provider.next_run - fields.Datetime.now()
            self.assertTrue((hours - 1) * hour < wait < hours * hour, wait)

    @mute_logger(OUTCOME_LOGGER)
    def test_people_are_told_once_of_what_all_feeds_have_in_common(self):
        self.disturb()
        self.pull_scheduled(self.providers)
        self.assertFalse(self.providers.activity_ids)
        for _pass in range(3):
            self.let_pass()
            self.pull_scheduled(self.providers)
        self.assertEqual(len(self.providers.activity_ids), 1)
        self.bank.clear_faults()
        self.pull_scheduled(self.providers)
        self.assertFalse(self.providers.activity_ids)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_wrong_secret_is_told_once(self):
        self.provider.password = "wrong"
        self.pull_scheduled(self.providers)
        self.assertEqual(
            self.providers.mapped("ponto_failure_advice"), ["credentials"] * 4
        )
        self.assertEqual(len(self.providers.activity_ids), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_each_person_responsible_is_told_once(self):
        self.providers[-1].ponto_responsible_ids = self.manager
        self.provider.password = "wrong"
        self.pull_scheduled(self.providers)
        told = self.providers.activity_ids.user_id
        self.assertEqual(told, self.bookkeeper + self.manager)
        self.assertEqual(len(self.providers.activity_ids), 2)

    @mute_logger(OUTCOME_LOGGER)
    def test_what_concerns_one_feed_is_told_on_that_feed(self):
        self.provider.journal_id.bank_account_id = False
        self.providers[1].journal_id.bank_account_id = False
        self.pull_scheduled(self.providers)
        self.assertEqual(len(self.providers.activity_ids), 2)
        self.assertFalse(self.providers[2].ponto_failure)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_put_off_hides_nothing_that_somebody_has_to_mend(self):
        provider = self.providers[-1]
        provider.journal_id.bank_account_id = False
        self.pull_scheduled(provider)
        failure = provider.ponto_failure
        self.disturb()
        self.pull_scheduled(self.providers)
        self.assertEqual(provider.ponto_failure, failure)

    @mute_logger(OUTCOME_LOGGER)
    def test_fewer_requests_are_sent_for_all_feeds_that_ask_too_often(self):
        self.disturb(status=429, headers={"Retry-After": "7200"})
        self.pull_scheduled(self.providers)
        self.assertEqual(len(self.bank.requests), 1)
        for provider in self.providers:
            wait = provider.next_run - fields.Datetime.now()
            self.assertGreater(wait, timedelta(minutes=119))
        # Only the one that was refused shows it.
        self.assertEqual(len(self.providers.filtered("ponto_failure")), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_the_time_that_ponto_asked_for_outlasts_the_pass(self):
        self.disturb(status=429, headers={"Retry-After": "10800"})
        self.pull_scheduled(self.providers)
        self.bank.clear_faults()
        self.bank.clear_requests()
        # That one is due, whatever its schedule says.
        background.pull_in_background(self.providers[1])
        self.env["online.bank.statement.provider"]._ponto_scheduled_pull()
        # Another process knows no more than the database.
        outage.get_breaker(self.env).forget()
        self.providers[1].sudo().ponto_pull_ids.state = "done"
        self.env["online.bank.statement.provider"]._ponto_scheduled_pull()
        self.assertFalse(self.bank.requests)
        self.assertGreater(
            min(self.providers.mapped("next_run")),
            fields.Datetime.now() + timedelta(minutes=179),
        )

    @mute_logger(OUTCOME_LOGGER)
    def test_what_goes_on_is_woken_when_ponto_may_be_asked_again(self):
        self.disturb(status=429, headers={"Retry-After": "1800"})
        self.pull_scheduled(self.providers)
        self.bank.clear_faults()
        self.bank.clear_requests()
        background.pull_in_background(self.providers[1])
        self.env["online.bank.statement.provider"]._ponto_scheduled_pull()
        self.assertFalse(self.bank.requests)
        moments = self.env["ir.cron.trigger"].sudo().search([]).mapped("call_at")
        wait = max(moments) - fields.Datetime.now()
        self.assertGreater(wait, timedelta(minutes=29))
        self.assertLess(wait, timedelta(minutes=31))

    @mute_logger(OUTCOME_LOGGER)
    def test_whoever_is_due_again_is_pulled(self):
        """The schedule keeps the time that Ponto asked for, not the process."""
        self.disturb(status=429, headers={"Retry-After": "7200"})
        self.pull_scheduled(self.providers)
        self.bank.clear_faults()
        self.pull_scheduled(self.providers)
        self.assertFalse(any(self.providers.mapped("ponto_failure")))
        for provider in self.providers:
            self.assertIn("done", provider.sudo().ponto_pull_ids.mapped("state"))

    @mute_logger(OUTCOME_LOGGER)
    def test_who_waits_because_another_asked_too_often_is_told_of_no_outage(self):
        self.patch(ponto_patience_mixin, "FEED_RETRIES", 0)
        self.disturb(status=429)
        self.pull_scheduled(self.providers)
        self.assertEqual(len(self.bank.requests), 1)
        self.assertEqual(len(self.providers.filtered("ponto_failure")), 1)
        self.assertEqual(len(self.providers.filtered("ponto_failing_since")), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_refusal_of_one_account_is_no_outage(self):
        self.bank.unlink(self.bank.accounts()[0]["id"])
        self.pull_scheduled(self.providers)
        self.assertEqual(len(self.providers.filtered("ponto_failure")), 1)
