# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import clean_context

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
