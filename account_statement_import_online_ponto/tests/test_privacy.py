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
from .simulator import api as simulator_api

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

    def test_what_is_ignored_is_fetched_where_its_own_identifier_is_known_to_be_gone(
        self,
    ):
        self.patch(simulator_api, "MAXIMUM_LIMIT", 2)
        for day in range(1, 6):
            self.book("1.00", f"2026-07-0{day}")
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.bank.remove_transaction(waiting.ponto_id)
        self.book("10.00", "2026-07-10", moves_balance=False, **SECRET)
        self.pull_scheduled(self.provider)
        self.assertTrue(waiting.is_gone)
        self.assertEqual(self.registered("recognised").original_id, waiting)
        waiting.action_import()
        self.assertEqual(self.lines()[-1:].partner_name, "Jan Peeters")

    def test_what_is_ignored_is_fetched_though_a_later_identifier_is_gone(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        waiting.sudo().copy(
            {
                "ponto_id": "read between two links",
                "state": "recognised",
                "original_id": waiting.id,
                "is_gone": True,
            }
        )
        waiting.action_import()
        self.assertEqual(self.lines()[-1:].partner_name, "Jan Peeters")

    def test_what_is_fetched_again_is_registered_as_it_is_by_now(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.bank.update_transaction(
            waiting.ponto_id, amount="12.00", executionDate="2026-07-11"
        )
        waiting.action_import()
        self.assertEqual(self.lines()[-1:].amount, 12)
        self.assertRecordValues(waiting, [{"amount": 12, "date": date(2026, 7, 11)}])

    def test_what_ponto_does_not_have_any_more_cannot_come_back(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.bank.remove_transaction(waiting.ponto_id)
        with self.assertRaisesRegex(UserError, "any more"):
            waiting.action_import()

    def test_what_a_gateway_does_not_find_is_not_said_to_be_gone(self):
        waiting = self.wait_for_decision()
        waiting.action_ignore()
        self.bank.fault("/transactions/", status=404, body="<html>Not here</html>")
        with self.assertRaises(UserError) as caught:
            waiting.action_import()
        self.assertNotIn("any more", str(caught.exception))
        waiting.action_import()
        self.assertTrue(waiting.statement_line_id)

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

    def import_changed(self):
        """Import a transaction, and let the bank change its amount.

        :return: what waits, anonymous, as a bookkeeper sees it
        """
        ponto_id = self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        self.bank.update_transaction(ponto_id, amount="12.00")
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting").with_user(self.bookkeeper)
        waiting.with_user(self.manager).action_anonymize()
        self.assert_silent(waiting)
        return waiting

    def test_what_changed_and_is_anonymous_can_be_taken_over(self):
        waiting = self.import_changed()
        waiting.action_import()
        self.assertRecordValues(self.lines(), [{"amount": 12}])
        self.assertRecordValues(
            waiting, [{"state": "imported", "amount": 12, "document": False}]
        )

    def test_what_changed_and_is_gone_cannot_be_taken_over(self):
        waiting = self.import_changed()
        self.bank.remove_transaction(waiting.ponto_id)
        with self.assertRaisesRegex(UserError, "any more"):
            waiting.action_import()
        self.assertEqual(self.lines().amount, 10)

    def test_what_changed_is_anonymous_and_lost_its_line_comes_back(self):
        self.provider.create_statement = False
        waiting = self.import_changed()
        self.lines().unlink()
        self.assert_silent(waiting)
        waiting.action_import()
        self.assertRecordValues(self.lines(), [{"amount": 12}])
        self.assertRecordValues(waiting, [{"state": "imported", "amount": 12}])

    def remove_anonymous(self):
        """Import a transaction, remove its line, and make what is left anonymous."""
        self.provider.create_statement = False
        day = "2026-07-09T22:30:00.000Z"
        self.book("10.00", day, valueDate="2026-07-12T00:00:00.000Z", **SECRET)
        self.pull_scheduled(self.provider)
        self.lines().unlink()
        removed = self.registered("removed")
        removed.with_user(self.manager).action_anonymize()
        return removed

    def test_what_is_anonymous_stays_so_whatever_is_read_again(self):
        removed = self.remove_anonymous()
        for change in (
            lambda: self.provider.write({"ponto_date_field": "value_date"}),
            lambda: self.provider.write({"tz": "America/New_York"}),
            lambda: self.bank.update_transaction(removed.ponto_id, purposeCode="SUPP"),
        ):
            change()
            self.provider.action_ponto_reset_last_identifier()
            self.pull_scheduled(self.provider)
            self.assertFalse(self.provider.ponto_failure)
            self.assert_silent(removed)
        self.assertEqual(removed.date, date(2026, 7, 12))
        removed.with_user(self.bookkeeper).action_import()
        self.assertEqual(self.lines().partner_name, "Jan Peeters")

    def test_what_is_imported_and_anonymous_stays_so_when_its_line_changes(self):
        ponto_id = self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        record = self.registered("imported")
        record.with_user(self.manager).action_anonymize()
        self.bank.update_transaction(ponto_id, counterpartName="Jan Peeters-Claes")
        self.pull_scheduled(self.provider)
        self.assertEqual(self.lines().partner_name, "Jan Peeters-Claes")
        self.assert_silent(record)

    def test_what_is_imported_and_anonymous_stays_so_when_its_line_is_removed(self):
        self.provider.create_statement = False
        self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        record = self.registered("imported").with_user(self.bookkeeper)
        record.with_user(self.manager).action_anonymize()
        self.lines().unlink()
        self.assert_silent(record)
        self.provider.action_ponto_reset_last_identifier()
        self.pull_scheduled(self.provider)
        self.assertFalse(self.lines())
        self.assert_silent(record)
        record.action_import()
        self.assertEqual(self.lines().partner_name, "Jan Peeters")

    def test_what_is_anonymous_and_newly_waits_can_be_read(self):
        ponto_id = self.book("10.00", "2026-07-10", **SECRET)
        self.pull_scheduled(self.provider)
        record = self.registered("imported")
        record.with_user(self.manager).action_anonymize()
        self.reconcile(self.lines())
        self.bank.update_transaction(ponto_id, purposeCode="SUPP")
        self.pull_scheduled(self.provider)
        self.assert_silent(self.registered("waiting"), is_silent=False)
        record.with_user(self.manager).action_anonymize()
        self.bank.update_transaction(ponto_id, purposeCode="SALA")
        self.pull_scheduled(self.provider)
        self.assert_silent(self.registered("waiting"))

    def test_what_is_anonymous_and_waits_for_its_amount_can_be_read(self):
        waiting = self.import_changed()
        waiting.action_ignore()
        self.bank.update_transaction(waiting.ponto_id, amount="13.00")
        self.pull_scheduled(self.provider)
        self.assertEqual(waiting.state, "waiting")
        self.assert_silent(waiting, is_silent=False)
        self.assertEqual(waiting.payment_ref, "Alimony for Emma")
        waiting.with_user(self.manager).action_anonymize()
        self.bank.update_transaction(waiting.ponto_id, amount="14.00")
        self.pull_scheduled(self.provider)
        self.assert_silent(waiting)

    def test_what_is_anonymous_and_may_now_be_imported_is(self):
        ponto_id = self.book("10.00", "2026-07-10", currency="USD", **SECRET)
        self.pull_scheduled(self.provider)
        waiting = self.registered("waiting")
        waiting.with_user(self.manager).action_anonymize()
        self.bank.update_transaction(ponto_id, currency="EUR")
        self.pull_scheduled(self.provider)
        self.assertFalse(self.provider.ponto_failure)
        self.assertEqual(self.lines().partner_name, "Jan Peeters")

    def test_what_was_decided_and_is_anonymous_is_forgotten_with_its_undo(self):
        waiting = self.wait_for_decision()
        told = waiting.action_ignore()
        [button] = told["params"]["buttons"]
        decision = self.env["ponto.decision"].browse(button["ids"])
        self.assertIn("Peeters", str(decision.sudo().memory))
        waiting.with_user(self.manager).action_anonymize()
        self.assertNotIn("Peeters", str(decision.sudo().memory))
        with self.assertRaisesRegex(UserError, "nothing to undo"):
            decision.with_user(self.bookkeeper).action_undo()
        self.assert_silent(waiting)

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

    def test_what_explains_a_difference_is_made_anonymous_instead(self):
        self.provider.create_statement = False
        self.book("10.00", "2026-07-10", **SECRET)
        self.book("12.00", "2026-07-11", **SECRET)
        self.pull_scheduled(self.provider)
        self.lines()[-1].unlink()
        self.book("13.00", "2025-12-01", **SECRET)
        self.pull_scheduled(self.provider)
        explaining = self.registered("before_start") + self.registered("removed")
        self.assertEqual(len(explaining), 2)
        self.registered("removed").sudo().is_gone = True
        self.grow_old(explaining, 25)
        self.assert_silent(explaining)
        self.pull_scheduled(self.provider)
        self.assertEqual(self.provider.ponto_difference, 25)
        self.assertFalse(self.provider.ponto_unexplained)

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
