# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Contract tests: the client over real HTTP, against the simulator.

``wire`` is a bare server beside it, for what the simulator hides or cannot say: the
Authorization header as received, the number of connections, odd bytes.
"""

import socket
import sys
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "account_statement_import_online_ponto"))

from ponto_api import PontoClient  # noqa: E402
from simulator import Simulator  # noqa: E402

TOKEN = '{"access_token": "tok-1.abc", "expires_in": 1799, "token_type": "bearer"}'


@pytest.fixture
def sim():
    """A simulated Ponto with a small company's accounts."""
    with Simulator(today=date(2026, 11, 20), order="created") as simulator:
        yield simulator


@pytest.fixture
def empty_sim():
    """A simulated Ponto without accounts."""
    with Simulator(today=date(2026, 11, 20), dataset="empty") as simulator:
        yield simulator


@pytest.fixture
def make_client():
    """Build clients that never really sleep; their waits are in ``client.waits``."""
    clients = []

    def make(server, **options):
        waits = []
        options.setdefault("sleep", waits.append)
        client = PontoClient(
            server.client_id, server.client_secret, base_url=server.url, **options
        )
        client.waits = waits
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


class Wire:
    """A server that answers what it is told, in order, and keeps what it received.

    ``say(status, body, headers)`` queues an answer; the token endpoint answers by
    itself unless ``token_answers`` holds something.
    """

    client_id = "integration-7"
    client_secret = "s3cr3t/with+signs"

    def __init__(self):
        self.answers, self.token_answers = [], []
        self.requests, self.connections = [], set()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                wire.note(self, self.rfile.read(length).decode())
                wire.answer(self)

            do_POST = do_GET

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        thread.start()

    def say(self, status=200, body=b"", headers=None, cut_at=None):
        body = body.encode() if isinstance(body, str) else body
        self.answers.append((status, body, headers or {}, cut_at))

    def say_token(self, status=200, body=TOKEN, headers=None):
        self.token_answers.append((status, body.encode(), headers or {}, None))

    def note(self, handler, body):
        url = urlsplit(handler.path)
        handler.is_token_call = url.path == "/oauth2/token"
        self.connections.add(handler.client_address)
        self.requests.append(
            {
                "method": handler.command,
                "path": url.path,
                "query": {name: v[0] for name, v in parse_qs(url.query).items()},
                "headers": dict(handler.headers.items()),
                "body": body,
            }
        )

    def answer(self, handler):
        if handler.is_token_call:
            fallback = (200, TOKEN.encode(), {}, None)
            queue = self.token_answers
        else:
            fallback = (500, b"", {}, None)
            queue = self.answers
        status, body, headers, cut_at = queue.pop(0) if queue else fallback
        handler.send_response(status)
        if "Content-Length" not in headers:
            handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body[:cut_at])
        if cut_at is not None:
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True

    def data_requests(self):
        return [r for r in self.requests if r["path"] != "/oauth2/token"]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def wire():
    """A scripted server."""
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def other_wire():
    """Another scripted server: another origin."""
    wire = Wire()
    yield wire
    wire.close()
