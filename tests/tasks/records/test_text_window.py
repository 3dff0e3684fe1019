"""The text of label files as UTF-8: compressed, in other encodings, with other line ends, in pieces."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Iterator

import pytest

from tasks.errors import LabelFileError
from tasks.records.text_window import (
    TextWindow,
    compression_of,
    decompressed,
    encoding_of,
    is_utf8,
    likely_encoding,
    utf8_chunks,
)


@pytest.mark.parametrize(
    ("path", "compression", "bare"),
    [
        ("a.csv.gz", "gzip", "a.csv"),
        ("a.CSV.GZ", "gzip", "a.CSV"),
        ("a.csv.bz2", "bz2", "a.csv"),
        ("a.json.zst", "zstd", "a.json"),
        ("a.csv.xz", "xz", "a.csv"),
        ("a.csv.zip", "zip", "a.csv"),
        ("a.gz.csv", "", "a.gz.csv"),
        ("agz", "", "agz"),
    ],
)
def test_a_suffix_tells_the_compression(path: str, compression: str, bare: str) -> None:
    assert compression_of(path) == (compression, bare)


def zipped(*names: str) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, f"text of {name}")
    return file


@pytest.mark.parametrize("beside", [(), ("labels/",), ("__MACOSX/._labels.csv",)], ids=["alone", "a folder", "a Mac's"])
def test_a_zip_of_one_file_is_that_file(beside: tuple[str, ...]) -> None:
    assert decompressed(zipped(*beside, "labels/labels.csv"), "zip").read() == b"text of labels/labels.csv"


@pytest.mark.parametrize(
    ("names", "count"), [(("a.csv", "b.csv"), 2), ((), 0), (("a/",), 0)], ids=["two", "none", "a folder"]
)
def test_a_zip_of_more_or_fewer_is_refused_with_their_number(names: tuple[str, ...], count: int) -> None:
    with pytest.raises(
        LabelFileError, match=rf"^A zipped label file must hold one file, and this holds {count}\. Unpack it\.$"
    ):
        decompressed(zipped(*names), "zip")


def test_a_damaged_zip_is_refused() -> None:
    with pytest.raises(LabelFileError, match=r"^A zipped label file cannot be read: .+\. Get it anew\.$"):
        decompressed(io.BytesIO(b"PK\x03\x04 and no more"), "zip")


def test_other_compressions_are_taken_off() -> None:
    assert decompressed(io.BytesIO(gzip.compress(b"text")), "gzip").read() == b"text"
    assert decompressed(io.BytesIO(b"text"), "").read() == b"text"


@pytest.mark.parametrize(
    ("head", "declared", "encoding"),
    [
        (codecs.BOM_UTF8 + b"a", "", "utf-8"),
        (codecs.BOM_UTF16_LE + b"a\0", "", "utf-16"),
        (codecs.BOM_UTF16_BE + b"\0a", "latin-1", "utf-16"),
        (codecs.BOM_UTF32_LE + b"a\0\0\0", "", "utf-32"),
        (codecs.BOM_UTF32_BE + b"\0\0\0a", "", "utf-32"),
        (b"a", "latin-1", "latin-1"),
        (b"file,label", "", "utf-8"),
        ("file,label".encode("utf-16-le"), "", "utf-16-le"),
        ("file,label".encode("utf-16-be"), "", "utf-16-be"),
        ("f".encode("utf-16-le"), "", "utf-16-le"),
        ("f".encode("utf-16-be"), "", "utf-16-be"),
        ("file,labels".encode("utf-16-le") + b"xxxx", "", "utf-16-le"),
        (b"a\0b", "", "utf-16-le"),
        (b"a", "", "utf-8"),
        (b"", "", "utf-8"),
        (b"\0", "", "utf-8"),
        (b"ab\0d", "", "utf-8"),
        (b"a\0\0\0", "", "utf-8"),
        (b"\0a\0\0", "", "utf-8"),
    ],
)
def test_the_encoding_is_its_marks_or_the_declared_one_or_what_zeros_tell(
    head: bytes, declared: str, encoding: str
) -> None:
    assert encoding_of(head, declared) == encoding


@pytest.mark.parametrize("declared", ["no-such", "hex", "base64"])
def test_what_is_no_encoding_of_text_is_no_encoding(declared: str) -> None:
    with pytest.raises(LookupError):
        encoding_of(b"a", declared)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Café, Müller, Straße", "cp1252"),
        ("Œuvre à Besançon", "cp1252"),
        ("猫,ネコ,いぬ", "shift_jis"),
        ("кошка,собака", "cp1251"),
        ("Ёлка, ёж и пёс", "cp1251"),
        ("猫,狗,大象", "gb18030"),
        ("一只猫,两只狗", "gb18030"),
        ("貓,狗,臺灣黑熊", "big5"),
        ("고양이,강아지", "euc_kr"),
    ],
)
def test_an_encoding_is_guessed_from_what_its_bytes_look_like(text: str, encoding: str) -> None:
    data = text.encode(encoding)

    guess = likely_encoding(data)

    assert data.decode(guess) == text or {guess, encoding} <= {"gb18030", "big5", "euc_kr"}
    if encoding in {"cp1252", "shift_jis", "cp1251"}:
        assert guess == encoding


@pytest.mark.parametrize(
    ("data", "whole"),
    [(b"", True), ("é".encode(), True), ("é".encode()[:1], True), (b"\xe9t", False), (b"abc\xff", False)],
)
def test_utf8_may_be_cut_off_within_a_character(data: bytes, whole: bool) -> None:
    assert is_utf8(data) == whole


class Pieces(io.BytesIO):
    """A file that gives a few bytes at a time, however many are asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, _: int | None = -1, /) -> bytes:
        return super().read(self._size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("naïve\r\ncafé\n".encode("latin-1"), "latin-1", "naïve\r\ncafé\n"),
        ("a\U0001f600b\n".encode("utf-16"), "utf-16", "a\U0001f600b\n"),
        (codecs.BOM_UTF8 + b"a\n", "utf-8", "\ufeffa\n"),
        (b"a\xff\n", "UTF8", None),
        (b'a,"b\nc"\n', "utf-8", 'a,"b\nc"\n'),
    ],
)
def test_a_text_comes_as_utf8_in_whatever_pieces(data: bytes, encoding: str, text: str | None, size: int) -> None:
    found = b"".join(utf8_chunks(Pieces(data, size), encoding))

    assert found == (data if text is None else text.encode())


