"""Runs inside Odoo's shell: a made-up year, week by week, and who settles what of it.

The environment says whose addons the database has (MATCHING_WAY) and where the year is
(MATCHING_TESTS). After each week a careful bookkeeper settles the rest, as the year
knows it; that part is the same for all, and is not measured.
"""

import json
import os
import sys
import time
from collections import Counter, defaultdict
from datetime import timedelta

sys.path.insert(0, os.environ["MATCHING_TESTS"])

from bookkeeping import make_year  # noqa: E402
from bookkeeping.ledger import COMPANY_ACCOUNT, COMPANY_NAME  # noqa: E402

from odoo import Command  # noqa: E402

CONTEXT = {"force_delete": True, "skip_readonly_check": True}
OURS = "account_statement_import_online_ponto"


class Meter:
    """Queries and seconds of finding what lines pay."""

    def __init__(self):
        self.batches = []

    def measure(self, function):
        """Return a function that is measured."""

        def measured(lines):
            cr = lines.env.cr
            queries, began = cr.sql_log_count, time.process_time()
            wall = time.perf_counter()
            found = function(lines)
            self.batches.append(
                {
                    "lines": len(lines),
                    "queries": cr.sql_log_count - queries,
                    "cpu_s": time.process_time() - began,
                    "wall_s": time.perf_counter() - wall,
                }
            )
            return found

        return measured


class Books:
    """The year's documents and payments in Odoo."""

    def __init__(self, env, year):
        self.year = year
        company = env.company
        if not company.chart_template:
            env["account.chart.template"].try_loading("generic_coa", company)
        company.name = COMPANY_NAME
        env.ref("base.EUR").active = env.ref("base.USD").active = True
        company.currency_id = env.ref("base.EUR")
        self.env = env = env(context={**env.context, "tracking_disable": True})
        self.journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
        self.journal.set_bank_account(COMPANY_ACCOUNT)
        self.partners, self.moves, self.items, self.terms = {}, {}, {}, {}

    def partner(self, partner):
        """Return a partner, with the account number if the books know it."""
        if partner.id not in self.partners:
            self.partners[partner.id] = self.env["res.partner"].create(
                {
                    "name": partner.name,
                    "bank_ids": [Command.create({"acc_number": partner.account})]
                    if partner.is_account_known
                    else [],
                }
            )
        return self.partners[partner.id]

    def term(self, document):
        """Return the payment terms of a document."""
        first = document.items[0]
        granted = 0
        if first.discounted is not None:
            granted = round(float(1 - first.discounted / first.amount) * 100, 4)
        key = len(document.items), granted
        if key not in self.terms:
            self.terms[key] = self.env["account.payment.term"].create(
                {
                    "name": str(key),
                    "early_discount": bool(granted),
                    "discount_percentage": granted,
                    "discount_days": 10,
                    "line_ids": [
                        Command.create(
                            {
                                "value": "percent",
                                "value_amount": 100 / key[0],
                                "nb_days": 30 * (place + 1),
                            }
                        )
                        for place in range(key[0])
                    ],
                }
            )
        return self.terms[key]

    def issue(self, document):
        """Post a document."""
        sign = -1 if document.type in ("out_refund", "in_invoice") else 1
        values = {
            "move_type": document.type,
            "name": document.number,
            "ref": document.reference,
            "partner_id": self.partner(document.partner).id,
            "invoice_date": document.day,
            "date": document.day,
            "currency_id": self.env.ref(f"base.{document.currency}").id,
            "payment_reference": document.payment_reference,
            "invoice_payment_term_id": self.term(document).id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": "Goods",
                        "price_unit": float(document.total * sign),
                        "tax_ids": [],
                    }
                )
            ],
        }
        move = self.env["account.move"].create(values)
        if document.rate != 1:
            move.invoice_currency_rate = float(document.rate)
        move.action_post()
        move.payment_reference = document.payment_reference
        self.moves[document.id] = move
        lines = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        lines = lines.sorted(lambda line: (line.date_maturity, line.id))
        for item, line in zip(document.items, lines, strict=True):
            self.items[item.id] = line
            if line.amount_currency != float(item.amount):
                raise ValueError(f"{document.number}: {line.amount_currency}")

    def book_documents(self, until):
        """Post all documents of before a day."""
        for document in self.year.documents:
            if document.day < until and document.id not in self.moves:
                self.issue(document)

    def what_was_settled(self, payment, line):
        """Return what a line has settled of the year's items: {item: (paid, all)}."""
        by_line = {record: item_id for item_id, record in self.items.items()}
        settled = {}
        partials = line.line_ids.matched_debit_ids | line.line_ids.matched_credit_ids
        for partial in partials:
            for record, amount in (
                (partial.debit_move_id, partial.debit_amount_currency),
                (partial.credit_move_id, -partial.credit_amount_currency),
            ):
                if record in by_line:
                    item_id = by_line[record]
                    settled[item_id] = round(settled.get(item_id, 0) + amount, 2)
                elif record.move_id != line.move_id and not (
                    record.move_id.journal_id
                    == self.env.company.currency_exchange_journal_id
                ):
                    settled[f"other {record.id}"] = amount
        return settled

    def settle_by_hand(self, payment, line):
        """Settle a line as the bookkeeper does, who knows the truth."""
        if line.is_reconciled or line._seek_for_lines()[2]:
            line.action_undo_reconciliation()
        _liquidity, suspense, _others = line._seek_for_lines()
        other = self.env["account.account"].search(
            [("account_type", "=", "expense")], limit=1
        )
        commands, left, pairs = [Command.delete(suspense.id)], suspense.balance, []
        for item_id, amount, _granted in payment.settles:
            record = self.items[item_id]
            share = float(amount) / record.amount_residual_currency
            balance = round(-record.amount_residual * share, 2)
            left = round(left - balance, 2)
            pairs.append(record)
            commands.append(
                Command.create(
                    {
                        "name": f"pays {record.id}",
                        "account_id": record.account_id.id,
                        "partner_id": record.partner_id.id,
                        "currency_id": record.currency_id.id,
                        "amount_currency": -float(amount),
                        "balance": balance,
                    }
                )
            )
        if left:
            commands.append(
                Command.create(
                    {"name": "rest", "account_id": other.id, "balance": left}
                )
            )
        line.with_context(**CONTEXT).line_ids = commands
        for record in pairs:
            own = line.line_ids.filtered(
                lambda each, name=f"pays {record.id}": each.name == name
            )
            (own | record).reconcile()


