# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Does the journal equal the bank, and what explains it if it does not?"""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import compress

import pytest
from engine import proof
from engine.proof import NotBooked
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
    """What waits does in any case; what is announced, or late, or doubtful, perhaps."""
    expected = proof.EXPLAINED if is_explained else proof.DIFFERENT
    told = {"waiting": "1", "announced": "2", "late": "4"}
    assert judge(difference, **told) == expected
    told["doubtful"] = "16"
    assert judge(difference, **told) == expected
    assert judge(str(Decimal(difference) + 16), **told) == expected


def test_a_difference_at_different_moments_is_none_yet():
    assert judge("1") == proof.DIFFERENT
    assert judge("1", is_simultaneous=False) == proof.NOT_SAME_MOMENT
    assert judge("1", is_simultaneous=False, late="1") == proof.EXPLAINED


@law(MONEY, MONEY, st.tuples(*[MONEY] * 3), st.tuples(*[st.booleans()] * 3))
def test_what_is_missing_is_the_whole_explanation(journal, waiting, others, counted):
    bank = journal + waiting + sum(compress(others, counted))
    difference = proof.find_difference(bank, journal, CENT)
    state = proof.judge(difference, NotBooked(waiting, *others), True, CENT)
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
    assert explain("3", waiting="3", doubtful="4") == (("waiting",), 0)
    assert explain("7", waiting="3", doubtful="4") == (("waiting", "doubtful"), 0)
    assert explain("9", waiting="3", doubtful="4") == (("waiting",), 6)


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
