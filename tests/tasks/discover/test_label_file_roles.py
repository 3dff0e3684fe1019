"""Which column of a label file is what, and what is said where nobody can know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.discover.auto import AutoSource
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.samples import Discovery


def read(root: Path, header: str, *rows: str, **keys: Any) -> Discovery:
    for name in ("1.jpg", "2.jpg"):
        (root / name).write_bytes(b"x")
    (root / "labels.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return AutoSource.model_validate({"path": str(root / "labels.csv"), **keys}).discover(SplitWords({}))


def said(found: Discovery) -> list[tuple[str, str, str]]:
    rows = found.samples.to_pylist()
    return [(row["location"], row["label_path"], row["split"]) for row in rows]


@pytest.mark.parametrize(
    ("header", "keys"),
    [
        ("Image Path,Class,Subset", {}),
        ("a,b,c", {"columns": {"location": "a", "label": "b", "split": "c"}}),
        ("a,b,c", {"columns": {"location": "0", "label": "1", "split": "2"}}),
        ("file,label,kind", {"columns": {"split": "kind"}}),
    ],
)
def test_columns_are_understood_or_named(tmp_path: Path, header: str, keys: dict[str, Any]) -> None:
    found = read(tmp_path, header, "1.jpg,cat,train", "2.jpg,dog,test", **keys)

    assert said(found) == [("1.jpg", "cat", "train"), ("2.jpg", "dog", "test")]


@pytest.mark.parametrize(
    ("header", "keys", "words"),
    [
        (
            "file,kind",
            {},
            "has no column for the label (looked for label, class, category, target, label_name, class_name, …). The "
            "columns found are: file, kind. Say which: `columns: {label: …}` under `source`.",
        ),
        (
            "a,label",
            {},
            "has no column for the location (looked for location, path, file, filename, file_name, filepath, …). The "
            "columns found are: a, label. Say which: `columns: {location: …}` under `source`.",
        ),
        (
            "a,label",
            {"location": "{}.jpg"},
            "has no column for the id (looked for id, sample_id, …). The columns found are: a, label. Say which: "
            "`columns: {id: …}` under `source`.",
        ),
        (
            "file,image,label",
            {},
            ": the location could be in the columns 'file', 'image'. Say which: `columns: {location: file}`.",
        ),
        (
            "file,label,class",
            {},
            ": the label could be in the columns 'label', 'class'. Say which: `columns: {label: label}`.",
        ),
        (
            "file, label,label ",
            {},
            ": the label could be in the columns 1, 2. Say which: `columns: {label: 1}`.",
        ),
        (
            "file,label",
            {"columns": {"label": "kind"}},
            "has no column 'kind', which `source.columns` names. The columns found are: file, label.",
        ),
    ],
)
def test_what_nobody_can_know_is_said_with_the_columns(
    tmp_path: Path, header: str, keys: dict[str, Any], words: str
) -> None:
    with pytest.raises(LabelFileError) as caught:
        read(tmp_path, header, ",".join("xyz"[: header.count(",") + 1]), **keys)

    assert str(caught.value).endswith(words)


@pytest.mark.parametrize(
    ("header", "row", "template"),
    [("id,label", "1,cat", "{}.jpg"), ("a,b,label", "1,jpg,cat", "{a}.{b}"), ("file,label", "1,cat", "{}.jpg")],
)
def test_a_location_is_made_of_what_its_template_names(tmp_path: Path, header: str, row: str, template: str) -> None:
    assert said(read(tmp_path, header, row, location=template)) == [("1.jpg", "cat", "")]


@pytest.mark.parametrize(
    ("cell", "split"), [("0", "train"), ("1", "validation"), ("TRUE", "validation"), ("False", "train")]
)
def test_is_valid_is_a_yes_or_no_to_validation(tmp_path: Path, cell: str, split: str) -> None:
    assert said(read(tmp_path, "file,label,is_valid", f"1.jpg,cat,{cell}", "2.jpg,dog,")) == [
        ("1.jpg", "cat", split),
        ("2.jpg", "dog", ""),
    ]


def test_without_labels_images_may_be_read_where_that_is_asked_for(tmp_path: Path) -> None:
    found = read(tmp_path, "file,kind", "1.jpg,x", allow_unlabeled=True)

    assert said(found) in ([("1.jpg", None, "")], [("1.jpg", "", "")])
