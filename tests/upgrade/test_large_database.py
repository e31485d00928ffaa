"""Installing where there are years of entries is quick, and leaves them alone."""

import resource
import time

from toolbox import odoo, paths

LINES = 100_000
LONGEST_S = 30
BUSY_TABLES = (
    "account_bank_statement",
    "account_bank_statement_line",
    "account_journal",
    "account_move",
    "account_move_line",
    "res_partner_bank",
)

FILL = f"""
from benchmark import history
from datetime import date, timedelta
from uuid import uuid4

journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
feed = env["online.bank.statement.provider"].create({{
    "journal_id": journal.id, "service": "dummy", "create_statement": False,
}})
first = date(2016, 1, 1)
days = [str(first + timedelta(days=number // 28)) for number in range({LINES})]
history.load(env, feed, [[str(uuid4()), day, "12.37"] for day in days], "0")
feed.unlink()
env.cr.commit()
print(env["account.bank.statement.line"].search_count([]))
"""

FILES = """
select relname || ' ' || relfilenode from pg_class
 where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
"""
CHANGES = """
select relname || ' ' || n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables
"""
READ = "select relname || ' ' || seq_tup_read from pg_stat_user_tables"


def numbers(cluster, query, database):
    """Return {name of a table: the number that the query tells of it}."""
    rows = (row.rpartition(" ") for row in cluster.sql(query, database))
    return {table: int(number) for table, _space, number in rows}


def seconds_of_work():
    """Return how long processes that have ended kept a processor busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_installing_beside_100000_lines_is_quick_and_rewrites_nothing(
    odoo_cluster, odoo_database
):
    printed = odoo.shell(odoo_cluster, odoo_database, FILL, PYTHONPATH=paths.TESTS)
    assert int(printed.splitlines()[-1]) == LINES
    odoo_cluster.sql("analyze", odoo_database)
    files = numbers(odoo_cluster, FILES, odoo_database)
    changes = numbers(odoo_cluster, CHANGES, odoo_database)
    assert changes["account_bank_statement_line"] >= LINES
    read = numbers(odoo_cluster, READ, odoo_database)

    began, worked = time.monotonic(), seconds_of_work()
    odoo.run(odoo_cluster, odoo_database, f"--init={paths.ADDON_NAME}")
    seconds, worked = time.monotonic() - began, seconds_of_work() - worked
    print(f"installed beside {LINES} lines in {seconds:.1f} s, {worked:.1f} s of work")

    after = numbers(odoo_cluster, FILES, odoo_database)
    assert {table: after.get(table) for table in files} == files, "rewritten"
    for query, before in ((CHANGES, changes), (READ, read)):
        after = numbers(odoo_cluster, query, odoo_database)
        more = {table: after[table] - before[table] for table in BUSY_TABLES}
        assert max(more.values()) < 1000, more
    # Not by the clock: a busy machine says nothing about the addon. What the database
    # does meanwhile does not grow with the lines, as was just seen.
    assert worked < LONGEST_S
