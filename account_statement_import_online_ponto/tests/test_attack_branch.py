# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The doors between a branch and its parent, of which Odoo shows it the journals."""

from odoo.tests import new_test_user, tagged

from .common_attack import PROVIDER, AttackCase, RefusedError

WIZARD = "ponto.connect.wizard"


@tagged("post_install", "-at_install")
class TestAttackBranch(AttackCase):
    """An accounting administrator of a branch wants the parent's bank."""

    def setUp(self):
        super().setUp()
        self.branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.manager_branch = new_test_user(
            self.env,
            login="sweep_manager_branch",
            groups="account.group_account_manager",
            company_id=self.branch.id,
        )
        self.journal_branch = (
            self.env["account.journal"]
            .with_company(self.branch)
            .create({"name": "Branch Bank", "type": "bank", "code": "BRB"})
        )
        self.snapshot = self.take_snapshot()

    def test_a_journal_takes_no_feed_into_a_branch(self):
        values = {"company_id": self.branch.id, "code": "XX1"}
        for feed in (self.provider, self.stopped):
            feed.active = feed == self.provider
            for method, arguments in (
                ("write", [values]),
                ("web_save", [values, {"display_name": {}}]),
            ):
                with self.subTest(method, feed=feed), self.assertRaises(RefusedError):
                    self.rpc(
                        self.manager_branch,
                        "account.journal",
                        method,
                        feed.journal_id.ids,
                        *arguments,
                    )
            self.assertEqual(feed.company_id, self.company)
        self.assertEqual(
            self.provider.sudo().ponto_integration_id.company_ids, self.company
        )

    def test_a_branch_lets_the_parents_feed_read_no_other_account(self):
        journal, manager = self.stopped.journal_id, self.manager_branch
        spare = self.spare_journal_a.bank_account_id
        journal.currency_id = self.env.ref("base.EUR")
        for values in (
            # Equal to the present one, and yet none for Odoo.
            {"currency_id": float(journal.currency_id.id)},
            {"bank_account_id": spare.id},
            {"bank_account_id": False},
            {"bank_acc_number": "BE92001999999923"},
            {"currency_id": self.env.ref("base.USD").id},
        ):
            with self.subTest(values), self.assertRaises(RefusedError):
                self.rpc(manager, "account.journal", "write", journal.ids, values)
        name = {"name": "Named by the branch, as Odoo lets it"}
        self.rpc(manager, "account.journal", "write", journal.ids, name)

    def test_a_branch_removes_no_feed_by_the_parents_journal(self):
        journal, integration = (
            self.stopped.journal_id,
            self.stopped.sudo().ponto_integration_id,
        )
        journal.bank_account_id = False
        for is_active in (True, False):
            self.stopped.active = is_active
            with self.subTest(is_active), self.assertRaises(RefusedError):
                self.rpc(self.manager_branch, "account.journal", "unlink", journal.ids)
            self.assertTrue(self.stopped.exists())
        self.rpc(self.users_a["manager"], "account.journal", "unlink", journal.ids)
        self.assertFalse(self.stopped.exists())
        self.assertTrue(integration.exists())

    def test_a_journal_with_a_feed_is_not_given_to_a_company_of_others(self):
        self.try_rpc(
            self.manager_branch,
            PROVIDER,
            "create",
            {"journal_id": self.journal_branch.id, "service": "ponto"},
        )
        with self.assertRaises(RefusedError):
            self.rpc(
                self.manager_branch,
                "account.journal",
                "write",
                self.journal_branch.ids,
                {"company_id": self.company.id, "code": "XX2"},
            )
        self.assertEqual(self.journal_branch.company_id, self.branch)

    def test_a_journal_without_a_feed_moves_as_odoo_lets_it(self):
        user = self.users_a["manager"]
        user.company_ids |= self.branch
        values = {"company_id": self.branch.id, "code": "XX3"}
        journal = self.spare_journal_a
        journal.bank_account_id.company_id = False
        journal.bank_account_id = False
        self.rpc(user, "account.journal", "write", journal.ids, values)
        self.assertEqual(journal.company_id, self.branch)

    def test_whoever_works_for_both_companies_takes_the_feed_along(self):
        user = self.users_a["manager"]
        user.company_ids |= self.branch
        feed, journal = self.stopped, self.stopped.journal_id
        feed.sudo().ponto_linked_account_id = self.provider.ponto_linked_account_id
        feed.sudo().ponto_account_id = self.account_id
        journal.bank_account_id = False
        values = {"company_id": self.branch.id, "code": "XX4"}
        context = {"allowed_company_ids": [self.company.id, self.branch.id]}
        self.rpc(user, "account.journal", "write", journal.ids, values, context=context)
        self.assertEqual(feed.company_id, self.branch)
        self.assertIn(self.branch, feed.sudo().ponto_integration_id.company_ids)
        self.assertFalse(feed.ponto_linked_account_id)

    def test_what_was_read_for_a_company_goes_to_no_other(self):
        user, feed = self.users_a["manager"], self.provider
        user.company_ids |= self.branch
        context = {"allowed_company_ids": [self.company.id, self.branch.id]}
        values = {"journal_id": self.journal_branch.id}
        with self.assertRaisesRegex(RefusedError, "a feed of its own"):
            self.rpc(user, PROVIDER, "write", feed.ids, values, context=context)
        self.assertEqual(feed.company_id, self.company)
        # A journal without entries, whose feed has read something yet.
        feed, journal = self.stopped, self.stopped.journal_id
        self.env["ponto.transaction"].sudo().create(
            {"provider_id": feed.id, "ponto_id": "left-out", "state": "ignored"}
        )
        journal.bank_account_id = False
        values = {"company_id": self.branch.id, "code": "XX5"}
        with self.assertRaisesRegex(RefusedError, "a feed of its own"):
            self.rpc(
                user, "account.journal", "write", journal.ids, values, context=context
            )
        self.assertEqual(feed.company_id, self.company)

    def test_a_feed_is_not_put_on_the_parents_journal(self):
        manager, journal = self.manager_branch, self.spare_journal_a
        for service in ("ponto", "dummy"):
            values = {"journal_id": self.journal_branch.id, "service": service}
            [feed_id] = self.rpc(manager, PROVIDER, "create", [values])
            feed = self.env[PROVIDER].browse(feed_id)
            for method, arguments in (
                ("write", [{"journal_id": journal.id}]),
                ("web_save", [{"journal_id": journal.id}, {"display_name": {}}]),
            ):
                with self.subTest(service, method=method):
                    with self.assertRaises(RefusedError):
                        self.rpc(manager, PROVIDER, method, feed.ids, *arguments)
                    self.assertEqual(feed.journal_id, self.journal_branch)
            with self.assertRaises(RefusedError):
                self.rpc(
                    manager,
                    PROVIDER,
                    "create",
                    [{"journal_id": journal.id, "service": service}],
                )
            feed.unlink()

    def test_the_assistant_tells_no_balance_of_the_parents_journal(self):
        manager = self.manager_branch
        self.assertTrue(self.lines())
        for company in (self.branch, self.company):
            [wizard_id] = self.rpc(manager, WIZARD, "create", [{}])
            if company != self.branch:
                self.try_rpc(
                    manager, WIZARD, "write", [wizard_id], {"company_id": company.id}
                )
            for journal in (self.journal, self.stopped.journal_id):
                answer = self.try_rpc(
                    manager,
                    f"{WIZARD}.line",
                    "onchange",
                    [],
                    {
                        "wizard_id": wizard_id,
                        "action": "journal",
                        "journal_id": journal.id,
                        "currency_id": self.company.currency_id.id,
                        "start_date": "2026-01-01",
                    },
                    ["journal_id", "action"],
                    {"opening_balance": {}, "available_journal_ids": {}},
                )
                with self.subTest(company=company.name, journal=journal.name):
                    self.assertNotIn("in the journal", str(answer))

    def test_the_assistant_does_not_work_for_the_parent(self):
        manager = self.manager_branch
        [wizard_id] = self.rpc(manager, WIZARD, "create", [{}])
        with self.assertRaises(RefusedError):
            self.rpc(
                manager, WIZARD, "write", [wizard_id], {"company_id": self.company.id}
            )

    def test_a_form_counts_no_lines_of_the_parents_journal(self):
        own = self.env[PROVIDER].create(
            {"journal_id": self.journal_branch.id, "service": "ponto"}
        )
        for ids in ([], own.ids):
            answer = self.rpc(
                self.manager_branch,
                PROVIDER,
                "onchange",
                ids,
                {"journal_id": self.journal.id},
                ["journal_id"] if ids else [],
                {
                    "journal_id": {},
                    "ponto_unmatched_count": {},
                    "ponto_waiting_count": {},
                },
            )
            self.assertFalse(answer["value"].get("ponto_unmatched_count"), answer)
            self.assertFalse(answer["value"].get("ponto_waiting_count"), answer)
