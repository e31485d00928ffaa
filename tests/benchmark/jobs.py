"""What is measured, done in Odoo: pulls, the ORM's own part of them, screens.

Each function gets an environment of its own process, prepares what is not to be
measured, and returns what the rest did cost.
"""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

from odoo.addons.base.models.ir_cron import IrCron

from . import history
from .meter import Meter

CRON = "account_statement_import_online.ir_cron_account_pull_online_bank_statements"
#: How long the scheduler may need, with all its runs in a row.
SCHEDULER_S = 1800


# === PREPARATION === #


def configure(env, settings):
    """Connect a journal to each account of some banks; nothing is on the schedule.

    :param dict settings: credentials; first day to import; {address of a bank: numbers
        of its accounts}
    """
    env["ir.cron"].search([("id", "!=", env.ref(CRON).id)]).active = False
    company = env["account.journal"].search([("type", "=", "bank")], limit=1).company_id
    company.currency_id = env.ref("base.EUR")
    Provider = env["online.bank.statement.provider"]
    feeds = [
        (url, number)
        for url, numbers in settings["banks"].items()
        for number in numbers
    ]
    # For each account without a code Odoo tries all that are taken, one by one.
    accounts = env["account.account"].create(
        [
            {
                "name": f"Bank {position}",
                "code": f"999{position:04}",
                "account_type": "asset_cash",
                "company_ids": company.ids,
            }
            for position in range(len(feeds))
        ]
    )
    journals = env["account.journal"].create(
        [
            {
                "name": f"Bank {position}",
                "type": "bank",
                "code": f"P{position}",
                "company_id": company.id,
                "default_account_id": account.id,
            }
            for position, account in enumerate(accounts)
        ]
    )
    for journal, (url, number) in zip(journals, feeds, strict=True):
        journal.set_bank_account(number)
        values = {
            "journal_id": journal.id,
            "service": "ponto",
            "username": settings["client_id"],
            "password": settings["client_secret"],
            "api_base": url,
            "tz": "Europe/Brussels",
            # Only OCA's module has no start date.
            "ponto_start_date": settings["since"],
        }
        Provider.create({key: values[key] for key in values if key in Provider._fields})


def _use(env, url, **values):
    """Let the providers talk to a bank at this address.

    :param url: None: each has an address of its own
    :param values: other settings of the providers
    :return: the providers, in the order of their making
    """
    providers = env["online.bank.statement.provider"].search(
        [("service", "=", "ponto")], order="id"
    )
    if "ponto_integration_id" not in providers._fields:
        from odoo.addons.account_statement_import_online_ponto.models import (
            ponto_interface,
        )

        ponto_interface.PONTO_ENDPOINT = url
    elif url:
        values["api_base"] = url
    providers.write(values)
    env.cr.commit()
    return providers


def _statements(kind):
    """Return settings of a provider for statements of this kind (dict)."""
    if kind == "none":
        return {"create_statement": False}
    return {"create_statement": True, "statement_creation_mode": kind}


def _count_lines(env):
    """Return how many statement lines there are, and their sum (dict)."""
    [(count, total)] = env["account.bank.statement.line"]._read_group(
        [("state", "=", "posted")], aggregates=["__count", "amount:sum"]
    )
    return {"lines": count, "total": round(total or 0, 2)}


def load_history(env, url, statements, file, account_id):
    """Let the journal have all that the bank has, as if pulled; the newest really are.

    :param str file: JSON with the transactions to be loaded (`history.load`), and with
        the balance before them
    """
    provider = _use(env, url, **_statements(statements))[:1]
    loaded = json.loads(Path(file).read_text())
    is_ours = "ponto.transaction" in env
    if rows := loaded["rows"]:
        history.load(env, provider, rows, loaded["opening"])
        provider.ponto_last_identifier = rows[-1][0]
    if rows and is_ours:
        history.register(env, provider, account_id)
        _add_hashes(env, provider, loaded["hashes"])
        provider.write(
            {
                "ponto_history_complete": True,
                "ponto_opening_balance": float(loaded["opening"]),
                "ponto_opening_balance_known": True,
            }
        )
    env.cr.commit()
    if is_ours:
        pull_by_cron(env, url, statements)
        assert provider.ponto_balance_state == "equal", provider.ponto_balance_text
    else:
        # The scheduled action of OCA's module never goes further back than a week.
        now = datetime.now()
        provider.with_context(scheduled=True)._pull(now - timedelta(days=400), now)
    assert _count_lines(env)["lines"] == loaded["count"]


def pull_all(env):
    """Let every provider import what its bank has."""
    costs = pull_by_cron(env, None)
    assert not costs["failures"], costs["failures"]


