"""Objects of a JSON file many at once: their columns, their places, and when it is worth trying."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tasks.errors import LabelFileError
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_reader import is_lines, parse_json_record, read_json, read_json_blocks, record_keys
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

FORM = RecordFormat(kind="json")
MAP = RecordFormat(kind="json", map_value="value")
NESTED = [{"file": f"{n}.jpg", "sizes": [n, 1.50], "of": {"kind": ["cat", None][n % 2]}, "é": n > 3} for n in range(40)]


def window(text: str | bytes) -> TextWindow:
    return TextWindow(iter([text.encode() if isinstance(text, str) else text]))


def blocks(text: str, path: str = "") -> list[JsonBlock]:
    found = list(read_json_blocks(window(text), FORM, path, Pace()))
    return [item for item in found if isinstance(item, JsonBlock)]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("\n".join(json.dumps(one) for one in NESTED), "", id="lines"),
        pytest.param("\n\n".join(json.dumps(one, ensure_ascii=False) for one in NESTED), "", id="lines of UTF-8"),
        pytest.param(json.dumps(NESTED), "", id="a list"),
        pytest.param(json.dumps(NESTED, indent=2, ensure_ascii=False), "", id="a list of many lines"),
        pytest.param(json.dumps({"x": 1, "data": {"rows": NESTED}}, indent=1), "data.rows", id="a list deeper inside"),
    ],
)
def test_the_columns_of_a_block_are_texts_and_its_places_those_of_the_objects(text: str, path: str) -> None:
    [block] = blocks(text, path)

    assert block.column("file").to_pylist() == [f"{n}.jpg" for n in range(40)]
    assert block.column("sizes").to_pylist() == [f"[{n}, 1.5]" for n in range(40)]
    assert block.column("sizes.1").to_pylist() == ["1.5"] * 40
    assert block.column("of.kind").to_pylist() == [["cat", ""][n % 2] for n in range(40)]
    assert block.column("é").to_pylist() == ["false"] * 4 + ["true"] * 36
    assert block.column("of").to_pylist() == block.column("none").to_pylist() == [""] * 40
    assert block.flat("file") is None
    data = text.encode()
    for n in range(40):
        record = block.record(n)
        assert json.loads(data[record.offset : record.offset + record.length]) == NESTED[n]
        assert parse_json_record(data[record.offset : record.offset + record.length], FORM) == record.cells
        assert record.line == data.count(b"\n", 0, record.offset) + 1


def test_flat_lines_are_columns_and_each_is_an_object_when_asked_for() -> None:
    rows = [{"file": f"{n}.jpg", "label": n} for n in range(20)]
    [block] = blocks("\r\n".join(json.dumps(row) for row in rows))

    flat = block.flat("label")
    assert flat is not None
    assert flat.to_pylist() == [str(n) for n in range(20)]
    assert block.flat("none") is None
    assert [block.record(n).cells for n in range(20)] == rows
    assert list(block.cells) == rows
    assert block.cells[3:5] == rows[3:5]
    assert len(block.cells) == 20


def test_lines_of_blocks_are_counted_on() -> None:
    rows = [{"file": f"{number}.jpg", "label": "cat"} for number in range(3_000)]
    found = blocks(
        "".join(
            f"{json.dumps(row)}\n\n" if at % 1_000 == 999 else f"{json.dumps(row)}\n" for at, row in enumerate(rows)
        )
    )

    assert len(found) > 2
    assert [line for block in found for line in block.lines.tolist()] == [at + 1 + at // 1_000 for at in range(3_000)]
    assert [text for block in found for text in block.column("file").to_pylist()] == [row["file"] for row in rows]


@pytest.mark.parametrize("half", ["\\ud800", "\\uD800", "\\uDfff"])
def test_half_a_character_is_no_record_of_a_block(half: str) -> None:
    good = json.dumps({"a": 1, "b": [2]})
    found = list(
        read_json_blocks(window("\n".join([good] * 20 + [f'{{"a": "{half}"}}'] + [good] * 20)), FORM, "", Pace())
    )

    bad = [item for item in found if isinstance(item, Record) and item.problem is not None]
    assert [(one.line, one.problem.detail) for one in bad if one.problem] == [
        (21, "holds half of a character, as `\\ud800` is")
    ]


@pytest.mark.parametrize("count", [15, 16])
@pytest.mark.parametrize(("start", "between", "end"), [("", "\n", "\n"), ("[", ",", "]")], ids=["lines", "a list"])
def test_fewer_than_sixteen_objects_are_no_block(count: int, start: str, between: str, end: str) -> None:
    text = start + between.join(json.dumps(one) for one in NESTED[:count]) + end

    assert len(blocks(text)) == (count >= 16)


def test_blocks_grow_and_one_odd_object_costs_a_few_single_ones() -> None:
    row = json.dumps({"file": "x.jpg", "of": {"kind": "cat"}})
    text = "\n".join([row] * 5_000 + ["{'file': 'y.jpg'}"] + [row] * 5_000)

    found = list(read_json_blocks(window(text), FORM, "", Pace()))

    single = [item for item in found if isinstance(item, Record)]
    assert len(found) - len(single) < 40
    assert 1 <= len(single) <= 64
    assert sum(len(item.lines) if isinstance(item, JsonBlock) else 1 for item in found) == 10_001
    assert [record.repair for record in single if record.repair] == ["single quotes"]


def test_files_that_never_have_blocks_are_asked_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    take = Pace._take_flat

    def noted(self: Pace, at: TextWindow) -> tuple[JsonBlock | None, bool]:
        tried.append(at.at)
        return take(self, at)

    monkeypatch.setattr(Pace, "_take_flat", noted)
    found = list(read_json_blocks(window("{'file': 'x.jpg'}\n" * 4_000), FORM, "", Pace()))

    assert len(found) == 4_000
    assert len(tried) == 9  # after 16, 32, 64, … and 1,024 others


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('{"a": 1, "b": "x", "c": [ {"d": 1}], "e": {}}', {"a": b"1,", "b": b'"x', "c": b"[{", "e": b"{}"}),
        ("{'a': 12}", {"a": b"12"}),
        ("{}", {}),
        ('{"a": 1, "b": [1, 2', {"a": b"1,"}),
        ('{"\\u0061": null}', {"\\u0061": b"nu"}),
    ],
)
def test_the_keys_of_an_object_are_told_with_how_their_values_begin(text: str, keys: dict[str, bytes]) -> None:
    assert record_keys(window(text)) == keys


def test_of_very_many_keys_a_thousand_are_enough() -> None:
    assert len(record_keys(window(json.dumps({str(n): n for n in range(3000)})))) == 1001


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ('{"a": 1}\n{"a": 2}', True),
        ('{"a": 1}{"a": 2}', True),
        ('{"a": 1},\n {"a": 2}', True),
        ('{"a": 1}\n', False),
        ('{"a": 1} x', False),
        ('{"a": [1, \n {"a": 2}', True),
        ('{"a": [1, \n "a": 2', False),
    ],
)
def test_lines_of_json_are_told_from_one_object(text: str, several: bool) -> None:
    assert is_lines(window(text)) == several


def entries(text: str) -> list[Record]:
    return list(read_json(window(text), MAP))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a.jpg": "cat", "b.jpg": 3, "c.jpg": ["x", "y"]}', [("a.jpg", "cat"), ("b.jpg", 3), ("c.jpg", ["x", "y"])]),
        ("{'a.jpg': 'cat', , 'b.jpg': null,}", [("a.jpg", "cat"), ("b.jpg", None)]),
        ('{,"a.jpg": {"x": 1}}\n', [("a.jpg", {"x": 1})]),
        ("{}", []),
    ],
)
def test_the_entries_of_a_map_are_records_that_stand_somewhere(text: str, expected: list[tuple[str, object]]) -> None:
    found = entries(text)

    assert [record.cells for record in found] == [{"key": key, "value": value} for key, value in expected]
    for record in found:
        data = text.encode()[record.offset : record.offset + record.length]
        assert parse_json_record(data, MAP) == record.cells


def test_an_object_that_does_not_end_ends_where_the_next_line_begins_one() -> None:
    found = list(read_json(window('{"a": [1, "x\n{"a": 2}\n{"a": "b'), FORM))

    assert [record.cells for record in found] == [{}, {"a": 2}, {}]
    assert [(record.line, record.offset) for record in found] == [(1, 0), (2, 13), (3, 22)]
    assert [record.problem.detail for record in found if record.problem] == ["an object that does not end"] * 2


def test_an_object_that_cannot_end_ends_at_the_bracket_that_says_so() -> None:
    found = list(read_json(window('[{"a": 1, {"a": 2}, {"a": 3]'), FORM))

    assert [record.cells for record in found] == [{}, {"a": 2}, {}]
    assert {record.problem.detail for record in found if record.problem} == {
        "an object that does not end before the next bracket"
    }


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("7", "", "line 1: '7' stands where a list of records should begin."),
        ("\n\nname", "", "line 3: 'name' stands where a list of records should begin."),
        ("", "", "line 1: the end stands where a list of records should begin."),
        ('{"a": {"b": 1}}', "a", "line 1: '{\"b\": 1}}' stands where a list of records should begin."),
        ('{"a": 1, "b": []}', "c", "`source.records` names the key 'c', and the keys there are: a, b."),
        ("{}", "c", "`source.records` names the key 'c', and the keys there are: none."),
        ("[]", "c", "line 1: '{' should stand here, not '[]'."),
        ('{"a": [1', "c", "`source.records` names the key 'c', and the keys there are: a."),
    ],
)
def test_where_no_records_begin_it_is_said_what_stands_there(text: str, path: str, said: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        list(read_json(window(text), FORM, path))

    assert str(caught.value) == said


def in_pieces(text: str, size: int) -> Iterator[bytes]:
    data = text.encode()
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 3, 10])
def test_records_are_the_same_in_whatever_pieces_they_come(size: int) -> None:
    for text, form, path in (
        (json.dumps(NESTED[:3], indent=1), FORM, ""),
        ("\n".join(json.dumps(one) for one in NESTED[:3]), FORM, ""),
        (json.dumps({"a": {"x": "]}"}, "b": {"c": NESTED[:3]}}), FORM, "b.c"),
        ('{"a.jpg": "c, at", "b.jpg": 12, "c.jpg": [1, 2]}', MAP, ""),
        ("[{'a': 'it\\'s'} {'a': 2},,]\n[{'a': 3}]", FORM, ""),
    ):
        whole = list(read_json(window(text), form, path))

        assert whole
        assert list(read_json(TextWindow(in_pieces(text, size)), form, path)) == whole


@pytest.mark.parametrize("text", ["2024-01-02", "2024-01-02T03:04:05", "007", "1e5", "true", "null", "é"])
def test_texts_of_flat_lines_stay_as_they_are_written(text: str) -> None:
    rows = [{"file": f"{number}.jpg", "label": text} for number in range(20)]

    [block] = blocks("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))

    flat = block.flat("label")
    assert flat is not None
    assert flat.to_pylist() == [text] * 20
    assert [block.record(number).cells for number in range(20)] == rows
