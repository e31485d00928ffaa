# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import OTHER_IBAN
from .common_matching import MatchingCase


@tagged("post_install", "-at_install")
class TestMatchAfterwards(MatchingCase):
    """What becomes of a match that the feed has made: undone, taken back, changed."""

    def setUp(self):
        super().setUp()
        self.move = self.invoice(121)
        self.identifier = self.book(
            "121.00", "2026-07-10", remittanceInformation=self.move.name
        )
        self.pull_scheduled(self.provider)
        self.line = self.lines()
        self.assert_settled(self.line, self.move)
        self.record = self.provider.ponto_transaction_ids

    def change(self, **attributes):
        """Let the bank change the transaction, and pull it once more."""
        self.bank.update_transaction(self.identifier, **attributes)
        self.pull(self.provider)
        self.env.invalidate_all()

    def test_a_partner_is_named_and_nothing_booked_anew(self):
        dollar = self.env.ref("base.USD")
        self.set_rates("USD", {"2026-01-01": 2}, self.company)
        journal = self.create_journal()
        journal.currency_id = dollar
        self.account_id = self.bank.add_account(reference=OTHER_IBAN, currency="USD")
        provider = self.create_provider(
            journal_id=journal.id, ponto_match_policy="suggest"
        )
        identifier = self.book("100.00", "2026-07-10", currency="USD")
        self.pull_scheduled(provider)
        line = self.lines(journal)
        self.set_rates("USD", {"2026-01-01": 4}, self.company)
        move = self.invoice(100, currency_id=dollar.id)
        self.bank.update_transaction(identifier, remittanceInformation=move.name)
        self.pull_scheduled(provider)
        self.assertEqual(line.payment_ref, move.name)
        for record in (line, line.move_id, line.line_ids):
            self.assertEqual(record.partner_id, self.customer)
        self.assertEqual(sorted(line.line_ids.mapped("balance")), [-50, 50])
        self.assert_open(line, move)

    # === UNDO === #

    def test_odoos_undo_opens_both_and_is_remembered(self):
        self.line.with_user(self.bookkeeper).action_undo_reconciliation()
        self.assert_open(self.line, self.move)
        for text in (f"{self.move.name} again", self.move.name):
            self.change(remittanceInformation=text)
            self.assertEqual(self.line.payment_ref, text)
            self.assert_open(self.line, self.move)

    def test_what_was_undone_from_the_invoice_is_somebodys_work(self):
        items = self.move.line_ids.filtered("matched_credit_ids")
        items.with_user(self.bookkeeper).remove_move_reconcile()
        self.assertTrue(self.line._ponto_is_worked_on())
        with self.assertRaises(UserError):
            self.line.ponto_pull_id.with_user(self.bookkeeper).action_take_back()
        self.change(remittanceInformation=f"{self.move.name} again")
        self.assertEqual(self.record.state, "waiting")
        self.assertEqual(self.residual(self.move), 121)

    def test_the_memory_of_matches_is_nothing_to_write(self):
        line = self.line.with_user(self.bookkeeper)
        booked = self.line.ponto_match
        line.write({"ponto_match": {"items": [], "booked": []}})
        line.write({"ponto_undone_matches": [[1]], "ponto_match_failure": "x"})
        self.env.invalidate_all()
        self.assertEqual(self.line.ponto_match, booked)
        self.assertFalse(self.line.ponto_undone_matches)
        self.assertFalse(self.line.ponto_match_failure)

    # === UNDO IMPORT === #

    def test_undo_import_opens_what_the_feed_has_settled(self):
        self.assertFalse(self.line._ponto_is_worked_on())
        self.line.ponto_pull_id.with_user(self.bookkeeper).action_take_back()
        self.assertFalse(self.lines())
        self.assertEqual(self.residual(self.move), 121)
        self.assertEqual(self.move.payment_state, "not_paid")

    def test_what_is_imported_again_after_an_undo_is_matched_again(self):
        self.line.ponto_pull_id.with_user(self.bookkeeper).action_take_back()
        self.record.with_user(self.bookkeeper).action_import()
        self.assert_settled(self.lines(), self.move)

    def test_undo_import_leaves_what_somebody_has_settled_otherwise(self):
        self.line.action_undo_reconciliation()
        self.reconcile(self.line)
        with self.assertRaises(UserError):
            self.line.ponto_pull_id.with_user(self.bookkeeper).action_take_back()

    def test_a_match_that_somebody_has_changed_is_somebodys_work(self):
        _liquidity, _suspense, others = self.line._seek_for_lines()
        others.remove_move_reconcile()
        others.account_id = self.company_data["default_account_revenue"]
        self.assertTrue(self.line._ponto_is_worked_on())

    def test_a_locked_period_keeps_the_match(self):
        self.company.fiscalyear_lock_date = "2026-07-31"
        self.assertTrue(self.line._ponto_is_worked_on())
        with self.assertRaises(UserError):
            self.line.ponto_pull_id.with_user(self.bookkeeper).action_take_back()
        self.change(remittanceInformation=f"{self.move.name} again")
        self.assertEqual(self.record.state, "waiting")
        self.assertEqual(self.record.reason, "text_changed")
        self.assert_settled(self.line, self.move)

    def test_so_does_a_tax_return_of_a_match_with_tax(self):
        invoice = self.discounted_invoice()
        paid = invoice.line_ids.filtered("discount_date").discount_amount_currency
        line = self.pay(f"{paid:.2f}", invoice.name)
        self.assert_settled(line, invoice)
        self.company.tax_lock_date = "2026-07-31"
        [row] = [
            row
            for row in self.bank.transactions(self.account_id)
            if row["id"] != self.identifier
        ]
        self.identifier = row["id"]
        self.change(remittanceInformation=f"{invoice.name} again")
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(self.registered("waiting").reason, "text_changed")
        self.assert_settled(line, invoice)

    # === WHAT THE BANK CHANGES === #

    def test_a_text_that_still_names_the_invoice_keeps_it_paid(self):
        self.change(remittanceInformation=f"Paying {self.move.name} at last")
        self.assertEqual(self.line.payment_ref, f"Paying {self.move.name} at last")
        self.assertEqual(self.record.state, "imported")
        self.assert_settled(self.line, self.move)

    def test_what_is_paid_stays_paid_where_the_feed_is_to_settle_nothing_new(self):
        other = self.invoice(121)
        for policy in ("suggest", "no"):
            self.provider.ponto_match_policy = policy
            self.change(remittanceInformation=f"{policy} {self.move.name}")
            self.assertEqual(self.line.payment_ref, f"{policy} {self.move.name}")
            self.assert_settled(self.line, self.move)
            self.assertFalse(self.line._ponto_is_worked_on())
        self.change(remittanceInformation=other.name)
        self.assert_open(self.line, other)
        self.assertEqual(self.residual(self.move), 121)

    def test_a_changed_text_settles_nothing_new_where_the_feed_is_to_suggest(self):
        other = self.invoice(121)
        self.provider.ponto_match_policy = "suggest"
        self.change(remittanceInformation=other.name)
        self.assert_open(self.line, other)

    def test_a_text_that_names_nothing_any_more_opens_the_invoice(self):
        self.change(remittanceInformation="Something else")
        self.assertEqual(self.line.payment_ref, "Something else")
        self.assert_open(self.line, self.move)

    def test_a_text_may_name_an_invoice_later(self):
        other = self.invoice(121)
        self.change(remittanceInformation=other.name)
        self.assert_settled(self.line, other)
        self.assertEqual(self.residual(self.move), 121)

    def test_another_amount_waits_and_opens_the_invoice_once_it_is_taken(self):
        self.change(amount="120.00")
        self.assertEqual(self.record.reason, "changed")
        self.assert_settled(self.line, self.move)
        self.record.with_user(self.bookkeeper).action_import()
        self.assertEqual(self.line.amount, 120)
        self.assert_open(self.line, self.move)
        self.assertEqual(self.residual(self.move), 121)
