# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The doors at feeds of other services, which share the model with those of Ponto."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CRON, PontoCase
from .common_attack import PROVIDER, AttackCase, RefusedError

BASE_LOGGER = (
    "odoo.addons.account_statement_import_online.models.online_bank_statement_provider"
)
PULLS_LOGGER = "odoo.addons.account_statement_import_online_ponto.feed.pulls"

#: Where other services keep what nobody may read.
SECRETS = {
    "username": "theirs-user",
    "password": "Rw3-theirs-password",
    "passphrase": "Rw3-theirs-passphrase",
    "certificate_private_key": "Rw3-theirs-private-key",
}


@tagged("post_install", "-at_install")
class TestAttackServices(AttackCase):
    """Who gets at other services, and at journals, by way of this addon."""

    def setUp(self):
        super().setUp()
        self.other = self.env[PROVIDER].create(
            {
                "journal_id": self.spare_journal_a.id,
                "service": "dummy",
                "interval_type": "hours",
                **SECRETS,
            }
        )
        self.other.message_post(body="Rw3-theirs-note")
        self.feeds_user = new_test_user(
            self.env,
            login="sweep_feeds",
            groups="account_statement_import_online_ponto.group_bank_feeds",
            company_id=self.company.id,
        )

    # === WHAT OTHER SERVICES KEEP === #

    def test_basic_users_read_nothing_of_other_services(self):
        names, ids = list(SECRETS), self.other.ids
        calls = (
            (PROVIDER, "search_read", [[["service", "!=", "ponto"]], names]),
            (PROVIDER, "read", [ids, names]),
            (PROVIDER, "export_data", [ids, names]),
            (PROVIDER, "search_count", [[["password", "=like", "Rw3%"]]]),
            ("mail.message", "search_read", [[["body", "like", "Rw3"]], ["body"]]),
        )
        tried = 0
        for user in (self.users_a["bookkeeper"], self.feeds_user):
            for model, method, arguments in calls:
                with self.subTest(user.login, method=method, model=model):
                    answer = self.try_rpc(user, model, method, *arguments)
                    self.assertNotIn("Rw3", str(answer))
                    self.assertFalse(isinstance(answer, int) and answer, answer)
                    tried += 1
        self.assertEqual(tried, 10)

    def test_basic_users_fetch_nothing_of_other_services(self):
        context = {"active_model": PROVIDER, "active_id": self.other.id}
        for user in (self.users_a["bookkeeper"], self.feeds_user):
            for method in ("action_pull", "action_debug"):
                with self.subTest(user.login, method=method):
                    with self.assertRaises(RefusedError):
                        wizard_id = self.rpc(
                            user,
                            "online.bank.statement.pull.wizard",
                            "create",
                            {},
                            context=context,
                        )
                        self.rpc(
                            user,
                            "online.bank.statement.pull.wizard",
                            method,
                            [wizard_id],
                            context=context,
                        )

    def test_basic_users_go_on_seeing_feeds_of_ponto(self):
        for user in (self.users_a["bookkeeper"], self.feeds_user):
            rows = self.rpc(user, PROVIDER, "search_read", [], ["service"])
            self.assertEqual({row["service"] for row in rows}, {"ponto"})
            [row] = self.rpc(
                user,
                "account.journal",
                "web_read",
                self.spare_journal_a.ids,
                {"online_bank_statement_provider_id": {"fields": {}}},
            )
            self.assertTrue(row)

    def test_rights_of_the_base_stay(self):
        for kind in ("accountant", "manager", "administrator"):
            user = self.users_a[kind]
            with self.subTest(kind):
                [row] = self.rpc(user, PROVIDER, "read", self.other.ids, ["password"])
                self.assertEqual(row["password"], SECRETS["password"])
                self.rpc(user, PROVIDER, "write", self.other.ids, {"username": kind})
                self.assertEqual(self.other.username, kind)

    # === THE NAME OF A JOURNAL === #

    def test_an_archived_feed_tells_nobody_its_journal(self):
        for feed in (self.other, self.stopped):
            feed.active = False
            values = {"journal_id": feed.journal_id.id, "service": "ponto"}
            feed.journal_id.name = f"Zebrabank {feed.service}"
            for users in (self.users_a, self.users_b):
                for kind, user in users.items():
                    if users is self.users_a and kind in (
                        "accountant",
                        "manager",
                        "administrator",
                    ):
                        continue
                    for method, arguments in (
                        ("create", [[values]]),
                        ("write", [[], values]),
                        ("web_save", [[], values, {"id": {}}]),
                    ):
                        with self.subTest(user.login, method=method):
                            answer = self.try_rpc(user, PROVIDER, method, *arguments)
                            self.assertNotIn("Zebrabank", str(answer))

    def test_whoever_may_make_a_feed_is_told_of_the_archived_one(self):
        self.stopped.active = False
        self.stopped.journal_id.name = "Zebrabank"
        values = {"journal_id": self.stopped.journal_id.id, "service": "ponto"}
        answer = self.try_rpc(self.users_a["manager"], PROVIDER, "create", [values])
        self.assertIn("Zebrabank", str(answer))


