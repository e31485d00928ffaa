# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the feed remembers of its own matches, and of those that people have undone."""

from ..tools import ON


def may_be_settled_here(line):
    """Tell whether a line is settled by changing its own entry, as Odoo does.

    A journal in account_reconcile_oca can be set to keep entries as they are; its lines
    are settled there.

    :rtype: bool
    """
    journal = line.journal_id
    return "reconcile_mode" not in journal._fields or journal.reconcile_mode == "edit"


def remember(line_sudo, match, is_own):
    """Remember what was settled with a line.

    :param line_sudo: the statement line, in sudo mode
    :param match: an `engine.open_items.Match`; None for an account alone
    :param bool is_own: whether the feed did so by itself
    """
    line_sudo.ensure_one()
    vals = {"ponto_match_failure": False, "ponto_match": False}
    if is_own:
        vals["ponto_match"] = {
            "items": sorted(match.item_ids),
            "booked": _read_booked(line_sudo),
        }
    if "reconcile_data" in line_sudo._fields:
        # What account_reconcile_oca was about to propose for the open line.
        vals["reconcile_data"] = False
    line_sudo.write(vals)


def was_undone(line, match):
    """Tell whether somebody has undone the very same match of the line.

    :param match: an `engine.open_items.Match`
    :rtype: bool
    """
    line.ensure_one()
    return sorted(match.item_ids) in (line.sudo().ponto_undone_matches or [])


def remember_undone(lines_sudo):
    """Remember what lines have settled as undone, so that the feed never makes the same
    match again.

    :param lines_sudo: statement lines that are about to be opened, in sudo mode
    """
    for line in lines_sudo:
        liquidity, _suspense, _others = line._seek_for_lines()
        booked = line.move_id.line_ids - liquidity
        partials = booked.matched_debit_ids | booked.matched_credit_ids
        items = (partials.debit_move_id | partials.credit_move_id) - booked
        undone = list(line.ponto_undone_matches or [])
        if (line.ponto_match or {}).get("items"):
            undone.append(line.ponto_match["items"])
        if items and sorted(items.ids) not in undone:
            undone.append(sorted(items.ids))
        if undone != (line.ponto_undone_matches or []) or line.ponto_match:
            line.write({"ponto_match": False, "ponto_undone_matches": undone})


def may_release(line):
    """Tell whether a line is settled by the feed itself, untouched since, and may be
    opened.

    :rtype: bool
    """
    line_sudo = line.sudo()
    match = line_sudo.ponto_match
    if not match or match["booked"] != _read_booked(line_sudo):
        return False
    move = line_sudo.move_id
    return not (
        move.inalterable_hash or move._get_violated_lock_dates(move.date, False)
    )


def release(lines):
    """Open again what the feed itself has settled, which is not kept as undone."""
    own = lines.filtered(lambda line: line.sudo().ponto_match and may_release(line))
    if own:
        own.with_context(ponto_releases=ON).action_undo_reconciliation()
        own.sudo().write({"ponto_match": False})


def _read_booked(line):
    """Return what is booked besides the bank account, to tell whether it changed.

    :return: for each journal item its identifier, account, balance, and what it is
        reconciled with
    :rtype: list[list]
    """
    liquidity, _suspense, _others = line._seek_for_lines()
    return [
        [
            item.id,
            item.account_id.id,
            item.company_currency_id.round(item.balance),
            sorted((item.matched_debit_ids | item.matched_credit_ids).ids),
        ]
        for item in (line.move_id.line_ids - liquidity).sorted("id")
    ]
