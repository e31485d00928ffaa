# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..engine.days import PROPOSED_DAYS, Period, moments_of, propose_period
from ..feed import notifications, preview, pulls, remedies, results
from ..tools import find_feed, to_naive_utc


class OnlineBankStatementPullWizard(models.TransientModel):
    """Pulling some days. Ponto's are whole days; and they can be looked at before."""

    _name = "online.bank.statement.pull.wizard"
    _inherit = ["online.bank.statement.pull.wizard", "ponto.wizard.mixin"]

    ponto_provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        default=lambda self: self._default_ponto_provider(),
        ondelete="cascade",
        readonly=True,
    )
    ponto_date_from = fields.Date(
        string="First Day",
        compute="_compute_ponto_date_from",
        inverse="_inverse_ponto_days",
        help="The first day that is fetched, as the bank dates.",
    )
    ponto_date_to = fields.Date(
        string="Last Day",
        compute="_compute_ponto_date_to",
        inverse="_inverse_ponto_days",
        help="The last day that is fetched; it is included.",
    )
    ponto_step = fields.Selection(
        selection=[("days", "Days"), ("preview", "Preview")],
        default="days",
        required=True,
    )
    ponto_line_ids = fields.One2many(
        comodel_name="ponto.preview.line",
        inverse_name="wizard_id",
        string="Transactions",
    )
    ponto_new_count = fields.Integer(compute="_compute_ponto_summary")
    ponto_importable_count = fields.Integer(compute="_compute_ponto_summary")
    ponto_summary = fields.Char(compute="_compute_ponto_summary")

    # === PROVIDER === #

    @api.model
    def _default_ponto_provider(self):
        """Return the provider that the wizard is opened for, if it is one of Ponto."""
        opener = self.env.context.get("active_model")
        if opener not in ("account.journal", "online.bank.statement.provider"):
            return False
        provider = self.env[opener].browse(self.env.context.get("active_id"))
        if opener == "account.journal":
            provider = find_feed(provider)
        return provider.filtered(lambda provider: provider.service == "ponto")

    def _get_provider(self):
        """Override: once opened, the wizard needs no context to know its provider."""
        return self.ponto_provider_id or super()._get_provider()

    def _get_ponto_provider(self):
        """Return the provider, in its own company whoever opens the wizard."""
        provider = self._get_provider()
        return provider.with_company(provider.company_id)

    # === DAYS === #

    @api.model
    def default_get(self, fields_list):
        """Override: the base proposes a period without length."""
        values = super().default_get(fields_list)
        provider = self._default_ponto_provider()
        if provider:
            moments = self._prepare_ponto_moments(
                provider, self._propose_ponto_period(provider)
            )
            values.update(
                {name: moments[name] for name in moments if name in fields_list}
            )
        elif "date_since" in values:
            values["date_since"] -= timedelta(days=PROPOSED_DAYS)
        return values

    @api.model
    def _propose_ponto_period(self, provider):
        """Propose the days to pull (Period)."""
        last_line = self.env["account.bank.statement.line"].search(
            [("journal_id", "=", provider.journal_id.id)],
            order="internal_index desc",
            limit=1,
        )
        return propose_period(
            provider._ponto_get_today(),
            provider._ponto_get_start_date(),
            last_line.date or None,
        )

    # Each day has a method of its own: a user may change one and leave the other.
    @api.depends("date_since", "ponto_provider_id")
    def _compute_ponto_date_from(self):
        for wizard in self:
            wizard.ponto_date_from = wizard._get_ponto_day(wizard.date_since)

    @api.depends("date_until", "ponto_provider_id")
    def _compute_ponto_date_to(self):
        for wizard in self:
            wizard.ponto_date_to = wizard._get_ponto_day(wizard.date_until)

    def _get_ponto_day(self, moment):
        """Return the local day of a naive moment in UTC (date); False without a feed of
        Ponto."""
        provider = self.ponto_provider_id
        if not provider or not moment:
            return False
        return provider._ponto_get_period(moment, moment).since

    def _inverse_ponto_days(self):
        for wizard in self:
            if wizard.ponto_date_from and wizard.ponto_date_to:
                wizard.write(
                    self._prepare_ponto_moments(
                        wizard.ponto_provider_id,
                        Period(wizard.ponto_date_from, wizard.ponto_date_to),
                    )
                )

    @api.model
    def _prepare_ponto_moments(self, provider, period):
        """Write whole days as the base does.

        :param Period period: the days, in the time zone of the bank
        :return: values for `date_since` and `date_until`
        :rtype: dict
        """
        since, until = moments_of(period, provider._ponto_get_zone())
        return {"date_since": to_naive_utc(since), "date_until": to_naive_utc(until)}

    @api.constrains("date_since", "date_until")
    def _check_ponto_days(self):
        for wizard in self.filtered("ponto_provider_id"):
            if wizard.ponto_date_to < wizard.ponto_date_from:
                raise ValidationError(
                    self.env._("The first day comes after the last one: swap them.")
                )

    # === PREVIEW === #

    @api.depends("ponto_line_ids")
    def _compute_ponto_summary(self):
        for wizard in self:
            lines = wizard.ponto_line_ids
            ranks = lines.mapped("rank")
            counts = [ranks.count(rank) for rank in range(4)]
            wizard.ponto_new_count = counts[0]
            wizard.ponto_importable_count = len(lines.filtered("is_importable"))
            wizard.ponto_summary = wizard._describe_ponto_counts(*counts)

    def _describe_ponto_counts(self, new, to_decide, left_out, in_journal):
        """Return the days, and how many transactions there are of each kind (str)."""
        days = {
            "since": format_date(self.env, self.ponto_date_from),
            "until": format_date(self.env, self.ponto_date_to),
        }
        if not any((new, to_decide, left_out, in_journal)):
            return self.env._(
                "From %(since)s to %(until)s, Ponto lists no transactions.", **days
            )
        parts = [
            self.env._("%s new", new),
            to_decide and self.env._("%s for you to decide", to_decide),
            left_out and self.env._("%s not imported now", left_out),
            in_journal and self.env._("%s in the journal already", in_journal),
        ]
        return self.env._(
            "From %(since)s to %(until)s: %(counts)s",
            counts=", ".join(filter(None, parts)),
            **days,
        )

    def action_ponto_preview(self):
        """Look at what a pull would do, and do nothing of it."""
        self.ensure_one()
        provider = self._get_ponto_provider()
        with remedies.offering_remedy(provider):
            values_list = preview.preview(provider, self._get_ponto_period())
        self.ponto_line_ids.unlink()
        self.write(
            {
                "ponto_step": "preview",
                "ponto_line_ids": [Command.create(values) for values in values_list],
            }
        )
        return self._get_ponto_action()

    def action_ponto_back(self):
        """Go back to the days."""
        self.ponto_line_ids.unlink()
        self.ponto_step = "days"
        return self._get_ponto_action()

    def _get_ponto_period(self):
        """Return the days to pull (Period)."""
        return self._get_provider()._ponto_get_period(self.date_since, self.date_until)

    def _get_ponto_action(self):
        """Return the action that shows the wizard once more (dict)."""
        is_preview = self.ponto_step == "preview"
        context = {"dialog_size": "extra-large"} if is_preview else {}
        return notifications.get_window(
            self.env, "ponto_pull_period_action", res_id=self.id, context=context
        )

    # === PULLING === #

    def action_pull(self):
        """Override to tell what a pull from Ponto brought."""
        # Who presses a button is no scheduled action, whatever the context says.
        self = self.with_context(scheduled=False)
        provider = self._get_provider()
        if provider.service != "ponto":
            return super().action_pull()
        with remedies.offering_remedy(provider):
            super().action_pull()
        return results.get_result_action(provider, stay=notifications.CLOSE)

    def action_ponto_import_new(self):
        """Import all that the preview shows as new."""
        return self._import_ponto_lines(self.ponto_line_ids.filtered("is_new"))

    def action_ponto_import_ticked(self):
        """Import what is ticked, whatever the preview says of it."""
        return self._import_ponto_lines(self._get_ticked_ponto_lines())

    def _import_ponto_lines(self, lines):
        """Import some lines of the preview, and tell what came of it."""
        provider = self._get_ponto_provider()
        verdicts = lines._get_verdicts()
        with remedies.offering_remedy(provider):
            pulls.pull_for_person(provider, self._get_ponto_period(), chosen=verdicts)
        return results.get_result_action(provider, stay=notifications.CLOSE)

    def action_ponto_ignore_ticked(self):
        """Leave out for good what is ticked, and show the preview once more."""
        lines = self._get_ticked_ponto_lines()
        preview.ignore_chosen(
            self._get_ponto_provider(), self._get_ponto_period(), lines._get_verdicts()
        )
        return self.action_ponto_preview()

    def _get_ticked_ponto_lines(self):
        """Return the lines of the preview that are ticked.

        :raise UserError: when none is
        """
        lines = self.ponto_line_ids.filtered("is_ticked")
        if not lines:
            raise UserError(self.env._("Select the transactions that you mean first."))
        return lines
