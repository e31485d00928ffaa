# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..engine import changes
from ..engine.admission import assess
from ..engine.entry import Known
from ..ponto_api import document_to_text
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
    def _register_page(self, pull, entries, rules):
        """Register one page of transactions that are not known yet.

        Takes a constant number of queries, however many transactions there are.

        :param pull: the `ponto.pull` that read them
        :param entries: `Entry` objects in the bank's order, newest first
        :param Rules rules: what admission is measured by
        :return: how many were known before (int, of the distinct ones), and how many
            distinct ones there are (int)
        """
        provider = pull.provider_id
        entries = {entry.ponto_id: entry for entry in entries}
        registered = self.search_fetch(
            [("provider_id", "=", provider.id), ("ponto_id", "in", list(entries))],
            ["provider_id", *KNOWN_FIELDS],
        )
        for record, known in zip(registered, registered._read_known(), strict=True):
            record._see_again(pull, known, entries[record.ponto_id], rules)
        unknown_ids = entries.keys() - set(registered.mapped("ponto_id"))
        lines = provider._ponto_find_lines(unknown_ids)
        values_list = []
        for ponto_id, entry in entries.items():
            if ponto_id not in unknown_ids:
                continue
            if line := lines.get(ponto_id):
                outcome = {"state": "imported", "statement_line_id": line.id}
            else:
                outcome = assess(entry, rules)._asdict()
            values_list.append(self._prepare_values(pull, entry, outcome))
        created = self.create(values_list)
        states = created.mapped("state")
        known = len(registered) + states.count("imported")
        # A pull that goes on reads what it has read again, and counts it once.
        again = len(registered.filtered(lambda record: record.pull_id == pull))
        pull._add_counts(
            {
                "read_count": len(entries) - again,
                "known_count": known - again,
                "waiting_count": states.count("waiting"),
                "before_start_count": states.count("before_start"),
            }
        )
        return known, len(entries)

    @api.model
    def _prepare_values(self, pull, entry, outcome):
        """Prepare the values of a register record.

        :param Entry entry: the transaction as it is now
        :param dict outcome: state, reason and statement line
        :return: values for `create` (dict)
        """
        provider = pull.provider_id
        values = {
            "provider_id": provider.id,
            "pull_id": pull.id,
            "listing_number": pull.listing_number,
            "ponto_id": entry.ponto_id,
            "ponto_account_id": provider.ponto_account_id,
            "date": entry.day,
            "amount": entry.amount,
            "currency": entry.currency,
            "counterpart_name": entry.counterpart_name,
            "account_number": entry.account_number,
            "payment_ref": entry.label,
            "fingerprint": entry.fingerprint,
            "content_hash": entry.content_hash,
            **outcome,
        }
        if values["state"] in STATES_WITH_DOCUMENT:
            values["document"] = document_to_text(entry.source.document)
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

    def _see_again(self, pull, known, entry, rules):
        """Do what a transaction that was read before may need.

        Nothing at all, nearly always: that must stay free of queries.

        :param pull: the `ponto.pull` that read it again
        :param Known known: the record, as of `_read_known`
        :param Entry entry: the transaction as it is now
        :param Rules rules: what admission is measured by
        """
        self.ensure_one()
        line = self.statement_line_id
        booked = None
        if line and changes.has_news(known, entry):
            booked = changes.BookedLine(
                amount=to_decimal(line.amount),
                rounding=to_decimal(line.currency_id.rounding),
                is_worked_on=line._ponto_is_worked_on(),
            )
        change = changes.find_change(known, entry, rules, booked)
        if not change:
            return
        outcome = {"state": change.state, "reason": change.reason}
        if change.is_readmitted:
            self.write(self._prepare_values(pull, entry, outcome))
            return
        self._take_change(pull, entry, change)

    def _take_change(self, pull, entry, change):
        """Take over what Ponto changed in a transaction that was read before.

        :param pull: the `ponto.pull` that read it again
        :param Entry entry: the transaction as it is now
        :param Change change: what follows
        """
        values = self._prepare_values(pull, entry, {"state": self.state})
        values.update({"state": change.state, "reason": change.reason})
        not_taken = ["pull_id", "listing_number"]
        if not change.takes_booking:
            # What the journal has, until somebody decides.
            not_taken += ["date", "amount", "currency"]
        for name in not_taken:
            del values[name]
        if change.is_asked:
            values["document"] = document_to_text(entry.source.document)
            pull._add_counts({"waiting_count": 1})
        line = self.statement_line_id
        if line:
            pull._add_counts({"changed_count": 1})
        if change.updates_line:
            served = self.provider_id._ponto_prepare_line_vals(entry.source)
            names = self.provider_id._ponto_get_text_fields()
            line.write(
                changes.find_text_updates(
                    {name: line[name] for name in names},
                    {name: served[name] for name in names},
                )
            )
        self.write(values)
