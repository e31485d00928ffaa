# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a line likely settles, and in which order that is offered."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from engine import open_items
from engine.open_items import Settlement
from engine.settlement import match_lines
from engine.suggestions import LIMIT
from engine.sums import find_sums, the_only_sum
from hypothesis import strategies as st
from settling import DUE, TODAY, closed, first, item, known, law, line, outcome

NUMBER = "INV/2026/00042"


def reasons(of, items, closed_documents=()):
    """Return the reasons of all suggestions, in their order."""
    return [match.reason for match in outcome(of, items, closed_documents).suggestions]


# === BY PARTNER === #


def test_a_known_partner_and_one_item_of_the_amount():
    items = [item(NUMBER), item("INV/2026/00043", "50"), item("X", partner_id=2)]
    assert first(line("bier", **known(1)), items) == ("partner_amount", [items[0].id])
    assert first(line("bier", amount="-121", **known(1)), items) is None
    assert first(line("bier"), items) is None


def test_whom_a_person_chose_owes_what_is_suggested():
    items = [item(NUMBER, partner_id=1), item("X", partner_id=2)]
    for told in (known(1), {"counterpart_name": "Bakkerij Noordhof"}, {}):
        of = line("bier", chosen_partner_id=2, **told)
        assert outcome(of, items).suggestions[0].item_ids == {items[1].id}
        assert reasons(of, items) == ["name_amount"]


def test_of_several_items_of_the_amount_the_oldest_comes_first():
    items = [
        item("INV/2026/00002", due_date=DUE + timedelta(1)),
        item("INV/2026/00001", due_date=DUE),
    ]
    of = line("bier", **known(1))
    suggestions = outcome(of, items).suggestions
    assert [match.reason for match in suggestions] == ["partner_twins"] * 2
    assert suggestions[0].item_ids == {items[1].id}


def test_of_several_items_the_one_that_the_text_has_comes_first():
    items = [item("INV/2026/00001"), item("INV/2026/00042")]
    of = line("VF 2026/00042", amount="120", **known(1))
    items = [item("INV/2026/00001", "120"), item("INV/2026/00042", "120")]
    assert first(of, items) == ("named", [items[1].id])
    assert reasons(of, items) == ["named", "partner_twins"]


def test_two_lines_are_not_offered_the_same_twin_first():
    items = [item("INV/2026/00001"), item("INV/2026/00002")]
    lines = [line("bier", **known(1)), line("bier", **known(1))]
    outcomes = match_lines(lines, items)
    best = [result.suggestions[0].item_ids for result in outcomes]
    assert best == [{items[0].id}, {items[1].id}]


def test_no_two_lines_are_offered_what_only_one_can_pay():
    one = item(NUMBER, "100")
    for amount, text, who in (
        ("100", "bier", known(1)),
        ("60", NUMBER, {}),
        ("100", NUMBER, known(2)),
    ):
        lines = [line(text, amount=amount, **who) for _number in range(2)]
        outcomes = match_lines(lines, [one])
        offered = [result.certain or result.suggestions for result in outcomes]
        assert offered[0] and not offered[1]


def test_two_lines_are_offered_parts_of_one_item():
    lines = [line(NUMBER, amount="60"), line(NUMBER, amount="40")]
    outcomes = match_lines(lines, [item(NUMBER, "100")])
    reasons = [result.suggestions[0].reason for result in outcomes]
    assert reasons == ["part_payment"] * 2


def test_what_names_an_item_is_offered_it_before_what_only_has_the_amount():
    one = item(NUMBER)
    early, late = line("bier", **known(1)), line(f"{NUMBER}/7")
    outcomes = match_lines([early, late], [one])
    assert not outcomes[0].suggestions
    assert outcomes[1].suggestions[0].reason == "named"


def test_a_known_partner_and_a_set_that_adds_up():
    items = [item("A", "100"), item("B", "50"), item("C", "25"), item("D", "-10")]
    of = line("bier", amount="115", **known(1))
    assert first(of, items) == ("partner_sum", [items[0].id, items[2].id, items[3].id])


def test_a_set_is_offered_only_if_it_is_the_only_one():
    items = [item("A", "100"), item("B", "50"), item("C", "50"), item("D", "7")]
    assert first(line("bier", amount="150", **known(1)), items) is None
    assert first(line("bier", amount="207", **known(1)), items)
    assert first(line("bier", amount="999", **known(1)), items) is None


