# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Spoilt answers end in records or in a PontoError, whatever the server sends."""

import os
from datetime import datetime, timezone

import pytest
import requests
from ponto_api import (
    Account,
    FinancialInstitution,
    Page,
    PontoClient,
    PontoError,
    Synchronization,
    Transaction,
    content_hash,
    document_from_text,
    document_to_text,
)
from simulator.fuzz import GOOD, Mutator, write

FACTOR = 10 if os.environ.get("PONTO_LONG") else 1
BASE_URL = "https://api.myponto.com"
STATUSES = (200, 200, 200, 200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 429, 503)
NOW = datetime(2026, 7, 15, 12, tzinfo=timezone.utc)

#: How each kind of answer is asked for, and what good ones give.
CALLS = {
    "token": (lambda client: [client.fetch_token()], object),
    "accounts": (lambda client: list(client.iter_accounts()), Account),
    "account": (lambda client: [client.fetch_account("a")], Account),
    "transactions": (lambda client: list(client.iter_transaction_pages("a")), Page),
    "synchronization": (
        lambda client: [client.fetch_synchronization("s")],
        Synchronization,
    ),
    "institution": (
        lambda client: [client.fetch_financial_institution("f")],
        FinancialInstitution,
    ),
}


class Memory:
    """A session without a network: serves one answer over and over."""

    verify = True

    def __init__(self):
        self.body, self.status, self.answered = b"", 200, 0

    def mount(self, prefix, adapter):
        """Nothing goes through an adapter."""

    def request(self, method, url, **options):
        self.answered += 1
        response = requests.Response()
        response.status_code, response._content = self.status, self.body
        is_token_call = url.endswith("/oauth2/token")
        if is_token_call and not self.is_token:
            response.status_code = 200
            response._content = b'{"access_token": "t", "token_type": "bearer"}'
        return response

    def say(self, kind, body, status):
        self.body, self.status, self.is_token = body, status, kind == "token"


def hash_content(transaction):
    return content_hash(
        transaction,
        transaction.executed_at,
        transaction.valued_at,
        transaction.currency,
        transaction.remittance_information,
    )


def use(records):
    """Do with records what their users do, and return how many there are."""
    for record in records:
        repr(record)
        for item in getattr(record, "records", [record]):
            if not hasattr(item, "document"):
                continue
            if hasattr(item, "amount"):
                hash_content(item)
            kept = document_from_text(document_to_text(item.document))
            assert type(item).from_document(kept) == item
    return len(records)


def outcome(client, kind):
    """Return what an answer came to: "records", or the name of the error."""
    try:
        use(CALLS[kind][0](client))
    except PontoError as error:
        assert str(error)
        assert "\n" not in str(error)
        return type(error).__name__
    return "records"


@pytest.mark.parametrize("kind", CALLS)
def test_good_answers_are_read(wire, make_client, kind):
    body = write(GOOD[kind])
    (wire.say_token if kind == "token" else wire.say)(body=body)
    records = CALLS[kind][0](make_client(wire))
    assert [type(record) for record in records] or kind == "token"
    assert all(isinstance(record, CALLS[kind][1]) for record in records)
    assert use(records) == 1


def test_spoilt_answers_from_memory(capsys):
    counts = {}
    session = Memory()
    client = PontoClient(
        "id",
        "secret",
        base_url=BASE_URL,
        session=session,
        max_retries=0,
        clock=lambda: NOW,
    )
    for kind in CALLS:
        mutator = Mutator(f"memory {kind}")
        wanted = 3000 if kind == "transactions" else 1200
        for number in range(wanted * FACTOR):
            body = mutator.spoil("error" if number % 20 == 19 else kind)
            session.say(kind, body, STATUSES[number % len(STATUSES)])
            _count(counts, kind, outcome(client, kind), body)
    _check(capsys, "from memory", counts, 9000 * FACTOR)


def test_spoilt_answers_over_http(capsys, wire, make_client):
    counts = {}
    client = make_client(wire, max_retries=0)
    for kind in CALLS:
        mutator = Mutator(f"wire {kind}")
        for _number in range(250 * FACTOR):
            body = mutator.spoil(kind)
            wire.answers, wire.token_answers = [], []
            if kind == "token":
                wire.token_answers.append((200, body, {}, None))
            else:
                wire.say(body=body)
            _count(counts, kind, outcome(client, kind), body)
    _check(capsys, "over HTTP", counts, 1500 * FACTOR)


def _count(counts, kind, result, body):
    assert result != "PontoConfigurationError", body[:500]
    counts.setdefault(kind, {}).setdefault(result, 0)
    counts[kind][result] += 1


def _check(capsys, how, counts, wanted):
    total = sum(sum(results.values()) for results in counts.values())
    read = sum(results.get("records", 0) for results in counts.values())
    with capsys.disabled():
        print(f"\n{total} spoilt answers {how}: {read} read, {total - read} refused")
    assert total == wanted
    # Neither all too spoilt nor hardly spoilt.
    assert total * 0.1 < read < total * 0.9


def test_content_nested_too_deeply_is_refused_by_name_wherever_it_is_read():
    """Read far down the stack, what could just be parsed is too deep."""

    def read(transaction, frames):
        if frames:
            return read(transaction, frames - 1)
        return hash_content(transaction)

    for depth in range(1, 1000):
        deep = "[" * depth + "]" * depth
        text = f'{{"id": "t", "attributes": {{"unknown": {deep}}}}}'
        try:
            read(Transaction.from_document(document_from_text(text)), 30)
        except PontoError:
            continue
