# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import synchronization

from .common_matching import MatchingCase
from .common_tours import PUBLIC_ADDRESS, TourCase


@tagged("post_install", "-at_install", "-standard", "beside_reconcile_oca")
class TestReconcileOcaTour(TourCase, MatchingCase):
    """A bookkeeper settles the day on the screen of `account_reconcile_oca`.

    Not one of the usual tests: whoever runs it installs that addon.
    """

    def setUp(self):
        super().setUp()
        self.patch(synchronization, "POLL_S", 0.2)
        self.behind_proxy(PUBLIC_ADDRESS)
        self.named = self.invoice(121)
        self.chosen = self.invoice(60.5, partner=self.other)

    def test_a_bookkeeper_settles_the_day_on_their_screen(self):
        for amount, text in (
            ("121.00", f"Pays {self.named.name} in full"),
            ("60.50", "Says nothing"),
        ):
            self.bank.queue_transaction(
                self.account_id,
                amount,
                executionDate="2026-07-10",
                remittanceInformation=text,
            )
        self.walk("ponto_reconcile_oca", self.bookkeeper)
        self.env.invalidate_all()
        self.assertEqual(self.lines().mapped("is_reconciled"), [True] * 2)
        for move in (self.named, self.chosen):
            self.assertFalse(move.amount_residual)
