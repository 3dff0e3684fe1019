"""What of the past goes and what stays: files by what names them and since when, pins, and versions that are gone."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.errors import VersionError
from tasks.publish import open_run, retention
from tasks.publish.history import Version, list_versions, read_version
from tasks.publish.life import pin
from tasks.publish.manifest import FileEntry
from tasks.publish.retention import Garbage, apply_retention, drop_unnamed, find_garbage, left_alone, prune
from tasks.publish.settings import OutputSettings
from tasks.storage import Store, StoredFile
from tests.tasks.publish.conftest import as_format_1

if TYPE_CHECKING:
    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog"]
DAY = timedelta(days=1).total_seconds()


def keeping(output: Output, versions: int, days: float = 3) -> OutputSettings:
    return output.settings.model_copy(update={"keep_versions": versions, "grace_days": days})


def age(output: Output, path: str, days: float) -> None:
    """Make the file at *path* *days* old."""
    then = time.time() - days * DAY
    os.utime(output.root / path, (then, then))


def nights(output: Output, count: int) -> list[FileEntry]:
    """*count* versions of one shard each, all written ten days ago; return their shards."""
    shards = [output.write_shard([f"cat/{number}"], NAMES) for number in range(count)]
    for shard in shards:
        output.publish(shard)
    for file in output.root.rglob("*"):
        if file.is_file():
            age(output, str(file.relative_to(output.root)), 10)
    return shards


def paths(garbage: Garbage) -> set[str]:
    return {file.path for file in garbage.files}


def test_an_output_without_a_version_has_nothing_to_give(output: Output) -> None:
    output.write_shard(["cat/1"], NAMES)

    assert find_garbage(output.store, keeping(output, 1, -1)) == Garbage((), 0)


def test_of_versions_that_are_not_kept_all_goes_but_what_a_kept_one_names_too(output: Output) -> None:
    shared, old, new = (output.write_shard([name], NAMES) for name in ("cat/1", "cat/2", "cat/3"))
    output.publish(shared, old)
    output.publish(shared, new)
    gone = read_version(output.store, 1)
    found = find_garbage(output.store, keeping(output, 1, -1))

    kept = {file.path for file in read_version(output.store, 2).manifest.files}
    assert paths(found) == {gone.commit.manifest, *(file.path for file in gone.manifest.files)} - kept
    assert shared.path not in paths(found)
    assert found.waiting == 0
    assert found.strangers == ()
    assert found.bytes == sum(file.bytes for file in found.files) > old.bytes


def test_versions_that_protect_nothing_any_more_are_not_read(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    nights(output, 6)
    age(output, "commits/000006.json", 1)
    read = list[int]()

    def noted(store: Store, number: int) -> Version:
        read.append(number)
        return read_version(store, number)

    monkeypatch.setattr(retention, "read_version", noted)
    find_garbage(output.store, keeping(output, 1, 3))

    assert sorted(read) == [5, 6], "5 was replaced a day ago, 1 to 4 longer ago than the grace"


@pytest.mark.parametrize("keep", [1, 2, 3, 9])
def test_so_many_versions_are_kept_as_the_config_says(output: Output, keep: int) -> None:
    shards = nights(output, 4)

    gone = paths(prune(output.store, keeping(output, keep, -1)))

    assert [shard.path in gone for shard in shards] == [number < 4 - keep for number in range(4)]
    assert [output.store.exists(shard.path) for shard in shards] == [number >= 4 - keep for number in range(4)]


def test_the_grace_counts_from_the_commit_that_replaced_a_version(output: Output) -> None:
    first, second, _ = nights(output, 3)
    age(output, "commits/000002.json", 5)
    age(output, "commits/000003.json", 1)
    found = find_garbage(output.store, keeping(output, 1))

    assert first.path in paths(found)  # replaced five days ago
    assert second.path not in paths(found)  # replaced yesterday, though its file is ten days old
    assert found.waiting == 1 + len(read_version(output.store, 2).manifest.files)


def test_a_file_of_several_versions_counts_from_the_last_that_named_it(output: Output) -> None:
    shared, new = (output.write_shard([name], NAMES) for name in ("cat/1", "cat/2"))
    for shards in ([shared], [shared], [new]):
        output.publish(*shards)
    for path, days in ((shared.path, 10), ("commits/000002.json", 9), ("commits/000003.json", 1)):
        age(output, path, days)

    assert shared.path not in paths(find_garbage(output.store, keeping(output, 1)))
    age(output, "commits/000003.json", 4)
    assert shared.path in paths(find_garbage(output.store, keeping(output, 1)))


def test_a_file_that_no_version_names_waits_for_the_grace_by_its_own_age(two: Output) -> None:
    young, old = (two.write_shard([name], NAMES) for name in ("cat/8", "cat/9"))
    age(two, old.path, 3.1)
    age(two, young.path, 2.9)
    found = find_garbage(two.store, two.settings)

    assert paths(found) == {old.path}
    assert found.waiting == 1
    assert found.bytes == old.bytes


def test_manifests_go_first_so_that_a_version_is_whole_or_not_there(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights(output, 3)
    order: list[str] = []
    delete = type(output.store).delete_as_listed

    def noted(store: object, file: StoredFile) -> bool:
        order.append(file.path)
        return delete(store, file)  # type: ignore[arg-type]

    monkeypatch.setattr(type(output.store), "delete_as_listed", noted)
    gone = prune(output.store, keeping(output, 1, -1))

    assert [path.startswith("manifests/") for path in order] == sorted(
        (path.startswith("manifests/") for path in order), reverse=True
    )
    assert [file.path for file in gone.files] == sorted(order)
    assert {path.partition("/")[0] for path in order} == {"manifests", "_shards", "rejects"}


def test_views_of_pruned_versions_go_and_others_stay(output: Output) -> None:
    nights(output, 3)
    views = [output.root / "versions" / f"{number:06}" for number in (1, 2, 3)]
    assert all(view.is_dir() for view in views)

    prune(output.store, keeping(output, 2, -1))

    assert [view.exists() for view in views] == [False, True, True]


def test_a_version_that_cannot_be_read_leaves_those_before_it_to_be_found(output: Output) -> None:
    shards = nights(output, 3)
    (output.root / read_version(output.store, 2).commit.manifest).unlink()

    gone = paths(prune(output.store, keeping(output, 1, -1)))

    assert [shard.path in gone for shard in shards] == [True, True, False]


def test_what_is_pinned_stays_and_a_pin_of_what_is_gone_stops_everything(output: Output) -> None:
    shards = nights(output, 3)
    pin(output.store, 1, "paper")
    pin(output.store, 1, "gold")

    gone = paths(prune(output.store, keeping(output, 1, -1)))
    assert shards[0].path not in gone
    assert shards[1].path in gone
    assert read_version(output.store, 1)

    output.store.delete([read_version(output.store, 1).commit.manifest])
    with pytest.raises(VersionError) as caught:
        prune(output.store, keeping(output, 1, -1))
    assert str(caught.value).endswith(" It is pinned (gold, paper); `parquetry unpin` gives it up.")
    assert apply_retention(output.store, keeping(output, 1, -1)) == [
        f"Old files are not deleted for now: {caught.value}"
    ]


def test_versions_that_are_gone_within_those_kept_stop_nothing(output: Output) -> None:
    shards = nights(output, 4)
    output.store.delete([read_version(output.store, 2).commit.manifest])

    found = find_garbage(output.store, keeping(output, 3))

    assert shards[1].path in paths(found)  # nobody names it any more, and it is old
    assert shards[2].path not in paths(found)


def test_a_damaged_version_that_is_kept_stops_everything(output: Output) -> None:
    nights(output, 2)
    (output.root / read_version(output.store, 2).commit.manifest).write_text("{")

    with pytest.raises(VersionError):
        find_garbage(output.store, keeping(output, 1, -1))


def test_below_a_row_of_pruned_versions_all_are_taken_for_pruned_but_not_below_a_gap(output: Output) -> None:
    """What looks up when a file was superseded reads no more manifests than it must."""
    shards = nights(output, 9)
    manifests = {number: read_version(output.store, number).commit.manifest for number in range(1, 10)}
    for number in (7, 6, 5, 4):
        output.store.delete([manifests[number]])
    for number in range(1, 10):
        age(output, f"commits/{number:06}.json", 1)

    assert paths(find_garbage(output.store, keeping(output, 1))).isdisjoint({shards[2].path, shards[7].path})
    output.store.delete([manifests[3]])
    found = paths(find_garbage(output.store, keeping(output, 1)))
    assert shards[1].path in found  # five in a row are gone: nobody asks what replaced version 2
    assert shards[7].path not in found
    output.publish(shards[8])  # a version that is there between those that are gone starts the count anew
    age(output, "commits/000010.json", 1)
    assert shards[7].path not in paths(find_garbage(output.store, keeping(output, 1)))


def test_what_another_run_has_renewed_is_not_said_to_be_gone(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = nights(output, 2)
    monkeypatch.setattr(type(output.store), "delete_as_listed", lambda _store, file: file.path != shards[0].path)

    gone = prune(output.store, keeping(output, 1, -1))

    assert shards[0].path not in paths(gone)
    assert paths(gone)


def test_strangers_are_named_and_left(two: Output) -> None:
    for path in ("notes/1.txt", "_shards/a.tar", "reports/mine.html"):
        place = two.root / path
        place.parent.mkdir(exist_ok=True)
        place.write_text("mine")
        age(two, path, 99)

    found = prune(two.store, keeping(two, 1, -1))

    assert set(found.strangers) == {"notes/", "_shards/a.tar", "reports/mine.html"}
    assert apply_retention(two.store, keeping(two, 1, -1)) == [left_alone(found.strangers)]
    assert left_alone(found.strangers).startswith(
        "The output holds what is not this dataset's, and is left alone: notes/"
    )
    assert all((two.root / path).is_file() for path in ("notes/1.txt", "_shards/a.tar", "reports/mine.html"))


def test_retention_that_went_well_has_nothing_to_say(two: Output) -> None:
    assert apply_retention(two.store, keeping(two, 1, -1)) == []
    assert set(list_versions(two.store)) == {1, 2}


def test_shards_of_a_run_go_at_once_where_neither_a_kept_nor_an_older_version_names_them(output: Output) -> None:
    old, kept, spare, others = (output.write_shard([f"cat/{number}"], NAMES) for number in range(4))
    output.publish(old)
    output.publish(kept)
    with open_run(output.store) as run:
        made = [old.path, kept.path, spare.path]
        assert drop_unnamed(run, keeping(output, 1), made) == []
        assert [output.store.exists(entry.path) for entry in (old, kept, spare, others)] == [True, True, False, True]

        (Path(output.root) / read_version(output.store, 2).commit.manifest).write_text("{")
        (told,) = drop_unnamed(run, keeping(output, 1), made)
        assert told.startswith("Shards that no version names are not deleted for now: ")
        assert drop_unnamed(run, keeping(output, 1), []) == []


@pytest.mark.parametrize(("moved", "since", "goes"), [(2, 9, False), (5, 9, True), (5, 1, True)])
def test_what_lies_in_the_pool_of_format_1_goes_by_the_first_commit_that_named_todays(
    two: Output, moved: float, since: float, goes: bool
) -> None:
    as_format_1(two)
    with open_run(two.store) as run:
        assert run.history.manifest is not None
        two.publish(*run.history.manifest.shards, run=run)
    two.publish(*read_version(two.store, 3).manifest.shards)
    for file in two.root.rglob("*"):
        if file.is_file():
            age(two, str(file.relative_to(two.root)), 20)
    age(two, "commits/000003.json", moved)
    age(two, "commits/000004.json", min(moved, since))

    found = find_garbage(two.store, keeping(two, 9))

    old = {path for path in paths(found) if path.startswith("shards/")}
    assert len(old) == (2 if goes else 0)
    assert found.waiting == (0 if goes else 2)
    assert paths(found) == old
