# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from ast import literal_eval
from datetime import datetime, timedelta

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import convert_file, mute_logger

from .common import CRON, OTHER_IBAN, OUTCOME_LOGGER, PontoCase

#: How many queries the page may cost, however many feeds it shows.
MOST_QUERIES = 15


@tagged("post_install", "-at_install")
class TestOverview(PontoCase):
    """An accounting office's morning page: all feeds, and what they ask for."""

    def setUp(self):
        super().setUp()
        self.Provider = self.env["online.bank.statement.provider"].with_user(
            self.bookkeeper
        )

    def create_many(self, count, code="M"):
        """Create feeds that have been read, with a line, and with one that waits.

        :param str code: with which the codes of their journals begin
        :return: the feeds
        """
        journals = self.env["account.journal"].create(
            [
                {"name": f"Bank {number}", "type": "bank", "code": f"{code}{number:03}"}
                for number in range(count)
            ]
        )
        providers = self.env["online.bank.statement.provider"].create(
            [
                {
                    "journal_id": journal.id,
                    "service": "ponto",
                    "username": self.simulator.client_id,
                    "password": self.simulator.client_secret,
                }
                for journal in journals
            ]
        )
        integration_sudo = providers.sudo().ponto_integration_id
        accounts_sudo = (
            self.env["ponto.account"]
            .sudo()
            .create(
                [
                    {
                        "integration_id": integration_sudo.id,
                        "identifier": f"account-{journal.id}",
                        "currency_code": "EUR",
                        "balance": 10,
                        "balance_known": True,
                        "consent_expires_at": fields.Datetime.now() + timedelta(90),
                    }
                    for journal in journals
                ]
            )
        )
        integration_sudo._record_acceptance()
        for provider_sudo, account_sudo in zip(
            providers.sudo(), accounts_sudo, strict=True
        ):
            provider_sudo.ponto_linked_account_id = account_sudo
        self.env["ponto.transaction"].sudo().create(
            [
                {
                    "provider_id": provider.id,
                    "ponto_id": "waits",
                    "state": "waiting",
                    "reason": "locked",
                    "amount": 3,
                    "currency": "EUR",
                    "date": "2026-07-01",
                }
                for provider in providers
            ]
        )
        self.env["account.bank.statement.line"].create(
            [
                {"journal_id": journal.id, "date": "2026-07-02", "amount": 7}
                for journal in journals
            ]
        )
        return providers

    def specify(self):
        """Return all columns of the page, as the web client asks for them (dict)."""
        arch = self.Provider.get_views([(False, "list")])["views"]["list"]["arch"]
        names = etree.fromstring(arch).xpath("//field/@name")
        self.assertIn("ponto_bank_balance", names)
        return {
            name: {"fields": {"display_name": {}}}
            if self.Provider._fields[name].type == "many2one"
            else {}
            for name in names
        }

    def count_queries(self):
        """Count what the page costs a process that has just begun and knows the view.

        :return: how many queries, and how many feeds are on the page
        """
        self.env.flush_all()
        self.env.registry.clear_all_caches()
        specification = self.specify()
        # Companies and user are remembered beside the cache.
        self.env.transaction.reset()
        before = self.env.cr.sql_log_count
        page = self.Provider.web_search_read(
            [], specification, limit=400, count_limit=10001
        )
        return self.env.cr.sql_log_count - before, len(page["records"])

    def test_the_page_costs_the_same_for_three_feeds_as_for_thirty(self):
        self.create_many(3)
        few, shown = self.count_queries()
        self.assertEqual(shown, 3)
        self.create_many(27, "N")
        many, shown = self.count_queries()
        self.assertEqual(shown, 30)
        self.assertEqual(many, few)
        self.assertLessEqual(many, MOST_QUERIES)

    def test_each_feed_tells_what_it_asks_for(self):
        [provider] = self.create_many(1).with_user(self.bookkeeper)
        self.assertEqual(provider.ponto_status, "connected")
        self.assertEqual(provider.ponto_waiting_count, 1)
        self.assertEqual(provider.ponto_unmatched_count, 1)
        self.assertFalse(provider.ponto_cause)

    # === STATUS === #

    @mute_logger(OUTCOME_LOGGER)
    def test_feeds_are_searched_and_grouped_by_the_status_that_they_show(self):
        connected, soon, expired, refused, error, paused, archived = self.create_many(7)
        disconnected = self.create_provider(username=False, password=False)
        untested = self.open_account(OTHER_IBAN, username="another", password="secret")
        other = self.create_provider(
            journal_id=self.create_journal("BE43068999999501").id, service="dummy"
        )
        now = fields.Datetime.now()
        account_of = {
            each: each.sudo().ponto_linked_account_id for each in self.feeds()
        }
        account_of[soon].consent_expires_at = now + timedelta(30)
        account_of[expired].consent_expires_at = now
        account_of[refused].synchronization_error = "authorizationRevoked"
        error.sudo().ponto_failure_message = {"code": "too_late", "values": {}}
        paused.with_user(self.bookkeeper).action_ponto_stop()
        archived.active = False
        expected = {
            connected: "connected",
            soon: "soon",
            expired: "expired",
            refused: "expired",
            error: "error",
            paused: "paused",
            archived: "paused",
            disconnected: "disconnected",
            untested: "untested",
            other: False,
        }
        # Who has full accounting features sees the feeds of other services, too.
        Provider = self.Provider.with_user(self.manager).with_context(active_test=False)
        self.assertEqual({each: each.ponto_status for each in expected}, expected)
        everything = Provider.search([])
        for status in set(expected.values()):
            with self.subTest(status):
                found = Provider.search([("ponto_status", "=", status)])
                self.assertEqual(
                    set(found.ids),
                    {each.id for each, has in expected.items() if has == status},
                )
                others = Provider.search([("ponto_status", "!=", status)])
                self.assertEqual(set(others.ids), {*everything.ids} - {*found.ids})
        counts = Provider._read_group([], ["ponto_status"], ["__count"])
        self.assertEqual(
            dict(counts),
            {each: [*expected.values()].count(each) for each in expected.values()},
        )

    def feeds(self):
        """Return all feeds, in sudo mode."""
        return self.env["online.bank.statement.provider"].sudo().search([])

    def filtered_by(self, name):
        """Return the feeds that a filter shows."""
        arch = self.Provider.get_view(view_type="search")["arch"]
        [node] = etree.fromstring(arch).xpath(f"//filter[@name='{name}']")
        return self.Provider.search(literal_eval(node.get("domain")))

    def needing_somebody(self):
        return self.filtered_by("needs_somebody")

    def test_a_feed_that_somebody_has_archived_is_found_among_those_at_rest(self):
        _connected, archived = self.create_many(2)
        archived.active = False
        self.assertEqual(self.filtered_by("not_connected").ids, archived.ids)

    def test_the_filter_finds_what_needs_somebody(self):
        feeds = self.create_many(6)
        self.env["ponto.transaction"].sudo().search([]).state = "ignored"
        found = self.needing_somebody()
        self.assertFalse(found, found.mapped(lambda each: each.read()))
        waits, expires, refused, heals, lasts, differs = feeds.sudo()
        waits.ponto_transaction_ids.state = "waiting"
        expires.ponto_linked_account_id.consent_expires_at = fields.Datetime.now()
        message = {"code": "unreachable", "values": {}}
        now = fields.Datetime.now()
        refused.write(
            {"ponto_failure_message": message, "ponto_failure_advice": "credentials"}
        )
        heals.write(
            {
                "ponto_failure_message": message,
                "ponto_failure_advice": "retry",
                "ponto_failing_since": now,
            }
        )
        lasts.write(
            {
                "ponto_failure_message": message,
                "ponto_failure_advice": "retry",
                "ponto_failing_since": now - timedelta(2),
            }
        )
        differs.write({"ponto_balance_state": "different", "ponto_unexplained": 6})
        self.assertEqual(
            set(self.needing_somebody().ids), set((feeds - heals.sudo(False)).ids)
        )

    # === FETCH ALL === #

    def test_fetch_all_lets_the_background_fetch_for_each_feed(self):
        first = self.create_provider()
        second = self.open_account(OTHER_IBAN)
        stopped = self.open_account("BE43068999999501")
        stopped.with_user(self.bookkeeper).action_ponto_stop()
        providers = first | second | stopped
        later = fields.Datetime.now() + timedelta(days=1)
        providers.next_run = later
        action = self.Provider.action_ponto_fetch_all()
        self.assertIn("2 feeds", action["params"]["message"])
        self.assertLessEqual(max((first | second).mapped("next_run")), datetime.now())
        self.assertEqual(stopped.next_run, later)
        self.assertTrue(self.env["ir.cron.trigger"].sudo().search_count([]))

    def test_what_is_made_due_keeps_its_time_of_day_and_weekday(self):
        provider = self.create_provider(interval_type="weeks")
        now = fields.Datetime.now()
        for planned in (now + timedelta(days=4, hours=3), now - timedelta(hours=1)):
            for make_due in (
                self.Provider.action_ponto_fetch_all,
                lambda: provider.write({"password": self.simulator.client_secret}),
            ):
                provider.next_run = planned
                make_due()
                self.assertLessEqual(provider.next_run, now)
                self.Provider._scheduled_pull()
                self.assertEqual(provider.sudo().ponto_pull_ids[:1].state, "done")
                self.assertGreater(provider.next_run, now)
                self.assertFalse((provider.next_run - planned) % timedelta(weeks=1))

    def test_fetch_all_fetches_for_what_is_selected(self):
        first = self.create_provider()
        second = self.open_account(OTHER_IBAN)
        later = fields.Datetime.now() + timedelta(days=1)
        (first | second).next_run = later
        first.with_user(self.bookkeeper).action_ponto_fetch_all()
        self.assertLess(first.next_run, later)
        self.assertEqual(second.next_run, later)

    def test_fetch_all_tells_why_it_does_nothing(self):
        with self.assertRaisesRegex(UserError, "no feed to fetch for"):
            self.Provider.action_ponto_fetch_all()
        self.create_provider()
        self.env.ref(CRON).sudo().active = False
        with self.assertRaisesRegex(UserError, "switched off"):
            self.Provider.action_ponto_fetch_all()
        with self.assertRaises(AccessError):
            self.Provider.with_user(self.create_clerk()).action_ponto_fetch_all()

    def test_other_companies_feeds_are_none_of_theirs(self):
        provider = self.create_provider()
        stranger, _journal = self.create_stranger()
        later = fields.Datetime.now() + timedelta(days=1)
        provider.next_run = later
        with self.assertRaises(UserError):
            self.Provider.with_user(stranger).action_ponto_fetch_all()
        self.assertEqual(provider.next_run, later)


