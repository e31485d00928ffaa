"""Believable transactions of an invented Belgian brewery, one function per sort.

Each function returns Ponto's attributes without dates. Texts, names and numbers are
invented; check digits are valid. What a bank leaves null is simply absent.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from .identifiers import (
    belgian_iban,
    decorated,
    iban,
    sepa_creditor,
    structured_communication,
)

Row = dict[str, Any]

CUSTOMERS = (
    ("Café 't Hoekske", belgian_iban(1, 1234501)),
    ("Brasserie Ô Délices SRL", belgian_iban(68, 2345612)),
    ("Drankenhandel Peeters & Zn", belgian_iban(363, 456723)),
    ("Frituur Het Gouden Uur", belgian_iban(731, 567834)),
    ("Hôtel Château d'Été", belgian_iban(1, 6789045)),
    ("Getränke Müller GmbH", iban("DE", "370400440532013000")),
    ("Bierwinkel De Blauwe Meid", iban("NL", "ABNA0417164300")),
    ("Épicerie Lefèvre", iban("FR", "20041010050500013M02606")),
    ("Sportclub Ginkelberg VZW", belgian_iban(979, 7890156)),
    ("Luxbières S.à r.l.", iban("LU", "0019400644750000")),
)
SUPPLIERS = (
    ("Mouterij Van Aelst NV", belgian_iban(143, 1112223)),
    ("Hopfenkontor Größler e.K.", iban("DE", "200505501015871393")),
    ("Glasfabriek Noord BV", iban("NL", "RABO0300065264")),
    ("Etiketten Smets BVBA", belgian_iban(290, 3334445)),
    ("Malterie des Ardennes SA", belgian_iban(375, 5556667)),
    ("Boekhoudkantoor Çelik & Partners", belgian_iban(734, 7778889)),
)
EMPLOYEES = (
    ("Zoë Van den Broecke", belgian_iban(750, 1010101), "2148.37"),
    ("Šimon Wójcik", belgian_iban(1, 2020202), "2289.10"),
    ("Ayşe Yıldırım", belgian_iban(979, 3030303), "1987.64"),
    ("Noël D'Hondt", belgian_iban(63, 4040404), "2402.95"),
)
DEBITS = (
    ("Stroomhuis NV", belgian_iban(310, 1231231), "0871654321", "Energie", 310, 60),
    ("Telenova BV", belgian_iban(220, 3213213), "0465123987", "Internet", 71, 4),
    ("De Zekerheid Verzekeringen", belgian_iban(403, 7117117), "0403987654", "Polis")
    + (189, 0),
)
SHOPS = (
    "COLRUYD 3412 GENT",
    "TANKSTATION E40 DRONGEN",
    "BOUWMARKT LEIE",
    "NMBS TICKETS BRUSSEL",
    "CAFÉ DE LOODS GENT",
    "POSTPUNT 9000",
)
USD_PARTNERS = (
    ("Cascade Hop Growers Inc.", None),
    ("Brooklyn Beer Imports LLC", "026009593-4410078"),
    ("Maple & Rye Taphouse", None),
)


def money(generator: random.Random, low: int, high: int) -> Decimal:
    """An amount with cents between two whole amounts."""
    return Decimal(generator.randrange(low * 100, high * 100)) / 100


def customer_payment(generator: random.Random) -> Row:
    """A customer pays: with a structured communication, or with words."""
    name, reference = generator.choice(CUSTOMERS)
    number = generator.randrange(10**9, 10**10)
    digits = structured_communication(number)
    year, serial = 2025 + number % 2, number % 900 + 100
    style = generator.randrange(10)
    row = {
        "amount": money(generator, 120, 4100),
        "counterpartName": name,
        "counterpartReference": reference,
        "description": "Overschrijving te uwen gunste",
        "bankTransactionCode": "PMNT-RCDT-ESCT",
        "proprietaryBankTransactionCode": "0150",
        "remittanceInformationType": "structured",
    }
    if style < 6:
        row["remittanceInformation"] = (
            decorated(digits),
            decorated(digits, "*"),
            digits,
        )[style % 3]
        return row
    row["remittanceInformationType"] = "unstructured"
    row["endToEndId"] = generator.choice(("NOTPROVIDED", f"CUST-{serial}"))
    row["remittanceInformation"] = (
        f"Factuur {year}/{serial}",
        f"facture F{year}-{serial} merci !",
        f"Betaling {decorated(digits)} factuur {year}/{serial}",
        f"Rechnung {serial}, danke für die Lieferung",
    )[style - 6]
    return row


def supplier_payment(generator: random.Random) -> Row:
    """The brewery pays a supplier."""
    name, reference = generator.choice(SUPPLIERS)
    serial = generator.randrange(10000, 99999)
    row = {
        "amount": -money(generator, 90, 1350),
        "counterpartName": name,
        "counterpartReference": reference,
        "description": "Overschrijving",
        "endToEndId": f"PAY-{serial}",
        "bankTransactionCode": "PMNT-ICDT-ESCT",
        "proprietaryBankTransactionCode": "0101",
        "remittanceInformationType": "unstructured",
        "remittanceInformation": f"Invoice {serial}",
    }
    if generator.random() < 0.4:
        digits = structured_communication(generator.randrange(10**9, 10**10))
        row["remittanceInformationType"] = "structured"
        row["remittanceInformation"] = decorated(digits)
    return row


def card_payment(generator: random.Random) -> Row:
    """A payment by card: banks give a shop but no account number."""
    shop = generator.choice(SHOPS)
    row = {
        "amount": -money(generator, 4, 140),
        "counterpartName": shop,
        "description": "Kaartbetaling",
        "bankTransactionCode": "PMNT-CCRD-POSD",
        "cardReference": "6703XXXXXXXXX4417",
        "cardReferenceType": "MASKEDPAN",
        "additionalInformation": f"BANCONTACT {shop} kaart ...4417",
    }
    if generator.random() < 0.3:
        del row["counterpartName"]
    return row


def direct_debit(generator: random.Random, position: int) -> Row:
    """A creditor collects under a mandate."""
    name, reference, number, text, base, spread = DEBITS[position]
    amount = -(Decimal(base) + money(generator, 0, spread) if spread else Decimal(base))
    return {
        "amount": amount,
        "counterpartName": name,
        "counterpartReference": reference,
        "description": "Europese domiciliëring",
        "bankTransactionCode": "PMNT-RDDT-ESDD",
        "mandateId": f"M{number[1:7]}-{position + 1}",
        "creditorId": sepa_creditor(number),
        "endToEndId": f"DD{generator.randrange(10**7, 10**8)}",
        "remittanceInformationType": "unstructured",
        "remittanceInformation": f"{text} klant 40{position}7712",
    }


def bank_fee(currency: str = "EUR") -> Row:
    """The bank's own costs: no counterpart at all."""
    return {
        "amount": Decimal("-7.50") if currency == "EUR" else Decimal("-3.00"),
        "description": "Beheerskosten",
        "bankTransactionCode": "ACMT-MDOP-CHRG",
        "additionalInformation": "Maandelijkse bijdrage zichtrekening",
    }


