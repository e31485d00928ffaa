"""The data set: the accounts of an invented brewery, the same for the same day.

Shares of the rows carry what real feeds carry: days written as midnight in Brussels,
times of day, back-dated rows, value dates apart from execution dates, and twins.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from . import rows
from .bank import Bank
from .identifiers import belgian_iban
from .model import UTC

DATASETS = ("sme", "empty")
HOLDER = "Brouwerij De Ketel BV"
#: Two accounts, in euro and in dollar, have this number.
SHARED_IBAN = "BE68539007547034"
SAVINGS_IBAN = belgian_iban(539, 9000042)
#: About fourteen months.
HISTORY_DAYS = 425
EUR_COUNT, USD_COUNT = 400, 40
OPENING_EUR, OPENING_USD, OPENING_SAVINGS = "24150.35", "3120.00", "15000.00"
CONSENT_DAYS = 120

Dated = tuple[date, rows.Row]


def fill(bank: Bank, dataset: str, today: date) -> None:
    """Fill an empty bank with a data set.

    :param dataset: ``sme`` (three accounts) or ``empty`` (none).
    :param today: no row is dated later.
    """
    if dataset not in DATASETS:
        raise ValueError(f"dataset must be one of {', '.join(DATASETS)}")
    if dataset == "empty":
        return
    generator = random.Random("sme")
    checking, transfers = _checking_rows(generator, today)
    accounts = (
        ("EUR", "checking", SHARED_IBAN, "Zichtrekening", OPENING_EUR, checking),
        ("USD", "checking", SHARED_IBAN, "Zichtrekening USD", OPENING_USD)
        + (_dollar_rows(generator, today),),
        ("EUR", "savings", SAVINGS_IBAN, "Spaarrekening", OPENING_SAVINGS)
        + (_savings_rows(today, transfers),),
    )
    for currency, subtype, reference, description, opening, dated in accounts:
        account_id = bank.add_account(
            reference=reference,
            currency=currency,
            subtype=subtype,
            description=description,
            product="Business account" if subtype == "checking" else None,
            holderName=HOLDER,
            currentBalance=opening,
            authorizedAt=_midnight(today - timedelta(days=60)),
            authorizationExpirationExpectedAt=_midnight(
                today + timedelta(days=CONSENT_DAYS)
            ),
        )
        _book(bank, account_id, dated, generator, today)


def generate(
    bank: Bank, account_id: str, count: int, days: int, seed: int, today: date
) -> None:
    """Book many rows, spread evenly over the days up to ``today``, for benchmarks."""
    generator = random.Random(f"rows {seed}")
    samples = [rows.any_payment(generator) for _ in range(min(count, 500))]
    with bank.lock:
        for position in range(count):
            age = days - 1 - position * days // count
            moment = _midnight(today - timedelta(days=age))
            row = dict(samples[generator.randrange(len(samples))])
            row["amount"] += Decimal(position % 997) / 100
            bank.add_transaction(
                account_id,
                row.pop("amount"),
                moment,
                endToEndId=f"GEN-{seed}-{position}",
                createdAt=moment,
                **{name: text for name, text in row.items() if name != "endToEndId"},
            )


def book_live(bank: Bank, account_id: str, generator: random.Random) -> str:
    """Book one believable transaction today, as a running bank does."""
    row = rows.any_payment(generator)
    return bank.add_transaction(account_id, row.pop("amount"), **row)


# === WHAT HAPPENS ON WHICH DAY === #


def _months(first: date, last: date) -> Iterator[date]:
    """First days of the months that touch a period."""
    day = first.replace(day=1)
    while day <= last:
        yield day
        day = (day + timedelta(days=32)).replace(day=1)


def _checking_rows(
    generator: random.Random, today: date
) -> tuple[list[Dated], list[Dated]]:
    """Rows of the euro account; the internal transfers among them come again second."""
    first = today - timedelta(days=HISTORY_DAYS)
    transfers: list[Dated] = []
    dated: list[Dated] = []
    for month in _months(first, today):
        dated += _monthly_rows(generator, month)
        if month.month % 3 == 1:
            dated += _quarterly_rows(generator, month)
            row = rows.internal_transfer("-1500.00", HOLDER, SAVINGS_IBAN)
            transfers.append((month + timedelta(days=5), row))
    dated += transfers
    dated += _twins(today)
    dated += [(today, rows.customer_payment(generator)) for _ in range(2)]
    dated = [item for item in dated if first <= item[0] <= today]
    transfers = [item for item in transfers if first <= item[0] <= today]
    while len(dated) < EUR_COUNT:
        day = first + timedelta(days=generator.randrange(HISTORY_DAYS))
        sort = rows.supplier_payment if len(dated) % 3 == 0 else rows.customer_payment
        dated.append((day, sort(generator)))
    return dated, transfers


def _monthly_rows(generator: random.Random, month: date) -> list[Dated]:
    def on(day: int) -> date:
        return month.replace(day=day)

    label = f"{month:%Y-%m}"
    dated = [(on(1), rows.bank_fee()), (on(3), rows.rent())]
    dated += [(on(25), rows.salary(position, label)) for position in range(4)]
    dated += [
        (on(7 + 5 * position), rows.direct_debit(generator, position))
        for position in range(3)
    ]
    dated += [
        (on(generator.randrange(1, 29)), rows.card_payment(generator)) for _ in range(4)
    ]
    if month.month % 3 == 2:
        dated.append((on(generator.randrange(1, 29)), rows.refund(generator)))
    return dated


def _quarterly_rows(generator: random.Random, month: date) -> list[Dated]:
    return [
        (
            month.replace(day=20),
            rows.tax_payment(generator, "FOD Financiën - btw", 2100, 4800),
        ),
        (
            month.replace(day=28),
            rows.tax_payment(generator, "RSZ / ONSS", 1900, 3100),
        ),
    ]


def _twins(today: date) -> list[Dated]:
    """Two purchases that nothing but their ids tells apart."""
    row = {
        "amount": Decimal("-2.40"),
        "counterpartName": "KOFFIEAUTOMAAT STATION",
        "description": "Kaartbetaling",
        "bankTransactionCode": "PMNT-CCRD-POSD",
        "cardReference": "6703XXXXXXXXX4417",
        "cardReferenceType": "MASKEDPAN",
    }
    return [(today - timedelta(days=9), dict(row)) for _ in range(2)]


def _dollar_rows(generator: random.Random, today: date) -> list[Dated]:
    dated = [
        (month, rows.bank_fee("USD"))
        for month in _months(today - timedelta(days=120), today)
        if month >= today - timedelta(days=120)
    ]
    while len(dated) < USD_COUNT:
        day = today - timedelta(days=generator.randrange(1, HISTORY_DAYS))
        dated.append((day, rows.dollar_payment(generator, len(dated) % 5 < 3)))
    return dated


def _savings_rows(today: date, transfers: list[Dated]) -> list[Dated]:
    """The other side of the internal transfers, and interest once a year."""
    dated = [
        (day, {**rows.internal_transfer("1500.00", HOLDER, SHARED_IBAN)})
        for day, _row in transfers
    ]
    interest = {
        "amount": Decimal("61.87"),
        "description": "Interesten",
        "bankTransactionCode": "ACMT-MCOP-INTR",
    }
    new_year = date(today.year, 1, 1)
    return [*dated, (new_year, interest)]


# === HOW THE BANK AND PONTO WRITE IT === #


def _book(
    bank: Bank,
    account_id: str,
    dated: list[Dated],
    generator: random.Random,
    today: date,
) -> None:
    """Book rows in the order in which Ponto saw them, with the bank's quirks."""
    planned = []
    for position, (day, row) in enumerate(sorted(dated, key=lambda item: item[0])):
        is_twin = row.get("counterpartName") == "KOFFIEAUTOMAAT STATION"
        created = _created_at(day, 0 if is_twin else position, today)
        times = _times(0 if is_twin else position, day, generator, today)
        created = max(created, times["executionDate"])
        planned.append((created, position, {**row, **times}))
    for created, _position, row in sorted(planned, key=lambda item: item[:2]):
        bank.add_transaction(account_id, row.pop("amount"), createdAt=created, **row)