def test_a_set_has_what_the_line_names():
    items = [item(NUMBER, "50"), item("INV/2026/00043", "50"), item("C", "30")]
    of = line(NUMBER, amount="80", **known(1))
    assert first(of, items) == ("partner_sum", [items[0].id, items[2].id])


def test_a_set_is_of_one_partner_and_one_currency():
    items = [item("A", "100"), item("B", "50", partner_id=2)]
    assert first(line("bier", amount="150", **known(1, 2)), items) is None
    items = [item("A", "100"), item("B", "50", currency="USD")]
    assert first(line("bier", amount="150", **known(1)), items) is None


def test_too_many_items_are_not_added_up():
    items = [item(f"A{number}", f"{number}.01") for number in range(10, 71)]
    assert first(line("bier", amount="21.02", **known(1)), items) is None
    assert first(line("bier", amount="21.02", **known(1)), items[:10])


def test_a_discount_in_time_is_known_here_as_well():
    discount = {"discount_date": TODAY, "discount_amount": Decimal(98)}
    items = [item("A", "100", **discount), item("B", "50")]
    (match,) = outcome(line("x", amount="98", **known(1)), items).suggestions
    assert match.reason == "partner_amount"
    assert match.settlements == (Settlement(items[0].id, Decimal(100), Decimal(2)),)
    (match,) = outcome(line("x", amount="148", **known(1)), items).suggestions
    assert match.reason == "partner_sum"
    assert [one.discount for one in match.settlements] == [2, 0]


def test_no_more_is_offered_than_a_person_can_read():
    items = [item(f"INV/2026/{number:05d}") for number in range(9)]
    assert len(outcome(line("bier", **known(1)), items).suggestions) == LIMIT


# === BY NAME === #


@pytest.mark.parametrize(
    "name",
    ["Bakkerij Noordhof BV", "NOORDHOF BAKKERIJ", "bakkerij noordhof b.v.", "De "],
)
def test_a_name_and_the_amount(name):
    one = item(NUMBER)
    other = item("X", partner_id=2, partner_name="Garage Valmont")
    expected = None if name == "De " else ("name_amount", [one.id])
    assert first(line("bier", counterpart_name=name), [one, other]) == expected


def test_a_name_within_the_text_and_the_amount():
    one = item(NUMBER)
    text = "Overschrijving van Bakkerij Noordhof te Gent"
    assert first(line(text), [one]) == ("name_amount", [one.id])
    assert first(line("Bakkerij te Noordhof"), [one]) is None
    short = item(NUMBER, partner_name="Jan")
    assert first(line("van Jan"), [short]) is None
    assert first(line("x", counterpart_name="Jan"), [short])
    nameless = item(NUMBER, partner_name="")
    assert first(line("x", counterpart_name=""), [nameless]) is None


def test_a_name_and_a_set_that_adds_up_or_twins():
    items = [item("A", "100"), item("B", "50"), item("C", "50")]
    called = {"counterpart_name": "Bakkerij Noordhof"}
    assert first(line("x", amount="200", **called), items)[0] == "name_sum"
    assert reasons(line("x", amount="50", **called), items) == ["name_twins"] * 2


def test_the_account_comes_before_the_name():
    items = [item("A", partner_id=2, partner_name="Garage Valmont"), item("B")]
    of = line("x", counterpart_name="Garage Valmont", **known(1))
    assert reasons(of, items) == ["partner_amount", "name_amount"]


def test_a_name_within_the_counterparts_name_and_the_amount():
    one = item(NUMBER)
    person = item(NUMBER, partner_name="Janssens Jan")
    for name, expected in (
        ("BAKKERIJ NOORDHOF BV GENT", one),
        ("De Bakkerij Noordhof, Gent", one),
        ("Bakkerij te Noordhof", None),
        ("JANSSENS JAN EN PEETERS MARIE", person),
        ("PEETERS MARIE - M. JANSSENS JAN", person),
    ):
        best = first(line("x", counterpart_name=name), [expected or one])
        assert best == (expected and ("name_amount", [expected.id]))


def test_who_is_called_as_the_counterpart_is_owes_before_who_is_within_the_name():
    items = [item("A"), item("B", partner_id=2, partner_name="Bakkerij Noordhof Gent")]
    of = line("x", counterpart_name="Bakkerij Noordhof Gent")
    assert first(of, items) == ("name_amount", [items[1].id])
    assert len(outcome(of, items).suggestions) == 1
    # It speaks against nothing.
    of = line(NUMBER, counterpart_name="Garage Valmont Gent")
    items = [item(NUMBER), item("X", partner_id=2, partner_name="Garage Valmont")]
    assert outcome(of, items).certain


