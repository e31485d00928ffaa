# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL, split_every

from ..ponto_api import (
    PontoProtocolError,
    Transaction,
    content_hash,
    document_from_text,
    fingerprint,
)

#: How many lines are read at a time.
LINES_PER_READ = 1000

#: What an identifier of Ponto looks like (regular expression of PostgreSQL).
UUID = "^[[:xdigit:]]{8}(-[[:xdigit:]]{4}){3}-[[:xdigit:]]{12}$"


class PontoTransaction(models.Model):
    """Registering the lines that were there before the register."""

    _inherit = "ponto.transaction"

    @api.model
    def _register_existing_lines(self, provider):
        """Register the lines that an earlier feed of the journal has imported.

        The OCA modules write their identifier as
        "[account number]-[journal id]-[Ponto identifier]"; the account number may have
        been another one at the time. So do those that read bank files; but only Ponto's
        identifiers are UUIDs, or are found in the document that the line holds.
        """
        self.env["account.bank.statement.line"].flush_model()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ponto_transaction (
                    provider_id, ponto_id, date, amount, currency, counterpart_name,
                    account_number, payment_ref, state, statement_line_id,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT %(provider)s, known.ponto_id, move.date, line.amount,
                       currency.name, line.partner_name, line.account_number,
                       line.payment_ref, 'imported',
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
                   AND (
                       known.ponto_id ~ %(uuid)s
                       OR strpos(line.raw_data, known.ponto_id) > 0
                   )
           ON CONFLICT (provider_id, ponto_id) DO NOTHING
             RETURNING id
                """,
                provider=provider.id,
                user=self.env.uid,
                journal=provider.journal_id.id,
                pattern=f"^(?:[A-Za-z0-9]+-)?{provider.journal_id.id}-(.+)$",
                uuid=UUID,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        self.invalidate_model()
        for batch in split_every(LINES_PER_READ, ids):
            for record in self.browse(batch):
                record._identify_by_line()
            self.flush_model()

    def _identify_by_line(self):
        """Compute what identifies a transaction from the statement line it became."""
        self.ensure_one()
        line = self.statement_line_id
        try:
            transaction = Transaction.from_document(
                document_from_text(line.raw_data or "")
            )
        except PontoProtocolError:
            self.fingerprint = fingerprint(
                self.provider_id.account_number,
                line.date,
                Decimal(str(line.amount)),
                line.currency_id.name,
                line.account_number,
                line.payment_ref,
            )
            return
        self.write(
            {
                "fingerprint": self.provider_id._ponto_get_fingerprint(transaction),
                "content_hash": content_hash(transaction),
            }
        )
