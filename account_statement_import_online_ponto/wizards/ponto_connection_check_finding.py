# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..feed import background, results

#: In which order findings are read: what needs somebody comes first.
STATES = ("error", "warning", "skipped", "ok")


class PontoConnectionCheckFinding(models.TransientModel):
    """One finding, and the button that leads to its repair.

    A new kind of repair needs a key in `repair`, a method `_repair_KEY` that returns an
    action, and perhaps a group in `_get_repair_group`.
    """

    _name = "ponto.connection.check.finding"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Connection Check Finding"
    _order = "sequence, id"

    check_id = fields.Many2one(
        comodel_name="ponto.connection.check",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(readonly=True)
    name = fields.Char(string="Checked", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("ok", "Fine"),
            ("warning", "To Look At"),
            ("error", "Problem"),
            ("skipped", "Not Checked"),
        ],
        required=True,
        readonly=True,
    )
    text = fields.Text(string="Finding", required=True, readonly=True)
    repair = fields.Selection(
        selection=[
            ("open_ponto", "Open Ponto"),
            ("check_again", "Check Again"),
            ("fetch_now", "Fetch"),
            ("show_waiting", "Show Them"),
            ("show_explaining", "Show Them"),
            ("show_lines", "Show Transactions"),
            ("update_credentials", "Update Credentials"),
            ("open_provider", "Open the Feed"),
            ("open_journal", "Open the Journal"),
            ("activate_provider", "Resume the Feed"),
            ("resume", "Resume"),
            ("activate_schedule", "Activate"),
        ],
        readonly=True,
    )
    url = fields.Char(compute="_compute_url")

    @api.depends("repair")
    def _compute_url(self):
        for finding in self:
            finding.url = (
                results.DASHBOARD_URL if finding.repair == "open_ponto" else False
            )

    @api.model
    def _create_findings(self, check, findings):
        """Create the records of what a check has found, what needs somebody first.

        :param check: a `ponto.connection.check`
        :param list findings: `Finding` objects
        """
        findings = sorted(findings, key=lambda finding: STATES.index(finding.state))
        self.sudo().create(
            [
                {
                    **self._prepare_finding(finding),
                    "check_id": check.id,
                    "sequence": position,
                }
                for position, finding in enumerate(findings)
            ]
        )

    @api.model
    def _prepare_finding(self, finding):
        """Prepare the values of a finding (dict); instead of a repair that the user may
        not do, it tells who may.

        :param Finding finding: what was found
        """
        vals = asdict(finding)
        group = self._get_repair_group(finding.repair)
        if not group or self.env.user.has_group(group):
            return vals
        who = {
            "account.group_account_manager": self.env._(
                "An accounting administrator can repair this."
            ),
            "base.group_system": self.env._("A system administrator can repair this."),
        }[group]
        return {**vals, "repair": False, "text": f"{finding.text} {who}"}

    @api.model
    def _get_repair_group(self, repair):
        """Return external identifier of the group that a repair needs, or None."""
        return {
            "update_credentials": "account.group_account_manager",
            "open_provider": "account.group_account_manager",
            "open_journal": "account.group_account_manager",
            "activate_provider": "account.group_account_manager",
            "activate_schedule": "base.group_system",
        }.get(repair)

    # === REPAIRS === #

    def action_repair(self):
        """Lead to the repair.

        :return: an action (dict)
        :raise AccessError: when the user may not do it
        """
        self.ensure_one()
        self.check_access("read")
        group = self._get_repair_group(self.repair)
        if group and not self.env.user.has_group(group):
            raise AccessError(self.env._("You may not repair this."))
        return getattr(self, f"_repair_{self.repair}")()

    def _repair_open_ponto(self):
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    def _repair_check_again(self):
        return self.check_id.provider_id.action_ponto_check_connection()

    def _repair_fetch_now(self):
        return self.check_id.provider_id.action_ponto_fetch_now()

    def _repair_show_waiting(self):
        return self.check_id.provider_id.action_ponto_open_waiting()

    def _repair_show_explaining(self):
        return self.check_id.provider_id._ponto_get_parts_action(
            self.env._("Read, but Not in the Journal")
        )

    def _repair_show_lines(self):
        return results.get_journal_lines_action(self.check_id.provider_id.journal_id)

    def _repair_update_credentials(self):
        return self.check_id.provider_id.action_ponto_update_credentials()

    def _repair_open_provider(self):
        return self._get_form_action(self.check_id.provider_id)

    def _repair_open_journal(self):
        return self._get_form_action(self.check_id.provider_id.journal_id)

    def _repair_activate_provider(self):
        self.check_id.provider_id.active = True
        return self.check_id.provider_id.action_ponto_check_connection()

    def _repair_resume(self):
        background.resume(self.check_id.provider_id)
        return self.check_id.provider_id.action_ponto_check_connection()

    def _repair_activate_schedule(self):
        self.env.ref(background.CRON).active = True
        return self.check_id.provider_id.action_ponto_check_connection()

    @api.model
    def _get_form_action(self, record):
        """Return the action that opens a record (dict)."""
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            "target": "current",
        }
