# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

#: System parameter with the number of months after which pulls are removed.
RETENTION_PARAMETER = "account_statement_import_online_ponto.pull_retention_months"
DEFAULT_RETENTION_MONTHS = 24

#: How many old pulls are removed, and committed, at a time.
PULLS_PER_BATCH = 1000


class PontoPull(models.Model):
    """What one pull did: who started it, what it read, what became of it."""

    _name = "ponto.pull"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Ponto Pull"
    _order = "id desc"
    _rec_name = "started_at"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        string="Feed",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    journal_id = fields.Many2one(related="provider_id.journal_id", store=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        help="Who started the pull; empty for the scheduled one.",
    )
    started_by = fields.Char(compute="_compute_started_by")
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    started_at = fields.Datetime(string="Started", required=True)
    finished_at = fields.Datetime(string="Finished")
    duration = fields.Float(
        string="Duration (s)",
        digits=(16, 1),
        compute="_compute_duration",
        store=True,
        aggregator="avg",
        help="Seconds from start to finish. A long import of the scheduled pull "
        "pauses in between.",
    )
    request_count = fields.Integer(
        string="Requests",
        help="How often Ponto was asked, repeated requests included.",
    )
    state = fields.Selection(
        selection=[
            ("running", "Running"),
            ("stopped", "Stopped"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        required=True,
        default="running",
    )
    message = fields.Text(help="What went wrong, or stood in the way.")
    error_request_id = fields.Char(
        string="Ponto's Number of the Request",
        help="Ponto's support finds the request that failed by it.",
    )
    imported_ids = fields.One2many(
        comodel_name="ponto.transaction",
        inverse_name="import_pull_id",
        string="Imported Transactions",
    )
    listing_number = fields.Integer(
        help="Tells its reading of Ponto's list from others; another one after a break."
    )
    newest_identifier = fields.Char(
        help="The newest transaction that Ponto listed when the pull began."
    )
    read_count = fields.Integer(string="Read", help="Transactions that Ponto served.")
    known_count = fields.Integer(
        string="Known", help="Transactions that had been read before."
    )
    imported_count = fields.Integer(
        string="Imported", help="Statement lines that this pull created."
    )
    waiting_count = fields.Integer(
        string="Waiting", help="New transactions that wait for somebody's decision."
    )
    recognised_count = fields.Integer(
        string="Recognised",
        help="Transactions that were known under an earlier identifier.",
    )
    changed_count = fields.Integer(
        string="Changed", help="Known transactions that the bank has changed since."
    )
    later_count = fields.Integer(
        string="Later",
        help="New transactions that nobody asked for: those of other days, or not "
        "ticked in a preview. The next scheduled pull imports them.",
    )
    before_start_count = fields.Integer(
        string="Before Start",
        help="New transactions dated before the day from which to import.",
    )

    currency_id = fields.Many2one(comodel_name="res.currency")
    balance_state = fields.Selection(
        selection="_get_balance_states",
        string="Proof",
        help="How the journal compared to the bank after the pull.",
    )
    bank_balance = fields.Monetary(string="Balance at the Bank", aggregator=None)
    odoo_balance = fields.Monetary(string="Balance in Odoo", aggregator=None)
    difference = fields.Monetary(
        aggregator=None, help="Balance at the bank less balance in Odoo."
    )

    # === COMPUTE METHODS === #

    @api.depends("started_at", "journal_id.name")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        for pull in self:
            moment = format_datetime(
                self.env, pull.started_at, tz=str(self.env.tz), dt_format="short"
            )
            # Who administers the system may read pulls, but perhaps no journals.
            pull.display_name = f"{pull.sudo().journal_id.name}, {moment}"

    @api.depends("user_id.name")
    @api.depends_context("lang")
    def _compute_started_by(self):
        for pull in self:
            pull.started_by = pull.user_id.name or self.env._("Scheduled")

    @api.depends("started_at", "finished_at")
    def _compute_duration(self):
        for pull in self:
            pull.duration = (
                (pull.finished_at - pull.started_at).total_seconds()
                if pull.started_at and pull.finished_at
                else 0
            )

    @api.model
    def _get_balance_states(self):
        """:return: the same states as on the provider (list of pairs of str)"""
        field = self.env["online.bank.statement.provider"]._fields[
            "ponto_balance_state"
        ]
        return field._description_selection(self.env)

    # === WHAT A PULL KEEPS === #

    def _keep_failure(self, error, text):
        """Keep that the pull failed.

        :param Exception error: what stopped it
        :param str text: the same in words for people
        """
        self.write(
            {
                **getattr(error, "ponto_measures", {}),
                "state": "failed",
                "finished_at": fields.Datetime.now(),
                "message": text,
                "error_request_id": getattr(error, "request_id", None),
            }
        )

    def _keep_balances(self):
        """Keep how the journal compares to the bank after the pull."""
        self.ensure_one()
        provider = self.provider_id
        self.write(
            {
                "currency_id": provider.ponto_currency_id.id,
                "balance_state": provider.ponto_balance_state,
                "bank_balance": provider.ponto_bank_balance,
                "odoo_balance": provider.ponto_odoo_balance,
                "difference": provider.ponto_difference,
            }
        )

    def _add_counts(self, counts):
        """Add to the counters.

        :param dict counts: {name of a counter field: integer to add}
        """
        self.ensure_one()
        self.write({name: self[name] + count for name, count in counts.items()})

    def _get_summary(self):
        """:return: what the pull did, as one sentence for people (str)"""
        self.ensure_one()
        parts = [
            self.env._("%s new", self.imported_count),
            self.env._("%s known", self.known_count),
        ]
        if self.recognised_count:
            parts.append(self.env._("%s recognised", self.recognised_count))
        if self.changed_count:
            parts.append(self.env._("%s changed by the bank", self.changed_count))
        if self.waiting_count:
            parts.append(self.env._("%s waiting for a decision", self.waiting_count))
        if self.later_count:
            parts.append(self.env._("%s left for the scheduled pull", self.later_count))
        if self.before_start_count:
            parts.append(
                self.env._("%s before the start date", self.before_start_count)
            )
        summary = ", ".join(parts)
        return f"{summary}. {self.message}" if self.message else summary

    # === RETENTION === #

    @api.autovacuum
    def _gc_old_pulls(self):
        """Remove old pulls; what they read stays in the register.

        :return: how many were removed (int), and whether there may be more (bool)
        """
        months = self._get_retention_months()
        started_before = fields.Datetime.now() - relativedelta(months=months)
        pulls = self.search(
            [("started_at", "<", started_before), ("state", "!=", "running")],
            order="id",
            limit=PULLS_PER_BATCH,
        )
        pulls.unlink()
        return len(pulls), len(pulls) == PULLS_PER_BATCH

    @api.model
    def _get_retention_months(self):
        """:return: after how many months pulls are removed (int)"""
        text = self.env["ir.config_parameter"].sudo().get_param(RETENTION_PARAMETER)
        is_number = text and text.isdecimal() and int(text)
        return int(text) if is_number else DEFAULT_RETENTION_MONTHS
