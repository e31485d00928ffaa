# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Texts that are part of many a number by accident."""

import pytest
from engine.fragments import MAX_SIGNS, is_fragment
from hypothesis import strategies as st
from makers import law


@pytest.mark.parametrize(
    "text", [None, "", "/", "---", " . ", "1", "IV", "2026", "/2026/", "00-12", "n°"]
)
def test_what_says_next_to_nothing_is_a_fragment(text):
    assert is_fragment(text)


@pytest.mark.parametrize(
    "text", ["INV", "inv", "RINV", "Bill", "BILL/", "/INV/", "VEN/", "VK2/", "FACTU"]
)
def test_the_letters_of_a_series_are_a_fragment(text):
    assert is_fragment(text)


@pytest.mark.parametrize(
    "text",
    [
        *("INV/2026", "INV/2026/", "inv2026", "VK-2026", "INV/20", "VK2/2026"),
        *("2026/07", "2026-12", "202607", "2026/0", "BILL/2026/07", "026/07/"),
        *("INV/2026/000", "BILL/2026/07/0", "INV/2026/1", "/2026/00"),
    ],
)
def test_a_year_a_month_and_a_number_that_is_only_begun_are_a_fragment(text):
    assert is_fragment(text)


@pytest.mark.parametrize(
    "text",
    [
        *("INV/2026/00001", "BILL/2026/07/0001", "INV/2026/001", "2026/118", "2026-42"),
        *("INV202600042", "VK-2026-0012", "F 12-2026", "12-2026", "12345", "INV120"),
    ],
)
def test_a_whole_number_of_a_document_is_no_fragment(text):
    assert not is_fragment(text)


@pytest.mark.parametrize(
    "text", ["Tea", "Rent", "July 2026", "20260", "E2E-1", "REF 2026-07-15"]
)
def test_what_says_something_is_no_fragment(text):
    assert not is_fragment(text)


def test_what_is_longer_than_any_number_is_no_fragment_of_one():
    assert is_fragment("BILL/2026/".ljust(MAX_SIGNS, "/"))
    assert not is_fragment("BILL/2026/".ljust(MAX_SIGNS + 1, "/"))
    assert is_fragment("-" * 10 * MAX_SIGNS)


# === LAWS === #

SERIES = st.sampled_from(["INV", "RBILL", "FAC", "MISC", "PBNK1"])
YEARS = st.integers(2000, 2099).map(str)
MONTHS = st.none() | st.integers(1, 12).map("{:02}".format)
PLACES = st.integers(0, 30)


@law(SERIES, YEARS, MONTHS, st.integers(1, 99999), PLACES, PLACES, st.booleans())
def test_what_does_not_reach_the_number_in_a_series_is_a_fragment(
    letters, year, month, number, start, end, is_small
):
    """Wherever it is cut out: a tool would find it in every number of the series."""
    series = "".join(f"{part}/" for part in (letters, year, month) if part)
    digits = f"{number:05}"
    zeros = digits[: len(digits) - len(str(number))]
    part = f"{series}{zeros}"[start : max(start, end)]
    assert is_fragment(part.lower() if is_small else part)
    assert not is_fragment(f"{series}{digits}")
