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
from .parsing import Reader, as_dict, parse_id
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
    (documented). `updated_at` of a finished one is taken as its end (we assume).
    """

    id: str
    subtype: str | None = None
    status: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    customer_online: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
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
            resource_type=read.text("resourceType"),
            resource_id=read.text("resourceId"),
            customer_online=read.flag("customerOnline"),
            created_at=read.time("createdAt"),
            updated_at=read.time("updatedAt"),
            errors=_problems(document["attributes"].get("errors")),
            document=document,
            unreadable=tuple(read.unreadable),
        )


def _problems(errors):
    # A single one may stand alone. A bare string is a code (seen in a client of a
    # sister product).
    errors = [errors] if isinstance(errors, (str, dict)) else errors
    if not isinstance(errors, list):
        return ()
    documents = [{"code": each} if isinstance(each, str) else each for each in errors]
    readers = [Reader(each) for each in documents if isinstance(each, dict)]
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

    `reference` is the account number; `reference_type` says of which kind (IBAN, BBAN,
    email, PAN, MASKEDPAN, MSISDN: seen in an official client). `availability` is
    available or readonly. `synchronized_at` and `latest_synchronization` are about the
    account details, not about its transactions (seen in an official client).
    """

    id: str
    reference: str | None = None
    reference_type: str | None = None
    currency: str | None = None
    current_balance: Decimal | None = None
    available_balance: Decimal | None = None
    current_balance_reference_at: datetime | None = None
    current_balance_changed_at: datetime | None = None
    holder_name: str | None = None
    description: str | None = None
    product: str | None = None
    subtype: str | None = None
    deprecated: bool = False
    authorized_at: datetime | None = None
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
        if latest is None or not latest.is_failed:
            return None
        return next((each.code for each in latest.errors if each.code), "unknown")

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
            reference_type=read.text("referenceType"),
            currency=read.code("currency"),
            current_balance=read.amount("currentBalance"),
            available_balance=read.amount("availableBalance"),
            current_balance_reference_at=read.time("currentBalanceReferenceDate"),
            current_balance_changed_at=read.time("currentBalanceChangedAt"),
            holder_name=read.text("holderName"),
            description=read.text("description"),
            product=read.text("product"),
            subtype=read.text("subtype"),
            deprecated=read.flag("deprecated"),
            authorized_at=read.time("authorizedAt"),
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
    """A bank. `expected_authorization_lifetime` is in days (seen, not documented);
    during maintenance of type `internal` there is no access, of type
    `financialInstitution` only reading (seen in an official client)."""

    id: str
    name: str | None = None
    bic: str | None = None
    country: str | None = None
    status: str | None = None
    deprecated: bool = False
    time_zone: str | None = None
    shared_brand_name: str | None = None
    maintenance_from: datetime | None = None
    maintenance_to: datetime | None = None
    maintenance_type: str | None = None
    expected_authorization_lifetime: Decimal | None = None
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
            country=read.text("country"),
            status=read.text("status"),
            deprecated=read.flag("deprecated"),
            time_zone=read.text("timeZone"),
            shared_brand_name=read.text("sharedBrandName"),
            maintenance_from=read.time("maintenanceFrom"),
            maintenance_to=read.time("maintenanceTo"),
            maintenance_type=read.text("maintenanceType"),
            expected_authorization_lifetime=read.amount(
                "expectedAuthorizationLifetime"
            ),
            document=document,
            unreadable=tuple(read.unreadable),
        )
