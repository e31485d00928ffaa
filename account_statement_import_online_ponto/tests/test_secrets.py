# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import config, mute_logger

from ..feed import taking_over
from ..feed.outcome import record_failure
from .common import OUTCOME_LOGGER, PontoCase
from .simulator import api as simulator_api

MODELS = "odoo.addons.account_statement_import_online_ponto.models"
#: Where nothing answers.
ELSEWHERE = "http://localhost:9"
SECRET_LOGGERS = (f"{MODELS}.ponto_encryption_mixin", f"{MODELS}.ponto_integration")


@tagged("post_install", "-at_install")
class TestSecrets(PontoCase):
    """A secret is ciphertext, and gives way only to one that Ponto accepts."""

    def setUp(self):
        super().setUp()
        self.use_simulator_by_default()
        self.secret = self.simulator.client_secret
        self.provider = self.create_provider(api_base=False)
        self.integration = self.provider.sudo().ponto_integration_id

    def use_data_folder(self):
        """Let the server keep its key in a data folder, a new one each time.

        :return: where the key is to lie
        """
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(patch.dict(config._runtime_options, data_dir=folder))
        del os.environ["PONTO_ENCRYPTION_KEY"]
        self.addCleanup(os.environ.pop, "PONTO_ENCRYPTION_KEY", None)
        return Path(folder, "account_statement_import_online_ponto/encryption.key")

    # === NOT TESTED === #

    def test_a_feed_is_not_tested_until_ponto_has_accepted_its_codes(self):
        self.assertEqual(self.provider.ponto_status, "untested")
        self.pull(self.provider)
        self.assertEqual(self.provider.ponto_status, "connected")

    def test_the_connection_check_tests_the_codes(self):
        self.provider.with_user(self.bookkeeper).action_ponto_check_connection()
        self.assertEqual(self.provider.ponto_status, "connected")

    def test_invented_codes_are_never_called_connected(self):
        self.provider.write({"username": "invented", "password": "invented"})
        self.assertEqual(self.provider.ponto_status, "untested")
        with self.assertRaises(UserError), mute_logger(OUTCOME_LOGGER):
            self.pull(self.provider)
        self.assertNotEqual(self.provider.ponto_status, "connected")

    # === REPLACING === #

    def test_a_wrong_secret_does_not_replace_one_that_ponto_has_accepted(self):
        self.pull(self.provider)
        self.provider.with_user(self.manager).password = "wrong"
        self.assertEqual(self.provider.ponto_status, "untested")
        self.assertIn("as soon as Ponto accepts", self.provider.ponto_secret_notice)
        self.assertEqual(self.integration._get_client_secret(), self.secret)
        self.book("5.00", "2026-07-10")
        self.pull(self.provider)
        self.assertEqual(self.lines().mapped("amount"), [5])
        self.assertEqual(self.integration._get_client_secret(), self.secret)
        self.assertEqual(self.provider.ponto_status, "connected")
        self.assertIn("did not accept", self.provider.ponto_secret_notice)

    def test_a_right_secret_replaces_one_that_ponto_has_accepted(self):
        self.pull(self.provider)
        self.enterContext(patch.object(simulator_api, "CLIENT_SECRET", "renewed"))
        self.env["ponto.integration"]._forget_tokens()
        self.provider.with_user(self.manager).password = "renewed"
        self.pull(self.provider)
        self.assertEqual(self.integration._get_client_secret(), "renewed")
        self.assertFalse(self.provider.ponto_secret_notice)
        self.assertEqual(self.provider.ponto_status, "connected")

    @mute_logger(OUTCOME_LOGGER)
    def test_what_ponto_says_of_a_secret_is_kept_where_the_pull_fails(self):
        self.pull(self.provider)
        feed = self.provider.with_user(self.manager)
        # The one in use is void by now.
        self.enterContext(patch.object(simulator_api, "CLIENT_SECRET", "renewed"))
        for pull in (self.pull_scheduled, self.fail_to_pull):
            self.integration._store_accepted_secret(self.secret)
            self.env["ponto.integration"]._forget_tokens()
            feed.password = "wrong"
            pull(self.provider)
            self.assertIn("did not accept", feed.ponto_secret_notice)
            self.bank.clear_requests()
            pull(self.provider)
            self.assertEqual(self.bank.count("/oauth2/token"), 1)
            feed.password = "renewed"
            self.bank.fault("/accounts", status=403, times=None)
            pull(self.provider)
            self.assertFalse(feed.ponto_secret_notice)
            self.assertEqual(self.integration._get_client_secret(), "renewed")
            self.bank.clear_faults()

    def test_writing_codes_asks_ponto_for_nothing(self):
        self.pull(self.provider)
        self.bank.clear_requests()
        self.provider.with_user(self.manager).write({"password": "other"})
        self.provider.with_user(self.manager).write({"username": "other"})
        self.provider.with_user(self.manager).write({"password": False})
        self.assertFalse(self.bank.requests)
        self.assertEqual(self.provider.ponto_status, "disconnected")

    def test_who_is_no_administrator_changes_no_codes(self):
        user = new_test_user(
            self.env, "ponto_accountant", groups="account.group_account_user"
        )
        for values in (
            {"password": "another"},
            {"password": False},
            {"username": "another"},
            {"username": False},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.provider.with_user(user).write(values)
        self.assertEqual(self.integration._get_client_secret(), self.secret)
        journal = self.create_journal()
        with self.assertRaises(AccessError):
            self.env["online.bank.statement.provider"].with_user(user).create(
                {
                    "journal_id": journal.id,
                    "service": "ponto",
                    "username": self.simulator.client_id,
                    "password": "another",
                }
            )

    def test_nobody_but_a_system_administrator_resets_the_gateway(self):
        self.provider.api_base = self.simulator.url
        with self.assertRaises(AccessError):
            self.provider.with_user(self.manager).api_base = False
        self.create_provider(
            journal_id=self.create_journal().id, password=False, api_base=False
        )
        self.assertEqual(self.integration.api_base, self.simulator.url)

    # === ENCRYPTION === #

    def test_the_database_has_ciphertext_only(self):
        self.provider.password = "another"
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM ponto_integration")
        self.assertNotIn(self.secret, str(self.env.cr.fetchall()))
        self.env.cr.execute("SELECT * FROM online_bank_statement_provider")
        row = str(self.env.cr.fetchall())
        self.assertNotIn(self.secret, row)
        self.assertNotIn("another", row)

    def test_a_key_is_made_with_the_first_secret(self):
        key_file = self.use_data_folder()
        self.provider.unlink()
        self.assertFalse(key_file.exists())
        provider = self.create_provider(api_base=False)
        self.assertTrue(key_file.exists())
        self.pull(provider)
        self.assertFalse(provider.ponto_failure)

    @mute_logger(*SECRET_LOGGERS, OUTCOME_LOGGER)
    def test_without_its_key_a_feed_says_what_to_do_and_works_again_after_it(self):
        self.pull(self.provider)
        key_file = self.use_data_folder()
        with self.assertRaisesRegex(UserError, "Enter the Client Secret again"):
            self.pull(self.provider)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_failure_advice, "credentials")
        self.assertFalse(key_file.exists())
        check = self.env["ponto.connection.check"]._run(self.provider)
        self.assertIn("cannot read the Client Secret", str(check.finding_ids.read()))

        self.provider.with_user(self.manager).password = self.secret
        self.assertTrue(key_file.exists())
        self.pull(self.provider)
        self.assertFalse(self.provider.ponto_failure)

    @mute_logger(*SECRET_LOGGERS)
    def test_a_server_without_the_key_makes_none_beside_secrets_of_another(self):
        key_file = self.use_data_folder()
        with self.assertRaisesRegex(UserError, "does not have the key"):
            self.create_provider(
                journal_id=self.create_journal().id, username="new", password="new"
            )
        self.assertFalse(key_file.exists())

    def test_a_copied_ciphertext_opens_nothing(self):
        other = (
            self.create_provider(
                journal_id=self.create_journal().id, username="other", password="other"
            )
            .sudo()
            .ponto_integration_id
        )
        other.client_secret_ciphertext = self.integration.client_secret_ciphertext
        with (
            self.assertRaises(UserError),
            mute_logger(*SECRET_LOGGERS),
        ):
            other._get_client_secret()

    def test_secrets_are_encrypted_anew_with_a_new_key(self):
        old = os.environ["PONTO_ENCRYPTION_KEY"]
        new = Fernet.generate_key().decode()
        os.environ["PONTO_ENCRYPTION_KEY"] = f"{new},{old}"
        self.assertGreaterEqual(self.integration._rotate_key(), 1)
        os.environ["PONTO_ENCRYPTION_KEY"] = new
        self.assertEqual(self.integration._get_client_secret(), self.secret)

    @mute_logger(*SECRET_LOGGERS)
    def test_a_key_that_the_server_made_is_rotated_by_itself(self):
        key_file = self.use_data_folder()
        self.provider.password = self.secret
        before = key_file.read_text().split()
        self.integration._rotate_key()
        self.assertEqual(key_file.read_text().split()[1:], before)
        self.assertEqual(self.integration._get_client_secret(), self.secret)

    @mute_logger(*SECRET_LOGGERS)
    def test_the_check_tells_when_a_key_should_be_given(self):
        self.use_data_folder()
        self.provider.password = self.secret
        self.assertEqual(self.integration._find_key_risk(), "folder")
        check = self.env["ponto.connection.check"]._run(self.provider)
        self.assertIn("may be gone", str(check.finding_ids.read()))

    @mute_logger(*SECRET_LOGGERS)
    def test_the_check_tells_of_secrets_of_another_server(self):
        self.create_provider(
            journal_id=self.create_journal().id, username="other", password="other"
        )
        self.use_data_folder()
        self.provider.password = self.secret
        self.assertEqual(self.integration._find_key_risk(), "servers")

    def test_the_key_may_stand_in_odoos_configuration_file(self):
        key = os.environ.pop("PONTO_ENCRYPTION_KEY")
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "odoo.conf")
        file.write_text(
            "[options]\n[account_statement_import_online_ponto]\n"
            f"encryption_key = {key}\n"
        )
        with patch.dict(config._runtime_options, config=str(file)):
            self.assertEqual(self.integration._get_client_secret(), self.secret)

    # === REFERENCES === #

    def test_a_system_administrator_may_enter_where_the_secret_is(self):
        administrator = new_test_user(
            self.env,
            "ponto_administrator",
            groups="base.group_system,account.group_account_manager",
        )
        with patch.dict(os.environ, PONTO_TEST_SECRET=self.secret):
            self.provider.with_user(administrator).password = "env:PONTO_TEST_SECRET"
            self.pull(self.provider)
            self.assertEqual(self.integration._get_client_secret(), self.secret)
        with (
            mute_logger(*SECRET_LOGGERS),
            self.assertRaises(UserError),
        ):
            self.integration._get_client_secret()

    def test_anybody_else_who_enters_a_reference_is_refused(self):
        wizard = self.env["ponto.connect.wizard"].with_user(self.manager)
        for attempt in (
            lambda: self.provider.with_user(self.manager).write(
                {"password": "env:HOME"}
            ),
            lambda: wizard.create({"client_secret": "file:/etc/passwd"}),
        ):
            with self.assertRaises(AccessError):
                attempt()

    @mute_logger(*SECRET_LOGGERS)
    def test_a_secret_of_the_server_is_sent_to_no_address_of_somebody_else(self):
        with patch.dict(os.environ, PONTO_TEST_SECRET=self.secret):
            self.provider.password = "env:PONTO_TEST_SECRET"
            self.integration.api_base = "https://elsewhere.example"
            with self.assertRaises(UserError):
                self.integration._get_client_secret()

    # === STATE === #

    def test_what_a_feed_states_is_written_by_nobody(self):
        names = self.provider._get_guarded_names()
        for name in ("ponto_balance_state", "ponto_failure", "ponto_account_id"):
            self.assertIn(name, names)
        for user in (self.manager, self.env.ref("base.user_admin")):
            provider = self.provider.with_user(user)
            with self.assertRaises(AccessError):
                provider.ponto_balance_state = "equal"
        with self.assertRaises(AccessError):
            self.provider.with_user(self.manager).company_id = self.company
        provider = self.env["online.bank.statement.provider"].with_user(self.manager)
        provider = provider.with_context(default_ponto_failure="planted").create(
            {
                "journal_id": self.create_journal().id,
                "service": "ponto",
                "ponto_balance_state": "equal",
            }
        )
        self.assertFalse(provider.ponto_failure)
        self.assertFalse(provider.ponto_balance_state)

    # === WHO IS TOLD === #

    @mute_logger(OUTCOME_LOGGER)
    def test_who_may_not_read_the_feed_is_told_nothing_of_it(self):
        stranger, _journal = self.create_stranger()
        clerk = self.create_clerk()
        self.provider.ponto_responsible_ids = stranger | clerk | self.bookkeeper
        record_failure(self.provider.sudo(), UserError("Cause"))
        self.assertEqual(self.provider.activity_ids.user_id, self.bookkeeper)

    @mute_logger(OUTCOME_LOGGER)
    def test_what_the_bank_says_is_text_in_a_note(self):
        error = UserError("<img src=x>\n<b>bold</b>")
        record_failure(self.provider.sudo(), error)
        self.assertNotIn("<img", self.provider.activity_ids.note)
        self.assertNotIn("<b>", self.provider.activity_ids.note)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_names_no_account_of_another_company(self):
        foreign = "BE42000000000054"
        self.bank.add_account(reference=foreign, currency="EUR", holderName="Foreign")
        self.journal.bank_account_id.acc_number = "BE15001765432130"
        self.integration.company_ids |= self.setup_other_company()["company"]
        self.pull_scheduled(self.provider)
        self.assertIn("2 others", self.provider.ponto_failure)
        self.assertNotIn("Foreign", self.provider.ponto_failure)
        self.assertNotIn(foreign, self.provider.ponto_failure.replace(" ", ""))

    def test_an_upgrade_sends_no_secret_where_another_service_was(self):
        self.use_simulator_by_default()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE online_bank_statement_provider SET ponto_integration_id = NULL,"
            " username = %s, password = %s, api_base = %s WHERE id = %s",
            [self.simulator.client_id, self.secret, ELSEWHERE, self.provider.id],
        )
        self.env.invalidate_all()
        taking_over.take_over(self.env)
        self.assertFalse(self.provider.api_base)
        self.assertFalse(self.provider.ponto_integration_id.api_base)
        self.assertEqual(self.provider.username, self.simulator.client_id)
