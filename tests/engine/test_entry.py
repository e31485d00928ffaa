# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The values that the rules work with."""

from datetime import timedelta

from engine.entry import booking_order
from hypothesis import strategies as st
from makers import DAYS, TODAY, law, make_entry, make_known, make_line

YESTERDAY = TODAY - timedelta(days=1)


def test_values_print_no_more_than_an_identifier():
    secret = {"counterpart_name": "Garage Dubois", "account_number": "BE68539007547034"}
    assert repr(make_known(1, **secret)) == "Known('known-1')"
    assert repr(make_entry(ponto_id="id-1", **secret)) == "Entry('id-1')"
    assert repr(make_line(7, texts=("Garage Dubois",))) == "Line(7)"


def test_what_a_value_was_made_of_makes_no_difference():
    entry = make_entry(ponto_id="id-1", source=object())
    assert entry == make_entry(ponto_id="id-1", source=object())
    assert hash(entry) == hash(make_entry(ponto_id="id-1"))


def test_of_one_day_what_an_earlier_pull_read_is_older_and_of_a_pull_what_stood_last():
    known = [
        make_known(5, pull=None),
        make_known(6, pull=2),
        make_known(2, pull=1),
        make_known(3, pull=1),
        make_known(4, pull=3, day=YESTERDAY),
    ]
    ordered = sorted(known, key=booking_order)
    assert [each.key for each in ordered] == [4, 3, 2, 6, 5]


def test_of_one_day_the_place_in_the_list_counts_whichever_pull_read_it():
    known = [
        make_known(1, pull=1, rank=9),
        make_known(2, pull=2, rank=10),
        make_known(3, pull=2, rank=8),
        make_known(4, pull=3, rank=7, day=TODAY),
        make_known(5, pull=3, rank=11, day=YESTERDAY),
    ]
    ordered = sorted(known, key=booking_order)
    assert [each.key for each in ordered] == [5, 4, 3, 1, 2]


@law(st.lists(st.tuples(DAYS, st.none() | st.integers(1, 3)), max_size=9))
def test_the_order_is_one_whatever_is_handed_in_first(rows):
    known = [
        make_known(key, day=day, pull=pull) for key, (day, pull) in enumerate(rows)
    ]
    expected = sorted(known, key=booking_order)
    known.reverse()
    assert sorted(known, key=booking_order) == expected
    assert [each.day for each in expected] == sorted(day for day, _pull in rows)
