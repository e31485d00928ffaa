# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..feed import background, outcome
from ..feed.connecting import connect
from ..feed.journal_proposal import JournalProposal
from ..feed.login import Login, find_reachable_integrations_sudo
from ..feed.notifications import get_feed_action, get_notification, get_window
from ..feed.offered_accounts import OfferedAccounts, fetch_banks
from ..models.ponto_integration import SECRET_PLACEHOLDER
from ..ponto_api import PontoCredentialsError, PontoError
from ..texts import explain

#: Opens Ponto's form for a custom integration, with its name filled in.
INSTALLATION_URL = (
    "https://dashboard.myponto.com/new-custom-integration?customIntegrationName=%s"
)

#: How long codes are kept that feed no journal, for somebody to go on.
UNUSED_LIFETIME = timedelta(minutes=30)


class PontoConnectWizard(models.TransientModel):
    """The way from nothing to bank feeds: log in, choose accounts, choose a start.

    A secret that is typed waits, encrypted, in a field that nobody can read until Ponto
    has accepted it; then it moves to an integration. Which integration is used is in
    such a field, too, so that nobody can put another company's there.
    """

    _name = "ponto.connect.wizard"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Connect MyPonto.com"
    _rec_name = "client_id"

    # === FIELDS === #

    step = fields.Selection(
        selection=[
            ("credentials", "Log In"),
            ("accounts", "Accounts"),
            ("start", "Start"),
        ],
        default="credentials",
        required=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        default=lambda self: self.env.company,
        required=True,
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Opened for",
        help="The journal from which this assistant was opened.",
    )
    message = fields.Text(readonly=True)

    connection = fields.Selection(
        selection=[
            ("known", "Use an integration that is known already"),
            ("new", "Enter the codes of another integration"),
        ],
        default=lambda self: "known" if self._default_integration() else "new",
        required=True,
    )
    known_integration_id = fields.Many2one(
        comodel_name="ponto.integration",
        string="Integration",
        default=lambda self: self._default_integration(),
        ondelete="cascade",
    )
    known_journals = fields.Char(string="Journals", compute="_compute_known_journals")
    known_journal_count = fields.Integer(
        string="Number of Journals",
        compute="_compute_known_journals",
        help="How many journals the integration feeds, those of other companies too.",
    )
    has_integrations = fields.Boolean(compute="_compute_has_integrations")
    is_new_secret = fields.Boolean(
        string="Update Credentials",
        help="Enter a new Client Secret for this integration. It replaces the old one "
        "for every journal that the integration feeds.",
    )
    client_id = fields.Char(string="Client ID")
    client_secret = fields.Char(
        compute="_compute_client_secret",
        inverse="_inverse_client_secret",
    )
    secret_placeholder = fields.Char(compute="_compute_secret_placeholder")
    typed_secret_ciphertext = fields.Char(
        readonly=True, groups=fields.NO_ACCESS, copy=False
    )
    integration_id = fields.Many2one(
        comodel_name="ponto.integration",
        string="Integration in Use",
        readonly=True,
        groups=fields.NO_ACCESS,
        copy=False,
        ondelete="cascade",
    )
    installation_url = fields.Char(compute="_compute_installation_url")

    line_ids = fields.One2many(
        comodel_name="ponto.connect.wizard.line",
        inverse_name="wizard_id",
        string="Accounts",
    )
    chosen_line_ids = fields.One2many(
        comodel_name="ponto.connect.wizard.line",
        inverse_name="wizard_id",
        domain=[("action", "!=", "skip")],
        string="Chosen Accounts",
    )
    match_policy = fields.Selection(
        selection=lambda self: (
            self.env["online.bank.statement.provider"]
            ._fields["ponto_match_policy"]
            ._description_selection(self.env)
        ),
        string="Match Invoices",
        default="suggest",
        required=True,
    )
    responsible_ids = fields.Many2many(
        comodel_name="res.users",
        relation="ponto_connect_wizard_responsible_rel",
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
        help="Who is told when something needs a person: a failure, a consent that "
        "ends, a difference to the bank.",
    )
    uses_journals = fields.Boolean(compute="_compute_uses")
    uses_new_journals = fields.Boolean(compute="_compute_uses")
    has_free_accounts = fields.Boolean(compute="_compute_uses")
    withdrawn_notice = fields.Text(readonly=True)
    changes_notice = fields.Text(readonly=True)

    @api.model
    def default_get(self, fields_list):
        """Override to begin with what the assistant was opened from."""
        values = super().default_get(fields_list)
        if journal_id := values.get("journal_id"):
            journal = self.env["account.journal"].browse(journal_id)
            values["company_id"] = journal.company_id.id
        return values

    def write(self, vals):
        """Override to forget, along with a company, what was chosen of its journals."""
        if "company_id" in vals:
            self.filtered(
                lambda wizard: wizard.company_id.id != vals["company_id"]
            ).line_ids.unlink()
        return super().write(vals)

    @api.model
    def _default_integration(self):
        """Return the feed's integration, if opened from one; else the company's, or any
        other that can be used (`ponto.integration`)."""
        integrations_sudo = find_reachable_integrations_sudo(self.env)
        context = self.env.context
        own_sudo = integrations_sudo.browse()
        if context.get("active_model") == "online.bank.statement.provider":
            Provider = self.env["online.bank.statement.provider"]
            provider = Provider.browse(context.get("active_id")).exists()
            own_sudo = provider.sudo().ponto_integration_id & integrations_sudo
        company_sudo = integrations_sudo.filtered(
            lambda integration: self.env.company in integration.company_ids
        )
        return (own_sudo or company_sudo or integrations_sudo)[:1].sudo(False)

    @api.constrains("company_id", "known_integration_id")
    def _check_reach(self):
        """Check that nobody gets hold of another company's integration."""
        own_companies = self.env.user.company_ids
        for wizard in self.sudo():
            integration_sudo = wizard.known_integration_id
            if wizard.company_id - own_companies or (
                integration_sudo and not integration_sudo.company_ids & own_companies
            ):
                raise AccessError(
                    self.env._(
                        "Only banks and integrations of companies that you work for "
                        "can be chosen."
                    )
                )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_has_integrations(self):
        self.has_integrations = bool(find_reachable_integrations_sudo(self.env))

    @api.depends("known_integration_id")
    def _compute_known_journals(self):
        reachable_sudo = find_reachable_integrations_sudo(self.env)
        for wizard in self:
            integration_sudo = wizard.sudo().known_integration_id & reachable_sudo
            journals_sudo = integration_sudo.provider_ids.journal_id.filtered(
                lambda journal: journal.company_id in self.env.user.company_ids
            )
            wizard.known_journals = ", ".join(journals_sudo.mapped("display_name"))
            wizard.known_journal_count = len(integration_sudo.provider_ids)

    def _compute_client_secret(self):
        self.client_secret = ""

    def _inverse_client_secret(self):
        """Put the secret where nobody can read it; nothing typed changes nothing."""
        for wizard in self:
            if secret := (wizard.client_secret or "").strip():
                Integration = self.env["ponto.integration"]
                Integration._check_may_enter(self.env, secret)
                replaced = Integration
                if wizard.connection == "known":
                    replaced = wizard.known_integration_id
                wizard.sudo().typed_secret_ciphertext = replaced._encrypt_secret(
                    secret, owner=wizard
                )
        self.invalidate_recordset(["client_secret"])

    @api.depends("typed_secret_ciphertext")
    def _compute_secret_placeholder(self):
        for wizard in self:
            has_secret = wizard.sudo().typed_secret_ciphertext
            wizard.secret_placeholder = SECRET_PLACEHOLDER if has_secret else ""

    @api.depends("company_id")
    def _compute_installation_url(self):
        for wizard in self:
            name = f"Odoo {wizard.company_id.name or ''}".strip()
            wizard.installation_url = INSTALLATION_URL % quote(name, safe="")

    @api.depends("line_ids.action", "line_ids.state")
    def _compute_uses(self):
        for wizard in self:
            actions = wizard.line_ids.mapped("action")
            wizard.uses_journals = "journal" in actions
            wizard.uses_new_journals = "new" in actions
            wizard.has_free_accounts = "free" in wizard.line_ids.mapped("state")

    # === LOGGING IN === #

    def action_log_in(self):
        """Step 1: log in with the codes, keep them, and show the accounts."""
        self.ensure_one()
        self.check_access("write")
        try:
            with Login(self).make_fresh_client() as client:
                accounts = list(client.iter_accounts())
                banks = fetch_banks(client, accounts)
        except PontoError as error:
            return self._stay(error)
        Login(self).keep_credentials()
        self._show_accounts(accounts, banks)
        return self._reopen()

    def action_update_credentials(self):
        """Replace the secret of an integration, once Ponto has accepted the new one."""
        self.ensure_one()
        self.check_access("write")
        try:
            with Login(self).make_fresh_client() as client:
                client.fetch_token()
        except PontoError as error:
            return self._stay(error)
        integration_sudo = Login(self).keep_credentials()
        providers_sudo = integration_sudo.provider_ids
        outcome.forget_refusal(providers_sudo)
        background.make_due(providers_sudo)
        background.trigger_pull(self.env)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Ponto accepts the new Client Secret. Journals that use it from "
                    "now on: %s.",
                    len(providers_sudo),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _stay(self, error):
        """Stay where one is, with a sentence about what went wrong.

        :param PontoError error: what the client raised
        """
        self.sudo().message = explain(self.env, error, is_connecting=True)
        if isinstance(error, PontoCredentialsError):
            self.sudo().typed_secret_ciphertext = False
            self.is_new_secret = self.connection == "known"
            self.step = "credentials"
        return self._reopen()

    # === ACCOUNTS AND START === #

    def action_fetch_accounts(self):
        """Step 2 again: show the accounts that Ponto offers by now."""
        self.ensure_one()
        self.check_access("write")
        self._get_integration_sudo()
        return self.action_log_in()

    def action_choose_start(self):
        """Step 3: propose from which day to import into the chosen journals."""
        self.ensure_one()
        self.check_access("write")
        integration_sudo = self._get_integration_sudo()
        lines = self._get_chosen_lines()
        lines._check_choice(integration_sudo)
        try:
            with Login(self).make_fresh_client() as client:
                for line in lines:
                    line._propose_start(client)
        except PontoError as error:
            return self._stay(error)
        self.sudo().write({"step": "start", "message": False})
        return self._reopen()

    def action_finish(self):
        """Make the feeds, and let the first import begin in the background."""
        self.ensure_one()
        self.check_access("write")
        integration_sudo = self._get_integration_sudo()
        lines = self._get_chosen_lines()
        lines._check_choice(integration_sudo)
        if self.company_id not in integration_sudo.company_ids:
            # Whoever may use it may use it for their other companies.
            integration_sudo.company_ids |= self.company_id
        providers = self.env["online.bank.statement.provider"]
        for line in lines:
            choice = line._prepare_choice(integration_sudo.account_ids)
            providers += connect(integration_sudo, choice)
        action = self._get_providers_action(providers)
        if background.has_background(self.env):
            background.pull_in_background(providers)
            return action
        return get_notification(
            self.env._(
                "The scheduled action that fetches is switched off. Press Fetch to "
                "import, or ask your system administrator to switch it on."
            ),
            type_="warning",
            next_action=action,
        )

    def _get_providers_action(self, providers):
        """Return the action that shows some feeds (dict)."""
        if len(providers) == 1:
            return get_feed_action(providers)
        return get_window(
            self.env,
            "account_statement_import_online.online_bank_statement_provider_action",
            domain=[("id", "in", providers.ids)],
        )

    def _get_integration_sudo(self):
        """Return the integration that step 1 has found or made, in sudo mode.

        :raise UserError: when there is none, or none any more that the user may use
        """
        integration_sudo = self.sudo().integration_id
        may_use = self.env["ponto.integration"]._may_use
        if not integration_sudo or not may_use(integration_sudo, self.company_id):
            raise UserError(
                self.env._("Log in to Ponto first: go back to the first step.")
            )
        return integration_sudo

    def _get_chosen_lines(self):
        """Return the lines of the accounts that are to be connected."""
        lines = self.line_ids.filtered(lambda line: line.action != "skip")
        if not lines:
            raise UserError(
                self.env._(
                    "Choose a journal, or a new journal, for at least one account."
                )
            )
        return lines

    def _show_accounts(self, accounts, banks):
        """Go on to step 2 with the accounts, and a proposal for each.

        :param list accounts: `ponto_api.Account` objects
        :param dict banks: as returned by `fetch_banks`
        """
        integration_sudo = self._get_integration_sudo()
        self.env["ponto.account"]._record_offered(integration_sudo, accounts, banks)
        offered = OfferedAccounts(integration_sudo, accounts)
        before = {
            line.ponto_account_id: f"{line.number} {line.currency_code or ''}".strip()
            for line in self.line_ids
        }
        is_shown = self.step == "accounts"
        changes = is_shown and offered.describe_changes(before)
        chosen = {
            line.ponto_account_id: line._get_choice()
            for line in self.line_ids
            if line.state == "free"
        }
        self.line_ids.unlink()
        Line = self.env["ponto.connect.wizard.line"]
        lines = Line.sudo().create(
            [
                Line._prepare_line(
                    self, account, banks.get(account.financial_institution_id), offered
                )
                for account in sorted(accounts, key=lambda each: each.deprecated)
            ]
        )
        JournalProposal(lines.with_env(self.env)).propose(chosen)
        self.sudo().write(
            {
                "step": "accounts",
                "message": offered.explain_none(),
                "withdrawn_notice": offered.describe_withdrawn(),
                "changes_notice": changes,
            }
        )

    # === GOING ON === #

    def action_back(self):
        """Go back by one step."""
        self.ensure_one()
        self.check_access("write")
        previous = "accounts" if self.step == "start" else "credentials"
        self.sudo().write({"step": previous, "message": False})
        return self._reopen()

    def _reopen(self):
        """Return the action that shows the assistant as it is now (dict)."""
        values = {"res_id": self.id}
        if self.step == "credentials" and self.is_new_secret:
            values["name"] = self.env._("Update Credentials")
        return get_window(self.env, "ponto_connect_wizard_action", **values)

    @api.autovacuum
    def _gc_unused_codes(self):
        """Remove unused codes even where the scheduled action is switched off."""
        self._cron_forget_unused_codes()

    @api.model
    def _cron_forget_unused_codes(self):
        """Remove the codes that somebody has entered, and then not gone on."""
        written_before = [("write_date", "<", fields.Datetime.now() - UNUSED_LIFETIME)]
        self.sudo().search(
            [*written_before, ("typed_secret_ciphertext", "!=", False)]
        ).typed_secret_ciphertext = False
        self.env["ponto.integration"].sudo().search(written_before)._release()
