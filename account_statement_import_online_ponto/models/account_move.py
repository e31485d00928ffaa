# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ..tools import ON

#: Where the formats of a bulk creation's numbers are kept until commit or rollback.
NUMBERING = "account_statement_import_online_ponto.numbering"


class AccountMove(models.Model):
    """Entries of a bulk (see `account.bank.statement.line`), and what is removed."""

    _inherit = "account.move"

    def write(self, vals):
        """Override of `account` not to write what an entry of a bulk has already.

        Odoo ties each new statement line to its entry, and writes the narration and the
        number that is yet to come once more.
        """
        if self.env.context.get("ponto_bulk") is ON and "statement_line_id" in vals:
            vals = {
                name: value
                for name, value in vals.items()
                if name not in ("name", "narration")
                or any(move[name] != value for move in self)
            }
        return super().write(vals)

    def _get_next_sequence_format(self):
        """Override of `account` to ask the database once for the entries of a bulk.

        Odoo looks up what the number of each entry is to follow. Once it has numbered
        one entry of a journal and a period, and thereby locked the sequence until the
        end of the transaction, the next ones can only follow that: an entry that Odoo
        would look at instead has to be dated later than the first of the bulk. Where
        there are such entries with numbers of another kind, Odoo is asked each time.
        """
        if self.env.context.get("ponto_bulk") is not ON or self.state != "posted":
            return super()._get_next_sequence_format()
        numbering = self.env.cr.precommit.data.setdefault(NUMBERING, {})
        reset, since = numbering.get(self.journal_id, (None, None))
        is_checked = since and since <= self.date
        if is_checked and reset:
            known = numbering.get(self._ponto_get_numbering_key(reset))
            last = known and self._ponto_get_last_number(*known)
            if last is not None:
                format_string, values = known
                return format_string, {**values, "seq": last}
        format_string, values = super()._get_next_sequence_format()
        if not is_checked:
            reset = self._ponto_find_reset(format_string.format(**values))
            numbering[self.journal_id] = reset, self.date
        if reset:
            key = self._ponto_get_numbering_key(reset)
            numbering[key] = format_string, dict(values)
        return format_string, values

    def _ponto_get_numbering_key(self, reset):
        """Return what entries have in common whose numbers follow one another."""
        return (self.journal_id, *self._get_sequence_date_range(reset))

    def _ponto_get_last_number(self, format_string, values):
        """Return the last number that this transaction has given in a sequence (int);
        None if it has not locked the sequence."""
        key = format_string.format(**{**values, "seq": 0}), self.journal_id
        return self._get_sequence_cache().get(key)

    def _ponto_find_reset(self, name):
        """Return when the journal's numbers begin anew.

        :param str name: a number like the one that the entry is to get
        :return: key of Odoo's kinds of numbering; None if there are several from the
            entry's day on
        :rtype: str or None
        """
        domain = [
            ("journal_id", "=", self.journal_id.id),
            ("date", ">=", self.date),
            ("name", "not in", (False, "", "/")),
        ]
        groups = self.sudo()._read_group(domain, ["sequence_prefix"], ["name:max"])
        names = {name, *(each for _prefix, each in groups)}
        resets = {self._deduce_sequence_number_reset(each) for each in names}
        return resets.pop() if len(resets) == 1 else None

    def unlink(self):
        """Override of `account` to remember which transactions a user removed.

        The database removes an entry's statement line along with it, unasked.
        """
        self.env["ponto.transaction"].sudo()._remember_removed(self.statement_line_ids)
        return super().unlink()
