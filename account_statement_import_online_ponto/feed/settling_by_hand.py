# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a bookkeeper does with open bank lines: accept, choose another item, set as."""

import logging
from contextlib import contextmanager

from psycopg2 import DatabaseError

from odoo import models
from odoo.exceptions import AccessError, UserError

from .. import match_texts
from ..engine import open_items
from ..engine.choosing import choose
from ..tools import without_caller_context
from . import match_memory, settling
from .match_reading import (
    find_outcomes,
    read_bank_lines,
    read_open_items,
    with_rates,
)
from .setting_as import set_as

_logger = logging.getLogger(__name__)

#: With how many other open lines, the oldest ones, lines compete for what they pay.
MAX_COMPETING = 1000

#: Reasons by which a line pays items in full, and all of it.
_IN_FULL = frozenset(
    {
        *(open_items.BY_REFERENCE, open_items.BY_NUMBER, open_items.BY_END_TO_END_ID),
        open_items.NAMED,
        *(open_items.PARTNER_AMOUNT, open_items.PARTNER_TWINS, open_items.PARTNER_SUM),
        *(open_items.NAME_AMOUNT, open_items.NAME_TWINS, open_items.NAME_SUM),
    }
)


def find_suggestions(lines):
    """Find out what open lines likely pay, where their feeds want that.

    :param lines: `account.bank.statement.line` records
    :return: {line: (an `engine.open_items.Match` or None, why or why not)}
    :rtype: dict
    """
    return {
        line: _choose_suggestion(line, outcome)
        for line, outcome in _find_outcomes(lines).items()
    }


def _find_outcomes(lines):
    """Find out what open lines likely pay, the same whichever of them are asked for:
    all that are open compete.

    :return: {line: `engine.open_items.LineOutcome`}
    :rtype: dict
    """
    matched = _find_matched(lines.env, [("journal_id", "in", lines.journal_id.ids)])
    lines = lines.filtered(
        lambda line: (
            not line.is_reconciled
            and line.journal_id in matched
            and match_memory.may_be_settled_here(line)
        )
    )
    if not lines:
        return {}
    journals = _find_matched(lines.env, [("company_id", "in", lines.company_id.ids)])
    others = lines.search(
        [
            ("journal_id", "in", journals.ids),
            ("is_reconciled", "=", False),
            ("state", "=", "posted"),
            ("id", "not in", lines._origin.ids),
        ],
        order="internal_index",
        limit=MAX_COMPETING,
    ).filtered(match_memory.may_be_settled_here)
    competing = (lines | others).sorted(lambda line: line._origin.id or 0)
    outcomes = find_outcomes(competing)
    return {line: outcomes[line] for line in lines if line in outcomes}


def _find_matched(env, domain):
    """Find the journals of which a feed of Ponto looks for what lines pay.

    :param list domain: which feeds
    """
    providers_sudo = env["online.bank.statement.provider"].sudo()
    return providers_sudo.search_fetch(
        [*domain, ("service", "=", "ponto"), ("ponto_match_policy", "!=", "no")],
        ["journal_id"],
    ).journal_id


def _get_offered(line, outcome):
    """Return the matches of an outcome that nobody has undone, best first."""
    matches = filter(None, (outcome.certain, *outcome.suggestions))
    return [match for match in matches if not match_memory.was_undone(line, match)]


def _choose_suggestion(line, outcome):
    """Return the best match that nobody has undone, or None; and why or why not."""
    for match in _get_offered(line, outcome):
        return match, match_texts.explain_match(line.env, match, outcome)
    if outcome.certain:
        return None, line.env._("What it certainly pays was undone by somebody.")
    return None, match_texts.explain_obstacle(
        line.env, outcome.obstacle, outcome.obstacle_names
    )


def key_of(match):
    """Return what tells what a match settles, and whether in full; by what it is known
    does not count.

    :param match: an `engine.open_items.Match`
    :rtype: str
    """
    pieces = (f"{one.item_id}:{one.amount}:{one.discount}" for one in match.settlements)
    kind = "" if match.reason in _IN_FULL else match.reason
    return " ".join([kind, *pieces])


def accept(lines, shown_keys):
    """Settle what lines likely pay.

    :param lines: `account.bank.statement.line` records
    :param dict shown_keys: the keys of what was shown, by line; of lines that are not
        in it, whatever is suggested is meant
    :raise UserError: nothing is likely, something else is by now, or Odoo refuses
    """
    lines = without_caller_context(lines)
    check_may_settle(lines)
    env = lines.env
    outcomes = _find_outcomes(lines)
    matches = {}
    for line in lines:
        offered = _get_offered(line, outcomes[line]) if line in outcomes else []
        if not offered:
            raise UserError(
                env._(
                    'Nothing is suggested for "%s". Choose an item, or set an account.',
                    line.payment_ref,
                )
            )
        if line in shown_keys:
            shown = shown_keys[line]
            offered = [match for match in offered if key_of(match) == shown]
        if not offered:
            raise UserError(
                env._(
                    "Something else is suggested by now, because the books have "
                    "changed. Reload the page, and look again."
                )
            )
        matches[line] = offered[0]
    _settle(lines, matches)


