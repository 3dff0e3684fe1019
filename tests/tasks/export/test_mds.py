"""A version in the format of MosaicML's streaming: what a reader of the format finds, and what a later export costs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tasks.errors import OutputError, VersionError
from tasks.export import INDEX, Asked, Exported, export_version
from tasks.export import mds as mds_module
from tasks.publish.versions import version_files
from tasks.samples import StoreUrl
from tasks.storage import LocalStore
from tests.tasks.export.stopping import stopped_after
from tests.tasks.export.test_export import IDS, of_kind, picture, shard
from tests.tasks.publish.conftest import Output

DTYPES = {"int": "<i8", "int32": "<i4", "float32": "<f4", "float64": "<f8"}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(StoreUrl(str(tmp_path / "out")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "streams"


def export(output: Output, folder: Path, *splits: str) -> Exported:
    return export_version(output.store, LocalStore(StoreUrl(str(folder))), Asked(None, splits, "mds"))


def samples(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    """All samples of a split, by nothing but its index and the rule of the format."""
    for entry in json.loads((folder / split / "index.json").read_text())["shards"]:
        data = (folder / split / entry["raw_data"]["basename"]).read_bytes()
        assert len(data) == entry["raw_data"]["bytes"]
        count, *ends = np.frombuffer(data, "<u4", entry["samples"] + 2).tolist()
        assert (count, ends[-1]) == (entry["samples"], len(data))
        head = json.loads(data[4 * (count + 2) : ends[0]])
        assert head == {key: entry[key] for key in head}
        for begin, end in pairwise(ends):
            yield decoded(data[begin:end], entry)


def decoded(data: bytes, entry: dict[str, Any]) -> dict[str, Any]:
    varying = entry["column_sizes"].count(None)
    sizes, place = iter(np.frombuffer(data, "<u4", varying).tolist()), 4 * varying
    found = {}
    for name, kind, fixed in zip(entry["column_names"], entry["column_encodings"], entry["column_sizes"], strict=True):
        size = fixed or next(sizes)
        value, place = data[place : place + size], place + size
        if kind in DTYPES:
            found[name] = np.frombuffer(value, DTYPES[kind])[0].item()
        else:
            found[name] = value.decode() if kind == "str" else json.loads(value) if kind == "json" else value
    assert place == len(data)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_split_has_the_rows_of_its_shards_in_their_order(output: Output, folder: Path) -> None:
    output.publish(shard(output, *IDS), shard(output, "dog/1", split="test"))

    done = export(output, folder)

    assert (done.rows, len(done.written)) == (8, 2)
    for file in version_files(output.store, None):
        rows = pq.read_table(file).to_pylist()
        found = list(samples(folder, rows[0]["split"]))
        assert [one["image"] for one in found] == [row.pop("image")["bytes"] for row in rows]
        assert [{key: value for key, value in one.items() if key != "image"} for one in found] == [
            row | {"warning": row["warning"] or ""} for row in rows
        ]
    (entry,) = json.loads((folder / "train" / "index.json").read_text())["shards"]
    assert dict(zip(entry["column_names"], entry["column_encodings"], strict=True))["image"] == "png"
    assert entry["column_names"] == sorted(entry["column_names"])


def test_lists_numbers_and_what_is_missing_have_their_encodings(output: Output, tmp_path: Path) -> None:
    of_kind(output, "many", [{"labels": [0, 1], "label_names": ["cat", "é"], **picture("PNG")}])
    export(output, tmp_path / "many")
    of_kind(output, "number", [{"target": target, "phash": None, **picture("PNG")} for target in (1.5, None)])
    export(output, tmp_path / "number")

    (many,), numbers = list(samples(tmp_path / "many", "train")), list(samples(tmp_path / "number", "train"))
    assert (many["labels"], many["label_names"], many["camera"]) == ([0, 1], ["cat", "é"], "k")
    assert (many["phash"], math.isnan(many["mean"])) == (b"\0\x01" * 4, True)
    assert (numbers[0]["target"], math.isnan(numbers[1]["target"]), numbers[0]["phash"]) == (1.5, True, b"")


def test_raw_pixels_are_arrays_with_their_shape(output: Output, folder: Path) -> None:
    label = {"label": 0, "label_name": "cat", "channels": 3}
    of_kind(output, "single", [{"pixels": bytes(range(12)), **label}], pixels="raw")
    export(output, folder)

    (found,) = samples(folder, "train")

    assert found["pixels"][0] == 3 << 2 | 2  # three numbers of four bytes
    assert np.frombuffer(found["pixels"], "<u4", 3, 1).tolist() == [2, 2, 3]
    assert found["pixels"][13:] == bytes(range(12))


def test_only_what_changed_is_written_and_a_split_that_went_is_removed(output: Output, folder: Path) -> None:
    stays, goes = shard(output, "cat/1", "dog/1"), shard(output, "cat/2", split="test")
    output.publish(stays, goes)
    export(output, folder)
    before = contents(folder)
    unchanged = export(output, folder)
    assert (unchanged.written, unchanged.removed, contents(folder)) == ((), (), before)
    output.publish(stays, shard(output, "cat/3"))

    done = export(output, folder)

    assert (len(done.written), len(done.removed)) == (1, 1)
    assert set(contents(folder)) == {INDEX, "train/index.json", *(file.path for file in done.index.files)}
    assert len(list(samples(folder, "train"))) == 3
    (folder / "train" / "index.json").write_text("{}")
    assert export(output, folder).written == ()
    assert len(list(samples(folder, "train"))) == 3, "the index is mended"


@pytest.mark.parametrize("point", range(6))
def test_wherever_it_is_stopped_readers_have_one_version_and_the_next_completes_it(
    output: Output, folder: Path, tmp_path: Path, point: int
) -> None:
    output.publish(shard(output, "cat/0", "dog/0"))
    export(output, folder)
    output.publish(shard(output, "cat/1", "cat/2"), shard(output, "dog/1", "dog/2", split="test"))
    with pytest.raises(KeyboardInterrupt), stopped_after(point):
        export(output, folder)

    assert {one["sample_id"] for one in samples(folder, "train")} in ({"cat/0", "dog/0"}, {"cat/1", "cat/2"})
    export(output, folder)
    export(output, tmp_path / "whole")
    assert contents(folder) == contents(tmp_path / "whole")


def test_a_folder_has_one_format_and_a_damaged_or_too_large_shard_is_named(
    output: Output, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shard(output, "cat/1", "dog/1")
    output.publish(made)
    export(output, folder)

    with pytest.raises(OutputError, match="holds an export as mds, not wds"):
        export_version(output.store, LocalStore(StoreUrl(str(folder))), Asked())
    monkeypatch.setattr(mds_module, "_MOST", 500)
    with pytest.raises(OutputError, match=r"less than 4 GiB in a file\. Write smaller shards: `write\.shard_rows`"):
        export(output, folder.with_name("other"))
    monkeypatch.undo()
    (output.root / made.path).write_bytes(b"damaged")
    with pytest.raises(VersionError, match=r"is damaged: .* `parquetry verify` shows more"):
        export(output, folder.with_name("third"))
    assert not any(path.suffix == ".mds" for path in folder.with_name("third").rglob("*"))
