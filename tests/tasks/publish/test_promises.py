"""Promises of the life of versions that are kept to the second, to the file and to the word."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tasks.errors import ConfigError, RefusedError, VersionError
from tasks.publish import open_run, told_of_others
from tasks.publish.audit import verify_version
from tasks.publish.commits import create_commit
from tasks.publish.history import list_versions, read_commit, read_history
from tasks.publish.life import pin, release, roll_back, unpin
from tasks.publish.retention import find_garbage, prune
from tasks.publish.runs import refuse_held
from tasks.storage import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog"]
DAY = 86400.0


def made_ago(path: Path, days: float) -> None:
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))


@pytest.mark.parametrize(("days", "goes"), [(2.99, False), (3.01, True)])
def test_what_no_version_names_goes_once_it_is_older_than_the_grace(two: Output, days: float, goes: bool) -> None:
    spare = [two.write_shard(["cat/9"], NAMES).path, *_left_by_runs(two)]
    for path in spare:
        made_ago(two.root / path, days)

    gone = prune(two.store, two.settings)

    assert sorted(file.path for file in gone.files) == (sorted(spare) if goes else [])
    assert gone.waiting == (0 if goes else len(spare))
    assert all(two.store.exists(path) is not goes for path in spare)
    assert verify_version(two.store, None).problems == ()


def _left_by_runs(two: Output) -> list[str]:
    paths = [f"manifests/{'0' * 16}.json", f"rejects/{'0' * 16}.parquet", f"reports/{'0' * 16}.html"]
    for path in paths:
        two.store.replace(path, b"{}")
    return paths


@pytest.mark.parametrize(("days", "goes"), [(2.99, False), (3.01, True)])
def test_age_counts_from_when_a_version_was_superseded_however_old_its_files_are(
    two: Output, days: float, goes: bool
) -> None:
    for path in two.root.rglob("*"):
        if path.is_file():
            made_ago(path, 400)
    made_ago(two.root / "commits" / "000002.json", days)  # what superseded version 1

    found = find_garbage(two.store, two.settings.model_copy(update={"keep_versions": 1}))

    manifest = read_commit(two.store, 1).manifest
    assert (manifest in {file.path for file in found.files}) is goes
    assert found.waiting == (0 if goes else 1)  # all else that it names is that of version 2, too


def test_of_a_pinned_version_nothing_goes_until_it_is_unpinned(two: Output) -> None:
    two.publish(two.write_shard(["dog/9"], NAMES))
    settings = two.settings.model_copy(update={"keep_versions": 1, "grace_days": 0.0})
    pin(two.store, 1, "model")

    prune(two.store, settings)
    assert verify_version(two.store, 1).problems == ()
    with pytest.raises(VersionError, match="pruned"):
        roll_back(two.store, 2)

    unpin(two.store, 1)
    prune(two.store, settings)
    with pytest.raises(VersionError, match="pruned"):
        roll_back(two.store, 1)


def test_a_pins_name_belongs_to_one_version_and_pinning_again_is_no_error(two: Output) -> None:
    assert pin(two.store, 1, "model") == pin(two.store, 1, "model") == "pins/model.json"
    with pytest.raises(ConfigError, match="keeps version 1 already"):
        pin(two.store, 2, "model")


def test_a_held_version_refuses_runs_until_it_is_released_which_is_a_commit_of_the_same(two: Output) -> None:
    held = roll_back(two.store, 1)
    with pytest.raises(RefusedError, match=r"held: version 3 was rolled back to .*`parquetry release"):
        refuse_held(two.run())

    freed = release(two.store)

    refuse_held(two.run())
    assert (held.hold, freed.hold) == (True, False)
    assert held.manifest == freed.manifest == read_commit(two.store, 1).manifest
    with pytest.raises(RefusedError, match="is not held"):
        release(two.store)


def test_class_ids_are_used_once_over_all_commits_also_after_a_rollback(two: Output) -> None:
    two.publish(two.write_shard(["fox/1"], [*NAMES, "fox"]), names=[*NAMES, "fox"])

    roll_back(two.store, 1)
    release(two.store)

    assert read_history(two.store).class_names == {"label": [*NAMES, "fox"]}


def test_a_commit_is_numbered_without_gaps_and_made_once(two: Output) -> None:
    again = read_commit(two.store, 2).model_copy(update={"run": "another"})
    with pytest.raises(RefusedError, match="superseded: version 2 was published"):
        create_commit(two.store, again)
    assert create_commit(two.store, read_commit(two.store, 2)) == []  # it is its own
    assert list_versions(two.store) == [1, 2]

    two.store.delete(["commits/000001.json"])
    with pytest.raises(VersionError, match=r"commits/000001\.json is missing, so a commit was lost"):
        list_versions(two.store)


def test_a_run_is_told_at_its_start_of_another_one_that_is_at_work(two: Output) -> None:
    assert told_of_others(two.place) == ""
    with open_run(two.store) as run:
        told = told_of_others(two.place)
        assert told.startswith("another run of this dataset has been at work since 20")
        assert run.id in told
    assert told_of_others(two.place) == ""


def test_of_a_run_that_died_nobody_is_told(two: Output) -> None:
    dead = two.root / "runs" / "20260101T000000Z-deadbeef"
    dead.mkdir(parents=True)
    dead.with_name(f"{dead.name}.lock").touch()
    assert isinstance(two.store, LocalStore)

    assert told_of_others(two.place) == ""
