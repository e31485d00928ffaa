# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What somebody decides about transactions that were not simply imported.

Whoever may enter statement lines may decide.
"""

from odoo.exceptions import UserError

from ..engine.entry import (
    DUPLICATE,
    IGNORED,
    IMPORTED,
    NEW,
    REMOVED,
    WAITING,
    booking_order,
)
from ..ponto_api import (
    PontoError,
    PontoNotFoundError,
    document_to_text,
    transaction_from_text,
)
from ..texts import explain
from . import opening_balance
from .booking import adopt_line, change_line, create_lines
from .registered import (
    can_be_fetched,
    find_listed,
    find_obstacle,
    prepare_booking,
    prepare_texts,
    read_document,
    read_known,
    with_earlier_identifiers,
    with_identifier,
)
from .screening import find_similar
from .written_texts import keep_from_bank

#: States of a transaction without a line in which somebody may import it.
DECIDABLE_STATES = (WAITING, IGNORED, REMOVED)


def import_after_all(records):
    """Make statement lines of transactions. That includes lines that somebody removed,
    or the bank's new version of one. What is still to be imported is left to the next
    fetch, which looks whether anything speaks against it.

    :param records: `ponto.transaction` records
    :raise AccessError: when the user may not enter statement lines
    :raise UserError: when there is nothing that a line could be made of
    """
    check_may_decide(records)
    _check_is_decided_here(records)
    _fetch_missing_documents(records.sudo())
    for provider, feed_records in records.sudo().grouped("provider_id").items():
        provider = provider.with_company(provider.company_id)
        feed_records = feed_records.with_env(provider.env)
        provider._ponto_lock()
        changed = feed_records.filtered("statement_line_id")
        for record in changed.filtered(lambda record: record.state == WAITING):
            _check_importable(record)
            _check_has_document(record)
            _apply_change(record)
        to_create = (feed_records - changed).filtered(
            lambda record: record.state in DECIDABLE_STATES
        )
        for record in to_create:
            _check_importable(record)
            _check_has_document(record)
        similar = find_similar(
            provider, to_create.filtered(lambda record: not record.similar_line_id)
        )
        for record, line in similar.items():
            # Nobody was told of that one.
            record.similar_line_id = line
        known = sorted(read_known(to_create), key=booking_order)
        create_lines(
            to_create.browse(each.key for each in known),
            provider.env["ponto.pull"],
        )


def ignore(records):
    """Leave transactions out of the journal for good; or the lines as they are.

    :param records: `ponto.transaction` records
    :raise AccessError: when the user may not enter statement lines
    """
    check_may_decide(records)
    waiting = records.sudo().filtered(lambda record: record.state in (NEW, WAITING))
    with_line = waiting.filtered("statement_line_id")
    # What the bank says now comes back, should somebody remove the line.
    with_line.write({"state": IMPORTED, "reason": False})
    (waiting - with_line).write({"state": IGNORED})


def take_similar_line(records):
    """Take the similar line of the journal for each transaction.

    :param records: `ponto.transaction` records
    :raise AccessError: when the user may not enter statement lines
    :raise UserError: when there is no similar line
    """
    check_may_decide(records)
    waiting = records.sudo().filtered(lambda record: record.state == WAITING)
    similar = waiting.filtered(_has_similar)
    if not similar:
        raise UserError(
            records.env._(
                "No line of the journal is similar to what you have chosen. Import the "
                "transactions, or ignore them."
            )
            if len(records) > 1
            else records.env._(
                'No line of the journal is similar to "%s". Import the '
                "transaction, or ignore it.",
                records.display_name,
            )
        )
    for provider, feed_records in similar.grouped("provider_id").items():
        provider = provider.with_company(provider.company_id)
        provider._ponto_lock()
        for record in feed_records.with_env(provider.env):
            # One before it may have taken the same line.
            if _has_similar(record):
                _take_similar_line(provider, record)


def _has_similar(record):
    """Tell whether there is something that a transaction without a line of its own may
    be the same as, and that no other transaction stands for (bool)."""
    if record.statement_line_id:
        return False
    line, earlier = record.similar_line_id, record.possible_original_id
    if not line:
        # Of the earlier one there is no line: it was ignored, or removed.
        return bool(earlier)
    if line == earlier.statement_line_id:
        # Unless another one that is still listed goes on for that.
        listed = earlier.successor_ids.filtered(lambda each: not each.is_gone)
        return not listed - record
    stands_for = [("statement_line_id", "=", line.id), ("id", "!=", record.id)]
    return not record.search_count(stands_for, limit=1)


def _take_similar_line(provider, record):
    """Take the similar line for a transaction, or the earlier transaction.

    :param provider: its feed, locked
    """
    line = record.similar_line_id
    original = _find_original(record, line) if line else record.possible_original_id
    if line and not original:
        opening_balance.note_taken(record, line)
    record.write(
        {
            "state": DUPLICATE,
            "reason": False,
            "statement_line_id": line.id,
            "original_id": original.id,
        }
    )
    if line:
        if not original and not transaction_from_text(line.raw_data):
            keep_from_bank(line, provider._ponto_get_text_fields())
        adopt_line(provider, line)


def _find_original(record, line):
    """Return the transaction of the feed that became a line, if one did."""
    return record.search(
        [
            ("provider_id", "=", record.provider_id.id),
            ("statement_line_id", "=", line.id),
            ("successor_ids", "=", False),
            ("id", "<", record.id),
        ],
        order="id desc",
        limit=1,
    )


def check_may_decide(records):
    """Check that the user may enter statement lines.

    :raise AccessError: when the user may not
    """
    records.check_access("read")
    records.env["account.bank.statement.line"].check_access("create")


def _check_is_decided_here(records):
    """Check that not all of some transactions are imported unasked anyway.

    :raise UserError: when they are, with the next step
    """
    if records and set(records.mapped("state")) == {NEW}:
        raise UserError(
            records.env._(
                "The next fetch imports this, unless something speaks against it. To "
                "have it now, press Fetch on the journal's card."
            )
        )


def _check_importable(record):
    """Check that a statement line can be made of a transaction.

    :raise UserError: when it cannot
    """
    obstacle = find_obstacle(record)
    if (record.document or can_be_fetched(record)) and not obstacle:
        return
    reasons = dict(record._fields["reason"]._description_selection(record.env))
    raise UserError(
        record.env._(
            'No line can be made of "%(label)s". %(reason)s: enter the line by hand, '
            "if it belongs in the journal, and ignore the transaction.",
            label=record.display_name,
            reason=reasons.get(obstacle, record.env._("Ponto's document is missing")),
        )
    )


def _check_has_document(record):
    """Check that Ponto still had what nobody kept the texts of.

    :raise UserError: when it had not
    """
    if not record.document:
        raise UserError(
            record.env._(
                'Ponto does not have "%s" any more: enter the line by hand.',
                record.display_name,
            )
        )


def _apply_change(record):
    """Change the statement line of a transaction to what the bank says now.

    :raise UserError: when somebody has reconciled the line, or begun to; or it is of a
        journal that the feed fills no more
    """
    line = record.statement_line_id
    if line.journal_id != record.provider_id.journal_id:
        raise UserError(
            record.env._(
                "The line is in a journal that this feed does not fill any more. "
                "Correct it there by hand, and ignore the change here."
            )
        )
    if line._ponto_is_worked_on():
        raise UserError(
            record.env._(
                'The line "%s" is reconciled. Undo the reconciliation first, or keep '
                "the line as it is.",
                line.payment_ref,
            )
        )
    entry = record.provider_id._ponto_prepare_entry(read_document(record))
    opening_balance.note_earlier_day(record.provider_id, entry.day)
    change_line(record)
    record.write(
        {
            "state": IMPORTED,
            "reason": False,
            "document": False,
            **prepare_texts(entry),
        }
    )
    # Of what is known under several identifiers, the first one counts.
    with_earlier_identifiers(record).write(prepare_booking(entry))


# === WHAT WAS FORGOTTEN === #


def fetch_document(record, client):
    """Fetch the document that was forgotten, if Ponto still has it.

    :param record: a `ponto.transaction` record
    :param client: a `PontoClient`
    :raise PontoError: when Ponto cannot be asked
    """
    provider = record.provider_id
    for listed in find_listed(record):
        account_id = listed.ponto_account_id or provider.ponto_account_id
        try:
            transaction = client.fetch_transaction(account_id, listed.ponto_id)
        except PontoNotFoundError as error:
            # An earlier account goes with all that it had.
            is_earlier = account_id != provider.ponto_account_id
            if error.tells_gone("transaction") or (
                is_earlier and error.tells_gone("account")
            ):
                continue
            raise
        transaction = with_identifier(transaction, record.ponto_id)
        entry = provider._ponto_prepare_entry(transaction)
        document = document_to_text(transaction.document)
        values = {"document": document, **prepare_texts(entry)}
        if not record.statement_line_id:
            values.update(prepare_booking(entry))
            opening_balance.note_change(record, entry)
        record.write(values)
        return


def _fetch_missing_documents(records):
    """Fetch the documents that were forgotten, for a decision.

    :raise UserError: when Ponto cannot be asked, in words
    """
    for provider, feed_records in records.grouped("provider_id").items():
        missing = feed_records.filtered(can_be_fetched)
        if not missing:
            continue
        try:
            with provider._ponto_get_client() as client:
                for record in missing:
                    fetch_document(record, client)
        except PontoError as error:
            text = explain(records.env, error, is_tried_again=False)
            raise UserError(text) from error
