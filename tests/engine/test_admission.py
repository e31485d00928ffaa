# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""May a transaction become a line unasked; if not, why."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from engine import admission, entry
from engine.admission import Outcome, Rules, assess
from hypothesis import strategies as st
from makers import CENT, TODAY, law, make_entry, make_known

DAY = timedelta(days=1)
START = TODAY - 10 * DAY
RULES = Rules(currency="EUR", rounding=CENT, start=START, today=TODAY)


@pytest.mark.parametrize(
    "values, expected",
    [
        ({}, Outcome("new")),
        ({"day": START}, Outcome("new")),
        ({"day": START - DAY}, Outcome("before_start")),
        ({"day": TODAY + DAY}, Outcome("waiting", "future")),
        ({"day": None}, Outcome("waiting", "date")),
        ({"amount": None}, Outcome("waiting", "amount")),
        ({"currency": "USD"}, Outcome("waiting", "currency")),
        ({"currency": None}, Outcome("waiting", "currency")),
        ({"amount": Decimal("1.005")}, Outcome("waiting", "decimals")),
        ({"amount": Decimal("1.0050")}, Outcome("waiting", "decimals")),
        ({"amount": Decimal("1.500")}, Outcome("new")),
        ({"amount": Decimal(0)}, Outcome("new")),
        ({"day": None, "amount": None}, Outcome("waiting", "date")),
        (
            {"amount": Decimal("0.001"), "currency": "USD"},
            Outcome("waiting", "currency"),
        ),
        ({"amount": None, "day": START - DAY}, Outcome("waiting", "amount")),
    ],
)
def test_what_becomes_of_a_transaction(values, expected):
    assert assess(make_entry(**values), RULES) == expected


@pytest.mark.parametrize(
    "rounding, amount, expected",
    [
        ("1", "100", "new"),
        ("1", "100.5", "waiting"),
        ("0.001", "1.234", "new"),
        ("0.001", "1.2345", "waiting"),
        ("0.05", "10.05", "new"),
        ("0.05", "10.02", "waiting"),
        ("0.01", "-9999999999999.99", "new"),
        ("0.01", "12345678901234.56", "waiting"),
        ("0.01", "1E+17", "new"),
        ("0.01", "-0.00", "new"),
    ],
)
def test_only_what_odoo_keeps_as_it_is_is_imported(rounding, amount, expected):
    rules = Rules("EUR", Decimal(rounding), START, TODAY)
    assert assess(make_entry(amount=Decimal(amount)), rules).state == expected


@law(st.decimals(-(10**17), 10**17, places=2))
def test_an_amount_that_is_imported_survives_the_way_through_a_float(amount):
    if assess(make_entry(amount=amount), RULES).state == entry.NEW:
        assert Decimal(str(float(amount))) == amount


ENTRIES = st.builds(
    make_entry,
    day=st.none() | st.integers(-15, 5).map(lambda days: TODAY + days * DAY),
    amount=st.none() | st.decimals(-999, 999, places=3),
    currency=st.sampled_from(["EUR", "USD", None]),
)


@law(ENTRIES)
def test_only_what_waits_has_a_reason(each):
    outcome = assess(each, RULES)
    assert (outcome.state == entry.WAITING) == (outcome.reason is not None)


@law(ENTRIES, st.integers(0, 30))
def test_an_earlier_start_lets_in_more_and_changes_nothing_else(each, days):
    before = assess(each, RULES)
    after = assess(each, Rules("EUR", CENT, START - days * DAY, TODAY))
    assert after == before or before.state == entry.BEFORE_START


@law(ENTRIES)
def test_an_obstacle_is_what_makes_it_wait_whatever_its_day(each):
    outcome = assess(each, RULES)
    obstacle = admission.find_obstacle(each, RULES)
    assert obstacle == (
        outcome.reason if outcome.reason in entry.UNIMPORTABLE_REASONS else None
    )


def test_an_obstacle_stays_one_and_without_a_document_there_is_none_to_see():
    assert admission.find_obstacle(make_entry(), RULES, "currency") == "currency"
    assert admission.find_obstacle(None, RULES, "amount") == "amount"
    assert admission.find_obstacle(None, RULES, "locked") is None
    assert admission.find_obstacle(make_entry(), RULES, "locked") is None


# === THE START === #


def test_the_start_that_somebody_chose_holds_whatever_is_asked_for():
    usual = START + DAY
    assert admission.choose_start(START, usual, since=START - DAY) == START
    assert admission.choose_start(None, usual) == usual
    assert admission.choose_start(None, usual, since=START) == START
    assert admission.choose_start(None, usual, since=TODAY) == usual


def test_the_proposed_start_is_behind_what_is_there_and_what_is_locked():
    ninety = TODAY - 90 * DAY
    assert admission.propose_start(TODAY) == ninety
    assert admission.propose_start(TODAY, last_line=START) == START + DAY
    assert admission.propose_start(TODAY, START, last_locked=TODAY) == TODAY + DAY
    assert admission.propose_start(TODAY, last_locked=date(2020, 1, 1)) == ninety


def test_what_is_early_is_found_after_the_start_has_moved():
    assert admission.find_early({1: START - DAY, 2: START}, START) == {1}


def test_what_odoo_would_book_on_another_day_is_locked():
    new = [make_known(1, day=START), make_known(2, day=TODAY)]
    assert admission.find_locked(new, {START: TODAY, TODAY: TODAY}) == {1}


# === IN A WORD === #


@pytest.mark.parametrize(
    "state, reason, has_similar_line, is_locked, expected",
    [
        ("waiting", "doubtful", True, True, "doubtful"),
        ("new", None, True, True, "look_alike"),
        ("new", None, False, True, "locked"),
        ("new", None, False, False, "new"),
        ("ignored", None, True, True, "ignored"),
    ],
)
def test_a_verdict(state, reason, has_similar_line, is_locked, expected):
    known = make_known(1, state=state, reason=reason)
    assert admission.name_verdict(known, has_similar_line, is_locked) == expected


def test_a_new_one_without_anything_remarkable_is_new():
    assert admission.name_verdict(make_known(1)) == entry.NEW


@pytest.mark.parametrize(
    "values, obstacle, has_document, expected",
    [
        ({"state": "new"}, "date", False, True),
        ({"state": "removed"}, None, True, True),
        ({"state": "removed"}, None, False, False),
        ({"state": "removed"}, "currency", True, False),
        ({"state": "removed", "line": 7}, None, True, False),
        ({"state": "waiting", "reason": "doubtful"}, None, True, True),
        ({"state": "waiting", "reason": "changed"}, None, True, False),
        ({"state": "imported"}, None, True, False),
    ],
)
def test_what_may_be_chosen_in_a_preview(values, obstacle, has_document, expected):
    known = make_known(1, **values)
    verdict = admission.name_verdict(known)
    found = admission.may_be_chosen(known, verdict, obstacle, has_document)
    assert found is expected
