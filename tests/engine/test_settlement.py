# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a bank line settles beyond doubt, and what speaks against it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from bookkeeping import identifiers as ids
from engine import open_items
from engine.open_items import Company, Settlement
from engine.settlement import match_lines
from hypothesis import strategies as st
from settling import TODAY, certain, closed, first, item, known, law, line, outcome

OGM = ids.belgian_printed(ids.belgian(2026001234))
OTHER_OGM = ids.belgian_printed(ids.belgian(2026001235))
NUMBER = "INV/2026/00042"


def obstacle(of, items, closed_documents=(), company=None):
    """Return why nothing is certain."""
    result = outcome(of, items, closed_documents, company)
    assert not result.certain
    return result.obstacle


# === CERTAIN === #


@pytest.mark.parametrize(
    "reference",
    [
        OGM,
        ids.in_blocks(ids.creditor_reference("INV000042")),
        ids.swiss(202600042),
        ids.slovenian(9, 26, 42),
        ids.finnish(20260042),
        ids.luhn(20260042),
        ids.dutch(20260042),
    ],
)
def test_a_structured_reference_and_the_amount_are_certain(reference):
    one = item(payment_reference=reference, names=())
    assert certain(line(f"betaling {reference} bedankt"), [one]) == [one.id]
    result = outcome(line(reference), [one])
    assert result.certain.reason == open_items.BY_REFERENCE
    assert result.certain.settlements == (Settlement(one.id, one.residual),)
    assert not result.suggestions and not result.obstacle
    assert obstacle(line(reference, amount="121.01"), [one]) == "amount_differs"


def test_nothing_is_suggested_where_something_is_certain():
    items = [item(NUMBER), item("INV/2026/00043"), item("INV/2026/00044")]
    result = outcome(line(NUMBER, **known(1)), items)
    assert result.certain and not result.suggestions


def test_a_number_within_a_sentence_and_the_amount_are_certain():
    one, other = item(NUMBER), item("INV/2026/00043")
    of = line(f"Betaling factuur {NUMBER} met dank")
    assert certain(of, [one, other]) == [one.id]
    assert outcome(of, [one, other]).certain.reason == open_items.BY_NUMBER
    assert outcome(of, [one, other]).certain.names == (NUMBER,)


def test_a_payment_reference_that_is_not_structured_is_a_number():
    one = item("X", payment_reference="Order 2026-0815")
    assert certain(line("order 2026 0815"), [one]) == [one.id]


def test_a_vendors_reference_is_certain_for_what_goes_out():
    bill = item("BILL/2026/02/0007", "-50.00", names=("BILL/2026/02/0007", "F2600123"))
    assert certain(line("factuur F2600123", amount="-50"), [bill]) == [bill.id]
    assert certain(line("BILL/2026/02/0007", amount="-50"), [bill]) == [bill.id]
    assert obstacle(line("factuur F2600123", amount="50"), [bill]) == "amount_differs"


def test_an_identifier_of_our_own_payment_is_certain():
    bills = [
        item("F1", "-50.00", end_to_end_ids=("PAY0001",)),
        item("F2", "-20.00", end_to_end_ids=("PAY0001",)),
    ]
    of = line(amount="-70", end_to_end_id=" PAY0001 ")
    assert certain(of, bills) == [bill.id for bill in bills]
    assert outcome(of, bills).certain.reason == open_items.BY_END_TO_END_ID
    assert obstacle(line(amount="-70", end_to_end_id="PAY0002"), bills)
    nothing = item("F3", "-70", end_to_end_ids=("NOTPROVIDED",))
    assert obstacle(line(amount="-70", end_to_end_id="NOTPROVIDED"), [nothing])


def test_all_numbers_of_the_text_count_together():
    first_one, second = item("INV/2026/00042"), item("INV/2026/00043", "60.00")
    items = [first_one, second]
    both = [first_one.id, second.id]
    text = "INV/2026/00042, INV/2026/00043"
    assert certain(line(text, amount="181.00"), items) == both
    assert certain(line(*text.split(", "), amount="181.00"), items) == both
    assert obstacle(line(text, amount="121.00"), items) == "contradiction"
    assert obstacle(line(text, amount="180.00"), items) == "amount_differs"


