# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Does the journal equal the bank; the balance before its first line."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from engine import proof
from engine.proof import NotBooked, Source
from hypothesis import strategies as st
from makers import CENT, MONEY, TODAY, law

NOW = datetime(2026, 7, 15, 12)
DAY = timedelta(days=1)

# === JOURNAL AND BANK === #


def judge(difference, is_simultaneous=True, **not_booked):
    """Judge a difference, and what was not booked."""
    amounts = {name: Decimal(amount) for name, amount in not_booked.items()}
    return proof.judge(
        difference and Decimal(difference), NotBooked(**amounts), is_simultaneous, CENT
    )


def test_a_difference_is_what_the_bank_has_more():
    assert proof.find_difference(Decimal("10.00"), Decimal("7.001"), CENT) == 3
    assert proof.find_difference(None, Decimal(7), CENT) is None


def test_without_a_balance_nobody_knows():
    assert judge(None, waiting="3") == proof.UNKNOWN


def test_without_a_balance_before_the_first_line_nobody_knows_either():
    for difference in (Decimal(), Decimal(7)):
        state = proof.judge(difference, None, True, CENT, is_opening_told=False)
        assert state == proof.NO_OPENING
    assert proof.judge(None, None, True, CENT, False) == proof.UNKNOWN


def test_nothing_else_is_looked_at_where_nothing_differs():
    assert proof.judge(Decimal(), None, False, CENT) == proof.EQUAL
    assert proof.judge(Decimal("0.004"), None, False, CENT) == proof.EQUAL


@pytest.mark.parametrize(
    "difference, is_explained",
    [("1", 1), ("3", 1), ("5", 1), ("7", 1), ("2", 0), ("4", 0), ("6", 0), ("-1", 0)],
)
def test_what_waits_explains_a_difference_with_or_without_the_rest(
    difference, is_explained
):
    """What waits does in any case; what is announced, and what is late, perhaps."""
    expected = proof.EXPLAINED if is_explained else proof.DIFFERENT
    assert judge(difference, waiting="1", announced="2", late="4") == expected


def test_a_difference_at_different_moments_is_none_yet():
    assert judge("1") == proof.DIFFERENT
    assert judge("1", is_simultaneous=False) == proof.NOT_SAME_MOMENT
    assert judge("1", is_simultaneous=False, late="1") == proof.EXPLAINED


@law(MONEY, MONEY, MONEY, MONEY, st.booleans(), st.booleans())
def test_what_is_missing_is_the_whole_explanation(
    journal, waiting, announced, late, counts_announced, counts_late
):
    bank = journal + waiting + announced * counts_announced + late * counts_late
    difference = proof.find_difference(bank, journal, CENT)
    state = proof.judge(difference, NotBooked(waiting, announced, late), True, CENT)
    assert state == (proof.EXPLAINED if difference else proof.EQUAL)


@pytest.mark.parametrize(
    "minutes, expected", [(0, True), (10, True), (-10, True), (11, False), (-11, False)]
)
def test_ten_minutes_are_one_moment(minutes, expected):
    other = NOW + timedelta(minutes=minutes)
    assert proof.is_same_moment(NOW, other) is expected


def test_where_ponto_does_not_tell_it_is_one_moment():
    assert proof.is_same_moment(None, NOW)
    assert proof.is_same_moment(NOW, None)


def test_the_first_day_of_a_difference():
    days = [None, TODAY, TODAY - DAY]
    assert proof.find_difference_date(days, None, TODAY) == TODAY - DAY
    assert proof.find_difference_date([None], TODAY - 2 * DAY, TODAY) == TODAY - 2 * DAY
    assert proof.find_difference_date([], None, TODAY) == TODAY


def test_a_difference_lasts_after_a_day():
    assert not proof.is_lasting(None, NOW)
    assert not proof.is_lasting(NOW - DAY + timedelta(seconds=1), NOW)
    assert proof.is_lasting(NOW - DAY, NOW)


# === THE BALANCE BEFORE THE FIRST LINE === #


