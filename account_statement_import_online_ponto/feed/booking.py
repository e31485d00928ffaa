# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""From registered transactions to statement lines in their statements."""

from odoo import fields

from ..engine.entry import IMPORTED, REMOVED
from ..engine.statements import assign, leaves_statement
from ..tools import to_decimal, to_json
from . import match_memory, opening_balance, settling
from .journal_balance import find_opening_balance, sum_lines
from .registered import (
    read_booked,
    read_document,
    update_texts,
    with_later_identifiers,
)
from .written_texts import write_texts


def create_lines(records, pull):
    """Create the statement lines of some transactions of one feed.

    :param records: `ponto.transaction` records, in the order in which to book them
    :param pull: the `ponto.pull` that makes them, or an empty recordset
    :return: the statement lines, in the same order
    """
    provider = records.provider_id
    Line = records.env["account.bank.statement.line"]
    if not records:
        return Line
    opening_balance.note_told_apart(records)
    vals_list = provider._ponto_prepare_lines(list(map(read_document, records)))
    for vals in vals_list:
        vals["ponto_written"] = provider._ponto_prepare_marks(vals)
    _tell_apart(records, vals_list)
    if provider.create_statement:
        assign_statements(provider, vals_list)
    policy = provider.ponto_match_policy
    lines = Line._ponto_create_in_bulk(vals_list, is_settled=policy == "certain")
    # Nobody has seen them yet: whom another module has guessed, no person has chosen.
    match_memory.remember_partner(lines.sudo())
    for record, line in zip(records, lines, strict=True):
        with_later_identifiers(record).statement_line_id = line
    brought_back = records.filtered(lambda record: record.state == REMOVED)
    records.write(
        {
            "state": IMPORTED,
            "reason": False,
            "document": False,
            "import_pull_id": pull.id,
        }
    )
    _mark_similar(records)
    opening_balance.update_after_create(provider, records, brought_back)
    settling.settle_new(lines, policy)
    return lines


def _tell_apart(records, vals_list):
    """Let lines of other journals keep nothing out: whoever may enter lines may give
    them any import identifier, which is unique in the database.

    :param records: `ponto.transaction` records
    :param list vals_list: values of their lines; changed in place
    """
    import_ids = [vals["unique_import_id"] for vals in vals_list]
    lines_sudo = records.env["account.bank.statement.line"].sudo()
    taken = lines_sudo.search_fetch(
        [
            ("unique_import_id", "in", import_ids),
            ("journal_id", "!=", records.provider_id.journal_id.id),
        ],
        ["unique_import_id"],
    ).mapped("unique_import_id")
    for record, vals in zip(records, vals_list, strict=True):
        if vals["unique_import_id"] in taken:
            vals["unique_import_id"] += f"-{record.id}"


def _mark_similar(records):
    """Mark the lines that were imported although the journal has similar ones: they are
    to be reviewed, and tell why, see `ponto_remark`."""
    records.filtered("similar_line_id").statement_line_id.checked = False


def change_line(record):
    """Change a statement line to what the bank says now; it gets the statement of its
    new day. What the feed itself has settled with it is matched anew.

    Where day and amount are what they were, nothing is booked anew: somebody may have
    corrected it.

    :param record: the `ponto.transaction` of the line, with the bank's document
    """
    provider, line = record.provider_id, record.statement_line_id
    transaction = read_document(record)
    rebooking = _find_rebooking(record, transaction)
    released = settling.release(line)
    update_texts(record, transaction)
    if rebooking:
        _rebook(provider, line, rebooking)
    settling.settle_changed(line, provider.ponto_match_policy, released)


def read_changeable(provider, line):
    """Return what `change_line` changes of a line, as JSON can hold it.

    :return: None where that cannot be restored: something is settled with it, or its
        entry is not what Odoo would make of it now
    :rtype: dict or None
    """
    if line.is_reconciled or line.ponto_match or not _is_entry_as_computed(line):
        return None
    names = ["date", "amount", "partner_id", "ponto_written"]
    values = {
        name: to_json(line[name]) for name in names + provider._ponto_get_text_fields()
    }
    return {"number": line.move_id.name, "values": values}


def _is_entry_as_computed(line):
    """Tell whether the entry of a line is what Odoo computes, by today's rates and the
    journal's accounts; or somebody has corrected it (bool)."""
    computed = sorted(
        (vals["account_id"], vals["debit"] - vals["credit"])
        for vals in line._prepare_move_line_default_vals()
    )
    items = sorted((item.account_id.id, item.balance) for item in line.line_ids)
    same = line.company_id.currency_id.compare_amounts
    return len(items) == len(computed) and all(
        account_id == own_id and not same(balance, own)
        for (account_id, balance), (own_id, own) in zip(items, computed, strict=True)
    )


