"""A whole year: how many of each kind, and what is open in which week."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from . import customers, others, vendors
from .ledger import COMPANY_ACCOUNT, COMPANY_NAME, SAVINGS_ACCOUNT, Ledger
from .records import Document, Payment

#: About five hundred lines.
CASES = {
    customers.structured: 70,
    customers.mistyped: 15,
    customers.number: 62,
    customers.number_in_part: 14,
    customers.several: 24,
    customers.several_unnamed: 10,
    customers.part_payment: 8,
    customers.overpayment: 8,
    customers.instalment: 5,
    customers.discount: 12,
    customers.late_discount: 5,
    customers.credit_note: 10,
    customers.for_another: 8,
    customers.twins: 5,
    customers.paid_twice: 5,
    customers.of_another_company: 6,
    customers.fragment: 8,
    customers.account_only: 22,
    customers.name_only: 8,
    customers.nameless: 6,
    customers.dollars: 8,
    customers.refunded_to_customer: 5,
    vendors.structured: 30,
    vendors.number: 30,
    vendors.our_number: 8,
    vendors.several: 8,
    vendors.end_to_end: 8,
    vendors.direct_debit: 18,
    vendors.same_number: 4,
    vendors.refund: 5,
    others.wage: 36,
    others.fee: 12,
    others.tax: 4,
    others.card: 18,
    others.transfer: 6,
}


@dataclass(frozen=True)
class Week:
    """Payments of a week, and the books on the day on which they are read.

    `residuals` has what is left of each open item; `closed` are documents without any.
    """

    payments: tuple[Payment, ...]
    residuals: dict[int, Decimal]
    open_documents: tuple[Document, ...]
    closed: tuple[Document, ...]


@dataclass(frozen=True)
class Year:
    """A company's documents, and the lines of its bank account in their order."""

    documents: tuple[Document, ...]
    payments: tuple[Payment, ...]
    company_name: str = COMPANY_NAME
    accounts: tuple[str, ...] = (COMPANY_ACCOUNT, SAVINGS_ACCOUNT)

    @property
    def items(self):
        """All items by their identifier.

        :rtype: dict[int, Item]
        """
        return {item.id: item for document in self.documents for item in document.items}

    def weeks(self):
        """Yield the year week by week; after each a bookkeeper settles all of it."""
        residuals = {item.id: item.amount for item in self.items.values()}
        place = 0
        while place < len(self.payments):
            end = self.payments[place].day + timedelta(7)
            payments = tuple(
                payment for payment in self.payments[place:] if payment.day < end
            )
            place += len(payments)
            issued = [document for document in self.documents if document.day < end]
            yield Week(
                payments,
                {key: residual for key, residual in residuals.items() if residual},
                tuple(one for one in issued if _is_open(one, residuals)),
                tuple(one for one in issued if not _is_open(one, residuals)),
            )
            for payment in payments:
                for item_id, amount, _granted in payment.settles:
                    residuals[item_id] -= amount


def _is_open(document, residuals):
    return any(residuals[item.id] for item in document.items)


def make_year(seed=2026):
    """Make a year.

    :param seed: another one makes another year
    :rtype: Year
    """
    ledger = Ledger(seed)
    cases = [case for case, count in CASES.items() for _ in range(count)]
    ledger.chance.shuffle(cases)
    for case in cases:
        case(ledger)
    payments = sorted(ledger.payments, key=lambda payment: (payment.day, payment.id))
    return Year(tuple(ledger.documents), tuple(payments))
