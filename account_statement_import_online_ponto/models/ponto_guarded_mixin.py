# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, api, models
from odoo.exceptions import AccessError, MissingError
from odoo.tools import clean_context, ormcache

from ..tools import MODULE


class PontoGuardedMixin(models.AbstractModel):
    """What is read-only on the screen is read-only for everybody, by any way.

    Odoo takes the attribute `readonly` for a hint to its web client: by RPC, or by a
    default in the context, such fields can be written. What this addon states in them
    (the balance check, a failure, which integration a feed uses) would be worth
    nothing. Here only code in sudo mode writes them.
    """

    _name = "ponto.guarded.mixin"
    _description = "Guards Read-only Fields"

    @api.model
    def _get_guarded_names(self):
        """Get the fields that only code in sudo mode may write.

        :return: names of the read-only fields that this addon has added (set)
        """
        return {
            name
            for name, field in self._fields.items()
            if field._module == MODULE and field.readonly and not field.inverse
        }

    @api.model
    @ormcache("self.env.su")
    def _get_coded_names(self):
        """Get the fields whose default always comes from the code.

        In sudo mode, where the code gives the values, these are all of the addon's, and
        what Odoo itself keeps of each record.

        :return: names of fields (frozenset)
        """
        if not self.env.su:
            return frozenset(self._get_guarded_names())
        return frozenset(
            name
            for name, field in self._fields.items()
            if field._module in (MODULE, None)
        )

    @api.model
    def default_get(self, fields):
        """Override to take no default that its owner may not give.

        Everybody may save defaults of their own (`ir.default`): for any field, with any
        record in it. Odoo takes them in sudo mode, too.
        """
        coded = self._get_coded_names()
        values = {}
        if others := [name for name in fields if name not in coded]:
            values = super().default_get(others)
            saved = self.env["ir.default"]._get_model_defaults(self._name)
            for name in saved.keys() & values.keys():
                is_saved = f"default_{name}" not in self.env.context
                if is_saved and not self._may_link({name: values[name]}):
                    del values[name]
        for name in coded.intersection(fields):
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(field.default(self), self, False)
                values[name] = field.convert_to_write(value, self)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        """Override to drop values and defaults that the caller may not give.

        A person's values and defaults for guarded fields are dropped. In sudo mode,
        where the code gives the values, the context of whoever called gives none.

        :raise AccessError: when somebody links what they may not read
        """
        if not self.env.su:
            for vals in vals_list:
                self._check_may_link(vals)
            guarded = self._get_guarded_names()
            vals_list = [
                {name: value for name, value in vals.items() if name not in guarded}
                for vals in vals_list
            ]
        own = self.with_env(self.env(context=self._get_own_context()))
        return super(PontoGuardedMixin, own).create(vals_list).with_env(self.env)

    @api.model
    def _get_own_context(self):
        """Return the context without defaults that its bearer may not give (dict)."""
        if self.env.su:
            return clean_context(self.env.context)
        guarded = self._get_guarded_names()
        return {
            key: value
            for key, value in self.env.context.items()
            if key.removeprefix("default_") not in guarded
        }

    def write(self, vals):
        """Override to refuse what only code in sudo mode may write.

        :raise AccessError: when somebody tries
        """
        if not self.env.su and (names := self._get_guarded_names() & vals.keys()):
            labels = self.fields_get(names, ["string"]).values()
            raise AccessError(
                self.env._(
                    "Nobody can change this by hand: %s.",
                    ", ".join(sorted(label["string"] for label in labels)),
                )
            )
        return super().write(vals)

    @api.model
    def load(self, fields, data):
        """Override to leave out the columns that only code in sudo mode may write."""
        if self.env.su:
            return super().load(fields, data)
        guarded = self._get_guarded_names()
        kept = [
            position
            for position, path in enumerate(fields)
            if path.split("/")[0] not in guarded
        ]
        return super().load(
            [fields[position] for position in kept],
            [[row[position] for position in kept] for row in data],
        )

    def onchange(self, values, field_names, fields_spec):
        """Override of `web`, which tells names and related values of linked records in
        sudo mode: of records that the user may read, and of no others."""
        self._check_may_link(self._get_context_defaults())
        self._check_may_link(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    @api.private
    def new(self, values=None, origin=None, ref=None):
        """Override not to take up defaults that their bearer may not read."""
        self._check_may_link(self._get_context_defaults())
        return super().new(values, origin, ref)

    @api.model
    def _get_context_defaults(self):
        """Return the defaults in the context: {name of a field: value} (dict)."""
        return {
            key.removeprefix("default_"): value
            for key, value in self.env.context.items()
            if key.startswith("default_")
        }

    @api.model
    def _may_link(self, values):
        """Tell whether the user may read what values link to (bool)."""
        try:
            self._check_may_link(values)
        except (AccessError, MissingError):
            return False
        return True

    @api.model
    def _check_may_link(self, values):
        """Check that the user may read what values link to.

        :param dict values: as for `create` and `onchange`, as far as they are of this
            model
        :raise AccessError: when the user may not
        """
        if not self.env.su:
            _check_may_link(self, values)


def _check_may_link(model, values):
    """Check the same for any model: values of records that are linked may link to
    others in turn.

    :raise AccessError: also for what Odoo or the database may take for an identifier
        though it is none
    """
    for name, value in values.items():
        field = model._fields.get(name)
        if not field or not field.relational or not value:
            continue
        comodel = model.env[field.comodel_name]
        ids, nested = _read_links(field, value)
        if any(each and not isinstance(each, int) for each in ids):
            raise AccessError(
                model.env._("Only records that you may see can be linked to others.")
            )
        comodel.browse({each for each in ids if each}).check_access("read")
        for each in nested:
            _check_may_link(comodel, each)


def _read_links(field, value):
    """Read what a value of a relational field links to.

    :param value: as for `create` and `onchange`, where a record can be given by its
        values, with its identifier among them
    :return: what stands for identifiers (list), and values of linked records (list of
        dict)
    :rtype: tuple
    """
    ids, nested = [], []
    if field.type == "many2one":
        # A pair tells the name, too.
        value = value[:1] if isinstance(value, list | tuple) else [value]
    for each in value:
        if isinstance(each, models.BaseModel):
            ids += each.ids
        elif isinstance(each, dict):
            ids.append(each.get("id"))
            nested.append(each)
        elif isinstance(each, list | tuple):
            code, linked_id, *arguments = each
            if code == Command.SET:
                ids += arguments[0]
            elif code != Command.CREATE:
                ids.append(linked_id)
            if code in (Command.CREATE, Command.UPDATE):
                nested.append(arguments[0])
        else:
            ids.append(each)
    return ids, nested
