# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.account_statement_import_online_ponto.feed import synchronization

from .common import OTHER_IBAN
from .common_tours import PUBLIC_ADDRESS, TourCase

FEEDS = "account_statement_import_online.online_bank_statement_provider_action"


@tagged("post_install", "-at_install")
class TestCardTour(TourCase):
    """The journal's card: each of its lines is a link."""

    def setUp(self):
        super().setUp()
        provider = self.create_provider(create_statement=False)
        for day in ("05", "06", "07", "08"):
            self.book("7.00", f"2026-07-{day}", remittanceInformation="Invoice 7")
        self.pull_scheduled(provider)
        self.lines()[1].unlink()
        self.enter_by_hand(-6, "2026-07-10")
        self.company.fiscalyear_lock_date = "2026-06-30"
        self.book("5.00", "2026-06-01", remittanceInformation="Invoice 5")
        self.book("3.00", "2026-06-02", remittanceInformation="Invoice 3")
        tomorrow = provider._ponto_get_today() + timedelta(days=1)
        self.book("9.00", str(tomorrow), remittanceInformation="Leasing")
        self.pull_scheduled(provider)
        ignored = self.registered("waiting", provider).filtered(
            lambda record: record.amount == 3
        )
        ignored.with_user(self.bookkeeper).action_ignore()
        self.pull_scheduled(provider)

        account_sudo = provider.sudo().ponto_linked_account_id
        account_sudo.consent_expires_at = fields.Datetime.now() + timedelta(days=90)

    def test_a_bookkeeper_follows_each_line(self):
        self.walk("ponto_card", self.bookkeeper, timeout=120)

    def test_an_administrator_follows_each_line(self):
        self.walk("ponto_card", self.manager, timeout=120)


@tagged("post_install", "-at_install")
class TestCardTourPhone(TestCardTour):
    """The same on a phone."""

    test_an_administrator_follows_each_line = None  # whose card is the same

    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True


@tagged("post_install", "-at_install")
class TestOverviewTour(TourCase):
    """The list of all feeds."""

    def test_a_bookkeeper_lets_all_feeds_be_fetched(self):
        self.create_provider()
        self.open_account(OTHER_IBAN)
        self.walk("ponto_fetch_all", self.bookkeeper, FEEDS)


@tagged("post_install", "-at_install")
class TestOverviewTourPhone(TestOverviewTour):
    """The same on a phone."""

    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True


@tagged("post_install", "-at_install")
class TestAccessTour(TourCase):
    """From the user form to the first fetch of a colleague."""

    def test_a_bookkeeper_is_given_access_and_does_all_with_it(self):
        self.patch(synchronization, "POLL_S", 0.2)
        self.behind_proxy(PUBLIC_ADDRESS)
        provider = self.create_provider()
        self.book("7.00", "2026-07-13", remittanceInformation="Read before")
        self.pull_scheduled(provider)
        for number in (118, 119):
            self.bank.queue_transaction(
                self.account_id,
                f"{number}.00",
                executionDate="2026-07-14",
                remittanceInformation=f"Invoice 2026/{number}",
            )
        clerk = self.create_clerk()
        self.assertFalse(provider.with_user(clerk).has_access("read"))
        administrator = new_test_user(
            self.env,
            login="ponto_administrator",
            groups="account.group_account_manager,base.group_system",
        )
        self.walk("ponto_give_access", administrator, "base.action_res_users", clerk)
        self.env.invalidate_all()
        self.assertTrue(clerk.has_group("account.group_account_basic"))
        self.walk("ponto_fetch_now", clerk)
        self.assertEqual(self.lines().mapped("amount"), [7, 118, 119])
        self.walk("ponto_new_colleague", clerk)
