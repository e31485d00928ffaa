# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The bank's day of a moment, and periods."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import pytz
from engine import days
from engine.days import Period
from hypothesis import assume, example
from hypothesis import strategies as st
from makers import law

UTC = timezone.utc
BRUSSELS = ZoneInfo("Europe/Brussels")
MODES = [days.DAILY, days.WEEKLY, days.MONTHLY]
DATES = st.dates(date(1975, 1, 1), date(2037, 12, 31))


def moment(text):
    return datetime.fromisoformat(text)


# === THE DAY OF A MOMENT === #


def test_the_date_that_the_feed_uses_counts_and_else_the_other():
    executed = moment("2026-07-01T00:00+00:00")
    valued = moment("2026-07-03T00:00+00:00")
    assert days.choose_moment(executed, valued) == executed
    assert days.choose_moment(executed, valued, prefers_value_date=True) == valued
    assert days.choose_moment(None, valued) == valued
    assert days.choose_moment(executed, None, prefers_value_date=True) == executed
    assert days.choose_moment(None, None) is None


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-07-01T00:00:00+00:00", "2026-07-01"),
        ("2026-07-01T02:00:00+02:00", "2026-07-01"),
        ("2026-06-30T22:00:00+00:00", "2026-07-01"),
        ("2026-06-30T21:59:59+00:00", "2026-06-30"),
        ("2026-07-01T00:00:00+02:00", "2026-07-01"),
        ("2026-07-01T00:00:00.000001+00:00", "2026-07-01"),
    ],
)
def test_midnight_utc_is_a_day_and_all_else_a_moment_at_the_bank(text, expected):
    assert days.day_of(moment(text), BRUSSELS).isoformat() == expected


def test_west_of_greenwich_midnight_utc_is_that_day_too():
    zone = ZoneInfo("America/New_York")
    assert days.day_of(moment("2026-07-01T00:00+00:00"), zone) == date(2026, 7, 1)
    assert days.day_of(moment("2026-07-01T00:01+00:00"), zone) == date(2026, 6, 30)


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Europe/Brussels"])
@pytest.mark.parametrize("offset", ["+01:00", "+02:00", "-05:00", "+14:00"])
def test_midnight_by_its_own_offset_is_that_day_whatever_the_zone(zone, offset):
    written = moment(f"2026-01-15T00:00:00{offset}")
    # The same moment in UTC may be read as another day, whichever is read first.
    in_utc = written.astimezone(UTC)
    expected = in_utc.astimezone(ZoneInfo(zone)).date()
    for _time in range(2):
        assert days.day_of(written, ZoneInfo(zone)) == date(2026, 1, 15)
        assert days.day_of(in_utc, ZoneInfo(zone)) == expected


@law(DATES, st.timezones(), st.integers(-840, 840))
def test_a_day_at_midnight_of_any_offset_is_itself_whatever_the_zone(
    day, zone, minutes
):
    offset = timezone(timedelta(minutes=minutes))
    assert days.day_of(datetime.combine(day, time(), offset), zone) == day


def test_no_moment_is_no_day():
    assert days.day_of(None, BRUSSELS) is None


@law(DATES, st.timezones(), st.integers(-840, 840))
def test_a_day_at_midnight_utc_is_itself_whatever_the_zone_and_the_offset(
    day, zone, minutes
):
    midnight = datetime.combine(day, time(), UTC)
    elsewhere = midnight.astimezone(timezone(timedelta(minutes=minutes)))
    assert days.day_of(elsewhere, zone) == day


@law(st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)), st.timezones())
def test_any_other_moment_has_the_day_of_a_wall_calendar_at_the_bank(naive, zone):
    assume(naive.time() != time())
    at = naive.replace(tzinfo=UTC)
    assert days.day_of(at, zone) == at.astimezone(zone).date()


# === PERIODS === #