@tagged("post_install", "-at_install")
class TestAttackSchedule(PontoCase):
    """What one feed of another service may do to the scheduled action of all."""

    def setUp(self):
        super().setUp()
        self.accountant = new_test_user(
            self.env,
            login="sweep_schedule",
            groups="account.group_account_user",
            company_id=self.company.id,
        )
        self.past = fields.Datetime.now() - timedelta(days=2, minutes=20)

    def create_other(self, number, **values):
        """Let an accountant change a feed of another service, which is due."""
        journal = self.create_journal(f"BE0000000000{number:04}")
        feed = self.env[PROVIDER].create({"journal_id": journal.id, "service": "dummy"})
        feed = feed.with_user(self.accountant)
        feed.write({"next_run": self.past, **values})
        return feed

    def run_cron(self):
        """Let the scheduled action run as Odoo does."""
        cron = self.env.ref(CRON).sudo()
        progress = self.env["ir.cron.progress"].sudo().create({"cron_id": cron.id})
        Provider = self.env[PROVIDER].with_context(
            cron_id=cron.id, ir_cron_progress_id=progress.id
        )
        self.env.flush_all()
        with (
            patch.object(self.env.cr, "commit", self.env.flush_all),
            patch.object(self.env.cr, "rollback", self.env.invalidate_all),
        ):
            Provider.sudo()._scheduled_pull()

    def assert_comes_next(self, feed):
        """Check that a feed had its turn, and has another one at a sensible time."""
        now = fields.Datetime.now()
        self.assertGreaterEqual(feed.next_run, now)
        self.assertLessEqual(feed.next_run, now + timedelta(days=400))

    def test_attack_of_an_interval_beyond_reason_stops_nobody(self):
        beyond = self.create_other(1, interval_type="weeks", interval_number=500000)
        other = self.create_other(2)
        self.env[PROVIDER]._scheduled_pull()
        self.assert_comes_next(beyond)
        self.assert_comes_next(other)

    def test_attack_of_a_plan_from_the_beginning_of_time_stops_nobody(self):
        long_ago = datetime(1, 1, 1)
        feed = self.create_other(1, next_run=long_ago, interval_type="minutes")
        self.env[PROVIDER]._scheduled_pull()
        self.assert_comes_next(feed)
        asked = []

        def obtain(provider, since, until):
            asked.append(since)
            raise ValueError("One is enough")

        feed.write({"last_successful_run": long_ago, "next_run": self.past})
        with (
            patch.object(self.registry[PROVIDER], "_obtain_statement_data", obtain),
            mute_logger(BASE_LOGGER),
        ):
            self.env[PROVIDER]._scheduled_pull()
        self.assertEqual(asked, [datetime(1990, 1, 1)])
        self.assert_comes_next(feed)

    def test_others_keep_their_grid(self):
        for number, (unit, count, next_in) in enumerate(
            (
                ("minutes", 30, timedelta(minutes=10)),
                ("hours", 1, timedelta(minutes=40)),
                ("days", 3, timedelta(days=1) - timedelta(minutes=20)),
            ),
            start=3,
        ):
            feed = self.create_other(number, interval_type=unit, interval_number=count)
            with self.subTest(unit):
                self.env[PROVIDER]._scheduled_pull()
                planned = self.past + timedelta(days=2, minutes=20) + next_in
                self.assertEqual(feed.next_run, planned)

    def test_a_feed_of_another_service_that_fails_stops_and_undoes_no_other(self):
        feeds = self.env[PROVIDER].with_user(self.accountant)
        for number in range(6, 9):
            feeds |= self.create_other(number)
        Base = self.registry[PROVIDER]

        def obtain(provider, since, until):
            if provider == feeds[1]:
                # The base catches what comes from here, but not what comes after it.
                return [{"date": since, "amount": "nonsense"}], {}
            return [{"date": since, "amount": 1.0, "payment_ref": "x"}], {}

        for act in (self.env[PROVIDER]._scheduled_pull, self.run_cron):
            feeds.next_run = self.past
            with (
                self.subTest(act.__name__),
                patch.object(Base, "_obtain_statement_data", obtain),
                mute_logger(PULLS_LOGGER),
            ):
                act()
            self.assertFalse(self.lines(feeds[1].journal_id))
            self.assertTrue(self.lines(feeds[0].journal_id))
            self.assertTrue(self.lines(feeds[2].journal_id))
            for feed in feeds:
                # The one that failed, too: not in each run of a pass.
                self.assert_comes_next(feed)
            # Its days are asked for again.
            self.assertFalse(feeds[1].last_successful_run)

    def test_what_the_database_refuses_of_another_service_stops_no_other(self):
        feeds = self.create_other(6) | self.create_other(7)
        Base = self.registry[PROVIDER]
        write = Base._write_multi
        refused = []

        def refuse(records, vals_list):
            names = set().union(*vals_list)
            if feeds[0] in records and "last_successful_run" in names:
                refused.append(records)
                raise ValueError("refused")
            write(records, vals_list)

        with (
            patch.object(Base, "_write_multi", refuse),
            mute_logger(PULLS_LOGGER),
        ):
            self.run_cron()
        self.assertTrue(refused)
        self.assert_comes_next(feeds[0])
        self.assert_comes_next(feeds[1])

    def test_a_person_is_told_what_goes_wrong_with_another_service(self):
        feed = self.create_other(9)
        Base = self.registry[PROVIDER]
        with (
            patch.object(Base, "_obtain_statement_data", side_effect=UserError("No")),
            self.assertRaisesRegex(UserError, "No"),
        ):
            feed._pull(datetime(2026, 7, 1), datetime(2026, 7, 2))
