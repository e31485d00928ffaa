# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests share that attack over the wire."""

from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .common import IBAN, OUTCOME_LOGGER
from .common_sweeps import SweepCase

PROVIDER = "online.bank.statement.provider"
LINE = "account.bank.statement.line"


class RefusedError(Exception):
    """Odoo's answer was an error."""


class AttackCase(SweepCase, HttpCase):
    """Company A with its feed, company B, and a wire to Odoo."""

    def setUp(self):
        super().setUp()
        self.build_company_a()
        # The same number: whatever is offered for it would be taken.
        self.journal_b.with_company(self.company_b).set_bank_account(IBAN)
        self.bank.clear_requests()
        self.env["ponto.integration"]._forget_tokens()
        self.snapshot = self.take_snapshot()
        self.caller = None

    def rpc(self, user, model, method, *args, **kwargs):
        """Call a method as a browser does.

        :return: Odoo's answer
        :raise RefusedError: when Odoo refuses it
        """
        if self.caller != user:
            self.authenticate(user.login, user.login)
            self.caller = user
        with mute_logger("odoo.http", "odoo.sql_db", OUTCOME_LOGGER):
            response = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={
                    "params": {
                        "model": model,
                        "method": method,
                        "args": args,
                        "kwargs": kwargs,
                    }
                },
            ).json()
        self.env.invalidate_all()
        if "error" in response:
            raise RefusedError(str(response["error"]["data"]["message"]))
        return response["result"]

    def try_rpc(self, *args, **kwargs):
        """Return Odoo's answer, or the text of its refusal."""
        try:
            return self.rpc(*args, **kwargs)
        except RefusedError as error:
            return str(error)

    def prepare_feed_b(self, **values):
        return {"journal_id": self.journal_b.id, "service": "ponto", **values}

    def get_feed_b(self):
        return self.env[PROVIDER].search([("journal_id", "=", self.journal_b.id)])

    def assert_a_is_safe(self):
        """Check that nothing of company A was touched, and nothing has left it."""
        self.assertEqual(self.take_snapshot(), self.snapshot)
        self.assertFalse(
            [request for request in self.bank.requests if request.status == 200],
            "Ponto was asked with the secret of company A",
        )
        self.assertFalse(self.lines(self.journal_b))
        integrations = self.provider.sudo().ponto_integration_id
        self.assertFalse(self.get_feed_b().sudo().ponto_integration_id & integrations)

    def assert_a_goes_on(self):
        """Check that the feed of company A can still log in."""
        self.env["ponto.integration"]._forget_tokens()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)
