# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.feed import settling
from odoo.addons.account_statement_import_online_ponto.feed.match_reading import (
    get_open_items_domain,
)

from .common_matching import CUSTOMER_IBAN, MatchingCase


@tagged("post_install", "-at_install")
class TestMatchCertain(MatchingCase):
    """What a pull settles by itself, and what it leaves open."""

    # === SETTLED === #

    def test_an_invoice_named_by_its_number_is_paid(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", f"Payment of {invoice.name}, thank you")
        self.assert_settled(line, invoice)
        self.assertEqual(line.partner_id, self.customer)
        self.assertEqual(line.move_id.partner_id, self.customer)

    def test_several_invoices_and_a_credit_note_are_paid_at_once(self):
        invoices = [self.invoice(121), self.invoice(60.5)]
        note = self.invoice(21, move_type="out_refund")
        text = " ".join(move.name for move in (*invoices, note))
        self.assert_settled(self.pay("160.50", text), *invoices, note)

    def test_a_bill_named_by_the_vendors_reference_is_paid(self):
        bill = self.invoice(88, move_type="in_invoice", ref="VF26/00731")
        line = self.pay("-88.00", "VF26/00731")
        self.assert_settled(line, bill)

    def test_an_invoice_is_paid_by_its_structured_reference(self):
        invoice = self.invoice(121, payment_reference="+++010/0000/37458+++")
        reference = "+++010/0000/37+++"
        number = 100000037
        reference = f"{number:010d}{number % 97 or 97:02d}"
        invoice.payment_reference = (
            f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"
        )
        line = self.pay("121.00", reference, remittanceInformationType="structured")
        self.assert_settled(line, invoice)

    def test_an_item_of_an_opening_entry_is_named_by_its_label(self):
        accounts = self.company_data
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-01-01",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": accounts["default_account_receivable"].id,
                            "partner_id": self.customer.id,
                            "name": "INV/2025/00871",
                            "debit": 77,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": accounts["default_account_revenue"].id,
                            "name": "INV/2025/00871",
                            "credit": 77,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        line = self.pay("77.00", "Payment of INV/2025/00871")
        self.env.invalidate_all()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(line.partner_id, self.customer)
        self.assertFalse(sum(entry.line_ids.mapped("amount_residual")))

    def test_many_lines_of_one_pull_are_settled(self):
        invoices = [self.invoice(100 + number) for number in range(5)]
        for move in invoices:
            self.book(
                f"{move.amount_total:.2f}",
                "2026-07-10",
                remittanceInformation=move.name,
            )
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 5)
        for line in self.lines():
            self.assert_settled(
                line, *[move for move in invoices if move.amount_total == line.amount]
            )

    def test_an_early_payment_discount_is_granted_as_odoo_reckons_it(self):
        invoice = self.discounted_invoice()
        paid = invoice.line_ids.filtered("discount_date").discount_amount_currency
        self.assertLess(paid, invoice.amount_total)
        line = self.pay(f"{paid:.2f}", invoice.name)
        self.assert_settled(line, invoice)
        _liquidity, suspense, others = line._seek_for_lines()
        self.assertFalse(suspense)
        self.assertEqual(len(others.tax_repartition_line_id), 1)
        self.assertAlmostEqual(sum(others.mapped("balance")), -paid, places=2)

    def test_a_dollar_invoice_is_paid_in_dollars_with_the_exchange_difference(self):
        dollar = self.env.ref("base.USD")
        self.set_rates("USD", {"2026-06-01": 1.25, "2026-07-01": 1.1}, self.company)
        invoice = self.invoice(110, currency_id=dollar.id)
        journal = self.create_journal()
        journal.currency_id = dollar
        self.account_id = self.bank.add_account(
            reference="BE15001765432130", currency="USD"
        )
        provider = self.create_provider(
            journal_id=journal.id, ponto_match_policy="certain"
        )
        self.book(
            "110.00", "2026-07-10", remittanceInformation=invoice.name, currency="USD"
        )
        self.pull_scheduled(provider)
        line = self.lines(journal)
        self.assert_settled(line, invoice)
        partials = line.line_ids.matched_debit_ids
        self.assertTrue(partials.exchange_move_id)
        self.assertAlmostEqual(
            sum(partials.exchange_move_id.line_ids.mapped("debit")), 12, places=2
        )

    # === LEFT OPEN === #

    def test_another_partners_name_speaks_against_a_number_though_it_owes_nothing(self):
        bill = self.invoice(121, self.other, move_type="in_invoice", ref="INV/2026/77")
        self.env["res.partner"].create({"name": "Bouwbedrijf Zuid B.V."})
        line = self.pay(
            "-121.00", "Factuur 2026/77", counterpartName="BOUWBEDRIJF ZUID BV"
        )
        self.assert_open(line, bill)
        self.assertIn(bill.name, line.with_user(self.bookkeeper).ponto_suggestion)

    def test_an_archived_partner_speaks_against_nothing(self):
        invoice = self.invoice(121)
        gone = self.env["res.partner"].create({"name": "Bouwbedrijf Zuid BV"})
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": gone.id}
        )
        gone.active = False
        line = self.pay(
            "121.00",
            invoice.name,
            counterpartReference=CUSTOMER_IBAN,
            counterpartName=gone.name,
        )
        self.assert_settled(line, invoice)

    def test_another_amount_is_left_open(self):
        invoice = self.invoice(121)
        self.assert_open(self.pay("120.00", invoice.name), invoice)

    def test_another_partners_account_number_is_left_open(self):
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.other.id}
        )
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name, counterpartReference=CUSTOMER_IBAN)
        self.assert_open(line, invoice)

    def test_the_number_of_a_paid_invoice_is_left_open(self):
        paid, invoice = self.invoice(121), self.invoice(121)
        self.assert_settled(self.pay("121.00", paid.name), paid)
        line = self.pay("121.00", f"{paid.name}", day="2026-07-11")
        self.assert_open(line, invoice)

    def test_drafts_and_cancelled_documents_are_not_paid(self):
        draft = self.invoice(121)
        draft.button_draft()
        line = self.pay("121.00", draft.name)
        self.assert_open(line)
        self.assertEqual(line.ponto_suggestion_reason, f"{draft.name} is not posted.")
        bill = self.invoice(88, move_type="in_invoice", ref="VF26/00731")
        bill.button_cancel()
        anew = self.invoice(88, move_type="in_invoice", ref="VF26/00731")
        self.assert_settled(self.pay("-88.00", "VF26/00731"), anew)

    def test_the_label_that_was_made_of_a_text_proves_nothing(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", None, counterpartName=invoice.name)
        self.assertIn(invoice.name, line.payment_ref)
        self.assert_open(line, invoice)

    def test_a_feed_that_only_suggests_settles_nothing(self):
        self.provider.ponto_match_policy = "suggest"
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name)
        self.assert_open(line, invoice)
        self.assertEqual(line.partner_id, self.customer)

    def test_a_feed_that_is_not_to_match_asks_nothing(self):
        self.provider.ponto_match_policy = "no"
        invoice = self.invoice(121)
        with patch.object(settling, "find_outcomes") as find_outcomes:
            self.assert_open(self.pay("121.00", invoice.name), invoice)
        find_outcomes.assert_not_called()

    def test_invoices_of_other_companies_are_never_touched(self):
        other = self.setup_other_company(name="Other")
        invoice = self.invoice(121)
        partner = self.env["res.partner"].create({"name": "Gasthof"})
        foreign = (
            self.env["account.move"]
            .with_company(other["company"])
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "company_id": other["company"].id,
                    "invoice_date": "2026-06-20",
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Beer", "price_unit": 121, "tax_ids": False}
                        )
                    ],
                }
            )
        )
        foreign.action_post()
        self.assertEqual(foreign.name, invoice.name)
        line = self.pay("121.00", invoice.name)
        self.assert_settled(line, invoice)
        self.assertEqual(foreign.payment_state, "not_paid")

    def test_a_branch_is_the_same_company_and_its_parent_is_not(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        self.customer.with_company(
            branch
        ).property_account_receivable_id = self.company_data[
            "default_account_receivable"
        ]
        journal = self.company_data["default_journal_sale"]
        invoice = self.invoice(
            121, company_id=branch.id, journal_id=journal.id, name="BR/2026/00001"
        )
        self.assertEqual(invoice.company_id, branch)
        items = invoice.line_ids.filtered("date_maturity")
        domain = get_open_items_domain(self.company)
        self.assertIn(items, items.search(domain))
        parents = self.invoice(60.5).line_ids.filtered("date_maturity")
        self.assertNotIn(parents, items.search(get_open_items_domain(branch)))
        self.assert_settled(self.pay("121.00", invoice.name), invoice)

    def test_two_lines_that_name_one_invoice_pay_it_once(self):
        invoice = self.invoice(121)
        for number in range(2):
            self.book(
                "121.00",
                "2026-07-10",
                description=str(number),
                remittanceInformation=invoice.name,
            )
        self.pull_scheduled(self.provider)
        self.assertEqual(sorted(self.lines().mapped("is_reconciled")), [False, True])
        self.assertEqual(invoice.payment_state, "paid")

    def test_a_line_that_is_to_be_checked_first_is_left_open(self):
        invoice = self.invoice(121)
        self.enter_by_hand(121, "2026-07-10", payment_ref=invoice.name)
        self.provider.ponto_look_alike_policy = "import"
        line = self.pay("121.00", invoice.name)
        self.assertFalse(line.checked)
        self.assertEqual(invoice.payment_state, "not_paid")

    # === WHAT FAILS === #

    @mute_logger("odoo.addons.account_statement_import_online_ponto.feed.settling")
    def test_a_match_that_fails_leaves_the_line_open_and_says_why(self):
        invoices = self.invoice(121), self.invoice(60.5)
        refuse = UserError("This customer is blocked.")
        reconcile = type(self.env["account.move.line"])._reconcile_plan

        def fail_for_one(items, plan):
            if any(invoices[0] in each.move_id for each in plan):
                raise refuse
            return reconcile(items, plan)

        for move in invoices:
            self.book(
                f"{move.amount_total:.2f}",
                "2026-07-10",
                remittanceInformation=move.name,
            )
        with patch.object(
            type(self.env["account.move.line"]), "_reconcile_plan", fail_for_one
        ):
            self.pull_scheduled(self.provider)
        first, second = self.lines().sorted("amount", reverse=True)
        self.assert_open(first, invoices[0])
        self.assertEqual(first.ponto_match_failure, "This customer is blocked.")
        self.assert_settled(second, invoices[1])
        self.assertFalse(self.provider.ponto_failure)

    @mute_logger("odoo.addons.account_statement_import_online_ponto.feed.settling")
    def test_an_archived_account_leaves_the_line_open_and_says_so(self):
        invoice = self.invoice(121)
        account = invoice.line_ids.filtered("date_maturity").account_id
        account.active = False
        line = self.pay("121.00", invoice.name)
        self.assert_open(line, invoice)
        self.assertIn("archived", line.ponto_match_failure)
        self.assertIn(account.code, line.ponto_suggestion_reason)
        account.active = True
        line.with_user(self.bookkeeper).action_ponto_accept()
        self.assert_settled(line, invoice)

    @mute_logger("odoo.addons.account_statement_import_online_ponto.feed.settling")
    def test_no_error_of_a_match_stops_a_pull(self):
        for number, error in enumerate((KeyError("x"), ZeroDivisionError())):
            for place in ("find_outcomes", "_replace_suspense", "_lock"):
                invoice = self.invoice(121 + number)
                with patch.object(settling, place, side_effect=error):
                    line = self.pay(
                        f"{invoice.amount_total:.2f}",
                        invoice.name,
                        day=f"2026-07-1{number}",
                    )
                self.assert_open(line, invoice)
                self.assertTrue(line.ponto_match_failure)
                self.assertFalse(self.provider.ponto_failure)
                invoice.button_draft()
                invoice.button_cancel()

    @mute_logger("odoo.addons.account_statement_import_online_ponto.feed.settling")
    def test_an_error_of_the_database_stops_no_pull(self):
        invoice = self.invoice(121)

        def fail(*args):
            self.env.cr.execute("SELECT 1/0")

        with patch.object(settling, "_lock", fail), mute_logger("odoo.sql_db"):
            line = self.pay("121.00", invoice.name)
        self.assert_open(line, invoice)
        self.assertTrue(line.ponto_match_failure)
