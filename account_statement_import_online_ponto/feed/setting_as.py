# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Booking a bank line to the accounts of one of Odoo's reconciliation models."""

import re

from odoo import Command
from odoo.exceptions import UserError

from .label_pattern import PatternError, find_group
from .settling import SETTLING_CONTEXT, CannotSettle, check_accounts, get_suspense


def set_as(line, model):
    """Book what is open of a line to the accounts of a reconciliation model.

    What the model leaves of it stays open.

    :param line: an `account.bank.statement.line`
    :param model: an `account.reconcile.model`
    :raise CannotSettle: nothing of the line is open any more
    :raise UserError: Odoo refuses, or the model cannot tell an amount
    """
    suspense = get_suspense(line)
    if not suspense:
        raise CannotSettle("The line is settled already")
    currency = suspense.currency_id
    rest = suspense.amount_currency
    rate = suspense.balance / rest if rest else 1.0
    vals_list = []
    for model_line in model.line_ids.filtered("account_id"):
        amount = currency.round(_get_amount(line, model_line, rest, suspense))
        rest = currency.round(rest - amount)
        vals_list += _prepare_items(line, model_line, amount, currency)
    company_currency = line.company_id.currency_id
    left = suspense.balance
    for vals in vals_list:
        vals["balance"] = company_currency.round(vals["amount_currency"] * rate)
        left -= vals["balance"]
    if vals_list and currency.is_zero(rest):
        vals_list[0]["balance"] += left
        left = 0.0
    Item = line.env["account.move.line"].with_context(**SETTLING_CONTEXT)
    with line.move_id._check_balanced({"records": line.move_id}):
        if currency.is_zero(rest):
            suspense.unlink()
        else:
            suspense.write({"amount_currency": rest, "balance": left})
        check_accounts(Item.create(vals_list))


def _get_amount(line, model_line, rest, suspense):
    """Return what of a line goes to one line of a model, signed as the suspense item.

    :param float rest: what the model's earlier lines have left
    :rtype: float
    :raise UserError: the model's expression is not valid, or takes too long
    """
    sign = 1 if suspense.amount_currency > 0 else -1
    if model_line.amount_type == "percentage":
        return rest * model_line.amount / 100
    if model_line.amount_type == "percentage_st_line":
        transaction_amount = line.amount_currency or line.amount
        return -transaction_amount * model_line.amount / 100
    if model_line.amount_type == "fixed":
        return model_line.amount * sign
    found = _find_in_label(line, model_line)
    digits = re.sub(r"[^\d,.]", "", found or "").replace(",", ".")
    whole, dot, decimals = digits.rpartition(".")
    figure = whole.replace(".", "") + dot + decimals
    return float(figure or 0) * sign


def _find_in_label(line, model_line):
    try:
        return find_group(model_line.amount_string, line.payment_ref or "")
    except PatternError as error:
        raise UserError(
            line.env._(
                "The reconciliation model %(model)s takes an amount from the label, "
                "but its regular expression %(pattern)s is not valid, or takes too "
                "long on this label. Simplify it, or choose another model.",
                model=model_line.model_id.display_name,
                pattern=model_line.amount_string,
            )
        ) from error


def _prepare_items(line, model_line, amount, currency):
    """Prepare the journal items of one line of a model, its taxes within the amount.

    :rtype: list[dict]
    """
    common = {
        "move_id": line.move_id.id,
        "partner_id": model_line.partner_id.id or line.partner_id.id,
        "currency_id": currency.id,
        "reconcile_model_id": model_line.model_id.id,
    }
    base = {
        **common,
        "name": model_line.label or line.payment_ref,
        "account_id": model_line.account_id.id,
        "amount_currency": amount,
        "analytic_distribution": model_line.analytic_distribution,
    }
    taxes = model_line.tax_ids
    if not taxes:
        return [base]
    # A debit is a purchase, or a sale that is taken back.
    is_refund = (taxes[:1].type_tax_use == "sale") == (amount > 0)
    computed = taxes.with_context(force_price_include=True).compute_all(
        amount,
        currency,
        partner=line.partner_id,
        is_refund=is_refund,
        # What the bank has paid is paid: no payment follows that makes tax due.
        include_caba_tags=line.move_id.always_tax_exigible,
    )
    items = [
        {
            **common,
            "name": tax["name"],
            "account_id": tax["account_id"] or model_line.account_id.id,
            "amount_currency": currency.round(tax["amount"]),
            # As in Odoo: what is not recovered is a cost like its base.
            "analytic_distribution": model_line.analytic_distribution
            if tax["analytic"] or not tax["use_in_tax_closing"]
            else False,
            "tax_repartition_line_id": tax["tax_repartition_line_id"],
            "tax_ids": [Command.set(tax["tax_ids"])],
            "tax_tag_ids": [Command.set(tax["tag_ids"])],
            "group_tax_id": tax["group"].id if tax["group"] else False,
        }
        for tax in computed["taxes"]
    ]
    base["amount_currency"] -= sum(item["amount_currency"] for item in items)
    base.update(
        tax_ids=[Command.set(taxes.ids)],
        tax_tag_ids=[Command.set(computed["base_tags"])],
    )
    return [base, *items]
