# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import SUPERUSER_ID, api, models

from ..tools import ON


class IrDefault(models.Model):
    """Keep defaults that users saved out of what feeds do."""

    _inherit = "ir.default"

    @api.model
    def _get_model_defaults(self, model_name, condition=False):
        """Override of `base` to take what an administrator has saved for everybody, and
        nothing else, where the feed itself works (see `without_caller_context`).

        Everybody may save a default of their own for any field, and with any record.
        Odoo takes it in sudo mode, too, and there nothing refuses it.
        """
        if self.env.context.get("ponto_ignore_defaults") is ON:
            self = self.with_user(SUPERUSER_ID)
        return super()._get_model_defaults(model_name, condition)
