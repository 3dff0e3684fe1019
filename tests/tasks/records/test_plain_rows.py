"""Whole columns of locations at a time: what is taken for plain there is what each by itself would be taken for."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.records.csv_blocks import RecordBlock, read_csv_blocks
from tasks.records.csv_reader import read_csv
from tasks.records.locations import LocationPolicy, Place, classify_location
from tasks.records.plain_locations import plain_kinds
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

POLICY = LocationPolicy("/data")
ODD = st.sampled_from(
    [
        *(
            "",
            "/",
            ".",
            "..",
            "a//b",
            "a/",
            "/a",
            "a/.b",
            "~",
            "a~b",
            "[x]",
            "a:b",
            "a%2e",
            "a\\b",
            "é/ü",
            "\ue000",
            "\u3000",
            "\uef80",
        ),
        *("http://h/a", "https://h:80/a", "https://h:0/a", "https://h/a?b=c", "https://h/a#b", "https://u@h/a"),
        *("HTTPS://h/a", "https://h/a:b", "https://h//a", "https://h", "https:/h/a", "https://-h/a", "https://h/ü"),
        *("https://h/a b", "x" * 300),
    ]
)
PLAIN = st.from_regex(r"(?:[a-z0-9]{1,4}/){0,2}[a-z0-9]{1,4}\.jpg", fullmatch=True)
WEB = PLAIN.map(lambda path: f"https://images.example.com/{path}")
COLUMNS = st.one_of(
    st.lists(PLAIN, min_size=1), st.lists(WEB, min_size=1), st.lists(st.one_of(PLAIN, WEB, ODD, st.text(max_size=6)))
)
WITH_ODD = st.tuples(st.one_of(st.lists(PLAIN), st.lists(WEB)), st.one_of(ODD, st.text(max_size=4)), st.integers(0, 9))


def assert_plain_kinds(texts: list[str]) -> None:
    """What a column calls plain is, each by itself, just that place."""
    column = pa.chunked_array([pa.array(["before", *texts, "after"], pa.string()).slice(1, len(texts))])
    webs, paths = plain_kinds(column)
    for text, is_web, is_path in zip(texts, webs.tolist(), paths.tolist(), strict=True):
        if is_web or is_path:
            assert classify_location(text, POLICY) == Place("web" if is_web else "store", text, text)


@pytest.mark.fuzz
@given(COLUMNS)
def test_a_column_is_judged_as_its_cells_are(texts: list[str]) -> None:
    assert_plain_kinds(texts)


@pytest.mark.fuzz
@given(WITH_ODD)
def test_one_odd_cell_among_plain_ones_is_seen(drawn: tuple[list[str], str, int]) -> None:
    texts, odd, place = drawn
    assert_plain_kinds([*texts[:place], odd, *texts[place:]])


@pytest.mark.parametrize("start", ["cat/", "https://images.example.com/"])
def test_plain_columns_are_plain_as_a_whole(start: str) -> None:
    webs, paths = plain_kinds(pa.chunked_array([[f"{start}{number}.jpg" for number in range(50)]]))

    assert bool(webs.all()) == start.startswith("https")
    assert bool(paths.all()) != start.startswith("https")


def test_very_many_locations_are_judged_in_parts() -> None:
    texts = [f"cat/{number}.jpg" if number % 2 else f"https://h/{number}.jpg" for number in range(70_000)]
    webs, paths = plain_kinds(pa.chunked_array([texts]))

    assert webs.tolist() == [number % 2 == 0 for number in range(70_000)]
    assert paths.tolist() == [number % 2 == 1 for number in range(70_000)]


@pytest.mark.fuzz
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(
                ["NA", "null", "001", "1.0", "nan", "", "a b", " a", "a\t", "\ta ", "é", "x'y", "None", "a,b"]
            ),
            st.sampled_from(["cat", "dog ", " 007", "TRUE", "", "2020-01-01", "-", "é\u3000"]),
        ),
        min_size=16,
        max_size=60,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    start=st.sampled_from(["", "\ufeff", "\n", " \n\n"]),
)
def test_words_blanks_and_numbers_of_a_block_are_those_of_the_reader(
    rows: list[tuple[str, str]], end: str, start: str
) -> None:
    data = (start + "".join(f"{one},{two}{end}" for one, two in rows)).encode()
    form = RecordFormat(kind="csv", delimiter=",", width=2, location=0)
    by_one = [record for record in read_csv(TextWindow(iter([data])), form) if not record.problem]
    in_blocks: list[Record] = []
    for item in read_csv_blocks(TextWindow(iter([data])), form):
        several = [item.record(n) for n in range(len(item.lines))] if isinstance(item, RecordBlock) else [item]
        in_blocks += [record for record in several if not record.problem]

    assert [(list(r.cells), r.line, r.offset, r.length) for r in in_blocks] == [
        (list(r.cells), r.line, r.offset, r.length) for r in by_one
    ]
    assert all(not re.search(r"^[ \t]|[ \t]$", cell) for record in in_blocks for cell in record.cells)
