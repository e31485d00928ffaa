"""The HTTP layer: a threaded server on the loopback address."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
import traceback
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import api, control
from .bank import Bank, real_clock
from .dataset import fill
from .documents import error_document, to_json
from .faults import Fault, RequestRecord, mask_headers
from .tokens import CLIENT_ID, CLIENT_SECRET

HOST = "127.0.0.1"
#: The most bytes of a body that comes in chunks, and of a line between them.
BODY_LIMIT = 1024 * 1024
LINE_LIMIT = 1024
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\s*(?:;.*)?\r?\n")
#: Letters, digits and the four signs that need no escape.
_ESCAPED = re.compile(
    "%(2[DEde]|3[0-9]|4[1-9A-Fa-f]|5[0-9AFaf]|6[1-9A-Fa-f]|7[0-9AEae])"
)
#: In how many pieces a trickling answer comes.
PIECES = 50


class _Server(ThreadingHTTPServer):
    """Serves each connection in a thread and can drop them all when it stops."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, bank: Bank) -> None:
        self.bank = bank
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the name look-up of the base class, which may be slow."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    # pylint: disable-next=missing-return; there is nothing to return
    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection: kept alive, it would outlive the server."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    # pylint: disable-next=missing-return; there is nothing to return
    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here."""

    def stop(self) -> None:
        """Stop serving and drop the connections that are still open."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # Closed by the other side meanwhile.


