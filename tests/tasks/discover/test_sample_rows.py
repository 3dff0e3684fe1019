"""What layouts fill: samples and rejections, as whole columns or one by one."""

from __future__ import annotations

import pyarrow as pa

from tasks.discover import sample_rows
from tasks.discover.sample_rows import SampleRows, case_notices
from tasks.reasons import Reason
from tasks.samples import REJECTION_SCHEMA, SAMPLE_SCHEMA, Rejection


def test_samples_have_what_is_given_and_else_what_is_not_known() -> None:
    rows = SampleRows("pets")
    ids = pa.array(["1", "2"])

    rows.add_samples({"sample_id": rows.ids(ids), "location": ["b.jpg", "a.jpg"], "kind": "store", "size": 7}, 2)

    found = rows.samples()
    assert found.schema == SAMPLE_SCHEMA
    assert found.to_pylist() == [
        {
            "sample_id": f"pets/{number}",
            "source": "pets",
            "kind": "store",
            "location": place,
            "label_file": "",
            "label_row": -1,
            "label_offset": -1,
            "label_length": -1,
            "label_path": "",
            "label_paths": None,
            "split": "",
            "fingerprint": "",
            "size": 7,
            "stored": "",
            "group": "",
            "kept": "",
        }
        for number, place in (("2", "a.jpg"), ("1", "b.jpg"))
    ]


def test_samples_of_one_place_are_in_the_order_of_their_records() -> None:
    rows = SampleRows("")
    for file, line in (("t.csv", 3), ("t.csv", 2), ("a.csv", 9)):
        rows.add_samples(
            {"sample_id": [f"{file}{line}"], "location": "x.jpg", "label_file": file, "label_row": line}, 1
        )
    rows.add_samples({"sample_id": ["first"], "location": ["w.jpg"], "size": pa.array([3], pa.int32())}, 1)

    assert rows.samples()["sample_id"].to_pylist() == ["first", "a.csv9", "t.csv2", "t.csv3"]
    assert SampleRows("").samples().equals(SAMPLE_SCHEMA.empty_table())


def test_names_begin_with_the_source_where_it_has_one() -> None:
    ids = pa.array(["1"])

    assert (SampleRows("pets").prefixed("1"), SampleRows("").prefixed("1")) == ("pets/1", "1")
    assert SampleRows("").ids(ids) is ids


def test_rejections_come_one_by_one_and_as_columns() -> None:
    rows = SampleRows("pets")
    rows.add_rejections({"sample_id": ["0"], "reason": "no_label", "stage": "discover"}, 1)
    for number in range(3):
        rows.reject(str(number), f"{number}.jpg", Rejection(Reason.NOT_FOUND, "gone"), ("t.csv", number + 1))
    rows.reject("4", "4.jpg", Rejection(Reason.NO_LABEL, "none"))

    found = rows.rejections
    assert found.schema == REJECTION_SCHEMA
    assert [
        (row["sample_id"], row["location"], row["reason"], row["label_file"], row["label_row"])
        for row in found.to_pylist()
    ] == [
        ("0", "", "no_label", "", -1),
        ("pets/0", "0.jpg", "not_found", "t.csv", 1),
        ("pets/1", "1.jpg", "not_found", "t.csv", 2),
        ("pets/2", "2.jpg", "not_found", "t.csv", 3),
        ("pets/4", "4.jpg", "no_label", "", -1),
    ]
    assert set(found["source"].to_pylist()) == {"pets"}
    assert found["attempts"].to_pylist() == [0] * 5


def test_many_rejections_are_all_there_in_their_order() -> None:
    rows, count = SampleRows(""), 2 * sample_rows._FULL + 1

    for number in range(count):
        rows.reject(str(number), "", Rejection(Reason.NO_LABEL, ""))

    assert rows.rejections["sample_id"].to_pylist() == [str(number) for number in range(count)]


def test_classes_that_differ_only_by_case_are_told_of() -> None:
    assert case_notices(["cat", "Dog", "Cat", "dog", "DOG", "eel"]) == [
        "Classes that differ only by case: Cat, cat; `labels.class_case: fold` makes them one",
        "Classes that differ only by case: DOG, Dog, dog; `labels.class_case: fold` makes them one",
    ]
    assert case_notices(["cat", "cat", "dog"]) == []
