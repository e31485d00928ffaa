"""Beside account_reconcile_oca: what we settled is settled there, and nothing twice."""

import os

import pytest
from toolbox import browser, environment, odoo, odoo_log, paths, template, test_run
from toolbox.console import log_path

BESIDE = "account_reconcile_oca"
SCRIPT = """
import json
from odoo import Command
from odoo.tests import new_test_user
from odoo.addons.account_statement_import_online_ponto.feed.booking import create_lines
from odoo.addons.account_statement_import_online_ponto.feed.line_windows import (
    get_settling_action,
)

facts = {}
company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("generic_coa", company)
company.currency_id = env.ref("base.EUR")
journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
journal.set_bank_account("BE68539007547034")
bookkeeper = new_test_user(
    env, login="beside", groups="account.group_account_user", company_id=company.id
)
customer = env["res.partner"].create({"name": "Bakkerij Noordhof"})


def invoice(amount):
    move = env["account.move"].create({
        "move_type": "out_invoice",
        "partner_id": customer.id,
        "invoice_date": "2026-06-20",
        "invoice_line_ids": [
            Command.create({"name": "Beer", "price_unit": amount, "tax_ids": []})
        ],
    })
    move.action_post()
    return move


provider = env["online.bank.statement.provider"].create({
    "journal_id": journal.id, "service": "ponto", "ponto_match_policy": "certain",
})


def register(number, amount, text):
    document = {"id": f"tx-{number}", "type": "transaction", "attributes": {
        "amount": amount, "currency": "EUR",
        "executionDate": "2026-07-10T00:00:00.000Z",
        "remittanceInformation": text, "counterpartReference": "BE43068999999501",
    }}
    return env["ponto.transaction"].create({
        "provider_id": provider.id, "ponto_id": document["id"], "date": "2026-07-10",
        "amount": amount, "currency": "EUR", "state": "new",
        "document": json.dumps(document),
    })


def book(records):
    create_lines(records, env["ponto.pull"])
    env.flush_all()
    env.invalidate_all()
    return records.statement_line_id


def bank_line(*facts):
    return book(register(*facts))


paid, other = invoice(121), invoice(242)
ours = bank_line(1, 121.0, paid.name)
facts["ours is settled"] = ours.is_reconciled and paid.amount_residual == 0
facts["ours says nothing to do"] = not ours.reconcile_data
info = ours.with_user(bookkeeper).reconcile_data_info
facts["theirs shows the invoice"] = any(
    each.get("id") == paid.line_ids.filtered("date_maturity").id
    for each in info["data"]
)
# Theirs would take the part of a number for the number.
part = bank_line(2, 242.0, other.name[-3:])
facts["a part of a number is left open"] = not part.is_reconciled
theirs = part.with_user(bookkeeper)
theirs.add_account_move_line_id = other.line_ids.filtered("date_maturity")
theirs._onchange_add_account_move_line_id()
theirs.reconcile_bank_line()
facts["theirs settles what is left"] = part.is_reconciled and not other.amount_residual
facts["the account number is learned"] = customer.bank_ids.mapped(
    "sanitized_acc_number"
) == ["BE43068999999501"] and not customer.bank_ids.allow_out_payment
facts["theirs is somebody's work"] = part._ponto_is_worked_on()
ours.with_user(bookkeeper).unreconcile_bank_line()
env.invalidate_all()
facts["their undo opens ours"] = not ours.is_reconciled and paid.amount_residual == 121
facts["their undo is remembered"] = bool(ours.ponto_undone_matches)
action = get_settling_action(ours | part, journal, env["ponto.pull"])
facts["fetch leads to their screen"] = action["xml_id"].startswith(
    "account_reconcile_oca."
) and action["domain"] == [("id", "in", (ours | part).ids)]
journal.reconcile_mode = "keep"
kept = bank_line(3, 121.0, paid.name)
facts["what keeps its suspense account is theirs"] = not kept.is_reconciled
journal.reconcile_mode = "edit"
provider.ponto_match_policy = "suggest"
once = invoice(363)
twice = book(register(4, 363.0, once.name) | register(5, 363.0, once.name))
facts["what theirs fails with comes in all the same"] = len(twice) == 2
facts["theirs settles the one that it can"] = (
    len(twice.filtered("is_reconciled")) == 1 and not once.amount_residual
)
print(json.dumps(facts))
"""


@pytest.fixture
def database(odoo_cluster):
    """Name of a database that has account_reconcile_oca, too."""
    source = template.ensure(odoo_cluster, BESIDE)
    with template.database(odoo_cluster, source) as name:
        yield name


def test_a_line_is_settled_once_whoever_settles_it(odoo_cluster, database):
    odoo.run(odoo_cluster, database, f"--init={paths.ADDON_NAME}")
    facts = odoo.ask(odoo_cluster, database, SCRIPT)
    assert len(facts) == 13
    assert facts == dict.fromkeys(facts, True)


def test_a_bookkeeper_settles_the_day_on_their_screen(odoo_cluster, database):
    folder = browser.ensure()
    if not folder:
        pytest.skip("There is no browser.")
    odoo.run(odoo_cluster, database, f"--init={paths.ADDON_NAME}")
    log = log_path("reconcile-oca-tour")
    path = f"{folder}{os.pathsep}{environment.variables()['PATH']}"
    test_run.run(odoo_cluster, {database: log}, "beside_reconcile_oca", PATH=path)
    outcome = odoo_log.read(log.read_text(errors="replace"))
    assert not outcome.problems
    assert str(outcome) == "1 passed, 0 failed, 0 skipped"
