# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import itertools
from contextlib import contextmanager, suppress

from hypothesis import example, given
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import OTHER_IBAN
from .common_matching import CUSTOMER_IBAN, MatchingCase
from .histories import examples


class MatchedTextsCase(MatchingCase):
    """Lines whose texts the bank changes, and people who write meanwhile."""

    def setUp(self):
        super().setUp()
        self.serial = itertools.count(731)

    def book_and_pull(self, amount="121.00", text=None, **attributes):
        """Let the bank book a payment, pull it, and give its identifier and line."""
        before = self.lines(self.provider.journal_id)
        identifier = self.book(
            amount, "2026-07-10", remittanceInformation=text, **attributes
        )
        self.pull_scheduled(self.provider)
        return identifier, self.lines(self.provider.journal_id) - before

    def change(self, identifier, text, **attributes):
        """Let the bank change a transaction, and pull."""
        self.bank.update_transaction(
            identifier, remittanceInformation=text, **attributes
        )
        self.pull_scheduled(self.provider)
        self.env.invalidate_all()
        self.assertFalse(self.provider.ponto_failure)

    def choose_partner(self, line, partner):
        """Let a bookkeeper give a line a partner, or none."""
        line.with_user(self.bookkeeper).partner_id = partner
        self.env.invalidate_all()

    def assert_partner(self, line, partner):
        """Check the partner of a line, of its entry, and of what is open of it."""
        liquidity, suspense, _others = line._seek_for_lines()
        for record in (line, line.move_id, liquidity, suspense):
            if record:
                self.assertEqual(record.partner_id, partner)

    def documents(self):
        """Yield an amount and two documents of it, of two partners: what comes in, and
        what goes out."""
        for amount, move_type in ((121, "out_invoice"), (-88, "in_invoice")):
            documents = [
                self.invoice(
                    abs(amount),
                    partner=partner,
                    move_type=move_type,
                    ref=f"VF26/{next(self.serial):05d}",
                )
                for partner in (self.customer, self.other)
            ]
            yield f"{amount}.00", *documents

    def text_of(self, move):
        """Return what names a document."""
        return move.name if move.is_sale_document() else move.ref

    def check_policies(self, check):
        """Check something of feeds that settle, and of those that only suggest.

        :param check: of an amount and two documents of it, of two partners
        """
        for policy in ("certain", "suggest"):
            self.provider.ponto_match_policy = policy
            for documents in self.documents():
                with self.subTest(policy=policy, amount=documents[0]):
                    check(*documents)

    def use_dollars(self):
        """Let the feed be of a journal in dollars, without any rate."""
        dollar = self.env.ref("base.USD")
        dollar.active = True
        dollar.sudo().rate_ids.unlink()
        journal = self.create_journal()
        journal.currency_id = dollar
        self.account_id = self.bank.add_account(reference=OTHER_IBAN, currency="USD")
        self.provider = self.create_provider(
            journal_id=journal.id, ponto_match_policy="certain"
        )
        return dollar

    def read_amounts(self, line):
        """Return the amounts of a line's items, the bank account first."""
        self.env.flush_all()
        self.env.invalidate_all()
        liquidity, suspense, others = line._seek_for_lines()
        return [
            (item.debit, item.credit, item.amount_currency)
            for item in (liquidity, *suspense, *others)
        ]

    def create_analytic(self):
        """Return an analytic distribution."""
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        account = self.env["account.analytic.account"].sudo()
        account = account.create({"name": "Project", "plan_id": plan.id})
        return {str(account.id): 100}

    def correct_amount(self, line, amount):
        """Let somebody correct what an open line is worth in the company's currency."""
        amount = abs(amount) if line.amount > 0 else -abs(amount)
        liquidity, suspense, _others = line._seek_for_lines()
        line.move_id.with_context(skip_readonly_check=True).line_ids = [
            Command.update(liquidity.id, {"balance": amount}),
            Command.update(suspense.id, {"balance": -amount}),
        ]


