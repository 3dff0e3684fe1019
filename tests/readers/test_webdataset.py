"""WebDataset's own reader and the recipe for it, in the environment that `make test-readers` makes for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.export import Asked, export_version
from tasks.export.index import Kind
from tasks.publish.versions import version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.samples import StoreUrl
from tasks.storage import open_store
from tests.steps_here import StepsHere

ROOT = Path(__file__).parents[2]


def exported(tmp_path: Path, pixels: str, folder: str, kind: Kind = "wds") -> dict[str, dict[str, Any]]:
    """The rows of a version by their ids, all in the split `train`; their export lies in *folder*."""
    for number in range(12):
        path = tmp_path / "source" / f"class {number % 3}" / f"{number}.{'x.' * number}png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 16), (10 * number, 40, 200)).save(path)
    config = {
        "name": "set",
        "source": {"path": str(tmp_path / "source"), "layout": "class_folders"},
        "output": {"path": str(tmp_path / pixels)},
        "resize": {"size": [16, 16]},
        "write": {"shard_rows": 5, "pixels": pixels},
    }
    assert refresh(Dataset.model_validate(config), RefreshOptions(), StepsHere()).outcome == "published"
    store = open_store(StoreUrl(str(tmp_path / pixels)))
    target = open_store(StoreUrl(str(tmp_path / folder)))
    assert export_version(store, target, Asked(kind=kind)).rows == 12
    rows = [row for file in version_files(store, None) for row in pq.read_table(file).to_pylist()]
    return {row["sample_id"]: row for row in rows}


@pytest.mark.filterwarnings("ignore")  # it uses what its own libraries have deprecated
def test_webdataset_reads_every_sample_once_with_its_bytes_and_label(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="it has an environment of its own: make test-readers")
    rows = exported(tmp_path, "png", "tars")
    raw = exported(tmp_path, "raw", "raw-tars")
    tars, raw_tars = (sorted(map(str, (tmp_path / name).glob("*.tar"))) for name in ("tars", "raw-tars"))

    plain = list(webdataset.WebDataset(tars, shardshuffle=False))
    arrays = list(webdataset.WebDataset(raw_tars, shardshuffle=False).decode())

    assert len(tars) > 1
    assert len({one["__key__"] for one in plain}) == len(plain) == 12
    for found, told in zip(plain, webdataset.WebDataset(tars, shardshuffle=False).decode(), strict=True):
        row = rows[told["json"]["sample_id"]]
        assert (found["png"], told["cls"]) == (row["image"]["bytes"], row["label"])
        assert told["json"]["label_name"] == row["label_name"]
    assert sorted(one["json"]["sample_id"] for one in arrays) == sorted(raw) == sorted(rows)
    assert all(np.asarray(one["npy"]).tobytes() == raw[one["json"]["sample_id"]]["pixels"] for one in arrays)


@pytest.mark.filterwarnings("ignore")
def test_the_recipe_for_webdataset_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("webdataset", reason="it has an environment of its own: make test-readers")
    rows = exported(tmp_path, "png", "tars/pets")
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8").partition("\n## WebDataset\n")[2]
    names: dict[str, Any] = {}

    exec(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0], names)  # noqa: S102 - the document's own recipe

    assert sorted(label for _, label in names["pairs"]) == sorted(row["label"] for row in rows.values())
    assert {image.size for image, _ in names["pairs"]} == {(16, 16)}
