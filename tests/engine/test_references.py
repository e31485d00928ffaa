# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Structured references: found, checked, spelled."""

import pytest
from bookkeeping import identifiers as ids
from engine import check_digits, references
from engine.references import Reference, find, label, parse
from hypothesis import strategies as st
from settling import law

BELGIAN = Reference("be", "202600123464")
CREDITOR = Reference("iso11649", "RF18539007547034")
SWISS = Reference("ch", "210000000003139471430009017")
SLOVENIAN = Reference("si", "SI019-26-2113")


@pytest.mark.parametrize(
    "text",
    [
        "+++202/6001/23464+++",
        "***202/6001/23464***",
        "  +++ 202 / 6001 / 23464 +++  ",
        "+++202600123464+++",
        "202600123464",
        "202/6001/23464",
        "202 / 6001 / 23464",
        "202 6001 23464",
        "202.6001.23464",
        "Invoice 12 +++202/6001/23464+++ thank you",
        "a***202/6001/23464***b",
        "Betaling 202/6001/23464, bedankt",
        "factuur 202600123464 van mei",
        "++202/6001/23464++",
        "Factuur 5 202/6001/23464",
        "202/6001/23464 15/07/2026",
        "202/6001/23464 12.50 EUR",
        "5 202 / 6001 / 23464 7",
    ],
)
def test_a_belgian_communication_is_found_in_every_spelling(text):
    assert find(text).references == (BELGIAN,)
    assert not find(text).wrong


@pytest.mark.parametrize(
    "text",
    [
        "202600123464 7",
        "7 202600123464",
        "2026001234640",
        "20260012346",
        "A202600123464",
        "202600123464/7",
        "202-6001-23464",
        "1202/6001/23464",
        "202/6001/234641",
        "202/6001/23464/7",
        "202 6001 23464 7",
        "7 202 6001 23464",
        "7 202.6001.23464",
        "202.6001.23464 7",
        "000000000000",
        "٢٠٢٦٠٠١٢٣٤٦٤",
        "",
        None,
    ],
)
def test_a_part_of_something_longer_is_no_belgian_communication(text):
    assert not find(text).references


def test_two_belgian_communications_of_one_text_are_both_found():
    found = find("202/6001/23464 567/9669/32295")
    assert found.references == (BELGIAN, Reference("be", "567966932295"))


@pytest.mark.parametrize(
    "text",
    [
        "+++202/6001/23465+++",
        "***202600123465***",
        "+++2026001234641+++",
        "ref 202/6001/23465 merci",
    ],
)
def test_wrong_check_digits_of_what_is_clearly_meant_are_told(text):
    found = find(text)
    assert not found.references
    assert len(found.wrong) == 1


def test_bare_digits_with_a_wrong_check_are_just_a_number():
    assert find("202600123465") == find("202 6001 23465") == references.Found()


def test_a_wrong_reference_does_not_hide_a_right_one():
    found = find("+++202/6001/23465+++ or rather +++202/6001/23464+++")
    assert found.references == (BELGIAN,)
    assert found.wrong == ("+++202/6001/23465+++",)


def test_a_reference_that_is_written_twice_is_one():
    assert find("202600123464, +++202/6001/23464+++").references == (BELGIAN,)


@pytest.mark.parametrize(
    "text",
    [
        "RF18 5390 0754 7034",
        "RF18539007547034",
        "rf18539007547034",
        "Ref. RF18 5390 0754 7034 merci",
        "betaling RF18 5390 0754 7034, bedankt",
        "RF18-5390-0754-7034",
        "RF18 53900754 7034",
    ],
)
def test_a_creditor_reference_is_found_in_every_spelling(text):
    assert find(text).references == (CREDITOR,)


def test_a_creditor_reference_ends_where_its_blocks_end():
    assert find("RF57 INV0 0002 3").references == (
        Reference("iso11649", "RF57INV000023"),
    )
    two = find("RF18 5390 0754 7034; RF57INV000023")
    assert [one.number for one in two.references] == [CREDITOR.number, "RF57INV000023"]


@pytest.mark.parametrize("text", ["RF18 5390 0754 7035", "see RF19539007547034 ok"])
def test_a_creditor_reference_with_wrong_check_digits_is_told(text):
    found = find(text)
    assert not found.references and len(found.wrong) == 1
    assert found.wrong[0].startswith("RF1")


