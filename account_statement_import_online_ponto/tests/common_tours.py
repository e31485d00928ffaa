# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the browser tests of this addon share."""

import threading
from contextlib import contextmanager

from odoo.http import Application
from odoo.tests import HttpCase
from odoo.tools import config

from .common import PontoCase

#: A public address; nothing is ever sent to it.
PUBLIC_ADDRESS = "8.8.8.8"

DASHBOARD = "account.open_account_journal_dashboard_kanban"
PROVIDERS = "account_statement_import_online.online_bank_statement_provider_action"


class TourCase(PontoCase, HttpCase):
    """People's ways through the screens, in a real browser."""

    def walk(self, tour, user, action=DASHBOARD, record=None, **kwargs):
        """Let somebody walk through the screens.

        :param str tour: its name
        :param str action: external identifier of what is open at first
        :param record: what of it, if not all
        """
        path = f"/odoo/action-{self.env.ref(action).id}"
        if record:
            path += f"/{record.id}"
        self.start_tour(path, tour, login=user.login, **kwargs)

    def behind_proxy(self, address):
        """Put a reverse proxy before Odoo that tells this address of everybody."""
        self.patch(config, "options", config.options.new_child({"proxy_mode": True}))
        answer = Application.__call__

        def forward(application, environ, start_response):
            environ["HTTP_X_FORWARDED_FOR"] = address
            environ["HTTP_X_FORWARDED_HOST"] = environ["HTTP_HOST"]
            return answer(application, environ, start_response)

        self.patch(Application, "__call__", forward)

    @contextmanager
    def scheduled_pulls(self):
        """Do what the scheduled action does, a step at a time, beside the browser.

        Not before the browser has made Odoo ask Ponto: the test itself uses the cursor
        until then.
        """
        is_over = threading.Event()

        def go_on():
            while not is_over.wait(0.5):
                if not self.bank.requests:
                    continue
                with self.registry.cursor() as cr:
                    env = self.env(cr=cr, user=self.env.ref("base.user_root").id)
                    env["online.bank.statement.provider"]._scheduled_pull()

        scheduler = threading.Thread(target=go_on)
        scheduler.start()
        try:
            yield
        finally:
            is_over.set()
            scheduler.join()
