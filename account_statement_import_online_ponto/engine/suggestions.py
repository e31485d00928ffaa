# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a bank line likely settles, best first, where nothing is certain."""

from decimal import ROUND_HALF_UP, Decimal

from . import open_items
from .open_items import Match, Settlement
from .sums import the_only_sum
from .ways import currency_of, in_due_order, joined, options_of

#: How many suggestions to offer at most.
LIMIT = 5
#: How many items of one partner to add up at most.
MAX_ITEMS = 60
_LEFT_OUT = (Decimal(0), None)
_BY_PARTNER = (
    open_items.PARTNER_AMOUNT,
    open_items.PARTNER_TWINS,
    open_items.PARTNER_SUM,
)
_BY_NAME = (open_items.NAME_AMOUNT, open_items.NAME_TWINS, open_items.NAME_SUM)


def suggest(line, evidence, books, obstacle, left):
    """Return what a line likely settles.

    :param open_items.BankLine line: for which nothing is certain
    :param evidence.Evidence evidence: what it says, without what is certain for others
    :param books.Books books:
    :param str obstacle: why nothing is certain
    :param dict left: what of items is left for the line, by identifier: none of what
        is certain for other lines, nor of what those were offered first
    :rtype: tuple[open_items.Match, ...]
    """
    found, seen = [], set()
    for match in _candidates(line, evidence, books, obstacle, left):
        if match.item_ids not in seen and _is_left(match, left):
            seen.add(match.item_ids)
            found.append(match)
        if len(found) == LIMIT:
            break
    return tuple(found)


def _is_left(match, left):
    """Tell whether a match settles no more than what other lines leave (bool)."""
    return all(
        abs(one.amount) <= abs(left[one.item_id]) and left[one.item_id]
        for one in match.settlements
    )


def _candidates(line, evidence, books, obstacle, left):
    yield from _named(line, evidence, books, obstacle)
    by_number, by_name = line.known_partner_ids, evidence.named_partner_ids
    if line.chosen_partner_id:
        by_number, by_name = frozenset(), line.payer_ids
    for partners, reasons in (
        (by_number, _BY_PARTNER),
        (by_name - by_number, _BY_NAME),
    ):
        items = [
            item
            for partner in sorted(partners)
            for item in books.by_partner.get(partner, ())
            if item.id in left
            and item.may_come_in(line)
            and line.amount_in(item.currency) is not None
        ]
        exact = list(_of_this_amount(line, evidence, books, items, reasons))
        yield from exact or _sets(line, evidence, books, items, reasons[2])
    yield from in_part(line, evidence, books)
    yield from in_other_currency(line, evidence, books)


# === NAMED, BUT NOT BEYOND DOUBT === #


def _named(line, evidence, books, obstacle):
    """Yield what the text names if it adds up, whatever else speaks against it."""
    if obstacle == open_items.CONTRADICTION:
        groups = [(claim,) for claim in evidence.claims]
    else:
        groups = [evidence.claims]
    for claims in groups:
        way = the_only_way(line, claims)
        if way:
            names = tuple(claim.text for claim in claims)
            yield Match(
                open_items.NAMED,
                in_due_order(joined(way), books),
                names,
                obstacle=obstacle,
            )


def the_only_way(line, claims):
    """Return the one way in which named documents add up, doubtful ones or not.

    :param open_items.BankLine line:
    :param claims: `evidence.Claim`
    :return: tuple of tuples of `open_items.Settlement`, or None
    """
    groups, known = [], set()
    for claim in sorted(claims, key=lambda claim: bool(claim.doubt)):
        documents = [
            document for document in claim.open_documents if document.id not in known
        ]
        known.update(document.id for document in documents)
        if claim.is_shared:
            groups += [([document], True) for document in documents]
        elif documents:
            groups.append((documents, bool(claim.doubt)))
    items = [item for group, _ in groups for doc in group for item in doc.items]
    currency = currency_of(line, items)
    if currency is None:
        return None
    choices = [
        [option for document in group for option in options_of(document, line)]
        + [_LEFT_OUT] * may_be_left_out
        for group, may_be_left_out in groups
    ]
    return the_only_sum(choices, line.amount_in(currency))


# === BY PARTNER AND AMOUNT === #


def _of_this_amount(line, evidence, books, items, reasons):
    """Yield single items of exactly this amount: the one, or the oldest of several.

    The one payment that is registered and waits for this amount is no twin of others.
    """
    named = {doc.id for claim in evidence.claims for doc in claim.documents}
    found = []
    for item in items:
        amount = line.amount_in(item.currency)
        discounted = item.discounted(line)
        if item.residual == amount:
            found.append((item, Settlement(item.id, amount)))
        elif discounted == amount:
            settlement = Settlement(item.id, item.residual, item.residual - amount)
            found.append((item, settlement))
    found.sort(
        key=lambda pair: (
            pair[0].document_id not in named,
            not pair[0].journal_id,
            books.places[pair[0].id],
        )
    )
    payments = [item for item, _settlement in found if item.journal_id]
    for item, settlement in found:
        is_the_one = len(found) == 1 or [item] == payments
        yield Match(reasons[0] if is_the_one else reasons[1], (settlement,))


