"""Kinds of receipts. Each function books one case, some of several lines."""

from datetime import timedelta
from decimal import Decimal

from . import wording
from .ledger import cents, whole


def structured(ledger):
    """The reference of the invoice, right, in one of its spellings."""
    invoice = ledger.invoice(ledger.partner(ledger.customers), structured=True)
    text = wording.reference(ledger.chance, invoice.payment_reference)
    ledger.pay("structured", [invoice], text)


def mistyped(ledger):
    """The reference with a typing error: a bookkeeper looks at who pays how much."""
    invoice = ledger.invoice(ledger.partner(ledger.customers), structured=True)
    text = wording.mistyped(ledger.chance, invoice.payment_reference)
    ledger.pay("mistyped", [invoice], text, by_reference=False)


def number(ledger):
    """The number within a sentence."""
    invoice = ledger.invoice(ledger.partner(ledger.customers))
    written = wording.full(ledger.chance, invoice.number)
    ledger.pay("number", [invoice], wording.sentence(ledger.chance, written))


def number_in_part(ledger):
    """The number without the letters."""
    invoice = ledger.invoice(ledger.partner(ledger.customers))
    written = wording.without_letters(ledger.chance, invoice.number)
    ledger.pay("number in part", [invoice], wording.sentence(ledger.chance, written))


def several(ledger):
    """Two to four invoices at once, all of them named."""
    partner, day = ledger.partner(ledger.customers), ledger.day()
    invoices = [
        ledger.invoice(partner, day + timedelta(place))
        for place in range(ledger.chance.randrange(2, 5))
    ]
    numbers = [invoice.number for invoice in invoices]
    ledger.pay("several", invoices, wording.several(ledger.chance, numbers))


def several_unnamed(ledger):
    """Two or three invoices at once, none of them named."""
    partner, day = ledger.partner(ledger.customers, known=True), ledger.day()
    invoices = [
        ledger.invoice(partner, day + timedelta(place), ledger.amount(30, 900))
        for place in range(ledger.chance.randrange(2, 4))
    ]
    text = ledger.chance.choice(wording.NOTHING)
    ledger.pay("several unnamed", invoices, text, by_reference=False)


def part_payment(ledger):
    """A part first, and later the rest."""
    invoice = ledger.invoice(ledger.partner(ledger.customers))
    (item,) = invoice.items
    part = cents(item.amount * ledger.chance.choice((Decimal("0.5"), Decimal("0.3"))))
    text = wording.reference(ledger.chance, invoice.payment_reference)
    ledger.pay(
        "part payment",
        [invoice],
        f"{text} deel",
        settles=((item.id, part, Decimal(0)),),
        after=15,
    )
    rest = ((item.id, item.amount - part, Decimal(0)),)
    ledger.pay("rest of it", [invoice], text, settles=rest, after=45)


def overpayment(ledger):
    """More than the invoice says."""
    invoice = ledger.invoice(ledger.partner(ledger.customers))
    text = wording.reference(ledger.chance, invoice.payment_reference)
    more = ledger.chance.choice((Decimal("0.10"), Decimal(10), Decimal("100.00")))
    ledger.pay("overpayment", [invoice], text, amount=invoice.total + more)


def instalment(ledger):
    """The first half of an invoice in two, then the second."""
    invoice = ledger.invoice(ledger.partner(ledger.customers), parts=2)
    first, second = invoice.items
    text = wording.reference(ledger.chance, invoice.payment_reference)
    for item, after in ((first, 28), (second, 58)):
        settles = (whole(item),)
        ledger.pay("instalment", [invoice], text, settles=settles, after=after)


def discount(ledger):
    """Paid early, with the discount for it."""
    partner = ledger.partner(ledger.customers)
    invoice = ledger.invoice(partner, discount=Decimal("0.02"))
    (item,) = invoice.items
    text = wording.reference(ledger.chance, invoice.payment_reference)
    settles = (whole(item, item.amount - item.discounted),)
    ledger.pay("discount", [invoice], text, settles=settles, after=8)


def late_discount(ledger):
    """Paid late, and the discount taken all the same."""
    partner = ledger.partner(ledger.customers)
    invoice = ledger.invoice(partner, discount=Decimal("0.02"))
    (item,) = invoice.items
    text = wording.reference(ledger.chance, invoice.payment_reference)
    settles = ((item.id, item.discounted, Decimal(0)),)
    ledger.pay("late discount", [invoice], text, settles=settles, after=25)


def credit_note(ledger):
    """Less a credit note, which half of the customers name."""
    partner, day = ledger.partner(ledger.customers, known=True), ledger.day()
    invoice = ledger.invoice(partner, day, ledger.amount() + 80)
    credit = ledger.credit_note(partner, day + timedelta(3))
    is_named = ledger.chance.random() < 0.5
    text = f"{invoice.number} - {credit.number}" if is_named else invoice.number
    ledger.pay("credit note", [invoice, credit], text, by_reference=is_named)


