# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a record of the register tells, and what its statement line tells beside it."""

from datetime import date

from odoo.fields import Domain

from ..engine import admission, changes
from ..engine.entry import IGNORED, NEW, POSSIBLE_DUPLICATE, REMOVED, WAITING, Known
from ..ponto_api import Transaction, document_from_text, transaction_from_text
from ..tools import format_short_day, to_decimal
from .written_texts import follow_bank

#: States in which the document is kept, because it may yet become a statement line.
STATES_WITH_DOCUMENT = (NEW, WAITING, IGNORED, REMOVED)

#: What is perhaps known under an earlier identifier. Likely it is, and the bank has it
#: but once: so nothing counts it, until somebody imports it. Who ignores it may mean
#: just that.
DOUBTFUL = (
    Domain("reason", "=", POSSIBLE_DUPLICATE)
    & Domain("statement_line_id", "=", False)
    & Domain("state", "in", (WAITING, IGNORED))
)
_IN_DOUBT = DOUBTFUL & Domain("state", "=", WAITING)

#: What is perhaps the same as something doubtful: at most one of these is one more.
DOUBTFUL_TWICE = Domain.OR(
    Domain(name, "any", _IN_DOUBT)
    for name in ("possible_original_id", "possible_original_id.original_id")
)

#: What waits for somebody; what waits for its day comes in by itself.
UNDECIDED = [("state", "=", "waiting"), ("reason", "!=", "future")]

#: What the register tells of a transaction in words.
TEXT_FIELDS = ("payment_ref", "counterpart_name", "account_number")

#: What it no longer has once that is forgotten.
FORGETTABLE_FIELDS = (*TEXT_FIELDS, "document")

#: What the engine's rules look at.
KNOWN_FIELDS = (
    "ponto_id",
    "date",
    "amount",
    "currency",
    "account_number",
    "counterpart_name",
    "payment_ref",
    "fingerprint",
    "content_hash",
    "traits",
    "list_rank",
    "state",
    "reason",
    "ponto_account_id",
    "generation",
    "pull_id",
    "statement_line_id",
    "original_id",
    "possible_original_id",
    "is_gone",
)


def prepare_booking(entry):
    """Prepare what the register tells of how a transaction is booked (dict)."""
    return {"date": entry.day, "amount": entry.amount, "currency": entry.currency}


def prepare_texts(entry):
    """Prepare what the register tells of a transaction in words (dict)."""
    return {
        "payment_ref": entry.label,
        "counterpart_name": entry.counterpart_name,
        "account_number": entry.account_number,
    }


def read_texts(line):
    """Return what a statement line tells in words, as the register has it (dict)."""
    return {
        "payment_ref": line.payment_ref,
        "counterpart_name": line.partner_name or line.partner_id.name,
        "account_number": line.account_number,
    }


def read_known(records, with_successors=False, with_first=False):
    """Return what the engine's rules look at, without a query for each record.

    :param records: `ponto.transaction` records
    :param bool with_successors: whether it matters what is known under a later
        identifier, too; costs a query
    :param bool with_first: whether it matters what is known under the first identifier;
        costs a query for each further one
    :return: `engine.entry.Known` objects, one a record, in the same order
    :rtype: list
    """
    return [
        Known(
            key=record.id,
            ponto_id=record.ponto_id,
            day=record.date or None,
            amount=to_decimal(record.amount),
            currency=record.currency or None,
            account_number=record.account_number or None,
            counterpart_name=record.counterpart_name or None,
            label=record.payment_ref or None,
            fingerprint=record.fingerprint or None,
            content_hash=record.content_hash or None,
            traits=frozenset((record.traits or "").split()),
            rank=int(record.list_rank),
            state=record.state,
            reason=record.reason or None,
            account_id=record.ponto_account_id or None,
            generation=record.generation,
            pull=record.pull_id.id or None,
            line=record.statement_line_id.id or None,
            is_gone=record.is_gone,
            original=record.original_id.id or None,
            possible_original=record.possible_original_id.id or None,
            has_successor=with_successors and bool(record.successor_ids),
            first=with_first and find_first(record).id or None,
        )
        for record in records
    ]


