# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import clean_context

from ..engine.changes import find_text_updates
from .account_move import NUMBERING, ON


class AccountBankStatementLine(models.Model):
    """Lines of feeds: many at once, the pull that made each, and what is removed."""

    _inherit = "account.bank.statement.line"

    ponto_pull_id = fields.Many2one(
        comodel_name="ponto.pull",
        string="Imported by",
        compute="_compute_ponto_pull_id",
        search="_search_ponto_pull_id",
        compute_sudo=True,
        groups="account.group_account_basic",
        help="The pull that made this line of a transaction in Ponto.",
    )

    ponto_written = fields.Json(
        copy=False,
        readonly=True,
        groups="account.group_account_basic",
        help="Digests of what the feed has written last into the fields that follow "
        "the bank. What a person has typed since is another text, and stays.",
    )

    def _compute_ponto_pull_id(self):
        records = self.env["ponto.transaction"].search_fetch(
            [("statement_line_id", "in", self.ids), ("import_pull_id", "!=", False)],
            ["statement_line_id", "import_pull_id"],
        )
        pulls = {record.statement_line_id: record.import_pull_id for record in records}
        for line in self:
            line.ponto_pull_id = pulls.get(line)

    @api.model
    def _search_ponto_pull_id(self, operator, value):
        """Search by identifiers of pulls, and by False for lines of no pull.

        Nothing else: a condition on what a pull leads to would be a question that the
        register, read in sudo mode, must not answer. Odoo asks the negations by this,
        too.
        """
        if operator != "in":
            return NotImplemented
        imported = Domain("statement_line_id", "!=", False)
        pull_ids = [each for each in value if isinstance(each, int) and each]
        visible = self.env["ponto.pull"].search([("id", "in", pull_ids)])
        lines = (
            self.env["ponto.transaction"]
            .sudo()
            ._search(imported & Domain("import_pull_id", "in", visible.ids))
        )
        domain = Domain("id", "in", lines.subselect("statement_line_id"))
        if False in value:
            others = (
                self.env["ponto.transaction"]
                .sudo()
                ._search(imported & Domain("import_pull_id", "!=", False))
            )
            domain |= Domain("id", "not in", others.subselect("statement_line_id"))
        return domain

    def _ponto_is_worked_on(self):
        """Tell whether somebody has reconciled the line, or begun to (bool)."""
        self.ensure_one()
        _liquidity, _suspense, others = self._seek_for_lines()
        return self.is_reconciled or bool(others)

    # === TEXTS THAT FOLLOW THE BANK === #

    @api.model
    def _ponto_mark_written(self, texts):
        """Return what tells later whether somebody has changed some texts.

        :param dict texts: {name of a field: what the feed writes}
        :return: {name: digest}; letters count, and not how they are laid out
        :rtype: dict
        """
        digest = self.env["ponto.transaction"]._digest
        return {
            name: digest(f"{name} {Markup(text or '').striptags()}")[:12]
            for name, text in texts.items()
        }

    def _ponto_follow_bank(self, served, written):
        """Let texts follow the bank, but for those that somebody has typed.

        :param dict served: {name of a field: what the bank says now}
        :param dict written: digests of what the feed wrote last, as of
            `_ponto_mark_written`
        """
        self.ensure_one()
        current = {name: self[name] for name in served}
        marks = self._ponto_mark_written(current)
        untouched = {name for name in served if marks[name] == written.get(name)}
        # Nobody types what Ponto served.
        updates = find_text_updates(current, served, untouched | {"raw_data"})
        news = {name: value for name, value in updates.items() if name != "raw_data"}
        self._ponto_write_texts(
            {
                **updates,
                "ponto_written": {**written, **self._ponto_mark_written(news)},
            }
        )

    def _ponto_write_texts(self, texts):
        """Write texts, and nothing else.

        Odoo would make the journal items anew: with today's rate, without what somebody
        has corrected or added. Of the items, only the label follows.

        :param dict texts: values for `write`
        """
        self.ensure_one()
        label = self.payment_ref
        still = {
            "skip_account_move_synchronization": True,
            "skip_invoice_sync": True,
            "skip_readonly_check": True,
            "tracking_disable": True,
        }
        self.with_context(**still).write(texts)
        # Of a secured entry nobody changes an item, not even its label.
        if self.payment_ref != label and not self.move_id.inalterable_hash:
            items = self.line_ids.filtered(lambda item: item.name == label)
            items.with_context(**still).write({"name": self.payment_ref})

    # === IN BULK === #

    @api.model
    def _ponto_create_in_bulk(self, vals_list):
        """Create many statement lines faster, and exactly as Odoo creates them.

        Odoo does some work entry by entry that is the same for all, or comes to nothing
        for entries between a bank account and its suspense account. The switches that
        leave it out are set here, while lines are created; what is stored stays the
        same, and so do Odoo's checks.

        :param list vals_list: values of lines of one journal
        :return: the lines, in that order
        """
        self.env.cr.precommit.data.pop(NUMBERING, None)
        Line = self.with_context(clean_context(self.env.context), tracking_disable=True)
        lines = Line.with_context(**self._ponto_get_bulk_context()).create(vals_list)
        return lines.with_env(Line.env)

    @api.model
    def _ponto_get_bulk_context(self):
        """Return the switches that leave out needless work (dict)."""
        switches = {
            "ponto_bulk": ON,
            # Only invoices have terms and roundings, and Odoo puts no taxes on these.
            "skip_invoice_sync": True,
        }
        Distribution = self.env["account.analytic.distribution.model"].sudo()
        if not Distribution.search([], limit=1):
            # There is nothing to look up, and nothing to distribute over.
            switches.update(ponto_no_distribution=ON, skip_analytic_sync=True)
        return switches

    # === REMOVING === #

    def unlink(self):
        """Override of `account` to remember which transactions a user removed."""
        self.env["ponto.transaction"].sudo()._remember_removed(self)
        return super().unlink()