@pytest.mark.parametrize(
    "text", ["RFID 12", "RF 12 AB", "SURF18539007547034", "RF18!", "RF1", "RF18 ! 5390"]
)
def test_two_letters_make_no_creditor_reference(text):
    assert find(text) == references.Found()


@pytest.mark.parametrize(
    "text",
    [
        "210000000003139471430009017",
        "21 00000 00003 13947 14300 09017",
        "QRR 210000000003139471430009017.",
    ],
)
def test_a_swiss_reference_is_found_with_blanks_and_without(text):
    assert find(text).references == (SWISS,)


@pytest.mark.parametrize(
    "text",
    [
        "210000000003139471430009016",
        "2100000000031394714300090171",
        "000000000000000000000000000",
    ],
)
def test_other_long_numbers_are_no_swiss_references(text):
    assert not find(text).references


@pytest.mark.parametrize(
    "text", ["SI01 9-26-2113", "SI019-26-2113", "sklic SI01-9-26-2113 hvala"]
)
def test_a_slovenian_reference_keeps_its_hyphens(text):
    assert find(text).references == (SLOVENIAN,)


@pytest.mark.parametrize(
    "text", ["SI01 9-26-2114", "SI01 92-62113", "SI02 9-26-2113", "SI01 9-26-2113-4"]
)
def test_what_does_not_check_is_no_slovenian_reference(text):
    assert not find(text).references
    assert not check_digits.is_slovenian(text.replace(" ", ""))


# === ONE REFERENCE === #


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("***202/6001/23464***", "+++202/6001/23464+++"),
        ("202600123464", "+++202/6001/23464+++"),
        ("rf18539007547034", "RF18 5390 0754 7034"),
        ("210000000003139471430009017", "21 00000 00003 13947 14300 09017"),
        ("SI01-9-26-2113", "SI01 9-26-2113"),
        ("+++202600123464+++", "+++202/6001/23464+++"),
        (
            "Invoice 12 ***202600123464*** thank you",
            "Invoice 12 +++202/6001/23464+++ thank you",
        ),
        (
            "+++202/6001/23465+++ or 202/6001/23464",
            "+++202/6001/23465+++ or +++202/6001/23464+++",
        ),
        (
            "+++863/3475/31818+++ ***567/9669/32295***",
            "+++863/3475/31818+++ +++567/9669/32295+++",
        ),
    ],
)
def test_a_label_has_the_reference_in_its_usual_spelling(text, spelling):
    assert label(f" {text}\n") == spelling
    assert label(spelling) == spelling


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("+++202/6001/23464", "+++202/6001/23464+++"),
        ("202/6001/23464***", "+++202/6001/23464+++"),
        ("++202/6001/23464++", "+++202/6001/23464+++"),
        ("+++ 202/6001/23464", "+++202/6001/23464+++"),
        ("202/6001/23464 +++", "+++202/6001/23464+++"),
        ("ref +++202/6001/23464 merci", "ref +++202/6001/23464+++ merci"),
        (
            "202/6001/23464 +++567/9669/32295",
            "+++202/6001/23464+++ +++567/9669/32295+++",
        ),
        (
            "+++202/6001/23464+++ 567/9669/32295+++",
            "+++202/6001/23464+++ +++567/9669/32295+++",
        ),
        (
            "202/6001/23464+++567/9669/32295",
            "+++202/6001/23464++++++567/9669/32295+++",
        ),
        ("+++202600123464", "+++202600123464"),
    ],
)
def test_what_is_left_of_a_frame_is_made_whole_and_not_doubled(text, spelling):
    assert label(text) == spelling
    assert label(spelling) == spelling


@pytest.mark.parametrize(
    "text",
    ["Invoice 202600123464", "ref RF18539007547034", "100083625", "Straße 12", ""],
)
def test_any_other_label_stays_as_it_is(text):
    assert label(f" {text} ") == text
    assert label(None) == ""


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("13 45678 90014", Reference("fi", "134567890014")),
        ("00000000134567890014", Reference("fi", "134567890014")),
        ("100083625", Reference("no_se", "100083625")),
        ("7000000010003071", Reference("nl", "7000000010003071")),
        ("7000 0000 1000 3071", Reference("nl", "7000000010003071")),
        (" ***202/6001/23464*** ", BELGIAN),
        ("rf18539007547034", CREDITOR),
    ],
)
def test_a_payment_reference_as_a_whole_is_parsed(text, reference):
    assert parse(text) == reference


