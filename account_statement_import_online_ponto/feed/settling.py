# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""From a bank line to a settled invoice, by Odoo's own reconciliation.

A line's suspense item gives way to counterparts of what it pays, which Odoo reconciles;
discounts and exchange differences are those that Odoo computes.
"""

import logging
from decimal import Decimal

from psycopg2 import Error as DatabaseError
from psycopg2 import InterfaceError

from odoo.exceptions import UserError

from ..engine.open_items import OTHER_CURRENCY
from . import match_memory
from .match_reading import find_outcomes, money

_logger = logging.getLogger(__name__)

#: Without these Odoo would take the new items for changes of the line itself.
SETTLING_CONTEXT = {
    "skip_account_move_synchronization": True,
    "skip_invoice_sync": True,
    "skip_readonly_check": True,
    "force_delete": True,
    "check_move_validity": False,
}


class CannotSettle(Exception):
    """What was to be settled has changed meanwhile."""


def settle_new(lines, policy, released=None):
    """Settle what lines certainly pay, as far as their feed wants that.

    No error leaves this function but that of a broken connection: the lines are there,
    and a pull goes on, whatever becomes of their matches.

    :param lines: `account.bank.statement.line` records that the feed has just made, or
        changed
    :param str policy: of `ponto_match_policy`
    :param dict released: as returned by `release`: what was settled before, and stays
        so, whatever the policy is by now, while the texts prove the same
    """
    released = released or {}
    if policy == "no":
        lines = lines.filtered(released.get)
    if not lines:
        return
    env = lines.env
    # What the lines themselves still have to write is no business of the matches.
    env.flush_all()
    _is_done, certain = _guarded(lines, _find_certain, lines)
    if not certain:
        return
    if policy != "certain":
        again = {
            line: match
            for line, match in certain.items()
            if match.item_ids == released.get(line)
        }
        if policy == "suggest":
            new = {line: certain[line] for line in certain if line not in again}
            _guarded(lines, _name_partners, new)
        certain = again
    if len(certain) > 1:
        is_settled, _none = _guarded(lines, settle, certain, may_fail=True)
        if is_settled:
            return
    for line, match in certain.items():
        _guarded(line, settle, {line: match})


def settle_changed(lines, policy, released):
    """Settle what lines certainly pay by the texts that the bank has changed, but for
    those into whose suspense items somebody has put something.

    :param lines: `account.bank.statement.line` records, with their new texts
    :param str policy: of `ponto_match_policy`
    :param dict released: as returned by `release`, of these lines
    """
    if policy != "no" or released:
        lines = lines.filtered(lambda line: not match_memory.has_work_on_suspense(line))
    settle_new(lines, policy, released)


def _find_certain(lines):
    """Find what lines certainly pay.

    Lines that somebody is to check first, or whose partner somebody has taken away, are
    left to that person, and what was undone once stays undone.

    :return: {line: `engine.open_items.Match`}
    :rtype: dict
    """
    lines = lines.filtered(
        lambda line: (
            line.checked
            and (line.partner_id or match_memory.may_name_partner(line))
            and match_memory.may_be_settled_here(line)
        )
    )
    return {
        line: outcome.certain
        for line, outcome in find_outcomes(lines).items()
        if outcome.certain and not match_memory.was_undone(line, outcome.certain)
    }


def _guarded(lines, function, *args, may_fail=False):
    """Call a function in a savepoint; on an error undo it, and say so on the lines.

    :param lines: whose matches are at stake
    :param bool may_fail: whether the same is tried again, so that nothing is said
    :return: whether it was called without an error, and what it returned
    :rtype: tuple
    """
    cr = lines.env.cr
    try:
        with cr.savepoint():
            return True, function(*args)
    except InterfaceError:
        raise
    # Odoo's checks, other modules' overrides, a row that somebody else has locked:
    # whatever it is, it must not cost the lines.
    except Exception as error:
        if cr.closed:
            raise
        if not may_fail:
            is_expected = isinstance(error, UserError | CannotSettle | DatabaseError)
            _logger.info(
                "Lines %s are left open: %s",
                lines.ids,
                type(error).__name__,
                exc_info=None if is_expected else error,
            )
            lines.sudo().write({"ponto_match_failure": _describe(lines.env, error)})
        return False, None


def _describe(env, error):
    """Describe why a match was not made, for people.

    :rtype: str
    """
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, CannotSettle | DatabaseError):
        return env._("What it pays was being changed at that moment.")
    return env._("Odoo could not book it. The server's log says more.")


def _name_partners(certain):
    """Give lines the partners of what they certainly pay, but for those whose partner
    somebody has chosen."""
    for line, match in certain.items():
        partner = common_partner(_items_of(line, match))
        own = line.partner_id.commercial_partner_id
        if (
            partner
            and partner.commercial_partner_id != own
            and match_memory.may_name_partner(line)
        ):
            name_partner(line, partner)
            match_memory.remember_partner(line.sudo())


def name_partner(lines, partner):
    """Let lines, and what of them is open, be of a partner, or of nobody.

    Amounts and analytic distributions stay as they are, which Odoo would compute anew:
    somebody may have corrected them, or the rate is another one by now. So does the
    partner that somebody has put into an item.

    :param lines: `account.bank.statement.line` records
    :param partner: a `res.partner`, or none
    """
    items = lines.env["account.move.line"]
    for line in lines:
        liquidity, suspense, _others = line._seek_for_lines()
        items |= (liquidity | suspense).filtered(
            lambda item, own=line.partner_id: item.partner_id == own
        )
    distribution = items._fields["analytic_distribution"]
    with items.env.protecting([distribution], items):
        for records in (lines, lines.move_id, items):
            records.with_context(**SETTLING_CONTEXT).write({"partner_id": partner.id})


# === SETTLING === #


def settle(matches, is_own=True):
    """Settle items with bank lines, all or nothing.

    :param dict matches: {line: `engine.open_items.Match`}
    :param bool is_own: whether the feed does so by itself, and may undo it
    :raise CannotSettle: an item is not open any more, or is being changed right now
    :raise UserError: Odoo refuses
    """
    lines = next(iter(matches)).browse().union(*matches)
    items = {line: _items_of(line, match) for line, match in matches.items()}
    partner_ids = {line: line.partner_id.id for line in lines}
    _lock(lines.env["account.move.line"].union(*items.values()).move_id)
    _check_open(lines.env, matches.values())
    moves = lines.move_id
    counterparts = {}
    Item = lines.env["account.move.line"].with_context(**SETTLING_CONTEXT)
    with moves._check_balanced({"records": moves}):
        for line, match in matches.items():
            counterparts[line] = _replace_suspense(line, match, Item)
        named = lines
        if is_own:
            named = lines.filtered(match_memory.may_name_partner)
        set_partners({line: common_partner(items[line]) for line in named})
        if is_own:
            match_memory.remember_partner(named.sudo())
    lines.env["account.move.line"]._reconcile_plan(
        [
            Item.browse((item_id, counterpart.id)).with_env(lines.env)
            for line, match in matches.items()
            for item_id, counterpart in zip(
                (one.item_id for one in match.settlements),
                counterparts[line],
                strict=True,
            )
        ]
    )
    for line, match in matches.items():
        match_memory.remember(line.sudo(), match, is_own, partner_ids[line])


def _items_of(line, match):
    ids = [settlement.item_id for settlement in match.settlements]
    return line.env["account.move.line"].browse(ids)


def common_partner(items):
    """Return the partner of items, if it is one.

    :rtype: `res.partner`
    """
    for partners in (items.partner_id, items.partner_id.commercial_partner_id):
        if len(partners) == 1:
            return partners
    return items.partner_id.browse()


def _lock(moves):
    """Lock the documents until the end of the transaction.

    :raise CannotSettle: somebody else is changing one of them
    """
    if len(moves.sudo().try_lock_for_update(allow_referencing=True)) < len(moves):
        raise CannotSettle("A document is being changed by somebody else")


def _check_open(env, matches):
    """Check that all matches together settle no more of an item than is open.

    :param matches: `engine.open_items.Match`
    :raise CannotSettle: less is open
    """
    settled = {}
    for match in matches:
        for one in match.settlements:
            settled[one.item_id] = settled.get(one.item_id, 0) + one.amount
    for item in env["account.move.line"].browse(settled):
        residual = money(item.amount_residual_currency, item.currency_id)
        if abs(settled[item.id]) > abs(residual):
            raise CannotSettle(f"Of item {item.id}, less is open")


def _replace_suspense(line, match, Item):
    """Let counterparts of what a line pays take the place of its suspense item.

    :param Item: the model of journal items, in the context for that
    :return: a counterpart for each settlement, in the same order
    """
    suspense = get_suspense(line)
    if not suspense:
        raise CannotSettle("The line is settled already")
    currency = line.company_id.currency_id
    vals_list = [
        _prepare_counterpart(line, settlement) for settlement in match.settlements
    ]
    open_balance = money(-suspense.balance, currency)
    open_balance += sum(money(vals["balance"], currency) for vals in vals_list)
    discounts = _prepare_discounts(line, match, vals_list, -open_balance)
    open_balance += sum(money(vals["balance"], currency) for vals in discounts)
    rest = _get_rest(line, match, open_balance)
    if rest:
        suspense.write(
            {"amount_currency": float(-rest), "balance": float(-open_balance)}
        )
    else:
        _absorb(vals_list, open_balance, currency, line)
        suspense.unlink()
    created = Item.create(
        [{**vals, "move_id": line.move_id.id} for vals in (*vals_list, *discounts)]
    )
    check_accounts(created)
    return created[: len(vals_list)]


def check_accounts(items):
    """Check the accounts of new journal items as Odoo does for a whole entry.

    :param items: `account.move.line` records
    :raise UserError: an account is archived, or not for such an entry
    """
    items._check_constrains_account_id_journal_id()


def get_suspense(line):
    """Return the item that stands for what of a line is open; Odoo lets it be one.

    :rtype: `account.move.line`
    """
    _liquidity, suspense, _others = line._seek_for_lines()
    return suspense.with_context(**SETTLING_CONTEXT)


def _prepare_counterpart(line, settlement):
    """Prepare the journal item that a settlement makes of a part of the line.

    :raise CannotSettle: the item is not open any more
    :rtype: dict
    """
    item = line.env["account.move.line"].browse(settlement.item_id)
    residual = money(item.amount_residual_currency, item.currency_id)
    if settlement.amount * residual <= 0:
        raise CannotSettle(f"Of item {item.id}, nothing of the kind is open")
    share = settlement.amount / residual
    company_currency = line.company_id.currency_id
    own_balance = money(item.amount_residual, company_currency)
    if share != 1:
        own_balance = money(own_balance * share, company_currency)
    amounts = line._prepare_counterpart_amounts_using_st_line_rate(
        item.currency_id, float(-own_balance), float(-settlement.amount)
    )
    balance = amounts["balance"]
    if settlement.company_amount is not None:
        balance = float(-settlement.company_amount)
    return {
        "name": line.payment_ref,
        "account_id": item.account_id.id,
        "partner_id": item.partner_id.id,
        "currency_id": item.currency_id.id,
        "amount_currency": float(-settlement.amount),
        "balance": balance,
    }


def _prepare_discounts(line, match, vals_list, open_balance):
    """Prepare the journal items of early-payment discounts, as Odoo computes them.

    :param vals_list: the counterparts, one a settlement
    :param Decimal open_balance: what is missing for the entry to be balanced
    :rtype: list[dict]
    :raise CannotSettle: there is no such discount any more
    """
    granted = [
        {
            "aml": line.env["account.move.line"].browse(settlement.item_id),
            "amount_currency": vals["amount_currency"],
            "balance": vals["balance"],
        }
        for settlement, vals in zip(match.settlements, vals_list, strict=True)
        if settlement.discount
    ]
    if not granted:
        return []
    for values in granted:
        item = values["aml"]
        if not item.move_id._is_eligible_for_early_payment_discount(
            item.currency_id, line.date
        ):
            raise CannotSettle(f"Item {item.id} has no discount any more")
    prepared = line.env[
        "account.move"
    ]._get_invoice_counterpart_amls_for_early_payment_discount(
        granted, float(open_balance)
    )
    return [vals for vals_list in prepared.values() for vals in vals_list]


def _get_rest(line, match, open_balance):
    """Return what of the line stays open, in the currency of its transaction.

    :rtype: Decimal
    """
    if match.reason != OTHER_CURRENCY:
        return match.rest
    amounts = line._prepare_counterpart_amounts_using_st_line_rate(
        line.env["res.currency"], float(open_balance), 0.0
    )
    currency = line.foreign_currency_id or line.currency_id
    return money(amounts["amount_currency"], currency)


def _absorb(vals_list, open_balance, currency, line):
    """Let the last counterpart take what rounding to a rate has left.

    :raise CannotSettle: it is more than that
    """
    if not open_balance:
        return
    is_at_a_rate = any(vals["currency_id"] != currency.id for vals in vals_list) or (
        line.foreign_currency_id or line.currency_id != currency
    )
    limit = Decimal(str(currency.rounding)) * (len(vals_list) + 1)
    if not is_at_a_rate or abs(open_balance) > limit:
        raise CannotSettle(f"Line {line.id} would not be balanced")
    last = vals_list[-1]
    last["balance"] = float(money(last["balance"], currency) - open_balance)


def set_partners(partners):
    """Let lines belong to the partners of what they pay.

    :param dict partners: {line: `res.partner`}
    """
    by_partner = {}
    for line, partner in partners.items():
        if partner and line.partner_id != partner:
            by_partner.setdefault(partner, line.browse())
            by_partner[partner] |= line
    for partner, lines in by_partner.items():
        name_partner(lines, partner)


# === OPENING AGAIN === #


def release(lines):
    """Open again what the feed itself has settled, which is not kept as undone.

    The item of the bank account stays as it is, and with it all amounts: Odoo would
    make it anew, with today's rate.

    :param lines: `account.bank.statement.line` records
    :return: {line that is open again: identifiers of the items it had settled}
    :rtype: dict
    """
    own = lines.filtered(match_memory.may_release)
    if not own:
        return {}
    released = {line: frozenset(line.sudo().ponto_match["items"]) for line in own}
    moves = own.move_id
    moves.line_ids.remove_move_reconcile()
    Item = lines.env["account.move.line"].with_context(**SETTLING_CONTEXT)
    with moves._check_balanced({"records": moves}):
        for line in own:
            take_partner_back(line)
            liquidity, suspense, others = line._seek_for_lines()
            (suspense | others).with_env(Item.env).unlink()
            Item.create(_prepare_suspense(line, liquidity))
    own.sudo().write({"ponto_match": False})
    return released


def take_partner_back(line):
    """Let a line be whose it was before it was settled, unless somebody has chosen
    another partner since."""
    partner = match_memory.find_partner_before(line)
    if line.partner_id != partner:
        name_partner(line, partner)
        if match_memory.is_by_feed(line):
            match_memory.remember_partner(line.sudo())


def _prepare_suspense(line, liquidity):
    """Prepare the item that stands for all of a line, at the amounts that are booked.

    :param liquidity: the item of the bank account
    :rtype: dict
    """
    vals = line._prepare_move_line_default_vals()[1]
    vals = {name: vals[name] for name in vals.keys() - {"debit", "credit"}}
    return {**vals, "balance": -sum(liquidity.mapped("balance"))}
