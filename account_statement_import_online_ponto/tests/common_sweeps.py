# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the sweeps share: two companies, all kinds of users, and who touched what."""

from contextlib import closing
from datetime import date, datetime

from psycopg2 import Error as DatabaseError

from odoo import Command
from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import new_test_user
from odoo.tools import SQL

from ..tools import format_account_number
from .common import CRON, OTHER_IBAN, PontoCase
from .simulator import api as simulator_api

#: The groups of each kind of user, from those who may do nothing to those who may all.
KINDS = {
    "portal": "base.group_portal",
    "internal": "base.group_user",
    "invoicing": "account.group_account_invoice",
    "readonly": "account.group_account_readonly",
    "bookkeeper": "account.group_account_basic",
    "accountant": "account.group_account_user",
    "manager": "account.group_account_manager",
    "administrator": "base.group_system",
}

#: How Odoo refuses something, from its own checks down to the database's.
REFUSALS = (
    UserError,
    RedirectWarning,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    NotImplementedError,
    AssertionError,
    DatabaseError,
)

#: How rows of the books' tables are found that belong to a journal or a feed.
PREFIXES = ("ponto.", "online.bank.statement.")

#: A secret that looks like nothing else that there is.
SECRET = "Ky7-vQ2xP9-wallflower-Tz4"

#: Words by which anything of the first company is recognized in an answer.
COMPANY, JOURNAL, COUNTERPART, COMMUNICATION = (
    "Zebrafink",
    "Zebrabank",
    "Quokka Verhuur",
    "Nachtegaal 88",
)
AMOUNT = "7351.93"