def test_a_reference_and_a_number_may_name_the_same_or_more():
    one = item(NUMBER, payment_reference=OGM)
    other = item("INV/2026/00043", "60.00")
    assert certain(line(f"{OGM} {NUMBER}"), [one, other]) == [one.id]
    result = outcome(line(OGM, "INV/2026/00043", amount="181"), [one, other])
    assert result.certain.item_ids == {one.id, other.id}
    assert obstacle(line(OGM, "INV/2026/00043"), [one, other]) == "contradiction"


def test_a_credit_note_that_is_named_is_taken_off():
    invoice = item(NUMBER)
    credit = item("RINV/2026/00003", "-21.00", account_type=open_items.RECEIVABLE)
    of = line(f"{NUMBER} - RINV/2026/00003", amount="100")
    assert certain(of, [invoice, credit]) == [invoice.id, credit.id]
    assert obstacle(line(NUMBER, amount="100"), [invoice, credit]) == "amount_differs"
    of = line("terug RINV/2026/00003", amount="-21")
    assert certain(of, [invoice, credit]) == [credit.id]


def test_settlements_stand_in_the_order_of_their_due_dates():
    late = item("INV/2026/00042", "60", due_date=date(2026, 8, 1))
    early = item("INV/2026/00043", "40", due_date=date(2026, 7, 1))
    of = line("INV/2026/00042 INV/2026/00043", amount="100")
    assert certain(of, [late, early]) == [early.id, late.id]


# === DISCOUNTS AND INSTALMENTS === #


def discounted(until=TODAY, **changes):
    """Return an invoice of 100 for which 98 are enough until a day."""
    values = {"discount_date": until, "discount_amount": Decimal(98)}
    return item(NUMBER, "100", **values | changes)


def test_a_discount_in_time_settles_all_of_the_invoice():
    one = discounted()
    match = outcome(line(NUMBER, amount="98"), [one]).certain
    assert match.settlements == (Settlement(one.id, Decimal(100), Decimal(2)),)
    match = outcome(line(NUMBER, amount="100"), [one]).certain
    assert match.settlements == (Settlement(one.id, Decimal(100)),)


def test_a_vendors_discount_is_taken_in_the_same_way():
    bill = replace(
        item(NUMBER, "-100"), discount_date=TODAY, discount_amount=Decimal(-98)
    )
    match = outcome(line(NUMBER, amount="-98"), [bill]).certain
    assert match.settlements == (Settlement(bill.id, Decimal(-100), Decimal(-2)),)


@pytest.mark.parametrize(
    "changes",
    [
        {"until": TODAY - timedelta(1)},
        {"amount": Decimal(200)},
        {"discount_amount": None},
        {"until": None},
    ],
)
def test_a_discount_that_is_over_or_was_never_given_is_not_certain(changes):
    assert obstacle(line(NUMBER, amount="98"), [discounted(**changes)])


def test_a_discount_needs_the_currency_of_the_document():
    euros = line(
        NUMBER, amount="98", foreign_amount=Decimal(110), foreign_currency="USD"
    )
    assert obstacle(euros, [discounted()]) == "amount_differs"


def test_a_discount_of_nothing_is_none():
    one = discounted(discount_amount=Decimal(100))
    assert certain(line(NUMBER, amount="100"), [one]) == [one.id]


def instalments(*amounts):
    """Return the items of one invoice that is paid in parts."""
    return [
        item(NUMBER, amount, document_id=7000, due_date=TODAY + timedelta(30 * place))
        for place, amount in enumerate(amounts)
    ]


