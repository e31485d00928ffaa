# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..engine.days import Period
from ..feed import notifications, undo
from ..feed.line_windows import get_lines_action
from ..feed.registered import UNDECIDED
from ..texts import INFORMATION, render_message
from ..tools import read_months, search_words

#: System parameter with the number of months after which pulls are removed.
RETENTION_PARAMETER = "account_statement_import_online_ponto.pull_retention_months"
DEFAULT_RETENTION_MONTHS = 24

#: How many old pulls are removed, and committed, at a time.
PULLS_PER_BATCH = 1000


class Fetches(NamedTuple):
    """What became of a feed's fetches.

    :ivar last_success: when it was last fetched for without a problem, or False
    :ivar is_running: whether one goes on
    """

    last_success: datetime | bool
    is_running: bool


class PontoPull(models.Model):
    """What one pull did: who started it, what it read, what became of it."""

    _name = "ponto.pull"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Ponto Fetch"
    _order = "id desc"
    _rec_name = "started_at"
    _rec_names_search = ["journal_id.name"]

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
        help="Who started the fetch; empty for the scheduled one.",
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
        help="Seconds from start to finish. A long import of the scheduled fetch "
        "pauses in between.",
    )
    request_count = fields.Integer(
        string="Requests",
        help="How often Ponto was asked, repeated requests included.",
    )
    state = fields.Selection(
        selection=[
            ("running", "Running"),
            ("stopped", "Paused"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        required=True,
        default="running",
    )
    message = fields.Text(
        compute="_compute_message",
        search="_search_message",
        help="What went wrong, or stood in the way.",
    )
    #: The same as codes and values, see `texts`.
    messages = fields.Json(readonly=True)
    error_request_id = fields.Char(
        string="Ponto's Number of the Request",
        help="Ponto's support finds the request that failed by it.",
    )
    imported_ids = fields.One2many(
        comodel_name="ponto.transaction",
        inverse_name="import_pull_id",
        string="Imported Transactions",
    )
    generation = fields.Integer(
        help="Tells its reading of Ponto's list from others; another one after a break."
    )
    newest_identifier = fields.Char(
        help="The newest transaction that Ponto listed when the fetch began."
    )
    read_count = fields.Integer(string="Read", help="Transactions that Ponto served.")
    known_count = fields.Integer(
        string="Known", help="Transactions that had been read before."
    )
    imported_count = fields.Integer(
        string="Imported", help="Statement lines that this fetch created."
    )
    waiting_count = fields.Integer(
        string="Waiting", help="New transactions that wait for somebody's decision."
    )
    recognised_count = fields.Integer(
        string="Recognized",
        help="Transactions that were known under an earlier identifier.",
    )
    changed_count = fields.Integer(
        string="Changed", help="Known transactions that the bank has changed since."
    )
    later_count = fields.Integer(
        string="Later",
        help="New transactions that nobody asked for: those of other days, or not "
        "selected in a preview. The next scheduled fetch imports them.",
    )
    before_start_count = fields.Integer(
        string="Before Start",
        help="New transactions dated before the day from which to import.",
    )

    currency_id = fields.Many2one(comodel_name="res.currency")
    balance_state = fields.Selection(
        selection="_get_balance_states",
        string="Bank Balance Check",
        help="How the journal compared to the bank after the fetch.",
    )
    bank_balance = fields.Monetary(string="Balance at the Bank", aggregator=None)
    odoo_balance = fields.Monetary(string="Balance in Odoo", aggregator=None)
    difference = fields.Monetary(
        aggregator=None, help="Balance at the bank less balance in Odoo."
    )

    phase = fields.Selection(
        selection=[("reading", "Reading"), ("importing", "Importing")],
    )
    progress = fields.Integer(help="In percent.")
    seconds_left = fields.Integer(help="Seconds left, estimated; zero if unknown.")
    read_until = fields.Char(
        help="Where in Ponto's list the fetch of some days was cut off, to go on from."
    )
    reached_date = fields.Date(help="How far back in time reading has come.")
    to_import_count = fields.Integer(
        string="To Import", help="Transactions that this fetch has to import."
    )
    left_count = fields.Integer(
        string="Left to Import", help="How many of these are not done yet."
    )

    line_count = fields.Integer(
        string="Lines",
        compute="_compute_present_counts",
        compute_sudo=True,
        help="Statement lines of this fetch that are in the journal.",
    )
    undecided_count = fields.Integer(
        string="Waiting Now",
        compute="_compute_present_counts",
        compute_sudo=True,
        help="Transactions that this fetch was the first to read and that wait for a "
        "decision.",
    )
    removed_count = fields.Integer(
        string="Removed",
        compute="_compute_present_counts",
        compute_sudo=True,
        help="Transactions that this fetch imported and whose lines were removed.",
    )
    skipped_text = fields.Text(
        string="Not Imported",
        compute="_compute_skipped_text",
        compute_sudo=True,
        help="What this fetch was the first to read and what is not in the journal, "
        "and why.",
    )

    taken_back_at = fields.Datetime(string="Undone", readonly=True)
    taken_back_by_id = fields.Many2one(
        comodel_name="res.users", string="Undone by", readonly=True
    )
    taken_back_count = fields.Integer(string="Lines Removed by Undo", readonly=True)

    _running_idx = models.Index("(provider_id) WHERE state = 'running'")

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

    @api.depends("messages")
    @api.depends_context("lang")
    def _compute_message(self):
        for pull in self:
            texts = [
                render_message(self.env, message) for message in pull.messages or []
            ]
            pull.message = " ".join(texts) or False

    @api.model
    def _search_message(self, operator, value):
        return search_words(self, "messages", "message", operator, value)

    @api.depends("started_at", "finished_at")
    def _compute_duration(self):
        for pull in self:
            pull.duration = (
                (pull.finished_at - pull.started_at).total_seconds()
                if pull.started_at and pull.finished_at
                else 0
            )

    def _compute_present_counts(self):
        Transaction = self.env["ponto.transaction"]
        imported = Transaction._read_group(
            [("import_pull_id", "in", self.ids)],
            ["import_pull_id"],
            ["statement_line_id:count", "__count"],
        )
        undecided = dict(
            Transaction._read_group(
                [("pull_id", "in", self.ids), *UNDECIDED],
                ["pull_id"],
                ["__count"],
            )
        )
        lines = {pull: count for pull, count, _total in imported}
        removed = {pull: total - count for pull, count, total in imported}
        for pull in self:
            pull.line_count = lines.get(pull, 0)
            pull.removed_count = removed.get(pull, 0)
            pull.undecided_count = undecided.get(pull, 0)

    @api.depends_context("lang")
    def _compute_skipped_text(self):
        Transaction = self.env["ponto.transaction"]
        states, reasons = (
            dict(Transaction._fields[name]._description_selection(self.env))
            for name in ("state", "reason")
        )
        texts = defaultdict(list)
        for pull, state, reason, count in Transaction._read_group(
            [("pull_id", "in", self.ids), ("state", "!=", "imported")],
            ["pull_id", "state", "reason"],
            ["__count"],
        ):
            words = [states[state]]
            if state == "waiting" and reason:
                words.append(reasons[reason])
            texts[pull].append(f"{count} × {': '.join(words)}")
        for pull in self:
            pull.skipped_text = "\n".join(texts[pull])

    @api.model
    def _get_balance_states(self):
        """Return the same states as on the feed (list of pairs of str)."""
        field = self.env["online.bank.statement.provider"]._fields[
            "ponto_balance_state"
        ]
        return field._description_selection(self.env)

    # === FROM BEGINNING TO END === #

    @api.model
    def _start(self, provider, period=None, started_at=None):
        """Make the record of a pull.

        :param provider: the feed
        :param Period period: the days to pull; None for all that is new
        :param datetime started_at: when it began; None for now
        :return: a new `ponto.pull`
        """
        return self.create(
            {
                "provider_id": provider.id,
                "user_id": not provider._ponto_get_run() and self.env.uid,
                "date_from": period and period.since,
                "date_to": period and period.until,
                "started_at": started_at or fields.Datetime.now(),
                "phase": "reading",
            }
        )

    @api.model
    def _read_fetches(self, providers):
        """Read what became of the fetches of feeds, in one query.

        :param providers: the feeds
        :return: {feed: `Fetches`}
        :rtype: dict
        """
        rows = self._read_group(
            [
                ("provider_id", "in", providers.ids),
                ("state", "in", ("done", "running")),
            ],
            ["provider_id", "state"],
            ["finished_at:max"],
        )
        finished = {(provider, state): moment for provider, state, moment in rows}
        # Of a fetch that is long ago the feed alone may tell.
        return {
            provider: Fetches(
                finished.get((provider, "done")) or provider.last_successful_run,
                (provider, "running") in finished,
            )
            for provider in providers
        }

    @api.model
    def _find_running(self, providers):
        """Return the pulls to go on with: those of some days first, because the others
        import these days, too.

        :param providers: the feeds
        """
        pulls = self.search(
            [("provider_id", "in", providers.ids), ("state", "=", "running")],
            order="id",
        )
        return pulls.sorted(lambda pull: not pull.date_from)

    def _record_failure(self, error, message):
        """Record that the pull failed.

        :param Exception error: what stopped it
        :param dict message: the same for people, see `texts`
        """
        self.write(
            {
                **getattr(error, "ponto_measures", {}),
                "state": "failed",
                "finished_at": fields.Datetime.now(),
                "messages": [message],
                "error_request_id": getattr(error, "request_id", None),
            }
        )

    def _record_balances(self):
        """Record how the journal compares to the bank after the pull."""
        self.ensure_one()
        provider = self.provider_id
        self.write(
            {
                "currency_id": provider.ponto_currency_id.id,
                "balance_state": provider.ponto_balance_state,
                "bank_balance": provider.ponto_odoo_balance + provider.ponto_difference,
                "odoo_balance": provider.ponto_odoo_balance,
                "difference": provider.ponto_difference,
            }
        )

    def _add_message(self, message):
        """Add to what stood in the way.

        :param dict message: see `texts`
        """
        self.ensure_one()
        self.messages = [*(self.messages or []), message]

    def _get_codes(self):
        """Return the codes of what stood in the way (set of str), see `texts`."""
        self.ensure_one()
        return {message["code"] for message in self.messages or []}

    def _add_counts(self, counts):
        """Add to the counters.

        :param dict counts: {name of a counter field: integer to add}
        """
        self.ensure_one()
        self.write({name: self[name] + count for name, count in counts.items()})

    # === IN WORDS === #

    def _get_summary(self):
        """Return what the pull did, as one sentence for people (str)."""
        self.ensure_one()
        parts = [
            self.env._("%s new", self.imported_count),
            self.env._("%s known", self.known_count),
        ]
        if self.recognised_count:
            parts.append(self.env._("%s recognized", self.recognised_count))
        if self.changed_count:
            parts.append(self.env._("%s changed by the bank", self.changed_count))
        if self.waiting_count:
            parts.append(self.env._("%s waiting for a decision", self.waiting_count))
        if self.later_count:
            parts.append(
                self.env._("%s left for the scheduled fetch", self.later_count)
            )
        if self.before_start_count:
            parts.append(
                self.env._("%s before the start date", self.before_start_count)
            )
        summary = ", ".join(parts)
        return f"{summary}. {self.message}" if self.message else summary

    def _get_notification_type(self):
        """Return as what to notify people of the pull's end (str): what is only worth
        knowing is no warning."""
        self.ensure_one()
        codes = self._get_codes()
        if not codes:
            return "success"
        return "info" if codes <= INFORMATION else "warning"

    def _get_period(self):
        """Return the days that the pull is about; None for all that is new.

        :rtype: Period or None
        """
        self.ensure_one()
        return Period(self.date_from, self.date_to) if self.date_from else None

    # === RETENTION === #

    @api.autovacuum
    def _gc_old_pulls(self):
        """Remove old pulls; what they read stays in the register.

        :return: how many were removed, and whether there may be more
        :rtype: tuple
        """
        months = read_months(self.env, RETENTION_PARAMETER, DEFAULT_RETENTION_MONTHS)
        started_before = fields.Datetime.now() - relativedelta(months=months)
        pulls = self.search(
            [("started_at", "<", started_before), ("state", "!=", "running")],
            order="id",
            limit=PULLS_PER_BATCH,
        )
        pulls.unlink()
        return len(pulls), len(pulls) == PULLS_PER_BATCH

    # === BUTTONS === #

    def action_open_lines(self):
        """Open the statement lines that the pull has made.

        :return: a window action
        :rtype: dict
        """
        self.ensure_one()
        return get_lines_action(
            self.env,
            [("ponto_pull_id", "=", self.id)],
            {"default_journal_id": self.journal_id.id},
        )

    def action_open_undecided(self):
        """Open what the pull read and what waits for a decision.

        :return: a window action
        :rtype: dict
        """
        return self._get_register_action(
            [("pull_id", "=", self.id), *UNDECIDED],
            "ponto_transaction_waiting_action",
        )

    def action_open_skipped(self):
        """Open what the pull was the first to read and what is not in the journal.

        :return: a window action
        :rtype: dict
        """
        return self._get_register_action(
            [("pull_id", "=", self.id), ("state", "!=", "imported")],
            context={"group_by": ["state"]},
        )

    def action_open_removed(self):
        """Open what the pull imported and what was removed since.

        :return: a window action
        :rtype: dict
        """
        return self._get_register_action(
            [("import_pull_id", "=", self.id), ("statement_line_id", "=", False)]
        )

    def _get_register_action(self, domain, name="ponto_transaction_action", **values):
        """Return a window action for a part of the register (dict).

        :param str name: of the action
        :param values: what else is different in it
        """
        self.ensure_one()
        return notifications.get_window(self.env, name, domain=domain, **values)

    def action_ask_take_back(self):
        """Ask whether the imports are to be undone: how many lines, of which amount.

        :return: the action that asks, and then does it (dict)
        :raise UserError: when there is nothing to remove
        """
        return notifications.get_question(
            title=self.env._("Undo this import?")
            if len(self) == 1
            else self.env._("Undo these imports?"),
            message=undo.describe(self),
            confirm=self.env._("Undo Import"),
            model=self._name,
            method="action_take_back",
            ids=self.ids,
        )

    def action_take_back(self):
        """Remove the lines that the pulls have made, as long as nobody has worked with
        them.

        :return: the action that tells so
        :rtype: dict
        :raise AccessError: when the user may not remove statement lines
        :raise UserError: when there is nothing to remove, or a line must stay
        """
        count = undo.take_back(self)
        return notifications.get_notification(
            self.env._("Removed lines: %s. Import brings them back.", count)
        )
