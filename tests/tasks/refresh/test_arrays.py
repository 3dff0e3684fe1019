"""Images and labels in files of arrays: IDX, NumPy's and MATLAB's, from the config to the published pixels."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.errors import LayoutError
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.mat_writing import Mat
from tests.steps_here import StepsHere

Array = npt.NDArray[Any]
RNG = np.random.default_rng(7)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def images(count: int, *shape: int) -> Array:
    return RNG.integers(0, 256, (count, *shape), np.uint8)


def published(folder: Path, tables: list[dict[str, Any]]) -> list[tuple[Array, str, str]]:
    """Each row's pixels, label and split."""
    dataset = Dataset.model_validate(
        {
            "name": "digits",
            "source": {"path": str(folder / "in"), "layout": "tables", "tables": tables},
            "resize": {"size": [8, 6], "mode": "none", "color": "keep"},
            "write": {"pixels": "png"},
            "output": {"path": str(folder / "out")},
        }
    )
    assert refresh(dataset, RefreshOptions(), StepsHere()).outcome == "published"
    rows = [
        row
        for file in sorted((folder / "out/versions").glob("*/data/*.parquet"))
        for row in pq.read_table(file).to_pylist()
    ]
    return [
        (np.asarray(Image.open(io.BytesIO(row["image"]["bytes"]))), row["label_name"], row["split"]) for row in rows
    ]


def same(rows: list[tuple[Array, str, str]], truth: list[tuple[Array, str, str]]) -> bool:
    plain = [sorted((pixels.tobytes(), label, split) for pixels, label, split in one) for one in (rows, truth)]
    return plain[0] == plain[1]


def test_the_arrays_of_one_npz_are_the_images_of_several_splits(source: Path) -> None:
    train, test = images(7, 8, 6), images(3, 8, 6)
    labels = np.array([[n % 2] for n in range(7)], np.uint8)
    np.savez_compressed(
        source / "d.npz", test_images=test, train_images=train, train_labels=labels, test_labels=labels[:3]
    )
    tables = [
        {"file": "d.npz", "columns": {f"{word}_images": "location", f"{word}_labels": "label"}, "split": word}
        for word in ("train", "test")
    ]

    truth = [(row, str(n % 2), word) for word, held in (("train", train), ("test", test)) for n, row in enumerate(held)]
    assert same(published(source.parent, tables), truth)


def test_idx_files_of_images_and_of_labels_are_joined_by_their_rows(source: Path) -> None:
    held = images(6, 8, 6)
    (source / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(struct.pack(">IIII", 2051, 6, 8, 6) + held.tobytes())
    )
    (source / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, 6) + bytes(n % 3 for n in range(6)))
    tables: list[dict[str, Any]] = [
        {"file": "train-images-idx3-ubyte.gz", "columns": {"0": "location", "record.index": "row"}, "split": "train"},
        {"file": "train-labels-idx1-ubyte", "columns": {"0": "label", "record.index": "row"}},
    ]

    assert same(published(source.parent, tables), [(row, str(n % 3), "train") for n, row in enumerate(held)])


def test_an_array_of_colours_with_words_as_labels_is_read(source: Path) -> None:
    held = images(4, 8, 6, 3)
    np.save(source / "x.npy", held)
    np.save(source / "y.npy", np.array(["owl", "emu", "owl", "emu"]).astype("S"))
    tables = [
        {"file": f"{name}.npy", "columns": {"0": role, "record.index": "row"}}
        for name, role in (("x", "location"), ("y", "label"))
    ]

    assert same(published(source.parent, tables), [(row, ("owl", "emu")[n % 2], "train") for n, row in enumerate(held)])


@pytest.mark.parametrize("form", [Mat(), Mat(is_packed=True)])
def test_the_last_axis_of_a_matlab_array_counts_the_images(source: Path, form: Mat) -> None:
    held = images(7, 8, 6, 3)
    digits = np.array([[n % 3 + 1.0] for n in range(7)])
    (source / "train_8x6.mat").write_bytes(form.file(y=digits, X=np.moveaxis(held, 0, 3)))
    tables = [{"file": "train_8x6.mat", "columns": {"X": "location", "y": "label"}, "split": "train"}]

    assert same(published(source.parent, tables), [(row, str(n % 3 + 1), "train") for n, row in enumerate(held)])


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"x": images(4, 8, 6), "y": np.zeros(3, int)},
            "arrays of one table have as many rows each, and these have x 4, y 3",
        ),
        (
            {"x": np.zeros((4, 3, 8, 6), np.uint8), "y": np.zeros(4, int)},
            "the array x is 4 × 3 × 8 × 6 of uint8: neither",
        ),
        ({"x": images(4, 8, 6), "y": np.array([{}, {}, {}, {}])}, "the array y is 4 of object: neither images"),
    ],
    ids=["other counts", "channels first", "pickled objects"],
)
def test_arrays_that_are_no_images_or_labels_are_an_error(source: Path, arrays: dict[str, Array], said: str) -> None:
    np.savez(source / "d.npz", **arrays)  # type: ignore[arg-type]

    with pytest.raises(LayoutError) as caught:
        published(source.parent, [{"file": "d.npz", "columns": {"x": "location", "y": "label"}}])

    assert said in str(caught.value)


def test_an_array_that_is_cut_off_is_an_error(source: Path) -> None:
    (source / "a-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, 6, 8, 6)[:10])

    with pytest.raises(LayoutError, match="a-images-idx3-ubyte does not begin as IDX files do, or is cut off"):
        published(source.parent, [{"file": "a-images-idx3-ubyte", "columns": {"0": "location"}}])