def _created_at(day: date, position: int, today: date) -> datetime:
    """When Ponto fetched the row: in one of its four daily runs, or days later.

    Never after the first moment of ``today``, as the data set must hold at any hour.
    """
    lag = timedelta(days=4) if position % 29 == 11 else timedelta(days=position % 2)
    moment = _midnight(day) + lag + timedelta(hours=(8, 14, 20)[position % 3])
    moment += timedelta(milliseconds=position % 1000)
    return min(moment, _midnight(today))


def _times(
    position: int, day: date, generator: random.Random, today: date
) -> dict[str, Any]:
    """Execution and value date: mostly midnight in UTC, else as other banks write."""
    execution = _midnight(day)
    if position % 6 == 5:
        execution -= timedelta(hours=_brussels_offset(day))
    elif position % 25 == 7 and day < today:
        execution += timedelta(hours=10, minutes=25)
    value: datetime | None = execution
    if position % 20 == 3:
        value = execution + timedelta(days=1 if day < today else 0)
    elif position % 33 == 9:
        value = None
    return {"executionDate": execution, "valueDate": value}


def _brussels_offset(day: date) -> int:
    """Hours by which the day begins earlier in Brussels than in UTC.

    Summer time begins and ends on a last Sunday during that day, so the day itself
    still begins in the old time. Computed, as a time zone database may be missing.
    """
    start, end = (_last_sunday(day.year, month) for month in (3, 10))
    return 2 if start < day <= end else 1


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