@pytest.mark.parametrize("size", [5, 6, 7, 1000])
@pytest.mark.parametrize(
    ("data", "made"),
    [
        (b"a,b\rc,d\re", b"a,b\nc,d\ne"),
        (b"a,b\rc,d\r", b"a,b\nc,d\n"),
        (b"a,b\r\r\rc", b"a,b\n\n\nc"),
        (b'"a"\r"b\nc"\r', b'"a"\n"b\nc"\n'),
        (b"a,b\r\nc\rd\r\n", b"a,b\r\nc\rd\r\n"),
        (b"a,b\nc\rd\n", b"a,b\nc\rd\n"),
    ],
)
def test_lines_that_end_with_a_return_alone_end_with_a_newline_where_all_do(
    data: bytes, made: bytes, size: int
) -> None:
    assert b"".join(utf8_chunks(Pieces(data, size), "utf-8")) == made


def pieces(*parts: bytes) -> Iterator[bytes]:
    return iter(parts)


def test_a_window_passes_marks_of_the_order_of_bytes_however_many() -> None:
    window = TextWindow(pieces(codecs.BOM_UTF8 * 2 + b"a"))

    assert (window.at, window.text[window.position :]) == (6, b"a")


def test_a_window_grows_to_at_least_twice_what_is_unread_and_knows_where_it_stands() -> None:
    window = TextWindow(pieces(b"ab\n", b"c\nd", b"efg", b"h"))
    assert (window.text, window.ended, window.at, window.line) == (b"ab\n", False, 0, 1)

    window.advance(3)
    assert (window.at, window.line) == (3, 2)
    window.grow()
    assert (window.text, window.offset, window.position, window.at) == (b"c\nd", 3, 0, 3)

    window.advance(2)
    assert (window.at, window.line) == (5, 3)
    window.grow()
    assert (window.text, window.offset, window.at, window.line) == (b"defg", 5, 5, 3)

    window.grow()
    assert (window.text, window.ended) == (b"defgh", True)
    window.grow()
    assert (window.text, window.at, window.closed_from) == (b"defgh", 5, 0)


def test_lines_that_are_passed_at_once_are_counted_by_who_passes_them() -> None:
    window = TextWindow(pieces(b"a\nb\nc\n"))

    window.skip_lines(4, 2)

    assert (window.at, window.line, window.text[window.position :]) == (4, 3, b"c\n")


def test_a_newline_at_the_beginning_of_a_piece_belongs_to_the_return_before_it() -> None:
    assert b"".join(utf8_chunks(Pieces(b"a\rb\r\nc\rd", 4), "utf-8")) == b"a\nb\r\nc\nd"


def test_a_text_that_is_cut_off_within_a_character_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        list(utf8_chunks(io.BytesIO("ab".encode("utf-16-le")[:3]), "utf-16-le"))


def test_what_an_encoding_keeps_back_comes_at_the_end() -> None:
    assert b"".join(utf8_chunks(Pieces("é+AGE-".encode("utf-7"), 3), "utf-7")).decode() == "é+AGE-"
    assert b"".join(utf8_chunks(Pieces(b"a\xd8", 1), "utf-16-be")) == b"\xe6\x87\x98"


@pytest.mark.parametrize(
    ("data", "guess"),
    [
        (b"\x80\x80", "cp1252"),
        (b"caf\xe9", "cp1252"),
        (b"", "cp1252"),
        (b"a\xe9b\xc0\xc1", "cp1252"),
        (b"a\xe9b\xc0\xc1\xc2 \xc3\xc4\xc5", "cp1251"),
        ("\u3042".encode("shift_jis"), "shift_jis"),
        (b"\x82\xff\xff", "cp1252"),
    ],
)
def test_bytes_that_look_like_nothing_are_taken_for_western(data: bytes, guess: str) -> None:
    assert likely_encoding(data) == guess
