# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..feed import booking, settling
from ..feed.decided import LINE_FIELDS, RECORD_FIELDS
from .common import PontoCase

#: What tells that a register is as it was.
KEPT = (*RECORD_FIELDS, "is_gone", "traits", "fingerprint")


@tagged("post_install", "-at_install")
class TestDecided(PontoCase):
    """What was decided is told, counts at once, and can be undone exactly."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        self.provider = self.create_provider()
        self.company.fiscalyear_lock_date = date(2026, 6, 5)

    # === WHAT THERE IS === #

    def import_around(self, first="06"):
        """Import lines of the sixth, the tenth and the twentieth of June."""
        for amount, day in (("10.00", first), ("20.00", "10"), ("30.00", "20")):
            self.book(amount, f"2026-06-{day}")
        self.pull_scheduled(self.provider)

    def wait_for_similar(self, day, amount=-55):
        """Type a line, and let the bank serve the same one.

        :return: what waits, as a bookkeeper sees it, and the line
        """
        label = f"Proximus {amount}"
        line = self.enter_by_hand(amount, day, payment_ref=label)
        self.book(f"{amount}.00", day, remittanceInformation=label)
        self.pull_scheduled(self.provider)
        return self.as_bookkeeper(self.registered("waiting")), line

    def wait_for_lock(self):
        """Let two transactions wait because their days are locked."""
        for amount in ("7.00", "8.00"):
            self.book(amount, "2026-06-03")
        self.pull_scheduled(self.provider)
        return self.as_bookkeeper(self.registered("waiting"))

    def as_bookkeeper(self, records):
        return records.with_user(self.bookkeeper)

    def read_all(self):
        """Return register, lines and statements as they are."""
        self.env.invalidate_all()
        records = self.provider.ponto_transaction_ids.sorted("id")
        return (
            records.read(KEPT),
            self.lines().read([*LINE_FIELDS, "name"]),
            self.statements().read(["name", "balance_start", "balance_end_real"]),
            self.provider.read(
                [
                    "ponto_balance_state",
                    "ponto_difference",
                    "ponto_odoo_balance",
                    "ponto_opening_balance",
                ]
            ),
        )

    def press_undo(self, told, user=None):
        """Press the button in the corner of the screen."""
        [button] = told["params"]["buttons"]
        self.assertEqual(button["name"], "Undo")
        decision = self.env[button["model"]].with_user(user or self.bookkeeper)
        return getattr(decision.browse(button["ids"]), button["method"])()

    def assert_not_undone(self, told, words, user=None, error=UserError):
        before = self.read_all()
        with self.assertRaisesRegex(error, words), self.env.cr.savepoint():
            self.press_undo(told, user)
        self.assertEqual(self.read_all(), before)

    def assert_chained(self):
        """Check that Odoo finds nothing wrong with any statement, and that the last one
        ends at what the journal has."""
        self.env.invalidate_all()
        statements = self.statements()
        self.assertTrue(all(statements.mapped("is_valid")))
        self.assertTrue(all(statements.mapped("is_complete")))
        balances = statements.mapped("balance_start")[1:]
        self.assertEqual(balances, statements.mapped("balance_end_real")[:-1])
        self.assertFalse(self.lines().filtered(lambda line: not line.statement_id))

    # === WHAT IS TOLD === #

    def test_what_was_done_is_told(self):
        first, second = self.wait_for_lock().sorted("amount")
        told = first.action_import()["params"]
        self.assertEqual(told["message"][:10], "Imported: ")
        self.assertIn("Communication 7.00", told["message"])
        self.assertIn("3 Jun", told["message"])
        told = second.action_ignore()["params"]
        self.assertIn("Ignored: ", told["message"])
        self.assertIn("Communication 8.00", told["message"])

    def test_a_decision_about_several_tells_their_number(self):
        told = self.wait_for_lock().action_ignore()["params"]
        self.assertEqual(told["message"], "Ignored: 2 transactions")

    def test_nothing_done_is_told_and_leaves_nothing_to_undo(self):
        self.import_around()
        records = self.as_bookkeeper(self.registered("imported"))
        told = records.action_import()["params"]
        self.assertIn("nothing to decide", told["message"])
        self.assertFalse(told["buttons"])

    def test_a_similar_line_of_a_branch_hides_nothing_else(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        line = self.env(context={"allowed_company_ids": branch.ids})[
            "account.bank.statement.line"
        ].create(
            {
                "journal_id": self.journal.id,
                "date": "2026-06-10",
                "amount": -55,
                "payment_ref": "Proximus -55",
            }
        )
        self.assertEqual(line.company_id, branch)
        self.book("-55", "2026-06-10", remittanceInformation="Proximus -55")
        self.book("-56", "2026-06-01")
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        self.env.invalidate_all()
        shown = waiting.read(["reason", "similar_text"])
        self.assertEqual({row["reason"] for row in shown}, {"look_alike", "locked"})
        similar = waiting.filtered(lambda record: record.reason == "look_alike")
        self.assertIn("Proximus -55", similar.similar_text)
        with self.assertRaisesRegex(UserError, "such as a branch"):
            similar.action_open_similar_line()
        similar.action_ignore()
        self.assertEqual(similar.state, "ignored")

    def test_a_similar_line_is_told_in_words(self):
        waiting, _line = self.wait_for_similar("2026-06-10")
        text = waiting.similar_text.replace("\ufeff", "")
        self.assertEqual(text, "10 Jun · -55.00\xa0€ · Proximus -55")
        action = waiting.action_open_similar_line()
        self.assertEqual(action["res_id"], waiting.similar_line_id.id)

    # === THE DIFFERENCE === #

    def test_a_decision_counts_at_once(self):
        self.import_around()
        waiting = self.wait_for_lock()
        self.bank.update_account(self.account_id, currentBalance="1015.00")
        self.pull_scheduled(self.provider)
        before = self.provider.ponto_difference
        told = waiting[0].action_import()
        self.assertEqual(before - self.provider.ponto_difference, waiting[0].amount)
        self.press_undo(told)
        self.assertEqual(self.provider.ponto_difference, before)

    def test_a_running_pull_compares_by_itself(self):
        waiting = self.wait_for_lock()
        self.patch(
            type(self.provider), "try_lock_for_update", lambda self, **_: self.browse()
        )
        before = self.provider.ponto_compared_at
        waiting.action_ignore()
        self.assertEqual(self.provider.ponto_compared_at, before)

    # === THE LINE THAT WAS TYPED === #

    def test_a_typed_line_comes_into_the_statement_of_its_day(self):
        for day in ("2026-06-07", "2026-06-10", "2026-06-15", "2026-06-25"):
            with self.subTest(day):
                self.check_typed_line(day)

    def check_typed_line(self, day):
        with self.env.cr.savepoint() as savepoint:
            self.import_around()
            waiting, line = self.wait_for_similar(day)
            before = self.read_all()
            told = waiting.action_same_as()
            self.assertEqual(line.statement_id.ponto_since, date.fromisoformat(day))
            self.assert_chained()
            self.pull_scheduled(self.provider)
            self.assert_chained()
            self.press_undo(told)
            self.assertEqual(self.read_all()[:3], before[:3])
            savepoint.rollback()
        self.env.invalidate_all()

    def test_a_typed_line_joins_the_statement_that_is_there(self):
        line = self.enter_by_hand(-55, "2026-06-10", payment_ref="Proximus")
        self.import_around()
        self.book("-55.00", "2026-06-10", remittanceInformation="Proximus")
        self.pull_scheduled(self.provider)
        before = self.read_all()
        told = self.as_bookkeeper(self.registered("waiting")).action_same_as()
        self.assertEqual(len(line.statement_id.line_ids), 2)
        self.assert_chained()
        self.press_undo(told)
        self.assertEqual(self.read_all(), before)

    def test_a_line_of_somebodys_statement_stays_there(self):
        waiting, line = self.wait_for_similar("2026-06-10")
        statement = self.env["account.bank.statement"].create(
            {"name": "Paper 7", "line_ids": [Command.set(line.ids)]}
        )
        told = waiting.action_same_as()
        self.assertEqual(line.statement_id, statement)
        self.press_undo(told)
        self.assertEqual(line.statement_id, statement)

    def test_without_statements_there_is_none_for_a_typed_line(self):
        self.provider.create_statement = False
        waiting, line = self.wait_for_similar("2026-06-10")
        waiting.action_same_as()
        self.assertFalse(line.statement_id)

    # === MANY AT ONCE === #

    def test_many_are_the_same_as_their_lines_at_once(self):
        self.import_around()
        for amount in (-55, -66):
            self.wait_for_similar("2026-06-10", amount)
        locked = self.wait_for_lock().filtered(lambda each: each.reason == "locked")
        waiting = self.as_bookkeeper(self.registered("waiting"))
        before = self.read_all()
        told = waiting.action_same_as()
        self.assertIn("2 transactions", told["params"]["message"])
        self.assertEqual(self.registered("waiting"), locked.sudo())
        self.assert_chained()
        self.press_undo(told)
        self.assertEqual(self.read_all(), before)

    def test_what_is_imported_is_no_other_line_as_well(self):
        self.provider.ponto_look_alike_policy = "import"
        self.enter_by_hand(-55, "2026-06-10", payment_ref="Proximus")
        self.book("-55.00", "2026-06-10", remittanceInformation="Proximus")
        self.pull_scheduled(self.provider)
        imported = self.registered("imported")
        own = imported.statement_line_id
        with self.assertRaisesRegex(UserError, "No line of the journal is similar"):
            self.as_bookkeeper(imported).action_same_as()
        self.assertEqual(imported.statement_line_id, own)

    def test_a_line_stands_for_one_transaction(self):
        waiting, line = self.wait_for_similar("2026-06-10")
        other = waiting.sudo().copy({"ponto_id": "another", "state": "waiting"})
        other.write({"reason": "look_alike", "similar_line_id": line.id})
        told = (waiting | self.as_bookkeeper(other)).action_same_as()
        self.assertNotIn("2 transactions", told["params"]["message"])
        [left] = self.registered("waiting")
        with self.assertRaisesRegex(UserError, "No line of the journal is similar"):
            self.as_bookkeeper(left).action_same_as()

    # === UNDO === #

    def test_what_was_ignored_waits_again_with_its_texts(self):
        waiting = self.wait_for_lock()
        before = self.read_all()
        told = waiting.action_ignore()
        self.assertEqual(waiting.mapped("payment_ref"), [False, False])
        self.press_undo(told)
        self.assertEqual(self.read_all(), before)

    def test_a_line_that_was_imported_is_gone_and_its_transaction_waits(self):
        self.import_around()
        waiting = self.wait_for_lock()
        before = self.read_all()
        told = waiting.action_import()
        self.assertEqual(len(self.lines()), 5)
        undone = self.press_undo(told)
        self.assertEqual(self.read_all(), before)
        self.assertIn("2 transactions", undone["params"]["message"])
        self.assertEqual(undone["params"]["next"]["tag"], "soft_reload")

    def test_balances_before_the_first_line_are_what_they_were(self):
        self.import_around(first="08")
        waiting = self.wait_for_lock()
        before = self.read_all()
        told = waiting.action_import()
        self.assertLess(self.lines()[0].date, date(2026, 6, 8))
        self.press_undo(told)
        self.assertEqual(self.read_all(), before)

    def test_balances_follow_where_something_came_since(self):
        self.import_around(first="08")
        told = self.wait_for_lock().action_import()
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(self.provider)
        self.press_undo(told)
        self.assert_chained()
        self.assertEqual(len(self.lines()), 4)

    def test_what_was_brought_back_is_removed_as_it_was(self):
        self.import_around()
        self.provider.create_statement = False
        line = self.lines()[1]
        line.statement_id.unlink()
        line.unlink()
        self.pull_scheduled(self.provider)
        before = self.read_all()
        told = self.as_bookkeeper(self.registered("removed")).action_import()
        self.press_undo(told)
        self.assertEqual(self.read_all(), before)

    def test_a_change_that_was_left_out_waits_again(self):
        ponto_id = self.book("5.00", "2026-06-10")
        self.pull_scheduled(self.provider)
        self.bank.update_transaction(ponto_id, amount="6.00")
        self.pull_scheduled(self.provider)
        waiting = self.as_bookkeeper(self.registered("waiting"))
        before = self.read_all()
        self.press_undo(waiting.action_ignore())
        self.assertEqual(self.read_all(), before)

    def test_a_line_is_changed_back_to_what_it_was(self):
        for change in (
            {"amount": "21.00", "remittanceInformation": "Corrected"},
            {"executionDate": "2026-06-12"},
            {"executionDate": "2026-07-12", "amount": "-1.00"},
        ):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self.import_around()
                line = self.lines()[1]
                record = self.registered("imported").filtered(
                    lambda each, line=line: each.statement_line_id == line
                )
                self.bank.update_transaction(record.ponto_id, **change)
                self.pull_scheduled(self.provider)
                waiting = self.as_bookkeeper(self.registered("waiting"))
                before = self.without_statements(self.read_all())
                told = waiting.action_import()
                self.assertNotEqual(self.without_statements(self.read_all()), before)
                self.assert_chained()
                self.press_undo(told)
                self.assertEqual(self.without_statements(self.read_all()), before)
                self.assert_chained()
                savepoint.rollback()
            self.env.invalidate_all()

    def without_statements(self, found):
        """Leave out the identifiers of statements: an emptied one is made anew."""
        records, lines, statements, feed = found
        for line in lines:
            line["statement_id"] = line["statement_id"] and line["statement_id"][1]
        for statement in statements:
            del statement["id"]
        statements.sort(key=lambda statement: statement["name"])
        return records, lines, statements, feed

    def test_a_change_of_what_is_settled_is_not_undone(self):
        ponto_id = self.book("5.00", "2026-06-10")
        self.pull_scheduled(self.provider)
        self.bank.update_transaction(ponto_id, amount="6.00")
        self.pull_scheduled(self.provider)
        waiting = self.as_bookkeeper(self.registered("waiting"))
        self.patch(booking, "read_changeable", lambda provider, line: None)
        self.assertFalse(waiting.action_import()["params"]["buttons"])

    def test_a_change_of_an_entry_that_somebody_has_corrected_is_not_undone(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        dollar.sudo().rate_ids.create(
            {"name": "2026-01-01", "rate": 2, "currency_id": dollar.id}
        )
        journal = self.create_journal("BE95001123450158")
        journal.currency_id = dollar
        account_id = self.bank.add_account(reference="BE95001123450158", currency="USD")
        provider = self.create_provider(journal_id=journal.id)
        for balance, is_offered in ((50, True), (45, False)):
            with self.subTest(balance=balance):
                ponto_id = self.bank.add_transaction(
                    account_id, "100.00", "2026-06-10", currency="USD"
                )
                self.pull_scheduled(provider)
                line = self.lines(journal)[-1]
                for item in line.line_ids:
                    sign = 1 if item.balance > 0 else -1
                    item.with_context(**settling.SETTLING_CONTEXT).write(
                        {"balance": sign * balance}
                    )
                self.bank.update_transaction(ponto_id, amount="120.00")
                self.pull_scheduled(provider)
                waiting = self.as_bookkeeper(self.registered("waiting", provider))
                told = waiting.action_import()
                self.assertEqual(bool(told["params"]["buttons"]), is_offered)
                self.assertEqual(line.move_id.amount_total_signed, 60)

    def test_a_line_that_somebody_has_touched_stays(self):
        waiting = self.wait_for_lock()[0]
        told = waiting.action_import()
        line = waiting.statement_line_id
        line.payment_ref = "Typed since"
        self.assert_not_undone(told, "changed the line .*Typed since")

    def test_a_line_that_somebody_has_reconciled_stays(self):
        waiting = self.wait_for_lock()[0]
        told = waiting.action_import()
        self.reconcile(waiting.statement_line_id)
        self.assert_not_undone(told, "1 reconciled")

    def test_a_line_of_a_period_that_was_locked_since_stays(self):
        waiting = self.wait_for_lock()[0]
        told = waiting.action_import()
        # Odoo locks no period with lines that are not reconciled.
        self.reconcile(waiting.statement_line_id)
        self.company.fiscalyear_lock_date = date(2026, 7, 1)
        self.assert_not_undone(told, "locked until")

    def test_what_the_bank_has_changed_since_stays_decided(self):
        waiting = self.wait_for_lock()[0]
        told = waiting.action_ignore()
        self.bank.update_transaction(waiting.ponto_id, amount="9.00")
        self.pull_scheduled(self.provider)
        self.assert_not_undone(told, "the bank or somebody has changed")

    def test_what_somebody_has_decided_since_stays_decided(self):
        waiting = self.wait_for_lock()[0]
        told = waiting.action_ignore()
        waiting.action_import()
        self.assert_not_undone(told, "the bank or somebody has changed")

    def test_what_was_linked_anew_since_stays_decided(self):
        waiting, _line = self.wait_for_similar("2026-06-10")
        told = waiting.action_same_as()
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assert_not_undone(told, "the bank or somebody has changed")

    def test_nothing_is_undone_while_transactions_are_fetched(self):
        told = self.wait_for_lock().action_ignore()
        self.lock_by_another(self.provider)
        self.assert_not_undone(told, "are being fetched")

    def test_a_decision_is_undone_by_nobody_else_and_only_once(self):
        told = self.wait_for_lock().action_ignore()
        other = new_test_user(
            self.env,
            login="ponto_other_bookkeeper",
            groups="account.group_account_basic",
            company_id=self.company.id,
        )
        self.assert_not_undone(told, "", user=other, error=AccessError)
        self.press_undo(told)
        decision = self.env["ponto.decision"].browse(
            told["params"]["buttons"][0]["ids"]
        )
        self.assertFalse(decision.exists())

    def test_nobody_makes_up_a_decision(self):
        decision = self.env["ponto.decision"].with_user(self.bookkeeper)
        with self.assertRaises(AccessError):
            decision.create({"kind": "ignore"})
        made = decision.sudo().create({"kind": "ignore"}).sudo(False)
        self.assertFalse(made.sudo().memory)
        with self.assertRaisesRegex(UserError, "nothing to undo"):
            made.action_undo()
        with self.assertRaises(AccessError):
            made.read(["memory"])
