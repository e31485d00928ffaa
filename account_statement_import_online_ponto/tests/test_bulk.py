# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import OTHER_IBAN, PontoCase

#: What an import fills, with the columns that point to one of these tables.
TABLES = {
    "account_move": {"id": "account_move", "statement_line_id": "line"},
    "account_bank_statement_line": {
        "id": "line",
        "move_id": "account_move",
        "statement_id": "statement",
    },
    "account_move_line": {
        "id": "item",
        "move_id": "account_move",
        "statement_line_id": "line",
        "statement_id": "statement",
    },
    "account_bank_statement": {"id": "statement"},
    "account_analytic_line": {"id": "analytic", "move_line_id": "item"},
}


@tagged("post_install", "-at_install")
class TestBulk(PontoCase):
    """Creating many lines faster leaves what Odoo would have left."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider(ponto_start_date=date(2025, 1, 1))
        self.Line = self.env["account.bank.statement.line"]
        for number in range(30):
            year, month = divmod(2025 * 12 + 10 + number // 6, 12)
            self.book(
                f"{number - 10}.50",
                f"{year}-{month + 1:02}-{number % 6 + 3:02}",
                endToEndId=f"E2E-{30 - number}",
                counterpartName="Mouterij Janssens",
                counterpartReference=OTHER_IBAN,
            )

    # === COMPARISON === #

    def import_all(self):
        """Import into the journal, and undo it.

        :return: what was in the tables, and how many statements it took (dict, int)
        """
        with self.env.cr.savepoint() as savepoint:
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.pull_scheduled(self.provider)
            self.env.flush_all()
            queries = self.env.cr.sql_log_count - before
            self.assertFalse(self.provider.ponto_failure)
            tables = self.read_tables()
            savepoint.rollback()
        self.env.invalidate_all()
        return tables, queries

    def read_tables(self):
        """Return {table: rows (list of dict)}; identifiers as positions, as the
        database gives each only once."""
        tables, positions = {}, {}
        for table in TABLES:
            self.env.cr.execute(
                SQL("SELECT * FROM %s ORDER BY id", SQL.identifier(table))
            )
            tables[table] = self.env.cr.dictfetchall()
            name = TABLES[table]["id"]
            for position, row in enumerate(tables[table]):
                positions[name, row["id"]] = position
        for table, columns in TABLES.items():
            for row in tables[table]:
                for column, name in columns.items():
                    row[column] = positions.get((name, row[column]))
                for column in ("internal_index", "first_line_index"):
                    if row.get(column):
                        line = positions["line", int(row[column][18:])]
                        row[column] = row[column][:18], line
        return tables

    def assert_same_as_odoo(self):
        """Check that an import leaves what it leaves without the faster way.

        :return: how many statements less it took (int)
        """
        fast, fast_queries = self.import_all()
        with patch.object(type(self.Line), "_ponto_get_bulk_context", lambda lines: {}):
            plain, plain_queries = self.import_all()
        self.assertGreaterEqual(len(fast["account_move"]), 30)
        for table in TABLES:
            self.assertEqual(len(fast[table]), len(plain[table]), table)
            for fast_row, plain_row in zip(fast[table], plain[table], strict=True):
                self.assertEqual(fast_row, plain_row, table)
        return plain_queries - fast_queries

    def create_entry(self, day, name):
        """Create an entry of the journal that has a number of its own."""
        entry = self.env["account.move"].create(
            {
                "journal_id": self.journal.id,
                "date": day,
                "name": name,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (self.journal.default_account_id, 1),
                        (self.journal.suspense_account_id, -1),
                    )
                ],
            }
        )
        entry.action_post()
        return entry

    # === THE SAME ROWS === #

    def test_an_import_leaves_the_same_rows_with_fewer_queries(self):
        self.assertGreater(self.assert_same_as_odoo(), 30 * 4)

    def test_an_import_without_statements_leaves_the_same_rows(self):
        self.provider.create_statement = False
        self.assert_same_as_odoo()

    def test_numbers_of_a_month_leave_the_same_rows(self):
        self.create_entry("2025-11-01", "BNK1/2025/11/0007")
        self.assertGreater(self.assert_same_as_odoo(), 30 * 3)

    def test_numbers_that_go_on_for_ever_leave_the_same_rows(self):
        self.create_entry("2025-11-01", "BNK-0098")
        self.assertGreater(self.assert_same_as_odoo(), 30 * 3)

    def test_numbers_of_several_kinds_leave_the_same_rows(self):
        self.create_entry("2025-10-01", "BNK1/2025/10/0007")
        self.create_entry("2025-12-05", "BNK1/2025/00020")
        self.create_entry("2026-01-05", "BNK1/2026/01/0003")
        self.create_entry("2026-02-04", "BNK1/2026/00042-A")
        self.assert_same_as_odoo()

    def test_numbers_that_lie_ahead_leave_the_same_rows(self):
        self.create_entry("2025-12-31", "BNK1/2025/00020")
        self.create_entry("2026-03-31", "BNK1/2026/99998")
        self.assertGreater(self.assert_same_as_odoo(), 30 * 3)

    def test_a_fiscal_year_of_its_own_leaves_the_same_rows(self):
        self.company.write({"fiscalyear_last_day": 30, "fiscalyear_last_month": "6"})
        self.assert_same_as_odoo()

    def test_a_foreign_currency_leaves_the_same_rows(self):
        self.env.ref("base.USD").active = True
        self.journal.currency_id = self.env.ref("base.USD")
        self.bank.update_account(self.account_id, currency="USD")
        for row in self.bank.transactions(self.account_id):
            self.bank.update_transaction(row["id"], currency="USD")
        self.assert_same_as_odoo()

    def test_analytic_distribution_leaves_the_same_rows(self):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        account = self.env["account.analytic.account"].create(
            {"name": "Brewery", "plan_id": plan.id}
        )
        self.env["account.analytic.distribution.model"].create(
            {
                "account_prefix": self.journal.suspense_account_id.code,
                "analytic_distribution": {account.id: 100},
            }
        )
        before = self.env["account.analytic.line"].search_count([])
        self.assert_same_as_odoo()
        self.pull_scheduled(self.provider)
        after = self.env["account.analytic.line"].search_count([])
        self.assertEqual(after - before, 30)

    def test_a_tax_on_the_suspense_account_leaves_the_same_rows(self):
        self.journal.suspense_account_id.tax_ids = self.company_data["default_tax_sale"]
        self.assert_same_as_odoo()

    def test_locked_days_leave_the_same_rows(self):
        self.provider.ponto_locked_policy = "first_open_day"
        self.company.sudo().fiscalyear_lock_date = date(2025, 12, 31)
        self.assert_same_as_odoo()

    def test_texts_that_look_like_html_leave_the_same_rows(self):
        texts = "<b>A & B</b>", "A &amp; B &nbsp; C", "1 < 2 > 0<br/>", "\u00a0A\u2028B"
        rows = self.bank.transactions(self.account_id)[: len(texts)]
        for row, text in zip(rows, texts, strict=True):
            self.bank.update_transaction(
                row["id"], additionalInformation=text, counterpartName=text
            )
        self.assert_same_as_odoo()

    def test_a_narration_is_kept(self):
        vals = {
            "journal_id": self.journal.id,
            "date": date(2026, 7, 1),
            "amount": 1,
            "payment_ref": "A line",
            "narration": "What the bank says",
        }
        line = self.Line._ponto_create_in_bulk([vals])
        self.env.invalidate_all()
        self.assertEqual(line.narration, "<p>What the bank says</p>")

    # === ONLY THERE === #

    def test_the_switches_are_off_for_what_comes_after(self):
        self.pull_scheduled(self.provider)
        vals_list = [
            {
                "journal_id": self.journal.id,
                "date": date(2026, 7, 1),
                "amount": 1,
                "payment_ref": "later",
            }
        ]
        line = self.Line._ponto_create_in_bulk(vals_list)
        switches = self.Line._ponto_get_bulk_context()
        self.assertFalse(switches.keys() & line.env.context.keys())
        self.assertFalse(switches.keys() & line.move_id.env.context.keys())