def for_another(ledger):
    """One customer pays what another owes."""
    payer = ledger.partner(ledger.customers)
    other = ledger.partner([one for one in ledger.customers if one is not payer])
    invoice = ledger.invoice(other, structured=True)
    text = wording.reference(ledger.chance, invoice.payment_reference)
    ledger.pay("for another", [invoice], text, payer=payer)


def twins(ledger):
    """Two invoices of one amount, paid one after the other without a word."""
    partner, day = ledger.partner(ledger.customers, known=True), ledger.day(300)
    amount = ledger.amount(700, 2500)
    invoices = [
        ledger.invoice(partner, day + timedelta(place), amount) for place in range(2)
    ]
    for place, invoice in enumerate(invoices):
        text = ledger.chance.choice(wording.NOTHING)
        ledger.pay("twin", [invoice], text, after=20 + place, by_reference=False)


def paid_twice(ledger):
    """The same invoice paid again: the second time there is nothing to settle."""
    invoice = ledger.invoice(ledger.partner(ledger.customers))
    text = wording.reference(ledger.chance, invoice.payment_reference)
    ledger.pay("paid twice", [invoice], text, after=20)
    ledger.pay(
        "paid twice",
        [invoice],
        text,
        settles=(),
        amount=invoice.total,
        after=20 + ledger.chance.choice((0, 1, 9)),
    )


def of_another_company(ledger):
    """The number of a sister company's invoice, which one of ours has, too."""
    payer = ledger.partner(ledger.customers)
    ours = ledger.invoice(
        ledger.partner([one for one in ledger.customers if one is not payer])
    )
    is_same_amount = payer.is_account_known and ledger.chance.random() < 0.5
    amount = ours.total if is_same_amount else ours.total + Decimal("7.31")
    ledger.pay(
        "of another company",
        [ours],
        f"factuur {ours.number}",
        payer=payer,
        settles=(),
        amount=amount,
    )
    ledger.pay("number", [ours], f"factuur {ours.number}", after=50)


def fragment(ledger):
    """A number of somebody else that has one of ours in it, and our amount."""
    invoice = ledger.invoice(ledger.partner(ledger.customers), structured=False)
    longer = ledger.chance.choice(
        (
            f"{invoice.number}7",
            f"9{invoice.number}",
            f"{invoice.number}/3",
            f"A-{invoice.number}",
            f"1{invoice.number.replace('/', '')[3:]}",
            f"{invoice.number[4:]}8",
            invoice.number[-5:],
            invoice.number[4:8],
        )
    )
    ledger.pay(
        "fragment",
        [invoice],
        f"order {longer}",
        payer=None,
        name="Veilingzaal Zuid",
        account="NL42INGB0001234567",
        settles=(),
        amount=invoice.total,
    )
    ledger.pay("number", [invoice], invoice.number, after=50)


def account_only(ledger):
    """No word, but the customer's account number."""
    invoice = ledger.invoice(ledger.partner(ledger.customers, known=True))
    text = ledger.chance.choice(wording.NOTHING)
    ledger.pay("account only", [invoice], text, by_reference=False)


def name_only(ledger):
    """No word, an account that nobody knows, and the customer's name."""
    invoice = ledger.invoice(ledger.partner(ledger.customers, known=False))
    text = ledger.chance.choice(wording.NOTHING)
    ledger.pay("name only", [invoice], text, by_reference=False)


def nameless(ledger):
    """Nothing at all but an amount."""
    invoice = ledger.invoice(ledger.partner(ledger.customers))
    ledger.pay("nameless", [invoice], "", name="", account="", by_reference=False)


def dollars(ledger):
    """An invoice in dollars; half of the banks tell the dollars that were paid."""
    rate = Decimal("1.10")
    partner = ledger.partner(ledger.customers)
    invoice = ledger.invoice(partner, currency="USD", rate=rate, structured=False)
    euros = cents(invoice.total / Decimal("1.12"))
    foreign = {}
    if ledger.chance.random() < 0.5:
        foreign = {"foreign_amount": invoice.total, "foreign_currency": "USD"}
        ledger.pay("dollars", [invoice], invoice.number, amount=euros, **foreign)
    else:
        ledger.pay(
            "same figure",
            [invoice],
            invoice.number,
            amount=invoice.total,
            settles=(),
        )


def refunded_to_customer(ledger):
    """We pay a credit note back."""
    credit = ledger.credit_note(ledger.partner(ledger.customers))
    ledger.pay("refund", [credit], f"terugbetaling {credit.number}")
