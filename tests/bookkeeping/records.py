"""What a year is made of. Amounts are signed as in Odoo's journal items."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Partner:
    """A customer or vendor; `is_account_known`: the books have the account number."""

    id: int
    name: str
    country: str
    account: str
    is_account_known: bool


@dataclass(frozen=True)
class Item:
    """What is to be paid on a day: an invoice, or one of its instalments."""

    id: int
    document_id: int
    due: date
    amount: Decimal
    discount_until: date | None = None
    discounted: Decimal | None = None


@dataclass(frozen=True)
class Document:
    """An invoice or credit note; `type` is the move type of Odoo.

    `rate` is what one unit of the company's currency is worth in the document's.
    """

    id: int
    type: str
    partner: Partner
    number: str
    reference: str
    payment_reference: str
    day: date
    currency: str
    rate: Decimal
    items: tuple[Item, ...]
    end_to_end_id: str = ""

    @property
    def total(self):
        """All of it, with its sign."""
        return sum(item.amount for item in self.items)


@dataclass(frozen=True)
class Payment:
    """A line of the bank statement, and the truth about it.

    `settles` has (item, amount, discount within it) for each item that a careful
    bookkeeper settles; `by_reference` tells whether the line's text is enough for that.
    """

    id: int
    kind: str
    day: date
    amount: Decimal
    texts: tuple[str, ...]
    name: str = ""
    account: str = ""
    currency: str = "EUR"
    company_amount: Decimal = Decimal(0)
    foreign_amount: Decimal | None = None
    foreign_currency: str = ""
    end_to_end_id: str = ""
    settles: tuple[tuple[int, Decimal, Decimal], ...] = ()
    by_reference: bool = False
