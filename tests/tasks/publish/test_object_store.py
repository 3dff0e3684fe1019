"""Versions in an object store, served by a moto process: the fence, the life of versions, what goes and what stays."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import pytest
import s3fs
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractFileSystem

from tasks.errors import ConfigError, OutputError, RefusedError, VersionError
from tasks.publish import check_output
from tasks.publish.audit import verify_version
from tasks.publish.commits import create_commit
from tasks.publish.history import list_versions, read_commit, read_version
from tasks.publish.life import compare_versions, pin, release, roll_back, unpin
from tasks.publish.retention import find_garbage, prune
from tasks.publish.runs import open_run
from tasks.publish.settings import OutputSettings
from tasks.publish.versions import describe_versions, version_files, version_path
from tasks.samples import StoreUrl
from tasks.storage import open_store

if TYPE_CHECKING:
    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog"]


@pytest.fixture
def place(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StoreUrl:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = s3fs.S3FileSystem(endpoint_url=s3, skip_instance_cache=True)
    bucket = re.sub(r"[^a-z0-9]", "", tmp_path.name.lower())[-40:]
    files.mkdir(bucket)
    return StoreUrl(f"s3://{bucket}/pets", {"endpoint_url": s3})


@pytest.fixture
def output(place: StoreUrl) -> Output:
    from tests.tasks.publish.conftest import Output  # noqa: PLC0415 - found once the test runs

    return Output(place)


def test_of_many_that_commit_at_once_one_succeeds(two: Output) -> None:
    commit = read_commit(two.store, 2).model_copy(update={"version": 3})
    start = threading.Barrier(4)
    told: list[str] = []

    def publish(number: int) -> None:
        store = two.store
        start.wait()
        try:
            create_commit(store, commit.model_copy(update={"run": f"run-{number}"}))
            told.append("published")
        except RefusedError as refusal:
            told.append(str(refusal))

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told.count("published") == 1
    assert sum("superseded: version 3 was published at" in text for text in told) == 3


def test_versions_live_in_an_object_store_as_on_a_disk(two: Output) -> None:
    assert verify_version(two.store, None).problems == ()
    assert [file.startswith(f"{two.place.url}/_shards/") for file in version_files(two.store, None)] == [True, True]
    assert sorted(compare_versions(two.store, 1, 2).added) == ["cat/2", "dog/2"]
    with pytest.raises(ConfigError, match="`parquetry files`"):
        version_path(two.store, None)

    commit = roll_back(two.store, 1)
    assert (commit.version, commit.hold) == (3, True)
    assert release(two.store).version == 4
    assert [line.kind for line in describe_versions(two.store)] == ["refresh", "refresh", "rollback", "release"]
    assert version_files(two.store, None) == version_files(two.store, 1)


def test_retention_takes_what_is_old_and_leaves_pins(two: Output) -> None:
    pin(two.store, 1, "model")
    two.publish(two.write_shard(["dog/9"], NAMES))
    settings = two.settings.model_copy(update={"keep_versions": 1})
    assert find_garbage(two.store, settings).files == ()

    gone = prune(two.store, settings.model_copy(update={"grace_days": -1.0}))

    second = read_version(two.store, 1).manifest.shards[0].path
    assert len(gone.files) == 2  # the manifest of version 2, and the shard that only it had
    assert second not in {file.path for file in gone.files}
    with pytest.raises(VersionError, match="pruned"):
        version_files(two.store, 2)
    unpin(two.store, 1)
    assert verify_version(two.store, 3).problems == ()


def test_renewing_gives_a_file_a_new_age_and_the_same_bytes(two: Output) -> None:
    (before, *_) = two.store.list_files("_shards")
    data = two.store.read_bytes(before.path)
    threading.Event().wait(1.1)  # the store's clock has seconds

    two.store.renew(before.path)

    (after, *_) = two.store.list_files("_shards")
    assert after.modified > before.modified
    assert two.store.read_bytes(before.path) == data
    assert not two.store.delete_as_listed(before)
    assert two.store.delete_as_listed(after)


def test_damage_is_noticed(two: Output) -> None:
    path = read_version(two.store, 2).manifest.shards[0].path
    data = two.store.read_bytes(path)
    two.store.replace(path, data[:-9] + b"X" + data[-8:])

    assert [problem[0] for problem in verify_version(two.store, None).problems] == [path]


def test_the_output_is_probed_and_nothing_is_left(two: Output, place: StoreUrl) -> None:
    check_output(two.settings, "pets", [])
    with open_run(two.store) as run:
        two.store.replace(f"{run.folder}/plan.arrow", b"1")

    assert two.store.list_files("runs") == []
    with pytest.raises(OutputError, match="holds the dataset 'pets', not 'dogs'"):
        check_output(two.settings, "dogs", [])
    assert list_versions(open_store(place)) == [1, 2]


def test_a_store_that_is_not_there_is_told_without_a_traceback(tmp_path: Path, place: StoreUrl) -> None:
    gone = StoreUrl("s3://nowhere-at-all/pets", place.options)
    with pytest.raises(OutputError, match="nowhere-at-all"):
        check_output(OutputSettings(path=gone.url, storage_options=dict(gone.options)), "pets", [])
    assert not any(tmp_path.rglob("*.parquet"))


def test_what_dead_processes_left_on_this_machine_is_swept(two: Output, tmp_path: Path) -> None:
    folder, dead = tmp_path / f"parquetry-{os.getuid()}", "0" * 32
    (folder / dead).mkdir(parents=True)
    (folder / dead / "shard-0.parquet").write_bytes(b"half")
    (folder / f"{dead}.lock").touch()

    with open_run(two.store), two.store.temporary("runs/x") as living:
        two.store.sweep()
        assert living.is_dir()

    assert list(folder.iterdir()) == []


class Asking(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """Creates files as fsspec does where a file system has no way of its own: it asks, and then it writes."""

    protocol = "asking"
    pipe_file = AbstractFileSystem.pipe_file


def test_a_store_that_asks_before_it_writes_is_refused_unless_there_is_one_writer() -> None:
    fsspec.register_implementation("asking", Asking, clobber=True)
    settings = OutputSettings(path="asking://datasets/pets")

    with pytest.raises(OutputError, match=r"only if it is absent.* set `output\.single_writer: true`"):
        check_output(settings, "pets", [])
    check_output(settings.model_copy(update={"single_writer": True}), "pets", [])
    assert open_store(settings.place).list_files("") == []
