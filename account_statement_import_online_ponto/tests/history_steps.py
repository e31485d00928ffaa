# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the bank, people and the scheduled action do in the histories of Hypothesis."""

import itertools
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.addons.account_statement_import_online_ponto.feed import importer

from ..engine.days import Period
from ..feed import pulls
from ..feed.journal_balance import find_counting_day
from ..feed.preview import preview
from ..feed.pulls import pull_for_person
from ..feed.session import PullSession
from ..feed.verdicts import Verdict
from .common import TODAY, PontoCase
from .histories import LATE_DAYS, OLD_DAYS


class Death(BaseException):
    """Of a process: nothing answers it."""


class HistorySteps(PontoCase):
    """Each step gets the feed, the setting and the history so far, and its argument."""

    def setUp(self):
        super().setUp()
        #: The lines that did not come from the bank.
        self.entered = self.env["account.bank.statement.line"]

    def lines(self, journal=None):
        """Override to return those that came from the bank."""
        return super().lines(journal) - self.entered

    def do_book(self, provider, setting, history, rows):
        """The bank books: what comes after a pull is at most so late."""
        oldest = setting.may_be_late if history.is_pulled else OLD_DAYS
        for amount, days_back, value_shift, text, name, twins in rows:
            day = TODAY - timedelta(days=days_back % (oldest + 1))
            first_day = day + timedelta(days=min(value_shift, 0))
            if history.is_pulled and first_day < setting.start_date:
                history.is_late_before_start = True
            for _twin in range(twins):
                self.bank.add_transaction(
                    history.account_id,
                    amount,
                    day,
                    valueDate=day + timedelta(days=value_shift),
                    remittanceInformation=text,
                    counterpartName=name,
                )

    def do_pull(self, provider, setting, history, _argument):
        """The scheduled action pulls."""
        self.pull_scheduled(provider)
        self.assertFalse(provider.ponto_failure)
        history.is_pulled = history.is_pulled_completely = True

    def do_cut_off(self, provider, setting, history, _argument):
        """The scheduled action reads; then its time is over."""
        with patch.object(importer.Importer, "import_new", return_value=False):
            self.pull_scheduled(provider)
        history.is_pulled = history.is_cut_off = True

    def do_pull_days(self, provider, setting, history, days_back):
        """Somebody previews some days and pulls them, which does what was said."""
        period, shown = self.look_at(provider, days_back)
        before = self.lines()
        self.pull(provider, str(period.since), str(period.until))
        self.check_said(provider, shown)
        said = [values for values in shown if values["is_new"]]
        self.assertEqual(len(self.lines() - before), len(said))
        self.note_pull_of_days(setting, history)

    def do_choose(self, provider, setting, history, days_back):
        """Somebody previews some days and imports every other new transaction."""
        period, shown = self.look_at(provider, days_back)
        before = self.lines()
        chosen = [values for values in shown if values["is_new"]][::2]
        pull_for_person(
            provider.with_user(self.bookkeeper),
            period,
            chosen={values["ponto_id"]: values["verdict"] for values in chosen},
        )
        self.check_said(provider, chosen)
        self.assertEqual(len(self.lines() - before), len(chosen))
        self.assertFalse(provider.ponto_pull_ids[:1].message)
        self.note_pull_of_days(setting, history)

    def note_pull_of_days(self, setting, history):
        """Remember that not everything was pulled."""
        history.is_pulled = True
        if setting.lock and not history.is_pulled_completely:
            history.is_opening_mixed = True

    def look_at(self, provider, days_back):
        """Preview some days, which changes nothing.

        :return: the days, and what was said of their transactions (Period, list)
        """
        until, since = sorted(days_back)
        period = Period(TODAY - timedelta(days=since), TODAY - timedelta(days=until))
        lines, register = self.lines(), self.read_register(provider)
        shown = preview(provider.with_user(self.bookkeeper), period)
        self.assertEqual(self.lines(), lines)
        self.assertEqual(self.read_register(provider), register)
        return period, shown

    def read_register(self, provider):
        """Return what the register says (list of dict)."""
        records = provider.ponto_transaction_ids.sorted("id")
        names = set(records._fields) - {"write_uid", "write_date"}
        return records.read(sorted(names), load=None)

    def check_said(self, provider, shown):
        """Check that a pull did what its preview said."""
        records = provider.ponto_transaction_ids.grouped("ponto_id")
        for values in shown:
            record = records[values["ponto_id"]]
            expected = "imported" if values["is_new"] else values["verdict"]
            self.assertEqual(Verdict(record).word, expected)

    def do_pull_cut_off(self, provider, setting, history, steps):
        """The scheduled action pulls, and its time is over after some steps."""
        with self.cut_off_after(steps):
            self.pull_scheduled(provider)
        self.assertFalse(provider.ponto_failure)
        history.is_pulled = history.is_cut_off = True

    def do_kill(self, provider, setting, history, commits):
        """The process of a scheduled pull dies at one of its commits; what it has not
        committed is undone."""
        cr, left = self.env.cr, itertools.count(commits - 1, -1)
        commit_step = PullSession.commit_step

        def commit():
            self.env.flush_all()
            cr.execute("SAVEPOINT committed")

        def commit_or_die(session, *args, **options):
            commit()
            if next(left) <= 0:
                raise Death
            return commit_step(session, *args, **options)

        commit()
        with (
            patch.object(PullSession, "commit_step", commit_or_die),
            patch.object(pulls, "_undoing_on_error", nullcontext),
        ):
            try:
                self.pull_scheduled(provider)
            except Death:
                self.env.clear()
                cr.execute("ROLLBACK TO SAVEPOINT committed")
                self.registry.clear_all_caches()
        self.assertFalse(provider.ponto_failure)
        history.is_pulled = history.is_cut_off = True

    def do_pull_days_cut_off(self, provider, setting, history, argument):
        """Somebody pulls some days, and does not wait for the end."""
        *days_back, steps = argument
        until, since = (str(TODAY - timedelta(days=days)) for days in sorted(days_back))
        with self.cut_off_after(steps):
            self.pull(provider, since, until)
        history.is_pulled = history.is_cut_off = True
        if setting.lock and not history.is_pulled_completely:
            history.is_opening_mixed = True

    def do_read_again(self, provider, setting, history, _argument):
        """The scheduled action pulls, and it is time to read the last days again."""
        if provider.ponto_reread_at:
            provider.sudo().ponto_reread_at -= timedelta(days=2)
        self.do_pull(provider, setting, history, None)

    def do_read_again_cut_off(self, provider, setting, history, steps):
        """The same, and its time is over after some steps."""
        if provider.ponto_reread_at:
            provider.sudo().ponto_reread_at -= timedelta(days=2)
        self.do_pull_cut_off(provider, setting, history, steps)

    def do_link(self, provider, setting, history, kind):
        """The account is linked anew; its transactions get other identifiers."""
        history.links.append(kind)
        if kind == "replaced":
            history.account_id = self.bank.replace(history.account_id)
        else:
            history.account_id = self.bank.relink(
                history.account_id, keep_account_id=kind == "kept"
            )

    def do_delete(self, provider, setting, history, position):
        """Somebody deletes a line, as far as Odoo lets him."""
        lines = self.lines().filtered(lambda line: not line.statement_id)
        if not lines:
            return
        line = lines[position % len(lines)]
        history.is_history_open = True
        history.deleted[self.key_of_line(line)] += 1
        line.unlink()

    def do_bring_back(self, provider, setting, history, _argument):
        """Somebody imports all transactions after all whose lines were deleted."""
        provider.ponto_transaction_ids.filtered(
            lambda record: record.state == "removed"
        ).with_user(self.bookkeeper).action_import()
        history.deleted.clear()

    def do_bring_some_back(self, provider, setting, history, which):
        """Somebody imports some transactions after all whose lines were removed."""
        for position, record in enumerate(self.registered("removed", provider)):
            if which >> position % 6 & 1:
                record.with_user(self.bookkeeper).action_import()

    def do_undo(self, provider, setting, history, which):
        """Somebody undoes some imports."""
        pulls = self.env["ponto.pull"].with_user(self.bookkeeper)
        pulls = pulls.search([("provider_id", "=", provider.id)], order="id")
        pulls = pulls.filtered("line_count")
        chosen = pulls.browse(
            pull.id for position, pull in enumerate(pulls) if which >> position % 6 & 1
        )
        if chosen:
            history.is_history_open = True
            chosen.action_take_back()

    def do_switch(self, provider, setting, history, _argument):
        """Ponto lists in another order from now on."""
        if setting.may_switch:
            order = "execution" if self.bank.order == "created" else "created"
            self.bank.set_order(order)

    def do_reset(self, provider, setting, history, _argument):
        """Somebody lets the next scheduled pull read everything again."""
        provider.action_ponto_reset_last_identifier()

    # === WHAT THE BANK AND PEOPLE WRITE === #

    def find_recent(self, provider, history):
        """Return the bank's transactions that are read again, in some order."""
        days = [TODAY - timedelta(days=LATE_DAYS), TODAY]
        return [
            row
            for row in self.bank.transactions(history.account_id)
            if all(
                days[0] <= row[name].date() <= days[1]
                for name in ("executionDate", "valueDate")
            )
        ]

    def do_respell(self, provider, setting, history, number):
        """Ponto writes the same in another way: that changes nothing."""
        self.do_read_again(provider, setting, history, None)
        before = self.lines().read(["payment_ref", "narration", "write_date"])
        waiting = provider.ponto_waiting_count
        self.bank.set_time_format(
            fraction_digits=number % 7,
            offset_minutes=[None, 0, 120][number % 3],
            date_only=number == 8,
        )
        self.bank.set_omit_null(bool(number % 2))
        self.bank.set_extra_attributes({"somethingNew": number} if number > 4 else {})
        for row in self.bank.transactions(history.account_id):
            text = row["remittanceInformation"]
            amount = row["amount"] + Decimal("0E-4")
            text = text and f" {text} \n"
            self.bank.update_transaction(
                row["id"], amount=amount, remittanceInformation=text
            )
        self.do_read_again(provider, setting, history, None)
        self.assertFalse(provider.ponto_pull_ids.sorted("id")[-1].changed_count)
        self.assertEqual(provider.ponto_waiting_count, waiting)
        after = self.lines().read(["payment_ref", "narration", "write_date"])
        self.assertEqual(after, before)

    def do_retext(self, provider, setting, history, number):
        """The bank changes a text, which changes no amount of any item."""
        self.do_read_again(provider, setting, history, None)
        rows = self.find_recent(provider, history)
        if not rows:
            return
        before = self.read_items()
        self.bank.update_transaction(
            rows[number % len(rows)]["id"],
            remittanceInformation=f"Text {number}",
            additionalInformation=f"More text {number}",
        )
        self.do_read_again(provider, setting, history, None)
        self.assertEqual(self.read_items(), before)

    def read_items(self):
        """Return what of the journal items must not change by a text."""
        items = self.lines().line_ids
        return items.read(["debit", "credit", "amount_currency", "account_id"])

    def do_type(self, provider, setting, history, number):
        """Somebody types another label."""
        lines = self.lines()
        if lines:
            line = lines[number % len(lines)]
            line.payment_ref = history.typed[line] = f"Typed {number}"

    def do_enter_before(self, provider, setting, history, days):
        """Somebody enters a line of before the first day that counts: the balance of
        that day holds it. Where there is no such balance yet, nothing tells it any
        more."""
        day = find_counting_day(provider)
        is_untold = not day
        own = [("journal_id", "=", provider.journal_id.id)]
        if is_untold and self.env["account.bank.statement.line"].search_count(own):
            return
        day = (day or TODAY - timedelta(days=OLD_DAYS)) - timedelta(days=days)
        if setting.lock and day <= setting.lock_date:
            # Odoo would move it to a day that is open.
            return
        history.is_opening_untold |= is_untold
        history.is_history_open |= not history.is_pulled_completely
        self.entered |= self.enter_by_hand(77.77, day, payment_ref="From a paper")

    def do_type_end(self, provider, setting, history, number):
        """Somebody types the closing balance of a statement, with which the next one
        starts; its own end Odoo computes anew."""
        statements = self.statements().filtered("line_ids")
        if not statements:
            return
        place = number % len(statements)
        statement, following = statements[place], statements[place + 1 :][:1]
        end = history.typed_ends[statement] = Decimal(f"{number}.07")
        statement.with_user(self.bookkeeper).balance_end_real = end
        following.with_user(self.bookkeeper).balance_start = end
        history.typed_ends.pop(following, None)

    def do_delete_statements(self, provider, setting, history, argument):
        """Somebody deletes some of the statements."""
        first, step = argument
        statements = self.statements()[first::step]
        if statements:
            history.has_other_statements = True
            statements.unlink()

    def do_change_mode(self, provider, setting, history, mode):
        """Somebody chooses another length of statements, or none."""
        history.has_other_statements = True
        provider.create_statement = bool(mode)
        provider.statement_creation_mode = mode or "daily"

    def do_switch_language(self, provider, setting, history, _argument):
        """A language in which people are told is switched off."""
        self.env["res.lang"].sudo()._activate_lang("nl_NL")
        self.bookkeeper.sudo().lang = "nl_NL"
        self.company.partner_id.sudo().lang = "nl_NL"
        provider.ponto_responsible_ids = self.bookkeeper
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_lang SET active = false WHERE code = 'nl_NL'")
        self.registry.clear_all_caches()
        self.env.invalidate_all()

    def do_archive_partner(self, provider, setting, history, _argument):
        """A partner is archived, or comes back."""
        self.partner_a.active = not self.partner_a.active

    def do_empty_pages(self, provider, setting, history, count):
        """Ponto serves empty pages in the middle of its list."""
        self.bank.fault("/transactions$", action="empty_page", times=count)
        self.do_pull(provider, setting, history, None)
        self.bank.clear_faults()

    def do_list_anew(self, provider, setting, history, argument):
        """The bank withdraws some transactions, and lists them under other identifiers,
        on other days."""
        days, which = argument
        self.do_pull(provider, setting, history, None)
        history.typed = dict.fromkeys(self.lines())
        shift = timedelta(days=days)
        for position, row in enumerate(self.bank.transactions(history.account_id)):
            if which >> position & 1:
                self.bank.remove_transaction(row["id"], moves_balance=True)
                self.bank.add_transaction(
                    history.account_id,
                    row["amount"],
                    row["executionDate"] + shift,
                    valueDate=row["valueDate"] + shift,
                    remittanceInformation=row["remittanceInformation"],
                    counterpartName=row["counterpartName"],
                )

    def do_move(self, provider, setting, history, days):
        """The account is linked anew, by an interface that dates differently."""
        self.do_pull(provider, setting, history, None)
        history.typed = dict.fromkeys(self.lines())
        self.do_move_unseen(provider, setting, history, (days, False))

    def do_move_unseen(self, provider, setting, history, argument):
        """The same, whatever was pulled before."""
        days, is_kept = argument
        history.account_id = self.bank.relink(history.account_id, is_kept)
        for row in self.bank.transactions(history.account_id):
            moments = {
                name: row[name] + timedelta(days=days)
                for name in ("executionDate", "valueDate")
            }
            self.bank.update_transaction(row["id"], **moments)

    def do_announce(self, provider, setting, history, rows):
        """The bank announces what it books within the next days."""
        for amount, days, _value_shift, text, name, twins in rows:
            day = self.now.date() + timedelta(days=1 + days % 5)
            for _twin in range(twins):
                self.announce(history, amount, day, text, name)

    def announce(self, history, amount, day, text, name):
        """Let the bank announce one transaction."""
        self.bank.add_transaction(
            history.account_id,
            amount,
            day,
            valueDate=day,
            remittanceInformation=text,
            counterpartName=name,
        )

    def do_withdraw(self, provider, setting, history, argument):
        """The bank withdraws some of what it has announced, or lists it anew for
        another day or amount."""
        which, days, amount = argument
        today = self.now.date()
        for position, row in enumerate(self.bank.transactions(history.account_id)):
            day = row["executionDate"].date()
            if (
                not which >> position % 6 & 1
                or min(day, row["valueDate"].date()) <= today
            ):
                continue
            self.bank.remove_transaction(row["id"], moves_balance=True)
            if days is not None:
                self.announce(
                    history,
                    row["amount"] + Decimal(amount),
                    max(day + timedelta(days=days), today),
                    row["remittanceInformation"],
                    row["counterpartName"],
                )

    def do_pass_days(self, provider, setting, history, days):
        """Days pass, with a scheduled pull on each."""
        for _day in range(days):
            self.now += timedelta(days=1)
            self.do_pull(provider, setting, history, None)

    def do_date_anew(self, provider, setting, history, argument):
        """The bank dates a transaction anew, and somebody takes that over."""
        number, days_back = argument
        self.do_read_again(provider, setting, history, None)
        rows = self.find_recent(provider, history)
        if not rows:
            return
        day = TODAY - timedelta(days=days_back % LATE_DAYS)
        day = max(day, setting.start_date)
        self.bank.update_transaction(
            rows[number % len(rows)]["id"], executionDate=day, valueDate=day
        )
        self.do_read_again(provider, setting, history, None)
        self.registered("waiting", provider).filtered(
            lambda record: record.reason == "changed"
        ).with_user(self.bookkeeper).action_import()

    def do_book_undated(self, provider, setting, history, row):
        """The bank books, and tells of which day only after a pull."""
        before = {each["id"] for each in self.bank.transactions(history.account_id)}
        self.do_book(provider, setting, history, [row])
        rows = self.bank.transactions(history.account_id)
        dates = {}
        for ponto_id in {each["id"] for each in rows} - before:
            attributes = self.bank.transaction_record(ponto_id).attributes
            names = ("executionDate", "valueDate")
            dates[ponto_id] = {name: attributes[name] for name in names}
            attributes.update(dict.fromkeys(names))
        self.do_pull(provider, setting, history, None)
        for ponto_id, told in dates.items():
            self.bank.transaction_record(ponto_id).attributes.update(told)
        self.do_read_again(provider, setting, history, None)
