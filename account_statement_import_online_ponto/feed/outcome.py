# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a pull leaves on its feed: success, or what went wrong."""

import logging

from psycopg2.extensions import TransactionRollbackError

from odoo import fields
from odoo.exceptions import UserError

from ..engine import schedule
from ..exceptions import describe_error
from ..ponto_api import PontoError, PontoRateLimitedError
from ..texts import prepare_message
from ..tools import to_naive_utc
from . import background, balance_check, outage, people
from .guard import guard

_logger = logging.getLogger(__name__)

#: What a feed that works shows of failures.
NO_FAILURE = {
    "ponto_failure_message": False,
    "ponto_failure_advice": False,
    "ponto_failure_is_shared": False,
    "ponto_failing_since": False,
    "ponto_failure_count": 0,
}


def record_success(provider, pull, synchronized_at, is_partial=False):
    """Record that all went well.

    :param pull: the `ponto.pull`
    :param datetime synchronized_at: when Ponto last read transactions at the bank,
        aware, or None
    :param bool is_partial: whether some days were pulled, and not all that is new
    """
    now = fields.Datetime.now()
    had_failed = bool(provider.ponto_failing_since)
    if provider.ponto_failure_is_shared:
        outage.resume_others(provider)
    values = dict(NO_FAILURE)
    if not is_partial:
        values["last_successful_run"] = now
        values["ponto_last_identifier"] = (
            pull.newest_identifier or provider.ponto_last_identifier
        )
    provider.write(values)
    # What a pull of some days leaves to the scheduled one.
    later = is_partial and provider.env["ponto.transaction"].search_count(
        [
            ("provider_id", "=", provider.id),
            ("state", "=", "new"),
            ("date", ">=", provider._ponto_get_start_date()),
        ]
    )
    pull.write({"state": "done", "finished_at": now, "later_count": later})
    background.notify_end(provider, pull)
    balance_check.compare(provider, to_naive_utc(synchronized_at))
    pull._record_balances()
    if had_failed:
        people.close_activity(provider, people.ACTIVITY_FAILURE)
    people.remind_of_consent(provider)
    _logger.info(
        "Pulled provider %s: %s read, %s known, %s imported, %s waiting",
        provider.id,
        pull.read_count,
        pull.known_count,
        pull.imported_count,
        pull.waiting_count,
    )


def forget_refusal(providers):
    """Forget that Ponto refused the codes of some feeds: it accepts others by now.

    :param providers: the feeds that use them, in sudo mode
    """
    refused = providers.filtered(
        lambda each: each.ponto_failure_advice == "credentials"
    )
    refused.write(NO_FAILURE)
    for provider in refused:
        people.close_activity(provider, people.ACTIVITY_FAILURE)


def record_failure(provider, error, period=None):
    """Record what went wrong as a state of the feed.

    :param Exception error: what a pull raised
    :param Period period: the days that were to be pulled, or None
    """
    if not provider:
        return
    _log_failure(provider, error)
    message, advice = describe_error(error)
    is_shared = isinstance(error, outage.SHARED_FAILURES)
    _write_failure(provider, message, advice, is_shared)
    if verdict := getattr(error, "ponto_verdict", None):
        provider.ponto_integration_id._record_verdict(*verdict)
    pulls = provider.env["ponto.pull"]
    if provider._ponto_get_run():
        pulls = pulls._find_running(provider)
    # What the pull itself noted may have been undone with it.
    pulls = pulls or pulls._start(provider, period)
    for pull in pulls:
        pull._record_failure(error, message)
    background.notify_end(provider, pulls)
    if schedule.needs_person(
        advice == "retry", provider.ponto_failing_since, provider.ponto_failed_at
    ):
        people.open_activity(provider, people.ACTIVITY_FAILURE)
    people.remind_of_consent(provider)


def record_failed_turn(provider, error):
    """Keep what went wrong in the feed's turn of a scheduled action, and plan the next
    one. Whatever goes wrong with that, the other feeds have their turns.

    :param Exception error: what the pull raised
    """
    try:
        _guard_failure(provider, error)
        wait_s = getattr(error, "retry_after_s", None)
        guard(provider, plan_next_run, provider, wait_s)
    except TransactionRollbackError:
        # Another transaction changed the same rows first: the next run repeats it.
        if not provider._ponto_may_commit():
            raise
        provider.env.cr.rollback()
        _logger.info("Provider %s was changed meanwhile", provider.id)


def _guard_failure(provider, error):
    """Keep what went wrong with a scheduled pull, whatever goes wrong with that."""
    if not guard(provider, record_failure, provider, error):
        guard(provider, _record_bare_failure, provider)
        for pull in provider.env["ponto.pull"]._find_running(provider):
            guard(provider, pull._record_failure, error, prepare_message("unexpected"))
    wait_s = getattr(error, "retry_after_s", None)
    if isinstance(error, PontoRateLimitedError) and wait_s:
        guard(provider, outage.slow_down_others, provider, wait_s)


def plan_next_run(provider, retry_after_s=None):
    """Set the next scheduled pull, whatever goes wrong with that.

    :param float retry_after_s: seconds that Ponto asked to wait, if it did
    """
    try:
        outage.schedule_next_run(provider, retry_after_s)
    except Exception:
        # This only computes: the transaction is intact.
        _logger.exception("The schedule of provider %s failed", provider.id)
        provider.next_run = fields.Datetime.now() + schedule.MAX_DELAY


def _record_bare_failure(provider):
    """Record that something went wrong, by the simplest means."""
    _write_failure(provider, prepare_message("unexpected"), "bug")


def _write_failure(provider, message, advice, is_shared=False):
    """Write a failure on the feed, and count it for the schedule, if it is one of that:
    what people try meanwhile lets nobody wait longer.

    :param dict message: see `texts.prepare_message`
    :param str advice: see `ponto_failure_advice`
    :param bool is_shared: whether the integration's other feeds have it, too
    """
    now = fields.Datetime.now()
    is_scheduled = bool(provider._ponto_get_run())
    provider.write(
        {
            "ponto_failure_message": message,
            "ponto_failure_advice": advice,
            "ponto_failure_is_shared": is_shared,
            "ponto_failed_at": now,
            "ponto_failing_since": schedule.lasts_since(
                provider.ponto_failing_since, now
            ),
            "ponto_failure_count": provider.ponto_failure_count + is_scheduled,
        }
    )


def _log_failure(provider, error):
    """Log a failure: as a warning what people can mend, as an error our own."""
    if isinstance(error, PontoError):
        _logger.warning("Pull of provider %s failed: %s", provider.id, error)
    elif isinstance(error, UserError):
        # Its text may hold account numbers, which are not for the log.
        _logger.warning("Pull of provider %s failed, see the provider", provider.id)
    else:
        _logger.error("Pull of provider %s failed", provider.id, exc_info=error)
