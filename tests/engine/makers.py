# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Values with what a test does not care about filled in; and laws.

What Hypothesis invents is the same in every run; PONTO_LONG=1 makes more.
"""

import itertools
import math
import os
from datetime import date, timedelta
from decimal import Decimal

from engine.entry import BEFORE_START, IMPORTED, NEW, Entry, Known
from engine.similar_lines import Line
from engine.statements import Statement
from hypothesis import given, settings
from hypothesis import strategies as st

_EXAMPLES = settings(
    derandomize=True,
    deadline=None,
    max_examples=2000 if os.environ.get("PONTO_LONG") else 30,
    print_blob=True,
)

TODAY = date(2026, 7, 15)
CENT = Decimal("0.01")

_numbers = itertools.count(1)

#: Few days and amounts, so that twins and near twins are frequent.
DAYS = st.integers(0, 6).map(lambda days: TODAY - timedelta(days=days))
AMOUNTS = st.sampled_from(["10.00", "-10.00", "-2.40", "0.00"]).map(Decimal)
MONEY = st.integers(-(10**9), 10**9).map(lambda cents: cents * CENT)


def law(*strategies):
    """Let a test hold for whatever these strategies make."""
    return lambda test: _EXAMPLES(given(*strategies)(test))


def make_entry(**values):
    """Return an entry of today."""
    defaults = {
        "ponto_id": f"id-{next(_numbers)}",
        "day": TODAY,
        "amount": Decimal("10.00"),
        "currency": "EUR",
        "label": "Rent July",
        "content_hash": "as it was",
    }
    return Entry(**{**defaults, **values})


def make_known(key, **values):
    """Return what the register has of a transaction of today."""
    defaults = {
        "key": key,
        "ponto_id": f"known-{key}",
        "day": TODAY,
        "amount": Decimal("10.00"),
        "currency": "EUR",
        "label": "Rent July",
        "fingerprint": "same",
        "content_hash": "as it was",
        "account_id": "account",
    }
    return Known(**{**defaults, **values})


def make_line(key, **values):
    """Return a line of today that somebody entered by hand."""
    defaults = {"key": key, "day": TODAY, "amount": Decimal("10.00")}
    return Line(**{**defaults, **values})


def make_statement(key, start, end, total=None, **values):
    """Return a statement; its lines come to what its balances say."""
    start, end = Decimal(start), Decimal(end)
    total = end - start if total is None else Decimal(total)
    return Statement(key, start, end, total, **values)


class Ponto:
    """What Ponto has given up, and what it was asked about that."""

    def __init__(self, gone=()):
        self.gone, self.asked = set(gone), []

    def is_gone(self, known):
        """Tell whether an identifier is gone."""
        self.asked.append(known.key)
        return known.key in self.gone


COUNT = 8
KEYS = st.integers(1, COUNT)
SETS_OF_KEYS = st.integers(0, 2**COUNT - 1).map(
    lambda bits: {key for key in range(1, COUNT + 1) if bits >> key - 1 & 1}
)
#: Of what a record may have, each once in a while the same as another one.
CHOICES = {
    "fingerprint": ["a", "b"],
    "content_hash": ["x", "y"],
    "account_id": ["account", "former"],
    "day": [TODAY, TODAY - timedelta(days=1), TODAY - timedelta(days=3)],
    "amount": [Decimal("10.00"), Decimal("-2.40")],
    "currency": ["EUR", "EUR", "USD"],
    "generation": [1, 2],
    "state": [NEW, IMPORTED, BEFORE_START],
    "has_successor": [False, False, True],
}


def choose(number):
    """Return the values that a number stands for: quicker than to draw each."""
    values = {}
    for name, choices in CHOICES.items():
        number, at = divmod(number, len(choices))
        values[name] = choices[at]
    return values


VALUES = st.integers(0, math.prod(map(len, CHOICES.values())) - 1).map(choose)


@st.composite
def registers(draw):
    """What a register may have, and what of it is gone."""
    rows = draw(st.lists(VALUES, min_size=1, max_size=COUNT))
    known = [make_known(key, **values) for key, values in enumerate(rows, 1)]
    chosen = draw(SETS_OF_KEYS)
    new = [each for each in known if each.key in chosen]
    return known, new, draw(SETS_OF_KEYS)
