"""The engine's rules over a year: what is certain, what is likely, what is wrong.

The addon's folder has to be on the path.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from engine import open_items
from engine.settlement import match_lines

_PAYABLE = ("in_invoice", "in_refund")


def books_of(week, year):
    """Return the engine's view of the books in a week.

    :return: (open items, closed documents, company)
    """
    items = tuple(
        open_item(item, document, week.residuals[item.id])
        for document in week.open_documents
        for item in document.items
        if item.id in week.residuals
    )
    closed = tuple(
        open_items.ClosedDocument(
            document.id,
            document.partner.id,
            (document.number, document.reference),
            document.payment_reference,
        )
        for document in week.closed
    )
    return items, closed, open_items.Company((year.company_name,), year.accounts)


def open_item(item, document, residual):
    """Return an item as the engine takes it.

    :rtype: open_items.OpenItem
    """
    is_payable = document.type in _PAYABLE
    return open_items.OpenItem(
        id=item.id,
        document_id=document.id,
        account_type=open_items.PAYABLE if is_payable else open_items.RECEIVABLE,
        partner_id=document.partner.id,
        partner_name=document.partner.name,
        currency=document.currency,
        amount=item.amount,
        residual=residual,
        company_residual=(residual / document.rate).quantize(Decimal("0.01")),
        due_date=item.due,
        names=(document.number, document.reference),
        payment_reference=document.payment_reference,
        discount_date=item.discount_until,
        discount_amount=item.discounted,
        end_to_end_ids=(document.end_to_end_id,) if document.end_to_end_id else (),
    )


def bank_line(payment, partners):
    """Return a payment as the engine takes it.

    :param dict partners: identifiers by account number, of those that are known
    :rtype: open_items.BankLine
    """
    known = partners.get(payment.account)
    return open_items.BankLine(
        id=payment.id,
        date=payment.day,
        amount=payment.amount,
        currency=payment.currency,
        company_amount=payment.company_amount,
        foreign_amount=payment.foreign_amount,
        foreign_currency=payment.foreign_currency,
        texts=payment.texts,
        counterpart_name=payment.name,
        account_number=payment.account,
        known_partner_ids=frozenset() if known is None else frozenset({known}),
        end_to_end_id=payment.end_to_end_id,
    )


def known_accounts(year):
    """Return the partners by account number, as far as the books know them."""
    return {
        document.partner.account: document.partner.id
        for document in year.documents
        if document.partner.is_account_known
    }


@dataclass
class Score:
    """How a year went, by kind and in all."""

    counts: dict = field(default_factory=lambda: defaultdict(Counter))
    wrong: list = field(default_factory=list)

    def add(self, payment, outcome):
        """Count one line."""
        truth = frozenset(payment.settles)
        count = self.counts[payment.kind]
        count["lines"] += 1
        count["has an item"] += bool(truth)
        count["by reference"] += payment.by_reference
        if outcome.certain:
            is_right = pieces(outcome.certain) == truth
            count["certain"] += is_right
            count["certain by reference"] += is_right and payment.by_reference
            count["wrong"] += not is_right
            if not is_right:
                self.wrong.append((payment, outcome))
        elif outcome.suggestions:
            is_right = pieces(outcome.suggestions[0]) == truth
            count["first suggestion"] += is_right
            count["other first suggestion"] += not is_right

    def total(self, what):
        """Return a count over all kinds."""
        return sum(count[what] for count in self.counts.values())

    @property
    def share_by_reference(self):
        """What is certain of all that can be settled by reference."""
        return self.total("certain by reference") / self.total("by reference")

    @property
    def share_right(self):
        """What is certain or the first suggestion of all that has an open item."""
        right = self.total("certain") + self.total("first suggestion")
        return right / self.total("has an item")


def pieces(match):
    """Return a match as the truth of a payment is written."""
    return frozenset(
        (one.item_id, one.amount, one.discount) for one in match.settlements
    )


def outcomes_of(year):
    """Yield (payment, outcome) for a whole year, a week at a time."""
    partners = known_accounts(year)
    for week in year.weeks():
        lines = [bank_line(payment, partners) for payment in week.payments]
        outcomes = match_lines(lines, *books_of(week, year))
        yield from zip(week.payments, outcomes, strict=True)


def score(year):
    """Match a whole year.

    :rtype: Score
    """
    result = Score()
    for payment, outcome in outcomes_of(year):
        result.add(payment, outcome)
    return result
