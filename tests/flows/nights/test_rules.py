"""Labels, splits, duplicates, gates and what is remembered, over several nights."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.errors import LayoutError
from tasks.publish.life import release, roll_back

# --- labels


def test_ids_are_never_used_twice_not_even_over_a_rollback(nights: Any, source: Path, draw: Any) -> None:
    nights.run()
    draw(source / "new" / "1.png", 500)
    nights.run()
    roll_back(nights.store, 1)
    release(nights.store)
    shutil.rmtree(source / "new")
    draw(source / "newer" / "1.png", 501)

    nights.run()

    rows = nights.rows()
    assert rows.loc["newer/1.png", "label"] == 4
    assert nights.manifest()["class_names"]["label"] == ["class0", "class1", "class2", "new", "newer"]


def test_a_vanished_class_keeps_its_id_and_crosses_no_gate(nights: Any, source: Path, draw: Any) -> None:
    nights.change("gates", min_per_class="1")
    nights.run()
    shutil.rmtree(source / "class0")

    assert nights.run()["outcome"] == "published"
    assert nights.report()["class_changes"] == {"new": [], "vanished": ["class0"]}
    assert set(nights.rows()["label"]) == {1, 2}
    draw(source / "class0" / "1.png", 700)
    nights.run()
    assert nights.rows().loc["class0/1.png", "label"] == 0


def test_aliases_rename_and_merge_by_copying(nights: Any, pick: Any) -> None:
    nights.run()
    before = nights.rows()
    nights.change("labels", aliases={"class0": "class1", "class2": "zebra"})

    outcome = nights.run()

    after = nights.rows()
    assert pick(outcome, "images_fetched", "images_decoded") == (0, 0)
    renamed = {"class0": ("class1", 1), "class1": ("class1", 1), "class2": ("zebra", 3)}
    expected = [renamed[name] for name in before["label_name"]]
    assert list(zip(after["label_name"], after["label"], strict=True)) == expected
    assert nights.report()["label_flips"] == {"class0 → class1": 8, "class2 → zebra": 8}


def test_quarantined_classes_count_for_no_gate_and_add_no_name(nights: Any, source: Path, draw: Any, pick: Any) -> None:
    nights.change("gates", max_reject_fraction="0")
    nights.change("labels", on_new_class="quarantine")
    nights.run()
    for number in range(30):
        draw(source / "new" / f"{number}.png", 500 + number)

    outcome = nights.run()

    assert pick(outcome, "outcome", "written", "rejected", "images_fetched") == ("published", 24, 30, 0)
    assert nights.manifest()["class_names"]["label"] == ["class0", "class1", "class2"]
    nights.change("labels", on_new_class="add")
    assert pick(nights.run(), "written", "rejected", "images_decoded") == (54, 0, 30)


def test_a_quarantined_class_adds_no_name_to_a_level_either(nights: Any, source: Path, draw: Any) -> None:
    nights.sections["source"] = {"path": str(source), "layout": "hierarchy", "levels": ["kind", "breed"]}
    nights.change("labels", on_new_class="quarantine")
    shutil.rmtree(source)
    for number in range(6):
        draw(source / "cat" / f"breed{number % 2}" / f"{number}.png", number)
    nights.run()
    draw(source / "fish" / "carp" / "1.png", 50)

    nights.run()

    assert nights.manifest()["class_names"]["label_kind"] == ["cat"]


def test_a_new_class_can_refuse_the_night(nights: Any, source: Path, draw: Any) -> None:
    nights.change("labels", on_new_class="fail")
    nights.run()
    draw(source / "new" / "1.png", 500)

    outcome = nights.run()

    assert outcome["outcome"] == "refused"
    assert "new" in outcome["reason"]


# --- splits


@pytest.fixture
def patients(nights: Any, source: Path, labels: Any) -> Any:
    """A label file of eight patients, three images each."""
    rows = [(path.relative_to(source), path.parent.name, f"p{number % 8}") for number, path in enumerate(files(source))]
    labels(source / "labels.csv", ["location", "label", "patient"], rows)
    nights.sections["source"] = {"path": str(source / "labels.csv")}
    nights.change("splits", ratios={"train": "0.5", "test": "0.5"}, group_by="patient")
    return nights


def files(source: Path) -> list[Path]:
    return sorted(source.rglob("*.png"))


def splits_of(nights: Any, source: Path) -> dict[str, set[str]]:
    """The splits that each patient's images are in."""
    found: dict[str, set[str]] = {}
    rows = nights.rows()
    for line in (source / "labels.csv").read_text().splitlines()[1:]:
        location, _, patient = line.split(",")
        found.setdefault(patient, set()).add(rows.loc[location, "split"])
    return found


