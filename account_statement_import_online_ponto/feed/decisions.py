# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What somebody decides about transactions that were not simply imported.

Who may enter statement lines may decide.
"""

from odoo.exceptions import UserError

from ..engine.entry import (
    DUPLICATE,
    IGNORED,
    IMPORTED,
    NEW,
    WAITING,
    booking_order,
)
from .booking import change_line, create_lines
from .register import (
    STATES_WITH_DOCUMENT,
    find_obstacle,
    read_document,
    read_known,
)


def import_after_all(records):
    """Make statement lines of transactions. That includes lines that somebody removed,
    or the bank's new version of one.

    :param records: `ponto.transaction` records
    :raise AccessError: when the user may not enter statement lines
    :raise UserError: when there is nothing that a line could be made of
    """
    _check_may_decide(records)
    for provider, feed_records in records.sudo().grouped("provider_id").items():
        provider = provider.with_company(provider.company_id)
        feed_records = feed_records.with_env(provider.env)
        provider._ponto_lock()
        changed = feed_records.filtered("statement_line_id")
        for record in changed.filtered(lambda record: record.state == WAITING):
            _check_importable(record)
            _apply_change(record)
        to_create = (feed_records - changed).filtered(
            lambda record: record.state in STATES_WITH_DOCUMENT
        )
        for record in to_create:
            _check_importable(record)
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
    _check_may_decide(records)
    waiting = records.sudo().filtered(lambda record: record.state in (NEW, WAITING))
    with_line = waiting.filtered("statement_line_id")
    with_line.write({"state": IMPORTED, "reason": False, "document": False})
    (waiting - with_line).write({"state": IGNORED})


def take_similar_line(records):
    """Take the similar line of the journal for each transaction.

    :param records: `ponto.transaction` records
    :raise AccessError: when the user may not enter statement lines
    :raise UserError: when there is no similar line
    """
    _check_may_decide(records)
    for record in records.sudo():
        if not record.similar_line_id:
            raise UserError(
                record.env._(
                    'No line of the journal is similar to "%s". Import the '
                    "transaction, or ignore it.",
                    record.payment_ref,
                )
            )
        line = record.similar_line_id
        record.write(
            {
                "state": DUPLICATE,
                "reason": False,
                "statement_line_id": line.id,
                "original_id": _find_original(record, line).id,
            }
        )


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


def _check_may_decide(records):
    """Check that the user may enter statement lines.

    :raise AccessError: when the user may not
    """
    records.check_access("read")
    records.env["account.bank.statement.line"].check_access("create")


def _check_importable(record):
    """Check that a statement line can be made of a transaction.

    :raise UserError: when it cannot
    """
    obstacle = find_obstacle(record)
    if record.document and not obstacle:
        return
    reasons = dict(record._fields["reason"]._description_selection(record.env))
    raise UserError(
        record.env._(
            'No line can be made of "%(label)s". %(reason)s: enter the line by hand, '
            "if it belongs into the journal, and ignore the transaction.",
            label=record.payment_ref,
            reason=reasons.get(obstacle, record.env._("Ponto's document is missing")),
        )
    )


def _apply_change(record):
    """Change the statement line of a transaction to what the bank says now.

    :raise UserError: when somebody has reconciled the line, or begun to
    """
    line = record.statement_line_id
    if line._ponto_is_worked_on():
        raise UserError(
            record.env._(
                'The line "%s" is reconciled. Undo the reconciliation first, or keep '
                "the line as it is.",
                line.payment_ref,
            )
        )
    entry = record.provider_id._ponto_prepare_entry(read_document(record))
    change_line(record)
    record.write(
        {
            "state": IMPORTED,
            "reason": False,
            "document": False,
            "date": entry.day,
            "amount": entry.amount,
            "currency": entry.currency,
        }
    )
