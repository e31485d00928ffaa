# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import config

from odoo.addons.account_statement_import_online_ponto.feed import (
    pulls,
    synchronization,
)

from .common import CRON, PontoCase
from .simulator import api as simulator_api

#: A public address; nothing is ever sent to it.
PUBLIC_ADDRESS = "8.8.8.8"


@tagged("post_install", "-at_install")
class TestFetchNow(PontoCase, HttpCase):
    """A person asks for the bank's newest transactions."""

    def setUp(self):
        super().setUp()
        self.patch(synchronization, "POLL_S", 0)
        self.provider = self.create_provider()
        self.bank.queue_transaction(
            self.account_id, "12.00", executionDate="2026-07-14"
        )

    def fetch(self, address=PUBLIC_ADDRESS, user=None):
        """Press the button in a browser whose address a proxy tells."""
        user = user or self.bookkeeper
        self.patch(config, "options", config.options.new_child({"proxy_mode": True}))
        self.authenticate(user.login, user.login)
        response = self.url_open(
            "/web/dataset/call_button/online.bank.statement.provider"
            "/action_ponto_fetch_now",
            data=json.dumps(
                {
                    "params": {
                        "model": "online.bank.statement.provider",
                        "method": "action_ponto_fetch_now",
                        "args": [self.provider.ids],
                        "kwargs": {},
                    }
                }
            ),
            headers={
                "Content-Type": "application/json",
                "X-Forwarded-Host": "odoo.example",
                "X-Forwarded-For": address,
            },
        )
        self.env.invalidate_all()
        return response.json()["result"]["params"]

    def asked(self):
        """Return bodies of the synchronizations that were asked for (list)."""
        return [
            json.loads(record.body)["data"]["attributes"]
            for record in self.bank.requests
            if record.method == "POST" and record.path == "/synchronizations"
        ]

    def test_the_bank_is_asked_with_the_persons_own_address(self):
        told = self.fetch()
        self.assertEqual(
            [(each["subtype"], each["customerIpAddress"]) for each in self.asked()],
            [
                ("accountDetails", PUBLIC_ADDRESS),
                ("accountTransactions", PUBLIC_ADDRESS),
            ],
        )
        self.assertEqual(told["message"], "1 new, 0 known")
        self.assertEqual(self.lines().amount, 12)
        pull = self.provider.ponto_pull_ids
        self.assertEqual(
            told["next"]["context"]["search_default_ponto_pull_id"], pull.id
        )
        self.assertEqual(told["next"]["domain"], [["journal_id", "=", self.journal.id]])

    def test_the_address_is_sent_without_what_a_proxy_adds_to_it(self):
        self.bank.set_synchronization_gap(0)
        for written, address in (
            ("8.8.8.8:51234", "8.8.8.8"),
            ("::ffff:8.8.8.8", "8.8.8.8"),
            ("[::ffff:8.8.8.8]:443", "8.8.8.8"),
            ("[2001:4860:4860::8888]:443", "2001:4860:4860::8888"),
            ("2001:4860:4860::8888", "2001:4860:4860::8888"),
        ):
            with self.subTest(written):
                self.bank.clear_requests()
                self.fetch(address=written)
                self.assertEqual(
                    [each["customerIpAddress"] for each in self.asked()], [address] * 2
                )

    def test_an_address_that_is_not_public_is_not_sent(self):
        for address in ("::ffff:192.168.1.7", "192.168.1.7:80", "8.8.8.8:x:y", "[]"):
            with self.subTest(address):
                self.fetch(address=address)
                self.assertFalse(self.asked())
        told = self.fetch(address="192.168.1.7")
        self.assertFalse(self.asked())
        self.assertIn("Imported what Ponto has (as of ", told["message"])
        self.assertEqual(told["type"], "info")
        self.assertNotIn("links", told)

    def test_an_expired_consent_is_told_with_the_way_to_ponto(self):
        self.book("7.00", "2026-07-13")
        self.bank.expire_consent(self.account_id)
        for address in (PUBLIC_ADDRESS, "192.168.1.7"):
            with self.subTest(address):
                told = self.fetch(address=address)
                self.assertIn("authorize the account again", told["message"])
                [button] = told["buttons"]
                self.assertEqual(button["name"], "Open Ponto")
                self.assertIn("myponto.com", button["action"]["url"])
                self.assertEqual(told["type"], "warning")

    def test_recently_synchronized_is_no_error(self):
        self.fetch()
        told = self.fetch()
        self.assertEqual(told["message"], "0 new, 1 known")
        self.assertEqual(told["type"], "success")
        self.assertEqual(told["next"]["tag"], "soft_reload")

    def test_what_was_asked_a_moment_ago_may_still_be_on_its_way(self):
        self.patch(synchronization, "PATIENCE_S", -1)
        earlier = self.bank.now() - timedelta(hours=2)
        account = self.bank.account_record(self.account_id)
        for kind in ("details", "transactions"):
            with self.subTest(kind):
                self.bank.set_synchronization_gap(0)
                self.fetch()
                self.pull_scheduled(self.provider)
                account.synchronized_at = dict.fromkeys(
                    account.synchronized_at, self.bank.now()
                )
                account.synchronized_at[kind] = earlier
                self.bank.set_synchronization_gap()
                told = self.fetch()
                self.assertIn("is taking its time", told["message"])
                self.assertEqual(told["type"], "info")
                self.assertEqual(self.provider.ponto_pull_ids[0].state, "running")
                self.pull_scheduled(self.provider)

    def test_what_waits_is_a_button_beside_what_came(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-29")
        [button] = self.fetch()["buttons"]
        self.assertEqual(button["name"], "Decide on 1 waiting")
        self.assertEqual(button["method"], "action_ponto_open_waiting")
        waiting = self.provider.with_user(self.bookkeeper).action_ponto_open_waiting()
        self.assertEqual(waiting["res_model"], "ponto.transaction")

    def test_a_bank_that_fails_is_told_and_the_rest_is_read(self):
        self.book("7.00", "2026-07-13")
        self.bank.fail_synchronizations(self.account_id, times=2)
        told = self.fetch()
        self.assertIn("could not read the account at the bank", told["message"])
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_what_the_bank_did_send_is_read_although_the_balance_failed(self):
        self.book("7.00", "2026-07-13")
        self.bank.fail_synchronizations(self.account_id)
        told = self.fetch()
        self.assertIn("could not read the account at the bank", told["message"])
        self.assertEqual(self.lines().mapped("amount"), [7, 12])

    def test_both_are_waited_for_at_the_same_time(self):
        self.fetch()
        looks = [each.path for each in self.bank.requests if "GET" in each.method]
        looks = [path for path in looks if path.startswith("/synchronizations/")]
        self.assertEqual(len(set(looks)), 2)
        self.assertEqual(looks[:2], looks[2:])

    def test_an_account_outside_the_integration_is_told_with_what_to_do(self):
        self.book("7.00", "2026-07-13")
        code = "invalidSynchronizationResource"
        self.bank.fault("/synchronizations", status=400, code=code, times=None)
        told = self.fetch()
        self.assertIn("that the account is switched on", told["message"])
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_a_refusal_is_told_and_the_rest_is_read(self):
        self.book("7.00", "2026-07-13")
        self.bank.fault(
            "/synchronizations", status=400, code="somethingElse", times=None
        )
        told = self.fetch()
        self.assertIn("Ponto does not allow it now", told["message"])
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_a_request_that_does_not_reach_ponto_is_not_called_a_refusal_of_ponto(self):
        self.book("7.00", "2026-07-13")
        self.bank.fault("/synchronizations", status=403, body="<html>", times=None)
        told = self.fetch()
        self.assertIn("did not get through to Ponto", told["message"])
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_a_bank_that_takes_its_time_is_not_waited_for_for_ever(self):
        self.patch(synchronization, "PATIENCE_S", -1)
        self.book("7.00", "2026-07-13")
        message = self.fetch()["message"]
        self.assertIn("1 new", message)
        self.assertIn("is taking its time", message)
        # The background goes on with what the bank sends meanwhile.
        running = self.provider.ponto_pull_ids[0]
        self.assertEqual((running.state, running.user_id), ("running", self.bookkeeper))
        next_run = self.provider.next_run
        self.bank.synchronize(self.account_id, "accountTransactions")
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertEqual(running.state, "done")
        self.assertEqual(sorted(self.lines().mapped("amount")), [7, 12])
        self.assertGreaterEqual(self.provider.next_run, next_run)

    def test_what_the_bank_sends_late_is_fetched_after_what_was_handed_over(self):
        self.patch(synchronization, "PATIENCE_S", -1)
        self.patch(pulls, "BUDGET_S", -1)
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.book_many(7, "7.00", "2026-07-13")
        self.provider.next_run = fields.Datetime.now() + timedelta(hours=1)
        self.fetch()
        handed_over = self.provider.ponto_pull_ids
        self.assertEqual(handed_over.state, "running")
        self.assertIn("is fetched in the background", handed_over.message)
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertEqual(handed_over.state, "done")
        self.assertEqual(len(self.lines()), 7)
        # Whoever was told that is told of what comes.
        later = self.provider.ponto_pull_ids - handed_over
        self.assertEqual((later.state, later.user_id), ("running", self.bookkeeper))
        self.bank.synchronize(self.account_id, "accountTransactions")
        self.env["online.bank.statement.provider"]._scheduled_pull()
        self.assertEqual(later.state, "done")
        self.assertEqual(sum(self.lines().mapped("amount")), 7 * 7 + 12)
        self.assertEqual(self.provider.ponto_pull_ids, handed_over + later)

    def test_where_nobody_can_look_at_the_bank_what_ponto_has_is_read(self):
        self.bank.set_synchronization_gap(0)
        look, order = "/synchronizations/", "/synchronizations$"
        for number, (path, fault) in enumerate(
            [
                (look, {"status": 500}),
                (look, {"status": 404, "code": "resourceNotFound"}),
                (look, {"status": 429, "headers": {"Retry-After": "60"}}),
                (look, {"body": "<html>Not here</html>"}),
                (order, {"status": 201, "body": ""}),
                (order, {"status": 201, "body": {"data": []}}),
                (order, {"cut": "before"}),
                (look, {"cut": "before"}),
            ],
            start=1,
        ):
            with self.subTest(path=path, **fault):
                self.book(f"{number}.50", "2026-07-13")
                self.bank.fault(path, times=None, **fault)
                self.bank.clear_requests()
                message = self.fetch()["message"]
                self.assertIn("1 new", message)
                self.assertIn("is taking its time", message)
                self.assertEqual(len(self.asked()), 2)
                self.assertEqual(self.provider.ponto_pull_ids[0].state, "running")
                self.bank.clear_faults()
                self.pull_scheduled(self.provider)
                self.assertEqual(self.provider.ponto_pull_ids[0].state, "done")

    def test_a_late_bank_is_left_to_the_next_pull_where_nobody_goes_on(self):
        self.patch(synchronization, "PATIENCE_S", -1)
        self.env.ref(CRON).sudo().active = False
        self.assertIn("comes with the next fetch", self.fetch()["message"])
        self.assertEqual(self.provider.ponto_pull_ids.state, "done")

    def test_the_scheduled_pull_never_asks_the_bank(self):
        self.pull_scheduled(self.provider)
        self.assertFalse(self.asked())

    def test_who_may_not_enter_lines_may_not_fetch(self):
        clerk = self.create_clerk()
        with self.assertRaises(AccessError):
            self.provider.with_user(clerk).action_ponto_fetch_now()