def test_images_of_one_group_are_in_one_split_and_new_ones_join_them(
    patients: Any, source: Path, draw: Any, labels: Any
) -> None:
    patients.run()
    first = splits_of(patients, source)
    for number in range(8):
        draw(source / "class0" / f"later{number}.png", 800 + number)
    old = [line.split(",") for line in (source / "labels.csv").read_text().splitlines()[1:]]
    new = [(f"class0/later{number}.png", "class0", f"p{number}") for number in range(8)]
    labels(source / "labels.csv", ["location", "label", "patient"], [*old, *new])
    patients.change("splits", ratios={"train": "0.1", "test": "0.9"})

    patients.run()

    assert all(len(splits) == 1 for splits in first.values())
    assert {split for splits in first.values() for split in splits} == {"train", "test"}
    assert splits_of(patients, source) == first


def test_groups_that_share_a_duplicate_move_together(patients: Any, source: Path) -> None:
    images = files(source)
    shutil.copy(images[0], images[1])  # of p0 and p1
    shutil.copy(images[2], images[9])  # of p2 and p1
    patients.run()

    splits = splits_of(patients, source)

    assert splits["p0"] == splits["p1"] == splits["p2"]
    assert all(len(found) == 1 for found in splits.values())


def test_a_level_of_a_hierarchy_can_be_the_group(nights: Any, source: Path, draw: Any) -> None:
    shutil.rmtree(source)
    for number in range(24):
        draw(source / f"video{number % 8}" / f"class{number % 2}" / f"{number}.png", number)
    nights.sections["source"] = {"path": str(source), "layout": "hierarchy", "levels": ["video", "class"]}
    nights.change("labels", level="leaf")
    nights.change("splits", ratios={"train": "0.5", "test": "0.5"}, group_by="video")
    nights.change("labels", level="path")

    nights.run()

    rows = nights.rows()
    assert (rows.groupby([path.split("/")[0] for path in rows.index])["split"].nunique() == 1).all()
    assert rows["split"].nunique() == 2


def test_a_group_that_is_nowhere_is_an_error_that_says_what_there_is(nights: Any) -> None:
    nights.change("splits", group_by="patient")

    with pytest.raises(LayoutError, match="'patient', which the source does not have"):
        nights.run()


def test_raising_a_share_moves_nothing_unless_rebalanced_and_then_only_out_of_train(nights: Any) -> None:
    nights.change("splits", ratios={"train": "0.8", "validation": "0.1", "test": "0.1"})
    nights.run()
    before = nights.rows()["split"]
    nights.change("splits", ratios={"train": "0.4", "validation": "0.1", "test": "0.5"})
    assert nights.run()["outcome"] == "unchanged"
    nights.change("splits", rebalance="true")

    outcome = nights.run()

    after = nights.rows()["split"]
    moved = before != after
    assert set(before[moved]) == {"train"}
    assert (after == "test").sum() > (before == "test").sum()
    assert outcome["images_decoded"] == 0
    assert nights.report()["states"]["rebalanced"] == moved.sum() == sum(nights.report()["rebalanced"].values())
    assert nights.run()["outcome"] == "unchanged"


def test_leaks_between_given_splits_are_reported_and_left(nights: Any, source: Path, draw: Any) -> None:
    shutil.rmtree(source)
    for number in range(8):
        for split in ("train", "test"):
            draw(
                source / split / f"class{number % 2}" / f"{number}.png",
                number if number < 3 else hash((split, number)) % 900,
            )
    nights.run()

    assert nights.report()["duplicates"]["across_splits"] == {"test/train": 3}
    assert any("another split" in notice for notice in nights.outcomes[-1].breakdown.notices)
    assert len(nights.rows()) == 16


# --- duplicates


def test_a_duplicate_that_is_left_out_is_not_asked_for_again(nights: Any, source: Path, pick: Any) -> None:
    nights.change("output", dedupe="content")
    nights.run()
    shutil.copy(source / "class1" / "01.png", source / "class0" / "0-copy.png")

    found = nights.run()
    again = nights.run()

    assert pick(found, "outcome", "written", "deduplicated") == ("published", 24, 1)
    assert nights.rejects()["class0/0-copy.png"]["reason"] == "duplicate_content"
    assert pick(again, "outcome", "images_fetched", "bytes_written") == ("unchanged", 0, 0)
    (source / "class1" / "01.png").unlink()
    assert pick(nights.run(), "written", "deduplicated", "images_decoded") == (24, 0, 0)
    assert "class0/0-copy.png" in nights.rows().index


# --- gates


