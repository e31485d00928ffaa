# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Outages: while Ponto does not answer, few feeds try it, and people are told once."""

import math
import time
from contextlib import contextmanager
from datetime import timedelta

from odoo import fields

from ..engine import schedule
from ..ponto_api import (
    PontoConfigurationError,
    PontoCredentialsError,
    PontoError,
    PontoRateLimitedError,
    PontoServerError,
    PontoTransportError,
)
from ..ponto_api.breaker import Admission, Breaker
from ..texts import prepare_message
from . import background
from .guard import guard

#: Plans within this time are not checked: they come soon anyway.
NEVER_TOO_LATE = timedelta(minutes=2)

#: What this process knows of Ponto's present state, for each database.
_BREAKERS: dict[str, Breaker] = {}

#: Failures after which nobody else of the integration is tried in the same pass.
OUTAGES = (PontoTransportError, PontoServerError)

#: Failures that all feeds of an integration have in common.
SHARED_FAILURES = (
    *OUTAGES,
    PontoConfigurationError,
    PontoCredentialsError,
    PontoRateLimitedError,
)


def get_breaker(env):
    """Return what this process knows of Ponto's present state (Breaker)."""
    return _BREAKERS.setdefault(env.cr.dbname, Breaker(time.monotonic))


def find_key(provider):
    """Return the address that is asked, and the identifier of the integration for which
    it is; None for a feed that cannot ask.

    :rtype: tuple or None
    """
    provider.ensure_one()
    if not provider._ponto_is_connected():
        return None
    integration_sudo = provider.sudo().ponto_integration_id
    return integration_sudo._get_base_url(), integration_sudo.id


def put_off_if_down(provider, is_answered=False):
    """Put the feed off if Ponto is not to be asked for it now.

    The time for which Ponto wants to be left alone is kept by the schedule: after the
    pass it holds for what goes on, unless the feed is due.

    :param bool is_answered: whether Ponto has answered for this one: what failed for
        others is no obstacle then
    :return: whether it was put off (bool)
    """
    key = find_key(provider)
    breaker = get_breaker(provider.env)
    if not key:
        return False
    is_slowed_down = breaker.is_slowed_down(key[1])
    is_waiting = is_slowed_down and provider.next_run > fields.Datetime.now()
    if not is_waiting and breaker.admit(*key) != Admission.PUT_OFF:
        return False
    if is_answered and not is_slowed_down:
        return False
    wait_s = breaker.get_wait_s(key[1])
    put_off(provider.sudo(), wait_s, is_outage=not is_slowed_down)
    if wait_s and provider.env["ponto.pull"].sudo()._find_running(provider):
        # What goes on has no other moment at which it would be its turn.
        background.trigger_pull(provider.env, in_minutes=math.ceil(wait_s / 60))
    return True


@contextmanager
def telling_breaker(provider):
    """Let the breaker know what came of asking Ponto."""
    key = find_key(provider)
    if not key:
        yield
        return
    breaker = get_breaker(provider.env)
    try:
        yield
    except PontoRateLimitedError as error:
        breaker.note_slow_down(*key, error.retry_after_s)
        raise
    except OUTAGES:
        breaker.note_failure(*key)
        raise
    except PontoError:
        breaker.note_answer(*key)
        raise
    except BaseException:
        breaker.note_nothing(*key)
        raise
    breaker.note_answer(*key)


def put_off(provider, wait_s=0, is_outage=True):
    """Leave the feed to the next pass, and say so in an outage.

    :param float wait_s: for how long Ponto wants to be left alone, if it says
    :param bool is_outage: whether Ponto does not answer
    """
    provider.ensure_one()
    if not provider.try_lock_for_update(allow_referencing=True):
        return
    if is_outage and provider.ponto_failure_advice in (False, "retry"):
        now = fields.Datetime.now()
        provider.write(
            {
                "ponto_failure_message": prepare_message("outage"),
                "ponto_failure_advice": "retry",
                "ponto_failure_is_shared": True,
                "ponto_failed_at": now,
                "ponto_failing_since": schedule.lasts_since(
                    provider.ponto_failing_since, now
                ),
            }
        )
    schedule_next_run(provider, wait_s)


def slow_down_others(provider, wait_s):
    """Let the integration's other feeds wait as long as Ponto wants.

    :param float wait_s: seconds from now on
    """
    until = fields.Datetime.now() + timedelta(seconds=wait_s)
    early_sudo = _get_siblings_sudo(provider).filtered(
        lambda provider: provider.next_run < until
    )
    early_sudo.try_lock_for_update(allow_referencing=True).next_run = until


def resume_others(provider):
    """After an outage, let the integration's other feeds be pulled soon, however
    long they were going to wait."""
    now = fields.Datetime.now()
    waiting_sudo = _get_siblings_sudo(provider).filtered(
        lambda provider: (
            provider.ponto_failure_is_shared
            and provider.ponto_failure_advice == "retry"
            and provider.next_run > now
        )
    )
    waiting_sudo = waiting_sudo.try_lock_for_update(allow_referencing=True)
    if waiting_sudo:
        background.make_due(waiting_sudo)
        background.trigger_pull(provider.env)


def _get_siblings_sudo(provider):
    """Return the other feeds of the integration, in sudo mode."""
    return provider.sudo().ponto_integration_id._get_siblings(provider)


def schedule_next_run(provider, retry_after_s=None):
    """Set the next scheduled pull to the first moment of its grid after now.

    Each further failure in a row doubles the wait, up to a day.

    :param float retry_after_s: seconds that Ponto asked to wait, if it did
    """
    provider.ensure_one()
    provider.next_run = schedule.find_next_run(
        provider.next_run,
        background.get_interval(provider),
        fields.Datetime.now(),
        provider.ponto_failure_count,
        retry_after_s and timedelta(seconds=retry_after_s),
    )


def correct_schedules(providers):
    """Correct what is planned too far ahead: a clock was wrong when it was.

    :param providers: the model of the feeds
    """
    now = fields.Datetime.now()
    ahead = providers.search_fetch(
        [("service", "=", "ponto"), ("next_run", ">", now + NEVER_TOO_LATE)]
    ).filtered(
        lambda each: schedule.is_too_late(
            each.next_run, background.get_interval(each), now, each.ponto_failure_count
        )
    )
    for provider in ahead:
        guard(provider, _plan_anew, provider.sudo())


def _plan_anew(provider):
    """Let a feed be pulled within its interval, unless it waits with others: what Ponto
    asked of one that failed holds for all feeds of the integration."""
    now, interval = fields.Datetime.now(), background.get_interval(provider)
    failures = _get_siblings_sudo(provider).mapped("ponto_failure_count")
    if not schedule.is_too_late(
        provider.next_run, interval, now, max(failures, default=0)
    ):
        return
    if provider.try_lock_for_update(allow_referencing=True):
        provider.next_run = now + interval
