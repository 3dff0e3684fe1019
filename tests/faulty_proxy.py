"""A proxy on loopback before an HTTP server: what it does to one request, or to some, is what networks do."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = ("cut before", "cut after", "500 before", "500 after", "stall before", "stall after", "repeated", "409")
_STALL_S = 3.0
_HOP = {"connection", "transfer-encoding", "keep-alive", "expect"}
_ERROR = "<Error><Code>{}</Code><Message>It did not go well</Message></Error>"


@dataclass
class Proxy:
    """What goes through, and what is to go wrong.

    Attributes:
        endpoint: Its URL.
        spoils: The fault for a request, given its number from 0, method and path; empty for none.
        seen: Method and path of every request, in their order.
    """

    endpoint: str = ""
    spoils: Callable[[int, str, str], str] = lambda *_: ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, wanted: int, fault: str) -> None:
        """Let *fault* befall the request *wanted* from now on."""
        self.seen.clear()
        self.spoils = lambda number, *_: fault if number == wanted else ""

    def always(self, method: str, path: str, fault: str) -> None:
        """Let *fault* befall each request of *method* for what matches *path*."""
        self.spoils = lambda _number, *asked: (
            fault if re.fullmatch(method, asked[0]) and re.search(path, asked[1]) else ""
        )


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """A proxy before the server at *target*, as long as this lasts."""
    made = Proxy()
    server = _Server(("127.0.0.1", 0), _Handler, made, target)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler], made: Proxy, target: str) -> None:
        self.made, self.target, self.ended = made, urlsplit(target), threading.Event()
        super().__init__(place, handler)

    def handle_error(self, *_: object) -> None:
        """A client that gave up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        made = self.server.made
        with made.lock:
            number = len(made.seen)
            made.seen.append((self.command, self.path))
        fault = made.spoils(number, self.command, self.path)
        if fault == "409" and "If-None-Match" not in self.headers:
            fault = "500 before"
        answer = self._deed(fault, body)
        if fault.startswith(("cut", "stall")):
            self.close_connection = True
        elif fault.startswith("500"):
            self._send(500, [], _ERROR.format("InternalError").encode())
        elif fault == "409":
            self._send(409, [], _ERROR.format("ConditionalRequestConflict").encode())
        elif answer is not None:
            self._send(*answer)

    def _deed(self, fault: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """What the server answers, where it is asked; a delay comes before that, or after."""
        if fault in {"cut before", "500 before", "409"}:
            return None
        if fault == "stall before":
            self.server.ended.wait(_STALL_S)
        answer = self._forward(body)
        if fault == "repeated":
            answer = self._forward(body)
        if fault == "stall after":
            self.server.ended.wait(_STALL_S)
        return answer

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        target = self.server.target
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=30)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP}
        try:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        length = next((value for key, value in headers if key.lower() == "content-length"), str(len(body)))
        for key, value in headers:
            if key.lower() not in _HOP | {"content-length"}:
                self.send_header(key, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = _handle  # noqa: N815 - what `http.server` calls

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
