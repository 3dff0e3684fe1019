"""The bytes of a label file, front to back: decompressed, as UTF-8, and only a window of them in memory."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, cast

from tasks.compressed import plain_stream
from tasks.errors import LabelFileError
from tasks.records.mat_files import MAT, is_mat
from tasks.records.mat_text import mat_as_json

_CHUNK = 1 << 20
_LOOKED_AT = 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST = 0.9
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_SUFFIXES = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".xz": "xz", ".zip": "zip"}


def compression_of(path: str) -> tuple[str, str]:
    """The compression that the name *path* tells, empty for none, and the name without its suffix.

    A MATLAB file is taken for a JSON file in another form, which it is as far as labels go.
    """
    for suffix, compression in _SUFFIXES.items():
        if path.lower().endswith(suffix):
            return compression, path[: -len(suffix)]
    if is_mat(path):
        return "mat", f"{path[: -len(MAT)]}.json"
    return "", path


def decompressed(file: BinaryIO, compression: str, name: str = "the file") -> BinaryIO:
    """*file*, which messages call *name*, as it was before it was compressed.

    Raises:
        LabelFileError: A zip is damaged, or holds not exactly one file.
    """
    if compression == "mat":
        return mat_as_json(file, name)
    return _only_member(file) if compression == "zip" else plain_stream(file, compression)


def _only_member(file: BinaryIO) -> BinaryIO:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise LabelFileError(f"A zipped label file cannot be read: {str(error)[:150]}. Get it anew.") from None
    members = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
    if len(members) != 1:
        raise LabelFileError(f"A zipped label file must hold one file, and this holds {len(members)}. Unpack it.")
    return cast("BinaryIO", archive.open(members[0]))


def encoding_of(head: bytes, declared: str) -> str:
    """The encoding of a file that begins with *head*: its byte order mark's, else *declared*, else what it must be.

    Raises:
        LookupError: *declared* is no encoding of text.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    "a".encode(declared or "utf-8")  # of nothing at all, Python does not look for an encoding
    return declared or _without_a_mark(head[:_LOOKED_AT])


def _without_a_mark(head: bytes) -> str:
    """UTF-8, or UTF-16 where of each two bytes one is zero and the other is not."""
    even, odd = head[::2], head[1::2]
    if odd and all(even) and not any(odd):
        return "utf-16-le"
    return "utf-16-be" if even and all(odd) and odd and not any(even) else "utf-8"


def likely_encoding(data: bytes) -> str:
    """The encoding that *data*, which is no UTF-8, most likely has: a guess that a person has to look at.

    Japanese has kana, whose first byte is 82 or 83 (hexadecimal); in Chinese text bytes above 127 come in pairs; in
    Cyrillic words nearly all bytes are among the upper 64; in those of Western Europe they stand alone among ASCII's.
    """
    runs = re.findall(rb"[\x80-\xff]+", data)
    high = b"".join(runs)
    if 3 * (high.count(b"\x82") + high.count(b"\x83")) > len(high) and _decodes(data, "shift_jis"):
        return "shift_jis"
    if not high or sum(1 for run in runs if len(run) == 1) >= len(runs) / 2:
        return "cp1252"
    is_paired = all(len(run) % 2 == 0 for run in runs[:-1])
    if is_paired and _decodes(high if len(runs[-1]) % 2 == 0 else high[:-1], "gb2312"):
        return "gb18030"
    if sum(1 for byte in high if byte >= 0xC0 or byte in {0xA8, 0xB8}) >= _MOST * len(high):
        return "cp1251"
    return next((name for name in ("gb18030", "big5", "euc_kr") if _decodes(data, name)), "cp1252")


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether *data*, whose last character may be cut off, is text in *encoding*."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeDecodeError:
        return False
    return True


def is_utf8(data: bytes) -> bool:
    """Whether *data*, whose last character may be cut off, is UTF-8."""
    return _decodes(data, "utf-8")


def utf8_chunks(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    r"""The text of *file* as UTF-8, in pieces; bytes of UTF-8 pass as they are, with their byte order mark.

    Where lines end with ``\r`` alone, as old Macs write them, it becomes ``\n``, so that every byte keeps its place.
    """
    chunks = _decoded(file, encoding)
    first = next(chunks, b"")
    whole = chain([first], chunks)
    yield from _with_newlines(whole) if _ends_lines_with_return(first) else whole


def _ends_lines_with_return(head: bytes) -> bool:
    r"""Whether outside double quotes *head* holds lone ``\r`` and no ``\n``."""
    if head.count(b"\r") == head.count(b"\r\n"):
        return False
    outside = b"".join(head.split(b'"')[::2])
    return b"\n" not in outside and b"\r" in outside


def _with_newlines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        rest = b"\r" if text.endswith(b"\r") else b""  # what follows it is in the next chunk
        yield _LONE_RETURN.sub(b"\n", text.removesuffix(rest))
    yield rest.replace(b"\r", b"\n")


def _decoded(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    if codecs.lookup(encoding).name == "utf-8":
        while chunk := file.read(_CHUNK):
            yield chunk
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    is_over = False
    while not is_over:
        chunk = file.read(_CHUNK)
        is_over = not chunk
        yield decoder.decode(chunk, is_over).encode("utf-8", "surrogatepass")


class TextWindow:
    """The part of a text that is in memory.

    Attributes:
        text: That part.
        offset: Where it begins in the whole text, in bytes.
        ended: Whether it reaches to the end of the whole.
        position: Where the reader stands in *text*.
        line: The line it stands on, from 1.
        closed_from: What is open before this place in the whole text is not closed before it either: a reader's note.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.text = b""
        self.offset = 0
        self.ended = False
        self.position = 0
        self.line = 1
        self.closed_from = 0
        self._chunks = chunks
        self.grow()
        while self.text.startswith(codecs.BOM_UTF8, self.position):  # programs put one before another's
            self.position += len(codecs.BOM_UTF8)

    def grow(self) -> None:
        """Forget what was read, and read on until there is at least twice what is unread."""
        rest = self.text[self.position :]
        self.offset += self.position
        self.position = 0
        parts, size = [rest], 0
        while not self.ended and size <= len(rest):
            chunk = next(self._chunks, None)
            if chunk is None:
                self.ended = True
            else:
                parts.append(chunk)
                size += len(chunk)
        self.text = b"".join(parts)

    @property
    def at(self) -> int:
        """Where the reader stands in the whole text."""
        return self.offset + self.position

    def advance(self, end: int) -> None:
        """Stand at *end* of the text, and count the lines that were passed."""
        self.line += self.text.count(b"\n", self.position, end)
        self.position = end

    def skip_lines(self, end: int, lines: int) -> None:
        """Stand at *end* of the text, having passed that many *lines*."""
        self.line += lines
        self.position = end
