# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What matching works with, and what it answers.

Amounts are Decimal, rounded as their currency rounds, and signed as in Odoo: money
that comes in and what customers owe is positive, money that goes out and what we owe
is negative. Currencies are ISO 4217 codes. Partners are commercial entities.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# === HOW A MATCH IS KNOWN === #

#: Certain, in the order in which one is named where several hold.
BY_REFERENCE = "reference"
BY_NUMBER = "number"
BY_END_TO_END_ID = "end_to_end_id"

#: Likely, best first.
NAMED = "named"
PARTNER_AMOUNT = "partner_amount"
PARTNER_TWINS = "partner_twins"
PARTNER_SUM = "partner_sum"
NAME_AMOUNT = "name_amount"
NAME_TWINS = "name_twins"
NAME_SUM = "name_sum"
LATE_DISCOUNT = "late_discount"
PART_PAYMENT = "part_payment"
OVERPAYMENT = "overpayment"
OTHER_CURRENCY = "other_currency"

#: What a person has chosen.
CHOSEN = "chosen"

# === WHY NOTHING IS CERTAIN === #

OWN_ACCOUNT = "own_account"
NO_AMOUNT = "no_amount"
NOTHING_NAMED = "nothing_named"
WRONG_CHECK_DIGITS = "wrong_check_digits"
UNKNOWN_NUMBER = "unknown_number"
UNKNOWN_REFERENCE = "unknown_reference"
CLOSED = "closed"
NOT_POSTED = "not_posted"
AMBIGUOUS = "ambiguous"
FRAGMENT = "fragment"
NUMBER_IN_PART = "number_in_part"
CAN_BE_DATE = "can_be_date"
CONTRADICTION = "contradiction"
OTHER_PARTNER = "other_partner"
SET_OFF = "set_off"
CURRENCY_DIFFERS = "currency_differs"
AMOUNT_DIFFERS = "amount_differs"
SEVERAL_WAYS = "several_ways"
TAKEN = "taken"

RECEIVABLE = "asset_receivable"
PAYABLE = "liability_payable"


