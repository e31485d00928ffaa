# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.tests import tagged

from .common_matching import CUSTOMER_IBAN, MatchingCase


@tagged("post_install", "-at_install")
class TestMatchRegistered(MatchingCase):
    """Payments that somebody has registered before their bank lines come in.

    Odoo has paid the document with them, and waits on an outstanding account: that is
    what the line settles, and not the document a second time.
    """

    def register(self, *records, journal=None, **values):
        """Register a payment of documents or of journal items, by Odoo's own button.

        :return: the `account.payment`
        """
        paid = records[0].union(*records)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model=paid._name, active_ids=paid.ids)
            .create(
                {
                    "payment_date": "2026-07-08",
                    "journal_id": (journal or self.journal).id,
                    "group_payment": len(records) > 1,
                    **values,
                }
            )
        )
        return wizard._create_payments()

    def assert_payment_settled(self, line, payment):
        """Check that a line has settled a payment, and nothing else."""
        self.env.invalidate_all()
        self.assertTrue(line.is_reconciled)
        self.assertFalse(line.ponto_match_failure)
        self.assertTrue(payment.is_matched)
        reconciled = line.line_ids._all_reconciled_lines().move_id - line.move_id
        self.assertEqual(reconciled, payment.move_id)

    def test_the_line_settles_the_payment_whatever_the_document(self):
        for amount, move_type in (
            (121, "out_invoice"),
            (-122, "in_invoice"),
            (-123, "out_refund"),
            (124, "in_refund"),
        ):
            with self.subTest(move_type):
                move = self.invoice(
                    abs(amount), move_type=move_type, ref=f"REF-{move_type}-77"
                )
                payment = self.register(move)
                self.assertFalse(payment.is_matched)
                self.assertEqual(self.residual(move), 0)
                line = self.pay(f"{amount:.2f}", f"{move.name} of {move.ref}")
                self.assert_payment_settled(line, payment)
                self.assertEqual(line.partner_id, self.customer)

    def test_one_payment_of_several_invoices_is_settled_by_their_numbers(self):
        invoices = self.invoice(121), self.invoice(60.5)
        payment = self.register(*invoices)
        line = self.pay("181.50", " and ".join(move.name for move in invoices))
        self.assert_payment_settled(line, payment)

    def test_the_rest_of_an_invoice_and_its_payment_are_told_apart(self):
        invoice = self.invoice(121)
        payment = self.register(invoice, amount=100)
        self.assertEqual(self.residual(invoice), 21)
        self.assert_payment_settled(self.pay("100.00", invoice.name), payment)
        rest = self.pay("21.00", invoice.name, day="2026-07-11")
        self.assert_settled(rest, invoice)

    def test_the_rest_of_an_opening_item_and_its_payment_are_told_apart(self):
        accounts = self.company_data
        entry = self.env["account.move"].create(
            {
                "date": "2026-01-01",
                "ref": "Opening",
                "line_ids": [
                    Command.create(
                        {
                            "name": "2025-00123",
                            "account_id": accounts["default_account_receivable"].id,
                            "partner_id": self.customer.id,
                            "debit": 120,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": accounts["default_account_revenue"].id,
                            "credit": 120,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        item = entry.line_ids.filtered("partner_id")
        payment = self.register(item, amount=60)
        line = self.pay("60.00", "payment 2025-00123")
        self.assert_open(line)
        self.assertEqual(item.amount_residual, 60)
        both = self.pay("120.00", "payment 2025-00123", day="2026-07-11")
        self.env.invalidate_all()
        self.assertTrue(both.is_reconciled)
        self.assertTrue(payment.is_matched)
        self.assertFalse(item.amount_residual)

    def test_a_payment_in_another_bank_account_waits_there(self):
        payment = self.register(
            self.invoice(121), journal=self.create_journal("BE43068999999501")
        )
        line = self.pay("121.00", payment.reconciled_invoice_ids.name)
        self.assert_open(line)
        self.env.invalidate_all()
        self.assertFalse(payment.is_matched)

    def test_what_was_rejected_is_not_waited_for(self):
        invoice = self.invoice(121)
        payment = self.register(invoice)
        payment.action_reject()
        line = self.pay("121.00", invoice.name)
        self.assert_open(line)
        action = line.with_user(self.bookkeeper).action_ponto_choose()
        self.assertFalse(self.env[action["res_model"]].search(action["domain"]))

    def test_the_payment_is_suggested_before_another_invoice_of_its_amount(self):
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.customer.id}
        )
        self.invoice(121, invoice_date="2026-05-01")
        payment = self.register(self.invoice(121))
        line = self.pay("121.00", "Thanks", counterpartReference=CUSTOMER_IBAN)
        line = line.with_user(self.bookkeeper)
        self.assertIn(payment.name, line.ponto_suggestion)
        line.action_ponto_accept()
        self.assert_payment_settled(line, payment)
        line.action_undo_reconciliation()
        self.env.invalidate_all()
        self.assertFalse(payment.is_matched)
        self.assertNotIn(payment.name, line.ponto_suggestion)

    def test_a_bookkeeper_chooses_a_payment(self):
        payment = self.register(self.invoice(121))
        line = self.pay("121.00", "Nothing of ours").with_user(self.bookkeeper)
        action = line.action_ponto_choose()
        items = self.env[action["res_model"]].with_user(self.bookkeeper)
        items = items.search(action["domain"])
        self.assertEqual(items.move_id, payment.move_id)
        items.with_context(**action["context"]).action_ponto_settle()
        self.assert_payment_settled(line, payment)
