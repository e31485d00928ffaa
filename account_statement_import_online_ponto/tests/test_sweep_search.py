# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Nobody finds out by searching what they may not read.

Whoever may search can guess: is there a secret that begins with "s"? So a true guess
and a false one must get the same answer, by whatever way through the models.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_sweeps import JOURNAL, REFUSALS, SweepCase

_logger = logging.getLogger(__name__)

#: How many relations a way may lead over.
MAX_STEPS = 3

TEXTS = ("char", "text", "html")
NUMBERS = ("float", "monetary", "integer")
DAYS = ("date", "datetime")

#: Searching in ways that are refused writes a line for each.
LOGGERS = (
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.domains",
    "odoo.orm.domains",
    "odoo.models",
    "odoo.sql_db",
)


@dataclass(frozen=True)
class Way:
    """Relations that lead from a model to one of ours."""

    model: str
    names: tuple[str, ...]
    target: str
    #: The models on the way whose access rights Odoo asks for, as a column leads there.
    guards: tuple[str, ...]
    #: Whether the first step is one that a method searches, or past access rights.
    is_crossing: bool

    def __str__(self):
        return ".".join((self.model, *self.names))


@dataclass(frozen=True)
class Guess:
    """What may be in a field of company A, and what is not."""

    name: str
    operator: str
    true: Any
    false: Any

    def get_leaf(self, is_true):
        return (self.name, self.operator, self.true if is_true else self.false)


