# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from ..exceptions import explain
from ..ponto_api import (
    PontoAuthorizationError,
    PontoClient,
    PontoCredentialsError,
    PontoDeadlineError,
    PontoError,
    PontoProtocolError,
    PontoRateLimitedError,
    PontoServerError,
    PontoTlsError,
    PontoTransportError,
)

_lt = LazyTranslate(__name__)

#: What to say of errors that mean something else here than during a pull, the most
#: special ones first; there is no scheduled pull yet that would try again.
MESSAGES = [
    (
        PontoCredentialsError,
        _lt(
            "Ponto does not accept these codes. In Ponto, open Integrations, choose "
            "the custom integration, copy its Client ID and make a new Client Secret "
            "if the old one is lost; enter both here again."
        ),
    ),
    (
        PontoAuthorizationError,
        _lt(
            "The codes are right, but the integration may not read accounts. In Ponto, "
            "open Integrations, choose the custom integration and give it the scope "
            "Account Information; then press Next again."
        ),
    ),
    (PontoTlsError, None),
    (
        PontoDeadlineError,
        _lt(
            "Ponto did not answer in time. Wait some minutes; then press the button "
            "again."
        ),
    ),
    (
        PontoTransportError,
        _lt(
            "Ponto cannot be reached. Check the internet connection of the Odoo "
            "server; then press the button again."
        ),
    ),
    (
        PontoRateLimitedError,
        _lt(
            "Ponto asks for fewer requests. Wait a minute; then press the button again."
        ),
    ),
    (
        PontoServerError,
        _lt("Ponto has a disturbance. Wait some minutes; then press the button again."),
    ),
    (
        PontoProtocolError,
        _lt(
            "Ponto answered with something other than accounts, perhaps a notice of "
            "maintenance. Wait some minutes; then press the button again."
        ),
    ),
]


class PontoConnectWizard(models.TransientModel):
    """Logging in: with typed codes, or with those of an integration."""

    _inherit = "ponto.connect.wizard"

    def action_log_in(self):
        """Step 1: log in with the codes, keep them, and show the accounts."""
        self.ensure_one()
        self.check_access("write")
        try:
            with self._make_client() as client:
                accounts = list(client.iter_accounts())
                banks = self._fetch_banks(accounts, client)
        except PontoError as error:
            return self._stay(error)
        self._keep_credentials()
        self._show_accounts(accounts, banks)
        return self._reopen()

    def action_update_credentials(self):
        """Replace the secret of an integration, once Ponto has accepted the new one."""
        self.ensure_one()
        self.check_access("write")
        try:
            with self._make_client() as client:
                client.fetch_token()
        except PontoError as error:
            return self._stay(error)
        integration_sudo = self._keep_credentials()
        providers_sudo = integration_sudo.provider_ids
        providers_sudo.next_run = fields.Datetime.now()
        providers_sudo._ponto_trigger_pull()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Ponto accepts the new Client Secret. It is in use for all "
                    "journals of this integration: %s.",
                    len(providers_sudo),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _make_client(self):
        """Make a client that logs in anew with the codes that are chosen or typed.

        :return: a `PontoClient`, to be used as a context manager
        :raise UserError: when a code is missing
        :raise PontoConfigurationError: when the address cannot be used
        """
        integration_sudo = self._get_chosen_integration_sudo()
        client_id = integration_sudo.client_id or (self.client_id or "").strip()
        client_secret = (
            integration_sudo._resolve_secret(self._get_typed_secret())
            if self._is_secret_typed(integration_sudo)
            else integration_sudo._get_client_secret()
        )
        if not client_id or not client_secret:
            raise UserError(
                self.env._(
                    "Enter the Client ID and the Client Secret that Ponto shows for "
                    "the custom integration."
                )
            )
        return PontoClient(
            client_id,
            client_secret,
            base_url=integration_sudo._get_base_url(),
            **self.env["online.bank.statement.provider"]._ponto_get_patience(),
        )

    def _get_typed_secret(self):
        """:return: the secret that was typed, or a reference to it (str); empty if
        none was"""
        ciphertext = self.sudo().typed_secret_ciphertext
        Integration = self.env["ponto.integration"]
        return Integration._decrypt_secret(ciphertext, owner=self)

    def _is_secret_typed(self, integration_sudo):
        """:return: whether the secret to use is the one that was typed (bool)"""
        return not integration_sudo or (
            self.connection == "known" and self.is_new_secret
        )

    def _get_chosen_integration_sudo(self):
        """Get the existing integration that was chosen, or whose Client ID was typed.

        :return: a `ponto.integration` in sudo mode; empty if both codes are typed
        :raise UserError: when the user may not use what was chosen
        """
        if self.connection == "new":
            if self.sudo().typed_secret_ciphertext:
                return self.env["ponto.integration"].sudo()
            return self._claim_integration_sudo()
        wizard_sudo = self.sudo()
        integration_sudo = wizard_sudo.known_integration_id
        usable_sudo = self._get_reachable_integrations_sudo()
        usable_sudo |= wizard_sudo.integration_id
        if not integration_sudo & usable_sudo:
            raise UserError(
                self.env._(
                    "Choose one of the integrations that your companies use, or enter "
                    "the codes of another one."
                )
            )
        return integration_sudo

    def _claim_integration_sudo(self, client_secret=None):
        """:return: the `ponto.integration` that typed codes stand for, in sudo mode;
        empty where a Client ID alone stands for none"""
        return self.env["ponto.integration"]._claim(
            self.company_id, (self.client_id or "").strip(), client_secret
        )

    def _keep_credentials(self):
        """Hand codes that Ponto has just accepted to an integration.

        :return: the `ponto.integration`, in sudo mode
        """
        wizard_sudo = self.sudo()
        integration_sudo = self._get_chosen_integration_sudo()
        if self._is_secret_typed(integration_sudo):
            client_secret = self._get_typed_secret()
            integration_sudo = integration_sudo or self._claim_integration_sudo(
                client_secret
            )
            integration_sudo._store_accepted_secret(client_secret)
        integration_sudo._record_acceptance()
        wizard_sudo.write(
            {
                "integration_id": integration_sudo.id,
                "known_integration_id": integration_sudo.id,
                "connection": "known",
                "typed_secret_ciphertext": False,
                "is_new_secret": False,
                "message": False,
            }
        )
        return integration_sudo

    def _stay(self, error):
        """Stay where one is, with a sentence about what went wrong.

        :param PontoError error: what the client raised
        """
        self.sudo().message = self._explain(error)
        if isinstance(error, PontoCredentialsError):
            self.sudo().typed_secret_ciphertext = False
            self.is_new_secret = self.connection == "known"
            self.step = "credentials"
        return self._reopen()

    def _explain(self, error):
        """:return: the cause of an error and the next step (str)"""
        for kind, text in MESSAGES:
            if isinstance(error, kind):
                return self.env._(text) if text else explain(self.env, error)
        return explain(self.env, error)
