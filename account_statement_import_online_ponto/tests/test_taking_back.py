# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PontoCase


@tagged("post_install", "-at_install")
class TestTakingBack(PontoCase):
    """An import is taken back as a whole, or not at all."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        self.provider = self.create_provider()

    def import_(self, *transactions):
        """Book transactions and pull them.

        :return: the pull, as a bookkeeper sees it
        """
        for amount, day in transactions:
            self.book(amount, day)
        self.pull_scheduled(self.provider)
        return self.env["ponto.pull"].with_user(self.bookkeeper).search([], limit=1)

    def import_june_july_august(self):
        """Return three pulls, of one statement each."""
        return (
            self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-06-29")),
            self.import_(("5.00", "2026-07-01"), ("6.00", "2026-07-01")),
            self.import_(("7.50", "2026-07-06")),
        )

    def assert_kept(self, pull, *words):
        """Check that the pull cannot be taken back, for reasons with these words."""
        before = self.lines().read(["amount", "statement_id"])
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            pull.action_take_back()
        self.env.invalidate_all()
        self.assertEqual(self.lines().read(["amount", "statement_id"]), before)
        self.assertFalse(pull.taken_back_at)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_nothing_is_undone_while_transactions_are_fetched(self):
        pull = self.import_(("100.00", "2026-06-29"))
        self.lock_by_another(self.provider)
        self.assert_kept(pull, "are being fetched")

    # === WHAT GOES, WHAT STAYS === #

    def test_lines_entries_and_statements_go(self):
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-07-01"))
        moves = self.lines().move_id
        pull.action_take_back()
        self.assertFalse(self.lines())
        self.assertFalse(moves.exists())
        self.assertFalse(self.statements())
        self.assertRecordValues(
            pull,
            [
                {
                    "taken_back_by_id": self.bookkeeper.id,
                    "taken_back_count": 2,
                    "line_count": 0,
                    "removed_count": 2,
                    "imported_count": 2,
                    "state": "done",
                }
            ],
        )
        self.assertTrue(pull.taken_back_at)

    def test_what_is_taken_back_comes_only_if_somebody_says_so(self):
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-07-01"))
        pull.action_take_back()
        registered = self.provider.ponto_transaction_ids
        self.assertEqual(registered.mapped("state"), ["removed", "removed"])
        self.import_()
        self.provider.with_user(self.manager).action_ponto_reset_last_identifier()
        self.import_()
        self.pull(self.provider)
        self.assertFalse(self.lines())
        removed = registered.search(pull.action_open_removed()["domain"])
        removed.with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().mapped("amount"), [100, -20])
        self.assertFalse(pull.line_count)
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1080),
        )

    def test_what_others_imported_stays(self):
        first = self.import_(("5.00", "2026-07-01"))
        second = self.import_(("6.00", "2026-07-01"))
        self.assert_statements(("2026-07-01", 1000, 1011))
        second.action_take_back()
        self.assertEqual(self.lines().mapped("amount"), [5])
        self.assert_statements(("2026-07-01", 1000, 1005))
        self.assertEqual((first.line_count, second.line_count), (1, 0))

    def test_several_imports_go_at_once(self):
        first, second, third = self.import_june_july_august()
        (first | third).action_take_back()
        self.assertEqual(self.lines().mapped("ponto_pull_id"), second.sudo())
        self.assert_statements(("2026-07-01", 1080, 1091))
        self.assertEqual((first | third).mapped("taken_back_count"), [2, 1])

    # === BALANCES === #

    def test_what_follows_ends_less_and_comes_back_right(self):
        _first, second, _third = self.import_june_july_august()
        before = (
            ("2026-06-29", 1000, 1080),
            ("2026-07-01", 1080, 1091),
            ("2026-07-06", 1091, 1098.5),
        )
        self.assert_statements(*before)
        removed = second.sudo().imported_ids
        second.action_take_back()
        self.assert_statements(
            ("2026-06-29", 1000, 1080),
            ("2026-07-06", 1080, 1087.5),
        )
        removed.with_user(self.bookkeeper).action_import()
        self.assert_statements(*before)

    def test_what_was_first_becomes_part_of_the_opening_balance(self):
        first, _second, _third = self.import_june_july_august()
        removed = first.sudo().imported_ids
        first.action_take_back()
        self.assert_statements(
            ("2026-07-01", 1080, 1091),
            ("2026-07-06", 1091, 1098.5),
        )
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        removed.with_user(self.bookkeeper).action_import()
        self.assert_statements(
            ("2026-06-29", 1000, 1080),
            ("2026-07-01", 1080, 1091),
            ("2026-07-06", 1091, 1098.5),
        )

    def test_the_proof_tells_what_is_missing_now(self):
        _first, second, _third = self.import_june_july_august()
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        second.action_take_back()
        self.assertRecordValues(
            self.provider,
            [
                {
                    "ponto_balance_state": "different",
                    "ponto_difference": 11,
                    "ponto_difference_date": date(2026, 7, 1),
                }
            ],
        )

    def test_without_statements_the_proof_stays_right(self):
        self.provider.create_statement = False
        first, second, third = self.import_june_july_august()
        self.assertEqual(self.provider.ponto_odoo_balance, 1098.5)
        removed = first.sudo().imported_ids
        first.action_take_back()
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assertEqual(self.provider.ponto_opening_balance, 1080)
        removed.with_user(self.bookkeeper).action_import()
        self.import_()
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assertEqual(self.provider.ponto_opening_balance, 1000)
        third.action_take_back()
        self.assertEqual(self.provider.ponto_balance_state, "different")
        self.assertEqual(self.provider.ponto_difference, 7.5)
        second.action_take_back()
        self.lines().unlink()
        # The journal begins anew, though nobody has undone the last of it.
        self.import_(("1.00", "2026-07-10"))
        self.assertEqual(self.provider.ponto_opening_balance, 1098.5)
        self.assertEqual(self.provider.ponto_odoo_balance, 1099.5)

    def test_when_all_is_taken_back_the_next_import_starts_anew(self):
        self.provider.create_statement = False
        self.import_(("5.00", "2026-07-01")).action_take_back()
        self.import_(("6.00", "2026-07-02"))
        self.assertEqual(self.provider.ponto_opening_balance, 1005)
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_a_statement_with_somebodys_papers_stays(self):
        pull = self.import_(("5.00", "2026-07-01"))
        statement = self.statements()
        statement.attachment_ids = self.env["ir.attachment"].create(
            {"name": "Paper", "raw": b"%PDF"}
        )
        pull.action_take_back()
        self.assertFalse(self.lines())
        self.assertTrue(statement.exists())
        self.assertEqual(statement.balance_start, statement.balance_end_real)

    def test_a_statement_with_a_paper_in_its_attachments_stays(self):
        pull = self.import_(("5.00", "2026-07-01"))
        statement = self.statements()
        paper = self.env["ir.attachment"].create(
            {
                "name": "Paper",
                "raw": b"%PDF",
                "res_model": statement._name,
                "res_id": statement.id,
            }
        )
        pull.action_take_back()
        self.assertFalse(self.lines())
        self.assertTrue(statement.exists())
        self.assertTrue(paper.exists())

    # === WHAT MUST STAY === #

    def test_a_reconciled_line_keeps_the_whole_import(self):
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-07-01"))
        self.reconcile(self.lines()[0])
        self.assert_kept(
            pull, "2 lines", "1 reconciled", "Communication 100.00", "Undo"
        )
        self.lines()[0].action_undo_reconciliation()
        pull.action_take_back()
        self.assertFalse(self.lines())

    def test_a_line_reconciled_in_part_keeps_the_whole_import(self):
        pull = self.import_(("100.00", "2026-06-29"))
        self.reconcile(self.lines(), 40)
        self.assertFalse(self.lines().is_reconciled)
        self.assert_kept(pull, "1 reconciled")

    def test_a_locked_period_keeps_the_whole_import(self):
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-07-01"))
        # Odoo locks no period with lines that are not reconciled.
        self.reconcile(self.lines()[0])
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.assert_kept(pull, "1 in a period", "06/30/2026", "Communication 100.00")
        self.company.sudo().fiscalyear_lock_date = False
        self.company.sudo().hard_lock_date = date(2026, 6, 30)
        self.assert_kept(pull, "1 in a period", "06/30/2026")

    def test_a_secured_entry_keeps_the_whole_import(self):
        pull = self.import_(("100.00", "2026-06-29"))
        self.reconcile(self.lines())
        self.journal.sudo().restrict_mode_hash_table = True
        self.lines().move_id.button_hash()
        self.assertTrue(self.lines().move_id.inalterable_hash)
        self.assert_kept(pull, "1 secured", "Communication 100.00")

    def test_somebodys_own_statement_keeps_the_whole_import(self):
        self.provider.create_statement = False
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-07-01"))
        statement = self.env["account.bank.statement"].create(
            {
                "name": "Paper 7",
                "line_ids": [Command.set(self.lines()[0].ids)],
                "balance_start": 1000,
                "balance_end_real": 1100,
            }
        )
        self.assert_kept(pull, "1 in a statement", "Paper 7")
        # Somebody is still working on it.
        statement.write({"balance_start": 0, "balance_end_real": 500})
        self.assert_kept(pull, "1 in a statement", "Paper 7")
        statement.unlink()
        pull.action_take_back()
        self.assertFalse(self.lines())

    def test_a_line_of_nothing_keeps_no_import(self):
        pull = self.import_(("100.00", "2026-06-29"), ("0.00", "2026-06-29"))
        pull.action_take_back()
        self.assertFalse(self.lines())

    def test_another_suspense_account_keeps_no_import(self):
        pull = self.import_(("100.00", "2026-06-29"))
        self.journal.suspense_account_id = self.journal.suspense_account_id.copy()
        pull.action_take_back()
        self.assertFalse(self.lines())

    def test_a_document_of_somebody_keeps_the_whole_import(self):
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-06-29"))
        line = self.lines()[0]
        for record in (line.move_id, line, line.line_ids[0]):
            with self.subTest(record._name):
                document = self.env["ir.attachment"].create(
                    {
                        "name": "receipt.pdf",
                        "raw": b"receipt",
                        "res_model": record._name,
                        "res_id": record.id,
                    }
                )
                told = line.currency_id.format(line.amount)
                self.assert_kept(pull, "receipt.pdf", "1 with documents", told)
                document.unlink()

    def test_every_reason_is_told_at_once_and_few_lines_are_named(self):
        pull = self.import_(
            *((f"{number}.00", f"2026-07-0{number}") for number in range(1, 6))
        )
        for line in self.lines():
            self.reconcile(line)
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 2)
        self.assert_kept(pull, "5 reconciled", "2 in a period", "3.00 (", "…")

    def test_the_audit_trail_of_the_company_is_kept(self):
        pull = self.import_(("100.00", "2026-06-29"))
        moves = self.lines().move_id
        self.company.restrictive_audit_trail = True
        pull.action_take_back()
        self.assertFalse(self.lines())
        self.assertEqual(moves.state, "cancel")

    def test_there_has_to_be_something_to_take_back(self):
        pull = self.import_()
        self.assert_kept(pull, "nothing to undo")

    def test_a_pull_that_is_running_cannot_be_taken_back(self):
        pull = self.import_(("100.00", "2026-06-29"))
        pull.sudo().state = "running"
        self.assert_kept(pull, "still running")

    # === RIGHTS === #

    def test_only_who_may_remove_lines_takes_back(self):
        pull = self.import_(("100.00", "2026-06-29"))
        for groups in (
            "account.group_account_invoice",
            "account.group_account_readonly",
        ):
            user = new_test_user(self.env, login=groups, groups=groups)
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                pull.with_user(user).action_take_back()
        system = new_test_user(self.env, login="system", groups="base.group_system")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            pull.with_user(system).action_take_back()
        self.assertTrue(self.lines())

    def test_nobody_takes_back_for_another_company(self):
        pull = self.import_(("100.00", "2026-06-29"))
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            pull.with_user(stranger).action_take_back()
        self.assertTrue(self.lines())

    # === THE QUESTION === #

    def test_the_question_names_count_amount_and_days(self):
        pull = self.import_(("100.00", "2026-06-29"), ("-20.00", "2026-07-01"))
        asked = pull.action_ask_take_back()["params"]
        self.assertEqual(asked["title"], "Undo this import?")
        for word in ("2 bank", "80.00", "06/29/2026", "07/01/2026"):
            self.assertIn(word, asked["message"])
        self.assertEqual(len(self.lines()), 2)
        record = self.env[asked["model"]].with_user(self.bookkeeper)
        told = getattr(record.browse(asked["ids"]), asked["method"])()
        self.assertFalse(self.lines())
        self.assertIn("Removed lines: 2", told["params"]["message"])

    def test_nobody_is_asked_about_nothing(self):
        pull = self.import_()
        with self.assertRaisesRegex(UserError, "nothing to undo"):
            pull.action_ask_take_back()
