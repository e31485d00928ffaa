"""The steps of the nine actions, and what is done after a fault: runs inside Odoo.

A step is what happens between two looks of somebody: a press of a button, in a
transaction of its own as Odoo serves it, or a pass of the scheduled action. Only what
a user of the addon can reach is called here.
"""

import contextlib
import time
import types
from datetime import datetime, timedelta
from functools import partial
from unittest.mock import patch

from odoo import api, http
from odoo.service.model import retrying

from odoo.addons.account_statement_import_online_ponto.feed import pulls
from odoo.addons.base.models.ir_cron import IrCron

from . import defects
from .jobs import CRON, make_due, pull_by_cron, report, use  # noqa: F401
from .moments import KINDS, Moments, tell_bank
from .state import find_feeds, look

#: The address of somebody's browser; nothing is ever sent to it.
PUBLIC_ADDRESS = "8.8.8.8"
#: Nobody waits longer than this for a repetition here.
LONGEST_SLEEP_S = 0.01
#: For how long the scheduled action may be asked for.
PATIENCE_S = 60
PERIOD_DAYS = 60
#: Nobody who presses a button waits less.
AN_INSTANT_S = 1e-6


# === WHAT PEOPLE PRESS === #


def pull_period(env):
    feed = find_feeds(env)[0]
    now = datetime.now()
    wizard = (
        env["online.bank.statement.pull.wizard"]
        .with_context(active_model=feed._name, active_id=feed.id)
        .create({"date_since": now - timedelta(days=PERIOD_DAYS), "date_until": now})
    )
    wizard.action_pull()


def hand_over(env):
    """Wait no moment for the import."""
    with patch.object(pulls, "BUDGET_S", AN_INSTANT_S):
        pull_period(env)
    running = env["ponto.pull"].search_count([("state", "=", "running")])
    return None if running else "It was not handed over."


def take_back(env):
    pulls = env["ponto.pull"].search([("provider_id", "=", find_feeds(env)[0].id)])
    pulls.filtered("line_count")[0].action_take_back()


def decide(action, position):
    """Return a step in which one of the waiting transactions is decided on."""

    def step(env):
        domain = [("reason", "=", "look_alike"), ("state", "=", "waiting")]
        waiting = env["ponto.transaction"].search(domain, order="date, amount, id")
        # What was decided on before does not wait any more.
        getattr(waiting[position - 3], action)()

    return step


def fetch_now(env):
    feed = find_feeds(env)[0]
    feed.action_ponto_fetch_now()
    # What runs still is left to the scheduled action.
    domain = [("provider_id", "=", feed.id), ("state", "!=", "running")]
    return env["ponto.pull"].search(domain, order="id desc", limit=1).message


def open_assistant(env):
    env["ponto.connect.wizard"].create(
        {
            "connection": "new",
            "client_id": env.context["codes"][0],
            "client_secret": env.context["codes"][1],
        }
    )


def in_assistant(button):
    """Return a step in which a button of the assistant is pressed."""

    def step(env):
        wizard = env["ponto.connect.wizard"].search([], order="id desc", limit=1)
        getattr(wizard, button)()
        if button != "action_finish":
            return wizard.message

    return step


class Button:
    """A step that is done by somebody who sees what became of it.

    :param function press: gets an environment; returns what the person is told that
        did not work, or nothing
    """

    is_pressed = True

    def __init__(self, press):
        self.press = press

    def __call__(self, env, settings):
        """Return what went wrong, in words; or None."""
        user = env.ref("base.user_admin").id
        codes = {"codes": settings["codes"]}
        try:
            env.registry.check_signaling()
            with env.registry.cursor() as cr:
                own = api.Environment(cr, user, codes)
                own.transaction.default_env = own
                with browser(own):
                    return retrying(partial(self.press, own), own) or None
        except (Exception, KeyboardInterrupt) as error:
            return f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def browser(env):
    """Stand for the request of somebody's browser, as far as anybody looks at it."""
    session = types.SimpleNamespace(debug="", context={}, uid=None, sid=None)
    served = types.SimpleNamespace(
        env=env,
        httprequest=types.SimpleNamespace(
            remote_addr=PUBLIC_ADDRESS, files={}, cookies={}, path="/"
        ),
        session=session,
        cookies={},
        params={},
        db=None,
        _get_session_and_dbname=lambda: (session, None),
    )
    http._request_stack.push(served)
    try:
        yield
    finally:
        http._request_stack.pop()


class Pass:
    """A step that the scheduled action does, in as many runs as it asks for."""

    is_pressed = False

    def __call__(self, env, settings):
        """Return what a scheduler's process would have died of, in words; or None."""
        end = time.monotonic() + PATIENCE_S
        cron_id = settings["cron"]
        try:
            while time.monotonic() < end:
                with env.registry.cursor() as cr:
                    ready = [job["id"] for job in IrCron._get_all_ready_jobs(cr)]
                    if cron_id not in ready:
                        return None
                    IrCron._process_jobs_loop(cr, job_ids=[cron_id])
                time.sleep(LONGEST_SLEEP_S)
        except (Exception, KeyboardInterrupt) as error:
            return f"{type(error).__name__}: {error}"
        return "The scheduled action does not come to an end."


