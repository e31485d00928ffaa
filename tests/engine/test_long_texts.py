# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Texts that no bank writes: they take no longer than their length is worth.

A step that takes the square of a text's length would need minutes for one of these.
"""

import unicodedata
from dataclasses import replace
from decimal import Decimal

import hostile_texts
import pytest
from engine import (
    bank_text,
    check_digits,
    fragments,
    open_items,
    references,
    similar_lines,
)
from engine.books import compact
from engine.document_numbers import digits_of, number_of
from engine.entry import Known
from engine.long_texts import CACHED_TEXTS, LONGEST, blank, remember
from hypothesis import strategies as st
from settling import TODAY, certain, item, known, law, line, outcome
from stdnum.iso7064 import mod_97_10

LENGTH = 60_000
PARTS = {
    **hostile_texts.PARTS,
    "figures": "1.234",
    "amounts": "1.234,56 EUR ",
    "frames": "+++",
    "framed": "+++123/4567/",
    "communications": "090/9337/55493 ",
    "half framed": "+++090/9337/55493 ",
    "creditor references": "RF18 ",
    "series": "A/",
    "numbers": "INV/2026/00042 ",
    "telephones": "TEL. ",
    "taxes": "BTW.",
}
FUNCTIONS = {
    "find": references.find,
    "label": references.label,
    "parse": references.parse,
    "is_fragment": fragments.is_fragment,
    "plain": bank_text.plain,
    "read": bank_text.read,
    "number_of": number_of,
    "digits_of": lambda text: digits_of({text}),
    "compact": compact,
    "find_similar": lambda text: find_similar(text),
    "match_lines": lambda text: outcome(
        line(text, counterpart_name=text, account_number=text, end_to_end_id=text),
        [item()],
    ),
}


def find_similar(text):
    booked = Known(ponto_id="one", key=1, day=TODAY, label=text, counterpart_name=text)
    booked = replace(booked, amount=Decimal(1))
    return similar_lines.find_similar(
        [booked], [similar_lines.Line(1, TODAY, Decimal(1), None, (text,))]
    )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_text_of_any_length_is_read(function, part):
    text = (PARTS[part] * LENGTH)[:LENGTH]
    FUNCTIONS[function](text)
    FUNCTIONS[function](f"{text}X")


@law(
    st.sampled_from(sorted(FUNCTIONS)),
    st.lists(st.sampled_from(sorted(PARTS.values())), min_size=1, max_size=4),
)
def test_a_text_of_any_parts_is_read(function, parts):
    FUNCTIONS[function]("".join(parts) * (20_000 // len("".join(parts))))


# === READ FOR WHAT IT NAMES === #


def test_a_text_as_long_as_a_bank_can_write_is_read_to_its_end():
    invoice = item("INV/2026/00042")
    text = "INV/2026/00042".rjust(LONGEST, "-")
    assert certain(line(text), [invoice]) == [invoice.id]


def test_a_text_that_is_longer_names_nothing():
    """Not even in its first part: the rest could speak against it."""
    text = "INV/2026/00042".ljust(LONGEST + 1, "-")
    found = outcome(line(text), [item("INV/2026/00042")])
    assert found.certain is None
    assert found.obstacle == open_items.NOTHING_NAMED
    assert bank_text.read(text) == (references.Found(), [])


def test_beside_a_text_that_is_too_long_others_are_read():
    invoice = item("INV/2026/00042")
    texts = ("x " * LONGEST, "INV/2026/00042")
    assert certain(line(*texts), [invoice]) == [invoice.id]


def test_whoever_pays_with_a_text_that_is_too_long_is_known_by_the_account():
    found = outcome(line("x " * LONGEST, **known(1)), [item()])
    assert [match.reason for match in found.suggestions] == [open_items.PARTNER_AMOUNT]


def test_a_name_or_an_account_number_that_is_too_long_is_none():
    name = "Bakkerij Noordhof BV"
    assert outcome(line(counterpart_name=name), [item()]).suggestions
    padded = name + " " * LONGEST
    assert not outcome(line(counterpart_name=padded), [item()]).suggestions
    assert compact("1" * LONGEST) and not compact("1" * (LONGEST + 1))


# === A LABEL === #


def test_a_long_label_keeps_all_of_its_text():
    text = "Invoice 7 " * 150_000
    assert references.label(f"{text}202/6001/23464.") == (
        f"{text}+++202/6001/23464+++."
    )


@pytest.mark.parametrize("finder", [references.find, references.label])
def test_what_was_found_is_cut_out_in_one_pass(finder, monkeypatch):
    """However much was found; each pass copies the text."""
    passes = []

    def count(text, spans):
        passes.append(text)
        return blank(text, spans)

    monkeypatch.setattr(references, "blank", count)
    finder("202/6001/23464, RF18539007547034, SI01 9-26-2113, " * 1000)
    assert len(passes) == 5


def test_long_texts_are_not_remembered():
    asked = []

    @remember
    def length(text):
        asked.append(text)
        return len(text or "")

    assert [length("short"), length("short"), length(None), length(None)] == [
        5,
        5,
        0,
        0,
    ]
    assert len(asked) == 2
    for _time in range(2):
        assert length("x" * (LONGEST + 1)) == LONGEST + 1
    assert len(asked) == 4
    assert CACHED_TEXTS * LONGEST < 10_000_000


# === THE SAME AS BEFORE === #

SPANS = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted).map(tuple)


@law(st.text("ab", min_size=12, max_size=20), st.lists(SPANS, max_size=5))
def test_what_is_cut_out_leaves_all_else_in_its_place(text, spans):
    holes = {place for start, end in spans for place in range(start, end)}
    expected = ["\n" if place in holes else sign for place, sign in enumerate(text)]
    assert blank(text, spans) == "".join(expected)


@law(st.text("RF0123456789ABXYZ", min_size=5, max_size=34))
def test_check_digits_are_those_of_the_standard(number):
    moved = number[4:] + number[:4]
    assert check_digits.is_mod_97_10(number) == mod_97_10.is_valid(moved)
    right = number[:2] + mod_97_10.calc_check_digits(number[4:] + number[:2])
    assert check_digits.is_mod_97_10(right + number[4:])


@law(st.text("aé\u0301\u0323\u0f73ﬁ№— 1", max_size=40))
def test_marks_are_left_out_wherever_they_stand(text):
    expected = unicodedata.normalize("NFKD", text.replace("№", " ").replace("—", "-"))
    expected = "".join(sign for sign in expected if not unicodedata.combining(sign))
    assert bank_text.plain(text) == " ".join(expected.upper().split())


@pytest.mark.parametrize(
    "amount",
    ["1 234 567 890 123 456 789,00", "EUR 1.234.567.890.123", "1,234,567,890.12"],
)
def test_no_amount_is_too_large_to_be_one(amount):
    _found, words = bank_text.read(f"paid {amount} today")
    assert [word.text for word in words if word.text != "EUR"] == ["PAID", "TODAY"]
