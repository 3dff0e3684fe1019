"""What tables the beginning of a JSON, a YAML or an XML beside images holds, and by which keys each is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.discover.heads.head import MOST_ROWS, Head
from tasks.discover.heads.json_heads import json_heads, outlines
from tasks.discover.heads.xml_heads import xml_heads

Table = tuple[dict[str, Any], tuple[str, ...], list[str]]
"""The keys of one table, its columns, and its rows with a bar between their cells."""
PAIR = [{"file": "1.jpg", "label": "cat"}, {"file": "2.jpg", "label": "dog"}]
PAIR_ROWS = ["1.jpg|cat", "2.jpg|dog"]


def said(heads: list[Head]) -> list[Table]:
    assert all((head.path, head.first) == ("t", ()) for head in heads)
    return [(dict(head.keys), head.names, ["|".join(row) for row in head.rows]) for head in heads]


def tables(value: object, suffix: str = ".json", *, is_whole: bool = True) -> list[Table]:
    text = value if isinstance(value, str) else json.dumps(value)
    return said(json_heads("t", suffix, text.encode(), is_whole))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param(PAIR, [({}, ("file", "label"), PAIR_ROWS)], id="records"),
        pytest.param(
            [{"a": {"b": 1, "c": [{"d": "x"}, {"d": "y"}, {"d": "x"}]}}], [({}, ("a.b", "a.c.d"), ["1|x\x1fy"])],
            id="keys inside records",
        ),
        pytest.param(
            [{"a": "1", "b": None}, {"c": ["x", "y"]}], [({}, ("a", "b", "c"), ["1||", "||x\x1fy"])],
            id="keys that some records lack",
        ),
        pytest.param([["1.jpg", 3, 0], ["2.jpg", 4]], [({}, ("0", "1"), ["1.jpg|3", "2.jpg|4"])], id="lists"),
        pytest.param(["cat", "dog"], [({}, ("0",), ["cat", "dog"])], id="texts"),
        pytest.param(["cat", 3], [], id="texts and numbers"),
        pytest.param([[], ["cat"]], [], id="lists of which one is empty"),
        pytest.param([PAIR[0], "cat"], [], id="records and texts"),
        pytest.param([], [], id="nothing"),
        pytest.param(
            {"cat": ["1", "2"], "dog": ["3"]}, [({"orient": "map"}, ("0", "1"), ["cat|1", "cat|2", "dog|3"])],
            id="lists by their class",
        ),
        pytest.param(
            {"train": [0, 3], "val": [1], "seed": "x"}, [({"orient": "map"}, ("0", "1"), ["train|", "train|", "val|"])],
            id="numbers of who knows what",
        ),
        pytest.param({"1.jpg": "cat", "2.jpg": 7}, [({"orient": "map"}, ("0", "1"), ["1.jpg|cat", "2.jpg|7"])],
                     id="a map"),
        pytest.param({"1.jpg": "cat", "2.jpg": None}, [({"orient": "map"}, ("0", "1"), ["1.jpg|cat", "2.jpg|"])],
                     id="a map with a hole"),
        pytest.param({"1.jpg": None, "2.jpg": None}, [], id="a map of holes"),
        pytest.param({"path": ["1.jpg", "2.jpg"], "label": ["cat", None]},
                     [({"orient": "columns"}, ("path", "label"), ["1.jpg|cat", "2.jpg|"])], id="columns"),
        pytest.param({"path": ["1.jpg", "2.jpg"], "label": ["cat"]},
                     [({"orient": "map"}, ("0", "1"), ["path|1.jpg", "path|2.jpg", "label|cat"])],
                     id="columns of other lengths"),
        pytest.param({"a": {"0": "1.jpg", "1": "2.jpg"}, "b": {"0": "cat", "1": 7}},
                     [({"orient": "columns"}, ("a", "b"), ["1.jpg|cat", "2.jpg|7"])], id="columns by their rows"),
        pytest.param({"a": {"0": "1.jpg", "1": "2.jpg"}, "b": {"0": "cat", "2": "dog"}},
                     [({"orient": "map"}, ("0", "1", "2"), ["1.jpg|2.jpg|", "cat||dog"])],
                     id="columns of other rows"),
        pytest.param(
            {"a": PAIR[0], "b": PAIR[1]}, [({"orient": "map"}, ("0", "file", "label"), ["a|1.jpg|cat", "b|2.jpg|dog"])],
            id="records by their names",
        ),
        pytest.param({"info": {"year": 2024}, "rows": PAIR},
                     [({"at": "rows"}, ("file", "label"), PAIR_ROWS),
                      ({"at": "info", "orient": "map"}, ("0", "1"), ["year|2024"])], id="a list beside other things"),
        pytest.param({"info": {"classes": ["cat", "dog"]}, "rows": PAIR},
                     [({"at": "rows"}, ("file", "label"), PAIR_ROWS),
                      ({"at": "info", "orient": "map"}, ("0", "1"), ["classes|cat", "classes|dog"]),
                      ({"at": "info.classes"}, ("0",), ["cat", "dog"])], id="a list of classes in an object"),
        pytest.param({"rows": {"a": PAIR[0], "b": PAIR[1]}, "seen": [0]},
                     [({"at": "rows", "orient": "map"}, ("0", "file", "label"), ["a|1.jpg|cat", "b|2.jpg|dog"])],
                     id="records by their names, beside numbers of who knows what"),
        pytest.param({f"{at}.jpg": PAIR[: at % 3] for at in range(9)},
                     [({"orient": "map"}, ("0", "file", "label"),
                       [f"{at}.jpg|{row}" for at in range(9) for row in PAIR_ROWS[: at % 3]])],
                     id="lists of records by nine names"),
        pytest.param({"x": {"y": PAIR, "z": None}}, [({"at": "x.y"}, ("file", "label"), PAIR_ROWS)], id="inside"),
        pytest.param({"x": {"names": {"0": "cat"}, "v": 1.5}},
                     [({"at": "x.names", "orient": "map"}, ("0", "1"), ["0|cat"])], id="a map further inside"),
        pytest.param({"a": {"b": {"c": PAIR, "n": None}, "n": None}, "n": None},
                     [({"at": "a.b.c"}, ("file", "label"), PAIR_ROWS)], id="three keys deep"),
        pytest.param({"a": {"b": {"c": {"d": PAIR, "n": None}, "n": None}, "n": None}, "n": None},
                     [({"at": "a.b.c.d"}, ("file", "label"), PAIR_ROWS)], id="in the third object"),
        pytest.param({"a": {"b": {"c": {"d": {"e": PAIR, "n": None}, "n": None}, "n": None}, "n": None}, "n": None},
                     [], id="too deep"),
    ],
)  # fmt: skip
def test_a_json_holds_the_tables_that_its_lists_and_maps_are(value: object, found: list[Table]) -> None:
    assert tables(value) == found


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".manifest", ".json"])
def test_records_line_by_line_are_read_as_far_as_they_go(suffix: str, is_whole: bool) -> None:
    text = "\n".join(map(json.dumps, PAIR)) + '\n{"file": "3.j'

    assert tables(text, suffix, is_whole=is_whole) == [({}, ("file", "label"), PAIR_ROWS)]


@pytest.mark.parametrize("text", ['[{"file": "1.jpg", "label": "cat"}, {"fi', "no JSON at all", "[" * 100_000])
def test_a_json_that_is_cut_off_or_none_holds_no_table(text: str) -> None:
    assert tables(text, is_whole=text != text[:40]) == []
    assert tables(json.dumps(PAIR), is_whole=False) == []


@pytest.mark.parametrize(("text", "found"), [
    ("names:\n  0: cat\n  1: dog\n", [({"at": "names", "orient": "map"}, ("0", "1"), ["0|cat", "1|dog"])]),
    ("names: [cat, dog]\nnc: 2\n", [({"at": "names"}, ("0",), ["cat", "dog"])]),
    ("- {file: 1.jpg, label: cat}\n", [({}, ("file", "label"), ["1.jpg|cat"])]),
    ("a: [\n", []),
    ("a: " + "b" * (1 << 18), []),
])  # fmt: skip
def test_a_yaml_holds_tables_as_a_json_does(text: str, found: list[Table]) -> None:
    assert tables(text, ".yaml") == found


@pytest.mark.parametrize(("count", "is_whole"), [(MOST_ROWS, True), (MOST_ROWS + 1, False)])
@pytest.mark.parametrize("form", ["records", "lines", "lists", "map"])
def test_a_long_table_is_looked_at_for_its_first_rows(form: str, count: int, is_whole: bool) -> None:
    records = [{"file": f"{number}.jpg", "label": "cat"} for number in range(count)]
    value: dict[str, Any] = {
        "records": records,
        "lines": "\n".join(map(json.dumps, records)),
        "lists": [list(record.values()) for record in records],
        "map": {record["file"]: record["label"] for record in records},
    }
    text = value[form] if form == "lines" else json.dumps(value[form])

    [head] = json_heads("t", ".json", text.encode(), is_whole=True)

    assert (len(head.rows), head.is_whole) == (MOST_ROWS, is_whole)
    assert head.rows[-1] == (f"{MOST_ROWS - 1}.jpg", "cat")


def test_objects_of_different_kinds_are_no_table_of_records() -> None:
    assert [keys["at"] for keys, *_ in tables({"a": {"x": "1"}, "b": {"y": "2"}, "c": {"z": "3"}})] == ["a", "b", "c"]
    assert tables({"a": {"x": "1"}, "b": {"x": "2", "y": "3"}})[0][0] == {"orient": "map"}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["file", "bbox"], True),
        (["regions.boundingBox.left"], True),
        (["shapes.points"], True),
        (["Xmin"], True),
        (["file", "BBox"], True),
        (["boxer", "point"], False),
    ],
)
def test_columns_of_places_in_an_image_are_known_by_their_names(names: list[str], told: bool) -> None:
    assert outlines(names) == told
    [head] = json_heads("t", ".json", json.dumps([dict.fromkeys(names, "1")]).encode(), is_whole=True)
    assert head.has_boxes == told


XML = '<a><info>x</info><i f="1"><o><n>cat</n></o><o><n>dog</n></o></i><i f="2"><o><n>cat</n></o></i></a>'


@pytest.mark.parametrize("is_whole", [True, False])
def test_repeated_elements_of_an_xml_are_records(is_whole: bool) -> None:
    heads = xml_heads("t", XML.encode(), is_whole)

    assert said(heads) == [
        ({"at": "i"}, ("f", "o.n"), ["1|cat\x1fdog", "2|cat"]),
        ({"at": "i.o"}, ("n",), ["cat", "dog", "cat"]),
    ]
    assert {head.is_whole for head in heads} == {is_whole}


@pytest.mark.parametrize(
    ("text", "is_whole", "count"), [(XML[:-4], True, 0), (XML[:-4], False, 2), ("no XML", True, 0)]
)
def test_of_an_xml_that_is_cut_off_its_beginning_is_read_where_that_is_known(
    text: str, is_whole: bool, count: int
) -> None:
    assert len(xml_heads("t", text.encode(), is_whole)) == count
