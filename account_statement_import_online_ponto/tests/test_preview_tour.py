# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_tours import TourCase


@tagged("post_install", "-at_install")
class TestPreviewTour(TourCase):
    """Looking at some days and importing a part of them, in a real browser."""

    def test_a_bookkeeper_previews_and_imports_what_he_ticks(self):
        self.create_provider(create_statement=False)
        today = fields.Date.today()
        self.enter_by_hand(-850, today - timedelta(days=2))
        day = str(today - timedelta(days=1))
        self.book("-850.00", day, remittanceInformation="RENT july")
        self.book("121.00", day, remittanceInformation="Invoice 2026/118")
        self.book("60.50", day, remittanceInformation="Invoice 2026/119")
        self.book("5.00", day, remittanceInformation="Abroad", currency="USD")
        self.walk("ponto_preview", self.bookkeeper)
        self.assertEqual(self.lines().mapped("amount"), [-850, 60.5])