def test_a_number_with_the_amount_of_the_first_instalments_settles_those():
    items = instalments("30", "30", "40")
    assert certain(line(NUMBER, amount="30"), items) == [items[0].id]
    assert certain(line(NUMBER, amount="60"), items) == [items[0].id, items[1].id]
    assert certain(line(NUMBER, amount="100"), items) == [one.id for one in items]
    assert obstacle(line(NUMBER, amount="40"), items) == "amount_differs"


def test_two_ways_to_add_up_are_none():
    items = [*instalments("30", "30"), item("INV/2026/00043", "30")]
    items += [replace(items[2], id=8000, due_date=TODAY + timedelta(60))]
    of = line(f"{NUMBER} INV/2026/00043", amount="90")
    assert obstacle(of, items) == "several_ways"


def test_too_many_ways_to_tell_are_none():
    items, numbers = [], []
    for number in range(40):
        name = f"INV/2026/{number:05d}"
        numbers.append(name)
        for place in range(2):
            due = TODAY + timedelta(place)
            amount = f"{number + 1}.{place}0"
            items.append(item(name, amount, document_id=number, due_date=due))
    of = line(" ".join(numbers), amount="1200.01")
    assert obstacle(of, items) == "several_ways"


# === SHARED REFERENCES === #


def of_one_reference(*amounts, **changes):
    """Return invoices of a partner who always pays by the same reference."""
    return [
        item(f"INV/2026/000{50 + place}", amount, payment_reference=OGM, **changes)
        for place, amount in enumerate(amounts)
    ]


def test_of_documents_with_one_reference_one_is_paid_or_all_are():
    items = of_one_reference("100", "60", "30")
    assert certain(line(OGM, amount="60"), items) == [items[1].id]
    assert certain(line(OGM, amount="190"), items) == [one.id for one in items]
    assert obstacle(line(OGM, amount="90"), items) == "amount_differs"


def test_two_equal_documents_with_one_reference_are_for_a_person():
    items = of_one_reference("100", "100")
    assert obstacle(line(OGM, amount="100"), items) == "several_ways"
    assert certain(line(OGM, amount="200"), items) == [one.id for one in items]


def test_of_each_shared_reference_something_is_paid():
    items = of_one_reference("100", "60", "30")
    other = {"payment_reference": OTHER_OGM}
    items += [item("A", "7", **other), item("B", "5", **other), item("C", "1", **other)]
    of = line(OGM, OTHER_OGM, amount="107")
    assert certain(of, items) == [items[0].id, items[3].id]
    assert obstacle(replace(of, amount=Decimal(100)), items) == "contradiction"
    assert obstacle(replace(of, amount=Decimal(167)), items) == "amount_differs"


def test_a_number_tells_which_of_them_is_meant():
    items = of_one_reference("100", "100")
    of = line(OGM, "INV/2026/00051", amount="100")
    assert certain(of, items) == [items[1].id]
    assert obstacle(replace(of, amount=Decimal(200)), items) == "contradiction"


def test_what_was_paid_by_the_same_reference_is_no_rival():
    (one,) = of_one_reference("100")
    before = closed("INV/2026/00049", payment_reference=OGM)
    assert certain(line(OGM, amount="100"), [one], [before]) == [one.id]
    of_another = replace(before, partner_id=2)
    assert obstacle(line(OGM, amount="100"), [one], [of_another]) == "ambiguous"


# === NEVER CERTAIN === #


def test_wrong_check_digits_are_never_certain():
    one = item(NUMBER, payment_reference=OGM)
    wrong = OGM[:-4] + str((int(OGM[-4]) + 1) % 10) + OGM[-3:]
    assert obstacle(line(wrong), [one]) == "wrong_check_digits"
    assert obstacle(line(f"{wrong} {NUMBER}"), [one]) == "wrong_check_digits"


def test_a_reference_that_does_not_exist_is_never_certain():
    one = item(NUMBER, payment_reference=OGM)
    assert obstacle(line(OTHER_OGM), [one]) == "unknown_reference"
    assert obstacle(line(f"{OTHER_OGM} {NUMBER}"), [one]) == "unknown_reference"


