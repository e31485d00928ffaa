# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The statement of a day, and balances that follow from one another."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from engine import amounts, days, statements
from engine.days import Period
from engine.statements import Balances, Statement
from hypothesis import strategies as st
from makers import CENT, MONEY, TODAY, law, make_statement

JULY = Period(date(2026, 7, 1), date(2026, 7, 31))
JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))

# === WHICH STATEMENT === #


@law(st.dates(date(1000, 1, 1)), st.sampled_from(["BNK1", "A/B", ""]))
def test_a_name_tells_the_period_it_was_made_of(since, code):
    assert statements.find_own_period(statements.make_name(code, since), code) == since


@pytest.mark.parametrize(
    "name",
    [None, "", "Paper 7", "BNK1/20260701", "BNK1/2026-07-32", "BNK2/2026-07-01"],
)
def test_other_names_are_those_of_somebody_else(name):
    assert statements.find_own_period(name, "BNK1") is None


def test_days_get_the_statements_of_their_periods_and_miss_each_once():
    wanted = [date(2026, 7, 3), date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 3)]
    found = statements.assign(wanted, days.MONTHLY, existing=())
    assert found.periods == {wanted[0]: JULY, wanted[1]: JUNE, wanted[2]: JULY}
    assert found.missing == [JULY, JUNE]
    found = statements.assign(wanted, days.MONTHLY, existing=[JULY])
    assert found.missing == [JUNE]


def july(since, until):
    return Period(date(2026, 7, since), date(2026, 7, until))


def assign(day, mode, *existing):
    found = statements.assign([date(2026, 7, day)], mode, existing)
    return found.periods[date(2026, 7, day)], bool(found.missing)


def test_a_period_of_another_length_begins_behind_the_last_statement():
    daily = [july(1, 1), july(6, 6)]
    assert assign(8, days.MONTHLY, *daily) == (july(7, 31), True)
    assert assign(8, days.WEEKLY, *daily) == (july(7, 12), True)
    assert assign(13, days.WEEKLY, *daily) == (july(13, 19), True)


def test_a_late_line_goes_between_statements_and_never_into_a_later_one():
    daily = [july(1, 1), july(6, 6)]
    assert assign(1, days.MONTHLY, *daily) == (july(1, 1), False)
    assert assign(3, days.MONTHLY, *daily) == (july(2, 5), True)
    assert assign(3, days.DAILY, *daily) == (july(3, 3), True)


def test_a_longer_statement_keeps_its_days_whatever_comes_after_it():
    assert assign(20, days.DAILY, JULY) == (JULY, False)
    assert assign(31, days.WEEKLY, JULY) == (JULY, False)
    august = statements.assign([date(2026, 8, 1)], days.WEEKLY, [JULY])
    assert august.missing == [Period(date(2026, 8, 1), date(2026, 8, 2))]


MODES = st.sampled_from([days.DAILY, days.WEEKLY, days.MONTHLY])
JULY_DAYS = st.integers(-40, 40).map(lambda shift: TODAY + timedelta(days=shift))


@law(st.lists(st.tuples(st.lists(JULY_DAYS, max_size=5), MODES), max_size=6))
def test_no_day_ever_has_two_statements_nor_moves_to_another(pulls):
    existing, given = [], {}
    for wanted, mode in pulls:
        found = statements.assign(wanted, mode, existing)
        existing += found.missing
        for day in wanted:
            assert day in found.periods[day]
            assert given.setdefault(day, found.periods[day]) == found.periods[day]
    for period in existing:
        assert period.since <= period.until
    ordered = sorted(existing, key=lambda period: period.since)
    for period, following in zip(ordered, ordered[1:], strict=False):
        assert period.until < following.since


@law(st.dictionaries(JULY_DAYS, JULY_DAYS), MODES)
def test_restored_periods_have_no_day_in_common(last_days, mode):
    periods = statements.restore_periods(last_days, mode)
    assert periods.keys() == last_days.keys()
    for since, period in periods.items():
        assert period.since == since <= period.until
        assert not [day for day in last_days.keys() - {since} if day in period]


@law(st.lists(JULY_DAYS, min_size=1), MODES, MODES)
def test_restored_periods_take_no_day_of_another_length(wanted, made, mode):
    """Whatever length is chosen at the take-over."""
    last_days = {}
    for day in sorted(wanted):
        last_days[days.period_around(day, made).since] = day
    restored = statements.restore_periods(last_days, mode)
    for since, period in restored.items():
        assert period.until <= days.period_around(since, made).until
    for day in wanted:
        assert day in restored[days.period_around(day, made).since]


def restore(mode, *last_days):
    """Return until when statements are restored, by the days of July.

    :param last_days: of each statement the first day, and that of its last line
    """
    found = statements.restore_periods(
        {date(2026, 7, since): date(2026, 7, last) for since, last in last_days}, mode
    )
    return [period.until.day for period in found.values()]


