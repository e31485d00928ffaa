# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whoever calls whatever: what belongs to others is neither told nor touched."""

import inspect
import logging
from datetime import datetime

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import OUTCOME_LOGGER
from .common_sweeps import PREFIXES, SweepCase

_logger = logging.getLogger(__name__)

#: Where methods are looked for: our addon, and its base for the models that we open.
OURS = "odoo.addons.account_statement_import_online_ponto"
BASE = "odoo.addons.account_statement_import_online."

#: What every model has, and a form or a list calls.
ORM_METHODS = {
    "read": [["display_name"]],
    "web_read": [{"display_name": {}}],
    "export_data": [["id", ".id"]],
    "copy": [],
    "unlink": [],
    "web_save": [{}, {"display_name": {}}],
    "onchange": [{}, [], {"display_name": {}}],
    "name_search": [],
    "search_read": [[], ["display_name"]],
}

#: Arguments by the name of the parameter, where one must be given.
ARGUMENTS = {
    "vals_list": [{}],
    "vals": {},
    "fields_list": ["display_name"],
    "help_message": "",
    "statement_date_since": datetime(2026, 7, 1),
    "statement_date_until": datetime(2026, 7, 15),
}

LOGGERS = (
    OUTCOME_LOGGER,
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.models.unlink",
    "odoo.models",
    "odoo.sql_db",
)