# === NAMED, WITH A DOUBT === #


def test_what_is_named_and_adds_up_comes_first_whatever_speaks_against_it():
    one, other = item(NUMBER), item("INV/2026/00050", partner_id=2)
    items, paid = [one, other], [closed("INV/2026/00041")]
    for text, changes, obstacle in (
        (NUMBER, known(2), "other_partner"),
        (f"{NUMBER}/7", {}, "fragment"),
        (f"{NUMBER} INV/2026/00041", {}, "closed"),
        (f"{NUMBER} INV/2026/99999", {}, "unknown_number"),
    ):
        (match, *_others) = outcome(line(text, **changes), items, paid).suggestions
        assert (match.reason, match.obstacle) == ("named", obstacle)
        assert match.item_ids == {one.id}


def test_the_amount_tells_which_of_two_equal_numbers_is_likely():
    items = [item("F2600007", "-100"), item("F2600007", "-50", partner_id=2)]
    of = line("F2600007", amount="-50")
    assert first(of, items) == ("named", [items[1].id])


def test_the_short_end_of_a_list_is_likely_if_it_adds_up():
    items = [item(NUMBER, "100"), item("INV/2026/00043", "50")]
    of = line(f"{NUMBER} + 43", amount="150")
    assert first(of, items) == ("named", [one.id for one in items])


def test_where_two_things_are_said_both_are_offered():
    items = [item(NUMBER), item("INV/2026/00043")]
    of = line(f"{NUMBER} of INV/2026/00043")
    suggestions = outcome(of, items).suggestions
    assert [match.item_ids for match in suggestions[:2]] == [{one.id} for one in items]
    assert {match.obstacle for match in suggestions[:2]} == {"contradiction"}


def test_of_a_shared_reference_what_adds_up_is_likely_although_another_pays():
    reference = {"payment_reference": "RF18539007547034"}
    items = [item("A", "100", **reference), item("B", "60", **reference)]
    of = line("RF18539007547034", amount="60", **known(2))
    assert first(of, items) == ("named", [items[1].id])


OGM = "202600123464"
LIKE_DATES = ["260532", "20260412", "122026", "260599"]


@pytest.mark.parametrize("number", LIKE_DATES)
@pytest.mark.parametrize("prefix", ["", "INV"])
def test_a_number_that_can_be_a_date_is_a_hint_where_nothing_else_is_named(
    number, prefix
):
    one = item(f"{prefix}{number}")
    for text in (f"Factuur {number}", f"{number}, dank", f"/REMI/x {number}"):
        result = outcome(line(text), [one])
        assert (result.certain, result.obstacle) == (None, "can_be_date")
        assert result.obstacle_names == (number,)
        (match,) = result.suggestions
        assert (match.reason, match.item_ids) == ("named", {one.id})
    for text in (f"9{number}", f"{number}/7", f"X{number}", f"7-{number}"):
        assert outcome(line(text), [one]).obstacle == "nothing_named"
    of = line(f"Factuur {number}", amount="5")
    assert outcome(of, [one]).obstacle == "nothing_named"
    other = item("INV/2026/00042")
    for text in (f"INV/2026/00042 {number}", f"{number}, INV/2026/00042"):
        assert outcome(line(text), [one, other]).certain.item_ids == {other.id}


def test_a_date_says_nothing_against_who_pays():
    items = [item("20260412", partner_id=2, partner_name="Y"), item("X")]
    called = {"counterpart_name": "Bakkerij Noordhof"}
    for told in (known(1), {"chosen_partner_id": 1}, called):
        result = outcome(line("huur 20260412", **told), items)
        assert result.obstacle == "nothing_named"
        assert [match.item_ids for match in result.suggestions] == [{items[1].id}]
    assert first(line("20260412", **known(2)), items) == ("named", [items[0].id])


def test_of_several_numbers_that_can_be_dates_what_adds_up_is_likely():
    items = [item("260531", "100"), item("260532", "50")]
    of = line("260531, 260532", amount="150")
    assert first(of, items) == ("named", [one.id for one in items])
    assert first(line("260531, 260532", amount="50"), items)[1] == [items[1].id]
    assert not outcome(line("260531"), [], [closed("260531")]).suggestions


