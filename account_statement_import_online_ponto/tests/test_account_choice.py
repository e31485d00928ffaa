# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import IBAN, OTHER_IBAN, PontoCase


@tagged("post_install", "-at_install")
class TestAccountChoice(PontoCase):
    """Which of Ponto's accounts feeds the journal."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def test_number_matches_however_it_is_written(self):
        self.bank.update_account(self.account_id, reference="be68 5390 0754 7034")
        self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, self.account_id)
        self.assertIn("BE68 5390 0754 7034 EUR", self.provider.ponto_account_name)
        self.assertEqual(len(self.lines()), 1)

    def test_one_number_in_two_currencies_is_told_apart(self):
        dollars = self.bank.add_account(reference=IBAN, currency="USD")
        self.bank.add_transaction(dollars, "100", "2026-07-10", currency="USD")
        self.book("7.00", "2026-07-10")
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [7])

    def test_a_journal_in_dollars_gets_the_account_in_dollars(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.journal.currency_id = usd
        dollars = self.bank.add_account(reference=IBAN, currency="USD")
        self.bank.add_transaction(dollars, "100", "2026-07-10", currency="USD")
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, dollars)
        self.assertEqual(self.lines().mapped("amount"), [100])

    def test_a_replaced_connection_gives_way_to_the_new_one(self):
        newer = self.bank.replace(self.account_id)
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, newer)

    def test_a_replacement_is_noticed_after_the_first_pull(self):
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, self.account_id)
        newer = self.bank.replace(self.account_id)
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, newer)

    def test_a_corrected_account_number_is_noticed(self):
        self.pull(self.provider)
        other = self.bank.add_account(reference=OTHER_IBAN, currency="EUR")
        self.journal.bank_account_id.acc_number = OTHER_IBAN
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, other)

    def test_two_candidates_are_never_guessed_between(self):
        self.bank.add_account(reference=IBAN, currency="EUR", description="Second")
        with self.assertRaisesRegex(UserError, "more than once"):
            self.pull(self.provider)

    def test_an_account_that_was_added_once_more_is_read_once_the_first_has_ended(self):
        ended = {"authorizationExpirationExpectedAt": "2026-07-01T00:00:00.000Z"}
        self.book("5.00", "2026-07-10", remittanceInformation="Rent July")
        self.pull_scheduled(self.provider)
        second = self.bank.add_account(
            reference=IBAN, currency="EUR", currentBalance="12.00"
        )
        for amount, text in (("5.00", "Rent July"), ("7.00", "Garage")):
            self.bank.add_transaction(
                second, amount, "2026-07-10", remittanceInformation=text
            )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_account_id, self.account_id)
        self.bank.update_account(self.account_id, **ended)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_account_id, second)
        self.assertEqual(sorted(self.lines().mapped("amount")), [5, 7])
        self.bank.update_account(second, **ended)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(self.provider.ponto_account_id, second)

    def test_no_candidate_names_what_was_sought_and_what_there_is(self):
        self.bank.update_account(self.account_id, reference=OTHER_IBAN)
        with self.assertRaises(UserError) as caught:
            self.pull(self.provider)
        message = str(caught.exception)
        self.assertIn("BE68…034 EUR", message)
        self.assertIn("BE15…130 EUR", message)
        self.assertIn("Bank van de Leie", message)
        self.assertNotIn("{", message)

    def test_wrong_currency_names_both(self):
        self.bank.update_account(self.account_id, currency="USD")
        with self.assertRaises(UserError) as caught:
            self.pull(self.provider)
        self.assertIn("BE68…034 EUR", str(caught.exception))
        self.assertIn("BE68…034 USD", str(caught.exception))

    def test_a_journal_without_number_takes_nobodys_feed(self):
        self.bank.update_account(self.account_id, reference=None)
        self.journal.bank_account_id = False
        self.book("777.00", "2026-07-10")
        with self.assertRaisesRegex(UserError, "has no account number"):
            self.pull(self.provider)
        self.assertFalse(self.lines())

    def test_nothing_switched_on_says_where_to_switch_on(self):
        self.bank.unlink(self.account_id)
        with self.assertRaisesRegex(UserError, "switch on the accounts"):
            self.pull(self.provider)

    def test_accounts_beyond_the_first_page_are_found(self):
        self.bank.unlink(self.account_id)
        for number in range(110):
            self.bank.add_account(reference=f"BE{number:014}", currency="EUR")
        account_id = self.bank.add_account(reference=IBAN, currency="EUR")
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_account_id, account_id)

    def test_a_transaction_in_another_currency_waits_and_the_others_do_not(self):
        self.book("5.00", "2026-07-10", currency="USD")
        self.book("7.00", "2026-07-10")
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [7])
        self.assertRecordValues(
            self.provider.ponto_transaction_ids.filtered(
                lambda record: record.state == "waiting"
            ),
            [{"amount": 5, "currency": "USD", "reason": "currency"}],
        )
