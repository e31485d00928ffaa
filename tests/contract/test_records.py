# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reading of texts and whole records."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ponto_api import (
    Account,
    FinancialInstitution,
    PontoProtocolError,
    Synchronization,
    Transaction,
    document_to_text,
    transaction_from_text,
)
from ponto_api.parsing import parse_text

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
TRANSACTION_NAMES = [
    "amount",
    "currency",
    "executionDate",
    "valueDate",
    "createdAt",
    "description",
    "remittanceInformation",
    "counterpartName",
    "counterpartReference",
    "fee",
]


def transaction(**attributes):
    """Return a transaction with these attributes."""
    return Transaction.from_document({"id": "t", "attributes": attributes})


@pytest.mark.parametrize("blank", [None, "", "  ", "\n\t"])
def test_absent_null_and_blank_are_the_same(blank):
    names = dict.fromkeys(TRANSACTION_NAMES, blank)
    assert transaction(**names) == transaction()
    assert transaction(**names).unreadable == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Acme BV ", "Acme BV"),
        (12, "12"),
        (Decimal("0.50"), "0.50"),
        ("a\x00b\x1bc\ud800d", "abcd"),
        ("two\nlines\there", "two\nlines\there"),
        ("\x00", None),
    ],
)
def test_texts_are_trimmed_and_storable(value, expected):
    assert parse_text(value) == expected


@pytest.mark.parametrize("value", [[], {}, ["x"], {"a": 1}, True, False])
def test_texts_of_a_wrong_type_are_none_and_named(value):
    record = transaction(counterpartName=value, description="d")
    assert (record.counterpart_name, record.description) == (None, "d")
    assert record.unreadable == ("counterpartName",)


@modest
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(TRANSACTION_NAMES, JSON_VALUES))
)
def test_no_attributes_whatsoever_raise(attributes):
    for record_class in (Transaction, Account, Synchronization, FinancialInstitution):
        record = record_class.from_document({"id": "t", "attributes": attributes})
        assert set(record.unreadable) <= set(attributes) | {"errors"}


@modest
@given(JSON_VALUES)
def test_any_value_is_a_record_or_a_protocol_error(value):
    for record_class in (Transaction, Account, Synchronization, FinancialInstitution):
        for document in (
            value,
            {"id": value, "attributes": {}},
            {"id": "a", "attributes": value},
            {"id": "a", "attributes": {}, "meta": value, "relationships": value},
            {"id": "a", "attributes": {}, "meta": {"latestSynchronization": value}},
        ):
            try:
                record_class.from_document(document)
            except PontoProtocolError:
                continue


def test_a_stored_document_gives_its_transaction_again():
    made = transaction(amount=Decimal("1.50"), counterpartName="Acme BV")
    assert transaction_from_text(document_to_text(made.document)) == made


@pytest.mark.parametrize("text", [None, False, "", "[]", "x", "{}", '{"id": "t"}'])
def test_a_text_without_a_transaction_gives_none(text):
    assert transaction_from_text(text) is None


def test_unknown_attributes_stay_in_the_document(sim, make_client):
    sim.bank.set_extra_attributes({"novelty": {"deep": [1, "x"]}})
    client = make_client(sim)
    for account in client.iter_accounts():
        assert account.document["attributes"]["novelty"]["deep"] == [1, "x"]
        assert not account.unreadable
    page = next(client.iter_transaction_pages(account.id))
    assert "novelty" in page.records[0].document["attributes"]


def test_omitted_and_null_attributes_read_the_same(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    client = make_client(sim)
    with_null = next(client.iter_transaction_pages(account_id)).records
    sim.bank.set_omit_null()
    assert next(client.iter_transaction_pages(account_id)).records == with_null


def test_an_account_is_read_with_its_meta(sim, make_client):
    expected = sim.bank.accounts()[0]
    account = next(make_client(sim).iter_accounts())
    assert account.id == expected["id"]
    assert account.reference == expected["reference"]
    assert account.current_balance == expected["currentBalance"]
    assert account.availability == "available"
    assert account.latest_synchronization.subtype == "accountDetails"
    assert account.synchronized_at.tzinfo is not None
    assert account.deprecated is False


def test_an_account_never_synchronized_has_no_meta():
    account = Account.from_document({"id": "a", "attributes": {}})
    assert (account.synchronized_at, account.latest_synchronization) == (None, None)
    assert (account.financial_institution_id, account.availability) == (None, None)


def test_meta_inside_the_attributes_is_not_taken_for_meta():
    attributes = {"meta": {"availability": "readonly"}, "availability": "readonly"}
    account = Account.from_document({"id": "a", "attributes": attributes})
    assert account.availability is None


def test_the_bank_of_an_account_can_be_fetched(sim, make_client):
    client = make_client(sim)
    account = next(client.iter_accounts())
    bank = client.fetch_financial_institution(account.financial_institution_id)
    assert bank.id == account.financial_institution_id
    assert bank.name


def test_the_problems_of_a_synchronization_are_read():
    errors = [
        {
            "code": "authorizationExpired",
            "detail": "Consent of BE68539007547034\n" + "x" * 400,
            "meta": {"financialInstitutionResponse": {"body": "..."}},
        },
        {"code": None},
        7,
    ]
    made = Synchronization.from_document(
        {"id": "s", "attributes": {"status": "error", "errors": errors}}
    )
    assert (made.is_finished, made.is_failed) == (True, True)
    assert [problem.code for problem in made.errors] == ["authorizationExpired", None]
    assert "BE68…034" in made.errors[0].detail
    assert len(made.errors[0].detail) == 200


def test_a_bare_string_among_the_errors_of_a_synchronization_is_a_code(
    sim, make_client
):
    sim.bank.set_plain_errors()
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.expire_consent(account_id)
    account = make_client(sim).fetch_account(account_id)
    (problem,) = account.latest_synchronization.errors
    assert (problem.code, problem.detail) == ("authorizationExpired", None)
    errors = ["BE68539007547034", " ", {"code": "x", "detail": "y"}]
    made = Synchronization.from_document({"id": "s", "attributes": {"errors": errors}})
    assert [problem.code for problem in made.errors] == ["BE68…034", None, "x"]


@pytest.mark.parametrize("errors", ["x", {"code": "x"}, [{"code": "x"}]])
def test_a_single_error_of_a_synchronization_may_stand_alone(errors):
    made = Synchronization.from_document({"id": "s", "attributes": {"errors": errors}})
    assert [problem.code for problem in made.errors] == ["x"]


def test_a_currency_is_in_capitals_however_it_is_written():
    for kind in (Account, Transaction):
        made = kind.from_document({"id": "a", "attributes": {"currency": " eur "}})
        assert made.currency == "EUR"


@pytest.mark.parametrize("status", ["pending", "running", None, "novelty"])
def test_other_states_of_a_synchronization_are_not_its_end(status):
    made = Synchronization.from_document({"id": "s", "attributes": {"status": status}})
    assert (made.is_finished, made.is_failed) == (False, False)


def test_records_are_frozen_comparable_and_show_only_their_id():
    record = transaction(counterpartReference="BE68539007547034", amount=Decimal(1))
    with pytest.raises(AttributeError):
        record.amount = Decimal(2)
    assert repr(record) == "Transaction(id='t')"
    assert len({record, transaction(counterpartReference="BE68539007547034")}) == 2
    assert record == Transaction.from_document(
        json.loads(
            '{"id": "t", "attributes": {"counterpartReference": "BE68539007547034", '
            '"amount": 1}, "links": {}}'
        )
    )
