"""Files on a local disk: made in one step or not at all, synced before they are seen, swept when their maker died."""

from __future__ import annotations

import errno
import fcntl
import filecmp
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

from tasks.errors import OutputError
from tasks.samples import StoreUrl
from tasks.storage import TEMPORARY_PREFIX, LocalStore, claims

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(StoreUrl(str(tmp_path / "out")))


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every sync and every change of a name, in their order."""
    seen: list[str] = []

    def watch(name: str, describe: object) -> None:
        change = getattr(os, name)

        def watched(*arguments: object, **named: object) -> object:
            seen.append(describe(*arguments))  # type: ignore[operator]
            return change(*arguments, **named)

        monkeypatch.setattr(os, name, watched)

    watch("fsync", lambda handle: f"sync {Path(f'/proc/self/fd/{handle}').resolve().name}")
    for name in ("link", "replace", "rename"):
        watch(name, lambda source, target, _name=name: f"{_name} {Path(source).name} {Path(target).name}")
    watch("mkdir", lambda path, *_: f"mkdir {Path(path).name}")
    return seen


def as_seen(operations: list[str]) -> list[str]:
    """With the name of every temporary file as ``tmp``."""
    words = (text.split() for text in operations)
    return [" ".join("tmp" if TEMPORARY_PREFIX in word else word for word in line) for line in words]


def test_a_file_and_its_folders_are_synced_before_the_next_step(store: LocalStore, operations: list[str]) -> None:
    store.create("commits/1.json", b"1")
    store.replace("latest.json", b"2")

    assert as_seen(operations) == [
        *["mkdir out", f"sync {store.root.parent.name}", "mkdir commits", "sync out", "mkdir runs", "sync out"],
        *["sync tmp", "link tmp 1.json", "sync commits", "sync tmp", "replace tmp latest.json", "sync out"],
    ]


def test_an_adopted_file_is_synced_with_its_folder(store: LocalStore, operations: list[str]) -> None:
    with store.temporary("runs/a") as folder:
        (folder / "shard").write_bytes(b"bytes")
        operations.clear()
        store.adopt(folder / "shard", "_shards/a.parquet")

    assert operations[-3:] == ["sync shard", "replace shard a.parquet", "sync _shards"]


def test_a_file_that_is_adopted_again_keeps_its_links(store: LocalStore) -> None:
    for _ in range(2):
        with store.temporary("runs/a") as folder:
            (folder / "shard").write_bytes(b"bytes")
            store.adopt(folder / "shard", "_shards/a.parquet")
        if not (store.root / "view").exists():
            (store.root / "view").hardlink_to(store.root / "_shards" / "a.parquet")
            os.utime(store.root / "view", (1, 1))

    assert (store.root / "view").samefile(store.root / "_shards" / "a.parquet")
    assert store.list_files("_shards")[0].modified > 1  # and has a new age


def test_a_damaged_file_is_mended_by_one_that_is_adopted(store: LocalStore) -> None:
    store.replace("_shards/a.parquet", b"bits!")
    with store.temporary("runs/a") as folder:
        (folder / "shard").write_bytes(b"bytes")
        store.adopt(folder / "shard", "_shards/a.parquet")

    assert store.read_bytes("_shards/a.parquet") == b"bytes"


def test_of_many_that_create_a_file_one_succeeds(store: LocalStore) -> None:
    for number in range(20):
        made = create_at_once(store, f"commits/{number}.json")
        assert [store.read_bytes(f"commits/{number}.json")] == made


def create_at_once(store: LocalStore, path: str) -> list[bytes]:
    """What those of four threads wrote that made the file."""
    start = threading.Barrier(4)
    made: list[bytes] = []

    def create(data: bytes) -> None:
        start.wait()
        with suppress(FileExistsError):
            store.create(path, data)
            made.append(data)

    threads = [threading.Thread(target=create, args=(str(number).encode(),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def test_a_listing_misses_nothing_while_other_files_come_and_go(store: LocalStore) -> None:
    for number in range(1, 40):
        store.create(f"commits/{number:06}.json", b"1")
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            place = store.root / "commits" / "000000.part"
            place.touch()
            place.unlink()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(300):
            found = [file.path for file in store.list_files("commits") if file.path.endswith(".json")]
            assert len(found) == 39
    finally:
        ended.set()
        thread.join()


def test_sweeping_takes_what_the_dead_left_and_nothing_of_the_living(store: LocalStore) -> None:
    program = (
        "import sys, signal; from pathlib import Path; from tasks.storage.claims import claimed_file, claimed_folder\n"
        "runs = Path(sys.argv[1])\n"
        "with claimed_folder(runs, 'probe-' + '0' * 32) as folder, claimed_file(runs) as (path, file):\n"
        "    (folder / 'plan').write_bytes(b'1'); file.write(b'half'); file.flush()\n"
        "    print('ready', flush=True); signal.pause()\n"
    )
    command = [sys.executable, "-P", "-c", program, str(store.root / "runs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        before = sorted(path.name for path in (store.root / "runs").iterdir())
        store.sweep()
        assert sorted(path.name for path in (store.root / "runs").iterdir()) == before
        child.send_signal(signal.SIGKILL)

    store.sweep()

    assert len(before) == 3
    assert list((store.root / "runs").iterdir()) == []


def test_sweeping_while_others_write_breaks_nothing(store: LocalStore) -> None:
    ended = threading.Event()

    def sweep() -> None:
        while not ended.is_set():
            store.sweep()

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in sweepers:
        thread.start()
    try:
        for number in range(150):
            store.replace("latest.json", str(number).encode())
            with store.claim(f"runs/{number}"):
                (store.root / "runs" / str(number) / "plan").touch()
    finally:
        ended.set()
        for thread in sweepers:
            thread.join()
    assert store.read_bytes("latest.json") == b"149"


def test_a_folder_that_is_removed_while_it_is_used_is_made_again(store: LocalStore) -> None:
    ended = threading.Event()

    def remove() -> None:
        while not ended.is_set():
            for folder in (store.root / "runs", store.root):
                try:
                    folder.rmdir()
                except OSError:
                    continue

    thread = threading.Thread(target=remove)
    thread.start()
    try:
        for number in range(25):
            with store.claim(f"runs/{number}"):
                assert (store.root / "runs" / str(number)).is_dir()
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("removed", ["runs", "."])
def test_a_folder_that_is_removed_as_soon_as_it_is_made_comes_with_what_is_in_it(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, removed: str
) -> None:
    make = Path.mkdir

    def mkdir(folder: Path, *given: Any, **options: Any) -> None:
        make(folder, *given, **options)
        if folder == store.root / removed:
            folder.rmdir()

    monkeypatch.setattr(Path, "mkdir", mkdir)

    with store.claim("runs/1"):
        assert (store.root / "runs" / "1").is_dir()
    assert list(store.root.parent.iterdir()) == [store.root]
    assert list(store.root.iterdir()) == [store.root / "runs"]
    assert list((store.root / "runs").iterdir()) == []


def test_a_folder_that_another_process_made_and_filled_is_not_replaced(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, make, theirs = Path.rename, Path.mkdir, store.root / "runs" / "theirs"
    made: list[Path] = []

    def mkdir(folder: Path, *given: Any, **options: Any) -> None:
        make(folder, *given, **options)
        if folder == store.root and not made:
            made.append(folder)
            folder.rmdir()

    def rename_late(folder: Path, target: Path) -> Path:
        make(theirs.parent, parents=True)
        theirs.touch()
        return rename(folder, target)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rename", rename_late)

    with store.claim("runs/1"):
        assert theirs.is_file()
    assert list(store.root.parent.iterdir()) == [store.root]


@pytest.mark.parametrize("change", ["link", "replace", "fsync"])
def test_an_error_of_the_disk_is_told_with_place_and_remedy(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, change, fail)

    with pytest.raises(OutputError, match=r"No space left on device, while writing .* Mend it and run again"):
        store.create("commits/1.json", b"1") if change == "link" else store.replace("latest.json", b"1")
    monkeypatch.undo()
    assert [file.path for file in store.list_files("") if "runs" in file.path] == []


def test_a_claim_made_anew_is_not_swept_by_one_who_locked_what_was_there_before(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, name = store.root / "runs", "probe-" + "1" * 32
    runs.mkdir(parents=True)
    lock = runs / f"{name}.lock"
    lock.touch()
    lock_file = fcntl.flock

    def then_made_anew(file: IO[bytes], how: int) -> None:
        """Between the opening of the old file and its lock another sweeper removes it, and its owner comes again."""
        monkeypatch.undo()
        lock.unlink()
        lock.touch()
        (runs / name).mkdir()
        lock_file(file, how)

    monkeypatch.setattr(fcntl, "flock", then_made_anew)

    store.sweep()

    assert lock.exists()
    assert (runs / name).is_dir()


def test_a_disk_that_locks_no_files_is_told_from_others_and_nothing_stays_on_it(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(OutputError, match="locks no files"), store.claim("runs/one"):
        pass
    assert list((store.root / "runs").iterdir()) == []


def test_a_temporary_name_is_used_once(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    named = claims._is_named

    def swept_at_first(path: Path, file: IO[bytes]) -> bool:
        names.append(path.name)
        return len(names) > 2 and named(path, file)

    monkeypatch.setattr(claims, "_is_named", swept_at_first)
    with claims.claimed_file(store.root / "runs") as (path, _):
        assert path.name == names[-1]
    assert len(set(names)) == len(names) == 3


def test_a_file_that_goes_while_it_is_adopted_again_is_written(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.replace("_shards/a.parquet", b"bytes")
    same = filecmp.cmp

    def then_deleted(one: Path, other: Path, *, shallow: bool) -> bool:
        found = same(one, other, shallow=shallow)
        other.unlink()
        return found

    monkeypatch.setattr(filecmp, "cmp", then_deleted)
    with store.temporary("runs/a") as folder:
        (folder / "shard").write_bytes(b"bytes")
        store.adopt(folder / "shard", "_shards/a.parquet")

    assert store.read_bytes("_shards/a.parquet") == b"bytes"


def test_a_disk_without_links_gives_a_file_its_other_name_by_a_copy(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.replace("shards/a.parquet", b"bytes")

    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    store.link("shards/a.parquet", "_shards/a.parquet")

    assert store.read_bytes("_shards/a.parquet") == b"bytes"
    (old,), (new,) = store.list_files("shards"), store.list_files("_shards")
    assert new.modified == pytest.approx(old.modified)


def test_only_folders_that_living_processes_hold_are_claimed(store: LocalStore) -> None:
    living, dead = "20260101T000000Z-0123abcd", "20260101T000000Z-deadbeef"
    with store.claim(f"runs/{living}"):
        (store.root / "runs" / dead).mkdir()
        (store.root / "runs" / f"{dead}.lock").touch()
        assert store.claimed() == [living]
    assert store.claimed() == []


def test_a_disk_without_hard_links_creates_all_the_same_and_only_once(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)

    store.create("commits/1.json", b"one")
    with pytest.raises(FileExistsError):
        store.create("commits/1.json", b"two")

    assert store.read_bytes("commits/1.json") == b"one"
    assert [file.path for file in store.list_files("commits")] == ["commits/1.json"]


def test_a_disk_that_cannot_fence_is_named(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())

    with pytest.raises(OutputError, match="neither hard links nor"):
        store.create("commits/1.json", b"one")
