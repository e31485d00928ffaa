"""After the addon is removed there is a plain Odoo, with all that was booked."""

import json
import re
from types import SimpleNamespace

import pytest
from simulator import Simulator
from simulator.dataset import SHARED_IBAN
from toolbox import host_run, odoo, odoo_log, paths, template

# What Odoo itself writes at the first use of its settings and at a new journal.
BEGIN = """
journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
journal.company_id.currency_id = env.ref("base.EUR")
journal.set_bank_account({iban!r})
env["account.journal"].create({{"name": "Other", "code": "OTHER", "type": "bank"}})
env["res.config.settings"].create({{}}).execute()
env.cr.commit()
"""

# What makes use of everything that a removal may leave behind.
USE = """
from datetime import datetime, timedelta

Provider = env["online.bank.statement.provider"]
env["ir.config_parameter"].set_param(
    "account_statement_import_online_ponto.api_base", {url!r}
)
bank, other = (
    env["account.journal"].search([("code", "=", code)]) for code in ("BNK1", "OTHER")
)
feed = Provider.create({{
    "journal_id": bank.id,
    "service": "ponto",
    "username": {client_id!r},
    "password": {client_secret!r},
    "ponto_start_date": "2020-01-01",
}})
Provider._scheduled_pull()
assert not feed.ponto_failure, feed.ponto_failure
feed.username = "wrong"
feed.next_run = datetime.now() - timedelta(minutes=1)
Provider._scheduled_pull()
assert feed.ponto_failure and feed.activity_ids
feed.activity_ids[:1].copy().action_feedback(feedback="Seen")
Provider.create({{"journal_id": other.id, "service": "dummy"}}).activity_schedule(
    "account_statement_import_online_ponto.mail_activity_type_failure"
)
env.ref("account_statement_import_online_ponto.ir_cron_pull").copy()
env["res.config.settings"].create({{"ponto_pull_retention_months": 12}}).execute()
env.cr.commit()
"""

# Feeds it anew as a first-time user would.
FEED_AGAIN = """
journal = env["account.journal"].search([("code", "=", "BNK1")])
feed = env["online.bank.statement.provider"].create({{
    "journal_id": journal.id,
    "service": "ponto",
    "username": {client_id!r},
    "password": {client_secret!r},
    "api_base": {url!r},
    "ponto_start_date": "2020-01-01",
}})
env["online.bank.statement.provider"]._scheduled_pull()
assert not feed.ponto_failure, feed.ponto_failure
env.cr.commit()
"""

# The database knows a feed of a service that nothing offers any more.
SCHEDULE = """
import json
from datetime import datetime

other = env["online.bank.statement.provider"].search([])
env.cr.execute('''
    INSERT INTO online_bank_statement_provider (
        journal_id, company_id, service, active, interval_type, interval_number,
        next_run, statement_creation_mode, name
    )
    SELECT id, company_id, 'ponto', true, 'hours', 1, now() - interval '1 hour',
           'daily', 'Left over'
      FROM account_journal WHERE code = 'BNK1'
''')
other.next_run = datetime(2026, 1, 1)
cron = env.ref(
    "account_statement_import_online.ir_cron_account_pull_online_bank_statements"
)
cron.ir_actions_server_id.run()
env.invalidate_all()
feeds = env["online.bank.statement.provider"].search([])
print(json.dumps([[feed.service, feed.next_run > datetime.now()] for feed in feeds]))
env.cr.rollback()
"""

