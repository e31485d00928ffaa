# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Nothing secret reaches a log, at any level, from any library below the client."""

import logging
import re

import pytest
from ponto_api import PontoError


@pytest.fixture
def everything(caplog):
    """The log of the whole process at its most talkative."""
    caplog.set_level(logging.DEBUG)
    for name in ("ponto_api", "urllib3", "requests", "oauthlib"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def test_a_whole_walk_logs_no_secret_no_token_and_no_account_number(
    sim, make_client, everything
):
    client = make_client(sim)
    sim.bank.fault("/accounts$", status=503)
    sim.bank.fault("/transactions", cut="before", after=1)
    tokens = [client.fetch_token().value]
    private = [sim.client_secret]
    for account in client.iter_accounts():
        client.fetch_financial_institution(account.financial_institution_id)
        private += [account.reference, account.holder_name]
        for page in client.iter_transaction_pages(account.id):
            for record in page.records:
                private += [record.counterpart_reference, record.remittance_information]
        sim.bank.revoke_tokens()
        tokens.append(client.token.value)
    made = client.create_synchronization(account.id, "accountDetails", "203.0.113.7")
    client.fetch_synchronization(made.id)
    with pytest.raises(PontoError):
        client.create_synchronization(account.id, "accountDetails", "203.0.113.7")
    logged = everything.text
    assert "Ponto GET /accounts: 200" in logged
    assert "urllib3" in logged
    for text in filter(None, tokens + private):
        assert text not in logged
    assert "203.0.113.7" not in logged
    assert not re.search(r"Bearer|Basic ", logged)


def test_each_call_logs_one_line_with_its_facts(wire, make_client, everything):
    wire.say(404, "{}", {"ibanity-request-id": "REQ-1"})
    wire.say(200, "<html>private</html>")
    client = make_client(wire)
    for _call in range(2):
        with pytest.raises(PontoError):
            client.fetch_account("acc-1")
    lines = [
        record.getMessage()
        for record in everything.records
        if record.name.startswith("ponto_api")
    ]
    assert len(lines) == 3
    assert re.fullmatch(
        r"Ponto POST /oauth2/token: 200 in \d+ ms, request None", lines[0]
    )
    assert re.fullmatch(
        r"Ponto GET /accounts/acc-1: 404 in \d+ ms, request REQ-1", lines[1]
    )
    assert "private" not in everything.text


def test_a_call_without_an_answer_is_logged_too(sim, make_client, everything):
    sim.bank.fault("/accounts", cut="before", times=None)
    with pytest.raises(PontoError):
        list(make_client(sim).iter_accounts())
    assert re.search(r"Ponto GET /accounts: no answer in \d+ ms", everything.text)


def test_a_hostile_request_id_cannot_forge_a_log_line(wire, make_client, everything):
    wire.say(404, "{}", {"ibanity-request-id": "x y (forged)"})
    with pytest.raises(PontoError):
        make_client(wire).fetch_account("a")
    assert "forged" not in everything.text


def test_our_own_lines_are_debug_and_lazy(sim, make_client, everything):
    list(make_client(sim).iter_accounts())
    ours = [r for r in everything.records if r.name.startswith("ponto_api")]
    assert ours
    assert {record.levelno for record in ours} == {logging.DEBUG}
    assert all(record.args for record in ours)
