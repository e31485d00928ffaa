# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ..engine import statements
from ..tools import to_decimal


class AccountBankStatement(models.Model):
    """Statements of feeds: their balances follow from one another."""

    _inherit = "account.bank.statement"

    def _ponto_chain_balances(self, created, opening=None, leaving=()):
        """Make balances follow from one another after lines came or leave.

        :param created: those of the statements that have no balances yet
        :param Decimal opening: the balance before the journal's first line; None for
            the one that its statements start with
        :param leaving: lines that count no more, as they are about to be taken out
        """
        before, chain = self._ponto_read_chain(created, leaving)
        if opening is None:
            opening = statements.find_start(chain)
        self._ponto_write_chain(before, chain, opening)

    def _ponto_read_chain(self, created, leaving=()):
        """Read what balances follow from after lines came or leave.

        :param created: those of the statements that have no balances yet
        :param leaving: lines that count no more, as they are about to be taken out
        :return: the balance at the end of the statement before these (Decimal), or
            None; and all from the first of these on (list of
            `engine.statements.Statement`)
        """
        self.journal_id.ensure_one()
        first = self.sorted("first_line_index")[:1]
        chain = self.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("first_line_index", ">=", first.first_line_index),
            ],
            order="first_line_index",
        )
        sums = dict(
            self.env["account.bank.statement.line"]._read_group(
                [
                    ("statement_id", "in", chain.ids),
                    ("state", "=", "posted"),
                    ("id", "not in", [line.id for line in leaving]),
                ],
                ["statement_id"],
                ["amount:sum"],
            )
        )
        previous = first._ponto_get_previous()
        before = to_decimal(previous.balance_end_real) if previous else None
        return before, [
            statements.Statement(
                key=statement.id,
                start=to_decimal(statement.balance_start),
                end=to_decimal(statement.balance_end_real),
                total=to_decimal(sums.get(statement)),
                is_new=statement in created,
                is_changed=statement in self,
            )
            for statement in chain
        ]

    def _ponto_write_chain(self, before, chain, opening):
        """Make balances follow from one another.

        :param Decimal before: as of `_ponto_read_chain`
        :param list chain: as of `_ponto_read_chain`
        :param Decimal opening: the balance before the journal's first line; only needed
            if there is no statement before
        """
        rounding = to_decimal(self.currency_id.rounding)
        balances = statements.chain_balances(chain, before, opening, rounding)
        for statement in self.browse(balances):
            start, end = balances[statement.id]
            statement.write({"balance_start": start, "balance_end_real": end})

    def _ponto_take_out(self, lines):
        """Take lines out of their statements; Odoo lets no others be removed.

        Balances go on following from one another. Statements that are emptied before
        the first one that is left become part of the opening balance: those that are
        left keep theirs.

        :param lines: statement lines of one journal
        :return: the statements that have no lines any more
        """
        emptied = self.filtered(lambda statement: statement.line_ids <= lines)
        first_left = self.search(
            [
                ("journal_id", "=", lines.journal_id.id),
                ("first_line_index", "!=", False),
                ("id", "not in", emptied.ids),
            ],
            order="first_line_index",
            limit=1,
        )
        affected = statements.find_affected(
            {statement.id: statement.first_line_index for statement in self},
            first_left.first_line_index or None,
        )
        if affected:
            changed = self.filtered(lambda statement: statement.id in affected)
            changed._ponto_chain_balances(created=self.browse(), leaving=lines)
        (lines & self.line_ids).statement_id = False
        return emptied

    def _ponto_discard(self):
        """Remove statements without lines, unless somebody has attached papers."""
        for statement in self:
            if statement.attachment_ids:
                statement.balance_end_real = statement.balance_start
            else:
                statement.unlink()

    @api.model
    def _ponto_find_first(self, journal):
        """Return the first statement of a journal, if any."""
        return self.search(
            [
                ("journal_id", "=", journal.id),
                ("first_line_index", "!=", False),
            ],
            order="first_line_index",
            limit=1,
        )

    def _ponto_get_previous(self):
        """Return the statement before this one in its journal, if any."""
        return self.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("first_line_index", "<", self.first_line_index),
            ],
            order="first_line_index desc",
            limit=1,
        )
