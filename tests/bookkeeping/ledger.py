"""Issues documents and books payments, all from one source of chance."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from . import identifiers as ids
from .records import Document, Item, Partner, Payment

COMPANY_NAME = "Brouwerij De Ketel 2026 BV"
COMPANY_ACCOUNT = ids.iban("BE", "539007547034")
SAVINGS_ACCOUNT = ids.iban("BE", "539900004283")
YEAR = 2026
CENT = Decimal("0.01")
_PRICES = ("60.50", "121.00", "181.50", "242.00", "363.00", "605.00")
_TRADES = {
    "BE": ("Bakkerij", "Drankenhandel", "Frituur", "Brasserie", "Feestzaal", "Garage"),
    "NL": ("Slagerij", "Groothandel", "Eetcafé"),
    "DE": ("Getränke", "Gasthof", "Metzgerei"),
    "FR": ("Épicerie", "Hôtel", "Boulangerie"),
    "FI": ("Ravintola", "Kahvila"),
    "SE": ("Krog", "Bryggeri"),
    "SI": ("Gostilna",),
    "CH": ("Kiosk", "Gasthaus"),
}
_PLACES = "Noordhof Valmont Lindenau Hillerbeek Sterrewal Montclair Oosterlo".split()
_FORMS = {"BE": "BV", "NL": "B.V.", "DE": "GmbH", "FR": "SARL", "FI": "Oy", "SE": "AB"}


class Ledger:
    """The books and the bank while a year is being made."""

    def __init__(self, seed):
        self.chance = random.Random(f"bookkeeping {seed}")
        self.documents, self.payments = [], []
        self._counters = defaultdict(int)
        self.customers = [self._partner(True) for _ in range(44)]
        self.vendors = [self._partner(False) for _ in range(26)]

    def count(self, what, first=1):
        """Return the next number of something."""
        self._counters[what] = max(self._counters[what] + 1, first)
        return self._counters[what]

    # === PARTNERS === #

    def _partner(self, is_customer):
        number = self.count("partner")
        countries = list(_TRADES) if is_customer else ["BE", "NL", "DE", "FR"]
        country = countries[number % len(countries)]
        if number % 3 == 0:
            country = "BE"
        trade = _TRADES[country][number % len(_TRADES[country])]
        place = _PLACES[number // 2 % len(_PLACES)]
        name = f"{trade} {place} {'I' * (number % 3)} {_FORMS.get(country, '')}"
        account = ids.iban(country, f"{self.chance.randrange(10**11, 10**12)}")
        known = self.chance.random() < 0.7
        return Partner(number, " ".join(name.split()), country, account, known)

    def partner(self, partners, *, known=None):
        """Choose a partner, with a known account number or without."""
        return self.chance.choice(
            [one for one in partners if known in (None, one.is_account_known)]
        )

    # === DOCUMENTS === #

    def amount(self, low=20, high=2500):
        """Return an amount: sometimes a usual price, else any."""
        if self.chance.random() < 0.3:
            return Decimal(self.chance.choice(_PRICES))
        return Decimal(self.chance.randrange(low * 100, high * 100)) / 100

    def day(self, latest=340):
        """Return a day of the year on which a document is issued."""
        return date(YEAR, 1, 2) + timedelta(self.chance.randrange(latest))

    def invoice(self, partner, day=None, amount=None, **options):
        """Issue a customer invoice.

        :param options: of `issue`; `structured`: give it a reference of the customer's
            country, True by default for a third
        """
        day = day or self.day()
        structured = options.pop("structured", self.chance.random() < 0.34)
        serial = self.count("INV")
        number = f"INV/{YEAR}/{serial:05d}"
        reference = self._structured(partner, serial) if structured else number
        return self.issue(
            "out_invoice", partner, number, day, amount, reference, **options
        )

    def _structured(self, partner, serial):
        number = 10_000_000 + serial * 37
        if partner.country == "BE":
            return ids.belgian_printed(ids.belgian(number))
        if partner.country == "FI":
            return ids.finnish(number)
        if partner.country == "SE":
            return ids.luhn(number)
        if partner.country == "NL":
            return ids.dutch(number)
        if partner.country == "CH":
            return ids.swiss(number)
        if partner.country == "SI":
            return ids.slovenian(9, YEAR % 100, serial)
        return ids.in_blocks(ids.creditor_reference(f"INV{serial:06d}"))

    def credit_note(self, partner, day=None, amount=None):
        """Issue a credit note to a customer."""
        number = f"RINV/{YEAR}/{self.count('RINV'):05d}"
        day = day or self.day()
        amount = -(amount or self.amount(5, 60))
        return self.issue("out_refund", partner, number, day, amount, number)

    def bill(self, vendor, day=None, amount=None, *, reference="", **options):
        """Enter a vendor bill; the vendor's number has the vendor's own form."""
        day = day or self.day()
        number = f"BILL/{YEAR}/{day:%m}/{self.count(f'BILL{day:%m}'):04d}"
        reference = reference or self.vendor_number(vendor)
        amount = -(amount or self.amount())
        structured = options.pop("structured", False)
        payment_reference = reference
        if structured:
            serial = vendor.id * 1_000_000 + self.count(f"ogm{vendor.id}")
            payment_reference = ids.belgian_printed(ids.belgian(serial))
        return self.issue(
            "in_invoice",
            vendor,
            number,
            day,
            amount,
            payment_reference,
            reference=reference,
            **options,
        )

    def vendor_number(self, vendor):
        """Return the next number of a vendor's invoices."""
        serial = self.count(f"vendor {vendor.id}", first=vendor.id * 7)
        forms = (
            f"{YEAR}-{serial:04d}",
            f"F{YEAR % 100}{serial:05d}",
            f"VF{YEAR % 100}/{serial:05d}",
            f"{7_000_000 + serial}",
            f"RE-{YEAR}-{serial:03d}",
            f"INV/{YEAR}/{serial:05d}",
        )
        return forms[vendor.id % len(forms)]

    def vendor_refund(self, vendor, day=None, amount=None):
        """Enter a vendor's credit note."""
        day = day or self.day()
        number = f"RBILL/{YEAR}/{day:%m}/{self.count(f'RBILL{day:%m}'):04d}"
        reference = f"CN{self.vendor_number(vendor)}"
        amount = amount or self.amount(20, 300)
        return self.issue(
            "in_refund", vendor, number, day, amount, reference, reference=reference
        )

    def issue(self, move_type, partner, number, day, amount, payment_reference, **more):
        """Enter a document.

        :param more: `reference`; `parts`, how many instalments; `discount`, a rate for
            payment within ten days; `currency` and `rate`; `end_to_end_id`
        """
        amount = amount if amount is not None else self.amount()
        document_id = self.count("document")
        parts = more.get("parts", 1)
        until, discounted = None, None
        if "discount" in more:
            until = day + timedelta(10)
            discounted = cents(amount * (1 - more["discount"]))
        shares = [cents(amount / parts)] * (parts - 1)
        shares.append(amount - sum(shares))
        items = tuple(
            Item(
                self.count("item"),
                document_id,
                day + timedelta(30 * (place + 1)),
                share,
                until,
                discounted,
            )
            for place, share in enumerate(shares)
        )
        document = Document(
            document_id,
            move_type,
            partner,
            number,
            more.get("reference", ""),
            payment_reference,
            day,
            more.get("currency", "EUR"),
            more.get("rate", Decimal(1)),
            items,
            more.get("end_to_end_id", ""),
        )
        self.documents.append(document)
        return document

    # === PAYMENTS === #

    def pay(self, kind, documents, texts, **options):
        """Book what settles documents, in whole unless `settles` says otherwise.

        :param options: fields of `records.Payment`; `payer`, whose name and account
            the bank tells, and `after`, how many days later
        """
        documents = list(documents)
        payer = options.pop("payer", documents[0].partner if documents else None)
        settles = options.pop(
            "settles",
            tuple(whole(item) for document in documents for item in document.items),
        )
        after = options.pop("after", None) or self.chance.randrange(12, 40)
        first = max((document.day for document in documents), default=self.day())
        amount = options.pop(
            "amount", sum(paid - granted for _, paid, granted in settles)
        )
        options.setdefault("name", payer.name if payer else "")
        options.setdefault("account", payer.account if payer else "")
        options.setdefault("company_amount", amount)
        options.setdefault("by_reference", bool(settles))
        payment = Payment(
            id=self.count("payment"),
            kind=kind,
            day=options.pop("day", first + timedelta(after)),
            amount=amount,
            texts=(texts,) if isinstance(texts, str) else tuple(texts),
            settles=settles,
            **options,
        )
        self.payments.append(payment)
        return payment


def whole(item, granted=Decimal(0)):
    """Return what settles an item in whole."""
    return item.id, item.amount, granted


def cents(amount):
    """Return an amount in whole cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
