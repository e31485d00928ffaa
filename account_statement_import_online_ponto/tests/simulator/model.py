"""What the simulated Ponto remembers: plain records and the lists of their ids.

Nothing here knows HTTP. Times are aware datetimes in UTC, money is ``Decimal``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

UTC = timezone.utc  # Python 3.10 has no datetime.UTC.

#: Attributes of an account that Ponto may leave null, in the order of its answers.
ACCOUNT_ATTRIBUTES = (
    "subtype",
    "referenceType",
    "reference",
    "currency",
    "product",
    "description",
    "holderName",
    "internalReference",
    "deprecated",
    "currentBalance",
    "currentBalanceReferenceDate",
    "currentBalanceChangedAt",
    "currentBalanceVariationObservedAt",
    "availableBalance",
    "availableBalanceReferenceDate",
    "availableBalanceChangedAt",
    "availableBalanceVariationObservedAt",
    "authorizedAt",
    "authorizationExpirationExpectedAt",
)
#: Attributes of a transaction, booked or pending, in the order of Ponto's answers.
TRANSACTION_ATTRIBUTES = (
    "amount",
    "currency",
    "executionDate",
    "valueDate",
    "description",
    "remittanceInformationType",
    "remittanceInformation",
    "counterpartName",
    "counterpartReference",
    "endToEndId",
    "bankTransactionCode",
    "proprietaryBankTransactionCode",
    "purposeCode",
    "mandateId",
    "creditorId",
    "additionalInformation",
    "cardReference",
    "cardReferenceType",
    "fee",
    "internalReference",
    "digest",
    "createdAt",
    "updatedAt",
)
DAY_ATTRIBUTES = frozenset({"executionDate", "valueDate"})
MONEY_ATTRIBUTES = frozenset({"amount", "fee", "currentBalance", "availableBalance"})
TIME_ATTRIBUTES = DAY_ATTRIBUTES | {
    "createdAt",
    "updatedAt",
    "authorizedAt",
    "authorizationExpirationExpectedAt",
    "currentBalanceReferenceDate",
    "currentBalanceChangedAt",
    "currentBalanceVariationObservedAt",
    "availableBalanceReferenceDate",
    "availableBalanceChangedAt",
    "availableBalanceVariationObservedAt",
}
#: The subtypes a synchronization can have.
SUBTYPES = ("accountDetails", "accountTransactions", "accountTransactionsWithUnsettled")


def camel_case(name: str) -> str:
    """Ponto's spelling of an attribute, so that Python callers may use their own."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def to_moment(value: str | date | datetime | None) -> datetime | None:
    """An aware UTC datetime; a bare day means midnight UTC, as in Ponto's examples."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value[:-1] + "+00:00" if value.endswith("Z") else value
        if "." in text:  # Python 3.10 reads only 3 or 6 fraction digits.
            head, tail = text.split(".", 1)
            digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
            text = f"{head}.{digits:0<6.6}{tail[len(digits) :]}"
        value = datetime.fromisoformat(text)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def to_money(value: Any) -> Decimal | None:
    """An exact amount. Through ``str``, so that 0.1 stays 0.1."""
    return None if value is None else Decimal(str(value))


def split_attributes(
    given: dict[str, Any], known: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Normalize attributes given by a caller.

    :param given: attributes under Ponto's names, or the same in snake case.
    :param known: the names that exist; others are refused, as a slip of the pen in a
        test would else go unseen. Unknown attributes have a knob of their own.
    :return: the values, and the texts of times to be repeated letter by letter.
    """
    values: dict[str, Any] = {}
    verbatim: dict[str, str] = {}
    for key, value in given.items():
        name = camel_case(key)
        if name not in known:
            raise TypeError(f"Ponto has no such attribute: {key}")
        if name in MONEY_ATTRIBUTES:
            value = to_money(value)
        elif name in TIME_ATTRIBUTES:
            if isinstance(value, str) and "T" in value:
                verbatim[name] = value
            value = to_moment(value)
        values[name] = value
    return values, verbatim