def vals_of(payment, journal):
    """Return the values of a line as importers make them."""
    return {
        "journal_id": journal.id,
        "date": payment.day,
        "amount": float(payment.amount),
        "payment_ref": " ".join(filter(None, payment.texts)) or payment.name or "/",
        "partner_name": payment.name or False,
        "account_number": payment.account or False,
        "ref": payment.end_to_end_id or False,
    }


def document_of(payment):
    """Return a payment as Ponto serves it."""
    moment = f"{payment.day}T00:00:00.000Z"
    return {
        "id": f"00000000-0000-4000-8000-{payment.id:012d}",
        "type": "transaction",
        "attributes": {
            "amount": float(payment.amount),
            "currency": payment.currency,
            "executionDate": moment,
            "valueDate": moment,
            "remittanceInformation": payment.texts[0] if payment.texts else None,
            "additionalInformation": "\n".join(payment.texts[1:]) or None,
            "counterpartName": payment.name or None,
            "counterpartReference": payment.account or None,
            "endToEndId": payment.end_to_end_id or None,
        },
    }


def import_by_ours(env, payments, provider):
    """Import payments as the feed does, but for reading them at Ponto."""
    from odoo.addons.account_statement_import_online_ponto.feed.booking import (
        create_lines,
    )

    records = env["ponto.transaction"].create(
        [
            {
                "provider_id": provider.id,
                "ponto_id": document_of(payment)["id"],
                "date": payment.day,
                "amount": float(payment.amount),
                "currency": payment.currency,
                "state": "new",
                "document": json.dumps(document_of(payment)),
            }
            for payment in payments
        ]
    )
    create_lines(records, env["ponto.pull"])
    return [record.statement_line_id for record in records]


