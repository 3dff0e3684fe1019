"""Lines of JSON as columns: what comes out is what the reader gives that takes one object after another."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.errors import LabelFileError
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_columns import FlatRows, read_flat_lines
from tasks.records.json_reader import read_json, read_json_blocks
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

FORM = RecordFormat(kind="json")
WORDS = st.sampled_from(["cat", "", "NA", "null", "001", " a", "a ", "\u3000x", "é", "\U0001f600", "\0", 'a"b', "a\\b"])
ODD_LINES = st.sampled_from(
    r"""{"url": "a"}
{"url": "a", "label": null}
{"url": "a", "label": 3}
{"url": "a", "label": 3.0}
{"url": "a", "label": -0}
{"url": "a", "label": 99999999999999999999}
{"url": "a", "label": true}
{"url": "a", "label": NaN}
{"url": "a", "label": ["b"]}
{"url": "a", "label": {"b": "c"}}
{"url": "a", "label": "b", "label": "c"}
{"url": "a", "label": "b", "more": "c"}
{"label": "b", "url": "a"}
{"u\u0072l": "a", "label": "b"}
{"url": "\ud800", "label": "b"}
{"url": "a", "label": "b"}{"url": "a", "label": "b"}
{"url": "a", "label": "b"} {"url": "c", "label": "d"}
{"url": "a", "label": "b"},
{"url": "a", "label": "b",}
{'url': 'a', 'label': 'b'}
{"url": "a	b", "label": "c"}
{"url": "a
{}
}
[]
3
…
""".split("\n")
)


def one_by_one(data: bytes) -> list[Record]:
    return list(read_json(TextWindow(iter([data])), FORM))


def items(data: bytes) -> list[Record | JsonBlock]:
    return list(read_json_blocks(TextWindow(iter([data])), FORM, "", Pace()))


def in_blocks(data: bytes) -> list[Record]:
    found: list[Record] = []
    for item in items(data):
        found += [item.record(n) for n in range(len(item.lines))] if isinstance(item, JsonBlock) else [item]
    return found


@pytest.mark.fuzz
@example(words=[("cat", "cat")] * 16, odd=["}"], place=0, end="\n", ascii_only=False)
@given(
    words=st.lists(st.tuples(WORDS | st.text(max_size=4), WORDS), min_size=16, max_size=40),
    odd=st.lists(ODD_LINES, max_size=2),
    place=st.integers(0, 40),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    ascii_only=st.booleans(),
)
def test_columns_are_the_objects_one_by_one(
    words: list[tuple[str, str]], odd: list[str], place: int, end: str, ascii_only: bool
) -> None:
    lines = [json.dumps({"url": url, "label": label}, ensure_ascii=ascii_only) for url, label in words]
    data = (end.join([*lines[:place], *odd, *lines[place:], *lines]) + end).encode("utf-8", "surrogatepass")

    assert told(in_blocks, data) == told(one_by_one, data)


def told(read: Callable[[bytes], list[Record]], data: bytes) -> list[Record] | str:
    """What *read* makes of *data*, or what it says where they do not begin as records do."""
    try:
        return read(data)
    except LabelFileError as error:
        return str(error)


def test_flat_lines_of_texts_and_whole_numbers_are_columns() -> None:
    blocks = items(b"".join(b'{"url": "a/%d.jpg", "label": %d}\n' % (number, number % 3) for number in range(100)))

    [block] = [item for item in blocks if isinstance(item, JsonBlock)]
    assert isinstance(block.cells, FlatRows)
    assert block.column("label").to_pylist() == [str(number % 3) for number in range(100)]
    assert block.column("url").to_pylist() == [f"a/{number}.jpg" for number in range(100)]


@pytest.mark.parametrize(
    "line", [b'{"a": "\xff"}', b'{"a": {"b": "c"}}', b'{"a": "b"}{"a": "b"}', b'{"a": null}', b"{}"]
)
def test_what_is_more_than_flat_is_left_to_the_reader(line: bytes) -> None:
    assert read_flat_lines(b'{"a": "b"}\n' * 20 + line + b"\n") is None
