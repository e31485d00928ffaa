# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime

from lxml import etree

from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import PontoCase


@tagged("post_install", "-at_install")
class TestAccess(PontoCase):
    """What an accounting administrator of a fresh Community database finds."""

    def test_administrator_does_not_get_the_full_accounting_features(self):
        self.assertFalse(self.manager.has_group("account.group_account_user"))
        self.assertFalse(self.manager.has_group("account.group_account_readonly"))

    def test_administrator_walks_from_the_journal_to_the_provider(self):
        with Form(self.journal.with_user(self.manager)) as form:
            form.bank_statements_source = "online"
            form.online_bank_statement_provider = "ponto"
        provider = self.journal.online_bank_statement_provider_id
        self.assertEqual(provider.service, "ponto")
        self.assertIn(self.journal.name, provider.display_name)
        action = self.journal.with_user(
            self.manager
        ).action_open_online_bank_statement_provider()
        self.assertEqual(action["res_id"], provider.id)
        with Form(provider.with_user(self.manager)) as form:
            form.username = self.simulator.client_id
            form.password = self.simulator.client_secret
        provider.api_base = self.simulator.url
        self.book("1.00", "2026-07-10")
        provider.with_user(self.manager)._pull(
            datetime(2026, 7, 1), datetime(2026, 7, 15)
        )
        self.assertEqual(len(self.lines()), 1)

    def test_administrator_sees_dashboard_and_providers_in_the_menu(self):
        menus = self.env["ir.ui.menu"].with_user(self.manager)._visible_menu_ids()
        for xmlid in (
            "account.menu_board_journal_1",
            "account_statement_import_online.online_bank_statement_provider_menu",
        ):
            self.assertIn(self.env.ref(xmlid).id, menus)

    def test_user_form_gives_access_to_bank_feeds(self):
        provider = self.create_provider()
        clerk = self.create_clerk()
        self.assertFalse(provider.with_user(clerk).has_access("read"))
        offered = self.env["res.groups"]._get_view_group_hierarchy()
        [privilege] = [
            each
            for each in offered["privileges"].values()
            if each["name"] == "Bank Feeds"
        ]
        [group_id] = privilege["group_ids"]
        clerk.write({"group_ids": [Command.link(group_id)]})
        menus = self.env["ir.ui.menu"].with_user(clerk)._visible_menu_ids()
        self.assertIn(self.env.ref("account.menu_board_journal_1").id, menus)
        self.book("1.00", "2026-07-10")
        self.pull(provider, user=clerk)
        self.assertEqual(len(self.lines()), 1)
        self.assertFalse(provider.with_user(clerk).has_access("write"))

    def test_the_groups_of_odoo_keep_their_rights(self):
        feeds = self.env.ref("account_statement_import_online_ponto.group_bank_feeds")
        basic = self.env.ref("account.group_account_basic")
        self.assertIn(basic, feeds.implied_ids)
        self.assertNotIn(feeds, basic.all_implied_ids)
        accountant = new_test_user(
            self.env, login="ponto_accountant", groups="account.group_account_user"
        )
        provider = self.create_provider()
        for user, may_write in ((self.bookkeeper, False), (accountant, True)):
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(user=user.login, operation=operation):
                    self.assertEqual(
                        provider.with_user(user).has_access(operation),
                        may_write or operation == "read",
                    )
            self.book("1.00", "2026-07-10")
            self.pull(provider, user=user)
        self.assertEqual(len(self.lines()), 2)

    def test_wizard_opens_for_who_may_enter_transactions(self):
        action = self.env.ref(
            "account_statement_import_online.action_online_bank_statements_pull_wizard"
        )
        self.assertTrue(action.group_ids & self.bookkeeper.all_group_ids)

    def test_test_service_is_not_offered(self):
        for model, field in (
            ("account.journal", "online_bank_statement_provider"),
            ("online.bank.statement.provider", "service"),
        ):
            description = self.env[model].fields_get([field])[field]
            self.assertEqual(
                [key for key, _label in description["selection"]], ["ponto"]
            )

    def test_test_service_stays_where_somebody_uses_it(self):
        self.create_provider(service="dummy")
        description = self.env["account.journal"].fields_get(
            ["online_bank_statement_provider"]
        )
        self.assertIn(
            ("dummy", "Dummy"),
            description["online_bank_statement_provider"]["selection"],
        )

    def test_time_zone_is_the_companys_country(self):
        self.manager.tz = "America/New_York"
        provider = (
            self.env["online.bank.statement.provider"]
            .with_user(self.manager)
            .create({"journal_id": self.journal.id, "service": "ponto"})
        )
        self.assertEqual(provider.tz, "Europe/Brussels")

    def test_time_zone_of_another_service_is_the_users(self):
        self.manager.tz = "America/New_York"
        Provider = self.env["online.bank.statement.provider"].with_user(self.manager)
        provider = Provider.create({"journal_id": self.journal.id, "service": "dummy"})
        self.assertEqual(provider.tz, "America/New_York")

    def test_form_shows_the_time_zone_once_the_service_is_chosen(self):
        self.manager.tz = "America/New_York"
        Provider = self.env["online.bank.statement.provider"].with_user(self.manager)
        form = Form(Provider)
        self.assertEqual(form.tz, "America/New_York")
        form.journal_id = self.journal
        form.service = "ponto"
        self.assertEqual(form.tz, "Europe/Brussels")

    def test_form_of_ponto_shows_what_manuals_describe(self):
        arch = etree.fromstring(
            self.env["online.bank.statement.provider"]
            .with_user(self.manager)
            .get_view(view_type="form")["arch"]
        )
        [group] = arch.xpath("//group[@name='ponto']")
        self.assertEqual(group.get("string"), "MyPonto.com")
        self.assertEqual(group.xpath(".//field[@name='username']/@string"), ["Login"])
        [secret] = group.xpath(".//field[@name='password']")
        self.assertEqual(secret.get("string"), "Secret Key")
        self.assertEqual(secret.get("password"), "True")
        [identifier] = group.xpath(".//field[@name='ponto_last_identifier']")
        self.assertFalse(identifier.xpath("ancestor-or-self::*[@invisible='1']"))
        [pull] = arch.xpath("//group[@name='pull']")
        self.assertEqual(pull.get("string"), "Scheduled Pull")

    def test_technical_fields_are_for_developer_mode(self):
        Provider = self.env["online.bank.statement.provider"].with_user(self.manager)
        arch = etree.fromstring(Provider.get_view(view_type="form")["arch"])
        for name in ("ponto_account_id", "ponto_reread_days"):
            fields = arch.xpath(f"//field[@name='{name}']")
            self.assertTrue(fields)
            for field in fields:
                self.assertTrue(field.xpath("ancestor-or-self::*[@invisible='1']"))

    def test_wizard_proposes_days_that_hold_something(self):
        wizard = (
            self.env["online.bank.statement.pull.wizard"]
            .with_user(self.bookkeeper)
            .create({})
        )
        self.assertGreater((wizard.date_until - wizard.date_since).days, 20)
