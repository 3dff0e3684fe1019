from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Web:
    """A server on loopback whose answers a test writes."""

    host: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


@pytest.fixture
def web() -> Iterator[Web]:
    yield from serve()


@pytest.fixture
def other_web() -> Iterator[Web]:
    yield from serve()


def serve() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path
            state.asked[path] += 1
            state.headers.append(dict(self.headers))
            answer = state.answers.get(path.partition("?")[0])
            try:
                if answer is None:
                    plain(404)(self)
                else:
                    answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        state = Web(f"127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


class Plain(Protocol):
    """Makes an answer with a body; underscores in header names stand for hyphens."""

    def __call__(self, status: int = 200, body: bytes = b"", **headers: str) -> Answer: ...


class InTurn(Protocol):
    """Makes an answer of several: each once, then the last one for ever."""

    def __call__(self, *answers: Answer) -> Answer: ...


@pytest.fixture(name="plain")
def _plain() -> Plain:
    return plain


@pytest.fixture(name="in_turn")
def _in_turn() -> InTurn:
    return in_turn


def plain(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    """An answer with *body*; underscores in header names stand for hyphens."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Each of *answers* once, then the last one for ever."""
    left = list(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return answer