def test_a_number_that_does_not_exist_is_never_certain():
    items = [item(NUMBER), item("INV/2026/00043")]
    of = line(f"{NUMBER} INV/2026/99999")
    assert obstacle(of, items) == "unknown_number"
    assert outcome(of, items).obstacle_names == ("INV/2026/99999",)


def test_the_number_of_a_paid_document_is_never_certain_for_another():
    items, paid = [item("INV/2026/00042")], [closed("INV/2026/00041")]
    assert obstacle(line("INV/2026/00041"), items, paid) == "closed"
    assert obstacle(line("INV/2026/00042 INV/2026/00041"), items, paid) == "closed"


def test_a_draft_or_a_cancelled_document_is_not_paid_but_is_no_rival_of_its_partner():
    draft = closed("2026-0042", is_posted=False)
    assert outcome(line("2026-0042"), [], [draft]).obstacle == open_items.NOT_POSTED
    anew = item("2026-0042")
    assert certain(line("2026-0042"), [anew], [draft]) == [anew.id]
    of_another = item("2026-0042", partner_id=2)
    pays = line("2026-0042")
    assert outcome(pays, [of_another], [draft]).obstacle == open_items.AMBIGUOUS


def test_a_number_that_two_documents_have_is_never_certain():
    ours = item(NUMBER)
    theirs = item("BILL/1", "-121", names=("BILL/2026/01/0001", NUMBER), partner_id=2)
    for items, paid in (
        ([ours, theirs], []),
        ([ours], [closed(NUMBER, 2)]),
        ([ours, item(NUMBER, partner_id=2)], []),
        ([ours, item(NUMBER, "50", partner_id=1)], []),
    ):
        assert obstacle(line(NUMBER), items, paid) == "ambiguous"


def test_whose_account_or_name_it_is_tells_two_equal_numbers_apart():
    ours = item("F2600007", "-121")
    theirs = replace(ours, id=1, document_id=1, partner_id=2, partner_name="Café Zuid")
    of = line("F2600007", amount="-121")
    assert obstacle(of, [ours, theirs]) == "ambiguous"
    for told in (known(2), {"counterpart_name": "CAFE ZUID"}):
        assert certain(replace(of, **told), [ours, theirs]) == [1]
    assert obstacle(replace(of, **known(1, 2)), [ours, theirs]) == "ambiguous"


def test_another_known_partners_account_is_never_certain():
    one = item(NUMBER, payment_reference=OGM, partner_id=1)
    for text in (NUMBER, OGM):
        assert certain(line(text, **known(1)), [one]) == [one.id]
        assert certain(line(text, **known(1, 2)), [one]) == [one.id]
        assert obstacle(line(text, **known(2)), [one]) == "other_partner"


def test_whom_a_person_chose_beats_account_number_and_name():
    one = item(NUMBER, payment_reference=OGM, partner_id=1)
    theirs = item("INV/2026/00077", "5", partner_id=2, partner_name="Garage Valmont BV")
    for text in (NUMBER, OGM):
        for told in (known(2), {"counterpart_name": "Garage Valmont"}, {}):
            of = line(text, chosen_partner_id=1, **told)
            assert certain(of, [one, theirs]) == [one.id]
        for told in (known(1), known(1, 2), {"counterpart_name": "Noordhof"}, {}):
            of = line(text, chosen_partner_id=2, **told)
            assert obstacle(of, [one, theirs]) == "other_partner"


def test_whom_a_person_chose_tells_two_equal_numbers_apart():
    ours = item("F2600007", "-121")
    theirs = replace(ours, id=1, document_id=1, partner_id=2, partner_name="Café Zuid")
    of = line("F2600007", amount="-121", chosen_partner_id=2, **known(1))
    assert certain(of, [ours, theirs]) == [1]


