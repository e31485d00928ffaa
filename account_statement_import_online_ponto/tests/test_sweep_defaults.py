# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A default that comes along decides nothing that its sender may not decide."""

import logging
from functools import partial

from odoo import Command
from odoo.exceptions import AccessError
from odoo.models import MAGIC_COLUMNS
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common_sweeps import SweepCase

_logger = logging.getLogger(__name__)

MODULE = "account_statement_import_online_ponto"

PLANTED_SECRET = "planted-Hq8-secret"
PLANTED_ADDRESS = "http://127.0.0.1:9/planted"

#: What fields of which nobody knows a value of company A get, by their names and types.
PLANTED_NAMES = {
    "password": PLANTED_SECRET,
    "client_secret": PLANTED_SECRET,
    "pending_secret": PLANTED_SECRET,
    "api_base": PLANTED_ADDRESS,
}
PLANTED_TYPES = {
    "char": "planted",
    "text": "planted",
    "html": "planted",
    "integer": 77,
    "float": 77.0,
    "monetary": 77.0,
    "boolean": True,
    "date": "2026-01-07",
    "datetime": "2026-01-07 00:00:00",
    "json": {"planted": True},
}

LOGGERS = (
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.models",
    "odoo.models.unlink",
    "odoo.orm.fields",
    "odoo.fields",
    "odoo.sql_db",
    # What is compared to a record that was only made up for a form.
    "odoo.domains",
)


