"""How a CSV begins, and what that tells of its delimiter."""

from __future__ import annotations

import pytest

from tasks.records.csv_head import sniff_delimiter, take_hint
from tasks.records.text_window import TextWindow


@pytest.mark.parametrize(
    ("data", "name", "delimiter"),
    [
        pytest.param(b"a;b\n", "x.csv", ";", id="a semicolon"),
        pytest.param(b"a|b|c;d\n", "x.csv", "|", id="what there is most of"),
        pytest.param(b"a,b;c;d;e\n", "x.csv", ",", id="any comma is the delimiter"),
        pytest.param(b"\n \nfile\tlabel\n1;2;3\n", "x.txt", "\t", id="the first line that is not blank"),
        pytest.param(b"abc\n", "x.csv", ",", id="none at all"),
        pytest.param(b"", "x.csv", ",", id="nothing"),
        pytest.param(b"\n\n", "x.csv", ",", id="blank lines alone"),
        pytest.param(b"\xff;a\n", "x.csv", ";", id="bytes that are not text"),
        pytest.param(b"a,b\n", "x.TSV", "\t", id="the extension says so"),
        pytest.param(b"a,b\n", "x.tab", "\t", id="so does this one"),
        pytest.param(b"a,b\n", "x.tsv.gz", "\t", id="under a compression's"),
    ],
)
def test_a_header_shows_its_delimiter(data: bytes, name: str, delimiter: str) -> None:
    assert sniff_delimiter(TextWindow(iter([data])), name) == delimiter


@pytest.mark.parametrize(
    ("data", "hint", "rest"),
    [
        (b"sep=;\na;b", ";", b"a;b"),
        (b'"SEP=,"\r\na', ",", b"a"),
        (b"sep=\\t\na", "\t", b"a"),
        (b" sep=| \na", "|", b"a"),
        (b"sep=;", ";", b""),
        (b"sep=;x\na", "", b"sep=;x\na"),
        (b"a;sep=,\n", "", b"a;sep=,\n"),
    ],
)
def test_a_first_line_for_excel_names_the_delimiter_and_is_passed(data: bytes, hint: str, rest: bytes) -> None:
    window = TextWindow(iter([data]))
    window.grow()

    assert take_hint(window) == hint
    assert window.text[window.position :] == rest


def test_a_delimiter_is_looked_for_behind_the_hint() -> None:
    window = TextWindow(iter([b"sep=|\na;b|c|d\n"]))
    window.grow()
    take_hint(window)

    assert sniff_delimiter(window, "x.csv") == "|"
