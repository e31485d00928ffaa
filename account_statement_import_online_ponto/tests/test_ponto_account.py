# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IBAN, OTHER_IBAN, OUTCOME_LOGGER
from .common_connect import ConnectCase


@tagged("post_install", "-at_install")
class TestPontoAccount(ConnectCase):
    """Ponto's accounts: each is known once, whatever it feeds."""

    def accounts(self, user=None):
        """Return the accounts that somebody sees, or all there are."""
        Account = self.env["ponto.account"].sudo()
        if user:
            Account = Account.with_user(user)
        return Account.search([])

    def create_feed_of_another_company(self, iban=IBAN):
        """Let another company's bank be read by the same integration.

        :return: its feed, and a bookkeeper who works for that company only
        """
        stranger, journal = self.create_stranger(groups="account.group_account_basic")
        company = journal.company_id
        journal.currency_id = self.env.ref("base.EUR")
        journal.with_company(company).set_bank_account(iban)
        feed = self.create_provider(journal_id=journal.id, api_base=False)
        self.assertEqual(
            feed.sudo().ponto_integration_id, self.provider.sudo().ponto_integration_id
        )
        return feed, stranger

    def connect(self):
        """Let a feed read the account, and pull."""
        self.provider = self.create_provider(api_base=False)
        self.pull_scheduled(self.provider)
        return self.provider.ponto_linked_account_id

    # === KNOWN ONCE === #

    def test_what_ponto_offers_is_known_before_it_feeds_anything(self):
        other_id = self.bank.add_account(
            reference=OTHER_IBAN,
            currency="USD",
            currentBalance="12.50",
            holderName="De Ketel",
        )
        wizard = self.log_in()
        self.assertRecordValues(
            self.accounts().sorted("number"),
            [
                {"identifier": other_id, "balance": 12.5, "currency_code": "USD"},
                {"identifier": self.account_id, "balance": 0, "currency_code": "EUR"},
            ]
            if OTHER_IBAN < IBAN
            else [
                {"identifier": self.account_id, "balance": 0, "currency_code": "EUR"},
                {"identifier": other_id, "balance": 12.5, "currency_code": "USD"},
            ],
        )
        other = self.accounts().filtered(lambda each: each.identifier == other_id)
        self.assertFalse(other.provider_ids)
        self.assertIn("De Ketel", other.display_name)
        self.line(wizard, other_id).action = "skip"
        feed = self.finish(wizard)
        self.assertEqual(feed.ponto_linked_account_id.identifier, self.account_id)
        self.assertEqual(feed.ponto_account_id, self.account_id)
        self.log_in(connection="new")
        self.assertEqual(len(self.accounts()), 2)

    def test_what_ponto_offers_no_more_is_known_as_long_as_it_feeds_a_journal(self):
        other_id = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.connect()
        self.log_in()
        self.assertIn(other_id, self.accounts().mapped("identifier"))
        self.bank.unlink(other_id)
        self.bank.unlink(self.account_id)
        self.provider.active = False
        self.log_in(connection="new")
        self.assertEqual(self.accounts().mapped("identifier"), [self.account_id])

    def test_two_companies_feeds_of_one_account_share_it(self):
        account = self.connect()
        feed, _stranger = self.create_feed_of_another_company()
        self.pull_scheduled(feed)
        self.assertFalse(feed.ponto_failure)
        self.assertEqual(feed.ponto_linked_account_id, account)
        self.assertEqual(account.sudo().provider_ids, self.provider | feed)
        self.bank.expire_consent(self.account_id)
        self.pull_scheduled(feed)
        for each in self.provider, feed:
            self.assertEqual(each.ponto_consent_state, "expired")

    def test_a_comparison_keeps_its_words_when_another_feed_knows_more(self):
        with freeze_time("2026-07-15 10:00:00", tick=True):
            self.book("5.00", "2026-07-10")
            self.connect()
            feed, _stranger = self.create_feed_of_another_company()
        before = self.provider.ponto_balance_text
        with freeze_time("2026-07-15 16:00:00", tick=True):
            self.book("70.00", "2026-07-15")
            self.provider.sudo().next_run = "2026-07-15 20:00:00"
            self.pull_scheduled(feed)
        self.assertNotEqual(feed.ponto_balance_text, before)
        self.assertEqual(self.provider.ponto_bank_balance, feed.ponto_bank_balance)
        self.assertEqual(self.provider.ponto_balance_text, before)

    def test_another_integration_has_accounts_of_its_own(self):
        account = self.connect()
        self.provider.write({"username": "another", "password": "another"})
        self.assertFalse(self.provider.ponto_linked_account_id)
        self.assertFalse(account.exists())
        self.assertFalse(self.provider.ponto_account_name)

    # === WHAT IT TELLS === #

    def test_it_is_told_if_ponto_cannot_read_the_transactions_alone(self):
        account = self.connect()
        for code, status, level in (
            ("technicalFailure", "connected", "warning"),
            ("authorizationInvalid", "expired", "danger"),
        ):
            with self.subTest(code):
                self.bank.fail_synchronizations(self.account_id, code)
                self.bank.synchronize(self.account_id, "accountTransactions")
                self.bank.synchronize(self.account_id, "accountDetails")
                self.pull_scheduled(self.provider)
                # What is told of the account alone does not hide it.
                self.log_in()
                self.assertFalse(account.synchronization_error)
                self.assertEqual(account.notice_level, level)
                self.assertTrue(account.notice)
                self.assertEqual(self.provider.ponto_status, status)
                found = self.provider.search([("ponto_status", "=", status)])
                self.assertIn(self.provider, found)
        self.bank.synchronize(self.account_id, "accountTransactions")
        self.pull_scheduled(self.provider)
        self.assertFalse(account.notice)
        self.assertEqual(self.provider.ponto_status, "connected")

    def test_an_account_is_named_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.bank.deprecate(self.account_id)
        account = self.connect()
        self.assertIn("replaced by", self.provider.ponto_account_name)
        in_french = self.provider.with_context(lang="fr_FR").ponto_account_name
        self.assertNotIn("replaced by", in_french)
        self.assertEqual(account.with_context(lang="fr_FR").display_name, in_french)

    def test_a_currency_that_odoo_does_not_know_is_kept_as_ponto_writes_it(self):
        self.bank.add_account(reference=OTHER_IBAN, currency="XTS")
        self.log_in()
        [account] = self.accounts().filtered(lambda each: each.currency_code == "XTS")
        self.assertFalse(account.currency_id)
        self.assertIn("XTS", account.display_name)

    # === WHO SEES IT === #

    def test_who_sees_no_feed_of_an_account_does_not_see_it(self):
        self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.log_in()
        account = self.connect()
        self.assertEqual(self.accounts(self.bookkeeper), account)
        stranger, _journal = self.create_stranger(groups="account.group_account_basic")
        self.assertFalse(self.accounts(stranger))
        with self.assertRaises(AccessError):
            account.with_user(stranger).read(["number"])

    @mute_logger(OUTCOME_LOGGER)
    def test_who_shares_an_account_learns_of_no_other_feed_by_it(self):
        account = self.connect()
        feed, stranger = self.create_feed_of_another_company()
        self.pull_scheduled(feed)
        self.assertEqual(self.accounts(stranger), account)
        for record, name in (
            (account, "provider_ids"),
            (account.integration_id, "account_ids"),
        ):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read([name])

    def test_nobody_writes_what_ponto_tells(self):
        account = self.connect()
        for user in (self.bookkeeper, self.manager):
            with self.assertRaises(AccessError):
                account.with_user(user).balance = 1
            with self.assertRaises(AccessError):
                self.provider.with_user(user).ponto_linked_account_id = False