@pytest.mark.parametrize(
    "text",
    [
        f"{OGM} 15/07/2026",
        f"15/07/2026 {OGM}",
        f"{OGM} 121,00 EUR",
        f"UW MEDEDELING {OGM} 15-07-2026 12:33",
    ],
)
def test_a_reference_beside_other_digits_is_a_hint(text):
    one = item(NUMBER, payment_reference="+++202/6001/23464+++")
    result = outcome(line(text), [one])
    assert (result.certain, result.obstacle) == (None, "fragment")
    assert first(line(text), [one]) == ("named", [one.id])
    other = item("INV/2026/00043")
    assert outcome(line(f"INV/2026/00043, {text}"), [one, other]).certain
    account = line(text, account_number=f"BE68{OGM}")
    assert outcome(account, [one]).obstacle == "nothing_named"


@law(
    st.lists(st.sampled_from([*LIKE_DATES, OGM, "15/07/2026", "x", "7"]), max_size=4),
    st.sampled_from([" ", ", ", "/", "-", ""]),
)
def test_a_hint_never_becomes_certain(words, sign):
    items = [item(number) for number in LIKE_DATES]
    items.append(item("X", payment_reference="+++202/6001/23464+++"))
    result = outcome(line(sign.join(words)), items)
    match = result.certain
    assert not match or match.item_ids == {items[-1].id}
    if match:
        assert OGM in words and f"{OGM} 7" not in sign.join(words)


# === ANOTHER AMOUNT === #


def test_a_part_payment_settles_what_it_pays():
    one = item(NUMBER)
    (match,) = outcome(line(NUMBER, amount="50"), [one]).suggestions
    assert match.reason == "part_payment"
    assert match.settlements == (Settlement(one.id, Decimal(50)),)
    assert match.names == (NUMBER,)


def test_a_part_payment_of_several_settles_the_oldest_first():
    items = [
        item("INV/2026/00042", "100", due_date=DUE + timedelta(9)),
        item("INV/2026/00043", "60", due_date=DUE),
        item("RINV/2026/00001", "-10", account_type=open_items.RECEIVABLE),
    ]
    text = "INV/2026/00042 INV/2026/00043 RINV/2026/00001"
    (match,) = outcome(line(text, amount="90"), items).suggestions
    assert {one.item_id: one.amount for one in match.settlements} == {
        items[0].id: 40,
        items[1].id: 60,
        items[2].id: -10,
    }
    (match,) = outcome(line(text, amount="20"), items).suggestions
    assert {one.item_id: one.amount for one in match.settlements} == {
        items[1].id: 30,
        items[2].id: -10,
    }


def test_a_part_payment_to_a_vendor_has_the_vendors_sign():
    bill = item(NUMBER, "-100")
    (match,) = outcome(line(NUMBER, amount="-30"), [bill]).suggestions
    assert match.settlements == (Settlement(bill.id, Decimal(-30)),)
    assert outcome(line(NUMBER, amount="30"), [bill]).suggestions == ()


def test_an_overpayment_leaves_the_rest_of_the_line_open():
    one = item(NUMBER)
    (match,) = outcome(line(NUMBER, amount="130"), [one]).suggestions
    assert (match.reason, match.rest) == ("overpayment", 9)
    assert match.settlements == (Settlement(one.id, one.residual),)


def test_a_discount_taken_too_late_is_a_part_payment():
    discount = {
        "discount_date": TODAY - timedelta(1),
        "discount_amount": Decimal(98),
    }
    items = [item(NUMBER, "100", **discount), item("INV/2026/00043", "50")]
    (match,) = outcome(line(NUMBER, amount="98"), items).suggestions
    assert match.reason == "late_discount"
    assert match.settlements == (Settlement(items[0].id, Decimal(98)),)
    of = line(f"{NUMBER} INV/2026/00043", amount="148")
    (match,) = outcome(of, items).suggestions
    assert [one.amount for one in match.settlements] == [98, 50]


def test_the_reasons_come_in_their_order():
    items = [
        item(NUMBER, "200"),
        item("INV/2026/00043", "120"),
        item("A", "120", partner_id=2, partner_name="Garage Valmont"),
    ]
    called = {"counterpart_name": "Garage Valmont"}
    of = line(NUMBER, amount="120", **called, **known(1))
    assert reasons(of, items) == ["partner_amount", "name_amount", "part_payment"]


# === OTHER CURRENCIES === #