ACTIONS = {
    "first pull": [Pass()],
    "ordinary pull": [Pass()],
    "new link": [Pass()],
    "pull of a period": [Button(pull_period)],
    "undo": [Button(take_back)],
    "decisions": [
        Button(decide("action_import", 0)),
        Button(decide("action_ignore", 1)),
        Button(decide("action_same_as", 2)),
    ],
    "assistant": [
        Button(open_assistant),
        Button(in_assistant("action_log_in")),
        Button(in_assistant("action_choose_start")),
        Button(in_assistant("action_finish")),
        Pass(),
    ],
    "handed-over import": [Button(hand_over), Pass()],
    "fetch now": [Button(fetch_now)],
}


# === JOBS === #


def count_steps(env):
    """Return how many steps each action has (dict)."""
    return {name: len(steps) for name, steps in ACTIONS.items()}


def tell_kinds(env):
    """Return the kinds of faults of each point (dict)."""
    return KINDS


def warm_up(env, settings):
    """Do once what is done again and again; Odoo keeps how its fields depend on one
    another, and this takes long to find out."""
    _make_due(env)
    told = Pass()(env, settings), Button(take_back)(env, settings)
    assert not any(told), told
    look(env)
    report(env)
    env["ponto.integration"]._forget_tokens()


def look_around(env):
    """Return what is to be seen (dict)."""
    with env.registry.cursor() as cr:
        return look(env(cr=cr))


def pull_only(env, settings):
    """Pull what Ponto has; return what is to be seen then (dict)."""
    _make_due(env)
    told = Pass()(env, settings)
    assert not told, told
    return look_around(env)


def try_step(env, action, position, settings, fault=None, defect=None, after=None):
    """Do one step of an action with a fault; if the process outlives that, heal.

    :param int position: of the step
    :param dict settings: ``url`` of the bank, ``cron``, ``codes``
    :param dict fault: see `Moments`
    :param str defect: of the addon, see `defects`
    :param dict after: what is to be seen once the step is done; None for the clean run,
        in which nothing needs to be healed
    :return: the counted moments, what the person was told, what is to be seen then and
        in the end (dict)
    """
    step = ACTIONS[action][position]
    _make_due(env)
    with impatience(), defects.build_in(env, defect):
        with Moments(settings["url"], fault) as moments:
            failure = step(env, settings)
        outcome = {
            "counts": moments.counts,
            "is_hit": moments.is_hit,
            "failure": failure,
        }
        if after is None:
            return {**outcome, "seen": look_around(env)}
        return {**outcome, **go_on(env, action, position, settings, after)}


def go_on(env, action, position, settings, after):
    """Do what Odoo and people do after a step that may have failed, and the rest.

    :return: what was to be seen before, and is in the end (dict)
    """
    tell_bank(settings["url"], "clear_faults")
    steps = ACTIONS[action]
    seen = look_around(env)
    # What it was asked for, the bank does meanwhile.
    _synchronize(settings)
    is_pressed = steps[position].is_pressed
    told = []
    with impatience():
        if is_pressed and seen["done"] != after["done"]:
            told.append(steps[position](env, settings))
        for step in steps[position + 1 :]:
            _make_due(env)
            told.append(step(env, settings))
        return {
            "is_pressed": is_pressed,
            "seen": seen,
            "told": told,
            # What the scheduled action has failed to do it does by its next pass.
            **finish(env, settings, passes=1 if is_pressed else 2),
        }


def finish(env, settings, passes=1):
    """Let the scheduled action pull what is left over.

    :return: what is to be seen in the end, with the report for the proof (dict)
    """
    _synchronize(settings)
    told = []
    for _pass in range(passes):
        _make_due(env)
        told.append(Pass()(env, settings))
    with env.registry.cursor() as cr:
        own = env(cr=cr)
        return {"passes": told, "end": look(own), "report": report(own)}


def _synchronize(settings):
    """Let the bank read balance and transactions, so that they are of one moment,
    however long ago the state that is wound back to was made."""
    for subtype in ("accountDetails", "accountTransactions"):
        tell_bank(
            settings["url"],
            "synchronize",
            account_id=settings["account"],
            subtype=subtype,
        )


def _make_due(env):
    with env.registry.cursor() as cr:
        own = env(cr=cr)
        make_due(own)
        own.ref(CRON)._trigger()


def impatience():
    """Let nobody sleep for long between two attempts."""
    sleep = time.sleep
    return patch.object(
        time, "sleep", lambda seconds: sleep(min(seconds, LONGEST_SLEEP_S))
    )


# === BEFORE THE ACTIONS === #


def remove_feeds(env, url):
    """Let there be no feed and no integration, and journals with account numbers."""
    find_feeds(env(context={"active_test": False})).unlink()
    env["ponto.integration"].search([]).unlink()
    name = "account_statement_import_online_ponto.api_base"
    env["ir.config_parameter"].set_param(name, url)


def remove_line(env, ponto_id):
    """Delete the line of a transaction, as a person does: the statement goes first."""
    domain = [("ponto_id", "=", ponto_id)]
    line = env["ponto.transaction"].search(domain).statement_line_id
    line.statement_id.unlink()
    line.unlink()


def type_lines(env, lines):
    """Enter lines by hand into the journal of the first feed.

    :param lines: day, amount and text of each
    """
    journal = find_feeds(env)[0].journal_id
    env["account.bank.statement.line"].create(
        [
            {
                "journal_id": journal.id,
                "date": day,
                "amount": float(amount),
                "payment_ref": text,
            }
            for day, amount, text in lines
        ]
    )
