# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import SUPERUSER_ID, api

from odoo.addons.account_statement_import_online_ponto.feed.taking_over import (
    take_over,
)


def migrate(cr, version):
    """Take over the configuration and the lines of the OCA module (19.0.1.x)."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    take_over(env)