def test_a_restored_statement_has_the_length_that_its_lines_show():
    assert restore(days.MONTHLY, (1, 2)) == [31]
    assert restore(days.WEEKLY, (6, 7)) == [12]
    assert restore(days.WEEKLY, (6, 7), (13, 13)) == [12, 19]


def test_a_restored_statement_that_may_be_shorter_ends_with_its_lines():
    assert restore(days.MONTHLY, (1, 1)) == [1]
    assert restore(days.WEEKLY, (6, 6), (7, 7)) == [6, 7]
    assert restore(days.MONTHLY, (6, 9), (13, 15)) == [9, 15]
    june = {date(2026, 6, 1): date(2026, 6, 7)}
    [period] = statements.restore_periods(june, days.MONTHLY).values()
    assert period.until == date(2026, 6, 7), "a week that begins with the month"


def test_a_restored_statement_that_is_longer_keeps_its_days():
    assert restore(days.DAILY, (1, 20), (25, 25)) == [20, 25]
    assert restore(days.WEEKLY, (6, 24)) == [24]


@pytest.mark.parametrize(
    "new_day, period, expected",
    [
        (date(2026, 6, 30), JULY, True),
        (date(2026, 7, 3), JULY, False),
        (TODAY, JULY, False),
        (TODAY, JUNE, False),
        (date(2026, 6, 30), None, False),
    ],
)
def test_a_line_leaves_the_feeds_statement_if_its_new_day_has_another(
    new_day, period, expected
):
    assert statements.leaves_statement(TODAY, new_day, period) is expected


# === BALANCES === #


def chain(statements_, before=None, opening=None):
    before = before if before is None else Decimal(before)
    opening = opening if opening is None else Decimal(opening)
    found = statements.chain_balances(statements_, before, opening, CENT)
    return {key: tuple(map(float, balances)) for key, balances in found.items()}


def test_the_first_statement_starts_with_the_opening_balance():
    new = make_statement(1, 0, 0, total=5, is_new=True)
    assert chain([new], opening=1000) == {1: (1000, 1005)}


def test_a_statement_goes_on_from_the_one_before_it():
    new = make_statement(1, 0, 0, total=5, is_new=True)
    assert chain([new], before=20, opening=1000) == {1: (20, 25)}


def test_later_ones_that_agreed_go_on_agreeing():
    found = chain(
        [
            make_statement(1, 100, 110, total=13),
            make_statement(2, 110, 120),
            make_statement(3, 120, 90),
        ],
        before=100,
    )
    assert found == {1: (100, 113), 2: (113, 123), 3: (123, 93)}


def test_one_that_did_not_agree_is_left_alone_with_all_that_follows():
    found = chain(
        [
            make_statement(1, 100, 110, total=13),
            make_statement(2, 2000, 2010),
            make_statement(3, 2010, 2020),
        ],
        before=100,
    )
    assert found == {1: (100, 113), 2: (2000, 2010), 3: (2010, 2020)}


def test_a_changed_one_that_did_not_agree_keeps_its_start():
    changed = make_statement(1, 50, 60, total=13)
    assert chain([changed], before=100) == {1: (50, 63)}


def test_an_end_that_somebody_typed_stays_and_the_next_one_starts_with_it():
    found = chain(
        [
            make_statement(1, 100, 110, total=13),
            make_statement(2, 110, 125, total=10, is_typed=True),
            make_statement(3, 125, 130),
        ],
        before=100,
    )
    assert found == {1: (100, 113), 2: (113, 125), 3: (125, 130)}


@pytest.mark.parametrize("change", [3, -3])
def test_an_end_that_somebody_typed_outlives_a_late_line(change):
    late = make_statement(1, 100, 125, total=10 + change, is_typed=True)
    found = chain([late, make_statement(2, 125, 130)], before=100)
    assert found == {1: (100, 125), 2: (125, 130)}


def test_an_end_that_somebody_typed_outlives_a_new_start():
    first = make_statement(1, 100, 125, total=10, is_new=True, is_typed=True)
    assert chain([first], opening=115) == {1: (115, 125)}


@pytest.mark.parametrize("change", [3, -3])
def test_an_end_that_nobody_typed_follows_a_late_line(change):
    late = make_statement(1, 100, 110, total=10 + change)
    found = chain([late, make_statement(2, 110, 120)], before=100)
    assert found == {1: (100, 110 + change), 2: (110 + change, 120 + change)}


@pytest.mark.parametrize("start", [110, 117])
def test_lines_without_a_statement_count_as_they_did(start):
    """Some count them into the next statement, others do not."""
    found = chain(
        [
            make_statement(1, 100, 110, total=13),
            make_statement(9, 0, 0, total=5, is_new=True, gap=Decimal(4)),
            make_statement(2, start, start + 10, gap=Decimal(3)),
        ],
        before=100,
    )
    assert found == {1: (100, 113), 9: (113, 118), 2: (start + 8, start + 18)}


