# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What leaves the client."""

import base64
import json

import pytest
import requests
from ponto_api import PontoNotFoundError, PontoServerError, PontoTransportError

EMPTY_LIST = '{"data": []}'
NO_CONTENT = '{"data": {"id": "a", "attributes": {}}}'


def test_the_token_call_sends_the_keys_as_basic_auth_and_the_grant_in_the_body(
    wire, make_client
):
    make_client(wire).fetch_token()
    (request,) = wire.requests
    scheme, _, keys = request["headers"]["Authorization"].partition(" ")
    assert (request["method"], request["path"]) == ("POST", "/oauth2/token")
    assert scheme == "Basic"
    assert base64.b64decode(keys).decode() == "integration-7:s3cr3t/with+signs"
    assert request["body"] == "grant_type=client_credentials"
    assert request["query"] == {}
    assert request["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


def test_data_calls_carry_the_bearer_token_and_ask_for_json(wire, make_client):
    wire.say(body=EMPTY_LIST)
    list(make_client(wire).iter_accounts())
    (request,) = wire.data_requests()
    assert request["headers"]["Authorization"] == "Bearer tok-1.abc"
    assert request["headers"]["Accept"] == "application/json"
    assert request["query"] == {"page[limit]": "100"}
    assert "account-statement-import-online-ponto" in request["headers"]["User-Agent"]


def test_keys_are_sent_without_the_blanks_of_copy_and_paste(wire, make_client):
    wire.client_secret = f"  {wire.client_secret}\n"
    make_client(wire).fetch_token()
    keys = wire.requests[0]["headers"]["Authorization"].split()[1]
    assert base64.b64decode(keys).decode() == "integration-7:s3cr3t/with+signs"


def test_keys_beyond_latin_letters_do_not_crash(wire, make_client):
    wire.client_secret = "geheim-€-秘密"
    make_client(wire).fetch_token()
    keys = wire.requests[0]["headers"]["Authorization"].split()[1]
    assert base64.b64decode(keys).decode().endswith("geheim-€-秘密")


def test_a_netrc_file_does_not_replace_the_bearer_token(
    wire, make_client, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password person\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire.say(body=EMPTY_LIST)
    list(make_client(wire).iter_accounts())
    assert wire.data_requests()[0]["headers"]["Authorization"] == "Bearer tok-1.abc"


def test_a_walk_over_all_pages_uses_one_connection(wire, make_client):
    for number in range(5):
        body = {
            "data": [{"id": f"t{number}", "attributes": {}}],
            "meta": {"paging": {"after": f"t{number}"} if number < 4 else {}},
        }
        wire.say(body=json.dumps(body))
    pages = list(make_client(wire).iter_transaction_pages("a"))
    assert len(pages) == 5
    assert len(wire.requests) == 6
    assert len(wire.connections) == 1


def test_errors_do_not_cost_the_connection(wire, make_client):
    wire.say(503, "<html>later</html>")
    wire.say(404, "{}")
    wire.say(body=NO_CONTENT)
    client = make_client(wire)
    with pytest.raises(Exception, match="404"):
        client.fetch_account("a")
    client.fetch_account("a")
    assert len(wire.connections) == 1


def test_every_request_is_counted_as_the_server_counts(wire, make_client):
    client = make_client(wire)
    assert client.request_count == 0
    wire.say(503)
    wire.say(429)
    wire.say(body=EMPTY_LIST)
    list(client.iter_accounts())
    assert client.request_count == len(wire.requests) == 4  # the token is one
    wire.say(body=NO_CONTENT, cut_at=5)
    wire.say(body=NO_CONTENT)
    client.fetch_account("a")
    assert client.request_count == len(wire.requests) == 6


def test_requests_that_fail_are_counted(wire, make_client):
    client = make_client(wire)
    for _attempt in range(4):
        wire.say(503)
    with pytest.raises(PontoServerError):
        list(client.iter_accounts())
    assert client.request_count == len(wire.requests) == 5
    wire.say(404)
    with pytest.raises(PontoNotFoundError):
        client.fetch_account("a")
    assert client.request_count == len(wire.requests) == 6


def test_a_start_cursor_and_a_page_size_are_sent(wire, make_client):
    wire.say(body='{"data": [{"id": "t-8", "attributes": {}}]}')
    list(make_client(wire).iter_transaction_pages("acc-1", after="t-9", limit=25))
    (request,) = wire.data_requests()
    assert request["path"] == "/accounts/acc-1/transactions"
    assert request["query"] == {"page[limit]": "25", "page[after]": "t-9"}


@pytest.mark.parametrize(("asked", "sent"), [(0, "1"), (-3, "1"), (1000, "100")])
def test_the_page_size_stays_in_the_range_the_server_accepts(
    wire, make_client, asked, sent
):
    wire.say(body=EMPTY_LIST)
    list(make_client(wire).iter_transaction_pages("acc-1", limit=asked))
    assert wire.data_requests()[0]["query"]["page[limit]"] == sent


def test_a_synchronization_is_asked_for_with_all_required_attributes(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    made = make_client(sim).create_synchronization(
        account_id, "accountTransactions", " 203.0.113.7 "
    )
    sent = json.loads(sim.bank.requests[-1].body)
    assert sent == {
        "data": {
            "type": "synchronization",
            "attributes": {
                "resourceType": "account",
                "resourceId": account_id,
                "subtype": "accountTransactions",
                "customerIpAddress": "203.0.113.7",
            },
        }
    }
    assert sim.bank.requests[-1].headers["content-type"] == "application/json"
    assert made.document["attributes"]["resourceId"] == account_id
    assert made.status == "pending"


def test_ids_cannot_leave_their_place_in_the_path(wire, make_client):
    wire.say(404, "{}")
    with pytest.raises(Exception, match="404"):
        make_client(wire).fetch_account("a/../../me?x=1#y")
    assert wire.data_requests()[0]["path"] == "/accounts/a%2F..%2F..%2Fme%3Fx%3D1%23y"


def test_a_path_in_the_base_address_is_kept(wire, make_client):
    wire.url += "/ponto-connect/"
    wire.token_answers, wire.answers = [], []
    wire.say(body='{"access_token": "t", "token_type": "Bearer", "expires_in": 900}')
    wire.say(body=EMPTY_LIST)
    list(make_client(wire).iter_accounts())
    paths = [request["path"] for request in wire.requests]
    assert paths == ["/ponto-connect/oauth2/token", "/ponto-connect/accounts"]


def test_a_session_handed_in_is_used_verified_and_left_open(wire, make_client):
    calls = []

    class Session(requests.Session):
        closed = False

        def send(self, request, **options):
            calls.append(options)
            return super().send(request, **options)

        def close(self):
            self.closed = True

    session = Session()
    session.verify = False
    wire.say(body=EMPTY_LIST)
    with make_client(wire, session=session) as client:
        list(client.iter_accounts())
    assert not session.closed
    # True, or the path of certificates that the environment names.
    assert all(options["verify"] for options in calls)
    assert [options["allow_redirects"] for options in calls] == [False, False]
    # The pair of time-outs is put in by the adapter, out of sight of a patched send.
    assert [options["timeout"] for options in calls] == [None, None]


def test_an_answer_made_up_by_a_patched_send_is_understood(
    wire, make_client, monkeypatch
):
    def send(session, request, **options):
        response = requests.Response()
        response.status_code = 200
        response._content = (
            b'{"access_token": "t", "token_type": "bearer"}'
            if request.url.endswith("/oauth2/token")
            else b'{"data": [{"id": "a", "attributes": {}}]}'
        )
        return response

    monkeypatch.setattr(requests.Session, "send", send)
    assert [a.id for a in make_client(wire).iter_accounts()] == ["a"]


# === PROXIES === #


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_gets_what_is_meant_for_this_machine(
    wire, other_wire, make_client, monkeypatch, name, host
):
    for variable in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, other_wire.url)
    wire.url = wire.url.replace("127.0.0.1", host)
    wire.say(body=EMPTY_LIST)
    list(make_client(wire).iter_accounts())
    assert len(wire.requests) == 2
    assert other_wire.requests == []


def test_any_other_address_is_reached_by_way_of_the_proxy(
    wire, make_client, monkeypatch
):
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    connected = []
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.do_CONNECT",
        lambda handler: connected.append(handler.path) or handler.send_error(403),
        raising=False,
    )
    wire.url = "https://ponto.invalid"
    with pytest.raises(PontoTransportError):
        make_client(wire, max_retries=0).fetch_token()
    assert connected == ["ponto.invalid:443"]
