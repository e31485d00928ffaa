# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The resources of the API as frozen values.

Which attributes are optional is not documented, so all of them are (None). Wrong
values never raise: they become None and their API name is listed in `unreadable`.
Only a record without id, or without an object of attributes, is refused. Attributes
unknown to us stay in `document`, the record as received. The printed form of a record
shows its id alone, so that a log of one gives nothing away.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .errors import PontoProtocolError
from .parsing import Reader, as_dict, as_errors, parse_id
from .redact import scrub


def open_record(document, kind):
    """Return (id, reader of the attributes) of one resource.

    :raise PontoProtocolError: no usable id, or attributes that are no object
    """
    if not isinstance(document, dict):
        raise PontoProtocolError(f"The {kind} is not an object")
    try:
        record_id = parse_id(document.get("id"))
    except ValueError as error:
        raise PontoProtocolError(f"The {kind} has no usable id") from error
    if not isinstance(document.get("attributes"), dict):
        raise PontoProtocolError(f"The {kind} has no attributes")
    return record_id, Reader(document["attributes"])


class Record:
    """Prints the id only."""

    def __repr__(self):
        return f"{type(self).__name__}(id={self.id!r})"


@dataclass(frozen=True)
class SynchronizationProblem:
    """One entry of the `errors` of a synchronization.

    :ivar code: str or None, e.g. ``authorizationExpired`` (seen, list not documented)
    :ivar detail: str or None, for people; scrubbed, at most 200 characters
    """

    code: str | None
    detail: str | None


@dataclass(frozen=True, repr=False)
class Synchronization(Record):
    """One refresh of an account by Ponto at the bank.

    `status` goes pending, running, then success or error (documented). `subtype` is
    accountDetails, accountTransactions or accountTransactionsWithUnsettled
    (documented).
    """

    id: str
    subtype: str | None = None
    status: str | None = None
    errors: tuple[SynchronizationProblem, ...] = ()
    document: dict = field(default_factory=dict, compare=False)
    unreadable: tuple[str, ...] = ()

    @property
    def is_finished(self):
        """True once the status is success or error."""
        return self.status in ("success", "error")

    @property
    def is_failed(self):
        """True if the status is error."""
        return self.status == "error"

    @property
    def error_code(self):
        """Code with which it failed, "unknown" if it tells none; None if it did not.

        :rtype: str or None
        """
        if not self.is_failed:
            return None
        return next((each.code for each in self.errors if each.code), "unknown")

    @classmethod
    def from_document(cls, document):
        """Build from a JSON:API resource.

        :param dict document:
        :rtype: Synchronization
        :raise PontoProtocolError: no id, or no attributes
        """
        record_id, read = open_record(document, "synchronization")
        return cls(
            id=record_id,
            subtype=read.text("subtype"),
            status=read.text("status"),
            errors=_read_errors(document["attributes"].get("errors")),
            document=document,
            unreadable=tuple(read.unreadable),
        )


def _read_errors(errors):
    readers = [Reader(each) for each in as_errors(errors)]
    pairs = [(read.text("code"), read.text("detail")) for read in readers]
    return tuple(
        SynchronizationProblem(code and scrub(code), detail and scrub(detail))
        for code, detail in pairs
    )


def latest_synchronization_of(meta):
    """Return the synchronization in a `meta`, None if absent or unreadable."""
    try:
        return Synchronization.from_document(meta.get("latestSynchronization"))
    except PontoProtocolError:
        return None


@dataclass(frozen=True, repr=False)
class Account(Record):
    """A bank account this integration may read.

    `reference` is the account number, not always an IBAN. `availability` is available
    or readonly. `synchronized_at` and `latest_synchronization` are about the account
    details, not about its transactions (seen in an official client).
    """

    id: str
    reference: str | None = None
    currency: str | None = None
    current_balance: Decimal | None = None
    holder_name: str | None = None
    description: str | None = None
    deprecated: bool = False
    authorization_expires_at: datetime | None = None
    availability: str | None = None
    synchronized_at: datetime | None = None
    latest_synchronization: Synchronization | None = None
    financial_institution_id: str | None = None
    document: dict = field(default_factory=dict, compare=False)
    unreadable: tuple[str, ...] = ()

    @property
    def synchronization_error(self):
        """Code with which the latest synchronization failed; None if it did not.

        :rtype: str or None
        """
        latest = self.latest_synchronization
        return latest and latest.error_code

    @classmethod
    def from_document(cls, document):
        """Build from a JSON:API resource; `meta` is a sibling of `attributes`.

        :param dict document:
        :rtype: Account
        :raise PontoProtocolError: no id, or no attributes
        """
        record_id, read = open_record(document, "account")
        meta = as_dict(document.get("meta"))
        read_meta = Reader(meta)
        return cls(
            id=record_id,
            reference=read.text("reference"),
            currency=read.code("currency"),
            current_balance=read.amount("currentBalance"),
            holder_name=read.text("holderName"),
            description=read.text("description"),
            deprecated=read.flag("deprecated"),
            authorization_expires_at=read.time("authorizationExpirationExpectedAt"),
            availability=read_meta.text("availability"),
            synchronized_at=read_meta.time("synchronizedAt"),
            latest_synchronization=latest_synchronization_of(meta),
            financial_institution_id=_related_id(document, "financialInstitution"),
            document=document,
            unreadable=tuple(read.unreadable + read_meta.unreadable),
        )


def _related_id(document, name):
    relationship = as_dict(as_dict(document.get("relationships")).get(name))
    try:
        return parse_id(as_dict(relationship.get("data")).get("id"))
    except ValueError:
        return None


@dataclass(frozen=True, repr=False)
class FinancialInstitution(Record):
    """A bank."""

    id: str
    name: str | None = None
    bic: str | None = None
    document: dict = field(default_factory=dict, compare=False)
    unreadable: tuple[str, ...] = ()

    @classmethod
    def from_document(cls, document):
        """Build from a JSON:API resource.

        :param dict document:
        :rtype: FinancialInstitution
        :raise PontoProtocolError: no id, or no attributes
        """
        record_id, read = open_record(document, "financial institution")
        return cls(
            id=record_id,
            name=read.text("name"),
            bic=read.text("bic"),
            document=document,
            unreadable=tuple(read.unreadable),
        )
