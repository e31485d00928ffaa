# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the feed remembers of its own matches, of those that people have undone, and of
the partners that it has given to lines."""

#: Under which name the partner that the feed has written last is in `ponto_written`; in
#: `ponto_match`, whose a line was before it was settled.
PARTNER = "partner_id"
#: In `ponto_match` of a line that a person has settled: whose it became by that, and
#: the bank account that was made for its account number.
GIVEN, LEARNT = "given_partner_id", "learnt_bank_id"


def may_be_settled_here(line):
    """Tell whether a line is settled by changing its own entry, as Odoo does.

    A journal in account_reconcile_oca can be set to keep entries as they are; its lines
    are settled there.

    :rtype: bool
    """
    journal = line.journal_id
    return "reconcile_mode" not in journal._fields or journal.reconcile_mode == "edit"


def remember(line_sudo, match, is_own, partner_id=False):
    """Remember what was settled with a line.

    :param line_sudo: the statement line, in sudo mode
    :param match: an `engine.open_items.Match`; None for an account alone
    :param bool is_own: whether the feed did so by itself
    :param partner_id: whose the line was before; False for nobody
    """
    line_sudo.ensure_one()
    vals = {"ponto_match_failure": False}
    if is_own:
        vals["ponto_match"] = {
            "items": sorted(match.item_ids),
            "booked": _read_booked(line_sudo),
            PARTNER: partner_id,
        }
    else:
        vals["ponto_match"] = _prepare_given(line_sudo, partner_id)
    if "reconcile_data" in line_sudo._fields:
        # What account_reconcile_oca was about to propose for the open line.
        vals["reconcile_data"] = False
    line_sudo.write(vals)


def _prepare_given(line_sudo, partner_id):
    """Prepare what a person's step gives a line, with what the steps before it gave.

    :param partner_id: whose the line was before
    :return: a value of `ponto_match`; False where the step gives nothing
    :rtype: dict or bool
    """
    given = line_sudo.partner_id.id
    known = line_sudo.ponto_match or {}
    if GIVEN in known and known[GIVEN] == partner_id:
        return {**known, GIVEN: given}
    if given == partner_id:
        return False
    return {PARTNER: partner_id, GIVEN: given}


def remember_learnt(line_sudo, partner_id, bank):
    """Remember what a line that a person has settled has taught.

    :param partner_id: whose the line was before
    :param bank: the `res.partner.bank` that was made for its account number, or none
    """
    known = _prepare_given(line_sudo, partner_id)
    if bank:
        given = line_sudo.partner_id.id
        known = known or {PARTNER: given, GIVEN: given}
        known = {**known, LEARNT: bank.id}
    if known and known != line_sudo.ponto_match:
        line_sudo.ponto_match = known


def find_learnt(line):
    """Return the bank account that was made when a person settled a line, or none.

    :rtype: `res.partner.bank`
    """
    line_sudo = line.sudo()
    bank = line_sudo.partner_bank_id.browse((line_sudo.ponto_match or {}).get(LEARNT))
    return bank.exists()


def find_partner_before(line):
    """Return whose a line was before it was settled: as it is, unless by that it got
    another partner, whom nobody has changed since.

    :rtype: `res.partner`
    """
    match, partner = line.sudo().ponto_match or {}, line.partner_id
    if is_by_feed(line):
        is_as_given = may_name_partner(line)
    else:
        is_as_given = GIVEN in match and partner.id == match[GIVEN]
    if PARTNER not in match or not is_as_given:
        return partner
    return partner.browse(match[PARTNER] or []).exists()


def was_undone(line, match):
    """Tell whether somebody has undone the very same match of the line.

    :param match: an `engine.open_items.Match`
    :rtype: bool
    """
    line.ensure_one()
    return match.item_ids in find_undone(line)


def find_undone(line):
    """Return the matches of a line that somebody has undone, as sets of item ids.

    :rtype: frozenset[frozenset[int]]
    """
    return frozenset(map(frozenset, line.sudo().ponto_undone_matches or ()))


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
        items -= partials.exchange_move_id.line_ids
        undone = list(line.ponto_undone_matches or [])
        if (line.ponto_match or {}).get("items"):
            undone.append(line.ponto_match["items"])
        if items and sorted(items.ids) not in undone:
            undone.append(sorted(items.ids))
        if undone != (line.ponto_undone_matches or []) or line.ponto_match:
            line.write({"ponto_match": False, "ponto_undone_matches": undone})


def is_by_feed(line):
    """Tell whether the feed itself has settled a line (bool)."""
    return "booked" in (line.sudo().ponto_match or {})


def may_release(line):
    """Tell whether a line is settled by the feed itself, untouched since, and may be
    opened. What somebody wants to check is touched.

    :rtype: bool
    """
    line_sudo = line.sudo()
    if not (is_by_feed(line) and line_sudo.checked):
        return False
    if line_sudo.ponto_match["booked"] != _read_booked(line_sudo):
        return False
    move = line_sudo.move_id
    return not (
        move.inalterable_hash
        or move._get_violated_lock_dates(move.date, move._affect_tax_report())
    )


# === PARTNERS === #


def prepare_partner_mark(partner_id):
    """Prepare what tells later whether somebody has changed the partner of a line.

    :param partner_id: whom the feed gives it; False for nobody
    :return: values for `ponto_written`
    :rtype: dict
    """
    return {PARTNER: partner_id or False}


def may_name_partner(line):
    """Tell whether the feed may give a line another partner: it has the one that the
    feed has written last, or it never had one.

    A partner of whom the feed knows nothing is somebody's choice. So is none where the
    feed has written one.

    :rtype: bool
    """
    written = line.sudo().ponto_written or {}
    return line.partner_id.id == written.get(PARTNER, False)


def find_chosen_partner(line):
    """Return the commercial partner of whom a person has chosen for a line.

    :return: its identifier; 0 where nobody has chosen
    :rtype: int
    """
    if not line.partner_id or may_name_partner(line):
        return 0
    return line.sudo().partner_id.commercial_partner_id.id


def remember_partner(lines_sudo):
    """Remember the partners of lines as given by the feed.

    :param lines_sudo: statement lines, in sudo mode
    """
    for line in lines_sudo:
        written = line.ponto_written or {}
        marked = {**written, **prepare_partner_mark(line.partner_id.id)}
        if marked != written:
            line.ponto_written = marked


def has_work_on_suspense(line):
    """Tell whether somebody has put something into the item that stands for what of a
    line is open, and that gives way to what the line pays.

    :rtype: bool
    """
    _liquidity, suspense, _others = line._seek_for_lines()
    return any(
        (item.name or "") != (line.payment_ref or "")
        or item.partner_id != line.partner_id
        or item.tax_ids
        or (
            item.analytic_distribution
            and item.analytic_distribution != _find_distribution(item)
        )
        for item in suspense
    )


def _find_distribution(item):
    """Return the analytic distribution that Odoo's models give an item (dict)."""
    arguments = item._get_analytic_distribution_arguments(
        item.env["account.analytic.plan"]
    )
    return item.env["account.analytic.distribution.model"]._get_distribution(arguments)


# === WHAT IS BOOKED === #


def _read_booked(line):
    """Return what is booked besides the bank account, to tell whether it changed.

    :return: for each journal item its identifier, account, amounts, what it is
        reconciled with, and what else people put into items
    :rtype: list[list]
    """
    liquidity, _suspense, _others = line._seek_for_lines()
    return [
        [
            item.id,
            item.account_id.id,
            item.company_currency_id.round(item.balance),
            item.currency_id.round(item.amount_currency),
            sorted((item.matched_debit_ids | item.matched_credit_ids).ids),
            item.partner_id.id,
            item.name or "",
            sorted(item.tax_ids.ids),
            item.analytic_distribution or {},
        ]
        for item in (line.move_id.line_ids - liquidity).sorted("id")
    ]
