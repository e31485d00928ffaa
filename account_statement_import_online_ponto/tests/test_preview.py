# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged

from ..feed.preview import preview
from ..feed.verdicts import EXPLANATIONS, VERDICTS
from .common import PontoCase

#: What a preview must leave as it is, whatever it has to write on its way.
UNTOUCHED = [
    "ponto_transaction",
    "ponto_pull",
    "ponto_integration",
    "online_bank_statement_provider",
    "account_bank_statement",
    "account_bank_statement_line",
    "account_move",
    "account_move_line",
    "account_journal",
    "ir_sequence",
    "mail_activity",
    "mail_message",
    "mail_tracking_value",
    "bus_bus",
]


class PreviewCase(PontoCase):
    """A bookkeeper opens the wizard and looks at some days."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider(create_statement=False)

    def open_wizard(self, since="2026-06-01", until="2026-07-15", **values):
        provider = self.provider.with_user(self.bookkeeper)
        action = provider.action_online_bank_statements_pull_wizard()
        return (
            self.env[action["res_model"]]
            .with_user(self.bookkeeper)
            .with_context(**action["context"])
            .create({"ponto_date_from": since, "ponto_date_to": until, **values})
        )

    def preview(self, since="2026-06-01", until="2026-07-15"):
        """Return the wizard, which shows the preview."""
        wizard = self.open_wizard(since, until)
        action = wizard.action_ponto_preview()
        self.assertEqual(action["res_id"], wizard.id)
        wizard.invalidate_recordset()  # as for the next request
        return wizard

    def read_tables(self):
        """Return {table: its content, as far as it can be compared}."""
        self.env.cr.flush()
        content = {}
        for table in UNTOUCHED:
            self.env.cr.execute(f'SELECT to_jsonb(t) FROM "{table}" t ORDER BY id')
            content[table] = [row[0] for row in self.env.cr.fetchall()]
        return content

    def assert_verdict(self, verdict, words, **values):
        """Preview, and check what is said of the only transaction."""
        before = self.read_tables()
        [line] = self.preview(until="2027-12-31").ponto_line_ids
        self.assertEqual(self.read_tables(), before)
        self.assertEqual(line.verdict, verdict)
        self.assertRegex(line.explanation, words)
        self.assertRecordValues(line, [values])


@tagged("post_install", "-at_install")
class TestPreview(PreviewCase):
    """Each transaction has a verdict with its reason, and nothing changes."""

    # === VERDICTS === #

    def test_a_new_transaction_is_importable(self):
        self.book("5.00", "2026-07-10", counterpartName="Payer")
        self.assert_verdict(
            "new",
            "Not in the journal yet",
            is_new=True,
            is_importable=True,
            rank=0,
            date=date(2026, 7, 10),
            amount=5,
            currency_id=self.env.ref("base.EUR").id,
            counterpart_name="Payer",
            payment_ref="Communication 5.00",
        )

    def test_in_the_journal_with_its_line(self):
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.assert_verdict(
            "imported",
            f"It is {self.lines().name} of 07/10/2026",
            is_new=False,
            is_importable=False,
            rank=3,
        )

    def test_a_relinked_transaction_is_told_as_known(self):
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.relink(self.account_id)
        self.assert_verdict(
            "recognised",
            f"Linked anew in Ponto, but the same as {self.lines().name}",
            is_importable=False,
            rank=3,
        )

    def test_said_to_be_the_same_as_a_line(self):
        line = self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        self.pull(self.provider)
        self.provider.ponto_transaction_ids.action_same_as()
        self.assert_verdict(
            "recognised",
            f"Somebody said that it is the same as {line.name}",
            is_importable=False,
        )

    def test_removed_by_a_user(self):
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.lines().unlink()
        self.assert_verdict(
            "removed", "Somebody removed its line", is_new=False, is_importable=True
        )

    def test_removed_by_a_user_and_linked_anew(self):
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.lines().unlink()
        self.bank.relink(self.account_id)
        self.assert_verdict("removed", "Somebody removed its line", is_importable=True)

    def test_ignored_by_a_user(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 12)
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.provider.ponto_transaction_ids.action_ignore()
        self.assert_verdict(
            "ignored",
            "decided to ignore it. You can import it",
            is_new=False,
            is_importable=True,
        )

    def test_ignored_though_no_line_can_be_made_of_it(self):
        self.book("5.00", "2026-07-10", currency="USD")
        self.pull(self.provider)
        self.provider.ponto_transaction_ids.action_ignore()
        self.assert_verdict("ignored", "ignore it[.]$", is_importable=False)

    def test_before_the_start_date(self):
        self.provider.ponto_start_date = date(2026, 7, 11)
        self.book("5.00", "2026-07-10")
        self.assert_verdict(
            "before_start",
            "imports from 07/11/2026 on",
            is_importable=False,
            rank=2,
        )

    def test_locked_period_waits(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 12)
        self.book("5.00", "2026-07-10")
        words = "waits for a decision.* booked on 07/13/2026, the first open day"
        self.assert_verdict("locked", words, is_new=False, is_importable=True, rank=1)

    def test_locked_period_is_booked_on_the_first_open_day(self):
        self.provider.ponto_locked_policy = "first_open_day"
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 12)
        self.book("5.00", "2026-07-10")
        words = "As the feed is set, it is booked on 07/13/2026"
        self.assert_verdict("locked", words, is_new=True, is_importable=True, rank=0)

    def test_locked_period_that_was_opened(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 12)
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.company.sudo().fiscalyear_lock_date = False
        self.assert_verdict("locked", "but is open now", is_importable=True)

    def test_similar_line_from_elsewhere_waits(self):
        line = self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        words = (
            f"similar line from elsewhere: {line.name} of 07/05/2026. Import it only"
        )
        self.assert_verdict("look_alike", words, is_new=False, is_importable=True)

    def test_similar_line_from_elsewhere_is_imported(self):
        self.provider.ponto_look_alike_policy = "import"
        line = self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        words = f"{line.name} of 07/05/2026. As the feed is set, it is imported"
        self.assert_verdict("look_alike", words, is_new=True, is_importable=True)

    def test_perhaps_an_earlier_one_linked_anew(self):
        self.book("100.00", "2026-07-05", remittanceInformation="Rent July")
        self.book("7.00", "2026-05-06")
        self.pull(self.provider)
        account_id = self.bank.relink(self.account_id)
        renewed = self.bank.transactions(account_id)[1]["id"]
        self.bank.update_transaction(renewed, remittanceInformation="RENT/07")
        line = self.lines()[-1]
        self.assert_verdict(
            "doubtful",
            f"may be the same as {line.name} of 07/05/2026, linked anew",
            is_new=False,
            is_importable=True,
        )

    def test_other_currency_names_both(self):
        self.book("5.00", "2026-07-10", currency="USD")
        self.assert_verdict(
            "currency",
            "booked it in USD, but the journal is kept in EUR",
            is_importable=False,
            currency_id=self.env.ref("base.USD").id,
        )

    def test_no_currency_is_that_of_the_account(self):
        self.book("5.00", "2026-07-10", currency=None)
        self.assert_verdict(
            "new", "Not in the journal", currency_id=self.env.ref("base.EUR").id
        )

    def test_without_a_date_it_is_not_importable(self):
        self.bank.add_transaction(self.account_id, "2.00", None, valueDate=None)
        self.assert_verdict("date", "The bank gave no date", is_importable=False)

    def test_without_an_amount_it_is_not_importable(self):
        self.book("5.00", "2026-07-10")
        self.bank.set_extra_attributes({"amount": None})
        self.assert_verdict("amount", "The bank gave no amount", is_importable=False)

    def test_too_many_decimals_tells_the_exact_amount(self):
        self.book("1.005", "2026-07-10")
        self.assert_verdict(
            "decimals", "1.005 has more decimals than EUR", is_importable=False
        )

    def test_a_day_to_come(self):
        self.book("5.00", str(fields.Date.today() + timedelta(days=2)))
        self.assert_verdict("future", "Its day has not come yet", is_importable=False)

    def test_a_day_that_has_come_is_new(self):
        tomorrow = self.provider._ponto_get_today() + timedelta(days=1)
        self.book("5.00", str(tomorrow))
        self.pull(self.provider, until=str(tomorrow))
        self.patch(type(self.provider), "_ponto_get_today", lambda provider: tomorrow)
        self.assert_verdict("new", "Not in the journal", is_new=True)

    def test_changed_by_the_bank(self):
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.update_transaction(ponto_id, amount="6.00")
        words = f"changed amount or date after it became {self.lines().name}"
        self.assert_verdict("changed", words, is_importable=False, rank=1)

    def test_new_texts_for_a_reconciled_line(self):
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        _liquidity, suspense, _other = self.lines()._seek_for_lines()
        suspense.account_id = self.company_data["default_account_revenue"]
        self.bank.update_transaction(ponto_id, remittanceInformation="Invoice 7")
        words = f"changed texts after {self.lines().name} of"
        self.assert_verdict("text_changed", words, is_importable=False)

    def test_new_texts_for_a_line_that_nobody_worked_with(self):
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.update_transaction(ponto_id, remittanceInformation="Invoice 7")
        self.assert_verdict("imported", "It is ", is_importable=False)

    def test_whatever_may_become_of_a_transaction_has_a_verdict(self):
        register = self.env["ponto.transaction"]
        states, reasons = (
            set(dict(register._fields[name].selection)) for name in ("state", "reason")
        )
        verdicts = states - {"waiting"} | reasons
        self.assertEqual(set(dict(VERDICTS)), verdicts)
        self.assertLessEqual(verdicts, EXPLANATIONS.keys())

    # === WHICH TRANSACTIONS === #

    def test_whole_days_are_shown_both_ends_included(self):
        for day in ("2026-07-09", "2026-07-10", "2026-07-11", "2026-07-12"):
            self.book("1.00", day)
        self.book("2.00", "2026-07-11T21:59:00Z")  # 23:59 in Brussels
        self.book("3.00", "2026-07-11T22:00:00Z")  # the next day in Brussels
        wizard = self.preview("2026-07-10", "2026-07-11")
        self.assertEqual(sorted(wizard.ponto_line_ids.mapped("amount")), [1, 1, 2])

    def test_another_day_may_be_chosen_alone(self):
        self.book("1.00", "2026-07-01")
        self.book("2.00", "2026-07-02")
        self.book("3.00", "2026-07-03")
        wizard = self.preview("2026-07-01", "2026-07-03")
        for values, expected in (
            ({"ponto_date_from": "2026-07-02"}, [3, 2]),
            ({"ponto_date_to": "2026-07-02"}, [2]),
            ({"ponto_date_from": "2026-07-03", "ponto_date_to": "2026-07-04"}, [3]),
        ):
            with self.subTest(values):
                wizard.action_ponto_back()
                wizard.invalidate_recordset()
                wizard.write(values)
                wizard.action_ponto_preview()
                self.assertEqual(wizard.ponto_line_ids.mapped("amount"), expected)

    def test_what_is_new_comes_first_and_what_is_known_last(self):
        self.book("1.00", "2026-07-13")
        self.pull(self.provider)
        self.book("2.00", "2026-07-10")
        self.book("3.00", "2026-07-14", currency="USD")
        self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        wizard = self.preview()
        self.assertEqual(
            wizard.ponto_line_ids.mapped("verdict"),
            ["new", "look_alike", "currency", "imported"],
        )
        self.assertEqual(
            wizard.ponto_summary,
            "From 06/01/2026 to 07/15/2026: 1 new, 1 for you to decide, 1 not "
            "imported now, 1 in the journal already",
        )

    def test_what_waits_is_shown_even_if_ponto_no_longer_lists_it(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 12)
        ponto_id = self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.bank.remove_transaction(ponto_id)
        self.assert_verdict("locked", "waits for a decision", is_importable=True)

    def test_no_transactions_are_said_to_be_none(self):
        self.assertIn("lists no transactions", self.preview().ponto_summary)

    def test_a_second_preview_replaces_the_first(self):
        self.book("1.00", "2026-07-10")
        wizard = self.preview()
        self.book("2.00", "2026-07-10")
        wizard.action_ponto_preview()
        self.assertEqual(sorted(wizard.ponto_line_ids.mapped("amount")), [1, 2])
        wizard.action_ponto_back()
        self.assertFalse(wizard.ponto_line_ids)
        self.assertEqual(wizard.ponto_step, "days")

    # === COSTS === #

    def test_previewing_ten_times_as_much_costs_few_more_queries(self):
        def measure(count):
            for number in range(count):
                self.book("1.00", "2026-07-10", description=f"{count} {number}")
            self.bank.clear_requests()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.preview()
            queries = self.env.cr.sql_log_count - before
            return queries, len(self.bank.requests)

        few, _requests = measure(30)
        many, requests = measure(270)
        # Rows are created by the hundred, and so are lines of the preview.
        self.assertLess(many - few, 60)
        self.assertLessEqual(requests, 6)

    # === WHO MAY, AND WHAT GOES WRONG === #

    def test_who_may_not_enter_transactions_may_not_preview_them(self):
        clerk = self.create_clerk()
        wizard = self.open_wizard()
        with self.assertRaises(AccessError):
            wizard.with_user(clerk).action_ponto_preview()
        with self.assertRaises(AccessError):
            preview(self.provider.with_user(clerk), wizard._get_ponto_period())

    def test_nobody_reads_the_preview_of_somebody_else(self):
        self.book("1.00", "2026-07-10")
        lines = self.preview().ponto_line_ids
        with self.assertRaises(AccessError):
            lines.with_user(self.manager).read(["amount"])

    def assert_refused(self, words, error=UserError):
        before = self.read_tables()
        with self.assertRaisesRegex(error, words):
            self.preview()
        self.assertEqual(self.read_tables(), before)

    def test_a_failure_is_explained_and_leaves_nothing_behind(self):
        self.book_many(150, "1.00", "2026-07-09")
        self.bank.fault("/transactions", status=500, body="", after=1, times=None)
        self.assert_refused("temporary problem")

    def test_missing_scope_says_what_to_switch_on(self):
        self.bank.set_forbidden(True)
        self.assert_refused("scope Account Information", RedirectWarning)

    def test_an_archived_feed_says_so(self):
        self.provider.active = False
        self.assert_refused("feed of .* is archived", RedirectWarning)

    def test_a_running_pull_says_so(self):
        self.lock_by_another(self.provider)
        self.assert_refused("running already")

    def test_showing_transaction_data_explains_a_failure(self):
        self.bank.set_forbidden(True)
        with self.assertRaisesRegex(UserError, "scope Account Information"):
            self.open_wizard().action_debug()
