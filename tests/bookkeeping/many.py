"""A batch of lines against very many open items, for measuring time."""

from dataclasses import replace

from engine import open_items

from . import matching
from .year import make_year

_YEARS_BACK = 14
_STEP = 100_000


def batch(line_count, item_count, closed_count):
    """Return lines of one year, and the books of many: each year as one of its own.

    :return: (lines, open items, closed documents)
    """
    year = make_year(1)
    partners = matching.known_accounts(year)
    lines = [matching.bank_line(one, partners) for one in year.payments[:line_count]]
    items = _items_of(year, 0)
    for back in range(1, _YEARS_BACK):
        items += _items_of(make_year(1 + back), back)
    return lines, items[:item_count], _closed(closed_count)


def _items_of(year, back):
    """Return all items of a year as open ones, moved back some years."""
    return [
        _moved(matching.open_item(item, document, item.amount), back)
        for document in year.documents
        for item in document.items
    ]


def _moved(item, back):
    if not back:
        return item
    names = (*item.names, item.payment_reference)
    *names, payment_reference = (
        name.replace("2026", str(2026 - back)) for name in names
    )
    return replace(
        item,
        id=item.id + back * _STEP,
        document_id=item.document_id + back * _STEP,
        partner_id=item.partner_id + back * _STEP,
        partner_name=f"{item.partner_name} {back}",
        names=tuple(names),
        payment_reference=payment_reference,
    )


def _closed(count):
    """Return closed invoices of older years, five thousand each."""
    documents = []
    for place in range(count):
        number = f"INV/{2025 - place // 5000}/{place % 5000 + 1:05d}"
        documents.append(
            open_items.ClosedDocument(
                -place - 1, place % 500, (number, f"PO-{place:06d}"), number
            )
        )
    return documents
