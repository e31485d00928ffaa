# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo.tests import tagged

from .common_tours import TourCase

WAITING = "account_statement_import_online_ponto.ponto_transaction_waiting_action"


class DecisionTourCase(TourCase):
    """Three transactions wait: two have a similar line, one a locked day."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider(create_statement=False)
        self.company.fiscalyear_lock_date = date(2026, 6, 30)
        for amount, label in ((-850, "Rent July"), (-42, "Fuel")):
            self.enter_by_hand(amount, "2026-07-05", payment_ref=label)
        self.book("-850.00", "2026-07-05", remittanceInformation="RENT july")
        self.book("-42.00", "2026-07-05", remittanceInformation="FUEL")
        self.book("99.00", "2026-06-20", remittanceInformation="Invoice 2026/99")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [-850, -42])


@tagged("post_install", "-at_install")
class TestDecisionTour(DecisionTourCase):
    """What waits for a decision, from the bank's card on."""

    def check_decisions(self):
        """What became of the three that waited."""
        found = {
            record.amount: (record.state, record.statement_line_id)
            for record in self.provider.ponto_transaction_ids
        }
        invoice, rent, _fuel = self.lines()
        self.assertEqual(
            found,
            {
                -850: ("recognised", rent),
                -42: ("ignored", self.lines().browse()),
                99: ("imported", invoice),
            },
        )
        self.assertEqual(invoice.amount, 99)
        self.assertEqual(invoice.date, date(2026, 7, 1))

    def test_a_bookkeeper_decides_what_waits(self):
        self.walk("ponto_decide", self.bookkeeper)
        self.check_decisions()

    def test_a_bookkeeper_decides_what_waits_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["account_statement_import_online_ponto"], ["fr_FR"], overwrite=True
        )
        self.bookkeeper.lang = "fr_FR"
        self.walk("ponto_decide_french", self.bookkeeper)
        self.check_decisions()


@tagged("post_install", "-at_install")
class TestDecisionTourPhone(DecisionTourCase):
    """The same on a phone, from the list of what waits."""

    browser_size = "390x844"
    touch_enabled = True

    def test_a_bookkeeper_decides_what_waits(self):
        self.walk("ponto_decide_phone", self.bookkeeper, WAITING)
        rent = self.registered("recognised")
        self.assertEqual((rent.amount, rent.statement_line_id), (-850, self.lines()[0]))