def test_another_partners_name_speaks_against_a_number_not_against_a_reference():
    one = item(NUMBER, payment_reference=OGM)
    other = item("INV/2026/00077", "5", partner_id=2, partner_name="Garage Valmont BV")
    called = {"counterpart_name": "Valmont Garage"}
    assert obstacle(line(NUMBER, **called), [one, other]) == "other_partner"
    assert certain(line(OGM, **called), [one, other]) == [one.id]
    stranger = line(NUMBER, counterpart_name="Somebody Else")
    assert certain(stranger, [one, other]) == [one.id]


def test_another_partners_name_speaks_against_a_number_though_nothing_of_it_is_open():
    one = item("2026/00042", partner_name="Drukkerij Noord BV", residual="-121")
    of = line("2026/00042", amount="-121", counterpart_name="Bouwbedrijf Zuid BV")
    called = {9: "Bouwbedrijf Zuid BV", 10: "Drukkerij Zuid"}
    (result,) = match_lines([of], [one], partner_names=called)
    assert result.obstacle == "other_partner"
    assert result.suggestions[0].reason == "named"
    assert match_lines([of], [one], partner_names={10: "Drukkerij Zuid"})[0].certain
    same = {9: "Bouwbedrijf Zuid BV", 1: "Bouwbedrijf Zuid"}
    assert match_lines([of], [one], partner_names=same)[0].certain


def test_nobody_else_pays_what_is_of_nobody():
    one = item(NUMBER, partner_id=0, partner_name="")
    assert certain(line(NUMBER, **known(3)), [one]) == [one.id]
    assert certain(line(NUMBER, chosen_partner_id=3), [one]) == [one.id]
    called = {"counterpart_name": "Garage Valmont"}
    other = item("X", partner_id=2, partner_name="Garage Valmont")
    assert certain(line(NUMBER, **called), [one, other]) == [one.id]


@pytest.mark.parametrize("number", ["2026/00042", "20260042"])
def test_what_a_customer_has_ordered_is_not_what_we_have_numbered(number):
    one = item(number)
    for word in ("order", "Bestelbon nr.", "klant", "devis n°"):
        of = line(f"{word} {number}")
        assert obstacle(of, [one]) == "fragment"
        assert first(of, [one]) == ("named", [one.id])
    for word in ("factuur", "order 17, factuur", "betaling", ""):
        assert certain(line(f"{word} {number}"), [one]) == [one.id]
    assert obstacle(line("order 2026/42"), [item("2026/00042")]) == "fragment"


def test_what_others_have_numbered_may_stand_after_any_word():
    bill = item("BILL/1", "-121", names=("BILL/2026/01/0001", "2026001"))
    own = item("2026007", "-121")
    for number, one in (("2026001", bill), ("2026007", own)):
        assert certain(line(f"order {number}", amount="-121"), [one]) == [one.id]
    ordered = item(names=(NUMBER, "2026001"))
    assert certain(line("order 2026001"), [ordered]) == [ordered.id]
    letters = item("ORDER/2026/00042")
    assert certain(line("order 2026/00042"), [letters]) == [letters.id]


def test_a_payment_between_our_own_accounts_settles_nothing():
    one = item(NUMBER)
    company = Company(account_numbers=("BE68 5390 0754 7034", "", "1"))
    for number in ("BE68539007547034", "be68 5390 0754 7034", "539007547034"):
        of = line(NUMBER, account_number=number, **known(1))
        result = outcome(of, [one], (), company)
        assert (result.obstacle, result.suggestions) == ("own_account", ())
    for number in ("", "7034", "BE71096123456769"):
        of = line(NUMBER, account_number=number)
        assert certain(of, [one], (), company) == [one.id]


def test_an_account_number_in_the_text_is_no_document():
    one = item("539007547034")
    company = Company(account_numbers=("BE68539007547034",))
    assert obstacle(line("van 5390 0754 7034"), [one], (), company) == "nothing_named"
    of = line("539007547034", account_number="BE68539007547034")
    assert obstacle(of, [one]) == "nothing_named"
    assert certain(line("539007547034"), [one]) == [one.id]


