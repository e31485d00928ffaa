"""What a process can be asked to do in Odoo: configure, pull, report."""

import itertools
import time
from datetime import datetime, timedelta

from odoo.exceptions import LockError, UserError
from odoo.service.model import retrying

from odoo.addons.account_statement_import_online_ponto.feed import pulls
from odoo.addons.account_statement_import_online_ponto.feed.preview import preview
from odoo.addons.base.models.ir_cron import IrCron

CRON = "account_statement_import_online.ir_cron_account_pull_online_bank_statements"


def configure(env, settings):
    """Connect two journals to the bank, and leave only the pull on the schedule.

    :param dict settings: numbers of the accounts, credentials, the first day to import
    :return: ids of four scheduled actions that do the same, the first Odoo's own
    """
    cron = env.ref(CRON)
    env["ir.cron"].search([("id", "!=", cron.id)]).active = False
    company = env["account.journal"].search([("type", "=", "bank")], limit=1).company_id
    company.currency_id = env.ref("base.EUR")
    for position, number in enumerate(settings["numbers"]):
        journal = env["account.journal"].create(
            {
                "name": f"Bank {position}",
                "type": "bank",
                "code": f"PON{position}",
                "company_id": company.id,
            }
        )
        journal.set_bank_account(number)
        env["online.bank.statement.provider"].create(
            {
                "journal_id": journal.id,
                "service": "ponto",
                "username": settings["client_id"],
                "password": settings["client_secret"],
                "ponto_start_date": settings["start"],
                "tz": "Europe/Brussels",
            }
        )
    copies = [cron.copy({"active": False}) for _copy in range(3)]
    return [cron.id, *(copy.id for copy in copies)]


def use(env, url, feeds, crons):
    """Let only the first feeds pull, from a bank at this address.

    :param crons: ids of the scheduled actions that shall exist
    """
    providers = _providers(env)
    providers.write({"api_base": url})
    providers[feeds:].active = False
    providers[:feeds].active = True
    env["ir.cron"].browse(crons).active = True


def make_due(env, next_day=False, patient=False):
    """Make every provider due, as time would.

    :param bool next_day: a day has gone by since the last pull
    :param bool patient: whether to wait until nobody pulls it any more: a pull that
        ends after that sets the next run by itself
    """

    def write():
        for provider in _providers(env).filtered("active"):
            if patient:
                _wait_for(provider)
            provider.next_run = datetime.now() - timedelta(minutes=150)
            if next_day and provider.ponto_reread_at:
                provider.ponto_reread_at -= timedelta(days=1)

    retrying(write, env)


def _wait_for(provider, seconds=60):
    """Wait until nobody pulls a provider, and keep others from it."""
    end = time.monotonic() + seconds
    while True:
        try:
            return provider._ponto_claim()
        except LockError:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)


def pull_by_cron(env, cron_id=None):
    """Do in this process what a scheduler's process does, until nothing is due.

    :return: how often in a row the scheduled action has failed (int)
    """
    cron = env["ir.cron"].browse(cron_id) if cron_id else env.ref(CRON)
    cron._trigger()
    env.cr.commit()
    end = time.monotonic() + 60
    while _is_asked_for(cron) and time.monotonic() < end:
        # Does nothing while PostgreSQL has not noticed that the last one was killed.
        with env.registry.cursor() as cr:
            IrCron._process_jobs_loop(cr, job_ids=cron.ids)
        env.cr.rollback()
        env.invalidate_all()
        time.sleep(0.01)
    return cron.failure_count


def _is_asked_for(cron):
    """Return whether the scheduled action is to run now (bool)."""
    ready = [job["id"] for job in IrCron._get_all_ready_jobs(cron.env.cr)]
    return cron.id in ready


def pull_by_server(env, seconds=60, patient=True):
    """Let the scheduled action of a running server pull, and wait until it did.

    :param bool patient: whether to wait
    :return: whether it did (bool)
    """
    cron = env.ref(CRON)
    cron._trigger()  # wakes the server up
    env.cr.commit()
    end = time.monotonic() + seconds
    for look in itertools.count(1):
        if not patient or time.monotonic() > end:
            return False
        time.sleep(0.03)
        if not _is_asked_for(cron):
            return True
        env.cr.rollback()
        if not look % 100:
            cron._notifydb()  # in case it was busy with something else


