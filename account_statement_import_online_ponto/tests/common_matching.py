# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests of matching share: customers, vendors, and what they owe."""

from odoo import Command

from .common import PontoCase

CUSTOMER_IBAN = "BE43068999999501"


class MatchingCase(PontoCase):
    """A feed that settles what is certain, and invoices to settle."""

    def setUp(self):
        super().setUp()
        self.customer = self.env["res.partner"].create({"name": "Bakkerij Noordhof"})
        self.other = self.env["res.partner"].create({"name": "Frituur Lindenau"})
        self.provider = self.create_provider(ponto_match_policy="certain")

    def invoice(self, amount, partner=None, move_type="out_invoice", **values):
        """Post an invoice or bill.

        :param float amount: its total
        """
        values.setdefault("invoice_date", "2026-06-20")
        values.setdefault("date", values["invoice_date"])
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or self.customer).id,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Beer", "price_unit": amount, "tax_ids": False}
                    )
                ],
                **values,
            }
        )
        move.action_post()
        return move

    def discounted_invoice(self):
        """Post an invoice with tax, and a discount for those who pay it early."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "2 % within 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "early_pay_discount_computation": "included",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 30}
                    )
                ],
            }
        )
        tax = self.company_data["default_tax_sale"]
        return self.invoice(
            100,
            invoice_date="2026-07-05",
            invoice_payment_term_id=terms.id,
            invoice_line_ids=[
                Command.create({"name": "Beer", "price_unit": 100, "tax_ids": tax.ids})
            ],
        )

    def set_rates(self, code, rates, company=None, keep=False):
        """Let a currency be in use, with rates.

        :param dict rates: {day: how much of it one unit of the reference is}
        :param company: whose rates they are; None: of all companies
        :param bool keep: whether rates that are there already stay
        """
        currency = self.env.ref(f"base.{code}").sudo()
        currency.active = True
        if not keep:
            currency.rate_ids.unlink()
        self.env["res.currency.rate"].sudo().create(
            [
                {
                    "name": day,
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": company.id if company else False,
                }
                for day, rate in rates.items()
            ]
        )

    def pay(self, amount, text, day="2026-07-10", **attributes):
        """Let the bank book a payment, and pull it.

        :return: the statement line
        """
        before = self.lines()
        self.book(amount, day, remittanceInformation=text, **attributes)
        self.pull_scheduled(self.provider)
        return self.lines() - before

    def residual(self, move):
        """Return what is open of an invoice, in its currency."""
        self.env.invalidate_all()
        return move.amount_residual

    def assert_settled(self, line, *moves):
        """Check that a line is reconciled and has paid invoices in whole."""
        self.env.invalidate_all()
        self.assertTrue(line.is_reconciled)
        self.assertFalse(line.ponto_match_failure)
        for move in moves:
            self.assertIn(move.payment_state, ("paid", "in_payment"))
            self.assertFalse(move.amount_residual)
        paid = line.line_ids._all_reconciled_lines().move_id - line.move_id
        self.assertLessEqual(set(moves), set(paid))

    def assert_open(self, line, *moves):
        """Check that a line waits, and that invoices are as unpaid as before."""
        self.env.invalidate_all()
        self.assertFalse(line.is_reconciled)
        self.assertEqual(len(line.line_ids), 2)
        for move in moves:
            self.assertEqual(move.payment_state, "not_paid")