@dataclass(frozen=True, slots=True)
class BankLine:
    """A bank statement line that is not reconciled.

    :ivar amount: in the journal's `currency`
    :ivar foreign_amount: what the bank says it was in `foreign_currency`, or None
    :ivar company_amount: in the company's currency
    :ivar texts: the bank's own texts, never a label made from them
    :ivar account_number: the counterpart's, as the bank writes it
    :ivar known_partner_ids: whose account that is, by the account numbers in the books;
        never guessed from a name
    :ivar chosen_partner_id: whom a person has chosen, whatever the bank says; 0 if
        nobody has
    :ivar journal_id: the bank journal that it is in
    :ivar undone: what was settled with it, and undone by a person: sets of items
    :ivar rates: of a line in the company's currency, what one unit of another currency
        was worth in it on its day, as far as the books have a rate
    """

    id: int
    date: date
    amount: Decimal
    currency: str
    company_amount: Decimal
    foreign_amount: Decimal | None = None
    foreign_currency: str = ""
    texts: tuple[str, ...] = ()
    counterpart_name: str = ""
    account_number: str = ""
    known_partner_ids: frozenset[int] = frozenset()
    chosen_partner_id: int = 0
    end_to_end_id: str = ""
    journal_id: int = 0
    undone: frozenset[frozenset[int]] = frozenset()
    rates: dict[str, Decimal] = field(default_factory=dict, compare=False)

    @property
    def payer_ids(self):
        """Who pays or is paid, as far as a person or the account number tells."""
        if self.chosen_partner_id:
            return frozenset({self.chosen_partner_id})
        return self.known_partner_ids

    @property
    def transaction_currency(self):
        """The currency in which was paid."""
        return self.foreign_currency or self.currency

    def amount_in(self, currency):
        """Return what the line is worth in a currency; None where only a rate says.

        As Odoo does: first the currency of the transaction, then the journal's.

        :param str currency:
        :rtype: Decimal
        """
        if currency == self.foreign_currency:
            return self.foreign_amount
        return self.amount if currency == self.currency else None

    def in_transaction(self, amount, currency):
        """Return a part of the line in the transaction's currency, at its own rate.

        :param Decimal amount: in a currency in which the line has an amount
        :param str currency:
        :rtype: Decimal
        """
        if currency == self.transaction_currency:
            return amount
        part = self.foreign_amount * amount / self.amount
        return part.quantize(self.foreign_amount, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A posted journal item of a receivable or payable account, not reconciled; or what
    a payment that somebody has registered before waits for, on its outstanding account.

    :ivar document_id: what a number names as a whole: all instalments of an invoice
        have the same one, items of other entries each their own
    :ivar names: the number that we gave, the other side's reference, and any other
        text that as a whole names the document
    :ivar payment_reference: what is to be written on a payment, structured or not
    :ivar amount: what it was at first; a discount needs it untouched
    :ivar company_residual: the residual in the company's currency
    :ivar discount_amount: what settles it when paid until `discount_date`, or None
    :ivar end_to_end_ids: of payments of ours that are to settle it
    :ivar journal_id: of a registered payment, the bank journal in which it is to come;
        else 0
    :ivar paid_document_ids: what that payment has paid in the books
    """

    id: int
    document_id: int
    account_type: str
    partner_id: int
    partner_name: str
    currency: str
    amount: Decimal
    residual: Decimal
    company_residual: Decimal
    due_date: date
    names: tuple[str, ...] = ()
    payment_reference: str = ""
    discount_date: date | None = None
    discount_amount: Decimal | None = None
    end_to_end_ids: tuple[str, ...] = ()
    journal_id: int = 0
    paid_document_ids: tuple[int, ...] = ()

    def may_come_in(self, line):
        """Tell whether a line is in a bank journal in which the item can be paid.

        :param BankLine line:
        :rtype: bool
        """
        return self.journal_id in (0, line.journal_id)

    def discounted(self, line):
        """Return what settles the item if a line pays it; None: no discount, or late.

        :param BankLine line:
        :rtype: Decimal
        """
        if self.has_discount(line) and line.date <= self.discount_date:
            return self.discount_amount
        return None

    def has_discount(self, line):
        """Tell whether there is a discount for those who pay early as a line pays.

        As in Odoo: paid in the document's own currency, and nothing paid before.

        :param BankLine line:
        :rtype: bool
        """
        return bool(
            self.discount_amount
            and self.discount_date
            and self.discount_amount != self.residual == self.amount
            and self.currency == line.transaction_currency
        )


@dataclass(frozen=True, slots=True)
class ClosedDocument:
    """A document that has no open item: paid or reversed; a draft, or cancelled.

    Its numbers are known, so that they are certain for nothing else.
    """

    document_id: int
    partner_id: int
    names: tuple[str, ...] = ()
    payment_reference: str = ""
    is_posted: bool = True


@dataclass(frozen=True, slots=True)
class Company:
    """What a text may say of the company itself.

    :ivar names: its names, which identify nothing
    :ivar account_numbers: its bank accounts: what goes between them settles nothing
    """

    names: tuple[str, ...] = ()
    account_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a line does to an open item.

    `amount` is what of the residual goes away, in the item's currency and with its
    sign; of that, `discount` is what is granted and not paid. `company_amount` is what
    the line pays for it in the company's currency, where a rate tells.
    """

    item_id: int
    amount: Decimal
    discount: Decimal = Decimal(0)
    company_amount: Decimal | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Match:
    """A way to settle items with a line.

    :ivar reason: one of the ways above
    :ivar settlements: in the order of due dates
    :ivar names: what in the text names them, as written there
    :ivar rest: what of the line stays open, in its transaction's currency
    :ivar obstacle: for a suggestion, what keeps a named match from being certain
    """

    reason: str
    settlements: tuple[Settlement, ...]
    names: tuple[str, ...] = ()
    rest: Decimal = Decimal(0)
    obstacle: str = ""

    @property
    def item_ids(self):
        """The items that are settled, in whole or in part."""
        return frozenset(settlement.item_id for settlement in self.settlements)


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What is known of a line.

    :ivar certain: the one match beyond doubt, or None
    :ivar suggestions: likely ones, best first; none where one is certain
    :ivar obstacle: why nothing is certain, one of the reasons above
    :ivar obstacle_names: what in the text that is about
    """

    line_id: int
    certain: Match | None = None
    suggestions: tuple[Match, ...] = ()
    obstacle: str = ""
    obstacle_names: tuple[str, ...] = ()
