# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.models import ponto_pull

from .common import OTHER_IBAN, OUTCOME_LOGGER, PontoCase


@tagged("post_install", "-at_install")
class TestPullJournal(PontoCase):
    """What every pull leaves behind, for how long, and who may see it."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        self.provider = self.create_provider()
        self.book("5.00", "2026-07-01")
        self.book("6.00", "2026-07-02")

    def last_pull(self):
        """Return the last pull, as a bookkeeper sees it."""
        return self.env["ponto.pull"].with_user(self.bookkeeper).search([], limit=1)

    # === WHAT IT COST === #

    def test_a_pull_tells_how_often_it_asked_ponto(self):
        for _time in range(2):
            self.bank.clear_requests()
            self.pull_scheduled(self.provider)
            self.assertEqual(self.last_pull().request_count, len(self.bank.requests))
        self.assertGreaterEqual(self.last_pull().request_count, 2)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_pull_that_fails_tells_the_request_for_pontos_support(self):
        self.bank.fault(
            "/transactions", status=500, headers={"ibanity-request-id": "REQ-77"}
        )
        self.pull_scheduled(self.provider)
        pull = self.last_pull()
        self.assertRecordValues(
            pull,
            [
                {
                    "state": "failed",
                    "error_request_id": "REQ-77",
                    "request_count": len(self.bank.requests),
                    "balance_state": False,
                }
            ],
        )
        self.assertNotIn("REQ-77", pull.message)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_pull_that_fails_in_odoo_tells_its_requests_too(self):
        self.bank.update_account(self.account_id, reference=OTHER_IBAN)
        self.pull_scheduled(self.provider)
        self.assertRecordValues(
            self.last_pull(),
            [
                {
                    "state": "failed",
                    "error_request_id": False,
                    "request_count": len(self.bank.requests),
                }
            ],
        )

    def test_duration_is_from_start_to_finish(self):
        pull = (
            self.env["ponto.pull"]
            .sudo()
            .create(
                {"provider_id": self.provider.id, "started_at": "2026-07-15 23:59:30"}
            )
        )
        self.assertEqual(pull.duration, 0)
        pull.finished_at = "2026-07-16 00:01:00"
        self.assertEqual(pull.duration, 90)

    # === WHAT CAME OF IT === #

    def test_a_pull_keeps_how_the_journal_compared_to_the_bank(self):
        self.pull_scheduled(self.provider)
        first = self.last_pull()
        self.lines()[1].amount = 5
        self.pull_scheduled(self.provider)
        self.assertRecordValues(
            first | self.last_pull(),
            [
                {
                    "balance_state": "equal",
                    "bank_balance": 1011,
                    "odoo_balance": 1011,
                    "difference": 0,
                    "currency_id": self.company.currency_id.id,
                },
                {
                    "balance_state": "different",
                    "bank_balance": 1011,
                    "odoo_balance": 1010,
                    "difference": 1,
                    "currency_id": self.company.currency_id.id,
                },
            ],
        )

    def test_a_pull_tells_what_it_skipped_and_why(self):
        self.provider.ponto_start_date = date(2026, 7, 1)
        self.company.sudo().fiscalyear_lock_date = date(2026, 7, 1)
        self.book("1.00", "2026-06-30")
        self.book("2.00", "2026-07-01")
        self.book("3.00", "2026-07-02", currency="USD")
        self.pull_scheduled(self.provider)
        pull = self.last_pull()
        self.assertEqual(
            sorted(pull.skipped_text.split("\n")),
            [
                "1 × Before the Start Date",
                "1 × Waiting for a Decision: The currency is not the journal's",
                "2 × Waiting for a Decision: Its day is in a locked period",
            ],
        )
        self.assertEqual((pull.line_count, pull.undecided_count), (1, 3))
        skipped = pull.action_open_skipped()
        shown = self.env[skipped["res_model"]].search(skipped["domain"])
        self.assertNotIn("imported", shown.mapped("state"))
        self.assertEqual(len(shown), 4)
        waiting = self.env["ponto.transaction"].search(
            pull.action_open_undecided()["domain"]
        )
        self.assertEqual(sum(waiting.mapped("amount")), 10)
        self.pull_scheduled(self.provider)
        self.assertFalse(self.last_pull().skipped_text)

    def test_a_line_tells_which_pull_made_it(self):
        self.pull_scheduled(self.provider)
        first = self.last_pull()
        self.book("7.00", "2026-07-03")
        self.pull_scheduled(self.provider)
        second = self.last_pull()
        by_hand = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "amount": 8, "date": "2026-07-04"}
        )
        lines = self.lines().with_user(self.bookkeeper)
        self.assertEqual(
            lines.mapped(lambda line: line.ponto_pull_id.id),
            [first.id, first.id, second.id, False],
        )
        for pull, expected in ((first, lines[:2]), (second, lines[2])):
            self.assertEqual(
                lines.search(pull.action_open_lines()["domain"], order="id"), expected
            )
            self.assertEqual(pull.line_count, len(expected))
        of_journal = [("journal_id", "=", self.journal.id)]
        for domain, expected in (
            ([("ponto_pull_id", "=", False)], lines[3]),
            ([("ponto_pull_id", "!=", False)], lines[:3]),
            ([("ponto_pull_id", "ilike", self.journal.name[1:])], lines[:3]),
            ([("ponto_pull_id", "ilike", "no such journal")], lines[:0]),
            ([("ponto_pull_id", "!=", first.id)], lines[2:]),
        ):
            with self.subTest(domain):
                found = lines.search(of_journal + domain, order="internal_index")
                self.assertEqual(found, expected)
        self.assertEqual(lines[3], by_hand)

    def test_a_line_under_a_new_identifier_tells_the_pull_that_made_it(self):
        self.pull_scheduled(self.provider)
        pull = self.last_pull()
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().mapped("ponto_pull_id"), pull.sudo())
        self.assertEqual(pull.line_count, 2)

    # === RETENTION === #

    def age_pulls(self, months):
        """Let the pulls be of so many months ago."""
        moment = fields.Datetime.now() - timedelta(days=30.5 * months)
        pulls = self.provider.sudo().ponto_pull_ids
        pulls.started_at = moment
        return pulls

    def vacuum(self):
        self.env["ponto.pull"].sudo()._gc_old_pulls()

    def test_pulls_are_kept_for_two_years_and_transactions_for_good(self):
        self.pull_scheduled(self.provider)
        pull = self.age_pulls(23)
        self.vacuum()
        self.assertTrue(pull.exists())
        self.age_pulls(25)
        self.vacuum()
        self.assertFalse(pull.exists())
        registered = self.provider.ponto_transaction_ids
        registered.invalidate_recordset()
        self.assertEqual(len(registered), 2)
        self.assertFalse(registered.pull_id | registered.import_pull_id)
        self.assertEqual(len(self.lines()), 2)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.last_pull().known_count, 2)
        self.assertEqual(len(self.lines()), 2)

    def test_the_time_to_keep_pulls_is_a_setting(self):
        self.pull_scheduled(self.provider)
        pull = self.age_pulls(7)
        self.env["res.config.settings"].create(
            {"ponto_pull_retention_months": 6}
        ).execute()
        self.vacuum()
        self.assertFalse(pull.exists())

    def test_a_setting_that_makes_no_sense_is_no_order_to_remove_all(self):
        self.pull_scheduled(self.provider)
        pull = self.age_pulls(1)
        for value in ("0", "-3", "soon", ""):
            self.env["ir.config_parameter"].sudo().set_param(
                "account_statement_import_online_ponto.pull_retention_months", value
            )
            self.vacuum()
            self.assertTrue(pull.exists(), value)

    def test_many_old_pulls_go_in_batches(self):
        for _time in range(3):
            self.pull_scheduled(self.provider)
        self.age_pulls(25)
        self.patch(ponto_pull, "PULLS_PER_BATCH", 2)
        Pull = self.env["ponto.pull"].sudo()
        self.assertEqual(Pull._gc_old_pulls(), (2, True))
        self.assertEqual(Pull._gc_old_pulls(), (1, False))

    def test_a_pull_that_goes_on_is_kept(self):
        self.pull_scheduled(self.provider)
        pull = self.age_pulls(30)
        pull.state = "running"
        self.vacuum()
        self.assertTrue(pull.exists())

    # === PEOPLE === #

    def test_bookkeepers_find_pulls_and_what_waits_in_the_menu(self):
        module = "account_statement_import_online_ponto"
        menus = self.env["ir.ui.menu"].with_user(self.bookkeeper)
        visible = menus.load_menus(debug=False)
        for name in ("ponto_pull_menu", "ponto_transaction_waiting_menu"):
            menu = self.env.ref(f"{module}.{name}")
            while menu:
                self.assertIn(menu.id, visible, menu.complete_name)
                menu = menu.parent_id
        others = self.env.ref("account.menu_action_move_journal_line_form")
        self.assertNotIn(others.id, visible)

    def test_bookkeepers_may_open_every_view(self):
        for model, views in (
            ("ponto.pull", ("list", "form", "search", "graph", "pivot")),
            ("ponto.transaction", ("list", "form", "search")),
            ("account.bank.statement.line", ("list", "form", "search")),
        ):
            self.env[model].with_user(self.bookkeeper).get_views(
                [(False, view) for view in views]
            )

    def test_who_only_makes_invoices_sees_no_pulls(self):
        self.pull_scheduled(self.provider)
        biller = new_test_user(
            self.env, login="ponto_biller", groups="account.group_account_invoice"
        )
        with self.assertRaises(AccessError):
            self.env["ponto.pull"].with_user(biller).search([])
        line_fields = self.lines().with_user(biller).fields_get()
        self.assertNotIn("ponto_pull_id", line_fields)

    def test_a_pull_is_called_by_journal_and_local_time(self):
        pull = (
            self.env["ponto.pull"]
            .sudo()
            .create(
                {"provider_id": self.provider.id, "started_at": "2026-07-15 22:30:00"}
            )
        )
        name = pull.with_context(tz="Europe/Brussels", lang="en_US").display_name
        self.assertIn(self.journal.name, name)
        self.assertIn("7/16/26", name)
        self.assertIn("12:30", name)

    def test_amounts_are_written_in_their_currency(self):
        self.book("3.00", "2026-07-02", currency="JPY")
        self.book("4.00", "2026-07-02", currency="XYZ")
        self.pull_scheduled(self.provider)
        registered = self.provider.ponto_transaction_ids.sorted("id", reverse=True)
        self.assertEqual(
            registered.with_user(self.bookkeeper).mapped(
                lambda record: record.currency_id.name
            ),
            ["EUR", "EUR", "JPY", False],
        )
