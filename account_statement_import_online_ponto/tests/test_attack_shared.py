# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The doors between companies that share an integration, tried over the wire."""

from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..feed import taking_over
from .common import IBAN, OUTCOME_LOGGER
from .common_attack import PROVIDER, AttackCase, RefusedError
from .common_sweeps import SECRET

#: Number of the bank account of company B.
NUMBER_B = "BE71096123456769"
#: Of one that feeds nothing yet.
NUMBER_FREE = "BE15650987654330"

JOURNAL, BANK, WIZARD = "account.journal", "res.partner.bank", "ponto.connect.wizard"


@tagged("post_install", "-at_install")
class TestAttackShared(AttackCase):
    """Company B shares the integration of company A, and wants its account, too."""

    def setUp(self):
        super().setUp()
        # As that of company A: its number is all that the journal lacks.
        self.journal_b.currency_id = self.env.ref("base.EUR")
        self.bank.add_account(reference=NUMBER_B, currency="EUR", holderName="Other")
        self.give_number(NUMBER_B)
        self.integration = self.provider.sudo().ponto_integration_id
        self.integration.company_ids |= self.company_b
        self.feed_b = self.env[PROVIDER].create(
            self.prepare_feed_b(username=self.simulator.client_id, password=SECRET)
        )
        self.assertEqual(self.feed_b.sudo().ponto_integration_id, self.integration)
        self.manager_b = self.users_b["manager"]

    # === WHAT THERE IS === #

    def prepare_bank_b(self, number):
        """Return a bank account of company B (`res.partner.bank`)."""
        partner = self.company_b.partner_id
        return partner.bank_ids.filtered(
            lambda bank: bank.sanitized_acc_number == number
        ) or self.env[BANK].create({"acc_number": number, "partner_id": partner.id})

    def give_number(self, number, user=None, **context):
        """Give a number to the journal of company B: somebody over the wire, or whoever
        prepares the test, who works for both companies."""
        values = {"bank_account_id": number and self.prepare_bank_b(number).id}
        if user:
            ids = self.journal_b.ids
            self.rpc(user, JOURNAL, "write", ids, values, context=context)
        else:
            self.journal_b.write(values)

    def create_second_feed_b(self):
        """Let company B use the integration whatever its first feed does."""
        values = {"name": "Bank 2", "type": "bank", "code": "BB2"}
        journal = self.env[JOURNAL].create({**values, "company_id": self.company_b.id})
        values = {"journal_id": journal.id, "username": self.simulator.client_id}
        feed = self.env[PROVIDER].create({**values, "service": "ponto"})
        self.assertEqual(feed.sudo().ponto_integration_id, self.integration)

    def archive_company_a(self):
        """Archive company A, as Odoo lets nobody do to a company with users."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET active = false WHERE id = %s", [self.company.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()

    # === WHAT CAME OF IT === #

    def assert_b_gets_nothing(self):
        """Check that company B gets nothing of the account of company A, and is told
        nothing of it: by the schedule, by a person, or in a check."""
        feed, user = self.get_feed_b(), self.users_b["bookkeeper"]
        self.env["ponto.integration"]._forget_tokens()
        self.pull_scheduled(feed)
        self.assertIn("feeds a journal of another company", feed.ponto_failure)
        for method in ("action_ponto_fetch_now", "action_ponto_check_connection"):
            answer = self.try_rpc(user, PROVIDER, method, feed.ids)
            self.assertFalse(self.find_words_of_a(answer), answer)
        findings = self.env["ponto.connection.check.finding"].with_user(user)
        told = findings.search([]).mapped("text")
        told += feed.with_user(user).mapped("ponto_failure")
        told += feed.sudo().ponto_pull_ids.mapped("message")
        told += feed.sudo().ponto_transaction_ids.mapped("payment_ref")
        told += self.lines(self.journal_b).mapped("payment_ref")
        self.assertFalse(self.find_words_of_a(told))
        accounts = self.env["ponto.account"].with_user(user).search([])
        self.assertNotIn(IBAN, accounts.mapped("number"))

    # === THE OTHER COMPANY'S ACCOUNT === #

    @mute_logger(OUTCOME_LOGGER)
    def test_a_number_opens_no_account_of_another_company(self):
        self.give_number(IBAN, self.manager_b)
        self.assert_b_gets_nothing()
        self.assertFalse(self.feed_b.ponto_account_id)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_feed_that_reads_its_own_account_gets_no_other_by_a_number(self):
        self.pull_scheduled(self.feed_b)
        self.assertFalse(self.feed_b.ponto_failure)
        self.give_number(IBAN, self.manager_b)
        self.assert_b_gets_nothing()
        self.give_number(NUMBER_B, self.manager_b)
        self.pull_scheduled(self.feed_b)
        self.assertFalse(self.feed_b.ponto_failure)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_bank_account_whose_number_changes_opens_no_other(self):
        self.manager_b.group_ids += self.env.ref("base.group_partner_manager")
        # A partner has a number once.
        self.prepare_bank_b(IBAN).acc_number = "BE92001999999923"
        bank = self.journal_b.bank_account_id
        self.rpc(self.manager_b, BANK, "write", bank.ids, {"acc_number": IBAN})
        self.assert_b_gets_nothing()

    @mute_logger(OUTCOME_LOGGER)
    def test_a_new_feed_opens_no_account_of_another_company(self):
        self.create_second_feed_b()
        self.feed_b.unlink()
        self.give_number(IBAN, self.manager_b)
        values = self.prepare_feed_b(username=self.simulator.client_id)
        self.rpc(self.manager_b, PROVIDER, "create", [values])
        self.assertEqual(
            self.get_feed_b().sudo().ponto_integration_id, self.integration
        )
        self.assert_b_gets_nothing()

    @mute_logger(OUTCOME_LOGGER)
    def test_a_feed_with_other_codes_brings_no_agreement_along(self):
        feed, client_id = self.feed_b, self.feed_b.username
        self.create_second_feed_b()
        codes = {"username": "made-up", "password": "made-up"}
        self.rpc(self.manager_b, PROVIDER, "write", feed.ids, codes)
        self.give_number(IBAN, self.manager_b)
        self.assertNotEqual(feed.sudo().ponto_integration_id, self.integration)
        login = {"username": client_id}
        self.rpc(self.manager_b, PROVIDER, "write", feed.ids, login)
        self.assertEqual(feed.sudo().ponto_integration_id, self.integration)
        self.assert_b_gets_nothing()

    @mute_logger(OUTCOME_LOGGER)
    def test_an_account_in_another_currency_is_not_told_of(self):
        self.env.ref("base.USD").active = True
        self.journal_b.currency_id = self.env.ref("base.USD")
        self.give_number(IBAN, self.manager_b)
        answer = self.rpc(
            self.manager_b, PROVIDER, "action_ponto_check_connection", self.feed_b.ids
        )
        findings = self.env["ponto.connection.check"].browse(answer["res_id"])
        told = findings.sudo().finding_ids.mapped("text")
        self.assertTrue(told)
        self.assertFalse(self.find_words_of_a(told))

    def test_nobody_agrees_by_hand(self):
        values = {"ponto_agreed_account": f"{IBAN} EUR"}
        with self.assertRaises(RefusedError):
            self.rpc(self.manager_b, PROVIDER, "write", self.feed_b.ids, values)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_new_secret_agrees_on_nothing(self):
        """Whoever works for both companies does not see what was typed before."""
        self.give_number(IBAN, self.manager_b)
        user = self.users_a["manager"]
        user.company_ids |= self.company_b
        context = {"allowed_company_ids": [self.company.id, self.company_b.id]}
        secret = {"password": SECRET}
        self.rpc(user, PROVIDER, "write", self.feed_b.ids, secret, context=context)
        self.assert_b_gets_nothing()

    @mute_logger(OUTCOME_LOGGER)
    def test_the_assistant_shows_no_account_because_of_a_number(self):
        self.give_number(IBAN, self.manager_b)
        wizard = self.env[WIZARD].with_user(self.manager_b).create({})
        wizard = wizard.with_company(self.company_b)
        wizard.action_log_in()
        lines = wizard.line_ids.read(["number", "reference", "holder_name", "balance"])
        self.assertEqual(len(lines), 2)
        self.assertFalse(self.find_words_of_a(lines))

    def open_assistant_b(self):
        """Let company B choose a free account in the assistant, and not finish yet."""
        self.free_id = self.bank.add_account(
            reference=NUMBER_FREE, currency="EUR", holderName="Other"
        )
        wizard = self.env[WIZARD].with_user(self.manager_b).create({})
        wizard = wizard.with_company(self.company_b)
        wizard.action_log_in()
        chosen = wizard.line_ids.filtered(
            lambda line: line.ponto_account_id == self.free_id
        )
        self.assertEqual(chosen.state, "free")
        wizard.line_ids.action = "skip"
        chosen.write({"action": "new", "journal_name": "Mine", "journal_code": "MINE"})
        wizard.action_choose_start()
        return wizard

    def test_the_assistant_connects_no_account_that_another_company_has_by_now(self):
        wizard = self.open_assistant_b()
        other = self.env[WIZARD].with_user(self.users_a["manager"]).create({})
        other = other.with_company(self.company)
        other.action_log_in()
        other.line_ids.filtered(
            lambda line: line.ponto_account_id == self.free_id
        ).write({"action": "new", "journal_name": "Theirs", "journal_code": "THEIR"})
        other.action_finish()
        self.env.invalidate_all()
        for method in ("action_choose_start", "action_finish"):
            with self.assertRaisesRegex(UserError, "a journal of another company"):
                getattr(wizard, method)()
        accounts = self.env["ponto.account"].with_user(self.manager_b).search([])
        self.assertNotIn(NUMBER_FREE, str(accounts.mapped("number")).replace(" ", ""))

    def test_the_assistant_ends_with_the_right_to_the_integration(self):
        self.feed_b.unlink()
        self.integration.company_ids = self.company | self.company_b
        wizard = self.open_assistant_b()
        self.integration.company_ids = self.company
        self.env.invalidate_all()
        for method in ("action_choose_start", "action_finish", "action_fetch_accounts"):
            with self.assertRaises(UserError):
                getattr(wizard, method)()
        self.assertEqual(self.integration.company_ids, self.company)

    # === WHO MAY === #

    @mute_logger(OUTCOME_LOGGER)
    def test_who_works_for_both_companies_lets_both_read_one_account(self):
        self.give_number(IBAN, self.manager_b)
        self.assert_b_gets_nothing()
        user = self.users_a["manager"]
        user.company_ids |= self.company_b
        for number in (False, IBAN):
            companies = [self.company.id, self.company_b.id]
            self.give_number(number, user, allowed_company_ids=companies)
        self.pull_scheduled(self.feed_b)
        self.assertFalse(self.feed_b.ponto_failure)
        self.assertEqual(self.feed_b.ponto_account_id, self.account_id)
        self.assertTrue(self.feed_b.sudo().ponto_transaction_ids)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_number_of_another_company_stops_nobodys_own_feed(self):
        self.give_number(IBAN, self.manager_b)
        newer = self.bank.replace(self.account_id)
        self.assert_a_goes_on()
        self.assertEqual(self.provider.ponto_account_id, newer)
        self.assert_b_gets_nothing()
        newest = self.bank.replace(newer)
        self.pull_scheduled(self.provider | self.feed_b)
        self.assertEqual(self.provider.ponto_account_id, newest)
        self.assertTrue(self.feed_b.ponto_failure)

    def test_feeds_of_one_account_go_on_after_an_upgrade(self):
        self.give_number(IBAN)
        self.env.flush_all()
        feeds = self.provider | self.feed_b
        self.env.cr.execute(
            "UPDATE online_bank_statement_provider SET ponto_integration_id = NULL,"
            " ponto_account_id = NULL, ponto_linked_account_id = NULL,"
            " ponto_agreed_account = NULL, username = %s, password = %s WHERE id IN %s",
            [self.simulator.client_id, SECRET, tuple(feeds.ids)],
        )
        self.env.invalidate_all()
        taking_over.take_over(self.env(user=SUPERUSER_ID))
        self.pull_scheduled(feeds)
        for feed in feeds:
            self.assertFalse(feed.ponto_failure)
            self.assertEqual(feed.ponto_account_id, self.account_id)

    # === SECRETS AND NAMES === #

    @mute_logger(OUTCOME_LOGGER)
    def test_nobody_replaces_or_blanks_a_secret_that_companies_share(self):
        for kind in ("accountant", "manager"):
            for secret in (False, "", "guess"):
                with self.subTest(kind, secret=secret):
                    self.try_rpc(
                        self.users_b[kind],
                        PROVIDER,
                        "write",
                        self.feed_b.ids,
                        {"password": secret},
                    )
                    self.assert_a_goes_on()

    @mute_logger(OUTCOME_LOGGER)
    def test_a_failure_tells_no_account_of_another_company(self):
        self.give_number("BE92001999999923")
        for kind in ("bookkeeper", "manager"):
            with self.subTest(kind):
                user = self.users_b[kind]
                for method in (
                    "action_ponto_fetch_now",
                    "action_ponto_check_connection",
                ):
                    answer = self.try_rpc(user, PROVIDER, method, self.feed_b.ids)
                    self.assertFalse(self.find_words_of_a(answer), answer)
                findings = self.env["ponto.connection.check.finding"].with_user(user)
                told = findings.search([]).mapped("text")
                told += self.feed_b.with_user(user).mapped("ponto_failure")
                told += self.feed_b.sudo().ponto_pull_ids.mapped("message")
                self.assertFalse(self.find_words_of_a(told))

    def test_a_shared_integration_names_no_holder_of_another_company(self):
        spec = {"ponto_integration_id": {"fields": {"display_name": {}}}}
        user = self.users_b["bookkeeper"]
        answer = self.rpc(user, PROVIDER, "web_read", self.feed_b.ids, spec)
        self.assertIn(self.simulator.client_id, str(answer))
        self.assertFalse(self.find_words_of_a(answer))
        answer = self.rpc(
            self.users_a["bookkeeper"], PROVIDER, "web_read", self.provider.ids, spec
        )
        self.assertTrue(self.find_words_of_a(answer))

    @mute_logger(OUTCOME_LOGGER)
    def test_an_archived_company_keeps_its_accounts_to_itself(self):
        self.archive_company_a()
        self.give_number("BE92001999999923")
        self.pull_scheduled(self.feed_b)
        self.assertTrue(self.feed_b.ponto_failure)
        self.assertFalse(self.find_words_of_a(self.feed_b.ponto_failure))
        spec = {"ponto_integration_id": {"fields": {"display_name": {}}}}
        user, ids = self.users_b["bookkeeper"], self.feed_b.ids
        answer = self.rpc(user, PROVIDER, "web_read", ids, spec)
        self.assertIn(self.simulator.client_id, str(answer))
        self.assertFalse(self.find_words_of_a(answer))
        self.give_number(IBAN, self.manager_b)
        self.assert_b_gets_nothing()
