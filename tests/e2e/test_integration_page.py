"""What the chapter Development shows is run as it stands there."""

import re

import pytest
from toolbox import odoo, paths

PAGE = (paths.ADDON / "readme/DEVELOP.md").read_text()
FILE = re.compile(
    r"^`(?P<path>[\w/.]+)`:\n\n```python\n(?P<code>.*?)^```$", re.M | re.S
)
SCRIPT = re.compile(r"^```python\n(?P<code>from odoo\.addons\..*?)^```$", re.M | re.S)

PREPARE = """
env["ir.config_parameter"].set_param(
    "account_statement_import_online_ponto.api_base", {url!r}
)
env["res.partner"].create([
    {{"name": f"Creditor {{creditor_id}}", "ref": creditor_id}}
    for creditor_id in {creditor_ids!r}
])
journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
journal.company_id.currency_id = env.ref("base.EUR")
journal.set_bank_account({iban!r})
provider = env["online.bank.statement.provider"].create({{
    "journal_id": journal.id,
    "service": "ponto",
    "username": {client_id!r},
    "password": {client_secret!r},
}})
env.cr.commit()
"""
PULL = """
import json
provider = env["online.bank.statement.provider"].search([])
env["online.bank.statement.provider"]._scheduled_pull()
assert not provider.ponto_failure, provider.ponto_failure
print(json.dumps([
    [json.loads(line.raw_data)["id"], line.ref, line.partner_id.ref]
    for line in env["account.bank.statement.line"].search([])
]))
"""


@pytest.fixture
def example(tmp_path):
    """Name of the page's module, and the folder that it was written to."""
    files = {found["path"]: found["code"] for found in FILE.finditer(PAGE)}
    assert len(files) == 3
    for path, code in files.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(code)
    [name] = {path.partition("/")[0] for path in files}
    return name, tmp_path


def test_the_example_works(
    odoo_cluster, odoo_database, simulator, euro_account, example
):
    rows = {row["id"]: row for row in simulator.bank.transactions(euro_account["id"])}
    creditor_ids = sorted({row["creditorId"] for row in rows.values()} - {None})
    assert len(creditor_ids) > 1

    name, folder = example
    addons = (paths.ROOT, folder)
    odoo.run(odoo_cluster, odoo_database, f"--init={name}", addons=addons)

    def run_script(text):
        return odoo.shell(odoo_cluster, odoo_database, text, addons=addons)

    run_script(
        PREPARE.format(
            iban=euro_account["reference"],
            url=simulator.url,
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
            creditor_ids=creditor_ids,
        )
    )
    lines = odoo.ask(odoo_cluster, odoo_database, PULL, addons=addons)
    debits = [line for line in lines if rows[line[0]]["mandateId"]]
    assert debits
    assert len(debits) < len(lines)
    for ponto_id, ref, partner_ref in lines:
        row = rows[ponto_id]
        assert partner_ref == (row["creditorId"] or False)
        if row["mandateId"]:
            assert ref == row["mandateId"]

    [script] = [found["code"] for found in SCRIPT.finditer(PAGE)]
    printed = run_script(script)
    for row in simulator.bank.accounts():
        assert f"{row['reference']} {row['currency']}" in printed