@tagged("post_install", "-at_install")
class TestMatchesAndPeople(MatchedTextsCase):
    """What the bank's texts name, and what people wrote: that stays."""

    # === THE PARTNER === #

    def test_a_partner_that_a_person_chose_pays_for_nobody_else(self):
        def check(amount, _move, others):
            identifier, line = self.book_and_pull(amount)
            self.choose_partner(line, self.customer)
            self.change(identifier, self.text_of(others))
            self.assert_partner(line, self.customer)
            self.assert_open(line, others)
            self.assertIn(others.name, line.ponto_suggestion)

        self.check_policies(check)

    def test_what_a_person_chose_beats_the_account_number(self):
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.other.id}
        )

        def check(amount, _move, others):
            identifier, line = self.book_and_pull(
                amount, counterpartReference=CUSTOMER_IBAN
            )
            self.assert_partner(line, self.other)
            self.choose_partner(line, self.customer)
            self.change(identifier, self.text_of(others))
            self.assert_partner(line, self.customer)
            self.assert_open(line, others)

        self.check_policies(check)

    def test_a_contact_that_a_person_chose_stays_when_the_company_pays(self):
        contact = self.env["res.partner"].create(
            {"name": "Noordhof, delivery", "parent_id": self.customer.id}
        )
        for amount, move, _others in self.documents():
            with self.subTest(amount):
                identifier, line = self.book_and_pull(amount)
                self.choose_partner(line, contact)
                self.change(identifier, self.text_of(move))
                self.assert_settled(line, move)
                self.assert_partner(line, contact)
                self.change(identifier, "Nothing of ours")
                self.assert_open(line, move)
                self.assert_partner(line, contact)

    def guess_partner(self, partner):
        """Let another module give new lines a partner as they are made."""
        Line = self.env.registry["account.bank.statement.line"]
        create = Line.create

        def create_and_guess(lines, vals_list):
            created = create(lines, vals_list)
            created.partner_id = partner
            return created

        self.patch(Line, "create", create_and_guess)

    def test_a_partner_that_another_module_guessed_is_nobodys_choice(self):
        self.guess_partner(self.customer)

        def check(amount, move, others):
            _identifier, line = self.book_and_pull(amount, self.text_of(others))
            if self.provider.ponto_match_policy == "certain":
                self.assert_settled(line, others)
            self.assert_partner(line, self.other)

        self.check_policies(check)

    def test_a_guessed_partner_does_not_tell_two_bills_apart(self):
        self.guess_partner(self.customer)
        bills = [
            self.invoice(121, partner, move_type="in_invoice", ref="2026001")
            for partner in (self.customer, self.other)
        ]
        _identifier, line = self.book_and_pull(
            "-121.00", "Factuur 2026001", counterpartName="Bakkerij"
        )
        self.assert_open(line, *bills)
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.other.id}
        )
        _identifier, line = self.book_and_pull(
            "-121.00", "Factuur 2026001", counterpartReference=CUSTOMER_IBAN
        )
        self.assert_settled(line, bills[1])

    def test_a_partner_that_a_person_cleared_stays_cleared(self):
        nobody = self.env["res.partner"]
        self.provider.ponto_match_policy = "suggest"
        for amount, move, _others in self.documents():
            with self.subTest(amount):
                identifier, line = self.book_and_pull(amount, self.text_of(move))
                self.assert_partner(line, self.customer)
                self.choose_partner(line, nobody)
                self.change(
                    identifier, self.text_of(move), additionalInformation="More"
                )
                self.assertIn("More", line.narration)
                self.assert_partner(line, nobody)

    def test_a_partner_of_the_account_number_that_a_person_cleared_stays_cleared(self):
        nobody = self.env["res.partner"]
        self.env["res.partner.bank"].create(
            {"acc_number": CUSTOMER_IBAN, "partner_id": self.customer.id}
        )

        def check(amount, move, _others):
            identifier, line = self.book_and_pull(
                amount, counterpartReference=CUSTOMER_IBAN
            )
            self.assert_partner(line, self.customer)
            self.choose_partner(line, nobody)
            self.change(identifier, self.text_of(move))
            self.assert_partner(line, nobody)
            self.assert_open(line, move)
            self.assertIn(move.name, line.ponto_suggestion)

        self.check_policies(check)

    def test_a_partner_that_the_feed_named_follows_the_bank(self):
        def check(amount, move, others):
            identifier, line = self.book_and_pull(amount, self.text_of(move))
            self.assert_partner(line, self.customer)
            self.change(identifier, self.text_of(others))
            self.assert_partner(line, self.other)

        self.check_policies(check)

    def test_a_match_that_is_gone_takes_its_partner_along(self):
        invoice = self.invoice(121)
        identifier, line = self.book_and_pull(text=invoice.name)
        self.assert_settled(line, invoice)
        self.change(identifier, "Nothing of ours")
        self.assert_open(line, invoice)
        self.assert_partner(line, self.env["res.partner"])
        self.choose_partner(line, self.other)
        self.change(identifier, invoice.name)
        self.assert_open(line, invoice)
        self.assert_partner(line, self.other)

    def test_of_a_line_without_memory_a_partner_is_somebodys_choice(self):
        """As the earlier module of the name has left them."""

        def check(amount, _move, others):
            identifier, line = self.book_and_pull(amount)
            self.choose_partner(line, self.customer)
            line.sudo().ponto_written = False
            self.change(identifier, self.text_of(others))
            self.assertEqual(line.payment_ref, self.text_of(others))
            self.assert_partner(line, self.customer)
            self.assert_open(line, others)

        self.check_policies(check)

    def test_a_line_without_memory_and_partner_is_matched(self):
        def check(amount, move, others):
            identifier, line = self.book_and_pull(amount)
            line.sudo().write({"ponto_written": False, "raw_data": False})
            self.change(identifier, self.text_of(move))
            self.assert_partner(line, self.customer)
            self.change(identifier, self.text_of(others))
            self.assert_partner(line, self.other)

        self.check_policies(check)

    # === WHAT IS BOOKED === #

    def test_a_rate_that_came_later_changes_no_amount_of_what_is_settled(self):
        dollar = self.use_dollars()
        for sign, move_type in ((1, "out_invoice"), (-1, "in_invoice")):
            with self.subTest(move_type):
                dollar.sudo().rate_ids.unlink()
                move = self.invoice(
                    100,
                    move_type=move_type,
                    ref=f"VF26/{next(self.serial):05d}",
                    currency_id=dollar.id,
                )
                text = self.text_of(move)
                identifier, line = self.book_and_pull(
                    f"{100 * sign}.00", text, currency="USD"
                )
                self.assert_settled(line, move)
                before = self.read_amounts(line)
                self.set_rates("USD", {"2026-01-01": 2}, self.company)
                self.change(identifier, text, additionalInformation="More")
                self.assertIn("More", line.narration)
                self.assert_settled(line, move)
                self.assertEqual(self.read_amounts(line), before)
                self.change(identifier, "Nothing of ours")
                self.assert_open(line, move)
                self.assertEqual(self.read_amounts(line), before)

    def test_an_amount_that_somebody_corrected_outlives_a_match(self):
        dollar = self.use_dollars()
        self.set_rates("USD", {"2026-01-01": 2}, self.company)
        for sign, move_type in ((1, "out_invoice"), (-1, "in_invoice")):
            with self.subTest(move_type):
                move = self.invoice(
                    100,
                    move_type=move_type,
                    ref=f"VF26/{next(self.serial):05d}",
                    currency_id=dollar.id,
                )
                text = self.text_of(move)
                identifier, line = self.book_and_pull(
                    f"{100 * sign}.00", currency="USD"
                )
                self.correct_amount(line, 45.67)
                before = self.read_amounts(line)
                self.assertIn(45.67, before[0])
                for text_now in (text, f"Paying {text}", "Nothing of ours"):
                    self.change(identifier, text_now)
                    self.assertEqual(self.read_amounts(line), before)
                self.assert_open(line, move)

    def test_what_somebody_put_into_the_items_of_a_match_stays(self):
        for name, value in (
            ("analytic_distribution", self.create_analytic()),
            ("partner_id", self.other.id),
            ("name", "Typed by hand"),
        ):
            with self.subTest(name):
                invoice = self.invoice(121)
                identifier, line = self.book_and_pull(text=invoice.name)
                self.assert_settled(line, invoice)
                _liquidity, _suspense, item = line._seek_for_lines()
                item.with_context(skip_readonly_check=True).write({name: value})
                before = item.read([name])
                self.change(identifier, f"Paying {invoice.name}")
                self.assertEqual(item.exists().read([name]), before)
                self.assert_settled(line, invoice)
                waiting = self.registered("waiting")[-1:]
                self.assertEqual(waiting.statement_line_id, line)
                self.assertEqual(waiting.reason, "text_changed")

    def test_what_somebody_put_on_the_bank_account_stays(self):
        value = self.create_analytic()
        invoice = self.invoice(121)
        identifier, line = self.book_and_pull(text=invoice.name)
        liquidity, _suspense, _others = line._seek_for_lines()
        liquidity.analytic_distribution = value
        for text, check in (
            (f"Paying {invoice.name}", self.assert_settled),
            ("Nothing of ours", self.assert_open),
        ):
            self.change(identifier, text)
            self.assertEqual(line.payment_ref, text)
            self.assertEqual(liquidity.exists().analytic_distribution, value)
            check(line, invoice)

    def test_what_somebody_put_on_an_open_item_is_not_settled_away(self):
        for name, value in (
            ("analytic_distribution", self.create_analytic()),
            ("partner_id", self.other.id),
            ("name", "Typed by hand"),
        ):
            for policy in ("certain", "suggest"):
                with self.subTest(f"{name} {policy}"):
                    self.provider.ponto_match_policy = policy
                    invoice = self.invoice(121)
                    identifier, line = self.book_and_pull()
                    _liquidity, suspense, _others = line._seek_for_lines()
                    suspense.write({name: value})
                    before = suspense.read([name])
                    self.change(identifier, invoice.name)
                    self.assertEqual(line.payment_ref, invoice.name)
                    self.assertEqual(suspense.exists().read([name]), before)
                    self.assert_open(line, invoice)

    # === UNDONE === #

    def test_what_somebody_undid_at_another_rate_stays_undone(self):
        dollar = self.use_dollars()
        self.set_rates("USD", {"2026-06-01": 1.25, "2026-07-01": 1.1}, self.company)
        self.provider.ponto_match_policy = "suggest"
        invoice = self.invoice(110, currency_id=dollar.id)
        identifier, line = self.book_and_pull("110.00", invoice.name, currency="USD")
        line = line.with_user(self.bookkeeper)
        line.action_ponto_accept()
        self.assert_settled(line, invoice)
        line.action_undo_reconciliation()
        self.assert_open(line, invoice)
        self.assertFalse(line.ponto_suggestion)
        self.provider.ponto_match_policy = "certain"
        self.change(identifier, f"Paying {invoice.name}")
        self.assert_open(line, invoice)

    # === TO CHECK === #

    def test_a_match_that_somebody_wants_to_check_waits(self):
        invoice = self.invoice(121)
        identifier, line = self.book_and_pull(text=invoice.name)
        self.assert_settled(line, invoice)
        line.with_user(self.bookkeeper).checked = False
        for text in (f"Paying {invoice.name}", "Nothing of ours"):
            self.change(identifier, text)
            self.assertFalse(line.checked)
            self.assert_settled(line, invoice)
            self.assertEqual(self.registered("waiting").reason, "text_changed")


