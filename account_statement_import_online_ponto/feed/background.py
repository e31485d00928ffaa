# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What takes long goes on by itself, tells how far it is, and can be stopped.

A pull that is in the database as running is one to go on with, whoever started it and
whatever cut it off: the scheduled action does.
"""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL, formatLang

from ..engine import schedule
from ..texts import prepare_message
from ..tools import choose_language
from . import people

#: The scheduled action that pulls, whatever the service.
CRON = "account_statement_import_online.ir_cron_account_pull_online_bank_statements"

#: Every scheduled action that pulls has this text in its code: the base's, our own,
#: which pulls feeds of Ponto only, and copies of both.
PULLING_CODE = "_scheduled_pull"

#: Which scheduled actions fetch for feeds, and go on with what was begun.
SCHEDULES = [
    ("active", "=", True),
    ("model_id.model", "=", "online.bank.statement.provider"),
    ("code", "like", PULLING_CODE),
]

#: The message that promises to fetch what the bank sends late.
LATE_BANK = "bank_late_background"

#: How soon that is fetched, and what others were in the way of.
LATER_MINUTES = 1


def find_schedules_sudo(env):
    """Return the scheduled actions that fetch (`ir.cron`), in sudo mode; none where
    somebody has switched them all off, or removed them."""
    return env["ir.cron"].sudo().search(SCHEDULES, order="id")


def has_background(env):
    """Tell whether a scheduled action goes on with what was begun (bool)."""
    return bool(find_schedules_sudo(env))


def read_turns(env):
    """Read when the scheduled actions run, in one query.

    :return: `engine.schedule.Turns`, of which there are none where all are switched off
    :rtype: list
    """
    Cron = env["ir.cron"].sudo()
    Cron.flush_model(["nextcall", "interval_number", "interval_type"])
    env["ir.cron.trigger"].flush_model(["cron_id", "call_at"])
    query = Cron._search(SCHEDULES)
    rows = env.execute_query(
        query.select(
            SQL.identifier(query.table, "nextcall"),
            SQL.identifier(query.table, "interval_type"),
            SQL.identifier(query.table, "interval_number"),
            SQL(
                "ARRAY(SELECT call_at FROM ir_cron_trigger WHERE cron_id = %s)",
                SQL.identifier(query.table, "id"),
            ),
        )
    )
    return [
        schedule.Turns(planned, schedule.make_interval(unit, number), triggers)
        for planned, unit, number, triggers in rows
    ]


def trigger_pull(env, in_minutes=0):
    """Let the scheduled action pull soon, if there is one.

    :param int in_minutes: how soon
    """
    if schedule_sudo := find_schedules_sudo(env)[:1]:
        schedule_sudo._trigger(fields.Datetime.now() + timedelta(minutes=in_minutes))


def come_back_if_running(providers):
    """Let the scheduled action come back soon, if something runs of feeds that others
    are pulling: they may have looked for it before it was begun.

    :param providers: the feeds
    """
    if providers.env["ponto.pull"].sudo()._find_running(providers):
        trigger_pull(providers.env, LATER_MINUTES)


def check_may_pull(provider):
    """Check that the user may enter statement lines for this feed's journal.

    :raise AccessError: when the user may not
    """
    provider.check_access("read")
    provider.env["account.bank.statement.line"].check_access("create")


def get_interval(provider):
    """Return the time between two runs of a feed, of whatever service (timedelta)."""
    return schedule.make_interval(provider.interval_type, provider.interval_number)


def make_due(providers):
    """Let the scheduled action pull feeds the next time that it runs. Their time of day
    and their weekday stay.

    :param providers: the feeds
    """
    now = fields.Datetime.now()
    for provider in providers:
        provider.next_run = schedule.make_due(
            provider.next_run, get_interval(provider), now
        )


# === GOING ON === #


def pull_in_background(providers, period=None, in_minutes=0):
    """Begin to pull, and leave it all to the scheduled action. What somebody has begun
    already is not begun once more.

    :param providers: the feeds
    :param Period period: the days to pull; None for all that is new
    :param int in_minutes: how soon
    :return: the `ponto.pull` records to go on with, in sudo mode
    """
    pulls_sudo = providers.env["ponto.pull"].sudo()
    for provider_sudo in providers.sudo():
        running_sudo = pulls_sudo._find_running(provider_sudo).filtered(
            lambda pull: pull._get_period() == period
        )
        pulls_sudo |= running_sudo[:1] or pulls_sudo._start(provider_sudo, period)
        notify_progress(provider_sudo)
    trigger_pull(providers.env, in_minutes)
    return pulls_sudo


def keep_promise(provider, pull):
    """Begin one more pull, a little later, if people were told that what the bank sends
    late is fetched.

    :param pull: the `ponto.pull` that told it, in sudo mode; it has ended, whoever
        began it
    """
    if LATE_BANK not in pull._get_codes() or not has_background(provider.env):
        return
    later_sudo = pull_in_background(provider, in_minutes=LATER_MINUTES)
    later_sudo.user_id = later_sudo.user_id or pull.user_id


def make_all_due(providers):
    """Let the scheduled action fetch for feeds now; those that are stopped or not
    connected stay as they are.

    :param providers: feeds that the user sees
    :return: for how many (int)
    :raise AccessError: when the user may not fetch
    :raise UserError: when nothing fetches in the background, or for no feed
    """
    check_may_pull(providers)
    if not has_background(providers.env):
        raise UserError(
            providers.env._(
                "The scheduled action that fetches is switched off. Fetch feed by "
                "feed, or ask your system administrator to switch it on."
            )
        )
    ready_sudo = providers.sudo().filtered(
        lambda each: (
            each.service == "ponto"
            and each.active
            and not each.ponto_stop_ids
            and each._ponto_is_connected()
        )
    )
    if not ready_sudo:
        raise UserError(providers.env._("There is no feed to fetch for."))
    # Those that are being fetched for have their turn already.
    free_sudo = ready_sudo.try_lock_for_update(allow_referencing=True)
    make_due(free_sudo)
    trigger_pull(providers.env)
    return len(ready_sudo)


def is_at_rest(provider):
    """Tell whether the scheduled pull has to leave the feed alone (bool)."""
    return (
        not provider.active
        or is_stopped(provider)
        or not provider._ponto_is_connected()
    )


def end_at_rest(provider):
    """End what was left running of a feed that is at rest. Of an archived one it goes
    on when somebody takes the feed back into use."""
    if not provider.active:
        return
    if is_stopped(provider):
        _end_running_pulls(provider, "stopped")
    else:
        _end_running_pulls(provider, "failed", prepare_message("disconnected"))


def leave_unfinished(provider, pull):
    """Leave a pull that ended before its end to whoever goes on with it.

    :param pull: the `ponto.pull`
    """
    if is_stopped(provider):
        _end_running_pulls(provider, "stopped")
    elif pull.date_from and pull.phase == "reading":
        # A known page tells other pulls nothing of the pages behind it.
        reset_reading(provider)
    notify_progress(provider)


def reset_reading(providers):
    """Let the next scheduled pull read the list from its head to its end."""
    providers.write(
        {
            "ponto_read_until": False,
            "ponto_covered_after": False,
            "ponto_history_complete": False,
            "ponto_last_identifier": False,
        }
    )


def _end_running_pulls(provider, state, message=None):
    """End the pulls that nobody is to go on with, unless somebody is at it.

    :param str state: which they are in then
    :param dict message: why, if that is to be told, see `texts`
    """
    pulls_sudo = provider.env["ponto.pull"].sudo()._find_running(provider)
    if pulls_sudo and provider.try_lock_for_update(allow_referencing=True):
        values = {"state": state, "finished_at": fields.Datetime.now()}
        pulls_sudo.write({**values, "messages": [message]} if message else values)


# === STOPPING === #


def stop(provider):
    """Stop what runs in the background after its next step, and import nothing until
    somebody lets it go on. What is imported stays."""
    check_may_pull(provider)
    if not is_stopped(provider):
        provider.env["ponto.stop"].sudo().create({"provider_id": provider.id})
    # Where nobody is at it, nobody would notice.
    _end_running_pulls(provider, "stopped")
    notify_progress(provider)


def resume(provider):
    """Resume the import where it was stopped."""
    check_may_pull(provider)
    provider_sudo = provider.sudo()
    provider_sudo.ponto_stop_ids.unlink()
    provider_sudo.ponto_pull_ids.filtered(lambda pull: pull.state == "stopped").write(
        {"state": "running", "finished_at": False}
    )
    trigger_pull(provider.env)
    notify_progress(provider)


def is_stopped(provider):
    """Tell whether somebody has stopped the feed (bool)."""
    provider.ensure_one()
    return bool(provider.sudo().ponto_stop_ids)


def check_not_stopped(provider):
    """Check that nobody has stopped the feed.

    :raise UserError: when somebody has
    """
    if is_stopped(provider):
        raise UserError(
            provider.env._(
                '%(notice)s Press Resume in the feed of "%(journal)s" first.',
                notice=provider.ponto_stop_notice,
                journal=provider.journal_id.name,
            )
        )


def describe_stop(provider):
    """Tell who stopped the feed, and what waits for that (str); or False."""
    stop_sudo = provider.sudo().ponto_stop_ids[:1]
    if not stop_sudo:
        return False
    domain = [("provider_id", "=", provider.id), ("state", "=", "new")]
    if provider.ponto_start_date:
        domain.append(("date", ">=", provider.ponto_start_date))
    count = provider.env["ponto.transaction"].sudo().search_count(domain)
    name = stop_sudo.create_uid.name
    if not count:
        return provider.env._(
            "Paused by %s: nothing is imported until somebody presses Resume.", name
        )
    return provider.env._(
        "Paused by %(name)s: %(count)s transactions are read and wait to be imported.",
        name=name,
        count=formatLang(provider.env, count, digits=0),
    )


# === TELLING === #


def notify_progress(provider):
    """Let those who look at the feed know that there is something to see.

    What it is they read themselves, as far as they may, in their own language.
    """
    provider._bus_send("ponto_progress", {"id": provider.id})


def notify_end(provider, pulls):
    """Tell who started a pull and did not wait for it that it has ended.

    :param pulls: the `ponto.pull` records
    """
    if not provider._ponto_get_run():
        return
    if pulls.filtered(lambda pull: pull.progress or pull.user_id):
        notify_progress(provider)
    for pull in pulls.filtered("user_id"):
        if not people.may_be_told(provider, pull.user_id):
            continue
        language = choose_language(provider.env, pull.user_id.lang)
        pull = pull.with_context(lang=language)
        is_done = pull.state == "done"
        pull.user_id._bus_send(
            "simple_notification",
            {
                "type": "success" if is_done else "warning",
                "title": provider.journal_id.name,
                "message": pull._get_summary() if is_done else pull.message,
            },
        )
