# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import api, fields, models


class PontoPull(models.Model):
    """What has become of what a pull read, by now."""

    _inherit = "ponto.pull"

    line_count = fields.Integer(
        string="Lines",
        compute="_compute_present_counts",
        compute_sudo=True,
        help="Statement lines of this pull that are in the journal.",
    )
    undecided_count = fields.Integer(
        string="Waiting Now",
        compute="_compute_present_counts",
        compute_sudo=True,
        help="Transactions that this pull was the first to read and that wait for a "
        "decision.",
    )
    removed_count = fields.Integer(
        string="Removed",
        compute="_compute_present_counts",
        compute_sudo=True,
        help="Transactions that this pull imported and whose lines were removed.",
    )
    skipped_text = fields.Text(
        string="Not Imported",
        compute="_compute_skipped_text",
        compute_sudo=True,
        help="What this pull was the first to read and what is not in the journal, "
        "and why.",
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
                [("pull_id", "in", self.ids), ("state", "=", "waiting")],
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

    # === BUTTONS === #

    def action_open_lines(self):
        """Open the statement lines that the pull has made.

        :return: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_base.account_bank_statement_line_action"
        )
        action["domain"] = [("ponto_pull_id", "=", self.id)]
        action["context"] = {"default_journal_id": self.journal_id.id}
        return action

    def action_open_undecided(self):
        """Open what the pull read and what waits for a decision.

        :return: a window action (dict)
        """
        return self._get_register_action(
            [("pull_id", "=", self.id), ("state", "=", "waiting")]
        )

    def action_open_removed(self):
        """Open what the pull imported and what was removed since.

        :return: a window action (dict)
        """
        return self._get_register_action(
            [("import_pull_id", "=", self.id), ("statement_line_id", "=", False)]
        )

    def _get_register_action(self, domain):
        """:return: a window action for a part of the register (dict)"""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online_ponto.ponto_transaction_action"
        )
        action["domain"] = domain
        return action
