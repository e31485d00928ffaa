# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The doors within a company that were once open, tried over the wire."""

import os
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..ponto_api import PontoConfigurationError
from ..ponto_api.transport import check_base_url
from .common import CRON, OUTCOME_LOGGER
from .common_attack import PROVIDER, AttackCase, RefusedError
from .common_sweeps import SECRET
from .simulator import Simulator


@tagged("post_install", "-at_install")
class TestAttackOwnCompany(AttackCase):
    """Who goes further than their rights, in their own company."""

    def setUp(self):
        super().setUp()
        self.trap = self.enterContext(Simulator(dataset="empty"))

    # === 4: THE ADDRESS === #

    def test_a_default_sends_no_secret_to_another_address(self):
        manager, spare = self.users_a["manager"], self.create_journal()
        self.try_rpc(
            manager,
            PROVIDER,
            "create",
            {"journal_id": spare.id, "service": "ponto"},
            context={"default_api_base": self.trap.url},
        )
        feed = self.env[PROVIDER].search([("journal_id", "=", spare.id)])
        if feed:
            self.assertFalse(feed.sudo().api_base)
            codes = {"username": "new-client", "password": SECRET}
            self.try_rpc(manager, PROVIDER, "write", feed.ids, codes)
            self.try_rpc(manager, PROVIDER, "action_ponto_fetch_now", feed.ids)
        self.assertFalse(self.trap.bank.requests)

    def test_a_default_leaves_no_secret_where_readers_see_it(self):
        manager = self.users_a["manager"]
        attempts = (
            ({"default_password": "Pq7-planted"}, {"service": "ponto"}),
            ({"default_service": "ponto"}, {"password": "Pq7-planted"}),
            ({"default_service": "ponto", "default_password": "Pq7-planted"}, {}),
        )
        for number, (context, values) in enumerate(attempts):
            spare = self.create_journal(f"BE00000{number}123")
            values = {"journal_id": spare.id, "username": "client", **values}
            with self.subTest(context):
                self.try_rpc(manager, PROVIDER, "create", values, context=context)
                self.env.cr.execute(
                    "SELECT 1 FROM online_bank_statement_provider WHERE password = %s",
                    ["Pq7-planted"],
                )
                self.assertFalse(self.env.cr.fetchall())

    def test_nobody_but_an_administrator_resets_the_address(self):
        self.provider.api_base = self.simulator.url
        self.env.flush_all()
        integration = self.provider.sudo().ponto_integration_id
        self.assertEqual(integration.api_base, self.simulator.url)
        for kind in ("accountant", "manager"):
            self.try_rpc(
                self.users_a[kind],
                PROVIDER,
                "write",
                self.provider.ids,
                {"api_base": False},
            )
            self.assertEqual(integration.api_base, self.simulator.url)
            self.assertEqual(self.provider.sudo().api_base, self.simulator.url)

    # === 6: STATE, THE SCHEDULE, TEXTS === #

    def test_nobody_forges_what_the_feed_states(self):
        administrator = new_test_user(
            self.env,
            login="sweep_chief",
            groups="base.group_system,account.group_account_manager,"
            "account.group_account_user",
            company_id=self.company.id,
        )
        for user in (self.users_a["accountant"], administrator):
            for values in (
                {"ponto_balance_state": "equal"},
                {"ponto_bank_balance": 1.0},
                {"ponto_difference": 0.5},
                {"ponto_failure": "made up"},
                {"ponto_failure_advice": "bug"},
                {"ponto_account_id": "another"},
                {"ponto_history_complete": not self.provider.ponto_history_complete},
                {"ponto_last_identifier": "another"},
            ):
                with self.subTest(user.login, values=values):
                    with self.assertRaises(RefusedError):
                        self.rpc(user, PROVIDER, "write", self.provider.ids, values)
                    self.assertEqual(self.take_snapshot(), self.snapshot)

    def test_nobody_claims_to_be_the_schedule(self):
        cron = self.env.ref(CRON)
        progress = self.env["ir.cron.progress"].sudo().create({"cron_id": cron.id})
        before = progress.read(["done", "remaining"])
        commits = []

        def commit(cron, processed=0, **values):
            commits.append(processed)
            return 100.0

        self.patch(type(self.env["ir.cron"]), "_commit_progress", commit)
        self.try_rpc(
            self.users_a["bookkeeper"],
            PROVIDER,
            "action_ponto_fetch_now",
            self.provider.ids,
            context={
                "scheduled": True,
                "cron_id": cron.id,
                "ir_cron_progress_id": progress.id,
                "ponto_remaining": 1,
            },
        )
        self.assertFalse(commits, "a person's pull was committed half-way")
        self.assertEqual(progress.read(["done", "remaining"]), before)
        pull = self.env["ponto.pull"].search([], limit=1)
        self.assertEqual(pull.provider_id, self.provider)
        self.assertEqual(pull.user_id, self.users_a["bookkeeper"])
        self.assertEqual(pull.state, "done")

    @mute_logger(OUTCOME_LOGGER)
    def test_who_may_not_read_a_feed_is_not_told_of_it(self):
        outsiders = self.users_a["internal"] | self.users_b["bookkeeper"]
        self.provider.ponto_responsible_ids = outsiders | self.bookkeeper
        self.bank.fault("/accounts", status=403, code="insufficientScope", times=None)
        self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.ponto_failure)
        told = self.provider.activity_ids.user_id
        self.assertFalse(told & outsiders)
        self.assertIn(self.bookkeeper, told)

    @mute_logger(OUTCOME_LOGGER)
    def test_what_a_bank_writes_is_no_markup_in_a_note(self):
        self.bank.update_account(
            self.account_id,
            reference="BE92001999999923",
            holderName='<img src="//127.0.0.1/x"><a href="//127.0.0.1">here</a>',
        )
        self.pull_scheduled(self.provider)
        notes = str(self.provider.activity_ids.mapped("note"))
        self.assertTrue(self.provider.activity_ids)
        self.assertNotIn("<img", notes)
        self.assertNotIn("<a ", notes)

    def test_an_abandoned_secret_is_gone_after_an_hour(self):
        Wizard = self.env["ponto.connect.wizard"].with_user(self.users_a["manager"])
        wizard = Wizard.create({"client_id": "other", "client_secret": "Zk4-typed"})
        self.env.flush_all()
        long_ago = fields.Datetime.now() - timedelta(minutes=61)
        self.env.cr.execute(
            "UPDATE ponto_connect_wizard SET create_date = %s, write_date = %s",
            [long_ago, long_ago],
        )
        self.env.invalidate_all()
        Model = self.env["ponto.connect.wizard"].sudo()
        cleaners = [
            getattr(Model, name)
            for name in dir(type(Model))
            if getattr(getattr(type(Model), name, None), "_autovacuum", False)
        ]
        self.assertTrue(cleaners)
        for clean in cleaners:
            clean()
        self.assertFalse(wizard.sudo().exists().filtered("secret_placeholder"))

    # === 7: NAMES, LINES, PROXIES === #

    def test_a_foreign_record_in_a_window_is_refused_and_not_named(self):
        manager = self.users_b["manager"]
        for name, values in (
            ("ponto.connect.wizard", {"journal_id": self.journal.id}),
            ("ponto.connect.wizard", {"company_id": self.company.id}),
            ("ponto.connection.check", {"provider_id": self.provider.id}),
            (
                "online.bank.statement.pull.wizard",
                {"ponto_provider_id": self.provider.id},
            ),
        ):
            [field] = values
            with self.subTest(name, field=field):
                spec = {field: {"fields": {"display_name": {}}}}
                answer = self.try_rpc(manager, name, "web_save", [], values, spec)
                self.assertFalse(self.find_words_of_a(answer))
                with self.assertRaises(RefusedError):
                    self.rpc(manager, name, "create", values)

    def test_lines_of_the_assistant_are_not_made_up(self):
        manager = self.users_a["manager"]
        [*_others, wizard_id] = self.rows_a["ponto.connect.wizard"]
        wizard = self.env["ponto.connect.wizard"].browse(wizard_id)
        line = wizard.sudo().line_ids[:1]
        for values in (
            {"reference": "BE00999999999999"},
            {"state": "free"},
            {"ponto_account_id": "another"},
            {"bank_bic": "MADEUPXX"},
        ):
            with self.subTest(values):
                with self.assertRaises(RefusedError):
                    self.rpc(
                        manager, "ponto.connect.wizard.line", "write", line.ids, values
                    )
        number = "BE00999999999999"
        made_up = {
            "wizard_id": wizard_id,
            "ponto_account_id": "made-up",
            "state": "free",
            "reference": number,
            "action": "new",
            "journal_name": "Made up",
            "journal_code": "MADE",
            "currency_id": self.company.currency_id.id,
        }
        self.try_rpc(manager, "ponto.connect.wizard.line", "create", made_up)
        self.try_rpc(
            manager,
            "ponto.connect.wizard",
            "write",
            [wizard_id],
            {"line_ids": [Command.create(made_up)]},
        )
        self.try_rpc(manager, "ponto.connect.wizard", "action_finish", [wizard_id])
        banks = self.env["res.partner.bank"].sudo()
        self.assertFalse(banks.search([("sanitized_acc_number", "=", number)]))

    def test_an_administrator_without_accounting_reads_the_names_of_pulls(self):
        administrator = self.users_a["administrator"]
        answer = self.rpc(
            administrator,
            "ponto.pull",
            "read",
            self.provider.ponto_pull_ids.ids,
            ["display_name"],
        )
        self.assertTrue(answer[0]["display_name"])

    def test_an_address_that_is_no_text_is_refused(self):
        for address in (b"https://bank.example", 7, None, ["https://bank.example"]):
            with self.subTest(address), self.assertRaises(PontoConfigurationError):
                check_base_url(address)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_proxy_gets_no_secret_that_is_for_this_machine(self):
        names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
        proxies = dict.fromkeys(names, self.trap.url)
        with patch.dict(os.environ, {**proxies, "NO_PROXY": "", "no_proxy": ""}):
            self.try_out(lambda: self.pull(self.provider))
        self.assertFalse(self.trap.bank.requests)
        self.assertTrue(self.bank.requests)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_wrong_secret_on_the_form_never_says_connected(self):
        spare = self.create_journal()
        manager = self.users_a["manager"]
        self.try_rpc(
            manager,
            PROVIDER,
            "web_save",
            [],
            {
                "journal_id": spare.id,
                "service": "ponto",
                "username": self.simulator.client_id,
                "password": "guess",
            },
            {"display_name": {}},
        )
        feed = self.env[PROVIDER].search([("journal_id", "=", spare.id)])
        self.assertNotIn(feed.ponto_status, ("connected", "soon"))
        self.assert_a_goes_on()