def test_a_belgian_account_number_checks_like_a_communication_and_is_none():
    one = item(payment_reference="+++539/0075/47034+++")
    of = line("van 539007547034", account_number="BE68539007547034")
    assert obstacle(of, [one]) == "nothing_named"
    assert certain(line("van 539007547034"), [one]) == [one.id]


def test_the_companys_name_is_no_document():
    one = item("Ketel 20261")
    company = Company(names=("Brouwerij De Ketel 20261 BV", ""))
    of = line("Aan: Brouwerij de Ketel 20261 BV")
    assert obstacle(of, [one], (), company) == "nothing_named"
    assert certain(of, [one]) == [one.id]


@pytest.mark.parametrize(
    ("name", "number", "text"),
    [
        ("Ketel", "KETEL-0042", "KETEL-0042"),
        ("Ketel", "KETEL-0042", "Ketel: our KETEL 0042"),
        ("Ketel", "F/KETEL/0042", "F/KETEL/0042"),
    ],
)
def test_the_companys_name_may_be_a_part_of_its_numbers(name, number, text):
    owed = item(number)
    company = Company((name,))
    assert certain(line(text), [owed], company=company) == [owed.id]


def test_the_companys_name_within_a_number_leaves_no_other_number():
    owed = item("26/00731")
    for text in ("VF26/00731", "26/00731/VF", "26/00731-VF"):
        assert certain(line(text), [owed], company=Company(("VF",))) is None


def test_the_amount_is_no_document():
    for number, amount in (("12100", "121.00"), ("12345", "12345.00")):
        of = line(number, amount=amount)
        assert obstacle(of, [item(number, amount)]) == "nothing_named"


def test_items_of_customers_and_vendors_are_not_set_off_unasked():
    items = [item(NUMBER, "100"), item("F2600007", "-40")]
    of = line(f"{NUMBER} F2600007", amount="60")
    assert obstacle(of, items) == "set_off"


def test_what_one_partner_is_owed_does_not_pay_for_another():
    invoice = item(NUMBER, "100")
    credit = item(
        "RINV/2026/00003", "-40", partner_id=2, account_type=open_items.RECEIVABLE
    )
    of = line(f"{NUMBER} RINV/2026/00003", amount="60")
    assert obstacle(of, [invoice, credit]) == "set_off"


def test_invoices_of_two_partners_may_be_paid_at_once():
    items = [item(NUMBER, "100"), item("INV/2026/00043", "50", partner_id=2)]
    of = line(f"{NUMBER} INV/2026/00043", amount="150")
    assert certain(of, items) == [one.id for one in items]
    assert obstacle(replace(of, **known(1)), items) == "other_partner"


def test_nothing_named_and_nothing_paid_are_told():
    assert obstacle(line("bedankt"), [item()]) == "nothing_named"
    assert obstacle(line(), []) == "nothing_named"
    assert obstacle(line(NUMBER, amount="0"), [item()]) == "no_amount"


# === CURRENCIES === #


def dollars(residual="110", euros="100", number=NUMBER, **changes):
    """Return an invoice in dollars."""
    values = {"currency": "USD", "company_residual": Decimal(euros)}
    return item(number, residual, **values | changes)


def test_the_same_figure_in_another_currency_is_never_certain():
    assert obstacle(line(NUMBER, amount="110"), [dollars()]) == "currency_differs"
    assert obstacle(line(NUMBER, amount="100"), [dollars()]) == "currency_differs"


def test_what_the_bank_says_was_paid_in_the_items_currency_counts():
    one = dollars()
    of = line(
        NUMBER, amount="97.12", foreign_amount=Decimal(110), foreign_currency="USD"
    )
    assert certain(of, [one]) == [one.id]
    assert outcome(of, [one]).certain.settlements == (Settlement(one.id, Decimal(110)),)
    assert obstacle(replace(of, foreign_amount=Decimal(109)), [one])


