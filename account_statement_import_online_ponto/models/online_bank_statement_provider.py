# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import pytz

from odoo import api, fields, models

from ..encryption import is_reference


class OnlineBankStatementProvider(models.Model):
    """A bank journal's feed: its settings, and what belongs to it."""

    _inherit = "online.bank.statement.provider"

    # === FIELDS === #

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

    @api.onchange("service", "journal_id")
    def _onchange_ponto_tz(self):
        """Show on a new feed's form the time zone that `create` would choose."""
        if self.service == "ponto" and not self._origin:
            self.tz = self._default_tz(self.company_id or self.env.company)

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

    @api.model_create_multi
    def create(self, vals_list):
        """Override to begin a feed of Ponto with what its journal has already."""
        new_vals_list = []
        for vals in vals_list:
            if vals.get("service") == "ponto":
                journal = self.env["account.journal"].browse(vals.get("journal_id"))
                vals = {"tz": self._default_tz(journal.company_id), **vals}
            new_vals_list.append(vals)
        providers = super().create(new_vals_list)
        for provider in providers.filtered(lambda each: each.service == "ponto"):
            provider._ponto_take_note_of_journal()
        return providers

    def write(self, vals):
        """Override to begin alike where Ponto takes over from another service, and to
        follow another start date and another journal."""
        if "ponto_start_date" in vals:
            self._ponto_read_again_from(fields.Date.to_date(vals["ponto_start_date"]))
        if "journal_id" in vals:
            self._ponto_forget_opening_balance(vals["journal_id"])
        others = self.filtered(lambda provider: provider.service != "ponto")
        result = super().write(vals)
        for provider in others.filtered(lambda each: each.service == "ponto"):
            provider._ponto_take_note_of_journal()
        return result

    def _ponto_take_note_of_journal(self):
        """Take note of what the journal has when it gets its feed from Ponto: what
        comes into it later moves no start date."""
        self.ensure_one()
        provider_sudo = self.sudo()
        provider_sudo.env["ponto.transaction"]._register_existing_lines(provider_sudo)
        start_date = provider_sudo._ponto_propose_start_date()
        provider_sudo.ponto_usual_start_date = start_date

    def _ponto_read_again_from(self, start_date):
        """Let the next scheduled pull find what a later start date left out.

        :param date start_date: the new start date, or None
        """
        for provider in self:
            if (provider.ponto_start_date or None) == start_date:
                continue
            before = provider.sudo()._ponto_get_start_date()
            if not start_date or start_date < before:
                provider.sudo()._ponto_forget_reading()

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

    # === TAKING OVER === #

    @api.model
    def _ponto_take_over(self):
        """Take over what the OCA module of the same name left in the database.

        Its secrets move to integrations, and its lines into the register. Nothing
        older than the lines that it imported is wanted, unless somebody says so.
        """
        providers = self.with_context(active_test=False).search(
            # What has an integration has been taken over.
            [("service", "=", "ponto"), ("ponto_integration_id", "=", False)]
        )
        self.env.add_to_compute(self._fields["name"], providers)
        secrets = self._ponto_take_clear_secrets(providers)
        for provider in providers:
            next_run = provider.next_run
            if secret := secrets.get(provider.id):
                provider.password = secret
            provider.next_run = next_run
            provider._ponto_take_note_of_journal()
            if first := provider.ponto_transaction_ids[-1:]:
                provider.write(
                    {
                        "ponto_start_date": first.date,
                        "ponto_history_complete": True,
                        "ponto_last_identifier": provider.ponto_last_identifier,
                    }
                )

    @api.model
    def _ponto_take_clear_secrets(self, providers):
        """Take the secrets out of the rows of Ponto's providers.

        By SQL, so that they are in no cache, and in no statement that may be logged.

        :param providers: the providers of Ponto
        :return: {provider id: secret} (dict)
        """
        providers.flush_recordset(["password"])
        self.env.cr.execute(
            "SELECT id, password FROM online_bank_statement_provider WHERE id IN %s "
            "AND password IS NOT NULL",
            [tuple(providers.ids) or (0,)],
        )
        found = dict(self.env.cr.fetchall())
        self.env.cr.execute(
            "UPDATE online_bank_statement_provider SET password = NULL WHERE id IN %s",
            [tuple(found) or (0,)],
        )
        providers.invalidate_recordset(["password"])
        # Somebody without the right to enter a reference may have entered one there.
        return {
            provider_id: secret
            for provider_id, secret in found.items()
            if not is_reference(secret)
        }

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
        """Open the register of this feed.

        :return: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online_ponto.ponto_transaction_action"
        )
        action["domain"] = [("provider_id", "=", self.id)]
        return action
