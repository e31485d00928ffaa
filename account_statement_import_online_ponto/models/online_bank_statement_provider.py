# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import pytz

from odoo import api, fields, models

from ..encryption import is_reference
from ..engine.listing import REREAD_DAYS
from ..feed import background, opening_balance, pulls
from ..feed.register import Register
from ..tools import ScheduledRun


class OnlineBankStatementProvider(models.Model):
    """A bank journal's feed: its settings, and what belongs to it."""

    _name = "online.bank.statement.provider"
    _inherit = [
        "online.bank.statement.provider",
        "ponto.mapping",
        "ponto.patience.mixin",
        "bus.listener.mixin",
    ]

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
    ponto_reread_days = fields.Integer(
        string="Days to Read Again",
        default=REREAD_DAYS,
        help="Once a day the scheduled pull reads the last days again, however much of "
        "them is known, to find what the bank has added later. Zero turns this off.",
    )
    ponto_reread_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the last days were read again.",
    )
    ponto_history_complete = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether some pull has read Ponto's list back to the start. Until then a "
        "pull does not stop at what is known already.",
    )
    ponto_read_until = fields.Char(
        readonly=True,
        copy=False,
        help="Where in Ponto's list a pull was cut off, to go on from.",
    )
    ponto_look_alike_policy = fields.Selection(
        selection=[
            ("wait", "Wait for a decision"),
            ("import", "Import and mark as to review"),
        ],
        string="Similar Lines",
        default="wait",
        required=True,
        help="What to do with a transaction when the journal has a similar line that "
        "came another way: typed by hand, or imported from a bank file.",
    )
    ponto_locked_policy = fields.Selection(
        selection=[
            ("wait", "Wait for a decision"),
            ("first_open_day", "Book on the first open day"),
        ],
        string="Locked Periods",
        default="wait",
        required=True,
        help="What to do with a transaction of a day that is locked. Booked on the "
        "first open day, the line still tells the bank's day.",
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
    ponto_stop_ids = fields.One2many(
        comodel_name="ponto.stop",
        inverse_name="provider_id",
        copy=False,
    )
    ponto_stop_notice = fields.Char(compute="_compute_ponto_stop_notice")
    ponto_progress = fields.Json(
        compute="_compute_ponto_progress",
        help="What the progress bar shows: percent, text, and whether the user may "
        "stop the import. Nothing where none is running.",
    )

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

    @api.depends("ponto_stop_ids", "ponto_start_date", "ponto_transaction_ids.state")
    @api.depends_context("lang")
    def _compute_ponto_stop_notice(self):
        for provider in self:
            provider.ponto_stop_notice = background.describe_stop(provider)

    @api.depends(
        "active", "ponto_stop_ids", "ponto_pull_ids.state", "ponto_pull_ids.progress"
    )
    @api.depends_context("uid", "lang")
    def _compute_ponto_progress(self):
        may_stop = self.env["account.bank.statement.line"].has_access("create")
        running_sudo = (
            self.env["ponto.pull"].sudo()._find_running(self).grouped("provider_id")
        )
        for provider in self:
            pull_sudo = running_sudo.get(provider, self.env["ponto.pull"])[:1]
            if not pull_sudo or not provider.active or background.is_stopped(provider):
                provider.ponto_progress = False
                continue
            provider.ponto_progress = {
                "percent": pull_sudo.progress,
                "text": pull_sudo._describe_progress(),
                "may_stop": may_stop,
            }

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
            opening_balance.reset(self, vals["journal_id"])
        taken_over = self.browse()
        if vals.get("service") == "ponto":
            taken_over = self.filtered(lambda provider: provider.service != "ponto")
        result = super().write(vals)
        for provider in taken_over:
            provider._ponto_take_note_of_journal()
        return result

    def _ponto_take_note_of_journal(self):
        """Take note of what the journal has when it gets its feed from Ponto: what
        comes into it later moves no start date."""
        self.ensure_one()
        provider_sudo = self.sudo()
        Register(provider_sudo).register_lines()
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
                background.reset_reading(provider.sudo())

    # === PULLING === #

    def _pull(self, date_since, date_until):
        """Override of `account_statement_import_online`.

        Ponto has no list by date, so its providers do not go through the base's loop
        over statement periods. Everything the base promises holds: a debug pull writes
        nothing and returns the raw transactions, a scheduled one never raises.

        :param datetime date_since: first moment, naive, in UTC
        :param datetime date_until: last moment, naive, in UTC; whole days are pulled,
            both ends included
        :return: the raw transactions of a debug pull
        :rtype: list
        """
        ponto_providers = self.filtered(lambda provider: provider.service == "ponto")
        data = super(OnlineBankStatementProvider, self - ponto_providers)._pull(
            date_since, date_until
        )
        for provider in ponto_providers:
            provider = provider.with_company(provider.company_id)
            period = provider._ponto_get_period(date_since, date_until)
            if self.env.context.get("account_statement_online_import_debug"):
                data += pulls.fetch_for_person(provider, period)
            elif not self.env.context.get("scheduled"):
                pulls.pull_for_person(provider, period)
            elif (provider._ponto_get_run() or ScheduledRun()).remaining:
                pulls.pull_scheduled(provider._ponto_begin_run(), is_due=True)
        return data

    @api.model
    def _scheduled_pull(self):
        """Override of `account_statement_import_online` for the scheduled action.

        Ponto's providers come first, each in transactions of its own, so that none can
        stop or undo another, and among them those first that do not go on with
        something long. The base takes care of the other services.
        """
        due = self.search_fetch(
            [
                ("service", "=", "ponto"),
                "|",
                ("next_run", "<=", fields.Datetime.now()),
                ("ponto_pull_ids.state", "=", "running"),
            ]
        )
        pulls.pull_due(due)
        return super(
            OnlineBankStatementProvider, self._ponto_begin_run(remaining=0)
        )._scheduled_pull()

    def _adjust_schedule(self):
        """Override of `account_statement_import_online`: Ponto's providers have had
        their turn, and one that is being pulled elsewhere must not be written on."""
        if self.service != "ponto":
            return super()._adjust_schedule()

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

    def action_ponto_stop(self):
        """Stop what runs in the background after its next step, and import nothing
        until somebody lets it go on. What is imported stays."""
        self.ensure_one()
        background.stop(self)

    def action_ponto_go_on(self):
        """Go on where the import was stopped."""
        self.ensure_one()
        background.go_on(self)

    def action_ponto_reset_last_identifier(self):
        """Let the next scheduled pull read again from the start date on."""
        self.check_access("write")
        background.reset_reading(self.sudo())

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
