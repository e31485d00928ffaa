# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The bank's day of a moment, and periods of whole days.

Time zones are `tzinfo` objects of any make, those of `zoneinfo` and of `pytz` alike.
"""

import functools
from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta, timezone

#: Lengths of a statement's period.
DAILY = "daily"
WEEKLY = "weekly"
MONTHLY = "monthly"

#: How many days a period that is proposed has, at least.
PROPOSED_DAYS = 30

#: The earliest day from which anything is fetched: no bank's list goes back so far.
EARLIEST_START = date(1990, 1, 1)

_LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True)
class Period:
    """Days from one to another, both included; None leaves a side open."""

    since: date | None = None
    until: date | None = None

    def __contains__(self, day):
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


# === THE DAY OF A MOMENT === #


def choose_moment(executed_at, valued_at, prefers_value_date=False):
    """Return the moment that dates a transaction.

    Where the bank leaves out the one that the feed uses, the other is better than none.

    :param datetime executed_at: when the bank booked it, aware, or None
    :param datetime valued_at: when it takes effect, aware, or None
    :param bool prefers_value_date: whether the feed uses the value date
    :rtype: datetime or None
    """
    if prefers_value_date:
        return valued_at or executed_at
    return executed_at or valued_at


def day_of(moment, zone):
    """Return the day that Ponto means by a moment.

    Ponto writes days as moments. Exactly midnight, by the offset with which it is
    written or in UTC, stands for that calendar day; anything else, such as the bank's
    own midnight in UTC, is a moment whose day is read in the bank's time zone. Nothing
    is converted a second time.

    :param datetime moment: aware, or None
    :param tzinfo zone: the bank's time zone
    :rtype: date or None
    """
    # Moments that are written with different offsets can be equal.
    return moment and _day_of(moment, moment.utcoffset(), zone)


@functools.lru_cache(maxsize=1000)
def _day_of(moment, _offset, zone):
    # Kept, for a page repeats its few days over and over.
    for written in (moment, moment.astimezone(timezone.utc)):
        if written.time() == time():
            return written.date()
    return local_day(moment, zone)


def local_day(moment, zone):
    """Return the calendar day of a moment in a time zone.

    :param datetime moment: aware
    :param tzinfo zone: the time zone
    :rtype: date
    """
    if moment.year in (MINYEAR, MAXYEAR):
        # Converting it could leave the range of datetime.
        return moment.date()
    return moment.astimezone(zone).date()


# === PERIODS === #


def period_between(since, until, zone):
    """Return the whole local days between two moments.

    :param datetime since: aware
    :param datetime until: aware
    :param tzinfo zone: the bank's time zone
    :rtype: Period
    """
    return Period(local_day(since, zone), local_day(until, zone))


def moments_of(period, zone):
    """Return the first and the last second of a period.

    `period_between` makes the same period of them again. Where clocks skip midnight,
    the day begins when they go on; where an hour comes twice, all of it counts.

    :param Period period: with both ends
    :param tzinfo zone: the bank's time zone
    :return: two moments in UTC, aware
    :rtype: tuple
    """
    return (
        _find_moments(period.since, time(), zone)[0],
        _find_moments(period.until, _LAST_SECOND, zone)[1],
    )


def _find_moments(day, clock, zone):
    """Return the first and the last moment at which local clocks show a time. In a gap,
    they are what the offsets before and after it give."""
    guess = datetime.combine(day, clock, timezone.utc)
    if day.year in (MINYEAR, MAXYEAR):
        return guess, guess
    moments = {
        guess - (guess + timedelta(days=shift)).astimezone(zone).utcoffset()
        for shift in (-1, 1)
    }
    local = guess.replace(tzinfo=None)
    shown = {
        moment
        for moment in moments
        if moment.astimezone(zone).replace(tzinfo=None) == local
    }
    if shown:
        return min(shown), max(shown)
    return max(moments), min(moments)


def period_around(day, mode):
    """Return the period of the statement into which a day falls.

    :param date day: the day
    :param str mode: `DAILY`, `WEEKLY` (from Monday on) or `MONTHLY`
    :rtype: Period
    :raise ValueError: another mode
    """
    if mode == DAILY:
        return Period(day, day)
    if mode == WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6))
    if mode == MONTHLY:
        length = monthrange(day.year, day.month)[1]
        return Period(day.replace(day=1), day.replace(day=length))
    raise ValueError(f"There are no statements called {mode!r}")


def propose_period(today, start, last_day=None):
    """Return the days that a person is proposed to pull.

    :param date today: the present day
    :param date start: the day before which nothing is imported
    :param date last_day: of the journal's last line, or None
    :return: from the journal's last line on, but at least some days, and no day before
        the start; until today
    :rtype: Period
    """
    wanted = min(last_day or start, today - timedelta(days=PROPOSED_DAYS))
    return Period(min(max(wanted, start), today), today)
