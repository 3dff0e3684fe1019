"""Labels of each kind: ids, names, what is rejected, and rows that the listing no longer shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.columns import LabelledSamples
from tasks.errors import LayoutError, RefusedError
from tasks.label_kinds import classes_of, labels_text
from tasks.labels import LabelSettings, assign_labels, with_carried
from tasks.labels.labelled import Labelled
from tasks.samples import REJECTION_SCHEMA, Discovery
from tests.tasks.labels.found import labelled, listed, samples_of

paths = st.lists(st.sampled_from(["cat", "dog", "eel", ""]), max_size=8)


def labels(found: Discovery, known: Mapping[str, Sequence[str]] | None = None, **keys: Any) -> Labelled:
    return assign_labels(found, LabelSettings.model_validate(keys), known or {})


def column(made: Labelled, name: str) -> list[Any]:
    table: pa.Table = made.samples  # of any columns: those of levels, too
    values: list[Any] = table[name].to_pylist()
    return values


@pytest.mark.parametrize(
    ("places", "told"),
    [
        pytest.param("train/cat test/cat", [], id="all"),
        pytest.param(
            "train/cat train/dog test/cat test/dgo", ["Classes of test that no image of train has: dgo"], id="one"
        ),
        pytest.param(
            "train/0 train/1 validation/cat validation/",
            ["No class is both in train (0, 1) and in validation (cat): they may be called otherwise"],
            id="none",
        ),
        pytest.param("test/cat validation/dog", [], id="no split to train by"),
        pytest.param("/cat train/dog", [], id="images that no split is named for"),
        pytest.param("train/ test/cat", [], id="no label to train by"),
    ],
)
def test_classes_of_a_split_that_are_not_trained_are_told(places: str, told: list[str]) -> None:
    rows = [dict(zip(("split", "label_path"), place.split("/"), strict=True)) for place in places.split(" ")]
    found = replace(labelled("cat"), samples=samples_of(rows))

    assert [said for said in labels(found).notices if "train" in said] == told


@given(paths, st.lists(st.sampled_from(["cat", "dog", "owl"]), unique=True))
def test_each_image_has_the_id_of_its_class_and_none_without_a_label(found: list[str], known: list[str]) -> None:
    made = labels(labelled(*found), {"label": known})
    classes = made.class_names["label"]

    assert column(made, "label_name") == found
    assert column(made, "label") == [classes.index(name) if name else -1 for name in found]
    assert list(classes[: len(known)]) == known
    assert made.rejections.num_rows == 0
    assert made.samples.schema.field("label").type == pa.int64()


@pytest.mark.parametrize("kind", ["single", "many"])
def test_numbers_beyond_the_names_that_a_config_lists_are_told_of(kind: str) -> None:
    made = labels(labelled("0", "1.0", "2", "-1", "\u00b2"), kind=kind, class_names=["crane", "owl"])

    assert sorted(classes_of(made.class_names)) == ["-1", "2", "crane", "owl", "\u00b2"]
    assert "`labels.class_names` has names for the numbers 0 to 1, and none for -1, 2" in made.notices
    assert labels(labelled("0", "1"), kind=kind, class_names=["1", "0"]).notices == ()


@pytest.mark.parametrize("kind", ["single", "many"])
def test_a_level_of_labels_that_are_no_folders_is_told_of(kind: str) -> None:
    made = labels(labelled("cat/siamese", "dog"), kind=kind, level="top")

    assert classes_of(made.class_names) == ["cat/siamese", "dog"]
    assert "`labels.level: top` is about folders: 'cat/siamese' is one name, and stays whole" in made.notices
    assert labels(labelled("cat", "dog"), kind=kind, level="top").notices == ()


def test_classes_that_are_declared_and_empty_have_an_id_and_are_shown() -> None:
    made = labels(labelled("dog", classes=["dog", "ant"]))

    assert made.class_names == {"label": ["ant", "dog"]}
    assert made.shown == {"ant", "dog"}
    assert made.notices == ()


def test_images_of_a_class_that_is_not_admitted_are_rejected_each_with_its_place() -> None:
    made = labels(labelled("cat", "eel", "cat", "eel"), {"label": ["cat"]}, on_new_class="quarantine")

    assert column(made, "sample_id") == ["1.png", "3.png"]
    assert made.rejections["sample_id"].to_pylist() == ["2.png", "4.png"]
    assert set(made.rejections["reason"].to_pylist()) == {"quarantined_new_class"}
    assert made.rejections["location"].to_pylist() == ["2.png", "4.png"]
    assert made.rejections.schema == REJECTION_SCHEMA
    assert made.shown == {"cat"}
    assert made.notices == ()


def test_a_hierarchy_has_an_id_at_each_level_and_minus_one_below_its_end() -> None:
    found = labelled("cat/siamese", "dog/pug", "cat", "", "cat/manx", levels=["species", "breed"])
    made = labels(found, {"label_breed": ["pug"]}, level="leaf")

    assert column(made, "label_name") == ["siamese", "pug", "cat", "", "manx"]
    assert made.class_names["label_species"] == ["cat", "dog"]
    assert made.class_names["label_breed"] == ["pug", "manx", "siamese"]
    assert column(made, "label_species") == [0, 1, 0, -1, 0]
    assert column(made, "label_breed") == [2, 0, -1, -1, 1]
    assert made.samples.schema.field("label_breed").type == pa.int64()


@pytest.mark.parametrize("kind", ["single", "many"])
def test_equal_leaves_are_refused_only_where_leaves_are_the_classes(kind: str) -> None:
    found = labelled("a/x", "b/x", levels=["one", "two"])

    with pytest.raises(LayoutError, match="would make one class 'x' of a/x and b/x"):
        labels(found, kind=kind, level="leaf")
    assert classes_of(labels(found, kind=kind, level="top").class_names) == ["a", "b"]
    assert classes_of(labels(found, kind=kind).class_names) == ["a/x", "b/x"]
    flat = labels(labelled("a/x", "b/x"), kind=kind, level="leaf")
    assert classes_of(flat.class_names) == ["a/x", "b/x"]


def test_a_new_class_refuses_the_run_where_it_shall_and_is_told_of_where_not() -> None:
    for kind in ("single", "many"):
        with pytest.raises(RefusedError, match="new classes: eel"):
            labels(labelled("cat", "eel"), {"label": ["cat"]}, kind=kind, on_new_class="fail")
        assert labels(labelled("cat", "eel"), {"label": ["cat"]}, kind=kind).notices == ("New classes: eel",)
        assert labels(labelled("1", "2"), kind=kind).notices != ()


@pytest.mark.parametrize(("kind", "row", "place"), [("single", 7, "labels.json, line 7"), ("number", -1, "2.png")])
def test_a_list_of_labels_where_one_is_wanted_is_refused_with_its_place(kind: str, row: int, place: str) -> None:
    many = ["a", "b", "c", "d", "e", "f"]
    with pytest.raises(LayoutError) as caught:
        labels(listed(None, many, ["z"], row=row), kind=kind)

    assert str(caught.value) == (
        f"{place}: the image has a list of labels (a, b, c, d, e), and `labels.kind` is {kind}. "
        "Set `labels.kind: many`, or name a column that holds one."
    )
    with pytest.raises(LayoutError, match="none at all"):
        labels(listed([], row=row), kind=kind)


def test_a_list_at_line_one_is_named_by_its_line() -> None:
    with pytest.raises(LayoutError, match=r"^labels\.json, line 1:"):
        labels(listed(["a"], row=1))


sets = st.lists(st.lists(st.sampled_from("abcd"), max_size=3), min_size=1, max_size=6)


@given(sets, st.lists(st.sampled_from("abx"), unique=True))
def test_many_labels_are_sets_in_the_order_of_their_ids(found: list[list[str]], known: list[str]) -> None:
    made = labels(listed(*found), {"label": known}, kind="many")
    classes = list(made.class_names["labels"])

    assert classes[: len(known)] == known
    assert [set(names) for names in column(made, "label_names")] == [set(names) for names in found]
    assert column(made, "labels") == [[classes.index(name) for name in names] for names in column(made, "label_names")]
    assert all(ids == sorted(set(ids)) for ids in column(made, "labels"))
    assert column(made, "label_name") == [labels_text(names) for names in found]
    assert made.shown == {name for names in found for name in names}
    assert made.samples.schema.field("labels").type == pa.list_(pa.int32())
    assert made.samples.schema.field("label_names").type == pa.list_(pa.string())


def test_cells_are_split_where_the_source_lists_nothing_itself() -> None:
    found = samples_of([{"label_path": "b | a|b"}, {"label_path": "c"}, {"label_paths": ["d|e"]}, {"label_paths": []}])
    made = labels(_with(labelled(classes=["z|a"]), found), kind="many", separator="|")

    assert column(made, "label_names") == [["a", "b"], ["c"], ["d|e"], []]
    assert made.class_names["labels"] == ["a", "b", "c", "d|e", "z"]


def test_one_class_that_is_not_admitted_leaves_the_whole_image_out() -> None:
    found = listed(["cat", "eel"], ["cat"], ["eel"], classes=["owl"])
    made = labels(found, {"label": ["cat"]}, kind="many", on_new_class="quarantine")

    assert column(made, "sample_id") == ["2.png"]
    assert made.rejections["sample_id"].to_pylist() == ["1.png", "3.png"]
    assert all(detail.startswith("'eel'") for detail in made.rejections["detail"].to_pylist())
    assert made.shown == {"cat"}


def test_renamed_labels_of_one_image_become_one_and_an_empty_name_none() -> None:
    made = labels(listed(["a", "b", "c"]), kind="many", aliases={"a": "x", "b": "x", "c": ""})

    assert column(made, "label_names") == [["x"]]
    assert made.class_names["labels"] == ["x"]


def test_names_of_numbers_and_levels_hold_for_many_labels_too() -> None:
    assert column(labels(labelled("1"), kind="many", class_names=["no", "yes"]), "label_names") == [["yes"]]
    assert column(labels(labelled("cat/manx", levels=["a", "b"]), kind="many", level="top"), "label_names") == [["cat"]]


def test_numbers_are_targets_and_what_is_none_is_rejected_with_what_to_write() -> None:
    found = labelled("3.5", "", "x" * 100, "1e-4", "nan", "-7")
    made = labels(found, {"label": ["kept"]}, kind="number")

    assert [None if math.isnan(value) else value for value in column(made, "target")] == [3.5, None, 1e-4, -7]
    assert column(made, "label_name") == ["3.5", "", "0.0001", "-7"]
    assert made.class_names == {"label": ["kept"]}
    assert made.samples.schema.field("target").type == pa.float64()
    assert made.rejections["sample_id"].to_pylist() == ["3.png", "5.png"]
    assert set(made.rejections["reason"].to_pylist()) == {"bad_target"}
    assert made.rejections["detail"].to_pylist()[0] == (
        f"its label {'x' * 60!r} is not a finite number; write it with digits and a point, such as 3.5 or 1e-4"
    )
    assert labels(labelled("1"), kind="number").class_names == {"label": []}
    assert made.notices == ()


def _with(found: Discovery, samples: LabelledSamples) -> Discovery:
    from dataclasses import replace  # noqa: PLC0415

    return replace(found, samples=samples)


def carried(*rows: tuple[str, str]) -> LabelledSamples:
    """Rows that the listing no longer shows, by label path and the name that an earlier night gave them."""
    samples = samples_of([{"sample_id": f"old-{place}", "label_path": path} for place, (path, _) in enumerate(rows)])
    return samples.append_column("label_name", pa.array([name for _, name in rows], pa.string()))


def test_without_carried_rows_nothing_changes() -> None:
    today = labels(labelled("cat"))

    assert with_carried(today, carried(), (), LabelSettings()) is today


def test_carried_rows_keep_their_class_and_extend_the_list_behind_todays() -> None:
    today = labels(labelled("cat"), {"label": ["owl"]})
    settings = LabelSettings(aliases={"kitten": "cat"})
    made = with_carried(today, carried(("", "kitten"), ("", "ant"), ("", "")), (), settings)

    assert made.class_names == {"label": ["owl", "cat", "ant"]}
    assert column(made, "label_name") == ["cat", "cat", "ant", ""]
    assert column(made, "label") == [1, 1, 2, -1]
    assert made.notices == today.notices
    assert made.rejections is today.rejections


def test_carried_rows_of_a_hierarchy_follow_their_path() -> None:
    levels = ["species", "breed"]
    today = labels(labelled("cat/manx", levels=levels), level="top")
    rows = carried(("dog/pug", "old name"), ("", "unfiled"))
    made = with_carried(today, rows, levels, LabelSettings(level="top", aliases={"unfiled": "cat"}))

    assert column(made, "label_name") == ["cat", "dog", "cat"]
    assert made.class_names == {
        "label": ["cat", "dog"],
        "label_species": ["cat", "dog"],
        "label_breed": ["manx", "pug"],
    }
    assert column(made, "label_species") == [0, 1, -1]
    assert column(made, "label_breed") == [0, 1, -1]


def test_carried_sets_are_renamed_and_carried_numbers_read_again() -> None:
    today = labels(listed(["cat"]), kind="many")
    rows = carried(("", labels_text(["kitten", "dog"])), ("", ""))
    made = with_carried(today, rows, (), LabelSettings(kind="many", aliases={"kitten": "cat"}))
    assert made.class_names == {"labels": ["cat", "dog"]}
    assert column(made, "labels") == [[0], [0, 1], []]
    assert column(made, "label_name") == [labels_text(["cat"]), labels_text(["cat", "dog"]), labels_text([])]

    numbers = with_carried(labels(labelled("1"), kind="number"), carried(("", "2.5")), (), LabelSettings(kind="number"))
    assert column(numbers, "target") == [1.0, 2.5]
    assert numbers.class_names == {"label": []}
