# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Booked transactions and the pages they come in."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .errors import PontoProtocolError
from .parsing import Reader, as_dict, document_from_text
from .records import Record, Synchronization, latest_synchronization_of, open_record


@dataclass(frozen=True, repr=False)
class Transaction(Record):
    """A transaction booked by the bank.

    `id` is the only key; `digest` is explicitly not unique (documented). `amount` is
    signed, credit positive (seen). `executed_at` is the booking, `valued_at` the value
    date; both are midnight UTC in fixtures of official clients, other times occur
    (seen), what they mean is not documented: the offset is kept as received.
    `created_at` and `updated_at` are moments of Ponto, not of the bank (documented).
    `remittance_information` is one text, `remittance_information_type` says structured
    or unstructured. Whether `fee` is part of `amount` is not documented.
    """

    id: str
    amount: Decimal | None = None
    currency: str | None = None
    executed_at: datetime | None = None
    valued_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    description: str | None = None
    remittance_information: str | None = None
    remittance_information_type: str | None = None
    counterpart_name: str | None = None
    counterpart_reference: str | None = None
    end_to_end_id: str | None = None
    bank_transaction_code: str | None = None
    proprietary_bank_transaction_code: str | None = None
    purpose_code: str | None = None
    mandate_id: str | None = None
    creditor_id: str | None = None
    additional_information: str | None = None
    card_reference: str | None = None
    card_reference_type: str | None = None
    fee: Decimal | None = None
    internal_reference: str | None = None
    digest: str | None = None
    document: dict = field(default_factory=dict, compare=False)
    unreadable: tuple[str, ...] = ()

    @classmethod
    def from_document(cls, document):
        """Build from a JSON:API resource, or from one kept by `document_to_text`.

        :param dict document:
        :rtype: Transaction
        :raise PontoProtocolError: no id, or no attributes
        """
        record_id, read = open_record(document, "transaction")
        return cls(
            id=record_id,
            amount=read.amount("amount"),
            currency=read.code("currency"),
            executed_at=read.time("executionDate"),
            valued_at=read.time("valueDate"),
            created_at=read.time("createdAt"),
            updated_at=read.time("updatedAt"),
            description=read.text("description"),
            remittance_information=read.text("remittanceInformation"),
            remittance_information_type=read.text("remittanceInformationType"),
            counterpart_name=read.text("counterpartName"),
            counterpart_reference=read.text("counterpartReference"),
            end_to_end_id=read.text("endToEndId"),
            bank_transaction_code=read.text("bankTransactionCode"),
            proprietary_bank_transaction_code=read.text(
                "proprietaryBankTransactionCode"
            ),
            purpose_code=read.text("purposeCode"),
            mandate_id=read.text("mandateId"),
            creditor_id=read.text("creditorId"),
            additional_information=read.text("additionalInformation"),
            card_reference=read.text("cardReference"),
            card_reference_type=read.text("cardReferenceType"),
            fee=read.amount("fee"),
            internal_reference=read.text("internalReference"),
            digest=read.text("digest"),
            document=document,
            unreadable=tuple(read.unreadable),
        )


def transaction_from_text(text):
    """Return the transaction in a stored document; None if it holds none.

    :param str text: as kept by `document_to_text`; or a false value
    :rtype: Transaction or None
    """
    try:
        return Transaction.from_document(document_from_text(text or ""))
    except PontoProtocolError:
        return None


@dataclass(frozen=True)
class Page:
    """One page of transactions.

    :ivar list records: Transaction, in the order of the API (newest created first,
        seen; no order is documented)
    :ivar synchronized_at: aware datetime or None; last synchronization of the
        *transactions* of the account (seen in an official client)
    :ivar latest_synchronization: Synchronization or None, of the transactions too
    """

    records: list[Transaction]
    synchronized_at: datetime | None = None
    latest_synchronization: Synchronization | None = None

    @property
    def synchronization_error(self):
        """Code with which the latest synchronization failed; None if it did not.

        :rtype: str or None
        """
        latest = self.latest_synchronization
        return latest and latest.error_code

    @classmethod
    def from_document(cls, document):
        """Build from a JSON:API list.

        :param dict document: its `data` is known to be a list
        :rtype: Page
        :raise PontoProtocolError: a record has no id, or no attributes
        """
        meta = as_dict(document.get("meta"))
        return cls(
            records=[Transaction.from_document(item) for item in document["data"]],
            synchronized_at=Reader(meta).time("synchronizedAt"),
            latest_synchronization=latest_synchronization_of(meta),
        )
