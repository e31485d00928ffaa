# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta, timezone
from functools import lru_cache

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import fragments, references
from ..engine.admission import Rules, choose_start, propose_start
from ..engine.days import choose_moment, day_of, local_day, period_between
from ..engine.entry import Entry
from ..feed import match_memory
from ..feed.written_texts import digest_texts
from ..ponto_api import (
    content_hash,
    document_to_text,
    end_to_end_reference,
    fingerprint,
    identify,
    letters_and_digits,
    transaction_from_text,
    without_placeholder,
)
from ..tools import choose_language, find_zone, to_decimal

#: How many characters of a reference are kept, as PostgreSQL indexes no longer ones.
#: ISO 20022 gives an end-to-end identification 35, unstructured information 140.
LONGEST_REF = 140

#: A page asks for the same one over and over.
_find_zone = lru_cache(pytz.timezone)


class PontoMapping(models.AbstractModel):
    """From a transaction of Ponto to the values of a statement line.

    The feed inherits it. One small method per derived field: override the label without
    touching the amount.
    """

    _name = "ponto.mapping"
    _description = "From Ponto to Statement Lines"

    def _ponto_prepare_line_vals(self, transaction):
        """Prepare the values of a statement line.

        :param transaction: a `ponto_api.Transaction`
        :return: values for `account.bank.statement.line`
        :rtype: dict
        """
        self.ensure_one()
        return {
            "journal_id": self.journal_id.id,
            "date": self._ponto_get_accounting_date(self._ponto_get_date(transaction)),
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
            amount=self._ponto_get_amount(transaction),
            currency=self._ponto_get_currency(transaction),
            account_number=self._ponto_get_account_number(transaction) or None,
            counterpart_name=self._ponto_get_partner_name(transaction) or None,
            label=self._ponto_get_payment_ref(transaction),
            content_hash=self._ponto_get_content_hash(transaction),
            created_at=transaction.created_at,
            source=transaction,
        )

    def _ponto_prepare_rules(self, start):
        """Prepare what admission depends on besides the transaction.

        :param date start: the day before which nothing is imported
        :rtype: Rules
        """
        currency = self.ponto_currency_id
        rounding = to_decimal(currency.rounding)
        return Rules(currency.name, rounding, start, self._ponto_get_today())

    def _ponto_prepare_lines(self, transactions):
        """Prepare a set of statement lines, partners included.

        :param list transactions: `ponto_api.Transaction` objects
        :return: values for `account.bank.statement.line`
        :rtype: list of dict
        """
        self.ensure_one()
        vals_list = [
            self._ponto_prepare_line_vals(transaction) for transaction in transactions
        ]
        account_numbers = set(
            filter(None, (vals["account_number"] for vals in vals_list))
        )
        # It is a hook of the base, with a signature of its own.
        speeddict = self.journal_id.with_context(
            ponto_account_numbers=list(account_numbers)
        )._statement_line_import_speeddict()
        for vals in vals_list:
            self.journal_id._statement_line_import_update_hook(vals, speeddict)
        return vals_list

    def _ponto_prepare_marks(self, vals):
        """Prepare what tells later which texts of a line somebody has changed, and
        whether its partner.

        :param dict vals: what the feed writes
        :return: {name of a field: digest}, and the partner, if there is one
        :rtype: dict
        """
        names = [name for name in self._ponto_get_text_fields() if name != "raw_data"]
        marks = digest_texts(self.env, {name: vals.get(name) for name in names})
        if vals.get("partner_id"):
            marks.update(match_memory.prepare_partner_mark(vals["partner_id"]))
        return marks

    def _ponto_get_written(self, line):
        """Return digests of what the feed has written last into a line.

        Where an earlier feed made it, of what this one would have written.

        :rtype: dict
        """
        written = line.ponto_written or {}
        if written.keys() - {match_memory.PARTNER}:
            return written
        transaction = transaction_from_text(line.raw_data)
        if not transaction:
            return written
        served = self._ponto_prepare_line_vals(transaction)
        return {**self._ponto_prepare_marks(served), **written}

    # === ONE HOOK PER FIELD === #

    def _ponto_by_other_date(self):
        """Return the same feed as if it used the other of the bank's dates.

        It may have done so; what it read then has that day and content.

        :return: a record that is not stored, to read a transaction by
        """
        uses_value_date = self.ponto_date_field == "value_date"
        values = {
            "ponto_date_field": "execution_date" if uses_value_date else "value_date"
        }
        return self.new(values, origin=self)

    def _ponto_get_date(self, transaction):
        """Return the day of the transaction, by the date that the feed uses.

        :return: None when the bank gave none that can be read
        :rtype: date or None
        """
        return self._ponto_get_day(self._ponto_get_moment(transaction))

    def _ponto_get_moment(self, transaction):
        """Return the moment of the transaction, by the date that the feed uses
        (datetime); None when the bank gave none that can be read.

        Where that date is there but unreadable, the other one does not count: it may be
        another day."""
        prefers_value_date = self.ponto_date_field == "value_date"
        name = "valueDate" if prefers_value_date else "executionDate"
        if name in transaction.unreadable:
            return None
        return choose_moment(
            transaction.executed_at, transaction.valued_at, prefers_value_date
        )

    def _ponto_get_day(self, moment):
        """Return the day that Ponto means by a moment, in the bank's time zone.

        :param datetime moment: aware, or None
        :rtype: date or None
        """
        return day_of(moment, self._ponto_get_zone())

    def _ponto_get_amount(self, transaction):
        """Return the signed amount in the transaction's currency.

        :return: None when the bank gave none that can be read
        :rtype: Decimal or None
        """
        return transaction.amount

    def _ponto_get_currency(self, transaction):
        """Return the currency's code. Where the bank leaves it out, it is that of the
        account, which is kept in one.

        :return: None when the bank gave one that cannot be read
        :rtype: str or None
        """
        if "currency" in transaction.unreadable:
            return None
        return transaction.currency or self.ponto_currency_id.name or None

    def _ponto_get_payment_ref(self, transaction):
        """Return the label: all of the bank's text, or what comes closest to it.

        Never a mark alone, a word that stands for none, nor another fragment that is
        part of many a number by accident: then what it is is said in words.

        :rtype: str
        """
        text, kind, name, more = map(
            without_placeholder,
            (
                transaction.remittance_information,
                transaction.description,
                transaction.counterpart_name,
                transaction.additional_information,
            ),
        )
        text = references.label(text)
        if not fragments.is_fragment(text):
            return text
        words = " ".join(filter(None, (kind, name)))
        parts = [words or more, text]
        said = ", ".join(part for part in parts if letters_and_digits(part))
        if not fragments.is_fragment(said):
            return said
        return self._ponto_describe(transaction, said)

    def _ponto_describe(self, transaction, said):
        """Describe a transaction of which the bank says next to nothing.

        :param str said: what it says
        :return: kind, counterpart and day, in the company's language
        :rtype: str
        """
        env = self._ponto_in_company_language().env
        is_receipt = (transaction.amount or 0) >= 0
        kind = env._("Money received") if is_receipt else env._("Money paid")
        day = self._ponto_get_date(transaction)
        return ", ".join(filter(None, [kind, said, day and format_date(env, day)]))

    def _ponto_in_company_language(self):
        """Return the feed in the language in which lines are written."""
        language = choose_language(self.env, self.company_id.partner_id.lang)
        return self.with_context(lang=language)

    def _ponto_get_ref(self, transaction):
        """Return the reference that both parties see (str), or False."""
        reference = end_to_end_reference(transaction)
        if fragments.is_fragment(reference):
            return False
        return reference[:LONGEST_REF]

    def _ponto_get_partner_name(self, transaction):
        """Return the counterpart's name (str), or False."""
        return transaction.counterpart_name or False

    def _ponto_get_account_number(self, transaction):
        """Return the counterpart's account number, without spaces (str), or False."""
        return sanitize_account_number(transaction.counterpart_reference) or False

    def _ponto_get_transaction_type(self, transaction):
        """Return the bank's word for the kind of transaction (str), or False."""
        return (
            transaction.description
            or transaction.bank_transaction_code
            or transaction.proprietary_bank_transaction_code
            or False
        )

    def _ponto_get_narration(self, transaction):
        """Return what the other fields leave out, readable and searchable (Markup)."""
        return Markup("<br/>").join(
            Markup("%s: %s") % (label, value)
            for label, value in self._ponto_get_details(transaction)
            if value
        )

    def _ponto_get_details(self, transaction):
        """Return what the narration tells: pairs of a label and a value (list)."""
        env = self._ponto_in_company_language().env
        day = self._ponto_get_date(transaction)
        is_moved = self._ponto_get_accounting_date(day) != day
        value_day = self._ponto_get_day(transaction.valued_at)
        return [
            (env._("Booked by the bank on"), is_moved and format_date(env, day)),
            (env._("Description"), transaction.description),
            (env._("Additional information"), transaction.additional_information),
            (env._("Value date"), value_day and format_date(env, value_day)),
            (env._("End-to-end reference"), end_to_end_reference(transaction)),
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
        """Return the names of the fields that follow when the bank changes texts, as
        long as nobody has reconciled the line (list)."""
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
        """Return what the transaction keeps under another identifier (str); None if too
        little is known of it."""
        found = fingerprint(
            self.account_number,
            self._ponto_get_day(transaction.executed_at or transaction.valued_at),
            transaction.amount,
            self._ponto_get_currency(transaction),
            transaction.counterpart_reference,
            transaction.remittance_information,
            transaction.additional_information,
            transaction.description,
        )
        return found and self.env["ponto.digest"]._make(found)

    def _ponto_get_content_hash(self, transaction):
        """Return what changes when the bank changes what is booked or shown (str).

        Where it delivers later a date or a currency that was taken as given, nothing is
        booked or shown in another way.
        """
        found = content_hash(
            transaction,
            day=self._ponto_get_date(transaction),
            value_day=self._ponto_get_day(transaction.valued_at),
            currency=self._ponto_get_currency(transaction),
            text=references.label(transaction.remittance_information),
        )
        return self.env["ponto.digest"]._make(found)

    def _ponto_get_traits(self, transaction):
        """Return what tells a transaction from others under any identifier.

        :return: kind and digest, joined by a colon (frozenset of str)
        """
        digest = self.env["ponto.digest"]._make
        found = [
            *identify(transaction).items(),
            # Another interface may write other words around it.
            *(
                ("communication", reference.number)
                for reference in references.find(
                    transaction.remittance_information
                ).references
            ),
        ]
        return frozenset(f"{kind}:{digest(f'{kind} {text}')}" for kind, text in found)

    def _ponto_get_unique_import_id(self, ponto_id):
        """Write a Ponto identifier as the OCA modules do.

        :param str ponto_id: identifier of a Ponto transaction
        :return: "[account number]-[journal id]-[Ponto identifier]"
        :rtype: str
        """
        vals = {"unique_import_id": ponto_id}
        self.journal_id._statement_line_import_update_unique_import_id(
            vals, self.account_number
        )
        return vals["unique_import_id"]

    # === THE ACCOUNT === #

    def _ponto_is_account_of_journal(self, account):
        """Tell whether number and currency of an account are the journal's.

        :param account: a `ponto_api.Account`
        :rtype: bool
        """
        number = sanitize_account_number(account.reference)
        return (
            bool(number)
            and number == self.account_number
            and account.currency == self.ponto_currency_id.name
        )

    # === DAYS === #

    def _ponto_get_zone(self):
        """Return the time zone in which the bank keeps its days (tzinfo)."""
        return _find_zone(self.tz or "UTC")

    def _ponto_get_today(self):
        """Return the present day at the bank (date).

        Of UTC where the server does not know the time zone any more: no transaction is
        read then, but people look at many feeds together.
        """
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return local_day(now, find_zone(self.tz or "UTC"))

    def _ponto_get_period(self, date_since, date_until):
        """Return the whole local days between two naive moments in UTC (Period)."""
        return period_between(
            date_since.replace(tzinfo=timezone.utc),
            date_until.replace(tzinfo=timezone.utc),
            self._ponto_get_zone(),
        )

    def _ponto_get_accounting_date(self, day):
        """Return the day on which Odoo books a line of some day: that day, or the first
        that is not locked.

        :rtype: date
        """
        locks = self.company_id._get_violated_lock_dates(day, False, self.journal_id)
        return max(lock for lock, _name in locks) + timedelta(days=1) if locks else day

    def _ponto_get_start_date(self, period=None):
        """Return the day before which nothing is imported.

        :param Period period: days that somebody asks for
        :rtype: date
        """
        self.ensure_one()
        usual = self.ponto_usual_start_date
        if not self.ponto_start_date and not usual:
            usual = self._ponto_propose_start_date()
        return choose_start(
            self.ponto_start_date or None, usual, period.since if period else None
        )

    def _ponto_propose_start_date(self):
        """Propose the day from which to import: 90 days before today, but no day that
        is locked for good, or for which the journal has lines from elsewhere.

        :rtype: date
        """
        self.ensure_one()
        today = self._ponto_get_today()
        last_line = self.env["account.bank.statement.line"].search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("date", "<=", today),
                ("id", "not in", self.ponto_transaction_ids.statement_line_id.ids),
            ],
            order="internal_index desc",
            limit=1,
        )
        return propose_start(
            today,
            last_line=last_line.date or None,
            last_locked=self.company_id.user_hard_lock_date or None,
        )

    # === OUR OWN PAYMENTS === #

    @api.model
    def _ponto_get_end_to_end_ids(self, item_ids):
        """Return the end-to-end identifications of our own payments that are to settle
        journal items; for modules that know them.

        Those of OCA's `account_payment_batch_oca` are known here: its files carry a
        payment's memo, the unique name of its lot with a number. OCA's
        `account_payment_order` writes a mere record number, which identifies nothing.

        :param list item_ids: of open journal items
        :return: {item: identifications}
        :rtype: dict[int, tuple[str, ...]]
        """
        if "payment_lot_id" not in self.env["account.payment"]._fields:
            return {}
        items_sudo = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("id", "in", item_ids),
                    ("payment_id.payment_lot_id", "!=", False),
                ]
            )
        )
        return {
            item.id: (item.payment_id.memo,)
            for item in items_sudo
            # whatever somebody has typed there since is another text
            if (item.payment_id.memo or "").startswith(
                f"{item.payment_id.payment_lot_id.name}/"
            )
        }
