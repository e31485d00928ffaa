"""Customers, vendors, invoices and bills that fit what the demo's bank has booked.

Made from the bank's own transactions, so that the first look shows settled invoices,
and others that are to be settled by hand.
"""

import datetime
import re

from odoo import Command

#: So far back; what is older is as if settled long ago.
DAYS = 60
_STRUCTURED = re.compile(r"(?:\+{3}|\*{3})?(\d{3})/?(\d{4})/?(\d{5})(?:\+{3}|\*{3})?")
_NUMBER = re.compile(r"(?:Factuur |facture |Invoice )(F?[\d/-]{5,})")
#: Where to a bookkeeper sets what no invoice belongs to.
MODELS = (("Wages", "Wages"), ("Bank fees", "Bank fees"))


def make(env, rows, today):
    """Make what is open for the transactions of the last days.

    :param rows: `attributes` of transactions as Ponto serves them
    :param datetime.date today:
    """
    if env["account.move"].search_count([("move_type", "!=", "entry")], limit=1):
        return
    _make_models(env)
    since = today - datetime.timedelta(days=DAYS)
    partners, moves = {}, env["account.move"]
    for place, row in enumerate(rows):
        day = datetime.date.fromisoformat(row["executionDate"][:10])
        text = row.get("remittanceInformation") or ""
        structured = _STRUCTURED.fullmatch(text)
        number = _NUMBER.match(text)
        if day < since or not (structured or number) or not row.get("counterpartName"):
            continue
        partner = _partner(env, partners, row)
        issued = max(day - datetime.timedelta(days=20 + place % 9), since)
        amount = abs(float(row["amount"]))
        if place % 11 == 5:
            # Of this one, the bank's line pays a part only.
            amount += 50
        reference = structured and "+++{}/{}/{}+++".format(*structured.groups())
        moves |= _move(env, partner, row, issued, amount, reference, number)
    moves.action_post()


def _make_models(env):
    account = env["account.account"].search(
        [("account_type", "=", "expense"), ("company_ids", "in", env.company.id)],
        limit=1,
    )
    Model = env["account.reconcile.model"]
    for name, label in MODELS:
        if not Model.search_count([("name", "=ilike", name)], limit=1):
            line = Command.create({"account_id": account.id, "label": label})
            Model.create({"name": name, "line_ids": [line]})


def _partner(env, partners, row):
    """Return the partner of a row; every second one with the account number."""
    name = row["counterpartName"]
    if name not in partners:
        values = {"name": name, "is_company": True}
        if len(partners) % 2 and row.get("counterpartReference"):
            number = {"acc_number": row["counterpartReference"]}
            values["bank_ids"] = [Command.create(number)]
        partners[name] = env["res.partner"].create(values)
    return partners[name]


def _move(env, partner, row, issued, amount, reference, number):
    """Return an invoice or bill that a transaction pays, in draft."""
    is_bill = row["amount"] < 0
    values = {
        "move_type": "in_invoice" if is_bill else "out_invoice",
        "partner_id": partner.id,
        "invoice_date": issued,
        "date": issued,
        "invoice_line_ids": [
            Command.create({"name": "Beer", "price_unit": amount, "tax_ids": []})
        ],
    }
    if reference:
        values["payment_reference"] = reference
    if number and is_bill:
        values["ref"] = number[1]
    elif number:
        values["payment_reference"] = number[1]
    if is_bill and not number:
        values["ref"] = f"VF{reference[3:6]}{reference[7:11]}"
    return env["account.move"].create(values)
