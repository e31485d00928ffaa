# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The balance before a journal's first line."""

from datetime import timedelta
from decimal import Decimal

import pytest
from engine.opening import (
    BY_BANK,
    BY_FIRST_LINE,
    BY_NOTHING,
    Source,
    choose_source,
    count_back,
    find_day_for_both,
    find_shift,
    has_to_settle,
    is_late,
    move_opening,
    trusts_bank,
)
from hypothesis import strategies as st
from makers import CENT, MONEY, TODAY, law

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "has_bank, has_before, expected",
    [
        (True, False, Source(BY_BANK, False)),
        (True, True, Source(BY_BANK, False)),
        (False, False, Source(BY_NOTHING, True)),
        (False, True, Source(BY_FIRST_LINE)),
    ],
)
def test_by_what_the_balance_before_new_lines_is_settled(
    has_bank, has_before, expected
):
    assert choose_source(has_bank, has_before) == expected


def test_counted_back_from_what_is_not_settled_it_is_provisional():
    source = choose_source(True, False, is_settled=False)
    assert source == Source(BY_BANK, is_provisional=True)


@pytest.mark.parametrize(
    "before, missing, state, expected",
    [
        (None, (), "different", True),
        ("5", (), None, True),
        ("5", (), "equal", True),
        ("5", (), "explained", True),
        ("5", (), "different", False),
        ("5", (), "unknown", False),
        ("5", (), "not_same_moment", False),
        ("7.001", (), "different", True),
        # What is not in the journal came late, or is part of that balance already.
        ("5", (2, 0), "different", True),
        ("7", (2, 0), "different", True),
        ("5", (3, 4), "different", False),
        ("5", (3, -1), "different", True),
        ("4", (1, 2, 5), "different", True),
    ],
)
def test_a_journal_that_differed_keeps_its_first_balance(
    before, missing, state, expected
):
    before = before and Decimal(before)
    found = trusts_bank(Decimal(7), before, map(Decimal, missing), state, CENT)
    assert found is expected


@pytest.mark.parametrize(
    "balance, expected", [("5", True), ("7", True), ("6", False), ("8", False)]
)
def test_a_balance_that_moved_by_what_came_late_holds_the_same_history(
    balance, expected
):
    missing = (Decimal(2), Decimal())
    assert is_late(Decimal(balance), Decimal(5), missing, CENT) is expected


@law(MONEY, st.lists(MONEY))
def test_what_is_counted_back_comes_to_the_balance_again(balance, amounts):
    assert count_back(balance, amounts, CENT) + sum(amounts) == balance


@pytest.mark.parametrize(
    "is_kept, opening_day, expected",
    [
        (False, None, True),
        (False, TODAY - DAY, False),
        (True, None, False),
        (True, TODAY - DAY, False),
        (True, TODAY, False),
        (True, TODAY + DAY, True),
    ],
)
def test_only_lines_before_the_first_one_settle_it_anew(is_kept, opening_day, expected):
    assert has_to_settle(is_kept, opening_day, first_new=TODAY) is expected


def test_an_opening_balance_takes_in_what_was_booked_before_its_new_day():
    assert move_opening(Decimal(100), Decimal(12), True, CENT) == 112
    assert move_opening(Decimal(112), Decimal(7), False, CENT) == 105


@law(
    MONEY,
    st.dictionaries(st.integers(0, 9), MONEY),
    st.lists(st.integers(0, 10), min_size=1, max_size=8),
)
def test_an_opening_balance_is_the_same_whatever_days_it_has_come_by(
    opening, booked, days
):
    def sum_between(since, until):
        return sum((booked.get(day, 0) for day in range(since, until)), Decimal())

    balance, day = opening, 0
    for new_day in days:
        between = sum_between(*sorted((day, new_day)))
        balance = move_opening(balance, between, new_day > day, CENT)
        day = new_day
        assert balance == opening + sum_between(0, day)


# === WHAT GETS ANOTHER DAY === #

DAYS = st.integers(-9, 9).map(lambda number: TODAY + number * DAY)


def sum_before(day, transactions):
    return sum((amount for each, amount in transactions if each < day), Decimal())


@law(st.lists(st.tuples(DAYS, MONEY), min_size=1), DAYS, DAYS)
def test_what_was_dated_anew_counts_as_if_it_had_always_had_its_day(
    transactions, opening_day, new_day
):
    """The balance before a day holds all that is of earlier days, and nothing else."""
    (old_day, amount), *others = transactions
    opening = sum_before(opening_day, transactions)
    day = find_day_for_both(opening_day, old_day, new_day)
    between = sum_before(opening_day, transactions) - sum_before(day, transactions)
    opening = move_opening(opening, between, is_later=False, rounding=CENT)
    assert day <= opening_day
    assert opening == sum_before(day, [(new_day, amount), *others])


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ((TODAY - DAY, 4), (TODAY, 5), -4),
        ((TODAY, 4), (TODAY - DAY, 5), 4),
        ((TODAY, 4), (TODAY + DAY, 5), 0),
        ((TODAY - DAY, 4), (TODAY - DAY, 5), 0),
        ((None, 4), (TODAY, 4), -4),
        ((TODAY, None), (TODAY, 4), -4),
        ((None, None), (TODAY, 4), -4),
        ((None, None), (TODAY, None), 0),
        ((None, 4), (TODAY - DAY, 4), 0),
        ((TODAY, 4), (None, 4), 4),
    ],
)
def test_the_opening_balance_holds_what_is_earlier_or_in_no_line(old, new, expected):
    assert find_shift(TODAY, old, new) == expected
