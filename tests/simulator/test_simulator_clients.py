"""Clients of others work against the simulator: what they send, and what they expect.

Each test sends what one client library sends, byte by byte where that matters.
"""

import base64
import http.client
import json
import socket
import uuid
from datetime import date
from urllib.parse import urlsplit

import pytest
from simulator import CLIENT_ID, CLIENT_SECRET, Simulator

BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def simulator():
    with Simulator(today=date(2026, 11, 20)) as simulator:
        yield simulator


@pytest.fixture
def account_id(simulator):
    return simulator.bank.accounts()[0]["id"]


@pytest.fixture
def send(simulator):
    """Send one request with exactly these headers; (status, headers, body)."""
    address = urlsplit(simulator.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)

    def send(method, target, body=None, **headers):
        names = {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request(method, target, body=body, headers=names)
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    yield send
    connection.close()


def test_a_body_may_come_in_chunks(send):
    form = b"grant_type=client_credentials"
    for _time in range(2):
        status, _headers, body = send(
            "POST",
            "/oauth2/token",
            body=iter([form[:7], form[7:]]),
            Authorization=f"Basic {BASIC}",
            Content_Type=FORM,
        )
        assert status == 200
        assert json.loads(body)["token_type"] == "bearer"


@pytest.mark.parametrize("chunk", [b"7fffffff\r\n", b"no number\r\n"])
def test_a_chunk_that_nobody_would_send_is_refused(simulator, chunk):
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), 10) as wire:
        wire.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n")
        wire.sendall(b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
        assert wire.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "header", ["Content-Length: abc", "Content-Length: -5", "Transfer-Encoding: gzip"]
)
def test_a_body_whose_end_nobody_knows_is_refused(simulator, header):
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), 10) as wire:
        wire.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n")
        wire.sendall(f"{header}\r\n\r\n".encode())
        assert wire.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/acc%6funts", 401), ("/acc%6Funts", 401), ("/%2Faccounts", 404)],
)
def test_a_letter_may_be_escaped_and_a_slash_is_another_one_then(
    send, target, expected
):
    status, _headers, _body = send("GET", target)
    assert status == expected


class PontoRuby:
    """Ponto's own Ruby library: the root's templates, with the placeholders blanked.

    Every request has a bearer, an empty one until a token was set.
    """

    def __init__(self, send):
        self._send = send
        self.token = ""
        self.schema = self.get("/")["links"]

    def log_in(self):
        document = self.execute(
            "POST",
            self.schema["oauth2"]["token"],
            "grant_type=client_credentials",
            Authorization=f"Basic {BASIC}",
            Content_Type=FORM,
        )
        self.token = document["access_token"]

    def get(self, uri, query=""):
        return self.execute("GET", uri + query)

    def execute(self, method, uri, body=None, **headers):
        headers = {
            "Accept": "application/json",
            "Content_Type": "application/json",
            "Authorization": f"Bearer {self.token}",
            **headers,
        }
        target = uri[uri.index("/", 8) :] if "://" in uri else uri
        status, _headers, raw = self._send(method, target, body, **headers)
        document = json.loads(raw)
        assert status < 400, document
        return document

    def uri(self, *names, **ids):
        template = self.schema
        for name in names:
            template = template[name]
        for name in ("account", "transaction", "synchronization"):
            template = template.replace(f"{{{name}Id}}", ids.get(name, ""))
        return template.replace("{financialInstitutionId}", "").replace(
            "{pendingTransactionId}", ""
        )

    def synchronize(self, account_id):
        attributes = {
            "resourceType": "account",
            "resourceId": account_id,
            "subtype": "accountTransactions",
            "customerIpAddress": "203.0.113.7",
        }
        document = {"data": {"type": "synchronization", "attributes": attributes}}
        uri = self.uri("synchronizations")
        return self.execute("POST", uri, json.dumps(document))["data"]


@pytest.fixture
def ruby(send):
    ruby = PontoRuby(send)
    ruby.log_in()
    return ruby


def test_ruby_library_reads_the_root_and_gets_a_token_with_an_empty_bearer(send):
    ruby = PontoRuby(send)
    assert ruby.schema["accounts"].endswith("/accounts/{accountId}")
    ruby.log_in()
    assert ruby.token