@pytest.mark.parametrize("is_counted", [False, True])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_line_counts_once_when_it_comes_from_a_gap_into_a_statement(
    is_counted, is_new
):
    """Whether the statement behind the gap had counted it or not."""
    line = Decimal(-55)
    start = 100 + (line if is_counted else 0)
    behind = make_statement(2, start, start + 10, adopted=line)
    if is_new:
        own = make_statement(9, 0, 0, total=line, is_new=True)
        found = chain([own, behind], before=100)
        assert found == {9: (100, 45), 2: (45, 55)}
    else:
        grown = replace(behind, total=10 + line)
        later = make_statement(3, start + 10, start + 30)
        found = chain([grown, later], before=100)
        assert found == {2: (100, 55), 3: (55, 75)}


def test_the_first_statement_keeps_its_start_when_one_comes_long_before_it():
    late = make_statement(9, 0, 0, total=5, is_new=True)
    found = chain([late, make_statement(1, 100, 110, gap=Decimal(30))], opening=65)
    assert found == {9: (65, 70), 1: (100, 110)}


def test_the_first_statement_keeps_a_start_in_which_lines_beside_do_not_count():
    back = make_statement(9, 0, 0, total=35, is_new=True)
    found = chain([back, make_statement(1, 100, 110, gap=Decimal(30))], opening=65)
    assert found == {9: (65, 100), 1: (100, 110)}


def test_what_comes_before_the_first_statement_moves_what_agreed():
    found = chain(
        [
            make_statement(9, 0, 0, total=5, is_new=True),
            make_statement(1, 100, 110),
            make_statement(2, 110, 120),
        ],
        opening=95,
    )
    assert found == {9: (95, 100), 1: (100, 110), 2: (110, 120)}


def test_less_than_a_cent_apart_agrees():
    found = chain(
        [
            make_statement(1, 100, 110, total=13),
            make_statement(2, "110.004", "120.00"),
        ],
        before=100,
    )
    assert found[2] == (113, 123)


@pytest.mark.parametrize("is_typed", [False, True])
def test_what_follows_an_emptied_statement_starts_with_what_that_started_with(
    is_typed,
):
    emptied = make_statement(1, 100, 110, total=0, is_emptied=True, is_typed=is_typed)
    found = chain([emptied, make_statement(2, 110, 120)], opening=100)
    assert found == {2: (100, 110)}


def test_the_start_of_some_statements_is_that_of_the_first_with_balances():
    new = make_statement(1, 0, 0, is_new=True)
    assert statements.find_start([new, make_statement(2, 7, 9)]) == 7
    assert statements.find_start([new]) is None
    assert statements.find_start([]) is None


ROWS = st.lists(st.tuples(MONEY, st.booleans()), min_size=1, max_size=8)


def build_chain(rows, opening):
    """Return statements that agree; some have a new line of 7.00, or are new."""
    made, balance = [], opening
    for key, (total, is_changed) in enumerate(rows):
        statement = Statement(key, balance, balance + total, total)
        if is_changed and key % 2:
            statement = Statement(key, Decimal(), Decimal(), total, is_new=True)
        elif is_changed:
            added = total + 7
            statement = Statement(key, balance, balance + total, added)
        if not statement.is_new:
            balance += total
        made.append(statement)
    return made


@law(ROWS, MONEY, st.booleans())
def test_balances_follow_from_one_another_and_from_the_lines(rows, opening, is_first):
    made = build_chain(rows, opening)
    before = None if is_first else opening
    found = statements.chain_balances(made, before, opening, CENT)
    balance = opening
    for statement in made:
        assert found[statement.key] == Balances(balance, balance + statement.total)
        balance += statement.total


@law(ROWS, MONEY)
def test_chaining_once_more_changes_nothing(rows, opening):
    made = build_chain(rows, opening)
    found = statements.chain_balances(made, opening, opening, CENT)
    again = [Statement(each.key, *found[each.key], each.total) for each in made]
    assert statements.chain_balances(again, opening, opening, CENT) == found


@law(st.lists(st.tuples(st.sampled_from([0, 0, 5]), MONEY), max_size=8), MONEY)
def test_from_the_first_that_did_not_agree_on_everything_is_left_alone(rows, opening):
    made, end = [], opening
    for key, (gap, total) in enumerate(rows):
        made.append(Statement(key, end + gap, end + gap + total, total))
        end = made[-1].end
    late = Statement(99, opening, opening, Decimal(7))
    found = statements.chain_balances([late, *made], opening, opening, CENT)
    shift = 7
    for statement, (gap, _total) in zip(made, rows, strict=True):
        shift = 0 if gap else shift
        assert found[statement.key] == (statement.start + shift, statement.end + shift)


