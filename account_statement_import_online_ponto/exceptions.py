# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError


class UnreadableSecretError(UserError):
    """This server cannot read a secret that somebody has entered."""
