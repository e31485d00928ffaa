# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""No answer costs more than it should, whatever urllib3 is there."""

import gzip
import importlib.metadata
import json
import os
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from ponto_api import PontoError, PontoProtocolError, PontoTransportError, parsing
from toolbox import environment
from toolbox.paths import ROOT

MEMORY_LIMIT = 80_000_000
TWO_MB = 2 * 1024 * 1024
NAMES = ", ".join(f'"name{number:06}": {number}.25' for number in range(99_000))
BOMBS = {
    "gzip": gzip.compress(b" " * 100_000_000, compresslevel=9),
    "gzip in gzip": gzip.compress(gzip.compress(b"[" * 100_000_000)),
    "gzip three times": gzip.compress(gzip.compress(gzip.compress(bytes(100_000_000)))),
    "deflate": zlib.compress(b" " * 100_000_000),
}
GREEDY = {
    "numbers": "[" + "1," * (TWO_MB // 2 - 20) + "1]",
    "more numbers": "[" + "1.5e9," * (TWO_MB // 6 - 20) + "1]",
    "one number": "1" * (TWO_MB - 100),
    "long numbers": "[" + ("9" * 9_999 + ",") * 200 + "1]",
    "texts": "[" + '"",' * (TWO_MB // 3 - 20) + "1]",
    "lists": "[" + "[]," * (TWO_MB // 3 - 20) + "1]",
    "objects": "[" + "{}," * (TWO_MB // 3 - 20) + "1]",
    "names": "{" + ", ".join(f'"{n}": 1' for n in range(160_000)) + "}",
    "names that are just accepted": "{" + NAMES[: TWO_MB - 200] + "}",
    "numbers that are just accepted": "[" + "1.5," * 190_000 + "1]",
    "lists that are just accepted": "[" + "[]," * 19_000 + "1]",
    "nested": "[" * (TWO_MB - 100),
    "nested objects": '{"a":' * 19_000,
    "nested, just accepted": "[" * 900 + "]" * 900,
    "wide": json.dumps("\U0001f600" * (TWO_MB // 4 - 50), ensure_ascii=False),
}


def measured(call):
    """Return (the error that a call raised, or None; bytes that it took at most)."""
    tracemalloc.start()
    try:
        call()
    except PontoError as error:
        return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return None, tracemalloc.get_traced_memory()[1]


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "gzip,gzip,gzip", "x-gzip"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(wire, make_client, name, encoding, status):
    client = make_client(wire, max_retries=0)
    client.fetch_token()
    wire.say(status, BOMBS[name], {"Content-Encoding": encoding})
    error, peak = measured(lambda: client.fetch_account("a"))
    assert isinstance(error, PontoError)
    assert peak < MEMORY_LIMIT / 4


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("name", GREEDY)
def test_what_would_take_much_memory_is_refused_or_takes_little(
    wire, make_client, name, is_packed
):
    client = make_client(wire)
    client.fetch_token()
    body = f'{{"data": {GREEDY[name]}}}'.encode()
    assert len(body) <= TWO_MB
    headers = {"Content-Encoding": "gzip"} if is_packed else {}
    wire.say(200, gzip.compress(body) if is_packed else body, headers)
    error, peak = measured(lambda: client.fetch_account("a"))
    assert isinstance(error, PontoProtocolError)
    assert peak < MEMORY_LIMIT


@pytest.mark.parametrize("name", GREEDY)
def test_what_is_beyond_reason_is_refused_before_it_is_parsed(name, monkeypatch):
    parsed = []
    monkeypatch.setattr(parsing.json, "loads", lambda *a, **kw: parsed.append(1) or {})
    try:
        parsing.document_from_text(f'{{"data": {GREEDY[name]}}}')
    except PontoProtocolError:
        pass
    harmless = "accepted" in name or name in ("wide", "long numbers", "nested objects")
    assert bool(parsed) == harmless


def test_a_full_page_of_long_texts_is_far_below_the_bounds(wire, make_client):
    attributes = {
        f"attribute{number}": "Text, with: [signs] {of all} kinds, and more" * 3
        for number in range(25)
    }
    page = {"data": [{"id": str(n), "attributes": attributes} for n in range(100)]}
    wire.say(200, json.dumps(page))
    [read] = make_client(wire).iter_transaction_pages("a")
    assert len(read.records) == 100


def test_an_announced_giant_is_refused_unread(wire, make_client):
    wire.say(200, "{", {"Content-Length": str(TWO_MB + 1)})
    with pytest.raises(PontoProtocolError, match="too large") as caught:
        make_client(wire).fetch_account("a")
    assert caught.value.path == "/accounts/a"


def test_the_body_of_a_redirect_has_the_same_bounds(wire, make_client):
    client = make_client(wire)
    client.fetch_token()
    wire.say(302, BOMBS["gzip"], {"Content-Encoding": "gzip", "Location": "/login"})
    error, peak = measured(lambda: client.fetch_account("a"))
    assert isinstance(error, PontoProtocolError)
    assert "too large" in str(error)
    assert peak < MEMORY_LIMIT / 4


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_two_megabytes_are_accepted_and_one_byte_more_is_not(
    wire, make_client, is_packed
):
    body = b'{"data": {"id": "a", "attributes": {}}}'.ljust(TWO_MB)
    for content in (body, body + b" "):
        headers = {"Content-Encoding": "gzip"} if is_packed else {}
        wire.say(200, gzip.compress(content) if is_packed else content, headers)
    client = make_client(wire)
    assert client.fetch_account("a").id == "a"
    with pytest.raises(PontoProtocolError, match="too large"):
        client.fetch_account("a")


def test_one_layer_of_gzip_is_asked_for_and_understood(wire, make_client):
    body = gzip.compress(b'{"data": {"id": "a", "attributes": {}}}')
    wire.say(200, body, {"Content-Encoding": "gzip"})
    assert make_client(wire).fetch_account("a").id == "a"
    assert wire.requests[-1]["headers"]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "what"])
def test_what_nobody_asked_for_is_refused(wire, make_client, encoding):
    wire.say(200, '{"data": {}}', {"Content-Encoding": encoding})
    with pytest.raises(PontoProtocolError, match="encoded"):
        make_client(wire).fetch_account("a")


def test_broken_compression_stays_in_the_tree(wire, make_client):
    wire.say(200, b"not gzip", {"Content-Encoding": "gzip"})
    with pytest.raises(PontoTransportError):
        make_client(wire).fetch_account("a")


def test_compression_that_breaks_off_is_a_body_that_is_incomplete(wire, make_client):
    body = gzip.compress(b'{"data": {"id": "a", "attributes": {}}}')
    for content in (body[:-9], body):
        wire.say(200, content, {"Content-Encoding": "gzip"})
    assert make_client(wire).fetch_account("a").id == "a"
    assert len(wire.data_requests()) == 2


def test_after_a_refused_body_the_connection_is_not_used_again(wire, make_client):
    wire.say(200, b" " * (TWO_MB + 1), {})
    wire.say(200, '{"data": {"id": "a", "attributes": {}}}')
    client = make_client(wire)
    with pytest.raises(PontoProtocolError):
        client.fetch_account("a")
    assert client.fetch_account("a").id == "a"


@pytest.mark.parametrize("where", ["read_body", "Answer"])
def test_no_memory_left_is_an_error_of_the_tree(wire, make_client, where, monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    wire.say(200, "{}")
    client = make_client(wire)
    client.fetch_token()
    monkeypatch.setattr(f"ponto_api.connection.{where}", fail)
    with pytest.raises(PontoProtocolError):
        client.fetch_account("a")


@pytest.mark.parametrize("kind", [MemoryError, RecursionError])
def test_what_cannot_be_parsed_is_an_error_of_the_tree(kind, monkeypatch):
    def fail(*args, **kwargs):
        raise kind

    monkeypatch.setattr(parsing.json, "loads", fail)
    with pytest.raises(PontoProtocolError):
        parsing.document_from_text("{}")


def test_urllib3_is_the_one_that_was_meant():
    wanted = os.environ.get("PONTO_URLLIB3")
    assert wanted in (None, importlib.metadata.version("urllib3"))


@pytest.mark.skipif("PONTO_URLLIB3" in os.environ, reason="this is one of them")
@pytest.mark.parametrize("version", environment.OLD_URLLIB3)
def test_older_versions_of_urllib3_do_as_well(version):
    folder = environment.ensure_urllib3(version)
    files = ("bounds", "deadline", "transport", "requests_sent")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + ["-c", ROOT / "setup/pytest.ini", f"--rootdir={ROOT}"]
        + [ROOT / f"tests/contract/test_{name}.py" for name in files],
        env={
            **os.environ,
            "PONTO_URLLIB3": version,
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'setup'}",
        },
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stdout[-3000:]
