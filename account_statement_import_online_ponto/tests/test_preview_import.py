# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.account_statement_import_online_ponto.feed import importer

from .test_preview import PreviewCase


@tagged("post_install", "-at_install")
class TestPreviewImport(PreviewCase):
    """What is chosen in a preview becomes lines, and nothing else does."""

    def tick(self, wizard, *amounts):
        lines = wizard.ponto_line_ids.filtered(lambda line: line.amount in amounts)
        self.assertEqual(len(lines), len(amounts))
        lines.is_ticked = True

    def amounts(self):
        return sorted(self.lines().mapped("amount"))

    def message(self, action):
        self.assertEqual(action["tag"], "ponto_notify")
        return action["params"]["message"]

    # === WHAT IS IMPORTED === #

    def test_all_new_ones_are_imported_and_nothing_that_waits(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("1.00", "2026-07-10")
        self.book("2.00", "2026-07-11")
        self.book("3.00", "2026-06-29")
        self.book("4.00", "2026-07-11", currency="USD")
        action = self.preview().action_ponto_import_new()
        self.assertEqual(self.amounts(), [1, 2])
        self.assertEqual(
            self.message(action), "2 new, 0 known, 2 waiting for a decision"
        )
        pull = self.provider.ponto_pull_ids[0]
        context = action["params"]["next"]["context"]
        self.assertEqual(context["search_default_ponto_pull_id"], pull.id)

    def test_only_what_is_ticked_is_imported(self):
        for amount in ("1.00", "2.00", "3.00"):
            self.book(amount, "2026-07-10")
        wizard = self.preview()
        self.tick(wizard, 2)
        action = wizard.action_ponto_import_ticked()
        self.assertEqual(self.amounts(), [2])
        self.assertEqual(
            self.message(action), "1 new, 0 known, 2 left for the scheduled fetch"
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.amounts(), [1, 2, 3])

    def test_what_came_after_the_preview_is_not_imported_along(self):
        self.book("1.00", "2026-07-10")
        wizard = self.preview()
        self.book("2.00", "2026-07-10")
        wizard.action_ponto_import_new()
        self.assertEqual(self.amounts(), [1])

    def test_a_similar_line_is_no_obstacle_to_who_ticks_it(self):
        line = self.enter_by_hand(-850, "2026-07-05")
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        wizard = self.preview()
        self.tick(wizard, -850)
        action = wizard.action_ponto_import_ticked()
        self.assertEqual(self.message(action), "1 new, 0 known")
        imported = self.lines() - line
        self.assertEqual(imported.amount, -850)
        self.assertIn(line.payment_ref, imported.ponto_remark)

    def test_of_twins_with_one_similar_line_the_right_one_is_imported(self):
        self.enter_by_hand(-850, "2026-07-05")
        for _twin in range(2):
            self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        wizard = self.preview()
        new = wizard.ponto_line_ids.filtered("is_new")
        new.is_ticked = True
        wizard.action_ponto_import_ticked()
        self.assertEqual(len(self.lines()), 2)
        self.assertEqual(
            self.provider.ponto_transaction_ids.filtered("import_pull_id").ponto_id,
            new.ponto_id,
        )

    def test_a_locked_day_is_no_obstacle_to_who_ticks_it(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-29")
        wizard = self.preview()
        self.tick(wizard, 5)
        wizard.action_ponto_import_ticked()
        self.assertEqual(self.lines().date, date(2026, 7, 1))

    def test_what_waited_before_can_be_ticked(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("5.00", "2026-06-29")
        self.pull(self.provider)
        wizard = self.preview()
        self.tick(wizard, 5)
        action = wizard.action_ponto_import_ticked()
        self.assertEqual(self.message(action), "1 new, 1 known")
        self.assertEqual(len(self.lines()), 1)

    def test_what_may_be_an_earlier_one_can_be_ticked(self):
        self.book("100.00", "2026-07-05", remittanceInformation="Rent July")
        self.book("7.00", "2026-07-06")
        self.pull(self.provider)
        account_id = self.bank.relink(self.account_id)
        renewed = self.bank.transactions(account_id)[1]["id"]
        self.bank.update_transaction(renewed, remittanceInformation="RENT/07")
        wizard = self.preview()
        self.tick(wizard, 100)
        wizard.action_ponto_import_ticked()
        self.assertEqual(self.amounts(), [7, 100, 100])

    def test_what_may_be_the_same_counts_once_it_was_ticked(self):
        self.book("5.00", "2026-07-08", remittanceInformation="One")
        with patch.object(importer.Importer, "import_new", return_value=False):
            self.pull_scheduled(self.provider)
        # The new link does not reach as far back.
        self.account_id = self.bank.relink(self.account_id)
        [oldest] = self.bank.transactions(self.account_id)
        self.bank.remove_transaction(oldest["id"])
        self.book("5.00", "2026-07-09", remittanceInformation="Other")
        self.bank.update_account(self.account_id, currentBalance="100.00")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_opening_balance, 95)
        wizard = self.preview()
        self.tick(wizard, 5)
        wizard.action_ponto_import_ticked()
        self.assertEqual(self.amounts(), [5, 5])
        self.assertEqual(self.provider.ponto_opening_balance, 90)
        self.assertEqual(self.provider.ponto_balance_state, "equal")

    def test_a_removed_line_is_brought_back(self):
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.lines().unlink()
        for link_anew in (False, True):
            with self.subTest(link_anew=link_anew):
                if link_anew:
                    self.lines().unlink()
                    self.bank.relink(self.account_id)
                wizard = self.preview()
                self.tick(wizard, 5)
                wizard.action_ponto_import_ticked()
                self.assertEqual(self.amounts(), [5])
                self.pull_scheduled(self.provider)
                self.assertEqual(self.amounts(), [5])

    def test_what_was_ignored_is_imported_after_all(self):
        self.book("5.00", "2026-07-10")
        wizard = self.preview()
        self.tick(wizard, 5)
        wizard.action_ponto_ignore_ticked()
        self.tick(wizard, 5)
        wizard.action_ponto_import_ticked()
        self.assertEqual(self.amounts(), [5])

    def test_statements_of_a_partial_import_are_complete(self):
        self.provider.create_statement = True
        self.bank.update_account(self.account_id, currentBalance="100.00")
        for amount, day in (("1.00", "10"), ("2.00", "11"), ("3.00", "12")):
            self.book(amount, f"2026-07-{day}")
        wizard = self.preview()
        self.tick(wizard, 2)
        wizard.action_ponto_import_ticked()
        self.assertRecordValues(
            self.lines().statement_id,
            [{"is_complete": True, "balance_start": 101, "balance_end_real": 103}],
        )

    def test_no_entry_number_is_left_out(self):
        self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.book("2.00", "2026-07-11")
        self.preview()
        self.preview().action_ponto_import_new()
        first, second = (line.move_id.sequence_number for line in self.lines())
        self.assertEqual(second, first + 1)

    # === IGNORED === #

    def test_what_is_ignored_is_imported_by_no_pull(self):
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        self.book("1.00", "2026-07-10")
        self.book("2.00", "2026-07-10")
        self.book("3.00", "2026-06-10")
        wizard = self.preview()
        self.tick(wizard, 2, 3)
        wizard.action_ponto_ignore_ticked()
        self.assertFalse(self.lines())
        self.assertEqual(
            {line.amount: line.verdict for line in wizard.ponto_line_ids},
            {1: "new", 2: "ignored", 3: "ignored"},
        )
        self.pull_scheduled(self.provider)
        self.assertEqual(self.amounts(), [1])

    # === CHANGED SINCE THE PREVIEW === #

    def test_what_was_imported_since_the_preview_is_not_doubled(self):
        self.book("1.00", "2026-07-10")
        self.book("2.00", "2026-07-10")
        wizard = self.preview()
        self.tick(wizard, 1, 2)
        self.pull(self.provider)
        action = wizard.action_ponto_import_ticked()
        self.assertEqual(self.amounts(), [1, 2])
        self.assertEqual(action["params"]["type"], "warning")
        self.assertEqual(
            self.message(action),
            "0 new, 2 known. 2 of the chosen transactions had come into the journal "
            "since the preview.",
        )

    def test_what_was_linked_anew_since_the_preview_is_not_doubled(self):
        self.book("1.00", "2026-07-10")
        self.pull(self.provider)
        self.book("2.00", "2026-07-10")
        wizard = self.preview()
        self.bank.relink(self.account_id)
        action = wizard.action_ponto_import_new()
        self.assertEqual(self.amounts(), [1])
        self.assertIn(
            "1 of the chosen transactions were left out", self.message(action)
        )

    def test_a_similar_line_typed_since_the_preview_makes_it_wait(self):
        self.book("-850.00", "2026-07-05", remittanceInformation="Rent July")
        wizard = self.preview()
        line = self.enter_by_hand(-850, "2026-07-05")
        action = wizard.action_ponto_import_new()
        self.assertEqual(self.lines(), line)
        self.assertIn("1 waiting for a decision", self.message(action))
        self.assertIn("look at them again", self.message(action))

    def test_a_lock_set_since_the_preview_makes_it_wait(self):
        self.book("5.00", "2026-06-29")
        wizard = self.preview()
        self.company.sudo().fiscalyear_lock_date = date(2026, 6, 30)
        wizard.action_ponto_import_new()
        self.assertFalse(self.lines())

    # === REFUSED === #

    def test_nothing_ticked_says_so(self):
        self.book("5.00", "2026-07-10")
        wizard = self.preview()
        for action in ("action_ponto_import_ticked", "action_ponto_ignore_ticked"):
            with self.assertRaisesRegex(UserError, "Select the transactions"):
                getattr(wizard, action)()

    def test_what_no_line_can_be_made_of_is_never_imported(self):
        self.book("5.00", "2026-07-10", currency="USD")
        wizard = self.preview()
        self.tick(wizard, 5)
        wizard.action_ponto_import_ticked()
        self.assertFalse(self.lines())

    def test_a_failure_imports_nothing(self):
        self.book("5.00", "2026-07-10")
        wizard = self.preview()
        self.bank.fault("/transactions", status=500, body="", times=None)
        with self.assertRaisesRegex(UserError, "temporary problem"):
            wizard.action_ponto_import_new()
        self.assertFalse(self.lines())

    def test_who_may_not_enter_transactions_may_not_import_them(self):
        self.book("5.00", "2026-07-10")
        clerk = self.create_clerk()
        wizard = self.preview()
        for action in ("action_ponto_import_new", "action_ponto_import_ticked"):
            with self.assertRaises(AccessError):
                getattr(wizard.with_user(clerk), action)()


@tagged("post_install", "-at_install")
class TestPullWizard(PreviewCase):
    """The days that the wizard proposes and pulls."""

    def propose(self):
        """Return the days that a bookkeeper sees when the wizard opens."""
        provider = self.provider.with_user(self.bookkeeper)
        action = provider.action_online_bank_statements_pull_wizard()
        model = self.env[action["res_model"]].with_user(self.bookkeeper)
        with Form(model.with_context(**action["context"])) as form:
            return str(form.ponto_date_from), str(form.ponto_date_to)

    @freeze_time("2026-07-15 22:30:00")  # the 16th in Brussels
    def test_thirty_days_until_today_at_the_bank_are_proposed(self):
        self.enter_by_hand(1, "2026-07-10")
        self.assertEqual(self.propose(), ("2026-06-16", "2026-07-16"))

    @freeze_time("2026-07-15 12:00:00")
    def test_the_last_line_of_the_journal_makes_it_more(self):
        self.enter_by_hand(1, "2026-03-10")
        self.assertEqual(self.propose(), ("2026-03-10", "2026-07-15"))

    @freeze_time("2026-07-15 12:00:00")
    def test_an_empty_journal_is_proposed_from_its_start(self):
        self.assertEqual(self.propose(), ("2026-01-01", "2026-07-15"))

    @freeze_time("2026-07-15 12:00:00")
    def test_no_day_before_the_start_date_is_proposed(self):
        self.provider.ponto_start_date = date(2026, 7, 4)
        self.enter_by_hand(1, "2026-03-10")
        self.assertEqual(self.propose(), ("2026-07-04", "2026-07-15"))

    def test_days_are_whole_ones_of_the_banks_time_zone(self):
        wizard = self.open_wizard("2026-07-10", "2026-07-11")
        self.assertRecordValues(
            wizard,
            [
                {
                    "date_since": datetime(2026, 7, 9, 22, 0),
                    "date_until": datetime(2026, 7, 11, 21, 59, 59),
                    "ponto_date_from": date(2026, 7, 10),
                    "ponto_date_to": date(2026, 7, 11),
                }
            ],
        )
        wizard.ponto_date_from = date(2026, 7, 8)
        self.assertEqual(wizard.date_since, datetime(2026, 7, 7, 22, 0))

    def test_the_chosen_days_are_imported(self):
        for day in ("2026-07-09", "2026-07-10", "2026-07-11", "2026-07-12"):
            self.book("1.00", day)
        self.open_wizard("2026-07-10", "2026-07-11").action_pull()
        self.assertEqual(
            self.lines().mapped("date"), [date(2026, 7, 10), date(2026, 7, 11)]
        )

    def test_days_in_the_wrong_order_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "first day comes after the last"):
            self.open_wizard("2026-07-11", "2026-07-10")

    def test_it_opens_from_the_journals_card(self):
        model = self.env["online.bank.statement.pull.wizard"].with_user(self.bookkeeper)
        wizard = model.with_context(
            active_model="account.journal", active_id=self.journal.id
        ).create({})
        self.assertEqual(wizard.ponto_provider_id, self.provider)

    def test_other_services_have_the_wizard_as_before(self):
        journal = self.create_journal()
        other = self.env["online.bank.statement.provider"].create(
            {"journal_id": journal.id, "service": "dummy"}
        )
        # The base's lowest user; the basic group reaches feeds of Ponto only.
        accountant = new_test_user(
            self.env, login="accountant", groups="account.group_account_user"
        )
        model = self.env["online.bank.statement.pull.wizard"].with_user(accountant)
        context = {"active_model": other._name, "active_id": other.id}
        with Form(model.with_context(**context)) as form:
            self.assertFalse(form.ponto_provider_id)
            self.assertFalse(form.ponto_date_from)
            since = form.date_since
            form.date_since = since - timedelta(days=1)
        wizard = form.record
        self.assertEqual(wizard.date_since, since - timedelta(days=1))
        self.assertEqual(wizard._get_provider(), other)
