"""The pool is not the data of any version: readers pass over it; outputs of format 1 are moved, and lose nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tasks.errors import VersionError
from tasks.publish import open_run
from tasks.publish.audit import verify_version
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.history import list_versions, read_commit, read_history, read_version
from tasks.publish.life import release, roll_back
from tasks.publish.retention import drop_unnamed, find_garbage, prune
from tasks.publish.versions import version_files
from tasks.storage import LocalStore
from tests.tasks.publish.conftest import as_format_1

if TYPE_CHECKING:
    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog"]


@pytest.mark.parametrize(
    "rows_in",
    [
        pytest.param(lambda root: ds.dataset(root, format="parquet").count_rows(), id="pyarrow.dataset"),
        pytest.param(lambda root: pq.read_table(root).num_rows, id="pyarrow.parquet"),
        pytest.param(lambda root: len(pd.read_parquet(root)), id="pandas"),
    ],
)
def test_readers_of_a_folder_pass_over_the_pool(two: Output, rows_in: Callable[[str], int]) -> None:
    two.write_shard(["cat/7", "cat/8", "cat/9"], NAMES)
    for other in ("commits", "manifests", "rejects", "README.md", "latest.json", "croissant.json", "versions/000001"):
        (two.root / other).rename(two.root.parent / other.replace("/", "-"))
    for other in ("README.md", "manifest.json", "rejects.parquet"):
        (two.root / "versions" / "000002" / other).unlink()

    assert rows_in(str(two.root)) == 4


def test_lists_of_files_in_the_pool_are_read_by_all(two: Output, tmp_path: Path) -> None:
    files = version_files(two.store, None)

    assert len(pd.read_parquet(files)) == ds.dataset(files).count_rows() == 4
    assert pl.scan_parquet(files).select(pl.len()).collect().item() == 4
    assert duckdb.read_parquet(files).count("*").fetchall() == [(4,)]
    loaded = datasets.load_dataset(str(two.root), cache_dir=str(tmp_path / "cache"))
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 2, "test": 2}


def test_an_output_of_format_1_is_read_verified_and_listed(two: Output) -> None:
    as_format_1(two)

    assert read_history(two.store).is_current is False
    assert all("/out/shards/" in file and Path(file).is_file() for file in version_files(two.store, None))
    for version in (1, 2):
        assert verify_version(two.store, version).problems == ()
    assert find_garbage(two.store, two.settings).files == ()


def test_the_next_run_moves_an_output_of_format_1(two: Output) -> None:
    as_format_1(two)
    lists = version_files(two.store, 1), version_files(two.store, 2)

    with open_run(two.store) as run:
        assert run.history.manifest is not None
        assert [shard.path.split("/")[0] for shard in run.history.manifest.shards] == ["_shards", "_shards"]
        two.publish(*run.history.manifest.shards, run=run)

    assert read_commit(two.store, 3).format == 2
    for version in (1, 2, 3):
        assert verify_version(two.store, version).problems == ()
        assert all("/out/_shards/" in file for file in version_files(two.store, version))
    assert "shards/" not in (two.root / "README.md").read_text().replace("_shards/", "")
    assert prune(two.store, two.settings).files == ()
    assert all(Path(file).is_file() for files in lists for file in files)  # who has an old list goes on reading

    prune(two.store, two.settings.model_copy(update={"grace_days": 0.0}))
    assert list((two.root / "shards").iterdir()) == []
    for version in (1, 2, 3):
        assert verify_version(two.store, version).problems == ()


def test_a_version_of_format_1_is_rolled_back_to_and_released(two: Output) -> None:
    as_format_1(two)

    assert roll_back(two.store, 1).version == 3
    assert release(two.store).version == 4

    refresh_derived(two.store, two.settings)
    prune(two.store, two.settings.model_copy(update={"grace_days": 0.0}))
    assert read_version(two.store, 4).manifest.shards == read_version(two.store, 1).manifest.shards
    names = [json.loads(two.store.read_bytes(read_commit(two.store, number).manifest))["shards"] for number in (3, 4)]
    assert [shard["path"].split("/")[0] for shards in names for shard in shards] == ["_shards", "_shards"]
    assert verify_version(two.store, None).problems == ()


class Killed(BaseException):
    """The end of a process."""


@pytest.mark.parametrize("command", ["run", "rollback"])
def test_whenever_moving_is_ended_all_versions_are_there_and_the_next_run_goes_on(
    two: Output, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    as_format_1(two)
    two.store.replace("_shards/.parquetry-tmp-x", b"")
    steps = itertools.count()
    for step in steps:
        with monkeypatch.context() as patch:
            left = iter([*[False] * step, True])
            for name in ("link", "replace", "create", "delete", "delete_as_listed"):
                patch.setattr(LocalStore, name, _dying(getattr(LocalStore, name), left))
            try:
                _move(two, command)
                break
            except Killed:
                pass
        for version in list_versions(two.store):
            assert verify_version(two.store, version).problems == ()
            assert all(Path(file).is_file() for file in version_files(two.store, version))

    assert step >= 4
    assert read_history(two.store).is_current
    prune(two.store, two.settings.model_copy(update={"grace_days": 0.0}))
    for version in list_versions(two.store):
        assert verify_version(two.store, version).problems == ()
    assert list((two.root / "shards").iterdir()) == []


def _dying(function: Callable[..., object], left: object) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        if next(left, False):  # type: ignore[call-overload]
            raise Killed
        return function(*arguments)

    return call


def _move(output: Output, command: str) -> None:
    if command == "rollback":
        roll_back(output.store, 1)
        refresh_derived(output.store, output.settings)
        return
    with open_run(output.store) as run:
        assert run.history.manifest is not None
        if not run.history.is_current:
            output.publish(*run.history.manifest.shards, run=run)
        refresh_derived(output.store, output.settings)


def test_an_older_parquetry_refuses_what_is_moved(two: Output) -> None:
    commit = json.loads(two.store.read_bytes("commits/000002.json"))

    assert commit["format"] == 2
    assert json.loads(two.store.read_bytes(commit["manifest"]))["format"] == 2


def test_shards_that_were_on_the_way_to_others_go_at_once(two: Output) -> None:
    with open_run(two.store) as run:
        made = [two.write_shard([f"cat/{number}"], NAMES) for number in (5, 6)]
        two.publish(made[0], run=run)
        superseded = read_version(two.store, 2).manifest.shards[1].path
        settings = two.settings.model_copy(update={"keep_versions": 1})

        assert drop_unnamed(run, settings, [shard.path for shard in made] + [superseded]) == []

    assert two.store.exists(made[0].path)
    assert two.store.exists(superseded)  # a version named it, and it is read until the grace is over
    assert not two.store.exists(made[1].path)


def test_they_stay_where_another_run_is_at_work(two: Output) -> None:
    with open_run(two.store) as run, open_run(two.store):
        made = two.write_shard(["cat/5"], NAMES)
        drop_unnamed(run, two.settings, [made.path])
    assert two.store.exists(made.path)


def test_a_missing_shard_of_format_1_is_named_as_it_was(two: Output) -> None:
    as_format_1(two)
    (two.root / "shards" / Path(version_files(two.store, 1)[0]).name).unlink()

    (problem,) = verify_version(two.store, 1).problems
    assert problem[0].startswith("shards/train-")
    with pytest.raises(VersionError, match="is missing"):
        roll_back(two.store, 1)