def with_later_identifiers(records):
    """Return the records of the same transactions under later identifiers, too."""
    newest = records
    while newest := newest.successor_ids:
        records |= newest
    return records


def with_earlier_identifiers(records):
    """Return the records of the same transactions under earlier identifiers, too."""
    oldest = records
    while oldest := oldest.original_id:
        records |= oldest
    return records


def find_first(record):
    """Return the record of the same transaction under its first identifier."""
    while record.original_id:
        record = record.original_id
    return record


def describe_briefly(record):
    """Return day, amount and label of a transaction, as in "28 Nov · -55.00 € ·
    Proximus" (str)."""
    amount = f"{record.amount:.2f} {record.currency or ''}".strip()
    if record.currency_id:
        amount = record.currency_id.format(record.amount)
    day = format_short_day(record.env, record.date)
    return " · ".join(filter(None, [day, amount, record.payment_ref]))


def has_texts(record):
    """Tell whether the register tells anything of a transaction in words (bool)."""
    return any(record[name] for name in TEXT_FIELDS)


def is_forgotten(record):
    """Tell whether the texts of a transaction that was read are forgotten (bool)."""
    return bool(record.content_hash) and not (has_texts(record) or record.document)


def can_be_fetched(record):
    """Tell whether Ponto may be asked for a document that was forgotten (bool)."""
    was_kept = bool(record.content_hash)
    is_open = record.state == WAITING or not record.statement_line_id
    is_needed = is_open and not record.document
    return was_kept and is_needed and bool(find_listed(record))


def find_listed(record):
    """Return the records under whose identifiers Ponto may still have a transaction,
    the newest first."""
    records = with_later_identifiers(record).filtered(lambda each: not each.is_gone)
    return records.sorted("id", reverse=True)


def read_document(record):
    """Return what the bank says of a transaction (`ponto_api.Transaction`)."""
    return Transaction.from_document(document_from_text(record.document))


def with_identifier(transaction, ponto_id):
    """Return a transaction under another identifier, by which its line is to be found.

    :param transaction: a `ponto_api.Transaction`
    :param str ponto_id: the identifier
    """
    return Transaction.from_document({**transaction.document, "id": ponto_id})


def find_obstacle(record):
    """Return the reason for which no statement line can be made of a transaction as the
    bank has it now, whatever somebody decides.

    :rtype: str or None
    """
    provider, entry = record.provider_id, None
    if record.document:
        entry = provider._ponto_prepare_entry(read_document(record))
    rules = provider._ponto_prepare_rules(date.min)
    return admission.find_obstacle(entry, rules, record.reason or None)


def read_booked(record):
    """Return what the journal has of a transaction.

    :param record: a `ponto.transaction` record with a line
    :rtype: engine.changes.BookedLine
    """
    line, provider = record.statement_line_id, record.provider_id
    text = record.content_hash and line.raw_data
    transaction = transaction_from_text(text)
    # An earlier feed has kept none, or one that cannot be read.
    told = {}
    if transaction:
        told = {
            "served": provider._ponto_get_amount(transaction),
            "content_hash": provider._ponto_get_content_hash(transaction),
            "day": provider._ponto_get_date(transaction),
        }
    return changes.BookedLine(
        amount=to_decimal(line.amount),
        rounding=to_decimal(line.currency_id.rounding),
        is_worked_on=line._ponto_is_worked_on(),
        **told,
    )


def update_texts(record, transaction):
    """Let the texts of a line follow the bank, but for those that somebody typed.

    :param record: the `ponto.transaction` record of the line
    :param transaction: a `ponto_api.Transaction`, as the bank has it now
    """
    provider, line = record.provider_id, record.statement_line_id
    served = provider._ponto_prepare_line_vals(transaction)
    texts = {name: served[name] for name in provider._ponto_get_text_fields()}
    follow_bank(line, texts, provider._ponto_get_written(line))
