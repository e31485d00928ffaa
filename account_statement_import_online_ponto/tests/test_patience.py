# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time
from unittest.mock import patch

from odoo.exceptions import LockError, UserError
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from odoo.addons.account_statement_import_online_ponto.feed import (
    background,
    importer,
    session,
)
from odoo.addons.account_statement_import_online_ponto.feed.preview import preview
from odoo.addons.account_statement_import_online_ponto.feed.reader import Reader
from odoo.addons.account_statement_import_online_ponto.feed.session import (
    LOCKED_DEADLINE_S,
)
from odoo.addons.account_statement_import_online_ponto.models import (
    ponto_patience_mixin as patience,
)

from .common import CRON, OUTCOME_LOGGER, PontoCase
from .simulator import api as simulator_api


@tagged("post_install", "-at_install")
class TestPatience(PontoCase):
    """For how long anything waits for Ponto, and who waits meanwhile."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def get_seconds(self, scheduled=False, **context):
        provider = self.provider.with_context(**context)
        if scheduled:
            provider = provider._ponto_begin_run()
        client_patience = provider._ponto_begin_waiting()
        return client_patience["deadline"].remaining_s, client_patience["max_retries"]

    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].sudo().set_param(name, value)

    # === DEADLINES === #

    def test_a_person_waits_less_than_the_scheduled_pull(self):
        seconds, retries = self.get_seconds()
        self.assertTrue(19 < seconds <= 20)
        self.assertEqual(retries, 1)
        seconds, retries = self.get_seconds(scheduled=True)
        self.assertTrue(29 < seconds <= 30)
        self.assertEqual(retries, 3)

    def test_both_deadlines_follow_their_parameters(self):
        self.set_parameter(patience.PERSON_PARAMETER, "7")
        self.set_parameter(patience.FEED_PARAMETER, "9")
        self.assertAlmostEqual(self.get_seconds()[0], 7, delta=1)
        self.assertAlmostEqual(self.get_seconds(scheduled=True)[0], 9, delta=1)

    def test_an_invalid_deadline_counts_as_none(self):
        for nonsense in ("", "0", "-5", "soon"):
            self.set_parameter(patience.PERSON_PARAMETER, nonsense)
            self.assertAlmostEqual(self.get_seconds()[0], 20, delta=1)

    def test_the_scheduled_pull_ends_before_odoo_ends_it(self):
        # The scheduled action has begun 90 seconds ago.
        ends_at = time.monotonic() - 90 + patience.CRON_SLICE_S
        for limit, cron_limit, expected in (
            (120, -1, 10),
            (1200, -1, 30),
            (60, 115, 5),
            (60, 0, 30),
            (0, -1, 30),
        ):
            with (
                self.subTest(limit=limit, cron_limit=cron_limit),
                patch.dict(
                    config.options,
                    {"limit_time_real": limit, "limit_time_real_cron": cron_limit},
                ),
            ):
                context = {"scheduled": True, "cron_end_time": ends_at}
                self.assertAlmostEqual(
                    self.get_seconds(**context)[0], expected, delta=1
                )

    def test_without_time_to_ask_the_pass_goes_on_later(self):
        [pull] = background.pull_in_background(self.provider)
        self.bank.fault("", delay=0.5, times=None)
        for seconds in (-1, 0.3, 25):
            with patch.object(
                type(self.provider),
                "_ponto_get_cron_time_left",
                lambda provider, seconds=seconds: seconds,
            ):
                self.pull_scheduled(self.provider)
            self.assertFalse(self.bank.requests)
            self.assertEqual(pull.state, "running")
            self.assertFalse(self.provider.ponto_failure)
        self.bank.clear_faults()
        self.pull_scheduled(self.provider)
        self.assertEqual(pull.state, "done")

    def test_nothing_is_begun_that_could_not_take_its_time(self):
        for limit, ran_for, expected in (
            (120, 69, True),
            (120, 71, False),
            # Half of what there is, where that is little.
            (40, 9, True),
            (40, 11, False),
            (20, 0, False),
            (0, 9999, True),
        ):
            with (
                self.subTest(limit=limit, ran_for=ran_for),
                patch.dict(config.options, {"limit_time_real_cron": limit}),
            ):
                ends_at = time.monotonic() - ran_for + patience.CRON_SLICE_S
                provider = self.provider.with_context(cron_end_time=ends_at)
                self.assertEqual(provider._ponto_has_time_to_ask(), expected)

    @mute_logger(OUTCOME_LOGGER)
    def test_whatever_a_person_does_ends_at_the_deadline_with_a_sentence(self):
        self.set_parameter(patience.PERSON_PARAMETER, "1")
        self.bank.fault("", delay=5, times=None)
        provider = self.provider.with_user(self.bookkeeper)
        period = provider._ponto_get_period(*[self.provider.create_date] * 2)
        for action in (
            provider.action_ponto_fetch_now,
            lambda: self.pull(self.provider),
            lambda: preview(provider, period),
            lambda: self.pull(
                self.provider.with_context(account_statement_online_import_debug=True)
            ),
        ):
            began = time.monotonic()
            with self.assertRaisesRegex(UserError, "did not answer in time"):
                action()
            self.assertLess(time.monotonic() - began, 2.5)

    def test_the_check_ends_at_the_deadline_with_findings(self):
        self.set_parameter(patience.PERSON_PARAMETER, "1")
        self.bank.fault("/transactions", delay=5, times=None)
        provider = self.provider.with_user(self.bookkeeper)
        began = time.monotonic()
        check = self.env["ponto.connection.check"].browse(
            provider.action_ponto_check_connection()["res_id"]
        )
        self.assertLess(time.monotonic() - began, 2.5)
        texts = check.finding_ids.mapped("text")
        self.assertTrue([text for text in texts if "did not answer in time" in text])

    def test_the_assistant_ends_at_the_deadline_with_a_sentence(self):
        self.set_parameter(patience.PERSON_PARAMETER, "1")
        self.use_simulator_by_default()
        self.bank.fault("/accounts", delay=5, times=None)
        wizard = self.env["ponto.connect.wizard"].with_user(self.manager)
        wizard = wizard.create(
            {
                "connection": "new",
                "client_id": self.simulator.client_id,
                "client_secret": self.simulator.client_secret,
            }
        )
        began = time.monotonic()
        wizard.action_log_in()
        self.assertLess(time.monotonic() - began, 2.5)
        self.assertIn("did not answer in time", wizard.message)
        self.assertEqual(wizard.step, "credentials")

    @mute_logger(OUTCOME_LOGGER)
    def test_one_repeat_at_most_while_a_person_waits(self):
        self.bank.fault("/accounts", status=503, body="", times=None)
        with self.assertRaises(UserError):
            self.pull(self.provider)
        self.assertEqual(self.bank.count("/accounts"), 2)

    # === LOCKS === #

    def test_nothing_is_locked_while_ponto_is_waited_for(self):
        """Neither the head of the list nor what comes before it is read under lock."""
        order = []
        Provider = type(self.provider)
        lock = Provider._ponto_lock
        self.patch(
            Provider,
            "_ponto_lock",
            lambda provider: order.append(len(self.bank.requests)) or lock(provider),
        )
        self.book("1.00", "2026-07-10")
        self.pull_scheduled(self.provider)  # and lets the balance settle
        self.bank.clear_requests()
        order.clear()
        self.pull_scheduled(self.provider)
        self.assertEqual(order, [len(self.bank.requests)])

    def test_what_is_read_under_lock_has_little_time(self):
        seconds = []
        read = Reader.read_listed

        def note(reader):
            seconds.append(reader._session.client.deadline.remaining_s)
            return read(reader)

        self.patch(Reader, "read_listed", note)
        self.pull(self.provider)
        self.assertLessEqual(seconds[0], LOCKED_DEADLINE_S)

    def pull_three_pages(self, work_s=0, wait_s=0):
        """Pull where no scheduled action goes on, with little time for requests.

        :param float work_s: how long the feed works on a page
        :param float wait_s: how long Ponto takes to serve one
        """
        self.env.ref(CRON).sudo().active = False
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.patch(session, "LOCKED_DEADLINE_S", 0.5)
        self.patch(importer, "LOCKED_DEADLINE_S", 0.5)
        self.book_many(15, "1.00", "2026-07-10")
        register = Reader._register

        def register_slowly(reader, page):
            time.sleep(work_s)
            return register(reader, page)

        self.patch(Reader, "_register", register_slowly)
        self.bank.fault("/transactions", delay=wait_s, times=None)
        self.provider.with_user(self.bookkeeper).action_ponto_fetch_now()

    def test_what_is_done_under_lock_does_not_count_as_pontos_silence(self):
        self.pull_three_pages(work_s=0.6)
        self.assertEqual(len(self.lines()), 15)

    @mute_logger(OUTCOME_LOGGER)
    def test_where_nothing_is_scheduled_who_waited_is_told_to_try_again(self):
        with self.assertRaisesRegex(UserError, "in time.*press the button again"):
            self.pull_three_pages(wait_s=0.4)
        self.assertFalse(self.lines())

    @mute_logger(OUTCOME_LOGGER)
    def test_who_asked_for_what_the_schedule_does_not_do_is_told_to_try_again(self):
        self.set_parameter(patience.PERSON_PARAMETER, "1")
        self.bank.fault("", delay=2, times=None)
        provider = self.provider.with_user(self.bookkeeper)
        period = provider._ponto_get_period(*[self.provider.create_date] * 2)
        with self.assertRaisesRegex(UserError, "scheduled fetch tries again"):
            provider.action_ponto_fetch_now()
        for act in (lambda: self.pull(provider), lambda: preview(provider, period)):
            with self.assertRaisesRegex(UserError, "press the button again"):
                act()

    def test_a_feed_that_is_waited_for_elsewhere_is_left_alone(self):
        with patch.object(
            type(self.provider),
            "_ponto_try_advisory_lock",
            lambda provider, namespace, number: namespace != patience.CLAIMS,
        ):
            with self.assertRaises(LockError):
                self.provider._ponto_claim()
            with self.assertRaisesRegex(UserError, "running already"):
                self.pull(self.provider)
            self.pull_scheduled(self.provider)
        self.assertFalse(self.bank.requests)

    # === SEATS === #

    def take_all_seats(self):
        """Let others wait for Ponto, as many as may."""
        self.patch(type(self.provider), "_ponto_take_seat", lambda provider: False)

    def test_who_finds_no_seat_is_served_in_the_background(self):
        self.take_all_seats()
        provider = self.provider.with_user(self.bookkeeper)
        for _time in range(2):
            action = provider.action_ponto_fetch_now()
            self.assertIn("in the background", action["params"]["message"])
        self.assertFalse(self.bank.requests)
        # Nobody begins the same twice.
        [pull] = self.provider.ponto_pull_ids
        self.assertEqual((pull.state, pull.user_id), ("running", self.bookkeeper))
        self.pull_scheduled(self.provider)
        self.assertEqual(pull.state, "done")

    def test_some_days_without_a_seat_are_pulled_in_the_background(self):
        self.take_all_seats()
        self.book("1.00", "2026-07-10")
        self.book("2.00", "2026-07-01")
        self.pull(self.provider, "2026-07-09", "2026-07-11")
        self.pull(self.provider, "2026-07-09", "2026-07-11")
        [pull] = self.provider.ponto_pull_ids
        self.provider.next_run = self.provider.next_run.replace(year=2099)
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertEqual(pull.state, "done")
        self.assertEqual(self.lines().mapped("amount"), [1])

    def test_what_cannot_go_to_the_background_is_told(self):
        self.take_all_seats()
        provider = self.provider.with_user(self.bookkeeper)
        period = provider._ponto_get_period(*[self.provider.create_date] * 2)
        with self.assertRaisesRegex(UserError, "Others are waiting"):
            preview(provider, period)
        self.env.ref(CRON).sudo().active = False
        with self.assertRaisesRegex(UserError, "Others are waiting"):
            provider.action_ponto_fetch_now()
        self.assertFalse(self.bank.requests)
