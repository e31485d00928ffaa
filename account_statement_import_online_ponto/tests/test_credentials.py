# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tests.common import new_test_user
from odoo.tools import mute_logger

from ..feed.background import pull_in_background
from .common import PontoCase


@tagged("post_install", "-at_install")
class TestCredentials(PontoCase):
    """Login and Secret Key: typed once, sent to Ponto, read back by nobody."""

    def setUp(self):
        super().setUp()
        self.secret = self.simulator.client_secret

    def readers(self):
        """Return the users who might try to read the secret."""
        administrator = new_test_user(
            self.env,
            login="ponto_administrator",
            groups="base.group_system,account.group_account_manager,"
            "account.group_account_user",
            company_id=self.company.id,
        )
        return self.manager | self.bookkeeper | administrator

    # === WRITING === #

    def test_whoever_configures_the_provider_can_enter_the_secret(self):
        provider = self.create_provider(username=False, password=False)
        provider.with_user(self.manager).write(
            {"username": self.simulator.client_id, "password": self.secret}
        )
        provider.sudo().ponto_integration_id.api_base = self.simulator.url
        self.book("1.00", "2026-07-10")
        self.pull(provider)
        self.assertEqual(len(self.lines()), 1)

    def test_a_bookkeeper_cannot_enter_the_secret(self):
        provider = self.create_provider()
        with self.assertRaises(AccessError):
            provider.with_user(self.bookkeeper).password = "another"

    def test_codes_are_taken_without_the_spaces_pasted_around_them(self):
        provider = self.create_provider(
            username=f" {self.simulator.client_id}\n", password=f"{self.secret} "
        )
        self.pull(provider)
        self.assertFalse(provider.ponto_failure)

    def test_a_corrected_login_keeps_the_secret(self):
        provider = self.create_provider(username="mistyped")
        provider.username = self.simulator.client_id
        self.pull(provider)
        self.assertFalse(provider.ponto_failure)

    def test_login_and_secret_may_be_entered_one_after_the_other(self):
        provider = self.create_provider(username=False, password=self.secret)
        provider.username = self.simulator.client_id
        provider.sudo().ponto_integration_id.api_base = self.simulator.url
        self.pull(provider)
        self.assertFalse(provider.ponto_failure)

    def test_saving_without_touching_the_secret_keeps_it(self):
        provider = self.create_provider()
        provider.write({"username": self.simulator.client_id, "tz": "Europe/Paris"})
        self.pull(provider)
        self.assertFalse(provider.ponto_failure)

    # === SHARING === #

    def test_one_client_id_is_entered_once_for_several_journals(self):
        first = self.create_provider()
        second = self.create_provider(
            journal_id=self.create_journal().id, password=False
        )
        second.with_user(self.manager).username = self.simulator.client_id
        self.assertEqual(second.ponto_integration_id, first.ponto_integration_id)

    def test_a_new_secret_replaces_the_old_one_everywhere(self):
        first = self.create_provider(password="outdated")
        second = self.create_provider(
            journal_id=self.create_journal().id, password=self.secret
        )
        self.assertEqual(second.ponto_integration_id, first.ponto_integration_id)
        self.pull(first)
        self.assertFalse(first.ponto_failure)

    def test_another_companys_client_id_is_worth_nothing_without_its_secret(self):
        first = self.create_provider()
        stranger, journal = self.create_stranger()
        provider = self.env["online.bank.statement.provider"].with_user(stranger)
        provider = provider.create(
            {
                "journal_id": journal.id,
                "service": "ponto",
                "username": self.simulator.client_id,
            }
        )
        self.assertFalse(provider.ponto_integration_id)
        provider.password = "guess"
        self.assertNotEqual(
            provider.sudo().ponto_integration_id, first.ponto_integration_id
        )

    def test_nobody_helps_themselves_to_another_companys_integration(self):
        integration = self.create_provider().ponto_integration_id
        stranger, journal = self.create_stranger()
        Provider = self.env["online.bank.statement.provider"].with_user(stranger)
        values = {
            "journal_id": journal.id,
            "service": "ponto",
        }
        with self.assertRaises(AccessError):
            Provider.create({**values, "ponto_integration_id": integration.id})
        Forger = Provider.with_context(default_ponto_integration_id=integration.id)
        provider = Forger.create(values)
        self.assertFalse(provider.ponto_integration_id)
        with self.assertRaises(AccessError):
            provider.ponto_integration_id = integration.id

    def test_a_secret_that_nobody_uses_is_not_kept(self):
        integration = self.create_provider().ponto_integration_id
        self.create_provider(
            journal_id=self.create_journal().id, password=False
        ).unlink()
        self.assertTrue(integration.exists())
        integration.provider_ids.unlink()
        self.assertFalse(integration.exists())

    def test_a_secret_goes_with_the_journal(self):
        integration = self.create_provider().ponto_integration_id
        self.journal.unlink()
        self.assertFalse(integration.exists())

    # === READING === #

    def test_nobody_reads_the_secret_back(self):
        provider = self.create_provider()
        for user in self.readers():
            provider = provider.with_user(user)
            [values] = provider.read()
            self.assertNotIn(self.secret, str(values))
            [values] = provider.search_read([("id", "=", provider.id)], ["password"])
            self.assertFalse(values["password"])
            groups = provider.formatted_read_group([], ["password"], ["__count"])
            self.assertNotIn(self.secret, str(groups))
            self.assertNotIn(
                self.secret,
                str(
                    provider.web_read({"password": {}, "ponto_secret_placeholder": {}})
                ),
            )

    def test_an_export_does_not_hold_the_secret(self):
        provider = self.create_provider()
        administrator = self.readers()[-1]
        administrator.group_ids |= self.env.ref("base.group_allow_export")
        exported = provider.with_user(administrator).export_data(
            ["username", "password"]
        )
        self.assertEqual(exported["datas"], [[self.simulator.client_id, ""]])

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_gets_at_the_integrations_secret(self):
        integration = self.create_provider().ponto_integration_id
        for user in self.readers():
            integration = integration.with_user(user)
            for attempt in (
                lambda record: record.read(["client_secret"]),
                lambda record: record.client_secret,
                lambda record: record.search_read([], ["client_secret"]),
                lambda record: record.export_data(["client_secret"])["datas"][0],
                lambda record: record.formatted_read_group([], ["client_secret"]),
                lambda record: record.copy().client_secret,
            ):
                try:
                    found = attempt(integration)
                except (AccessError, UserError, ValueError):
                    continue
                self.assertNotIn(self.secret, str(found))

    def test_searching_cannot_probe_the_secret(self):
        provider = self.create_provider()
        for user in self.readers():
            found = provider.with_user(user).search(
                [("password", "=like", f"{self.secret[0]}%")]
            )
            self.assertFalse(found)
            with self.assertRaises(AccessError):
                provider.with_user(user).search(
                    [("ponto_integration_id.client_secret", "=like", "s%")]
                )
            integrations = provider.ponto_integration_id.with_user(user)
            with self.assertRaises(AccessError):
                integrations.search([("client_secret", "=like", "s%")])
            with self.assertRaises(AccessError):
                integrations.search([], order="client_secret")

    def test_a_copy_has_no_credentials(self):
        provider = self.create_provider()
        copy = provider.sudo().copy({"journal_id": self.create_journal().id})
        self.assertFalse(copy.ponto_integration_id)
        self.assertFalse(copy.username)

    def test_chatter_does_not_tell_the_secret(self):
        provider = self.create_provider()
        provider.password = "a new secret"
        messages = str(provider.message_ids.mapped("body"))
        messages += str(provider.message_ids.tracking_value_ids.read())
        self.assertNotIn(self.secret, messages)
        self.assertNotIn("a new secret", messages)

    def test_form_shows_dots_for_a_secret_that_is_there(self):
        provider = self.create_provider(password=False)
        self.assertFalse(provider.ponto_secret_placeholder)
        provider.password = self.secret
        self.assertEqual(set(provider.ponto_secret_placeholder), {"•"})

    def test_other_services_keep_their_own_password(self):
        provider = self.create_provider(service="dummy", password="theirs")
        self.assertEqual(provider.password, "theirs")
        provider.with_user(self.manager).write({"password": "changed"})
        self.assertEqual(provider.password, "changed")

    def test_another_services_password_is_not_sent_to_ponto(self):
        provider = self.create_provider(
            service="dummy", username="user", password="theirs"
        )
        provider.with_user(self.manager).service = "ponto"
        self.assertFalse(provider.ponto_integration_id)
        self.assertFalse(provider.password)
        self.assertFalse(provider.api_base)

    # === WHERE THE SECRET IS SENT === #

    def test_only_a_system_administrator_changes_the_address(self):
        provider = self.create_provider(api_base=False)
        for values in (
            {"api_base": "https://elsewhere.example"},
            {"api_base": "https://elsewhere.example", "service": "ponto"},
        ):
            with self.assertRaises(AccessError):
                provider.with_user(self.manager).write(values)
        with self.assertRaises(AccessError):
            provider.with_user(self.manager).create(
                {
                    "journal_id": self.create_journal().id,
                    "service": "ponto",
                    "api_base": "https://elsewhere.example",
                }
            )

    def test_an_address_entered_for_another_service_does_not_get_the_secret(self):
        self.create_provider(api_base=False)
        trap = self.create_provider(
            journal_id=self.create_journal().id,
            service="dummy",
            api_base="https://elsewhere.example",
            username=False,
            password=False,
        ).with_user(self.manager)
        trap.write({"service": "ponto", "username": self.simulator.client_id})
        self.assertFalse(trap.sudo().ponto_integration_id.api_base)
        self.assertFalse(trap.sudo().api_base)

    def test_plain_http_is_for_this_machine_only(self):
        provider = self.create_provider(api_base="http://bank.example")
        with self.assertRaisesRegex(UserError, "begins with https"):
            self.pull(provider)

    def test_a_system_parameter_gives_the_address_for_a_whole_database(self):
        self.use_simulator_by_default()
        provider = self.create_provider(api_base=False)
        self.pull(provider)
        self.assertTrue(self.bank.requests)

    # === TOKENS === #

    def test_one_login_serves_several_pulls(self):
        provider = self.create_provider()
        self.pull(provider)
        self.pull(provider)
        self.assertEqual(self.bank.count("/oauth2/token"), 1)

    def test_a_changed_secret_is_tried_at_once(self):
        provider = self.create_provider(password="outdated")
        with self.assertRaisesRegex(UserError, "does not accept the Login"):
            self.pull(provider)
        provider.password = self.secret
        self.pull(provider)
        self.assertFalse(provider.ponto_failure)

    # === COPIES OF THE DATABASE === #

    def test_a_neutralized_copy_cannot_talk_to_the_bank(self):
        provider = self.create_provider()
        pull_in_background(provider)
        self.neutralize()
        self.assertEqual(provider.ponto_pull_ids.state, "stopped")
        self.assertFalse(provider.active)
        self.assertFalse(provider.username)
        integration_sudo = provider.sudo().ponto_integration_id
        self.assertFalse(integration_sudo.client_id)
        self.assertFalse(integration_sudo.client_secret)
        self.assertFalse(integration_sudo.api_base)