@tagged("post_install", "-at_install")
class TestSweepMethods(SweepCase):
    """Every public method of ours, for every kind of user, with the ids of others."""

    def setUp(self):
        super().setUp()
        self.build_company_a()
        self.build_company_b()
        forged = self.get_forged_context()
        alone = dict(forged)
        # Odoo itself refuses a company that one does not work for.
        del alone["allowed_company_ids"]
        self.claims = [forged, alone]
        self.tried = 0
        self.found = []

    # === WHAT THERE IS TO CALL === #

    def get_methods(self):
        """Return {model: names of the public methods that our classes define}."""
        methods = {}
        for name, model in self.registry.items():
            if model._abstract:
                continue
            modules = (OURS, BASE) if name.startswith(PREFIXES) else (OURS,)
            methods[name] = sorted(
                {
                    method
                    for cls in model.mro()
                    if cls.__module__.startswith(modules)
                    for method, function in vars(cls).items()
                    if inspect.isroutine(function) and self.is_public(model, method)
                }
            )
        return {name: found for name, found in methods.items() if found}

    def is_public(self, model, method):
        """Return whether somebody can call a method from outside (bool)."""
        return not method.startswith("_") and not any(
            getattr(getattr(cls, method, None), "_api_private", False)
            for cls in model.mro()
        )

    def get_arguments(self, model, method):
        """Return values for the parameters that a method demands (list)."""
        function = inspect.getattr_static(type(model), method)
        if isinstance(function, (classmethod, staticmethod)):
            function = function.__func__
        _record, *parameters = inspect.signature(function).parameters.values()
        return [
            ARGUMENTS.get(parameter.name)
            for parameter in parameters
            if parameter.default is parameter.empty
            and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]

    def get_foreign_ids(self, _user, name):
        """Return the record of company A to call a method of: one of which the most
        can be had (list of one id, or empty)."""
        if name == "online.bank.statement.provider":
            return self.provider.ids
        if name == "ponto.transaction":
            return self.registered("waiting").ids[:1]
        if name in self.rows_a:
            return self.rows_a[name][-1:]
        line = self.lines()[:1]
        return {
            "account.journal": self.journal,
            "account.bank.statement.line": line,
            "account.bank.statement": line.statement_id,
            "account.move": line.move_id,
        }.get(name, line).ids

    # === CALLING === #

    def call(self, user, name, method, ids, context, arguments):
        """Call a method as a browser does, and see what came of it."""
        model = self.env[name].with_user(user).with_context(**context)
        function = getattr(type(model), method)
        records = model if getattr(function, "_api_model", False) else model.browse(ids)
        before = len(self.bank.requests)

        def attempt():
            answer = function(records, *arguments)
            # The row of a new record is nothing that it tells.
            return answer.ids if hasattr(answer, "ids") else answer

        self.tried += 1
        with mute_logger(*LOGGERS):
            answer, snapshot = self.try_out(attempt, lambda _: self.take_snapshot())
        return answer, snapshot, self.bank.requests[before:]

    def judge(self, user, name, method, context, result, may_ask=False):
        """Note what a call should not have done.

        :param bool may_ask: whether the user may ask Ponto in the name of company A
        """
        answer, snapshot, requests = result
        faults = []
        if words := self.find_words_of_a(answer):
            faults.append(f"tells {', '.join(words)}")
        if snapshot and snapshot != self.snapshot:
            tables = [key for key in snapshot if snapshot[key] != self.snapshot[key]]
            faults.append(f"changes {', '.join(tables)}")
        # Company B's own codes are refused, so what is answered was asked with A's.
        accepted = [request.path for request in requests if request.status == 200]
        if accepted and not may_ask:
            faults.append(f"asks Ponto {len(accepted)} times")
        if faults:
            claims = " ".join(context)[:60]
            self.found.append(
                f"{name}.{method}() by {user.login} [{claims}]: {'; '.join(faults)} "
                f"({str(answer)[:150]!r})"
            )

    def sweep(self, users, methods, get_ids, contexts):
        """Let each user call each method in each context."""
        self.snapshot = self.take_snapshot()
        for user in users:
            for name, names in methods.items():
                model = self.env[name]
                for method in names:
                    arguments = ORM_METHODS.get(method)
                    if arguments is None:
                        arguments = self.get_arguments(model, method)
                    for context in contexts:
                        self.bank.clear_requests()
                        self.env["ponto.integration"]._forget_tokens()
                        ids = get_ids(user, name)
                        result = self.call(user, name, method, ids, context, arguments)
                        self.judge(user, name, method, context, result)

    def finish(self, title, users, methods):
        _logger.info(
            "%s: %s calls of %s methods of %s models by %s users",
            title,
            self.tried,
            sum(map(len, methods.values())),
            len(methods),
            len(users),
        )
        self.assertGreater(len(methods), 3)
        self.assert_none_found(self.found, self.tried)

    # === TESTS === #

    def test_our_methods_keep_other_companies_apart(self):
        methods = self.get_methods()
        self.assertIn("action_ponto_fetch_now", methods["account.journal"])
        self.assertIn("action_import", methods["ponto.transaction"])
        users = self.users_b.values()
        self.sweep(users, methods, self.get_foreign_ids, [{}, *self.claims])
        self.finish("Methods, other company", users, methods)

    def test_odoos_own_methods_keep_other_companies_apart(self):
        methods = dict.fromkeys(self.rows_a, ORM_METHODS)
        users = self.users_b.values()
        self.sweep(users, methods, self.get_foreign_ids, [{}])
        self.finish("Odoo's methods, other company", users, methods)

    def test_windows_of_others_are_closed_within_a_company(self):
        """Whatever rights somebody has: what another person types is nobody's."""
        ours = self.get_methods()
        methods = {
            name: [*ours.get(name, []), *ORM_METHODS]
            for name in self.rows_a
            if self.env[name]._transient
        }
        # Who opened the windows may well use them.
        users = self.manager | self.bookkeeper
        for kind in ("invoicing", "accountant", "administrator"):
            users |= self.users_a[kind]
        self.sweep(users, methods, self.get_foreign_ids, [{}])
        self.finish("Methods, windows of others", users, methods)

    def test_who_may_not_see_a_feed_does_nothing_with_it(self):
        methods = {
            name: names
            for name, names in self.get_methods().items()
            if name.startswith(PREFIXES)
        }
        users = [
            self.users_a[kind]
            for kind in ("portal", "internal", "invoicing", "readonly")
        ]
        self.sweep(users, methods, self.get_foreign_ids, [{}, self.claims[-1]])
        self.finish("Methods, without rights", users, methods)

    def test_own_windows_do_not_lead_to_other_companies(self):
        """A window of one's own, opened for a feed of another company."""
        methods = {
            name: names
            for name, names in self.get_methods().items()
            if name in self.rows_a and self.env[name]._transient
        }
        users = [self.users_b[kind] for kind in ("bookkeeper", "manager")]
        opened = {}

        def open_window(user, name):
            if (user, name) not in opened:
                opened[user, name] = self.open_own_window(user, name)
            return opened[user, name]

        journal = {"active_model": "account.journal", "active_id": self.journal.id}
        self.sweep(users, methods, open_window, [{}, journal, *self.claims])
        self.finish("Methods, own windows", users, methods)

    def open_own_window(self, user, name):
        """Return a new window of a user of company B (list of one id, or empty)."""
        values = {
            "ponto.connection.check": {"provider_id": self.provider_b.id},
            "online.bank.statement.pull.debug": {"data": "something"},
            "online.bank.statement.pull.wizard": {},
            "ponto.connect.wizard": {
                "connection": "new",
                "client_id": self.simulator.client_id,
            },
        }.get(name)
        model = self.env[name].with_user(user)
        if values is None or not model.has_access("create"):
            return []
        # Some of them are made by buttons only, which name a feed that may be read.
        return model.sudo().create(values).ids

    def test_everybody_sees_only_windows_of_their_own(self):
        names = [name for name in self.get_models() if self.env[name]._transient]
        self.assertGreater(len(names), 4)
        _logger.info("Rules about the creator: %s transient models", len(names))
        rules = (
            self.env["ir.rule"]
            .sudo()
            .search(
                [
                    ("model_id.model", "in", names),
                    ("domain_force", "like", "create_uid"),
                    ("groups", "=", False),
                    ("perm_read", "=", True),
                    ("perm_write", "=", True),
                    ("perm_unlink", "=", True),
                ]
            )
        )
        self.assertEqual(sorted(rules.model_id.mapped("model")), names)
