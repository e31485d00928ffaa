# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ..tools import to_decimal


class AccountBankStatement(models.Model):
    _inherit = "account.bank.statement"

    def _ponto_chain_balances(self, created, get_opening_balance, leaving=()):
        """Make balances follow from one another after lines were added.

        A statement whose lines changed ends at its start plus its lines. A later one
        that agreed with its predecessor goes on agreeing; one that did not is left
        alone, with all that follows: its balances were somebody's decision.

        :param created: those of the statements that have no balances yet
        :param get_opening_balance: called for the balance before the first line
            (float); with the one until now, if there was one
        :param leaving: lines that count no more, as they are about to be taken out
        """
        self.journal_id.ensure_one()
        chain = self.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("first_line_index", ">=", min(self.mapped("first_line_index"))),
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
        previous = chain[:1]._ponto_get_previous()
        before = previous.balance_end_real  # as it was, where a statement agreed
        balance = (
            before if previous else chain._ponto_get_start(created, get_opening_balance)
        )
        for statement in chain:
            start, end = statement.balance_start, statement.balance_end_real
            if statement in created:
                start, end = balance, balance + sums.get(statement, 0)
            else:
                agrees = not previous or not statement.currency_id.compare_amounts(
                    start, before
                )
                previous, before = statement, end
                shift = balance - start if agrees else 0.0
                start += shift
                end = (
                    start + sums.get(statement, 0) if statement in self else end + shift
                )
            end = statement.currency_id.round(end)
            statement.write({"balance_start": start, "balance_end_real": end})
            balance = end

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
        changed = self.filtered(
            lambda statement: (
                first_left and statement.first_line_index >= first_left.first_line_index
            )
        )
        if changed:
            changed._ponto_chain_balances(
                created=self.browse(),
                get_opening_balance=lambda before: before,
                leaving=lines,
            )
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
        """:return: the first statement of a journal, if any"""
        return self.search(
            [
                ("journal_id", "=", journal.id),
                ("first_line_index", "!=", False),
            ],
            order="first_line_index",
            limit=1,
        )

    def _ponto_get_previous(self):
        """:return: the statement before this one in its journal, if any"""
        return self.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("first_line_index", "<", self.first_line_index),
            ],
            order="first_line_index desc",
            limit=1,
        )

    def _ponto_get_start(self, created, get_opening_balance):
        """Get the balance with which the first statements of a journal start.

        :param created: those of the statements that have no balances yet
        :param get_opening_balance: as of `_ponto_chain_balances`
        :return: the balance before the first of the statements (float)
        """
        known = self - created
        starts = map(to_decimal, known[:1].mapped("balance_start"))
        return float(get_opening_balance(*starts))
