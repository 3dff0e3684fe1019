"""The headers of a tar, front to back: each member once, and an error where the archive ends before its end."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_MOST_ZEROS = 1 << 21
"""Empty blocks in a row, after which nothing is looked for any more: 1 GiB."""


def read_tar(file: BinaryIO, *, is_stream: bool) -> Iterator[tuple[tarfile.TarInfo, int]]:
    """Each member of the tar in *file*, and the CRC-32 of the header that stands right before its bytes.

    What follows the mark of the end is read too: tars that were joined to one have several.

    Raises:
        tarfile.TarError: It is no tar, or is damaged or cut off: there may be more in it.
    """
    checks: dict[int, int] = {}
    zeros = 0

    class Header(tarfile.TarInfo):
        """A header; where there is none although something stands there, that is an error."""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Header:
            nonlocal zeros
            try:
                made = super().frombuf(buf, encoding, errors)
            except tarfile.HeaderError as error:
                zeros += 1
                if buf and (len(buf) < tarfile.BLOCKSIZE or any(buf) or zeros > _MOST_ZEROS):
                    raise tarfile.ReadError(str(error)) from None
                raise
            zeros = 0
            checks[id(made)] = zlib.crc32(buf)
            return made

    mode = "r|" if is_stream else "r:"
    with tarfile.open(fileobj=file, mode=mode, tarinfo=Header, ignore_zeros=True) as tar:  # type: ignore[call-overload]
        while (found := tar.next()) is not None:
            yield found, checks.get(id(found), 0)
            checks.clear()
            tar.members.clear()