@tagged("post_install", "-at_install")
class TestSweepDefaults(SweepCase):
    """Each field of our models as `default_*`, by each way that makes or changes
    records, for the accounting administrator of company B."""

    def setUp(self):
        super().setUp()
        self.build_company_a()
        self.build_company_b()
        self.user = self.users_b["manager"]
        self.spare_journal = self.env["account.journal"].create(
            {
                "name": "Spare",
                "type": "bank",
                "code": "SPARE",
                "company_id": self.company_b.id,
            }
        )
        self.own = {
            name: self.env[name].with_user(self.user).sudo().create(values).sudo(False)
            for name, values in (
                ("ponto.connect.wizard", {"connection": "new"}),
                ("ponto.connection.check", {"provider_id": self.provider_b.id}),
                ("online.bank.statement.pull.wizard", {}),
            )
        }
        self.env.flush_all()
        self.snapshot = self.take_snapshot()
        self.tried = 0
        self.found = []

    # === WHAT IS PLANTED === #

    def get_fields(self, name):
        """Return the fields of a model that a default may name."""
        return [
            field
            for field in self.env[name]._fields.values()
            if field.name not in MAGIC_COLUMNS
        ]

    def get_value(self, name, field):
        """Return what somebody plants: what company A has there, or something else."""
        if field.name in PLANTED_NAMES:
            return PLANTED_NAMES[field.name]
        if field.type in ("one2many", "many2many"):
            ids = self.get_ids_of_a(field.comodel_name)
            return [Command.link(each) for each in ids[:1]]
        if field.type in ("many2one", "many2one_reference"):
            return next(iter(self.get_ids_of_a(field.comodel_name)), False)
        if field.type == "selection":
            keys = field.get_values(self.env)
            return keys[-1] if keys else False
        return PLANTED_TYPES.get(field.type, False)

    def get_ids_of_a(self, name):
        """Return ids of company A's records of a model (list)."""
        if name in self.rows_a:
            if name == "online.bank.statement.provider":
                return self.provider.ids
            return self.rows_a[name][-1:]
        return {
            "res.company": self.company.ids,
            "account.journal": self.spare_journal_a.ids,
            "account.bank.statement.line": self.lines().ids,
            "res.partner.bank": self.journal.bank_account_id.ids,
            "res.users": self.users_a["manager"].ids,
        }.get(name, [])

    # === BY WHICH WAY === #

    def get_ways(self, name, context):
        """Return {name of a way: function that goes it, and returns records}."""
        model = self.env[name].with_user(self.user).with_context(**context)
        required = {
            key: value
            for key, value in self.get_required(name).items()
            if f"default_{key}" not in context
        }
        ways = {"create": lambda: model.create(dict(required))}
        columns = {
            f"{key}/.id" if model._fields[key].type == "many2one" else key: str(value)
            for key, value in required.items()
        }
        if columns:
            ways["load"] = lambda: self.load(model, columns)
        if name == "online.bank.statement.provider":
            own = model.browse(self.provider_b.ids)
            ways["write"] = lambda: own.write({"tz": "Europe/Paris"}) and own
            ways["copy"] = lambda: own.copy({"journal_id": self.spare_journal.id})
            journal = self.spare_journal.with_user(self.user).with_context(**context)
            ways["journal"] = lambda: self.write_journal(journal)
        return ways

    def load(self, model, columns):
        result = model.load(list(columns), [list(columns.values())])
        if not result["ids"]:
            raise ValueError(result["messages"])
        return model.browse(result["ids"])

    def write_journal(self, journal):
        journal.online_bank_statement_provider = "ponto"
        return journal.online_bank_statement_provider_id

    def get_required(self, name):
        """Return the values that a record of company B needs (dict)."""
        return {
            "online.bank.statement.provider": {
                "journal_id": self.spare_journal.id,
                "service": "ponto",
            },
            "online.bank.statement.pull.debug": {"data": "something"},
            "ponto.connection.check": {"provider_id": self.provider_b.id},
            "ponto.pull": {
                "provider_id": self.provider_b.id,
                "started_at": "2026-07-15 00:00:00",
            },
            "ponto.transaction": {
                "provider_id": self.provider_b.id,
                "ponto_id": "made-up",
                "state": "imported",
            },
            "ponto.stop": {"provider_id": self.provider_b.id},
            "ponto.connect.wizard.line": {
                "wizard_id": self.own["ponto.connect.wizard"].id,
                "ponto_account_id": "made-up",
                "state": "free",
            },
            "ponto.connection.check.finding": {
                "check_id": self.own["ponto.connection.check"].id,
                "name": "made up",
                "state": "ok",
                "text": "made up",
            },
            "ponto.preview.line": {
                "wizard_id": self.own["online.bank.statement.pull.wizard"].id,
                "ponto_id": "made-up",
                "verdict": "new",
            },
        }.get(name, {})

    # === WHAT CAME OF IT === #

    def look(self, fields, usual):
        """Get a function that finds out what defaults did to new records.

        :param fields: the fields that had a default
        :param dict usual: what the fields are without any
        """

        def find(records):
            faults = []
            snapshot = self.take_snapshot()
            if snapshot != self.snapshot:
                tables = [
                    key for key in snapshot if snapshot[key] != self.snapshot[key]
                ]
                faults.append(f"changes A's rows in {', '.join(tables)}")
            rows = self.read_rows(records)
            for name, values in rows.items():
                faults += self.find_links(records.env[name], values)
            if PLANTED_SECRET in str(rows):
                faults.append("keeps the secret in clear")
            if PLANTED_ADDRESS in str(rows):
                faults.append("plants an address")
            for field in filter(self.is_state, fields if records else ()):
                value = records.sudo()[:1][field.name]
                if value != usual.get(field.name, False):
                    faults.append(f"plants {field.name} = {value!r}")
            return faults

        return find

    def is_state(self, field):
        """Return whether a field is one that only the addon itself may fill (bool)."""
        return (
            field.store
            and field.readonly
            and field.type not in ("one2many", "many2many")
            and MODULE in field._modules
        )

    def read_rows(self, records):
        """Return {model: rows as they are in the table} of records and what belongs
        to them (dict)."""
        models = {records._name: records.ids}
        integrations = self.env["ponto.integration"].sudo().search([])
        models["ponto.integration"] = integrations.ids
        rows = {}
        for name, ids in models.items():
            ids = [each for each in ids if each not in self.rows_a.get(name, [])]
            if ids:
                table = SQL.identifier(self.env[name]._table)
                self.env.cr.execute(
                    SQL("SELECT * FROM %s WHERE id IN %s", table, tuple(ids))
                )
                rows[name] = self.env.cr.dictfetchall()
        return rows

    def find_links(self, model, rows):
        """Return where rows of company B lead to records of A (list of str)."""
        faults = []
        for row in rows:
            for key, value in row.items():
                field = model._fields.get(key)
                if (
                    field
                    and field.type == "many2one"
                    and value
                    and field.comodel_name != "res.users"
                    and value in self.get_ids_of_a(field.comodel_name)
                ):
                    faults.append(f"links {model._name}.{key} to company A")
        for field in model._fields.values():
            if field.type == "many2many" and field.store:
                ids = [row["id"] for row in rows]
                linked = model.sudo().browse(ids).mapped(field.name).ids
                if field.comodel_name != "res.users" and set(linked) & set(
                    self.get_ids_of_a(field.comodel_name)
                ):
                    faults.append(f"links {model._name}.{field.name} to company A")
        return faults

    def try_defaults(self, name, fields, usual):
        """Try defaults for some fields at once, by each way, and note what is wrong.

        :param dict usual: {way: what state is after it without any default}
        :return: the ways that were refused
        """
        refused = []
        values = {field: self.get_value(name, field) for field in fields}
        context = {f"default_{field.name}": value for field, value in values.items()}
        for way, attempt in self.get_ways(name, context).items():
            self.tried += 1
            with mute_logger(*LOGGERS):
                answer, faults = self.try_out(attempt, self.look(fields, usual[way]))
            if isinstance(answer, Exception):
                refused.append(way)
            label = fields[0].name if len(fields) == 1 else "state"
            for fault in faults or ():
                self.found.append(f"{name}.{label} by {way}: {fault}")
        return refused

    def get_usual(self, name, way):
        """Return what state is after a way without any default (dict)."""
        states = [field.name for field in self.get_fields(name) if self.is_state(field)]
        with mute_logger(*LOGGERS):
            _answer, usual = self.try_out(
                self.get_ways(name, {})[way],
                lambda records: {key: records.sudo()[:1][key] for key in states},
            )
        return usual or {}

    # === TESTS === #

    def test_defaults_plant_nothing(self):
        names, count, possible = self.get_models(), 0, []
        for name in names:
            usual = {way: self.get_usual(name, way) for way in self.get_ways(name, {})}
            possible += [f"{name} by {way}" for way, found in usual.items() if found]
            fields = [
                each for each in self.get_fields(name) if self.get_value(name, each)
            ]
            states = [field for field in fields if self.is_state(field)]
            others = [field for field in fields if field not in states]
            count += len(fields)
            # All state at once; one by one where something of it was refused.
            if states and self.try_defaults(name, states, usual):
                others += states
            for field in others:
                self.try_defaults(name, [field], usual)
        _logger.info(
            "Defaults: %s fields of %s models, %s tries; records are made of %s",
            count,
            len(names),
            self.tried,
            ", ".join(possible),
        )
        self.assertGreater(count, 100)
        self.assertGreater(len(possible), 4)
        self.assert_none_found(self.found, self.tried)

    def test_defaults_in_a_form_tell_nothing(self):
        names, count = self.get_models(), 0
        for name in names:
            fields = [
                field
                for field in self.get_fields(name)
                if field.type == "many2one" and self.get_value(name, field)
            ]
            for field in fields:
                context = {f"default_{field.name}": self.get_value(name, field)}
                model = self.env[name].with_user(self.user).with_context(**context)
                spec = {
                    key: {"fields": {"display_name": {}}} if each.relational else {}
                    for key, each in model._fields.items()
                    if model._has_field_access(each, "read")
                }
                for way, attempt in {
                    "onchange": lambda model=model, spec=spec: model.onchange(
                        {}, [], spec
                    ),
                    "new": lambda model=model, spec=spec: [
                        record[key]
                        if not model._fields[key].relational
                        else record[key].mapped("display_name")
                        for record in model.new({})
                        for key in spec
                    ],
                }.items():
                    count += 1
                    with mute_logger(*LOGGERS):
                        answer, _found = self.try_out(attempt)
                    if words := self.find_words_of_a(answer):
                        self.found.append(
                            f"{name}.{field.name} by {way}: tells {', '.join(words)}"
                        )
        _logger.info("Defaults in forms: %s tries in %s models", count, len(names))
        self.assert_none_found(self.found, count)

    def test_values_in_a_form_tell_nothing(self):
        """In none of the shapes in which a form, or whoever plays one, can name records
        of company A, nor nested in a record that is new."""
        names, count = self.get_models(), 0
        for name in names:
            model = self.env[name].with_user(self.user)
            for field in self.get_fields(name):
                for value in self.get_shapes(field):
                    count += 1
                    self.try_value(model, field, value)
        _logger.info("Values in forms: %s tries in %s models", count, len(names))
        self.assertGreater(count, 100)
        self.assert_none_found(self.found, count)

    def try_value(self, model, field, value):
        """Try a value in a form, and note what that tells.

        Where it is refused whatever is asked for, it tells nothing. Else all is asked
        for one by one: what is refused must not cover for something else.
        """
        for spec in ({}, *self.get_specs(model, field)):
            with mute_logger(*LOGGERS):
                answer, _found = self.try_out(
                    partial(model.onchange, {field.name: value}, [], spec)
                )
            if words := self.find_words_of_a(answer):
                self.found.append(
                    f"{model._name}.{field.name} = {value!r}: {', '.join(spec)} tells "
                    f"{', '.join(words)}"
                )
            if not spec and isinstance(answer, AccessError):
                break

    def get_specs(self, model, field):
        """Return specifications of a form, one for each field that is told in sudo mode
        to whoever may read it (list of dict)."""
        told = [
            {key: {}}
            for key, each in model._fields.items()
            if each.compute_sudo and model._has_field_access(each, "read")
        ]
        if not field.relational:
            return told
        comodel = self.env[field.comodel_name].with_user(self.user)
        nested = [
            {field.name: {"fields": {key: {}}}}
            for key, each in comodel._fields.items()
            if each.compute_sudo
            and MODULE in each._modules
            and comodel._has_field_access(each, "read")
        ]
        return [*told, {field.name: {"fields": {"display_name": {}}}}, *nested]

    def get_shapes(self, field):
        """Return values of a relational field by which a record of A may be meant that
        is nobody's business but A's."""
        if not field.relational:
            return []
        nested = [
            {key: {"id": number}}
            for key, each in self.env[field.comodel_name]._fields.items()
            if each.type == "many2one"
            for number in self.get_hidden_ids(each.comodel_name)
        ]
        shapes = []
        for number in self.get_hidden_ids(field.comodel_name):
            if field.type == "many2one":
                shapes += [number, {"id": number}, {"id": str(number)}]
            else:
                shapes += [
                    [number],
                    [[Command.LINK, str(number), 0]],
                    [[Command.SET, 0, [number]]],
                    [[Command.UPDATE, number, {}]],
                ]
        if field.type == "many2one":
            return shapes + nested
        return shapes + [[[Command.CREATE, "virtual_1", values]] for values in nested]

    def get_hidden_ids(self, name):
        """Return the id of a record of A that the user may not read (list)."""
        records = (
            self.env[name].with_user(self.user).browse(self.get_ids_of_a(name)[:1])
        )
        return [] if records.has_access("read") else records.ids

    def test_nobody_writes_state(self):
        """Neither on one's own feed, nor as administrator of everything."""
        chief = self.users_a["manager"]
        chief.group_ids |= self.env.ref("base.group_system")
        count = 0
        for name in self.get_models():
            record = self.env[name].browse(self.get_ids_of_a(name))[:1]
            for field in filter(self.is_state, self.get_fields(name)):
                value = self.get_other_value(record, field)
                count += 1
                for user in self.users_a["accountant"] | chief | self.manager:
                    self.tried += 1
                    own = record.with_user(user)
                    with mute_logger(*LOGGERS):
                        answer, changed = self.try_out(
                            lambda own=own, field=field, value=value: own.write(
                                {field.name: value}
                            ),
                            lambda _: self.take_snapshot() != self.snapshot,
                        )
                    if changed:
                        self.found.append(
                            f"{name}.{field.name} written by {user.login}"
                        )
                    elif not isinstance(answer, Exception):
                        self.found.append(
                            f"{name}.{field.name} dropped silently for {user.login}"
                        )
        _logger.info("State: %s fields, %s tries", count, self.tried)
        self.assertGreater(count, 20)
        self.assert_none_found(self.found, self.tried)

    def get_other_value(self, record, field):
        """Return something that a field does not hold yet."""
        value = record.sudo()[field.name]
        if field.type == "boolean":
            return not value
        if field.type == "many2one":
            return (
                False if value else self.env[field.comodel_name].search([], limit=1).id
            )
        if field.type == "selection":
            keys = [key for key in field.get_values(self.env) if key != value]
            return keys[0]
        return PLANTED_TYPES[field.type]