def test_an_item_in_the_journals_currency_is_compared_in_that():
    one = item(NUMBER, "100")
    of = line(NUMBER, amount="100", foreign_amount=Decimal(110), foreign_currency="USD")
    assert certain(of, [one]) == [one.id]


def test_items_in_two_currencies_do_not_add_up():
    items = [item("INV/2026/00043", "100"), dollars()]
    of = line(
        f"{NUMBER} INV/2026/00043",
        amount="200",
        foreign_amount=Decimal(210),
        foreign_currency="USD",
    )
    assert obstacle(of, items) == "currency_differs"


# === A BATCH === #


def test_of_two_lines_for_one_item_the_earlier_one_has_it():
    one = item(NUMBER)
    late, early = line(NUMBER), line(NUMBER, date=TODAY - timedelta(3))
    outcomes = match_lines([late, early], [one])
    assert [result.line_id for result in outcomes] == [late.id, early.id]
    assert outcomes[1].certain and not outcomes[0].certain
    assert outcomes[0].obstacle == "taken"
    assert not outcomes[0].suggestions


def test_what_is_certain_for_one_line_is_not_suggested_for_another():
    one, other = item(NUMBER), item("INV/2026/00043")
    vague, clear = line("bier", **known(1)), line(NUMBER)
    outcomes = match_lines([vague, clear], [one, other])
    assert outcomes[0].suggestions[0].item_ids == {other.id}


def test_lines_of_one_batch_pay_the_parts_of_one_document():
    parts = [item(NUMBER, "100", document_id=7) for _number in range(3)]
    lines = [line(NUMBER, amount="100") for _number in range(4)]
    outcomes = match_lines(lines, parts)
    settled = [result.certain.item_ids for result in outcomes[:3]]
    assert settled == [{part.id} for part in parts]
    assert outcomes[3].obstacle == "taken"


def test_lines_of_one_batch_pay_what_has_one_reference():
    items = [item(names=(), residual=each, payment_reference=OGM) for each in (100, 70)]
    for amounts in (("100", "70"), ("70", "100")):
        lines = [line(OGM, amount=amount) for amount in amounts]
        settled = [result.certain.settlements for result in match_lines(lines, items)]
        assert [str(one.amount) for (one,) in settled] == list(amounts)


def test_what_a_line_names_and_another_has_taken_makes_it_doubtful():
    items = [item(NUMBER, "100"), item("INV/2026/00043", "50")]
    lines = [
        line(NUMBER, amount="100"),
        line(f"{NUMBER} INV/2026/00043", amount="50"),
    ]
    assert match_lines(lines, items)[1].obstacle == "taken"


def test_what_somebody_has_undone_is_there_for_other_lines():
    one = item(NUMBER)
    undone = {"undone": frozenset([frozenset([one.id])])}
    lines = [line(NUMBER, **undone), line(NUMBER), line("bier", **known(1))]
    outcomes = match_lines(lines, [one])
    assert outcomes[0].certain.item_ids == outcomes[1].certain.item_ids == {one.id}
    assert not outcomes[2].suggestions
    lines = [line("bier", **known(1), **undone), line("bier", **known(1))]
    assert match_lines(lines, [one])[1].suggestions[0].item_ids == {one.id}


def test_a_text_that_is_a_part_of_another_one_adds_nothing():
    items = [item("INV/2026/00042"), item("INV/2026/00004", "7")]
    whole = "Factuur INV/2026/00042"
    for text in ("INV/2026/0004", "Factuur INV/2026/0004", "", None, whole):
        assert certain(line(text, whole), items) == [items[0].id]
    assert obstacle(line("Fact. INV/2026/0004", whole), items) == "fragment"


def test_lines_without_items_and_items_without_lines_are_fine():
    assert match_lines([], [item()]) == []
    assert first(line(NUMBER), []) is None


# === LAWS === #

NUMBERS = st.integers(0, 12).map(lambda serial: f"INV/2026/{serial:05d}")
AMOUNTS = st.sampled_from(["10.00", "20.00", "30.00", "50.00", "-10.00"])