# Statements, lines and entries as Odoo keeps them, and what a journal says of its feed.
# The columns that go with the addon are left aside; who installs it again marks the
# statements that it has made.
BOOKS = """
import json
env.cr.execute('''
    CREATE FUNCTION pg_temp.own(entry jsonb) RETURNS jsonb LANGUAGE sql AS $$
        SELECT jsonb_object_agg(key, value) FROM jsonb_each(entry)
         WHERE key NOT LIKE 'ponto%'
    $$
''')
env.cr.execute('''
    SELECT md5(string_agg(pg_temp.own(to_jsonb(line))::text, '|' ORDER BY line.id)),
           (SELECT md5(string_agg(pg_temp.own(to_jsonb(entry))::text, '|'
                                  ORDER BY entry.id))
              FROM account_move entry),
           (SELECT md5(string_agg(pg_temp.own(to_jsonb(item))::text, '|'
                                  ORDER BY item.id))
              FROM account_move_line item),
           (SELECT md5(string_agg((pg_temp.own(to_jsonb(statement)) - 'write_date'
                                   - 'write_uid')::text, '|' ORDER BY statement.id))
              FROM account_bank_statement statement)
      FROM account_bank_statement_line line
''')
digests = env.cr.fetchone()
env.cr.execute("SELECT count(*) FROM account_bank_statement_line")
[lines] = env.cr.fetchone()
env.cr.execute("SELECT count(*) FROM account_bank_statement")
[statements] = env.cr.fetchone()
env.cr.execute("SELECT DISTINCT service FROM online_bank_statement_provider")
services = sorted(name for name, in env.cr.fetchall())
env.cr.execute('''
    SELECT DISTINCT online_bank_statement_provider FROM account_journal
     WHERE online_bank_statement_provider IS NOT NULL
''')
journals = sorted(name for name, in env.cr.fetchall())
print(json.dumps({
    "books": digests, "lines": lines, "statements": statements,
    "services": services, "journals": journals,
}))
"""

SCHEMA = {
    "columns": """
        select table_name || '.' || column_name || ' ' || data_type || ' '
            || is_nullable
          from information_schema.columns where table_schema = 'public'
    """,
    "constraints": """
        select conrelid::regclass::text || ' ' || conname || ' '
            || pg_get_constraintdef(oid)
          from pg_constraint where connamespace = 'public'::regnamespace
    """,
    "indexes": "select indexdef from pg_indexes where schemaname = 'public'",
    "others": """
        select relkind::text || ' ' || relname from pg_class
         where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
    """,
    "functions": """
        select proname from pg_proc where pronamespace = 'public'::regnamespace
    """,
}

# Rows that describe Odoo rather than a business, by what people would call them.
ROWS = {
    "ir_act_client": "name->>'en_US'",
    "ir_act_report_xml": "report_name",
    "ir_act_server": "name->>'en_US'",
    "ir_act_url": "name->>'en_US'",
    "ir_act_window": "res_model || ' ' || (name->>'en_US')",
    "ir_act_window_view": "act_window_id || ' ' || view_mode",
    "ir_asset": "path",
    "ir_config_parameter": "key",
    "ir_cron": "cron_name",
    "ir_default": "field_id::text",
    "ir_exports": "name",
    "ir_filters": "model_id || ' ' || name",
    "ir_model": "model",
    "ir_model_access": "name",
    "ir_model_constraint": "name",
    "ir_model_data": "module || '.' || name",
    "ir_model_fields": "model || '.' || name",
    "ir_model_fields_selection": "field_id || ' ' || value",
    "ir_model_inherit": """
        (select model from ir_model where id = model_id) || ' '
            || (select model from ir_model where id = parent_id)
    """,
    "ir_model_relation": "name",
    "ir_rule": "name",
    "ir_sequence": "name",
    "ir_ui_menu": "name->>'en_US'",
    "ir_ui_view": "name",
    "mail_activity": "res_model || ' ' || res_id",
    "mail_activity_type": "name->>'en_US'",
    "mail_followers": "res_model || ' ' || res_id",
    "mail_message_subtype": "name->>'en_US'",
    "mail_template": "name->>'en_US'",
    "res_groups": "name->>'en_US'",
    "res_groups_implied_rel": "gid || ' ' || hid",
    "res_groups_users_rel": "gid || ' ' || uid",
}

