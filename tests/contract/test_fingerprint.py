# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What makes two documents the same transaction, or the same content."""

import json
from datetime import timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ponto_api import Transaction, content_hash, document_from_text, identify

ATTRIBUTES = {
    "amount": 10.5,
    "fee": "0.35",
    "currency": "EUR",
    "executionDate": "2026-07-10T00:00:00.000Z",
    "valueDate": "2026-07-11T00:00:00Z",
    "remittanceInformation": "Invoice 2026/118",
    "counterpartName": "Café Zwaan",
    "counterpartReference": "BE15001765432130",
    "endToEndId": "E2E-1",
    "mandateId": "MANDATE-2",
    "creditorId": "BE80ZZZ0403987654",
    "description": "Direct debit",
    "cardReference": "4417",
    "purposeCode": "SUPP",
    "bankTransactionCode": "PMNT-RDDT-ESDD",
    "proprietaryBankTransactionCode": "0501",
    "additionalInformation": "Further text",
    "internalReference": "internal-3",
}


def read(attributes):
    document = {"id": "one", "type": "transaction", "attributes": attributes}
    return Transaction.from_document(document_from_text(json.dumps(document)))


def hash_of(attributes):
    transaction = read(attributes)
    return content_hash(
        transaction,
        day=day_of(transaction.executed_at),
        value_day=day_of(transaction.valued_at),
        currency=transaction.currency,
        text=transaction.remittance_information,
    )


def day_of(moment):
    return moment and moment.astimezone(timezone.utc).date()


AS_IT_WAS = hash_of(ATTRIBUTES)

#: Other spellings of a value.
MOMENTS = [
    "2026-07-10T00:00:00Z",
    "2026-07-10T00:00:00.000000Z",
    "2026-07-10T00:00:00+00:00",
    "2026-07-10T02:00:00+02:00",
    "2026-07-10T02:00:00.000+0200",
    "2026-07-10",
]
SPELLINGS = {
    "amount": [10.50, "10.5", "10.500", " 10.5 ", "+10.50", "1050e-2"],
    "fee": [0.35, "0.350"],
    "executionDate": MOMENTS,
    "valueDate": [moment.replace("10T", "11T") for moment in MOMENTS[:-1]],
    "remittanceInformation": ["Invoice 2026/118  ", "Invoice \n 2026/118"],
    "counterpartName": ["Cafe\u0301 Zwaan", " Café  Zwaan"],
    "counterpartReference": ["BE15 0017 6543 2130", "be15-0017-6543-2130"],
    "internalReference": ["other", None],
    "createdAt": ["2026-07-12T00:00:00Z"],
    "updatedAt": ["2026-07-12T00:00:00Z"],
    "digest": ["other"],
    "cardReferenceType": ["maskedPan"],
    "remittanceInformationType": ["structured", "unstructured"],
    "somethingNew": ["x", {"y": [1]}, None],
}
CHOICES = [(name, value) for name, values in SPELLINGS.items() for value in values]


@given(st.lists(st.sampled_from(CHOICES), max_size=8), st.randoms())
@settings(derandomize=True, deadline=None)
def test_no_respelling_changes_anything(choices, random):
    attributes = {**ATTRIBUTES, **dict(choices)}
    names = list(attributes)
    random.shuffle(names)
    assert hash_of({name: attributes[name] for name in names}) == AS_IT_WAS


@pytest.mark.parametrize("name", sorted(set(ATTRIBUTES) - {"internalReference"}))
@pytest.mark.parametrize("other", ["2026-07-12", "17.00", None])
def test_whatever_else_the_bank_says_is_another_content(name, other):
    if other == "17.00" and name.endswith("Date"):
        other = "2026-07-13T00:00:00Z"
    assert hash_of({**ATTRIBUTES, name: other}) != AS_IT_WAS


@pytest.mark.parametrize("value", [None, "", " ", "NOTPROVIDED", "Not provided"])
def test_nothing_is_nothing_however_it_is_written(value):
    before = {**ATTRIBUTES, "endToEndId": None}
    assert hash_of({**before, "endToEndId": value}) == hash_of(before)
    assert "reference" not in identify(read({**before, "endToEndId": value}))


def test_a_fee_of_nothing_is_no_fee():
    before = {**ATTRIBUTES, "fee": None}
    for fee in (0, "0.00"):
        assert hash_of({**before, "fee": fee}) == hash_of(before)


def test_what_identifies_depends_on_nobody_who_writes_it():
    assert identify(read(ATTRIBUTES)) == {
        "reference": "e2e1",
        "mandate": "mandate2",
        "bank": "internal3",
        "number": "be15001765432130",
        "name": "cafézwaan",
        "text": "invoice2026118",
    }
    assert identify(read({"amount": 1})) == {}
    assert read(ATTRIBUTES).amount == Decimal("10.5")


def test_accents_are_the_same_however_they_are_encoded():
    respelled = {**ATTRIBUTES, "counterpartName": "CAFE\u0301 ZWAAN"}
    assert identify(read(respelled)) == identify(read(ATTRIBUTES))


@pytest.mark.parametrize(
    "texts, expected",
    [
        ((None, "Further", "Kind"), "further"),
        (("/", None, "Kind"), "kind"),
        (("-", " ", None), None),
    ],
)
def test_a_mark_alone_identifies_nothing(texts, expected):
    names = ("remittanceInformation", "additionalInformation", "description")
    found = identify(read(dict(zip(names, texts, strict=True))))
    assert found.get("text") == expected
