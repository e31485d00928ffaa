# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from ast import literal_eval

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import formatLang

from ..feed import background
from ..tools import format_account_number


class OnlineBankStatementProvider(models.Model):
    """What the form shows of a feed beside its settings, and where its buttons lead."""

    _inherit = "online.bank.statement.provider"

    ponto_account_number = fields.Char(
        string="Account Number of the Journal",
        compute="_compute_ponto_account_number",
    )
    ponto_transaction_count = fields.Integer(compute="_compute_ponto_counts")
    ponto_pull_count = fields.Integer(compute="_compute_ponto_counts")

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

    @api.model
    def get_empty_list_help(self, help_message):
        """Override to tell whoever has no feed yet how to get one."""
        connect = self.env.ref(
            "account_statement_import_online_ponto.ponto_connect_wizard_action"
        )
        return Markup(
            '<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>'
            '<p><a type="action" name="%s" class="btn btn-primary">%s</a></p>'
        ) % (
            self.env._("No bank feed yet"),
            self.env._(
                "Connect Ponto once; your bank accounts then fill their journals by "
                "themselves."
            ),
            connect.id,
            self.env._("Connect MyPonto.com"),
        )

    # === BUTTONS === #

    def action_ponto_check_connection(self):
        """Check the connection from Ponto's login to the journal, and show the
        findings.

        :return: a window action (dict)
        :raise AccessError: when the user may not pull
        """
        self.ensure_one()
        background.check_may_pull(self)
        return self.env["ponto.connection.check"]._run(self)._get_action()

    def action_ponto_update_credentials(self):
        """Ask for a new secret, which replaces the old one wherever it is in use.

        :return: a window action (dict)
        """
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online_ponto"
            ".ponto_connect_wizard_action_update_credentials"
        )
        action["context"] = {
            **literal_eval(action["context"]),
            "active_model": self._name,
            "active_id": self.id,
        }
        return action

    # === WHAT A PULL SHOWS AT ITS END === #

    def _ponto_get_result_action(self, pull=None):
        """:param pull: the `ponto.pull` to tell of; None for the last one
        :return: the action that tells what a pull brought, and shows it (dict)"""
        pull = pull and pull.sudo(False)
        if not pull:
            pulls = self.env["ponto.pull"]
            pull = pulls.search([("provider_id", "=", self.id)], limit=1)
        if pull.state == "running":
            return self._ponto_get_background_action(pull)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if pull.message else "success",
                "title": self.journal_id.name,
                "message": pull._get_summary(),
                "next": self._ponto_get_lines_action(pull.imported_ids),
            },
        }

    def _ponto_get_background_action(self, pull):
        """Return the action that tells that a pull goes on in the background, and shows
        how far it is (dict)."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online.online_bank_statement_provider_action"
        )
        message = (
            self.env._(
                "%s imported so far; the rest goes on in the background.",
                formatLang(self.env, pull.imported_count, digits=0),
            )
            if pull.read_count
            else self.env._("The import goes on in the background.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.journal_id.name,
                "message": message,
                "next": {**action, "views": [(False, "form")], "res_id": self.id},
            },
        }

    def _ponto_get_lines_action(self, transactions):
        """Get the action that shows what was imported, or all the journal has.

        :param transactions: `ponto.transaction` records
        :return: a window action (dict)
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_base.account_bank_statement_line_action"
        )
        lines = transactions.statement_line_id
        action["domain"] = (
            [("id", "in", lines.ids)]
            if lines
            else [("journal_id", "=", self.journal_id.id)]
        )
        action["context"] = {"default_journal_id": self.journal_id.id}
        return action
