# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta
from uuid import uuid4

from lxml import etree

from odoo import Command
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import OUTCOME_LOGGER, PontoCase


@tagged("post_install", "-at_install")
class TestProviderForm(PontoCase):
    """What the form of a feed shows, and the one next step that it offers."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    # === LIMITS === #

    def test_absurd_limits_are_refused_in_words(self):
        for values, words in (
            ({"ponto_reread_days": 999_999}, "from 0 to 3660"),
            ({"ponto_reread_days": -1}, "from 0 to 3660"),
            ({"ponto_start_date": "0001-01-01"}, "not before"),
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(ValidationError, words),
                self.env.cr.savepoint(),
            ):
                self.provider.write(values)

    def test_absurd_limits_that_are_there_stop_nothing(self):
        self.book("1.00", "2026-07-10")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE online_bank_statement_provider SET ponto_reread_days = 999999,"
            " ponto_start_date = '0001-01-01' WHERE id = %s",
            [self.provider.id],
        )
        self.env.invalidate_all()
        for _pull in range(2):
            self.pull_scheduled(self.provider)
            self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(len(self.lines()), 1)

    def test_a_journal_with_an_archived_feed_says_how_to_bring_that_back(self):
        self.provider.active = False
        with self.assertRaisesRegex(UserError, "archived.*Unarchive"):
            self.create_provider()

    def test_a_feed_moved_to_a_journal_with_an_archived_one_is_told_so_too(self):
        self.provider.active = False
        other = self.create_provider(journal_id=self.create_journal().id)
        with self.assertRaisesRegex(UserError, "archived.*Unarchive"):
            other.journal_id = self.journal
        # Its own journal is no other feed's.
        self.provider.write({"journal_id": self.journal.id, "active": True})
        self.assertTrue(self.provider.active)

    def view(self, user):
        """Return the form as somebody gets it (an lxml element)."""
        Provider = self.env["online.bank.statement.provider"].with_user(user)
        return etree.fromstring(Provider.get_view(view_type="form")["arch"])

    def banners(self, user=None, **values):
        """Return {text of a banner: its buttons' labels}, of those that somebody sees.

        :param values: of the feed, as it is shown
        """
        shown = {
            "service": "ponto",
            "active": True,
            "ponto_failure": False,
            "ponto_failure_advice": False,
            "ponto_bank_notice": False,
            "ponto_stop_notice": False,
            "ponto_waiting_count": 0,
            **values,
        }

        def is_shown(node):
            return not safe_eval(node.get("invisible", "False"), shown)

        result = {}
        for banner in self.view(user or self.manager).xpath("//div[@role='alert']"):
            if is_shown(banner):
                names = tuple(banner.xpath("./field/@name"))
                result[names] = [
                    button.get("string") or button.text
                    for button in banner.xpath(".//button | .//a")
                    if is_shown(button)
                ]
        return result

    def test_the_name_is_that_of_journal_and_service(self):
        self.assertEqual(self.provider.name, "Bank — MyPonto.com")
        self.journal.name = "Savings"
        self.assertEqual(self.provider.display_name, "Savings — MyPonto.com")

    def test_other_services_keep_their_name_and_form(self):
        self.provider.service = "dummy"
        self.assertEqual(self.provider.name, "Bank dummy")
        self.assertFalse(self.banners(service="dummy", ponto_failure="x"))

    def test_the_account_number_is_shown_in_groups_of_four(self):
        self.assertEqual(self.provider.ponto_account_number, "BE68 5390 0754 7034")

    def test_smart_buttons_count(self):
        self.book("1.00", "2026-07-01")
        self.book("2.00", "2026-07-02")
        self.pull_scheduled(self.provider)
        provider = self.provider.with_user(self.bookkeeper)
        self.assertEqual(provider.ponto_transaction_count, 2)
        self.assertEqual(provider.ponto_pull_count, 1)

    def test_there_is_at_most_one_banner(self):
        everything = {
            "ponto_failure": "Broken",
            "ponto_failure_advice": "retry",
            "ponto_bank_notice": "Ends soon",
            "ponto_waiting_count": 3,
        }
        self.assertFalse(self.banners())
        for name in ("ponto_failure", "ponto_bank_notice", "ponto_waiting_count"):
            [banner] = self.banners(**everything)
            self.assertIn(name, banner)
            everything[name] = False

    def test_the_banner_has_one_button_that_is_the_next_step(self):
        for advice, button in (
            ("retry", "Try Again"),
            ("bug", "Try Again"),
            ("fix", "Check the Connection"),
            ("reconnect", "Check the Connection"),
            ("credentials", "Update Credentials"),
        ):
            with self.subTest(advice):
                failure = {"ponto_failure": "x", "ponto_failure_advice": advice}
                [buttons] = self.banners(**failure).values()
                self.assertEqual(buttons, [button])
        [buttons] = self.banners(ponto_bank_notice="Ends soon").values()
        self.assertEqual(buttons, ["Open Ponto"])
        [buttons] = self.banners(ponto_waiting_count=1).values()
        self.assertEqual(buttons, ["Show Them"])

    def test_what_heals_itself_is_amber_and_what_needs_somebody_is_red(self):
        for banner in self.view(self.manager).xpath("//div[@role='alert']"):
            if not banner.xpath("./field[@name='ponto_failure']"):
                continue
            shown = {"service": "ponto", "ponto_stop_notice": 0, "ponto_failure": 1}
            heals = not safe_eval(
                banner.get("invisible"), {**shown, "ponto_failure_advice": "retry"}
            )
            color = "alert-warning" if heals else "alert-danger"
            self.assertIn(color, banner.get("class"))

    def test_import_from_shows_the_day_in_force(self):
        provider = self.create_provider(
            journal_id=self.create_journal().id, ponto_start_date=False
        )
        self.assertIn(
            format_date(self.env, provider.ponto_usual_start_date),
            provider.ponto_start_placeholder,
        )
        provider.ponto_start_date = "2026-07-01"
        self.assertFalse(provider.ponto_start_placeholder)

    # === WHAT MENDS AN ERROR === #

    @mute_logger(OUTCOME_LOGGER)
    def test_an_error_that_somebody_can_mend_comes_with_the_button_for_it(self):
        self.provider.password = "wrong"
        self.env.flush_all()
        for user, leads_to in (
            (self.manager, {"res_model": "ponto.connect.wizard"}),
            (self.bookkeeper, {"tag": "ponto_call"}),
        ):
            with self.subTest(user.login), self.assertRaises(RedirectWarning) as caught:
                self.provider.with_user(user).action_ponto_fetch_now()
            message, action, button, *_context = caught.exception.args
            self.assertIn("does not accept the Login", message)
            self.assertEqual(action, {**action, **leads_to})
            self.assertTrue(button)

    @mute_logger(OUTCOME_LOGGER)
    def test_an_error_that_passes_comes_without_a_button(self):
        self.bank.fault("/accounts", status=503, body="", times=None)
        with self.assertRaisesRegex(UserError, "temporary problem"):
            self.provider.with_user(self.bookkeeper).action_ponto_fetch_now()

    # === INTEGRATIONS === #

    def test_an_integration_is_named_by_holder_and_bank(self):
        integration_sudo = self.provider.sudo().ponto_integration_id
        self.assertEqual(integration_sudo.display_name, self.simulator.client_id)
        accounts = [
            {"holder_name": "Brewery", "bank_name": "KBC", "identifier": "1"},
            {"holder_name": "Brewery", "bank_name": "ING", "identifier": "2"},
            {"holder_name": False, "bank_name": False, "identifier": "3"},
        ]
        integration_sudo.account_ids = [Command.create(each) for each in accounts]
        self.assertEqual(
            integration_sudo.display_name,
            f"Brewery, KBC, ING ({self.simulator.client_id})",
        )

    def test_who_may_not_update_the_credentials_is_led_to_who_may(self):
        failure = {"ponto_failure": "x", "ponto_failure_advice": "credentials"}
        [buttons] = self.banners(self.bookkeeper, **failure).values()
        self.assertEqual(buttons, ["Check the Connection"])

    def test_an_empty_list_of_feeds_leads_to_the_assistant(self):
        self.provider.unlink()
        Provider = self.env["online.bank.statement.provider"].with_user(self.manager)
        wizard = self.env.ref(
            "account_statement_import_online_ponto.ponto_connect_wizard_action"
        )
        self.assertIn(f'name="{wizard.id}"', Provider.get_empty_list_help(False))
        told = Provider.with_user(self.bookkeeper).get_empty_list_help(False)
        self.assertIn("No bank feed yet", told)
        self.assertIn("administrator connects", told)
        self.assertNotIn("<a ", told)

    def test_a_filter_that_finds_no_feed_does_not_say_that_there_is_none(self):
        Provider = self.env["online.bank.statement.provider"]
        told = Provider.with_user(self.bookkeeper).get_empty_list_help("Help")
        self.assertEqual(told, "Help")

    # === ANOTHER JOURNAL === #

    def test_a_feed_that_gets_another_journal_begins_as_if_it_was_made_for_it(self):
        last = date.today() - timedelta(days=10)
        self.provider.unlink()
        provider = self.create_provider(
            journal_id=self.create_journal().id, ponto_start_date=False
        )
        wrong_start = provider.ponto_usual_start_date
        self.enter_by_hand(50, last - timedelta(days=1))
        line = self.enter_by_hand(
            7, last, unique_import_id=f"{self.journal.id}-{uuid4()}"
        )
        statement = self.env["account.bank.statement"].create(
            {"name": f"{self.journal.code}/{last}", "line_ids": line.ids}
        )
        provider.with_user(self.manager).journal_id = self.journal
        self.assertLess(wrong_start, last)
        self.assertEqual(provider.ponto_transaction_ids.statement_line_id, line)
        self.assertEqual(statement.ponto_since, last)
        # What the feed knows by its register is no line from elsewhere.
        self.assertEqual(provider.ponto_usual_start_date, last)

    def test_a_feed_that_has_fetched_goes_back_no_further_in_another_journal(self):
        start = date.today() - timedelta(days=10)
        self.provider.sudo().ponto_usual_start_date = start
        self.pull_scheduled(self.provider)
        journal = self.create_journal()
        self.provider.with_user(self.manager).journal_id = journal
        self.assertEqual(self.provider.ponto_usual_start_date, start)
