# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The conductor of pulls, and who lets it begin: the schedule, or a person.

A pull has two parts. *Reading* goes through Ponto's list from the newest transaction
back, page by page, and registers what it sees. *Importing* turns what was registered as
new into statement lines, the oldest first, so that at any moment the journal is
complete up to some day. Both go on where they stopped: the register tells what was
read, and its state what is still to import.
"""

import logging
from contextlib import closing, contextmanager
from datetime import datetime, time

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

from odoo import fields
from odoo.exceptions import LockError, MissingError, UserError
from odoo.http import request

from ..engine import schedule
from ..engine.days import EARLIEST_START
from ..ponto_api import PontoError
from ..texts import explain
from ..tools import without_caller_context
from . import background, fleet, outage, outcome
from .guard import guard
from .importer import Importer
from .reader import Reader, fetch_documents
from .session import PullSession

_logger = logging.getLogger(__name__)

#: How long a person waits for a pull, in seconds; the rest goes on in the background.
BUDGET_S = 5

#: Before this moment no other service is asked, whatever somebody has entered: the base
#: asks for each day by itself.
_EARLIEST = datetime.combine(EARLIEST_START, time.min)


def run(session):
    """Read and import.

    :param PullSession session: not opened yet
    :return: its `ponto.pull`, in sudo mode: done or stopped; or running still, because
        the time was over, and a scheduled run goes on
    :raise LockError: when another pull of the feed is running
    :raise PontoError: when Ponto cannot be read
    :raise UserError: when the configuration cannot work
    """
    with session.open():
        is_finished = Reader(session).read_listed() and Importer(session).import_new()
    provider = session.provider
    if not is_finished:
        background.leave_unfinished(provider, session.pull)
        return session.pull
    outcome.record_success(
        provider,
        session.pull,
        session.synchronized_at,
        is_partial=session.period is not None,
    )
    background.keep_promise(provider, session.pull)
    return session.pull


# === THE SCHEDULE === #


def pull_due(providers):
    """Pull feeds for the scheduled action, each in transactions of its own, so that
    none can stop or undo another.

    :param providers: the feeds of which the time has come, or of which a pull runs
    """
    lengthy = providers.browse()
    if len(providers) > 1:
        running = providers.env["ponto.pull"]._find_running(providers)
        lengthy = running.provider_id
    breaker = outage.get_breaker(providers.env)
    turns = fleet.iter_turns(providers, lengthy)
    with breaker.working(), closing(turns):
        for provider, ahead, remaining in turns:
            provider = provider.with_context(scheduled=True, tracking_disable=True)
            provider = provider._ponto_begin_run(remaining, ahead)
            if not provider._ponto_has_time_to_ask():
                if provider._ponto_may_commit():
                    # Or the scheduler would take all for done.
                    provider.env["ir.cron"]._commit_progress(remaining=remaining)
                break
            if not pull_scheduled(provider):
                # What is left keeps the action running: the scheduler comes back, and
                # is woken up, because somebody may look at the progress bar.
                background.trigger_pull(provider.env)
                break
            if not provider._ponto_may_commit():
                continue
            time_left = provider.env["ir.cron"]._commit_progress(
                1, remaining=remaining - 1
            )
            if not time_left and remaining > 1:
                break
        else:
            # Others may have the rest of the feeds.
            if providers:
                breaker.end_pass()


def pull_scheduled(provider, is_due=False):
    """Go on with what was begun, and pull what is new. What goes wrong becomes a state
    of the feed, and reaches no other one: all that belongs to the feed is done in here.

    :param provider: the feed, in its turn of a scheduled action
    :param bool is_due: whether to pull what is new, whatever the schedule says
    :return: whether the feed is done with; else the time was over before
    :rtype: bool
    """
    feed = provider
    try:
        with _undoing_on_error(feed):
            provider = _choose_words(feed)
            if background.is_at_rest(provider):
                background.end_at_rest(provider)
                return True
            ahead = provider._ponto_get_ahead()
            is_answered = bool(ahead) and ahead.is_good(provider)
            if not is_due and outage.put_off_if_down(provider, is_answered):
                return True
            with outage.telling_breaker(provider):
                is_finished = _pull_all(provider, is_due)
            if is_finished:
                outcome.plan_next_run(provider.sudo())
    except LockError:
        _logger.info("Provider %s is being pulled already", provider.id)
        background.come_back_if_running(provider)
        return True
    except (TransactionRollbackError, LockNotAvailable):
        # Another transaction changed the same rows first: the next run repeats it.
        _logger.info("Provider %s was changed during its pull", provider.id)
        background.trigger_pull(provider.env, background.LATER_MINUTES)
        return True
    except Exception as error:
        if isinstance(error, MissingError) and not feed.exists():
            _logger.info("Provider %s is gone", feed.id)
            return True
        outcome.record_failed_turn(provider.sudo(), error)
        return True
    return is_finished


def pull_others(providers, pull, since, until):
    """Let feeds of another service have their turn in a scheduled action: whatever goes
    wrong stops and undoes nothing else.

    :param providers: the feeds; the scheduled action comes with one at a time
    :param pull: the base's method, which is called with the moments
    :param datetime since: first moment, naive
    :param datetime until: last moment, naive
    """
    may_commit = providers._ponto_may_commit()
    try:
        with _undoing_on_error(providers):
            pull(max(since, _EARLIEST), until)
    except Exception as error:
        is_passing = isinstance(error, TransactionRollbackError)
        if is_passing and not may_commit:
            raise
        _logger.exception("Providers %s of another service failed", providers.ids)
        if is_passing or not guard(providers, _put_off_others, providers):
            return
    if may_commit:
        providers.env["ir.cron"]._commit_progress()


def _put_off_others(providers):
    """Leave feeds of another service that failed to their next turn. The days that they
    asked for are asked for then."""
    now = fields.Datetime.now()
    for provider in providers:
        planned, interval = provider.next_run, background.get_interval(provider)
        provider.next_run = schedule.catch_up(planned, interval, now) + interval


def _choose_words(provider):
    """Return the same feed, in its company and the language of whom it tells."""
    provider = provider.with_company(provider.company_id)
    return provider.with_context(lang=provider.ponto_language)


def _pull_all(provider, is_due):
    """Pull what is still running, and then, if that is due, what is new.

    :return: whether it came to an end before the time was over
    :rtype: bool
    """
    is_due = is_due or provider.next_run <= fields.Datetime.now()
    for pull in provider.env["ponto.pull"]._find_running(provider):
        session = PullSession(provider, pull._get_period(), pull=pull)
        state = run(session).state
        if state != "done":
            return state == "stopped"
        if not session.commit_step():
            return False
        is_due = is_due and bool(session.period)
    return not is_due or run(PullSession(provider)).state != "running"


@contextmanager
def _undoing_on_error(provider):
    """Undo what a pull has not committed when it fails, and let the error pass.

    All that it has written goes to the database in here: that may be refused, too.
    """
    if not provider._ponto_may_commit():
        with provider.env.cr.savepoint():
            yield
        return
    try:
        yield
        provider.env.cr.flush()
    except BaseException:
        # Whoever interrupts the server interrupts a pull, too.
        provider.env.cr.rollback()
        raise


# === A PERSON === #


def pull_for_person(provider, period=None, chosen=None, refresh=False):
    """Pull for a person who asked for it. What takes too long to wait for goes on in
    the background.

    :param Period period: the days to pull; None for all that is new
    :param dict chosen: what of it to import (see `PullSession`); None for all
    :param bool refresh: whether to ask the bank for news first
    :return: the `ponto.pull`, in sudo mode: done, or running in the background
    :raise UserError: in that person's words, with nothing imported
    """
    provider.ensure_one()
    background.check_may_pull(provider)
    background.check_not_stopped(provider)
    provider = without_caller_context(provider)
    budget_s = None
    has_background = background.has_background(provider.env)
    # What was chosen cannot be handed over to a scheduled pull.
    if chosen is not None or not has_background:
        provider._ponto_require_seat()
    elif not provider._ponto_take_seat():
        PullSession(provider).check_configuration()
        return background.pull_in_background(provider, period)
    elif request and not provider._ponto_get_run():
        budget_s = BUDGET_S
    session = PullSession(
        provider, period, chosen=chosen, refresh=refresh, budget_s=budget_s
    )
    with explaining_errors(provider, is_tried_again=has_background and not period):
        try:
            with provider.env.cr.savepoint():
                pull = run(session)
                if chosen is None and not has_background:
                    _finish_running(provider)
        except LockError:
            raise
        except (PontoError, UserError) as error:
            with _in_own_transaction(provider) as own:
                outcome.record_failure(own, error, period)
            raise
    if pull.state == "running":
        background.trigger_pull(provider.env)
    return pull


def _finish_running(provider):
    """Go on with what was left to a scheduled action, now that there is none."""
    for pull in provider.env["ponto.pull"].sudo()._find_running(provider):
        run(PullSession(provider, pull._get_period(), pull=pull))


def fetch_for_person(provider, period):
    """Fetch the raw transactions of some days for a person, and write nothing.

    :param Period period: the days
    :return: JSON:API documents, newest first
    :rtype: list of dict
    :raise UserError: in that person's words
    """
    background.check_may_pull(provider)
    with explaining_errors(provider):
        return fetch_documents(provider, period)


@contextmanager
def explaining_errors(provider, is_tried_again=False):
    """Put what goes wrong in the words of the person who waits for it.

    :param bool is_tried_again: whether a scheduled pull tries the same again
    """
    env = provider.env
    try:
        yield
    except LockError as error:
        raise UserError(
            env._(
                'A fetch of "%s" is running already. Wait until it has finished.',
                provider.journal_id.name,
            )
        ) from error
    except PontoError as error:
        raise UserError(explain(env, error, is_tried_again=is_tried_again)) from error


@contextmanager
def _in_own_transaction(provider):
    """Give the feed in a transaction that survives the caller's rollback.

    Where the caller's own transaction has the feed locked, or has not committed it yet,
    nobody but the caller can write: nothing is given then.
    """
    with provider.env.registry.cursor() as cr:
        own = provider.with_env(provider.env(cr=cr, su=True))
        yield own.try_lock_for_update(allow_referencing=True)
