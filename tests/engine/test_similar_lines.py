# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Similar lines from elsewhere."""

from datetime import timedelta
from decimal import Decimal

import pytest
from engine import similar_lines
from hypothesis import strategies as st
from makers import KEYS, TODAY, VALUES, law, make_known, make_line, registers

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "ours, theirs, expected",
    [
        ({}, {"texts": ("Rent July",)}, True),
        ({}, {"texts": (None, "RENT / july!")}, True),
        ({}, {"texts": ("Rent August", None)}, False),
        ({}, {}, False),
        ({"label": "/"}, {"texts": ("-", "")}, False),
        ({"counterpart_name": "Garage"}, {"texts": (None, "garage")}, True),
        ({"account_number": "BE1"}, {"account_number": "BE1"}, True),
        ({"account_number": "BE1"}, {"account_number": "BE2"}, False),
        ({"account_number": ""}, {"account_number": ""}, False),
        ({}, {"texts": ("Rent July",), "day": TODAY + DAY}, True),
        ({}, {"texts": ("Rent July",), "day": TODAY - 2 * DAY}, False),
    ],
)
def test_a_line_is_similar_by_day_and_by_counterpart_or_text(ours, theirs, expected):
    known, line = make_known(1, **ours), make_line(7, **theirs)
    assert similar_lines.find_similar([known], [line]) == ({1: 7} if expected else {})


def test_another_amount_is_not_similar():
    line = make_line(7, texts=("Rent July",), amount=Decimal("10.01"))
    assert similar_lines.find_similar([make_known(1)], [line]) == {}


def test_lines_are_taken_in_their_order():
    lines = [make_line(key, texts=("Rent July",)) for key in (8, 7)]
    new = [make_known(2), make_known(1), make_known(3)]
    assert similar_lines.find_similar(new, lines) == {2: 8, 1: 7}


LINES = st.tuples(KEYS, VALUES, st.sampled_from(["Rent July", "Rent", None])).map(
    lambda row: make_line(
        row[0], day=row[1]["day"], amount=row[1]["amount"], texts=(row[2],)
    )
)


@law(registers(), st.lists(LINES, unique_by=lambda line: line.key))
def test_similar_lines_pair_each_at_most_once(register, lines):
    _known, new, _gone = register
    pairs = similar_lines.find_similar(new, lines)
    assert len(set(pairs.values())) == len(pairs)
    by_key = {line.key: line for line in lines}
    for known in new:
        left = [line for line in lines if line.key not in pairs.values()]
        if known.key in pairs:
            left.append(by_key[pairs[known.key]])
        similar = [line for line in left if similar_lines.find_similar([known], [line])]
        assert bool(similar) == (known.key in pairs)