@tagged("post_install", "-at_install")
class TestDigest(PontoCase):
    """Odoo's periodic mail tells who sees feeds how these are doing."""

    def setUp(self):
        super().setUp()
        self.digest = (
            self.env["digest.digest"]
            .sudo()
            .create(
                {
                    "name": "Weekly",
                    "company_id": self.company.id,
                    "kpi_ponto_imported": True,
                    "kpi_ponto_waiting": True,
                    "kpi_ponto_difference": True,
                }
            )
        )

    def values(self, user=None):
        """Return {name of a value: what it was in the last 24 hours}, as mailed."""
        user = user or self.bookkeeper
        return {
            kpi["kpi_name"]: kpi["kpi_col1"]["value"]
            for kpi in self.digest._compute_kpis(user.company_id, user)
        }

    def test_the_mail_counts_what_came_waits_and_differs(self):
        provider = self.create_provider()
        self.company.sudo().fiscalyear_lock_date = "2026-06-30"
        self.book("5.00", "2026-06-01")
        for day in ("2026-07-01", "2026-07-02"):
            self.book("7.00", day)
        self.pull_scheduled(provider)
        # The mail counts up to the second in which it is made.
        provider.sudo().ponto_pull_ids.started_at -= timedelta(minutes=1)
        self.assertEqual(
            self.values(),
            {
                "kpi_ponto_imported": 2,
                "kpi_ponto_waiting": 1,
                "kpi_ponto_difference": 0,
            },
        )
        provider.sudo().ponto_differs_since = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(self.values()["kpi_ponto_difference"], 1)

    def test_each_value_leads_to_what_it_counts(self):
        self.create_provider()
        actions = self.digest._compute_kpis_actions(self.company, self.bookkeeper)
        for name, action in actions.items():
            if name.startswith("kpi_ponto"):
                self.assertTrue(self.env.ref(action.split("?")[0]))

    def test_nothing_is_told_where_there_is_no_feed(self):
        self.assertFalse(self.values())

    def test_the_addon_is_installed_where_somebody_has_deleted_the_mail(self):
        self.env.ref("digest.digest_digest_default").sudo().unlink()
        addon, path = "account_statement_import_online_ponto", "data/digest_data.xml"
        for mode in ("init", "update"):
            with self.subTest(mode):
                convert_file(self.env(su=True), addon, path, {}, mode)
                self.assertFalse(self.env.ref("digest.digest_digest_default", False))

    def test_nothing_is_told_to_who_sees_no_feeds(self):
        self.create_provider()
        self.assertTrue(self.values())
        self.assertFalse(self.values(self.create_clerk()))

    def test_the_feeds_of_other_companies_are_not_counted(self):
        provider = self.create_provider()
        self.book("7.00", "2026-07-01")
        self.pull_scheduled(provider)
        stranger, journal = self.create_stranger()
        self.env["online.bank.statement.provider"].sudo().create(
            {"journal_id": journal.id, "service": "ponto"}
        )
        digest = self.digest.copy({"company_id": stranger.company_id.id})
        self.digest = digest
        self.assertEqual(self.values(stranger)["kpi_ponto_imported"], 0)

    def test_who_reads_the_digest_of_another_company_learns_no_counts(self):
        provider = self.create_provider()
        self.book("7.00", "2026-07-01")
        self.pull_scheduled(provider)
        stranger, _journal = self.create_stranger()
        foreign = self.digest.with_user(stranger)
        for name in ("imported", "waiting", "difference"):
            with self.subTest(name), self.assertRaises(AccessError):
                foreign.mapped(f"kpi_ponto_{name}_value")


