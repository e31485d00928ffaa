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

    def test_each_day_gets_a_statement(self):
        self.pull(self.create_provider())
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1085),
            ("2026-07-06", 1085, 1092.5),
        )

    def test_each_week_gets_a_statement(self):
        self.pull(self.create_provider(statement_creation_mode="weekly"))
        self.assert_statements(("2026-06-29", 1000, 1085), ("2026-07-06", 1085, 1092.5))

    def test_each_month_gets_a_statement(self):
        self.pull(self.create_provider(statement_creation_mode="monthly"))
        self.assert_statements(("2026-06-01", 1000, 1100), ("2026-07-01", 1100, 1092.5))

    def test_no_statement_is_made_when_that_is_switched_off(self):
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

    def test_a_statement_of_somebody_stays_as_it_is_whatever_comes_before_it(self):
        provider = self.create_provider(create_statement=False)
        self.pull(provider)
        lines = self.lines()
        self.env["account.bank.statement"].with_user(self.bookkeeper).create(
            [
                {
                    "name": "Paper 6",
                    "line_ids": lines[:1].ids,
                    "balance_start": 1000,
                    "balance_end_real": 1100,
                },
                {
                    "name": "Paper 7",
                    "line_ids": lines[1:].ids,
                    "balance_start": 1100,
                    "balance_end_real": 1092.5,
                },
            ]
        )
        provider.create_statement = True
        self.book("5.00", "2026-06-30")
        self.book("2.00", "2026-07-13")
        self.pull(provider)
        self.assertEqual(
            [
                (each.name, each.balance_start, each.balance_end_real)
                for each in self.statements()
            ],
            [
                ("Paper 6", 1000, 1100),
                (f"{self.journal.code}/2026-06-30", 1100, 1105),
                ("Paper 7", 1100, 1092.5),
                (f"{self.journal.code}/2026-07-13", 1092.5, 1094.5),
            ],
        )
        # Which is how Odoo says that paper and journal disagree.
        self.assertEqual(
            self.statements().mapped("is_valid"), [True, True, False, True]
        )

    def check_untyped_end(self, change):
        """Check that an end follows its lines when somebody has changed these."""
        provider = self.create_provider()
        self.pull(provider)
        first, statement, last = self.statements()
        change(statement.line_ids[0].with_user(self.bookkeeper))
        self.assertFalse(statement.is_complete)
        self.book("5.00", "2026-07-01")
        self.pull(provider)
        self.assertEqual(statement.balance_start, first.balance_end_real)
        for each in (statement, last):
            self.assertTrue(each.is_complete)
            self.assertTrue(each.is_valid)

    def test_an_end_that_nobody_typed_follows_an_amount_that_somebody_changed(self):
        self.check_untyped_end(lambda line: line.write({"amount": 21}))

    def test_an_end_that_nobody_typed_follows_when_somebody_takes_a_line_out(self):
        self.check_untyped_end(lambda line: line.write({"statement_id": False}))

    def test_an_end_that_nobody_typed_follows_when_somebody_adds_a_line(self):
        def add(line):
            added = self.enter_by_hand(9, "2026-07-01")
            added.with_user(self.bookkeeper).statement_id = line.statement_id

        self.check_untyped_end(add)

    def type_end(self, statement, amount):
        """Let a bookkeeper type the closing balance of a statement, and the balance
        with which the next one starts."""
        following = self.statements().filtered(
            lambda each: each.first_line_index > statement.first_line_index
        )
        statement.with_user(self.bookkeeper).balance_end_real = amount
        following[:1].with_user(self.bookkeeper).balance_start = amount

    def import_waiting(self, provider):
        """Let a bookkeeper import what waits or was removed, after a pull."""
        self.pull(provider)
        records = self.registered("waiting", provider)
        records |= self.registered("removed", provider)
        records.with_user(self.bookkeeper).action_import()

    def check_typed_end(self, act):
        """Check that an end stays, and what follows starts with it.

        :param act: what the bank or somebody does; it gets the provider, and the
            identifier of a transaction in the statement
        """
        provider = self.create_provider()
        self.pull(provider)
        ponto_id = self.book("1.00", "2026-07-01")
        self.pull(provider)
        _first, statement, last = self.statements()
        self.type_end(statement, 1080)
        act(provider, ponto_id)
        self.env.invalidate_all()
        self.assertEqual(statement.balance_end_real, 1080)
        self.assertEqual(last.balance_start, self.statements()[-2].balance_end_real)
        self.assertTrue(last.is_complete)

    def test_lines_that_come_before_it_overwrite_no_typed_end(self):
        def come_before(provider, _ponto_id):
            self.book("1.00", "2026-06-29")
            self.book("2.00", "2026-06-30")
            self.pull(provider)

        self.check_typed_end(come_before)

    def test_an_amount_that_the_bank_changes_overwrites_no_typed_end(self):
        def change_amount(provider, ponto_id):
            self.bank.update_transaction(ponto_id, amount="9.00")
            self.import_waiting(provider)

        self.check_typed_end(change_amount)

    def test_a_line_that_gets_another_day_overwrites_no_typed_end(self):
        def change_day(provider, ponto_id):
            for day in ("2026-06-28", "2026-07-04", "2026-07-06"):
                moment = f"{day}T00:00:00.000Z"
                self.bank.update_transaction(ponto_id, executionDate=moment)
                self.import_waiting(provider)

        self.check_typed_end(change_day)

    def test_an_import_that_is_undone_overwrites_no_typed_end(self):
        def undo(provider, _ponto_id):
            pull = provider.ponto_pull_ids.filtered("line_count").sorted("id")[-1]
            pull.with_user(self.bookkeeper).action_take_back()
            self.import_waiting(provider)

        self.check_typed_end(undo)

    def test_an_opening_balance_that_is_corrected_overwrites_no_typed_end(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )

        def tell_balance(provider, _ponto_id):
            self.bank.update_account(self.account_id, currentBalance="1093.50")
            self.pull(provider)

        self.check_typed_end(tell_balance)
        self.assertEqual(self.statements()[0].balance_start, 1000)

    def test_a_line_that_comes_from_another_day_overwrites_no_typed_end(self):
        def change_day(provider, _ponto_id):
            later = self.book("2.00", "2026-07-08")
            self.pull(provider)
            self.bank.update_transaction(
                later, executionDate="2026-07-01T00:00:00.000Z"
            )
            self.import_waiting(provider)
            self.assertEqual(len(self.statements()[1].line_ids), 4)

        self.check_typed_end(change_day)

    def test_an_end_that_odoo_computed_by_a_typed_start_is_not_typed(self):
        provider = self.create_provider()
        self.pull(provider)
        statements = self.statements()
        statements[0].with_user(self.bookkeeper).balance_start = 900
        # As the form does.
        statements[1].with_user(self.bookkeeper).write(
            {"balance_start": 1000, "balance_end_real": 985}
        )
        statements[2].with_user(self.bookkeeper).balance_start = 985
        for day in ("2026-06-29", "2026-07-01"):
            self.book("5.00", day)
        self.pull(provider)
        self.assert_statements(
            ("2026-06-29", 900, 1005),
            ("2026-07-01", 1005, 995),
            ("2026-07-06", 995, 1002.5),
        )

    def test_a_typed_end_stays_where_all_lines_go(self):
        provider = self.create_provider()
        self.pull(provider)
        pull = provider.ponto_pull_ids.filtered("line_count")
        statement = self.statements()[1]
        statement.attachment_ids = self.env["ir.attachment"].create(
            {"name": "Paper", "raw": b"%PDF"}
        )
        statement.with_user(self.bookkeeper).balance_end_real = 1086
        pull.with_user(self.bookkeeper).action_take_back()
        self.assertFalse(statement.line_ids)
        self.assertEqual(statement.balance_end_real, 1086)

    def test_what_follows_an_emptied_statement_goes_on_from_the_one_before_it(self):
        provider = self.create_provider()
        self.pull(provider)
        self.book("1.00", "2026-07-03")
        self.pull(provider)
        pull = provider.ponto_pull_ids.filtered("line_count").sorted("id")[-1]
        self.type_end(self.statements()[2], 1090)
        pull.with_user(self.bookkeeper).action_take_back()
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1085),
            ("2026-07-06", 1085, 1092.5),
        )

    def test_a_decision_that_is_undone_leaves_no_end_as_if_it_was_typed(self):
        provider = self.create_provider()
        ponto_id = self.book("2.00", "2026-07-01")
        self.pull(provider)
        self.bank.update_transaction(ponto_id, amount="3.00")
        self.pull(provider)
        waiting = self.registered("waiting", provider).with_user(self.bookkeeper)
        button = waiting.action_import()["params"]["buttons"][0]
        decision = self.env[button["model"]].browse(button["ids"])
        decision.with_user(self.bookkeeper).action_undo()
        self.book("5.00", "2026-07-01")
        self.pull(provider)
        self.assert_statements(
            ("2026-06-29", 1000, 1100),
            ("2026-07-01", 1100, 1092),
            ("2026-07-06", 1092, 1099.5),
        )

    def test_an_end_of_before_the_feed_is_typed_if_its_lines_never_came_to_it(self):
        days = ("2026-07-08", "2026-07-09", "2026-07-10")
        # The lines come to 3, 6 and 9.
        for day, end in zip(days, (3, 5, 9), strict=True):
            statement = self.env["account.bank.statement"].create(
                {
                    "name": f"{self.journal.code}/{day}",
                    "journal_id": self.journal.id,
                    "balance_start": 0,
                    "balance_end_real": end,
                }
            )
            for _time in range(3):
                self.enter_by_hand(3, day).statement_id = statement
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_bank_statement SET ponto_written_end = NULL "
            "WHERE journal_id = %s",
            [self.journal.id],
        )
        self.env.invalidate_all()
        provider = self.create_provider(ponto_start_date="2026-07-08")
        for day in days:
            self.book("4.00", day)
        self.pull(provider, since="2026-07-08")
        self.assertEqual(self.statements().mapped("balance_end_real"), [13, 5, 13])

    def test_a_start_that_somebody_typed_outlives_its_statement(self):
        provider = self.create_provider()
        self.pull(provider)
        # The feed goes on, whatever the journal says of it.
        self.journal.bank_statements_source = "undefined"
        self.statements()[0].balance_start = 1007
        self.statements().unlink()
        self.assertEqual(provider.ponto_opening_balance, 1007)

    def test_nobody_makes_statements_or_lines_the_feeds_own(self):
        own = {
            "ponto_since": "2026-07-01",
            "ponto_until": "2026-07-01",
            "ponto_written_end": 7,
        }
        defaults = {f"default_{name}": value for name, value in own.items()}
        statements = self.env["account.bank.statement"].with_context(**defaults)
        statement = statements.create(
            {"name": "Mine", "journal_id": self.journal.id, **own}
        )
        statement.write(own)
        self.assertFalse(any(statement.sudo()[name] for name in own))
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

    # === DATED ANEW === #

    def import_moved(self, provider, ponto_id, day):
        """Let the bank date a transaction anew, and a bookkeeper agree."""
        self.bank.update_transaction(ponto_id, executionDate=f"{day}T00:00:00.000Z")
        self.pull(provider)
        waiting = self.registered("waiting", provider)
        waiting.with_user(self.bookkeeper).action_import()

    def test_where_the_first_statement_goes_a_typed_start_stays(self):
        provider = self.open_account("BE00000000000009")
        first = self.book("10.00", "2026-07-01")
        self.book("5.00", "2026-07-04")
        self.book("7.50", "2026-07-06")
        self.pull(provider)
        statements = self.statements(provider.journal_id)
        statements[2].with_user(self.manager).write(
            {"balance_start": 2000, "balance_end_real": 2007.5}
        )
        self.import_moved(provider, first, "2026-07-10")
        self.assertEqual(
            [
                (each.balance_start, each.balance_end_real)
                for each in self.statements(provider.journal_id)[:2]
            ],
            [(1000, 1005), (2000, 2007.5)],
        )

    def test_a_line_that_goes_before_lines_without_statement_moves_no_balance(self):
        provider = self.open_account("BE00000000000009", create_statement=False)
        self.book("50.00", "2026-06-28")
        self.pull(provider)
        provider.create_statement = True
        moved = self.book("5.00", "2026-07-01")
        self.book("6.00", "2026-07-01")
        self.pull(provider)
        statement = self.statements(provider.journal_id)
        before = [(statement.balance_start, statement.balance_end_real)]
        self.assertEqual(before, [(1050, 1061)])
        for day, expected in (
            ("2026-06-27", [(1000, 1005), (1055, 1061)]),
            ("2026-07-01", before),
        ):
            with self.subTest(day):
                self.import_moved(provider, moved, day)
                self.assertEqual(
                    [
                        (each.balance_start, each.balance_end_real)
                        for each in self.statements(provider.journal_id)
                    ],
                    expected,
                )
                self.assertEqual(provider.ponto_balance_state, "equal")
