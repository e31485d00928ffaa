# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Belgian structured communications."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ponto_api.remittance import normalize

GOOD = "+++202/6001/23464+++"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "***202/6001/23464***",
        "  +++ 202 / 6001 / 23464 +++  ",
        "202600123464",
        "202/6001/23464",
        "202 6001 23464",
        "202.6001.23464",
        "Invoice 12 +++202/6001/23464+++ thank you",
        "a***202/6001/23464***b",
        "+++202/6001/23465+++ or rather +++202/6001/23464+++",
    ],
)
def test_every_spelling_becomes_one(text):
    assert normalize(text) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "+++202/6001/23465+++",
        "202600123465",
        "Invoice 202600123464",
        "202600123464 7",
        "2026001234640",
        "20260012346",
        "++202/6001/23464++",
        "+++202/6001/23464***",
        "202-6001-23464",
        "٢٠٢٦٠٠١٢٣٤٦٤",
        "Invoice 2026/17",
        "",
    ],
)
def test_anything_else_stays_as_it_is(text):
    assert normalize(f" {text}\n") == text


def test_nothing_is_an_empty_text():
    assert normalize(None) == ""


def test_a_remainder_of_zero_is_written_97():
    assert normalize("000000009797") == "+++000/0000/09797+++"
    assert normalize("000000009700") == "000000009700"


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(min_value=0, max_value=10**10 - 1))
def test_any_number_with_its_check_digits_is_recognized(number):
    digits = f"{number:010d}{number % 97 or 97:02d}"
    written = f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
    assert normalize(digits) == normalize(f"for {written}") == written
    assert normalize(written) == written
