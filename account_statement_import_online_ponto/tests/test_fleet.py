# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import LockError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.feed import (
    background,
    fetched,
    fleet,
    outage,
    pulls,
)
from odoo.addons.account_statement_import_online_ponto.ponto_api import (
    ahead as api_ahead,
)
from odoo.addons.account_statement_import_online_ponto.ponto_api.connection import (
    Connection,
)

from .common import OUTCOME_LOGGER, TODAY, PontoCase
from .simulator import Simulator

LOGGER = "odoo.addons.account_statement_import_online_ponto.feed"

#: How long to wait for what comes at once, in seconds.
SOON_S = 20


def an_hour_ago():
    """Return when Ponto has read the banks: while a list is read, no bank is."""
    return datetime.now(timezone.utc) - timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestFleet(PontoCase):
    """Many feeds in one pass: what is fetched ahead, and who works on which."""

    def setUp(self):
        super().setUp()
        self.Provider = self.env["online.bank.statement.provider"]
        outage.get_breaker(self.env).forget()
        self.simulators = []
        self.patch(self.bank, "_clock", an_hour_ago)

    def open_banks(self, banks, feeds):
        """Open banks, each an integration with some feeds.

        :return: the feeds, those of the first bank first
        """
        providers = self.Provider
        for number in range(banks):
            simulator = self.enterContext(
                Simulator(today=TODAY, dataset="empty", clock=an_hour_ago)
            )
            self.simulators.append(simulator)
            for position in range(feeds):
                reference = f"BE{number:02}{position:012}"
                account_id = simulator.bank.add_account(
                    reference=reference, currency="EUR", currentBalance="100.00"
                )
                simulator.bank.add_transaction(account_id, "5.00", "2026-07-10")
                providers += self.create_provider(
                    journal_id=self.create_numbered_journal(reference).id,
                    api_base=simulator.url,
                )
        return providers

    def create_numbered_journal(self, reference):
        journal = self.env["account.journal"].create(
            {
                "name": f"Bank {reference}",
                "type": "bank",
                "code": f"{reference[2:4]}{reference[-2:]}",
            }
        )
        journal.set_bank_account(reference)
        return journal

    def open_accounts(self, count):
        """Open accounts of one integration, with a transaction each; all are pulled."""
        providers = self.Provider
        for number in range(count):
            providers += self.open_account(f"BE77{number:012}")
            self.book("5.00", "2026-07-10")
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.bank.clear_requests()
        return providers

    def count_requests(self, path=""):
        return sum(each.bank.count(path) for each in self.simulators)

    @contextmanager
    def in_each_turn(self, function):
        """Call a function (feed) before each feed is pulled."""
        pull = pulls.pull_scheduled

        def call_first(provider, **options):
            function(provider)
            return pull(provider, **options)

        with patch.object(pulls, "pull_scheduled", call_first):
            yield

    # === REQUESTS === #

    def test_forty_feeds_of_four_integrations_need_forty_eight_requests(self):
        providers = self.open_banks(4, 10)
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.assertEqual(len(providers.ponto_integration_id), 4)
        for simulator in self.simulators:
            simulator.bank.clear_requests()
        self.env["ponto.integration"]._forget_tokens()
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.assertEqual(self.count_requests("/oauth2/token$"), 4)
        self.assertEqual(self.count_requests("/accounts$"), 4)
        self.assertEqual(self.count_requests("/transactions$"), 40)
        self.assertEqual(self.count_requests(), 48)
        # Each request counts for one pull.
        last = [provider.ponto_pull_ids.sorted("id")[-1:] for provider in providers]
        self.assertEqual(sum(pull.request_count for pull in last), 48)

    def test_a_first_pull_is_the_same_with_what_was_fetched_ahead(self):
        providers = self.open_banks(2, 3)
        self.pull_scheduled(providers)
        self.assertEqual(self.count_requests("/accounts$"), 2)
        for provider in providers:
            self.assertEqual(self.lines(provider.journal_id).mapped("amount"), [5])
            self.assertEqual(provider.ponto_balance_state, "equal")
            self.assertTrue(provider.ponto_account_id)

    def test_each_head_is_served_once(self):
        providers = self.open_accounts(3)
        self.pull_scheduled(providers)
        self.assertEqual(self.bank.count("/transactions$"), 3)
        self.bank.clear_requests()
        self.pull_scheduled(providers[0])
        self.assertEqual(self.bank.count("/transactions$"), 1)

    def test_a_single_feed_is_pulled_as_ever(self):
        [provider] = self.open_accounts(1)
        with patch.object(fleet, "_Turns", side_effect=AssertionError):
            self.pull_scheduled(provider)
        self.assertEqual(self.bank.count(""), 2)

    def test_no_more_than_allowed_are_asked_at_a_time(self):
        providers = self.open_banks(3, 8)
        self.pull_scheduled(providers)
        self.env["ir.config_parameter"].sudo().set_param(
            fleet.PER_INTEGRATION_PARAMETER, "2"
        )
        self.env["ir.config_parameter"].sudo().set_param(fleet.IN_ALL_PARAMETER, "3")
        lock, running, most = threading.Lock(), Counter(), Counter()
        attempt = Connection._attempt

        def counted_attempt(connection, *args):
            keys = (connection.base_url, "all")
            with lock:
                running.update(keys)
                for key in keys:
                    most[key] = max(most[key], running[key])
            try:
                return attempt(connection, *args)
            finally:
                with lock:
                    running.subtract(keys)

        self.patch(Connection, "_attempt", counted_attempt)
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.assertLessEqual(most.pop("all"), 3)
        self.assertLessEqual(max(most.values()), 2)

    def test_no_more_heads_are_held_than_there_is_room_for(self):
        providers = self.open_accounts(12)
        self.patch(fleet, "WINDOW", 4)
        begun = []
        fetch = api_ahead.fetch_head

        def noted_fetch(client, **options):
            begun.append(options["account_id"])
            return fetch(client, **options)

        self.patch(fetched, "fetch_head", noted_fetch)
        held = []
        with self.in_each_turn(lambda provider: held.append(len(begun) - len(held))):
            self.pull_scheduled(providers)
        self.assertEqual(len(held), 12)
        self.assertLessEqual(max(held), 4)

    # === WHO IS SILENT === #

    def test_one_that_does_not_answer_stops_no_other(self):
        providers = self.open_banks(3, 2)
        self.pull_scheduled(providers)
        silent, *others = self.simulators
        silent_feeds, done = providers[:2], []
        may_answer = threading.Event()
        self.addCleanup(may_answer.set)

        fetch = api_ahead.fetch_accounts

        def late_fetch(client):
            if client._connection.base_url == silent.url:
                may_answer.wait(SOON_S)
            return fetch(client)

        def note(provider):
            done.append(provider.id)
            if len(done) == 4:
                may_answer.set()

        self.patch(fetched, "fetch_accounts", late_fetch)
        with self.in_each_turn(note):
            self.pull_scheduled(providers)
        self.assertEqual(sorted(done[4:]), silent_feeds.ids)
        self.assertFalse(any(providers.mapped("ponto_failure")))

    @mute_logger(OUTCOME_LOGGER)
    def test_an_integration_that_fails_leaves_its_feeds_to_the_next_pass(self):
        providers = self.open_banks(3, 3)
        self.pull_scheduled(providers)
        self.env["ponto.integration"]._forget_tokens()
        bad = self.simulators[1].bank
        bad.clear_requests()
        bad.fault("", status=500, body="", times=None)
        self.pull_scheduled(providers)
        self.assertEqual(len(bad.requests), 1)
        failed = providers.filtered("ponto_failure")
        self.assertEqual(failed, providers[3:6])
        self.assertEqual(len(failed.filtered("ponto_failure_count")), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_wrong_codes_cost_one_request_for_all_feeds(self):
        providers = self.open_accounts(4)
        providers.sudo().ponto_integration_id._replace_secret(
            providers.sudo().ponto_integration_id._encrypt_secret("wrong")
        )
        self.pull_scheduled(providers)
        self.assertEqual(providers.mapped("ponto_failure_advice"), ["credentials"] * 4)
        self.assertEqual(self.bank.count(""), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_an_account_that_is_refused_is_told_on_its_feed_alone(self):
        providers = self.open_accounts(3)
        refused = providers[1].ponto_account_id
        self.bank.fault(f"/accounts/{refused}/transactions$", status=403, times=None)
        self.pull_scheduled(providers)
        self.assertEqual(providers.filtered("ponto_failure"), providers[1])
        self.assertEqual(self.bank.count(f"{refused}/transactions$"), 1)

    @mute_logger(OUTCOME_LOGGER)
    def test_two_broken_integrations_do_not_stop_those_behind_them(self):
        providers = self.open_banks(4, 3)
        self.patch(
            outage,
            "find_key",
            lambda provider: ("one address", provider.sudo().ponto_integration_id.id),
        )
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        broken = [simulator.bank for simulator in self.simulators[:2]]
        for bank in broken:
            bank.fault("", status=500, body="", times=None)
        self.pull_scheduled(providers)
        for bank in broken:
            bank.clear_requests()
        self.pull_scheduled(providers)
        self.assertEqual(providers.filtered("ponto_failure"), providers[:6])
        self.assertEqual([len(bank.requests) for bank in broken], [1, 1])

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failing_account_puts_off_no_feed_for_which_ponto_has_answered(self):
        providers = self.open_accounts(4)
        bad = providers[1].ponto_account_id
        self.bank.fault(
            f"/accounts/{bad}/transactions$", status=500, body="", times=None
        )
        self.pull_scheduled(providers)
        self.assertEqual(providers.filtered("ponto_failure"), providers[1])

    @mute_logger(OUTCOME_LOGGER)
    def test_a_list_that_cannot_be_read_stops_only_who_has_to_search_in_it(self):
        known = self.open_accounts(3)
        new = self.open_account("BE77000000000099")
        for fault in (
            {"status": 400},
            {"status": 403},
            {"status": 404},
            {"body": {"data": [{"type": "account", "id": new.name}]}},
        ):
            with self.subTest(fault):
                self.bank.clear_faults()
                self.bank.fault("/accounts$", times=None, **fault)
                self.pull_scheduled(known + new)
                self.assertEqual((known + new).filtered("ponto_failure"), new)

    # === WHAT HAPPENS MEANWHILE === #

    def test_what_is_booked_after_the_balance_was_told_is_not_in_the_opening(self):
        """The time at which the bank was read need not show it."""
        providers = self.Provider
        for number in range(2):
            providers += self.open_account(f"BE77{number:012}")
            self.book("5.00", "2026-07-10")
        account_id, booked = self.account_id, []
        fetch = api_ahead.fetch_head

        def fetch_late(client, **options):
            if options["account_id"] == account_id and not booked:
                booked.append(self.bank.add_transaction(account_id, "7", "2026-07-11"))
            return fetch(client, **options)

        self.patch(fetched, "fetch_head", fetch_late)
        self.pull_scheduled(providers)
        self.assertTrue(booked)
        journal = providers[1].journal_id
        self.assertEqual(self.lines(journal).mapped("amount"), [5, 7])
        self.assertEqual(
            self.statements(journal)[:1].balance_start,
            float(self.bank.balance(account_id)) - 12,
        )

    @mute_logger(OUTCOME_LOGGER)
    def test_a_feed_that_changes_its_integration_meanwhile_stops_no_other(self):
        providers = self.open_banks(2, 2)
        self.pull_scheduled(providers)
        prepare = fleet.prepare_list

        def change_before(provider, *arguments):
            if provider == providers[2]:
                others_sudo = providers[0].sudo().ponto_integration_id
                provider.sudo().ponto_integration_id = others_sudo
            return prepare(provider, *arguments)

        self.patch(fleet, "prepare_list", change_before)
        self.pull_scheduled(providers)
        self.assertEqual(providers.filtered("ponto_failure"), providers[2])

    def change_before_the_last_turn(self, providers, change):
        """Pull feeds, and change something before the turn of the last one."""
        turns = []

        def count(provider):
            turns.append(provider)
            if len(turns) == len(providers):
                change(provider)

        with self.in_each_turn(count):
            self.pull_scheduled(providers)
        return turns[-1]

    def test_a_pull_that_comes_in_between_makes_what_was_fetched_useless(self):
        providers = self.open_accounts(3)

        def pull(provider):
            self.bank.add_transaction(provider.ponto_account_id, "7.00", "2026-07-11")
            provider.sudo()._ponto_lock()

        last = self.change_before_the_last_turn(providers, pull)
        self.assertFalse(last.ponto_failure)
        self.assertEqual(self.lines(last.journal_id).mapped("amount"), [5, 7])

    def test_a_pull_that_comes_at_the_very_last_moment_is_noticed(self):
        providers = self.open_accounts(2)
        held = fetched.Ahead(fetched.read_state(providers[0]), api_ahead.Answers())
        self.assertTrue(held.take(providers[0]) is not None)
        for _lock in range(2):
            providers[0].sudo()._ponto_lock()
        with self.assertRaises(LockError):
            held.check(providers[0])

    def test_what_is_old_is_not_used(self):
        providers = self.open_accounts(2)
        self.patch(fetched, "LIFETIME_S", fetched.LIFETIME_S)
        fetch = api_ahead.fetch_head

        def fetch_for_long(client, **options):
            fetched.LIFETIME_S = -1
            return fetch(client, **options)

        self.patch(fetched, "fetch_head", fetch_for_long)
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.assertGreaterEqual(self.bank.count("/transactions$"), 4)

    def test_another_account_of_the_journal_is_read_instead(self):
        providers = self.open_accounts(3)

        def change(provider):
            account_id = self.bank.add_account(
                reference="BE92001999999923", currency="EUR", currentBalance="1.00"
            )
            self.bank.add_transaction(account_id, "8.00", "2026-07-12")
            provider.journal_id.bank_account_id = False
            provider.journal_id.set_bank_account("BE92001999999923")
            changed.append(account_id)

        changed = []
        last = self.change_before_the_last_turn(providers, change)
        self.assertFalse(last.ponto_failure)
        self.assertEqual(last.ponto_account_id, changed[0])
        self.assertIn(8, self.lines(last.journal_id).mapped("amount"))

    def test_what_other_codes_have_fetched_is_not_used(self):
        providers = self.open_accounts(3)

        def change(provider):
            integration_sudo = provider.sudo().ponto_integration_id
            # The same place by another name.
            integration_sudo.api_base = f"{self.simulator.url}/"
            self.bank.clear_requests()

        last = self.change_before_the_last_turn(providers, change)
        self.assertFalse(last.ponto_failure)
        self.assertEqual(self.bank.count("/transactions$"), 1)

    def test_a_feed_that_is_archived_meanwhile_has_not_failed(self):
        providers = self.open_accounts(3)

        def archive(provider):
            provider.sudo().active = False

        last = self.change_before_the_last_turn(providers, archive)
        self.assertFalse(last.active)
        self.assertFalse(last.ponto_failure)
        self.assertFalse(last.activity_ids)

    def test_a_feed_that_is_deleted_meanwhile_is_no_error(self):
        providers = self.open_accounts(3)

        def delete(provider):
            provider.sudo().unlink()

        with self.assertNoLogs(LOGGER, "WARNING"):
            last = self.change_before_the_last_turn(providers, delete)
        self.assertFalse(last.exists())
        self.assertFalse(any((providers - last).mapped("ponto_failure")))

    # === WHO WORKS ON WHICH === #

    def test_two_workers_never_have_the_same_feed(self):
        dbname = self.env.cr.dbname
        with fleet.Claims(dbname) as one, fleet.Claims(dbname) as other:
            self.assertEqual(one.take([1, 2, 3]), {1, 2, 3})
            self.assertEqual(other.take([2, 3, 4]), {4})
            self.assertEqual(one.take([2, 4, 5]), {2, 5})
        with fleet.Claims(dbname) as next_one:
            self.assertEqual(next_one.take([1, 2, 3, 4, 5]), {1, 2, 3, 4, 5})

    @contextmanager
    def as_scheduler(self, commit=None):
        """Give the providers as Odoo's scheduler sees them, which commits."""
        cron = self.env.ref("account_statement_import_online_ponto.ir_cron_pull")
        cron = cron.sudo()
        progress = self.env["ir.cron.progress"].sudo().create({"cron_id": cron.id})
        committed = commit or (lambda cron, processed=0, **values: 100.0)
        with (
            patch.object(type(cron), "_commit_progress", committed),
            patch.object(self.env.cr, "rollback", lambda: None),
        ):
            yield self.Provider.with_context(
                cron_id=cron.id, ir_cron_progress_id=progress.id
            )

    def make_due(self, providers):
        providers.next_run = datetime(2026, 7, 15)
        self.env.flush_all()

    def test_what_another_worker_has_is_left_to_it(self):
        providers = self.open_accounts(6)
        self.make_due(providers)
        turns = []
        with (
            fleet.Claims(self.env.cr.dbname) as other,
            self.as_scheduler() as scheduled,
            self.in_each_turn(lambda provider: turns.append(provider.id)),
        ):
            other.take(providers[:2].ids)
            scheduled._ponto_scheduled_pull()
        self.assertEqual(sorted(turns), providers[2:].ids)
        self.assertEqual(self.bank.count("/transactions$"), 4)
        now = fields.Datetime.now()
        self.assertEqual(
            providers.filtered(lambda each: each.next_run <= now), providers[:2]
        )

    def test_for_what_was_begun_with_a_feed_of_another_worker_one_comes_back(self):
        providers = self.open_accounts(3)
        self.make_due(providers)
        triggers = self.env["ir.cron.trigger"].sudo()
        for begun in (providers[:0], providers[0]):
            background.pull_in_background(begun)
            triggers.search([]).unlink()
            with (
                fleet.Claims(self.env.cr.dbname) as other,
                self.as_scheduler() as scheduled,
            ):
                other.take(providers.ids)
                scheduled._ponto_scheduled_pull()
            self.assertEqual(bool(triggers.search([])), bool(begun))
        self.assertFalse(self.bank.requests)

    def test_what_another_worker_has_done_is_not_done_again(self):
        providers = self.open_accounts(6)
        self.make_due(providers)
        turns = []

        def let_another_be_quicker(cron, processed=0, **values):
            # It ended its work before this one claimed the feeds.
            if not turns and not processed:
                providers[:3].next_run = fields.Datetime.now() + timedelta(hours=1)
            return 100.0

        with (
            self.as_scheduler(let_another_be_quicker) as scheduled,
            self.in_each_turn(lambda provider: turns.append(provider.id)),
        ):
            scheduled._ponto_scheduled_pull()
        self.assertEqual(sorted(turns), providers[3:].ids)
        self.assertEqual(self.bank.count("/transactions$"), 3)

    def test_a_pass_goes_on_with_what_its_last_run_fetched(self):
        providers = self.open_accounts(6)
        self.make_due(providers)
        turns = []

        def end_the_run(cron, processed=0, **values):
            return 100.0 if not processed or len(turns) % 2 else 0.0

        with (
            self.as_scheduler(end_the_run) as scheduled,
            self.in_each_turn(lambda provider: turns.append(provider.id)),
        ):
            for _run in range(3):
                scheduled._ponto_scheduled_pull()
        self.assertEqual(sorted(turns), providers.ids)
        self.assertEqual(self.bank.count("/transactions$"), 6)
        self.assertEqual(self.bank.count("/accounts$"), 1)

    def cut_off_while_one_is_silent(self):
        """Cut off a run of two integrations, while the accounts of one are listed: that
        ends in an outage.

        :return: the feeds, those of the silent one last
        """
        providers = self.open_banks(2, 2)
        self.pull_scheduled(providers)
        self.make_due(providers)
        may_answer, has_answered = threading.Event(), threading.Event()
        self.addCleanup(may_answer.set)
        fetch = api_ahead.fetch_accounts
        silent = self.simulators[1]

        def fetch_late(client):
            if client._connection.base_url != silent.url:
                return fetch(client)
            may_answer.wait(SOON_S)
            silent.bank.fault("/accounts$", status=500, body="")
            listed = fetch(client)
            has_answered.set()
            return listed

        def end_the_run(cron, processed=0, **values):
            return 0.0 if processed else 100.0

        with (
            self.as_scheduler(end_the_run) as scheduled,
            patch.object(fetched, "fetch_accounts", fetch_late),
        ):
            scheduled._ponto_scheduled_pull()
        may_answer.set()
        self.assertTrue(has_answered.wait(SOON_S))
        return providers

    def get_cut_off(self):
        """Return what cut off runs have left, by their keys."""
        dbname = self.env.cr.dbname
        return {key: each for key, each in fleet._CUT_OFF.items() if key[0] == dbname}

    def test_an_outage_long_ago_is_none_of_the_next_pass(self):
        providers = self.cut_off_while_one_is_silent()
        self.assertTrue(self.get_cut_off())
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600)
        self.patch(fetched, "time", clock)
        self.patch(fleet, "time", clock)
        with self.as_scheduler() as scheduled:
            scheduled._ponto_scheduled_pull()
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.assertGreater(min(providers.mapped("next_run")), fields.Datetime.now())

    def test_nothing_is_kept_for_a_pass_that_has_no_use_for_it(self):
        providers = self.cut_off_while_one_is_silent()
        providers.next_run = fields.Datetime.now() + timedelta(hours=1)
        with self.as_scheduler() as scheduled:
            scheduled._ponto_scheduled_pull()
        self.assertFalse(self.get_cut_off())
        verdict = outage.get_breaker(self.env).admit(*outage.find_key(providers[-1]))
        self.assertEqual(verdict, outage.Admission.GO)

    # === WHAT THE SCHEDULER IS TOLD === #

    @contextmanager
    def noting_progress(self):
        """Run as the scheduler, and note what it is told to be left."""
        told = []

        def note(cron, processed=0, remaining=None, **values):
            told.append(remaining)
            return 100.0

        with self.as_scheduler(note) as scheduled:
            yield scheduled, told

    def test_a_run_without_time_tells_how_many_are_left(self):
        providers = self.open_banks(2, 2)
        self.pull_scheduled(providers)
        self.make_due(providers)
        for simulator in self.simulators:
            simulator.bank.clear_requests()
            simulator.bank.fault("", delay=0.5, times=None)
        for seconds in (-1, 0.3):
            with (
                self.noting_progress() as (scheduled, told),
                patch.object(
                    type(providers),
                    "_ponto_get_cron_time_left",
                    lambda provider, seconds=seconds: seconds,
                ),
            ):
                scheduled._ponto_scheduled_pull()
            self.assertFalse(self.count_requests())
            self.assertEqual(told[-1:], [4])
        # Too little time is nobody's silence.
        with self.as_scheduler() as scheduled:
            scheduled._ponto_scheduled_pull()
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.assertGreater(min(providers.mapped("next_run")), fields.Datetime.now())

    def test_to_who_finds_everything_taken_nothing_is_left(self):
        providers = self.open_accounts(3)
        self.make_due(providers)
        with (
            fleet.Claims(self.env.cr.dbname) as other,
            self.noting_progress() as (scheduled, told),
        ):
            other.take(providers.ids)
            scheduled._ponto_scheduled_pull()
        self.assertFalse(self.bank.requests)
        self.assertEqual(told[-1:], [0])

    def test_the_action_of_our_own_is_off_and_pulls_no_other_service(self):
        cron = self.env.ref("account_statement_import_online_ponto.ir_cron_pull")
        self.assertFalse(cron.active)
        [ours] = self.open_accounts(1)
        other = self.create_provider(service="dummy", username=False, password=False)
        (ours + other).next_run = due = datetime(2026, 7, 15)
        self.Provider._ponto_scheduled_pull()
        self.assertGreater(ours.next_run, due)
        self.assertEqual(other.next_run, due)

    def test_workers_begin_with_different_integrations(self):
        groups = [fleet._Group(number) for number in range(10)]
        first = set()
        for cron_id in range(8):
            turns = fleet._Turns.__new__(fleet._Turns)
            turns._providers = self.Provider.with_context(cron_id=cron_id)
            rotated = turns._rotate(groups)
            self.assertEqual(len(rotated), 10)
            first.add(rotated[0].integration_id)
        self.assertGreater(len(first), 5)
