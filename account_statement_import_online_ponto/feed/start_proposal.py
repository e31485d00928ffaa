# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""From which day an account that somebody connects is imported, why, and what the
journal then begins with."""

from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from odoo import fields
from odoo.tools import format_date

from ..engine.admission import HISTORY
from .history import fetch_history
from .journal_balance import compute_balance, find_opening_balance


class StartProposal:
    """What is proposed to somebody who chooses from which day to import.

    :param line: the `ponto.connect.wizard.line` with what was chosen so far
    """

    def __init__(self, line):
        self.env = line.env
        self._line = line

    # === THE DAY === #

    @cached_property
    def day(self):
        """The day that is proposed (date)."""
        return self._provider_sudo._ponto_propose_start_date()

    def fetch_history(self, client):
        """Fetch what Ponto holds since the day that is proposed.

        :param client: a `PontoClient`
        :return: what `history` of the line holds (dict)
        """
        return fetch_history(
            client,
            self._provider_sudo,
            self._line.ponto_account_id,
            self._line.currency_code,
            self.day,
        )

    def explain(self, history):
        """Return why the day is proposed, and what Ponto holds (str).

        :param dict history: as returned by `fetch_history`
        """
        texts = [self._explain_day(), self._warn_of_lock()]
        return " ".join(filter(None, [*texts, self._describe_history(history)]))

    @cached_property
    def _provider_sudo(self):
        """The feed as it would be, in sudo mode, without a row."""
        line = self._line
        Provider = self.env["online.bank.statement.provider"].sudo()
        return Provider.new(
            {
                "company_id": line.company_id.id,
                "journal_id": line.action == "journal" and line.journal_id.id,
                "service": "ponto",
                "tz": Provider._default_tz(line.company_id),
                "ponto_date_field": "execution_date",
            }
        )

    def _explain_day(self):
        """Return why the day is proposed (str)."""
        before = self.day - timedelta(days=1)
        # Those of the companies above it count, too.
        if before == self._line.company_id.sudo().user_hard_lock_date:
            return self.env._(
                "The books are locked up to %s.", format_date(self.env, before)
            )
        if self.day == self._provider_sudo._ponto_get_today() - HISTORY:
            return self.env._("%s days back.", HISTORY.days)
        return self.env._(
            "The journal's last line is dated %s.", format_date(self.env, before)
        )

    def _warn_of_lock(self):
        """Return which of the days are locked, but not for good (str); or an empty
        text."""
        provider_sudo = self._provider_sudo
        # The schedule has nobody's exceptions.
        locked = provider_sudo.company_id._get_user_fiscal_lock_date(
            provider_sudo.journal_id, ignore_exceptions=True
        )
        if locked < self.day:
            return ""
        return self.env._(
            "Days up to %s are locked: what is of these days waits for a decision.",
            format_date(self.env, locked),
        )

    def _describe_history(self, history):
        """Return how far back Ponto's list goes, if that is known (str)."""
        if history.get("is_failed"):
            return self.env._("Ponto could not be asked what it holds.")
        days = history["sums"]
        if history["is_whole"] and not days:
            return self.env._("Ponto holds no transactions yet.")
        if history["is_whole"]:
            return self.env._(
                "Ponto holds transactions from %s on.",
                format_date(self.env, fields.Date.to_date(min(days))),
            )
        return self.env._("Ponto holds older transactions, too.")

    # === THE BALANCE === #

    def describe_balance(self):
        """Return what the journal begins with on the day that is chosen, or why that
        is not known (str); empty for a journal that cannot be chosen."""
        line = self._line
        if line.action == "journal" and line.journal_id - line.available_journal_ids:
            return ""
        if line.action == "journal" and self._has_lines(line.journal_id):
            balance = compute_balance(self._provider_sudo)
            amount = line.currency_id.format(float(balance))
            if find_opening_balance(self._provider_sudo) is None:
                return self.env._(
                    "Goes on from %s in the journal. No statement tells what the "
                    "account had before the first line.",
                    amount,
                )
            return self.env._("Goes on from %s in the journal.", amount)
        if not line.balance_known:
            return self.env._(
                "The bank gives no balance: the journal begins with zero."
            )
        balance = self._find_balance()
        if balance is None:
            return self.env._("Computed at the first import.")
        return line.currency_id.format(balance)

    def _has_lines(self, journal):
        """Tell whether a journal has bank transactions (bool)."""
        Line = self.env["account.bank.statement.line"].sudo()
        return bool(Line.search_count([("journal_id", "=", journal.id)], limit=1))

    def _find_balance(self):
        """Return the balance at the bank less all that came since the day that is
        chosen (float), or None where Ponto's list was not read that far."""
        line = self._line
        history = line.history or {}
        start = str(line.start_date)
        is_read = history.get("since") and start >= history["since"]
        if not line.start_date or not (is_read or history.get("is_whole")):
            return None
        since = sum(
            Decimal(total) for day, total in history["sums"].items() if day >= start
        )
        return line.currency_id.round(line.balance - float(since))