@tagged("post_install", "-at_install")
class TestNotification(PontoCase):
    """Who is responsible is told cause and next step, as they prefer."""

    def setUp(self):
        super().setUp()
        self.inbox = new_test_user(
            self.env,
            login="ponto_inbox",
            groups="account.group_account_basic",
            notification_type="inbox",
        )
        self.bookkeeper.sudo().email = "bookkeeper@example.com"
        self.provider = self.create_provider(
            ponto_responsible_ids=[
                Command.set((self.bookkeeper | self.inbox).ids),
            ]
        )

    def messages(self):
        """Return what was told about the feed, the oldest first."""
        return (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self.provider._name),
                    ("res_id", "=", self.provider.id),
                    ("message_type", "=", "user_notification"),
                ],
                order="id",
            )
        )

    @mute_logger(OUTCOME_LOGGER)
    def test_a_message_names_cause_and_next_step(self):
        self.provider.password = "wrong"
        self.pull_scheduled(self.provider)
        messages = self.messages()
        self.assertEqual(len(messages), 2)
        for message in messages:
            self.assertEqual(message.subject, "Login refused: Bank")
            self.assertIn("does not accept the Login", message.body)
            self.assertIn("enter them here again", message.body)
            self.assertEqual(message.author_id, self.env.ref("base.partner_root"))
        kinds = {
            each.res_partner_id: each.notification_type
            for each in messages.notification_ids
        }
        self.assertEqual(
            kinds,
            {self.bookkeeper.partner_id: "email", self.inbox.partner_id: "inbox"},
        )
        self.assertEqual(
            set(self.provider.activity_ids.mapped("summary")), {"Login refused: Bank"}
        )
        # A problem that lasts is told once.
        self.pull_scheduled(self.provider)
        self.assertEqual(self.messages(), messages)

    def test_nobody_is_said_to_have_assigned_it(self):
        self.bank.expire_consent(self.account_id)
        self.pull(self.provider)
        activities = self.provider.sudo().activity_ids
        self.assertEqual(activities.user_id, self.bookkeeper | self.inbox)
        self.assertEqual(activities.create_uid, self.env.ref("base.user_root"))
        # Who has pressed the button has read it.
        [message] = self.messages()
        self.assertEqual(message.notified_partner_ids, self.inbox.partner_id)
        self.assertEqual(message.subject, "Consent expired: Bank")
        self.assertNotIn("assigned", message.body)

    def test_a_difference_is_told_with_its_amount(self):
        self.book("5.00", "2026-07-01")
        self.pull_scheduled(self.provider)
        self.enter_by_hand(-6, "2026-07-02")
        self.pull_scheduled(self.provider)
        self.provider.sudo().ponto_differs_since = fields.Datetime.now() - timedelta(2)
        self.pull_scheduled(self.provider)
        message = self.messages()[:1]
        self.assertIn("Differs from the bank by", message.subject)
        self.assertIn("6.00", message.subject)
        self.assertIn("they differ by", message.body)
