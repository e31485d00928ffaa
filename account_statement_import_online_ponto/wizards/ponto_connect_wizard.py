# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.ponto_integration import SECRET_PLACEHOLDER

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

    @api.model
    def _get_reachable_integrations_sudo(self):
        """:return: the integrations that the user may use, in sudo mode"""
        integrations = self.env["ponto.integration"].search(
            [("company_ids", "in", self.env.companies.ids)]
        )
        return integrations.sudo().filtered("client_secret_ciphertext")

    @api.model
    def _default_integration(self):
        """:return: the feed's integration, if opened from one; else the company's, or
        any other that can be used (`ponto.integration`)"""
        integrations_sudo = self._get_reachable_integrations_sudo()
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
        self.has_integrations = bool(self._get_reachable_integrations_sudo())

    @api.depends("known_integration_id")
    def _compute_known_journals(self):
        reachable_sudo = self._get_reachable_integrations_sudo()
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

    # === GOING ON === #

    def action_back(self):
        """Go back by one step."""
        self.ensure_one()
        self.check_access("write")
        previous = "accounts" if self.step == "start" else "credentials"
        self.sudo().write({"step": previous, "message": False})
        return self._reopen()

    def _reopen(self):
        """:return: the action that shows the assistant as it is now (dict)"""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online_ponto.ponto_connect_wizard_action"
        )
        if self.step == "credentials" and self.is_new_secret:
            action["name"] = self.env._("Update Credentials")
        return {**action, "res_id": self.id}

    @api.autovacuum
    def _gc_unused_codes(self):
        """Remove them even where somebody has switched off the scheduled action."""
        self._cron_forget_unused_codes()

    @api.model
    def _cron_forget_unused_codes(self):
        """Remove the codes that somebody has entered, and then not gone on."""
        written_before = [("write_date", "<", fields.Datetime.now() - UNUSED_LIFETIME)]
        self.sudo().search(
            [*written_before, ("typed_secret_ciphertext", "!=", False)]
        ).typed_secret_ciphertext = False
        self.env["ponto.integration"].sudo().search(
            [*written_before, ("provider_ids", "=", False)]
        )._remove_unused()
