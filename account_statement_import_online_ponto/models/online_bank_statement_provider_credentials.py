# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..exceptions import FeedError
from .ponto_integration import SECRET_PLACEHOLDER

#: Keys of `create` and `write` that belong to the integration, not to the provider.
CREDENTIAL_FIELDS = ("username", "password", "api_base")


class OnlineBankStatementProvider(models.Model):
    """Credentials: shown and typed on the provider, kept by a Ponto integration.

    The secret never becomes part of the provider's own row, where everybody who may see
    the provider could read it. What counts is what results: what was typed, or comes as
    a default, for a feed that is one of Ponto's afterwards.
    """

    _name = "online.bank.statement.provider"
    _inherit = ["online.bank.statement.provider", "ponto.guarded.mixin"]

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
    ponto_secret_notice = fields.Char(compute="_compute_ponto_secret_notice")

    @api.depends("ponto_integration_id.client_secret_ciphertext")
    def _compute_ponto_secret_placeholder(self):
        for provider in self:
            has_secret = provider.sudo().ponto_integration_id.client_secret_ciphertext
            provider.ponto_secret_placeholder = SECRET_PLACEHOLDER if has_secret else ""

    @api.depends(
        "ponto_integration_id.entered_secret_ciphertext",
        "ponto_integration_id.refused_at",
    )
    @api.depends_context("lang")
    def _compute_ponto_secret_notice(self):
        for provider in self:
            integration_sudo = provider.sudo().ponto_integration_id
            provider.ponto_secret_notice = False
            if integration_sudo.entered_secret_ciphertext:
                provider.ponto_secret_notice = self.env._(
                    "Not tested yet: it replaces the one in use as soon as Ponto "
                    "accepts it."
                )
            elif integration_sudo.refused_at:
                provider.ponto_secret_notice = self.env._(
                    "Ponto did not accept the Secret Key that was entered last. The "
                    "one before is still in use."
                )

    # === FROM THE PROVIDER TO THE INTEGRATION === #

    @api.model
    def _get_guarded_names(self):
        """Override: the company, by which rights are decided, is the journal's."""
        return super()._get_guarded_names() | {"company_id"}

    @api.model_create_multi
    def create(self, vals_list):
        """Override to hand credentials to the Ponto integration."""
        new_vals_list, entered_list = [], []
        for vals in vals_list:
            # What comes as a default counts like what was typed.
            vals = {**self._ponto_get_default_credentials(), **vals}
            entered = {}
            if vals.get("service") == "ponto":
                entered = self._ponto_take_credentials(vals)
            new_vals_list.append(vals)
            entered_list.append(entered)
        providers = super().create(new_vals_list)
        for provider, entered in zip(providers, entered_list, strict=True):
            provider._ponto_enter_credentials(entered)
            provider._ponto_check_integration()
        return providers

    def write(self, vals):
        """Override to hand credentials to the Ponto integration."""
        names = {"service", "journal_id", "ponto_integration_id", *CREDENTIAL_FIELDS}
        if not names & vals.keys():
            return super().write(vals)
        for provider in self:
            provider_vals, entered = dict(vals), {}
            if vals.get("service", provider.service) == "ponto":
                if provider.service != "ponto":
                    # What was entered for another service is none of Ponto's.
                    others = dict.fromkeys(CREDENTIAL_FIELDS, False)
                    provider_vals = {**others, **vals}
                entered = provider._ponto_take_credentials(provider_vals)
            elif "service" in vals:
                provider._ponto_link_integration(self.env["ponto.integration"].sudo())
            super(OnlineBankStatementProvider, provider).write(provider_vals)
            provider._ponto_enter_credentials(entered)
            provider._ponto_check_integration()
        return True

    def unlink(self):
        """Override to keep no credentials that nobody uses any more."""
        integrations_sudo = self.sudo().ponto_integration_id
        result = super().unlink()
        integrations_sudo._remove_unused()
        return result

    @api.model
    def _ponto_get_default_credentials(self):
        """:return: the defaults, those of the context too, for what decides where
        credentials go (dict)"""
        names = ["service", *CREDENTIAL_FIELDS]
        return {**dict.fromkeys(CREDENTIAL_FIELDS, False), **self.default_get(names)}

    def _ponto_take_credentials(self, vals):
        """Take the credentials out of values for `create` or `write`.

        Login and address stay in the values too, because they are shown. The secret
        never does.

        :param dict vals: is changed in place
        :return: what changes of login, secret and address (dict)
        :raise AccessError: when the user may not change that
        """
        for name in CREDENTIAL_FIELDS:
            if isinstance(vals.get(name), str):
                vals[name] = vals[name].strip()
        is_ponto = self.service == "ponto"
        entered = {
            name: vals[name] or False
            for name in CREDENTIAL_FIELDS
            if name in vals
            and (vals[name] or False) != ((is_ponto and self[name]) or False)
        }
        integration_sudo = self.sudo().ponto_integration_id
        if "password" in vals:
            vals["password"] = False
            if is_ponto and integration_sudo:
                # It is not in the row, so only the user knows that it is to go.
                entered.setdefault("password", False)
        self._ponto_check_may_enter(entered)
        return entered

    def _ponto_check_may_enter(self, entered):
        """Check that the user may change credentials.

        :param dict entered: what changes of login, secret and address
        :raise AccessError: when the user may not
        """
        if self.env.su:
            return
        if "api_base" in entered and not self.env.is_system():
            raise AccessError(
                self.env._(
                    "Only a system administrator may change the address to which the "
                    "bank's credentials are sent."
                )
            )
        if (
            {"username", "password"} & entered.keys()
            and self.sudo().ponto_integration_id
            and not self.env["ponto.integration"]._may_change()
        ):
            raise AccessError(
                self.env._(
                    "Only an accounting administrator may change the Login and the "
                    "Secret Key of a bank feed."
                )
            )

    def _ponto_enter_credentials(self, entered):
        """Hand what was entered to the integration that it stands for.

        :param dict entered: what changes of login, secret and address; what is not
            given stays as it is
        """
        self.ensure_one()
        if not entered:
            return
        current_sudo = self.sudo().ponto_integration_id
        client_secret = entered.get("password")
        if "password" in entered and not client_secret:
            integration_sudo = current_sudo.browse()
        elif "username" in entered or not current_sudo:
            integration_sudo = self._ponto_get_integration_sudo(client_secret)
        else:
            integration_sudo = current_sudo
        if integration_sudo and client_secret:
            integration_sudo._enter_secret(self.env, client_secret)
        if integration_sudo and "api_base" in entered:
            integration_sudo.api_base = entered["api_base"]
        self._ponto_link_integration(integration_sudo)

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
            found_sudo = self.env["ponto.integration"]._claim(
                self.company_id, client_id, client_secret, self.api_base
            )
        if not found_sudo and current_sudo and current_sudo._is_of(self):
            # Nobody else uses it: the login was corrected.
            current_sudo.write({"client_id": client_id, "accepted_at": False})
            return current_sudo
        if not client_id and client_secret:
            # The login is entered after it.
            return found_sudo.create({})
        return found_sudo

    def _ponto_link_integration(self, integration_sudo):
        """Let the feed use an integration; what nobody uses any more is removed.

        :param integration_sudo: a `ponto.integration`, or none
        """
        provider_sudo = self.sudo()
        previous_sudo = provider_sudo.ponto_integration_id
        if previous_sudo == integration_sudo:
            values = {}
        else:
            values = {"ponto_integration_id": integration_sudo.id}
            account_sudo = integration_sudo.account_ids.filtered(
                lambda account: account.identifier == provider_sudo.ponto_account_id
            )
            values["ponto_linked_account_id"] = account_sudo.id
        if integration_sudo._is_connected():
            values["next_run"] = fields.Datetime.now()
        provider_sudo.write(values)
        (previous_sudo - integration_sudo)._remove_unused()

    def _ponto_check_integration(self):
        """Check that the feed's integration may read the company's bank.

        It may have been given by its identifier, or the feed may have moved to a
        journal of another company.

        :raise AccessError: when the user may not use the integration for it
        """
        integration_sudo = self.sudo().ponto_integration_id
        if not integration_sudo or self.company_id in integration_sudo.company_ids:
            return
        Integration = self.env["ponto.integration"]
        if not Integration._may_use(integration_sudo, self.company_id):
            raise AccessError(
                self.env._(
                    "Only integrations of companies that you work for can be used."
                )
            )
        integration_sudo.company_ids |= self.company_id

    # === FROM THE INTEGRATION TO PONTO === #

    def _ponto_get_client(self):
        """Make a client for the provider's integration.

        :return: a `PontoClient`, to be used as a context manager
        :raise FeedError: when login or secret are missing
        :raise PontoConfigurationError: when the address cannot be used
        """
        if not self._ponto_is_connected():
            raise FeedError(self.env, "no_codes", journal=self.journal_id.name)
        patience = self._ponto_get_patience()
        return self.sudo().ponto_integration_id._get_client(**patience)

    def _ponto_is_connected(self):
        """:return: whether everything is there that a pull needs to log in (bool)"""
        self.ensure_one()
        return self.sudo().ponto_integration_id._is_connected()
