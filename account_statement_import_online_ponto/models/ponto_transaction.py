# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ..feed import decided
from ..feed.registered import (
    FORGETTABLE_FIELDS,
    describe_briefly,
    is_forgotten,
    prepare_booking,
    prepare_texts,
    with_identifier,
    with_later_identifiers,
)
from ..ponto_api import Transaction, document_from_text, document_to_text
from ..tools import read_months

#: States of what is not to be imported, and whose texts nobody needs.
SILENT_STATES = ("before_start", "ignored", "recognised")

#: What a record no longer tells once its texts are forgotten.
FORGOTTEN = dict.fromkeys(FORGETTABLE_FIELDS, False)

#: System parameter with the number of months after which records without a line go.
RETENTION_PARAMETER = "account_statement_import_online_ponto.register_retention_months"
DEFAULT_RETENTION_MONTHS = 24

#: How many old records are removed, or made anonymous, and committed, at a time.
RECORDS_PER_BATCH = 1000


class PontoTransaction(models.Model):
    """The register: one compact record for every Ponto transaction ever read.

    It decides whether a transaction is known, independently of the journal's account
    number, of the journal the provider feeds and of lines that users removed.

    Of personal data it keeps as little as the feed needs, and for no longer. What was
    never imported keeps no name, text, number or reference. What recognizing needs is
    kept as digests, see `ponto.digest`. Who wants it after all has it fetched again.
    """

    _name = "ponto.transaction"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Ponto Transaction"
    _order = "date desc, id"
    _rec_name = "payment_ref"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        string="Feed",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="provider_id.company_id")
    journal_id = fields.Many2one(related="provider_id.journal_id")
    ponto_id = fields.Char(string="Ponto Identifier", required=True)
    ponto_account_id = fields.Char(
        help="Under which account Ponto served it; a new link gives a new account.",
    )
    generation = fields.Integer(
        help="What has the same number was listed side by side when it was read.",
    )
    is_gone = fields.Boolean(
        help="Ponto was asked and no longer knows the identifier.",
    )
    date = fields.Date(help="The day at the bank, by the date that the provider uses.")
    amount = fields.Float(digits=0, help="Exactly as Ponto gives it.")
    currency = fields.Char(help="ISO 4217 code, as Ponto gives it.")
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency in Odoo",
        compute="_compute_currency_id",
        help="Empty where Odoo does not know the code.",
    )
    counterpart_name = fields.Char(string="Counterpart")
    account_number = fields.Char(string="Counterpart's Account Number")
    payment_ref = fields.Char(string="Label")
    fingerprint = fields.Char(
        help="Equal for the same transaction under another identifier, and for twins."
    )
    content_hash = fields.Char(
        help="Changes when the bank changes what is booked or shown of it."
    )
    traits = fields.Char(
        help="Digests of what tells it from others under any identifier, each with its "
        "kind."
    )
    list_rank = fields.Float(
        help="Its place in the bank's list: what is newer has a higher one, whichever "
        "fetch read it."
    )
    state = fields.Selection(
        selection=[
            ("new", "To Import"),
            ("imported", "Imported"),
            ("recognised", "Known under an Earlier Identifier"),
            ("removed", "Removed by a User"),
            ("ignored", "Ignored by a User"),
            ("before_start", "Before the Start Date"),
            ("waiting", "Waiting for a Decision"),
        ],
        required=True,
    )
    reason = fields.Selection(
        selection=[
            ("date", "The bank gave no date"),
            ("amount", "The bank gave no amount"),
            ("currency", "The currency is not the journal's"),
            ("decimals", "The amount has more decimals than the currency"),
            ("future", "Its day has not come yet"),
            ("locked", "Its day is in a locked period"),
            ("look_alike", "The journal has a similar line from elsewhere"),
            ("doubtful", "It may be the same as an earlier one, linked anew"),
            ("changed", "The bank changed amount or date after the import"),
            ("text_changed", "The bank changed texts after the reconciliation"),
        ],
        help="Why the transaction waits for a decision.",
    )
    document = fields.Text(
        help="The document that Ponto served (JSON), kept as long as a statement line "
        "may still be made or changed by it.",
    )
    line_document = fields.Text(
        related="statement_line_id.raw_data", string="Document of the Line"
    )
    statement_line_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        ondelete="set null",
        index="btree_not_null",
    )
    original_id = fields.Many2one(
        comodel_name="ponto.transaction",
        string="Same As",
        ondelete="set null",
        index="btree_not_null",
        help="The record of the same transaction under its earlier identifier.",
    )
    successor_ids = fields.One2many(
        comodel_name="ponto.transaction",
        inverse_name="original_id",
    )
    possible_original_id = fields.Many2one(
        comodel_name="ponto.transaction",
        string="Perhaps the Same As",
        ondelete="set null",
        index="btree_not_null",
        help="The record that it may be the same as, under an earlier identifier.",
    )
    similar_line_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        string="Similar Statement Line",
        ondelete="set null",
        index="btree_not_null",
    )
    similar_text = fields.Char(
        string="Similar Line",
        compute="_compute_similar_text",
        # A branch may have entered it, whose lines others do not see.
        compute_sudo=True,
        help="The line of the journal, or the earlier transaction, that it may be the "
        "same as.",
    )
    pull_id = fields.Many2one(
        comodel_name="ponto.pull",
        string="Read by",
        ondelete="set null",
        index="btree_not_null",
    )
    import_pull_id = fields.Many2one(
        comodel_name="ponto.pull",
        string="Imported by",
        ondelete="set null",
        index="btree_not_null",
    )

    _unique_ponto_id = models.Constraint(
        "UNIQUE(provider_id, ponto_id)",
        "A transaction can be registered only once!",
    )
    _open_idx = models.Index(
        "(provider_id, state) WHERE state IN "
        "('new', 'waiting', 'removed', 'ignored', 'before_start')"
    )
    _fingerprint_idx = models.Index("(provider_id, fingerprint)")
    _date_idx = models.Index("(provider_id, date)")
    _changed_idx = models.Index(
        "(provider_id) WHERE statement_line_id IS NOT NULL AND document IS NOT NULL"
    )

    @api.depends("currency")
    def _compute_currency_id(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        by_code = currencies.search(
            [("name", "in", list(set(self.mapped("currency")) - {False}))]
        ).grouped("name")
        for record in self:
            record.currency_id = by_code.get(record.currency)

    @api.model_create_multi
    def create(self, vals_list):
        """Override to keep no texts of what is not to be imported."""
        return super().create(
            [
                {**vals, **FORGOTTEN} if vals.get("state") in SILENT_STATES else vals
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """Override to forget the texts of what is not to be imported."""
        if vals.get("state") in SILENT_STATES:
            vals = {**vals, **FORGOTTEN}
        return super().write(vals)

    @api.depends("payment_ref", "date", "amount", "currency")
    def _compute_display_name(self):
        """Override to name what has no label any more."""
        for record in self:
            parts = [
                record.date and format_date(self.env, record.date),
                f"{record.amount:.2f} {record.currency or ''}".strip(),
            ]
            record.display_name = record.payment_ref or " ".join(filter(None, parts))

    @api.depends("similar_line_id", "possible_original_id", "reason")
    @api.depends_context("lang")
    def _compute_similar_text(self):
        for record in self:
            line, earlier = record.similar_line_id, record.possible_original_id
            if record.reason in ("changed", "text_changed"):
                # It has its own line: that is not the question any more.
                record.similar_text = False
            elif line:
                record.similar_text = line._ponto_describe_briefly()
            elif earlier:
                record.similar_text = describe_briefly(earlier)
            else:
                record.similar_text = False

    @api.model
    def _remember_removed(self, lines):
        """Remember that the lines of some transactions are about to be removed: an
        observer, called by whatever removes lines.

        A removed line stays removed: no later pull brings it back, but somebody may.
        What comes back is what the bank says now, and not what somebody typed. Of what
        is anonymous nothing is told: it is fetched again for who wants it back.

        :param lines: `account.bank.statement.line` records
        """
        records = self.search([("statement_line_id", "in", lines.ids)], order="id")
        # What the bank has changed is kept under the latest identifier.
        changed = {
            record: with_later_identifiers(record).filtered("document")[-1:]
            for record in records
        }
        for record in records:
            latest = changed[record]
            document = latest.document
            if not document and record.content_hash and not is_forgotten(record):
                # An earlier feed has kept none, or one that cannot be read.
                document = record.statement_line_id.raw_data
            values = {
                "state": "recognised" if record.original_id else "removed",
                "reason": False,
                "statement_line_id": False,
                "document": document,
            }
            if latest.document:
                served = Transaction.from_document(document_from_text(document))
                served = with_identifier(served, record.ponto_id)
                entry = record.provider_id._ponto_prepare_entry(served)
                values.update(
                    document=document_to_text(served.document),
                    **prepare_booking(entry),
                    **prepare_texts(entry),
                )
            record.write(values)

    # === FORGETTING === #

    def _is_to_be_imported(self):
        """Tell whether a pull imports the transaction unasked."""
        return self.state == "new" or (
            self.state == "waiting" and self.reason == "future"
        )

    def _anonymize(self):
        """Forget names, numbers, texts and documents; and what would restore them."""
        self.write(FORGOTTEN)
        decided.forget(self)

    @api.autovacuum
    def _gc_old_transactions(self):
        """Remove old records without a line; forget the texts of those that would be
        imported if Ponto listed them again, or that explain a difference.

        :return: how many were dealt with (int), and whether there may be more (bool)
        """
        months = read_months(self.env, RETENTION_PARAMETER, DEFAULT_RETENTION_MONTHS)
        created_before = fields.Datetime.now() - relativedelta(months=months)
        old = [
            ("create_date", "<", created_before),
            ("statement_line_id", "=", False),
            ("successor_ids", "=", False),
            ("id", "not in", self._find_explaining()),
        ]
        removable = self.search(
            [
                *old,
                "|",
                ("state", "=", "before_start"),
                *("&", ("is_gone", "=", True), ("state", "!=", "new")),
            ],
            order="id",
            limit=RECORDS_PER_BATCH,
        )
        telling = self.search(
            [
                ("create_date", "<", created_before),
                ("statement_line_id", "=", False),
                ("state", "in", ("waiting", "removed")),
                ("id", "not in", removable.ids),
                "|",
                ("document", "!=", False),
                ("payment_ref", "!=", False),
            ],
            order="id",
            limit=RECORDS_PER_BATCH,
        ).filtered(lambda record: not record._is_to_be_imported())
        telling._anonymize()
        removable.unlink()
        count = len(removable) + len(telling)
        return count, count >= RECORDS_PER_BATCH

    def _find_explaining(self):
        """Find what is not in the journals and explains why these differ from the bank:
        what is not part of the balance before the first line, see `standing`.

        :return: a query (SQL)
        """
        self.flush_model()
        self.env["online.bank.statement.provider"].flush_model()
        return SQL(
            """(
                SELECT known.id
                  FROM ponto_transaction known
                  JOIN online_bank_statement_provider feed
                    ON feed.id = known.provider_id
                 WHERE known.state IN ('waiting', 'removed', 'ignored', 'before_start')
                   AND known.statement_line_id IS NULL
                   AND known.amount != 0
                   AND (
                       known.state = 'removed'
                       OR known.date >= feed.ponto_opening_date
                       OR known.id > nullif(feed.ponto_opening_register_id, 0)
                   )
            )"""
        )

    # === BUTTONS === #

    def action_import(self):
        """Make statement lines of the transactions after all.

        That includes lines that somebody removed, or the bank's new version of one.

        :return: the action that tells what was done, and can undo it
        :rtype: dict
        :raise UserError: when there is nothing that a line could be made of
        """
        return decided.decide(self, "import")

    def action_ignore(self):
        """Leave the transactions out of the journal for good; or the lines as they are.

        What is ignored can still be imported later.

        :return: the action that tells what was done, and can undo it
        :rtype: dict
        """
        return decided.decide(self, "ignore")

    def action_same_as(self):
        """Take the similar line of the journal for each of the transactions. Those that
        are similar to nothing go on waiting.

        :return: the action that tells what was done, and can undo it
        :rtype: dict
        :raise UserError: when none is similar to a line
        """
        return decided.decide(self, "same")

    def action_open_similar_line(self):
        """Open the line of the journal that the transaction is similar to.

        :return: a window action (dict)
        :raise UserError: when it is a line of a company whose lines the user does not
            see
        """
        self.ensure_one()
        line = self.similar_line_id
        if line and not line.has_access("read"):
            raise UserError(
                self.env._(
                    "The line belongs to a company that you have not chosen, such as a "
                    "branch. Choose that company, too, at the top of the screen; or "
                    "ask somebody who works for it."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": line._ponto_describe_briefly() if line else self.similar_text,
            "res_model": line._name if line else self._name,
            "res_id": line.id or self.possible_original_id.id,
            "views": [(False, "form")],
        }

    def action_anonymize(self):
        """Forget the names, numbers and texts of some transactions, and what Ponto
        served of them. They are recognized as before; lines stay as they are.

        :raise AccessError: for all but administrators
        :raise UserError: for what is still to be imported
        """
        self.check_access("read")
        user = self.env.user
        if not (
            user.has_group("account.group_account_manager")
            or user.has_group("base.group_system")
        ):
            raise AccessError(
                self.env._("Only an administrator can make transactions anonymous.")
            )
        if self.filtered(lambda record: record._is_to_be_imported()):
            raise UserError(
                self.env._(
                    "Some of the transactions are still to be imported. Ignore them "
                    "first, or let the feed import them."
                )
            )
        self.sudo()._anonymize()
