# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import settling
from odoo.addons.account_statement_import_online_ponto.feed.match_reading import (
    find_outcomes,
    read_open_items,
)

from .common_matching import MatchingCase


@tagged("post_install", "-at_install")
class TestMatchQueries(MatchingCase):
    """What finding asks of the database, and of Ponto: nothing."""

    def count(self, line_count, invoice_count):
        """Count the queries that finding takes, with nothing in the cache."""
        self.provider.ponto_match_policy = "no"
        first = self.invoice(1000)
        moves = first.browse()
        for _number in range(invoice_count):
            moves |= first.copy({"invoice_date": "2026-06-20", "date": "2026-06-20"})
        moves.action_post()
        for number in range(line_count):
            self.book(
                "1000.00",
                "2026-07-10",
                description=str(number),
                remittanceInformation=moves[number % invoice_count].name,
                counterpartReference=f"BE{number:014d}",
            )
        before = self.lines()
        self.pull_scheduled(self.provider)
        lines = self.lines() - before
        self.assertEqual(len(lines), line_count)
        self.env.flush_all()
        self.env.invalidate_all()
        queries = self.env.cr.sql_log_count
        self.bank.clear_requests()
        outcomes = find_outcomes(lines)
        self.assertFalse(self.bank.requests)
        self.assertEqual(len(outcomes), line_count)
        self.assertTrue(any(outcome.certain for outcome in outcomes.values()))
        return self.env.cr.sql_log_count - queries

    def test_texts_that_change_together_are_matched_together(self):
        self.provider.ponto_match_policy = "certain"
        invoice = self.invoice(10)
        for number in range(5):
            self.book("10.00", "2026-07-10", remittanceInformation=f"Text {number}")
        self.pull_scheduled(self.provider)
        [paid, *others] = self.bank.transactions(self.account_id)
        self.bank.update_transaction(paid["id"], remittanceInformation=invoice.name)
        for row in others:
            self.bank.update_transaction(row["id"], remittanceInformation="Another")
        asked = []
        self.patch(
            settling,
            "find_outcomes",
            lambda lines: asked.append(lines) or find_outcomes(lines),
        )
        self.provider.sudo().ponto_reread_at = False
        self.pull_scheduled(self.provider)
        self.assertEqual([len(lines) for lines in asked], [5])
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_batch_takes_ten_queries_however_much_there_is(self):
        self.set_rates("USD", {"2026-06-01": 1.25, "2026-07-01": 1.1}, self.company)
        self.invoice(110, currency_id=self.env.ref("base.USD").id)
        little = self.count(2, 2)
        much = self.count(60, 30)
        self.assertLessEqual(much, little)
        self.assertLessEqual(much, 10)


@tagged("post_install", "-at_install")
class TestMatchRates(MatchingCase):
    """At which rates open items in other currencies are settled."""

    #: Before the first rate, between two, on the day of one, and after all.
    DAYS = (date(2026, 5, 1), date(2026, 6, 20), date(2026, 7, 1), date(2026, 7, 10))

    def test_rates_are_those_of_odoo(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        self.set_rates("EUR", {"2026-06-15": 0.9, "2026-07-05": 0.8})
        # What the company itself says counts, though others are newer.
        self.set_rates("USD", {"2026-06-01": 1.25, "2026-07-01": 1.1}, self.company)
        self.set_rates("USD", {"2026-07-05": 1.3}, keep=True)
        self.set_rates("GBP", {"2026-07-08": 0.7})
        self.set_rates("CHF", {"2026-06-01": 3, "2026-07-02": 4}, branch.root_id)
        for code in ("USD", "GBP", "CHF", "USD"):
            self.bill_of_branch(branch, self.env.ref(f"base.{code}"))
        for company in (self.company, branch):
            _items, rates = read_open_items(self.env, company, set(self.DAYS))
            self.assertEqual({*rates}, {*self.DAYS})
            for day in self.DAYS:
                self.assertEqual({*rates[day]}, {"USD", "GBP", "CHF"})
                for code, worth in rates[day].items():
                    with self.subTest(company=company.name, day=day, code=code):
                        expected = self.env["res.currency"]._get_conversion_rate(
                            self.env.ref(f"base.{code}"),
                            company.currency_id,
                            company,
                            day,
                        )
                        self.assertAlmostEqual(float(worth), expected, places=12)

    def test_rates_of_another_company_do_not_count(self):
        stranger, _journal = self.create_stranger()
        self.set_rates("USD", {"2026-06-01": 1.25}, stranger.company_id)
        self.invoice(110, currency_id=self.env.ref("base.USD").id)
        [item], rates = read_open_items(self.env, self.company, {self.DAYS[-1]})
        self.assertEqual(item.currency, "USD")
        # Without a rate, that of the item's own entry counts.
        self.assertEqual(rates, {self.DAYS[-1]: {}})

    def bill_of_branch(self, branch, currency):
        """Post an invoice of a branch."""
        account = self.company_data["default_account_receivable"]
        self.customer.with_company(branch).property_account_receivable_id = account
        journal = self.company_data["default_journal_sale"]
        return self.invoice(
            110, company_id=branch.id, journal_id=journal.id, currency_id=currency.id
        )