# Odoo's own notes, which it leaves behind whenever a module goes that had a link to
# another model, or that let a model have activities or talk on the bus.
LEFT_BY_ODOO = {
    "ir_model_constraint": r"online_bank_statement_\w+_fkey",
    "ir_model_data": r"mail\.(selection|model_inherit)__"
    r"(online_bank_statement_provider|ponto_status_mixin)"
    r"__(activity_(exception_decoration|state)__\w+|bus_listener_mixin)",
    "ir_model_inherit": r"online\.bank\.statement\.provider bus\.listener\.mixin",
}


def describe(cluster, database):
    """Return what the database has of Odoo, without what was booked (dict of sets)."""
    parts = SCHEMA | {
        table: f"select {text} from {table}" for table, text in ROWS.items()
    }
    query = " union all ".join(
        f"select '{title}', jsonb_agg(row) from ({part}) rows (row)"
        for title, part in parts.items()
    )
    whole = f"select jsonb_object_agg(title, rows)::text from ({query}) _(title, rows)"
    [found] = cluster.sql(whole, database)
    return {title: set(rows or ()) for title, rows in json.loads(found).items()}


@pytest.fixture(scope="module")
def removed(odoo_cluster):
    """A database in which the addon was installed, used and removed."""
    with template.database(odoo_cluster) as database, Simulator() as simulator:
        found = SimpleNamespace(database=database, cluster=odoo_cluster)
        given = {
            "iban": SHARED_IBAN,
            "url": simulator.url,
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
        }

        found.shell = lambda script: odoo.shell(odoo_cluster, database, script)
        found.ask = lambda script: json.loads(found.shell(script).splitlines()[-1])
        found.feed_again = lambda: found.shell(FEED_AGAIN.format(**given))
        found.shell(BEGIN.format(**given))
        found.before = describe(odoo_cluster, database)
        odoo.run(odoo_cluster, database, f"--init={paths.ADDON_NAME}")
        found.shell(USE.format(**given))
        found.books = found.ask(BOOKS)
        odoo.uninstall(odoo_cluster, database, paths.ADDON_NAME)
        yield found


def test_lines_statements_and_entries_stay_as_they_were(removed):
    after = removed.ask(BOOKS)
    assert removed.books["lines"] > 20 and removed.books["statements"] > 1
    for name in ("lines", "statements", "books"):
        assert after[name] == removed.books[name], name


def test_no_journal_and_no_feed_names_the_service_any_more(removed):
    assert removed.books["services"] == removed.books["journals"] == ["dummy", "ponto"]
    after = removed.ask(BOOKS)
    assert after["services"] == after["journals"] == ["dummy"]


@pytest.mark.parametrize("part", [*SCHEMA, *ROWS])
def test_nothing_is_left_and_nothing_is_missing(removed, part):
    if "after" not in vars(removed):
        removed.after = describe(removed.cluster, removed.database)
    after, before = removed.after[part], removed.before[part]
    usual = re.compile(LEFT_BY_ODOO.get(part, "(?!)"))
    assert {row for row in after - before if not usual.fullmatch(row)} == set()
    assert before - after == set()


def test_the_scheduled_action_works_beside_a_feed_of_the_removed_service(removed):
    assert sorted(removed.ask(SCHEDULE)) == [["dummy", True], ["ponto", True]]


def test_tests_of_odoo_pass(removed):
    tags = "/account:TestAccountBankStatementLine,/account_statement_import_online"
    log = host_run.run_tests(removed.cluster, "removed", [removed.database], tags)
    tests = odoo_log.tests(log)
    assert not tests.failed
    assert len(tests.passed) > 30


def test_who_installs_it_again_finds_nothing_doubled(removed):
    odoo.run(removed.cluster, removed.database, f"--init={paths.ADDON_NAME}")
    removed.feed_again()
    after = removed.ask(BOOKS)
    assert after["services"] == ["dummy", "ponto"]
    for name in ("lines", "statements", "books"):
        assert after[name] == removed.books[name], name
