# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The next run, and how far a pull has come."""

from datetime import datetime, timedelta

import pytest
from engine import schedule
from hypothesis import strategies as st
from makers import DAYS, TODAY, law

NOW = datetime(2026, 7, 15, 12, 30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def next_run(planned="2026-07-15T12:00", interval=HOUR, **values):
    planned = datetime.fromisoformat(planned)
    return schedule.find_next_run(planned, interval, NOW, **values).isoformat()[:16]


# === THE NEXT RUN === #


def test_the_next_run_is_the_first_of_its_grid_after_now():
    assert next_run() == "2026-07-15T13:00"
    assert next_run("2026-07-14T08:10") == "2026-07-15T13:10"
    assert next_run("2026-07-15T12:30") == "2026-07-15T13:30"
    assert next_run("2026-07-15T14:00") == "2026-07-15T14:00"


def test_a_schedule_far_behind_begins_anew():
    assert next_run("2026-07-08T12:10") == "2026-07-15T13:30"
    assert next_run("2026-07-08T12:40") == "2026-07-15T12:40"


def test_a_schedule_far_ahead_begins_anew():
    """A clock was ahead, and is put right."""
    assert next_run("2026-07-15T14:30") == "2026-07-15T14:30"
    assert next_run("2026-07-15T14:31") == "2026-07-15T13:30"
    assert next_run("2036-07-15T12:00") == "2026-07-15T13:30"
    assert next_run("2026-08-01T12:00", interval=DAY) == "2026-07-16T12:30"


@pytest.mark.parametrize(
    "due, expected",
    [
        ("11:00", "12:40"),
        ("12:40", "12:40"),
        ("12:41", "13:40"),
        ("16:00", "16:40"),
    ],
)
def test_what_is_due_has_its_turn_when_the_action_runs_next(due, expected):
    turns = schedule.Turns(datetime(2026, 7, 15, 12, 40), HOUR, [])
    found = turns.find(datetime.fromisoformat(f"2026-07-15T{due}"), NOW)
    assert f"{found:%H:%M}" == expected


def test_an_action_that_is_late_runs_now_and_keeps_its_grid():
    turns = schedule.Turns(datetime(2026, 7, 15, 11, 40), HOUR, [])
    assert turns.find(datetime(2026, 7, 15, 12), NOW) == NOW
    assert turns.find(datetime(2026, 7, 15, 13), NOW) == datetime(2026, 7, 15, 13, 40)


def test_what_is_triggered_has_its_turn_sooner_if_it_is_due_by_then():
    triggers = [datetime(2026, 7, 15, 12), datetime(2026, 7, 15, 12, 35)]
    turns = schedule.Turns(datetime(2026, 7, 15, 13), HOUR, triggers)
    assert turns.find(NOW, NOW) == NOW
    assert turns.find(NOW + timedelta(minutes=2), NOW) == triggers[1]
    assert turns.find(NOW + timedelta(minutes=9), NOW) == turns.planned


@pytest.mark.parametrize(
    "unit, number, expected",
    [
        ("minutes", 5, timedelta(minutes=5)),
        ("weeks", 2, timedelta(weeks=2)),
        ("months", 2, timedelta(days=60)),
        ("days", 9_999_999, timedelta(days=366)),
        ("weeks", 2**31 - 1, timedelta(weeks=52)),
        ("hours", 0, HOUR),
        ("hours", -7, HOUR),
    ],
)
def test_no_interval_is_beyond_reason(unit, number, expected):
    assert schedule.make_interval(unit, number) == expected


@pytest.mark.parametrize(
    "failures, expected",
    [
        (0, "2026-07-15T13:00"),
        (1, "2026-07-15T13:00"),
        (2, "2026-07-15T13:30"),
        (3, "2026-07-15T14:30"),
        (4, "2026-07-15T16:30"),
        (7, "2026-07-16T12:30"),
        (1000, "2026-07-16T12:30"),
    ],
)
def test_each_failure_doubles_the_wait_up_to_a_day(failures, expected):
    assert next_run(failures=failures) == expected


def test_a_failing_feed_with_a_long_interval_does_not_come_earlier():
    assert next_run(interval=30 * DAY, failures=9) == "2026-08-14T12:00"


def test_ponto_is_given_the_time_that_it_asked_for():
    assert next_run(retry_after=timedelta(seconds=60)) == "2026-07-15T13:00"
    assert next_run(retry_after=2 * HOUR) == "2026-07-15T14:30"
    assert next_run(retry_after=timedelta()) == "2026-07-15T13:00"


MINUTES = st.integers(1, 60 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
PLANS = st.integers(-20 * 24 * 60, 20 * 24 * 60).map(
    lambda minutes: NOW + timedelta(minutes=minutes)
)
WAITS = st.none() | st.integers(0, 10**6).map(lambda s: timedelta(seconds=s))


@law(PLANS, MINUTES, st.integers(0, 40), WAITS)
def test_the_next_run_is_always_after_now(planned, interval, failures, retry_after):
    found = schedule.find_next_run(planned, interval, NOW, failures, retry_after)
    assert found > NOW
    assert found >= NOW + (retry_after or timedelta())
    is_ahead = planned - NOW > 2 * interval
    assert failures or is_ahead or found >= planned
    limit = max(2 * interval, schedule.MAX_DELAY) if failures else 2 * interval
    assert found <= NOW + max(limit, retry_after or timedelta())


@law(PLANS, MINUTES)
def test_after_success_the_next_run_is_on_the_grid_and_no_earlier_one_is_left_out(
    planned, interval
):
    found = schedule.find_next_run(planned, interval, NOW)
    is_behind = NOW - planned > max(schedule.MAX_BACKLOG, interval)
    is_ahead = planned - NOW > 2 * interval
    beginning = NOW if is_behind or is_ahead else planned
    assert not (found - beginning) % interval
    assert found == beginning or found - interval <= NOW


@law(PLANS, MINUTES, st.integers(0, 40))
def test_another_failure_never_makes_it_earlier_nor_later_than_a_day_or_the_plan(
    planned, interval, failures
):
    found = schedule.find_next_run(planned, interval, NOW, failures)
    assert schedule.find_next_run(planned, interval, NOW, failures + 1) >= found
    success = schedule.find_next_run(planned, interval, NOW)
    assert found <= max(success, NOW + schedule.MAX_DELAY)


def test_what_is_made_due_keeps_its_grid():
    planned = datetime(2026, 7, 20, 6)
    monday = datetime(2026, 7, 13, 6)
    assert schedule.make_due(planned, 7 * DAY, NOW) == monday
    assert schedule.make_due(monday, 7 * DAY, NOW) == monday
    assert schedule.make_due(NOW, HOUR, NOW) == NOW
    assert next_run("2026-07-06T06:00", interval=14 * DAY) == "2026-07-20T06:00"


@law(PLANS, MINUTES)
def test_what_is_made_due_is_planned_next_as_it_would_have_been(planned, interval):
    due = schedule.make_due(planned, interval, NOW)
    assert due <= NOW
    assert not (planned - due) % interval
    assert due == planned or NOW - due < interval
    if planned - NOW <= interval:
        expected = schedule.find_next_run(planned, interval, NOW)
        assert schedule.find_next_run(due, interval, NOW) == expected


@law(PLANS, MINUTES)
def test_catching_up_leaves_less_than_an_interval_behind(planned, interval):
    expected, following = planned, planned + interval
    while following < NOW:
        expected, following = following, following + interval
    assert schedule.catch_up(planned, interval, NOW) == expected


def test_catching_up_takes_no_longer_from_the_beginning_of_time():
    planned = datetime(1, 1, 1, tzinfo=NOW.tzinfo)
    minute = timedelta(minutes=1)
    found = schedule.catch_up(planned, minute, NOW)
    assert NOW - minute <= found < NOW


def test_people_are_told_at_once_what_does_not_pass_and_after_a_day_what_may():
    assert schedule.needs_person(False, NOW, NOW)
    assert not schedule.needs_person(True, NOW - DAY + HOUR, NOW)
    assert schedule.needs_person(True, NOW - DAY, NOW)


def test_what_lasts_since_a_moment_ahead_lasts_from_now_on():
    assert schedule.lasts_since(NOW - DAY, NOW) == NOW - DAY
    for earlier in (None, False, NOW, NOW + DAY):
        assert schedule.lasts_since(earlier, NOW) == NOW


# === HOW FAR A PULL IS === #


def test_reading_has_come_as_far_as_the_last_day_of_a_page():
    assert schedule.find_reached_day([TODAY - 9 * DAY, TODAY]) == TODAY
    assert schedule.find_reached_day([TODAY], reached=TODAY - DAY) == TODAY - DAY
    assert schedule.find_reached_day([TODAY - DAY], reached=TODAY) == TODAY - DAY
    assert schedule.find_reached_day([None], reached=TODAY) == TODAY
    assert schedule.find_reached_day([]) is None


@law(st.lists(st.lists(st.none() | DAYS, max_size=4), max_size=6))
def test_reading_never_goes_forward_in_time(pages):
    reached = None
    for days in pages:
        before, reached = reached, schedule.find_reached_day(days, reached)
        assert before is None or reached <= before


@pytest.mark.parametrize(
    "goal, reached, expected",
    [
        (100, None, 0.0),
        (100, 25, 0.25),
        (100, 100, 1.0),
        (100, 140, 1.0),
        (100, -1, 0.0),
        (0, 5, 0.0),
        (-5, 5, 0.0),
    ],
)
def test_reading_is_measured_by_how_far_back_it_has_come(goal, reached, expected):
    reached = reached if reached is None else TODAY - reached * DAY
    assert schedule.measure_reading(TODAY, TODAY - goal * DAY, reached) == expected


def test_importing_is_measured_by_what_is_left():
    assert schedule.measure_importing(100, 75) == 0.25
    assert schedule.measure_importing(0, 0) == 1.0


def test_the_rest_is_estimated_from_the_pace():
    assert schedule.estimate_rest(60, 0.0, 0.25) == 180
    assert schedule.estimate_rest(60, 0.5, 0.75) == 60
    assert schedule.estimate_rest(60, 0.5, 0.52) is None


def test_reading_brings_something_to_import():
    assert schedule.estimate_reading(60, 0.0, 0.25, found=100) == pytest.approx(192)
    assert schedule.estimate_reading(60, 0.0, 0.01, found=100) is None


def test_importing_is_estimated_by_experience_before_there_is_a_pace():
    assert schedule.estimate_importing(60, 0.0, 0.25, left=75) == 180
    assert schedule.estimate_importing(60, 0.0, 0.01, left=100) == pytest.approx(3)


PARTS = st.floats(0, 1)


@law(PARTS, PARTS, st.integers(0, 100))
def test_the_bar_goes_from_reading_to_importing_and_never_back(read, imported, before):
    reading = schedule.percent_reading(read, before)
    assert before <= reading <= max(before, schedule.READING_SHARE)
    importing = schedule.percent_importing(imported, reading)
    assert max(reading, schedule.READING_SHARE) <= importing <= 100


def test_a_pull_that_has_not_moved_for_two_minutes_waits():
    assert not schedule.is_stalled(NOW - timedelta(minutes=2), NOW)
    assert schedule.is_stalled(NOW - timedelta(minutes=2, seconds=1), NOW)