def pull_by_button(env, days=400, budget_s=None):
    """Pull some days as a person does, with Odoo's own retries around it.

    :param float budget_s: how long the person waits for it in a browser
    :return: in which words it was refused, or None
    """
    env = env(user=env.ref("base.user_admin"))
    now = datetime.now()
    provider = _providers(env)[:1]
    if budget_s is not None:
        # As if a browser waited.
        pulls.BUDGET_S, pulls.request = budget_s, True
    try:
        retrying(lambda: provider._pull(now - timedelta(days=days), now) and None, env)
    except UserError as error:
        env.cr.rollback()
        return str(error)
    return None


def preview_by_button(env, days=400):
    """Look at some days as a person does, with Odoo's own retries around it.

    :return: in which words it was refused, or None
    """
    env = env(user=env.ref("base.user_admin"))
    now = datetime.now()
    provider = _providers(env)[:1]
    period = provider._ponto_get_period(now - timedelta(days=days), now)
    try:
        retrying(lambda: preview(provider, period) and None, env)
    except UserError as error:
        env.cr.rollback()
        return str(error)
    return None


def press(env, button):
    """Press a button of the first feed, with Odoo's own retries around it.

    :return: how long that took (seconds)
    """
    provider = _providers(env(user=env.ref("base.user_admin")))[:1]
    begin = time.monotonic()
    retrying(getattr(provider, button), env)
    return time.monotonic() - begin


def set_parameter(env, name, value):
    """Set one of the addon's system parameters."""
    name = f"account_statement_import_online_ponto.{name}"
    env["ir.config_parameter"].set_param(name, value)


def save_settings(env):
    """Save settings of the first feed and of its journal, as a person does.

    :return: how long that took (seconds)
    """
    provider = _providers(env)[:1]
    begin = time.monotonic()

    def write():
        provider.ponto_reread_days += 1
        provider.journal_id.name += "."
        env.flush_all()

    retrying(write, env)
    return time.monotonic() - begin


def make_user(env, login, groups=()):
    """Make a user whose password is the login.

    :return: id of the first feed
    """
    group_ids = [env.ref(group).id for group in ("base.group_user", *groups)]
    env["res.users"].create(
        {"name": login, "login": login, "password": login, "group_ids": group_ids}
    )
    return _providers(env)[:1].id


def report(env):
    """Tell all that the proof needs to know (dict)."""
    return {
        "cron": env.ref(CRON).read(["active", "failure_count", "nextcall"])[0],
        "feeds": [_report_feed(provider) for provider in _providers(env)],
    }


def _providers(env):
    """Return the providers of Ponto, in the order of their making."""
    return (
        env["online.bank.statement.provider"]
        .with_context(active_test=False)
        .search([("service", "=", "ponto")], order="id")
    )


def _report_feed(provider):
    journal = [("journal_id", "=", provider.journal_id.id)]
    own = [("provider_id", "=", provider.id)]
    env = provider.env
    names = [name for name in provider._fields if name.startswith("ponto_")]
    names += ["next_run", "account_number", "active"]
    return {
        "provider": provider.read(names, load=None)[0],
        "lines": env["account.bank.statement.line"].search_read(
            journal,
            ["unique_import_id", "amount", "date", "state", "statement_id"],
            load=None,
        ),
        "register": env["ponto.transaction"].search_read(
            own,
            ["ponto_id", "state", "reason", "statement_line_id", "original_id"],
            load=None,
        ),
        "statements": env["account.bank.statement"].search_read(
            journal,
            ["name", "is_valid", "is_complete", "balance_start", "balance_end_real"],
            load=None,
            order="first_line_index",
        ),
        "pulls": env["ponto.pull"].search_read(own, ["state", "message"], load=None),
    }