def _sets(line, evidence, books, items, reason):
    """Yield for each partner the one set of items that adds up, named ones in it."""
    named = {
        document.id: document
        for claim in evidence.claims
        if not claim.doubt and not claim.is_shared
        for document in claim.documents
    }
    for partner, currency in sorted({(one.partner_id, one.currency) for one in items}):
        own = [
            one
            for one in items
            if (one.partner_id, one.currency) == (partner, currency)
        ]
        if not 1 < len(own) <= MAX_ITEMS:
            continue
        needed = dict.fromkeys(
            one.document_id for one in own if one.document_id in named
        )
        choices = [options_of(named[document_id], line) for document_id in needed]
        choices += [
            [*_options_of_item(item, line), _LEFT_OUT]
            for item in own
            if item.document_id not in needed
        ]
        way = the_only_sum(choices, line.amount_in(currency))
        if way:
            yield Match(reason, in_due_order(joined(way), books))


def _options_of_item(item, line):
    yield item.residual, (Settlement(item.id, item.residual),)
    discounted = item.discounted(line)
    if discounted is not None:
        granted = item.residual - discounted
        yield discounted, (Settlement(item.id, item.residual, granted),)


# === A CERTAIN REFERENCE, ANOTHER AMOUNT === #


def _items_named(evidence, books):
    """Return the open items that the line names without doubt, as they fall due."""
    items = {
        item.id: item
        for claim in evidence.claims
        if not claim.doubt
        for document in claim.documents
        for item in document.items
    }
    return sorted(items.values(), key=lambda item: books.places[item.id])


def in_part(line, evidence, books):
    """Yield what a line pays of what it names, or pays too much. Nothing is written
    off: what is not paid stays open."""
    items = _items_named(evidence, books)
    currency = currency_of(line, items)
    if currency is None:
        return
    amount = line.amount_in(currency)
    total = sum(item.residual for item in items)
    names = tuple(claim.text for claim in evidence.claims if not claim.doubt)
    if amount * total <= 0:
        return
    if abs(amount) > abs(total):
        settlements = tuple(Settlement(item.id, item.residual) for item in items)
        rest = line.in_transaction(amount - total, currency)
        yield Match(open_items.OVERPAYMENT, settlements, names, rest)
        return
    late = [
        item.discount_amount if item.has_discount(line) else item.residual
        for item in items
    ]
    if amount == sum(late) != total:
        pairs = zip(items, late, strict=True)
        settlements = tuple(Settlement(item.id, paid) for item, paid in pairs)
        yield Match(open_items.LATE_DISCOUNT, settlements, names)
    elif abs(amount) < abs(total):
        residuals = [item.residual for item in items]
        pairs = zip(items, _spread(amount, residuals), strict=True)
        settlements = tuple(Settlement(item.id, paid) for item, paid in pairs if paid)
        yield Match(open_items.PART_PAYMENT, settlements, names)


def _spread(amount, residuals):
    """Return what an amount pays of residuals, the first ones first.

    What has the other sign, credit notes, is used up before.
    """
    sign = 1 if amount > 0 else -1
    credit = sum(one for one in residuals if one * sign < 0)
    rest = abs(amount - credit)
    paid = []
    for residual in residuals:
        if residual * sign < 0:
            paid.append(residual)
            continue
        part = min(abs(residual), rest)
        rest -= part
        paid.append(part * sign)
    return paid


def in_other_currency(line, evidence, books):
    """Yield what a line pays of items in a currency for which it has no amount: at that
    day's rate, as Odoo does; without one, at the rate of their own entries."""
    items = _items_named(evidence, books)
    if len({item.currency for item in items}) != 1 or currency_of(line, items):
        return
    amount = line.company_amount
    values = [_value(item, line) for item in items]
    total = sum(values)
    if amount * total <= 0:
        return
    paid = values if abs(amount) >= abs(total) else _spread(amount, values)
    names = tuple(claim.text for claim in evidence.claims if not claim.doubt)
    settlements = tuple(
        Settlement(item.id, _share(item, part, value), company_amount=part)
        for item, part, value in zip(items, paid, values, strict=True)
        if part
    )
    yield Match(open_items.OTHER_CURRENCY, settlements, names)


def _value(item, line):
    """Return what an item is worth in the company's currency when a line pays it."""
    rate = line.rates.get(item.currency)
    if rate is None:
        return item.company_residual
    value = item.residual * rate
    return value.quantize(item.company_residual, rounding=ROUND_HALF_UP)


def _share(item, part, value):
    """Return the part of an item's residual that a part of its value is."""
    if part == value:
        return item.residual
    share = item.residual * part / value
    return share.quantize(item.residual, rounding=ROUND_HALF_UP)
