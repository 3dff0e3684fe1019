"""In which ways the beginning of a text beside images may be a table, and by which keys it is read so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tasks.discover.heads.head import MOST_ROWS, Head
from tasks.discover.heads.text_heads import text_heads

Way = tuple[dict[str, Any], list[str]]
"""The keys of one way, and its lines, the first one too, with a bar between their cells."""
MANY = [f"{number}.jpg,a" for number in range(17)]


def heads(text: str | bytes, suffix: str = ".csv", *, is_whole: bool = True) -> list[Head]:
    data = text.encode() if isinstance(text, str) else text
    return text_heads(f"list{suffix}", suffix, data, is_whole)


def ways(text: str | bytes, suffix: str = ".csv", *, is_whole: bool = True) -> list[Way]:
    found = heads(text, suffix, is_whole=is_whole)
    assert all(head.path == f"list{suffix}" for head in found)
    assert all(head.names == tuple(map(str, range(len(head.first)))) for head in found)
    return [(dict(head.keys), ["|".join(row) for row in (head.first, *head.rows)]) for head in found]


@pytest.mark.parametrize(
    ("text", "suffix", "keys", "rows"),
    [
        pytest.param("file,label\n a.jpg , cat\n", ".csv", {}, ["file|label", "a.jpg|cat"], id="commas of a CSV"),
        pytest.param("file,label\na.jpg,cat\n", ".txt", {"delimiter": ","}, ["file|label", "a.jpg|cat"], id="of text"),
        pytest.param("f;l,x\na;b,c\n", ".txt", {"delimiter": ","}, ["f;l|x", "a;b|c"], id="a comma before a semicolon"),
        pytest.param("f;l\na;b\n", ".csv", {"delimiter": ";"}, ["f|l", "a|b"], id="semicolons"),
        pytest.param("f|l\na|b\n", ".csv", {"delimiter": "|"}, ["f|l", "a|b"], id="bars"),
        pytest.param("f\tl\na b\tc\n", ".tsv", {}, ["f|l", "a b|c"], id="tabs of a TSV"),
        pytest.param("f\tl\na b\tc\n", ".tab", {}, ["f|l", "a b|c"], id="tabs of a tab file"),
        pytest.param("f\tl\na b\tc\n", ".csv", {"delimiter": "tab"}, ["f|l", "a b|c"], id="tabs of another"),
        pytest.param('f,l\n"a,b", "c"\n', ".csv", {}, ["f|l", "a,b|c"], id="quotes"),
        pytest.param("f,l\r\na,b\rc,d\n", ".csv", {}, ["f|l", "a|b", "c|d"], id="any end of a line"),
        pytest.param(
            "# by me\na b\nc d\n", ".txt", {"comment": "#", "delimiter": "blank"}, ["a|b", "c|d"], id="remarks"
        ),
        pytest.param("# one\na b\n", ".txt", {"delimiter": "blank"}, ["#|one", "a|b"], id="as many remarks as rows"),
        pytest.param("2\nf,l\na,b\n", ".csv", {"skip": 1}, ["f|l", "a|b"], id="a count of rows"),
        pytest.param("\n2\nf,l\na,b\n", ".csv", {"skip": 1}, ["f|l", "a|b"], id="a count behind a blank line"),
        pytest.param("By me\n\nf,l\na,b\nc,d\ne,f\n", ".csv", {"skip": 2}, ["f|l", "a|b", "c|d", "e|f"], id="prose"),
        pytest.param(
            "x y\n1.jpg 2 3\n", ".txt", {"delimiter": "blank"}, ["|x|y", "1.jpg|2|3"], id="no name for the images"
        ),
        pytest.param("a.jpg,cat\n".encode("utf-16"), ".csv", {}, ["a.jpg|cat"], id="UTF-16"),
        pytest.param(
            "f;l\na;Blüte\nb;Ähre\n".encode("cp1252"),
            ".csv",
            {"encoding": "cp1252", "delimiter": ";"},
            ["f|l", "a|Blüte", "b|Ähre"],
            id="an encoding by guess",
        ),
    ],
)
def test_the_likeliest_way_comes_first(text: str | bytes, suffix: str, keys: dict[str, Any], rows: list[str]) -> None:
    assert ways(text, suffix)[0] == (keys, rows)


def test_the_lines_of_a_table_may_be_no_more_than_lines() -> None:
    assert ways("file,label\n a.jpg , cat\n")[-1] == ({}, ["file,label", "a.jpg , cat"])
    assert ways("3\n1\n2\n", ".txt") == [({}, ["3", "1", "2"])]


def test_blanks_part_lines_everywhere_at_the_first_or_at_the_last() -> None:
    found = heads("wild boar/1.jpg 3\nwild boar/2.jpg 4\n", ".txt")

    assert [(head.keys, head.rows[0], head.surplus, head.line_form) for head in found] == [
        ({"delimiter": "blank"}, ("wild", "boar/2.jpg", "4"), None, ""),
        ({"delimiter": "blank"}, ("wild", "boar/2.jpg 4"), 1, ""),
        ({}, ("wild boar/2.jpg 4",), None, ""),
        ({"delimiter": "line"}, ("wild boar/2.jpg", "4"), None, r"^{}.+)\s{}\S+)\s*$"),
    ]


def test_of_lines_with_fewer_cells_than_the_first_those_that_all_have_count() -> None:
    [uneven, _] = heads("file, label, more\na.jpg , cat\nb.jpg,dog,x\nc.jpg,cat\n").copy()
    form = uneven.line_form.format("(?P<one>", "(?P<two>")

    assert (uneven.keys, [uneven.first, *uneven.rows]) == (
        {"delimiter": "line"},
        [("file", "label"), ("a.jpg", "cat"), ("b.jpg", "dog"), ("c.jpg", "cat")],
    )
    assert [re.findall(form, line) for line in ("a.jpg , cat", "b.jpg,dog,x", " c.jpg,,")] == [
        [("a.jpg", "cat")],
        [("b.jpg", "dog")],
        [("c.jpg", "")],
    ]
    assert uneven.with_header(True).table({"file": "location"})["skip"] == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a,b\n1,2,3\n4,5\n", id="more than the first"),
        pytest.param("a,b,c\n1\n4,5\n", id="a line without the mark"),
        pytest.param('a,b,c\n"1",2\n4,5\n', id="quotes"),
        pytest.param("a,b,c\n,2\n4,5\n", id="a line without its first cell"),
    ],
)
def test_lines_that_are_uneven_in_other_ways_are_no_table(text: str) -> None:
    assert not any(head.line_form for head in heads(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a.jpg cat\nb.jpg\n", id="one line with less"),
        pytest.param("a.jpg cat\nb.jpg dog 7\nc.jpg dog\n", id="one line with more"),
        pytest.param("a b c d\n1 2\n3 4\n", id="a header of two names too many"),
    ],
)
def test_blanks_part_no_lines_of_different_widths_everywhere(text: str) -> None:
    assert not [head for head in heads(text, ".txt") if head.keys == {"delimiter": "blank"} and head.surplus is None]


def test_blanks_are_text_in_a_csv_whose_cells_stand_apart_by_another_mark() -> None:
    assert [keys for keys, _ in ways("a file;a label\n1.jpg;a cat\n")] == [{"delimiter": ";"}, {}]
    assert [keys for keys, _ in ways("file label\n1.jpg cat\n")] == [{"delimiter": "blank"}, {}]


def test_a_table_may_have_a_tenth_of_odd_lines_and_no_more() -> None:
    fits, none = ("\n".join(["file,label", *MANY, *["odd"] * count]) for count in (2, 3))

    assert ways(fits)[0] == ({}, ["file|label", *(line.replace(",", "|") for line in MANY)])
    assert [keys for keys, rows in ways(none) if "|" in rows[0]] == []


def test_the_last_column_of_a_csv_takes_what_a_line_has_too_much() -> None:
    text = "\n".join(["file,note", *MANY, "x.jpg,b, c"])

    [first, *_], [plain, *_] = heads(text), heads(text, ".txt")

    assert (first.surplus, first.rows[-1]) == (1, ("x.jpg", "b,c"))
    assert (plain.surplus, plain.rows[-1]) == (None, ("16.jpg", "a"))


def test_the_last_line_of_a_beginning_may_be_cut_off_and_is_not_read() -> None:
    [head, *_] = heads("file,label\na.jpg,cat\nb.jpg,do", is_whole=False)

    assert (head.rows, head.is_whole) == ((("a.jpg", "cat"),), False)


@pytest.mark.parametrize(("count", "is_whole"), [(MOST_ROWS - 1, True), (MOST_ROWS, False), (MOST_ROWS + 9, False)])
def test_a_long_table_is_looked_at_for_its_first_rows(count: int, is_whole: bool) -> None:
    [head, *_] = heads("file,label\n" + "a.jpg,cat\n" * count)

    assert (len(head.rows), head.is_whole) == (min(count, MOST_ROWS), is_whole)


@pytest.mark.parametrize("data", [b"", b"\n \n", b"a\0b,c\n", b"PK\x03\x04\0\0"])
def test_what_is_no_text_is_no_table(data: bytes) -> None:
    assert ways(data) == []


def test_prose_above_a_table_is_no_row_where_at_most_twenty_lines_of_another_width_are() -> None:
    table = ["file,label", *MANY]

    assert ways("\n".join([*["A remark."] * 20, *table]))[0][0] == {"skip": 20}
    assert not [rows for _, rows in ways("\n".join([*["A remark."] * 21, *table])) if rows[0] == "file|label"]
    assert ways("\n".join(["Cells, with a comma.", *table]))[0] == ({}, ["Cells|with a comma.", "file|label", *(
        line.replace(",", "|") for line in MANY
    )])  # fmt: skip


def test_columns_take_the_names_of_the_first_line_where_it_has_some() -> None:
    [head, *_] = heads("file,label,,label\na.jpg,cat,x,y\n")

    named, bare = head.with_header(True), head.with_header(False)

    assert (named.names, named.rows, named.first) == (("file", "1", "2", "3"), (("a.jpg", "cat", "x", "y"),), ())
    assert (bare.names, bare.rows[0], bare.first) == (("0", "1", "2", "3"), ("file", "label", "", "label"), ())
    assert named.with_header(False) is named
    assert heads("0,1\na.jpg,cat\n")[0].with_header(True).keys == {"header": True}
    assert head.keys == {}


@pytest.mark.parametrize(
    ("text", "suffix", "way", "roles", "entry"),
    [
        pytest.param(
            "a.jpg,x,cat\n", ".csv", 0, {"0": "location", "2": "label"}, {"columns": ["location", "", "label"]},
            id="by position",
        ),
        pytest.param(
            "a b/1.jpg 3\n", ".txt", 3, {"0": "location", "1": "label"},
            {"delimiter": "line", "columns": ["line"],
             "pattern": {"line": r"^(?P<location>.+)\s(?P<label>\S+)\s*$"}}, id="before and behind the last blank",
        ),
        pytest.param(
            "a b/1.jpg 3\n", ".txt", 3, {"0": "location"},
            {"delimiter": "line", "columns": ["line"], "pattern": {"line": r"^(?P<location>.+)\s(?:\S+)\s*$"}},
            id="before the last blank alone",
        ),
        pytest.param(
            "n01440764 a tench\n", ".txt", 1, {"0": "class", "1": "label"},
            {"delimiter": "blank", "columns": ["class", "label"], "surplus": "label"}, id="all behind the first blank",
        ),
        pytest.param(
            "n01440764 a tench\n", ".txt", 1, {"0": "class"},
            {"delimiter": "blank", "columns": ["class", "rest"], "surplus": "rest"}, id="of which nothing counts",
        ),
    ],
)  # fmt: skip
def test_an_entry_of_the_config_reads_a_table_in_that_way(
    text: str, suffix: str, way: int, roles: dict[str, str], entry: dict[str, Any]
) -> None:
    head = heads(text, suffix)[way].with_header(False)

    assert head.table(roles) == {"file": f"list{suffix}", **entry}


def test_an_entry_calls_columns_by_their_names_and_takes_further_keys() -> None:
    [head, *_] = heads("file,label\na.jpg,cat\n", ".txt")

    entry = head.with_header(True).table({"file": "location"}, {"base": "photos"})

    assert entry == {"file": "list.txt", "delimiter": ",", "base": "photos", "columns": {"file": "location"}}
