# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""From registered transactions to statement lines in their statements."""

from datetime import date

from markupsafe import Markup

from ..engine.days import period_around
from ..engine.entry import IMPORTED
from ..engine.statements import assign, leaves_statement
from ..tools import to_decimal
from . import opening_balance
from .register import read_document, with_later_identifiers


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
    vals_list = provider._ponto_prepare_lines(list(map(read_document, records)))
    if provider.create_statement:
        assign_statements(provider, vals_list)
    lines = Line._ponto_create_in_bulk(vals_list)
    for record, line in zip(records, lines, strict=True):
        with_later_identifiers(record).statement_line_id = line
    records.write(
        {
            "state": IMPORTED,
            "reason": False,
            "document": False,
            "import_pull_id": pull.id,
        }
    )
    _mark_similar(records)
    opening_balance.take_in(provider, lines)
    opening_balance.chain_statements(provider, lines)
    return lines


def _mark_similar(records):
    """Mark the lines that were imported although the journal has similar ones."""
    for record in records.filtered("similar_line_id"):
        line = record.statement_line_id
        note = record.env._("Similar to %s: to review.", record.similar_line_id.name)
        line.narration = Markup("%s<br/>%s") % (note, line.narration)
        line.checked = False


def change_line(record):
    """Change a statement line to what the bank says now; it gets the statement of its
    new day.

    :param record: the `ponto.transaction` of the line, with the bank's document
    """
    provider, line = record.provider_id, record.statement_line_id
    served = provider._ponto_prepare_line_vals(read_document(record))
    names = [*provider._ponto_get_text_fields(), "date", "amount"]
    vals = {name: served[name] for name in names}
    Statement = line.env["account.bank.statement"]
    first = Statement._ponto_find_first(line.journal_id)
    opening = to_decimal(first.balance_start)
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
        opening=opening,
    )
    first = Statement._ponto_find_first(line.journal_id)
    if to_decimal(first.balance_start) != opening:
        first._ponto_chain_balances(created=first, opening=opening)


def _fits_number(move, day):
    """Tell whether an entry keeps its number on another day (bool)."""
    return move.new({"date": day}, origin=move)._sequence_matches_date()


# === STATEMENTS === #


def assign_statements(provider, vals_list):
    """Put each line into the statement of its period.

    :param list vals_list: values of statement lines; changed in place
    """
    Statement = provider.env["account.bank.statement"]
    days = [vals["date"] for vals in vals_list]
    mode = provider.statement_creation_mode
    names = {
        since: provider.make_statement_name(since)
        for since in {period_around(day, mode).since for day in days}
    }
    found = {
        statement.name: statement
        for statement in Statement.search(
            [
                ("journal_id", "=", provider.journal_id.id),
                ("name", "in", list(names.values())),
            ]
        )
    }
    existing = {since for since, name in names.items() if name in found}
    periods, missing = assign(days, mode, existing)
    missing_names = list(dict.fromkeys(names[each.since] for each in missing))
    created = Statement.create(
        [
            {
                "name": name,
                "journal_id": provider.journal_id.id,
                "balance_start": 0,
                "balance_end_real": 0,
            }
            for name in missing_names
        ]
    )
    found.update(zip(missing_names, created, strict=True))
    for vals in vals_list:
        name = names[periods[vals["date"]].since]
        vals["statement_id"] = found[name].id


def find_own_period(provider, statement):
    """Return the first day of the period of a statement that pulls make and fill.

    :return: None for a statement of somebody else, and for no statement
    :rtype: date or None
    """
    try:
        since = date.fromisoformat((statement.name or "").rpartition("/")[2])
    except ValueError:
        return None
    return since if statement.name == provider.make_statement_name(since) else None


def _leave_statement(provider, line, vals):
    """Take a line out of its statement if that is not the one of its new day.

    :param dict vals: for `write`; the right statement is added
    :return: the statement that it has left, if it has
    """
    statement = line.statement_id
    if not provider.create_statement or not leaves_statement(
        line.date,
        vals["date"],
        provider.statement_creation_mode,
        find_own_period(provider, statement),
    ):
        return statement.browse()
    statement._ponto_take_out(line)
    assign_statements(provider, [vals])
    return statement
