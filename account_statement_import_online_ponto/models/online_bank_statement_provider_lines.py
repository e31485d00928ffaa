# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import models
from odoo.tools import format_date

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine.admission import Rules
from ..engine.days import choose_moment, day_of, period_around
from ..engine.entry import Entry
from ..engine.statements import assign, leaves_statement
from ..ponto_api import content_hash, document_to_text, fingerprint, remittance
from ..tools import choose_language, to_decimal

#: What SEPA lets a bank write where there is no end-to-end identification.
NOT_PROVIDED = "NOTPROVIDED"


class OnlineBankStatementProvider(models.Model):
    """From a Ponto transaction to the values of a statement line.

    One small method per derived field: override the label without touching the amount.
    Each takes a `ponto_api.Transaction`.
    """

    _inherit = "online.bank.statement.provider"

    def _ponto_prepare_line_vals(self, transaction):
        """Prepare the values of a statement line.

        :param transaction: a `ponto_api.Transaction`
        :return: values for `account.bank.statement.line` (dict)
        """
        self.ensure_one()
        return {
            "journal_id": self.journal_id.id,
            "date": self._ponto_get_open_day(self._ponto_get_date(transaction)),
            "amount": self._ponto_get_amount(transaction),
            "payment_ref": self._ponto_get_payment_ref(transaction),
            "ref": self._ponto_get_ref(transaction),
            "partner_name": self._ponto_get_partner_name(transaction),
            "account_number": self._ponto_get_account_number(transaction),
            "transaction_type": self._ponto_get_transaction_type(transaction),
            "narration": self._ponto_get_narration(transaction),
            "unique_import_id": self._ponto_get_unique_import_id(transaction.id),
            "raw_data": document_to_text(transaction.document),
        }

    def _ponto_prepare_entry(self, transaction):
        """Prepare what the engine's rules look at.

        :param transaction: a `ponto_api.Transaction`
        :rtype: Entry
        """
        return Entry(
            ponto_id=transaction.id,
            day=self._ponto_get_date(transaction),
            amount=transaction.amount,
            currency=transaction.currency,
            account_number=self._ponto_get_account_number(transaction) or None,
            counterpart_name=transaction.counterpart_name,
            label=self._ponto_get_payment_ref(transaction),
            fingerprint=self._ponto_get_fingerprint(transaction),
            content_hash=content_hash(transaction),
            created_at=transaction.created_at,
            source=transaction,
        )

    def _ponto_prepare_rules(self, start):
        """Prepare what admission depends on beside the transaction.

        :param date start: the day before which nothing is imported
        :rtype: Rules
        """
        currency = self.ponto_currency_id
        return Rules(
            currency.name, currency.decimal_places, start, self._ponto_get_today()
        )

    # === ONE HOOK PER FIELD === #

    def _ponto_get_date(self, transaction):
        """Return the day of the transaction, by the date that the feed uses.

        :return: None when the bank gave none that can be read
        :rtype: date or None
        """
        prefers_value_date = self.ponto_date_field == "value_date"
        return self._ponto_get_day(
            choose_moment(
                transaction.executed_at, transaction.valued_at, prefers_value_date
            )
        )

    def _ponto_get_day(self, moment):
        """Return the day that Ponto means by a moment, in the bank's time zone.

        :param datetime moment: aware, or None
        :rtype: date or None
        """
        return day_of(moment, self._ponto_get_zone())

    def _ponto_get_amount(self, transaction):
        """:return: the signed amount in the journal's currency (Decimal)"""
        return transaction.amount

    def _ponto_get_payment_ref(self, transaction):
        """:return: the label (str): the communication, or what comes closest to it"""
        communication = transaction.remittance_information
        if communication:
            return remittance.normalize(communication)
        kind_and_name = (transaction.description, transaction.counterpart_name)
        return (
            " ".join(filter(None, kind_and_name))
            or transaction.additional_information
            or "/"
        )

    def _ponto_get_ref(self, transaction):
        """:return: the reference that both parties see (str), or False"""
        reference = transaction.end_to_end_id
        return reference if reference and reference != NOT_PROVIDED else False

    def _ponto_get_partner_name(self, transaction):
        """:return: the counterpart's name (str), or False"""
        return transaction.counterpart_name or False

    def _ponto_get_account_number(self, transaction):
        """:return: the counterpart's account number, without spaces (str), or False"""
        return sanitize_account_number(transaction.counterpart_reference) or False

    def _ponto_get_transaction_type(self, transaction):
        """:return: the bank's word for the kind of transaction (str), or False"""
        return (
            transaction.description
            or transaction.bank_transaction_code
            or transaction.proprietary_bank_transaction_code
            or False
        )

    def _ponto_get_narration(self, transaction):
        """:return: what the other fields leave out, readable and searchable (Markup)"""
        return Markup("<br/>").join(
            Markup("%s: %s") % (label, value)
            for label, value in self._ponto_get_details(transaction)
            if value
        )

    def _ponto_get_details(self, transaction):
        """:return: what the narration tells: pairs of a label and a value (list)"""
        language = choose_language(self.env, self.company_id.partner_id.lang)
        env = self.with_context(lang=language).env
        day = self._ponto_get_date(transaction)
        is_moved = self._ponto_get_open_day(day) != day
        value_day = self._ponto_get_day(transaction.valued_at)
        return [
            (env._("Booked by the bank on"), is_moved and format_date(env, day)),
            (env._("Description"), transaction.description),
            (env._("Additional information"), transaction.additional_information),
            (env._("Value date"), value_day and format_date(env, value_day)),
            (env._("End-to-end reference"), transaction.end_to_end_id),
            (env._("Mandate"), transaction.mandate_id),
            (env._("Creditor"), transaction.creditor_id),
            (env._("Card"), transaction.card_reference),
            (env._("Fee"), transaction.fee),
            (env._("Purpose"), transaction.purpose_code),
            (env._("Bank transaction code"), transaction.bank_transaction_code),
            (
                env._("Bank's own transaction code"),
                transaction.proprietary_bank_transaction_code,
            ),
            (env._("Bank's reference"), transaction.internal_reference),
        ]

    def _ponto_get_text_fields(self):
        """:return: names of the fields that follow when the bank changes texts (list),
        as long as nobody has reconciled the line"""
        return [
            "payment_ref",
            "ref",
            "partner_name",
            "account_number",
            "transaction_type",
            "narration",
            "raw_data",
        ]

    def _ponto_get_fingerprint(self, transaction):
        """:return: what the transaction keeps under another identifier (str)"""
        return fingerprint(
            self.account_number,
            self._ponto_get_day(transaction.executed_at or transaction.valued_at),
            transaction.amount,
            transaction.currency,
            transaction.counterpart_reference,
            transaction.remittance_information,
            transaction.additional_information,
            transaction.description,
        )

    def _ponto_get_unique_import_id(self, ponto_id):
        """Write a Ponto identifier as the OCA modules do.

        :param str ponto_id: identifier of a Ponto transaction
        :return: "[account number]-[journal id]-[Ponto identifier]" (str)
        """
        vals = {"unique_import_id": ponto_id}
        self.journal_id._statement_line_import_update_unique_import_id(
            vals, self.account_number
        )
        return vals["unique_import_id"]

    # === SETS OF LINES === #

    def _ponto_find_lines(self, ponto_ids):
        """Find the statement lines that other feeds of the journal have made.

        :param ponto_ids: identifiers of Ponto transactions
        :return: {Ponto identifier: statement line} (dict)
        """
        self.ensure_one()
        by_import_id = {
            self._ponto_get_unique_import_id(ponto_id): ponto_id
            for ponto_id in ponto_ids
        }
        lines = self.env["account.bank.statement.line"].search(
            [("unique_import_id", "in", list(by_import_id))]
        )
        return {by_import_id[line.unique_import_id]: line for line in lines}

    def _ponto_prepare_lines(self, transactions):
        """Prepare a set of statement lines, partners and statements included.

        :param list transactions: `ponto_api.Transaction` objects
        :return: a list of values for `account.bank.statement.line`
        """
        self.ensure_one()
        vals_list = [
            self._ponto_prepare_line_vals(transaction) for transaction in transactions
        ]
        account_numbers = set(
            filter(None, (vals["account_number"] for vals in vals_list))
        )
        speeddict = self.journal_id.with_context(
            ponto_account_numbers=list(account_numbers)
        )._statement_line_import_speeddict()
        for vals in vals_list:
            self.journal_id._statement_line_import_update_hook(vals, speeddict)
        if self.create_statement:
            self._ponto_assign_statements(vals_list)
        return vals_list

    def _ponto_assign_statements(self, vals_list):
        """Put each line into the statement of its period.

        :param list vals_list: values of statement lines; changed in place
        """
        Statement = self.env["account.bank.statement"]
        days = [vals["date"] for vals in vals_list]
        mode = self.statement_creation_mode
        names = {
            since: self.make_statement_name(since)
            for since in {period_around(day, mode).since for day in days}
        }
        found = {
            statement.name: statement
            for statement in Statement.search(
                [
                    ("journal_id", "=", self.journal_id.id),
                    ("name", "in", list(names.values())),
                ]
            )
        }
        existing = {since for since, name in names.items() if name in found}
        periods, missing = assign(days, mode, existing)
        missing_names = list(dict.fromkeys(names[each.since] for each in missing))
        created = Statement.create(
            [
                {
                    "name": name,
                    "journal_id": self.journal_id.id,
                    "balance_start": 0,
                    "balance_end_real": 0,
                }
                for name in missing_names
            ]
        )
        found.update(zip(missing_names, created, strict=True))
        for vals in vals_list:
            name = names[periods[vals["date"]].since]
            vals["statement_id"] = found[name].id

    def _ponto_change_line(self, line, vals):
        """Change day and amount of a line; it gets the statement of its new day.

        :param line: an `account.bank.statement.line` that the feed has made
        :param dict vals: for `write`; changed in place
        """
        Statement = self.env["account.bank.statement"]
        first = Statement._ponto_find_first(line.journal_id)
        opening = to_decimal(first.balance_start)
        left = self._ponto_leave_statement(line, vals)
        if not self._ponto_fits_number(line.move_id, vals["date"]):
            line.move_id.name = False
        line.write(vals)
        left.filtered(lambda statement: not statement.line_ids)._ponto_discard()
        statement = line.statement_id
        if not statement:
            return
        statement._ponto_chain_balances(
            created=statement.filtered(lambda s: left and s.line_ids == line),
            opening=opening,
        )
        first = Statement._ponto_find_first(line.journal_id)
        if to_decimal(first.balance_start) != opening:
            first._ponto_chain_balances(created=first, opening=opening)

    def _ponto_leave_statement(self, line, vals):
        """Take a line out of its statement if that is not the one of its new day.

        :param dict vals: for `write`; the right statement is added
        :return: the statement that it has left, if it has
        """
        statement = line.statement_id
        if not self.create_statement or not leaves_statement(
            line.date,
            vals["date"],
            self.statement_creation_mode,
            self._ponto_find_own_period(statement),
        ):
            return statement.browse()
        statement._ponto_take_out(line)
        self._ponto_assign_statements([vals])
        return statement

    def _ponto_fits_number(self, move, date):
        """:return: whether an entry keeps its number on another day (bool)"""
        return move.new({"date": date}, origin=move)._sequence_matches_date()