def test_too_many_rejects_before_any_fetch_refuse_at_once(nights: Any, source: Path, labels: Any, pick: Any) -> None:
    rows = [(path.relative_to(source), path.parent.name) for path in files(source)]
    labels(source / "labels.csv", ["location", "label"], [*rows, ("gone.png", "x"), ("gone2.png", "x")])
    nights.sections["source"] = {"path": str(source / "labels.csv")}
    nights.change("gates", max_reject_fraction="0.05")

    refused = nights.run()

    assert pick(refused, "outcome", "version") == ("refused", None)
    assert "run CONFIG --accept max_reject_fraction" in refused["reason"]
    assert "gone.png: not_found" in refused["reason"] or "line 26: not_found" in refused["reason"]
    assert not (nights.folder / "out" / "_shards").exists()


def test_rejects_beyond_the_limit_start_no_further_shard_and_the_accepted_run_goes_on_from_there(
    nights: Any, source: Path, pick: Any
) -> None:
    nights.change("gates", max_reject_fraction="0.1")
    for path in files(source)[:8]:
        path.write_bytes(b"this is no image")

    refused = nights.run()
    built = len(list((nights.folder / "out" / "_shards").iterdir()))
    accepted = nights.run(accept=("max_reject_fraction",))

    assert refused["reason"].startswith("max_reject_fraction")
    assert 0 < built < 4
    assert pick(accepted, "outcome", "written", "rejected") == ("published", 16, 8)
    assert accepted["images_decoded"] < 24 - built * 3
    reports = [json.loads(path.read_text()) for path in (nights.folder / "out" / "reports").glob("*.json")]
    assert any(
        report["reasons"] == {"new": {"not_an_image": sum(report["reasons"]["new"].values())}, "resolved": {}}
        for report in reports
        if "refused" in report
    )


def test_a_refused_night_writes_its_report_and_commits_nothing(nights: Any, source: Path, pick: Any) -> None:
    nights.change("gates", max_delete_fraction="0.1")
    nights.run()
    shutil.rmtree(source / "class0")

    refused = nights.run()
    notices = nights.outcomes[-1].breakdown.notices
    accepted = nights.run(accept=("max_delete_fraction",))

    assert pick(refused, "outcome", "version") == ("refused", 1)
    assert any("reports/" in notice for notice in notices)
    assert pick(accepted, "outcome", "version", "written") == ("published", 2, 16)


# --- memory


def test_a_rejected_image_that_changes_and_is_still_no_good_is_asked_for_once(
    nights: Any, source: Path, pick: Any
) -> None:
    (source / "class0" / "bad.png").write_bytes(b"this is no image")
    nights.run()
    (source / "class0" / "bad.png").write_bytes(b"nor is this")

    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 1)
    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 0)
    nights.change("validation", min_side="2")
    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 1)
    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 0)


def test_bytes_that_changed_under_the_same_size_and_time_are_found(
    nights: Any, source: Path, draw: Any, pick: Any
) -> None:
    path = source / "class0" / "same.bmp"
    draw(path, 500)
    nights.run()
    old = path.stat()
    draw(path, 507)  # bitmaps of one width have one size
    assert path.stat().st_size == old.st_size
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))

    assert pick(nights.run(), "outcome", "images_fetched", "images_decoded") == ("published", 1, 1)
    assert pick(nights.run(rehash=True), "outcome", "images_fetched", "images_decoded") == ("unchanged", 25, 0)


def test_the_loss_of_the_state_costs_work_and_no_row(nights: Any, source: Path, draw: Any, pick: Any) -> None:
    nights.change("source", delete_after="3")
    twin = nights.twin("twin")
    for one in (nights, twin):
        one.run()
    (source / "class1" / "01.png").unlink()
    os.utime(source / "class0" / "00.png", (1, 1))
    for one in (nights, twin):
        one.run()
        one.run(days=0)
    (nights.folder / "out" / "state.parquet").unlink()
    draw(source / "class0" / "new.png", 900)

    outcomes = [one.run(days=0) for one in (nights, twin)]

    columns = ["label", "label_name", "split", "content_sha256", "pixels"]
    assert nights.rows()[columns].equals(twin.rows()[columns])
    assert pick(outcomes[0], "images_decoded", "carried") == pick(outcomes[1], "images_decoded", "carried") == (1, 0)
    assert outcomes[0]["images_fetched"] == outcomes[1]["images_fetched"] + 1