def _add_hashes(env, provider, is_wanted):
    """Give the loaded transactions what a pull compares to see that they are the same.

    Only what is read again needs it.
    """
    if not is_wanted:
        return
    hashes = {
        each.id: provider._ponto_get_content_hash(each)
        for each in _fetch_transactions(provider)
    }
    for record in provider.ponto_transaction_ids:
        record.content_hash = hashes[record.ponto_id]


# === PULLS === #


def pull_period(env, url, statements, days):
    """Pull some days as a person does."""
    provider = _use(env, url, **_statements(statements))[:1]
    now = datetime.now()
    with Meter() as meter:
        provider._pull(now - timedelta(days=days), now)
        env.cr.commit()
    return meter.costs | _count_lines(env)


def create_lines(env, url, statements, batch):
    """Create the lines of all transactions by the ORM alone: the floor of an import.

    :param int batch: how many at a time
    """
    provider = _use(env, url, create_statement=False)[:1]
    transactions = _fetch_transactions(provider)
    vals_list = provider._ponto_prepare_lines(transactions)
    provider.write(_statements(statements))
    env.cr.commit()
    found = {}
    Statement = env["account.bank.statement"]
    Line = env["account.bank.statement.line"]
    with Meter() as meter:
        for start in range(0, len(vals_list), batch):
            part = vals_list[start : start + batch]
            if statements != "none":
                _put_into_statements(provider, Statement, found, part)
            Line.create(part)
        env.cr.commit()
    return meter.costs | _count_lines(env)


def _fetch_transactions(provider):
    """Return all transactions of the provider's account, the oldest first."""
    from odoo.addons.account_statement_import_online_ponto.feed.account_choice import (
        choose_account,
    )

    with provider._ponto_get_client() as client:
        accounts = list(client.iter_accounts())
        account = choose_account(provider, accounts, client)
        pages = list(client.iter_transaction_pages(account.id))
    return [record for page in reversed(pages) for record in reversed(page.records)]


def _put_into_statements(provider, Statement, found, vals_list):
    """Put each line into the statement of its period; make those that are missing.

    :param dict found: {name: statement} of those made so far
    """
    names = [
        provider.make_statement_name(
            provider._get_statement_date_since(
                datetime.combine(vals["date"], datetime.min.time())
            )
        )
        for vals in vals_list
    ]
    missing = [name for name in dict.fromkeys(names) if name not in found]
    created = Statement.create(
        [
            {
                "name": name,
                "journal_id": provider.journal_id.id,
                "balance_start": 0,
                "balance_end_real": 0,
            }
            for name in missing
        ]
    )
    found.update(zip(missing, created, strict=True))
    for name, vals in zip(names, vals_list, strict=True):
        vals["statement_id"] = found[name].id


def pull_by_cron(env, url, statements="daily", times=1):
    """Let the scheduled action pull, as Odoo's scheduler does.

    :param int times: how often; only the last time is measured, so that a process
        which has pulled before can be
    """
    _use(env, url, **_statements(statements))
    meters = _measure_scheduled_pulls(env)
    for _time in range(times):
        _make_due(env)
        cron = env.ref(CRON)
        cron._trigger()
        env.cr.commit()
        begun, end = len(meters), time.monotonic() + SCHEDULER_S
        while _is_asked_for(cron) and time.monotonic() < end:
            with env.registry.cursor() as cr:
                IrCron._process_jobs_loop(cr, job_ids=cron.ids)
            env.cr.rollback()
            env.invalidate_all()
    costs = _add_up([meter.costs for meter in meters[begun:]])
    return costs | _count_lines(env) | _tell_failures(env)


def make_all_due(env):
    """Let the time of all feeds have come."""
    _use(env, None, **_statements("daily"))
    _make_due(env)
    env.cr.commit()


def pull_fleet(env, cron=CRON):
    """Let a scheduled action pull what is due, as one worker of Odoo's scheduler does.

    All of it is measured: what goes on between the action's runs, too.

    :param str cron: external identifier of the action
    """
    cron = env.ref(cron)
    cron.active = True
    cron._trigger()
    env.cr.commit()
    end = time.monotonic() + SCHEDULER_S
    with Meter() as meter:
        while _is_asked_for(cron) and time.monotonic() < end:
            with env.registry.cursor() as cr:
                IrCron._process_jobs_loop(cr, job_ids=cron.ids)
            env.cr.rollback()
            env.invalidate_all()
    left = env["online.bank.statement.provider"].search_count(
        [("service", "=", "ponto"), ("next_run", "<=", datetime.now())]
    )
    return meter.costs | _count_lines(env) | _tell_failures(env) | {"left": left}


def pull_in_outage(env, url):
    """Let the scheduled action pull while nothing good is at an address.

    :param url: where all integrations look for Ponto
    """
    env["ponto.integration"].search([]).api_base = url
    env.cr.commit()
    costs = pull_by_cron(env, None)
    failures = costs.pop("failures")
    assert len(failures) == len(_use(env, None)), "a feed does not tell of the outage"
    return costs


