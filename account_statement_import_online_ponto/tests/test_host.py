# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import contextmanager

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.http_routing.tests.common import MockRequest

from ..models import (
    account_analytic_distribution_model,
    account_bank_statement_line,
    account_journal,
    account_move,
    ir_websocket,
)
from .common import OUTCOME_LOGGER, PontoCase

MODULE = "account_statement_import_online_ponto"

#: Models on which others create and write all day.
OTHERS = {
    *("account.account", "account.bank.statement", "account.bank.statement.line"),
    *("account.journal", "account.move", "account.move.line", "account.payment"),
    *("res.bank", "res.company", "res.currency", "res.lang"),
    *("res.partner", "res.partner.bank", "res.users"),
}

#: Stored fields on feeds that follow such a model all the same.
HARMLESS = {
    # The base stores both, and looks for feeds whenever a journal is changed.
    "online.bank.statement.provider.company_id",
    "online.bank.statement.provider.name",
    # Follows the one above: nothing is looked for where no feed was found.
    "ponto.pull.company_id",
}


@tagged("post_install", "-at_install")
class TestHost(PontoCase):
    """What people do in Odoo beside bank feeds is as if there were none."""

    # === FIELDS === #

    def test_a_user_who_handles_notifications_in_odoo_can_be_created(self):
        provider = self.create_provider()
        provider.ponto_responsible_ids = self.bookkeeper
        self.assertEqual(provider.ponto_language, "en_US")
        user = self.env["res.users"].create(
            {
                "name": "Colleague",
                "login": "colleague",
                "notification_type": "inbox",
                "group_ids": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        self.assertEqual(user.notification_type, "inbox")

    def find_dependents(self):
        """Find which fields follow what others write.

        Yields what others write, what of feeds follows it, and whether the way leads
        through a field with several values.
        """
        registry = self.env.registry

        def walk(tree, is_many):
            for field in tree.root:
                yield field, is_many
            for inverse, subtree in tree.items():
                yield from walk(subtree, is_many or inverse.type.endswith("2many"))

        for model_name in OTHERS:
            for field in self.env[model_name]._fields.values():
                for dependent, is_many in walk(
                    registry.get_field_trigger_tree(field), False
                ):
                    is_feed = dependent.model_name == "online.bank.statement.provider"
                    if is_feed or MODULE in dependent._modules:
                        yield field, dependent, is_many

    def test_no_stored_field_follows_what_others_write(self):
        found = {
            str(dependent)
            for _field, dependent, _is_many in self.find_dependents()
            if dependent.store and dependent.compute
        }
        self.assertEqual(found, HARMLESS)

    def test_no_feed_is_looked_for_by_way_of_people(self):
        """Odoo would look, and write what is half-made, while one is being created."""
        found = {
            f"{dependent} follows {field}"
            for field, dependent, is_many in self.find_dependents()
            if is_many
        }
        self.assertEqual(found, set())

    # === OVERRIDES === #

    @contextmanager
    def without_overrides(self):
        """Do without what we override of Odoo's models."""
        taken = []
        for overriding, names in (
            (account_bank_statement_line.AccountBankStatementLine, ["unlink"]),
            (account_journal.AccountJournal, ["unlink", "fields_get"]),
            (
                account_move.AccountMove,
                ["unlink", "write", "_get_next_sequence_format"],
            ),
            (ir_websocket.IrWebsocket, ["_build_bus_channel_list"]),
            (
                account_analytic_distribution_model.AccountAnalyticDistributionModel,
                ["_get_applicable_models"],
            ),
        ):
            for name in names:
                taken.append((overriding, name, vars(overriding)[name]))
                delattr(overriding, name)
        try:
            yield
        finally:
            for overriding, name, method in taken:
                setattr(overriding, name, method)

    def count_queries(self, prepare, work):
        """Return how many queries some work costs, all that it leaves included."""
        subject = prepare()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work(subject)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def create_entries(self):
        """Return ten entries in draft."""
        account = self.company_data["default_account_revenue"]
        journal = self.company_data["default_journal_misc"]
        items = [
            Command.create({"account_id": account.id, "balance": balance})
            for balance in (1, -1)
        ]
        vals = {"journal_id": journal.id, "date": "2026-07-01", "line_ids": items}
        return self.env["account.move"].create([vals] * 10)

    def create_lines(self):
        """Return three statement lines that somebody entered."""
        return self.env["account.bank.statement.line"].concat(
            *(self.enter_by_hand(amount, "2026-07-01") for amount in (1, 2, 3))
        )

    def listen(self):
        """Listen to what has to do with no feed."""
        with MockRequest(self.env):
            self.env["ir.websocket"]._build_bus_channel_list(["some_channel"])

    def test_overrides_ask_nothing_where_there_is_no_feed(self):
        self.assertFalse(self.env["online.bank.statement.provider"].search([]))
        works = {
            "create entries": (lambda: None, lambda _: self.create_entries(), 0),
            "post": (self.create_entries, lambda entries: entries.action_post(), 0),
            "write": (self.create_entries, lambda moves: moves.write({"ref": "x"}), 0),
            "delete entries": (self.create_entries, lambda moves: moves.unlink(), 0),
            "create lines": (lambda: None, lambda _: self.create_lines(), 0),
            # Whether the register knows them, once for all.
            "delete lines": (self.create_lines, lambda lines: lines.unlink(), 1),
            "listen to the bus": (lambda: None, lambda _: self.listen(), 0),
        }
        for title, (prepare, work, allowed) in works.items():
            with self.subTest(title):
                self.count_queries(prepare, work)
                costs = self.count_queries(prepare, work)
                with self.without_overrides():
                    usual = self.count_queries(prepare, work)
                self.assertGreater(usual, 0)
                self.assertEqual(costs - usual, allowed)

    # === LANGUAGES === #

    @mute_logger(OUTCOME_LOGGER)
    def test_a_language_that_was_switched_off_stops_no_feed(self):
        french = self.env["res.lang"]._activate_lang("fr_FR")
        self.env.user.lang = "fr_FR"
        first = self.create_provider(ponto_responsible_ids=False)
        second = self.open_account("BE15001765432130")
        self.book("2.00", "2026-07-10")
        self.assertEqual(first.ponto_language, "fr_FR")
        self.env.flush_all()
        self.env.user.lang = "en_US"
        french.active = False
        self.env.invalidate_all()
        self.journal.active = False
        self.pull_scheduled(first | second)
        self.assertIn("is archived", first.ponto_failure)
        self.assertFalse(second.ponto_failure)
        self.assertEqual(self.lines(second.journal_id).mapped("amount"), [2.0])

    def test_a_language_that_is_not_active_is_never_chosen(self):
        french = self.env["res.lang"]._activate_lang("fr_FR")
        provider = self.create_provider(ponto_responsible_ids=self.bookkeeper.ids)
        self.bookkeeper.lang = self.company.partner_id.lang = "fr_FR"
        self.env.flush_all()
        # Odoo forbids it as long as somebody uses it; a script does not.
        self.env.cr.execute(
            "UPDATE res_lang SET active = false WHERE id = %s", [french.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache("stable")
        self.assertEqual(provider.ponto_language, "en_US")
        self.book("1.00", "2026-07-10", mandateId="M1")
        self.pull_scheduled(provider)
        self.assertFalse(provider.ponto_failure)
        self.assertIn("Mandate: M1", self.lines().narration)

    def test_the_language_follows_the_person_responsible(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = new_test_user(
            self.env,
            login="ponto_french",
            groups="account.group_account_basic",
            lang="fr_FR",
        )
        provider = self.create_provider()
        provider.ponto_responsible_ids = french
        self.assertEqual(provider.ponto_language, "fr_FR")
        provider.ponto_responsible_ids = self.bookkeeper
        self.assertEqual(provider.ponto_language, "en_US")
