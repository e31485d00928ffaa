# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import models
from odoo.exceptions import UserError

from ..engine.admission import find_obstacle
from ..engine.entry import booking_order
from ..ponto_api import Transaction, document_from_text
from .ponto_transaction import STATES_WITH_DOCUMENT


class PontoTransaction(models.Model):
    """What somebody decides about transactions that were not simply imported.

    Who may enter statement lines may decide.
    """

    _inherit = "ponto.transaction"

    def action_import(self):
        """Make statement lines of the transactions after all.

        That includes lines that somebody removed, or the bank's new version of one.

        :raise UserError: when there is nothing that a line could be made of
        """
        self._check_may_decide()
        for provider, records in self.sudo().grouped("provider_id").items():
            provider = provider.with_company(provider.company_id)
            provider._ponto_lock()
            changed = records.filtered("statement_line_id")
            for record in changed.filtered(lambda record: record.state == "waiting"):
                record._check_importable()
                record._apply_change()
            open_records = (records - changed).filtered(
                lambda record: record.state in STATES_WITH_DOCUMENT
            )
            for record in open_records:
                record._check_importable()
            known = sorted(open_records._read_known(), key=booking_order)
            provider._ponto_create_lines(
                records.browse(each.key for each in known),
                self.env["ponto.pull"].sudo(),
            )

    def action_ignore(self):
        """Leave the transactions out of the journal for good; or the lines as they are.

        What is ignored can still be imported later.
        """
        self._check_may_decide()
        waiting = self.sudo().filtered(
            lambda record: record.state in ("new", "waiting")
        )
        with_line = waiting.filtered("statement_line_id")
        with_line.write({"state": "imported", "reason": False, "document": False})
        (waiting - with_line).write({"state": "ignored"})

    def action_same_as(self):
        """Take the similar line of the journal for the transaction.

        :raise UserError: when there is no similar line
        """
        self._check_may_decide()
        for record in self.sudo():
            if not record.similar_line_id:
                raise UserError(
                    self.env._(
                        'No line of the journal is similar to "%s". Import the '
                        "transaction, or ignore it.",
                        record.payment_ref,
                    )
                )
            line = record.similar_line_id
            record.write(
                {
                    "state": "recognised",
                    "reason": False,
                    "statement_line_id": line.id,
                    "original_id": record._find_original(line).id,
                }
            )

    def _find_original(self, line):
        """:return: the transaction of the feed that became a line, if one did"""
        return self.search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("statement_line_id", "=", line.id),
                ("successor_ids", "=", False),
                ("id", "<", self.id),
            ],
            order="id desc",
            limit=1,
        )

    def _check_may_decide(self):
        """:raise AccessError: when the user may not enter statement lines"""
        self.check_access("read")
        self.env["account.bank.statement.line"].check_access("create")

    def _is_importable(self):
        """:return: whether a statement line can be made of the transaction (bool)"""
        self.ensure_one()
        return bool(self.document) and not self._find_obstacle()

    def _find_obstacle(self):
        """Return the reason for which no statement line can be made of the transaction
        as the bank has it now.

        :return: a key of `reason`, or None
        :rtype: str or None
        """
        provider = self.provider_id
        entry = None
        if self.document:
            entry = provider._ponto_prepare_entry(self._read_document())
        rules = provider._ponto_prepare_rules(date.min)
        return find_obstacle(entry, rules, self.reason or None)

    def _check_importable(self):
        """:raise UserError: when no statement line can be made of the transaction"""
        if not self._is_importable():
            raise UserError(
                self.env._(
                    'No line can be made of "%(label)s". %(reason)s: enter the line by '
                    "hand, if it belongs into the journal, and ignore the transaction.",
                    label=self.payment_ref,
                    reason=dict(
                        self._fields["reason"]._description_selection(self.env)
                    ).get(
                        self._find_obstacle(),
                        self.env._("Ponto's document is missing"),
                    ),
                )
            )

    def _apply_change(self):
        """Change the statement line to what the bank says now.

        :raise UserError: when somebody has reconciled the line, or begun to
        """
        self.ensure_one()
        line = self.statement_line_id
        if line._ponto_is_worked_on():
            raise UserError(
                self.env._(
                    'The line "%s" is reconciled. Undo the reconciliation first, or '
                    "keep the line as it is.",
                    line.payment_ref,
                )
            )
        provider = self.provider_id
        transaction = self._read_document()
        line_vals = provider._ponto_prepare_line_vals(transaction)
        names = [*provider._ponto_get_text_fields(), "date", "amount"]
        provider._ponto_change_line(line, {name: line_vals[name] for name in names})
        self.write(
            {
                "state": "imported",
                "reason": False,
                "document": False,
                **self._prepare_change(),
            }
        )

    def _prepare_change(self):
        """:return: values with day, amount and currency as the bank says now (dict)"""
        transaction = self._read_document()
        return {
            "date": self.provider_id._ponto_get_date(transaction),
            "amount": transaction.amount,
            "currency": transaction.currency,
        }

    def _read_document(self):
        """:return: what the bank says (`ponto_api.Transaction`)"""
        return Transaction.from_document(document_from_text(self.document))
