# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Numbers of documents, and where a text names them."""

import pytest
from engine import bank_text
from engine.document_numbers import digits_of, index_numbers, number_of, runs_of
from engine.mentions import find_mentions
from engine.open_items import FRAGMENT, NUMBER_IN_PART, UNKNOWN_NUMBER
from hypothesis import strategies as st
from settling import law

OURS = ("INV/2026/00042", "INV/2026/00043", "INV/2026/00004", "BILL/2026/02/0042")
THEIRS = ("F12345", "2026001", "0012345678", "PO45-001", "12100", "12345")


def mentions(text, names=OURS + THEIRS, **noise):
    """Return (names, doubt) of each place where a text names documents."""
    _found, words = bank_text.read(text)
    index = index_numbers([(name, name) for name in names], digits_of([text]))
    return [
        (sorted(one.documents), one.doubt)
        for one in find_mentions(words, index, **noise)
    ]


def named(text, names=OURS + THEIRS, **noise):
    """Return the names that a text has without a doubt."""
    found = mentions(text, names, **noise)
    return [name for names, doubt in found if not doubt for name in names]


# === VARIATIONS === #


@pytest.mark.parametrize(
    "text",
    [
        "INV/2026/00042",
        "inv/2026/00042",
        "INV 2026 00042",
        "INV-2026-00042",
        "INV.2026.00042",
        "INV_2026_00042",
        "INV202600042",
        "INV 202600042",
        "INV / 2026 / 00042",
        "INV/2026/42",
        "inv 2026 42",
        "INV/2026/000 42",
        "2026/00042",
        "2026/42",
        "202600042",
        "Betaling factuur 2026/00042 met dank",
        "factuur nr.INV/2026/00042.",
        "Rechnung Nr.: INV/2026/00042, vielen Dank",
        "facture n° 2026/00042 du 3 mars",
        "your invoice (INV/2026/00042)",
        "INV–2026–00042",
        "ＩＮＶ/2026/00042",
        "Factuur.INV/2026/00042.Dank",
    ],
)
def test_a_number_is_known_in_its_usual_variations(text):
    assert named(text) == ["INV/2026/00042"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("factuur F12345", "F12345"),
        ("factuur f 12345", "F12345"),
        ("12345678", "0012345678"),
        ("0012345678", "0012345678"),
        ("onze ref 2026001", "2026001"),
        ("RG 2026001", "2026001"),
        ("PO45001", "PO45-001"),
        ("BILL 2026 02 0042", "BILL/2026/02/0042"),
        ("2026/2/42", "BILL/2026/02/0042"),
        ("betaling 12345", "12345"),
    ],
)
def test_a_vendors_number_is_known_as_well(text, name):
    assert named(text) == [name]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("INV/2026/00042, INV/2026/00043", OURS[:2]),
        ("INV/2026/00042+INV/2026/00043", OURS[:2]),
        ("INV/2026/00042/INV/2026/00043", OURS[:2]),
        ("INV/2026/00042 INV/2026/00043", OURS[:2]),
        ("INV/2026/00042, 00043", OURS[:2]),
        ("INV/2026/00042 00043", OURS[:2]),
        ("INV/2026/00042-00043", OURS[:2]),
        ("INV/2026/00042 en 00043", OURS[:2]),
        ("2026/00042 & 00043", OURS[:2]),
        ("INV/2026/00042 en F12345", (OURS[0], "F12345")),
    ],
)
def test_a_list_names_all_of_its_numbers(text, names):
    assert named(text) == list(names)


@pytest.mark.parametrize(
    "text", ["INV/2026/00042, 43", "2026/42 + 43", "INV/2026/00042 en 43", "2026/42-43"]
)
def test_the_short_end_of_a_list_is_no_more_than_a_hint(text):
    assert mentions(text)[1] == (["INV/2026/00043"], NUMBER_IN_PART)


