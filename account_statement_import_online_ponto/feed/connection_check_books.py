# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Findings about the way from Odoo to the journal: schedule, books, result."""

from datetime import timedelta

from odoo import fields
from odoo.tools import format_date, formatLang

from ..engine import proof
from ..engine.listing import MAX_REREAD_DAYS, REREAD_DAYS
from ..tools import format_moment
from .background import CRON, find_schedules_sudo
from .connection_check import Finding
from .standing import read_standings

#: By how much what is scheduled may be late: the action runs once an hour.
MAX_DELAY = timedelta(hours=2)
#: How exactly rates are told.
RATE_DIGITS = 6

# === SCHEDULE === #


def check_active(facts):
    """Are feed and journal in use?"""
    name = facts.env._("Feed and Journal")
    provider_sudo = facts.provider_sudo
    if not provider_sudo.journal_id.active:
        return Finding.error(
            name,
            facts.env._(
                "The journal is archived, so nothing is imported into it. "
                "Unarchive it, or archive its feed, too."
            ),
            "open_journal",
        )
    if not provider_sudo.active:
        return Finding.error(
            name,
            facts.env._("The feed is paused (archived), so nothing is imported."),
            "activate_provider",
        )
    if provider_sudo.ponto_stop_notice:
        return Finding.error(name, provider_sudo.ponto_stop_notice, "resume")
    return Finding.ok(name, facts.env._("Both are in use."))


def _get_schedule_sudo(env):
    """Return the scheduled action that comes to the feed first (`ir.cron`), in sudo
    mode; where all are off, the one to activate, or none if somebody removed it."""
    schedules_sudo = find_schedules_sudo(env)
    if schedules_sudo:
        return min(
            schedules_sudo, key=lambda each: (_is_overdue(each.nextcall), each.nextcall)
        )
    schedule_sudo = env.ref(CRON, raise_if_not_found=False)
    return (schedule_sudo or env["ir.cron"]).sudo()


def check_schedule(facts):
    """Does the scheduled action run?"""
    name = facts.env._("Scheduled Action")
    schedule_sudo = _get_schedule_sudo(facts.env)
    if not schedule_sudo:
        return Finding.error(
            name,
            facts.env._(
                "It is missing, so nothing is imported by itself. Ask your system "
                "administrator to update the module Online Bank Statements, "
                "account_statement_import_online."
            ),
            "check_again",
        )
    values = {
        "last": _format_moment(facts, schedule_sudo.lastcall),
        "next": _format_moment(facts, schedule_sudo.nextcall),
    }
    if not schedule_sudo.active:
        return Finding.error(
            name,
            facts.env._(
                "It is switched off, so nothing is imported by itself. Last run: "
                "%(last)s.",
                **values,
            ),
            "activate_schedule",
        )
    if _is_overdue(schedule_sudo.nextcall):
        return Finding.error(
            name,
            facts.env._(
                "It was to run on %(next)s, and did not: the server runs no "
                "scheduled actions, or is busy with others. Ask your system "
                "administrator.",
                **values,
            ),
            "check_again",
        )
    return Finding.ok(
        name,
        facts.env._(
            "It is switched on. Last run: %(last)s. Next run: %(next)s.", **values
        ),
    )


def check_next_run(facts):
    """Is the feed pulled when it is due?"""
    name = facts.env._("Next Scheduled Fetch")
    provider_sudo = facts.provider_sudo
    if not provider_sudo.active or provider_sudo.ponto_stop_ids:
        return facts.skip(name)
    moment = _format_moment(facts, provider_sudo.next_run)
    if _is_overdue(provider_sudo.next_run):
        return Finding.warning(
            name, facts.env._("It has been overdue since %s.", moment), "fetch_now"
        )
    return Finding.ok(name, facts.env._("It is due on %s.", moment))


def check_last_pull(facts):
    """Did the last pull succeed?"""
    name = facts.env._("Last Fetch")
    provider_sudo = facts.provider_sudo
    if text := provider_sudo.ponto_failure:
        may_pass = provider_sudo.ponto_failure_advice == "retry"
        finding = Finding.warning if may_pass else Finding.error
        # Where Ponto cannot be read now, another pull would fail, too.
        return finding(name, text, "fetch_now" if facts.page else "check_again")
    pulls_sudo = provider_sudo.env["ponto.pull"]
    moment = pulls_sudo._read_fetches(provider_sudo)[provider_sudo].last_success
    if not moment:
        text = facts.env._("Nothing was fetched yet.")
        return Finding.warning(name, text, "fetch_now")
    moment = _format_moment(facts, moment)
    return Finding.ok(name, facts.env._("It succeeded on %s.", moment))


def _format_moment(facts, moment):
    """Return a moment as people write it, or that there is none yet (str)."""
    if not moment:
        return facts.env._("not yet")
    return format_moment(facts.provider_sudo.env, moment, facts.provider_sudo.tz)


def _is_overdue(moment):
    """Tell whether a moment is longer ago than what is usual (bool)."""
    return fields.Datetime.now() - moment > MAX_DELAY


# === BOOKS === #


