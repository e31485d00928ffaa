"""Kinds of lines that settle nothing that is open."""

from decimal import Decimal

from .ledger import COMPANY_ACCOUNT, COMPANY_NAME, SAVINGS_ACCOUNT, YEAR


def wage(ledger):
    """A month's wage."""
    month = ledger.count("wage") % 12 + 1
    amount = -Decimal(ledger.chance.randrange(180_000, 260_000)) / 100
    ledger.pay("wage", [], f"Loon {YEAR}/{month:02d}", amount=amount, name="Personeel")


def fee(ledger):
    """The bank's fee."""
    text = f"Kosten {ledger.day():%m/%Y}"
    ledger.pay("fee", [], text, amount=-ledger.amount(2, 20))


def tax(ledger):
    """Value added tax, with a communication of the tax office."""
    ledger.pay(
        "tax",
        [],
        "+++047/7472/70164+++",
        amount=-ledger.amount(500, 4000),
        name="FOD Financiën",
        account="BE22679200300047",
    )


def card(ledger):
    """A card payment in a shop; the text is full of digits."""
    day = ledger.day()
    end, reference = ledger.chance.randrange(1000, 9999), ledger.chance.randrange(10**9)
    text = (
        f"Aankoop Bancontact 5299 87XX XXXX {end} {day:%d/%m/%Y} 12:47"
        f" TANKSTATION 9000 GENT REF {reference}"
    )
    ledger.pay("card", [], text, amount=-ledger.amount(5, 150))


def transfer(ledger):
    """Between the company's own accounts, with its name and numbers in the text."""
    ledger.pay(
        "transfer",
        [],
        f"{COMPANY_NAME} van {COMPANY_ACCOUNT} naar {SAVINGS_ACCOUNT}",
        amount=ledger.chance.choice((Decimal("-1500.00"), Decimal("605.00"))),
        name=COMPANY_NAME,
        account=SAVINGS_ACCOUNT,
    )
