# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ..ponto_api import document_to_text


class PontoTransaction(models.Model):
    """The register: one compact record for every Ponto transaction ever read.

    It decides whether a transaction is known, independently of the journal's account
    number, of the journal the provider feeds and of lines that users removed.
    """

    _name = "ponto.transaction"
    _description = "Ponto Transaction"
    _order = "date desc, id"
    _rec_name = "ponto_id"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="provider_id.company_id")
    ponto_id = fields.Char(string="Ponto Identifier", required=True)
    date = fields.Date(help="The day at the bank, by the date that the provider uses.")
    amount = fields.Float(digits=0, help="Exactly as Ponto gives it.")
    currency = fields.Char(help="ISO 4217 code, as Ponto gives it.")
    counterpart_name = fields.Char(string="Counterpart")
    payment_ref = fields.Char(string="Label")
    state = fields.Selection(
        selection=[
            ("new", "To Import"),
            ("imported", "Imported"),
            ("removed", "Removed by a User"),
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
        ],
        help="Why the transaction waits for a decision.",
    )
    document = fields.Text(
        help="The document that Ponto served (JSON), kept until there is a statement "
        "line to hold it.",
    )
    statement_line_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        string="Statement Line",
        ondelete="set null",
        index="btree_not_null",
    )
    pull_id = fields.Many2one(
        comodel_name="ponto.pull",
        string="Read by",
        ondelete="set null",
    )

    _unique_ponto_id = models.Constraint(
        "UNIQUE(provider_id, ponto_id)",
        "A transaction can be registered only once!",
    )
    _open_idx = models.Index("(provider_id, state) WHERE state IN ('new', 'waiting')")

    # === READING === #

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
        registered = {
            record.ponto_id: record
            for record in self.search(
                [("provider_id", "=", provider.id), ("ponto_id", "in", list(by_id))]
            )
        }
        lines = provider._ponto_find_lines(by_id.keys() - registered.keys())
        values_list = []
        for ponto_id, transaction in by_id.items():
            if record := registered.get(ponto_id):
                record._reconsider(pull, transaction, start)
                continue
            if line := lines.get(ponto_id):
                outcome = {"state": "imported", "statement_line_id": line.id}
            else:
                outcome = provider._ponto_assess(transaction, start)
            values_list.append(
                self._prepare_values(pull, transaction, outcome),
            )
        created = self.create(values_list)
        states = created.mapped("state")
        known = len(registered) + states.count("imported")
        pull._add_counts(
            {
                "read_count": len(by_id),
                "known_count": known,
                "waiting_count": states.count("waiting"),
                "before_start_count": states.count("before_start"),
            }
        )
        return known, len(by_id)

    @api.model
    def _prepare_values(self, pull, transaction, outcome):
        """Prepare the values of a new register record.

        :param transaction: a `ponto_api.Transaction`
        :param dict outcome: state, reason and statement line
        :return: values for `create` (dict)
        """
        provider = pull.provider_id
        values = {
            "provider_id": provider.id,
            "pull_id": pull.id,
            "ponto_id": transaction.id,
            "date": provider._ponto_get_date(transaction),
            "amount": transaction.amount,
            "currency": transaction.currency,
            "counterpart_name": transaction.counterpart_name,
            "payment_ref": provider._ponto_get_payment_ref(transaction),
            **outcome,
        }
        if values["state"] in ("new", "waiting"):
            values["document"] = document_to_text(transaction.document)
        return values

    def _reconsider(self, pull, transaction, start):
        """Import after all what an earlier start date left out."""
        self.ensure_one()
        if self.state != "before_start":
            return
        outcome = pull.provider_id._ponto_assess(transaction, start)
        if outcome["state"] != self.state:
            self.write(self._prepare_values(pull, transaction, outcome))

    # === LINES THAT WERE THERE BEFORE === #

    @api.model
    def _register_existing_lines(self, provider):
        """Register the lines that an earlier feed of the journal has imported.

        The OCA modules write their identifier as
        "[account number]-[journal id]-[Ponto identifier]"; the account number may have
        been another one at the time.
        """
        self.env["account.bank.statement.line"].flush_model()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ponto_transaction (
                    provider_id, ponto_id, date, amount, currency, counterpart_name,
                    payment_ref, state, statement_line_id,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT %(provider)s, known.ponto_id, move.date, line.amount,
                       currency.name, line.partner_name, line.payment_ref, 'imported',
                       line.id,
                       %(user)s, now() AT TIME ZONE 'UTC',
                       %(user)s, now() AT TIME ZONE 'UTC'
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
             LEFT JOIN res_currency currency ON currency.id = line.currency_id
            CROSS JOIN LATERAL (
                           SELECT substring(line.unique_import_id FROM %(pattern)s)
                       ) known (ponto_id)
                 WHERE line.journal_id = %(journal)s
                   AND known.ponto_id IS NOT NULL
           ON CONFLICT (provider_id, ponto_id) DO NOTHING
                """,
                provider=provider.id,
                user=self.env.uid,
                journal=provider.journal_id.id,
                pattern=f"^(?:[A-Za-z0-9]+-)?{provider.journal_id.id}-(.+)$",
            )
        )
        self.invalidate_model()