def _make_due(env):
    providers = env["online.bank.statement.provider"].search([])
    providers.next_run = datetime.now() - timedelta(minutes=30)
    env.flush_all()


def _is_asked_for(cron):
    ready = [job["id"] for job in IrCron._get_all_ready_jobs(cron.env.cr)]
    return cron.id in ready


def _measure_scheduled_pulls(env):
    """Measure each run of the scheduled action, its commits included.

    :return: a list that fills with a `Meter` for each
    """
    Provider = env.registry["online.bank.statement.provider"]
    pull_all = Provider._scheduled_pull
    meters = []

    def measured_pull_all(self):
        with Meter() as meter:
            meters.append(meter)
            result = pull_all(self)
            self.env.cr.commit()
        return result

    Provider._scheduled_pull = measured_pull_all
    return meters


def _add_up(costs_list):
    """Return the costs of several runs in a row (dict)."""
    total = dict(costs_list[0])
    for costs in costs_list[1:]:
        for name in costs.keys() - {"start_mib", "peak_mib"}:
            total[name] += costs[name]
        total["peak_mib"] = max(total["peak_mib"], costs["peak_mib"])
    return total


def _tell_failures(env):
    """Return what the providers say went wrong (dict)."""
    Provider = env["online.bank.statement.provider"]
    if "ponto_failure" not in Provider._fields:
        return {}
    failures = Provider.search([("ponto_failure", "!=", False)])
    return {"failures": failures.mapped("ponto_failure")}


# === SCREENS === #


def show_accounts(env, url, client_id, client_secret):
    """Log in with the assistant, and show the accounts that Ponto offers."""
    env["ir.config_parameter"].set_param(
        "account_statement_import_online_ponto.api_base", url
    )
    env = env(user=env.ref("base.user_admin"))
    wizard = env["ponto.connect.wizard"].create(
        {"connection": "new", "client_id": client_id, "client_secret": client_secret}
    )
    env.cr.commit()
    with Meter() as meter:
        wizard.action_log_in()
        env.flush_all()
        wizard.web_read(_get_specification(wizard))
        env.cr.commit()
    assert wizard.step == "accounts", wizard.message
    return meter.costs | {"lines": len(wizard.line_ids)}


def show_dashboard(env, url, bypass=False):
    """Show the dashboard with all journals, in a process that has shown it.

    :param bool bypass: leave out what the addon adds
    """
    Journal = env.registry["account.journal"]
    if bypass:
        Journal._fill_bank_cash_dashboard_data = _find_odoo_s_own(
            Journal, "_fill_bank_cash_dashboard_data"
        )
    # As the web client asks.
    context = {"lang": "en_US", "tz": "Europe/Brussels"}
    env = env(user=env.ref("base.user_admin"), context=context)
    view = env.ref("account.account_journal_dashboard_kanban_view")
    specification = _get_specification(env["account.journal"], view.id, "kanban")

    def read():
        env.cr.commit()
        env.invalidate_all()
        with Meter() as meter:
            found = env["account.journal"].web_search_read(
                [("type", "=", "bank")], specification
            )
        return meter, found

    read()  # Odoo looks up access rights and the like once for all pages
    meter, found = read()
    cards = [json.loads(record["kanban_dashboard"]) for record in found["records"]]
    shown = sum("ponto" in card for card in cards)
    assert bool(shown) != bypass, f"{shown} cards of {len(cards)} show a feed"
    return meter.costs | {"lines": len(cards)}


def show_overview(env, url):
    """Show the list of all feeds, whole."""
    Provider = env(user=env.ref("base.user_admin"))["online.bank.statement.provider"]
    view = env.ref(
        "account_statement_import_online.online_bank_statement_provider_tree"
    )
    specification = _get_specification(Provider, view.id, "list")
    env.cr.commit()
    env.invalidate_all()
    with Meter() as meter:
        found = Provider.web_search_read([], specification, limit=1000)
    assert all(record["ponto_status"] for record in found["records"])
    return meter.costs | {"lines": len(found["records"])}


def _find_odoo_s_own(model, name):
    """Return the method as it is without this addon."""
    for parent in model.__mro__:
        if name in vars(parent) and "online_ponto" not in parent.__module__:
            return vars(parent)[name]
    raise LookupError(name)


def _get_specification(records, view_id=False, view_type="form"):
    """Return the fields that a view shows, as the web client asks for them (dict)."""
    views = records.get_views([(view_id, view_type)])
    return _specify(etree.fromstring(views["views"][view_type]["arch"]))


def _specify(node):
    """Return the fields below a node of a view, subviews included (dict)."""
    specification = {}
    for child in node:
        if child.tag != "field":
            specification |= _specify(child)
            continue
        specification[child.get("name")] = (
            {"fields": _specify(child)} if len(child) else {}
        )
    return specification