def test_ruby_library_lists_accounts_and_finds_one(ruby, account_id):
    uri = ruby.uri("accounts")
    assert uri.endswith("/accounts/")
    assert len(ruby.get(uri)["data"]) == 3
    one = ruby.get(ruby.uri("accounts", account=account_id))["data"]
    assert one["id"] == account_id
    institution = one["relationships"]["financialInstitution"]["links"]["related"]
    assert ruby.get(institution)["data"]["type"] == "financialInstitution"
    related = one["relationships"]["transactions"]["links"]
    assert related["meta"]["type"] == "transaction"
    assert len(ruby.get(related["related"])["data"]) == 10


@pytest.mark.parametrize(
    "query", ["?limit={0}&after={1}", "?page[limit]={0}&page[after]={1}"]
)
def test_ruby_library_pages_through_transactions(ruby, account_id, query):
    uri = ruby.uri("account", "transactions", account=account_id)
    assert uri.endswith("/transactions/")
    page = ruby.get(uri, "?limit=100")
    ids = [row["id"] for row in page["data"]]
    while "next" in page["links"]:
        page = ruby.get(uri, query.format(100, page["meta"]["paging"]["after"]))
        ids += [row["id"] for row in page["data"]]
    assert len(ids) == len(set(ids)) == 400
    one = ruby.uri("account", "transactions", account=account_id, transaction=ids[0])
    assert ruby.get(one)["data"]["id"] == ids[0]


def test_ruby_library_reads_pending_transactions_and_institutions(ruby, account_id):
    uri = ruby.uri("account", "pendingTransactions", account=account_id)
    assert ruby.get(uri)["data"] == []
    assert ruby.get(ruby.uri("financialInstitutions"))["data"]
    ruby.token = ""
    assert ruby.get(ruby.uri("financialInstitutions"))["data"]


def test_ruby_library_synchronizes_and_reads_what_was_updated(ruby, account_id):
    made = ruby.synchronize(account_id)
    uri = ruby.uri("synchronizations", synchronization=made["id"])
    states = [ruby.get(uri)["data"]["attributes"]["status"] for _look in range(2)]
    assert states == ["running", "success"]
    for name in ("updatedTransactions", "updatedPendingTransactions"):
        uri = ruby.uri("synchronization", name, synchronization=made["id"])
        assert ruby.get(uri)["data"] == []
        assert ruby.get(f"{uri}/")["data"] == []


def test_ruby_library_finds_a_list_of_errors_in_every_refusal(ruby, send):
    for target in ("/accounts/nobody", "/nowhere", "/accounts/?limit=0"):
        status, _headers, body = send(
            "GET", target, Authorization=f"Bearer {ruby.token}"
        )
        assert status >= 400
        assert json.loads(body)["errors"][0]["code"]


@pytest.mark.parametrize("bearer", ["Bearer wrong", "Bearer null", "Basic Zm9v"])
def test_root_refuses_any_other_credential_than_none_or_a_token(send, bearer):
    status, _headers, body = send("GET", "/", Authorization=bearer)
    assert status == 401
    assert json.loads(body)["errors"][0]["code"] == "invalidAccessToken"


@pytest.mark.parametrize("bearer", ["Bearer", "Bearer ", "bearer   ", ""])
def test_empty_bearer_is_none_at_the_root_and_too_little_for_accounts(send, bearer):
    assert send("GET", "/", Authorization=bearer)[0] == 200
    assert send("GET", "/accounts", Authorization=bearer)[0] == 401


@pytest.mark.parametrize(
    "target", ["/accounts", "/accounts/", "//accounts", "//accounts//"]
)
def test_slashes_more_or_less_do_not_matter(ruby, send, target, simulator):
    status, _headers, body = send("GET", target, Authorization=f"Bearer {ruby.token}")
    assert status == 200
    assert json.loads(body)["links"]["first"] == f"{simulator.url}/accounts"


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/vnd.api+json",
        "application/vnd.api+json;version=2",
        "application/json, text/plain, */*",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    ],
)
def test_any_usual_accept_header_gets_the_same_document(ruby, send, accept):
    bearer = f"Bearer {ruby.token}"
    status, headers, body = send(
        "GET", "/accounts", Accept=accept, Authorization=bearer
    )
    assert status == 200
    assert headers["Content-Type"] == "application/vnd.api+json"
    assert body == send("GET", "/accounts", Authorization=bearer)[2]


