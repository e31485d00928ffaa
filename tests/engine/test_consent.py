# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How long the bank lets Ponto read, and when to remind of its end."""

from datetime import datetime, timedelta

import pytest
from engine import consent
from hypothesis import strategies as st
from makers import law

NOW = datetime(2026, 7, 15, 12)


def judge(days, **values):
    return consent.judge(NOW + timedelta(days=days), NOW, **values)


@pytest.mark.parametrize(
    "days, expected",
    [(31, "valid"), (30, "soon"), (1, "soon"), (0, "expired"), (-9, "expired")],
)
def test_a_consent_is_valid_ends_soon_and_has_ended(days, expected):
    assert judge(days) == expected


def test_a_refusal_at_the_bank_has_ended_it_whatever_the_date_says():
    assert judge(90, error_code="authorizationRevoked") == consent.EXPIRED
    assert judge(90, error_code="internalServerError") == consent.VALID
    assert consent.judge(None, NOW, "authorizationExpired") == consent.EXPIRED


def test_where_the_bank_does_not_tell_nobody_knows():
    assert consent.judge(None, NOW) is None
    assert consent.count_days(None, NOW) == 0


def test_days_are_those_of_the_calendar():
    assert consent.count_days(datetime(2026, 7, 16), NOW) == 1
    assert consent.count_days(datetime(2026, 7, 14, 23), NOW) == -1


@pytest.mark.parametrize(
    "state, is_deprecated, error_code, is_readonly, expected",
    [
        ("expired", True, "x", True, "expired"),
        ("soon", True, "x", True, "replaced"),
        ("soon", False, "x", True, "soon"),
        ("valid", False, "x", True, "failed"),
        (None, False, None, True, "maintenance"),
        ("valid", False, None, False, None),
    ],
)
def test_the_most_pressing_is_told(
    state, is_deprecated, error_code, is_readonly, expected
):
    found = consent.choose_notice(state, is_deprecated, error_code, is_readonly)
    assert found == expected


@pytest.mark.parametrize(
    "codes, expected",
    [
        ((None, None), None),
        (("technicalFailure", None), "technicalFailure"),
        ((None, "technicalFailure"), "technicalFailure"),
        (("technicalFailure", "authorizationInvalid"), "authorizationInvalid"),
        (("authorizationInvalid", "technicalFailure"), "authorizationInvalid"),
    ],
)
def test_of_two_failures_the_one_that_needs_somebody_is_told(codes, expected):
    assert consent.choose_error(*codes) == expected


@pytest.mark.parametrize(
    "state, days, reminded, expected",
    [
        ("valid", 31, -1, None),
        (None, 0, -1, None),
        ("soon", 30, -1, 30),
        ("soon", 29, 30, None),
        ("soon", 10, 30, 10),
        ("soon", 1, 30, 1),
        ("soon", 0, 1, 0),
        ("expired", 90, -1, 0),
        ("expired", -9, 0, None),
    ],
)
def test_people_are_reminded_once_at_each_threshold(state, days, reminded, expected):
    assert consent.find_reminder(state, days, reminded) == expected


@law(st.integers(0, 60), st.integers(1, 20))
def test_however_often_it_runs_nobody_is_reminded_twice_at_a_threshold(days, step):
    expires_at, reminded, reminders = NOW + timedelta(days=days), -1, []
    for passed in range(0, days + 5, step):
        now = NOW + timedelta(days=passed)
        state = consent.judge(expires_at, now)
        left = consent.count_days(expires_at, now)
        found = consent.find_reminder(state, left, reminded)
        if found is not None:
            reminders.append(found)
            reminded = found
    assert reminders == sorted(set(reminders), reverse=True)
    assert set(reminders) <= set(consent.REMINDER_DAYS)
