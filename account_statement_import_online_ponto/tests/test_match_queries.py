# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import settling
from odoo.addons.account_statement_import_online_ponto.feed.match_reading import (
    find_outcomes,
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
        little = self.count(2, 2)
        much = self.count(60, 30)
        self.assertLessEqual(much, little)
        self.assertLessEqual(much, 10)