@pytest.mark.parametrize(
    "text", ["1234567", "INV/2026/00042", "Invoice 202600123464", "", None, "12.34.56"]
)
def test_what_has_no_check_digits_is_not_structured(text):
    assert parse(text) is None


def test_a_national_reference_is_spelled_as_in_its_country():
    assert str(Reference("fi", "123453")) == "1 23453"
    assert str(Reference("fi", "1234512345")) == "12345 12345"
    assert str(Reference("nl", "7000000010003071")) == "7000000010003071"
    assert str(Reference("no_se", "100083625")) == "100083625"


# === LAWS === #


@law(st.text(max_size=30), st.integers(1, 10**10 - 1), st.text(max_size=30))
def test_a_label_leaves_nothing_of_the_text_out(before, number, after):
    digits = ids.belgian(number)
    for printed in (ids.belgian_printed(digits), f"***{digits}***"):
        text = f"{before} {printed} {after}"
        kept = [each for each in label(text) if each.isalnum()]
        assert kept == [each for each in text if each.isalnum()]
        assert label(label(text)) == label(text)


@law(st.integers(1, 10**10 - 1), st.sampled_from(["+++", "***"]))
def test_any_belgian_number_with_its_check_digits_is_found(number, frame):
    digits = ids.belgian(number)
    printed = ids.belgian_printed(digits, frame)
    assert find(f"for {printed} only").references == (Reference("be", digits),)
    assert parse(digits) == parse(printed)
    assert label(printed) == ids.belgian_printed(digits)


@law(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21))
def test_any_creditor_reference_is_found_in_blocks_and_without(body):
    number = ids.creditor_reference(body)
    assert parse(number) == Reference("iso11649", number)
    assert parse(ids.in_blocks(number)) == Reference("iso11649", number)
    assert str(parse(number)) == ids.in_blocks(number)


@law(st.integers(1, 10**20))
def test_any_swiss_reference_is_found(number):
    digits = ids.swiss(number)
    assert find(f"QR {digits}").references == (Reference("ch", digits),)


@law(st.integers(1, 99), st.integers(0, 99), st.integers(1, 10**6))
def test_any_slovenian_reference_is_found(journal, year, number):
    written = ids.slovenian(journal, year, number)
    assert str(*find(f"sklic {written}").references) == written


@law(st.integers(100, 10**14))
def test_any_national_reference_checks(number):
    assert check_digits.is_finnish(ids.finnish(number))
    assert check_digits.is_nordic(ids.luhn(number))
    assert check_digits.is_dutch(ids.dutch(number))


@law(st.integers(100, 10**14), st.data())
def test_one_wrong_digit_never_checks(number, data):
    for make, check in (
        (ids.belgian, check_digits.is_belgian),
        (ids.finnish, check_digits.is_finnish),
        (ids.luhn, check_digits.is_nordic),
        (ids.swiss, lambda digits: bool(find(digits).references)),
    ):
        digits = make(number % 10**10)
        place = data.draw(st.integers(0, len(digits) - 1))
        others = "0123456789".replace(digits[place], "")
        other = data.draw(st.sampled_from(others))
        spoilt = digits[:place] + other + digits[place + 1 :]
        # a Finnish number loses its leading zeros, and with them a digit
        assert not check(spoilt) or spoilt.startswith("0")


@pytest.mark.parametrize(
    ("check", "digits"),
    [
        (check_digits.is_finnish, "123"),
        (check_digits.is_finnish, "1" * 21),
        (check_digits.is_nordic, "18"),
        (check_digits.is_nordic, "1" * 26),
        (check_digits.is_dutch, "1234567"),
        (check_digits.is_dutch, "1" * 15),
        (check_digits.is_belgian, "12345"),
        (check_digits.is_slovenian, "SI01"),
    ],
)
def test_a_number_of_another_length_never_checks(check, digits):
    assert not check(digits)


@law(st.text(max_size=60))
def test_any_text_can_be_read(text):
    found = find(text)
    for start, end in found.spans:
        assert 0 <= start < end <= len(text.strip())
    assert label(text).strip() == label(text)
    parse(text)
