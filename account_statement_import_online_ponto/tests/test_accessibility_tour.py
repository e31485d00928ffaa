# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.feed.background import (
    pull_in_background,
)

from .common import OTHER_IBAN, OUTCOME_LOGGER
from .common_tours import TourCase


@tagged("post_install", "-at_install")
class TestAccessibilityTour(TourCase):
    """Every screen can be read and used by everybody, on a laptop."""

    def setUp(self):
        super().setUp()
        # Who may open all of them.
        self.user = new_test_user(
            self.env,
            login="ponto_reader",
            groups="account.group_account_manager,base.group_system",
            company_id=self.company.id,
        )
        self.let_one_expire()
        self.let_one_wait()
        self.let_one_fail()
        stopped = self.create_feed("STOPS", "BE43068999999501")
        stopped.with_user(self.bookkeeper).action_ponto_stop()
        running = self.create_feed("RUNS", "BE71096123456769")
        pull_in_background(running)
        # To connect: one for a journal that is there, one for a new one.
        self.create_journal("BE62510007547061")
        for number in ("BE62510007547061", "BE56587127952688"):
            self.bank.add_account(reference=number, currency="EUR")

    def create_feed(self, code, number):
        """Create another journal with a feed.

        :param str code: of the journal
        :param str number: of its account
        """
        journal = self.create_journal(number)
        journal.code = code
        return self.create_provider(journal_id=journal.id)

    def let_one_expire(self):
        """A feed that the bank lets nobody read any more; it equals the bank."""
        self.bank.expire_consent(self.bank.add_account(reference=OTHER_IBAN))
        self.pull_scheduled(self.create_feed("EXPIR", OTHER_IBAN))

    def let_one_wait(self):
        """A feed with lines, and with transactions that wait or are new."""
        self.journal.code = "WAITS"
        today = fields.Date.today()
        self.company.fiscalyear_lock_date = today - timedelta(days=40)
        provider = self.create_provider(ponto_start_date=date(today.year - 1, 1, 1))
        self.enter_by_hand(-850, today - timedelta(days=8))
        for days, amount, label in (
            (9, "121.00", "Invoice 2026/118 for tools and spare parts, second part"),
            (8, "-850.00", "RENT july"),
            (50, "42.00", "Fuel"),
        ):
            self.book(
                amount,
                str(today - timedelta(days=days)),
                remittanceInformation=label,
                counterpartName="Vandenbroucke Bouwmaterialen en Doe-het-zelf bv",
            )
        self.pull_scheduled(provider)
        self.book("60.50", str(today - timedelta(days=1)))
        self.book("5.00", str(today - timedelta(days=1)), currency="USD")

    @mute_logger(OUTCOME_LOGGER)
    def let_one_fail(self):
        """A feed whose account is not in Ponto."""
        self.pull_scheduled(self.create_feed("FAILS", "BE02001000123440"))

    def test_every_screen_is_readable(self):
        self.walk("ponto_accessibility", self.user, timeout=180)


@tagged("post_install", "-at_install")
class TestAccessibilityTourPhone(TestAccessibilityTour):
    """The same on a phone."""

    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