def settle_with(line, items):
    """Settle journal items that somebody has chosen.

    :param line: an `account.bank.statement.line`
    :param items: `account.move.line` records
    :raise UserError: the line can pay nothing of them, or Odoo refuses
    """
    line = without_caller_context(line)
    check_may_settle(line)
    env = line.env
    bank_lines = read_bank_lines(line, {})
    items_left, rates = read_open_items(env, line.company_id, {line.date})
    chosen = [item for item in items_left if item.id in items.ids]
    if len(chosen) < len(items) or not (chosen and bank_lines):
        raise UserError(
            env._("This is settled already. Reload the page, and look again.")
        )
    [bank_line] = with_rates(bank_lines, rates, line.company_id)
    match = choose(bank_line, chosen)
    if not match:
        raise UserError(_explain_refusal(env, bank_line, chosen))
    _settle(line, {line: match})


def _explain_refusal(env, bank_line, chosen):
    """Explain why a line can pay nothing of what somebody has chosen (str).

    :param bank_line: an `engine.open_items.BankLine`
    :param chosen: `engine.open_items.OpenItem` objects
    """
    if len({item.currency for item in chosen}) > 1:
        return env._(
            "These are in several currencies. Choose what is in one of them, and then, "
            "for what is left of the line, what is in another one."
        )
    if any(item.residual * bank_line.amount > 0 for item in chosen):
        return env._(
            "Together, these leave nothing that the line can pay: credit notes or "
            "payments among them come to as much as the rest. Leave some of them out."
        )
    return env._(
        "The line cannot pay this: money that comes in pays what is owed to you, and "
        "money that goes out what you owe."
    )


def set_line_as(line, model):
    """Book a line to the accounts of a reconciliation model.

    :param line: an `account.bank.statement.line`
    :param model: an `account.reconcile.model`
    :raise UserError: Odoo refuses, or the line is settled by now
    """
    line = without_caller_context(line)
    check_may_settle(line)
    model.check_access("read")
    with _explaining(line.env):
        set_as(line, model)
    partner_id = line.partner_id.id
    match_memory.remember(line.sudo(), None, is_own=False, partner_id=partner_id)


def _settle(lines, matches):
    """Settle items as somebody wants it, and learn whose account number it was."""
    with _explaining(lines.env):
        settling.settle(matches, is_own=False)
    learn_account_numbers(lines)


def learn_account_numbers(lines):
    """Let account numbers belong to partners, once a person has reconciled their lines:
    as Odoo does, and never trusted for payments.

    :param lines: `account.bank.statement.line` records
    """
    made = lines.env["res.partner.bank"].sudo()
    for line in without_caller_context(lines):
        if not (line.account_number and line.is_reconciled):
            continue
        _liquidity, _suspense, others = line._seek_for_lines()
        partner_id = line.partner_id.id
        if not line.partner_id:
            settling.set_partners({line: settling.common_partner(others)})
        partner = line.partner_id.commercial_partner_id
        # Who pays for several, or for another one, teaches nothing.
        if not partner or others.partner_id.commercial_partner_id - partner:
            continue
        known = line.partner_id.sudo().with_context(active_test=False).bank_ids
        bank = line.sudo()._find_or_create_bank_account()
        made |= bank - known
        match_memory.remember_learnt(line.sudo(), partner_id, bank & made)
        if bank.company_id - line.company_id:
            # Odoo lets no entry of a branch name a bank account of its parent.
            continue
        if bank and line.partner_bank_id != bank:
            _name_bank_account(line, bank)


def _name_bank_account(line, bank):
    entry = line.move_id.sudo().with_context(skip_readonly_check=True)
    entry.write({"partner_bank_id": bank.id})


def prepare_undo(lines):
    """Let lines that are about to be opened be whose they were before.

    Account numbers that only that has taught are forgotten; what was settled is
    remembered as undone.

    :param lines: `account.bank.statement.line` records
    """
    for line in without_caller_context(lines):
        learnt = match_memory.find_learnt(line)
        settling.take_partner_back(line)
        if learnt and line.partner_bank_id == learnt:
            _name_bank_account(line, learnt.browse())
        if learnt:
            _unlearn(learnt)
    match_memory.remember_undone(lines.sudo())


def _unlearn(bank):
    """Delete a bank account that nobody trusts and nothing has.

    Odoo only archives bank accounts, and then nobody could ever learn the number anew.
    """
    env = bank.env
    if bank.allow_out_payment or any(
        env[model].search_count([("partner_bank_id", "in", bank.ids)], limit=1)
        for model in ("account.move", "account.payment")
    ):
        return
    try:
        with env.cr.savepoint():
            models.BaseModel.unlink(bank)
    except (DatabaseError, UserError):
        _logger.info("Bank account %s is used, and stays", bank.id)


@contextmanager
def _explaining(env):
    """Explain that what somebody chose has changed meanwhile.

    :raise UserError: with the next step
    """
    try:
        with env.cr.savepoint():
            yield
    except settling.CannotSettle as error:
        raise UserError(
            env._(
                "Somebody else has just changed this line, or what it pays. Reload the "
                "page, and look again."
            )
        ) from error


def check_may_settle(lines):
    """Check that the user may settle the lines, here.

    :param lines: `account.bank.statement.line` records
    :raise AccessError: when the user may not
    :raise UserError: when account_reconcile_oca is to do it
    """
    env = lines.env
    lines.check_access("write")
    if not env.user.has_group("account.group_account_basic"):
        raise AccessError(
            env._("Only bookkeepers may settle invoices with bank lines.")
        )
    for line in lines:
        if not match_memory.may_be_settled_here(line):
            raise UserError(
                env._(
                    'The journal "%s" keeps its suspense account. Settle its lines on '
                    "the screen for reconciliation.",
                    line.journal_id.name,
                )
            )
