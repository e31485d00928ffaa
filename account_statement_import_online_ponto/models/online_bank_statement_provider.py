# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What a secret looks like on screen, whatever its length.
SECRET_PLACEHOLDER = "••••••••••••"

#: Keys of `create` and `write` that belong to the integration, not to the provider.
CREDENTIAL_FIELDS = ("username", "password", "api_base")


class OnlineBankStatementProvider(models.Model):
    """A bank journal's feed: configuration and credentials."""

    _inherit = "online.bank.statement.provider"

    # === FIELDS === #

    tz = fields.Selection(default=lambda self: self._default_tz(self.env.company))
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
    ponto_last_identifier = fields.Char(
        readonly=True,
        copy=False,
        help="The newest transaction that the scheduled pull has imported. After a "
        "reset, the next scheduled pull reads again from the start date on; what is "
        "in the journal already is not imported twice.",
    )
    ponto_date_field = fields.Selection(
        selection=[
            ("execution_date", "Execution Date"),
            ("value_date", "Value Date"),
        ],
        string="Date to Use",
        default="execution_date",
        help="Which of the bank's dates a statement line gets: the day on which the "
        "bank booked the transaction, or the day on which it takes effect.",
    )
    ponto_start_date = fields.Date(
        string="Import From",
        copy=False,
        help="Nothing that the bank dated before this day is imported. Left empty, "
        "the scheduled pull goes back 90 days before the feed was made, but not to "
        "days that are locked or for which the journal had lines by then.",
    )
    ponto_usual_start_date = fields.Date(
        readonly=True,
        copy=False,
        help="The day from which the scheduled pull imports when nobody chose one.",
    )
    ponto_pull_ids = fields.One2many(
        comodel_name="ponto.pull",
        inverse_name="provider_id",
        string="Pulls",
    )
    ponto_transaction_ids = fields.One2many(
        comodel_name="ponto.transaction",
        inverse_name="provider_id",
        string="Register",
    )
    ponto_waiting_count = fields.Integer(compute="_compute_ponto_waiting_count")

    @api.model
    def _default_tz(self, company):
        """Find the time zone in which a company's bank keeps its days.

        :param company: a `res.company`
        :return: name of a time zone (str)
        """
        zones = pytz.country_timezones.get(company.country_id.code or "", [])
        user_zone = str(self.env.tz)
        return user_zone if user_zone in zones or not zones else zones[0]

    @api.depends("ponto_integration_id")
    def _compute_ponto_secret_placeholder(self):
        for provider in self:
            has_secret = provider.sudo().ponto_integration_id.client_secret
            provider.ponto_secret_placeholder = SECRET_PLACEHOLDER if has_secret else ""

    @api.depends("ponto_transaction_ids.state")
    def _compute_ponto_waiting_count(self):
        counts = dict(
            self.env["ponto.transaction"]._read_group(
                [("provider_id", "in", self.ids), ("state", "=", "waiting")],
                ["provider_id"],
                ["__count"],
            )
        )
        for provider in self:
            provider.ponto_waiting_count = counts.get(provider, 0)

    # === SERVICES === #

    @api.model
    def _get_available_services(self):
        """Override of `account_statement_import_online` to register the service."""
        return super()._get_available_services() + [("ponto", "MyPonto.com")]

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Override to keep the test service "Dummy" off the list of choices."""
        result = super().fields_get(allfields, attributes)
        self._hide_test_service(result.get("service"))
        return result

    @api.model
    def _hide_test_service(self, description):
        """Take "Dummy" out of a selection's description, unless it is in use.

        :param dict description: what `fields_get` says of one field, or None
        """
        if not description or "selection" not in description:
            return
        in_use = self.sudo().with_context(active_test=False)
        if in_use.search_count([("service", "=", "dummy")], limit=1):
            return
        description["selection"] = [
            option for option in description["selection"] if option[0] != "dummy"
        ]

    # === CREDENTIALS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to hand credentials to the Ponto integration.

        They never become part of the provider's own row, where everybody who may see
        the provider could read them.
        """
        new_vals_list, credentials_list = [], []
        for vals in vals_list:
            self._ponto_check_integration(vals)
            vals = dict(vals)
            credentials = {}
            if vals.get("service") == "ponto":
                credentials = self._ponto_split_credentials(vals)
                journal = self.env["account.journal"].browse(vals.get("journal_id"))
                vals.setdefault("tz", self._default_tz(journal.company_id))
            new_vals_list.append(vals)
            credentials_list.append(credentials)
        providers = super().create(new_vals_list)
        for provider, credentials in zip(providers, credentials_list, strict=True):
            if provider.service == "ponto":
                provider._ponto_assign_credentials(credentials)
                register_sudo = provider.env["ponto.transaction"].sudo()
                register_sudo._register_existing_lines(provider)
                start_date = provider.sudo()._ponto_propose_start_date()
                provider.ponto_usual_start_date = start_date
        return providers

    def write(self, vals):
        """Override to hand credentials to the Ponto integration."""
        self._ponto_check_integration(vals)
        if "ponto_start_date" in vals:
            self._ponto_read_again_from(fields.Date.to_date(vals["ponto_start_date"]))
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

    def _ponto_read_again_from(self, start_date):
        """Let the next scheduled pull find what a later start date left out.

        :param date start_date: the new start date, or None
        """
        for provider in self:
            before = provider.ponto_start_date
            if before and (not start_date or start_date < before):
                provider.sudo()._ponto_forget_reading()

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

    # === TAKING OVER === #

    @api.model
    def _ponto_take_over(self):
        """Take over what the OCA module of the same name left in the database.

        Its secrets move to integrations, and its lines into the register. Nothing
        older than the lines that it imported is wanted, unless somebody says so.
        """
        providers = self.with_context(active_test=False).search(
            # Demo data, which is loaded first, may have connected some already.
            [("service", "=", "ponto"), ("ponto_integration_id", "=", False)]
        )
        self.env.add_to_compute(self._fields["name"], providers)
        for provider in providers:
            next_run = provider.next_run
            provider.write(
                {
                    "username": provider.username,
                    "password": provider.password,
                    "next_run": next_run,
                }
            )
            provider.next_run = next_run
            self.env["ponto.transaction"]._register_existing_lines(provider)
            if first := provider.ponto_transaction_ids[-1:]:
                provider.ponto_start_date = first.date
                provider.ponto_history_complete = True

    # === BUTTONS === #

    def action_ponto_reset_last_identifier(self):
        """Let the next scheduled pull read again from the start date on."""
        self.check_access("write")
        self.sudo()._ponto_forget_reading()

    def action_online_bank_statements_pull_wizard(self):
        """Override: the base passes the wizard a field that it does not have."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online_ponto.ponto_pull_period_action"
        )
        action["context"] = {"active_model": self._name, "active_id": self.id}
        return action

    def action_ponto_open_transactions(self):
        """Open the register at what waits for a decision."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online_ponto.ponto_transaction_action"
        )
        action["domain"] = [("provider_id", "=", self.id)]
        return action
