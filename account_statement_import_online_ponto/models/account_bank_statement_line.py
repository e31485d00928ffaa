# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context, format_date

from .. import match_texts
from ..feed import match_memory
from ..feed import settling_by_hand as by_hand
from ..feed.guard import guard
from ..feed.match_reading import get_open_items_domain
from ..feed.notifications import get_window
from ..tools import ON, find_feed, format_short_day, without_reserved
from .account_move import NUMBERING

#: What the feed remembers of a line; nobody else writes it.
MEMORY = {
    "ponto_match",
    "ponto_undone_matches",
    "ponto_match_failure",
    "ponto_written",
}


class AccountBankStatementLine(models.Model):
    """Lines of feeds: many at once, the pull that made each, what is removed, and what
    the feed has settled with them."""

    _inherit = "account.bank.statement.line"

    # === FIELDS === #

    ponto_pull_id = fields.Many2one(
        comodel_name="ponto.pull",
        string="Imported by",
        compute="_compute_ponto_pull_id",
        search="_search_ponto_pull_id",
        compute_sudo=True,
        groups="account.group_account_basic",
        help="The fetch that made this line of a transaction in Ponto.",
    )
    ponto_match = fields.Json(
        readonly=True,
        copy=False,
        groups="account.group_account_basic",
        help="What the feed itself has settled with the line, as it booked it, and "
        "whose the line was before.",
    )
    ponto_undone_matches = fields.Json(
        readonly=True,
        copy=False,
        groups="account.group_account_basic",
        help="The journal items of matches that somebody has undone.",
    )
    ponto_match_failure = fields.Char(
        string="Not Settled Because",
        readonly=True,
        copy=False,
        groups="account.group_account_basic",
    )
    ponto_suggestion = fields.Char(
        string="Likely Pays",
        compute="_compute_ponto_suggestion",
        groups="account.group_account_basic",
        help="What the line certainly or likely pays, as of now.",
    )
    ponto_suggestion_reason = fields.Char(
        string="Reason",
        compute="_compute_ponto_suggestion",
        groups="account.group_account_basic",
    )
    ponto_suggestion_key = fields.Char(
        compute="_compute_ponto_suggestion",
        groups="account.group_account_basic",
        help="Tells whether what is accepted is what was shown.",
    )
    ponto_remark = fields.Char(
        string="To Review",
        compute="_compute_ponto_remark",
        compute_sudo=True,
        groups="account.group_account_basic",
        help="Why the line has to be reviewed, until somebody has.",
    )
    ponto_written = fields.Json(
        copy=False,
        readonly=True,
        groups="account.group_account_basic",
        help="Digests of what the feed has written last into the fields that follow "
        "the bank. What a person has typed since is another text, and stays.",
    )

    # === COMPUTE METHODS === #

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

        By what pulls are called, too, as far as whoever asks may see them. Nothing
        else: a condition on what a pull leads to would be a question that the register,
        read in sudo mode, must not answer. Odoo asks the negations by this, too.
        """
        pulls = self.env["ponto.pull"]
        if operator == "any" and isinstance(value, Domain):
            names = {each.field_expr for each in value.iter_conditions()}
            if names - {"display_name"}:
                return NotImplemented
            operator, value = "in", pulls.search(value).ids
        if operator != "in":
            return NotImplemented
        imported = Domain("statement_line_id", "!=", False)
        pull_ids = [each for each in value if isinstance(each, int) and each]
        visible = pulls.search([("id", "in", pull_ids)])
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

    def _compute_ponto_suggestion(self):
        found = by_hand.find_suggestions(self)
        for line in self:
            match, reason = found.get(line, (None, False))
            failure = not line.is_reconciled and line.ponto_match_failure
            line.ponto_suggestion_reason = failure or reason
            line.ponto_suggestion = match and match_texts.describe_match(
                self.env, match
            )
            line.ponto_suggestion_key = match and by_hand.key_of(match)

    @api.depends("checked")
    @api.depends_context("lang")
    def _compute_ponto_remark(self):
        to_review = self.filtered(lambda line: not line.checked)
        records = self.env["ponto.transaction"].search_fetch(
            [
                ("statement_line_id", "in", to_review.ids),
                ("similar_line_id", "!=", False),
            ],
            ["statement_line_id", "similar_line_id"],
        )
        similar = {
            record.statement_line_id: record.similar_line_id
            for record in records
            if record.statement_line_id != record.similar_line_id
        }
        for line in self:
            text = False
            if other := similar.get(line):
                text = self.env._(
                    "The journal has a similar line: %s",
                    other._ponto_describe_briefly(),
                )
            line.ponto_remark = text

    # === CHANGES === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account` to take no memory of the feed from people, nor from
        what they have saved as a default."""
        defaults = dict.fromkeys((f"default_{name}" for name in MEMORY), False)
        lines = super(AccountBankStatementLine, self.with_context(**defaults)).create(
            [without_reserved(self.env, vals, MEMORY) for vals in vals_list]
        )
        return lines.with_env(self.env)

    def write(self, vals):
        """Override of `account` to take no memory of the feed from people."""
        return super().write(without_reserved(self.env, vals, MEMORY))

    # === IN BULK === #

    @api.model
    def _ponto_create_in_bulk(self, vals_list, is_settled=False):
        """Create many statement lines faster, and exactly as Odoo creates them.

        Odoo does some work entry by entry that is the same for all, or comes to nothing
        for entries between a bank account and its suspense account. The switches that
        leave it out are set here, while lines are created; what is stored stays the
        same, and so do Odoo's checks.

        :param list vals_list: values of lines of one journal
        :param bool is_settled: whether the feed itself settles afterwards what is
            certain, and not account_reconcile_oca
        :return: the lines, in that order
        """
        self.env.cr.precommit.data.pop(NUMBERING, None)
        Line = self.with_context(clean_context(self.env.context), tracking_disable=True)
        switches = self._ponto_get_bulk_context()
        if is_settled:
            switches["ponto_settles"] = ON
        lines = Line.with_context(**switches).create(vals_list)
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

    # === WHAT WAS DONE WITH A LINE === #

    def _ponto_is_worked_on(self):
        """Tell whether somebody has reconciled the line, or begun to.

        What the feed itself has settled, and nobody has touched since, is nobody's
        work, as long as nothing keeps the feed from undoing it. Nor is it work that
        Odoo calls a line of nothing reconciled, or one that was booked before its
        journal got another suspense account.

        :rtype: bool
        """
        self.ensure_one()
        _liquidity, _suspense, others = self._seek_for_lines()
        if others:
            is_settled = bool(others - self._ponto_filter_suspended(others))
        else:
            is_settled = self.is_reconciled and not self.currency_id.is_zero(
                self.amount
            )
        return is_settled and not match_memory.may_release(self)

    def _ponto_filter_suspended(self, items):
        """Return those of some journal items that are open on a suspense account, be it
        that of the journal or another one."""
        company = self.company_id.sudo()
        journals_sudo = self.env["account.journal"].sudo()
        journals_sudo = journals_sudo.with_context(active_test=False).search(
            [("company_id", "=", company.id)]
        )
        accounts = (
            journals_sudo.suspense_account_id
            | company.account_journal_suspense_account_id
        )
        return items.filtered(
            lambda item: (
                item.account_id in accounts
                and not (item.matched_debit_ids or item.matched_credit_ids)
            )
        )

    def action_undo_reconciliation(self):
        """Override of `account` to remember what somebody has undone, and to take back
        the partner and the account number that came of it."""
        by_hand.prepare_undo(self)
        return super().action_undo_reconciliation()

    # === BUTTONS === #

    def action_ponto_accept(self):
        """Settle what the lines likely pay.

        Only if that is what was shown: `ponto_suggestion_key` in the context, or
        `ponto_suggestion_keys` by the lines' identifiers as texts.

        :raise UserError: nothing is likely, something else is by now, or Odoo refuses
        """
        context = self.env.context
        keys = context.get("ponto_suggestion_keys") or {}
        if key := context.get("ponto_suggestion_key"):
            keys = {str(line.id): key for line in self}
        shown = {line: keys[str(line.id)] for line in self if str(line.id) in keys}
        by_hand.accept(self, shown)

    def action_ponto_choose(self):
        """Open the open items of the company, one or some of which the line pays.

        :return: a window action (dict)
        """
        self.ensure_one()
        by_hand.check_may_settle(self)
        context = {"ponto_statement_line_id": self.id}
        if self.partner_id:
            context["search_default_partner_id"] = self.partner_id.id
        return get_window(
            self.env,
            "ponto_open_item_action",
            name=self.env._(
                "What %(amount)s of %(day)s pays",
                amount=self.currency_id.format(self.amount),
                day=format_date(self.env, self.date),
            ),
            domain=list(get_open_items_domain(self.company_id)),
            context=context,
        )

    def action_ponto_set_as(self):
        """Open Odoo's reconciliation models, to one of which the line is set.

        :return: a window action (dict)
        """
        self.ensure_one()
        by_hand.check_may_settle(self)
        return get_window(
            self.env,
            "ponto_reconcile_model_action",
            domain=[
                ("company_id", "parent_of", self.company_id.id),
                ("match_journal_ids", "in", [False, self.journal_id.id]),
                ("line_ids.account_id", "!=", False),
            ],
            context={"ponto_statement_line_id": self.id},
        )

    @api.model
    def _ponto_from_context(self):
        """Return the bank line from which somebody has opened a list to choose from.

        :raise UserError: there is none
        """
        line_id = self.env.context.get("ponto_statement_line_id")
        line = self.browse(line_id if isinstance(line_id, int) else []).exists()
        if not line:
            raise UserError(self.env._("Open this from the bank line that it is for."))
        return line

    def _ponto_describe_briefly(self):
        """Return day, amount and label of a line, as in "28 Nov · -55.00 € · Proximus"
        (str)."""
        self.ensure_one()
        parts = [
            format_short_day(self.env, self.date),
            self.currency_id.format(self.amount),
            self.payment_ref,
        ]
        return " · ".join(filter(None, parts))

    # === ACCOUNT_RECONCILE_OCA === #

    def _auto_reconcile(self):
        """Override of `account_reconcile_oca`, where that is installed: what it settles
        by itself teaches nothing.

        It fails as a whole where two new lines fit one invoice. Lines of a feed are
        then tried one by one, and those with which it fails are left open.
        """
        parent = super(
            AccountBankStatementLine, self.with_context(ponto_is_automatic=ON)
        )
        if self.env.context.get("ponto_bulk") is not ON:
            return parent._auto_reconcile()
        provider = find_feed(self.journal_id.sudo())
        if not guard(provider, parent._auto_reconcile) and len(self) > 1:
            for line in self:
                line._auto_reconcile()
        return None

    def reconcile_bank_line(self):
        """Override of `account_reconcile_oca`, where that is installed, to learn whose
        account number it was when a person has reconciled the line there."""
        result = super().reconcile_bank_line()
        if not (self.env.su or self.env.context.get("ponto_is_automatic") is ON):
            by_hand.learn_account_numbers(self)
        return result

    def _do_auto_reconcile_invoices(self):
        """Override of `account_reconcile_oca`, where that is installed: it takes a
        part of a number for the number. A feed that settles what is certain looks at
        its new lines itself; what that leaves open is theirs to propose."""
        if self.env.context.get("ponto_settles") is ON:
            return self, self.browse()
        return super()._do_auto_reconcile_invoices()