@dataclass(frozen=True)
class TimeFormat:
    """How times are written.

    Ponto's own samples differ: no fraction, 3 digits or 6. A numeric offset and a bare
    day are not documented; they are there to prove that a client reads leniently.
    """

    fraction_digits: int = 3
    offset_minutes: int | None = None
    date_only: bool = False

    def render(self, moment: datetime | None, *, is_day: bool = False) -> str | None:
        """Text of a moment; ``is_day`` marks the fields that hold a calendar day."""
        if moment is None:
            return None
        suffix = "Z"
        if self.offset_minutes is not None:
            shift = timedelta(minutes=self.offset_minutes)
            moment = moment.astimezone(timezone(shift))
            sign = "-" if self.offset_minutes < 0 else "+"
            hours, minutes = divmod(abs(self.offset_minutes), 60)
            suffix = f"{sign}{hours:02d}:{minutes:02d}"
        if self.date_only and is_day:
            return moment.strftime("%Y-%m-%d")
        text = moment.strftime("%Y-%m-%dT%H:%M:%S")
        if self.fraction_digits:
            text += "." + f"{moment.microsecond:06d}"[: self.fraction_digits]
        return text + suffix


@dataclass(frozen=True)
class Page:
    """One page of ids in list order, and the cursors of its neighbours."""

    ids: list[str]
    previous: str | None = None
    next: str | None = None


class Ordered:
    """Ids held oldest first and served newest first, each with its position.

    Finding a cursor is one look-up and cutting a page costs the page, however long the
    list; only removing an id costs the whole list.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = list(ids)
        self._index = {item: position for position, item in enumerate(self._ids)}

    def __contains__(self, item: object) -> bool:
        return item in self._index

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        """Newest first."""
        return reversed(self._ids)

    def append(self, item: str) -> None:
        """Put an id at the head of the list."""
        self._index[item] = len(self._ids)
        self._ids.append(item)

    def remove(self, item: str) -> None:
        """Take an id out of the list."""
        self._ids.remove(item)
        self._index = {key: position for position, key in enumerate(self._ids)}

    def page(
        self, limit: int, before: str | None = None, after: str | None = None
    ) -> Page:
        """Cut a page; both cursors exclude the id they name.

        :param before: the id that follows the page: newer items, adjacent to it.
        :param after: the id that precedes the page: older items.
        :raise KeyError: the cursor is not in the list.
        """
        if before is not None:
            low = self._index[before] + 1
            high = min(low + limit, len(self._ids))
        else:
            high = len(self._ids) if after is None else self._index[after]
            low = max(high - limit, 0)
        ids = self._ids[low:high][::-1]
        if not ids:
            return Page([])
        return Page(
            ids,
            previous=ids[0] if high < len(self._ids) else None,
            next=ids[-1] if low > 0 else None,
        )


@dataclass
class Transaction:
    """A booked or pending transaction. Absent attributes are null."""

    id: str
    account_id: str
    sequence: int
    attributes: dict[str, Any]
    verbatim: dict[str, str] = field(default_factory=dict)

    @property
    def execution_key(self) -> tuple[datetime, int]:
        """Sort key of the order by execution date; a row without one sorts by its
        creation."""
        moment = self.attributes.get("executionDate") or self.attributes["createdAt"]
        return moment, self.sequence

    def as_dict(self) -> dict[str, Any]:
        """The row with every attribute, values as Python objects."""
        filled = {name: self.attributes.get(name) for name in TRANSACTION_ATTRIBUTES}
        return {"id": self.id, **filled}


@dataclass
class Synchronization:
    """One synchronization: Ponto's own or one asked for by a client."""

    id: str
    account_id: str
    subtype: str
    created_at: datetime
    updated_at: datetime
    status: str = "pending"
    errors: list[dict[str, Any]] = field(default_factory=list)
    customer_online: bool = False
    updated: Ordered = field(default_factory=Ordered)

    @property
    def kind(self) -> str:
        """``details`` or ``transactions``: which meta object shows it."""
        return "details" if self.subtype == "accountDetails" else "transactions"


@dataclass
class Account:
    """One bank account linked to the integration."""

    id: str
    attributes: dict[str, Any]
    institution_id: str
    verbatim: dict[str, str] = field(default_factory=dict)
    availability: str = "available"
    #: Error code that synchronizations end in, or None while the consent is valid.
    consent_error: str | None = None
    created: Ordered = field(default_factory=Ordered)
    #: The list by execution date, or None when it must be built again.
    executed: Ordered | None = None
    pending: Ordered = field(default_factory=Ordered)
    queued: list[Transaction] = field(default_factory=list)
    queued_pending: list[Transaction] = field(default_factory=list)
    queued_updates: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    latest: dict[str, Synchronization] = field(default_factory=dict)
    synchronized_at: dict[str, datetime] = field(default_factory=dict)
    #: Codes that the next synchronizations end in.
    failures: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The account with every attribute, values as Python objects."""
        filled = {name: self.attributes.get(name) for name in ACCOUNT_ATTRIBUTES}
        return {"id": self.id, "availability": self.availability, **filled}
