# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Open items and bank lines with what a test does not care about filled in; laws.

What Hypothesis invents is the same in every run; PONTO_LONG=1 makes more.
"""

import itertools
import os
from datetime import date
from decimal import Decimal

from engine import open_items
from engine.settlement import match_lines
from hypothesis import given, settings

_EXAMPLES = settings(
    derandomize=True,
    deadline=None,
    max_examples=2000 if os.environ.get("PONTO_LONG") else 40,
    print_blob=True,
)
_numbers = itertools.count(1)

TODAY = date(2026, 7, 15)
DUE = date(2026, 7, 1)


def law(*strategies):
    """Let a test hold for whatever these strategies make."""
    return lambda test: _EXAMPLES(given(*strategies)(test))


def item(number="INV/2026/00042", residual="121.00", **changes):
    """Return an open item: of a customer invoice, or with what else is said."""
    identifier = next(_numbers)
    residual = Decimal(residual)
    is_payable = residual < 0
    values = {
        "id": identifier,
        "document_id": identifier,
        "account_type": open_items.PAYABLE if is_payable else open_items.RECEIVABLE,
        "partner_id": 1,
        "partner_name": "Bakkerij Noordhof BV",
        "currency": "EUR",
        "amount": residual,
        "residual": residual,
        "company_residual": residual,
        "due_date": DUE,
        "names": (number,),
    }
    return open_items.OpenItem(**values | changes)


def line(*texts, amount="121.00", **changes):
    """Return a bank line with these texts."""
    amount = Decimal(amount)
    values = {
        "id": next(_numbers),
        "date": TODAY,
        "amount": amount,
        "currency": "EUR",
        "company_amount": amount,
        "texts": texts,
    }
    return open_items.BankLine(**values | changes)


def closed(number, partner_id=1, **changes):
    """Return a document that is paid."""
    return open_items.ClosedDocument(next(_numbers), partner_id, (number,), **changes)


def outcome(of, items, closed_documents=(), company=None):
    """Return what is known of one line."""
    (result,) = match_lines([of], items, closed_documents, company)
    return result


def certain(of, items, closed_documents=(), company=None):
    """Return the items that a line settles beyond doubt, in order of their dues."""
    match = outcome(of, items, closed_documents, company).certain
    return [one.item_id for one in match.settlements] if match else None


def first(of, items, closed_documents=(), company=None):
    """Return (reason, items) of the best suggestion."""
    suggestions = outcome(of, items, closed_documents, company).suggestions
    best = suggestions[0] if suggestions else None
    return best and (best.reason, [one.item_id for one in best.settlements])


def known(*partner_ids):
    """Return the line's fields that say whose account number it has."""
    return {"known_partner_ids": frozenset(partner_ids)}
