# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What somebody carries along, in a context or as a default saved before, decides
nothing where the feed itself works in sudo mode."""

from odoo.tests import tagged

from .common_attack import LINE, PROVIDER, AttackCase, RefusedError
from .common_sweeps import SECRET

TRANSACTION, PULL, DECISION = "ponto.transaction", "ponto.pull", "ponto.decision"
STATEMENT = "account.bank.statement"


@tagged("post_install", "-at_install")
class TestAttackCarried(AttackCase):
    """Everybody may save a default of their own for any field, and send any context."""

    def setUp(self):
        super().setUp()
        self.clerk = self.users_a["bookkeeper"]
        journal = self.env["account.journal"].create(
            {
                "name": "By hand",
                "type": "bank",
                "code": "HAND",
                "company_id": self.company_b.id,
            }
        )
        self.line_b = self.enter_by_hand(77.0, "2026-07-09", journal_id=journal.id)
        self.line_a = self.lines()[:1]
        self.env.flush_all()

    def save_default(self, user, model, field, value):
        """Save a default of a user's own, as the web client does."""
        self.rpc(user, "ir.default", "set", model, field, value, True)

    def fetch(self, context=None):
        """Let a bookkeeper of company A fetch, and return the lines that came."""
        before = self.lines()
        self.rpc(
            self.clerk,
            PROVIDER,
            "action_ponto_fetch_now",
            self.provider.ids,
            context=context or {},
        )
        return self.lines() - before

    # === SAVED DEFAULTS === #

    def test_nobody_undoes_a_decision_that_they_have_made_up(self):
        user = self.users_b["bookkeeper"]
        opening = {
            "ponto_opening_balance": 666.0,
            "username": "taken",
            "ponto_account_id": "taken",
        }
        statement = self.line_a.statement_id
        books = {
            "statements": {str(statement.id): [666.0, 667.0]},
            "openings": {str(self.provider.id): opening},
        }
        nothing = {"records": {}, "lines": {}, "changeable": {}}
        memory = {
            "since": "2026-07-01",
            "before": {**nothing, "books": books},
            "after": {**nothing, "books": {"statements": {}, "openings": {}}},
        }
        self.save_default(user, DECISION, "kind", "ignore")
        self.save_default(user, DECISION, "memory", memory)
        decision_id = self.try_rpc(user, DECISION, "create", {})
        self.try_rpc(user, DECISION, "action_undo", [decision_id])
        self.assert_a_is_safe()

    def test_nobody_but_the_addon_makes_decisions_checks_and_findings(self):
        for name in (
            DECISION,
            "ponto.connection.check",
            "ponto.connection.check.finding",
        ):
            model = self.env[name].with_user(self.clerk)
            for operation in ("create", "write", "unlink"):
                with self.subTest(name, operation=operation):
                    self.assertFalse(model.has_access(operation))

    def test_a_saved_default_is_no_state_of_a_pull_or_a_transaction(self):
        for model, planted in (
            (PULL, {"known_count": 77, "taken_back_count": 77, "state": "failed"}),
            (
                TRANSACTION,
                {
                    "statement_line_id": self.line_b.id,
                    "similar_line_id": self.line_b.id,
                    "is_gone": True,
                },
            ),
        ):
            for field, value in planted.items():
                self.save_default(self.clerk, model, field, value)
        self.book("21.00", "2026-07-13", currency="USD")
        last_record = max(self.provider.ponto_transaction_ids.ids)
        [line] = self.fetch()
        pull = self.env[PULL].search([], limit=1)
        self.assertEqual((pull.state, pull.taken_back_count), ("done", 0))
        self.assertNotEqual(pull.known_count, 77)
        records = self.provider.ponto_transaction_ids.filtered(
            lambda each: each.id > last_record
        )
        self.assertEqual(len(records), 2)
        self.assertEqual(records.statement_line_id, line)
        self.assertFalse(records.similar_line_id)
        self.assertFalse(records.filtered("is_gone"))

    def test_a_saved_default_writes_over_no_other_entry(self):
        journal = self.spare_journal_a
        move = self.enter_by_hand(5.0, "2026-07-02", journal_id=journal.id).move_id
        self.env.flush_all()
        before = move.read(["date", "name", "ref", "journal_id"])
        self.save_default(self.clerk, LINE, "move_id", move.id)
        self.save_default(self.clerk, LINE, "ponto_match", {"booked": []})
        [line] = self.fetch()
        self.assertEqual(line.amount, 55)
        self.assertNotEqual(line.move_id, move)
        self.assertFalse(line.sudo().ponto_match)
        self.assertEqual(move.read(["date", "name", "ref", "journal_id"]), before)

    def test_a_saved_default_leads_to_no_account_of_another_company(self):
        manager = self.users_b["manager"]
        account = self.provider.sudo().ponto_linked_account_id
        self.assertTrue(account)
        self.save_default(manager, PROVIDER, "ponto_linked_account_id", account.id)
        self.save_default(manager, PROVIDER, "ponto_balance_state", "equal")
        self.save_default(manager, PROVIDER, "journal_id", self.journal.id)
        spec = {
            "journal_id": {"fields": {"display_name": {}}},
            "account_number": {},
            "ponto_account_name": {},
            "ponto_bank_balance": {},
        }
        answer = self.try_rpc(manager, PROVIDER, "onchange", [], {}, [], spec)
        self.assertFalse(self.find_words_of_a(answer), answer)
        self.rpc(manager, PROVIDER, "create", self.prepare_feed_b())
        feed = self.get_feed_b()
        self.assertFalse(feed.sudo().ponto_linked_account_id)
        self.assertFalse(feed.sudo().ponto_balance_state)
        with self.assertRaises(RefusedError):
            self.rpc(manager, "ponto.account", "read", account.ids, ["number"])

    def test_a_saved_default_sends_no_secret_to_another_address(self):
        manager, spare = self.users_a["manager"], self.create_journal()
        self.save_default(manager, "ponto.integration", "api_base", "https://x.example")
        values = {"journal_id": spare.id, "service": "ponto", "password": SECRET}
        self.rpc(manager, PROVIDER, "create", values)
        feed = self.env[PROVIDER].search([("journal_id", "=", spare.id)])
        self.assertTrue(feed.sudo().ponto_integration_id)
        self.assertFalse(feed.sudo().ponto_integration_id.api_base)

    def test_saved_defaults_make_up_no_account_in_the_assistant(self):
        manager = self.users_b["manager"]
        integration = self.provider.sudo().ponto_integration_id
        account = self.provider.sudo().ponto_linked_account_id
        self.save_default(
            manager, "ponto.connect.wizard", "integration_id", integration.id
        )
        line = "ponto.connect.wizard.line"
        for field, value in {
            "ponto_account_id": account.identifier,
            "state": "free",
            "reference": account.number,
        }.items():
            self.save_default(manager, line, field, value)
        wizard_id = self.rpc(
            manager, "ponto.connect.wizard", "create", {"connection": "new"}
        )
        self.try_rpc(
            manager,
            line,
            "create",
            {
                "wizard_id": wizard_id,
                "action": "journal",
                "journal_id": self.journal_b.id,
                "currency_id": self.company.currency_id.id,
            },
        )
        self.try_rpc(manager, "ponto.connect.wizard", "action_finish", [wizard_id])
        self.assert_a_is_safe()

    def test_a_default_of_ones_own_still_counts_for_ones_own_settings(self):
        manager = self.users_b["manager"]
        self.save_default(manager, PROVIDER, "ponto_match_policy", "certain")
        self.rpc(manager, PROVIDER, "create", self.prepare_feed_b())
        self.assertEqual(self.get_feed_b().ponto_match_policy, "certain")

    # === THE CONTEXT === #

    def test_a_context_puts_no_line_of_others_into_a_new_statement(self):
        wishes = (
            {"st_line_id": self.line_b.id},
            {"default_line_ids": [[4, self.line_b.id]]},
            {"split_line_id": self.line_b.id},
            {"st_line_id": 1, "active_ids": [self.line_b.id, self.line_b.id]},
        )
        for number, context in enumerate(wishes):
            with self.subTest(context):
                # A day of its own needs a statement of its own.
                self.book("8.00", f"2026-06-{10 + number}")
                lines = self.fetch(context)
                self.assertTrue(lines)
                self.assertFalse(self.line_b.statement_id)
                self.assertTrue(all(line.statement_id.ponto_since for line in lines))

    def test_a_context_puts_no_line_of_others_into_a_statement_by_a_decision(self):
        self.book("9.00", "2026-05-02")
        self.fetch()
        pull = self.env[PULL].search([], limit=1)
        self.rpc(self.clerk, PULL, "action_take_back", pull.ids)
        removed = self.registered("removed")
        self.assertTrue(removed)
        context = {"st_line_id": self.line_b.id, "default_line_ids": [[4, 1]]}
        self.rpc(self.clerk, TRANSACTION, "action_import", removed.ids, context=context)
        self.assertEqual(self.registered("removed"), removed.browse())
        self.assertFalse(self.line_b.statement_id)
