# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Undoing an import: take lines back that pulls have made, by Odoo's own rules.

Lines come in the environment of the person who removes them, so that their rights and
their exceptions to lock dates count. The register keeps the transactions as removed: no
pull imports them again, but somebody may.
"""

from textwrap import shorten

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_list

from ..tools import without_caller_context
from . import balance_check, opening_balance, settling

#: How many lines an error names, and how many letters of their labels.
NAMED_LINES = 3
LABEL_LENGTH = 40


def take_back(pulls):
    """Remove the lines that pulls have made, as long as nobody has worked with them.

    :param pulls: `ponto.pull` records
    :return: how many lines were removed
    :rtype: int
    :raise AccessError: when the user may not remove statement lines
    :raise UserError: when there is nothing to remove, or a line must stay
    """
    with_lines = _find_with_lines(without_caller_context(pulls))
    count = sum(with_lines.mapped("line_count"))
    for provider, provider_pulls in with_lines.grouped("provider_id").items():
        _take_back(provider.sudo().with_company(provider.company_id), provider_pulls)
    return count


def describe(pulls):
    """Tell what is removed when imports are taken back: count, amount, days (str).

    :raise AccessError: when the user may not remove statement lines
    :raise UserError: when there is nothing to remove
    """
    env = pulls.env
    lines = _find_with_lines(pulls).sudo().imported_ids.statement_line_id
    amounts = [
        currency.format(sum(of_one.mapped("amount")))
        for currency, of_one in lines.grouped("currency_id").items()
    ]
    values = {
        "count": len(lines),
        "amount": format_list(env, amounts),
        "since": format_date(env, min(lines.mapped("date"))),
        "until": format_date(env, max(lines.mapped("date"))),
    }
    if len(lines) == 1:
        return env._(
            "One bank transaction of %(amount)s, dated %(since)s, is removed, with its "
            "journal entry, and with its statement if that is left empty. It stays in "
            "the list of transactions as removed: no fetch imports it again by itself, "
            "but you can.",
            **values,
        )
    return env._(
        "%(count)s bank transactions, together %(amount)s, dated from %(since)s to "
        "%(until)s, are removed, with their journal entries, and with the statements "
        "that are left empty. They stay in the list of transactions as removed: no "
        "fetch imports them again by itself, but you can.",
        **values,
    )


def _find_with_lines(pulls):
    """Return the pulls that have lines to remove.

    :raise AccessError: when the user may not remove statement lines
    :raise UserError: when there is nothing to remove
    """
    pulls.check_access("read")
    pulls.env["account.bank.statement.line"].check_access("unlink")
    if "running" in pulls.mapped("state"):
        raise UserError(
            pulls.env._("This fetch is still running. Wait until it has finished.")
        )
    with_lines = pulls.filtered("line_count")
    if not with_lines:
        raise UserError(
            pulls.env._(
                "There is nothing to undo: the journal has no line that was imported "
                "by it."
            )
        )
    return with_lines


def _take_back(provider_sudo, pulls):
    """Remove the lines of some pulls of one feed.

    :raise UserError: when another pull is running, or a line must stay
    """
    env = pulls.env
    provider_sudo._ponto_lock()
    lines = pulls.sudo().imported_ids.statement_line_id.sudo(False)
    by_journal = lines.grouped("journal_id").values()
    for journal_lines in by_journal:
        check_removable(journal_lines)
    for pull in pulls.sudo():
        pull.write(
            {
                "taken_back_at": fields.Datetime.now(),
                "taken_back_by_id": env.uid,
                "taken_back_count": pull.line_count,
            }
        )
    for journal_lines in by_journal:
        remove_lines(provider_sudo, journal_lines)
    if provider_sudo.ponto_balance_state:
        balance_check.compare(
            provider_sudo, provider_sudo.ponto_transactions_synchronized_at
        )
    pulls.invalidate_recordset()


def remove_lines(provider, lines):
    """Remove statement lines, their entries, and the statements emptied by it.

    What the feed itself has settled with them is open again.

    Statements are only touched if pulls have made them, and are only removed if nobody
    has attached papers to them.

    :param lines: statement lines of one journal, which nothing keeps from removal
    """
    settling.release(lines)
    emptied = opening_balance.update_before_unlink(provider, lines)
    if not lines.company_id.filtered("restrictive_audit_trail"):
        # Notes on entries that are gone a moment later serve nobody.
        lines = lines.with_context(tracking_disable=True)
    lines.unlink()
    emptied._ponto_discard()


# === WHAT MUST STAY === #


def check_removable(lines):
    """Check that nothing keeps statement lines from being removed.

    :param lines: statement lines of one journal
    :raise UserError: with every reason and its next step
    """
    obstacles = list(_describe_obstacles(lines))
    if obstacles:
        raise UserError(
            lines.env._(
                "Nothing was undone, because some of the %(count)s lines have to "
                "stay:\n%(obstacles)s",
                count=len(lines),
                obstacles="\n".join(f"- {text}" for text in obstacles),
            )
        )


def _describe_obstacles(lines):
    """Tell why lines have to stay, and what to do about it (iterator of str)."""
    env = lines.env
    secured = lines.filtered("move_id.inalterable_hash")
    if secured:
        yield env._(
            "%(count)s secured, which nobody can remove: %(lines)s. Correct them "
            "with entries of your own.",
            **_name_lines(secured),
        )
    reconciled = (lines - secured).filtered(lambda line: line._ponto_is_worked_on())
    if reconciled:
        yield env._(
            "%(count)s reconciled: %(lines)s. Undo the reconciliation first, with "
            "the button behind each line.",
            **_name_lines(reconciled),
        )
    locks = lines.journal_id.company_id._get_violated_lock_dates(
        min(lines.mapped("date")), False, lines.journal_id
    )
    if locks:
        until = max(lock for lock, _field in locks)
        yield env._(
            "%(count)s in a period that is locked until %(date)s: %(lines)s. An "
            "accounting administrator can open the period first.",
            date=format_date(env, until),
            **_name_lines(lines.filtered(lambda line: line.date <= until)),
        )
    documents = _find_documents(lines)
    if documents:
        yield env._(
            "%(count)s with documents attached (%(documents)s): %(lines)s. Remove the "
            "documents from the entries first, or keep the lines.",
            documents=format_list(env, documents.mapped("name")),
            **_name_lines(_find_lines_of(documents, lines)),
        )
    others = lines.statement_id.filtered(lambda statement: not statement.ponto_since)
    if others:
        yield env._(
            "%(count)s in a statement that somebody has made "
            "(%(statements)s): %(lines)s. Take the lines out of the statement "
            "first, or remove it.",
            statements=format_list(env, others.mapped("name")),
            **_name_lines(lines & others.line_ids),
        )


def _find_documents(lines):
    """Find what somebody has attached to entries, and would be gone with them.

    :param lines: statement lines
    :return: `ir.attachment` records, in sudo mode
    """
    domain = Domain("res_field", "=", False) & Domain.OR(
        Domain("res_model", "=", records._name) & Domain("res_id", "in", records.ids)
        for records in (lines, lines.move_id, lines.move_id.line_ids)
    )
    return lines.env["ir.attachment"].sudo().search(domain, order="id")


def _find_lines_of(documents, lines):
    """Return which statement lines documents are attached to."""
    attached = {(each.res_model, each.res_id) for each in documents}
    return lines.filtered(
        lambda line: any(
            (record._name, record.id) in attached
            for records in (line, line.move_id, line.move_id.line_ids)
            for record in records
        )
    )


def _name_lines(lines):
    """Return count, and the first lines in words (dict of int and str)."""
    env = lines.env
    words = [
        f"{format_date(env, line.date)} "
        f"{shorten(line.payment_ref or '', LABEL_LENGTH, placeholder='…')} "
        f"({line.currency_id.format(line.amount)})"
        for line in lines.sorted("internal_index")[:NAMED_LINES]
    ]
    if len(lines) > NAMED_LINES:
        words.append("…")
    return {"count": len(lines), "lines": format_list(env, words)}
