"""Beside OCA's payment orders: a bank line with the end-to-end identification of one of
our own payments settles that payment."""

from toolbox import environment, odoo, paths

SCRIPT = """
import json
from odoo import Command
from odoo.addons.account_statement_import_online_ponto.feed.booking import create_lines

facts = {}
company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("generic_coa", company)
company.currency_id = env.ref("base.EUR")
journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
journal.set_bank_account("BE68539007547034")
method = env["account.payment.method"].create({
    "name": "Orders", "code": "test_manual", "payment_type": "outbound",
    "payment_order_ok": True,
})
mode = env["account.payment.method.line"].create({
    "name": "Orders", "company_id": company.id, "journal_id": journal.id,
    "payment_method_id": method.id, "selectable": True, "bank_account_link": "fixed",
    "payment_account_id": env["account.chart.template"].ref(
        "account_journal_payment_credit_account_id"
    ).id,
})
vendors = env["res.partner"].create([{"name": "Mouterij"}, {"name": "Hopteler"}])
bills = env["account.move"].create([{
    "move_type": "in_invoice",
    "partner_id": vendor.id,
    "ref": f"{vendor.name} {vendor.id}",
    "preferred_payment_method_line_id": mode.id,
    "invoice_date": "2026-06-20",
    "invoice_line_ids": [
        Command.create({"name": "Malt", "price_unit": 100, "tax_ids": []})
    ],
} for vendor in vendors])
bills.action_post()
bills.create_account_payment_line()
order = env["account.payment.order"].search([])
order.draft2open()
order.open2generated()
order.generated2uploaded()
payments = order.payment_ids.sorted("id")
facts["bills are paid by payments that wait"] = not any(
    bills.mapped("amount_residual")
) and not any(payments.mapped("is_matched"))
provider = env["online.bank.statement.provider"].create({
    "journal_id": journal.id, "service": "ponto", "ponto_match_policy": "certain",
})


def bank_line(amount, identifier, number):
    document = {"id": f"tx-{number}", "type": "transaction", "attributes": {
        "amount": amount, "currency": "EUR", "endToEndId": identifier,
        "executionDate": "2026-07-10T00:00:00.000Z", "remittanceInformation": "Order",
    }}
    record = env["ponto.transaction"].create({
        "provider_id": provider.id, "ponto_id": document["id"], "date": "2026-07-10",
        "amount": amount, "currency": "EUR", "state": "new",
        "document": json.dumps(document),
    })
    create_lines(record, env["ponto.pull"])
    env.flush_all()
    env.invalidate_all()
    return record.statement_line_id


def paid_by(line):
    reconciled = line.line_ids._all_reconciled_lines().move_id - line.move_id
    return reconciled.origin_payment_id


first, second = payments
facts["another amount is left open"] = not bank_line(-99.0, first.memo, 1).is_reconciled
facts["a part of it is left open"] = not bank_line(
    -100.0, first.payment_lot_id.name, 2
).is_reconciled
line = bank_line(-100.0, second.memo, 3)
facts["it settles its own payment"] = line.is_reconciled and paid_by(line) == second
facts["and no other one"] = second.is_matched and not first.is_matched
facts["it settles it once"] = not bank_line(-100.0, second.memo, 4).is_reconciled
memo = first.memo
first.memo = "17"
facts["what somebody typed is no identification"] = not bank_line(
    -100.0, "17", 5
).is_reconciled
first.memo = memo
line = bank_line(-100.0, memo, 6)
facts["the other one is settled, too"] = line.is_reconciled and paid_by(line) == first
print(json.dumps(facts))
"""


def test_our_own_payment_is_settled_by_its_identification(odoo_cluster, odoo_database):
    addons = (paths.ROOT, environment.ensure_payment_orders())
    modules = f"--init={paths.ADDON_NAME},account_payment_batch_oca"
    odoo.run(odoo_cluster, odoo_database, modules, addons=addons)
    facts = odoo.ask(odoo_cluster, odoo_database, SCRIPT, addons=addons)
    assert len(facts) == 8
    assert facts == dict.fromkeys(facts, True)
