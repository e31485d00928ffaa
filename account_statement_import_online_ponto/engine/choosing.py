# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a bank line does to the items that a person has chosen for it."""

from itertools import chain

from . import open_items
from .books import Document, make_books
from .evidence import Claim, Evidence
from .open_items import Company, Match
from .suggestions import in_other_currency, in_part, the_only_way
from .ways import in_due_order, joined


def choose(line, items):
    """Return what a line does to the items that a person has chosen.

    It pays them all if they add up, a discount included; else what it can, the first
    ones first, and nothing is written off.

    :param open_items.BankLine line:
    :param items: `open_items.OpenItem`, at least one
    :return: None where the line can pay nothing of them
    :rtype: open_items.Match
    """
    books = make_books((line,), items, (), Company())
    claims = tuple(
        Claim(
            open_items.CHOSEN,
            "",
            (Document(item.id, frozenset({item.partner_id}), (item,)),),
        )
        for item in items
    )
    way = the_only_way(line, claims)
    if way:
        return Match(open_items.CHOSEN, in_due_order(joined(way), books))
    evidence = Evidence(claims)
    candidates = chain(
        in_part(line, evidence, books),
        in_other_currency(line, evidence, books),
    )
    return next(candidates, None)
