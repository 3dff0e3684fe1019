"""A version as a Lance dataset, read by Lance itself, in the environment that `make test-readers` makes for it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import VersionError
from tasks.export import INDEX, Asked, Exported, export_version
from tasks.samples import StoreUrl
from tasks.storage import LocalStore
from tests.readers.test_webdataset import ROOT, exported
from tests.tasks.export.stopping import stopped_after
from tests.tasks.export.test_export import of_kind, shard
from tests.tasks.publish.conftest import Output

lance = pytest.importorskip("lance", reason="it has an environment of its own: make test-readers")
pytestmark = pytest.mark.filterwarnings("ignore")  # it uses what its own libraries have deprecated


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(StoreUrl(str(tmp_path / "out")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pets.lance"


def export(output: Output, folder: Path, *splits: str) -> Exported:
    return export_version(output.store, LocalStore(StoreUrl(str(folder))), Asked(None, splits, "lance"))


def ids(folder: Path) -> list[str]:
    found: list[str] = lance.dataset(str(folder)).to_table(columns=["sample_id"])["sample_id"].to_pylist()
    return sorted(found)


@pytest.mark.parametrize("pixels", ["jpeg", "raw"])
def test_lance_reads_every_row_once_with_its_bytes_and_label(tmp_path: Path, pixels: str) -> None:
    rows = exported(tmp_path, pixels, "pets.lance", "lance")

    dataset = lance.dataset(str(tmp_path / "pets.lance"))
    found = dataset.to_table().to_pylist()

    assert len(dataset.get_fragments()) == 3
    assert sorted(one["sample_id"] for one in found) == sorted(rows)
    for one in found:
        row = dict(rows[one["sample_id"]])
        if "image" in row:
            row["image"] = row["image"]["bytes"]
        assert one == row
    assert dataset.take([7], columns=["sample_id"]).to_pylist() == [{"sample_id": found[7]["sample_id"]}]
    assert json.loads(dataset.schema.metadata[b"parquetry.class_names"])["label"] == ["class 0", "class 1", "class 2"]


def test_only_what_changed_is_written_and_what_went_is_removed(output: Output, folder: Path) -> None:
    stays, goes = shard(output, "cat/1", "dog/1"), shard(output, "cat/2", split="test")
    output.publish(stays, goes)
    export(output, folder)
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("train-*.lance")}
    version = lance.dataset(str(folder)).version
    unchanged = export(output, folder)
    assert (unchanged.written, unchanged.removed, lance.dataset(str(folder)).version) == ((), (), version)
    output.publish(stays, shard(output, "cat/2", "cat/3", split="test"))

    done = export(output, folder)

    assert (len(done.written), len(done.removed)) == (1, 1)
    assert ids(folder) == ["cat/1", "cat/2", "cat/3", "dog/1"]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert {path.name for path in (folder / "data").iterdir()} == {Path(file.path).name for file in done.index.files}, (
        "of versions before nothing is left"
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(["_transactions", "_versions", "data", INDEX])


@pytest.mark.parametrize("point", range(6))
def test_wherever_it_is_stopped_readers_have_one_version_and_the_next_completes_it(
    output: Output, folder: Path, point: int
) -> None:
    output.publish(shard(output, "cat/0", "dog/0"))
    export(output, folder)
    output.publish(shard(output, "cat/1"), shard(output, "dog/1", split="test"))
    with pytest.raises(KeyboardInterrupt), stopped_after(point):
        export(output, folder)

    assert ids(folder) in (["cat/0", "dog/0"], ["cat/1", "dog/1"])
    export(output, folder)
    assert ids(folder) == ["cat/1", "dog/1"]
    assert {path.name for path in (folder / "data").iterdir()} == {
        Path(file.path).name for file in export(output, folder).index.files
    }


def test_a_version_without_rows_leaves_none_of_the_one_before(output: Output, folder: Path) -> None:
    output.publish()
    export(output, folder)  # of nothing, where there was nothing
    assert not (folder / "_versions").exists()
    output.publish(shard(output, "cat/1"))
    export(output, folder)
    output.publish()

    done = export(output, folder)

    assert (ids(folder), len(done.removed)) == ([], 1)
    assert not list(folder.rglob("*.lance"))
    assert export(output, folder).removed == ()
    output.publish(shard(output, "dog/1"))
    export(output, folder)
    assert ids(folder) == ["dog/1"]


def test_other_columns_make_another_dataset_and_a_damaged_shard_is_named(output: Output, folder: Path) -> None:
    output.publish(shard(output, "cat/1"))
    export(output, folder)
    of_kind(output, "many", [{"labels": [0], "label_names": ["cat"], "image": {"bytes": b"x", "path": ""}}])
    export(output, folder)
    assert lance.dataset(str(folder)).to_table(columns=["labels", "camera"]).to_pylist() == [
        {"labels": [0], "camera": "k"}
    ]

    made = shard(output, "cat/7")
    output.publish(made)
    (output.root / made.path).write_bytes(b"damaged")
    with pytest.raises(VersionError, match=r"is damaged: .* `parquetry verify` shows more"):
        export(output, folder)
    assert len(ids(folder)) == 1


def test_the_recipe_for_lance_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = exported(tmp_path, "jpeg", "pets.lance", "lance")
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8").partition("\n## Lance\n")[2]
    names: dict[str, Any] = {}

    exec(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0], names)  # noqa: S102 - the document's own recipe

    assert sorted(label for _, label in names["pairs"]) == sorted(row["label"] for row in rows.values())
    assert {image.size for image, _ in names["pairs"]} == {(16, 16)}
