"""Two runs at once, a run that slept, and what retention may take: nothing newer is undone, nothing in use is lost."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from tasks.errors import OutputError, RefusedError, VersionError
from tasks.publish import commits, retention
from tasks.publish.commits import create_commit, refuse_superseded
from tasks.publish.derived import repair
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.documents import Commit
from tasks.publish.history import list_versions, read_commit, read_version
from tasks.publish.life import pin, roll_back
from tasks.publish.retention import find_garbage, prune
from tasks.publish.row_index import read_rows, with_spare
from tasks.publish.runs import open_run
from tasks.publish.state import ABSENT_SCHEMA, PATH, State, read_state, save_state
from tasks.publish.versions import version_files, version_path
from tasks.storage import LocalStore

if TYPE_CHECKING:
    from tasks.plan import Rows
    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog"]
DAY = 86400.0


def age(output: Output, path: str, days: float) -> None:
    """Make a file that many days older."""
    place = output.root / path
    modified = place.stat().st_mtime - days * DAY
    os.utime(place, (modified, modified))


def absent(nights: int) -> State:
    return State(absent=pa.table({"sample_id": ["cat/1"], "nights": [nights]}, schema=ABSENT_SCHEMA))


def test_of_many_that_commit_at_once_one_succeeds_and_the_others_say_who(two: Output) -> None:
    commit = read_commit(two.store, 2).model_copy(update={"version": 3})
    start = threading.Barrier(8)
    told: list[str] = []

    def publish(number: int) -> None:
        start.wait()
        try:
            assert create_commit(two.store, commit.model_copy(update={"run": f"run-{number}"})) == []
            told.append("published")
        except RefusedError as refusal:
            told.append(str(refusal))

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = read_commit(two.store, 3).run
    assert told.count("published") == 1
    assert (
        sum(f"superseded: version 3 was published at {commit.time} by the run {winner}" in text for text in told) == 7
    )


def test_a_run_that_slept_is_refused_and_its_files_are_left(two: Output) -> None:
    slept = two.run()
    shard = two.write_shard(["cat/3"], NAMES)
    two.publish(two.write_shard(["cat/4"], NAMES))

    with pytest.raises(RefusedError, match="superseded: version 3 was published"):
        refuse_superseded(slept)
    with pytest.raises(RefusedError, match="superseded: version 3 was published"):
        two.publish(shard, run=slept)
    assert list_versions(two.store) == [1, 2, 3]
    assert two.store.exists(shard.path)


def test_a_commit_whose_answer_was_lost_is_not_another_runs(two: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = read_commit(two.store, 2).model_copy(update={"version": 3, "run": "mine"})
    create = LocalStore.create

    def twice(store: LocalStore, path: str, data: bytes) -> None:
        create(store, path, data)
        create(store, path, data)

    monkeypatch.setattr(LocalStore, "create", twice)

    assert create_commit(two.store, commit) == []


def test_a_commit_that_is_there_but_could_not_be_synced_is_published_with_a_warning(
    two: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = read_commit(two.store, 2).model_copy(update={"version": 3, "run": "mine"})
    create = LocalStore.create

    def unsynced(store: LocalStore, path: str, data: bytes) -> None:
        create(store, path, data)
        raise OutputError("Input/output error")

    monkeypatch.setattr(LocalStore, "create", unsynced)

    (warning,) = create_commit(two.store, commit)
    assert "Version 3 is published, but a power loss may undo that" in warning


def test_what_is_derived_is_looked_at_again_after_it_is_written(two: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = iter([two.write_shard(["dog/9"], NAMES)])
    write = repair.latest_json

    def slow(*arguments: object) -> bytes:
        data = write(*arguments)  # type: ignore[arg-type]
        for shard in newer:  # another run publishes before this one writes
            commits.commit_version(two.run(), two.manifest([shard], NAMES), {"label": NAMES})
        return data

    monkeypatch.setattr(repair, "latest_json", slow)
    (two.root / "latest.json").unlink()
    refresh_derived(two.store, two.settings)

    assert b'"version": 3' in (two.root / "latest.json").read_bytes()
    assert (two.root / "versions" / "000003" / "data").is_dir()


def test_a_run_that_slept_removes_no_view_of_a_newer_version(two: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    two.publish(two.write_shard(["dog/9"], NAMES))
    monkeypatch.setattr(repair, "list_versions", lambda _store: [1, 2])

    refresh_derived(two.store, two.settings)

    assert (two.root / "versions" / "000003" / "data").is_dir()


def test_state_is_not_put_back_by_a_run_that_slept(two: Output) -> None:
    slept, before = two.run(), read_state(two.store)
    other = two.run()
    save_state(other, absent(2), before, 2)

    save_state(slept, absent(1), before, 2)  # nothing was published meanwhile: the other run's state is newer

    assert read_state(two.store).absent["nights"].to_pylist() == [2]
    two.publish(two.write_shard(["dog/9"], NAMES))
    save_state(slept, absent(1), read_state(two.store), 2)
    assert read_state(two.store).absent["nights"].to_pylist() == [2]


def test_state_put_over_a_newer_one_goes(two: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    run, before = two.run(), read_state(two.store)
    replace_file = LocalStore.replace

    def slow(store: LocalStore, path: str, data: bytes) -> None:
        if path == PATH:
            monkeypatch.undo()
            two.publish(two.write_shard(["dog/9"], NAMES))
        replace_file(store, path, data)

    monkeypatch.setattr(LocalStore, "replace", slow)
    save_state(run, absent(1), before, 2)

    assert read_state(two.store) == State()


def test_a_state_that_is_as_it_was_is_not_written(two: Output) -> None:
    save_state(two.run(), absent(1), read_state(two.store), 2)
    written = (two.root / PATH).stat().st_mtime_ns

    save_state(two.run(), replace(read_state(two.store)), read_state(two.store), 2)

    assert (two.root / PATH).stat().st_mtime_ns == written


def test_a_finished_shard_that_is_old_for_the_grace_is_renewed_when_it_is_adopted(two: Output) -> None:
    for number, days in ((7, 2.0), (8, 0.5)):
        age(two, two.write_shard([f"cat/{number}"], NAMES).path, days)
    spare = {path: (two.root / path).stat().st_mtime for path in _unnamed(two)}

    rows = with_spare(two.store, _rows_of_newest(two), [], lambda _: True, two.settings.grace)

    assert {"cat/7", "cat/8"} <= set(rows.table["sample_id"].to_pylist())
    renewed = [path for path, before in spare.items() if (two.root / path).stat().st_mtime > before]
    assert len(renewed) == 1
    assert find_garbage(two.store, two.settings).files == ()


def _unnamed(output: Output) -> list[str]:
    named = {file.path for file in read_version(output.store, 2).manifest.files}
    return [file.path for file in output.store.list_files("_shards") if file.path not in named]


def _rows_of_newest(output: Output) -> Rows:
    return read_rows(output.store, read_version(output.store, 2).manifest.shards)


def test_garbage_that_is_renewed_while_it_is_deleted_stays(two: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [two.write_shard([f"cat/{number}"], NAMES).path for number in (7, 8)]
    for path in paths:
        age(two, path, 4)
    find = retention.find_garbage

    def then_adopted(store: LocalStore, settings: object) -> object:
        found = find(store, settings)  # type: ignore[arg-type]
        two.store.renew(paths[0])
        return found

    monkeypatch.setattr(retention, "find_garbage", then_adopted)
    gone = prune(two.store, two.settings)

    assert [file.path for file in gone.files] == [paths[1]]
    assert two.store.exists(paths[0])


def test_a_version_that_is_no_longer_kept_can_be_read_until_the_grace_is_over(two: Output) -> None:
    settings = two.settings.model_copy(update={"keep_versions": 1})
    view = version_path(two.store, 1)

    for days in (0.0, 2.9):
        for commit in ("commits/000001.json", "commits/000002.json"):
            age(two, commit, days)
        refresh_derived(two.store, settings)
        prune(two.store, settings)
        assert all(os.path.exists(file) for file in version_files(two.store, 1))  # noqa: PTH110 - as readers get them
        assert os.listdir(view)  # noqa: PTH208

    for file in two.root.rglob("*"):
        if file.is_file():
            age(two, str(file.relative_to(two.root)), 4)
    prune(two.store, settings)
    with pytest.raises(VersionError, match="pruned"):
        version_files(two.store, 1)
    assert [path.name for path in (two.root / "versions").iterdir()] == ["000002"]
    assert len(version_files(two.store, 2)) == 2


def test_pruning_that_is_cut_short_leaves_a_version_whole_or_not_there(
    two: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.publish(two.write_shard(["dog/9"], NAMES))
    settings = two.settings.model_copy(update={"keep_versions": 1, "grace_days": -1.0})
    manifests = {read_version(two.store, number).commit.manifest for number in (1, 2)}
    delete = LocalStore.delete_as_listed
    gone: list[str] = []

    def cut_short(store: LocalStore, file: object) -> bool:
        if len(gone) == 2:
            raise OutputError("the power went")
        gone.append(file.path)  # type: ignore[attr-defined]
        return delete(store, file)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalStore, "delete_as_listed", cut_short)
    with pytest.raises(OutputError):
        prune(two.store, settings)

    assert set(gone) == manifests


def test_pins_keep_versions_and_rollbacks_name_them_again(two: Output) -> None:
    pin(two.store, 1, "model-x")
    two.publish(two.write_shard(["dog/9"], NAMES))
    settings = two.settings.model_copy(update={"keep_versions": 1, "grace_days": -1.0})
    prune(two.store, settings)

    assert len(version_files(two.store, 1)) == 1
    with pytest.raises(VersionError, match="pruned"):
        roll_back(two.store, 2)
    commit = roll_back(two.store, 1)
    assert (commit.version, commit.hold) == (4, True)
    prune(two.store, settings)
    assert version_files(two.store, 4) == version_files(two.store, 1)


def test_a_rollback_renews_what_retention_is_about_to_take(two: Output) -> None:
    path = read_version(two.store, 1).manifest.shards[0].path
    age(two, path, 10)
    before = (two.root / path).stat().st_mtime

    roll_back(two.store, 1)

    assert (two.root / path).stat().st_mtime > before


def test_clocks_that_go_backwards_delete_nothing(two: Output) -> None:
    spare = two.write_shard(["cat/9"], NAMES).path
    for path in (spare, "commits/000001.json", "commits/000002.json"):
        age(two, path, -300)  # the clock was a year ahead when they were written

    assert find_garbage(two.store, two.settings.model_copy(update={"keep_versions": 1})).files == ()


def test_a_dead_run_is_swept_and_a_living_one_is_not(two: Output) -> None:
    with open_run(two.store) as living:
        (two.root / living.folder / "plan.arrow").write_bytes(b"a plan")
        dead = two.root / "runs" / "20260101T000000Z-deadbeef"
        dead.mkdir()
        (dead / "plan.arrow").write_bytes(b"a plan")
        (two.root / "runs" / f"{dead.name}.lock").touch()
        (two.root / "runs" / ".parquetry-tmp-1").write_bytes(b"half a file")

        with open_run(two.store):
            assert sorted(path.name for path in (two.root / "runs").iterdir() if path.is_dir())[-1] != dead.name
            assert (two.root / living.folder / "plan.arrow").exists()
            assert not (two.root / "runs" / ".parquetry-tmp-1").exists()
    assert list((two.root / "runs").iterdir()) == []


def test_a_commit_names_its_run_and_no_two_are_the_same(two: Output) -> None:
    runs = [read_commit(two.store, number).run for number in (1, 2)]
    commit: Commit = roll_back(two.store, 1)

    assert len({*runs, commit.run}) == 3
