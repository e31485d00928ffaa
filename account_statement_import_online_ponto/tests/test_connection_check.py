# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..feed.connection_check import Finding
from .common import CRON, PontoCase


class CheckCase(PontoCase):
    """A feed that was pulled a moment ago, and nothing is wrong with."""

    def setUp(self):
        self.clock = self.enterContext(freeze_time("2026-07-15 12:00:00", tick=True))
        super().setUp()
        self.use_simulator_by_default()
        self.schedule = self.env.ref(CRON)
        self.schedule.write({"active": True, "nextcall": self.in_hours(1)})
        self.bank.renew_consent(self.account_id, days=120)
        self.book("5.00", "2026-07-10")
        self.provider = self.create_provider(api_base=False)
        self.pull_scheduled(self.provider)
        self.bank.clear_requests()

    def in_hours(self, hours):
        return fields.Datetime.now() + timedelta(hours=hours)

    def check(self, user=None):
        """Press the button.

        :return: the `ponto.connection.check` that the dialog shows
        """
        provider = self.provider.with_user(user or self.bookkeeper)
        action = provider.action_ponto_check_connection()
        check = provider.env[action["res_model"]].browse(action["res_id"])
        check.invalidate_recordset()
        return check

    def finding(self, name, user=None):
        """Return what a new check says of one thing it looks at."""
        findings = self.check(user).finding_ids
        [finding] = findings.filtered(lambda finding: finding.name == name)
        return finding

    def assertFinding(self, name, state, text, repair=False, user=None):
        finding = self.finding(name, user or self.manager)
        self.assertEqual(finding.state, state)
        self.assertIn(text, finding.text)
        self.assertEqual(finding.repair, repair)
        return finding


@tagged("post_install", "-at_install")
class TestConnectionCheck(CheckCase):
    """One button, a list of plain findings."""

    def test_a_healthy_feed_is_fine_in_everything(self):
        check = self.check()
        self.assertEqual(set(check.finding_ids.mapped("state")), {"ok"})
        self.assertEqual(len(check.finding_ids), len(check._get_checks()))
        self.assertEqual(check.level, "ok")
        self.assertFalse(any(check.finding_ids.mapped("repair")))

    def test_ponto_is_asked_three_times(self):
        self.check()
        self.assertEqual(
            [request.path for request in self.bank.requests],
            ["/oauth2/token", "/accounts", f"/accounts/{self.account_id}/transactions"],
        )
        self.assertEqual(self.bank.requests[-1].query.get("page[limit]"), "1")

    def test_nothing_is_written_on_feed_or_journal(self):
        def everything():
            self.env.flush_all()
            self.env.invalidate_all()
            records = (self.provider, self.journal, self.provider.ponto_integration_id)
            return [record.sudo().copy_data() for record in records] + [
                [record.read() for record in records],
                self.provider.ponto_pull_ids.ids,
                self.provider.ponto_transaction_ids.ids,
                self.lines().ids,
            ]

        before = everything()
        self.bank.update_account(self.account_id, currentBalance="999.00")
        self.bank.expire_consent(self.account_id)
        self.book("7.00", "2026-07-11")
        self.check()
        self.assertEqual(everything(), before)

    def test_what_needs_somebody_comes_first(self):
        self.schedule.active = False
        typed = self.enter_by_hand(1, "2026-07-10", payment_ref="Communication 1.00")
        self.book("1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        typed.unlink()
        self.pull_scheduled(self.provider)
        check = self.check()
        self.assertEqual(
            check.finding_ids.mapped("name")[:3],
            ["Scheduled Action", "Waiting Transactions", "Balance"],
        )
        self.assertEqual(set(check.finding_ids[3:].mapped("state")), {"ok"})
        self.assertNotEqual(check.level, "ok")
        self.assertIn("Problems: 1. To look at: 2. Fine: 15.", check.summary)

    def test_without_login_the_rest_is_checked_still(self):
        self.bank.fault("/oauth2/token", status=401, code="invalid_client", times=None)
        self.journal.suspense_account_id = False
        check = self.check()
        self.assertEqual(len(check.finding_ids), len(check._get_checks()))
        skipped = check.finding_ids.filtered(lambda each: each.state == "skipped")
        self.assertEqual(len(skipped), 7)
        self.assertEqual(
            set(
                check.finding_ids.filtered(lambda f: f.state == "error").mapped("name")
            ),
            {"Login", "Suspense Account"},
        )
        self.assertEqual(self.bank.count(".*"), 1)

    def test_an_integrator_adds_a_check(self):
        Check = self.env.registry["ponto.connection.check"]
        checks = self.env["ponto.connection.check"]._get_checks()

        def check_moon(facts):
            return Finding.warning("Moon", "It is full.")

        self.patch(Check, "_get_checks", lambda check: [*checks, check_moon])
        self.assertFinding("Moon", "warning", "It is full.")


@tagged("post_install", "-at_install")
class TestConnectionCheckAccess(CheckCase):
    """Who may check, and who may repair."""

    def test_who_may_pull_may_check_and_is_told_who_repairs(self):
        self.provider.password = "outdated"
        finding = self.finding("Login", self.bookkeeper)
        self.assertFalse(finding.repair)
        self.assertIn("An accounting administrator can repair this.", finding.text)

    def test_who_may_not_pull_may_not_check(self):
        clerk = self.create_clerk()
        with self.assertRaises(AccessError):
            self.provider.with_user(clerk).action_ponto_check_connection()
        self.assertFalse(self.bank.requests)

    def test_nobody_repairs_by_a_forged_finding(self):
        self.provider.active = False
        self.schedule.active = False
        finding = self.finding("Scheduled Action", self.bookkeeper)
        for repair in ("activate_schedule", "activate_provider", "update_credentials"):
            with self.assertRaises(AccessError):
                finding.repair = repair
            finding.sudo().repair = repair
            with self.assertRaises(AccessError):
                finding.action_repair()
        self.assertFalse(self.schedule.active)
        self.assertFalse(self.provider.active)

    def test_another_companys_feed_cannot_be_checked(self):
        stranger, _journal = self.create_stranger(groups="account.group_account_basic")
        with self.assertRaises(AccessError):
            self.provider.with_user(stranger).action_ponto_check_connection()
        Check = self.env["ponto.connection.check"].with_user(stranger)
        with self.assertRaises(AccessError):
            Check.create({"provider_id": self.provider.id})
        self.assertFalse(self.bank.requests)
        forged = Check.sudo().create({"provider_id": self.provider.id}).sudo(False)
        asked = len(self.bank.requests)
        with self.assertRaises(AccessError):
            forged.action_check_again()
        self.assertEqual(len(self.bank.requests), asked)

    def test_nobody_reads_somebody_elses_findings(self):
        check = self.check(self.manager)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            check.with_user(self.bookkeeper).finding_ids.mapped("text")

    def test_the_dashboard_card_leads_there(self):
        journal = self.journal.with_user(self.bookkeeper)
        action = journal.action_ponto_check_connection()
        self.assertEqual(action["res_model"], "ponto.connection.check")

    def test_no_finding_tells_the_secret(self):
        texts = " ".join(self.check().finding_ids.mapped("text"))
        self.assertNotIn(self.simulator.client_secret, texts)