def check_suspense_account(facts):
    """Is there an account on which transactions wait for their reconciliation?"""
    name = facts.env._("Suspense Account")
    account = facts.provider_sudo.journal_id.suspense_account_id
    if not account:
        return Finding.error(
            name,
            facts.env._(
                "The journal has none, on which bank transactions wait for their "
                "reconciliation, so nothing can be imported. Enter one on the "
                "journal."
            ),
            "open_journal",
        )
    return Finding.ok(name, account.display_name)


def check_exchange_rate(facts):
    """Has Odoo a rate for a journal in another currency than the company's?"""
    name = facts.env._("Exchange Rate")
    journal = facts.provider_sudo.journal_id
    currency = journal.currency_id
    if not currency or currency == journal.company_id.currency_id:
        return Finding.ok(name, facts.env._("None is needed."))
    rates = facts.provider_sudo.env["res.currency.rate"]
    today = facts.provider_sudo._ponto_get_today()
    rate = rates.search(
        [
            ("currency_id", "=", currency.id),
            ("company_id", "in", (False, journal.company_id.root_id.id)),
            ("name", "<=", today),
        ],
        order="name desc",
        limit=1,
    )
    if not rate:
        return _judge_without_rate(name, facts, today)
    return Finding.ok(
        name,
        facts.env._(
            "The latest one for %(currency)s is dated %(date)s.",
            currency=currency.name,
            date=format_date(facts.env, rate.name),
        ),
    )


def _judge_without_rate(name, facts, today):
    """Judge a currency without a rate up to today: Odoo takes its first later one, and
    one of the company's own currency counts, too (`Finding`)."""
    journal = facts.provider_sudo.journal_id
    currency, own = journal.currency_id, journal.company_id.currency_id
    rate = currency._get_conversion_rate(currency, own, journal.company_id, today)
    if rate != 1:
        return Finding.warning(
            name,
            facts.env._(
                "Odoo has none for %(currency)s up to today, so it takes another rate "
                "and books one %(currency)s as %(rate)s %(company_currency)s. Enter "
                "rates under Accounting, Configuration, Currencies.",
                currency=currency.name,
                rate=formatLang(facts.env, rate, digits=RATE_DIGITS),
                company_currency=own.name,
            ),
            "check_again",
        )
    return Finding.error(
        name,
        facts.env._(
            "Odoo has none for %(currency)s, so it books one %(currency)s as one "
            "%(company_currency)s. Enter rates under Accounting, Configuration, "
            "Currencies; an accountant has to correct what is booked already.",
            currency=currency.name,
            company_currency=own.name,
        ),
        "check_again",
    )


def check_lock_dates(facts):
    """Are days locked for which the bank may yet send something?"""
    name = facts.env._("Lock Dates")
    provider_sudo = facts.provider_sudo
    today = provider_sudo._ponto_get_today()
    days = min(provider_sudo.ponto_reread_days or REREAD_DAYS, MAX_REREAD_DAYS)
    first_day = today - timedelta(days=days)
    open_day = provider_sudo._ponto_get_accounting_date(first_day)
    if open_day == first_day:
        return Finding.ok(
            name, facts.env._("None of the last %s days is locked.", days)
        )
    text = facts.env._(
        "The days up to %s are locked.",
        format_date(facts.env, open_day - timedelta(days=1)),
    )
    consequence = (
        facts.env._(
            "What the bank still sends of them waits for a decision, by the feed's "
            "setting Locked Periods."
        )
        if provider_sudo.ponto_locked_policy == "wait"
        else facts.env._(
            "What the bank still sends of them is booked on the first open day, by "
            "the feed's setting Locked Periods."
        )
    )
    finding = Finding.error if open_day > today else Finding.warning
    return finding(name, f"{text} {consequence}", "open_provider")


# === RESULT === #


def check_waiting(facts):
    """Do transactions wait for a decision?"""
    name = facts.env._("Waiting Transactions")
    count = facts.provider_sudo.ponto_waiting_count
    if not count:
        return Finding.ok(name, facts.env._("None waits for a decision."))
    text = facts.env._("Waiting for a decision: %s.", count)
    return Finding.warning(name, text, "show_waiting")


def _find_explaining(provider_sudo):
    """Return the repair that leads to what explains the difference (str)."""
    explaining = read_standings(provider_sudo)[provider_sudo].explaining
    if not explaining:
        # Somebody has entered a line since.
        return "fetch_now"
    is_open = proof.WAITING in explaining and provider_sudo.ponto_waiting_count
    return "show_waiting" if is_open else "show_explaining"


def check_balance(facts):
    """Did the last pull find the journal equal to the bank?"""
    name = facts.env._("Balance")
    provider_sudo = facts.provider_sudo
    state = provider_sudo.ponto_balance_state
    text = provider_sudo.ponto_balance_text
    if not state:
        return Finding.skipped(
            name, facts.env._("Journal and bank are compared at the first fetch.")
        )
    if state == "different":
        return Finding.error(name, text, "show_lines")
    if state == "no_opening":
        return Finding.warning(name, text, "show_lines")
    if state == "explained":
        return Finding.warning(name, text, _find_explaining(provider_sudo))
    if state == "not_same_moment":
        return Finding.warning(name, text, "fetch_now")
    return Finding.ok(name, text)