def salary(position: int, month: str) -> Row:
    """The wage of one employee."""
    name, reference, amount = EMPLOYEES[position]
    return {
        "amount": -Decimal(amount),
        "counterpartName": name,
        "counterpartReference": reference,
        "description": "Overschrijving",
        "bankTransactionCode": "PMNT-ICDT-SALA",
        "purposeCode": "SALA",
        "endToEndId": f"SAL-{month}-{position + 1}",
        "remittanceInformationType": "unstructured",
        "remittanceInformation": f"Loon {month}",
    }


def tax_payment(generator: random.Random, name: str, low: int, high: int) -> Row:
    """A quarterly payment to the state, always with a structured communication."""
    digits = structured_communication(generator.randrange(10**9, 10**10))
    return {
        "amount": -money(generator, low, high),
        "counterpartName": name,
        "counterpartReference": belgian_iban(679, 2003000 + len(name)),
        "description": "Overschrijving",
        "bankTransactionCode": "PMNT-ICDT-ESCT",
        "purposeCode": "TAXS",
        "remittanceInformationType": "structured",
        "remittanceInformation": decorated(digits),
    }


def rent() -> Row:
    """The monthly standing order for the building."""
    return {
        "amount": Decimal("-1450.00"),
        "counterpartName": "Immo Leiezicht NV",
        "counterpartReference": belgian_iban(737, 8080808),
        "description": "Doorlopende opdracht",
        "bankTransactionCode": "PMNT-ICDT-STDO",
        "endToEndId": "NOTPROVIDED",
        "remittanceInformationType": "unstructured",
        "remittanceInformation": "Huur brouwerij Kaai 12",
    }


def refund(generator: random.Random) -> Row:
    """Money that comes back from a supplier, or goes back to a customer."""
    is_incoming = generator.random() < 0.5
    name, reference = generator.choice(SUPPLIERS if is_incoming else CUSTOMERS)
    amount = money(generator, 15, 180)
    return {
        "amount": amount if is_incoming else -amount,
        "counterpartName": name,
        "counterpartReference": reference,
        "description": "Terugbetaling",
        "bankTransactionCode": "PMNT-RCDT-ESCT" if is_incoming else "PMNT-ICDT-ESCT",
        "remittanceInformationType": "unstructured",
        "remittanceInformation": f"Creditnota {generator.randrange(100, 999)}",
    }


def internal_transfer(amount: str, holder: str, reference: str) -> Row:
    """A transfer between two accounts of the brewery."""
    return {
        "amount": Decimal(amount),
        "counterpartName": holder,
        "counterpartReference": reference,
        "description": "Interne overschrijving",
        "bankTransactionCode": "PMNT-ICDT-BOOK",
        "remittanceInformationType": "unstructured",
        "remittanceInformation": "Reserve btw en vakantiegeld",
    }


def dollar_payment(generator: random.Random, is_incoming: bool) -> Row:
    """A payment in dollars: the communication comes without its type, and there is
    rarely an account number."""
    name, reference = generator.choice(USD_PARTNERS)
    amount = money(generator, 40, 900)
    row = {
        "amount": amount if is_incoming else -amount,
        "counterpartName": name,
        "remittanceInformation": f"INV {generator.randrange(1000, 9999)}",
        "fee": Decimal("1.25") if is_incoming else None,
    }
    if reference:
        row["counterpartReference"] = reference
    return row


def any_payment(generator: random.Random) -> Row:
    """A payment of a random sort, as an ordinary day brings."""
    sorts = (customer_payment, customer_payment, supplier_payment, card_payment)
    return generator.choice(sorts)(generator)
