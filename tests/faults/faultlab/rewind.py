"""A database and a bank that go back to an earlier moment, in a fraction of a second.

Cloning a database of Odoo copies thousands of files; here only the tables come back
that were changed. Sequences go on, and so do the tables by which Odoo's processes tell
one another what they changed.
"""

import copy
import io

import psycopg2
from toolbox import postgres

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname NOT LIKE 'orm_signaling_%'
"""
#: What PostgreSQL counts of each table. Whatever changes a table, rolled back or not,
#: changes one of these once its process has ended.
_COUNTS = """
    SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
    WHERE schemaname = 'public' AND relname NOT LIKE 'orm_signaling_%'
"""
#: After how many times tables are cleared of what was deleted: nobody else does that.
_TIMES_PER_VACUUM = 20
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()
"""
_COUNT_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()
"""


class Database:
    """Keeps what the tables of a database hold at some moments.

    Nobody else may be connected when it keeps or goes back; who still is is thrown out.
    """

    def __init__(self, cluster, name):
        self._connection = psycopg2.connect(
            host=cluster.socket, port=postgres.PORT, user=postgres.USER, dbname=name
        )
        self._connection.autocommit = True
        self._cursor = self._connection.cursor()
        # Foreign keys and other triggers rest while rows come back.
        self._cursor.execute("SET session_replication_role = replica")
        self._tables = [name for (name,) in self._ask(_TABLES)]
        self._counts, self._contents = {}, {}
        self._times = 0

    def close(self):
        self._connection.close()

    def keep(self):
        """Return what all tables hold now, to go back to it."""
        self._look()
        return dict(self._contents)

    def go_back(self, kept):
        """Let all tables hold what they held then."""
        self._look(is_kept=False)
        changed = [
            table for table in kept if kept[table] is not self._contents.get(table)
        ]
        self._cursor.execute("BEGIN")
        for table in changed:
            self._cursor.execute(f'DELETE FROM "{table}"')
            self._cursor.copy_expert(
                f'COPY "{table}" FROM STDIN', io.BytesIO(kept[table])
            )
        self._cursor.execute("COMMIT")
        self._times += 1
        if changed and not self._times % _TIMES_PER_VACUUM:
            tables = ", ".join(f'"{table}"' for table in changed)
            self._cursor.execute(f"VACUUM {tables}")
        self._contents = dict(kept)
        self._counts = self._count()

    def _look(self, is_kept=True):
        """Find the tables that have changed, and read them if they are to be kept."""
        self._throw_out()
        counts = self._count()
        for table in self._tables:
            is_known = self._contents.get(table) is not None
            if is_known and self._counts.get(table) == counts[table]:
                continue
            content = io.BytesIO()
            if is_kept:
                self._cursor.copy_expert(f'COPY "{table}" TO STDOUT', content)
            self._contents[table] = content.getvalue() if is_kept else None
        self._counts = counts

    def _count(self):
        """Return PostgreSQL's counts of what was done to each table (dict)."""
        self._cursor.execute("SELECT pg_stat_force_next_flush()")
        return {table: tuple(counts) for table, *counts in self._ask(_COUNTS)}

    def _throw_out(self):
        self._ask(_END_OTHERS)
        while self._ask(_COUNT_OTHERS)[0][0]:
            self._ask("SELECT pg_sleep(0.005)")

    def _ask(self, query):
        self._cursor.execute(query)
        return self._cursor.fetchall()


class Bank:
    """Keeps what a simulated bank holds at some moments."""

    def __init__(self, simulator):
        self._simulator = simulator

    def keep(self):
        """Return what the bank holds now, to go back to it."""
        return self._copy((vars(self._simulator.bank), self._simulator.accounts))

    def go_back(self, kept):
        """Let the bank hold what it held then."""
        with self._simulator.bank.lock:
            state, self._simulator.accounts = self._copy(kept)
            vars(self._simulator.bank).update(state)

    def _copy(self, state):
        bank = self._simulator.bank
        shared = (bank, bank.lock, self._simulator.clock)
        return copy.deepcopy(state, {id(each): each for each in shared})
