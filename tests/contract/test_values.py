# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reading of amounts and times."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ponto_api import (
    PontoProtocolError,
    Transaction,
    document_from_text,
    document_to_text,
)
from ponto_api.parsing import parse_amount, parse_time

modest = settings(deadline=None, max_examples=60, derandomize=True)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=8)
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
AMOUNTS = '{"data": [{"id": "t", "attributes": {"amount": AMOUNT, "fee": AMOUNT}}]}'


def transaction(**attributes):
    """Return a transaction with these attributes."""
    return Transaction.from_document({"id": "t", "attributes": attributes})


# === AMOUNTS === #


@pytest.mark.parametrize(
    "text",
    [
        "-121.5",
        "10250.4",
        "0.1",
        "0.10",
        "1234567890",
        "9999999999.99",
        "-9999999999.999",
        "12345678901.234",
        "1000",
        "0",
        "0.001",
        "123456789012345678.01",
    ],
)
def test_amounts_arrive_digit_by_digit(wire, make_client, text):
    wire.say(body=AMOUNTS.replace("AMOUNT", text))
    (page,) = make_client(wire).iter_transaction_pages("a")
    (record,) = page.records
    assert isinstance(record.amount, Decimal)
    assert str(record.amount) == text
    kept = document_to_text(record.document)
    assert f'"amount": {text}, "fee": {text}}}' in kept
    assert Transaction.from_document(document_from_text(kept)) == record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"12.50"', "12.50"),
        ('" -3 "', "-3"),
        ('"+7.1"', "7.1"),
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("12E-2", "0.12"),
    ],
)
def test_other_spellings_of_amounts_are_accepted(text, expected):
    document = document_from_text(f'{{"amount": {text}}}')
    assert str(parse_amount(document["amount"])) == expected


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        '"NaN"',
        '"abc"',
        '"1,5"',
        '"1 000"',
        '"0x10"',
        '"1_000"',
        '"\u0663"',
        "true",
        "false",
        "[]",
        "{}",
        "1e400",
        "1e99999999999999999999999",
        "-1e-99999999999999999999999",
        "1e-400",
        "1e18",
        "9" * 5000,
        '"%s"' % ("9" * 5000),
    ],
)
def test_an_unreadable_amount_is_none_and_named(wire, make_client, text):
    wire.say(body=AMOUNTS.replace("AMOUNT", text))
    (page,) = make_client(wire).iter_transaction_pages("a")
    (record,) = page.records
    assert (record.amount, record.fee) == (None, None)
    assert record.unreadable == ("amount", "fee")
    again = document_from_text(document_to_text(record.document))
    assert Transaction.from_document(again) == record


def test_a_python_float_is_taken_as_printed():
    assert transaction(amount=0.1).amount == Decimal("0.1")
    assert transaction(amount=float("nan")).unreadable == ("amount",)


@modest
@given(st.decimals(min_value=-(10**15), max_value=10**15, places=3))
def test_any_amount_with_three_decimals_is_exact(amount):
    text = document_to_text({"id": "t", "attributes": {"amount": amount}})
    read = Transaction.from_document(document_from_text(text)).amount
    assert (read, str(read)) == (amount, str(amount))


@modest
@given(JSON_VALUES)
def test_any_document_survives_being_kept(value):
    document = document_from_text(document_to_text({"value": value}))
    assert document == {"value": value}
    assert document_from_text(document_to_text(document)) == document


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), Decimal("NaN")])
def test_what_json_has_not_cannot_be_kept(value):
    with pytest.raises(PontoProtocolError):
        document_to_text({"value": value})


def test_endless_nesting_cannot_be_kept():
    document = {}
    document["again"] = document
    with pytest.raises(PontoProtocolError):
        document_to_text(document)


# === TIMES === #

MIDNIGHT = datetime(2026, 3, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize("digits", range(10))
@pytest.mark.parametrize("zone", ["Z", "+00:00", "+02:00", "-0530", ""])
def test_every_length_of_the_fraction_is_read(digits, zone):
    fraction = "." + "123456789"[:digits] if digits else ""
    read = parse_time(f"2026-03-02T10:20:30{fraction}{zone}")
    micro = int("123456789"[:digits].ljust(6, "0")[:6])
    offset = {"+02:00": 120, "-0530": -330}.get(zone, 0)
    assert read.replace(tzinfo=None) == datetime(2026, 3, 2, 10, 20, 30, micro)
    assert read.utcoffset() == timedelta(minutes=offset)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        " 2026-03-02 ",
        "2026-03-02T00:00Z",
        "2026-03-02T00:00:00.000Z",
        "2026-03-02T00:00:00z",
        "2026-03-02 00:00:00",
    ],
)
def test_midnight_in_many_spellings(text):
    assert parse_time(text) == MIDNIGHT
    assert parse_time(text).tzinfo is timezone.utc


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026",
        "2026-03",
        "20260302",
        "2026-W10-1",
        "02/03/2026",
        "2026-02-30",
        "2026-03-02T25:00:00Z",
        "2026-03-02T10:00:00+99:00",
        "2026-03-02T",
        "0000-00-00",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T24:00:00Z",
        "9999-12-31T23:59:59Z",
        "２０２６-03-02",
        1772409600,
        True,
        ["2026-03-02"],
        {"date": "2026-03-02"},
    ],
)
def test_an_unreadable_time_is_none_and_named(value):
    record = transaction(executionDate=value, valueDate="2026-03-02")
    assert (record.executed_at, record.valued_at) == (None, MIDNIGHT)
    assert record.unreadable == ("executionDate",)


@pytest.mark.parametrize("digits", [0, 3, 6, 9])
@pytest.mark.parametrize("offset", [None, 0, 60, 120])
def test_times_of_the_simulator_are_read_in_every_form(
    sim, make_client, digits, offset
):
    account_id = sim.bank.accounts()[0]["id"]
    client = make_client(sim)

    def read():
        page = next(client.iter_transaction_pages(account_id, limit=20))
        assert not any(record.unreadable for record in page.records)
        return [(r.executed_at, r.valued_at) for r in page.records]

    before = read()
    sim.bank.set_time_format(fraction_digits=digits, offset_minutes=offset)
    assert read() == before


def test_dates_alone_are_read_as_midnight(sim, make_client):
    sim.bank.set_time_format(date_only=True)
    account_id = sim.bank.accounts()[0]["id"]
    page = next(make_client(sim).iter_transaction_pages(account_id))
    for record in page.records:
        assert record.executed_at.utcoffset() == timedelta(0)
        assert record.executed_at.hour == record.executed_at.minute == 0


@modest
@given(st.text(max_size=40) | st.from_regex(r"\A\d{4}-\d\d-\d\d.{0,20}\Z"))
def test_any_text_is_a_usable_time_or_refused(text):
    try:
        moment = parse_time(text)
    except ValueError:
        return
    for hours in (-14, 0, 14):
        moment.astimezone(timezone(timedelta(hours=hours)))


@modest
@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2999, 1, 1)))
def test_any_time_python_writes_is_read(moment):
    aware = moment.replace(tzinfo=timezone.utc)
    assert parse_time(aware.isoformat()) == aware
