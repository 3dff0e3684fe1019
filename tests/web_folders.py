"""Folders of this machine behind servers on loopback: an HTTP index, and FTP."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of asyncore, which Python 3.12 no longer has
    from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped] # it has no types
    from pyftpdlib.handlers import FTPHandler  # type: ignore[import-untyped] # it has no types
    from pyftpdlib.servers import ThreadedFTPServer  # type: ignore[import-untyped] # it has no types


class _Index(SimpleHTTPRequestHandler):
    def __init__(
        self, *arguments: Any, odd: Mapping[str, int], in_parts: bool, asked: list[str], **options: Any
    ) -> None:
        self.odd, self.in_parts, self.asked = odd, in_parts, asked
        super().__init__(*arguments, **options)

    def send_head(self) -> Any:
        self.asked.append(f"{self.command} {self.path}")
        if self.path in self.odd:
            return self.fail(self.odd[self.path])
        wanted = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", self.headers.get("Range", ""))
        if wanted is None or not self.in_parts:
            return super().send_head()
        return self.send_part(int(wanted[1]), int(wanted[2] or -1))

    def fail(self, status: int) -> None:
        if status:
            self.send_error(status)
        self.close_connection = True

    def send_part(self, start: int, last: int) -> Any:
        data = Path(self.translate_path(self.path)).read_bytes()
        part = data[start : last + 1 if last >= 0 else None]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        return io.BytesIO(part)

    def end_headers(self) -> None:
        if self.in_parts:
            self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def http_index(
    root: Path, answers: Mapping[str, int] | None = None, *, in_parts: bool = True, asked: list[str] | None = None
) -> Iterator[str]:
    """The URL of *root*, listed as web servers list folders, by one that gives parts of files, unless told otherwise.

    A path in *answers* gets the status there; 0 cuts it off. What is asked for is noted in *asked*.
    """
    noted = [] if asked is None else asked
    handler = partial(_Index, odd=answers or {}, in_parts=in_parts, asked=noted, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def ftp_server(root: Path) -> Iterator[str]:
    """The URL of *root* on an FTP server that anybody may read."""
    users = DummyAuthorizer()
    users.add_anonymous(str(root))
    handler = type("Handler", (FTPHandler,), {"authorizer": users})
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"ftp://127.0.0.1:{server.address[1]}"
    finally:
        server.close_all()
        thread.join()
