"""What is said of a label file that is read, of one that cannot be, and of the records in it: to the last word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tasks.discover import Source, discover_sources
from tasks.discover.by_records.csv_records import CsvRecords
from tasks.discover.by_records.json_records import JsonRecords
from tasks.errors import LabelFileError
from tasks.label_kinds import LabelReading
from tasks.samples import Discovery
from tests.folders_here import Folder, labels


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).images("1.jpg", "2.jpg", "sub/3.jpg")


def read(folder: Folder, file: str, text: str, kind: Any = "single", **keys: Any) -> Discovery:
    folder.data(file, text.encode())
    source: Source = TypeAdapter(Source).validate_python({"path": str(folder.root / file), **keys})
    return discover_sources([source.reading_labels(LabelReading(kind))], {})


def refused(folder: Folder, name: str, text: str, **keys: Any) -> str:
    """What is said of a label file that cannot be read, without the folder that it lies in."""
    with pytest.raises(LabelFileError) as caught:
        read(folder, name, text, **keys)
    return str(caught.value).replace(f"{folder.root}/", "")


PANDAS = 'holds columns, as pandas writes them by default. Write it with `to_json(orient="records")`.'
MAP = " under `source`, or `orient: map` for an object of location to label."


@pytest.mark.parametrize(
    ("name", "value", "keys", "said"),
    [
        ("l.csv", "", {}, "l.csv, is empty: a CSV begins with a header, such as `label,location`."),
        ("l.csv", "label,location\n", {},
         "l.csv holds no record: no image is listed. Check `source.path`."),
        ("l.csv", ",".join("x" * 10_001) + "\n", {},
         "l.csv, has 10,001 columns in its first line. Check `source.delimiter`."),
        ("l.json", [], {},
         'l.json, holds no record; records look like {"location": "cat/1.jpg", "label": "cat"}.'),
        ("l.json", [7], {},
         'l.json, line 1: is not an object; records look like {"location": "cat/1.jpg", "label": "cat"}.'),
        ("l.json", {"a": [{"x": 1}], "b": [{"y": 2}]}, {},
         f"l.json is several lists of records; its keys are: a, b. Say which: `records: a`{MAP}"),
        ("l.json", {"a": 1, "b": [2]}, {},
         f"l.json is one object and no list of records; its keys are: a, b. Say which: `records: images`{MAP}"),
        ("l.json", {"location": {"0": "1.jpg"}, "label": {"0": "cat"}}, {}, f"l.json {PANDAS}"),
        ("l.json", {"file": ["1.jpg"], "label": ["cat"]}, {}, f"l.json {PANDAS}"),
        ("l.json", [{"file": "1.jpg", "label": ["cat"]}], {},
         "l.json, line 1: the label 'label' is a list, and `labels.kind` is single. Set `labels.kind: many`, or keep "
         "one of them."),
        ("l.json", [{"file": "1.jpg", "label": {"a": [1]}}], {},
         "l.json, line 1: the label 'label' is an object. Name one of its keys: `columns: {label: label.name}`."),
        ("l.json", [{"file": "1.jpg", "label": {"a": 1}}], {},
         "l.json, line 1: the label 'label' is an object. Name one of its keys: `columns: {label: label.a}`."),
        ("l.json", [{"file": "1.jpg", "label": dict.fromkeys("abcdef", 1)}], {},
         "l.json, line 1: the label 'label' is an object. Name one of its keys: `columns: {label: label.a}` (there are "
         "label.a, label.b, label.c, label.d, label.e)."),
    ],
)  # fmt: skip
def test_a_label_file_that_cannot_be_read_says_why_and_what_to_do(
    folder: Folder, name: str, value: object, keys: dict[str, Any], said: str
) -> None:
    assert refused(folder, name, value if isinstance(value, str) else json.dumps(value), **keys) == said


@pytest.mark.parametrize("name", ["l.csv", "l.json"])
def test_a_label_file_that_cannot_be_read_is_refused_before_a_run(folder: Folder, name: str) -> None:
    folder.data(name, b"")
    kind: type[CsvRecords | JsonRecords] = CsvRecords if name == "l.csv" else JsonRecords
    source = kind.model_validate({"path": str(folder.root / name), "layout": name.removeprefix("l.")})

    with pytest.raises(LabelFileError, match=name):
        source.check()


def test_one_object_of_a_location_and_a_label_is_a_record(folder: Folder) -> None:
    assert labels(read(folder, "l.json", '{"file": "1.jpg", "label": "cat"}')) == {"1.jpg": "cat"}


@pytest.mark.parametrize("name", ["l.jsonl", "l.ndjson", "l.JSONL", "l.json"])
def test_records_line_by_line_may_hold_lists_of_objects(folder: Folder, name: str) -> None:
    lines = [json.dumps({"file": place, "label": label, "boxes": [{"x": 1}]}) for place, label in
             (("1.jpg", "cat"), ("2.jpg", "dog"))]  # fmt: skip

    assert labels(read(folder, name, "\n".join(lines))) == {"1.jpg": "cat", "2.jpg": "dog"}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (["cat", None, "dog", ""], ["cat", "dog"]),
        ({"cat": True, "dog": False, "eel": 1, "fox": "true", "gnu": "True", "hen": "1", "ibis": "yes", "jay": 0},
         ["cat", "eel", "fox", "gnu", "hen"]),
        ({"cat": 2, "dog": True}, "dog"),
        ([], []),
        (None, None),
        ("cat", "cat"),
    ],
)  # fmt: skip
def test_a_list_or_an_object_of_yes_and_no_is_a_set_of_labels(folder: Folder, label: object, expected: object) -> None:
    text = json.dumps([{"file": "1.jpg", "label": label}, {"file": "2.jpg", "label": "gnat"}])

    found = labels(read(folder, "l.json", text, kind="many"))

    assert found.get("1.jpg") == expected


@pytest.mark.parametrize(
    ("header", "keys", "notices"),
    [
        ("file,label,a,,b", {}, ["Columns that are not used: a, (no name), b"]),
        ("file,label,a,,b", {"keep_columns": ["a", "b"]}, ["Columns that are not used: (no name)"]),
        ("file,label", {}, []),
        (",".join(["file", "label", *(f"c{n}" for n in range(25))]), {},
         [f"Columns that are not used: {', '.join(f'c{n}' for n in range(20))}"]),
    ],
)  # fmt: skip
def test_columns_that_mean_nothing_are_told_of(
    folder: Folder, header: str, keys: dict[str, Any], notices: list[str]
) -> None:
    row = ",".join(["1.jpg", "cat", *"x" * (header.count(",") - 1)])

    assert list(read(folder, "l.csv", f"{header}\n{row}\n", **keys).notices) == notices


@pytest.mark.parametrize(("name", "text", "why"), [
    ("l.csv", "file,label\n1.jpg,cat\n,dog\n", "l.csv is a CSV with 2 records"),
    ("l.json", '[{"file": "1.jpg", "label": "cat"}]', "l.json is a JSON with 1 records"),
    ("l.csv", "file,label\n" + "".join(f"{n}.jpg,cat\n" for n in range(1200)), "l.csv is a CSV with 1,200 records"),
])  # fmt: skip
def test_a_label_file_says_how_many_records_it_has(folder: Folder, name: str, text: str, why: str) -> None:
    assert read(folder, name, text).why == why


def test_records_with_several_labels_count_once(folder: Folder) -> None:
    text = json.dumps([{"file": "1.jpg", "label": ["cat", "dog"]}, {"file": "2.jpg", "label": []}])

    assert read(folder, "l.json", text, kind="many").why == "l.json is a JSON with 2 records"


def test_what_is_known_of_a_label_file_goes_to_the_fetcher(folder: Folder) -> None:
    made = read(folder, "l.csv", "file,label\nsub/3.jpg,cat\n", name="pets", allow_prefixes=["https://h.org/"],
                follow_links=True)  # fmt: skip

    [access] = made.access
    assert (access.name, access.root.url, access.label_url) == ("pets", str(folder.root), "")
    assert access.label_root is not None
    assert access.label_root.url == str(folder.root)
    assert (access.allow_prefixes, access.follow_links) == (("https://h.org/",), True)
    assert access.record_formats.keys() == {"l.csv"}
    assert made.samples["sample_id"].to_pylist() == ["pets/sub/3.jpg"]


@pytest.mark.parametrize("base", ["sub", "./sub", "x/../sub", "/absolute"])
def test_locations_are_relative_to_the_base_that_is_given(folder: Folder, base: str) -> None:
    base = base.replace("/absolute", f"{folder.root}/sub/")

    made = read(folder, "l.csv", "file,label\n3.jpg,cat\n", base_dir=base)

    assert labels(made) == {"3.jpg": "cat"}
    assert made.access[0].root.url == f"{folder.root}/sub"
    assert made.ignored == {}


def test_a_base_that_is_not_there_has_no_files(folder: Folder) -> None:
    made = read(folder, "l.csv", "file,label\n3.jpg,cat\n", base_dir="nowhere")

    assert [(row["reason"], row["detail"]) for row in made.rejections.to_pylist()] == [("not_found", "no such file")]


@pytest.mark.parametrize("template", ["train/{.jpg", "train/}.jpg"])
def test_a_template_whose_braces_are_not_closed_is_refused_before_anything_is_read(template: str) -> None:
    with pytest.raises(ValidationError, match=r"a template's braces must be closed, such as `train/\{\}\.jpg`"):
        TypeAdapter(Source).validate_python({"path": "l.csv", "columns": {"location": template, "label": "x"}})


@pytest.mark.parametrize(
    ("first", "columns", "is_row"),
    [
        ("1.jpg,cat", {"location": 0, "label": 1}, True),
        ("1.jpg,cat", {"location": "0", "label": "1"}, True),
        ("file,cat", {"location": 0, "label": 1}, False),
        ("id,cat", {"location": 0, "label": 1}, False),
        ("1.jpg,label", {"location": 0, "label": 1}, True),
        ("1.jpg,label", {"label": 1, "location": 0}, True),
        ("2.jpg,split", {"location": 0, "label": 1}, True),
        ("cat,file", {"location": 1, "label": 0}, False),
    ],
)
def test_a_first_line_is_a_header_where_its_location_is_called_so(
    folder: Folder, first: str, columns: dict[str, Any], is_row: bool
) -> None:
    second = "sub/3.jpg,dog" if columns["label"] in {1, "1"} else "dog,sub/3.jpg"

    assert len(labels(read(folder, "l.csv", f"{first}\n{second}\n", columns=columns))) == 1 + is_row
