"""JSON as it arrives: cut off, joined, with garbage behind it; what is read, what is said of the rest."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import LabelFileError
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_reader import read_json, read_json_blocks
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow, utf8_chunks

ONE = '{"location": "1.jpg", "label": "cat"}'
TWO = '{"location": "2.jpg", "label": "dog"}'


def read(text: str, path: str = "", *, strict: bool = False, orient: str = "records") -> list[Record]:
    form = RecordFormat(kind="json", strict=strict, map_value="value" if orient == "map" else "")
    return list(read_json(TextWindow(utf8_chunks(io.BytesIO(text.encode()), "utf-8")), form, path))


def labels(records: list[Record]) -> list[object]:
    return [record.cells["label"] for record in records if isinstance(record.cells, dict) and record.cells]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(f"[{ONE}, {TWO}", "line 1: ']' is missing at the end: the file may be cut off", id="no end"),
        pytest.param(f"[{ONE},\n{TWO},]", "line 2: a comma too many", id="trailing comma"),
        pytest.param(f"[{ONE},,{TWO}]", "line 1: a comma too many", id="two commas"),
        pytest.param(f"[{ONE} {TWO}]", "line 1: a missing comma", id="no comma"),
        pytest.param(f"[{ONE}]\n[{TWO}]", "line 2: another list follows, and is read too", id="joined files"),
    ],
)
def test_what_is_overlooked_is_said_and_strict_refuses_it(text: str, said: str) -> None:
    found = read(text)

    assert labels(found) == ["cat", "dog"]
    assert [f"line {record.line}: {record.repair}" for record in found if record.repair] == [said]
    with pytest.raises(LabelFileError, match=r"line \d: .*strict"):
        read(text, strict=True)


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        pytest.param(f"[{ONE},\n{{'location': '2.j", 2, "does not end", id="cut inside an object"),
        pytest.param(f'{ONE}\n{{"location": "2.j', 2, "does not end", id="cut inside a line"),
        pytest.param(f"[{ONE}]\ngarbage", 2, "'garbage'", id="behind the list"),
        pytest.param(f"{ONE}\ngarbage\n", 2, "is not an object", id="among lines"),
        pytest.param(f"[{ONE},\n7]", 2, "is not an object", id="a number"),
    ],
)
def test_what_cannot_be_read_is_a_record_with_its_line_and_strict_refuses_it(text: str, line: int, detail: str) -> None:
    bad = [record for record in read(text) if record.problem]

    assert [(record.line, detail in record.problem.detail) for record in bad if record.problem] == [(line, True)]
    with pytest.raises(LabelFileError, match=f"line {line}: "):
        read(text, strict=True)


@pytest.mark.parametrize("rest", ["}", ', "more": 3}', ', "more": [1, {"a": 2}]}\n'])
def test_what_stands_behind_nested_records_is_looked_at_only_where_strict(rest: str) -> None:
    text = f'{{"data": [{ONE}]{rest}'

    for strict in (False, True):
        found = read(text, "data", strict=strict)
        assert (labels(found), [record.repair for record in found]) == (["cat"], [""])
    with pytest.raises(LabelFileError, match=r"^line \d: '}' is missing: the file is cut off; `strict: false` would"):
        read(text.rstrip().removesuffix("}"), "data", strict=True)
    with pytest.raises(LabelFileError, match=r"^line \d: a value does not end: the file is cut off; `strict"):
        read(f'{text.rstrip().removesuffix("}")}, "last": [1, ', "data", strict=True)
    with pytest.raises(LabelFileError, match="'x'"):
        read(f"{text} x", "data", strict=True)


@pytest.mark.parametrize("rest", ["}}", '}, "b": 1}', ', "c": {}}, "b": [2]} \n'])
def test_every_object_around_the_records_ends_where_strict(rest: str) -> None:
    text = f'{{"a": {{"data": [{ONE}]{rest}'

    assert labels(read(text, "a.data", strict=True)) == ["cat"]
    with pytest.raises(LabelFileError, match=r"^line \d: '}' is missing: the file is cut off"):
        read(text.rstrip().removesuffix("}"), "a.data", strict=True)
    with pytest.raises(LabelFileError, match=r"^line \d: '}' and what follows is not a record"):
        read(f"{text}}}", "a.data", strict=True)


def test_the_entries_of_a_map_are_whole_wherever_the_file_is_read_in_pieces() -> None:
    labelled = {f"images/{number:0100}.png": f"c{number % 7}" for number in range(10_000)}

    found = read(json.dumps(labelled), orient="map")

    assert len(json.dumps(labelled)) > 1 << 20
    assert {str(record.cells["key"]): record.cells["value"] for record in found if isinstance(record.cells, dict)} == (
        labelled
    )


@pytest.mark.parametrize("cut", ['"2.jpg": "do', '"2.jpg": 2', '"2.jpg": [1, 2'])
def test_an_entry_of_a_map_that_is_cut_off_is_no_label(cut: str) -> None:
    found = read(f'{{"1.jpg": "cat", {cut}', orient="map")

    assert [record.cells for record in found if record.cells] == [{"key": "1.jpg", "value": "cat"}]
    assert [record.problem.detail for record in found if record.problem] == ["an entry that does not end"]
    with pytest.raises(LabelFileError, match="does not end"):
        read(f'{{"1.jpg": "cat", {cut}', orient="map", strict=True)


def test_a_map_goes_on_to_its_last_entry_or_says_where_it_does_not() -> None:
    found = read('{"1.jpg": "cat", oops: 1, "2.jpg": "dog"}', orient="map")

    details = [record.problem.detail for record in found if record.problem]
    assert [detail.partition(": 1")[0] for detail in details] == ["'oops"]
    assert details[0].endswith("what follows is not a record, and is not read")


pieces = st.lists(
    st.sampled_from(
        [
            ONE,
            TWO,
            '{"location": "é.jpg", "label": "caf\\u00e9", "x": [1, {"y": 2.50}]}',
            '{"location": "3.jpg", "label": 1e5, "n": null}',
            '{"label": "a", "label": "b"}',
            '{"label": "\\ud800"}',
            '{"label": "\\ud83d\\ude00"}',
            "{'label': 'single'}",
            '{"label": NaN}',
            '{"label": "open',
            "...",
            "7",
            "]",
            "[",
            "{}",
        ]
    )
    | st.text(st.sampled_from('{}[],:"\\ \n1aé'), max_size=12),
    max_size=12,
)


@pytest.mark.fuzz
@given(
    odd=pieces,
    between=st.sampled_from([",", "\n", ",\n", "\r\n", " ", " , "]),
    opening=st.sampled_from(["[", "", '{"data": [']),
    strict=st.booleans(),
    repeat=st.integers(1, 3),
)
def test_blocks_of_objects_are_the_objects_one_by_one(
    odd: list[str], between: str, opening: str, strict: bool, repeat: int
) -> None:
    text = opening + between.join(([ONE, TWO] * 20 + odd) * repeat) + {"[": "]", "": "", '{"data": [': "]}"}[opening]
    form = RecordFormat(kind="json", strict=strict)
    path = "data" if opening.startswith("{") else ""

    assert unrolled(text, form, path, Pace()) == unrolled(text, form, path, None)


def unrolled(text: str, form: RecordFormat, path: str, pace: Pace | None) -> list[Record | str]:
    """Each record, those of blocks too, and what ended the reading."""
    found: list[Record | str] = []
    window = TextWindow(utf8_chunks(io.BytesIO(text.encode("utf-8", "surrogatepass")), "utf-8"))
    try:
        for item in read_json_blocks(window, form, path, pace):
            found += [item] if isinstance(item, Record) else [item.record(place) for place in range(len(item.cells))]
    except LabelFileError as error:
        found.append(str(error))
    return found


def test_objects_that_are_strict_are_read_in_blocks() -> None:
    text = "\n".join([ONE, TWO] * 5_000)
    window = TextWindow(utf8_chunks(io.BytesIO(text.encode()), "utf-8"))

    found = list(read_json_blocks(window, RecordFormat(kind="json"), "", Pace()))

    assert all(isinstance(item, JsonBlock) for item in found)
    assert len(found) < 20


def test_all_that_is_overlooked_of_one_object_is_said_of_it() -> None:
    found = read("[{'label': 'cat',} {'label': None}]")

    assert [record.repair for record in found] == [
        "single quotes, a trailing comma",
        "a missing comma, single quotes, a Python literal",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[{ONE} {TWO}]", "line 1: a missing comma; `strict: false` would read the file all the same."),
        (f"[{ONE},\n,{TWO}]", "line 2: a comma too many; `strict: false` would read the file all the same."),
        (f"[{ONE}]\n[{TWO}]", "line 2: '[{\"location\": \"2.jpg' and what follows is not a record, and is not read; "
                              "`strict: false` would leave it out and go on."),
        (f"[{ONE}, 7]", "line 1: is not an object; `strict: false` would leave it out and go on."),
        (f"[{ONE}, ...]", "line 1: an ellipsis was dropped; `strict: false` would read the file all the same."),
        (f"[{ONE}", "line 1: ']' is missing at the end: the file may be cut off; `strict: false` would read the file "
                    "all the same."),
        (f'{ONE}\n{{"a": 1', "line 2: an object that does not end; `strict: false` would leave it out and go on."),
        (f'[{{"a": 1, {ONE}]', "line 1: an object that does not end before the next bracket; `strict: false` would "
                              "leave it out and go on."),
        ("7", "line 1: '7' stands where a list of records should begin."),
        ("", "line 1: the end stands where a list of records should begin."),
    ],
)  # fmt: skip
def test_what_strict_reading_refuses_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        read(text, strict=True)

    assert str(caught.value) == said


def test_what_follows_the_records_is_one_record_to_the_end() -> None:
    *_, last = read(f"[{ONE}]\n garbage, more")

    assert (last.offset, last.length, last.line) == (len(ONE) + 4, 13, 2)
    assert last.problem is not None
    assert last.problem.detail == "'garbage, more' and what follows is not a record, and is not read"


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        (f'{{"a": 1, "b": [2], "c": [{ONE}]}}', "d",
         "`source.records` names the key 'd', and the keys there are: a, b, c."),
        ("{}", "d", "`source.records` names the key 'd', and the keys there are: none."),
        (f"[{ONE}]", "d", "line 1: '{' should stand here, not '[{\"location\": \"1.jpg'."),
        ('{"a": 7}', "a", "line 1: '7}' stands where a list of records should begin."),
        ('{"a": ', "a", "`source.records` names the key 'a', and the keys there are: none."),
        (json.dumps(dict.fromkeys(map(str, range(30)), 1)), "x",
         f"`source.records` names the key 'x', and the keys there are: {', '.join(map(str, range(20)))}."),
    ],
)  # fmt: skip
def test_keys_that_lead_to_no_records_are_refused_with_those_that_there_are(text: str, path: str, said: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        read(text, path)

    assert str(caught.value) == said
