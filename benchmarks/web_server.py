"""A web server on loopback that serves photographs: well, flakily, or with every fault there is; its path says which.

python -m benchmarks.web_server PHOTOS DELAY_MS
"""

from __future__ import annotations

import asyncio
import struct
import sys
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET

from benchmarks.corpora import with_comment

Fault = Callable[[StreamWriter, bytes], Awaitable[bool]]
"""Answers with a fault, given what a good body would be; whether the connection can be used again."""


def head(status: int, length: int, *lines: str) -> bytes:
    """The head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status} Some", f"Content-Length: {length}", *lines, "", ""]).encode()


def status(code: int, *lines: str) -> Fault:
    """Answers *code* without a body."""

    async def answer(writer: StreamWriter, _: bytes) -> bool:
        writer.write(head(code, 0, *lines))
        return True

    return answer


async def reset(writer: StreamWriter, _: bytes) -> bool:
    """Breaks the connection."""
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def closed(_writer: StreamWriter, _: bytes) -> bool:
    """Closes the connection."""
    return False


async def short(writer: StreamWriter, body: bytes) -> bool:
    """Sends half of what it promises."""
    writer.write(head(200, len(body)) + body[: len(body) // 2])
    return False


async def cut_chunks(writer: StreamWriter, body: bytes) -> bool:
    """Sends a chunk and no end."""
    writer.write(b"HTTP/1.1 200 Some\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + body[:16] + b"\r\n")
    return False


async def nonsense(writer: StreamWriter, _: bytes) -> bool:
    """Speaks no HTTP."""
    writer.write(b"nonsense\r\n\r\n")
    return False


async def silence(_writer: StreamWriter, _: bytes) -> bool:
    """Says nothing."""
    await asyncio.sleep(3600)
    return False


async def stopped(writer: StreamWriter, body: bytes) -> bool:
    """Stops in the middle."""
    writer.write(head(200, len(body)) + body[:100])
    await asyncio.sleep(3600)
    return False


async def drip(writer: StreamWriter, body: bytes) -> bool:
    """Sends a byte a second."""
    writer.write(head(200, len(body)))
    for place in range(len(body)):
        writer.write(body[place : place + 1])
        await writer.drain()
        await asyncio.sleep(1)
    return False


async def endless(writer: StreamWriter, _: bytes) -> bool:
    """Sends a body without end."""
    writer.write(b"HTTP/1.1 200 Some\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(bytes(1 << 16))
        await writer.drain()


async def endless_head(writer: StreamWriter, _: bytes) -> bool:
    """Sends a head without end."""
    writer.write(b"HTTP/1.1 200 Some\r\n")
    while True:
        writer.write(b"X-Name: value\r\n" * 1000)
        await writer.drain()


async def empty(writer: StreamWriter, _: bytes) -> bool:
    """Sends no bytes."""
    writer.write(head(200, 0))
    return True


async def page(writer: StreamWriter, _: bytes) -> bool:
    """Sends a page where an image should be."""
    writer.write(head(200, 20) + b"<html>log in</html>\n")
    return True


async def packed(writer: StreamWriter, body: bytes) -> bool:
    """Says that its body is packed, which was not asked for."""
    writer.write(head(200, len(body), "Content-Encoding: gzip") + body)
    return True


async def declared(writer: StreamWriter, _: bytes) -> bool:
    """Promises a terabyte."""
    writer.write(head(200, 10**12))
    return False


FLAKY: dict[str, Fault] = {
    **{str(code): status(code) for code in (408, 429, 500, 502, 503, 504)},
    "wait": status(429, "Retry-After: 1"),
    "reset": reset,
    "closed": closed,
    "short": short,
    "chunks": cut_chunks,
    "nonsense": nonsense,
}
"""Two times a fault, then the image."""
FINAL: dict[str, tuple[Fault, str]] = {
    "401": (status(401), "forbidden"),
    "403": (status(403), "forbidden"),
    "404": (status(404), "not_found"),
    "410": (status(410), "not_found"),
    "204": (status(204), "http_error"),
    "always500": (status(500), "http_error"),
    "later": (status(503, "Retry-After: 7200"), "deferred"),
    "loop": (status(302, "Location: loop"), "http_error"),
    "file": (status(302, "Location: file:///etc/hostname"), "bad_scheme"),
    "private": (status(302, "Location: http://127.0.0.1:1/"), "private_address"),
    "metadata": (status(302, "Location: http://169.254.169.254/"), "private_address"),
    "silence": (silence, "timeout"),
    "stopped": (stopped, "timeout"),
    "drip": (drip, "timeout"),
    "endless": (endless, "too_many_bytes"),
    "head": (endless_head, "http_error"),
    "declared": (declared, "too_many_bytes"),
    "packed": (packed, "http_error"),
    "empty": (empty, "empty_file"),
    "page": (page, "not_an_image"),
    "alwaysshort": (short, "short_body"),
}
"""Always a fault, and the reason that it should be rejected for."""


class Server:
    """Serves ``/good/N.jpg``, ``/flaky-KIND/N.jpg`` and ``/final-KIND/N.jpg``."""

    def __init__(self, photos: Path, delay_s: float) -> None:
        self._photos = [path.read_bytes() for path in sorted(photos.iterdir())]
        self._delay_s = delay_s
        self._asked: Counter[str] = Counter()

    async def serve(self) -> None:
        """Say the port, and serve until the end."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode(), writer):
                await writer.drain()
        writer.close()

    async def _answer(self, path: str, writer: StreamWriter) -> bool:
        kind, _, name = path.strip("/").partition("/")
        self._asked[path] += 1
        number = int(name.partition(".")[0]) if name[:1].isdigit() else 0
        body = with_comment(self._photos[number % len(self._photos)], number)
        await asyncio.sleep(self._delay_s)
        fate, _, fault = kind.partition("-")
        if fate == "flaky" and self._asked[path] <= 2:
            return await FLAKY[fault](writer, body)
        if fate == "final":
            return await FINAL[fault][0](writer, body)
        writer.write(head(200, len(body)) + body)
        return True


if __name__ == "__main__":
    asyncio.run(Server(Path(sys.argv[1]), float(sys.argv[2]) / 1000).serve())
