# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from ast import literal_eval

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..engine import schedule
from ..engine.days import EARLIEST_START
from ..engine.listing import MAX_REREAD_DAYS, REREAD_DAYS
from ..feed import (
    background,
    fleet,
    notifications,
    opening_balance,
    outage,
    pulls,
    taking_over,
)
from ..tools import format_account_number


class OnlineBankStatementProvider(models.Model):
    """A bank journal's feed: its settings, and what belongs to it."""

    _name = "online.bank.statement.provider"
    _inherit = [
        "ponto.credentials.mixin",
        "online.bank.statement.provider",
        "ponto.mapping",
        "ponto.patience.mixin",
        "ponto.status.mixin",
        "ponto.news.mixin",
        "ponto.progress.mixin",
        "ponto.overview.mixin",
        "bus.listener.mixin",
    ]

    # === FIELDS === #

    ponto_last_identifier = fields.Char(
        readonly=True,
        copy=False,
        help="The newest transaction that the scheduled fetch has imported. After a "
        "reset, the next scheduled fetch reads again from the start date on; what is "
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
        "the scheduled fetch goes back 90 days before the feed was made, but not to "
        "days that are locked for good (by the hard lock date) or for which the "
        "journal had lines by then.",
    )
    ponto_usual_start_date = fields.Date(
        readonly=True,
        copy=False,
        help="The day from which the scheduled fetch imports when nobody chose one.",
    )
    ponto_start_placeholder = fields.Char(
        compute="_compute_ponto_start_placeholder",
        help="The day from which the feed imports as long as nobody chooses one.",
    )
    ponto_reread_days = fields.Integer(
        string="Days to Read Again",
        default=REREAD_DAYS,
        help="Once a day the scheduled fetch reads the last days again, however much "
        "of them is known, to find what the bank has added later. Zero turns this off.",
    )
    ponto_reread_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the last days were read again.",
    )
    ponto_history_complete = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether some fetch has read Ponto's list back to the start. Until then a "
        "fetch does not stop at what is known already.",
    )
    ponto_read_until = fields.Char(
        readonly=True,
        copy=False,
        help="Where in Ponto's list a fetch was cut off, to go on from.",
    )
    ponto_covered_after = fields.Date(
        readonly=True,
        copy=False,
        help="Of the days after this one all was read that Ponto lists: whatever else "
        "was read of them has another identifier by now.",
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
    ponto_responsible_ids = fields.Many2many(
        comodel_name="res.users",
        relation="online_bank_statement_provider_ponto_responsible_rel",
        string="Responsible",
        # A text: on what a list names, Odoo lets the field depend. It would look for
        # feeds whenever a user is created, and write the user half-made before.
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user if not self.env.user.share else False,
        copy=False,
        help="Who is told when something needs a person: a failure, a consent that "
        "expires, a difference to the bank.",
    )
    journal_id = fields.Many2one(domain=[("type", "in", ("bank", "credit"))])
    ponto_match_policy = fields.Selection(
        selection=[
            ("no", "No"),
            ("suggest", "Suggest"),
            ("certain", "Suggest, and settle what is certain"),
        ],
        string="Match Invoices",
        default="suggest",
        required=True,
        help="Whether the feed finds out which invoices and bills new bank lines pay. "
        "Certain is what the bank's own text names by a reference or by numbers and "
        "what adds up to the amount exactly; all else is for you to accept.",
    )
    ponto_pull_ids = fields.One2many(
        comodel_name="ponto.pull",
        inverse_name="provider_id",
        string="Fetches",
    )
    ponto_transaction_ids = fields.One2many(
        comodel_name="ponto.transaction",
        inverse_name="provider_id",
        string="Register",
    )
    ponto_account_number = fields.Char(
        string="Account Number of the Journal",
        compute="_compute_ponto_account_number",
    )
    ponto_transaction_count = fields.Integer(compute="_compute_ponto_counts")
    ponto_pull_count = fields.Integer(compute="_compute_ponto_counts")

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

    @api.depends("service", "journal_id.name")
    def _compute_name(self):
        """Override of `account_statement_import_online` to name the service as people
        know it, not by its technical key."""
        ponto_providers = self.filtered(lambda provider: provider.service == "ponto")
        result = super(
            OnlineBankStatementProvider, self - ponto_providers
        )._compute_name()
        services = dict(self._get_available_services())
        for provider in ponto_providers:
            names = filter(None, [provider.journal_id.name, services["ponto"]])
            provider.name = " — ".join(names)
        return result

    @api.depends("ponto_start_date", "ponto_usual_start_date", "journal_id")
    @api.depends_context("lang")
    def _compute_ponto_start_placeholder(self):
        for provider in self:
            if provider.ponto_start_date or not provider.ponto_usual_start_date:
                provider.ponto_start_placeholder = False
                continue
            provider.ponto_start_placeholder = self.env._(
                "%s, chosen by the feed",
                format_date(self.env, provider.ponto_usual_start_date),
            )

    @api.depends("account_number")
    def _compute_ponto_account_number(self):
        for provider in self:
            number = format_account_number(provider.account_number)
            provider.ponto_account_number = number

    @api.depends("ponto_transaction_ids", "ponto_pull_ids")
    def _compute_ponto_counts(self):
        for model_name, field_name in (
            ("ponto.transaction", "ponto_transaction_count"),
            ("ponto.pull", "ponto_pull_count"),
        ):
            counts = dict(
                self.env[model_name]._read_group(
                    [("provider_id", "in", self.ids)], ["provider_id"], ["__count"]
                )
            )
            for provider in self:
                provider[field_name] = counts.get(provider, 0)

    @api.constrains("ponto_reread_days", "ponto_start_date")
    def _check_ponto_limits(self):
        for provider in self:
            if not 0 <= provider.ponto_reread_days <= MAX_REREAD_DAYS:
                raise ValidationError(
                    self.env._(
                        "Days to Read Again: enter a number from 0 to %s.",
                        MAX_REREAD_DAYS,
                    )
                )
            if (provider.ponto_start_date or EARLIEST_START) < EARLIEST_START:
                raise ValidationError(
                    self.env._(
                        "Import From: enter a day that is not before %s.",
                        format_date(self.env, EARLIEST_START),
                    )
                )

    def _ponto_check_no_archived_feed(self, vals_list):
        """Check that no journal gets these feeds, or new ones, that has another one
        that is archived.

        :raise UserError: with the way to bring that back
        :raise AccessError: when the user may not make or change feeds, and is told of
            none
        """
        self.check_access("write" if self else "create")
        journal_ids = {vals.get("journal_id") for vals in vals_list} - {None, False}
        journals = self.env["account.journal"].browse(journal_ids)
        archived = self.sudo().search(
            [
                ("journal_id", "in", journals._filtered_access("read").ids),
                ("active", "=", False),
                ("id", "not in", self.ids),
            ],
            limit=1,
        )
        if archived:
            raise UserError(archived._ponto_describe_archived())

    def _ponto_describe_archived(self):
        """Return that the feed is archived, and the way to bring it back (str)."""
        return self.env._(
            'The journal "%s" has a feed that is archived, and a journal has one feed '
            "only. Bring that one back: filter the feeds by Archived, open it, and "
            "choose Unarchive.",
            self.journal_id.name,
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Override to begin a feed of Ponto with what its journal has already."""
        self.browse()._ponto_check_no_archived_feed(vals_list)
        new_vals_list = []
        for vals in vals_list:
            if vals.get("service") == "ponto":
                journal = self.env["account.journal"].browse(vals.get("journal_id"))
                vals = {"tz": self._default_tz(journal.company_id), **vals}
            new_vals_list.append(vals)
        providers = super().create(new_vals_list)
        for provider in providers.filtered(lambda each: each.service == "ponto"):
            taking_over.note_what_is_there(provider)
        return providers

    def write(self, vals):
        """Override to begin alike where Ponto takes over from another service, and to
        follow another start date and another journal."""
        if "ponto_start_date" in vals:
            self._ponto_read_again_from(fields.Date.to_date(vals["ponto_start_date"]))
        if "journal_id" in vals:
            self._ponto_check_no_archived_feed([vals])
            opening_balance.reset(self, vals["journal_id"])
        taken_over = moved = self.browse()
        if vals.get("service") == "ponto":
            taken_over = self.filtered(lambda provider: provider.service != "ponto")
        if "journal_id" in vals:
            moved = self.filtered(lambda each: each.journal_id.id != vals["journal_id"])
        result = super().write(vals)
        for provider in taken_over | moved:
            if provider.service == "ponto":
                taking_over.note_what_is_there(provider)
        return result

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
        others, data = self - ponto_providers, []
        pull_others = super(OnlineBankStatementProvider, others)._pull
        run = self._ponto_get_run()
        if others and run:
            pulls.pull_others(others, pull_others, date_since, date_until)
        else:
            data = pull_others(date_since, date_until)
        for provider in ponto_providers:
            provider = provider.with_company(provider.company_id)
            period = provider._ponto_get_period(date_since, date_until)
            if self.env.context.get("account_statement_online_import_debug"):
                data += pulls.fetch_for_person(provider, period)
            elif not self.env.context.get("scheduled"):
                pulls.pull_for_person(provider, period)
            elif not run or not run.has_pulled:
                pulls.pull_scheduled(provider._ponto_begin_run(), is_due=True)
        return data

    @api.model
    def _scheduled_pull(self):
        """Override of `account_statement_import_online` for the scheduled action.

        Ponto's providers come first, each in transactions of its own, so that none can
        stop or undo another, and among them those first that do not go on with
        something long. The base takes care of the other services.
        """
        self._ponto_scheduled_pull()
        return super(
            OnlineBankStatementProvider, self._ponto_begin_run(has_pulled=True)
        )._scheduled_pull()

    @api.model
    def _ponto_scheduled_pull(self):
        """Pull the feeds of Ponto that are due. Any number of scheduled actions may do
        so at once: they share the feeds."""
        outage.correct_schedules(self)
        pulls.pull_due(self.search_fetch(fleet.make_due_domain()))

    def _get_next_run_period(self):
        """Override of `account_statement_import_online` not to let a schedule beyond
        reason, of whatever service, stop the scheduled action."""
        return background.get_interval(self)

    def _adjust_schedule(self):
        """Override of `account_statement_import_online`: Ponto's providers have had
        their turn, and one that is being pulled elsewhere must not be written on.

        For others the same comes out as in the base, which adds one interval after the
        other, and may take hours for it.
        """
        if self.service != "ponto":
            self.next_run = schedule.catch_up(
                self.next_run, self._get_next_run_period(), fields.Datetime.now()
            )

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

    @api.model
    def get_empty_list_help(self, help_message):
        """Override to tell whoever has no feed yet how to get one, or who can."""
        if self.with_context(active_test=False).search_count([], limit=1):
            # There are some, but none of those that were looked for.
            return super().get_empty_list_help(help_message)
        text = Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (
            self.env._("No bank feed yet"),
            self.env._(
                "Connect Ponto once; your bank accounts then fill their journals by "
                "themselves."
            ),
        )
        if not self.env["ponto.connect.wizard"].has_access("create"):
            return text + Markup("<p>%s</p>") % self.env._(
                "An accounting administrator connects Ponto."
            )
        connect = self.env.ref(
            "account_statement_import_online_ponto.ponto_connect_wizard_action"
        )
        link = '<p><a type="action" name="%s" class="btn btn-primary">%s</a></p>'
        return text + Markup(link) % (connect.id, self.env._("Connect MyPonto.com"))

    # === BUTTONS === #

    def action_ponto_check_connection(self):
        """Check the connection from Ponto's login to the journal, and show the
        findings.

        :return: a window action (dict)
        :raise AccessError: when the user may not pull
        """
        self.ensure_one()
        background.check_may_pull(self)
        # Journal and company may be looked at by whoever may pull.
        check = self.env["ponto.connection.check"].sudo()
        check = check.create({"provider_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection Check: %s", self.display_name),
            "res_model": check._name,
            "res_id": check.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_ponto_update_credentials(self):
        """Ask for a new secret, which replaces the old one wherever it is in use.

        :return: a window action (dict)
        """
        self.ensure_one()
        self.check_access("write")
        action = notifications.get_window(
            self.env, "ponto_connect_wizard_action_update_credentials"
        )
        action["context"] = {
            **literal_eval(action["context"]),
            "active_model": self._name,
            "active_id": self.id,
        }
        return action

    def action_ponto_reset_last_identifier(self):
        """Let the next scheduled pull read again from the start date on."""
        self.check_access("write")
        background.reset_reading(self.sudo())

    def action_online_bank_statements_pull_wizard(self):
        """Override: the base passes the wizard a field that it does not have."""
        self.ensure_one()
        return notifications.get_window(
            self.env,
            "ponto_pull_period_action",
            context={"active_model": self._name, "active_id": self.id},
        )

    def action_ponto_open_transactions(self):
        """Open the register of this feed.

        :return: a window action (dict)
        """
        self.ensure_one()
        return notifications.get_window(
            self.env,
            "ponto_transaction_action",
            domain=[("provider_id", "=", self.id)],
        )
