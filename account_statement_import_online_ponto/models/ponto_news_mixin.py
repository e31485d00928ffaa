# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..feed import notifications, results


class PontoNewsMixin(models.AbstractModel):
    """What the last fetch of a feed has brought, and what it asks of people."""

    _name = "ponto.news.mixin"
    _description = "Tells What a Feed Has Brought"

    ponto_news_pull_id = fields.Many2one(
        comodel_name="ponto.pull",
        compute="_compute_ponto_news",
        help="The last fetch, if it has imported anything.",
    )
    ponto_news = fields.Char(
        string="Last Fetch",
        compute="_compute_ponto_news",
        help="What the last fetch has imported; nothing where it found nothing new.",
    )

    @api.depends("ponto_pull_ids.state", "ponto_pull_ids.imported_count")
    @api.depends_context("lang")
    def _compute_ponto_news(self):
        Pull = self.env["ponto.pull"]
        last = Pull.browse(
            pull_id
            for _provider, pull_id in Pull._read_group(
                [("provider_id", "in", self.ids)], ["provider_id"], ["id:max"]
            )
        )
        by_provider = last.grouped("provider_id")
        for provider in self:
            pull = by_provider.get(provider._origin, Pull)
            pull = pull.filtered(lambda each: each.state == "done" and each.line_count)
            provider.ponto_news_pull_id = pull
            provider.ponto_news = pull._get_summary() if pull else False

    def action_ponto_open_news(self):
        """Open the lines that the last fetch has brought, and no others.

        :return: a window action (dict)
        """
        self.ensure_one()
        return results.get_pull_lines_action(self.ponto_news_pull_id)

    def action_ponto_open_waiting(self):
        """Open what waits for a decision.

        :return: a window action (dict)
        """
        self.ensure_one()
        return notifications.get_window(
            self.env,
            "ponto_transaction_waiting_action",
            context={"search_default_journal_id": self.journal_id.id},
        )
