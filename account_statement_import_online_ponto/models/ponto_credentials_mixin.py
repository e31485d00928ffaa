# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..exceptions import FeedError
from ..feed import credentials
from ..feed.account_choice import agree_on_account
from .ponto_integration import SECRET_PLACEHOLDER


class PontoCredentialsMixin(models.AbstractModel):
    """Credentials: shown and typed on the provider, kept by a Ponto integration.

    The secret never becomes part of the provider's own row, where everybody who may see
    the provider could read it. What counts is what results: what was typed, or comes as
    a default, for a feed that is one of Ponto's afterwards.
    """

    _name = "ponto.credentials.mixin"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Takes Credentials for Ponto's Integrations"

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
            vals = {**credentials.find_defaults(self), **vals}
            entered = {}
            if vals.get("service") == "ponto":
                entered = credentials.pop_credentials(self, vals)
                credentials.check_may_enter(self, entered)
            new_vals_list.append(vals)
            entered_list.append(entered)
        providers = super().create(new_vals_list)
        for provider, entered in zip(providers, entered_list, strict=True):
            credentials.store_credentials(provider, entered)
            credentials.check_integration(provider)
        return providers

    def write(self, vals):
        """Override to hand credentials to the Ponto integration."""
        names = {
            "service",
            "journal_id",
            "ponto_integration_id",
            *credentials.CREDENTIAL_FIELDS,
        }
        if not names & vals.keys():
            return super().write(vals)
        for provider in self:
            provider_vals, entered = dict(vals), {}
            if vals.get("service", provider.service) == "ponto":
                if provider.service != "ponto":
                    # What was entered for another service is none of Ponto's.
                    others = dict.fromkeys(credentials.CREDENTIAL_FIELDS, False)
                    provider_vals = {**others, **vals}
                entered = credentials.pop_credentials(provider, provider_vals)
                credentials.check_may_enter(provider, entered)
            elif "service" in vals:
                credentials.link_integration(
                    provider, self.env["ponto.integration"].sudo()
                )
            company = provider.company_id
            super(PontoCredentialsMixin, provider).write(provider_vals)
            if "journal_id" in vals:
                # Odoo has checked the company that the feed comes from.
                provider.check_access("write")
                credentials.leave_company(provider, company)
            credentials.store_credentials(provider, entered)
            credentials.check_integration(provider)
            # What only gives other codes says nothing of the account.
            if {"journal_id", "ponto_integration_id"} & vals.keys():
                agree_on_account(provider)
        if "journal_id" in vals:
            # Perhaps they come from another company.
            self.sudo().ponto_integration_id._release()
        return True

    def unlink(self):
        """Override to keep no credentials that nobody uses any more."""
        integrations_sudo = self.sudo().ponto_integration_id
        result = super().unlink()
        integrations_sudo._release()
        return result

    # === FROM THE INTEGRATION TO PONTO === #

    def _ponto_get_client(self):
        """Make a client for the provider's integration; a person takes a seat for it,
        and what was fetched ahead is used up. A secret that was just entered is tried.

        :return: a `PontoClient`, to be used as a context manager
        :raise FeedError: when login or secret are missing
        :raise UserError: when too many people wait for Ponto at this moment
        :raise PontoError: when Client ID, secret or address cannot work, or nobody can
            ask Ponto about a secret
        """
        if not self._ponto_is_connected():
            raise FeedError(self.env, "no_codes", journal=self.journal_id.name)
        patience = self._ponto_begin_waiting()
        if ahead := self._ponto_get_ahead():
            patience["answers"] = ahead.take(self)
        return self.sudo().ponto_integration_id._open_client(**patience)

    def _ponto_is_connected(self):
        """Return whether everything is there that a pull needs to log in (bool)."""
        self.ensure_one()
        return self.sudo().ponto_integration_id._is_connected()
