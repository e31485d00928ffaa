# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from odoo.addons.account_statement_import_online_ponto.feed import importer

from .common import CRON, PontoCase
from .simulator import api as simulator_api


class BackgroundCase(PontoCase):
    """Small pages and batches, so that few transactions take many steps."""

    def setUp(self):
        super().setUp()
        self.patch(simulator_api, "MAXIMUM_LIMIT", 5)
        self.patch(importer, "LINES_PER_BATCH", 4)
        self.provider = self.create_provider()
        self.cron = self.env.ref(CRON)
        self.news()

    def book_days(self, month, count, **attributes):
        """Book one transaction on each of the first days of a month."""
        for day in range(1, count + 1):
            self.book(f"{day}.00", f"2026-{month:02}-{day:02}", **attributes)

    def months(self):
        """Return in which months the journal has lines, and how many."""
        months = self.lines().mapped(lambda line: line.date.month)
        return {month: months.count(month) for month in sorted(set(months))}

    def triggers(self):
        return self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])

    def news(self):
        """Return what a pull sent over the bus since the last look (list)."""
        self.env.cr.precommit.run()
        found = self.env["bus.bus"].sudo().search([])
        messages = [json.loads(message) for message in found.mapped("message")]
        found.unlink()
        types = ("ponto_progress", "simple_notification")
        return [message for message in messages if message["type"] in types]
