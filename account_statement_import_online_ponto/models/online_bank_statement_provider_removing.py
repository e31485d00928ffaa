# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date
from textwrap import shorten

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list

#: How many lines an error names, and how many letters of their labels.
NAMED_LINES = 3
LABEL_LENGTH = 40


class OnlineBankStatementProvider(models.Model):
    """Removing: take lines back that a pull has made, by Odoo's own rules.

    Lines come in the environment of the person who removes them, so that their rights
    and their exceptions to lock dates count.
    """

    _inherit = "online.bank.statement.provider"

    def _ponto_remove_lines(self, lines):
        """Remove statement lines, their entries, and the statements emptied by it.

        Statements are only touched if pulls have made them, and are only removed if
        nobody has attached papers to them.

        :param lines: statement lines of one journal, which nothing keeps from removal
        """
        self._ponto_release_opening_balance(lines)
        own = lines.statement_id.filtered(self._ponto_is_own_statement)
        emptied = own._ponto_take_out(lines)
        if not lines.company_id.filtered("restrictive_audit_trail"):
            # Notes on entries that are gone a moment later serve nobody.
            lines = lines.with_context(tracking_disable=True)
        lines.unlink()
        emptied._ponto_discard()

    def _ponto_is_own_statement(self, statement):
        """Tell whether a statement is one that pulls make and fill."""
        return self._ponto_find_own_period(statement) is not None

    def _ponto_find_own_period(self, statement):
        """Return the first day of the period of a statement that pulls make and fill.

        :return: None for a statement of somebody else, and for no statement
        :rtype: date or None
        """
        try:
            since = date.fromisoformat((statement.name or "").rpartition("/")[2])
        except ValueError:
            return None
        return since if statement.name == self.make_statement_name(since) else None

    # === WHAT MUST STAY === #

    def _ponto_check_removable(self, lines):
        """Check that nothing keeps statement lines from being removed.

        :param lines: statement lines of one journal
        :raise UserError: with every reason and its next step
        """
        obstacles = [text for text in self._ponto_describe_obstacles(lines) if text]
        if obstacles:
            raise UserError(
                self.env._(
                    "Nothing was taken back, because some of the %(count)s lines have "
                    "to stay:\n%(obstacles)s",
                    count=len(lines),
                    obstacles="\n".join(f"- {text}" for text in obstacles),
                )
            )

    def _ponto_describe_obstacles(self, lines):
        """:return: why lines have to stay, and what to do about it (iterator of str)"""
        secured = lines.filtered("move_id.inalterable_hash")
        if secured:
            yield self.env._(
                "%(count)s secured, which nobody can remove: %(lines)s. Correct them "
                "with entries of your own.",
                **self._ponto_name_lines(secured),
            )
        reconciled = (lines - secured).filtered(lambda line: line._ponto_is_worked_on())
        if reconciled:
            yield self.env._(
                "%(count)s reconciled: %(lines)s. Undo the reconciliation first, with "
                "the button behind each line.",
                **self._ponto_name_lines(reconciled),
            )
        locks = lines.journal_id.company_id._get_violated_lock_dates(
            min(lines.mapped("date")), False, lines.journal_id
        )
        if locks:
            until = max(lock for lock, _field in locks)
            yield self.env._(
                "%(count)s in a period that is locked until %(date)s: %(lines)s. An "
                "accounting administrator can open the period first.",
                date=format_date(self.env, until),
                **self._ponto_name_lines(
                    lines.filtered(lambda line: line.date <= until)
                ),
            )
        others = lines.statement_id.filtered(
            lambda statement: (
                statement.is_valid
                and statement.is_complete
                and not self._ponto_is_own_statement(statement)
            )
        )
        if others:
            yield self.env._(
                "%(count)s in a statement that somebody has completed "
                "(%(statements)s): %(lines)s. Take the lines out of the statement "
                "first, or remove it.",
                statements=format_list(self.env, others.mapped("name")),
                **self._ponto_name_lines(lines & others.line_ids),
            )

    def _ponto_name_lines(self, lines):
        """:return: count, and the first lines in words (dict of int and str)"""
        words = [
            f"{format_date(self.env, line.date)} "
            f"{shorten(line.payment_ref or '', LABEL_LENGTH, placeholder='…')} "
            f"({line.currency_id.format(line.amount)})"
            for line in lines.sorted("internal_index")[:NAMED_LINES]
        ]
        if len(lines) > NAMED_LINES:
            words.append("…")
        return {"count": len(lines), "lines": format_list(self.env, words)}
