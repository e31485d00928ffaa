# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import hmac
import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..encryption import (
    EncryptionError,
    add_key_to_file,
    is_reference,
    is_throwaway,
    resolve_reference,
)
from ..exceptions import UnreadableSecretError
from ..ponto_api import DEFAULT_BASE_URL, PontoCredentialsError, is_loopback_url
from ..ponto_api.factory import ClientFactory, TokenStore

_logger = logging.getLogger(__name__)

#: System parameter with the address of the API for integrations that name none, for a
#: whole database that is to talk to a simulator or through a gateway.
API_BASE_PARAMETER = "account_statement_import_online_ponto.api_base"

#: What a secret looks like on screen, whatever its length.
SECRET_PLACEHOLDER = "••••••••••••"

#: Access tokens of this process, by database and integration.
_TOKENS = TokenStore()


class PontoIntegration(models.Model):
    """The credentials of one custom integration in Ponto, and the only door to them.

    One integration (Client ID) serves any number of journals and companies. Whatever
    way codes are entered (form, assistant, import), they come through `_claim` and
    `_enter_secret`; whoever needs the secret asks `_get_client_secret`. In the database
    it is ciphertext.
    """

    _name = "ponto.integration"
    _inherit = ["ponto.guarded.mixin", "ponto.encryption.mixin"]
    _description = "Ponto Integration"
    _rec_names_search = ["client_id"]

    client_id = fields.Char(string="Client ID", copy=False)
    client_secret = fields.Char(
        compute="_compute_client_secret",
        inverse="_inverse_client_secret",
        groups=fields.NO_ACCESS,
        help="Can be written and never read.",
    )
    client_secret_ciphertext = fields.Char(
        readonly=True, groups=fields.NO_ACCESS, copy=False
    )
    entered_secret_ciphertext = fields.Char(
        readonly=True,
        groups=fields.NO_ACCESS,
        copy=False,
        help="A secret that was entered in place of one that Ponto has accepted. It "
        "takes its place as soon as Ponto accepts it, too.",
    )
    accepted_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When Ponto has accepted these codes for the first time.",
    )
    refused_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When Ponto has refused the secret that was entered last; the one before "
        "stays in use.",
    )
    api_base = fields.Char(
        string="API Address",
        groups="base.group_system",
        copy=False,
        help="Leave empty to use Ponto's own address.",
    )
    company_ids = fields.Many2many(
        comodel_name="res.company",
        string="Companies",
        # Those that are archived, too: their accounts are theirs.
        context={"active_test": False},
        help="Who works for one of these companies may use the integration for "
        "further journals without entering the secret again.",
    )
    provider_ids = fields.One2many(
        comodel_name="online.bank.statement.provider",
        inverse_name="ponto_integration_id",
    )
    account_ids = fields.One2many(
        comodel_name="ponto.account",
        inverse_name="integration_id",
        string="Accounts",
        readonly=True,
        groups=fields.NO_ACCESS,
    )

    @api.depends("client_id", "account_ids.holder_name", "account_ids.bank_name")
    @api.depends("account_ids.provider_ids", "company_ids")
    @api.depends_context("uid")
    def _compute_display_name(self):
        """Override to name integrations as people know them: by the holder of their
        accounts and the banks, with the Client ID in brackets.

        Where companies share one, nobody is told who holds the accounts of others.
        """
        companies = self.env.user.company_ids
        for integration in self:
            accounts_sudo = integration.sudo().account_ids
            if integration.sudo().company_ids - companies:
                accounts_sudo = accounts_sudo.filtered(
                    lambda account: account.provider_ids.company_id & companies
                )
            names = [
                *accounts_sudo.mapped("holder_name"),
                *accounts_sudo.mapped("bank_name"),
            ]
            # Each once, in the order in which they come.
            known = ", ".join(dict.fromkeys(filter(None, names)))
            client_id = integration.client_id or ""
            integration.display_name = f"{known} ({client_id})" if known else client_id

    # === WHOSE IS IT === #

    @api.model
    def _claim(self, company, client_id, client_secret=None, api_base=False):
        """Get the integration that entered codes stand for.

        Somebody who only types a Client ID must not get hold of another company's
        bank accounts: an integration is found if the user works for one of its
        companies, or proves to know its secret. To be called in the environment of
        whoever has entered the codes.

        :param company: the `res.company` whose bank is to be read
        :param str client_id: as entered, without spaces around it
        :param str client_secret: the secret entered along with it, or a false value
        :param str api_base: address of the API; false stands for whichever it has
        :return: the integration, in sudo mode; empty if there is none and no secret to
            make one. The company is among its companies where the secret proves that;
            else it joins them with its first feed
        """
        candidates_sudo = self.sudo().search(
            [("client_id", "=", client_id)], order="accepted_at, id"
        )
        if api_base:
            candidates_sudo = candidates_sudo.filtered(
                lambda integration: integration.api_base == api_base
            )
        usable_sudo = candidates_sudo.filtered(
            lambda integration: self._may_use(integration, company)
        )
        if usable_sudo:
            return usable_sudo[:1]
        proven_sudo = candidates_sudo.filtered(
            lambda integration: integration._has_secret(client_secret)
        )[:1]
        if not proven_sudo and client_secret:
            values = {"client_id": client_id, "api_base": api_base}
            proven_sudo = self.sudo().create(values)
        proven_sudo.company_ids |= company
        return proven_sudo

    @api.model
    def _may_use(self, integration_sudo, company):
        """Tell whether the user may let an integration read a company's bank.

        :param integration_sudo: a `ponto.integration`
        :param company: a `res.company`
        :rtype: bool
        """
        companies = integration_sudo.company_ids
        return bool(
            self.env.su or company in companies or companies & self.env.user.company_ids
        )

    @api.model
    def _may_change(self):
        """Tell whether the user may change codes that are there already (bool)."""
        user = self.env.user
        return (
            self.env.su
            or user.has_group("account.group_account_manager")
            or user.has_group("base.group_system")
        )

    def _is_of(self, provider):
        """Tell whether a feed is the only one that uses the integration (bool)."""
        return self.with_context(active_test=False).provider_ids == provider.sudo()

    def _get_siblings(self, provider):
        """Return the integration's other feeds."""
        return self.provider_ids - provider

    def _release(self):
        """Let go of what is not used: of integrations that feed no journal, with their
        secrets; of companies, for whose journals the others do nothing."""
        used = self.with_context(active_test=False).filtered("provider_ids")
        for integration in used:
            companies = integration.provider_ids.company_id
            if integration.company_ids != companies:
                integration.company_ids = companies
        (self - used).unlink()

    # === THE SECRET === #

    def _compute_client_secret(self):
        self.client_secret = False

    def _inverse_client_secret(self):
        for integration in self:
            secret = integration.client_secret
            integration._replace_secret(secret and integration._encrypt_secret(secret))
        self.invalidate_recordset(["client_secret"])

    def _get_client_secret(self):
        """Get the secret. Override this to keep secrets elsewhere, e.g. in a vault.

        :return: the Client Secret (str); empty if none was entered
        :raise UnreadableSecretError: when this server cannot decrypt it, or the place
            to which a reference leads holds none
        """
        self.ensure_one()
        return self._resolve_secret(
            self._decrypt_secret(self.sudo().client_secret_ciphertext)
        )

    def _is_connected(self):
        """Tell whether both codes were entered (bool)."""
        integration_sudo = self.sudo()
        return bool(
            integration_sudo.client_id and integration_sudo.client_secret_ciphertext
        )

    def _is_tested(self):
        """Tell whether Ponto has accepted the codes that were entered (bool)."""
        integration_sudo = self.sudo()
        return bool(
            integration_sudo.accepted_at
            and not integration_sudo.entered_secret_ciphertext
        )

    def _has_secret(self, secret):
        """Tell whether a secret is the integration's own (bool)."""
        try:
            own = self._get_client_secret()
        except UnreadableSecretError:
            return False
        return bool(own and secret) and hmac.compare_digest(
            own.encode(), secret.encode()
        )

    def _enter_secret(self, user_env, secret):
        """Take a secret that somebody has entered.

        One that Ponto has accepted is only replaced by another that it accepts, too.

        :param user_env: the environment of whoever has entered it
        :param str secret: the secret, or a reference to it
        :raise AccessError: when that user may not change it, or may give no reference
        """
        self.ensure_one()
        self._check_may_enter(user_env, secret)
        if self._has_secret(secret):
            return
        integration_sudo = self.sudo()
        if integration_sudo.client_secret_ciphertext and not (
            self.with_env(user_env)._may_change()
        ):
            raise AccessError(
                self.env._(
                    "Only an accounting administrator may replace the Client Secret."
                )
            )
        ciphertext = self._encrypt_secret(secret)
        if integration_sudo.accepted_at and self._is_readable():
            integration_sudo.write(
                {"entered_secret_ciphertext": ciphertext, "refused_at": False}
            )
        else:
            self._replace_secret(ciphertext)

    @api.model
    def _check_may_enter(self, user_env, secret):
        """Check that whoever enters a reference administers the system.

        :param user_env: the environment of whoever has entered it
        :param str secret: the secret, or a reference to it
        :raise AccessError: when it is a reference, and of somebody else
        """
        if is_reference(secret) and not (user_env.su or user_env.is_system()):
            raise AccessError(
                self.env._(
                    "Only a system administrator may enter where the server finds the "
                    "Client Secret. Enter the Client Secret itself."
                )
            )

    def _store_accepted_secret(self, secret):
        """Store a secret that Ponto has just accepted.

        :param str secret: the secret, or a reference to it
        """
        self.ensure_one()
        if not self._has_secret(secret):
            self._replace_secret(self._encrypt_secret(secret))
        self._record_acceptance()

    def _replace_secret(self, ciphertext):
        self.sudo().write(
            {
                "client_secret_ciphertext": ciphertext,
                "entered_secret_ciphertext": False,
                "accepted_at": False,
                "refused_at": False,
            }
        )

    def _record_acceptance(self):
        """Record that Ponto accepts the codes, the first time that it does."""
        integration_sudo = self.sudo()
        if not integration_sudo.accepted_at:
            integration_sudo.accepted_at = fields.Datetime.now()

    def _is_readable(self):
        """Tell whether this server can read the secret (bool)."""
        try:
            return bool(self._get_client_secret())
        except UnreadableSecretError:
            return False

    def _resolve_secret(self, text):
        """Get the secret that was entered, or to which a reference leads.

        A secret of the server is sent to Ponto or to this machine only: whoever
        administers Odoo could otherwise have it sent to an address of theirs.

        :param str text: the secret or a reference
        :return: the secret (str)
        :raise UnreadableSecretError: when a reference leads to none
        """
        if not is_reference(text):
            return text
        address = self._get_base_url()
        try:
            if address != DEFAULT_BASE_URL and not is_loopback_url(address):
                raise EncryptionError("A secret of the server is sent to Ponto only")
            return resolve_reference(text)
        except EncryptionError as error:
            _logger.warning("A reference to a secret is unusable: %s", error)
            raise UnreadableSecretError(self.env, "secret_not_found") from error

    # === THE KEY === #

    def _may_make_key(self):
        """Override: never beside secrets of another key, unless it is such a secret
        that is entered again: two servers of one database would make each other's
        secrets unreadable."""
        return bool(
            self.sudo().client_secret_ciphertext
            or not self.sudo().search_count(
                [("client_secret_ciphertext", "!=", False)], limit=1
            )
        )

    @api.model
    def _find_key_risk(self):
        """Find out why an administrator should give the key instead of leaving it in
        Odoo's data folder.

        :return: "servers" if some secret was encrypted by another server, "folder" if
            the folder may be gone after the next start (str); or False
        :raise EncryptionError: when a key cannot be used
        """
        if self._get_given_keys():
            return False
        cipher = self._get_cipher()
        stored_sudo = self.sudo().search([("client_secret_ciphertext", "!=", False)])
        ciphertexts = stored_sudo.mapped("client_secret_ciphertext")
        if not all(cipher.opens(ciphertext) for ciphertext in ciphertexts):
            return "servers"
        return is_throwaway(self._get_key_file().parent) and "folder"

    @api.model
    def _rotate_key(self):
        """Encrypt all secrets with the present key.

        Where nobody gives the keys, a new one is made first; older ones stay in its
        file, because other databases of the server may use them.

        :return: how many secrets were encrypted anew (int)
        :raise EncryptionError: when a key cannot be used
        """
        if not self._get_given_keys():
            add_key_to_file(self._get_key_file(), keep_present=False)
        cipher, count = self._get_cipher(), 0
        stored_sudo = self.sudo().search([("client_secret_ciphertext", "!=", False)])
        for integration_sudo in stored_sudo:
            for name in ("client_secret_ciphertext", "entered_secret_ciphertext"):
                ciphertext = integration_sudo[name]
                if ciphertext and cipher.opens(ciphertext):
                    secret = cipher.decrypt(str(integration_sudo), ciphertext)
                    integration_sudo[name] = cipher.encrypt(
                        str(integration_sudo), secret
                    )
                    count += 1
        return count

    # === THE CLIENT === #

    def _open_client(self, answers=None, **patience):
        """Make a client that talks to Ponto for this integration. A secret that was
        just entered is tried first: it replaces the one in use, or is refused.

        :param Answers answers: what was fetched ahead, or None
        :param patience: for how long and how often to try, see `PontoClient`
        :return: a `PontoClient`, to be used as a context manager
        :raise UnreadableSecretError: when this server cannot read the secret
        :raise PontoError: when Client ID, secret or address cannot work, or nobody can
            ask Ponto about a secret
        """
        self.ensure_one()
        if self.sudo().entered_secret_ciphertext:
            self._try_entered_secret(**patience)
        return self._make_client(self._get_client_secret(), answers, **patience)

    def _make_client(self, client_secret, answers=None, **patience):
        """Make a client with one secret.

        :param Answers answers: what was fetched ahead; not used if by other codes
        :param patience: see `_open_client`
        :rtype: PontoClient
        """
        factory = self._get_client_factory(client_secret)
        if answers and answers.owner != factory.owner:
            answers = None
        return factory.make_client(answers=answers, **patience)

    def _get_client_factory(self, client_secret=None):
        """Get what makes clients in any thread, without Odoo.

        :param str client_secret: the one in use if not given
        :rtype: ClientFactory
        :raise UnreadableSecretError: when this server cannot read the secret
        """
        if client_secret is None:
            client_secret = self._get_client_secret()
        return ClientFactory(
            _TOKENS,
            (self.env.cr.dbname, self.id),
            self.sudo().client_id or "",
            client_secret,
            self._get_base_url(),
        )

    def _try_entered_secret(self, **patience):
        """Let a secret that was entered take the place of the one in use, if Ponto
        accepts it; else it is forgotten, and the one in use stays."""
        integration_sudo = self.sudo()
        ciphertext = integration_sudo.entered_secret_ciphertext
        try:
            client_secret = self._resolve_secret(self._decrypt_secret(ciphertext))
            with self._make_client(client_secret, **patience) as client:
                client.fetch_token()
        except (PontoCredentialsError, UnreadableSecretError):
            _logger.info("Ponto refuses the new secret of integration %s", self.id)
            self._record_verdict(ciphertext, is_accepted=False)
        else:
            self._record_verdict(ciphertext, is_accepted=True)

    def _record_verdict(self, ciphertext, is_accepted):
        """Record what Ponto says of a secret that was entered, unless another one has
        been entered since.

        :param str ciphertext: the secret, encrypted
        :param bool is_accepted: whether Ponto accepts it
        """
        self.ensure_one()
        integration_sudo = self.sudo()
        if integration_sudo.entered_secret_ciphertext != ciphertext:
            return
        if is_accepted:
            self._replace_secret(ciphertext)
            self._record_acceptance()
        else:
            integration_sudo.write(
                {
                    "entered_secret_ciphertext": False,
                    "refused_at": fields.Datetime.now(),
                }
            )

    def _get_base_url(self):
        """Return the address of the API (str), also for an integration that is yet to
        be made."""
        return (
            self.sudo().api_base
            or self.env["ir.config_parameter"].sudo().get_param(API_BASE_PARAMETER)
            or DEFAULT_BASE_URL
        )

    @api.model
    def _forget_tokens(self):
        """Forget every access token of this process."""
        _TOKENS.clear()