@pytest.mark.parametrize(
    "text",
    [
        "INV/2026/00042 43",
        "INV/2026/00042 43 stuks",
        "INV/2026/00042, 99999",
        "INV/2026/00042, 43A",
        "INV/2026/00042: 00043",
        "INV/2026/00042 en",
    ],
)
def test_what_follows_a_number_need_not_be_a_list(text):
    assert named(text)[0] == "INV/2026/00042"
    assert len(mentions(text)) == 1


# === FRAGMENTS === #


@pytest.mark.parametrize(
    "text",
    [
        "INV/2026/000421",
        "INV/2026/00042A",
        "9INV/2026/00042",
        "XINV/2026/00042",
        "INV/2026/00042/7",
        "INV/2026/00042-A",
        "INV/2026/00042-7",
        "A-INV/2026/00042",
        "FACT-INV/2026/00042",
        "7/INV/2026/00042",
        "12-2026/00042",
        "12026/00042",
        "2026/000427",
        "VF/2026/00042",
        "VF 2026/00042",
        "RINV 2026/00042",
        "V.2026/00042",
        "A.INV/2026/00042",
        "RG 2026/00042",
        "FAC 2026/00042",
        "INV/2026/0042",
        "INV/2026/0004 2",
        "INV 2026 42 7",
        "7 2026/42",
        "00042",
        "42",
        "INV 42",
        "2026",
        "INV 2026",
        "INV",
        "F1234",
        "F123456",
        "2345",
        "1234567",
    ],
)
def test_a_fragment_names_nothing(text):
    assert named(text) == []


def test_letters_of_another_series_make_another_number():
    names = ("INV/2026/00042", "CREDIT/2026/00001", "CREDIT/2026/00002")
    assert named("credit 2026/00042", names) == []
    assert named("betaling 2026/00042", names) == ["INV/2026/00042"]


@pytest.mark.parametrize(
    "text",
    [
        *("order 2026/00042", "Order no. 2026/00042", "ordernr: 2026/00042"),
        *("bestelling 2026/00042", "bestelbon nr 2026-00042", "offerte 2026/00042"),
        *("klant 202600042", "klantnummer: 202600042", "creditnota 2026/00042"),
        *("dossier 2026/00042", "polis 202600042", "contract nr. 2026/00042"),
        *("bon de commande 2026/00042", "devis n° 2026/00042", "avoir 2026/00042"),
        *("client : 202600042", "contrat 2026/00042", "numéro de client 202600042"),
        *("Auftrag 2026/00042", "Bestellung Nr. 2026/00042", "Angebot 2026/00042"),
        *("Kunde 202600042", "Kundennr. 202600042", "Vertrag 2026/00042"),
        *("Gutschrift 2026/00042", "quotation 2026/00042", "customer 202600042"),
        *("pedido 2026/00042", "presupuesto 2026/00042", "contrato 2026/00042"),
        *("ordine 2026/00042", "preventivo 2026/00042", "contratto 2026/00042"),
    ],
)
def test_a_bare_number_of_another_kind_of_document_is_in_doubt(text):
    assert mentions(text) == [(["INV/2026/00042"], FRAGMENT)]
    number = "INV/2026/00042"
    kind = text[: text.index("2026")]
    assert named(f"{kind}{number}") == [number]
    assert named(f"{kind}17, factuur 2026/00042") == [number]


def test_the_number_of_a_bill_may_stand_after_any_word():
    assert named("order 2026001") == ["2026001"]


def test_a_tag_of_the_bank_is_no_part_of_a_number():
    for tag in ("RFB", "REMI", "ROC", "EREF", "KREF", "MREF"):
        for text in (f"/{tag}/INV/2026/00042", f"INV/2026/00042/{tag}/NOTPROVIDED"):
            assert named(text) == ["INV/2026/00042"]
    others = "ROC/2026/00001", "ROC/2026/00002"
    assert named("ROC/2026/00042", (*OURS, *others)) == []


def test_what_a_document_is_about_is_not_its_own_number():
    names = ("INV/2026/00042", "Reversal of: INV/2026/00042")
    assert mentions("2026/00042", names) == [(["INV/2026/00042"], "")]


