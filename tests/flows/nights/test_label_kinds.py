"""Several labels for one image, and numbers: from the label file to what training reads, night after night."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.errors import LayoutError
from tasks.publish.explain import explain_sample

if TYPE_CHECKING:
    from tests.flows.nights.conftest import Nights

ROOT = Path(__file__).parents[3]
Write = Callable[[Mapping[str, str]], None]
MANY = {"kind": "many", "separator": "|"}


@pytest.fixture
def write(nights: Nights, source: Path) -> Write:
    """Writes the label of each image into ``l.csv`` beside them, which the dataset then reads."""
    nights.sections["source"] = {"path": str(source / "l.csv"), "missing_labels": ["No Finding"]}

    def labelled(cells: Mapping[str, str]) -> None:
        rows = [f'{name},"{cell}"' for name, cell in cells.items()]
        (source / "l.csv").write_text("\n".join(["location,label", *rows]) + "\n")

    return labelled


def place(number: int) -> str:
    return f"class{number % 3}/{number:02}.png"


def cells(*given: str) -> dict[str, str]:
    """The first images of the source, with the label cells *given*."""
    return {place(number): cell for number, cell in enumerate(given)}


def names(nights: Nights) -> list[list[str]]:
    """The labels of each image, by sample id."""
    return [list(found) for found in nights.rows().sort_values("source_uri", key=_by_number)["label_names"]]


def _by_number(uris: Any) -> Any:
    return uris.str.slice(-6)


def test_an_image_has_all_the_labels_of_its_cell_and_none_where_the_source_says_so(
    nights: Nights, write: Write, pick: Any
) -> None:
    nights.sections["labels"] = MANY
    write(cells("rain|sun", "sun", "No Finding", "sun| snow |sun", ""))

    first = nights.run()
    schema = pq.read_schema(nights.folder / "out" / next(iter(nights.shards())))

    assert pick(first, "outcome", "written", "rejected") == ("published", 4, 1)
    assert names(nights) == [["rain", "sun"], ["sun"], [], ["snow", "sun"]]
    assert [list(ids) for ids in nights.rows()["labels"]] == [[0, 2], [1, 2], [2], []]
    assert [schema.field(name).type.value_type for name in ("labels", "label_names")] == [pa.int32(), pa.string()]
    assert [name for name in schema.names if "label" in name] == ["label_names", "labels"]  # what a person reads first
    assert nights.manifest()["classes"] == {"rain": 1, "snow": 1, "sun": 3, "": 1}
    assert nights.rejects()[place(4)]["reason"] == "missing_label"
    assert nights.run()["outcome"] == "unchanged"


def test_a_changed_set_is_copied_under_its_new_labels_and_ids_are_only_appended(
    nights: Nights, write: Write, pick: Any
) -> None:
    nights.sections["labels"] = MANY
    write(cells("rain|sun", "sun|rain", "sun", "rain"))
    nights.run()
    write(cells("rain|sun", "rain|sun", "sun|fog", "No Finding"))

    second = nights.run()

    assert pick(second, "outcome", "images_fetched", "images_decoded") == ("published", 0, 0)
    assert names(nights) == [["rain", "sun"], ["rain", "sun"], ["sun", "fog"], []]
    assert nights.manifest()["class_names"] == {"labels": ["rain", "sun", "fog"]}
    report = nights.report()
    assert report["states"]["relabelled"] == 2
    assert report["classes"]["rain"] == {"before": 3, "after": 2, "percent": -33.33}
    assert report["label_flips"] == {'["sun"] → ["fog", "sun"]': 1, '["rain"] → []': 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "l.jsonl",
            "\n".join(
                json.dumps({"location": place(number), "label": label})
                for number, label in enumerate([["rain", "sun"], ["sun"], [], ["snow", "sun", "sun", None]])
            ),
            id="lists",
        ),
        pytest.param(
            "l.json",
            json.dumps(
                [
                    {"location": place(0), "label": {"rain": 1, "sun": True, "snow": 0}},
                    {"location": place(1), "label": {"rain": False, "sun": "1"}},
                    {"location": place(2), "label": {"rain": 0}},
                    {"location": place(3), "label": {"snow": 1, "sun": 1}},
                ]
            ),
            id="yes and no",
        ),
        pytest.param(
            "l.csv",
            "location,label\n"
            + "".join(
                f"{place(number)},{label}\n"
                for number, label in [
                    (0, "rain"),
                    (3, "snow"),
                    (1, "sun"),
                    (0, "sun"),
                    (2, "none"),
                    (3, "sun"),
                    (0, ""),
                ]
            ),
            id="several rows",
        ),
    ],
)
def test_labels_come_as_lists_and_as_several_rows_too(
    nights: Nights, source: Path, name: str, text: str, pick: Any
) -> None:
    (source / name).write_text(text)
    nights.sections["source"] = {"path": str(source / name), "missing_labels": ["none"]}
    nights.sections["labels"] = {"kind": "many"}

    assert pick(nights.run(), "outcome", "listed", "written", "rejected") == ("published", 4, 4, 0)
    assert names(nights) == [["rain", "sun"], ["sun"], [], ["snow", "sun"]]


def test_rows_of_one_image_that_name_two_splits_contradict_each_other_all_the_same(
    nights: Nights, source: Path, pick: Any
) -> None:
    rows = [(0, "rain", "train"), (0, "sun", "test"), (1, "sun", "train"), (1, "rain", "train")]
    lines = [f"{place(number)},{label},{split}" for number, label, split in rows]
    (source / "l.csv").write_text("\n".join(["location,label,split", *lines]) + "\n")
    nights.sections |= {"source": {"path": str(source / "l.csv")}, "labels": {"kind": "many"}}

    assert pick(nights.run(), "outcome", "written", "rejected") == ("published", 1, 2)
    assert names(nights) == [["sun", "rain"]] or names(nights) == [["rain", "sun"]]


def test_folders_give_each_image_a_set_of_one(nights: Nights) -> None:
    nights.sections["labels"] = {"kind": "many"}
    nights.run()

    assert {tuple(found) for found in nights.rows()["label_names"]} == {("class0",), ("class1",), ("class2",)}


def test_another_kind_writes_all_rows_anew_and_decodes_none(nights: Nights, write: Write, pick: Any) -> None:
    write(cells("1", "2", "3", "1"))
    counts = []
    for kind in ("single", "many", "number", "single"):
        nights.sections["labels"] = {"kind": kind}
        counts.append(pick(nights.run(), "outcome", "written", "images_decoded"))
        assert nights.run()["outcome"] == "unchanged"

    assert counts == [("published", 4, 4), ("published", 4, 0), ("published", 4, 0), ("published", 4, 0)]
    assert nights.rows()["label_name"].to_list() == ["1", "1", "2", "3"]
    assert nights.rows()["label"].to_list() == [0, 0, 1, 2]


def test_a_carried_row_keeps_its_labels(nights: Nights, write: Write, pick: Any) -> None:
    for kind, column in (("many", "label_names"), ("number", "target")):
        twin = nights.twin(kind)
        twin.sections["labels"] = {"kind": kind, **({"separator": "|"} if kind == "many" else {})}
        twin.sections["source"] = {**nights.sections["source"], "delete_after": "2"}
        write(cells("1|2", "2", "3") if kind == "many" else cells("1", "2", "3"))
        twin.run()
        write(cells("1|2", "2") if kind == "many" else cells("1", "2"))

        assert pick(twin.run(), "carried", "written") == (1, 3)
        kept = twin.rows()[column][place(2)]
        assert (list(kept) if kind == "many" else kept) == (["3"] if kind == "many" else 3.0)


def test_classes_of_sets_are_named_numbered_and_quarantined_like_others(
    nights: Nights, write: Write, pick: Any
) -> None:
    nights.sections["labels"] = {**MANY, "class_names": ["cat", "dog", "cow"], "aliases": {"cow": "cattle"}}
    write(cells("0|1", "2", "1|2"))
    nights.run()
    assert names(nights) == [["cat", "dog"], ["cattle"], ["dog", "cattle"]] or names(nights) == [
        ["cat", "dog"],
        ["cattle"],
        ["cattle", "dog"],
    ]

    nights.change("labels", on_new_class="quarantine")
    write(cells("0|1", "2", "1|2", "1|owl"))
    assert pick(nights.run(), "outcome", "rejected") == ("published", 1)
    assert nights.rejects()[place(3)]["reason"] == "quarantined_new_class"


def test_gates_count_each_class_and_bound_numbers(nights: Nights, write: Write) -> None:
    write(cells("a|b", "b", "b"))
    nights.sections["labels"] = MANY
    nights.change("gates", min_per_class="2")
    refused = nights.run()
    assert "the class 'a' has 1 rows" in refused["reason"]
    nights.change("gates", min_per_class="1")
    assert nights.run()["outcome"] == "published"

    numbers = nights.twin("numbers")
    numbers.sections["labels"] = {"kind": "number"}
    numbers.change("gates", target_range=["0", "10"])
    write(cells("1", "2", "10.5"))
    refused = numbers.run()
    assert refused["reason"].startswith("target_range: 1 labels lie outside 0 to 10: they go from 1 to 10.5")
    numbers.change("gates", target_range=["0", "11"])
    assert numbers.run()["outcome"] == "published"


def test_a_number_is_a_float_and_what_is_none_is_a_reject_with_its_line(
    nights: Nights, write: Write, pick: Any
) -> None:
    nights.sections["labels"] = {"kind": "number"}
    nights.sections["source"]["allow_unlabeled"] = "true"
    given = ["1", "-2.5", "1e-3", " 7 ", "nan", "inf", "1_000", "²", "3,5", "cat", "", "No Finding"]
    write(cells(*given))

    first = nights.run()
    found = nights.rows()["target"]
    rejects = nights.rejects()

    assert pick(first, "written", "rejected") == (6, 6)
    assert [found[place(number)] for number in range(4)] == [1.0, -2.5, 0.001, 7.0]
    assert all(math.isnan(found[place(number)]) for number in (10, 11))
    assert {(row["reason"], row["label_row"]) for row in rejects.values()} == {
        ("bad_target", number + 2) for number in range(4, 10)
    }
    assert nights.manifest()["classes"] == {}
    assert nights.run()["outcome"] == "unchanged"


def test_numbers_drift_by_quantiles_and_a_changed_one_is_copied(nights: Nights, write: Write, pick: Any) -> None:
    nights.sections["labels"] = {"kind": "number"}
    write(cells(*map(str, range(20))))
    nights.run()
    write(cells(*map(str, range(19)), "119"))

    assert pick(nights.run(), "outcome", "images_decoded") == ("published", 0)
    targets = nights.report()["targets"]
    assert (targets["before"]["median"], targets["after"]["max"], targets["after"]["count"]) == (9.5, 119, 20)
    assert "targets: p95 18.05 → 23.05, max 19 → 119" in " ".join(nights.outcomes[-1].breakdown.drift)


@pytest.mark.parametrize("kind", ["single", "number"])
def test_a_list_of_labels_names_the_key_that_takes_it(nights: Nights, source: Path, kind: str) -> None:
    (source / "l.jsonl").write_text(json.dumps({"location": place(0), "label": ["a", "b"]}))
    nights.sections |= {"source": {"path": str(source / "l.jsonl")}, "labels": {"kind": kind}}

    with pytest.raises(LayoutError, match=r"line 1: .*labels\.kind: many"):
        nights.run()


def test_without_a_kind_a_cell_is_one_label_and_a_notice_names_the_key(nights: Nights, write: Write) -> None:
    write(cells("a|b", "a"))
    nights.run()

    assert set(nights.rows()["label_name"]) == {"a|b", "a"}
    assert any('kind: many, separator: "|"' in notice for notice in nights.manifest()["notices"])


def test_a_set_whose_class_is_new_can_fail_the_run(nights: Nights, write: Write) -> None:
    nights.sections["labels"] = {**MANY, "on_new_class": "fail"}
    write(cells("a|b", "a"))
    nights.run()
    write(cells("a|c", "a"))

    assert "new classes: c" in nights.run()["reason"]


def test_limit_takes_every_class_of_sets(nights: Nights, write: Write, pick: Any) -> None:
    nights.sections["labels"] = MANY
    write(cells(*["a"] * 18, "b|c", "d"))

    assert pick(nights.run(limit=4), "outcome", "written") == ("published", 4)
    assert {name for found in names(nights) for name in found} == {"a", "b", "c", "d"}


def opened(nights: Nights, cache: Path) -> datasets.Dataset:
    return datasets.load_dataset(str(nights.folder / "out"), split="train", cache_dir=str(cache))


def test_datasets_knows_the_classes_of_each_image_and_numbers(nights: Nights, write: Write, tmp_path: Path) -> None:
    nights.sections["labels"] = MANY
    write(cells("rain|sun", "sun", "No Finding"))
    nights.run()
    loaded = opened(nights, tmp_path / "cache")
    by_id = {row["sample_id"]: row for row in loaded.remove_columns("image")}

    assert loaded.features["labels"] == datasets.List(datasets.ClassLabel(names=["rain", "sun"]))
    assert [by_id[place(number)]["labels"] for number in range(3)] == [[0, 1], [1], []]
    assert [by_id[place(number)]["label_names"] for number in range(3)] == [["rain", "sun"], ["sun"], []]

    numbers = nights.twin("numbers")
    numbers.sections["labels"] = {"kind": "number"}
    write(cells("1.5", "2"))
    numbers.run()
    card = (numbers.folder / "numbers" / "README.md").read_text()
    loaded = datasets.load_dataset(str(numbers.folder / "numbers"), split="train", cache_dir=str(tmp_path / "cache2"))
    assert loaded.features["target"] == datasets.Value("float64")
    assert sorted(loaded["target"]) == [1.5, 2.0]
    assert "each with a number, `target`" in card


def test_explain_shows_labels_and_numbers(nights: Nights, write: Write) -> None:
    for kind, cell, column, value in (("many", "a|b", "label_names", ["a", "b"]), ("number", "1.5", "target", 1.5)):
        twin = nights.twin(kind)
        twin.sections["labels"] = {"kind": kind, **({"separator": "|"} if kind == "many" else {})}
        write(cells(cell))
        twin.run()

        (found,) = explain_sample(twin.store, place(0))
        assert found.get(column) == value


def test_a_reserved_word_stays_reserved_for_all_kinds(nights: Nights, write: Write) -> None:
    write(cells("a"))
    nights.sections["source"]["keep_columns"] = {"label": "target"}

    with pytest.raises(Exception, match="target"):
        nights.run()


def test_the_recipe_for_several_labels_runs_as_it_stands(
    nights: Nights, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.sections["labels"] = MANY
    write(cells("rain|sun", "sun", "No Finding", "snow|sun"))
    nights.run()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8")
    which_files, *_ = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    several, *_ = re.findall(
        r"```python\n(.*?)```", guide.partition("\n## Several labels, or a number\n")[2], re.DOTALL
    )

    names: dict[str, Any] = {"ROOT": str(nights.folder / "out")}
    for recipe in (which_files, several):
        exec(recipe, names)  # noqa: S102 - the document's own recipes, as they stand in it

    assert names["classes"] == ["rain", "snow", "sun"]
    assert sorted(names["matrix"].tolist()) == [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1]]
    assert dict(names["images_of"]) == {"rain": 1, "snow": 1, "sun": 3}
