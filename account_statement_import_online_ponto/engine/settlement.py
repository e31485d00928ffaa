# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which open items a bank line settles: beyond doubt, likely, or why neither.

Certain is only what the line itself names, by a structured reference, by document
numbers or by our own end-to-end id, and what adds up to its amount exactly in one way.
Whatever speaks against it, however little, leaves the decision to a person.
"""

from dataclasses import replace

from . import open_items, suggestions
from .books import make_books
from .evidence import read_evidence
from .open_items import Company, LineOutcome, Match
from .ways import currency_of, in_due_order, ways_to_add_up

_REASONS = (
    open_items.BY_REFERENCE,
    open_items.BY_NUMBER,
    open_items.BY_END_TO_END_ID,
)


def match_lines(lines, items, closed_documents=(), company=None, partner_names=None):
    """Tell for each line what it settles.

    The lines compete: an item that is certain for one is gone for all others, and of
    what is only likely, no more is suggested to all of them than is open; what somebody
    has undone takes nothing. The earlier line comes first, in the order given on the
    same day; but what is likely is suggested to those that name something before those
    that do not.

    :param lines: `open_items.BankLine`, not reconciled
    :param items: `open_items.OpenItem`, all that are open in the company
    :param closed_documents: `open_items.ClosedDocument`, so that the number of a paid
        invoice is known as such
    :param open_items.Company company:
    :param dict partner_names: names of partners who may be called like counterparts of
        the lines, by identifier; those of open items need not be among them
    :return: an `open_items.LineOutcome` for each line, in the order given
    :rtype: list[open_items.LineOutcome]
    """
    company = company or Company()
    books = make_books(lines, items, closed_documents, company, partner_names)
    order = sorted(range(len(lines)), key=lambda place: (lines[place].date, place))
    evidence, outcomes, taken = {}, {}, set()
    for place in order:
        evidence[place] = _read(lines[place], books)
        left_evidence = evidence[place].without(taken)
        outcomes[place] = _decide(lines[place], left_evidence, books, taken)
        certain = outcomes[place].certain
        if certain and certain.item_ids not in lines[place].undone:
            taken |= certain.item_ids
    left = {item.id: item.residual for item in items if item.id not in taken}
    order.sort(key=lambda place: outcomes[place].obstacle == open_items.NOTHING_NAMED)
    for place in order:
        outcome = outcomes[place]
        if outcome.certain or outcome.obstacle in _NOTHING_TO_SUGGEST:
            continue
        found = suggestions.suggest(
            lines[place], evidence[place].without(taken), books, outcome.obstacle, left
        )
        outcomes[place] = replace(outcome, suggestions=found)
        wanted = [one for one in found if one.item_ids not in lines[place].undone]
        for settlement in wanted[0].settlements if wanted else ():
            left[settlement.item_id] -= settlement.amount
    return [outcomes[place] for place in range(len(lines))]


def _read(line, books):
    """Return what a line says. What it hints at counts where it adds up, and nothing
    else is named.

    :rtype: Evidence
    """
    evidence = read_evidence(line, books)
    if not evidence.claims and suggestions.the_only_way(line, evidence.hints):
        return replace(evidence, claims=evidence.hints)
    return evidence


_NOBODY = frozenset({0})
_NOTHING_TO_SUGGEST = frozenset({open_items.OWN_ACCOUNT, open_items.NO_AMOUNT})


def _decide(line, evidence, books, taken):
    """Return the outcome of a line without suggestions.

    :param Evidence evidence: without what is certain for earlier lines
    :param taken: identifiers of the items that are
    """
    obstacle, names = _obstacle(line, evidence, books, taken)
    if obstacle:
        return LineOutcome(line.id, obstacle=obstacle, obstacle_names=names)
    names = tuple(claim.text for claim in evidence.claims)
    ways = ways_to_add_up(line, evidence.claims)
    if ways and len(ways) == 1:
        reasons = {claim.reason for claim in evidence.claims}
        reason = next(reason for reason in _REASONS if reason in reasons)
        return LineOutcome(line.id, Match(reason, in_due_order(ways[0], books), names))
    obstacle = open_items.SEVERAL_WAYS
    if ways == []:
        obstacle = open_items.AMOUNT_DIFFERS
        if any(ways_to_add_up(line, (claim,)) for claim in evidence.claims):
            obstacle = open_items.CONTRADICTION
    return LineOutcome(line.id, obstacle=obstacle, obstacle_names=names)


# === WHAT SPEAKS AGAINST IT === #


def _obstacle(line, evidence, books, taken):
    """Return (reason, what it is about) if nothing can be certain; else ("", ())."""
    if books.is_own_account(line.account_number):
        return open_items.OWN_ACCOUNT, ()
    if not line.amount:
        return open_items.NO_AMOUNT, ()
    if not evidence.claims:
        return open_items.NOTHING_NAMED, ()
    for claim in evidence.claims:
        if claim.doubt:
            return claim.doubt, (claim.text,)
    documents = [doc for claim in evidence.claims for doc in claim.documents]
    items = [item for document in documents for item in document.items]
    names = tuple(claim.text for claim in evidence.claims)
    for is_against, obstacle in (
        (not all(claim.documents for claim in evidence.claims), open_items.TAKEN),
        (_is_of_others(line, evidence), open_items.OTHER_PARTNER),
        (_is_set_off(documents, items), open_items.SET_OFF),
        (currency_of(line, items) is None, open_items.CURRENCY_DIFFERS),
        (_is_registered(line, items, books, taken), open_items.SEVERAL_WAYS),
    ):
        if is_against:
            return obstacle, names
    return "", ()


def _is_of_others(line, evidence):
    """Tell whether somebody else pays, or is paid: by a person's choice or the account
    number, or where only a number was given, by a name that another partner has.

    What is of nobody may be anybody's.
    """
    if line.payer_ids:
        return any(
            not document.partner_ids <= line.payer_ids | _NOBODY
            for claim in evidence.claims
            for document in claim.documents
        )
    called = evidence.called_partner_ids
    return bool(called) and any(
        not document.partner_ids & (called | _NOBODY)
        for claim in evidence.claims
        if claim.reason == open_items.BY_NUMBER
        for document in claim.documents
    )


def _is_set_off(documents, items):
    """Tell whether items would be set off against each other that people keep apart:
    those of customers and vendors, or what different partners owe and are owed."""
    partners = {partner for document in documents for partner in document.partner_ids}
    has_both_signs = len({item.residual > 0 for item in items}) > 1
    return len({item.account_type for item in items}) > 1 or (
        has_both_signs and len(partners) > 1
    )


def _is_registered(line, items, books, taken):
    """Tell whether somebody has registered a payment of this amount, but not yet of
    what: it may be of these items, and it is what the line settles then.

    :param items: what the line names
    """
    return any(
        one.journal_id
        and one.may_come_in(line)
        and not one.paid_document_ids
        and one.residual == line.amount_in(one.currency)
        and one not in items
        and one.id not in taken
        for partner in {item.partner_id for item in items}
        for one in books.by_partner.get(partner, ())
    )
