"""CSVs as people's programs write them: long cells over many lines, stray quotes, other line ends."""

from __future__ import annotations

import io

import pytest

from tasks.records.csv_head import sniff_delimiter, take_hint
from tasks.records.csv_reader import read_csv
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow, utf8_chunks

HEADER = b"location,text,label\n"


def window_of(text: bytes, encoding: str = "utf-8") -> TextWindow:
    return TextWindow(utf8_chunks(io.BytesIO(text), encoding))


def read(text: bytes, encoding: str = "utf-8") -> list[list[str]]:
    return [list(record.cells) for record in read_csv(window_of(text, encoding), RecordFormat(kind="csv"))]


@pytest.mark.parametrize("line", ["step one two\n", 'he said ""go"", then\n', "a, b, c\r\n"])
def test_a_quoted_cell_of_many_lines_may_be_longer_than_a_mebibyte(line: str) -> None:
    text = line * (3_000_000 // len(line))

    found = read(HEADER + f'a.png,"{text}",cat\nb.png,"x\ny",dog\n'.encode())

    assert found[1:] == [["a.png", text.replace('""', '"'), "cat"], ["b.png", "x\ny", "dog"]]


def test_a_quote_that_nothing_closes_leaves_the_other_lines_alone() -> None:
    lines = [f"{number:0100}.png,text,cat\n" for number in range(11_000)]
    text = HEADER + b'a.png,"open,cat\n' + "".join(lines).encode()

    found = read(text)

    assert len(text) > 1 << 20
    assert found[1] == ["a.png", '"open', "cat"]
    assert len(found) == len(lines) + 2


def test_empty_quoted_cells_behind_an_open_quote_are_looked_at_once() -> None:
    found = read(HEADER + b'a.png,"open,cat\n' + b'b.png,"",dog\n' * 3_000)

    assert found[1:3] == [["a.png", '"open', "cat"], ["b.png", "", "dog"]]
    assert len(found) == 3_002


def test_a_quote_within_whose_lines_another_cell_is_quoted_opens_nothing() -> None:
    found = read(b'location,label,note\na.png,cat,"error\nb.png,dog,x\nc.png,owl,"fine"\nd.png,cat,"two\nlines"\n')

    assert found[1:] == [
        ["a.png", "cat", '"error'],
        ["b.png", "dog", "x"],
        ["c.png", "owl", "fine"],
        ["d.png", "cat", "two\nlines"],
    ]


@pytest.mark.parametrize("cell", ['he said,""go"",\nthen', '{\n""a"",""b""\n}', '""q"",\n""r""'])
def test_quotes_within_a_cell_of_many_lines_that_are_marked_as_such_open_no_other(cell: str) -> None:
    found = read(HEADER + f'a.png,"{cell}",cat\nb.png,x,dog\n'.encode())

    assert found[1:] == [["a.png", cell.replace('""', '"'), "cat"], ["b.png", "x", "dog"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_may_end_with_a_carriage_return_alone(encoding: str) -> None:
    text = 'location,text,label\ra.png,"one\ntwo",cat\rb.png,x,dog\r'

    found = list(read_csv(window_of(text.encode(encoding), encoding), RecordFormat(kind="csv")))

    assert [list(record.cells) for record in found[1:]] == [["a.png", "one\ntwo", "cat"], ["b.png", "x", "dog"]]
    assert [record.line for record in found] == [1, 2, 4]
    assert [text[record.offset : record.offset + record.length] for record in found[2:]] == ["b.png,x,dog"]


def test_a_carriage_return_in_a_cell_of_other_lines_stays() -> None:
    assert read(b'location,label\r\na.png,"do\rg"\r\n') == [["location", "label"], ["a.png", "do\rg"]]


def test_carriage_returns_that_end_lines_are_told_wherever_the_file_is_read_in_pieces() -> None:
    rows = [f"images/{number:0100}.png,c{number % 7}" for number in range(11_000)]

    found = read("\r".join(["location,label", *rows]).encode())

    assert [",".join(cells) for cells in found[1:]] == rows


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("sep=;\r\n", ";"), ('"sep=,"\n', ","), ("SEP=|\n", "|"), ("sep=\\t\n", "\t"), ("\ufeffsep=\t\n", "\t")],
)
def test_excels_hint_is_taken_and_is_no_record(line: str, delimiter: str) -> None:
    window = window_of(f"{line}location{delimiter}label\n".encode())

    assert take_hint(window) == delimiter
    assert (window.line, window.text[window.position :][:8]) == (2, b"location")


@pytest.mark.parametrize("line", ["sep,label\n", "sep=;;label\n", "location;label\n"])
def test_a_header_is_no_hint(line: str) -> None:
    window = window_of(line.encode())

    assert take_hint(window) == ""
    assert window.line == 1


@pytest.mark.parametrize(
    ("name", "header", "delimiter"),
    [("l.csv", "a;b\n", ";"), ("l.tsv.gz", "a,b\n", "\t"), ("l.csv", "\n\na|b\n", "|"), ("l.csv", "a;b,c\n", ",")],
)
def test_the_delimiter_is_told_by_the_extension_then_by_the_header(name: str, header: str, delimiter: str) -> None:
    assert sniff_delimiter(window_of(header.encode()), name) == delimiter
