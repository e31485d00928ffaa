# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class PontoPull(models.Model):
    """What one pull did: who started it, what it read, what became of it."""

    _name = "ponto.pull"
    _description = "Ponto Pull"
    _order = "id desc"
    _rec_name = "started_at"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Started by",
        help="Empty for the scheduled pull.",
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    started_at = fields.Datetime(string="Started", required=True)
    finished_at = fields.Datetime(string="Finished")
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
    imported_ids = fields.One2many(
        comodel_name="ponto.transaction",
        inverse_name="import_pull_id",
        string="Imported Transactions",
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
        help="New transactions of other days, for the next scheduled pull to import.",
    )
    before_start_count = fields.Integer(
        string="Before Start",
        help="New transactions dated before the day from which to import.",
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
            parts.append(
                self.env._("%s of other days for the scheduled pull", self.later_count)
            )
        if self.before_start_count:
            parts.append(
                self.env._("%s before the start date", self.before_start_count)
            )
        summary = ", ".join(parts)
        return f"{summary}. {self.message}" if self.message else summary
