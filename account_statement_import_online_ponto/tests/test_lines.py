# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account_statement_import_base.models.account_journal import (
    AccountJournal as BaseJournal,
)

from .common import IBAN, OTHER_IBAN, PontoCase


@tagged("post_install", "-at_install")
class TestLines(PontoCase):
    """What becomes of a transaction's attributes."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def pull_line(self, amount="-12.50", day="2026-07-10", **attributes):
        """Book one transaction, pull it, and give its statement line."""
        self.book(amount, day, **attributes)
        self.pull(self.provider)
        line = self.lines()
        line.ensure_one()
        return line

    def assert_day(self, moment, expected, tz="Europe/Brussels", **attributes):
        self.provider.tz = tz
        line = self.pull_line(day=moment, **attributes)
        self.assertEqual(line.date, date.fromisoformat(expected))
        return line

    # === DAYS === #

    def test_midnight_utc_is_that_calendar_day(self):
        self.assert_day("2026-07-10T00:00:00.000Z", "2026-07-10")

    def test_midnight_utc_is_that_calendar_day_in_new_york_too(self):
        self.assert_day("2026-07-10T00:00:00.000Z", "2026-07-10", "America/New_York")

    def test_midnight_utc_is_that_calendar_day_however_it_is_written(self):
        moment = "2026-07-10T02:00:00+02:00"
        self.assert_day(moment, "2026-07-10", "America/New_York")

    def test_midnight_in_brussels_is_that_calendar_day(self):
        self.assert_day("2026-07-09T22:00:00.000Z", "2026-07-10")

    def test_late_evening_in_brussels_stays_on_its_day_and_in_its_statement(self):
        line = self.assert_day("2026-07-10T20:30:00Z", "2026-07-10")
        self.assertEqual(line.statement_id.name, f"{self.journal.code}/2026-07-10")

    def test_last_evening_of_the_year_stays_in_the_old_year(self):
        self.provider.ponto_start_date = date(2025, 1, 1)
        self.book("1.00", "2025-12-31T22:15:00.000Z")
        self.pull(self.provider, since="2025-12-01")
        self.assertEqual(self.lines().date, date(2025, 12, 31))

    def test_days_around_the_change_of_the_clocks_are_right(self):
        self.provider.ponto_start_date = date(2025, 1, 1)
        expected = {
            "2025-10-25T22:00:00Z": "2025-10-26",  # midnight before the long night
            "2025-10-26T00:30:00Z": "2025-10-26",  # 02:30, the first time
            "2025-10-26T01:30:00Z": "2025-10-26",  # 02:30, the second time
            "2025-10-26T22:59:00Z": "2025-10-26",
            "2025-10-26T23:00:00Z": "2025-10-27",
            "2026-03-28T23:00:00Z": "2026-03-29",  # midnight before the short night
            "2026-03-29T00:59:00Z": "2026-03-29",
            "2026-03-29T01:00:00Z": "2026-03-29",
            "2026-03-29T21:59:00Z": "2026-03-29",
            "2026-03-29T22:00:00Z": "2026-03-30",
        }
        ids = {self.book("1.00", moment): moment for moment in expected}
        self.pull(self.provider, since="2025-10-01")
        for line in self.lines():
            moment = ids[line.unique_import_id[-36:]]
            self.assertEqual(str(line.date), expected[moment], moment)
        self.assertEqual(len(self.lines()), len(expected))

    def test_a_user_far_away_does_not_move_the_day(self):
        self.bookkeeper.tz = "America/New_York"
        self.assert_day("2026-07-10T20:30:00Z", "2026-07-10")

    def test_value_date_is_used_where_the_provider_says_so(self):
        self.provider.ponto_date_field = "value_date"
        line = self.pull_line(valueDate="2026-07-08T00:00:00.000Z")
        self.assertEqual(line.date, date(2026, 7, 8))

    def test_the_other_date_is_used_where_the_bank_leaves_one_out(self):
        self.provider.ponto_date_field = "value_date"
        line = self.pull_line(valueDate=None)
        self.assertEqual(line.date, date(2026, 7, 10))

    # === AMOUNTS === #

    def test_amounts_are_exact(self):
        for amount in ("1234567890.12", "-0.01", "5", "-10250.40", "0"):
            self.book(amount, "2026-07-10")
        self.pull(self.provider)
        self.assertEqual(
            self.lines().mapped("amount"), [1234567890.12, -0.01, 5, -10250.40, 0]
        )

    def test_amounts_are_exact_with_the_decimals_of_the_currency(self):
        for name, amounts, refused in (
            ("KWD", (1234567.891, -0.001), "1.2345"),
            ("JPY", (1234567890.0, -1.0), "1.5"),
        ):
            with self.subTest(name):
                currency = self.env.ref(f"base.{name}")
                currency.active = True
                journal = self.create_journal(f"BE15{name}0001")
                journal.currency_id = currency
                self.account_id = self.bank.add_account(
                    reference=f"BE15{name}0001", currency=name
                )
                for amount in (*map(str, amounts), refused):
                    self.book(amount, "2026-07-10", currency=name)
                provider = self.create_provider(journal_id=journal.id)
                self.pull(provider)
                self.assertEqual(tuple(self.lines(journal).mapped("amount")), amounts)
                self.assertEqual(
                    self.registered("waiting", provider).reason, "decimals"
                )

    # === TEXTS === #

    def test_label_is_the_remittance_information(self):
        line = self.pull_line(remittanceInformation="Invoice 2026/118")
        self.assertEqual(line.payment_ref, "Invoice 2026/118")

    def test_label_writes_structured_communications_as_on_paper(self):
        line = self.pull_line(
            remittanceInformation="202600123464", remittanceInformationType="structured"
        )
        self.assertEqual(line.payment_ref, "+++202/6001/23464+++")

    def test_label_falls_back_to_kind_and_name(self):
        line = self.pull_line(
            remittanceInformation=None,
            description="Card payment",
            counterpartName="Petrol station",
        )
        self.assertEqual(line.payment_ref, "Card payment Petrol station")

    def test_label_loses_nothing_of_the_text(self):
        for text, expected in (
            (
                "***863/3475/31818*** +++567966932295+++",
                "+++863/3475/31818+++ +++567/9669/32295+++",
            ),
            (
                "Betaling +++090933755493+++ dank u",
                "Betaling +++090/9337/55493+++ dank u",
            ),
            ("Invoice A-7, 090/9337/55493", "Invoice A-7, +++090/9337/55493+++"),
            ("+++090933755493+++", "+++090/9337/55493+++"),
            ("Invoice 202600123464", "Invoice 202600123464"),
        ):
            with self.subTest(text):
                self.book("1.00", "2026-07-10", remittanceInformation=text)
                self.pull(self.provider)
                self.assertEqual(self.lines()[-1].payment_ref, expected)

    def test_label_says_in_words_what_has_no_name(self):
        for amount, attributes, expected in (
            ("50.00", {}, "Money received, 07/10/2026"),
            ("-50.00", {}, "Money paid, 07/10/2026"),
            ("50.00", {"remittanceInformation": "/"}, "Money received, 07/10/2026"),
            ("50.00", {"remittanceInformation": "---"}, "Money received, 07/10/2026"),
            (
                "50.00",
                {"remittanceInformation": "NOTPROVIDED"},
                "Money received, 07/10/2026",
            ),
            (
                "50.00",
                {
                    "remittanceInformation": " not provided ",
                    "description": "NOTPROVIDED",
                    "counterpartName": "Garage Dubois",
                },
                "Garage Dubois",
            ),
            (
                "50.00",
                {"remittanceInformation": "26"},
                "Money received, 26, 07/10/2026",
            ),
            (
                "50.00",
                {"remittanceInformation": "2026", "counterpartName": "Garage Dubois"},
                "Garage Dubois, 2026",
            ),
            ("50.00", {"counterpartName": "X"}, "Money received, X, 07/10/2026"),
        ):
            with self.subTest(amount=amount, **attributes):
                attributes.setdefault("remittanceInformation", None)
                self.book(amount, "2026-07-10", **attributes)
                self.pull(self.provider)
                self.assertEqual(self.lines()[-1].payment_ref, expected)

    def test_reference_is_no_fragment(self):
        for reference in ("/", "-", "1", "2026", "NOTPROVIDED", "Not Provided"):
            with self.subTest(reference):
                self.book("1.00", "2026-07-10", endToEndId=reference)
                self.pull(self.provider)
                self.assertFalse(self.lines()[-1].ref)

    def test_a_transaction_without_currency_has_that_of_the_account(self):
        line = self.pull_line(currency=None)
        self.assertEqual(line.currency_id.name, "EUR")

    def test_what_is_there_but_unreadable_is_not_taken_for_absent(self):
        for date_field, name, reason, value in (
            ("execution_date", "currency", "currency", {"code": "USD"}),
            ("execution_date", "currency", "currency", ["USD"]),
            ("execution_date", "currency", "currency", True),
            ("execution_date", "executionDate", "date", 1772409600),
            ("execution_date", "executionDate", "date", "2026-03-02T23:59:60Z"),
            ("value_date", "valueDate", "date", 1772409600),
        ):
            with self.subTest(f"{name} {value}"):
                self.provider.ponto_date_field = date_field
                before = self.lines()
                ponto_id = self.book("3.00", "2026-07-10")
                served = self.bank.transaction_record(ponto_id).attributes
                readable, served[name] = served[name], value
                self.pull(self.provider)
                self.assertEqual(self.registered("waiting").reason, reason)
                self.assertEqual(self.lines(), before)
                served[name] = readable
                self.pull(self.provider)
                self.assertFalse(self.registered("waiting"))
                self.assertEqual(len(self.lines()), len(before) + 1)

    def test_an_unreadable_date_that_the_feed_does_not_use_stops_nothing(self):
        ponto_id = self.book("3.00", "2026-07-10")
        self.bank.transaction_record(ponto_id).attributes["valueDate"] = 1772409600
        self.pull(self.provider)
        self.assertEqual(self.lines().date, date(2026, 7, 10))

    def test_every_attribute_can_be_found_on_the_line(self):
        line = self.pull_line(
            description="Direct debit",
            counterpartName="Insurer NV",
            counterpartReference="BE15 0017 6543 2130",
            endToEndId="E2E-1",
            mandateId="MANDATE-2",
            creditorId="BE80ZZZ0403987654",
            cardReference="4417",
            fee="0.35",
            purposeCode="SUPP",
            bankTransactionCode="PMNT-RDDT-ESDD",
            proprietaryBankTransactionCode="0501",
            additionalInformation="Further text",
            internalReference="internal-3",
        )
        self.assertRecordValues(
            line,
            [
                {
                    "partner_name": "Insurer NV",
                    "account_number": OTHER_IBAN,
                    "ref": "E2E-1",
                    "transaction_type": "Direct debit",
                    "state": "posted",
                }
            ],
        )
        for text in (
            "Direct debit",
            "E2E-1",
            "MANDATE-2",
            "BE80ZZZ0403987654",
            "4417",
            "0.35",
            "SUPP",
            "PMNT-RDDT-ESDD",
            "0501",
            "Further text",
            "internal-3",
        ):
            self.assertIn(text, line.narration)
            self.assertIn(text, line.raw_data)

    def test_markup_from_the_bank_stays_text(self):
        line = self.pull_line(additionalInformation="<b onclick=x>Naam:</b>")
        self.assertIn("&lt;b onclick=x&gt;", line.narration)

    def test_missing_reference_of_the_payer_is_no_reference(self):
        self.assertFalse(self.pull_line(endToEndId="NOTPROVIDED").ref)

    def test_a_reference_longer_than_an_index_takes_is_cut(self):
        reference = "".join(f"{number:x}" for number in range(0, 10**9, 99_991))
        self.assertGreater(len(reference), 20_000)
        line = self.pull_line(endToEndId=reference)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(line.ref, reference[:140])
        self.assertIn(reference, line.raw_data)

    def test_neither_label_nor_reference_is_the_beginning_of_a_number(self):
        attributes = {"description": "Transfer", "counterpartName": "Garage"}
        for text, label, reference in (
            ("INV/2026", "Transfer Garage, INV/2026", False),
            ("bill/", "Transfer Garage, bill/", False),
            ("INV/2026/00001", "INV/2026/00001", "INV/2026/00001"),
        ):
            with self.subTest(text):
                self.book(
                    "1.00",
                    "2026-07-10",
                    remittanceInformation=text,
                    endToEndId=text,
                    **attributes,
                )
                self.pull(self.provider)
                self.assertRecordValues(
                    self.lines()[-1], [{"payment_ref": label, "ref": reference}]
                )

    def test_the_beginning_of_a_number_alone_is_told_in_words(self):
        line = self.pull_line(remittanceInformation="2026/07")
        self.assertEqual(line.payment_ref, "Money paid, 2026/07, 07/10/2026")

    def test_identifier_has_the_format_of_the_oca_modules(self):
        ponto_id = self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.assertEqual(
            self.lines().unique_import_id, f"{IBAN}-{self.journal.id}-{ponto_id}"
        )

    # === HOOKS OF OTHER MODULES === #

    def test_a_feed_that_counts_amounts_in_another_way_equals_the_bank_by_it(self):
        Mapping = self.env.registry["ponto.mapping"]
        fee = Decimal("0.50")
        self.enterContext(
            patch.object(
                Mapping,
                "_ponto_get_amount",
                lambda _feed, transaction: transaction.amount - fee,
            )
        )
        ponto_id = self.book("-12.50", "2026-07-10", remittanceInformation="Old")
        self.bank.update_account(self.account_id, currentBalance="87.00")
        self.pull(self.provider)
        self.assertEqual(self.lines().amount, -13)
        self.assertEqual(self.provider.ponto_transaction_ids.amount, -13)
        self.assertEqual(self.provider.ponto_opening_balance, 100)

        self.bank.update_transaction(ponto_id, remittanceInformation="New")
        self.pull(self.provider)
        self.assertEqual(self.lines().payment_ref, "New")
        self.assertEqual(self.provider.ponto_transaction_ids.state, "imported")
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_what_others_look_up_for_many_lines_at_once_is_there_for_each(self):
        look_up, update = (
            BaseJournal._statement_line_import_speeddict,
            BaseJournal._statement_line_import_update_hook,
        )

        def look_up_more(journal):
            return {**look_up(journal), "labels": {"Rent": "Rent of the shop"}}

        def update_more(journal, vals, speeddict):
            update(journal, vals, speeddict)
            vals["payment_ref"] = speeddict["labels"][vals["payment_ref"]]

        self.share_number(self.partner_a)
        with (
            patch.object(BaseJournal, look_up.__name__, look_up_more),
            patch.object(BaseJournal, update.__name__, update_more),
        ):
            line = self.pull_line(
                remittanceInformation="Rent", counterpartReference=OTHER_IBAN
            )
        self.assertEqual(line.payment_ref, "Rent of the shop")
        self.assertEqual(line.partner_id, self.partner_a)

    # === PARTNERS === #

    def test_partner_is_found_by_account_number_however_it_is_stored(self):
        for partner, stored in (
            (self.partner_a, "BE15 0017 6543 2130"),
            (self.partner_b, "be95001123450158"),
        ):
            partner.bank_ids.create({"partner_id": partner.id, "acc_number": stored})
        self.book("1.00", "2026-07-10", counterpartReference=OTHER_IBAN)
        self.book("2.00", "2026-07-11", counterpartReference="BE95 0011 2345 0158")
        self.pull(self.provider)
        self.assertEqual(
            list(self.lines().mapped("partner_id")), [self.partner_a, self.partner_b]
        )

    def test_a_number_that_two_partners_share_goes_to_neither(self):
        for partner in self.partner_a + self.partner_b:
            partner.bank_ids.create(
                {"partner_id": partner.id, "acc_number": OTHER_IBAN}
            )
        line = self.pull_line(counterpartReference=OTHER_IBAN)
        self.assertFalse(line.partner_id)

    def share_number(self, *partners):
        for partner in partners:
            partner.bank_ids.sudo().create(
                {"partner_id": partner.id, "acc_number": OTHER_IBAN}
            )

    def assert_number_stands_for(self, expected, *partners):
        self.share_number(*partners)
        self.book("1.00", "2026-07-10", counterpartReference=OTHER_IBAN)
        self.pull(self.provider)
        self.assertEqual(self.lines()[-1].partner_id, expected)

    def create_contact(self):
        return self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.partner_a.id, "type": "contact"}
        )

    def test_a_number_of_a_company_and_its_contact_stands_for_the_company(self):
        contact = self.create_contact()
        self.assert_number_stands_for(self.partner_a, self.partner_a, contact)

    def test_a_number_of_two_contacts_stands_for_their_company(self):
        contacts = [self.create_contact() for _number in range(2)]
        self.assert_number_stands_for(self.partner_a, *contacts)

    def test_a_number_of_one_contact_stands_for_that(self):
        contact = self.create_contact()
        self.assert_number_stands_for(contact, contact)

    def test_an_archived_partner_gives_way_to_an_active_one(self):
        self.share_number(self.partner_a)
        self.partner_a.active = False
        self.book("1.00", "2026-07-10", counterpartReference=OTHER_IBAN)
        self.pull(self.provider)
        self.assertFalse(self.lines().partner_id)
        self.share_number(self.partner_b)
        self.book("2.00", "2026-07-11", counterpartReference=OTHER_IBAN)
        self.pull(self.provider)
        self.assertEqual(self.lines()[-1].partner_id, self.partner_b)

    def test_the_accounts_own_number_is_nobody(self):
        line = self.pull_line(counterpartReference=IBAN)
        self.assertFalse(line.partner_id)

    def test_a_partner_of_the_parent_company_is_found_for_a_branch(self):
        branch = (
            self.env["res.company"]
            .sudo()
            .create({"name": "Branch", "parent_id": self.company.id})
        )
        self.env.user.sudo().company_ids |= branch
        self.bookkeeper.company_ids |= branch
        self.partner_a.company_id = self.company
        self.share_number(self.partner_a)
        env = self.env(context={"allowed_company_ids": branch.ids})
        journal = env["account.journal"].create(
            {
                "name": "Branch",
                "type": "bank",
                "code": "BRCH",
                "company_id": branch.id,
                "suspense_account_id": self.journal.suspense_account_id.id,
            }
        )
        number = "BE95001123450158"
        journal.set_bank_account(number)
        self.account_id = self.bank.add_account(reference=number, currency="EUR")
        self.book("1.00", "2026-07-10", counterpartReference=OTHER_IBAN)
        provider = self.create_provider(journal_id=journal.id)
        self.pull_scheduled(provider)
        self.assertFalse(provider.ponto_failure)
        self.assertEqual(self.lines(journal).partner_id, self.partner_a)

    # === ORDER === #

    def test_lines_of_one_day_keep_the_banks_order(self):
        for order in ("created", "execution"):
            with self.subTest(order):
                self.lines().statement_id.unlink()
                self.lines().unlink()
                self.provider.ponto_transaction_ids.sudo().unlink()
                self.bank.set_order(order)
                for number in range(3):
                    self.book(f"{number}.11", "2026-07-10")
                self.pull(self.provider)
                listed = self.bank.transactions(self.account_id)
                self.assertEqual(
                    self.lines().mapped("unique_import_id"),
                    [
                        f"{IBAN}-{self.journal.id}-{row['id']}"
                        for row in reversed(listed)
                    ],
                )

    def test_entries_are_numbered_from_the_oldest_on(self):
        for day in ("2026-07-10", "2026-07-12", "2026-07-11"):
            self.book("1.00", day)
        self.pull(self.provider)
        names = self.lines().mapped("name")
        self.assertEqual(names, sorted(names))