def test_where_a_line_breaks_a_number_nobody_knows_which_is_meant():
    names = ("INV/2026/1234", "INV/2026/12345")
    assert mentions("INV/2026/1234 5", names) == [(["INV/2026/12345"], FRAGMENT)]
    assert named("INV/2026/12345, merci", names) == ["INV/2026/12345"]
    assert named("INV/2026/1234, 5 st.", names) == ["INV/2026/1234"]


def test_numbers_that_share_a_part_contradict_each_other():
    found = mentions("AB12-345-CD678", ("AB12-345", "345-CD678"))
    assert [doubt for _names, doubt in found] == [FRAGMENT, FRAGMENT]


def test_a_number_of_one_of_our_series_that_does_not_exist_is_told():
    for text in ("INV/2026/99999", "INV202699999", "inv 2026 777"):
        assert mentions(text) == [([], UNKNOWN_NUMBER)]
    assert mentions("XYZ/2026/99999") == []
    assert mentions("INV/2026/A") == []


def test_one_number_makes_no_series():
    assert mentions("PO45-777", ("PO45-001",)) == []
    assert mentions("PO45-777", ("PO45-001", "PO45-002")) == [([], UNKNOWN_NUMBER)]


# === THE SAME NUMBER TWICE === #


def test_documents_with_one_number_are_all_named():
    names = ("INV/2026/00042", "INV/2026/42")
    assert mentions("INV/2026/00042", names) == [(sorted(names), "")]
    names = ("INV/2026/42", "2026/42")
    assert mentions("2026/42", names) == [(sorted(names), "")]
    names = ("INV/2026/12345", "INV/2026/1234/5")
    assert mentions("INV/2026/1234/5", names) == [(sorted(names), "")]


def test_a_word_for_invoice_may_be_the_letters_of_a_number_or_not():
    names = ("INV/2026/00123", "2026-0123")
    assert mentions("Inv. 2026-0123", names) == [(["2026-0123", "INV/2026/00123"], "")]
    assert named("Inv. 2026-00123", names) == ["INV/2026/00123"]


# === WHAT IDENTIFIES NOTHING === #


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026/12", "INV/2026/00012"),
        ("inv 2026/12", "INV/2026/00012"),
        ("loon 2026 12", "INV/2026/00012"),
        ("12/2026", "VF/12/2026"),
        ("20260412", "20260412"),
        ("12.04.2026", "12042026"),
        ("04-12-26", "041226"),
        ("2026-04-12", "INV/2026/04/12"),
        ("120426", "120426"),
        ("202604", "202604"),
        ("4-26-12", "F/4/26/12"),
        ("EUR 12345", "12345"),
        ("12345 EUR", "12345"),
        ("€12345", "12345"),
        ("1.234,56", "123456"),
        ("123456.78", "12345678"),
        ("1 234,56", "123456"),
        ("BE68 5390 0754 7034", "539007547034"),
        ("BE68539007547034", "BE68539007547034"),
        ("tel 0475123456", "0475123456"),
        ("gsm: 0475/12.34.56", "0475123456"),
        ("+32 475 12 34 56", "32475123456"),
        ("0032 475 12 34 56", "0032475123456"),
        ("0475/12.34.56", "0475123456"),
        ("BTW BE 0477.472.701", "0477472701"),
        ("BE 0477472701", "0477472701"),
        ("BE0477472701", "BE0477472701"),
        ("0477.472.701", "0477472701"),
        ("TVA 0477472701", "0477472701"),
        ("loon januari 2026", "Januari 2026"),
        ("Q1 2026", "Q1 2026"),
        ("week 12 2026", "week 12-2026"),
        ("12 345", "12345"),
        ("+++202/6001/23465+++", "202600123465"),
    ],
)
def test_dates_amounts_accounts_and_telephones_are_no_numbers(text, name):
    assert named(text, (name,)) == []


def test_the_account_and_the_amount_of_the_line_are_no_numbers():
    assert named("7547034", ("7547034",), accounts=("BE68539007547034",)) == []
    assert named("7547034", ("7547034",)) == ["7547034"]
    assert named("12100", figures={"12100"}) == []
    assert named("12100") == ["12100"]


