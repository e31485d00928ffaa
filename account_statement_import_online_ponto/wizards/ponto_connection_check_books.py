# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date

from ..models.online_bank_statement_provider_background import CRON
from ..models.online_bank_statement_provider_reading import DEFAULT_REREAD_DAYS

#: By how much what is scheduled may be late: the action runs once an hour.
MAX_DELAY = timedelta(hours=2)


class PontoConnectionCheck(models.TransientModel):
    """Findings about the way from Odoo to the journal: schedule, books, result."""

    _inherit = "ponto.connection.check"

    # === SCHEDULE === #

    def _ponto_check_active(self, facts):
        """Are feed and journal in use?"""
        name = self.env._("Feed and Journal")
        provider_sudo = self._get_provider_sudo()
        if not provider_sudo.journal_id.active:
            return self._problem(
                name,
                self.env._(
                    "The journal is archived, so nothing is imported into it. "
                    "Unarchive it, or archive its feed, too."
                ),
                "open_journal",
            )
        if not provider_sudo.active:
            return self._problem(
                name,
                self.env._("The feed is paused (archived), so nothing is imported."),
                "activate_provider",
            )
        return self._fine(name, self.env._("Both are in use."))

    def _get_schedule_sudo(self):
        """:return: the scheduled action that pulls (`ir.cron`), in sudo mode; empty if
        somebody removed it"""
        schedule_sudo = self.env.ref(CRON, raise_if_not_found=False)
        return (schedule_sudo or self.env["ir.cron"]).sudo()

    def _ponto_check_schedule(self, facts):
        """Does the scheduled action run?"""
        name = self.env._("Scheduled Action")
        schedule_sudo = self._get_schedule_sudo()
        if not schedule_sudo:
            return self._problem(
                name,
                self.env._(
                    "It is missing, so nothing is imported by itself. Ask your system "
                    "administrator to update this module."
                ),
                "check_again",
            )
        values = {
            "last": self._format_moment(schedule_sudo.lastcall),
            "next": self._format_moment(schedule_sudo.nextcall),
        }
        if not schedule_sudo.active:
            return self._problem(
                name,
                self.env._(
                    "It is switched off, so nothing is imported by itself. Last run: "
                    "%(last)s.",
                    **values,
                ),
                "activate_schedule",
            )
        if self._is_overdue(schedule_sudo.nextcall):
            return self._problem(
                name,
                self.env._(
                    "It was to run on %(next)s, and did not: the server runs no "
                    "scheduled actions, or is busy with others. Ask your system "
                    "administrator.",
                    **values,
                ),
                "check_again",
            )
        return self._fine(
            name,
            self.env._(
                "It is switched on. Last run: %(last)s. Next run: %(next)s.", **values
            ),
        )

    def _ponto_check_next_run(self, facts):
        """Is the feed pulled when it is due?"""
        name = self.env._("Next Scheduled Pull")
        provider_sudo = self._get_provider_sudo()
        if not provider_sudo.active:
            return self._skip(name)
        moment = self._format_moment(provider_sudo.next_run)
        if self._is_overdue(provider_sudo.next_run):
            return self._look(
                name, self.env._("It is overdue since %s.", moment), "fetch_now"
            )
        return self._fine(name, self.env._("It is due on %s.", moment))

    def _ponto_check_last_pull(self, facts):
        """Did the last pull succeed?"""
        name = self.env._("Last Pull")
        provider_sudo = self._get_provider_sudo()
        if text := provider_sudo.ponto_failure:
            may_pass = provider_sudo.ponto_failure_advice == "retry"
            finding = self._look if may_pass else self._problem
            # Where Ponto cannot be read now, another pull would fail, too.
            return finding(name, text, "fetch_now" if facts.page else "check_again")
        if not provider_sudo.ponto_compared_at:
            text = self.env._("Nothing was pulled yet.")
            return self._look(name, text, "fetch_now")
        moment = self._format_moment(provider_sudo.ponto_compared_at)
        return self._fine(name, self.env._("It succeeded on %s.", moment))

    def _format_moment(self, moment):
        """:return: a moment as people write it, or that there is none yet (str)"""
        if not moment:
            return self.env._("not yet")
        return self._get_provider_sudo()._ponto_format_moment(moment)

    def _is_overdue(self, moment):
        """:return: whether a moment is longer ago than what is usual (bool)"""
        return fields.Datetime.now() - moment > MAX_DELAY

    # === BOOKS === #

    def _ponto_check_suspense_account(self, facts):
        """Is there an account on which transactions wait for their reconciliation?"""
        name = self.env._("Suspense Account")
        account = self._get_provider_sudo().journal_id.suspense_account_id
        if not account:
            return self._problem(
                name,
                self.env._(
                    "The journal has none, on which bank transactions wait for their "
                    "reconciliation, so nothing can be imported. Enter one on the "
                    "journal."
                ),
                "open_journal",
            )
        return self._fine(name, account.display_name)

    def _ponto_check_lock_dates(self, facts):
        """Are days locked for which the bank may yet send something?"""
        name = self.env._("Lock Dates")
        provider_sudo = self._get_provider_sudo()
        today = provider_sudo._ponto_get_today()
        days = provider_sudo.ponto_reread_days or DEFAULT_REREAD_DAYS
        first_day = today - timedelta(days=days)
        open_day = provider_sudo._ponto_get_open_day(first_day)
        if open_day == first_day:
            return self._fine(
                name, self.env._("None of the last %s days is locked.", days)
            )
        text = self.env._(
            "The days up to %s are locked.",
            format_date(self.env, open_day - timedelta(days=1)),
        )
        consequence = (
            self.env._(
                "What the bank still sends of them waits for a decision, by the feed's "
                "setting Locked Periods."
            )
            if provider_sudo.ponto_locked_policy == "wait"
            else self.env._(
                "What the bank still sends of them is booked on the first open day, by "
                "the feed's setting Locked Periods."
            )
        )
        finding = self._problem if open_day > today else self._look
        return finding(name, f"{text} {consequence}", "open_provider")

    # === RESULT === #

    def _ponto_check_waiting(self, facts):
        """Do transactions wait for a decision?"""
        name = self.env._("Waiting Transactions")
        count = self._get_provider_sudo().ponto_waiting_count
        if not count:
            return self._fine(name, self.env._("None waits for a decision."))
        text = self.env._("Waiting for a decision: %s.", count)
        return self._look(name, text, "show_waiting")

    def _ponto_check_balance(self, facts):
        """Did the last pull find the journal equal to the bank?"""
        name = self.env._("Balance")
        provider_sudo = self._get_provider_sudo()
        state = provider_sudo.ponto_balance_state
        text = provider_sudo.ponto_balance_text
        if not state:
            return self._skip(
                name, self.env._("Journal and bank are compared at the first pull.")
            )
        if state == "different":
            return self._problem(name, text, "show_lines")
        if state == "explained":
            return self._look(name, text, "show_waiting")
        if state == "not_same_moment":
            return self._look(name, text, "fetch_now")
        return self._fine(name, text)
