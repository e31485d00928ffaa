"""Kinds of payments to vendors, and what they pay back."""

from datetime import timedelta

from . import wording


def structured(ledger):
    """The vendor's communication."""
    bill = ledger.bill(ledger.partner(ledger.vendors), structured=True)
    text = wording.reference(ledger.chance, bill.payment_reference)
    ledger.pay("vendor structured", [bill], text)


def number(ledger):
    """The vendor's number within a sentence."""
    bill = ledger.bill(ledger.partner(ledger.vendors))
    text = wording.sentence(ledger.chance, bill.reference)
    ledger.pay("vendor number", [bill], text)


def our_number(ledger):
    """Our own number of the bill."""
    bill = ledger.bill(ledger.partner(ledger.vendors))
    ledger.pay("vendor, our number", [bill], bill.number)


def several(ledger):
    """Some bills of one vendor at once."""
    vendor, day = ledger.partner(ledger.vendors), ledger.day()
    bills = [
        ledger.bill(vendor, day + timedelta(place))
        for place in range(ledger.chance.randrange(2, 4))
    ]
    text = ", ".join(bill.reference for bill in bills)
    ledger.pay("vendor several", bills, text)


def end_to_end(ledger):
    """From a payment order of ours, whose identifier comes back."""
    identifier = f"PAY{ledger.count('order'):07d}"
    bill = ledger.bill(ledger.partner(ledger.vendors), end_to_end_id=identifier)
    ledger.pay("end to end", [bill], "", end_to_end_id=identifier)


def direct_debit(ledger):
    """The vendor takes it; the text has a mandate and a month."""
    bill = ledger.bill(ledger.partner(ledger.vendors, known=True))
    text = f"Domiciliering mandaat M{bill.partner.id:06d} {bill.day:%m/%Y}"
    ledger.pay("direct debit", [bill], text, by_reference=False, after=14)


def same_number(ledger):
    """Two vendors whose invoices have one number; the account tells whose it is."""
    day = ledger.day()
    first, second = ledger.chance.sample(
        [one for one in ledger.vendors if one.is_account_known], 2
    )
    reference = f"{4_000_000 + ledger.count('shared') * 13}"
    bills = [
        ledger.bill(first, day, reference=reference),
        ledger.bill(second, day, reference=reference),
    ]
    for bill in bills:
        ledger.pay("same number", [bill], f"factuur {reference}")


def refund(ledger):
    """A vendor pays a credit note back."""
    credit = ledger.vendor_refund(ledger.partner(ledger.vendors))
    ledger.pay("vendor refund", [credit], f"creditnota {credit.reference}")
