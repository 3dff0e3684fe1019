"""Labels and pixels belong together: a classifier learns from the Parquet alone, and nothing from shuffled labels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.publish.versions import version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.storage import open_store
from tests.steps_here import StepsHere

CIFAR = Path(__file__).parents[4] / "shared" / "data" / "cifar"
SIDE, CLASSES, ANGLES = 32, 10, 8

Numbers = npt.NDArray[np.float64]


def read(files: list[str], split: str) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Images (0 to 1) and labels of a split."""
    tables = [pq.read_table(file, filters=[("split", "=", split)]) for file in files]
    rows = [row for table in tables for row in table.select(["image", "label"]).to_pylist()]
    images = [np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])), dtype=np.float64) for row in rows]
    return np.stack(images) / 255, np.array([row["label"] for row in rows])


def cells(values: Numbers, side: int) -> Numbers:
    """The means of squares of *side* pixels, as one row an image."""
    count = SIDE // side
    means: Numbers = values.reshape(len(values), count, side, count, side, -1).mean(axis=(2, 4))
    return means.reshape(len(values), -1)


def features(images: Numbers) -> Numbers:
    """How strong edges of each direction are in each part of an image, and its colours."""
    down, across = np.gradient(images.mean(axis=3), axis=(1, 2))
    angle = (np.arctan2(down, across) % np.pi) / np.pi * ANGLES
    strength, which = np.hypot(across, down), np.minimum(angle.astype(int), ANGLES - 1)
    edges = np.stack([strength * (which == one) for one in range(ANGLES)], axis=-1)
    return np.concatenate([3 * np.sqrt(cells(edges, 4)), cells(images, 8)], axis=1)


def trained(values: Numbers, labels: npt.NDArray[np.int64]) -> Numbers:
    """The weights of a softmax classifier after 150 steps of gradient descent."""
    weights, wanted = np.zeros((values.shape[1], CLASSES)), np.eye(CLASSES)[labels]
    for _ in range(150):
        scores = values @ weights
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        weights -= 0.5 * (values.T @ (likely - wanted) / len(values) + 0.03 * weights)
    return weights


def test_a_classifier_trained_from_the_parquet_alone_is_far_better_than_chance(tmp_path: Path) -> None:
    if not CIFAR.is_dir():
        pytest.skip("the sample of CIFAR lies beside the repository, in ../shared, and is not there")
    dataset = Dataset.model_validate({
        "name": "cifar",
        "source": {"path": str(CIFAR), "layout": "split_folders"},
        "output": {"path": str(tmp_path / "out")},
        "resize": {"size": [SIDE, SIDE]},
        "write": {"pixels": "png"},
    })  # fmt: skip
    assert refresh(dataset, RefreshOptions(), StepsHere()).outcome == "published"
    files = version_files(open_store(dataset.store), None)
    (images, labels), (unseen, expected) = read(files, "train"), read(files, "test")
    known = features(images)
    middle, spread = known.mean(axis=0), known.std(axis=0) + 1e-3
    values, others = (known - middle) / spread, (features(unseen) - middle) / spread

    found = (others @ trained(values, labels)).argmax(axis=1)
    shuffled = np.random.default_rng(0).permutation(labels)
    by_chance = (others @ trained(values, shuffled)).argmax(axis=1)

    assert (len(labels), len(expected), len(set(labels.tolist()))) == (1000, 200, CLASSES)
    assert (found == expected).mean() > 0.35
    assert (by_chance == expected).mean() < 0.2
