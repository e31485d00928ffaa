# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class PontoWizardMixin(models.AbstractModel):
    """What somebody enters in a dialog leads to nothing that they may not see.

    A many-to-one field shows the name of whatever record it holds, and the code behind
    a button works with it. So each record that is linked is one that the user may read.
    """

    _name = "ponto.wizard.mixin"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Checks Links of Dialogs"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to check what the new records are linked to, defaults included."""
        records = super().create(vals_list)
        records._check_links()
        return records

    def write(self, vals):
        """Override to check what the records are linked to now."""
        result = super().write(vals)
        self._check_links(vals)
        return result

    def _check_links(self, names=None):
        """Check that the user may read what the records are linked to.

        :param names: names of the fields that changed; None for all
        :raise AccessError: when the user may not
        """
        if self.env.su:
            return
        for name, field in self._fields.items():
            if (
                field.relational
                and field.store
                and not field.compute
                and (names is None or name in names)
                and self._has_field_access(field, "read")
            ):
                self[name].check_access("read")
