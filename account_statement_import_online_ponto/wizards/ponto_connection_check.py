# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..feed import connection_check_bank, connection_check_books
from ..feed.connection_check import fetch_facts


class PontoConnectionCheck(models.TransientModel):
    """Everything between the bank and the journal, one plain finding after another.

    A check asks Ponto three times, five at most, and writes nothing on feed or journal.
    What it looks at is a list of functions: an integrator adds one to `_get_checks`.
    """

    _name = "ponto.connection.check"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Connection Check"
    _rec_name = "provider_id"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        string="Feed",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    finding_ids = fields.One2many(
        comodel_name="ponto.connection.check.finding",
        inverse_name="check_id",
        string="Findings",
        readonly=True,
    )
    level = fields.Selection(
        selection=[("ok", "Fine"), ("warning", "To Look At"), ("error", "Problem")],
        compute="_compute_summary",
        help="How bad the worst of the findings is.",
    )
    summary = fields.Char(compute="_compute_summary")

    @api.depends("finding_ids.state")
    def _compute_summary(self):
        for check in self:
            states = check.finding_ids.mapped("state")
            problems, warnings = states.count("error"), states.count("warning")
            check.level = "error" if problems else "warning" if warnings else "ok"
            check.summary = (
                self.env._("Everything is fine.")
                if check.level == "ok"
                else self.env._(
                    "Problems: %(problems)s. To look at: %(warnings)s. Fine: %(fine)s.",
                    problems=problems,
                    warnings=warnings,
                    fine=states.count("ok"),
                )
            )

    @api.model
    def _get_checks(self):
        """Get what is looked at.

        :return: functions (list); each takes a `Facts` and returns a `Finding`
        """
        bank, books = connection_check_bank, connection_check_books
        return [
            bank.check_credentials,
            bank.check_encryption,
            bank.check_permission,
            bank.check_account,
            bank.check_number_and_currency,
            bank.check_replaced,
            bank.check_consent,
            bank.check_synchronization,
            bank.check_clock,
            books.check_active,
            books.check_schedule,
            books.check_next_run,
            books.check_last_pull,
            books.check_suspense_account,
            books.check_exchange_rate,
            books.check_lock_dates,
            books.check_waiting,
            books.check_balance,
        ]

    # === RUNNING === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to check the feed: a check comes with its findings."""
        checks = super().create(vals_list)
        for check in checks:
            provider = check.provider_id.with_company(check.provider_id.company_id)
            facts = fetch_facts(provider)
            findings = [find(facts) for find in check._get_checks()]
            check.finding_ids._create_findings(check, findings)
        return checks

    @api.model
    def _run(self, provider):
        """Check a feed, for other modules.

        :param provider: an `online.bank.statement.provider` that the user may pull
        :return: a `ponto.connection.check`
        """
        return self.sudo().create({"provider_id": provider.id}).with_env(self.env)

    # === BUTTONS === #

    def action_check_again(self):
        """Check once more, and show the new findings."""
        self.ensure_one()
        self.check_access("read")
        return self.provider_id.action_ponto_check_connection()
