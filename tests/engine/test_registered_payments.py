# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A payment that somebody has registered before waits for its bank line."""

from decimal import Decimal

import pytest
from engine import open_items
from engine.settlement import match_lines
from hypothesis import strategies as st
from settling import certain, closed, first, item, known, law, line, outcome

JOURNAL = 7


def payment(residual="121.00", pays=(), number="PBNK1/2026/00003", **changes):
    """Return what a registered payment waits for, of the documents that it has paid."""
    values = {"journal_id": JOURNAL, "paid_document_ids": tuple(pays)}
    return item(number, residual, **values | changes)


def in_journal(*texts, **changes):
    """Return a line of the bank journal of the payments."""
    return line(*texts, journal_id=JOURNAL, **changes)


@pytest.mark.parametrize("amount", ["121.00", "-121.00"])
def test_the_number_of_what_was_paid_is_certain_for_the_payment(amount):
    paid = closed("INV/2026/00042")
    waiting = payment(amount, [paid.document_id])
    pays = in_journal("INV/2026/00042", amount=amount)
    assert certain(pays, [waiting], [paid]) == [waiting.id]


def test_so_is_its_structured_reference_and_the_payments_own_number():
    paid = closed("INV/2026/00042", payment_reference="RF18539007547034")
    waiting = payment(pays=[paid.document_id])
    for text in ("RF18 5390 0754 7034", "PBNK1/2026/00003"):
        assert certain(in_journal(text), [waiting], [paid]) == [waiting.id]


def test_another_amount_than_the_payments_is_not_certain():
    paid = closed("INV/2026/00042")
    waiting = payment(pays=[paid.document_id])
    pays = in_journal("INV/2026/00042", amount="120.00")
    assert certain(pays, [waiting], [paid]) is None
    assert first(pays, [waiting], [paid]) == (open_items.PART_PAYMENT, [waiting.id])


def test_a_payment_is_expected_in_its_own_bank_journal():
    paid = closed("INV/2026/00042")
    waiting = payment(pays=[paid.document_id], partner_id=1)
    elsewhere = line("INV/2026/00042", journal_id=JOURNAL + 1, **known(1))
    result = outcome(elsewhere, [waiting], [paid])
    assert result.obstacle == open_items.CLOSED
    assert not result.suggestions


def test_our_own_identifier_names_no_payment_that_is_expected_elsewhere():
    waiting = payment("-121.00", end_to_end_ids=("PAY0001",))
    pays = {"amount": "-121.00", "end_to_end_id": "PAY0001"}
    assert certain(in_journal(**pays), [waiting]) == [waiting.id]
    elsewhere = line(journal_id=JOURNAL + 1, **pays)
    assert outcome(elsewhere, [waiting]).obstacle == open_items.CLOSED
    # its other payments are no less named
    here = item("F1", "-121.00", end_to_end_ids=("PAY0001",))
    assert certain(elsewhere, [waiting, here]) == [here.id]


def test_one_payment_of_several_invoices_comes_at_once():
    paid = closed("INV/2026/00042"), closed("INV/2026/00043")
    waiting = payment("300.00", [each.document_id for each in paid])
    pays = in_journal("INV/2026/00042, INV/2026/00043", amount="300.00")
    assert certain(pays, [waiting], paid) == [waiting.id]


@pytest.mark.parametrize(
    ("amount", "settled"),
    [("60.00", "payment"), ("61.00", "rest"), ("121.00", "both"), ("50.00", "none")],
)
def test_of_an_invoice_that_is_paid_in_part_the_amount_tells_what_comes(
    amount, settled
):
    rest = item(residual="61.00", amount=Decimal("121.00"))
    waiting = payment("60.00", [rest.document_id])
    expected = {
        "payment": [waiting.id],
        "rest": [rest.id],
        "both": sorted([rest.id, waiting.id]),
        "none": None,
    }
    found = certain(in_journal("INV/2026/00042", amount=amount), [rest, waiting])
    assert (found and sorted(found)) == expected[settled]


def test_where_the_amount_does_not_tell_nobody_knows():
    rest = item(residual="60.00", amount=Decimal("120.00"))
    waiting = payment("60.00", [rest.document_id])
    pays = in_journal("INV/2026/00042", amount="60.00")
    result = outcome(pays, [rest, waiting])
    assert (result.certain, result.obstacle) == (None, open_items.SEVERAL_WAYS)


def test_the_payments_of_an_invoice_come_one_by_one():
    paid = closed("INV/2026/00042")
    parts = [payment(residual, [paid.document_id]) for residual in ("50.00", "71.00")]
    for part in parts:
        pays = in_journal("INV/2026/00042", amount=str(part.residual))
        assert certain(pays, parts, [paid]) == [part.id]


def test_a_payment_of_another_invoice_with_the_same_number_is_not_certain():
    mine, theirs = closed("2026-0042"), closed("2026-0042", partner_id=2)
    waiting = payment(pays=[mine.document_id], partner_id=1)
    assert certain(in_journal("2026-0042"), [waiting], [mine, theirs]) is None


def test_another_partners_account_speaks_against_a_payment_too():
    paid = closed("INV/2026/00042")
    waiting = payment(pays=[paid.document_id], partner_id=1)
    pays = in_journal("INV/2026/00042", **known(2))
    assert outcome(pays, [waiting], [paid]).obstacle == open_items.OTHER_PARTNER


def test_the_one_payment_of_the_amount_is_likelier_than_an_older_invoice():
    older = item("INV/2026/00007")
    waiting = payment(pays=[99])
    assert first(in_journal(**known(1)), [older, waiting]) == (
        open_items.PARTNER_AMOUNT,
        [waiting.id],
    )


def test_a_payment_of_nothing_yet_may_be_what_comes():
    invoice = item()
    pays = in_journal("INV/2026/00042")
    waiting = payment()
    result = outcome(pays, [invoice, waiting])
    assert (result.certain, result.obstacle) == (None, open_items.SEVERAL_WAYS)
    for other in (
        payment("60.00"),
        payment(partner_id=2),
        payment(journal_id=JOURNAL + 1),
        payment(pays=[99]),
        payment(currency="USD"),
    ):
        assert certain(pays, [invoice, other]) == [invoice.id]
    named = in_journal(str(*waiting.names))
    assert certain(named, [invoice, waiting]) == [waiting.id]


def test_a_payment_that_another_line_has_taken_is_in_nobodys_way():
    invoice, waiting = item(), payment()
    lines = [in_journal(*one.names) for one in (waiting, invoice)]
    matches = [each.certain for each in match_lines(lines, [invoice, waiting])]
    assert [match.item_ids for match in matches] == [{waiting.id}, {invoice.id}]


@law(
    st.integers(1, 3),
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_a_payment_and_its_invoice_are_never_both_paid_by_less(rest, parts, paid):
    """Whatever was registered before, what is certain adds up to the line."""
    open_rest = item(residual=f"{rest}.00")
    waiting = [payment(f"{part}.00", [open_rest.document_id]) for part in parts]
    pays = in_journal("INV/2026/00042", amount=f"{paid}.00")
    match = outcome(pays, [open_rest, *waiting]).certain
    if match:
        assert sum(one.amount for one in match.settlements) == paid
        assert len(match.settlements) in (1, 1 + len(parts))
