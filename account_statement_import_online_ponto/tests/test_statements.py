# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo.tests import tagged

from .common import PontoCase


@tagged("post_install", "-at_install")
class TestStatements(PontoCase):
    """Statements by day, week or month, with balances that follow from one another."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        for amount, day in (
            ("100.00", "2026-06-29"),  # a Monday
            ("-20.00", "2026-07-01"),
            ("5.00", "2026-07-01"),
            ("7.50", "2026-07-06"),
        ):
            self.book(amount, day)

    def test_by_day(self):
        self.pull(self.create_provider())
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1085),
            ("2026-07-06", 1085, 1092.5),
        )

    def test_by_week(self):
        self.pull(self.create_provider(statement_creation_mode="weekly"))
        self.assert_statements(("2026-06-29", 1000, 1085), ("2026-07-06", 1085, 1092.5))

    def test_by_month(self):
        self.pull(self.create_provider(statement_creation_mode="monthly"))
        self.assert_statements(("2026-06-01", 1000, 1100), ("2026-07-01", 1100, 1092.5))

    def test_none(self):
        self.pull(self.create_provider(create_statement=False))
        self.assertFalse(self.statements())
        self.assertEqual(len(self.lines()), 4)

    def test_a_second_pull_on_the_same_day_keeps_statements_right(self):
        provider = self.create_provider()
        self.pull(provider)
        self.book("10.00", "2026-07-06")
        self.pull(provider)
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1085),
            ("2026-07-06", 1085, 1102.5),
        )

    def test_a_late_line_on_an_earlier_day_keeps_statements_right(self):
        provider = self.create_provider()
        self.pull(provider)
        self.book("-50.00", "2026-07-01")
        self.book("1.00", "2026-06-30")
        self.pull(provider)
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-06-30", 1100, 1101),
            ("2026-07-01", 1101, 1036),
            ("2026-07-06", 1036, 1043.5),
        )

    def test_older_history_that_comes_later_counts_back(self):
        provider = self.create_provider()
        self.pull(provider, since="2026-07-01")
        self.assert_statements(("2026-07-01", 1100, 1085), ("2026-07-06", 1085, 1092.5))
        self.pull(provider)
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1085),
            ("2026-07-06", 1085, 1092.5),
        )

    def test_a_line_that_gets_another_day_gets_its_statement(self):
        provider = self.create_provider()
        ponto_id = self.book("2.00", "2026-07-08")
        self.pull(provider)
        for day, expected in (
            (
                "2026-06-28",
                [
                    ("2026-06-28", 1000, 1002),
                    ("2026-06-29", 1002, 1102),
                    ("2026-07-01", 1102, 1087),
                    ("2026-07-06", 1087, 1094.5),
                ],
            ),
            (
                "2026-07-01",
                [
                    ("2026-06-29", 1000, 1100),
                    ("2026-07-01", 1100, 1087),
                    ("2026-07-06", 1087, 1094.5),
                ],
            ),
            (
                "2026-07-07",
                [
                    ("2026-06-29", 1000, 1100),
                    ("2026-07-01", 1100, 1085),
                    ("2026-07-06", 1085, 1092.5),
                    ("2026-07-07", 1092.5, 1094.5),
                ],
            ),
        ):
            with self.subTest(day):
                self.bank.update_transaction(
                    ponto_id, executionDate=f"{day}T00:00:00.000Z"
                )
                self.pull(provider)
                waiting = self.registered("waiting", provider)
                waiting.with_user(self.bookkeeper).action_import()
                self.assert_statements(*expected)

    def test_a_line_that_gets_a_day_of_another_year_gets_its_number(self):
        provider = self.create_provider(ponto_start_date="2025-01-01")
        ponto_id = self.book("2.00", "2025-12-31")
        self.pull(provider, since="2025-12-01")
        self.bank.update_transaction(ponto_id, executionDate="2026-01-01T00:00:00.000Z")
        self.pull(provider, since="2025-12-01")
        waiting = self.registered("waiting", provider)
        waiting.with_user(self.bookkeeper).action_import()
        line = self.lines()[0]
        self.assertEqual(line.date, date(2026, 1, 1))
        self.assertIn("/2026/", line.name)

    def test_somebodys_own_balances_are_left_alone(self):
        provider = self.create_provider()
        self.pull(provider)
        last = self.statements()[-1]
        last.write({"balance_start": 2000, "balance_end_real": 2007.5})
        self.book("1.00", "2026-06-29")
        self.pull(provider)
        self.assertRecordValues(
            self.statements(),
            [
                {"balance_start": 1000, "balance_end_real": 1101},
                {"balance_start": 1101, "balance_end_real": 1086},
                {"balance_start": 2000, "balance_end_real": 2007.5},
            ],
        )

    def test_behind_somebodys_own_balances_new_statements_go_on(self):
        provider = self.create_provider()
        self.pull(provider)
        self.statements()[-1].write({"balance_start": 2000, "balance_end_real": 2007.5})
        self.book("1.00", "2026-06-29")
        self.book("3.00", "2026-07-10")
        self.pull(provider)
        self.assertRecordValues(
            self.statements()[-2:],
            [
                {"balance_start": 2000, "balance_end_real": 2007.5},
                {"balance_start": 2007.5, "balance_end_real": 2010.5},
            ],
        )

    def test_no_balance_is_invented_where_the_bank_gives_none(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )
        self.pull(self.create_provider(statement_creation_mode="monthly"))
        self.assert_statements(("2026-06-01", 0, 100), ("2026-07-01", 100, 92.5))

    # === THEY KNOW THEIR PERIOD === #

    def test_another_length_of_periods_begins_behind_the_last_statement(self):
        provider = self.create_provider()
        self.pull(provider)
        for mode, day, expected in (
            ("monthly", "2026-07-09", ("2026-07-07", 1092.5, 1093.5)),
            ("weekly", "2026-07-10", ("2026-07-07", 1092.5, 1094.5)),
        ):
            with self.subTest(mode):
                provider.statement_creation_mode = mode
                self.book("1.00", day)
                self.pull(provider)
                self.assert_statements(
                    ("2026-06-29", 1000, 1100),
                    ("2026-07-01", 1100, 1085),
                    ("2026-07-06", 1085, 1092.5),
                    expected,
                )

    def test_a_late_line_falsifies_no_statement_of_another_length(self):
        provider = self.create_provider()
        self.pull(provider)
        provider.statement_creation_mode = "monthly"
        self.book("1.00", "2026-07-01")
        self.book("2.00", "2026-07-04")
        self.pull(provider)
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1086),
            ("2026-07-02", 1086, 1088),
            ("2026-07-06", 1088, 1095.5),
        )

    def test_a_longer_statement_keeps_its_days_when_periods_get_shorter(self):
        provider = self.create_provider(statement_creation_mode="monthly")
        self.pull(provider)
        provider.statement_creation_mode = "daily"
        self.book("1.00", "2026-07-08")
        self.pull(provider)
        self.assert_statements(("2026-06-01", 1000, 1100), ("2026-07-01", 1100, 1093.5))

    def test_statements_are_known_whatever_they_are_called(self):
        provider = self.create_provider()
        self.pull(provider)
        for number, statement in enumerate(self.statements()):
            statement.name = f"Bank/{number}"
        self.journal.code = "OTHER"
        self.book("10.00", "2026-07-06")
        self.pull(provider)
        self.assertEqual(len(self.statements()), 3)
        self.assertEqual(self.statements()[-1].balance_end_real, 1102.5)
        pulls = self.env["ponto.pull"].with_user(self.bookkeeper).search([])
        pulls.filtered("line_count").action_take_back()
        self.assertFalse(self.lines())
        self.assertFalse(self.statements())

    def test_a_statement_of_somebody_else_is_not_filled_whatever_it_is_called(self):
        provider = self.create_provider()
        line = self.enter_by_hand(3, "2026-07-06")
        own = self.env["account.bank.statement"].create(
            {"name": f"{self.journal.code}/2026-07-06", "line_ids": line.ids}
        )
        self.pull(provider)
        self.assertEqual(own.line_ids, line)

    def test_statements_of_an_earlier_feed_are_recognized_by_name_once(self):
        line = self.enter_by_hand(3, "2026-07-06")
        own = self.env["account.bank.statement"].create(
            {"name": f"{self.journal.code}/2026-07-06", "line_ids": line.ids}
        )
        provider = self.create_provider(ponto_start_date="2026-07-01")
        self.pull(provider)
        self.assertEqual(len(own.line_ids), 2)

    def make_earlier(self, *days):
        """Make statements as an earlier feed did, of one line of 3.00 each.

        :param days: the days of the statements
        """
        for day in days:
            self.env["account.bank.statement"].create(
                {
                    "name": f"{self.journal.code}/{day}",
                    "line_ids": self.enter_by_hand(3, day).ids,
                }
            )

    def read_days(self):
        """:return: for each statement the end of its name, and the days of its lines"""
        return [
            (
                statement.name[-10:],
                [str(line.date) for line in statement.line_ids.sorted("date")],
            )
            for statement in self.statements()
        ]

    def test_statements_of_days_stay_so_whatever_is_chosen_at_the_take_over(self):
        self.make_earlier("2026-07-01", "2026-07-06", "2026-07-10")
        provider = self.create_provider(
            ponto_start_date="2026-07-07", statement_creation_mode="monthly"
        )
        for day in ("2026-07-08", "2026-07-12", "2026-07-14"):
            self.book("1.00", day)
        self.pull(provider, since="2026-07-07")
        self.assertEqual(
            self.read_days(),
            [
                ("2026-07-01", ["2026-07-01"]),
                ("2026-07-06", ["2026-07-06"]),
                ("2026-07-07", ["2026-07-08"]),
                ("2026-07-10", ["2026-07-10"]),
                ("2026-07-11", ["2026-07-12", "2026-07-14"]),
            ],
        )

    def test_a_statement_of_the_first_day_is_none_of_the_month(self):
        self.make_earlier("2026-07-01")
        provider = self.create_provider(
            ponto_start_date="2026-07-07", statement_creation_mode="monthly"
        )
        self.book("1.00", "2026-07-15")
        self.pull(provider, since="2026-07-07")
        self.assertEqual(
            self.read_days(),
            [("2026-07-01", ["2026-07-01"]), ("2026-07-02", ["2026-07-15"])],
        )

    # === PEOPLE'S BALANCES === #

    def test_an_end_that_somebody_typed_outlives_a_late_line(self):
        for amount in ("5.00", "-5.00"):
            with self.subTest(amount):
                provider = (
                    self.env["online.bank.statement.provider"].search(
                        [("journal_id", "=", self.journal.id)]
                    )
                    or self.create_provider()
                )
                self.pull(provider)
                statement = self.statements()[1]
                following = self.statements()[2]
                typed = statement.balance_end_real + float(amount)
                statement.balance_end_real = typed
                following.balance_start = typed
                self.book(amount, "2026-07-01")
                self.pull(provider)
                self.assertEqual(statement.balance_end_real, typed)
                self.assertTrue(statement.is_complete)
                self.assertTrue(following.is_valid)
                self.assertEqual(following.balance_start, typed)

    def test_a_start_that_somebody_typed_outlives_its_statement(self):
        provider = self.create_provider()
        self.pull(provider)
        # The feed goes on, whatever the journal says of it.
        self.journal.bank_statements_source = "undefined"
        self.statements()[0].balance_start = 1007
        self.statements().unlink()
        self.assertEqual(provider.ponto_opening_balance, 1007)

    def test_nobody_makes_statements_or_lines_the_feeds_own(self):
        own = {"ponto_since": "2026-07-01", "ponto_until": "2026-07-01"}
        defaults = {f"default_{name}": value for name, value in own.items()}
        statements = self.env["account.bank.statement"].with_context(**defaults)
        statement = statements.create(
            {"name": "Mine", "journal_id": self.journal.id, **own}
        )
        statement.write(own)
        self.assertFalse(statement.ponto_since or statement.ponto_until)
        memory = {
            "ponto_match": {"items": [1], "booked": []},
            "ponto_undone_matches": [[1]],
            "ponto_match_failure": "no",
            "ponto_written": {"payment_ref": "x"},
        }
        defaults = {f"default_{name}": value for name, value in memory.items()}
        lines = self.env["account.bank.statement.line"].with_context(**defaults)
        line = lines.create(
            {
                "journal_id": self.journal.id,
                "date": "2026-07-01",
                "amount": 1,
                "payment_ref": "Mine",
                **memory,
            }
        )
        line.write(memory)
        self.assertFalse(any(line.sudo()[name] for name in memory))