def test_the_deadline_stops_before_the_next_shard_and_the_next_night_goes_on(
    nights: Any, pick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.change("run", deadline="6h")
    moments = iter([0.0, 0.0])
    clock = SimpleNamespace(time=lambda: next(moments, 10.0**12))
    monkeypatch.setattr("tasks.building.build.time", clock)
    refused = nights.run()
    monkeypatch.undo()

    finished = nights.run()

    assert refused["reason"].startswith("deadline")
    assert pick(finished, "outcome", "written", "images_decoded") == ("published", 24, 12)


@pytest.mark.parametrize(
    ("section", "values", "decoded"),
    [
        ("resize", {"size": [6, 6]}, 24),
        ("resize", {"filter": "lanczos"}, 24),
        ("validation", {"formats": ["png"]}, 24),
        ("write", {"pixels": "webp"}, 24),
        ("write", {"quality": "50"}, 24),
        ("labels", {"class_case": "fold"}, 0),
        ("write", {"shard_rows": "100"}, 0),
        ("validation", {"min_side": "2"}, 0),
    ],
)
def test_what_a_changed_key_makes_anew(nights: Any, section: str, values: dict[str, Any], decoded: int) -> None:
    nights.run()
    nights.change(section, **values)

    assert nights.run()["images_decoded"] == decoded


def test_limit_takes_every_class_and_its_version_grows_from_there(nights: Any, pick: Any) -> None:
    limited = nights.run(limit=5)

    assert pick(limited, "listed", "written") == (5, 5)
    assert set(nights.rows()["label_name"]) == {"class0", "class1", "class2"}
    assert nights.run(limit=5)["reason"].startswith("limit")
    assert pick(nights.run(), "written", "images_decoded") == (24, 19)


def test_limit_takes_every_class_of_each_split_and_the_rest_by_chance(nights: Any, source: Path, draw: Any) -> None:
    for number in range(24):
        draw(source / "test" / f"class{number % 3}" / f"{number:02}.png", 100 + number)
    (source / "train").mkdir()
    for kind in ("class0", "class1", "class2"):
        (source / kind).rename(source / "train" / kind)

    nights.run(limit=18)

    rows = nights.rows()
    assert set(zip(rows["split"], rows["label_name"], strict=True)) == {
        (split, kind) for split in ("train", "test") for kind in ("class0", "class1", "class2")
    }
    assert 4 < (rows["split"] == "test").sum() < 14


def test_limit_takes_images_of_each_split_that_is_drawn(nights: Any) -> None:
    nights.change("splits", ratios={"train": "0.5", "test": "0.5"})

    nights.run(limit=9)

    assert set(nights.rows()["split"]) == {"train", "test"}


# --- the report


def test_the_report_says_what_changed_for_scripts_and_for_people(
    nights: Any, source: Path, draw: Any, labels: Any
) -> None:
    rows = [(str(path.relative_to(source)), path.parent.name) for path in files(source)]
    labels(source / "labels.csv", ["location", "label"], rows)
    nights.sections["source"] = {"path": str(source / "labels.csv")}
    nights.run()
    draw(source / "class0" / "new.png", 500)
    (source / "class0" / "bad.png").write_bytes(b"this is no image")
    rows[0] = (rows[0][0], "zebra")
    rows = [*rows[:-1], ("class0/new.png", "class0"), ("class0/bad.png", "class0")]
    labels(source / "labels.csv", ["location", "label"], rows)

    nights.run()

    report = nights.report()
    states = {name: count for name, count in report["states"].items() if count}
    assert states == {"unchanged": 22, "added": 1, "relabelled": 1, "deleted": 1}
    assert report["class_changes"] == {"new": ["zebra"], "vanished": []}
    assert report["classes"]["class0"] == {"before": 8, "after": 8, "percent": 0.0}
    assert report["label_flips"] == {"class0 → zebra": 1}
    assert report["reasons"] == {"new": {"not_an_image": 1}, "resolved": {}}
    assert report["images"]["after"]["formats"] == {"PNG": 24}
    assert report["images"]["after"]["pixel"]["deviation"] > 0
    assert set(report["images"]["shards"]) == set(nights.shards())
    assert report["account"] == dict(nights.account())
    assert {gate["gate"] for gate in report["gates"]} >= {"max_reject_fraction", "max_delete_fraction", "min_rows"}
    assert {"listing the source", "planning", "publishing"} <= report["seconds"].keys()
    lines = "\n".join(nights.outcomes[-1].breakdown.drift)
    assert "against version 1: 22 unchanged, 1 added, 1 relabelled, 1 deleted" in lines
    assert "new classes: zebra" in lines
    assert "rejects new: not_an_image 1" in lines


def test_statistics_go_on_from_the_report_before(nights: Any, source: Path, draw: Any) -> None:
    nights.run()
    draw(source / "class0" / "new.png", 500)
    nights.run()
    gone_on = nights.report()["images"]["after"]

    nights.twin("twin").run()

    fresh = nights.twin("twin").report()["images"]["after"]
    assert {name: gone_on[name] for name in ("width", "height", "aspect", "formats")} == {
        name: fresh[name] for name in ("width", "height", "aspect", "formats")
    }
