# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever is done with a secret: it is in no table and in no line of the log."""

import base64
import logging
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch
from urllib.parse import quote

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.account_statement_import_online_ponto.feed.importer import Importer

from .common_sweeps import REFUSALS, SECRET, SweepCase

_logger = logging.getLogger(__name__)

#: Secrets that somebody typed, and that Ponto did not accept or was not asked about.
ABANDONED = "Lw5-abandoned-Jr8xN"
REFUSED = "Gd3-refused-Vm6kB"

#: Columns in which a text can be.
TYPES = (
    "text",
    "character varying",
    "character",
    "json",
    "jsonb",
    "bytea",
    "ARRAY",
    "xml",
    "USER-DEFINED",
)

#: The tables that secrets come near to.
TABLES = (
    "ponto_integration",
    "ponto_connect_wizard",
    "online_bank_statement_provider",
)


@tagged("post_install", "-at_install")
class TestSweepSecret(SweepCase):
    """A feed's life, and then a look into everything that it left."""

    def setUp(self):
        super().setUp()
        self.use_simulator_by_default()
        self.user = self.users_a["manager"]

    # === A FEED'S LIFE === #

    def live(self):
        """Enter secrets in every way, and let everything happen to them."""
        self.book("1.00", "2026-07-10")
        steps = [
            self.connect_by_form,
            self.connect_by_assistant,
            self.connect_by_import,
            self.pull_all,
            self.meet_failures,
            self.have_secrets_refused,
            self.read_everything,
        ]
        for step in steps:
            step()
            self.env.flush_all()
        return len(steps)

    def connect_by_form(self):
        result = (
            self.env["online.bank.statement.provider"]
            .with_user(self.user)
            .web_save(
                {
                    "journal_id": self.journal.id,
                    "service": "ponto",
                    "username": self.simulator.client_id,
                    "password": SECRET,
                    "ponto_start_date": "2026-01-01",
                },
                {"display_name": {}, "password": {}, "ponto_secret_placeholder": {}},
            )
        )
        self.provider = self.env["online.bank.statement.provider"].browse(
            result[0]["id"]
        )
        self.pull_scheduled(self.provider)
        self.assertTrue(self.lines())

    def connect_by_assistant(self):
        Wizard = self.env["ponto.connect.wizard"].with_user(self.user)
        for secret in (SECRET, REFUSED):
            wizard = Wizard.create({"connection": "new"})
            wizard.web_save(
                {"client_id": self.simulator.client_id, "client_secret": secret},
                {"client_secret": {}, "secret_placeholder": {}},
            )
            wizard.action_log_in()
        abandoned = {"client_id": "whatever", "client_secret": ABANDONED}
        Wizard.create({"connection": "new", **abandoned})
        wizard = Wizard.create({"connection": "known", "is_new_secret": True})
        wizard.client_secret = SECRET
        wizard.action_update_credentials()

    def connect_by_import(self):
        journal = self.create_journal()
        result = (
            self.env["online.bank.statement.provider"]
            .with_user(self.user)
            .load(
                ["journal_id/.id", "service", "username", "password"],
                [[str(journal.id), "ponto", self.simulator.client_id, SECRET]],
            )
        )
        self.assertTrue(result["ids"], result["messages"])

    def pull_all(self):
        self.pull_scheduled(self.provider)
        self.provider.with_user(self.user).action_ponto_check_connection()
        self.provider.with_user(self.user).action_ponto_fetch_now()

    def meet_failures(self):
        client = self.provider.sudo().ponto_integration_id
        self.bank.fault("/transactions", status=500, times=None)
        self.pull_scheduled(self.provider)
        self.bank.clear_faults()
        client._forget_tokens()
        self.bank.fault(
            "/oauth2/token", body="<html>Bad</html>", status=502, times=None
        )
        self.pull_scheduled(self.provider)
        self.bank.clear_faults()
        # An error that nobody has thought of is logged with all that led to it.
        with patch.object(
            Importer, "import_new", side_effect=RuntimeError("unforeseen")
        ):
            self.pull_scheduled(self.provider)

    def have_secrets_refused(self):
        feed = self.provider.with_user(self.user)
        for values in (
            {"password": REFUSED},
            {"username": "another-client", "password": REFUSED},
        ):
            self.try_out(lambda values=values: feed.write(values))
        self.bank.fault("/oauth2/token", code="invalid_client", status=401, times=None)
        feed.sudo().ponto_integration_id._forget_tokens()
        self.pull_scheduled(self.provider)
        self.bank.clear_faults()

    def read_everything(self):
        for model in ("online.bank.statement.provider", "ponto.connect.wizard"):
            self.env[model].with_user(self.user).search([]).read()

    def provoke_bad_queries(self):
        """Let the database refuse what is written, with a secret just typed.

        A concurrent update is refused alike: Odoo logs the whole statement.
        """
        feed = self.provider.with_user(self.user)
        Wizard = self.env["ponto.connect.wizard"].with_user(self.user)
        attempts = [
            lambda: feed.write({"password": SECRET}),
            lambda: feed.write({"username": "other", "password": ABANDONED}),
            lambda: Wizard.create({"client_id": "other", "client_secret": ABANDONED}),
        ]
        answers = []
        for table in TABLES:
            for attempt in attempts:
                attack = partial(self.refuse, table, attempt)
                answers.append(self.try_out(attack)[0])
        return answers

    def refuse(self, table, attempt):
        self.env.cr.execute(
            SQL(
                "ALTER TABLE %s ADD CONSTRAINT sweep_refuses "
                "CHECK (create_date IS NULL) NOT VALID",
                SQL.identifier(table),
            )
        )
        return attempt()

    # === LOOKING === #

    def get_secrets(self):
        """Return {text: what it is}."""
        secrets = {SECRET: "secret", ABANDONED: "abandoned", REFUSED: "refused"}
        for secret in list(secrets):
            for client_id in (self.simulator.client_id, "whatever", "another-client"):
                pair = f"{client_id}:{secret}".encode()
                secrets[base64.b64encode(pair).decode()] = "Basic form"
            secrets[base64.b64encode(secret.encode()).decode().rstrip("=")] = "base64"
            secrets[quote(secret, safe="") + ":"] = "quoted"
        tokens = list(self.bank.tokens._expiry)
        self.assertTrue(tokens)
        return {**secrets, **dict.fromkeys(tokens, "access token")}

    def find_in_tables(self):
        """Return in which columns of which tables there are secrets (list of str),
        and how many columns were searched."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.column_name),
                   array_agg(c.data_type::text ORDER BY c.column_name)
              FROM information_schema.columns c
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE t.table_type = 'BASE TABLE' AND c.table_schema = 'public'
               AND c.data_type IN %s
             GROUP BY c.table_name
            """,
            [TYPES],
        )
        found, count = [], 0
        secrets = self.get_secrets()
        patterns = [f"%{text}%" for text in secrets]
        patterns += [f"%{text.encode().hex()}%" for text in secrets]
        for table, columns, types in self.env.cr.fetchall():
            count += len(columns)
            conditions = [
                SQL("bool_or(%s LIKE ANY(%s))", self.as_text(column, kind), patterns)
                for column, kind in zip(columns, types, strict=True)
            ]
            self.env.cr.execute(
                SQL(
                    "SELECT %s FROM %s",
                    SQL(", ").join(conditions),
                    SQL.identifier(table),
                )
            )
            for column, is_found in zip(columns, self.env.cr.fetchone(), strict=True):
                if is_found:
                    found.append(f"{table}.{column} holds a secret")
        return found, count

    def as_text(self, column, kind):
        if kind == "bytea":
            return SQL("encode(%s, 'hex')", SQL.identifier(column))
        return SQL("%s::text", SQL.identifier(column))

    @contextmanager
    def capture_log(self, level):
        """Collect every line that would be logged, and show none.

        :param int level: of all loggers; None for what they have by default
        """
        lines = []

        class Collector(logging.Handler):
            def emit(self, record):
                lines.append(self.format(record))

        root = logging.getLogger()
        others, collector = list(root.handlers), Collector(level or logging.INFO)
        levels = {root: root.level}
        if level:
            for logger in root.manager.loggerDict.values():
                if isinstance(logger, logging.Logger):
                    levels[logger] = logger.level
                    logger.setLevel(logging.NOTSET)
            root.setLevel(level)
        for handler in others:
            handler.addFilter(self.show_nothing)
        root.addHandler(collector)
        try:
            yield lines
        finally:
            root.removeHandler(collector)
            for handler in others:
                handler.removeFilter(self.show_nothing)
            for logger, previous in levels.items():
                logger.setLevel(previous)

    @staticmethod
    def show_nothing(_record):
        return False

    # === TESTS === #

    def test_no_table_holds_a_secret(self):
        with self.capture_log(None):
            steps = self.live()
        found, count = self.find_in_tables()
        # A secret is somewhere at all: the feed goes on working without being asked.
        self.env["ponto.integration"]._forget_tokens()
        self.bank.clear_requests()
        self.pull_scheduled(self.provider)
        self.assertIn(200, [request.status for request in self.bank.requests])
        self.neutralize()
        found_then, count_then = self.find_in_tables()
        _logger.info(
            "Secrets: %s columns searched after %s steps, %s after neutralizing",
            count,
            steps,
            count_then,
        )
        found += [f"{text}, in a neutralized copy" for text in found_then]
        self.assert_none_found(found, count)

    def test_no_line_of_the_log_tells_a_secret(self):
        found, counts = [], {}
        for level in (None, logging.DEBUG):
            name = logging.getLevelName(level) if level else "default"
            with (
                self.capture_log(level) as lines,
                self.env.cr.savepoint(flush=False) as savepoint,
            ):
                self.live()
                answers = self.provoke_bad_queries()
                savepoint.rollback()
            secrets = self.get_secrets()
            counts[name] = len(lines)
            self.assertTrue(any("bad query" in line for line in lines))
            for kind, texts in (("log", lines), ("answer", map(str, answers))):
                for text in texts:
                    for secret, label in secrets.items():
                        if secret in text:
                            shown = text.replace(secret, f"<{label}>")
                            found.append(f"{name} {kind}: {shown[:300]}")
            self.assertTrue(any(isinstance(answer, REFUSALS) for answer in answers))
            self.bank.clear_requests()
        _logger.info("Secrets: lines of the log searched: %s", counts)
        self.assertGreater(counts["DEBUG"], counts["default"])
        self.assert_none_found(found, sum(counts.values()))