class _Handler(BaseHTTPRequestHandler):
    """Turns bytes into requests, answers into bytes, and shows faults."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "PontoSimulator"
    sys_version = ""
    # Headers and body leave in one piece, without waiting for acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent; the bank keeps the log of requests."""

    def handle_expect_100(self) -> bool:
        """Tell a client that waits for it to go on, at once and not with the answer."""
        may_go_on = super().handle_expect_100()
        self.wfile.flush()
        return may_go_on

    def handle_any(self) -> None:
        """Answer one request."""
        bank = self.server.bank
        target, _, text = self.path.partition("?")
        path = plain_path(target)
        query = dict(parse_qsl(text, keep_blank_values=True))
        try:
            body = self._read_body()
            refusal = 413
        except ValueError:
            body, refusal = None, 400
        if body is None:
            self.close_connection = True
            self._send(api.Answer(refusal, "", "text/plain"))
            return
        if f"{path}/".startswith(control.PREFIX):
            ask = partial(control.respond, bank, self.command, path, query, body)
            self._send(_see_mistakes(ask))
            return
        headers = mask_headers(self.headers)
        record = RequestRecord(
            self.command, target, query, headers, body.decode("utf-8", "replace")
        )
        with bank.lock:
            bank.record_request(record)
            fault = bank.take_fault(self.command, path)
        if fault and fault.delay:
            # An event's wait does not depend on clocks that a test may freeze.
            self.server.stopping.wait(fault.delay)
        if fault and fault.cut == "before":
            self._cut()
            return
        answer = self._answer(path, query, body, fault)
        if fault and fault.cut == "body":
            self._send(answer, is_cut=True)
            return
        record.status = answer.status
        self._send(answer, trickle=fault.trickle if fault else None)

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = do_PATCH = handle_any
    do_OPTIONS = do_TRACE = handle_any

    def _read_body(self) -> bytes | None:
        """The body of the request, in one piece or in chunks (RFC 9112, section 7.1);
        None if it is too large or not understood.

        :raise ValueError: where it ends cannot be known.
        """
        coding = self.headers.get("Transfer-Encoding")
        if not coding:
            length = self.headers.get("Content-Length") or "0"
            if not re.fullmatch("[0-9]+", length):
                raise ValueError(length)
            return self.rfile.read(int(length))
        if not coding.lower().endswith("chunked"):
            raise ValueError(coding)
        body = b""
        while match := _CHUNK_SIZE.match(self.rfile.readline(LINE_LIMIT)):
            size = int(match[1], 16)
            if len(body) + size > BODY_LIMIT:
                return None
            if not size:
                while self.rfile.readline(LINE_LIMIT).strip():
                    continue  # A trailer.
                return body
            body += self.rfile.read(size)
            self.rfile.readline(LINE_LIMIT)
        return None

    def _answer(
        self, path: str, query: dict[str, str], body: bytes, fault: Fault | None
    ) -> api.Answer:
        """The bank's answer, or the fault's in its place."""
        bank = self.server.bank
        request_id = bank.new_id().replace("-", "").upper()
        if fault and fault.replaces_answer:
            answer = _fault_answer(fault, path, request_id, bank.has_error_meta)
        else:
            address = self.headers.get("Host") or f"{HOST}:{self.server.server_port}"
            request = api.Request(
                # A HEAD is a GET whose body stays away (RFC 9110, section 9.3.2).
                method="GET" if self.command == "HEAD" else self.command,
                path=path,
                query=query,
                headers={name.lower(): text for name, text in self.headers.items()},
                body=body,
                base_url=f"http://{address}",
                action=fault.action if fault else None,
            )
            answer = _see_mistakes(partial(api.respond, bank, request, request_id))
            answer.headers.update(fault.headers if fault else {})
        answer.headers.setdefault("ibanity-request-id", request_id)
        return answer

    def _send(
        self, answer: api.Answer, is_cut: bool = False, trickle: float | None = None
    ) -> None:
        document = answer.document
        raw = document.encode() if isinstance(document, str) else to_json(document)
        self.send_response_only(answer.status)
        names = {name.lower() for name in answer.headers}
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        self.send_header("Server", self.version_string())
        if "content-type" not in names:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(raw)))
        for name, text in answer.headers.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command == "HEAD":
            return
        if is_cut:
            self.wfile.write(raw[: len(raw) // 2])
            self.wfile.flush()
            self._cut()
            return
        if trickle:
            self._trickle(raw, trickle)
        else:
            self.wfile.write(raw)

    def _trickle(self, raw: bytes, seconds: float) -> None:
        """Send the body in small pieces, the pauses between them taking some time."""
        size = len(raw) // PIECES + 1
        for start in range(0, len(raw), size):
            self.wfile.write(raw[start : start + size])
            self.wfile.flush()
            self.server.stopping.wait(seconds / PIECES)

    def _cut(self) -> None:
        """Drop the connection."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # The client was faster.


def _see_mistakes(ask: Callable[[], api.Answer]) -> api.Answer:
    """An answer; a mistake of the simulator itself must be seen."""
    try:
        return ask()
    except Exception:
        traceback.print_exc()
        return api.Answer(500, traceback.format_exc(), "text/plain")


def plain_path(target: str) -> str:
    """The path of a request target, with single slashes and none at the end, and no
    letter or digit escaped (RFC 3986, section 6.2.2.2).

    Ponto's own Ruby library asks for ``/accounts/``, and others for ``//accounts``;
    both are served.
    """
    if not target.startswith("/"):  # A proxy asks for the whole address.
        target = urlsplit(target).path
    target = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), target)
    return "/" + "/".join(part for part in target.split("/") if part)


def _fault_answer(
    fault: Fault, path: str, request_id: str, has_meta: bool
) -> api.Answer:
    """The answer of a fault: given text or JSON, or an error of the usual shape."""
    status = fault.status or (400 if fault.code else 200)
    headers = dict(fault.headers)
    if isinstance(fault.body, str):
        is_html = fault.body.lstrip().startswith("<")
        content_type = "text/html; charset=utf-8" if is_html else api.JSON_API
        return api.Answer(status, fault.body, content_type, headers)
    if fault.body is not None:
        return api.Answer(status, fault.body, api.JSON_API, headers)
    if fault.code is None:
        return api.Answer(status, "", "text/plain", headers)
    detail = f"Simulated fault {fault.code}."
    if path == "/oauth2/token":
        document = {"error": fault.code, "error_description": detail}
        return api.Answer(status, document, api.PLAIN_JSON, headers)
    meta = {"requestId": request_id} if has_meta else None
    document = error_document(fault.code, detail, meta)
    return api.Answer(status, document, api.JSON_API, headers)


class Simulator:
    """Ponto on the loopback address, in a thread of this process.

    >>> with Simulator(today=date(2026, 11, 20)) as simulator:
    ...     print(simulator.url, simulator.client_id, simulator.client_secret)

    :param today: last day of the data set; the clock's day when not given.
    :param order: ``created`` or ``execution``, see :meth:`Bank.set_order`.
    :param dataset: ``sme`` or ``empty``.
    :param clock: the simulated present: a function returning an aware UTC datetime.
    :param port: 0 takes a free one.
    :param scope: scope of the tokens.
    :param seed: start of the ids; two simulators with one seed issue the same ids.
    """

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(
        self,
        today: date | None = None,
        order: str = "created",
        dataset: str = "sme",
        clock: Callable[[], datetime] | None = None,
        port: int = 0,
        scope: str = "ai",
        seed: int = 1,
    ) -> None:
        self.bank = Bank(clock or real_clock, order=order, scope=scope, seed=seed)
        self.today = today or self.bank.now().date()
        fill(self.bank, dataset, self.today)
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Base address of the API, without a slash at the end."""
        if self._server is None:
            raise RuntimeError("the simulator is not started")
        return f"http://{HOST}:{self._server.server_port}"

    def start(self) -> Simulator:
        """Listen and serve. :raise OSError: the port is taken."""
        if self._server is None:
            self._server = _Server(self._port, self.bank)
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.02},
                name="ponto-simulator",
                daemon=True,
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving; connections still open are dropped."""
        if self._server is not None:
            self._server.stop()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
