# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
from datetime import date

from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed import synchronization

from .common_tours import PROVIDERS, PUBLIC_ADDRESS, TourCase


class FetchTourCase(TourCase):
    """A feed whose bank can be asked."""

    def setUp(self):
        super().setUp()
        self.patch(synchronization, "POLL_S", 0.2)
        self.behind_proxy(PUBLIC_ADDRESS)
        self.provider = self.create_provider(
            ponto_responsible_ids=[(6, 0, self.bookkeeper.ids)]
        )

    def check_fetch_without_news(self):
        """Nothing is new: one stays, and what waits is a button away."""
        self.company.fiscalyear_lock_date = date(2026, 6, 30)
        self.book("-900.00", "2026-06-01", remittanceInformation="Rent of May")
        self.pull_scheduled(self.provider)
        self.walk("ponto_fetch_nothing", self.bookkeeper)


@tagged("post_install", "-at_install")
class TestFetchTour(FetchTourCase):
    """A bookkeeper asks for the bank's newest transactions, in a real browser."""

    def asked_from(self):
        """Return the addresses with which the bank was asked (set)."""
        return {
            json.loads(record.body)["data"]["attributes"]["customerIpAddress"]
            for record in self.bank.requests
            if record.method == "POST" and record.path == "/synchronizations"
        }

    def test_a_bookkeeper_fetches_from_the_card(self):
        self.book("7.00", "2026-07-13", remittanceInformation="Read before")
        self.pull_scheduled(self.provider)
        for number in (118, 119):
            self.bank.queue_transaction(
                self.account_id,
                f"{number}.00",
                executionDate="2026-07-14",
                remittanceInformation=f"Invoice 2026/{number}",
            )
        self.walk("ponto_fetch_now", self.bookkeeper)
        self.assertEqual(self.lines().mapped("amount"), [7, 118, 119])
        self.assertEqual(self.asked_from(), {PUBLIC_ADDRESS})

    def test_a_fetch_without_news_stays_and_leads_to_what_waits(self):
        self.check_fetch_without_news()

    def test_an_expired_consent_is_shown_and_gone_when_it_was_renewed(self):
        self.bank.expire_consent(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertTrue(self.provider.activity_ids)
        self.walk("ponto_consent_expired", self.bookkeeper, PROVIDERS, self.provider)
        # In Ponto the holder of the account renews it.
        self.bank.renew_consent(self.account_id)
        self.bank.queue_transaction(
            self.account_id, "12.00", executionDate="2026-07-14"
        )
        self.walk("ponto_consent_renewed", self.bookkeeper, PROVIDERS, self.provider)
        self.assertFalse(self.provider.activity_ids)
        self.assertEqual(self.lines().amount, 12)


@tagged("post_install", "-at_install")
class TestFetchTourPhone(FetchTourCase):
    """The same on a phone, where what came is on cards."""

    browser_size = "390x844"
    touch_enabled = True

    def test_a_bookkeeper_fetches_from_the_card(self):
        self.bank.queue_transaction(
            self.account_id,
            "118.00",
            executionDate="2026-07-14",
            remittanceInformation="Invoice 2026/118",
            counterpartName="Bakkerij Jansen",
        )
        self.walk("ponto_fetch_phone", self.bookkeeper)
        self.assertEqual(self.lines().amount, 118)

    def test_a_fetch_without_news_stays_and_leads_to_what_waits(self):
        self.check_fetch_without_news()
