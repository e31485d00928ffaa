# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import settling_by_hand

from .common_matching import MatchingCase
from .common_tours import TourCase

MATCHING = "account_statement_import_online_ponto.ponto_matching_action"


@tagged("post_install", "-at_install")
class TestMatchingTour(TourCase, MatchingCase):
    """The lowest bookkeeper settles the day with nothing but Community."""

    def setUp(self):
        super().setUp()
        self.provider.ponto_match_policy = "suggest"
        self.named = self.invoice(121)
        self.chosen = self.invoice(60.5, partner=self.other)
        self.env["account.reconcile.model"].create(
            {
                "name": "Fees of a bank",
                "line_ids": [
                    Command.create(
                        {"account_id": self.company_data["default_account_expense"].id}
                    )
                ],
            }
        )
        for amount, text, name in (
            ("121.00", f"Pays Bakkerij {self.named.name}", "Bakkerij"),
            ("60.50", "Says nothing", "Somebody"),
            ("-12.00", "Bank costs", "The bank"),
        ):
            self.book(
                amount, "2026-07-10", remittanceInformation=text, counterpartName=name
            )
        self.pull_scheduled(self.provider)

    def test_a_bookkeeper_settles_the_day(self):
        self.walk("ponto_settle_the_day", self.bookkeeper, MATCHING)
        self.env.invalidate_all()
        self.assertEqual(self.lines().mapped("is_reconciled"), [True] * 3)
        for move in (self.named, self.chosen):
            self.assertFalse(move.amount_residual)


@tagged("post_install", "-at_install")
class TestMatchingTourPhone(TestMatchingTour):
    """The same on a phone."""

    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True


@tagged("post_install", "-at_install")
class TestMatchingTourTicked(TourCase, MatchingCase):
    """Several lines at once."""

    def test_what_is_accepted_is_what_was_shown(self):
        self.provider.ponto_match_policy = "suggest"
        line = self.pay("121.00", self.invoice(121).name)
        key = line.ponto_suggestion_key
        accepted = []
        accept = settling_by_hand.accept

        def record(lines, shown_keys):
            accepted.append(shown_keys)
            return accept(lines, shown_keys)

        self.patch(settling_by_hand, "accept", record)
        self.walk("ponto_accept_ticked", self.bookkeeper, MATCHING)
        self.assertEqual(accepted, [{line: key}])
        self.env.invalidate_all()
        self.assertTrue(line.is_reconciled)