class SweepCase(PontoCase):
    """Company A has a bank feed and all that goes with it; company B wants to see it.

    Both have a user of each kind. What belongs to A carries words of its own, so that
    it is recognized wherever it turns up.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.name = f"{COMPANY} Holding"
        cls.journal.name = JOURNAL
        cls.company_b = cls.setup_other_company(name="Other")["company"]
        # Whoever configures the tests works for the first company, as its users do.
        cls.users_a = cls.create_users(cls.company, "a")
        cls.users_b = cls.create_users(cls.company_b, "b")
        cls.journal_b = cls.env["account.journal"].search(
            [("company_id", "=", cls.company_b.id), ("type", "=", "bank")], limit=1
        )

    @classmethod
    def create_users(cls, company, suffix):
        """Return {kind: `res.users` that works for the company only} (dict)."""
        return {
            kind: new_test_user(
                cls.env,
                login=f"sweep_{kind}_{suffix}",
                groups=groups,
                company_id=company.id,
            )
            for kind, groups in KINDS.items()
        }

    def setUp(self):
        super().setUp()
        self.patch(simulator_api, "CLIENT_SECRET", SECRET)
        self.simulator.client_secret = SECRET

    # === WHAT THERE IS === #

    def build_company_a(self):
        """Let company A have something in each model of ours, made by its people."""
        self.use_simulator_by_default()
        self.bank.update_account(
            self.account_id, holderName=f"{COMPANY} Holding", currentBalance="100.00"
        )
        texts = {
            "counterpartName": COUNTERPART,
            "counterpartReference": OTHER_IBAN,
            "remittanceInformation": COMMUNICATION,
        }
        self.provider = self.create_provider(api_base=False)
        self.book(AMOUNT, "2026-07-10", **texts)
        self.book("-12.00", "2026-07-11", **texts)
        self.book("13.00", "2026-07-12", **texts, currency="USD")
        self.book("14.00", "2026-07-12", **texts, currency="USD")
        self.pull_scheduled(self.provider)
        # Left to be imported, should somebody do what they must not.
        self.book("55.00", "2026-07-13", **texts)
        other_journal = self.create_journal("BE43068999999501")
        self.stopped = self.create_provider(journal_id=other_journal.id, api_base=False)
        self.spare_journal_a = self.create_journal("BE84068999999659")
        self.spare_journal_a.name = f"{JOURNAL} Spare"
        self.env["ponto.stop"].sudo().create({"provider_id": self.stopped.id})
        self.open_windows()
        self.env.flush_all()
        self.rows_a = {
            name: self.env[name].sudo().with_context(active_test=False).search([]).ids
            for name in self.get_models()
        }
        for name, ids in self.rows_a.items():
            self.assertTrue(ids, f"nothing to find in {name}")

    def open_windows(self):
        """Open each window of the addon, as the people of company A do."""
        for values in (
            {"client_id": "typed", "client_secret": "typed-and-abandoned"},
            {},
        ):
            wizard = self.env["ponto.connect.wizard"].with_user(self.users_a["manager"])
            wizard = wizard.with_company(self.company).create(values)
        wizard.action_log_in()
        feed = self.provider.with_user(self.users_a["bookkeeper"])
        decided = feed.ponto_transaction_ids.filtered(lambda each: each.amount == 14)
        decided.action_ignore()
        feed.action_ponto_check_connection()
        action = feed.action_online_bank_statements_pull_wizard()
        Wizard = self.env[action["res_model"]].with_user(self.users_a["bookkeeper"])
        wizard = Wizard.with_context(**action["context"]).create(
            {"date_since": datetime(2026, 7, 1), "date_until": datetime(2026, 7, 15)}
        )
        wizard.action_ponto_preview()
        wizard.action_debug()
        self.env["ponto.integration"]._forget_tokens()
        self.bank.clear_requests()

    def build_company_b(self):
        """Let company B have a feed of its own, whose codes Ponto does not know.

        Whoever made its records works for company A, too: from them a way leads there.
        """
        self.provider_b = self.env["online.bank.statement.provider"].create(
            {
                "journal_id": self.journal_b.id,
                "service": "ponto",
                "username": "client-of-b",
                "password": "secret-of-b",
                "ponto_start_date": date(2026, 1, 1),
            }
        )
        line = self.enter_by_hand(77.0, "2026-07-09", journal_id=self.journal_b.id)
        pull_sudo = (
            self.env["ponto.pull"]
            .sudo()
            .create({"provider_id": self.provider_b.id, "started_at": datetime.now()})
        )
        self.env["ponto.transaction"].sudo().create(
            {
                "provider_id": self.provider_b.id,
                "ponto_id": "transaction-of-b",
                "state": "imported",
                "pull_id": pull_sudo.id,
                "import_pull_id": pull_sudo.id,
                "statement_line_id": line.id,
            }
        )
        self.env.flush_all()

    @classmethod
    def get_models(cls):
        """Return names of the models with a table that are ours, or that the base has
        for what we open (list)."""
        return sorted(
            name
            for name, model in cls.registry.items()
            if name.startswith(PREFIXES) and not model._abstract and model._auto
        )

    def get_forged_context(self):
        """Return what somebody may claim to be doing (dict)."""
        cron = self.env.ref(CRON)
        progress = self.env["ir.cron.progress"].sudo().create({"cron_id": cron.id})
        return {
            "scheduled": True,
            "cron_id": cron.id,
            "ir_cron_progress_id": progress.id,
            "ponto_remaining": 1,
            "allowed_company_ids": [self.company.id, self.company_b.id],
            "active_model": "online.bank.statement.provider",
            "active_id": self.provider.id,
            "active_ids": self.provider.ids,
        }

    # === WHAT CAME OF IT === #

    def get_words_of_a(self):
        """Return texts that nobody outside of company A may read (list of str)."""
        return [
            COMPANY,
            JOURNAL,
            COUNTERPART,
            COMMUNICATION,
            AMOUNT,
            self.simulator.client_secret,
            self.account_id,
            self.journal.bank_account_id.sanitized_acc_number,
            format_account_number(self.journal.bank_account_id.sanitized_acc_number),
        ]

    def find_words_of_a(self, answer):
        """Return those of `get_words_of_a` that an answer holds (list)."""
        text = str(answer)
        return [word for word in self.get_words_of_a() if word in text]

    def take_snapshot(self):
        """Return {table: digest of all rows in it that are company A's} (dict)."""
        self.env.flush_all()
        selects = [
            SQL(
                "SELECT %s, md5(string_agg(t::text, '|' ORDER BY t::text)) FROM %s t "
                "WHERE %s",
                table,
                SQL.identifier(table),
                condition,
            )
            for table, condition in self._get_conditions().items()
        ]
        self.env.cr.execute(SQL(" UNION ALL ").join(selects))
        return dict(self.env.cr.fetchall())

    def _get_conditions(self):
        """Return {table: condition that is true of company A's rows} (dict)."""
        conditions = {}
        feeds = tuple(self.rows_a["online.bank.statement.provider"])
        for name, ids in self.rows_a.items():
            model = self.env[name]
            condition = SQL("t.id IN %s", tuple(ids))
            if "provider_id" in model._fields:
                condition = SQL("%s OR t.provider_id IN %s", condition, feeds)
            conditions[model._table] = condition
        relation = self.env["ponto.integration"]._fields["company_ids"]
        conditions[relation.relation] = SQL(
            "%s IN %s",
            SQL.identifier("t", relation.column1),
            tuple(self.rows_a["ponto.integration"]),
        )
        conditions["account_journal"] = SQL("t.company_id = %s", self.company.id)
        for table in (
            "account_bank_statement",
            "account_bank_statement_line",
            "account_move",
        ):
            conditions[table] = SQL("t.company_id = %s", self.company.id)
        return conditions

    def try_out(self, attempt, look=None):
        """Let somebody try something, and undo it.

        :param attempt: is called
        :param look: is called with the answer before everything is undone
        :return: what the attempt returned, or the exception by which it was refused;
            and what `look` returned
        """
        with closing(self.env.cr.savepoint()) as savepoint:
            found = None
            try:
                answer = attempt()
                self.env.flush_all()
                found = look and look(answer)
            except REFUSALS as error:
                answer = error
            savepoint.rollback()
        return answer, found

    def assert_none_found(self, findings, tried):
        """Check that a sweep tried something, and found nothing.

        :param list findings: what was found, in words
        :param int tried: how much was tried
        """
        self.assertGreater(tried, 0)
        if findings:
            shown = "\n".join(sorted(set(findings)))
            self.fail(f"{len(set(findings))} open doors of {tried} tried:\n{shown}")


def commands(ids):
    """Return commands that link records (list)."""
    return [Command.link(each) for each in ids]
