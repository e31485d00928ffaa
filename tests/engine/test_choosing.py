# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a line does to the items that a person has chosen for it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from engine import open_items
from engine.choosing import choose
from engine.open_items import Settlement
from hypothesis import strategies as st
from settling import DUE, TODAY, item, law, line


def test_items_that_add_up_are_all_paid():
    items = [
        item("A", "100.00", due_date=DUE + timedelta(1)),
        item("B", "41.00"),
        item("C", "-20.00", account_type=open_items.RECEIVABLE),
    ]
    match = choose(line(), items)
    assert match.reason == open_items.CHOSEN
    assert {one.item_id for one in match.settlements} == {one.id for one in items}
    assert not match.rest


def test_a_discount_is_granted_in_time():
    one = item(discount_date=TODAY, discount_amount=Decimal("118.58"))
    match = choose(line(amount="118.58"), [one])
    assert match.settlements == (Settlement(one.id, one.residual, Decimal("2.42")),)


def test_less_pays_the_first_ones_and_more_leaves_a_rest():
    first, second = item("A", "100.00"), item("B", "50.00")
    match = choose(line(amount="120.00"), [second, first])
    assert match.settlements == (
        Settlement(first.id, Decimal("100.00")),
        Settlement(second.id, Decimal("20.00")),
    )
    match = choose(line(amount="160.00"), [first, second])
    assert match.rest == Decimal("10.00")


def test_another_currency_is_paid_at_its_own_rate():
    one = item(residual="110.00", currency="USD", company_residual=Decimal("100.00"))
    match = choose(line(amount="100.00"), [one])
    assert match.settlements == (Settlement(one.id, one.residual),)


def test_more_leaves_a_rest_in_the_currency_of_the_transaction():
    dollars = {"foreign_amount": Decimal("110.00"), "foreign_currency": "USD"}
    for sign in (1, -1):
        dollars["foreign_amount"] *= sign
        of = line(amount=str(sign * Decimal("97.12")), **dollars)
        match = choose(of, [item(residual=str(sign * Decimal("90.00")))])
        assert (match.reason, match.rest) == ("overpayment", sign * Decimal("8.06"))
        one = item(residual=str(sign * Decimal("90.00")), currency="USD")
        assert choose(of, [one]).rest == sign * 20
        dollars["foreign_amount"] *= sign


@law(
    st.decimals("0.01", 300, places=2),
    st.decimals("0.01", 300, places=2) | st.integers(1, 30000).map(Decimal),
    st.lists(st.decimals("0.01", 90, places=2), min_size=1, max_size=4),
    st.sampled_from([1, -1]),
)
def test_the_rest_of_a_line_is_what_is_not_paid_at_the_rate_of_the_bank(
    amount, foreign, residuals, sign
):
    amount, foreign = amount * sign, foreign * sign
    of = line(amount=str(amount), foreign_amount=foreign, foreign_currency="XXX")
    for currency in ("EUR", "XXX"):
        items = [item("A", str(one * sign), currency=currency) for one in residuals]
        match = choose(of, items)
        paid = sum(one.amount for one in match.settlements)
        rest = of.amount_in(currency) - paid
        exact = foreign * rest / of.amount_in(currency)
        assert abs(match.rest - exact) <= Decimal(1).scaleb(foreign.as_tuple()[2]) / 2
        assert match.rest * sign >= 0


@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_the_wrong_direction_pays_nothing(currency):
    assert choose(line(amount="-121.00"), [item(currency=currency)]) is None


@law(
    st.integers(1, 20000),
    st.lists(st.integers(1, 9000), min_size=1, max_size=6),
)
def test_nothing_is_written_off_and_nothing_is_paid_twice(paid, residuals):
    items = [item(str(cents), str(Decimal(cents) / 100)) for cents in residuals]
    amount = Decimal(paid) / 100
    match = choose(line(amount=str(amount)), items)
    by_id = {one.id: one for one in items}
    assert len(match.item_ids) == len(match.settlements)
    for settlement in match.settlements:
        assert 0 < settlement.amount <= by_id[settlement.item_id].residual
        assert not settlement.discount
    assert sum(one.amount for one in match.settlements) + match.rest == amount