class Way:
    """How lines come in and are settled: by Odoo's create, which account_reconcile_oca
    extends.

    One line at a time: of two that fit one invoice, and are created together, its
    second try to settle that would fail, and with it the import.
    """

    suggested = {}

    def __init__(self, books):
        self.books, self.env = books, books.env

    def bring_in(self, payments):
        """Import payments; return their lines."""
        Line = self.env["account.bank.statement.line"]
        return [Line.create(vals_of(each, self.books.journal)) for each in payments]

    def suggest(self, lines):
        """Find out what is suggested for the lines."""

    def measure(self):
        """Return what finding has cost."""
        return {"finding": [], "batch_of_200": {}}


class OurWay(Way):
    """By a feed that settles what is certain."""

    def __init__(self, books):
        super().__init__(books)
        from odoo.addons.account_statement_import_online_ponto.feed import (
            settling,
            settling_by_hand,
        )

        self.by_hand, self.settling, self.meter = settling_by_hand, settling, Meter()
        settling.find_outcomes = self.meter.measure(settling.find_outcomes)
        self.provider = self.env["online.bank.statement.provider"].create(
            {
                "journal_id": books.journal.id,
                "service": "ponto",
                "ponto_match_policy": "certain",
                "statement_creation_mode": "monthly",
            }
        )

    def bring_in(self, payments):
        return import_by_ours(self.env, payments, self.provider)

    def suggest(self, lines):
        records = lines[0].browse().union(*lines)
        self.suggested = self.by_hand.find_suggestions(records)

    def measure(self):
        weeks = list(self.meter.batches)
        lines = self.env["account.bank.statement.line"].search([], limit=200)
        for line in lines:
            line.action_undo_reconciliation()
        self.env.flush_all()
        self.env.invalidate_all()
        self.settling.find_outcomes(lines)
        return {"finding": weeks, "batch_of_200": self.meter.batches[-1]}


def judge(books, way, payment, line):
    """Return what became of a line: how it counts, and what it has settled."""
    truth = {item_id: float(paid) for item_id, paid, _ in payment.settles}
    settled = books.what_was_settled(payment, line)
    found = ["lines"]
    found += ["has an item"] * bool(truth) + ["by reference"] * payment.by_reference
    if settled and settled == truth:
        found += ["matched"] + ["matched by reference"] * payment.by_reference
        return found, settled, truth
    found.append("wrong" if settled else "open")
    match = way.suggested.get(line, (None, None))[0]
    if match and not settled:
        ids = {record.id: item_id for item_id, record in books.items.items()}
        pieces = {ids.get(one.item_id): float(one.amount) for one in match.settlements}
        is_right = pieces == truth
        found.append("first suggestion " + ("right" if is_right else "other"))
    return found, settled, truth


def run_week(books, way, week, outcome):
    """Import a week's payments, count what became of them, and settle the rest."""
    env = books.env
    books.book_documents(week.payments[0].day + timedelta(7))
    env.flush_all()
    began = time.perf_counter()
    lines = way.bring_in(week.payments)
    env.flush_all()
    outcome["import_s"] += time.perf_counter() - began
    way.suggest(lines)
    by_hand = []
    for payment, line in zip(week.payments, lines, strict=True):
        found, settled, truth = judge(books, way, payment, line)
        outcome["counts"][payment.kind].update(found)
        if "wrong" in found:
            outcome["wrong"].append([payment.kind, payment.texts, settled, truth])
        if "matched" not in found:
            by_hand.append((payment, line))
    for payment, line in by_hand:
        books.settle_by_hand(payment, line)
    env.flush_all()
    env.invalidate_all()


def main(env):
    """Run the year, and print as JSON what became of it."""
    year = make_year()
    books = Books(env, year)
    way = (OurWay if OURS in env.registry._init_modules else Way)(books)
    outcome = {"counts": defaultdict(Counter), "wrong": [], "import_s": 0.0}
    for week in year.weeks():
        run_week(books, way, week, outcome)
    print(json.dumps({**outcome, **way.measure()}))


main(env)  # noqa: F821
env.cr.rollback()  # noqa: F821
