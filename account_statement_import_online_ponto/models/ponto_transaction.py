# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..feed import decisions
from ..ponto_api import Transaction, document_from_text


class PontoTransaction(models.Model):
    """The register: one compact record for every Ponto transaction ever read.

    It decides whether a transaction is known, independently of the journal's account
    number, of the journal the provider feeds and of lines that users removed.
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
    content_hash = fields.Char(help="Changes when Ponto changes the transaction.")
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
        help="The document that Ponto served (JSON), kept until there is a statement "
        "line to hold it.",
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
    similar_line_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        ondelete="set null",
        index="btree_not_null",
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
        "(provider_id, state) WHERE state IN ('new', 'waiting', 'removed')"
    )
    _fingerprint_idx = models.Index("(provider_id, fingerprint)")
    _date_idx = models.Index("(provider_id, date)")

    @api.depends("currency")
    def _compute_currency_id(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        by_code = currencies.search(
            [("name", "in", list(set(self.mapped("currency")) - {False}))]
        ).grouped("name")
        for record in self:
            record.currency_id = by_code.get(record.currency)

    @api.model
    def _remember_removed(self, lines):
        """Remember that the lines of some transactions are about to be removed: an
        observer, called by whatever removes lines.

        A removed line stays removed: no later pull brings it back, but somebody may.
        What comes back is what the bank says now, and not what somebody typed.

        :param lines: `account.bank.statement.line` records
        """
        for record in self.search([("statement_line_id", "in", lines.ids)]):
            document = record.document
            if not document and record.content_hash:
                # An earlier feed has kept none, or one that cannot be read.
                document = record.statement_line_id.raw_data
            values = {
                "state": "recognised" if record.original_id else "removed",
                "reason": False,
                "statement_line_id": False,
                "document": document,
            }
            if record.reason == "changed":
                served = Transaction.from_document(document_from_text(document))
                entry = record.provider_id._ponto_prepare_entry(served)
                values.update(
                    date=entry.day, amount=entry.amount, currency=entry.currency
                )
            record.write(values)

    # === BUTTONS === #

    def action_import(self):
        """Make statement lines of the transactions after all.

        That includes lines that somebody removed, or the bank's new version of one.

        :raise UserError: when there is nothing that a line could be made of
        """
        decisions.import_after_all(self)

    def action_ignore(self):
        """Leave the transactions out of the journal for good; or the lines as they are.

        What is ignored can still be imported later.
        """
        decisions.ignore(self)

    def action_same_as(self):
        """Take the similar line of the journal for the transaction.

        :raise UserError: when there is no similar line
        """
        decisions.take_similar_line(self)
