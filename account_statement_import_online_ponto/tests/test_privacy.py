# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import hashlib
from datetime import date

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..engine.days import Period
from ..feed.preview import preview
from ..feed.pulls import pull_for_person
from .common import OTHER_IBAN, PontoCase

SECRET = {
    "remittanceInformation": "Alimony for Emma",
    "counterpartName": "Jan Peeters",
    "counterpartReference": OTHER_IBAN,
    "endToEndId": "E2E-SECRET",
    "mandateId": "MANDATE-SECRET",
    "additionalInformation": "Psychiatry",
}
#: How they may be written down.
TRACES = ("alimony", "emma", "peeters", OTHER_IBAN.lower(), "e2e-secret", "psychiatry")


@tagged("post_install", "-at_install")
class TestPrivacy(PontoCase):
    """What was never imported tells nothing of anybody."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider()

    def assert_silent(self, records, is_silent=True):
        """Check that nothing of a person is in the rows of the register."""
        self.env.flush_all()
        self.assertTrue(records)
        self.env.cr.execute(
            "SELECT to_jsonb(ponto_transaction)::text FROM ponto_transaction"
            " WHERE id IN %s",
            [tuple(records.ids)],
        )
        rows = " ".join(row[0] for row in self.env.cr.fetchall()).lower()
        for trace in TRACES:
            if is_silent:
                self.assertNotIn(trace, rows)
        for text in (*SECRET.values(), *map(str.lower, SECRET.values())):
            for name in ("md5", "sha1", "sha256"):
                digest = hashlib.new(name, text.encode()).hexdigest()
                self.assertNotIn(digest[:12], rows)
        if not is_silent:
            self.assertIn("emma", rows)

    def test_what_is_before_the_start_tells_nothing(self):
        self.book("10.00", "2025-12-01", **SECRET)
        self.pull_scheduled(self.provider)
        self.assert_silent(self.registered("before_start"))

    def test_an_earlier_start_fetches_it_again(self):
        self.book("10.00", "2025-12-01", **SECRET)
        self.pull_scheduled(self.provider)
        self.provider.ponto_start_date = date(2025, 11, 1)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().payment_ref, "Alimony for Emma")
        self.assertEqual(self.registered("imported").counterpart_name, "Jan Peeters")

    def wait_for_decision(self):
        self.enter_by_hand(10, "2026-07-10", payment_ref="Alimony for Emma")
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        return self.registered("waiting").with_user(self.bookkeeper)

    def test_what_waits_can_be_read(self):
        self.assert_silent(self.wait_for_decision(), is_silent=False)

    def test_what_is_ignored_tells_nothing_and_is_fetched_for_another_mind(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.assert_silent(waiting)
        self.assertIn("10.00", waiting.display_name)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        waiting.action_import()
        self.assertEqual(self.lines()[-1:].partner_name, "Jan Peeters")
        self.assertEqual(waiting.payment_ref, "Alimony for Emma")

    def test_what_is_ignored_is_fetched_under_its_new_identifier(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assert_silent(self.registered("recognised"))
        waiting.action_import()
        self.assertEqual(self.lines()[-1:].partner_name, "Jan Peeters")

    def test_what_ponto_does_not_have_any_more_cannot_come_back(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.bank.remove_transaction(waiting.ponto_id)
        with self.assertRaisesRegex(UserError, "any more"):
            waiting.action_import()

    def test_what_was_ignored_can_be_chosen_in_a_preview(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        period = Period(date(2026, 7, 1), date(2026, 7, 15))
        provider = self.provider.with_user(self.bookkeeper)
        [shown] = preview(provider, period)
        self.assertEqual(shown["payment_ref"], "Alimony for Emma")
        self.assertTrue(shown["is_importable"])
        self.assert_silent(waiting)
        chosen = {shown["ponto_id"]: shown["verdict"]}
        pull_for_person(provider, period, chosen=chosen)
        self.assertEqual(self.lines()[-1:].partner_name, "Jan Peeters")

    def test_what_is_recognised_tells_nothing_and_is_recognised_again(self):
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        for _link in range(3):
            self.account_id = self.bank.relink(self.account_id)
            self.pull_scheduled(self.provider)
            self.assertEqual(len(self.lines()), 1)
        self.assert_silent(self.registered("recognised"))

    def test_what_was_removed_can_be_read(self):
        self.provider.create_statement = False
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        self.lines().unlink()
        self.assert_silent(self.registered("removed"), is_silent=False)

    # === ANONYMOUS === #

    def test_an_administrator_makes_transactions_anonymous(self):
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        record = self.registered("imported")
        record.with_user(self.manager).action_anonymize()
        self.assert_silent(record)
        self.assertEqual(self.lines().partner_name, "Jan Peeters")
        # They are recognized as before, one by one and after a new link.
        self.pull_scheduled(self.provider)
        self.account_id = self.bank.relink(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(len(self.registered("recognised")), 1)

    def test_what_waits_and_is_anonymous_can_be_imported_after_all(self):
        waiting = self.wait_for_decision()
        waiting.with_user(self.manager).action_anonymize()
        self.assert_silent(waiting)
        waiting.action_import()
        self.assertEqual(self.lines()[-1:].partner_name, "Jan Peeters")

    def test_what_is_to_be_imported_stays_readable(self):
        tomorrow = fields.Date.add(self.provider._ponto_get_today(), days=1)
        self.book("10.00", str(tomorrow), **SECRET)
        self.pull_scheduled(self.provider)
        with self.assertRaisesRegex(UserError, "still to be imported"):
            self.registered("waiting").with_user(self.manager).action_anonymize()

    def test_nobody_else_makes_transactions_anonymous(self):
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        with self.assertRaises(AccessError):
            self.registered("imported").with_user(self.bookkeeper).action_anonymize()

    # === RETENTION === #

    def grow_old(self, records, months):
        """Let records be as old as that."""
        created_at = fields.Datetime.subtract(fields.Datetime.now(), months=months)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ponto_transaction SET create_date = %s WHERE id IN %s",
            [created_at, tuple(records.ids)],
        )
        self.env.invalidate_all()
        self.env["ponto.transaction"].sudo()._gc_old_transactions()
        self.env.flush_all()

    def test_what_has_no_line_is_kept_for_two_years(self):
        self.book("10.00", "2025-12-01", **SECRET)
        self.book("11.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        early, imported = self.registered("before_start"), self.registered("imported")
        self.grow_old(early + imported, 23)
        self.assertTrue(early.exists())
        self.grow_old(early + imported, 25)
        self.assertFalse(early.exists())
        self.assertTrue(imported.exists())
        self.assertTrue(imported.payment_ref)

    def test_what_would_come_back_is_made_anonymous_instead(self):
        self.provider.create_statement = False
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        self.lines().unlink()
        removed = self.registered("removed")
        self.grow_old(removed, 25)
        self.assert_silent(removed)
        self.provider.action_ponto_reset_last_identifier()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.lines())

    def test_an_administrator_chooses_how_long(self):
        settings = self.env["res.config.settings"].sudo().create({})
        self.assertEqual(settings.ponto_register_retention_months, 24)
        settings.ponto_register_retention_months = 6
        settings.execute()
        self.book("10.00", "2025-12-01", **SECRET)
        self.pull_scheduled(self.provider)
        early = self.registered("before_start")
        self.grow_old(early, 7)
        self.assertFalse(early.exists())