def test_what_follows_a_statement_of_somebody_goes_on_from_its_end():
    late = make_statement(1, 0, 5, is_new=True)
    paper = make_statement(2, 100, 110, is_own=True)
    following = make_statement(3, 110, 120)
    found = chain([late, paper, following], before=100)
    assert found == {1: (100, 105), 2: (100, 110), 3: (110, 120)}


@law(st.lists(st.tuples(MONEY, MONEY, st.sampled_from("nncto")), max_size=8), MONEY)
def test_what_people_typed_stays_and_any_other_end_follows_its_lines(rows, opening):
    """Whatever lines came or left, and whatever somebody has corrected of them."""
    made, end = [], opening
    for key, (amount, other, kind) in enumerate(rows):
        start, end = end, end + amount
        total = amount + other if kind == "c" else amount
        if kind == "t":
            end += other
        kinds = {"is_typed": kind == "t", "is_own": kind == "o"}
        made.append(Statement(key, start, end, total, **kinds))
    late = Statement(99, opening, opening, Decimal(7))
    found = statements.chain_balances([late, *made], opening, opening, CENT)
    balance = opening
    for each in [late, *made]:
        start = each.start if each.is_own else balance
        is_kept = each.is_typed or each.is_own
        end = each.end if is_kept else balance + each.total
        assert found[each.key] == (start, end)
        balance = end


ENDS = st.lists(MONEY, min_size=1, max_size=6)


@law(MONEY, ENDS, st.data())
def test_an_end_to_which_the_lines_once_came_was_not_typed(start, totals, data):
    once = data.draw(st.integers(1, len(totals)))
    end = start + sum(totals[:once])
    assert statements.recall_written_end(start, end, totals, CENT) == end


@law(MONEY, ENDS, MONEY)
def test_an_end_to_which_the_lines_never_came_was_typed(start, totals, end):
    came_to = [start + sum(totals[:count]) for count in range(1, len(totals) + 1)]
    written = statements.recall_written_end(start, end, totals, CENT)
    assert (written == end) == (end in came_to)


# === TAKING OUT === #


def test_what_is_emptied_before_the_first_that_is_left_keeps_the_others_as_they_are():
    places = {1: "20260701", 2: "20260702", 3: "20260703"}
    assert statements.find_affected(places, first_left="20260702") == {2, 3}
    assert statements.find_affected(places, first_left=None) == set()


@law(
    st.lists(st.tuples(MONEY, MONEY, st.sampled_from("nnsa")), min_size=1, max_size=8),
    MONEY,
)
def test_taking_lines_out_leaves_balances_that_follow_from_one_another(rows, opening):
    """From nothing, some, or all lines of each statement."""
    made, places, first_left, end = [], {}, None, opening
    for key, (rest, leaving, kind) in enumerate(rows):
        rest = Decimal() if kind == "a" else rest
        leaving = Decimal() if kind == "n" else leaving
        changed = kind != "n"
        start, end = end, end + rest + leaving
        made.append(Statement(key, start, end, rest, is_emptied=kind == "a"))
        if changed:
            places[key] = key
        if first_left is None and kind != "a":
            first_left = key
    affected = statements.find_affected(places, first_left)
    found = {each.key: Balances(each.start, each.end) for each in made}
    if affected:
        chain_ = made[min(affected) :]
        before = made[min(affected) - 1].end if min(affected) else None
        opening = statements.find_start(chain_)
        found |= statements.chain_balances(chain_, before, opening, CENT)
    if first_left is None:
        assert not affected
        return
    balance = made[first_left].start
    for statement in made[first_left:]:
        if not statement.is_emptied:
            assert found[statement.key] == (balance, balance + statement.total)
            balance += statement.total


# === AMOUNTS === #


@pytest.mark.parametrize(
    "amount, rounding, expected",
    [
        ("2.675", "0.01", "2.68"),
        ("-2.675", "0.01", "-2.68"),
        ("2.665", "0.01", "2.67"),
        ("1.3", "0.5", "1.5"),
        ("1.03", "0.05", "1.05"),
        ("149.5", "1", "150"),
    ],
)
def test_ties_are_rounded_away_from_zero(amount, rounding, expected):
    found = amounts.round_amount(Decimal(amount), Decimal(rounding))
    assert found == Decimal(expected)


def test_small_differences_are_nothing_after_rounding_and_not_before():
    assert amounts.is_zero(Decimal("0.004"), CENT)
    assert not amounts.is_zero(Decimal("0.005"), CENT)
    assert amounts.is_same(Decimal("1.004"), Decimal("0.996"), CENT)
    assert not amounts.is_same(Decimal("0.006"), Decimal("0.002"), CENT)