def test_the_companys_own_name_is_cut_out():
    _found, words = bank_text.read(
        "Brouwerij 12345 BV factuur", ("BROUWERIJ 12345 BV",)
    )
    assert [word.text for word in words] == ["FACTUUR"]


@pytest.mark.parametrize(
    "name",
    [
        *("A1", "1234", "ABCD1", "AB12", "2026", "INV/2026", "2026/2025", "ABCDEF"),
        *("maart 2026", "T2/2026", "2026/04", "12-04-2026", "20260412", "", None),
        *("a1 b2 c3 d4 e5", "///", "M03 2026"),
    ],
)
def test_a_short_name_or_a_period_names_nothing(name):
    assert number_of(name) is None


def test_a_number_has_its_keys():
    number = number_of("inv/2026/00042")
    assert (number.exact, number.loose) == ("INV202600042", "INV/2026/42")
    assert (number.bare_exact, number.bare_loose) == ("202600042", "2026/42")
    assert (number.stem, number.shape) == ("INV/2026", ("INV", 9))
    assert number_of("F12A345").bare_exact == ""
    assert number_of("F123-45-B").stem == ""
    assert number_of("INV/2026/000").loose == "INV/2026/0"
    assert number_of("2026/4/1/2").loose == "2026/4/1/2"


# === LAWS === #


@law(
    st.sampled_from(["INV", "F", "VF-", "FAC/"]),
    st.integers(2020, 2030),
    st.integers(13, 99999),
    st.sampled_from(["/", "-", " ", "."]),
)
def test_a_number_is_found_whatever_signs_separate_it(prefix, year, serial, sign):
    name = f"{prefix}{year}/{serial:05d}"
    assert named(f"factuur {prefix}{year}{sign}{serial:05d}", (name,)) == [name]


NAMES = st.builds(
    "{}{}/{}".format,
    st.sampled_from(["INV/", "RINV/", "VF-", "F", "A-INV/", ""]),
    st.sampled_from(["2025", "2026", "26"]),
    st.sampled_from(["00001", "00042", "42", "042", "421", "00421", "04242", "4242"]),
)
SPELLINGS = st.sampled_from(
    [
        str,
        str.lower,
        lambda name: name.replace("/", " ").replace("-", " "),
        lambda name: name.replace("/", "").replace("-", ""),
        lambda name: name.replace("/", "-"),
        lambda name: name.replace("/", " / "),
        lambda name: name.replace("/0", "/").replace("/0", "/").replace("/0", "/"),
        lambda name: name.lstrip("INVRFA-/"),
    ]
)
AROUND = st.sampled_from(["{}", "fact. {}", "12 {} 7", "{} 2026", "{}, 12/03/2026"])


@law(st.lists(NAMES, unique=True, max_size=6), NAMES, SPELLINGS, AROUND)
def test_of_numbers_that_look_alike_only_the_one_that_is_written_is_meant(
    names, meant, spell, around
):
    runs = [run.lstrip("0") for run in runs_of(meant)]
    text = around.format(spell(meant))
    for name in named(text, names):
        same = [run.lstrip("0") for run in runs_of(name)] == runs
        assert same or "".join(runs_of(name)) == "".join(runs_of(meant))


@law(st.integers(1, 99999), st.integers(1, 99999))
def test_another_number_of_the_series_is_never_meant(serial, other):
    name, text = f"INV/2026/{serial:05d}", f"INV/2026/{other:05d}"
    assert named(text, (name,)) == ([name] if serial == other else [])


@law(st.text("INV/2026 0043-.,", max_size=30), st.text("ABC0123/-. ", max_size=4))
def test_what_touches_a_number_takes_its_name(before, after):
    """A number is found only where a blank or a stop surrounds it."""
    found = mentions(f"{before}INV/2026/00042{after}", ("INV/2026/00042",))
    glued = after[:1].isalnum() or before[-1:].isalnum()
    assert not glued or not any(not doubt for _names, doubt in found)


@law(st.text(max_size=40))
def test_any_text_can_be_read(text):
    mentions(text)
    number_of(text)
    assert bank_text.plain(text) == bank_text.plain(bank_text.plain(text))
