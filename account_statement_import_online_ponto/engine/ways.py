# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How documents can be what a line pays: all, with a discount, or in instalments."""

from decimal import Decimal

from .open_items import Settlement
from .sums import find_sums


def currency_of(line, items):
    """Return the one currency of items if the line has an amount in it, else None.

    :param open_items.BankLine line:
    :param items: `open_items.OpenItem`
    :rtype: str
    """
    currencies = {item.currency for item in items}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    return currency if line.amount_in(currency) is not None else None


def ways_to_add_up(line, claims):
    """Return the ways in which the named documents are what the line pays.

    All that is named counts; of a shared reference all documents, or one of them.

    :param open_items.BankLine line:
    :param claims: `evidence.Claim` without doubts, of items in one currency
    :return: at most two ways, tuples of `open_items.Settlement`; None where there are
        too many to tell
    :rtype: list
    """
    needed = _documents_of(claim for claim in claims if not claim.is_shared)
    shared = [
        documents
        for documents in dict.fromkeys(claim.documents for claim in claims)
        if not any(document.id in needed for document in documents)
    ]
    items = [item for doc in needed.values() for item in doc.items]
    items += [item for documents in shared for doc in documents for item in doc.items]
    choices = [options_of(document, line) for document in needed.values()]
    for documents in shared:
        choices += [
            [*options_of(document, line), (Decimal(0), None)] for document in documents
        ]
    ways = find_sums(choices, line.amount_in(currency_of(line, items)))
    if ways is None:
        return None
    ways = [joined(way) for way in ways]
    if len(ways) == 1 and not all(_is_one_or_all(ways[0], group) for group in shared):
        return []
    return ways


def _is_one_or_all(way, documents):
    """Tell whether of documents with one reference one is chosen, or all are."""
    settled = {settlement.item_id for settlement in way}
    chosen = [
        document
        for document in documents
        if any(item.id in settled for item in document.items)
    ]
    return len(chosen) in (1, len(documents))


def _documents_of(claims):
    """Return the documents of claims, each once.

    :param claims: `evidence.Claim`
    :return: `books.Document` by identifier
    :rtype: dict
    """
    return {doc.id: doc for claim in claims for doc in claim.documents}


def options_of(document, line):
    """Return what can be paid of a document: (amount, settlements).

    All of it; all with the discount for early payment; the first of its instalments.

    :param books.Document document: with open items in one currency
    :param open_items.BankLine line:
    :rtype: list
    """
    options, paid, settlements = [], Decimal(0), ()
    for item in document.items:
        discounted = item.discounted(line)
        if discounted is not None:
            granted = Settlement(item.id, item.residual, item.residual - discounted)
            options.append((paid + discounted, (*settlements, granted)))
        paid += item.residual
        settlements = (*settlements, Settlement(item.id, item.residual))
        options.append((paid, settlements))
    return options


def joined(way):
    """Return the settlements of a way, one after the other."""
    return tuple(settlement for settlements in way for settlement in settlements)


def in_due_order(settlements, books):
    """Return settlements in the order of the items' due dates.

    :param settlements: `open_items.Settlement`
    :param books.Books books:
    :rtype: tuple[Settlement, ...]
    """
    return tuple(sorted(settlements, key=lambda one: books.places[one.item_id]))
