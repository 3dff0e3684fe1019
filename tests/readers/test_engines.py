"""What docs/reading.md and the card say of Daft, Ray and TensorFlow, in the environment of `make test-readers`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.readers.test_webdataset import ROOT, exported

LABELS = sorted([0, 1, 2] * 4)


@pytest.fixture(autouse=True, scope="module")
def _ray_here() -> Iterator[None]:
    """Ray's processes, as few as can be, and gone at the end."""
    ray = pytest.importorskip("ray", reason="it has an environment of its own: make test-readers")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    exported(tmp_path, "png", "tars")
    return tmp_path / "png"


def run_recipe(output: Path, heading: str) -> dict[str, Any]:
    """What the names of a recipe are, once it ran as it stands in the guide."""
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8")
    which_files, *_ = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    recipe, *_ = re.findall(r"```python\n(.*?)```", guide.partition(f"\n## {heading}\n")[2], re.DOTALL)
    names: dict[str, Any] = {"ROOT": str(output), "__name__": "recipes"}
    for code in (which_files, recipe):
        exec(code, names)  # noqa: S102 - the document's own recipes, as they stand in it
    return names


@pytest.mark.filterwarnings("ignore")  # they use what their own libraries have deprecated
def test_the_recipe_for_tensorflow_runs_as_it_stands(output: Path) -> None:
    pytest.importorskip("tensorflow", reason="it has an environment of its own: make test-readers")

    batches = [(images.numpy(), labels.numpy()) for images, labels in run_recipe(output, "TensorFlow")["tensors"]]

    assert sorted(label for _, labels in batches for label in labels.tolist()) == LABELS
    assert (batches[0][0].shape[1:], batches[0][0].dtype) == ((16, 16, 3), np.uint8)


@pytest.mark.filterwarnings("ignore")
def test_the_recipe_for_daft_runs_as_it_stands(output: Path) -> None:
    pytest.importorskip("daft", reason="it has an environment of its own: make test-readers")

    found = run_recipe(output, "Daft")["frame"].to_pydict()

    assert sorted(found["label"]) == LABELS
    assert {image.shape for image in found["image"]} == {(16, 16, 3)}


@pytest.mark.filterwarnings("ignore")
def test_the_recipe_for_ray_runs_as_it_stands(output: Path) -> None:
    batches = list(run_recipe(output, "Ray Data")["batches"])

    assert sorted(label for batch in batches for label in batch["label"].tolist()) == LABELS
    assert batches[0]["image"].shape[1:] == (16, 16, 3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("pixels", ["png", "raw"])
@pytest.mark.parametrize("has_views", [True, False])
def test_what_a_card_says_of_them_runs(tmp_path: Path, pixels: str, has_views: bool) -> None:
    exported(tmp_path, pixels, "tars")
    history = importlib.import_module("tasks.publish.history")
    storage = importlib.import_module("tasks.storage")
    root = tmp_path / pixels
    version = history.read_version(storage.open_store(storage.StoreUrl(str(root))), 1)
    card = importlib.import_module("tasks.publish.derived.card").root_card(
        1, {1: version}, str(root), has_views=has_views
    )
    (code,) = re.findall(r"## Open it\n\n```python\n(.*?)```", card, re.DOTALL)
    head, *_ = code.partition("\n\nimport pandas")
    engines = code.partition("\n\nimport daft")[2]
    names: dict[str, Any] = {}

    exec(f"{head}\n\nimport daft{engines}", names)  # noqa: S102 - the card's own recipes, as they stand in it

    assert sorted(names["frame"].to_pydict()["label"]) == LABELS
    assert sorted(row["label"] for row in names["blocks"].iter_rows()) == LABELS
    pairs = [(data.numpy(), int(label)) for data, label in names["tensors"]]
    assert sorted(label for _, label in pairs) == LABELS
    assert {len(data) for data, _ in pairs} == {16 * 16 * 3} if pixels == "raw" else all(data for data, _ in pairs)
