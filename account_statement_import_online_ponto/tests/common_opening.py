# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests of the balance before the first line share."""

from unittest.mock import patch

from odoo.addons.account_statement_import_online_ponto.feed.importer import Importer

from .common import PontoCase


class Undo(Exception):
    """Ends the savepoint of an example."""


class OpeningCase(PontoCase):
    """A bank that had 1000 euro, and has booked two transactions since."""

    def setUp(self):
        super().setUp()
        self.bank.update_account(self.account_id, currentBalance="1000.00")
        self.provider = self.create_provider(create_statement=False)
        self.book("5.00", "2026-07-01")
        self.book("6.00", "2026-07-02")

    def assert_equal(self, opening):
        self.assertEqual(self.provider.ponto_balance_state, "equal")
        self.assertEqual(self.provider.ponto_opening_balance, opening)

    def silence_the_bank(self):
        self.bank.update_account(
            self.account_id, currentBalance=None, availableBalance=None
        )

    def date_anew(self, ponto_id, day):
        """Let the bank date a transaction anew, and pull."""
        moment = f"{day}T00:00:00.000Z"
        self.bank.update_transaction(ponto_id, executionDate=moment, valueDate=moment)
        self.pull_scheduled(self.provider)

    def pull_and_let_wait(self, amount):
        """Pull; the transactions of an amount look like something in the journal."""
        with patch.object(Importer, "import_new", return_value=False):
            self.pull_scheduled(self.provider)
        waiting = self.registered("new").filtered(lambda each: each.amount == amount)
        waiting.sudo().write({"state": "waiting", "reason": "look_alike"})
        self.pull_scheduled(self.provider)
        return waiting.with_user(self.bookkeeper)