@pytest.mark.parametrize(
    ("target", "body", "headers"),
    [
        ("/oauth2/token", "grant_type=client_credentials", {"Content_Type": FORM}),
        ("/oauth2/token?grant_type=client_credentials", "", {}),
        ("/oauth2/token?grant_type=client_credentials", None, {}),
        ("//oauth2/token/", "grant_type=client_credentials", {"Content_Type": FORM}),
        (
            "/oauth2/token",
            f"client_id={CLIENT_ID}&grant_type=client_credentials",
            {"Content_Type": f"{FORM}; charset=utf-8"},
        ),
    ],
)
def test_token_is_given_for_a_grant_in_form_or_query(send, target, body, headers):
    status, _headers, raw = send(
        "POST", target, body, Authorization=f"Basic {BASIC}", **headers
    )
    assert status == 200
    assert json.loads(raw)["expires_in"] == 1799


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_scheme_and_ids_may_be_written_in_capitals(ruby, send, account_id, scheme):
    bearer = f"{scheme} {ruby.token}"
    path = f"/accounts/{account_id.upper()}/transactions"
    status, _headers, body = send("GET", f"{path}?limit=1", Authorization=bearer)
    assert status == 200
    row = json.loads(body)["data"][0]
    assert row["relationships"]["account"]["data"]["id"] == account_id
    cursor = f"{path}?after={row['id'].upper()}"
    assert send("GET", cursor, Authorization=bearer)[0] == 200
    assert ruby.synchronize(account_id.upper())["attributes"]["status"] == "pending"


def test_head_is_a_get_without_a_body(ruby, send, account_id):
    bearer = f"Bearer {ruby.token}"
    target = f"/accounts/{account_id}"
    status, headers, body = send("HEAD", target, Authorization=bearer)
    assert (status, body) == (200, b"")
    full = send("GET", target, Authorization=bearer)[2]
    assert headers["Content-Length"] == str(len(full))
    assert send("HEAD", "/nowhere")[0] == 404
    assert send("GET", "/")[0] == 200, "the connection is still usable"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "POST"])
def test_what_has_no_route_is_not_found_in_the_form_of_json_api(send, method):
    status, headers, body = send(method, "/accounts", "{}")
    assert status == 404
    assert headers["Content-Type"] == "application/vnd.api+json"
    assert json.loads(body)["errors"][0]["code"] == "resourceNotFound"


def test_node_library_gets_as_many_rows_as_it_asks_for(ruby, send, account_id):
    bearer = f"Bearer {ruby.token}"
    status, _headers, body = send(
        "GET",
        f"/accounts/{account_id}/transactions?limit=9",
        Accept="application/json",
        Authorization=bearer,
        User_Agent="axios/0.19.0",
    )
    assert (status, len(json.loads(body)["data"])) == (200, 9)


def test_java_library_of_2019_reads_pages_of_institutions(simulator, send):
    bank = simulator.bank
    first = bank.institutions()[0]["id"]
    second = bank.add_institution(name="Second bank")
    url = f"{simulator.url}/financial-institutions"

    def look(query):
        document = json.loads(send("GET", f"/financial-institutions{query}")[2])
        paging, links = document["meta"]["paging"], document["links"]
        cursors = paging.get("before"), paging.get("after")
        return paging["limit"], cursors, links, [row["id"] for row in document["data"]]

    assert look("") == (10, (None, None), {"first": url}, [first, second])
    assert look("?limit=1") == (
        1,
        (None, first),
        {"first": f"{url}?limit=1", "next": f"{url}?after={first}&limit=1"},
        [first],
    )
    assert look(f"?limit=2&after={first}") == (
        2,
        (second, None),
        {"first": f"{url}?limit=2", "prev": f"{url}?before={second}&limit=2"},
        [second],
    )
    for cursor in (second, uuid.uuid4()):
        assert look(f"?after={cursor}") == (10, (None, None), {"first": url}, [])


def test_client_that_waits_for_100_continue_is_told_to_go_on(simulator):
    address = urlsplit(simulator.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    body = b"grant_type=client_credentials"
    connection.putrequest("POST", "/oauth2/token")
    connection.putheader("Authorization", f"Basic {BASIC}")
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 ")
    connection.send(body)
    assert connection.getresponse().status == 200
    connection.close()
