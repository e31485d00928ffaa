# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a history that Hypothesis invents is lived through, and what holds at its end."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields

from odoo.addons.account_statement_import_online_ponto.feed import importer

from ..feed.journal_balance import find_counting_day
from ..feed.registered import find_first
from .common import IBAN
from .histories import History
from .history_steps import HistorySteps
from .simulator import api as simulator_api

#: The present of all histories; nothing depends on the day on which the tests run.
NOW = datetime(2026, 7, 15, 12)


class Undo(Exception):
    """Ends the savepoint of an example."""


class HistoryCase(HistorySteps):
    """What holds after every history."""

    def setUp(self):
        super().setUp()
        self.now = NOW
        self.patch(fields.Datetime, "now", staticmethod(lambda *args: self.now))
        # Each example has an account of its own.
        self.bank.unlink(self.account_id)

    # === ONE EXAMPLE === #

    def run_example(self, setting, steps, check=None):
        """Live through a history from a clean state, and check how it ends."""
        with suppress(Undo), self.env.cr.savepoint():
            try:
                with (
                    patch.object(simulator_api, "MAXIMUM_LIMIT", setting.page_size),
                    patch.object(importer, "LINES_PER_BATCH", setting.batch_size),
                ):
                    self.live_through(setting, steps, check or self.check_all)
            finally:
                self.now = NOW
                self.registry.clear_all_caches()
                self.bank.set_time_format()
                self.bank.set_omit_null(False)
                self.bank.set_extra_attributes({})
                self.bank.clear_faults()
                for account in self.bank.accounts():
                    self.bank.unlink(account["id"])
            raise Undo
        self.env.invalidate_all()

    def live_through(self, setting, steps, check):
        """Do the steps, pull once more with the re-read due, and check."""
        self.bank.set_order(setting.order)
        self.entered = self.env["account.bank.statement.line"]
        history = History(
            self.bank.add_account(
                reference=IBAN, currency="EUR", currentBalance=setting.opening
            )
        )
        if setting.lock:
            self.company.sudo().fiscalyear_lock_date = setting.lock_date
        mode = setting.mode
        provider = self.create_provider(
            ponto_start_date=setting.start_date,
            ponto_date_field=setting.date_field,
            ponto_locked_policy=setting.locked_policy,
            create_statement=mode != "none",
            statement_creation_mode="daily" if mode == "none" else mode,
        )
        for name, argument in steps:
            getattr(self, f"do_{name}")(provider, setting, history, argument)
        self.do_read_again(provider, setting, history, None)
        check(provider, setting, history)
        # Nothing is left to do.
        before = self.lines()
        self.do_pull(provider, setting, history, None)
        self.assertEqual(self.lines(), before)

    # === INVARIANTS === #

    def check_few(self, provider, setting, history):
        """Nothing came into the journal unasked."""
        self.assertEqual(set(self.lines()), set(history.typed))

    def check_no_more(self, provider, setting, history):
        """No more came into the journal than the bank has; what did not, waits."""
        served = {row["id"] for row in self.bank.transactions(history.account_id)}
        self.assertLessEqual(len(self.lines()), len(served))
        records = provider.ponto_transaction_ids
        records = records.filtered(lambda record: record.ponto_id in served)
        self.assertEqual(len(records), len(served))
        with_line = records.filtered("statement_line_id")
        self.assertEqual(len(with_line.statement_line_id), len(with_line))
        others = {find_first(record).state for record in records - with_line}
        self.assertEqual(others - {"waiting"}, set())

    def key_of_line(self, line):
        """Return what a line must have in common with its transaction (tuple)."""
        return line.date, f"{line.amount:.2f}", line.partner_name or None

    def key_of_record(self, record):
        """Return the same of a register record (tuple)."""
        return record.date, f"{record.amount:.2f}", record.counterpart_name or None

    def find_expected(self, setting, history):
        """Tell what the bank's transactions should have become.

        :return: keys of lines, and keys of what waits, by its reason
            (Counter, dict of Counter)
        """
        name = {"execution_date": "executionDate", "value_date": "valueDate"}
        posted = Counter()
        waiting = {"future": Counter(), "locked": Counter()}
        for row in self.bank.transactions(history.account_id):
            day = row[name[setting.date_field]].date()
            target = posted
            if day < setting.start_date:
                continue
            if day > self.now.date():
                target = waiting["future"]
            elif setting.lock and day <= setting.lock_date:
                if setting.locked_policy == "wait":
                    target = waiting["locked"]
                else:
                    day = setting.lock_date + timedelta(days=1)
            target[day, f"{row['amount']:.2f}", row["counterpartName"]] += 1
        return posted, waiting

    def check_all(self, provider, setting, history):
        """Check all that holds at the end of a history."""
        posted, waiting = self.find_expected(setting, history)
        waiting["doubtful"] = self.find_doubtful(provider, history)
        self.check_lines(posted - history.deleted, waiting["doubtful"])
        self.check_register(provider, history, waiting)
        self.check_balance(provider, history, waiting)
        for line, label in history.typed.items():
            if line.exists():
                self.assertEqual(line.payment_ref, label)
        self.check_ends(history)
        if not history.has_other_statements and not history.typed_ends:
            self.check_statements(setting)

    def check_ends(self, history):
        """What somebody has typed stays; any other end is what its lines come to."""
        for statement in self.statements().filtered("line_ids"):
            end = history.typed_ends.get(statement, statement.balance_end)
            self.assertEqual(
                f"{statement.balance_end_real:.2f}", f"{end:.2f}", statement.name
            )

    def check_balance(self, provider, history, waiting):
        """The journal equals the bank, unless there is a reason that it does not."""
        if history.deleted or history.is_opening_mixed:
            return
        if history.is_late_before_start and history.links:
            # What is left out has other identifiers now: what came late is not told.
            return
        counting_day = find_counting_day(provider)
        if history.is_history_open and any(
            counting_day and line.date >= counting_day for line in self.entered
        ):
            # What people entered stands in the midst of the bank's history now.
            return
        expected = ["no_opening"] if history.is_opening_untold else ["equal"]
        if waiting["future"] or waiting["locked"] or history.is_late_before_start:
            expected.append("explained")
        served = {row["id"] for row in self.bank.transactions(history.account_id)}
        waits = provider.ponto_transaction_ids.filtered(
            lambda record: record.reason == "doubtful" and record.ponto_id in served
        )
        if waits:
            # It may be one of the bank's.
            expected.append("explained")
        self.assertIn(provider.ponto_balance_state, expected)

    def find_doubtful(self, provider, history):
        """Find what waits because nobody can tell whether it is known.

        That takes two new links, one of them under the same account, and a pull cut off
        in between.
        """
        doubtful = provider.ponto_transaction_ids.filtered(
            lambda record: record.reason == "doubtful"
        )
        if doubtful:
            self.assertGreater(len(history.links), 1)
            self.assertIn("kept", history.links)
            self.assertTrue(history.is_cut_off)
        return Counter(map(self.key_of_record, doubtful))

    def check_lines(self, expected, doubtful):
        """Each transaction in scope is there, posted, once, with amount and day."""
        lines = self.lines()
        found = Counter(map(self.key_of_line, lines))
        self.assertEqual(found - expected, Counter())
        self.assertEqual(expected - found - doubtful, Counter())
        self.assertEqual(set(lines.mapped("state")) - {"posted"}, set())
        import_ids = lines.mapped("unique_import_id")
        self.assertEqual(len(set(import_ids)), len(lines))

    def check_register(self, provider, history, waiting):
        """Each identifier is registered once, and nothing is left to import."""
        records = provider.ponto_transaction_ids
        self.assertNotIn("new", records.mapped("state"))
        served = {row["id"] for row in self.bank.transactions(history.account_id)}
        registered = Counter(records.mapped("ponto_id"))
        self.assertEqual({registered[ponto_id] for ponto_id in served} - {1}, set())
        # What waits is what must wait, once, and for that reason.
        found = {reason: Counter() for reason in waiting}
        for record in records.filtered(lambda record: record.state == "waiting"):
            self.assertIn(record.reason, waiting)
            found[record.reason][self.key_of_record(record)] += 1
        self.assertEqual(found, waiting)
        # Each line is the one of exactly one transaction, under its first identifier.
        first = records.filtered(
            lambda record: record.statement_line_id and not record.original_id
        )
        self.assertEqual(first.statement_line_id, self.lines())
        self.assertEqual(len(first), len(self.lines()))

    def check_statements(self, setting):
        """Statements hold all lines, and their balances follow from one another."""
        statements = self.env["account.bank.statement"].search(
            [("journal_id", "=", self.journal.id)], order="first_line_index"
        )
        lines = self.lines()
        if setting.mode == "none":
            self.assertFalse(statements)
            return
        self.assertEqual(lines.statement_id, statements)
        self.assertEqual(lines.filtered("statement_id"), lines)
        for statement in statements:
            self.assertTrue(statement.is_valid, statement.name)
            self.assertTrue(statement.is_complete, statement.name)
        if statements:
            end = Decimal(f"{statements[-1].balance_end_real:.2f}")
            start = Decimal(f"{statements[0].balance_start:.2f}")
            total = sum(Decimal(f"{line.amount:.2f}") for line in lines)
            self.assertEqual(end, start + total)
