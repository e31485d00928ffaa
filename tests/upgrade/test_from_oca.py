"""A database fed by OCA's module of the same name is upgraded to this one."""

import functools

import pytest
from toolbox import odoo, paths

PREPARE = """
from datetime import datetime, timedelta
from odoo.addons.account_statement_import_online_ponto.models import ponto_interface

ponto_interface.PONTO_ENDPOINT = {url!r}
journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
journal.company_id.currency_id = env.ref("base.EUR")
journal.set_bank_account({iban!r})
provider = env["online.bank.statement.provider"].create({{
    "journal_id": journal.id,
    "service": "ponto",
    "username": {client_id!r},
    "password": {client_secret!r},
    "interval_type": "days",
    "interval_number": 2,
    "tz": "Europe/Brussels",
}})
now = datetime.now()
provider.with_context(scheduled=True)._pull(now - timedelta(days=60), now)
# Only now: OCA's module stops at a transaction without value date.
provider.ponto_date_field = "value_date"
provider.next_run = datetime(2099, 5, 6, 7, 8, 9)
statements = env["account.bank.statement"].search([], order="first_line_index")
# A line comes later into the first statement: OCA's module leaves its end as it was.
env.cr.commit()
first = statements[0]
since = datetime.fromisoformat(first.name[-10:])
late = {{"date": since, "amount": 4, "payment_ref": "Late", "unique_import_id": "late"}}
provider._create_or_update_statement(([late], {{}}), since, since + timedelta(days=1))
shown = first.read(["name", "balance_start", "balance_end", "balance_end_real"])
assert not first.is_complete, (shown, first.line_ids.mapped("date"))
statements[-2].balance_end_real += 7
# There are only statements of days so far.
provider.statement_creation_mode = "monthly"
env.cr.commit()
"""

REPORT = """
import json
provider = env["online.bank.statement.provider"].search([])
lines = env["account.bank.statement.line"].search([], order="id")
print(json.dumps({
    "username": provider.username,
    "password": provider.password,
    "last_identifier": provider.ponto_last_identifier,
    "date_field": provider.ponto_date_field,
    "schedule": [provider.interval_type, provider.interval_number,
                 str(provider.next_run)],
    "lines": [[line.unique_import_id, line.amount, str(line.date)] for line in lines],
}))
"""

STATEMENTS = """
import json
statements = env["account.bank.statement"].search([], order="first_line_index")
print(json.dumps([
    {{
        "name": each.name,
        "period": [str(each.ponto_since), str(each.ponto_until)],
        "days": sorted(map(str, each.line_ids.mapped("date"))),
        "end": each.balance_end_real,
        "is_typed": each.balance_end_real != each.ponto_written_end,
        "is_complete": each.is_complete,
    }}
    for each in statements
]))
"""

PULL = """
from datetime import datetime, timedelta
provider = env["online.bank.statement.provider"].search([])
env["ir.config_parameter"].set_param(
    "account_statement_import_online_ponto.api_base", {url!r}
)
now = datetime.now()
provider._pull(now - timedelta(days=20), now)
provider.next_run = now - timedelta(minutes=1)
env["online.bank.statement.provider"]._scheduled_pull()
assert not provider.ponto_failure, provider.ponto_failure
env.cr.commit()
"""


@pytest.fixture
def fed_by_oca(odoo_cluster, odoo_database, oca_addons, simulator, euro_account):
    """Run scripts in a database that OCA's module has configured and fed."""
    addons = (oca_addons,)
    odoo.run(odoo_cluster, odoo_database, f"--init={paths.ADDON_NAME}", addons=addons)

    def run_script(script, addons=()):
        text = script.format(
            iban=euro_account["reference"],
            url=simulator.url,
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
        )
        return odoo.shell(odoo_cluster, odoo_database, text, addons=addons)

    run_script(PREPARE, addons=addons)
    run_script.before = odoo.ask(odoo_cluster, odoo_database, REPORT, addons=addons)
    odoo.run(odoo_cluster, odoo_database, f"--update={paths.ADDON_NAME}")
    run_script.ask = lambda text: odoo.ask(odoo_cluster, odoo_database, text)
    run_script.report = lambda: run_script.ask(REPORT)
    return run_script


def test_an_upgrade_from_oca_keeps_what_is_there_and_doubles_nothing(
    fed_by_oca, simulator, euro_account
):
    before, after = fed_by_oca.before, fed_by_oca.report()
    assert before["password"] == simulator.client_secret
    assert len(before["lines"]) > 20
    for name in ("username", "last_identifier", "date_field", "schedule", "lines"):
        assert after[name] == before[name], name
    assert not after["password"], "the secret can be read back"

    fed_by_oca(PULL)
    pulled = fed_by_oca.report()
    assert pulled["lines"][: len(before["lines"])] == before["lines"]
    ids = [line[0] for line in pulled["lines"]]
    assert len(ids) == len(set(ids))
    first = min(line[2] for line in before["lines"])
    expected = {
        row["id"]
        for row in simulator.bank.transactions(euro_account["id"])
        if str(row["valueDate"] or row["executionDate"])[:10] > first
    }
    assert expected <= {unique_id[-36:] for unique_id in ids}


def test_an_upgrade_from_oca_keeps_lengths_and_typed_ends_of_statements(
    fed_by_oca, simulator, euro_account
):
    ask = functools.partial(fed_by_oca.ask, STATEMENTS.format())
    made = ask()
    assert len(made) > 5
    for statement in made:
        assert statement["period"] == [statement["days"][0]] * 2
    assert [each["is_typed"] for each in made].index(True) == len(made) - 2
    assert sum(each["is_typed"] for each in made) == 1
    typed = made[-2]
    for amount, day in (("5.00", typed["days"][0]), ("6.00", made[-1]["days"][0])):
        simulator.bank.add_transaction(euro_account["id"], amount, day, valueDate=day)
    fed_by_oca(PULL)
    pulled = ask()
    for before, after in zip(made, pulled, strict=False):
        assert after["period"] == before["period"]
        assert set(after["days"]) == set(before["days"])
    [after] = [each for each in pulled if each["name"] == typed["name"]]
    assert after["end"] == typed["end"]
    assert len(after["days"]) > len(typed["days"])
    last = pulled[len(made) - 1]
    assert last["is_complete"] and len(last["days"]) > len(made[-1]["days"])