def restore_line(provider, line, kept):
    """Change a line back to what it was before `change_line`.

    :param line: the statement line, which nobody has changed since
    :param dict kept: as returned by `read_changeable`
    """
    values = dict(kept["values"])
    booked = {"date": fields.Date.to_date(values.pop("date"))}
    booked["amount"] = values.pop("amount")
    partner_id = values.pop("partner_id")
    if any(line[name] != booked[name] for name in booked):
        _rebook(provider, line, booked)
    if line.partner_id.id != partner_id:
        settling.name_partner(line, line.partner_id.browse(partner_id or []))
    if line.move_id.name != kept["number"]:
        line.move_id.name = kept["number"]
    write_texts(line, values)


def _find_rebooking(record, transaction):
    """Find what of day and amount the bank has changed; the other one stays as it is,
    whatever somebody has typed.

    :return: values for `_rebook`, or None where it has changed neither
    :rtype: dict or None
    """
    provider, line = record.provider_id, record.statement_line_id
    booked = read_booked(record)
    served = provider._ponto_prepare_line_vals(transaction)
    is_moved = booked.is_moved(record.date, provider._ponto_get_date(transaction))
    has_amount = booked.has_amount(provider._ponto_get_amount(transaction))
    if has_amount and not is_moved:
        return None
    return {
        "date": served["date"] if is_moved else line.date,
        "amount": line.amount if has_amount else served["amount"],
    }


def _rebook(provider, line, vals):
    """Change day and amount of a line; it gets the statement of its new day.

    :param dict vals: for `write`; changed in place
    """
    Statement = line.env["account.bank.statement"]
    first = Statement._ponto_find_first(line.journal_id)
    # The balance before all lines: there may be some before the first statement.
    base = to_decimal(first.balance_start)
    if first:
        base -= sum_lines(provider, first.first_line_index)
    left = _leave_statement(provider, line, vals)
    if not _fits_number(line.move_id, vals["date"]):
        line.move_id.name = False
    line.write(vals)
    left.filtered(lambda statement: not statement.line_ids)._ponto_discard()
    statement = line.statement_id
    if not statement:
        return
    statement._ponto_chain_balances(
        created=statement.filtered(lambda s: left and s.line_ids == line),
        opening=base + sum_lines(provider, statement.first_line_index),
    )
    first = Statement._ponto_find_first(line.journal_id)
    opening = base + sum_lines(provider, first.first_line_index)
    if to_decimal(first.balance_start) != opening:
        # Not as a new one: what agreed with it goes on agreeing, and nothing else.
        first._ponto_chain_balances(created=first.browse(), opening=opening)


def _fits_number(move, day):
    """Tell whether an entry keeps its number on another day (bool)."""
    return move.new({"date": day}, origin=move)._sequence_matches_date()


# === STATEMENTS === #


def assign_statements(provider, vals_list):
    """Put each line into the statement of its period.

    :param list vals_list: values of statement lines; changed in place
    """
    Statement = provider.env["account.bank.statement"]
    by_period = {
        statement._ponto_get_period(): statement
        for statement in Statement.search_fetch(
            [
                ("journal_id", "=", provider.journal_id.id),
                ("ponto_since", "!=", False),
            ],
            ["ponto_since", "ponto_until"],
        )
    }
    days = [vals["date"] for vals in vals_list]
    periods, missing = assign(days, provider.statement_creation_mode, by_period)
    created = Statement.create(
        [
            {
                "name": provider.make_statement_name(period.since),
                "journal_id": provider.journal_id.id,
                "balance_start": 0,
                "balance_end_real": 0,
                "ponto_since": period.since,
                "ponto_until": period.until,
                "ponto_written_end": 0,
            }
            for period in missing
        ]
    )
    by_period.update(zip(missing, created, strict=True))
    for vals in vals_list:
        vals["statement_id"] = by_period[periods[vals["date"]]].id


def adopt_line(provider, line):
    """Put a line that the journal had already into the statement of its day, as if the
    feed had made it: the balances of statements count no others.

    What is in a statement stays there, whoever has made that.
    """
    if (
        not provider.create_statement
        or line.statement_id
        or line.journal_id != provider.journal_id
        or line.state != "posted"
    ):
        return
    Statement = line.env["account.bank.statement"]
    following = Statement.search(
        [
            ("journal_id", "=", line.journal_id.id),
            ("first_line_index", ">", line.internal_index),
        ],
        order="first_line_index",
        limit=1,
    )
    opening = find_opening_balance(provider)
    vals = {"date": line.date}
    assign_statements(provider, [vals])
    line.statement_id = vals["statement_id"]
    opening_balance.chain_adopted(provider, line, following, opening)


def release_line(line):
    """Take a line out of the statement into which `adopt_line` has put it. It stays in
    the journal.

    :param line: the statement line
    """
    emptied = line.statement_id._ponto_take_out(line)
    emptied._ponto_discard()


def _leave_statement(provider, line, vals):
    """Take a line out of its statement if that is not the one of its new day.

    :param dict vals: for `write`; the right statement is added
    :return: the statement that it has left, if it has
    """
    statement = line.statement_id
    if not provider.create_statement or not leaves_statement(
        line.date, vals["date"], statement._ponto_get_period()
    ):
        return statement.browse()
    statement._ponto_take_out(line)
    assign_statements(provider, [vals])
    return statement
