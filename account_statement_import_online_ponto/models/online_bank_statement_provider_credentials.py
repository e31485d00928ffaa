# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What a secret looks like on screen, whatever its length.
SECRET_PLACEHOLDER = "••••••••••••"

#: Keys of `create` and `write` that belong to the integration, not to the provider.
CREDENTIAL_FIELDS = ("username", "password", "api_base")


class OnlineBankStatementProvider(models.Model):
    """Credentials: shown and typed on the provider, kept by a Ponto integration.

    The secret never becomes part of the provider's own row, where everybody who may see
    the provider could read it.
    """

    _inherit = "online.bank.statement.provider"

    username = fields.Char(copy=False)
    password = fields.Char(copy=False)
    api_base = fields.Char(copy=False)

    ponto_integration_id = fields.Many2one(
        comodel_name="ponto.integration",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    ponto_secret_placeholder = fields.Char(compute="_compute_ponto_secret_placeholder")

    @api.depends("ponto_integration_id")
    def _compute_ponto_secret_placeholder(self):
        for provider in self:
            has_secret = provider.sudo().ponto_integration_id.client_secret
            provider.ponto_secret_placeholder = SECRET_PLACEHOLDER if has_secret else ""

    # === FROM THE PROVIDER TO THE INTEGRATION === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to hand credentials to the Ponto integration."""
        new_vals_list, credentials_list = [], []
        for vals in vals_list:
            self._ponto_check_integration(vals)
            vals = dict(vals)
            credentials = {}
            if vals.get("service") == "ponto":
                credentials = self._ponto_split_credentials(vals)
            new_vals_list.append(vals)
            credentials_list.append(credentials)
        providers = super().create(new_vals_list)
        for provider, credentials in zip(providers, credentials_list, strict=True):
            provider._ponto_assign_credentials(credentials)
        return providers

    def write(self, vals):
        """Override to hand credentials to the Ponto integration."""
        self._ponto_check_integration(vals)
        if not {"service", *CREDENTIAL_FIELDS} & vals.keys():
            return super().write(vals)
        for provider in self:
            provider_vals, credentials = dict(vals), {}
            if vals.get("service", provider.service) == "ponto":
                if provider.service != "ponto":
                    # What was entered for another service is none of Ponto's.
                    others = dict.fromkeys(CREDENTIAL_FIELDS, False)
                    provider_vals = {**others, **vals}
                credentials = self._ponto_split_credentials(provider_vals)
            elif "service" in vals:
                provider_vals["ponto_integration_id"] = False
            super(OnlineBankStatementProvider, provider).write(provider_vals)
            provider._ponto_assign_credentials(credentials)
        return True

    def unlink(self):
        """Override to keep no credentials that nobody uses any more."""
        integrations_sudo = self.sudo().ponto_integration_id
        result = super().unlink()
        integrations_sudo._remove_unused()
        return result

    @api.model
    def _ponto_check_integration(self, vals):
        """Check that nobody helps themselves to another company's integration.

        :param dict vals: for `create` or `write`
        :raise AccessError: when the user may not see the integration
        """
        integration_id = vals.get("ponto_integration_id")
        if integration_id and not self.env.su:
            self.env["ponto.integration"].browse(integration_id).check_access("read")

    @api.model
    def _ponto_split_credentials(self, vals):
        """Take the credentials out of values for `create` or `write`.

        Login and address stay in the values too, because they are shown. The secret
        never does.

        :param dict vals: is changed in place
        :return: the subset of login, secret and address that was given (dict)
        :raise AccessError: when somebody who is no system administrator wants to send
            the secret to another address
        """
        for name in CREDENTIAL_FIELDS:
            if isinstance(vals.get(name), str):
                vals[name] = vals[name].strip()
        if vals.get("api_base") and not self.env.is_system():
            raise AccessError(
                self.env._(
                    "Only a system administrator may change the address to which the "
                    "bank's credentials are sent."
                )
            )
        credentials = {
            name: vals[name] or False for name in CREDENTIAL_FIELDS if name in vals
        }
        if "password" in vals:
            vals["password"] = False
        return credentials

    def _ponto_assign_credentials(self, credentials):
        """Find or make the integration that the credentials stand for.

        :param dict credentials: what was given of login, secret and address; what is
            not given stays as it is
        """
        self.ensure_one()
        if not credentials:
            return
        integration_sudo = self.sudo().ponto_integration_id
        client_secret = credentials.get("password")
        if "password" in credentials and not client_secret:
            integration_sudo = integration_sudo.browse()
        elif "username" in credentials or not integration_sudo:
            integration_sudo = self._ponto_get_integration_sudo(client_secret)
        values = {"company_ids": [fields.Command.link(self.company_id.id)]}
        if client_secret:
            values["client_secret"] = client_secret
        if "api_base" in credentials:
            values["api_base"] = credentials["api_base"]
        integration_sudo.write(values)
        previous_sudo = self.sudo().ponto_integration_id
        self.sudo().ponto_integration_id = integration_sudo
        (previous_sudo - integration_sudo)._remove_unused()
        if integration_sudo.client_secret:
            self.next_run = fields.Datetime.now()

    def _ponto_get_integration_sudo(self, client_secret):
        """Get the integration for the login that the provider shows now.

        :param client_secret: the secret that was typed along with it, if any
        :return: a `ponto.integration` in sudo mode; empty if there is nothing to keep
        """
        self.ensure_one()
        current_sudo = self.sudo().ponto_integration_id
        client_id = self.username
        if current_sudo and current_sudo.client_id == client_id:
            return current_sudo
        found_sudo = current_sudo.browse()
        if client_id:
            found_sudo = current_sudo._find_for(
                client_id, client_secret, self.api_base or False, self.company_id
            )
        if found_sudo:
            return found_sudo
        if current_sudo.with_context(active_test=False).provider_ids == self:
            # Nobody else uses it: the login was corrected.
            current_sudo.client_id = client_id
            return current_sudo
        if not client_secret:
            return found_sudo
        return current_sudo.create({"client_id": client_id, "api_base": self.api_base})

    def _ponto_get_client(self):
        """Make a client for the provider's integration.

        :return: a `PontoClient`, to be used as a context manager
        :raise UserError: when login or secret are missing
        :raise PontoConfigurationError: when the address cannot be used
        """
        if not self._ponto_is_connected():
            raise UserError(
                self.env._(
                    "Enter the Login (Client ID) and the Secret Key (Client Secret) of "
                    'the custom integration in Ponto on the provider of "%s".',
                    self.journal_id.name,
                )
            )
        return self.sudo().ponto_integration_id._get_client()

    def _ponto_is_connected(self):
        """:return: whether everything is there that a pull needs to log in (bool)"""
        self.ensure_one()
        integration_sudo = self.sudo().ponto_integration_id
        return bool(integration_sudo.client_id and integration_sudo.client_secret)