def exists(day, zone):
    """Tell whether a day was not skipped: some islands changed sides."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


@law(DATES, st.integers(0, 400), st.timezones())
@example(date(2026, 3, 29), 0, BRUSSELS)
@example(date(2026, 10, 25), 0, BRUSSELS)
@example(date(2018, 11, 4), 0, ZoneInfo("America/Sao_Paulo"))  # no midnight
@example(date(2018, 2, 17), 1, ZoneInfo("America/Sao_Paulo"))  # 23:00 comes twice
@example(date(2010, 11, 6), 1, ZoneInfo("America/St_Johns"))  # 00:00 comes twice
@example(date(2025, 3, 29), 0, ZoneInfo("America/Nuuk"))  # no last hour
@example(date(2011, 12, 29), 2, ZoneInfo("Pacific/Apia"))  # a day is skipped
def test_a_period_survives_the_way_to_moments_and_back(day, length, zone):
    period = Period(day, day + timedelta(days=length))
    assume(exists(period.since, zone) and exists(period.until, zone))
    since, until = days.moments_of(period, zone)
    assert since < until
    assert days.period_between(since, until, zone) == period


@law(DATES, st.sampled_from(["Europe/Brussels", "America/Sao_Paulo", "Asia/Beirut"]))
@example(date(2018, 11, 4), "America/Sao_Paulo")
def test_zones_of_pytz_give_the_same_moments(day, name):
    period = Period(day, day)
    moments = days.moments_of(period, pytz.timezone(name))
    assert moments == days.moments_of(period, ZoneInfo(name))
    assert days.period_between(*moments, pytz.timezone(name)) == period


def test_a_period_is_whole_days_on_the_day_that_has_25_hours():
    long_day = date(2026, 10, 25)
    since, until = days.moments_of(Period(long_day, long_day), BRUSSELS)
    assert since == moment("2026-10-24T22:00+00:00")
    assert until == moment("2026-10-25T22:59:59+00:00")


def test_an_hour_that_comes_twice_at_the_end_of_a_day_counts_twice():
    zone = ZoneInfo("America/Sao_Paulo")
    since, until = days.moments_of(Period(date(2018, 2, 17), date(2018, 2, 17)), zone)
    assert until - since == timedelta(hours=25) - timedelta(seconds=1)


def test_a_day_without_midnight_begins_when_the_clocks_go_on():
    zone = ZoneInfo("America/Sao_Paulo")
    since, _until = days.moments_of(Period(date(2018, 11, 4), date(2018, 11, 4)), zone)
    assert since.astimezone(zone).time() == time(1)


def test_a_day_without_its_last_hour_ends_before_that():
    zone, day = ZoneInfo("America/Nuuk"), date(2025, 3, 29)
    _since, until = days.moments_of(Period(day, day), zone)
    assert until.astimezone(zone) == datetime(2025, 3, 29, 22, 59, 59, tzinfo=zone)


def test_a_day_of_which_midnight_comes_twice_begins_with_the_first():
    zone, day = ZoneInfo("America/St_Johns"), date(2010, 11, 7)
    since, _until = days.moments_of(Period(day, day), zone)
    assert since == moment("2010-11-07T02:30+00:00")


def test_a_period_holds_both_its_ends_and_all_where_it_has_none():
    period = Period(date(2026, 7, 1), date(2026, 7, 3))
    found = [day for day in range(1, 6) if date(2026, 7, day) in period]
    assert found == [1, 2, 3]
    assert date.min in Period() and date.max in Period()
    assert date.min not in Period(since=date(2026, 7, 1))
    assert date.max not in Period(until=date(2026, 7, 1))


@pytest.mark.parametrize(
    "mode, since, until",
    [
        (days.DAILY, "2026-07-15", "2026-07-15"),
        (days.WEEKLY, "2026-07-13", "2026-07-19"),
        (days.MONTHLY, "2026-07-01", "2026-07-31"),
    ],
)
def test_the_period_of_a_wednesday(mode, since, until):
    expected = Period(date.fromisoformat(since), date.fromisoformat(until))
    assert days.period_around(date(2026, 7, 15), mode) == expected


def test_there_are_no_other_periods():
    with pytest.raises(ValueError, match="yearly"):
        days.period_around(date(2026, 7, 15), "yearly")


@law(DATES, st.sampled_from(MODES))
def test_periods_follow_one_another_without_gap_or_overlap(day, mode):
    period = days.period_around(day, mode)
    assert day in period
    assert days.period_around(period.since, mode) == period
    assert days.period_around(period.until, mode) == period
    tomorrow = period.until + timedelta(days=1)
    assert days.period_around(tomorrow, mode).since == tomorrow


@pytest.mark.parametrize(
    "start, last_day, since",
    [
        ("2026-01-01", None, "2026-01-01"),
        ("2026-01-01", "2026-05-01", "2026-05-01"),
        ("2026-01-01", "2026-07-14", "2026-06-15"),
        ("2026-07-10", "2026-07-14", "2026-07-10"),
        ("2026-08-01", None, "2026-07-15"),
    ],
)
def test_a_proposed_period_has_some_days_and_none_before_the_start(
    start, last_day, since
):
    today = date(2026, 7, 15)
    last_day = last_day and date.fromisoformat(last_day)
    period = days.propose_period(today, date.fromisoformat(start), last_day)
    assert period == Period(date.fromisoformat(since), today)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("day", [date.min, date(1, 1, 2), date(9999, 12, 30), date.max])
def test_no_day_is_too_far_away_for_a_clock(day, zone):
    period = days.Period(day, day)
    moments = days.moments_of(period, ZoneInfo(zone))
    assert days.period_between(*moments, ZoneInfo(zone)) == period