@tagged("post_install", "-at_install")
class TestSweepSearch(SweepCase):
    """Every way from every model to ours, for every kind of user."""

    def setUp(self):
        super().setUp()
        self.build_company_a()
        self.build_company_b()
        self.tried = 0
        self.closed = 0
        self.rights = {}
        self.begun = set()
        self.found = {}

    # === WAYS === #

    @cached_property
    def relations(self):
        """{model: [(model that has a relation to it, its field)]}"""
        relations = {}
        for name, model in self.registry.items():
            if model._abstract:
                continue
            for field in model._fields.values():
                if field.comodel_name and (field.store or field.search):
                    relations.setdefault(field.comodel_name, []).append((name, field))
        return relations

    @cached_property
    def ways(self):
        """Each way of up to so many steps to one of our models, found backwards."""
        found = step = [Way(name, (), name, (), False) for name in self.get_models()]
        for _number in range(MAX_STEPS):
            step = [
                self.prepend(model, field, way)
                for way in step
                for model, field in self.relations.get(way.model, ())
            ]
            found = found + step
        return found

    def prepend(self, model, field, way):
        """Return a `Way` that begins a step earlier."""
        is_crossing = bool(
            field.search or getattr(field, "bypass_search_access", False)
        )
        guards = way.guards if is_crossing else (way.model, *way.guards)
        return Way(model, (field.name, *way.names), way.target, guards, is_crossing)

    # === GUESSES === #

    @cached_property
    def guesses(self):
        """{model: [Guess]}: what is true of company A's records alone, or of what a way
        leads to from any record"""
        detour = Guess(
            "create_uid.company_ids.bank_journal_ids.name",
            "=like",
            f"{JOURNAL[:6]}%",
            "zqj%",
        )
        return {
            name: [
                guess
                for field in self.env[name]._fields.values()
                for guess in self.prepare_guesses(self.env[name].sudo(), field)
                if self.is_of_company_a(name, guess)
            ]
            + [detour]
            for name in self.get_models()
        }

    def prepare_guesses(self, model, field):
        """Prepare what may be guessed of a field, after its first value that tells
        something."""
        if not (field.store or field.search) or field.type == "boolean":
            return
        records = model.browse(self.rows_a[model._name])
        value = next(filter(None, records.mapped(lambda each: each[field.name])), None)
        if not value:
            return
        name = field.name
        if field.type in TEXTS:
            value = str(value)
            yield Guess(name, "=like", f"{value[:6]}%", "zqj%")
            yield Guess(name, "in", [value], ["zqj"])
        elif field.type == "many2one" and model._fields[name].store:
            yield Guess(name, "=", value.id, 2**30)
        elif field.type in NUMBERS:
            yield Guess(name, "=", value, value + 987_654)
        elif field.type in DAYS:
            yield Guess(name, "=", value, value + timedelta(days=20_000))

    def is_of_company_a(self, name, guess):
        """Return whether a guess is about company A's records only (bool)."""
        model = self.env[name].sudo().with_context(active_test=False)
        true = model.search([guess.get_leaf(True)]).ids
        false = model.search_count([guess.get_leaf(False)])
        return bool(true) and not false and set(true) <= set(self.rows_a[name])

    def get_hidden(self, user, name):
        """Return the guesses about fields that a user may not read, even of records
        that the user may (list)."""
        return [
            guess
            for guess in self.guesses[name]
            if not self.may_read(user, name, guess)
        ]

    def may_read(self, user, name, guess=None):
        """Return whether a user may read anything of a model, or the field of it that
        a guess is about (bool)."""
        field_name = guess and guess.name.partition(".")[0]
        key = (user.login, name, field_name)
        if key not in self.rights:
            model = self.env[name].with_user(user)
            self.rights[key] = model.has_access("read") and (
                not guess or model._has_field_access(model._fields[field_name], "read")
            )
        return self.rights[key]

    # === HOW TO ASK === #

    def build_domains(self, way, leaf):
        """Return the ways to ask for a leaf at the end of a way (list of domains)."""
        name, operator, value = leaf
        path = ".".join((*way.names, name))
        domains = [[(path, operator, value)]]
        if not way.names:
            return domains
        first, rest = way.names[0], ".".join((*way.names[1:], name))
        for any_operator in ("any", "not any", "any!", "not any!"):
            nested = [(name, operator, value)]
            for each in reversed(way.names):
                nested = [(each, any_operator, nested)]
            domains.append(nested)
        domains += [
            [(first, "any", ((rest, operator, value),))],
            [(first, "any!", ((rest, operator, value),))],
            [(first, "in", [[rest, operator, value]])],
            [(first, "=", [[rest, operator, value]])],
            [(first, "not in", [[rest, operator, value]])],
        ]
        if operator == "=like":
            text = value.rstrip("%")
            domains += [
                [(path, "not ilike", text)],
                [(".".join(way.names), "like", text)],
            ]
        elif operator == "in":
            domains += [[(path, "=", value[0])], [(path, "not in", value)]]
        return domains

    def ask(self, method, *args):
        """Return what somebody gets to know by a method of a model."""
        self.tried += 1
        try:
            with self.env.cr.savepoint(flush=False):
                answer = method(*args)
        except REFUSALS as error:
            return type(error).__name__
        return getattr(answer, "ids", answer)

    def compare(self, user, way, method, true, false):
        """Ask for what is true and for what is not, and compare the answers."""
        answers = self.ask(method, true), self.ask(method, false)
        if answers[0] == answers[1]:
            return True
        example = f"{method.__name__}({true}): {answers[0]} <> {answers[1]}"
        users, _example = self.found.setdefault(str(way), (set(), example))
        users.add(user.login)
        return False

    def probe(self, user, way, guesses):
        """Let somebody ask whether something is true at the end of a way.

        One question about all that the user may read there, and another about all that
        is hidden: if nothing of it is found, nothing of a part of it is.
        """
        if not all(self.may_read(user, name) for name in (way.model, *way.guards)):
            self.closed += 1
            return
        if self.is_implied(user, way):
            return
        model = self.env[way.model].with_user(user)
        readable = [
            guess for guess in guesses if self.may_read(user, way.target, guess)
        ]
        for group in (readable, [each for each in guesses if each not in readable]):
            if group:
                domains = [
                    self.join(way, [guess.get_leaf(is_true) for guess in group])
                    for is_true in (True, False)
                ]
                self.compare(user, way, model.search_count, *domains)
        begin = (self.get_peers(user), way.model, way.names[:1])
        if (way.is_crossing or len(way.names) < 2) and begin not in self.begun:
            self.begun.add(begin)
            self.probe_thoroughly(user, way, model, guesses)

    def join(self, way, leaves):
        """Return a domain for any of some leaves at the end of a way (list)."""
        domain = ["|"] * (len(leaves) - 1) + leaves
        return [(".".join(way.names), "any", domain)] if way.names else domain

    def is_implied(self, user, way):
        """Tell whether a way need not be gone.

        A column leads to what a search on the model behind it finds, no more; and that
        was asked for. It is tried out where little may be read, and taken for granted
        where hundreds of ways are open.

        :rtype: bool
        """
        return (
            not way.is_crossing
            and len(way.names) > 1
            and self.get_peers(user) == "accounting"
        )

    def get_peers(self, user):
        """Return a name (str) that users share who search alike: in accounting, the
        first who may go a way goes it in all forms, the others with one question."""
        models = ("online.bank.statement.provider", "account.journal")
        is_accounting = all(self.may_read(user, name) for name in models)
        return "accounting" if is_accounting else user.login

    def probe_thoroughly(self, user, way, model, guesses):
        """Let somebody ask in every way in which one can ask."""
        records = model.search([], limit=5)
        # What is hidden comes first, and of that a text.
        guess = min(
            guesses,
            key=lambda each: (
                self.may_read(user, way.target, each),
                each.operator != "=like",
            ),
        )
        true, false = (
            self.build_domains(way, guess.get_leaf(is_true))
            for is_true in (True, False)
        )
        for pair in zip(true, false, strict=True):
            if not self.compare(user, way, model.search_count, *pair):
                break
        pair = true[0], false[0]
        self.compare(user, way, records.filtered_domain, *pair)
        self.compare(user, way, model.search, *pair)
        self.compare(user, way, self.count_groups(model), *pair)

    def count_groups(self, model):
        def read_group(domain):
            return model.formatted_read_group(domain, [], ["__count"])

        return read_group

    # === TESTS === #

    def sweep(self, users, get_guesses):
        """Let some users try all ways.

        :param get_guesses: what to guess at the end of a way; called with user and way
        """
        with mute_logger(*LOGGERS):
            for user in users.values():
                for way in self.ways:
                    if guesses := get_guesses(user, way):
                        self.probe(user, way, guesses)
        searches = sum(
            bool(field.search)
            for model in self.registry.values()
            if not model._abstract
            for field in model._fields.values()
        )
        _logger.info(
            "Searching: %s questions of %s users along %s ways, %s of them in all "
            "forms, %s times closed by access rights; %s guesses in %s models; "
            "%s fields that search by a method",
            self.tried,
            len(users),
            len(self.ways),
            len({begin[1:] for begin in self.begun}),
            self.closed,
            sum(map(len, self.guesses.values())),
            len(self.guesses),
            searches,
        )
        self.assertTrue(all(self.guesses.values()), "nothing to guess in some model")
        self.assertTrue(any(way.is_crossing for way in self.ways))
        self.assert_none_found(
            [
                f"{way} for {', '.join(sorted(users))}: {example[:400]}"
                for way, (users, example) in self.found.items()
            ],
            self.tried,
        )

    def test_nobody_finds_out_anything_of_another_company(self):
        self.sweep(self.users_b, lambda user, way: self.guesses[way.target])

    def test_nobody_finds_out_what_they_may_not_read_in_their_own_company(self):
        self.sweep(self.users_a, lambda user, way: self.get_hidden(user, way.target))

    @mute_logger("odoo.models")
    def test_a_true_guess_is_one_that_who_may_read_finds(self):
        bookkeeper = self.users_a["bookkeeper"]
        model = self.env["ponto.transaction"].with_user(bookkeeper)
        [guess] = [
            guess
            for guess in self.guesses["ponto.transaction"]
            if guess.name == "counterpart_name" and guess.operator == "=like"
        ]
        self.assertTrue(model.search_count([guess.get_leaf(True)]))
        self.assertFalse(model.search_count([guess.get_leaf(False)]))
