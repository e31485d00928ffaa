# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests of this addon share: a company, a bank journal, a simulated Ponto."""

import itertools
import os
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools import file_open

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.account_statement_import_online_ponto.feed.session import (
    PullSession,
)

from .simulator import Simulator

IBAN = "BE68539007547034"
OTHER_IBAN = "BE15001765432130"
TODAY = date(2026, 7, 15)

#: The company of the tests. Who runs many classes makes it once, beforehand.
BOOKS = "Books of the tests"

CRON = "account_statement_import_online.ir_cron_account_pull_online_bank_statements"

#: Says what went wrong with a pull; tests in which that is meant mute it.
OUTCOME_LOGGER = "odoo.addons.account_statement_import_online_ponto.feed.outcome"


class PontoCase(AccountTestInvoicingCommon):
    """A Belgian company with a bank journal, and a Ponto with one account for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        # Not at its creation, which would want the Belgian chart of accounts.
        cls.company.country_id = cls.env.ref("base.be")
        cls.journal = cls.company_data["default_journal_bank"]
        cls.journal.set_bank_account(IBAN)
        cls.manager = new_test_user(
            cls.env,
            login="ponto_manager",
            groups="account.group_account_manager",
            company_id=cls.company.id,
        )
        cls.bookkeeper = new_test_user(
            cls.env,
            login="ponto_bookkeeper",
            groups="account.group_account_basic",
            company_id=cls.company.id,
        )

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """Override to take the books that there are."""
        made = cls.env["res.company"].sudo().search([("name", "=", BOOKS)])
        if not made:
            return cls.make_books()
        cls.env.user.company_ids = [Command.link(made.id)]
        return made.sudo(False)

    @classmethod
    def make_books(cls):
        """Make a company that keeps its books in euros; half of what a class costs."""
        return cls._create_company(name=BOOKS, currency_id=cls.env.ref("base.EUR").id)

    def setUp(self):
        super().setUp()
        # No test leaves a key in Odoo's data folder.
        self.enterContext(
            patch.dict(os.environ, PONTO_ENCRYPTION_KEY=Fernet.generate_key().decode())
        )
        self.simulator = self.enterContext(Simulator(today=TODAY, dataset="empty"))
        self.bank = self.simulator.bank
        self.account_id = self.bank.add_account(reference=IBAN, currency="EUR")
        self.env["ponto.integration"]._forget_tokens()

    # === WHO AND WHAT THERE IS === #

    def create_provider(self, **values):
        """Create a provider for the journal that can log in to the simulator."""
        return self.env["online.bank.statement.provider"].create(
            {
                "journal_id": self.journal.id,
                "service": "ponto",
                "username": self.simulator.client_id,
                "password": self.simulator.client_secret,
                "api_base": self.simulator.url,
                "ponto_start_date": date(2026, 1, 1),
                **values,
            }
        )

    def lock_by_another(self, provider):
        """Let a feed be locked as by another transaction, for the rest of the test.

        :param provider: any of the feeds; none of them can be locked
        """
        self.patch(
            type(provider),
            "try_lock_for_update",
            lambda providers, **options: providers.browse(),
        )

    def create_journal(self, number=OTHER_IBAN):
        """Create another bank journal of the company.

        :param str number: its account number
        """
        journal = self.env["account.journal"].create(
            {"name": f"Bank {number}", "type": "bank", "code": number[-5:]}
        )
        journal.set_bank_account(number)
        return journal

    def open_account(self, number, **values):
        """Open another account with 1000 euro, with a journal and a provider.

        From then on it is the one on which the bank books.

        :param str number: its account number
        :return: the provider
        """
        journal = self.create_journal(number)
        self.account_id = self.bank.add_account(
            reference=number, currency="EUR", currentBalance="1000.00"
        )
        return self.create_provider(journal_id=journal.id, **values)

    def use_simulator_by_default(self):
        """Let all that names no address of its own talk to the simulator."""
        self.env["ir.config_parameter"].sudo().set_param(
            "account_statement_import_online_ponto.api_base", self.simulator.url
        )

    def neutralize(self):
        """Do to the database what Odoo does to a copy for tests."""
        self.env.flush_all()
        with file_open(
            "account_statement_import_online_ponto/data/neutralize.sql"
        ) as statements:
            self.env.cr.execute(statements.read())
        self.env.invalidate_all()

    def create_clerk(self):
        """Create a user who may write invoices, and enter no lines."""
        return new_test_user(
            self.env, login="ponto_clerk", groups="account.group_account_invoice"
        )

    def create_stranger(self, groups="account.group_account_manager"):
        """Create another company, and a user who works for that one only.

        :return: the user, and the company's bank journal
        """
        other = self.setup_other_company(name="Stranger")
        stranger = new_test_user(
            self.env,
            login="ponto_stranger",
            groups=groups,
            company_id=other["company"].id,
        )
        return stranger, other["default_journal_bank"]

    def create_onlooker(self, model):
        """Create a user who may read the records of a model, and enter no lines."""
        onlooker = new_test_user(self.env, login="ponto_onlooker")
        group = self.env["res.groups"].create(
            {"name": "Onlookers", "user_ids": onlooker.ids}
        )
        self.env["ir.model.access"].create(
            {
                "name": "Onlookers",
                "model_id": self.env["ir.model"]._get_id(model),
                "group_id": group.id,
                "perm_read": True,
            }
        )
        return onlooker

    # === WHAT THE BANK DOES === #

    def book(self, amount, day, **attributes):
        """Let the bank book a transaction.

        :param str amount: signed
        :param str day: "2026-07-10" for midnight UTC, or a whole moment
        :return: its Ponto identifier
        """
        if len(day) == 10:
            day += "T00:00:00.000Z"
        attributes.setdefault("valueDate", day)
        attributes.setdefault("remittanceInformation", f"Communication {amount}")
        return self.bank.add_transaction(self.account_id, amount, day, **attributes)

    def book_many(self, count, amount, day, **attributes):
        """Let the bank book transactions that differ in a word only."""
        for number in range(count):
            self.book(amount, day, description=f"{day} {number}", **attributes)

    def synchronize(self, subtype, hours):
        """Let Ponto read balance or transactions at the bank, some hours from now."""
        moment = datetime.now(timezone.utc) + timedelta(hours=hours)
        self.patch(self.bank, "_clock", lambda: moment)
        self.bank.synchronize(self.account_id, subtype)
        self.env["ponto.integration"]._forget_tokens()

    # === WHAT PEOPLE AND THE SCHEDULE DO === #

    def enter_by_hand(self, amount, day, **values):
        """Enter a line without the bank.

        :return: the statement line
        """
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": day,
                "amount": amount,
                "payment_ref": "Rent July",
                **values,
            }
        )

    def pull(self, provider, since="2026-01-01", until="2026-07-15", user=None):
        """Pull some days as a person does."""
        provider = provider.with_user(user or self.bookkeeper)
        return provider._pull(
            datetime.fromisoformat(f"{since}T10:00"),
            datetime.fromisoformat(f"{until}T10:00"),
        )

    def fail_to_pull(self, provider):
        """Pull some days as a person does, who is told that it has failed. What that
        leaves in a transaction of its own stays."""
        # `assertRaises` would undo it.
        is_told = False
        with self.enter_registry_test_mode():
            try:
                self.pull(provider)
            except UserError:
                is_told = True
        self.assertTrue(is_told)
        self.env.invalidate_all()

    def pull_scheduled(self, providers):
        """Let the scheduled action pull, as it is now due."""
        providers.next_run = datetime(2026, 7, 15)
        self.env["online.bank.statement.provider"]._scheduled_pull()

    @contextmanager
    def cut_off_after(self, steps):
        """Let the time of a pull be over after so many steps: pages, then batches."""
        left = itertools.count(steps - 1, -1)
        with patch.object(PullSession, "is_time_over", lambda session: next(left) <= 0):
            yield

    def reconcile(self, line, amount=None):
        """Book a line, or a part of it, to an account of its own."""
        account = self.company_data["default_account_revenue"]
        _liquidity, suspense, _other = line._seek_for_lines()
        if amount is None:
            suspense.account_id = account
            return
        line.with_context(force_delete=True, skip_readonly_check=True).line_ids = [
            Command.delete(suspense.id),
            Command.create(
                {
                    "account_id": suspense.account_id.id,
                    "balance": amount - line.amount,
                }
            ),
            Command.create({"account_id": account.id, "balance": -amount}),
        ]

    # === WHAT CAME OF IT === #

    def lines(self, journal=None):
        """Return the journal's statement lines, the oldest first."""
        return self.env["account.bank.statement.line"].search(
            [("journal_id", "=", (journal or self.journal).id)],
            order="internal_index",
        )

    def statements(self, journal=None):
        """Return the journal's statements, the oldest first."""
        return self.env["account.bank.statement"].search(
            [("journal_id", "=", (journal or self.journal).id)],
            order="first_line_index",
        )

    def assert_statements(self, *expected):
        """Check the journal's statements, and that Odoo finds nothing wrong with them.

        :param expected: for each the end of its name, its start and its end balance
        """
        self.env.invalidate_all()
        self.assertRecordValues(
            self.statements(),
            [
                {
                    "name": f"{self.journal.code}/{name}",
                    "balance_start": start,
                    "balance_end_real": end,
                    "balance_end": end,
                    "is_valid": True,
                    "is_complete": True,
                }
                for name, start, end in expected
            ],
        )

    def registered(self, state, provider=None):
        """Return the provider's register records in a state."""
        return (provider or self.provider).ponto_transaction_ids.filtered(
            lambda record: record.state == state
        )