def test_what_is_named_in_another_currency_is_paid_at_its_own_rate():
    values = {"currency": "USD", "company_residual": Decimal(100)}
    one = item(NUMBER, "110.00", **values)
    for amount, paid in (("100", "110"), ("130", "110"), ("50", "55"), ("33", "36.30")):
        (match,) = outcome(line(NUMBER, amount=amount), [one]).suggestions
        assert match.reason == "other_currency"
        assert match.settlements == (Settlement(one.id, Decimal(paid)),)
    assert outcome(line(NUMBER, amount="-50"), [one]).suggestions == ()


def test_where_the_books_have_a_rate_of_the_day_that_one_counts():
    values = {"currency": "USD", "company_residual": Decimal(88)}
    one = item(NUMBER, "110.00", **values)
    rates = {"USD": Decimal(1) / Decimal("1.1")}
    for amount, paid, value in (
        ("100", "110", "100.00"),
        ("120", "110", "100.00"),
        ("50", "55", "50"),
    ):
        of = line(NUMBER, amount=amount, rates=rates)
        (match,) = outcome(of, [one]).suggestions
        assert match.reason == "other_currency"
        (settlement,) = match.settlements
        assert settlement == Settlement(one.id, Decimal(paid))
        assert settlement.company_amount == Decimal(value)


@law(
    st.decimals("0.01", 500, places=2),
    st.lists(st.decimals("0.01", 300, places=2), min_size=1, max_size=3),
    st.decimals("0.2", 5, places=4),
)
def test_what_is_paid_in_another_currency_is_no_more_than_the_line(
    amount, residuals, rate
):
    items = [
        item(f"INV/2026/{number:05d}", str(residual), currency="USD")
        for number, residual in enumerate(residuals, start=42)
    ]
    text = " ".join(one.names[0] for one in items)
    of = line(text, amount=str(amount), rates={"USD": rate})
    for match in outcome(of, items).suggestions:
        assert sum(one.company_amount for one in match.settlements) <= amount
        for settlement in match.settlements:
            residual = next(i.residual for i in items if i.id == settlement.item_id)
            assert 0 <= settlement.amount <= residual


def test_a_rate_is_rounded_as_the_item_is():
    values = {"currency": "USD", "company_residual": Decimal(100)}
    one = item(NUMBER, "110.01", **values)
    (match,) = outcome(line(NUMBER, amount="33.33"), [one]).suggestions
    assert match.settlements[0].amount == Decimal("36.67")


def test_the_oldest_is_paid_first_in_another_currency_too():
    values = {"currency": "USD", "company_residual": Decimal(100)}
    items = [item("INV/2026/00042", "110", **values)]
    items += [item("INV/2026/00043", "110", due_date=TODAY, **values)]
    of = line("INV/2026/00042 INV/2026/00043", amount="100")
    (match,) = outcome(of, items).suggestions
    assert match.settlements == (Settlement(items[0].id, Decimal(110)),)


# === SUMS === #

CHOICES = st.lists(
    st.lists(st.integers(-20, 20), min_size=1, max_size=3), min_size=1, max_size=6
)


@law(CHOICES, st.integers(-30, 30), st.booleans())
def test_sums_are_all_the_sums_there_are(amounts, target, may_be_left_out):
    choices = [
        [(Decimal(amount), (place, number)) for number, amount in enumerate(options)]
        + [(Decimal(0), None)] * may_be_left_out
        for place, options in enumerate(amounts)
    ]
    expected = {
        tuple(sorted(value for _amount, value in way if value is not None))
        for way in itertools.product(*choices)
        if sum(amount for amount, _value in way) == target
    }
    found = find_sums(choices, Decimal(target), budget=10**6)
    assert {tuple(sorted(way)) for way in found} <= expected
    assert len(found) == min(2, len(expected))
    only = the_only_sum(choices, Decimal(target), budget=10**6)
    assert (only is not None) == (len(expected) == 1)


def test_a_search_that_takes_too_long_tells_so():
    choices = [[(Decimal(n), n), (Decimal(0), None)] for n in range(1, 40)]
    assert find_sums(choices, Decimal("100.5")) is None
    assert the_only_sum(choices, Decimal("100.5")) is None


def test_everything_a_partner_owes_is_found_at_once():
    choices = [[(Decimal(n), n), (Decimal(0), None)] for n in range(1, 60)]
    everything = Decimal(sum(range(1, 60)))
    assert len(the_only_sum(choices, everything, budget=200)) == 59
