# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Lines that did not come from Ponto, and are similar to a transaction."""

import re
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .traits import DAYS_APART


@dataclass(frozen=True, repr=False)
class Line:
    """A statement line of the journal that did not come from Ponto.

    :ivar int key: of the line
    :ivar date day: the line's day
    :ivar Decimal amount: signed
    :ivar str account_number: the counterpart's, in letters and digits, or None
    :ivar tuple texts: label, reference, names of the counterpart; None among them
    """

    key: int
    day: date
    amount: Decimal
    account_number: str | None = None
    texts: tuple[str | None, ...] = ()

    def __repr__(self):
        return f"Line({self.key!r})"


def find_similar(new, lines):
    """Find what the journal has a similar line of, each line once.

    :param new: `Known` transactions with a day, in the order in which to choose
    :param lines: `Line` objects that are similar to no other transaction yet, in the
        order in which to choose
    :return: {key of the transaction: key of the line}
    :rtype: dict
    """
    lines = list(lines)
    by_spot = defaultdict(deque)
    for place, line in enumerate(lines):
        for mark in _find_marks(line.account_number, line.texts):
            by_spot[line.amount, line.day, mark].append(place)
    pairs, taken = {}, set()
    for known in new:
        found = []
        texts = known.label, known.counterpart_name
        for mark in _find_marks(known.account_number, texts) if known.day else ():
            for days in range(-DAYS_APART, DAYS_APART + 1):
                day = known.day + timedelta(days=days)
                places = by_spot.get((known.amount, day, mark))
                while places and places[0] in taken:
                    places.popleft()
                if places:
                    found.append(places[0])
        if found:
            taken.add(min(found))
            pairs[known.key] = lines[min(found)].key
    return pairs


def _find_marks(account_number, texts):
    """Return by what a line is similar to a transaction (set)."""
    numbers = {("number", account_number)} if account_number else set()
    plain = filter(None, map(_plain, texts))
    return numbers | {("text", text) for text in plain}


def _plain(text):
    """Return what of a text does not depend on who writes it."""
    return re.sub(r"[\W_]+", "", text or "").casefold()
