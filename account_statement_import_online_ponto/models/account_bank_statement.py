# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from bisect import bisect_left
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import float_compare

from ..engine import statements
from ..engine.days import Period
from ..feed import journal_balance
from ..tools import find_feed, to_decimal, without_reserved

#: What the feed remembers of a statement; nobody else writes it.
MEMORY = {"ponto_since", "ponto_until", "ponto_written_end"}


class AccountBankStatement(models.Model):
    """Statements of feeds: their balances follow from one another."""

    _inherit = "account.bank.statement"

    ponto_since = fields.Date(
        string="Feed: From",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The first day of a statement that a feed has made and fills, whatever "
        "its name is. Empty for the statements of people and of other imports.",
    )
    ponto_until = fields.Date(
        string="Feed: Until",
        copy=False,
        readonly=True,
        help="The last day of a statement that a feed has made and fills.",
    )

    ponto_written_end = fields.Monetary(
        copy=False,
        readonly=True,
        help="The closing balance that Odoo or the feed has computed last. Any other "
        "one was typed, and stays.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account` to let nobody but a feed call a statement its own, and
        to let a feed follow a person who makes the journal's first statement."""
        vals_list = [without_reserved(self.env, vals, MEMORY) for vals in vals_list]
        defaults = dict.fromkeys((f"default_{name}" for name in MEMORY), False)
        made = super(AccountBankStatement, self.with_context(**defaults)).create(
            vals_list
        )
        made = made.with_env(self.env)

        for statement, vals in zip(made, vals_list, strict=True):
            if "ponto_written_end" not in vals:
                statement._ponto_note_end()
            if "balance_start" in vals and not self.env.su:
                statement._ponto_follow_start(is_made=True)
        return made

    def write(self, vals):
        """Override of `account` to let a feed follow a person who corrects the balance
        with which the journal's statements begin."""
        vals = without_reserved(self.env, vals, MEMORY)
        result = super().write(vals)
        if "balance_start" in vals and "ponto_written_end" not in vals:
            # Odoo has computed the end anew, on the screen or here.
            self._ponto_note_end()
        if "balance_start" in vals and not self.env.su:
            self._ponto_follow_start()
        return result

    def _ponto_note_end(self):
        """Remember what Odoo computes for the end: another one was typed."""
        for statement in self.sudo():
            statement.ponto_written_end = statement.balance_end

    def _ponto_follow_start(self, is_made=False):
        """Let feeds follow a person who types the balance with which the statements of
        a journal begin.

        :param bool is_made: whether the person has just made these statements
        """
        for journal in self.journal_id:
            feed_sudo = find_feed(journal.sudo())
            first_sudo = self._ponto_find_first(journal).sudo()
            if feed_sudo and first_sudo in self:
                journal_balance.follow_first_statement(feed_sudo, first_sudo, is_made)

    def unlink(self):
        """Override of `account` to let feeds keep what only the statements told."""
        for journal in self.journal_id:
            if feed_sudo := find_feed(journal.sudo()):
                journal_balance.note_opening_balance(feed_sudo)
        return super().unlink()

    def _ponto_get_period(self):
        """Return the days of a statement that a feed has made and fills.

        :return: None for a statement of somebody else, and for no statement
        :rtype: Period or None
        """
        if not self.ponto_since:
            return None
        return Period(self.ponto_since, self.ponto_until)

    def _ponto_chain_balances(
        self, created, opening=None, leaving=(), emptied=(), begin=None
    ):
        """Make balances follow from one another after lines came or leave.

        :param created: those of the statements that have no balances yet
        :param Decimal opening: the balance before the first of the statements, where
            none is before them; None for the one that they start with
        :param leaving: lines that count no more, as they are about to be taken out
        :param emptied: see `_ponto_read_chain`
        :param begin: see `_ponto_read_chain`
        """
        before, chain = self._ponto_read_chain(
            created, leaving=leaving, emptied=emptied, begin=begin
        )
        if opening is None:
            opening = statements.find_start(chain)
        self._ponto_write_chain(before, chain, opening)

    def _ponto_read_chain(
        self, created, leaving=(), emptied=(), adopted=None, begin=None
    ):
        """Read what balances follow from after lines came or leave.

        :param created: those of the statements that have no balances yet
        :param leaving: lines that count no more, as they are about to be taken out
        :param emptied: the statements of which these are all lines
        :param dict adopted: {statement: sum of the lines that came into a statement out
            of the gap before this one}, or None
        :param begin: the journal's first statement, to read all from it on; None for
            those from the first that changed on
        :return: the balance at the end of the statement before these (Decimal), or
            None; and all from the first of these on (list of
            `engine.statements.Statement`)
        """
        first = begin or self.sorted("first_line_index")[:1]
        journal = first.journal_id.ensure_one()
        chain = self.search(
            [
                ("journal_id", "=", journal.id),
                ("first_line_index", ">=", first.first_line_index),
            ],
            order="first_line_index",
        )
        previous = self.browse() if begin else first._ponto_get_previous()
        before = to_decimal(previous.balance_end_real) if previous else None
        # Of what is before the first of all, the opening balance tells.
        begin = previous.first_line_index or first.first_line_index
        counted = Domain("state", "=", "posted") & Domain(
            "id", "not in", [line.id for line in leaving]
        )
        beside = counted & Domain(
            [
                ("journal_id", "=", journal.id),
                ("statement_id", "=", False),
                ("internal_index", ">", begin),
                ("internal_index", "<", chain[-1:].first_line_index),
            ]
        )
        inside = counted & Domain("statement_id", "in", chain.ids)
        sums = dict(
            self.env["account.bank.statement.line"]._read_group(
                inside | beside, ["statement_id"], ["amount:sum"]
            )
        )
        gaps = self._ponto_read_gaps(chain, beside) if self.browse() in sums else {}
        return before, [
            statements.Statement(
                key=statement.id,
                start=to_decimal(statement.balance_start),
                end=to_decimal(statement.balance_end_real),
                total=to_decimal(sums.get(statement)),
                is_new=statement in created,
                is_typed=statement._ponto_has_typed_end(),
                is_own=not statement.ponto_since,
                is_emptied=statement in emptied,
                gap=gaps.get(statement, Decimal()),
                adopted=(adopted or {}).get(statement, Decimal()),
            )
            for statement in chain
        ]

    def _ponto_read_gaps(self, chain, domain):
        """Add up the lines without statement between statements.

        :param chain: the statements, in the order of their lines
        :param Domain domain: which lines without statement are meant
        :return: {statement: sum of the lines before it and after the one before it}
        :rtype: dict
        """
        # What people have entered of before the opening day is no part of any gap.
        if feed_sudo := find_feed(chain.journal_id.sudo()):
            domain &= journal_balance.counting_lines(feed_sudo)
        beginnings = chain.mapped("first_line_index")
        gaps = {}
        lines = self.env["account.bank.statement.line"].search_fetch(
            domain, ["internal_index", "amount"]
        )
        for line in lines:
            statement = chain[bisect_left(beginnings, line.internal_index)]
            gaps[statement] = gaps.get(statement, Decimal()) + to_decimal(line.amount)
        return gaps

    def _ponto_has_typed_end(self):
        """Tell whether somebody has typed the closing balance (bool)."""
        amounts = self.balance_end_real, self.ponto_written_end
        # A statement without lines has no currency.
        return float_compare(*amounts, precision_digits=6) != 0

    def _ponto_write_chain(self, before, chain, opening):
        """Make balances follow from one another.

        :param Decimal before: as returned by `_ponto_read_chain`
        :param list chain: as returned by `_ponto_read_chain`
        :param Decimal opening: the balance before the first of these; only needed if
            there is no statement before
        """
        chained = self.browse(each.key for each in chain)
        rounding = to_decimal(chained.currency_id.rounding)
        balances = statements.chain_balances(chain, before, opening, rounding)
        # It is the feed that does so, whoever has removed lines.
        chained_sudo = chained.sudo()
        for each, statement in zip(chain, chained_sudo, strict=True):
            if each.is_emptied:
                continue
            start, end = balances[each.key]
            is_kept = each.is_typed or each.is_own
            written = statement.ponto_written_end if is_kept else end
            statement._ponto_write_balances(start, end, written)

    def _ponto_write_balances(self, start, end, written):
        """Write balances, in sudo mode.

        :param written: the end that was computed last; another than the end tells that
            somebody has typed that
        """
        self.write(
            {
                "balance_start": start,
                "balance_end_real": end,
                "ponto_written_end": written,
            }
        )

    def _ponto_take_out(self, lines, moved=None):
        """Take lines out of their statements; Odoo lets no others be removed.

        Balances go on following from one another. Statements that are emptied before
        the first one that is left become part of the opening balance: that one keeps
        its distance from it.

        :param lines: statement lines of one journal
        :param Decimal moved: by how much the balance before the journal's first line
            has just moved; None where lines stay in the journal, or nobody knows it
        :return: the statements that have no lines any more
        """
        gone = lines.statement_id.filtered(lambda each: each.line_ids <= lines)
        first_left = self.search(
            [
                ("journal_id", "=", lines.journal_id.id),
                ("first_line_index", "!=", False),
                ("id", "not in", gone.ids),
            ],
            order="first_line_index",
            limit=1,
        )
        place = first_left.first_line_index or None
        affected = statements.find_affected(
            {statement.id: statement.first_line_index for statement in self}, place
        )
        changed = self.filtered(lambda statement: statement.id in affected)
        begin = opening = None
        if place and moved is not None:
            earlier = lines.filtered(lambda line: line.internal_index < place)
            if moved or earlier:
                begin = first_left
                posted = earlier.filtered(lambda line: line.state == "posted")
                shift = moved - sum(map(to_decimal, posted.mapped("amount")))
                opening = to_decimal(begin.balance_start) + shift
        if changed or begin:
            changed._ponto_chain_balances(
                self.browse(), opening, leaving=lines, emptied=gone, begin=begin
            )
        (lines & self.line_ids).statement_id = False
        return self & gone

    def _ponto_discard(self):
        """Remove statements without lines, unless somebody has attached papers."""
        attached = self.env["ir.attachment"].sudo()
        attached = attached.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        with_papers = set(attached.mapped("res_id"))
        for statement in self:
            if not (statement.attachment_ids or statement.id in with_papers):
                statement.unlink()
            elif not statement._ponto_has_typed_end():
                start = statement.balance_start
                statement.sudo()._ponto_write_balances(start, start, start)

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
