# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The next run after success or failure, and how far a pull has come."""

from datetime import datetime, timedelta
from typing import NamedTuple

# === THE NEXT RUN === #

#: The longest that a failing feed waits for its next scheduled pull.
MAX_DELAY = timedelta(days=1)

#: A schedule that is further behind than this, and than its interval, begins anew.
MAX_BACKLOG = timedelta(days=7)

#: A schedule that is more intervals ahead than this begins anew: a clock was wrong.
MAX_INTERVALS_AHEAD = 2

#: No interval is taken to be longer than this, whatever somebody has entered.
MAX_INTERVAL = timedelta(days=366)

#: For how long people are spared a failure that may pass by itself.
GRACE_PERIOD = timedelta(days=1)

#: No wait is doubled more often than this.
_MAX_DOUBLINGS = 16


def make_interval(unit, number):
    """Return the time between two runs, within reason.

    :param str unit: "minutes", "hours", "days", "weeks" or "months"
    :param int number: how many of these; anything below one counts as one
    :return: at most `MAX_INTERVAL`
    :rtype: timedelta
    """
    one = timedelta(days=30) if unit == "months" else timedelta(**{unit: 1})
    return min(max(number, 1), MAX_INTERVAL // one) * one


def is_too_late(planned, interval, now, failures=0):
    """Tell whether a run is planned later than any schedule has it.

    :param datetime planned: the run that is planned
    :param timedelta interval: time between two runs
    :param datetime now: the present moment
    :param int failures: how many pulls in a row have failed
    :rtype: bool
    """
    limit = MAX_INTERVALS_AHEAD * interval
    return planned - now > (max(limit, MAX_DELAY) if failures else limit)


def find_next_run(planned, interval, now, failures=0, retry_after=None):
    """Return the next scheduled run: the first moment of the grid after now.

    Each further failure in a row doubles the wait, up to a day. A plan that is too far
    ahead was made by a clock that was wrong.

    :param datetime planned: the run that was planned; with the interval, it makes the
        grid
    :param timedelta interval: time between two runs, more than none
    :param datetime now: the present moment
    :param int failures: how many pulls in a row have failed
    :param timedelta retry_after: how long Ponto asked to wait, if it did
    :rtype: datetime
    """
    is_behind = now - planned > max(MAX_BACKLOG, interval)
    if is_behind or is_too_late(planned, interval, now):
        planned = now
    if planned <= now:
        planned += interval * ((now - planned) // interval + 1)
    if failures > 1:
        wait = min(planned - now, MAX_DELAY)
        delay = min(wait * 2 ** min(failures - 1, _MAX_DOUBLINGS), MAX_DELAY)
        planned = max(planned, now + delay)
    if retry_after:
        planned = max(planned, now + retry_after)
    return planned


def make_due(planned, interval, now):
    """Return the last moment of the grid that has come, so that the next run is due and
    those after it keep their time of day and weekday.

    :param datetime planned: the run that was planned; with the interval, it makes the
        grid
    :param timedelta interval: time between two runs, more than none
    :param datetime now: the present moment
    :return: the plan itself where it is due
    :rtype: datetime
    """
    return min(planned, planned + (now - planned) // interval * interval)


def catch_up(planned, interval, now):
    """Return the last planned run that the present moment does not leave a whole
    interval behind: the one after it is to come.

    :param datetime planned: the run that was planned; with the interval, it makes the
        grid
    :param timedelta interval: time between two runs, more than none
    :param datetime now: the present moment
    :rtype: datetime
    """
    passed = -((planned - now) // interval) - 1
    return planned + max(passed, 0) * interval


class Turns(NamedTuple):
    """When a scheduled action runs.

    :ivar datetime planned: its next run; with the interval, it makes the grid
    :ivar timedelta interval: time between two runs, more than none
    :ivar list triggers: moments at which it runs besides
    """

    planned: datetime
    interval: timedelta
    triggers: list

    def find(self, due, now):
        """Find when the action comes to what is due.

        :param datetime due: the moment from which on it is
        :param datetime now: the present moment; what was to run before runs now
        :return: not before now
        :rtype: datetime
        """
        planned = max(self.planned, now)
        if planned < due:
            planned = (
                self.planned - (self.planned - due) // self.interval * self.interval
            )
        sooner = (max(moment, now) for moment in self.triggers)
        return min([planned, *(moment for moment in sooner if moment >= due)])


def lasts_since(earlier, now):
    """Return since when something lasts that is there now.

    A moment that lies ahead is of a clock that was wrong: until it had come, nobody
    would be told.

    :param datetime earlier: since when it did so far; None or False if it is new
    :param datetime now: the present moment
    :rtype: datetime
    """
    return min(earlier or now, now)


def needs_person(may_pass, failing_since, now):
    """Tell whether somebody has to be told of a failure.

    :param bool may_pass: whether it may pass by itself
    :param datetime failing_since: since when pulls fail
    :param datetime now: the present moment
    :rtype: bool
    """
    return not may_pass or now - failing_since >= GRACE_PERIOD


# === HOW FAR A PULL IS === #

#: How much of the bar reading takes, in percent; importing takes the rest.
READING_SHARE = 30

#: What a statement line takes, for as long as nothing of it was measured.
SECONDS_PER_LINE = 0.03

#: What part of a phase has to be done before the pace tells something of the rest.
MIN_PROGRESS = 0.03

#: A pull that has not moved for so long waits for the scheduled action.
STALL_AFTER = timedelta(minutes=2)


def find_reached_day(days, reached=None):
    """Return how far back in time reading has come.

    A single transaction that the bank dated back tells nothing of the others: of a page
    the last of its days counts.

    :param days: the days of the last page, None among them
    :param date reached: how far it had come before, or None
    :rtype: date or None
    """
    known = [day for day in days if day]
    if not known:
        return reached
    return min(max(known), reached) if reached else max(known)


def measure_reading(today, goal, reached):
    """Return how much of the way back in time is done.

    :param date today: the present day
    :param date goal: how far back it has to come
    :param date reached: how far it has come, or None
    :return: 0 to 1
    :rtype: float
    """
    days = (today - goal).days
    if not reached or days <= 0:
        return 0.0
    return min(max((today - reached).days / days, 0.0), 1.0)


def measure_importing(total, left):
    """Return how much of what is to be imported is done.

    :param int total: how many transactions there were
    :param int left: how many are left
    :return: 0 to 1
    :rtype: float
    """
    return 1 - left / total if total else 1.0


def estimate_rest(elapsed_s, began_with, part):
    """Return how long the rest of a phase takes at the pace so far.

    :param float elapsed_s: seconds since this run began with it
    :param float began_with: what part of it was done then
    :param float part: what part of it is done now
    :return: seconds; None before there is anything to judge by
    :rtype: float or None
    """
    done = part - began_with
    return None if done < MIN_PROGRESS else elapsed_s / done * (1 - part)


def estimate_reading(elapsed_s, began_with, part, found):
    """Return how long it takes to read the rest, and to import what that brings.

    :param float elapsed_s: seconds since this run began to read
    :param float began_with: what part was read then
    :param float part: what part is read now
    :param int found: how many transactions to import were found so far
    :return: seconds; None before there is anything to judge by
    :rtype: float or None
    """
    rest = estimate_rest(elapsed_s, began_with, part)
    return rest and rest + found / part * SECONDS_PER_LINE


def estimate_importing(elapsed_s, began_with, part, left):
    """Return how long it takes to import the rest.

    :param float elapsed_s: seconds since this run began to import
    :param float began_with: what part was imported then
    :param float part: what part is imported now
    :param int left: how many transactions are left
    :return: seconds
    :rtype: float
    """
    return estimate_rest(elapsed_s, began_with, part) or left * SECONDS_PER_LINE


def percent_reading(part, before=0):
    """Return where the bar stands while a pull reads; it never goes back.

    :param float part: what part is read
    :param int before: where it stood
    :rtype: int
    """
    return max(int(READING_SHARE * part), before)


def percent_importing(part, before=0):
    """Return where the bar stands while a pull imports; it never goes back.

    :param float part: what part is imported
    :param int before: where it stood
    :rtype: int
    """
    return max(int(READING_SHARE + (100 - READING_SHARE) * part), before)


def is_stalled(moved_at, now):
    """Tell whether a pull waits for the scheduled action to go on.

    :param datetime moved_at: when it last moved
    :param datetime now: the present moment
    :rtype: bool
    """
    return now - moved_at > STALL_AFTER
