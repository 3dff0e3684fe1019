"""A version as WebDataset's tar files: what readers find in them, what a later export costs, what none ever touches."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.columns import ShardRow
from tasks.errors import ConfigError, OutputError, VersionError
from tasks.export import INDEX, KINDS, Asked, Exported, export_version
from tasks.export.members import members_of
from tasks.export.tars import write_tar
from tasks.label_kinds import LabelKind
from tasks.publish.manifest import FileEntry
from tasks.publish.versions import version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.purging.purge import purge
from tasks.refresh.purging.purge_choice import choose_images
from tasks.refresh.refresh import refresh
from tasks.samples import StoreUrl
from tasks.shards.schema import shard_schema
from tasks.shards.settings import WriteSettings
from tasks.shards.writer import ShardWriter
from tasks.storage import LocalStore, open_store
from tests.steps_here import StepsHere
from tests.tasks.publish.conftest import Output

IDS = [
    "cat/a.b/c.jpg",
    "cat/a.b/c.png",
    "cat/a",
    "cat/.hidden",
    "dog/é 猫.tar.gz",
    f"dog/{'x' * 3000}.png",
    "dog/__a__",
]
FACTS: dict[str, Any] = {
    **dict.fromkeys(("orig_format", "source_uri", "source_fingerprint", "content_sha256", "warning"), "text"),
    **dict.fromkeys(("width", "height", "orig_width", "orig_height"), 2),
    "split": "train",
}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(StoreUrl(str(tmp_path / "out")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tars"


def export(output: Output, folder: Path, *splits: str, number: int | None = None) -> Exported:
    return export_version(output.store, LocalStore(StoreUrl(str(folder))), Asked(number, splits))


def shard(output: Output, *ids: str, split: str = "train") -> FileEntry:
    return output.write_shard(ids, ["cat", "dog"], split)


def samples(path: Path) -> list[dict[str, bytes]]:
    """The samples of a tar file, by WebDataset's own rule: what has one name up to the first dot of its base name."""
    found: dict[str, dict[str, bytes]] = {}
    keys = []
    with tarfile.open(path) as tar:
        for member in tar:
            match = re.match(r"^((?:.*/|)[^.]+)[.]([^/]*)$", member.name)
            assert match is not None
            key, suffix = match.groups()
            assert suffix not in found.setdefault(key, {})
            data = tar.extractfile(member)
            assert data is not None
            found[key][suffix] = data.read()
            keys.append(key)
    assert [key for place, key in enumerate(keys) if keys[place - 1 : place] != [key]] == list(found), "side by side"
    return list(found.values())


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """What each file is and when it was written, by name."""
    return {path.name: ((found := path.stat()).st_ino, found.st_mtime_ns) for path in folder.iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_tar_has_the_images_labels_and_columns_of_its_shard_in_their_order(output: Output, folder: Path) -> None:
    output.publish(shard(output, *IDS), shard(output, "dog/1", split="test"))

    done = export(output, folder)

    assert (done.rows, len(done.written), done.removed) == (8, 2, ())
    assert sorted(path.name for path in folder.iterdir()) == sorted([INDEX, *done.written])
    for file in version_files(output.store, None):
        rows = pq.read_table(file).to_pylist()
        found = samples(folder / Path(file).with_suffix(".tar").name)
        assert [one["png"] for one in found] == [row["image"]["bytes"] for row in rows]
        assert [int(one["cls"]) for one in found] == [row["label"] for row in rows]
        assert [json.loads(one["json"]) for one in found] == [
            {key: value for key, value in row.items() if key != "image"} for row in rows
        ]


def test_nothing_in_a_tar_tells_when_where_and_by_whom_it_was_written(output: Output, tmp_path: Path) -> None:
    output.publish(shard(output, *IDS), shard(output, "dog/1", split="test"))
    export(output, tmp_path / "one")
    export(output, tmp_path / "two" / "deep")

    assert contents(tmp_path / "one") == contents(tmp_path / "two" / "deep")
    with tarfile.open(next((tmp_path / "one").glob("train-*.tar"))) as tar:
        heads = {(one.mtime, one.uid, one.gid, one.uname, one.gname, one.mode, one.type) for one in tar}
        names = [one.name for one in tar]
    assert heads == {(0, 0, 0, "", "", 0o644, tarfile.REGTYPE)}
    assert all(re.fullmatch(r"\d{6}-[0-9a-f]{16}\.(png|cls|json)", name) for name in names)


def of_kind(output: Output, kind: LabelKind, rows: Sequence[Mapping[str, Any]], pixels: str = "png") -> None:
    """Publish a version of *rows*, whose labels are of another kind, or pixels raw."""
    schema = shard_schema({"label": ["cat", "dog"]}, {"pixels": pixels, "measures": "some"}, ["camera"], kind)
    with output.store.temporary("runs/made") as made:
        settings = WriteSettings.model_validate({"pixels": pixels})
        with ShardWriter(output.store, made, "train", schema, settings) as writer:
            for number, row in enumerate(rows):
                writer.add({"sample_id": f"{number}", "camera": "k", "phash": b"\0\x01" * 4, **FACTS, **row}, 12)
            writer.finish()
    (file,) = writer.files
    output.publish(FileEntry(path=file.name, rows=file.rows, bytes=file.bytes, sha256=file.sha256, split=file.split))


def picture(kind: str) -> dict[str, Any]:
    sink = io.BytesIO()
    Image.new("RGB", (2, 2), (9, 99, 199)).save(sink, kind)
    return {"image": {"bytes": sink.getvalue(), "path": "any.tiff"}}


def test_an_image_is_called_by_what_it_is_and_one_without_a_class_has_none(output: Output, folder: Path) -> None:
    labels = [{"label": 1, "label_name": "dog"}, {"label": -1, "label_name": ""}, {"label": 0, "label_name": "cat"}]
    of_kind(
        output, "single", [label | picture(kind) for label, kind in zip(labels, ("JPEG", "PNG", "WEBP"), strict=True)]
    )

    found = samples(folder / export(output, folder).written[0])

    assert [list(one) for one in found] == [["jpg", "cls", "json"], ["png", "json"], ["webp", "cls", "json"]]
    told = json.loads(found[0]["json"])
    assert (told["camera"], told["phash"], told["mean"]) == ("k", "0001" * 4, None)


def test_several_labels_and_numbers_stand_in_the_json(output: Output, tmp_path: Path) -> None:
    of_kind(output, "many", [{"labels": [0, 1], "label_names": ["cat", "dog"], **picture("PNG")}])
    (many,) = samples(tmp_path / "many" / export(output, tmp_path / "many").written[0])
    of_kind(output, "number", [{"target": target, **picture("PNG")} for target in (1.5, float("nan"))])
    numbers = samples(tmp_path / "number" / export(output, tmp_path / "number").written[0])

    assert (list(many), json.loads(many["json"])["labels"]) == (["png", "json"], [0, 1])
    assert [json.loads(one["json"])["target"] for one in numbers] == [1.5, None]
    assert {tuple(one) for one in numbers} == {("png", "json")}


def test_raw_pixels_are_arrays(output: Output, folder: Path) -> None:
    label = {"label": 0, "label_name": "cat", "channels": 3}
    of_kind(output, "single", [{"pixels": bytes(range(12)), **label}], pixels="raw")

    (found,) = samples(folder / export(output, folder).written[0])

    pixels = np.load(io.BytesIO(found["npy"]))
    assert (pixels.shape, pixels.dtype, pixels.tobytes()) == ((2, 2, 3), np.uint8, bytes(range(12)))
    assert "pixels" not in json.loads(found["json"])


def test_only_what_changed_is_written_and_what_went_is_removed(output: Output, folder: Path) -> None:
    stays, goes = shard(output, "cat/1", "dog/1"), shard(output, "cat/2", split="test")
    output.publish(stays, goes)
    export(output, folder)
    (folder / "README").write_text("mine")
    before = state(folder)
    unchanged = export(output, folder)
    assert (unchanged.written, unchanged.removed, state(folder)) == ((), (), before)
    comes = shard(output, "cat/2", "cat/3", split="test")
    output.publish(stays, comes)

    done = export(output, folder)

    now = state(folder)
    assert [Path(name).stem for name in done.written] == [Path(comes.path).stem]
    assert [Path(name).stem for name in done.removed] == [Path(goes.path).stem]
    assert set(now) == {INDEX, "README", *(Path(file.path).with_suffix(".tar").name for file in (stays, comes))}
    assert {name: now[name] for name in before if name in now and name != INDEX} == {
        name: before[name] for name in before if name not in {INDEX, *done.removed}
    }
    assert export(output, folder, number=1).removed == done.written


def test_the_index_says_what_lies_there(output: Output, folder: Path) -> None:
    output.publish(shard(output, "cat/1", "dog/1"), shard(output, "cat/2", split="test"))
    export(output, folder)

    index = json.loads((folder / INDEX).read_text())

    assert (index["dataset"], index["root"], index["version"]) == ("pets", output.place.url, 1)
    assert (index["splits"], index["pending"]) == (["test", "train"], [])
    for file in index["files"]:
        data = (folder / file["path"]).read_bytes()
        assert (file["bytes"], file["rows"]) == (len(data), len(samples(folder / file["path"])))
        assert file["sha256"] == hashlib.sha256(data).hexdigest()


def test_one_that_is_cut_or_gone_is_written_again(output: Output, folder: Path) -> None:
    output.publish(shard(output, "cat/1"), shard(output, "cat/2", split="test"), shard(output, "dog/1", split="val"))
    first, second, _ = export(output, folder).written
    whole = contents(folder)
    (folder / first).write_bytes(b"half")
    (folder / second).unlink()

    assert export(output, folder).written == (first, second)
    assert contents(folder) == whole


def test_one_that_is_interrupted_leaves_whole_files_only_and_the_next_completes_it(
    output: Output, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output.publish(shard(output, "cat/0", "dog/0"))
    export(output, folder)
    old = json.loads((folder / INDEX).read_text())["files"]
    output.publish(shard(output, "cat/1", "cat/2"), shard(output, "dog/1", "dog/2", split="test"))
    whole = export(output, tmp_path / "whole")
    made = members_of

    def stop(number: int, row: ShardRow) -> Iterator[tuple[str, bytes]]:
        yield from made(number, row)
        if row["split"] == "train" and number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("tasks.export.tars.members_of", stop)
    with pytest.raises(KeyboardInterrupt):
        export(output, folder)
    monkeypatch.undo()

    stopped = json.loads((folder / INDEX).read_text())
    assert (stopped["version"], stopped["files"]) == (1, old), "until all is there, it is what it was"
    there = contents(folder)
    assert set(there) == {INDEX, old[0]["path"], whole.written[0]}
    assert there[whole.written[0]] == (tmp_path / "whole" / whole.written[0]).read_bytes()
    assert export(output, folder).removed == (old[0]["path"],)
    assert contents(folder) == contents(tmp_path / "whole")


def test_what_an_interrupted_one_wrote_goes_with_the_next_that_does_not_want_it(
    output: Output, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output.publish(shard(output, "cat/0", "dog/0"))
    output.publish(shard(output, "cat/1"), shard(output, "dog/1", split="test"))
    written: list[FileEntry] = []

    def once(store: Any, file: FileEntry, path: Path, name: str) -> Any:
        if written:
            raise OSError(28, "disk full")
        written.append(file)
        return write_tar(store, file, path, name)

    monkeypatch.setitem(KINDS, "wds", replace(KINDS["wds"], write=once))
    with pytest.raises(OSError, match="disk full"):
        export(output, folder)
    monkeypatch.undo()
    assert len(contents(folder)) == 2

    done = export(output, folder, number=1)

    assert (len(done.written), len(done.removed)) == (1, 1)
    assert set(contents(folder)) == {INDEX, *done.written}


def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(output: Output, folder: Path) -> None:
    output.publish(shard(output, "cat/1"))
    folder.mkdir()
    (folder / "train-0123456789abcdef.tar").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"holds what no export has put there: train-0123456789abcdef\.tar\. "):
        export(output, folder)
    (folder / INDEX).write_text('{"format": 1, "dataset"')
    with pytest.raises(OutputError, match=f"{INDEX} is damaged"):
        export(output, folder)
    (folder / INDEX).write_text('{"format": 99}')
    with pytest.raises(OutputError, match="of format 99"):
        export(output, folder)

    assert set(contents(folder)) == {INDEX, "train-0123456789abcdef.tar"}
    with pytest.raises(OutputError, match="is not a folder"):
        export(output, folder / INDEX)
    with pytest.raises(OutputError, match="cannot be made"):
        export(output, Path("/proc/tars"))


def test_an_export_of_another_output_is_refused_also_where_its_dataset_has_the_same_name(
    output: Output, folder: Path, tmp_path: Path
) -> None:
    output.publish(shard(output, "cat/1"))
    export(output, folder)
    before = contents(folder)
    other = Output(StoreUrl(str(tmp_path / "other")))
    other.publish(shard(other, "dog/1"))

    with pytest.raises(OutputError, match=r"an export of the dataset 'pets' of .*/out, not of 'pets' of .*/other\. "):
        export(other, folder)
    assert contents(folder) == before
    moved = output.root.rename(tmp_path / "moved")
    assert export(Output(StoreUrl(str(moved))), folder).written == (), "it is known wherever it lies"


def test_neither_may_lie_in_the_other(output: Output, tmp_path: Path) -> None:
    output.publish(shard(output, "cat/1"))
    (tmp_path / "link").symlink_to(output.root)

    for place in (output.root, output.root / "tars", tmp_path / "link" / "tars", tmp_path):
        with pytest.raises(OutputError, match="lie in one another"):
            export(output, place)
    assert not (output.root / "tars").exists()


def test_splits_are_chosen_and_none_stays_behind_at_an_older_version(output: Output, folder: Path) -> None:
    output.publish(shard(output, "cat/1"), shard(output, "cat/2", split="test"))
    with pytest.raises(ConfigError, match=r"--split tset: no such split; version 1 has test, train\."):
        export(output, folder, "tset")
    assert not folder.exists()
    (name,) = export(output, folder, "test").written

    assert name.startswith("test-")
    with pytest.raises(OutputError, match=r"holds test, too, .* ask for --split test --split train"):
        export(output, folder, "train")
    assert [file.split for file in export(output, folder).index.files] == ["test", "train"]


def test_of_two_at_once_the_second_is_refused(output: Output, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output.publish(shard(output, "cat/1"))
    refused: list[FileEntry] = []

    def meanwhile(store: Any, file: FileEntry, path: Path, name: str) -> Any:
        with pytest.raises(OutputError, match="at work"):
            export(output, folder)
        refused.append(file)
        return write_tar(store, file, path, name)

    monkeypatch.setitem(KINDS, "wds", replace(KINDS["wds"], write=meanwhile))

    assert len(export(output, folder).written) == len(refused) == 1
    assert set(contents(folder)) == {INDEX, *(path.name for path in folder.glob("*.tar"))}


def test_a_damaged_shard_gives_no_tar(output: Output, folder: Path) -> None:
    file = shard(output, "cat/1", "dog/1")
    output.publish(file)
    path = output.root / file.path
    data = bytearray(path.read_bytes())
    data[40] ^= 255
    path.write_bytes(data)
    with pytest.raises(VersionError, match="is damaged"):
        export(output, folder)
    path.unlink()
    with pytest.raises(VersionError, match="is missing"):
        export(output, folder)

    assert list(folder.glob("*.tar")) == []


def test_a_store_gets_the_same_files(output: Output, folder: Path) -> None:
    output.publish(shard(output, "cat/1"), shard(output, "cat/2", split="test"))
    export(output, folder)
    store = open_store(StoreUrl("memory://exported/pets"))
    files = fsspec.filesystem("memory")

    done = export_version(output.store, store, Asked())
    again = export_version(output.store, store, Asked())

    assert {path.rpartition("/")[2]: files.cat_file(path) for path in files.find("/exported")} == contents(folder)
    assert (len(done.written), again.written) == (2, ())
    files.rm("/exported", recursive=True)


def test_what_a_purge_took_out_is_gone_with_the_next_export(tmp_path: Path, folder: Path) -> None:
    for number in range(4):
        path = tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (50 * number, 3, 7)).save(path)
    config = {
        "name": "pets",
        "source": {"path": str(tmp_path / "pets")},
        "output": {"path": str(tmp_path / "out")},
        "resize": {"size": [8, 8]},
    }
    assert refresh(Dataset.model_validate(config), RefreshOptions(), StepsHere()).outcome == "published"
    output = Output(StoreUrl(str(tmp_path / "out")))
    rows = export(output, folder).rows
    held = {json.loads(one["json"])["sample_id"]: one["jpg"] for tar in folder.glob("*.tar") for one in samples(tar)}

    assert purge(output.store, choose_images(output.store, ["cat/0.png"], {}).purged) == []
    done = export(output, folder)

    assert (done.rows, len(done.removed)) == (rows - 1, 1)
    assert not any(held["cat/0.png"] in data or b"cat/0.png" in data for data in contents(folder).values())
