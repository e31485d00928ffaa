# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The doors between companies that were once open, tried over the wire."""

import json

from odoo.tests import new_test_user, tagged

from .common_attack import LINE, PROVIDER, AttackCase, RefusedError
from .common_sweeps import SECRET


@tagged("post_install", "-at_install")
class TestAttackRpc(AttackCase):
    """Who reads and takes over what belongs to another company."""

    # === 1: SEARCHING === #

    def test_searching_lines_cannot_probe_a_secret(self):
        way = "ponto_pull_id.provider_id.ponto_integration_id"
        questions = 0
        for kind in ("invoicing", "readonly"):
            for field in ("client_secret", "client_secret_ciphertext"):
                for model, start in (
                    (LINE, ""),
                    ("account.move", "statement_line_id."),
                    ("account.move.line", "statement_line_id."),
                    ("account.bank.statement", "line_ids."),
                ):
                    answers = [
                        self.try_rpc(
                            self.users_a[kind],
                            model,
                            "search_count",
                            [[f"{start}{way}.{field}", "=like", guess]],
                        )
                        for guess in (f"{SECRET[0]}%", "g%", "zqj%")
                    ]
                    questions += len(answers)
                    shown = {str(answer).replace("zqj%", "") for answer in answers}
                    if any(isinstance(answer, int) for answer in answers):
                        self.assertEqual(len(shown), 1, (kind, model, field, answers))
        self.assertEqual(questions, 48)

    def test_searching_lines_cannot_probe_other_models(self):
        user = self.users_a["invoicing"]
        for guess in ("_%", "zqj%"):
            answer = self.try_rpc(
                user,
                LINE,
                "search_count",
                [["ponto_pull_id", "any", [["create_uid.login", "=like", guess]]]],
            )
            self.assertFalse(isinstance(answer, int) and answer, answer)

    # === 2: DEFAULTS === #

    def test_a_default_links_no_other_companys_integration(self):
        integration = self.provider.sudo().ponto_integration_id
        manager = self.users_b["manager"]
        context = {"default_ponto_integration_id": integration.id}
        self.try_rpc(
            manager, PROVIDER, "create", self.prepare_feed_b(), context=context
        )
        self.assert_a_is_safe()
        feed = self.get_feed_b()
        if feed:
            self.try_rpc(manager, PROVIDER, "write", feed.ids, {"password": "taken"})
            self.try_rpc(manager, PROVIDER, "action_ponto_fetch_now", feed.ids)
        self.assert_a_is_safe()

    def test_an_imported_default_links_no_other_companys_integration(self):
        integration = self.provider.sudo().ponto_integration_id
        self.try_rpc(
            self.users_b["manager"],
            PROVIDER,
            "load",
            ["journal_id/.id", "service"],
            [[str(self.journal_b.id), "ponto"]],
            context={"default_ponto_integration_id": integration.id},
        )
        self.assert_a_is_safe()

    def test_a_default_on_the_journal_links_no_other_companys_integration(self):
        integration = self.provider.sudo().ponto_integration_id
        self.try_rpc(
            self.users_b["manager"],
            "account.journal",
            "write",
            self.journal_b.ids,
            {"online_bank_statement_provider": "ponto"},
            context={
                "default_ponto_integration_id": integration.id,
                "default_username": self.simulator.client_id,
            },
        )
        self.assert_a_is_safe()

    # === 3: THE CLIENT ID === #

    def test_a_client_id_alone_opens_no_other_companys_bank(self):
        manager = self.users_b["manager"]
        values = self.prepare_feed_b(username=self.simulator.client_id)
        self.try_rpc(manager, PROVIDER, "create", values)
        feed = self.get_feed_b()
        if feed:
            self.assertNotIn(feed.ponto_status, ("connected", "soon"))
            self.try_rpc(manager, PROVIDER, "action_ponto_fetch_now", feed.ids)
            self.try_rpc(manager, PROVIDER, "action_ponto_check_connection", feed.ids)
        self.assert_a_is_safe()

    def test_a_wrong_secret_opens_no_other_companys_bank_and_replaces_nothing(self):
        manager = self.users_b["manager"]
        values = self.prepare_feed_b(username=self.simulator.client_id)
        self.try_rpc(manager, PROVIDER, "create", {**values, "password": "guess"})
        feed = self.get_feed_b()
        if feed:
            self.assertNotIn(feed.ponto_status, ("connected", "soon"))
            self.try_rpc(manager, PROVIDER, "write", feed.ids, {"password": "another"})
            self.try_rpc(manager, PROVIDER, "action_ponto_fetch_now", feed.ids)
        self.assert_a_is_safe()

    def test_a_feed_that_claims_to_be_another_companys_opens_nothing(self):
        manager = self.users_b["manager"]
        self.try_rpc(manager, PROVIDER, "create", self.prepare_feed_b())
        feed = self.get_feed_b()
        self.assertTrue(feed)
        claim = {"company_id": self.company.id}
        for values in (claim, {**claim, "username": self.simulator.client_id}):
            self.try_rpc(manager, PROVIDER, "write", feed.ids, values)
            self.try_rpc(manager, PROVIDER, "action_ponto_fetch_now", feed.ids)
        self.assertEqual(feed.company_id, self.company_b)
        self.assert_a_is_safe()

    def test_a_feed_is_not_put_on_another_companys_journal(self):
        manager, journal = self.users_b["manager"], self.spare_journal_a
        values = {"journal_id": journal.id, "service": "ponto"}
        self.try_rpc(manager, PROVIDER, "create", values)
        self.try_rpc(manager, PROVIDER, "create", self.prepare_feed_b())
        feed = self.get_feed_b()
        self.assertTrue(feed)
        self.try_rpc(manager, PROVIDER, "write", feed.ids, {"journal_id": journal.id})
        self.assertEqual(feed.journal_id, self.journal_b)
        self.assert_a_is_safe()

    def test_a_journal_claims_no_feed_of_another_company(self):
        manager, journal = self.users_b["manager"], self.journal_b
        link = {"online_bank_statement_provider_id": self.provider.id}
        with self.assertRaises(RefusedError):
            self.rpc(manager, "account.journal", "write", journal.ids, link)
        answer = self.try_rpc(
            manager,
            "account.journal",
            "web_save",
            [],
            {"name": "New", "type": "bank", "code": "NEW", **link},
            {"online_bank_statement_provider_id": {"fields": {"display_name": {}}}},
        )
        self.assertFalse(self.find_words_of_a(answer), answer)
        self.assert_a_is_safe()

    def test_the_balances_of_a_journal_move_no_feed_that_left_it(self):
        """Where a feed was moved, its first journal still leads to it."""
        line = self.enter_by_hand(5.0, "2026-07-01", journal_id=self.spare_journal_a.id)
        self.spare_journal_a._write(
            {"online_bank_statement_provider_id": self.provider.id}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        user = self.users_a["bookkeeper"]
        before = self.provider.ponto_opening_balance
        values = {"name": "By hand", "line_ids": [[4, line.id]], "balance_start": 1.0}
        statement_id = self.rpc(user, "account.bank.statement", "create", values)
        correction = {"balance_start": 666.0}
        self.rpc(user, "account.bank.statement", "write", [statement_id], correction)
        self.rpc(user, "account.bank.statement", "unlink", [statement_id])
        self.assertEqual(self.provider.ponto_opening_balance, before)

    def test_the_card_of_a_companys_journal_tells_a_branch_nothing_of_its_feed(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        user = new_test_user(
            self.env,
            login="sweep_branch",
            groups="account.group_account_basic",
            company_id=branch.id,
        )
        own, other = (
            json.loads(
                self.rpc(
                    each,
                    "account.journal",
                    "read",
                    self.journal.ids,
                    ["kanban_dashboard"],
                )[0]["kanban_dashboard"]
            )
            for each in (self.users_a["bookkeeper"], user)
        )
        self.assertIn("ponto", own)
        self.assertNotIn("ponto", other)

    def test_a_form_tells_no_number_of_another_companys_journal(self):
        spec = {
            "journal_id": {"fields": {"display_name": {}}},
            "account_number": {},
            "ponto_account_number": {},
        }
        manager = self.users_b["manager"]
        for values, changed, context in (
            ({}, [], {"default_journal_id": self.journal.id}),
            ({"journal_id": self.journal.id}, ["journal_id"], {}),
        ):
            with self.subTest(context):
                answer = self.try_rpc(
                    manager,
                    PROVIDER,
                    "onchange",
                    [],
                    values,
                    changed,
                    spec,
                    context=context,
                )
                self.assertFalse(self.find_words_of_a(answer))

    def test_the_assistant_opens_no_other_companys_bank(self):
        manager = self.users_b["manager"]
        values = {"connection": "new", "client_id": self.simulator.client_id}
        wizard_id = self.rpc(manager, "ponto.connect.wizard", "create", values)
        for method in ("action_log_in", "action_fetch_accounts"):
            self.try_rpc(manager, "ponto.connect.wizard", method, [wizard_id])
        self.assert_a_is_safe()

    # === 5: WINDOWS OF OTHERS === #

    def test_windows_of_others_are_neither_read_nor_used(self):
        names = {
            "online.bank.statement.pull.debug": "data",
            "online.bank.statement.pull.wizard": "ponto_summary",
            "ponto.connect.wizard": "client_id",
            "ponto.connection.check": "summary",
            "ponto.decision": "kind",
            "ponto.preview.line": "payment_ref",
        }
        for company in (self.users_a, self.users_b):
            for name, field in names.items():
                ids = self.rows_a[name]
                user = company["accountant"]
                for method, *args in (
                    ("read", [field]),
                    ("web_read", {field: {}}),
                    ("write", {}),
                    ("unlink",),
                ):
                    with self.subTest(user.login, name=name, method=method):
                        with self.assertRaises(RefusedError):
                            self.rpc(user, name, method, ids, *args)
        self.assert_a_is_safe()

    def test_somebody_elses_decision_is_not_undone(self):
        for company in (self.users_a, self.users_b):
            user = company["accountant"]
            with self.subTest(user.login), self.assertRaises(RefusedError):
                self.rpc(
                    user, "ponto.decision", "action_undo", self.rows_a["ponto.decision"]
                )
        self.assert_a_is_safe()

    def test_somebody_elses_assistant_does_not_log_in(self):
        [*_others, wizard_id] = self.rows_a["ponto.connect.wizard"]
        for user in (self.users_b["manager"], self.manager):
            for method in ("action_log_in", "action_fetch_accounts"):
                with self.subTest(user.login, method=method):
                    self.try_rpc(user, "ponto.connect.wizard", method, [wizard_id])
                    self.assert_a_is_safe()
