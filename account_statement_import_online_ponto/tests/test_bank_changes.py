# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.ponto_api import Transaction

from ..feed.written_texts import digest_texts
from .common import OTHER_IBAN, PontoCase

ITEM_VALUES = ("debit", "credit", "balance", "amount_currency", "currency_id")
#: What a person may have typed, or a file may have brought.
TYPED_FIELDS = ["payment_ref", "narration", "partner_name", "ref", "raw_data"]
ITEM_LINKS = ("account_id", "partner_id", "tax_ids", "analytic_distribution")


@tagged("post_install", "-at_install")
class TestBankChanges(PontoCase):
    """What the bank says anew, in another spelling or not, and what people wrote."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def import_line(self, amount="10.00", **attributes):
        """Book a transaction, pull it, and give its identifier and its line."""
        ponto_id = self.book(amount, "2026-07-10", **attributes)
        self.pull_scheduled(self.provider)
        return ponto_id, self.lines()[-1:]

    def change(self, ponto_id, **attributes):
        """Let the bank change a transaction, and pull."""
        self.bank.update_transaction(ponto_id, **attributes)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)

    # === ANOTHER SPELLING === #

    def test_a_respelling_makes_no_reconciled_line_wait(self):
        ponto_id, line = self.import_line(
            remittanceInformation="+++090/9337/55493+++",
            counterpartReference="BE15001765432130",
            counterpartName="Garage",
        )
        self.reconcile(line)
        for attributes in (
            {"executionDate": "2026-07-10T00:00:00Z"},
            {"executionDate": "2026-07-10"},
            {"executionDate": "2026-07-09T22:00:00.000Z"},  # the bank's midnight
            {"valueDate": "2026-07-10T02:00:00+02:00"},
            {"amount": "10.000"},
            {"remittanceInformation": "***090933755493***  "},
            {"counterpartReference": "BE15 0017 6543 2130"},
            {"counterpartName": " Garage "},
            {"endToEndId": "NOTPROVIDED"},
            {"internalReference": "other", "digest": "other"},
        ):
            with self.subTest(attributes):
                self.change(ponto_id, **attributes)
                self.assertFalse(self.registered("waiting"))
                self.assertFalse(self.provider.ponto_pull_ids[0].changed_count)

    def test_another_way_to_write_documents_makes_no_reconciled_line_wait(self):
        self.import_line(counterpartName="Garage", remittanceInformation="Rent")
        self.reconcile(self.lines())
        for name, argument in (
            ("set_time_format", 0),
            ("set_time_format", 6),
            ("set_omit_null", True),
            ("set_extra_attributes", {"somethingNew": {"x": [1]}}),
        ):
            with self.subTest(name):
                getattr(self.bank, name)(argument)
                self.pull_scheduled(self.provider)
                self.assertFalse(self.registered("waiting"))
        self.bank.set_time_format(date_only=True)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.registered("waiting"))

    def test_what_is_delivered_later_as_it_was_taken_is_no_news(self):
        for date_field, missing, later in (
            ("execution_date", "executionDate", "2026-07-10"),
            ("execution_date", "currency", "EUR"),
            ("execution_date", "currency", "eur"),
            ("value_date", "executionDate", "2026-07-08"),
        ):
            with self.subTest(f"{date_field} {missing} {later}"):
                self.provider.ponto_date_field = date_field
                day = "2026-07-10T00:00:00.000Z"
                ponto_id = self.bank.add_transaction(
                    self.account_id,
                    "10.00",
                    **{"executionDate": day, "valueDate": day, missing: None},
                )
                self.pull_scheduled(self.provider)
                self.reconcile(self.lines()[-1:])
                self.change(ponto_id, **{missing: later})
                self.assertFalse(self.registered("waiting"))

    def test_a_new_attribute_is_news_if_it_is_shown(self):
        ponto_id, line = self.import_line()
        self.reconcile(line)
        self.change(ponto_id, counterpartName="Garage")
        self.assertEqual(self.registered("waiting").reason, "text_changed")

    # === TAKEN BACK === #

    def test_what_the_bank_takes_back_needs_no_decision(self):
        for changed, is_reconciled in (
            ({"counterpartName": None}, True),
            ({"remittanceInformation": "Other"}, True),
            ({"amount": "12.00"}, False),
            ({"amount": "12.00", "counterpartName": None}, True),
            ({"executionDate": "2026-07-11"}, False),
        ):
            with self.subTest(changed, is_reconciled=is_reconciled):
                before = {
                    "amount": "10.00",
                    "executionDate": "2026-07-10",
                    "remittanceInformation": "Rent",
                    "counterpartName": "Garage",
                }
                ponto_id, line = self.import_line(
                    remittanceInformation="Rent", counterpartName="Garage"
                )
                record = self.registered("imported").filtered(
                    lambda each, line=line: each.statement_line_id == line
                )
                if is_reconciled:
                    self.reconcile(line)
                items = self.read_items(line)
                self.change(ponto_id, **changed)
                self.assertEqual(self.provider.ponto_waiting_count, 1)
                self.change(ponto_id, **{name: before[name] for name in changed})
                self.assertRecordValues(
                    record,
                    [
                        {
                            "state": "imported",
                            "reason": False,
                            "document": False,
                            "amount": 10,
                            "date": date(2026, 7, 10),
                            "payment_ref": "Rent",
                            "counterpart_name": "Garage",
                        }
                    ],
                )
                self.assertEqual(self.provider.ponto_waiting_count, 0)
                self.assertFalse(self.provider.ponto_pull_ids[0].waiting_count)
                self.assertEqual(self.read_items(line), items)
                # Nothing follows from it any more.
                self.pull_scheduled(self.provider)
                self.assertFalse(self.provider.ponto_pull_ids[0].changed_count)

    def test_what_waits_needs_no_decision_once_the_line_has_all_the_bank_says(self):
        ponto_id, line = self.import_line()
        self.change(ponto_id, amount="12.00")
        self.change(ponto_id, amount="10.00", remittanceInformation="Rent")
        self.assertFalse(self.registered("waiting"))
        self.assertRecordValues(line, [{"amount": 10, "payment_ref": "Rent"}])
        self.change(ponto_id, amount="12.00")
        line.amount = 12
        self.change(ponto_id, counterpartName="Garage")
        self.assertFalse(self.registered("waiting"))
        self.assertRecordValues(line, [{"amount": 12, "partner_name": "Garage"}])

    def test_a_decision_on_what_the_bank_took_back_is_not_undone(self):
        ponto_id, _line = self.import_line()
        self.change(ponto_id, amount="12.00")
        told = self.registered("waiting").with_user(self.bookkeeper).action_ignore()
        self.change(ponto_id, amount="10.00")
        self.assertFalse(self.registered("waiting"))
        [button] = told["params"]["buttons"]
        decision = self.env["ponto.decision"].with_user(self.bookkeeper)
        with self.assertRaisesRegex(UserError, "any more"):
            decision.browse(button["ids"]).action_undo()

    # === WHAT WAITS CAN BE READ === #

    def assert_readable(self, **expected):
        """Check what the one transaction tells that waits because of its amount."""
        expected = {
            "reason": "changed",
            "payment_ref": "Rent July",
            "counterpart_name": "Garage",
            "account_number": OTHER_IBAN,
            **expected,
        }
        self.assertRecordValues(self.registered("waiting"), [expected])

    def test_a_change_after_a_new_link_tells_what_the_line_has(self):
        self.import_line(
            remittanceInformation="Rent July",
            counterpartName="Garage",
            counterpartReference=OTHER_IBAN,
        )
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        [renewed] = self.bank.transactions(self.account_id)
        self.change(renewed["id"], amount="12.00", counterpartName="Piet")
        self.assert_readable(amount=10)
        self.change(renewed["id"], amount="13.00")
        self.assert_readable(amount=10)
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().amount, 13)

    def test_a_change_of_what_is_the_same_as_a_typed_line_tells_what_that_has(self):
        self.enter_by_hand(10, "2026-07-10", partner_id=self.partner_a.id)
        ponto_id = self.book("10.00", "2026-07-10", remittanceInformation="Rent July")
        self.pull_scheduled(self.provider)
        self.registered("waiting").with_user(self.bookkeeper).action_same_as()
        self.change(ponto_id, amount="12.00")
        name = self.partner_a.name
        self.assert_readable(counterpart_name=name, account_number=False)

    # === WHAT PEOPLE WROTE === #

    def test_what_a_person_typed_stays_field_by_field(self):
        for name, attribute, typed in (
            ("payment_ref", "remittanceInformation", "Typed label"),
            ("narration", "additionalInformation", "<p>Typed note</p>"),
            ("partner_name", "counterpartName", "Typed name"),
            ("ref", "endToEndId", "Typed reference"),
        ):
            with self.subTest(name):
                ponto_id, line = self.import_line(remittanceInformation="Rent")
                line[name] = typed
                before = line[name]
                values = {
                    "remittanceInformation": "Rent July",
                    "counterpartName": "Garage",
                    "endToEndId": "E2E-7788",
                }
                self.change(ponto_id, **values)
                self.change(ponto_id, **{attribute: "Once more"})
                self.assertEqual(line[name], before)
                others = {
                    "payment_ref": "Rent July",
                    "partner_name": "Garage",
                    "ref": "E2E-7788",
                }
                others.pop(name, None)
                self.assertRecordValues(line, [others])

    def test_what_a_person_typed_between_angle_brackets_stays(self):
        ponto_id, line = self.import_line(remittanceInformation="Invoice <A-123>")
        line.payment_ref = "Invoice <B-456>"
        self.change(ponto_id, remittanceInformation="Invoice <A-124>")
        self.assertEqual(line.payment_ref, "Invoice <B-456>")

    def test_what_a_person_added_to_a_note_stays(self):
        for added in (
            '<p><img src="/web/image/1"></p>%s',
            '<a href="https://example.com/scan">%s</a>',
            "<b>%s</b>",
        ):
            with self.subTest(added):
                ponto_id, line = self.import_line(additionalInformation="Paid")
                line.narration = added % str(line.narration)
                before = line.narration
                self.change(ponto_id, additionalInformation="Paid by card")
                self.assertEqual(line.narration, before)

    def test_a_note_that_was_only_saved_again_follows_the_bank(self):
        ponto_id, line = self.import_line(additionalInformation="Paid")
        line.narration = f'<div><p class="x">{line.narration}</p></div>'
        self.change(ponto_id, additionalInformation="Paid by card")
        self.assertIn("Paid by card", line.narration)

    def test_a_note_follows_the_bank_whatever_signs_are_in_it(self):
        for text in ("1\xa0234,56 €", "a\ufffeb", "x < y & z > 'w'", "a\u200bb \x85 c"):
            with self.subTest(text):
                ponto_id, line = self.import_line(additionalInformation=text)
                self.change(ponto_id, additionalInformation="Paid by card")
                self.assertIn("Paid by card", line.narration)

    def test_a_note_that_nobody_touched_has_the_mark_of_what_was_written(self):
        _ponto_id, line = self.import_line()
        note = line.move_id._fields["narration"]

        @settings(derandomize=True, deadline=None, max_examples=200)
        @given(st.text(max_size=20))
        def check(text):
            attributes = {"amount": 1, "additionalInformation": text}
            transaction = Transaction.from_document(
                {"id": "one", "type": "transaction", "attributes": attributes}
            )
            written = self.provider._ponto_get_narration(transaction)
            kept = note.convert_to_cache(written, line.move_id)
            self.assertEqual(
                digest_texts(self.env, {"narration": kept}),
                digest_texts(self.env, {"narration": written}),
            )

        check()

    def test_what_was_typed_before_it_was_taken_for_a_transaction_stays(self):
        for raw_data in (False, "<Ntry>from a file</Ntry>"):
            with self.subTest(raw_data=raw_data):
                amount = 10 if raw_data else 11
                line = self.enter_by_hand(
                    amount,
                    "2026-07-10",
                    narration="paid cash? ask Ann",
                    raw_data=raw_data,
                )
                ponto_id = self.book(
                    f"{amount}.00", "2026-07-10", remittanceInformation="Rent July"
                )
                self.pull_scheduled(self.provider)
                [waiting] = self.registered("waiting")
                waiting.with_user(self.bookkeeper).action_same_as()
                before = line.read(TYPED_FIELDS)
                self.change(ponto_id, counterpartName="Bakery Peeters")
                self.change(ponto_id, remittanceInformation="SEPA CREDIT 0042")
                self.change(ponto_id, remittanceInformation="SEPA CREDIT 0043")
                self.env.invalidate_all()
                self.assertEqual(line.read(TYPED_FIELDS), before)
                self.assertFalse(self.registered("waiting"))

    def test_after_a_new_link_with_another_day_a_text_is_no_change_of_the_day(self):
        self.book("10.00", "2026-07-08", remittanceInformation="Rent July")
        self.pull_scheduled(self.provider)
        line = self.lines()
        self.account_id = self.bank.relink(self.account_id)
        [renewed] = self.bank.transactions(self.account_id)
        ponto_id = renewed["id"]
        self.bank.update_transaction(ponto_id, executionDate="2026-07-10T00:00:00.000Z")
        self.pull_scheduled(self.provider)
        [waiting] = self.registered("waiting")
        waiting.with_user(self.bookkeeper).action_same_as()
        self.change(ponto_id, remittanceInformation="Rent of July")
        self.assertFalse(self.registered("waiting"))
        self.assertRecordValues(
            line, [{"payment_ref": "Rent of July", "date": date(2026, 7, 8)}]
        )
        self.change(ponto_id, executionDate="2026-07-11T00:00:00.000Z")
        self.assertEqual(self.registered("waiting").reason, "changed")

    def test_an_amount_that_a_person_typed_stays(self):
        ponto_id, line = self.import_line()
        line.amount = 11
        self.change(ponto_id, counterpartName="Garage")
        self.assertFalse(self.registered("waiting"))
        self.assertRecordValues(line, [{"amount": 11, "partner_name": "Garage"}])
        self.change(
            ponto_id,
            executionDate="2026-07-09T00:00:00.000Z",
            valueDate="2026-07-09T00:00:00.000Z",
        )
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        day = date(2026, 7, 9)
        self.assertRecordValues(line, [{"amount": 11, "date": day}])

    def test_what_a_person_typed_before_the_bank_is_no_change(self):
        ponto_id, line = self.import_line()
        line.amount = 11
        self.change(ponto_id, amount="11.00")
        self.assertFalse(self.registered("waiting"))
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_a_line_of_the_journal_before_is_left_alone(self):
        ponto_id, line = self.import_line()
        self.change(ponto_id, amount="25.00", executionDate="2026-07-12")
        before = line.statement_id.line_ids
        self.provider.with_user(self.manager).journal_id = self.create_journal()
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        with self.assertRaisesRegex(UserError, "does not fill any more"):
            waiting.action_import()
        self.assertEqual(line.amount, 10)
        self.assertEqual(line.statement_id.line_ids, before)
        waiting.action_ignore()
        self.assertEqual(waiting.state, "imported")

    def test_a_day_that_a_person_typed_outlives_a_new_amount(self):
        self.provider.create_statement = False
        ponto_id, line = self.import_line()
        line.date = day = date(2026, 7, 5)
        self.change(ponto_id, amount="12.00")
        self.registered("waiting").with_user(self.bookkeeper).action_import()
        self.assertRecordValues(line, [{"amount": 12, "date": day}])

    def test_texts_of_a_line_of_nothing_follow_the_bank(self):
        ponto_id, line = self.import_line("0.00")
        self.change(ponto_id, remittanceInformation="Conditions have changed")
        self.assertEqual(line.payment_ref, "Conditions have changed")

    def test_texts_follow_the_bank_after_another_suspense_account(self):
        ponto_id, line = self.import_line()
        self.journal.suspense_account_id = self.journal.suspense_account_id.copy()
        self.change(ponto_id, remittanceInformation="Rent")
        self.assertEqual(line.payment_ref, "Rent")
        self.reconcile_part(line)
        self.change(ponto_id, remittanceInformation="Rent July")
        self.assertEqual(line.payment_ref, "Rent")

    def reconcile_part(self, line):
        """Book half of a line, whatever its suspense account is."""
        item = line.line_ids.filtered("credit")
        revenue = self.company_data["default_account_revenue"]
        line.with_context(force_delete=True, skip_readonly_check=True).line_ids = [
            Command.delete(item.id),
            *(
                Command.create({"account_id": account.id, "balance": item.balance / 2})
                for account in (item.account_id, revenue)
            ),
        ]

    def test_an_emptied_field_stays_empty(self):
        ponto_id, line = self.import_line(endToEndId="E2E-7788")
        line.ref = False
        self.change(ponto_id, endToEndId="E2E-7789")
        self.assertFalse(line.ref)

    def test_a_partner_that_a_person_chose_stays(self):
        ponto_id, line = self.import_line()
        line.partner_id = self.partner_a
        self.change(ponto_id, counterpartName="Garage", remittanceInformation="Rent")
        self.assertEqual(line.partner_id, self.partner_a)
        self.assertEqual(line.line_ids.partner_id, self.partner_a)
        self.assertEqual(line.payment_ref, "Rent")

    def test_the_feeds_own_remark_stays(self):
        self.provider.ponto_look_alike_policy = "import"
        self.enter_by_hand(-850, "2026-07-10")
        ponto_id, _line = self.import_line("-850", remittanceInformation="RENT july")
        line = self.registered("imported").statement_line_id
        self.assertIn("similar line", line.ponto_remark)
        self.change(ponto_id, additionalInformation="Paid at the counter")
        self.assertIn("similar line", line.ponto_remark)
        self.assertIn("Paid at the counter", line.narration)

    def test_a_decision_takes_over_amounts_and_leaves_what_a_person_typed(self):
        ponto_id, line = self.import_line()
        line.payment_ref = "Typed label"
        self.change(ponto_id, amount="11.00", remittanceInformation="Rent")
        waiting = self.registered("waiting")
        # The row shows what the journal has, until somebody decides.
        self.assertRecordValues(
            waiting, [{"amount": 10, "payment_ref": "Communication 10.00"}]
        )
        waiting.with_user(self.bookkeeper).action_import()
        self.assertRecordValues(line, [{"amount": 11, "payment_ref": "Typed label"}])
        self.assertRecordValues(waiting, [{"amount": 11, "payment_ref": "Rent"}])

    # === WHAT IS BOOKED === #

    def read_items(self, line):
        """Return what must not change by a text."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            {name: item[name] for name in (*ITEM_VALUES, *ITEM_LINKS)}
            for item in line.line_ids.sorted("id")
        ]

    def test_a_text_changes_no_amount_of_a_line_in_another_currency(self):
        currency = self.env.ref("base.USD")
        currency.active = True
        self.env["res.currency.rate"].create(
            {"name": "2026-01-01", "rate": 2, "currency_id": currency.id}
        )
        journal = self.create_journal("BE95001123450158")
        journal.currency_id = currency
        self.account_id = self.bank.add_account(
            reference="BE95001123450158", currency="USD"
        )
        self.provider = self.create_provider(journal_id=journal.id)
        for amount in ("100.00", "-100.00"):
            with self.subTest(amount):
                ponto_id = self.book(amount, "2026-07-10", currency="USD")
                self.pull_scheduled(self.provider)
                line = self.lines(journal)[-1:]
                liquidity, suspense, _others = line._seek_for_lines()
                sign = 1 if line.amount > 0 else -1
                line.move_id.with_context(skip_readonly_check=True).write(
                    {
                        "line_ids": [
                            Command.update(liquidity.id, {"balance": 45.67 * sign}),
                            Command.update(suspense.id, {"balance": -45.67 * sign}),
                        ]
                    }
                )
                before = self.read_items(line)
                self.assertIn(45.67, [item["debit"] for item in before])
                self.env["res.currency.rate"].create(
                    {
                        "name": f"2026-07-0{5 + sign}",
                        "rate": 4,
                        "currency_id": currency.id,
                    }
                )
                self.change(ponto_id, remittanceInformation="Rent", endToEndId="E2E-9")
                self.assertEqual(line.payment_ref, "Rent")
                self.assertEqual(set(line.line_ids.mapped("name")), {"Rent"})
                self.assertEqual(self.read_items(line), before)

    def test_a_text_changes_nothing_that_somebody_has_put_into_the_items(self):
        ponto_id, line = self.import_line()
        _liquidity, suspense, _others = line._seek_for_lines()
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        analytic = (
            self.env["account.analytic.account"]
            .sudo()
            .create({"name": "Project", "plan_id": plan.id})
        )
        suspense.write(
            {
                "analytic_distribution": {str(analytic.id): 100},
                "partner_id": self.partner_b.id,
                "name": "Typed by hand",
            }
        )
        before = self.read_items(line)
        self.change(ponto_id, remittanceInformation="Rent")
        self.assertEqual(self.read_items(line), before)
        self.assertEqual(set(line.line_ids.mapped("name")), {"Rent", "Typed by hand"})

    def test_another_time_zone_makes_no_reconciled_line_wait(self):
        self.book("10.00", "2026-07-09T22:00:00.000Z")
        self.pull_scheduled(self.provider)
        self.reconcile(self.lines())
        self.provider.tz = "America/New_York"
        self.pull_scheduled(self.provider)
        self.assertFalse(self.registered("waiting"))

    # === THE DATE TO USE === #

    def test_after_another_date_to_use_a_text_is_no_change_of_the_day(self):
        ponto_id = self.book(
            "10.00", "2026-07-10", valueDate="2026-07-12T00:00:00.000Z"
        )
        self.pull_scheduled(self.provider)
        line = self.lines()
        self.provider.ponto_date_field = "value_date"
        self.change(ponto_id, remittanceInformation="Rent")
        self.assertFalse(self.registered("waiting"))
        self.assertRecordValues(
            line, [{"payment_ref": "Rent", "date": date(2026, 7, 10)}]
        )
        self.change(ponto_id, valueDate="2026-07-13T00:00:00.000Z")
        self.assertEqual(self.registered("waiting").reason, "changed")

    def test_another_date_to_use_asks_nothing_again_of_what_nobody_kept(self):
        """Neither of what a line by hand stands for, nor of what was ignored."""
        value_date = {"valueDate": "2026-07-28T00:00:00.000Z"}
        self.enter_by_hand(10, "2026-07-10")
        typed = self.book(
            "10.00", "2026-07-10", remittanceInformation="Rent July", **value_date
        )
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        ignored = self.book("7.00", "2026-06-20", **value_date)
        self.provider.ponto_locked_policy = "wait"
        self.pull_scheduled(self.provider)
        by_id = {each.ponto_id: each for each in self.registered("waiting")}
        by_id[typed].with_user(self.bookkeeper).action_same_as()
        by_id[ignored].with_user(self.bookkeeper).action_ignore()
        for date_field in ("value_date", "execution_date", "value_date"):
            self.provider.ponto_date_field = date_field
            self.pull_scheduled(self.provider)
            self.assertFalse(self.registered("waiting"))
        self.assertEqual(len(self.lines()), 1)
        # What the bank does change is news by either date.
        for ponto_id in (typed, ignored):
            self.change(ponto_id, amount="11.00")
        self.assertEqual(by_id[typed].reason, "changed")
        self.assertEqual(by_id[ignored].state, "ignored")
