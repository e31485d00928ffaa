# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from decimal import Decimal
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.account_statement_import_online_ponto.engine.open_items import (
    CHOSEN,
    Match,
    Settlement,
)
from odoo.addons.account_statement_import_online_ponto.feed import (
    label_pattern,
    match_memory,
    settling,
)
from odoo.addons.account_statement_import_online_ponto.feed.settling import (
    CannotSettle,
    settle,
)
from odoo.addons.account_statement_import_online_ponto.feed.settling_by_hand import (
    settle_with,
)

from .common_matching import CUSTOMER_IBAN, MatchingCase


@tagged("post_install", "-at_install")
class TestMatchByHand(MatchingCase):
    """What the lowest bookkeeper does with lines that the feed has left open."""

    def setUp(self):
        super().setUp()
        self.provider.ponto_match_policy = "suggest"

    def shown(self, line):
        """Return a line as the bookkeeper has it on the screen."""
        self.env.invalidate_all()
        return line.with_user(self.bookkeeper)

    def accept(self, line):
        """Accept what is suggested for a line."""
        line = self.shown(line)
        line.with_context(
            ponto_suggestion_key=line.ponto_suggestion_key
        ).action_ponto_accept()

    # === SUGGESTED === #

    def test_what_is_certain_is_suggested_with_its_reason(self):
        invoice = self.invoice(121)
        line = self.shown(self.pay("121.00", invoice.name))
        self.assertIn(invoice.name, line.ponto_suggestion)
        self.assertIn(self.customer.name, line.ponto_suggestion)
        self.assertEqual(
            line.ponto_suggestion_reason, f"Certain: the text names {invoice.name}."
        )

    def test_a_known_account_number_and_the_amount_are_suggested(self):
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.customer.id}
        )
        invoice = self.invoice(121)
        line = self.shown(
            self.pay("121.00", "Thanks", counterpartReference=CUSTOMER_IBAN)
        )
        self.assertIn(invoice.name, line.ponto_suggestion)
        self.assertIn("account number", line.ponto_suggestion_reason)

    def test_what_the_text_says_beside_is_told_with_the_suggestion(self):
        paid = self.known_customer()
        first, second = self.invoice(121), self.invoice(121)
        foreign = self.invoice(5, partner=self.other)
        self.choose(self.pay("121.00", first.name, **paid), first)
        likely = "This account number, and this amount."
        for text, said in (
            (first.name, f"{likely} The text names {first.name}. {first.name} is paid"),
            ("INV/2026/99999", "The number INV/2026/99999 is not known."),
            (foreign.name, f"The text names {foreign.name}. Somebody else pays"),
            ("Thanks", likely),
        ):
            with self.subTest(text=text):
                line = self.shown(self.pay("121.00", text, **paid))
                self.assertIn(second.name, line.ponto_suggestion)
                self.assertIn(likely, line.ponto_suggestion_reason)
                self.assertIn(said, line.ponto_suggestion_reason)
                self.set_as(
                    line.sudo(),
                    self.model(
                        {"account_id": self.company_data["default_account_revenue"].id}
                    ),
                )

    def test_what_another_line_pays_is_told_with_the_suggestion(self):
        paid = self.known_customer()
        first, second = self.invoice(121), self.invoice(121)
        lines = self.pay("121.00", first.name, **paid)
        lines |= self.pay("121.00", first.name, **paid)
        line = self.shown(lines)[1]
        self.assertIn(second.name, line.ponto_suggestion)
        self.assertEqual(
            line.ponto_suggestion_reason,
            f"This account number, and this amount. The text names {first.name}. "
            "Another line pays it.",
        )

    def test_where_nothing_is_likely_it_says_why(self):
        line = self.shown(self.pay("121.00", "Nothing of ours"))
        self.assertFalse(line.ponto_suggestion)
        self.assertEqual(
            line.ponto_suggestion_reason, "The text names nothing that is open."
        )

    def test_a_feed_that_is_not_to_match_suggests_nothing(self):
        self.provider.ponto_match_policy = "no"
        invoice = self.invoice(121)
        line = self.shown(self.pay("121.00", invoice.name))
        self.assertFalse(line.ponto_suggestion)
        self.assertFalse(line.ponto_suggestion_reason)

    def test_an_archived_feed_suggests_nothing(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name)
        self.assertTrue(self.shown(line).ponto_suggestion)
        self.provider.action_archive()
        self.assertFalse(self.shown(line).ponto_suggestion)
        with self.assertRaisesRegex(UserError, "Nothing is suggested"):
            self.shown(line).action_ponto_accept()

    # === ACCEPT === #

    def test_a_bookkeeper_accepts_a_suggestion(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name)
        self.accept(line)
        self.assert_settled(line, invoice)
        self.assertTrue(line._ponto_is_worked_on())

    def test_several_suggestions_are_accepted_at_once(self):
        invoices = self.invoice(121), self.invoice(60.5)
        lines = self.lines()
        for number, move in enumerate(invoices):
            lines |= self.pay(
                f"{move.amount_total:.2f}", move.name, day=f"2026-07-1{number}"
            )
        self.shown(lines).action_ponto_accept()
        for line, move in zip(lines, invoices, strict=True):
            self.assert_settled(line, move)

    def known_customer(self):
        """Let the customer have an account number, and return what a line has of it."""
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.customer.id}
        )
        return {"counterpartReference": CUSTOMER_IBAN}

    def test_two_lines_never_pay_the_same_twice(self):
        paid = self.known_customer()
        for amounts, text in (
            (("121.00", "121.00"), None),
            (("80.00", "80.00"), "the number"),
        ):
            invoice = self.invoice(121)
            lines = self.lines().browse()
            for amount in amounts:
                lines |= self.pay(amount, text and invoice.name or "Thanks", **paid)
            with self.assertRaises(UserError):
                self.shown(lines).action_ponto_accept()
            for line in lines:
                self.assert_open(line.sudo(), invoice)
            self.shown(lines)[0].action_ponto_accept()
            self.assertTrue(lines[0].is_reconciled)
            self.assertEqual(self.residual(invoice), 121 - float(amounts[0]))

    def test_two_part_payments_are_accepted_at_once(self):
        invoice = self.invoice(121)
        lines = self.pay("100.00", invoice.name) | self.pay("20.00", invoice.name)
        self.shown(lines).action_ponto_accept()
        self.assertEqual(lines.mapped("is_reconciled"), [True, True])
        self.assertEqual(self.residual(invoice), 1)

    def test_what_is_settled_in_one_call_is_no_more_than_what_is_open(self):
        invoice = self.invoice(121)
        item = invoice.line_ids.filtered("date_maturity")
        lines = self.pay("80.00", "One") | self.pay("80.00", "Two")
        match = Match(CHOSEN, (Settlement(item.id, Decimal(80)),))
        with self.assertRaises(CannotSettle):
            settle(dict.fromkeys(lines, match), is_own=False)

    def test_what_is_shown_among_others_is_accepted_alone(self):
        paid = self.known_customer()
        for with_key in (True, False):
            invoices = self.invoice(121) | self.invoice(121)
            named = self.pay("121.00", invoices[0].name, **paid)
            line = self.pay("121.00", "Thanks", **paid)
            page = self.shown(line | named)
            self.assertIn(invoices[1].name, page[0].ponto_suggestion)
            key = page[0].ponto_suggestion_key if with_key else False
            self.shown(line).with_context(
                ponto_suggestion_key=key
            ).action_ponto_accept()
            self.assert_settled(line, invoices[1])
            self.assert_open(named, invoices[0])
            self.shown(named).action_ponto_accept()

    def test_it_is_the_same_suggestion_by_whatever_it_is_known(self):
        invoice, other = self.invoice(121), self.invoice(121)
        line = self.shown(self.pay("121.00", "Thanks", **self.known_customer()))
        key = line.ponto_suggestion_key
        self.choose(self.pay("121.00", "Nothing of ours"), other)
        self.shown(line).with_context(ponto_suggestion_key=key).action_ponto_accept()
        self.assert_settled(line.sudo(), invoice)

    def test_only_what_was_shown_is_accepted(self):
        invoice = self.invoice(121)
        line = self.shown(self.pay("121.00", invoice.name))
        key = line.ponto_suggestion_key
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 242
        invoice.action_post()
        with self.assertRaises(UserError):
            self.shown(line).with_context(
                ponto_suggestion_key=key
            ).action_ponto_accept()
        self.assert_open(line.sudo(), invoice)

    def test_of_several_lines_too_only_what_was_shown_is_accepted(self):
        invoice = self.invoice(121)
        lines = self.pay("121.00", invoice.name)
        lines |= self.pay("60.50", "Thanks", **self.known_customer())
        self.assertFalse(self.shown(lines)[1].ponto_suggestion)
        keys = {str(line.id): line.ponto_suggestion_key for line in lines}
        later = self.invoice(60.5)
        with self.assertRaisesRegex(UserError, "Something else is suggested"):
            self.accept_shown(lines, keys)
        for line, move in zip(lines, (invoice, later), strict=True):
            self.assert_open(line, move)
        keys = {str(line.id): line.ponto_suggestion_key for line in lines}
        self.accept_shown(lines, keys)
        for line, move in zip(lines, (invoice, later), strict=True):
            self.assert_settled(line, move)

    def accept_shown(self, lines, keys):
        """Accept what was shown of ticked lines, as the list does."""
        lines = self.shown(lines).with_context(ponto_suggestion_keys=keys)
        lines.action_ponto_accept()

    def test_without_a_suggestion_there_is_nothing_to_accept(self):
        with self.assertRaises(UserError):
            self.shown(self.pay("121.00", "Nothing of ours")).action_ponto_accept()

    def test_a_part_payment_pays_a_part_and_writes_nothing_off(self):
        invoice = self.invoice(121)
        line = self.pay("100.00", invoice.name)
        self.accept(line)
        self.assertEqual(self.residual(invoice), 21)
        self.assertTrue(line.is_reconciled)

    def test_what_is_paid_too_much_stays_open(self):
        invoice = self.invoice(121)
        line = self.pay("130.00", invoice.name)
        self.accept(line)
        self.assertEqual(self.residual(invoice), 0)
        self.assertFalse(line.is_reconciled)
        self.assertEqual(line.amount_residual, -9)
        other = self.invoice(9)
        settle_with(
            self.shown(line),
            other.line_ids.filtered("date_maturity").with_user(self.bookkeeper),
        )
        self.assert_settled(line, invoice, other)

    def in_dollars(self, line, amount):
        """Let a person enter what a line was in dollars."""
        dollar = self.env.ref("base.USD")
        dollar.active = True
        line.write({"foreign_currency_id": dollar.id, "amount_currency": amount})

    def test_what_is_paid_too_much_stays_open_in_the_currency_of_the_transaction(self):
        for sign, kind in ((1, "out_invoice"), (-1, "in_invoice")):
            with self.subTest(kind=kind):
                line = self.pay(f"{sign * 97.12}", "Nothing of ours")
                self.in_dollars(line, sign * 110)
                self.choose(line, self.invoice(90, move_type=kind))
                _liquidity, suspense, _others = line._seek_for_lines()
                self.assertRecordValues(
                    suspense,
                    [{"amount_currency": -8.06 * sign, "balance": -7.12 * sign}],
                )
                self.assertAlmostEqual(line.amount_residual, -8.06 * sign)

    def test_what_is_left_in_another_currency_pays_the_next_one(self):
        dollar = self.env.ref("base.USD")
        for in_euro, amount, residual in ((False, 10, 0), (True, 5, 0), (True, 20, 11)):
            with self.subTest(in_euro=in_euro, amount=amount):
                first = self.invoice(100, currency_id=dollar.id)
                line = self.pay("99.00", first.name)
                self.in_dollars(line, 110)
                self.assertIn("more is paid", self.shown(line).ponto_suggestion_reason)
                self.accept(line)
                currency = line.currency_id if in_euro else dollar
                other = self.invoice(amount, currency_id=currency.id)
                self.choose(line, other)
                self.assertEqual(self.residual(first), 0)
                self.assertEqual(self.residual(other), residual)
                self.assertEqual(line.is_reconciled, amount != 5)
        self.assertAlmostEqual(sum(line.line_ids.mapped("balance")), 0)

    def test_a_dollar_invoice_is_paid_in_euro_at_the_rate_of_the_day(self):
        dollar = self.env.ref("base.USD")
        self.set_rates("USD", {"2026-06-01": 1.25, "2026-07-01": 1.1}, self.company)
        invoice = self.invoice(110, currency_id=dollar.id)
        line = self.pay("100.00", invoice.name)
        self.accept(line)
        self.assert_settled(line, invoice)
        chosen = self.invoice(110, currency_id=dollar.id)
        part = self.pay("50.00", "Nothing of ours", day="2026-07-11")
        self.choose(part, chosen)
        self.assertTrue(part.is_reconciled)
        self.assertEqual(self.residual(chosen), 55)

    # === CHOOSE === #

    def choose(self, line, *moves):
        """Choose documents for a line, by its button."""
        action = self.shown(line).action_ponto_choose()
        items = (
            self.env[action["res_model"]]
            .with_user(self.bookkeeper)
            .search(action["domain"])
            .filtered(lambda item: item.move_id in moves)
        )
        self.assertEqual(len(items), len(moves))
        items.with_context(**action["context"]).action_ponto_settle()

    def test_a_bookkeeper_chooses_invoices(self):
        invoices = [self.invoice(121), self.invoice(60.5)]
        line = self.pay("181.50", "Nothing of ours")
        self.choose(line, *invoices)
        self.assert_settled(line, *invoices)
        self.assertEqual(line.partner_id, self.customer)

    def test_money_that_comes_in_pays_no_bill(self):
        bill = self.invoice(121, move_type="in_invoice", ref="X")
        line = self.pay("121.00", "Nothing of ours")
        with self.assertRaises(UserError):
            self.choose(line, bill)
        self.assert_open(line, bill)

    def test_of_several_currencies_one_is_chosen_after_the_other(self):
        dollar = self.env.ref("base.USD")
        self.set_rates("USD", {"2026-07-01": 1.1}, self.company)
        invoices = self.invoice(50), self.invoice(55, currency_id=dollar.id)
        line = self.pay("100.00", "Nothing of ours")
        with self.assertRaisesRegex(UserError, "several currencies"):
            self.choose(line, *invoices)
        self.assert_open(line, *invoices)
        for invoice in invoices:
            self.choose(line, invoice)
        self.assert_settled(line, *invoices)

    def test_credit_notes_leave_something_to_pay(self):
        invoice, credit = self.invoice(121), self.invoice(121, move_type="out_refund")
        line = self.pay("121.00", "Nothing of ours")
        with self.assertRaisesRegex(UserError, "credit notes"):
            self.choose(line, invoice, credit)
        with self.assertRaisesRegex(UserError, "money that comes in"):
            self.choose(line, credit)
        self.assert_open(line, invoice, credit)

    def test_nothing_is_chosen_without_a_bank_line(self):
        items = self.invoice(121).line_ids.filtered("date_maturity")
        items = items.with_user(self.bookkeeper)
        for value in (None, "1", -1, [1]):
            with self.assertRaises(UserError):
                items.with_context(ponto_statement_line_id=value).action_ponto_settle()

    def test_what_is_paid_already_is_not_chosen_twice(self):
        invoice = self.invoice(121)
        items = invoice.line_ids.filtered("date_maturity").with_user(self.bookkeeper)
        first = self.pay("121.00", "First")
        self.choose(first, invoice)
        second = self.pay("121.00", "Second", day="2026-07-11")
        with self.assertRaises(UserError):
            settle_with(self.shown(second), items)
        with self.assertRaises(UserError):
            settle_with(self.shown(first), items)

    # === SET AS === #

    def model(self, *lines):
        """Create a reconciliation model."""
        return self.env["account.reconcile.model"].create(
            {"name": "Fees", "line_ids": [Command.create(line) for line in lines]}
        )

    def set_as(self, line, model):
        """Set a line to a model, by its button."""
        action = self.shown(line).action_ponto_set_as()
        models = self.env[action["res_model"]].with_user(self.bookkeeper)
        found = models.search(action["domain"]).filtered(lambda one: one == model)
        self.assertTrue(found)
        found.with_context(**action["context"]).action_ponto_set()
        self.env.invalidate_all()

    def test_a_fee_is_set_to_its_account(self):
        account = self.company_data["default_account_expense"]
        line = self.pay("-12.50", "Fee")
        self.set_as(line, self.model({"account_id": account.id, "label": "Bank fee"}))
        self.assertTrue(line.is_reconciled)
        _liquidity, suspense, others = line._seek_for_lines()
        self.assertFalse(suspense)
        self.assertRecordValues(
            others,
            [{"account_id": account.id, "balance": 12.5, "name": "Bank fee"}],
        )

    def test_a_fee_with_tax_is_split_within_the_amount(self):
        account = self.company_data["default_account_expense"]
        tax = self.company_data["default_tax_purchase"]
        line = self.pay("-115.00", "Fee")
        self.set_as(line, self.model({"account_id": account.id, "tax_ids": tax.ids}))
        _liquidity, suspense, others = line._seek_for_lines()
        self.assertFalse(suspense)
        self.assertEqual(sorted(others.mapped("balance")), [15, 100])
        self.assertEqual(others.tax_line_id, tax)

    def test_tax_on_what_is_paid_is_due_at_once(self):
        accounts = self.company_data
        self.company.tax_exigibility = True
        transition = accounts["default_account_assets"].copy({"reconcile": True})
        tag = self.env["account.account.tag"].create(
            {"name": "Tax due", "applicability": "taxes"}
        )
        tax = accounts["default_tax_purchase"].copy(
            {
                "name": "Due when paid",
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": transition.id,
            }
        )
        tax.invoice_repartition_line_ids.tag_ids = tag
        line = self.pay("-115.00", "Fee")
        account = accounts["default_account_expense"]
        self.set_as(line, self.model({"account_id": account.id, "tax_ids": tax.ids}))
        _liquidity, _suspense, others = line._seek_for_lines()
        self.assertEqual(
            others.filtered("tax_line_id").account_id,
            tax.invoice_repartition_line_ids.account_id,
        )
        self.assertEqual(others.mapped("tax_tag_ids"), tag)
        self.assertTrue(all(item.tax_tag_ids for item in others))

    def test_tax_that_is_a_cost_has_the_analytic_distribution_of_its_cost(self):
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        project = self.env["account.analytic.account"].sudo()
        project = project.create({"name": "Project", "plan_id": plan.id})
        distribution = {str(project.id): 100}
        account = self.company_data["default_account_expense"]
        tax = self.company_data["default_tax_purchase"].copy({"name": "Half"})
        recovered = tax.invoice_repartition_line_ids.filtered("account_id")
        recovered.factor_percent = 50
        recovered.copy({"account_id": False, "use_in_tax_closing": False})
        line = self.pay("-115.00", "Fee")
        model = self.model(
            {
                "account_id": account.id,
                "tax_ids": tax.ids,
                "analytic_distribution": distribution,
            }
        )
        self.set_as(line, model)
        _liquidity, _suspense, others = line._seek_for_lines()
        self.assertEqual(len(others), 3)
        for item in others:
            is_cost = item.account_id == account
            self.assertEqual(
                item.analytic_distribution or {}, distribution if is_cost else {}
            )

    def test_a_model_splits_by_shares_and_fixed_amounts(self):
        account = self.company_data["default_account_expense"]
        other = self.company_data["default_account_revenue"]
        line = self.pay("-100.00", "Leasing BRT: 30,00")
        model = self.model(
            {"account_id": account.id, "amount_type": "fixed", "amount_string": "10"},
            {
                "account_id": other.id,
                "amount_type": "regex",
                "amount_string": r"BRT: ([\d,]+)",
            },
            {
                "account_id": account.id,
                "amount_type": "percentage_st_line",
                "amount_string": "20",
            },
            {
                "account_id": other.id,
                "amount_type": "percentage",
                "amount_string": "50",
            },
        )
        self.set_as(line, model)
        _liquidity, suspense, others = line._seek_for_lines()
        self.assertEqual(others.sorted("id").mapped("balance"), [10, 30, 20, 20])
        self.assertEqual(suspense.balance, 20)
        self.assertFalse(line.is_reconciled)

    def by_pattern(self, pattern):
        """Create a model that takes an amount from the label."""
        account = self.company_data["default_account_expense"]
        return self.model(
            {
                "account_id": account.id,
                "amount_type": "regex",
                "amount_string": pattern,
            }
        )

    def test_an_amount_is_found_in_the_label_as_odoo_finds_it(self):
        for pattern, label, amount in (
            (r"BRT: ([\d,]+)", "Leasing BRT: 30,00 C:", 30),
            (r"([\d,.]+)", "1.030,50 of 2,00", 1030.5),
            # PostgreSQL would find one digit, or the longer word.
            (r"BRT.*?([\d,]+)", "Leasing BRT: 30,00 C:", 30),
            (r"(1|12)2?,", "Lease 12,00", 1),
            (r"(?i)fee (?P<fee>\d+)(?!\d| ?%)", "FEE 5% fee 7 EUR", 7),
            (r"é ([^a-z]+)€", "café 4,20€", 4.2),
            # Nothing is found, or nothing of it is wanted: all stays open.
            (r"FEE ([\d,]+)", "Leasing", 0),
            (r"\d+", "Leasing 30", 0),
            (r"Leasing|(\d+)", "Leasing", 0),
            (r"([\d,]+)", "a \N{GRINNING FACE} without digits", 0),
        ):
            with self.subTest(pattern=pattern, label=label):
                line = self.pay("-2000.00", label)
                self.set_as(line, self.by_pattern(pattern))
                _liquidity, suspense, others = line._seek_for_lines()
                self.assertAlmostEqual(sum(others.mapped("balance")), amount)
                self.assertAlmostEqual(suspense.balance, 2000 - amount)

    def test_an_expression_without_an_end_is_ended(self):
        line = self.pay("-100.00", "a" * 60 + "!")
        model = self.by_pattern("((a+)+)$")
        with (
            patch.object(label_pattern, "TIMEOUT_S", 0.5),
            self.assertRaisesRegex(UserError, r"Fees .*\(\(a\+\)\+\)\$ .*Simplify"),
        ):
            self.set_as(line, model)
        # The transaction goes on, and so does whoever sets the line otherwise.
        self.assert_open(line.sudo())
        self.set_as(line, self.by_pattern("(a+)"))

    def test_an_expression_that_is_none_is_told(self):
        line = self.pay("-100.00", "Leasing")
        model = self.by_pattern("(100)")
        self.env.flush_all()
        # Odoo checks what is typed, but not what an import or an upgrade has left.
        self.env.cr.execute(
            "UPDATE account_reconcile_model_line"
            " SET amount_type = 'regex', amount_string = '(' WHERE id = %s",
            [model.line_ids.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "not valid"):
            self.set_as(line, model)
        self.assert_open(line.sudo())

    def test_a_settled_line_is_not_set_again(self):
        model = self.model(
            {"account_id": self.company_data["default_account_expense"].id}
        )
        line = self.pay("-12.50", "Fee")
        self.set_as(line, model)
        with self.assertRaises(UserError):
            self.set_as(line, model)

    def test_a_line_is_not_set_to_an_archived_account(self):
        account = self.company_data["default_account_expense"].copy()
        line = self.pay("-12.50", "Fee")
        model = self.model({"account_id": account.id})
        account.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            self.set_as(line, model)
        self.assert_open(line.sudo())

    # === UNDO === #

    def test_a_bookkeeper_undoes_what_was_accepted(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name)
        self.accept(line)
        self.shown(line).action_undo_reconciliation()
        self.assert_open(line, invoice)
        self.assertFalse(self.shown(line).ponto_suggestion)
        self.assertIn("undone", self.shown(line).ponto_suggestion_reason)

    def test_undo_is_offered_for_what_is_settled_in_part_as_well(self):
        self.invoice(121, name="INV/2026/00121")
        lines = self.pay("130.00", "INV/2026/00121")
        lines |= self.pay("60.00", "Nothing of ours", day="2026-07-11")
        self.assertEqual(self.undo_offered(lines), [False, False])
        self.accept(lines[0])
        self.assertFalse(lines[0].is_reconciled)
        self.assertEqual(self.undo_offered(lines), [True, False])

    def undo_offered(self, lines):
        """Tell of lines whether the views offer to undo what they have settled."""
        names = "is_reconciled amount_residual amount_currency amount".split()
        offered = set()
        for view, kind in (
            ("account_statement_import_online_ponto.ponto_matching_view_list", "list"),
            (
                "account_statement_import_online_ponto"
                ".account_bank_statement_line_view_kanban",
                "kanban",
            ),
            ("account_statement_base.account_bank_statement_line_form", "form"),
        ):
            shown = self.shown(lines)
            arch = shown.get_view(self.env.ref(view).id, kind)["arch"]
            [button] = etree.fromstring(arch).xpath(
                "//button[@name='action_undo_reconciliation']"
            )
            offered.add(
                tuple(
                    not safe_eval(
                        button.get("invisible"),
                        {
                            **{name: line[name] for name in names},
                            "foreign_currency_id": line.foreign_currency_id.id,
                        },
                    )
                    for line in shown
                )
            )
        self.assertEqual(len(offered), 1)
        return list(offered.pop())

    # === ACCOUNT NUMBERS === #

    def test_the_account_number_belongs_to_the_partner_from_then_on(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name, counterpartReference=CUSTOMER_IBAN)
        self.assertFalse(self.customer.bank_ids)
        self.accept(line)
        bank = self.customer.bank_ids
        self.assertEqual(bank.sanitized_acc_number, CUSTOMER_IBAN)
        self.assertFalse(bank.allow_out_payment)
        self.assertEqual(line.partner_bank_id, bank)
        later = self.pay(
            "5.00", "Tip", day="2026-07-11", counterpartReference=CUSTOMER_IBAN
        )
        self.assertEqual(later.partner_id, self.customer)

    def test_what_the_feed_settles_itself_teaches_no_account_number(self):
        self.provider.ponto_match_policy = "certain"
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name, counterpartReference=CUSTOMER_IBAN)
        self.assert_settled(line, invoice)
        self.assertFalse(self.customer.bank_ids)

    def test_the_account_number_of_another_partner_stays_theirs(self):
        bank = self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.other.id}
        )
        invoice = self.invoice(121)
        line = self.pay("121.00", "x", counterpartReference=CUSTOMER_IBAN)
        self.choose(line, invoice)
        self.assertEqual(bank.partner_id, self.other)
        self.assertFalse(self.customer.bank_ids)

    def test_who_pays_for_several_teaches_no_account_number(self):
        named = self.invoice(121)
        mine, theirs = self.invoice(60.5), self.invoice(60.5, partner=self.other)
        line = self.pay("121.00", named.name, counterpartReference=CUSTOMER_IBAN)
        self.assertEqual(line.partner_id, self.customer)
        self.choose(line, mine, theirs)
        self.assert_settled(line, mine, theirs)
        self.assertFalse((self.customer | self.other).bank_ids)

    # === UNDONE === #

    def undo(self, line):
        """Open a line again, by its button."""
        self.shown(line).action_undo_reconciliation()
        self.env.invalidate_all()

    def test_what_a_wrong_choice_gave_and_taught_is_taken_back(self):
        wrong, right = self.invoice(121), self.invoice(121, partner=self.other)
        line = self.pay("121.00", "Thanks", counterpartReference=CUSTOMER_IBAN)
        self.choose(line, wrong)
        self.assertTrue(self.customer.bank_ids)
        self.undo(line)
        self.assert_open(line, wrong, right)
        self.assertFalse(line.partner_id | line.line_ids.partner_id)
        self.assertFalse(line.partner_bank_id)
        self.assertFalse(self.customer.with_context(active_test=False).bank_ids)
        self.choose(line, right)
        self.assertEqual(line.partner_id, self.other)
        self.assertEqual(self.other.bank_ids.sanitized_acc_number, CUSTOMER_IBAN)
        self.undo(line)
        self.choose(line, right)
        self.assertEqual(line.partner_bank_id, self.other.bank_ids)

    def test_what_was_suggested_before_a_wrong_choice_is_suggested_after_it(self):
        paid = self.known_customer()
        right, wrong = self.invoice(121), self.invoice(121, partner=self.other)
        line = self.pay("121.00", "Thanks", **paid)
        suggested = self.shown(line).ponto_suggestion_reason
        self.choose(line, wrong)
        self.assertEqual(line.partner_id, self.other)
        self.undo(line)
        self.assertEqual(line.partner_id, self.customer)
        self.assertEqual(self.shown(line).ponto_suggestion_reason, suggested)
        self.assertIn(right.name, self.shown(line).ponto_suggestion)
        self.assertEqual(self.customer.bank_ids.sanitized_acc_number, CUSTOMER_IBAN)

    def test_all_that_several_steps_gave_is_taken_back(self):
        invoice = self.invoice(121)
        line = self.pay("133.50", "Thanks", counterpartReference=CUSTOMER_IBAN)
        self.choose(line, invoice)
        self.assertEqual(line.partner_id, self.customer)
        account = self.company_data["default_account_revenue"]
        self.set_as(line, self.model({"account_id": account.id}))
        self.assertTrue(line.is_reconciled)
        self.undo(line)
        self.assert_open(line, invoice)
        self.assertFalse(line.partner_id)

    def test_whom_a_person_chose_before_or_after_stays(self):
        invoice = self.invoice(121)
        for when in ("before", "after"):
            with self.subTest(when=when):
                line = self.pay("121.00", "Thanks")
                if when == "before":
                    line.partner_id = self.other
                self.choose(line, invoice)
                self.assertEqual(line.partner_id, self.customer)
                if when == "after":
                    settling.name_partner(line, self.other)
                self.undo(line)
                self.assertEqual(line.partner_id, self.other)
                self.assertEqual(match_memory.find_chosen_partner(line), self.other.id)

    def test_an_account_number_that_something_has_or_somebody_trusts_stays(self):
        for why in ("used", "trusted"):
            with self.subTest(why=why):
                invoices = self.invoice(121), self.invoice(60.5)
                paid = {"counterpartReference": CUSTOMER_IBAN}
                line = self.pay("121.00", "Thanks", **paid)
                self.choose(line, invoices[0])
                bank = self.customer.bank_ids
                if why == "used":
                    self.choose(self.pay("60.50", "Thanks", **paid), invoices[1])
                else:
                    bank.allow_out_payment = True
                self.undo(line)
                self.assertTrue(bank.exists().active)
                self.customer.bank_ids.allow_out_payment = False

    def test_what_several_lines_taught_together_is_taken_back_with_the_last(self):
        invoices = self.invoice(121) | self.invoice(60.5)
        lines = self.lines().browse()
        for move in invoices:
            amount = f"{move.amount_total:.2f}"
            lines |= self.pay(amount, move.name, counterpartReference=CUSTOMER_IBAN)
        self.shown(lines).action_ponto_accept()
        self.undo(lines[0])
        self.assertTrue(self.customer.bank_ids)
        self.undo(lines[1])
        self.assertFalse(self.customer.bank_ids)

    # === WHO MAY === #

    def test_a_clerk_settles_nothing(self):
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name).with_user(self.create_clerk())
        for act in (
            line.action_ponto_accept,
            line.action_ponto_choose,
            line.action_ponto_set_as,
            lambda: settle_with(line, invoice.line_ids),
        ):
            with self.assertRaises(AccessError):
                act()
        self.assert_open(line.sudo(), invoice)

    def test_a_stranger_settles_nothing_and_items_of_strangers_are_not_offered(self):
        stranger, _journal = self.create_stranger("account.group_account_basic")
        invoice = self.invoice(121)
        line = self.pay("121.00", invoice.name)
        with self.assertRaises(AccessError):
            line.with_user(stranger).action_ponto_accept()
        foreign = (
            self.env["account.move"]
            .with_company(stranger.company_id)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": "2026-06-20",
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Beer", "price_unit": 77, "tax_ids": False}
                        )
                    ],
                }
            )
        )
        foreign.action_post()
        items = foreign.line_ids.filtered("date_maturity")
        action = self.shown(line).action_ponto_choose()
        self.assertNotIn(items, items.search(action["domain"]))
        with self.assertRaises(UserError):
            settle_with(self.shown(line), items)
        self.assertEqual(foreign.payment_state, "not_paid")
