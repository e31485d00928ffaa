# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Texts that no bank writes: they take no longer than their length is worth.

A step that takes the square of a text's length would need minutes for one of these.
"""

import unicodedata
from datetime import date
from decimal import Decimal

import hostile_texts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ponto_api import Transaction, content_hash, fingerprint, identify
from ponto_api.fingerprint import letters_and_digits
from ponto_api.parsing import parse_amount, parse_id, parse_text, parse_time
from ponto_api.redact import mask_account_number, mask_account_numbers, mask_path, scrub

LENGTH = 200_000
PARTS = {
    **hostile_texts.PARTS,
    "segments": "/BE69539",
    "words of a header": "bearer ",
    "lines": "\n\r",
    "signs nobody can store": "\x00\x01",
}


def read(text):
    """Read a transaction that is full of a text, and tell it from others."""
    names = (
        *("amount", "executionDate", "description", "remittanceInformation"),
        *("counterpartName", "counterpartReference", "endToEndId", "mandateId"),
    )
    document = {"id": "one", "attributes": dict.fromkeys(names, text)}
    transaction = Transaction.from_document(document)
    said = transaction.remittance_information
    content_hash(transaction, None, None, "EUR", said)
    fingerprint(text, date(2026, 7, 15), Decimal(1), "EUR", text, said)
    return identify(transaction)


def tried(parse):
    """Return a function that passes over what cannot be read."""

    def parse_or_not(text):
        try:
            parse(text)
        except ValueError:
            pass

    return parse_or_not


FUNCTIONS = {
    "read": read,
    "parse_text": parse_text,
    "parse_id": tried(parse_id),
    "parse_time": tried(parse_time),
    "parse_amount": tried(parse_amount),
    "scrub": scrub,
    "mask_account_number": mask_account_number,
    "mask_account_numbers": mask_account_numbers,
    "mask_path": mask_path,
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_text_of_any_length_is_read(function, part):
    text = (PARTS[part] * LENGTH)[:LENGTH]
    FUNCTIONS[function](text)
    FUNCTIONS[function](f"{text}X")


def test_all_of_a_text_is_kept_and_tells_it_from_others():
    text = "a" * LENGTH
    assert parse_text(text) == text
    assert read(text)["text"] == text
    assert read(f"{text}b") != read(f"{text}c")


# === ACCENTS === #


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text("ae \u0301\u0323\u0f73\u1100\u1161é", max_size=60))
def test_letters_are_told_as_ever_whatever_marks_they_bear(text):
    composed = unicodedata.normalize("NFC", text)
    expected = "".join(sign for sign in composed if sign.isalnum()).casefold()
    assert letters_and_digits(text) == expected


@pytest.mark.parametrize("count", [30, 1000])
def test_marks_that_no_language_has_are_no_other_text(count):
    assert letters_and_digits("e" + "\u0301" * count) == "é"
    assert letters_and_digits("—" * count + "a") == "a"
