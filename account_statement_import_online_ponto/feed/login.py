# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""With which codes somebody logs in to Ponto, and which integration they belong to."""

from odoo.exceptions import UserError

from ..ponto_api import PontoClient


def find_reachable_integrations_sudo(env):
    """Return the integrations that the user may use, in sudo mode."""
    integrations = env["ponto.integration"].search(
        [("company_ids", "in", env.companies.ids)]
    )
    return integrations.sudo().filtered("client_secret_ciphertext")


class Login:
    """The codes that somebody types, or the integration that they choose instead.

    :param wizard: the `ponto.connect.wizard` with what was typed and chosen so far
    """

    def __init__(self, wizard):
        self.env = wizard.env
        self._wizard = wizard

    def make_fresh_client(self):
        """Make a client that logs in anew with the codes that are chosen or typed.

        :return: a `PontoClient`, to be used as a context manager
        :raise UserError: when a code is missing
        :raise PontoConfigurationError: when the address cannot be used
        """
        integration_sudo = self._get_chosen_integration_sudo()
        client_id = integration_sudo.client_id or self._typed_client_id
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
            **self.env["online.bank.statement.provider"]._ponto_begin_waiting(),
        )

    def keep_credentials(self):
        """Hand codes that Ponto has just accepted to an integration.

        :return: the `ponto.integration`, in sudo mode
        """
        integration_sudo = self._get_chosen_integration_sudo()
        if self._is_secret_typed(integration_sudo):
            client_secret = self._get_typed_secret()
            integration_sudo = integration_sudo or self._claim_integration_sudo(
                client_secret
            )
            integration_sudo._store_accepted_secret(client_secret)
        integration_sudo._record_acceptance()
        self._wizard.sudo().write(
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

    @property
    def _typed_client_id(self):
        """The Client ID that was typed (str); empty if none was."""
        return (self._wizard.client_id or "").strip()

    def _get_typed_secret(self):
        """Return the secret that was typed, or a reference to it (str); empty if none
        was."""
        ciphertext = self._wizard.sudo().typed_secret_ciphertext
        Integration = self.env["ponto.integration"]
        return Integration._decrypt_secret(ciphertext, owner=self._wizard)

    def _is_secret_typed(self, integration_sudo):
        """Tell whether the secret to use is the one that was typed (bool)."""
        return not integration_sudo or (
            self._wizard.connection == "known" and self._wizard.is_new_secret
        )

    def _get_chosen_integration_sudo(self):
        """Get the existing integration that was chosen, or whose Client ID was typed.

        :return: a `ponto.integration` in sudo mode; empty if both codes are typed
        :raise UserError: when the user may not use what was chosen
        """
        wizard_sudo = self._wizard.sudo()
        if self._wizard.connection == "new":
            if wizard_sudo.typed_secret_ciphertext:
                return self.env["ponto.integration"].sudo()
            return self._claim_integration_sudo()
        integration_sudo = wizard_sudo.known_integration_id
        usable_sudo = find_reachable_integrations_sudo(self.env)
        may_use = self.env["ponto.integration"]._may_use
        if may_use(wizard_sudo.integration_id, self._wizard.company_id):
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
        """Return the `ponto.integration` that typed codes stand for, in sudo mode;
        empty where a Client ID alone stands for none."""
        return self.env["ponto.integration"]._claim(
            self._wizard.company_id, self._typed_client_id, client_secret
        )
