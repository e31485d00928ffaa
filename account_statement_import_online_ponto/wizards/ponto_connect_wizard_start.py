# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from odoo import api, fields, models
from odoo.tools import format_date

from ..engine.admission import HISTORY
from ..engine.listing import Walk, floor_of
from ..ponto_api import PontoError, PontoTransportError

#: How many pages of an account's list are looked at for a preview, at most.
MAX_PAGES = 10


class PontoConnectWizardLine(models.TransientModel):
    """Start: from which day to import, why, and what the journal then begins with."""

    _inherit = "ponto.connect.wizard.line"

    journal_label = fields.Char(string="Journal", compute="_compute_journal_label")
    proposed_date = fields.Date(readonly=True)
    proposed_reason = fields.Char(readonly=True)
    start_date = fields.Date(string="Import From")
    start_reason = fields.Char(string="Why", compute="_compute_start_reason")
    history = fields.Json(
        readonly=True,
        help="What Ponto holds: the sum of each day, since which day that is known for "
        "sure, and whether it is all there is.",
    )
    opening_balance = fields.Char(compute="_compute_opening_balance")

    @api.depends("action", "journal_id", "journal_name", "journal_code")
    def _compute_journal_label(self):
        for line in self:
            line.journal_label = (
                line.journal_id.display_name
                if line.action == "journal"
                else self.env._("%s (new)", line.journal_name)
            )

    @api.depends("start_date", "proposed_date", "proposed_reason")
    def _compute_start_reason(self):
        for line in self:
            line.start_reason = line._get_start_reason()

    @api.depends("start_date", "history", "journal_id", "action")
    def _compute_opening_balance(self):
        for line in self:
            line.opening_balance = line._describe_opening_balance()

    # === FROM WHICH DAY === #

    def _propose_start(self, history):
        """Propose the day from which to import.

        :param dict history: as of `_fetch_history`
        """
        provider_sudo = self._imagine_provider_sudo()
        day = provider_sudo._ponto_propose_start_date()
        self.sudo().write(
            {
                "history": history,
                "proposed_date": day,
                "proposed_reason": self._explain_proposal(day, history),
                "start_date": day,
            }
        )

    def _imagine_provider_sudo(self):
        """:return: the provider as it would be, in sudo mode, without a row"""
        Provider = self.env["online.bank.statement.provider"].sudo()
        return Provider.new(
            {
                "company_id": self.company_id.id,
                "journal_id": self.action == "journal" and self.journal_id.id,
                "service": "ponto",
                "tz": Provider._default_tz(self.company_id),
                "ponto_date_field": "execution_date",
            }
        )

    def _explain_proposal(self, day, history):
        """:return: why a day is proposed, and what Ponto holds (str)"""
        return " ".join([self._explain_day(day), self._describe_history(history)])

    def _explain_day(self, day):
        """:return: why a day is proposed (str)"""
        before = day - timedelta(days=1)
        if before == self.company_id.sudo().hard_lock_date:
            return self.env._(
                "The books are locked up to %s.", format_date(self.env, before)
            )
        today = self._imagine_provider_sudo()._ponto_get_today()
        if day == today - HISTORY:
            return self.env._("%s days back.", HISTORY.days)
        return self.env._(
            "The journal's last line is of %s.", format_date(self.env, before)
        )

    def _describe_history(self, history):
        """:return: how far back Ponto's list goes, if that is known (str)"""
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

    def _get_start_reason(self):
        """:return: why the day is the one it is (str)"""
        if not self.start_date or self.start_date == self.proposed_date:
            return self.proposed_reason
        return self.env._(
            "Chosen by you. Proposed was %(date)s: %(reason)s",
            date=format_date(self.env, self.proposed_date),
            reason=self.proposed_reason,
        )

    # === WITH WHICH BALANCE === #

    def _fetch_history(self, client):
        """Fetch what Ponto holds since the day that is going to be proposed.

        :param client: a `PontoClient`
        :return: what `history` keeps (dict)
        """
        provider_sudo = self._imagine_provider_sudo()
        start = provider_sudo._ponto_propose_start_date()
        try:
            sums, is_known, is_whole = self._fetch_sums(client, provider_sudo, start)
        except PontoTransportError:
            raise
        except PontoError:
            # It is a preview: the import itself will tell what is the matter.
            return {"is_failed": True}
        return {
            "sums": {str(day): str(total) for day, total in sums.items()},
            "since": str(start) if is_known else False,
            "is_whole": is_whole,
        }

    def _fetch_sums(self, client, provider_sudo, start):
        """Fetch the sums of the days, from the newest transaction back.

        :param client: a `PontoClient`
        :param provider_sudo: the provider as it would be
        :param date start: the day that matters
        :return: {day: sum} (dict), whether that is all since the day that matters
            (bool), and whether it is all there is (bool)
        """
        walk = Walk(floor=floor_of(start), trusts_days=True)
        pages = client.iter_transaction_pages(self.ponto_account_id)
        sums, is_whole = {}, False
        for page in islice(pages, MAX_PAGES):
            entries = map(provider_sudo._ponto_prepare_entry, page.records)
            dated = [entry for entry in entries if entry.day]
            for entry in dated:
                if entry.amount is not None and entry.currency == self.currency_code:
                    sums[entry.day] = sums.get(entry.day, Decimal()) + entry.amount
            walk = walk.add(dated)
            if walk.is_over:
                break
        else:
            is_whole = next(pages, None) is None
        return sums, is_whole or walk.is_over, is_whole

    def _describe_opening_balance(self):
        """:return: what the journal begins with, or why that is not known (str)"""
        if self.action == "journal" and self._has_lines(self.journal_id):
            balance = self._imagine_provider_sudo()._ponto_get_odoo_balance()
            return self.env._(
                "Goes on from %s in the journal.",
                self.currency_id.format(float(balance)),
            )
        if not self.balance_known:
            return self.env._("The bank tells no balance: begins with zero.")
        balance = self._get_opening_balance()
        if balance is None:
            return self.env._("Computed at the first import.")
        return self.currency_id.format(balance)

    @api.model
    def _has_lines(self, journal):
        """:return: whether a journal has bank transactions (bool)"""
        Line = self.env["account.bank.statement.line"].sudo()
        return bool(Line.search_count([("journal_id", "=", journal.id)], limit=1))

    def _get_opening_balance(self):
        """:return: the balance at the bank less all that came since the start (float),
        or None where Ponto's list was not read that far"""
        history = self.history or {}
        start = str(self.start_date)
        is_read = history.get("since") and start >= history["since"]
        if not self.start_date or not (is_read or history.get("is_whole")):
            return None
        since = sum(
            Decimal(total) for day, total in history["sums"].items() if day >= start
        )
        return self.currency_id.round(self.balance - float(since))
