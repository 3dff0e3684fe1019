"""The reader of MosaicML's streaming and the recipe for it, in the environment of `make test-readers`."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.readers.test_webdataset import ROOT, exported


@pytest.mark.filterwarnings("ignore")  # it uses what its own libraries have deprecated
@pytest.mark.parametrize("pixels", ["png", "jpeg", "raw"])
def test_streaming_reads_every_sample_once_with_its_bytes_and_label(tmp_path: Path, pixels: str) -> None:
    streaming = pytest.importorskip("streaming", reason="it has an environment of its own: make test-readers")
    rows = exported(tmp_path, pixels, "streams", "mds")

    dataset = streaming.StreamingDataset(local=str(tmp_path / "streams"), split="train", batch_size=1)
    found = [dataset.get_item(number) for number in range(len(dataset))]

    assert sorted(one["sample_id"] for one in found) == sorted(rows)
    for one in found:
        row = rows[one["sample_id"]]
        assert (one["label"], one["label_name"], one["phash"]) == (row["label"], row["label_name"], row["phash"])
        assert one["width"] == row["width"]
        if pixels == "raw":
            assert (one["pixels"].shape, one["pixels"].tobytes()) == ((16, 16, 3), row["pixels"])
        else:
            published = Image.open(io.BytesIO(row["image"]["bytes"]))
            assert np.array_equal(np.asarray(one["image"]), np.asarray(published))


@pytest.mark.filterwarnings("ignore")
def test_the_recipe_for_streaming_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("streaming", reason="it has an environment of its own: make test-readers")
    rows = exported(tmp_path, "jpeg", "streams/pets", "mds")
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8").partition("\n## MosaicML streaming\n")[2]
    names: dict[str, Any] = {}

    exec(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0], names)  # noqa: S102 - the document's own recipe

    assert sorted(label for _, label in names["pairs"]) == sorted(row["label"] for row in rows.values())
    assert {image.size for image, _ in names["pairs"]} == {(16, 16)}
