# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from freezegun import freeze_time

from .common import PontoCase


class ConnectCase(PontoCase):
    """An accounting administrator who opens the assistant."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time("2026-07-15 12:00:00", tick=True))
        self.secret = self.simulator.client_secret
        self.use_simulator_by_default()

    def open_wizard(self, user=None, journal=None, **values):
        """Open the assistant, from a journal's card or not."""
        Wizard = self.env["ponto.connect.wizard"].with_user(user or self.manager)
        if journal:
            Wizard = Wizard.with_context(default_journal_id=journal.id)
        return Wizard.create(values)

    def log_in(self, wizard=None, **values):
        """Enter the codes and go on to the accounts."""
        wizard = wizard or self.open_wizard(**values)
        wizard.write(
            {"client_id": self.simulator.client_id, "client_secret": self.secret}
        )
        wizard.action_log_in()
        return wizard

    def finish(self, wizard):
        """Take what is proposed.

        :return: the feeds that this makes
        """
        wizard.action_choose_start()
        before = self.providers()
        wizard.action_finish()
        return self.providers() - before

    def providers(self):
        return self.env["online.bank.statement.provider"].search([])

    def line(self, wizard, account_id=None):
        """Return the line of an account."""
        return wizard.line_ids.filtered(
            lambda line: line.ponto_account_id == (account_id or self.account_id)
        )

    def stored_secrets(self, wizard):
        """Return what the assistant's row holds of a secret."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT typed_secret_ciphertext FROM ponto_connect_wizard WHERE id = %s",
            [wizard.id],
        )
        return self.env.cr.fetchone()[0]