class Undo(Exception):
    """Ends the savepoint of an example."""


@tagged("post_install", "-at_install")
class TestMatchLaws(MatchedTextsCase):
    """Whatever the bank writes, and whatever people do meanwhile."""

    def test_no_sequence_of_texts_changes_what_people_wrote(self):
        dollar = self.use_dollars()
        self.third = self.env["res.partner"].create({"name": "Garage Valmont"})
        self.distribution = self.create_analytic()
        self.texts = ["Nothing of ours", "Thank you"]
        self.texts += [
            self.invoice(100, partner=partner, currency_id=dollar.id).name
            for partner in (self.customer, self.other)
        ]
        step = st.tuples(
            st.sampled_from(
                ("text", "text", "partner", "check", "item", "amount", "rate", "import")
            ),
            st.integers(0, 7),
        )

        @examples(15, 300)
        @given(st.sampled_from(("certain", "suggest")), st.lists(step, max_size=9))
        @example("certain", [("text", 3), ("partner", 1)])
        @example("certain", [("text", 2), ("check", 0), ("text", 0), ("import", 0)])
        def check(policy, steps):
            with suppress(Undo), self.env.cr.savepoint():
                self.provider.ponto_match_policy = policy
                identifier, line = self.book_and_pull("100.00", currency="USD")
                self.registry.clear_all_caches()
                try:
                    self.live_through(identifier, line, [*steps, ("text", 2)])
                finally:
                    self.bank.remove_transaction(identifier)
                raise Undo

        check()

    def live_through(self, identifier, line, steps):
        """Let bank and people write."""
        self.identifier = identifier
        #: What people wrote: {(record, name of a field): value}.
        self.wrote = {}
        #: The partner that the feed has written last.
        self.partner = line.partner_id
        for name, number in steps:
            getattr(self, f"do_{name}")(line, number)

    def do_text(self, line, number):
        """The bank writes another text."""
        text = f"{self.texts[number % 4]} {'again ' * (number // 4)}"
        with self.check_stays(line):
            self.change(self.identifier, text, endToEndId=f"E2E-{number}")

    def do_import(self, line, _number):
        """Somebody takes over the texts that wait."""
        with self.check_stays(line):
            waiting = self.registered("waiting", self.provider)
            if waiting and line._ponto_is_worked_on():
                # That is undone first.
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    waiting.with_user(self.bookkeeper).action_import()
                return
            waiting.with_user(self.bookkeeper).action_import()

    @contextmanager
    def check_stays(self, line):
        """Check that what people wrote stays, and amounts do."""
        before = self.read_amounts(line)[0]
        yield
        self.assertEqual(self.read_amounts(line)[0], before)
        for (record, name), value in self.wrote.items():
            self.assertEqual(record.exists()[name], value, (record, name))
        if (line, "partner_id") not in self.wrote:
            self.partner = line.partner_id

    def do_partner(self, line, number):
        """Somebody chooses a partner, or none; of what is settled, Odoo wants that
        undone first. The items are made anew."""
        chosen = (self.third, self.env["res.partner"])[number % 2]
        if line.partner_id == chosen:
            return
        kept = {(line, "checked"): line.checked}
        if len(line.line_ids) > 2 or line.is_reconciled:
            line.with_user(self.bookkeeper).action_undo_reconciliation()
            # Which gives back the partner of before; who chooses that changes nothing.
            self.partner = line.partner_id
            kept = {}
        self.choose_partner(line, chosen)
        self.wrote = kept
        if chosen != self.partner:
            self.wrote[line, "partner_id"] = chosen

    def do_check(self, line, number):
        """Somebody wants to check the line, or has."""
        line.with_user(self.bookkeeper).checked = bool(number % 2)
        self.wrote[line, "checked"] = bool(number % 2)

    def do_item(self, line, number):
        """Somebody puts something into one of the items."""
        liquidity, _suspense, _others = line._seek_for_lines()
        items = liquidity + (line.line_ids - liquidity)
        item = items[number % len(items)]
        # Label and partner of the bank account's item are those of the line.
        name, value = (
            ("analytic_distribution", self.distribution),
            ("name", "Typed by hand"),
            ("partner_id", self.third),
        )[0 if item == liquidity else number % 3]
        item.with_context(skip_readonly_check=True)[name] = value
        self.wrote[item, name] = value

    def do_rate(self, _line, number):
        """Somebody enters the rate of the day."""
        self.set_rates("USD", {"2026-01-01": 1 + number}, self.company)

    def do_amount(self, line, number):
        """Somebody corrects what an open line is worth."""
        if len(line.line_ids) == 2 and not line.is_reconciled:
            self.correct_amount(line, 40 + number)
