# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import hashlib
from functools import partial

from odoo import api, fields, models

from ..ponto_api import DEFAULT_BASE_URL, AccessToken, PontoClient

#: System parameter with the address of the API for integrations that name none, for a
#: whole database that is to talk to a simulator or through a gateway.
API_BASE_PARAMETER = "account_statement_import_online_ponto.api_base"

#: Access tokens of this process: {(database, integration id): (fingerprint, token)}.
#: They live half an hour and many may coexist, so they are never written to the
#: database: nothing has to be locked, leaked by a dump or wiped from a copy.
_ACCESS_TOKENS: dict[tuple[str, int], tuple[str, AccessToken]] = {}


class PontoIntegration(models.Model):
    """The credentials of one custom integration in Ponto.

    One integration (Client ID) serves any number of journals and companies. Each
    provider goes on showing Login and Secret Key; what is typed there ends up here,
    and the secret can be read back by nobody.
    """

    _name = "ponto.integration"
    _description = "Ponto Integration"
    _rec_name = "client_id"

    client_id = fields.Char(string="Client ID", copy=False)
    client_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    api_base = fields.Char(
        string="API Address",
        groups="base.group_system",
        copy=False,
        help="Leave empty to use Ponto's own address.",
    )
    company_ids = fields.Many2many(
        comodel_name="res.company",
        string="Companies",
        help="Who works for one of these companies may use the integration for "
        "further journals without entering the secret again.",
    )
    provider_ids = fields.One2many(
        comodel_name="online.bank.statement.provider",
        inverse_name="ponto_integration_id",
    )

    @api.model
    def _find_for(self, client_id, client_secret, api_base, company):
        """Find the integration that a Client ID stands for.

        Somebody who only types a Client ID must not get hold of another company's
        bank accounts: an integration is found if the user works for one of its
        companies, or proves to know its secret.

        :param str client_id: as typed, without spaces around it
        :param str client_secret: the secret typed along with it, or a false value
        :param str api_base: address of the API; false means Ponto's own
        :param company: the `res.company` of the journal to be fed
        :return: the integration, in sudo mode, or an empty recordset
        """
        same_id_sudo = (
            self.sudo()
            .search([("client_id", "=", client_id)])
            .filtered(lambda integration: (integration.api_base or False) == api_base)
        )
        reachable_sudo = same_id_sudo.filtered(
            lambda integration: (
                self.env.su
                or company in integration.company_ids
                or (integration.company_ids & self.env.user.company_ids)
                or (client_secret and integration.client_secret == client_secret)
            )
        )
        return reachable_sudo[:1]

    def _remove_unused(self):
        """Remove the integrations that feed no journal any more, and their secrets."""
        used = self.with_context(active_test=False).filtered("provider_ids")
        (self - used).unlink()

    def _get_client(self):
        """Make a client that talks to Ponto for this integration.

        :return: a `PontoClient`, to be used as a context manager
        :raise PontoConfigurationError: when the Client ID, the secret or the address
            cannot work
        """
        self.ensure_one()
        integration_sudo = self.sudo()
        credentials = (
            integration_sudo.client_id or "",
            integration_sudo.client_secret or "",
            self._get_base_url(),
        )
        key = (self.env.cr.dbname, self.id)
        fingerprint = hashlib.sha256("\0".join(credentials).encode()).hexdigest()
        cached_fingerprint, token = _ACCESS_TOKENS.get(key, (None, None))
        client_id, client_secret, base_url = credentials
        return PontoClient(
            client_id,
            client_secret,
            base_url=base_url,
            token=token if cached_fingerprint == fingerprint else None,
            on_token=partial(self._keep_token, key, fingerprint),
        )

    def _get_base_url(self):
        """:return: the address of the API (str), also for an integration that is yet to
        be made"""
        return (
            self.sudo().api_base
            or self.env["ir.config_parameter"].sudo().get_param(API_BASE_PARAMETER)
            or DEFAULT_BASE_URL
        )

    @staticmethod
    def _keep_token(key, fingerprint, token):
        """Remember the token that the client got, or forget the one it dropped."""
        if token is None:
            _ACCESS_TOKENS.pop(key, None)
        else:
            _ACCESS_TOKENS[key] = (fingerprint, token)

    @api.model
    def _forget_tokens(self):
        """Forget every access token of this process."""
        _ACCESS_TOKENS.clear()