@pytest.mark.parametrize(
    "has_bank, has_before, expected",
    [
        (True, False, Source(proof.BY_BANK, False)),
        (True, True, Source(proof.BY_BANK, False)),
        (False, False, Source(proof.BY_NOTHING, True)),
        (False, True, Source(proof.BY_FIRST_LINE)),
    ],
)
def test_by_what_the_balance_before_new_lines_is_settled(
    has_bank, has_before, expected
):
    assert proof.choose_source(has_bank, has_before) == expected


def test_counted_back_from_what_is_not_settled_it_is_provisional():
    source = proof.choose_source(True, False, is_settled=False)
    assert source == Source(proof.BY_BANK, is_provisional=True)


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
    found = proof.trusts_bank(Decimal(7), before, map(Decimal, missing), state, CENT)
    assert found is expected


@pytest.mark.parametrize(
    "balance, expected", [("5", True), ("7", True), ("6", False), ("8", False)]
)
def test_a_balance_that_moved_by_what_came_late_holds_the_same_history(
    balance, expected
):
    missing = (Decimal(2), Decimal())
    assert proof.is_late(Decimal(balance), Decimal(5), missing, CENT) is expected


@law(MONEY, st.lists(MONEY))
def test_what_is_counted_back_comes_to_the_balance_again(balance, amounts):
    assert proof.count_back(balance, amounts, CENT) + sum(amounts) == balance


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
    assert proof.has_to_settle(is_kept, opening_day, first_new=TODAY) is expected


def test_an_opening_balance_takes_in_what_was_booked_before_its_new_day():
    assert proof.move_opening(Decimal(100), Decimal(12), True, CENT) == 112
    assert proof.move_opening(Decimal(112), Decimal(7), False, CENT) == 105


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
        balance = proof.move_opening(balance, between, new_day > day, CENT)
        day = new_day
        assert balance == opening + sum_between(0, day)


# === WHAT EXPLAINS A DIFFERENCE === #


def explain(difference, **amounts):
    """Explain a difference by amounts of some kinds."""
    amounts = {kind: Decimal(amount) for kind, amount in amounts.items()}
    return proof.explain(Decimal(difference), amounts, CENT)


def test_where_nothing_differs_nothing_is_explained():
    assert explain("0.004", waiting="3", removed="-3") == ((), 0)


def test_all_that_adds_up_to_the_difference_explains_it():
    assert explain("7", waiting="3", removed="4") == (("waiting", "removed"), 0)
    assert explain("7", waiting="3", removed="4", late="9") == (
        ("waiting", "removed"),
        0,
    )
    assert explain("5", ignored="5", announced="2") == (("ignored",), 0)


def test_what_may_be_elsewhere_counts_only_as_far_as_it_explains():
    assert explain("7", removed="3", removed_early="4") == (
        ("removed", "removed_early"),
        0,
    )
    assert explain("3", removed="3", removed_early="4") == (("removed",), 0)


def test_the_rest_is_unexplained():
    assert explain("10", waiting="3", removed="4", announced="1") == (
        ("waiting", "removed"),
        3,
    )
    assert explain("-6") == ((), -6)


@law(
    st.dictionaries(
        st.sampled_from([*proof.CERTAIN, *proof.POSSIBLE]), MONEY.filter(bool)
    ),
    MONEY,
)
def test_reasons_and_rest_are_all_of_the_difference(amounts, difference):
    kinds, rest = proof.explain(difference, amounts, CENT)
    assert rest + sum(amounts[kind] for kind in kinds) == difference or not difference
    whole = sum(amounts.values(), Decimal())
    assert proof.explain(whole, amounts, CENT)[1] == 0


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
    day = proof.find_day_for_both(opening_day, old_day, new_day)
    between = sum_before(opening_day, transactions) - sum_before(day, transactions)
    opening = proof.move_opening(opening, between, is_later=False, rounding=CENT)
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
    assert proof.find_shift(TODAY, old, new) == expected
