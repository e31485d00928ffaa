# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Spoilt transactions become register records and lines, or named errors."""

import logging
import os
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_statement_import_online_ponto.engine.admission import assess
from odoo.addons.account_statement_import_online_ponto.feed.booking import create_lines
from odoo.addons.account_statement_import_online_ponto.feed.register import Register
from odoo.addons.account_statement_import_online_ponto.ponto_api import (
    Page,
    PontoError,
    document_from_text,
)

from .common import OUTCOME_LOGGER, PontoCase
from .simulator.fuzz import Mutator

_logger = logging.getLogger(__name__)

FACTOR = 10 if os.environ.get("PONTO_LONG") else 1
START = date(2026, 1, 1)


@tagged("post_install", "-at_install")
class TestFuzz(PontoCase):
    """What the addon makes of pages that a broken server sends."""

    def setUp(self):
        super().setUp()
        self.provider = self.create_provider(create_statement=False).sudo()
        self.env = self.provider.env
        self.pull_record = self.env["ponto.pull"].create(
            {"provider_id": self.provider.id, "started_at": "2026-07-15 12:00:00"}
        )
        self.counts = {"pages": 0, "refused": 0, "registered": 0, "lines": 0}

    def read_page(self, body):
        """Return the transactions of a page; none if it is refused by name (list)."""
        self.counts["pages"] += 1
        try:
            document = document_from_text(body)
            if not isinstance(document.get("data"), list):
                raise PontoError("The answer is not a list of records")
            return Page.from_document(document).records
        except PontoError:
            self.counts["refused"] += 1
            return []

    def register(self, transactions):
        """Register transactions as a pull does.

        :return: the register's records, none if they are refused by name
        """
        records = self.env["ponto.transaction"]
        before = records.search([("provider_id", "=", self.provider.id)])
        rules = self.provider._ponto_prepare_rules(START)
        try:
            with self.env.cr.savepoint():
                entries = map(self.provider._ponto_prepare_entry, transactions)
                Register(self.provider).stage(entries, rules, self.pull_record)
        except (PontoError, UserError):
            self.counts["refused"] += 1
            return records
        records = records.search([("provider_id", "=", self.provider.id)]) - before
        self.assertEqual(
            set(records.mapped("ponto_id")),
            {transaction.id for transaction in transactions}
            - set(before.mapped("ponto_id")),
        )
        self.counts["registered"] += len(records)
        return records

    def assess(self, transactions):
        """Do by itself what registering and importing do for each transaction."""
        for transaction in transactions:
            try:
                entry = self.provider._ponto_prepare_entry(transaction)
                outcome = assess(entry, self.provider._ponto_prepare_rules(START))
                values = Register(self.provider).prepare_values(
                    entry, self.pull_record, outcome._asdict()
                )
                if outcome.state == "new":
                    self.provider._ponto_prepare_line_vals(transaction)
                    self.assertTrue(values["fingerprint"])
            except (PontoError, UserError):
                self.counts["refused"] += 1

    def create_lines(self, records):
        """Make lines of records, and let them balance."""
        new = records.filtered(lambda record: record.state == "new")
        create_lines(new, self.pull_record)
        self.env.flush_all()
        self.assertEqual(set(new.mapped("state")) - {"imported"}, set())
        self.assertEqual(set(new.statement_line_id.mapped("state")) - {"posted"}, set())
        self.counts["lines"] += len(new)
        new.statement_line_id.unlink()

    def test_spoilt_pages_are_registered_or_refused_by_name(self):
        mutator = Mutator("mapping")
        for number in range(1500 * FACTOR):
            transactions = self.read_page(mutator.spoil("transactions"))
            self.assess(transactions)
            if number % 5 == 0:
                records = self.register(transactions)
                if number % 50 == 0:
                    self.create_lines(records)
                records.exists().unlink()
        _logger.info("Spoilt pages: %s", self.counts)
        self.assertGreater(self.counts["registered"], 300)
        self.assertGreater(self.counts["lines"], 30)

    @mute_logger(OUTCOME_LOGGER)
    def test_a_spoilt_page_in_a_pull_is_told_and_undone(self):
        """The whole way, over HTTP: a pull ends in lines, or in a failure in words."""
        mutator = Mutator("pull")
        failed = 0
        count = 60 * FACTOR
        for _number in range(count):
            body = mutator.spoil("transactions").decode("utf-8", "replace")
            self.bank.fault("/transactions", body=body)
            self.pull_scheduled(self.provider)
            self.bank.clear_faults()
            if self.provider.ponto_failure:
                failed += 1
                self.assertIn(self.provider.ponto_failure_advice, ("retry", "bug"))
                self.assertNotIn("unexpected error", self.provider.ponto_failure)
        _logger.info("Pulls of spoilt pages: %s, of which %s failed", count, failed)
        self.assertEqual(len(self.provider.ponto_pull_ids), count)
        self.assertLess(count * 0.1, failed)
        self.assertLess(failed, count * 0.9)