@st.composite
def some_books(draw):
    """Draw items and a line whose text names some of them, among other things."""
    items = [
        item(
            f"INV/2026/{serial:05d}",
            draw(AMOUNTS),
            account_type=open_items.RECEIVABLE,
            partner_id=draw(st.integers(1, 2)),
        )
        for serial in range(draw(st.integers(1, 6)))
    ]
    names = draw(st.lists(NUMBERS, max_size=4))
    rest = draw(st.sampled_from(["", " merci", "7", "/1", " 2026", ", 00001"]))
    partners = draw(st.sampled_from([(), (1,), (2,), (1, 2)]))
    amount = draw(st.sampled_from(["10.00", "20.00", "30.00", "60.00", "80.00"]))
    who = {"chosen_partner_id": draw(st.integers(0, 2)), **known(*partners)}
    return items, line(" ".join(names) + rest, amount=amount, **who), names


@law(some_books())
def test_what_is_certain_is_named_adds_up_and_is_of_who_pays(drawn):
    items, of, names = drawn
    by_id = {one.id: one for one in items}
    result = outcome(of, items)
    if not result.certain:
        assert result.obstacle
        return
    assert not result.suggestions and not result.obstacle
    settled = [by_id[one.item_id] for one in result.certain.settlements]
    assert sum(one.residual for one in settled) == of.amount
    assert {one.names[0] for one in settled} >= set(names)
    payers = {of.chosen_partner_id} - {0} or of.known_partner_ids
    assert not payers or all(one.partner_id in payers for one in settled)


@law(some_books(), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(drawn, chance):
    items, of, _names = drawn
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert outcome(of, items) == outcome(of, shuffled)


@law(some_books())
def test_no_suggestion_settles_more_than_is_paid_or_owed(drawn):
    items, of, _names = drawn
    by_id = {one.id: one for one in items}
    for match in outcome(of, items).suggestions:
        paid = sum(one.amount - one.discount for one in match.settlements)
        assert paid + match.rest == of.amount
        for one in match.settlements:
            residual = by_id[one.item_id].residual
            assert abs(one.amount) <= abs(residual) and one.amount * residual > 0


@st.composite
def some_batch(draw):
    """Draw items, some of them instalments, and several lines that name them."""
    documents = [
        draw(st.sampled_from([1, 2, 10 + serial]))
        for serial in range(draw(st.integers(1, 5)))
    ]
    partners = {document_id: draw(st.integers(1, 2)) for document_id in documents}
    items = [
        item(
            f"INV/2026/{document_id:05d}",
            draw(AMOUNTS),
            account_type=open_items.RECEIVABLE,
            document_id=document_id,
            partner_id=partners[document_id],
        )
        for document_id in documents
    ]
    lines = [
        line(
            " ".join(
                one.names[0]
                for one in draw(st.lists(st.sampled_from(items), max_size=2))
            ),
            amount=draw(AMOUNTS),
            **known(*draw(st.sampled_from([(), (1,), (1, 2)]))),
        )
        for _number in range(draw(st.integers(2, 5)))
    ]
    return items, lines


@law(some_batch())
def test_no_item_is_paid_more_than_once_by_all_lines_together(drawn):
    items, lines = drawn
    left = {one.id: one.residual for one in items}
    for result in match_lines(lines, items):
        match = result.certain or next(iter(result.suggestions), None)
        for one in match.settlements if match else ():
            assert one.amount * left[one.item_id] > 0
            left[one.item_id] -= one.amount
            assert one.amount * left[one.item_id] >= 0


@law(some_batch())
def test_what_is_certain_in_one_batch_is_so_line_by_line(drawn):
    items, lines = drawn
    left = list(items)
    for of, result in zip(lines, match_lines(lines, items), strict=True):
        if result.certain:
            (alone,) = match_lines([of], left)
            assert alone.certain == result.certain
            left = [one for one in left if one.id not in result.certain.item_ids]
