# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..engine.entry import Known
from ..ponto_api import content_hash, document_to_text
from ..tools import to_decimal

#: States in which the document is kept, because it may yet become a statement line.
STATES_WITH_DOCUMENT = ("new", "waiting", "ignored", "removed")

#: What the engine's rules look at.
KNOWN_FIELDS = (
    "ponto_id",
    "date",
    "amount",
    "currency",
    "account_number",
    "counterpart_name",
    "payment_ref",
    "fingerprint",
    "content_hash",
    "state",
    "reason",
    "ponto_account_id",
    "listing_number",
    "pull_id",
    "statement_line_id",
    "is_gone",
)

#: Reasons for which no statement line can be made, whatever somebody decides.
UNIMPORTABLE_REASONS = ("date", "amount", "currency", "decimals")


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
    listing_number = fields.Integer(
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
    def _register_page(self, pull, transactions, start):
        """Register one page of transactions; the known ones are recognised.

        Takes a constant number of queries, however many transactions there are.

        :param pull: the `ponto.pull` that read them
        :param list transactions: `ponto_api.Transaction` objects in the bank's order,
            newest first
        :param date start: the day before which nothing is imported
        :return: how many were known before (int, of the distinct ones), and how many
            distinct ones there are (int)
        """
        provider = pull.provider_id
        by_id = {transaction.id: transaction for transaction in transactions}
        registered = self.search_fetch(
            [("provider_id", "=", provider.id), ("ponto_id", "in", list(by_id))],
            ["ponto_id", "state", "content_hash", "provider_id", "pull_id"],
        )
        for record in registered:
            record._see_again(pull, by_id[record.ponto_id], start)
        unknown_ids = by_id.keys() - set(registered.mapped("ponto_id"))
        lines = provider._ponto_find_lines(unknown_ids)
        values_list = []
        for ponto_id, transaction in by_id.items():
            if ponto_id not in unknown_ids:
                continue
            if line := lines.get(ponto_id):
                outcome = {"state": "imported", "statement_line_id": line.id}
            else:
                outcome = provider._ponto_assess(transaction, start)
            values_list.append(self._prepare_values(pull, transaction, outcome))
        created = self.create(values_list)
        states = created.mapped("state")
        known = len(registered) + states.count("imported")
        # A pull that goes on reads what it has read again, and counts it once.
        again = len(registered.filtered(lambda record: record.pull_id == pull))
        pull._add_counts(
            {
                "read_count": len(by_id) - again,
                "known_count": known - again,
                "waiting_count": states.count("waiting"),
                "before_start_count": states.count("before_start"),
            }
        )
        return known, len(by_id)

    @api.model
    def _prepare_values(self, pull, transaction, outcome):
        """Prepare the values of a register record.

        :param transaction: a `ponto_api.Transaction`
        :param dict outcome: state, reason and statement line
        :return: values for `create` (dict)
        """
        provider = pull.provider_id
        values = {
            "provider_id": provider.id,
            "pull_id": pull.id,
            "listing_number": pull.listing_number,
            "ponto_id": transaction.id,
            "ponto_account_id": provider.ponto_account_id,
            "date": provider._ponto_get_date(transaction),
            "amount": transaction.amount,
            "currency": transaction.currency,
            "counterpart_name": transaction.counterpart_name,
            "account_number": provider._ponto_get_account_number(transaction),
            "payment_ref": provider._ponto_get_payment_ref(transaction),
            "fingerprint": provider._ponto_get_fingerprint(transaction),
            "content_hash": content_hash(transaction),
            **outcome,
        }
        if values["state"] in STATES_WITH_DOCUMENT:
            values["document"] = document_to_text(transaction.document)
        return values

    def _read_known(self, with_successors=False):
        """Return what the engine's rules look at, without a query for each record.

        :param bool with_successors: whether it matters what is known under a later
            identifier, too; costs a query
        :return: `engine.entry.Known` objects, one a record, in the same order
        :rtype: list
        """
        return [
            Known(
                key=record.id,
                ponto_id=record.ponto_id,
                day=record.date or None,
                amount=to_decimal(record.amount),
                currency=record.currency or None,
                account_number=record.account_number or None,
                counterpart_name=record.counterpart_name or None,
                label=record.payment_ref or None,
                fingerprint=record.fingerprint or None,
                content_hash=record.content_hash or None,
                state=record.state,
                reason=record.reason or None,
                account_id=record.ponto_account_id or None,
                generation=record.listing_number,
                pull=record.pull_id.id or None,
                line=record.statement_line_id.id or None,
                is_gone=record.is_gone,
                has_successor=with_successors and bool(record.successor_ids),
            )
            for record in self
        ]

    # === CHANGES OF STATE === #

    def _wait(self, reason, similar_line=None):
        """Let somebody decide.

        :param str reason: key of the field `reason`
        :param similar_line: the statement line that the decision is about, if any
        """
        self.write(
            {
                "state": "waiting",
                "reason": reason,
                "similar_line_id": similar_line and similar_line.id,
            }
        )

    def _recognise(self, original):
        """Keep that this is the same transaction as one under an earlier identifier.

        :param original: the `ponto.transaction` of the earlier identifier
        """
        self.write(
            {
                "state": "recognised",
                "reason": False,
                "original_id": original.id,
                "statement_line_id": original.statement_line_id.id,
                "document": False,
            }
        )

    @api.model
    def _remember_removed(self, lines):
        """Remember that the lines of some transactions are about to be removed.

        A removed line stays removed: no later pull brings it back, but somebody may.
        What comes back is what the bank says now, and not what somebody typed.

        :param lines: `account.bank.statement.line` records
        """
        for record in self.search([("statement_line_id", "in", lines.ids)]):
            values = {
                "state": "recognised" if record.original_id else "removed",
                "reason": False,
                "statement_line_id": False,
                "document": record.document or record._get_line_document(),
            }
            if record.reason == "changed":
                values.update(record._prepare_change())
            record.write(values)

    def _get_line_document(self):
        """:return: the document that the line holds (str); False where an earlier feed
        has kept none, or one that cannot be read"""
        return bool(self.content_hash) and self.statement_line_id.raw_data

    def _get_all_identifiers(self):
        """:return: the records of the same transaction under later identifiers, too"""
        records = newest = self
        while newest := newest.successor_ids:
            records |= newest
        return records

    # === SEEN AGAIN === #

    def _see_again(self, pull, transaction, start):
        """Do what a transaction that was read before may need.

        Nothing at all, nearly always: that must stay free of queries.

        :param pull: the `ponto.pull` that read it again
        :param transaction: the `ponto_api.Transaction` as it is now
        :param date start: the day before which nothing is imported
        """
        self.ensure_one()
        if self.state == "before_start":
            outcome = self.provider_id._ponto_assess(transaction, start)
            if outcome["state"] != self.state:
                self.write(self._prepare_values(pull, transaction, outcome))
            return
        # What an earlier feed has left without a document is only taken over once its
        # line is gone: somebody may want it back.
        is_comparable = self.content_hash or self.state == "removed"
        if is_comparable and self.content_hash != content_hash(transaction):
            self._take_change(pull, transaction, start)

    def _take_change(self, pull, transaction, start):
        """Take over what Ponto changed in a transaction that was read before.

        Texts of a line that nobody has worked with are updated. Everything else is for
        somebody to decide: amounts and dates never change silently.
        """
        values = self._prepare_values(pull, transaction, {"state": self.state})
        del values["pull_id"], values["listing_number"]
        line = self.statement_line_id
        if not line:
            if self.state in ("new", "waiting"):
                # Perhaps the bank has now delivered what was missing, or taken it away.
                outcome = self.provider_id._ponto_assess(transaction, start)
                is_assessed = self.reason in (False, *UNIMPORTABLE_REASONS, "future")
                if is_assessed or outcome["state"] != "new":
                    values.update({"reason": False, **outcome})
            self.write(values)
            return
        line_vals = self.provider_id._ponto_prepare_line_vals(transaction)
        is_another = (
            line.currency_id.compare_amounts(
                line.amount, float(transaction.amount or 0)
            )
            or (self.date and values["date"] != self.date)
            or (self.currency and values["currency"] != self.currency)
        )
        if is_another:
            values.update({"state": "waiting", "reason": "changed"})
        elif line._ponto_is_worked_on():
            values.update({"state": "waiting", "reason": "text_changed"})
        else:
            line.write(
                {
                    name: line_vals[name]
                    for name in self.provider_id._ponto_get_text_fields()
                    if (line[name] or False) != (line_vals[name] or False)
                }
            )
        if values["state"] == "waiting":
            values["document"] = document_to_text(transaction.document)
            # What the journal has, until somebody decides.
            for name in ("date", "amount", "currency"):
                values.pop(name, None)
            pull._add_counts({"waiting_count": 1})
        pull._add_counts({"changed_count": 1})
        self.write(values)
