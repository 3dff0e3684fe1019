"""What each row of a CSV comes to, one by one: its cells, its place in the file, and what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records import csv_reader
from tasks.records.csv_blocks import RecordBlock, read_csv_blocks
from tasks.records.csv_reader import parse_csv_record, read_csv
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow, utf8_chunks

TWO = RecordFormat(kind="csv", width=2, location=0)
THREE = RecordFormat(kind="csv", width=3, location=0)
OF_ANY = RecordFormat(kind="csv")
SEMICOLON = RecordFormat(kind="csv", width=2, delimiter=";", location=0)
LONG = b"[" + b", ".join(b"[1, 2, 30]" for _ in range(80)) + b"]"
TAB = RecordFormat(kind="csv", width=3, delimiter="\t", location=0)


def read(text: bytes, form: RecordFormat = TWO, comment: str = "") -> list[Record]:
    return list(read_csv(TextWindow(utf8_chunks(io.BytesIO(text), "utf-8")), form, comment))


def cells(records: list[Record]) -> list[list[str]]:
    return [list(record.cells) for record in records]


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        pytest.param(b"a,b\n\n \t\r\nc,d", TWO, [["a", "b"], ["c", "d"]], id="blank lines are none"),
        pytest.param(b" a ,\tb\r\n", TWO, [["a", "b"]], id="blanks around cells are none of theirs"),
        pytest.param(b"a,b,,\n", TWO, [["a", "b"]], id="empty cells at the end go"),
        pytest.param(b"a,b\nc,d,,\ne,f\n", OF_ANY, [["a", "b"], ["c", "d"], ["e", "f"]], id="the first has them all"),
        pytest.param(b'"a\nb",c\nd,e\n', TWO, [["a\nb", "c"], ["d", "e"]], id="a quote opens the file"),
        pytest.param(b'"a\n\n\nb" ,c\n', TWO, [["a\n\n\nb", "c"]], id="blank lines within quotes"),
        pytest.param(b'a,"b\nc"', TWO, [["a", "b\nc"]], id="a quote closes it"),
        pytest.param(b"""'a,b',"c,d"\n""", TWO, [["a,b", "c,d"]], id="either quote"),
        pytest.param(b"it's,'b'\n", TWO, [["it's", "b"]], id="an apostrophe is a letter"),
        pytest.param(b"'tis,x\n", TWO, [["'tis", "x"]], id="also where a cell begins"),
        pytest.param(b'"a""b",c\n', TWO, [['a"b', "c"]], id="doubled"),
        pytest.param(rb'"a\"b",c' b"\n", TWO, [['a"b', "c"]], id="behind a backslash"),
        pytest.param(rb'"C:\x\",c' b"\n", TWO, [["C:\\x\\", "c"]], id="a backslash that closes a folder"),
        pytest.param(b'5" disk,x\n', TWO, [['5" disk', "x"]], id="inches"),
        pytest.param(b'"a" b,c\n', TWO, [['"a" b', "c"]], id="a quoted word"),
        pytest.param(b'"a\n"b",c\nd,e\n', TWO, [['a\n"b', "c"], ["d", "e"]], id="a lone quote in a long cell"),
        pytest.param(b"[1, 2],a\n", TWO, [["[1, 2]", "a"]], id="commas in brackets"),
        pytest.param(b"[[1,2],[3,4]],a\n", TWO, [["[[1,2],[3,4]]", "a"]], id="in brackets in brackets"),
        pytest.param(b"[[1 2]\n [3 4]],a\nb,c\n", TWO, [["[[1 2]\n [3 4]]", "a"], ["b", "c"]], id="over lines"),
        pytest.param(b"b,[[1 2]\n [3 4]]", TWO, [["b", "[[1 2]\n [3 4]]"]], id="up to the end"),
        pytest.param(LONG + b",a\nb,c\n", TWO, [[LONG.decode(), "a"], ["b", "c"]], id="many numbers in brackets"),
        pytest.param(b"[x] y,a\n", TWO, [["[x] y", "a"]], id="brackets that are words"),
        pytest.param(b"[draft,a\nb,c\n", TWO, [["[draft", "a"], ["b", "c"]], id="a bracket that opens nothing"),
        pytest.param(b"https://h/a,b.jpg,x\n", TWO, [["https://h/a,b.jpg", "x"]], id="commas of an address"),
        pytest.param(b"x,https://h/a,b\n", TWO.model_copy(update={"location": 1}), [["x", "https://h/a,b"]], id="last"),
        pytest.param(b"DATA:image/png;base64,AAAA,x\n", TWO, [["DATA:image/png;base64,AAAA", "x"]], id="of pixels"),
        pytest.param(b"a;b,c\n", SEMICOLON, [["a", "b,c"]], id="another delimiter"),
        pytest.param(b"a\t\tb\n\t\tc\n", TAB, [["a", "", "b"], ["", "", "c"]], id="tabs are no blanks then"),
        pytest.param(b'"a\tb"\t x \t"c" \n', TAB, [["a\tb", "x", "c"]], id="and are quoted"),
    ],
)
def test_a_row_is_its_cells(text: bytes, form: RecordFormat, expected: list[list[str]]) -> None:
    found = read(text, form)

    assert cells(found) == expected
    assert [record.problem for record in found] == [None] * len(expected)
    for record in found:
        alone = text[record.offset : record.offset + record.length]
        assert [*parse_csv_record(alone, form)][: len(record.cells)] == list(record.cells)
        assert record.line == text.count(b"\n", 0, record.offset) + 1
        assert not alone.endswith((b"\n", b"\r"))


@pytest.mark.parametrize(
    ("text", "form", "expected", "said"),
    [
        (b"a,b\nc\nd,e\n", TWO, [["a", "b"], [], ["d", "e"]], "has 1 cells, and the header has 2"),
        (b"a,b\nc,d,e\nd,e\n", TWO, [["a", "b"], [], ["d", "e"]], "has 3 cells, and the header has 2"),
        (b"a,b,c\nd,https://h/e,f,g\n", THREE, [["a", "b", "c"], []], "has 4 cells, and the header has 3"),
        (b"a,b\nx,y,https://h/e\n", TWO, [["a", "b"], []], "has 3 cells, and the header has 2"),
        (
            b"a,b\nhttps://h/e,f,g\n",
            TWO.model_copy(update={"template": "{}"}),
            [["a", "b"], []],
            "has 3 cells, and the ",
        ),
        (b'a,b\n"c,d,e\nf,g\n', TWO, [["a", "b"], [], ["f", "g"]], "has 3 cells, and the header has 2"),
        (b'"c,d,e\nf,g\n', OF_ANY, [[], ["f", "g"]], "a quote is never closed"),
    ],
)
def test_a_row_of_another_width_is_no_record_and_says_so(
    text: bytes, form: RecordFormat, expected: list[list[str]], said: str
) -> None:
    found = read(text, form)

    assert cells(found) == expected
    [bad] = [record for record in found if record.problem is not None]
    assert bad.problem is not None
    assert (bad.problem.reason, bad.problem.detail[: len(said)]) == (Reason.BAD_ROW, said)


def test_comments_are_passed_wherever_a_line_begins_with_one() -> None:
    text = b"# made by hand\na,b\n  # c,d\ne,#f\n#"

    found = read(text, comment="#")

    assert cells(found) == [["a", "b"], ["e", "#f"]]
    assert [record.line for record in found] == [2, 4]
    assert cells(read(text)) == [[], ["a", "b"], ["# c", "d"], ["e", "#f"], []]


def test_a_line_that_is_too_long_to_hold_is_passed_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAX_RECORD_BYTES", 1 << 20)
    parts = [b"a,b\n", *[b"x" * (1 << 18)] * 20, b"\nc,d\n"]

    found = list(read_csv(TextWindow(iter(parts)), TWO))

    assert cells(found) == [["a", "b"], [], ["c", "d"]]
    assert [record.line for record in found] == [1, 2, 3]
    assert [record.problem.detail for record in found if record.problem] == ["is longer than 1 MiB"]
    assert found[1].offset + found[1].length == found[2].offset == sum(map(len, parts)) - 4


def test_a_last_line_that_is_too_long_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAX_RECORD_BYTES", 1 << 20)

    found = list(read_csv(TextWindow(iter([b"a,b\n", *[b"x" * (1 << 18)] * 20])), TWO))

    assert [bool(record.problem) for record in found] == [False, True]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,caf\xe9\n", "line 1 is not utf-8 text. Set `source.encoding`, such as `encoding: latin-1`: a cell there "),
        (
            b"a,b\n\x1f\x8b\x08,c\n",
            "line 2 is not utf-8 text: it begins as gzip does. Unpack it, or give it the ending",
        ),
        (b"a,b\nBZh\xff,c\n", "line 2 is not utf-8 text: it begins as bzip2 does. Unpack it"),
        (b"PK\x03\x04\xff,c\n", "line 1 is not utf-8 text: it begins as a zip does. Unpack it"),
        (b"\xfd7zXZ,c\n", "line 1 is not utf-8 text: it begins as xz does. Unpack it"),
        (b"\x28\xb5\x2f\xfd,c\n", "line 1 is not utf-8 text: it begins as zstd does. Unpack it"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_line_and_what_they_may_be(data: bytes, said: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        read(data)

    assert str(caught.value).startswith(said)


def test_what_a_cell_would_be_in_other_encodings_is_shown_where_it_can_be_read() -> None:
    with pytest.raises(LabelFileError, match=r"a cell there would be 'café' in latin-1, 'cafй' in cp1251\.$"):
        read(b"a,caf\xe9\n")
    with pytest.raises(LabelFileError, match=r"such as `encoding: latin-1`: a cell there would be 'Ћ' in cp1251\.$"):
        read(b"a,\x8e\n")


def test_a_cell_that_no_encoding_makes_readable_is_not_shown() -> None:
    with pytest.raises(LabelFileError) as caught:
        read(b"a,\x98\n")

    assert str(caught.value) == "line 1 is not utf-8 text. Set `source.encoding`, such as `encoding: latin-1`."


def test_of_a_long_cell_twenty_letters_are_shown_in_other_encodings() -> None:
    with pytest.raises(LabelFileError) as caught:
        read("a, caf\xe9 of the seven sisters \n".encode("latin-1"))

    assert "would be 'caf\xe9 of the seven si' in latin-1, " in str(caught.value)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_rows_behind_others_are_read_as_the_first_one_is(quote: str) -> None:
    rows = [["a", "b"], [f"x{chr(10) if quote == chr(34) else ' '}y, z", "c"], ["d", "e"], ["[1,\n2]", "f"], ["g", "h"]]
    text = "".join(
        f"{quote}{first}{quote},{second}\n" if "," in first and first[0] != "[" else f"{first},{second}\n"
        for first, second in rows
    )

    assert cells(read(text.encode())) == rows


def test_a_record_that_cannot_be_read_alone_has_no_cells() -> None:
    assert list(parse_csv_record(b"a,b,c", TWO)) == []
    assert list(parse_csv_record(b"", TWO)) == []


Told = list[tuple[list[str], int, int, int]]
"""Of each row its cells, its line, where it begins, and its bytes."""


def blocks(text: bytes, form: RecordFormat, comment: str = "") -> list[Record | RecordBlock]:
    return list(read_csv_blocks(TextWindow(utf8_chunks(io.BytesIO(text), "utf-8")), form, comment))


def one_by_one(found: list[Record | RecordBlock]) -> Told:
    several = [
        [item.record(n) for n in range(len(item.lines))] if isinstance(item, RecordBlock) else [item] for item in found
    ]
    return [(list(one.cells), one.line, one.offset, one.length) for records in several for one in records]


def told(reads: Callable[[], Told]) -> Told | str:
    """What is read, or what is said of a file that cannot be."""
    try:
        return reads()
    except LabelFileError as error:
        return str(error)


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b'"x,y",z\n',
        b"'x,y',z\n",
        b" 'x' ,'y'\n",
        b'" x",z\n',
        b'"x\ny",z\n',
        b'"x""y",z\n',
        b"[1,2],z\n",
        b"x\n",
        b"x,y,z\n",
        b"# x,y\n",
        b"x\ry,z\n",
        b"\n",
        b"\xc3\xa9,\xc3\xa9\r\n",
        b"\xff,z\n",
    ],
)
@pytest.mark.parametrize("count", [15, 16, 40])
@pytest.mark.parametrize("comment", ["", "#"])
def test_rows_in_blocks_are_the_rows_one_by_one(odd: bytes, count: int, comment: str) -> None:
    plain = b"".join(b"%d.jpg,cat\n" % number for number in range(count))
    text = plain + odd + plain

    assert told(lambda: one_by_one(blocks(text, TWO, comment))) == told(lambda: one_by_one([*read(text, TWO, comment)]))


@pytest.mark.parametrize(
    "line", [b"%d.jpg,cat\n", b"%d.jpg,cat\r\n", b'"%d.jpg","cat"\n', b"'%d.jpg','cat'\n", b" %d.jpg ,\tcat\n"]
)
def test_plain_rows_come_in_few_blocks_whose_columns_are_their_cells(line: bytes) -> None:
    found = blocks(b"".join(line % number for number in range(20_000)), TWO)

    assert all(isinstance(item, RecordBlock) for item in found)
    assert len(found) < 12
    columns = [item.column(0).to_pylist() for item in found if isinstance(item, RecordBlock)]
    assert [text for column in columns for text in column] == [f"{number}.jpg" for number in range(20_000)]


def test_a_file_of_one_column_has_no_blocks_since_a_blank_line_may_be_a_row() -> None:
    found = blocks(b"a.jpg\n" * 100, RecordFormat(kind="csv", width=1, location=0))

    assert len(found) == 100
    assert not any(isinstance(item, RecordBlock) for item in found)
