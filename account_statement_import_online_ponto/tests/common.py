# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests of this addon share: a company, a bank journal, a simulated Ponto."""

import itertools
import os
import sys
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# The simulator belongs to the repository, not to the addon: nobody installs it.
SIMULATOR_PATH = os.environ.get("PONTO_SIMULATOR_PATH") or str(
    Path(__file__).resolve().parents[2] / "tests"
)
if SIMULATOR_PATH not in sys.path:
    sys.path.append(SIMULATOR_PATH)

from simulator import Simulator  # noqa: E402

IBAN = "BE68539007547034"
TODAY = date(2026, 7, 15)


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
        """Override to keep the books in euros."""
        return super().setup_independent_company(
            currency_id=cls.env.ref("base.EUR").id, **kwargs
        )

    def setUp(self):
        super().setUp()
        self.simulator = self.enterContext(Simulator(today=TODAY, dataset="empty"))
        self.bank = self.simulator.bank
        self.account_id = self.bank.add_account(reference=IBAN, currency="EUR")
        self.env["ponto.integration"]._forget_tokens()

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

    def create_journal(self, number):
        """Create another bank journal of the company.

        :param str number: its account number
        """
        journal = self.env["account.journal"].create(
            {"name": f"Bank {number}", "type": "bank", "code": number[-5:]}
        )
        journal.set_bank_account(number)
        return journal

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

    def pull(self, provider, since="2026-01-01", until="2026-07-15", user=None):
        """Pull some days as a person does."""
        provider = provider.with_user(user or self.bookkeeper)
        return provider._pull(
            datetime.fromisoformat(f"{since}T10:00"),
            datetime.fromisoformat(f"{until}T10:00"),
        )

    def pull_scheduled(self, providers):
        """Let the scheduled action pull, as it is now due."""
        providers.next_run = datetime(2026, 7, 15)
        self.env["online.bank.statement.provider"]._scheduled_pull()

    @contextmanager
    def cut_off_after(self, steps):
        """Let the time of a pull be over after so many steps: pages, then batches."""
        left = itertools.count(steps - 1, -1)
        Provider = type(self.env["online.bank.statement.provider"])
        with patch.object(
            Provider, "_ponto_is_time_over", lambda provider: next(left) <= 0
        ):
            yield

    def lines(self, journal=None):
        """:return: the journal's statement lines, the oldest first"""
        return self.env["account.bank.statement.line"].search(
            [("journal_id", "=", (journal or self.journal).id)],
            order="internal_index",
        )

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

    def registered(self, state, provider=None):
        """:return: the provider's register records in a state"""
        return (provider or self.provider).ponto_transaction_ids.filtered(
            lambda record: record.state == state
        )
