# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.account_statement_import_online_ponto.feed.register import Register
from odoo.addons.account_statement_import_online_ponto.models import account_journal
from odoo.addons.account_statement_import_online_ponto.ponto_api import PontoClient

from .common import CRON, PontoCase
from .simulator import Simulator

NOW = datetime(2026, 7, 15, 12)


class Costs:
    """SQL statements and requests to Ponto, inside a ``with`` block of `count`."""

    queries = requests = tokens = 0


@tagged("post_install", "-at_install")
class TestQueries(PontoCase):
    """What is asked of the database and of Ponto; times are for the benchmark."""

    def setUp(self):
        super().setUp()
        # A new second would be something new to write.
        self.enterContext(freeze_time(NOW))
        self.provider = self.create_provider()

    @contextmanager
    def count(self):
        """Count what happens inside, with nothing in the cache."""
        costs = Costs()
        self.env.flush_all()
        self.env.invalidate_all()
        self.bank.clear_requests()
        before = self.env.cr.sql_log_count
        yield costs
        self.env.flush_all()
        costs.queries = self.env.cr.sql_log_count - before
        costs.requests = len(self.bank.requests)
        costs.tokens = self.bank.count("/oauth2/token")

    def register_many(self, count):
        """Let the register know of transactions long past."""
        self.env["ponto.transaction"].sudo().create(
            [
                {
                    "provider_id": self.provider.id,
                    "ponto_id": f"old-{number}",
                    "ponto_account_id": self.account_id,
                    "date": "2026-01-02",
                    "state": "ignored",
                }
                for number in range(count)
            ]
        )

    # === FIRST IMPORT === #

    def test_a_first_import_asks_less_than_odoo_for_the_lines_alone(self):
        self.book_many(100, "1.00", "2026-07-10")
        vals_list = []
        prepare = type(self.provider)._ponto_prepare_lines

        def remember(provider, transactions):
            prepared = prepare(provider, transactions)
            vals_list.extend(
                {**vals, "statement_id": False, "unique_import_id": False}
                for vals in prepared
            )
            return prepared

        with patch.object(type(self.provider), "_ponto_prepare_lines", remember):
            with self.count() as costs:
                self.pull_scheduled(self.provider)
        self.assertEqual(len(self.lines()), 100)
        with self.count() as floor:
            self.env["account.bank.statement.line"].create(vals_list)
        self.assertLessEqual(costs.queries, floor.queries + 0.15 * 100)
        self.assertLess(costs.queries, floor.queries / 2)

    def test_a_line_more_costs_next_to_nothing(self):
        costs = []
        for count, day in ((20, "2026-07-01"), (50, "2026-07-02"), (99, "2026-07-03")):
            self.book_many(count, "1.00", day)
            with self.count() as each:
                self.pull_scheduled(self.provider)
            costs.append(each.queries)
        self.assertEqual(len(self.lines()), 20 + 50 + 99)
        self.assertLessEqual(costs[2] - costs[1], 0.15 * 49)

    # === NOTHING NEW === #

    def test_nothing_new_costs_the_same_however_much_is_known(self):
        self.book_many(100, "1.00", "2026-07-10")
        self.pull_scheduled(self.provider)
        with self.count() as little:
            self.pull_scheduled(self.provider)
        self.register_many(3000)
        with self.count() as much:
            self.pull_scheduled(self.provider)
        self.assertLessEqual(little.queries, 25)
        self.assertEqual(much.queries, little.queries)
        # The account and one page; a process that begins needs a token, too.
        self.assertEqual((little.requests, much.requests), (2, 2))
        self.env["ponto.integration"]._forget_tokens()
        with self.count() as first:
            self.pull_scheduled(self.provider)
        self.assertEqual(first.requests, 3)

    def test_nothing_new_costs_as_little_with_all_that_a_scheduled_run_does(self):
        cron = self.env.ref(CRON).sudo()
        progress = self.env["ir.cron.progress"].sudo().create({"cron_id": cron.id})
        # Some of it is before the start, as on the first page of nearly every feed.
        self.book_many(20, "1.00", "2025-07-10")
        self.book_many(80, "1.00", "2026-07-10")
        for _time in range(2):
            self.pull_scheduled(self.provider)
        self.assertEqual(len(self.registered("before_start", self.provider)), 20)
        self.provider.next_run = NOW - timedelta(hours=1)
        Provider = self.env["online.bank.statement.provider"].with_context(
            cron_id=cron.id, ir_cron_progress_id=progress.id
        )
        commits = []

        def commit():
            commits.append(self.provider.next_run)
            self.env.flush_all()
            self.env.invalidate_all()

        self.env["ponto.integration"]._forget_tokens()
        with patch.object(self.env.cr, "commit", commit), self.count() as costs:
            Provider._scheduled_pull()
        self.assertEqual(len(commits), 1)
        self.assertEqual(costs.requests, 3)
        self.assertLessEqual(costs.queries, 25)
        self.assertEqual(self.provider.last_successful_run, NOW)

    def test_a_page_of_known_days_costs_one_query(self):
        self.book_many(100, "1.00", "2026-07-10")
        for _time in range(2):
            self.pull(self.provider)
        with self.count() as one_page:
            self.pull(self.provider)
        self.book_many(200, "1.00", "2026-07-11")
        self.pull(self.provider)
        with self.count() as three_pages:
            self.pull(self.provider)
        self.assertEqual(three_pages.requests - one_page.requests, 2)
        self.assertLessEqual(three_pages.queries - one_page.queries, 2)
        # Two thousand are twenty pages.
        self.assertLessEqual(one_page.queries + 19, 60)

    def test_a_page_that_is_asked_for_early_is_none_more(self):
        self.bank.set_order("execution")
        for day in ("2026-03-02", "2026-05-02", "2026-07-02"):
            self.book_many(100, "1.00", day)
        self.provider.ponto_start_date = "2026-01-01"
        self.pull_scheduled(self.provider)
        begin = PontoClient.begin_next_page
        for since, pages in (("2026-07-01", 2), ("2026-05-01", 3), ("2026-01-01", 3)):
            found = []
            for early in (lambda client: None, begin):
                with (
                    patch.object(PontoClient, "begin_next_page", early),
                    self.count() as costs,
                ):
                    self.pull(self.provider, since=since)
                found.append((costs.requests, self.bank.count("/transactions$")))
            self.assertEqual(found[0], found[1])
            self.assertEqual(found[0][1], pages)

    def test_the_next_page_is_asked_for_before_a_page_is_registered(self):
        self.book_many(250, "1.00", "2026-07-10")
        told = []

        def note(_register, *args, **kwargs):
            told.append(begun.call_count)
            return stage(_register, *args, **kwargs)

        stage = Register.stage
        with (
            patch.object(PontoClient, "begin_next_page", autospec=True) as begun,
            patch.object(Register, "stage", note),
        ):
            self.pull(self.provider)
        self.assertEqual(told, [1, 2, 3])

    # === MANY === #

    def test_many_providers_share_a_token_and_cost_the_same_each(self):
        other = self.enterContext(Simulator(today=NOW.date(), dataset="empty"))
        providers = self.provider
        for number in range(1, 8):
            simulator = other if number % 2 else self.simulator
            reference = f"BE{number:014}"
            simulator.bank.add_account(reference=reference, currency="EUR")
            providers |= self.create_provider(
                journal_id=self.create_journal(reference).id,
                api_base=simulator.url,
            )
        self.assertEqual(len(providers.ponto_integration_id), 2)
        self.pull_scheduled(providers)
        self.assertFalse(any(providers.mapped("ponto_failure")))
        self.env["ponto.integration"]._forget_tokens()
        other.bank.clear_requests()
        with self.count() as costs:
            self.pull_scheduled(providers)
        self.assertEqual((costs.tokens, other.bank.count("/oauth2/token")), (1, 1))
        self.assertLessEqual(costs.queries, 25 * len(providers))

    def test_fifty_journals_cost_the_dashboard_few_queries(self):
        journals = self.journal
        for number in range(1, 50):
            journals |= self.create_journal(f"BE{number:014}")
        for journal in journals - self.journal:
            self.create_provider(journal_id=journal.id)
        # As the web client asks.
        journals = journals.with_user(self.bookkeeper).with_context(
            lang="en_US", tz="Europe/Brussels"
        )
        with self.count():  # what Odoo looks up once for all pages is known by then
            shown = journals._get_journal_dashboard_data_batched()
        self.assertEqual(sum("ponto" in card for card in shown.values()), 50)
        with self.count() as costs:
            journals._get_journal_dashboard_data_batched()
        ours = account_journal.AccountJournal
        name = "_fill_bank_cash_dashboard_data"
        self.addCleanup(setattr, ours, name, vars(ours)[name])
        delattr(ours, name)
        with self.count() as without:
            journals._get_journal_dashboard_data_batched()
        self.assertLess(without.queries, costs.queries)
        self.assertLessEqual(costs.queries - without.queries, 10)
