"""Images in TFRecords and Arrow files, from the config to the published pixels, night after night."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyarrow import ipc

from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere
from tests.tfrecords_here import MARK, Row, labelled, recordio, write_tfrecords

LABELS = ["cat", "dog"]
Told = list[tuple[bytes, str]]


def pixels(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)


def png(number: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(pixels(number)).save(held, "PNG")
    return held.getvalue()


def encoded(count: int) -> list[Row]:
    return [{"image": png(number), "label": LABELS[number % 2]} for number in range(count)]


def raw(count: int) -> list[Row]:
    sizes = {"height": 6, "width": 8, "depth": 3}
    return [{"image": pixels(number).tobytes(), "label": LABELS[number % 2], **sizes} for number in range(count)]


def truth(count: int) -> Told:
    return sorted((pixels(number).tobytes(), LABELS[number % 2]) for number in range(count))


def night(folder: Path) -> tuple[str, Told, int]:
    """What one night came to, the pixels and labels that are there then, and how many images it fetched."""
    dataset = Dataset.model_validate(
        {
            "name": "pets",
            "source": {"path": str(folder / "in")},
            "splits": {"ratios": {"train": 1.0}},
            "resize": {"mode": "none", "color": "keep"},
            "write": {"pixels": "png"},
            "output": {"path": str(folder / "out")},
        }
    )
    done = refresh(dataset, RefreshOptions(), StepsHere())
    newest = max((folder / "out/versions").iterdir())
    rows = [row for file in sorted((newest / "data").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    told = sorted(
        (np.asarray(Image.open(io.BytesIO(row["image"]["bytes"]))).tobytes(), row["label_name"]) for row in rows
    )
    return done.outcome, told, done.account.images_fetched


@pytest.mark.parametrize(("name", "packed"), [("a.tfrecord", False), ("a.tfrecord.gz", True), ("a.tfrec", True)])
@pytest.mark.parametrize("rows", [encoded, raw], ids=["image files", "pixels"])
def test_the_images_of_tfrecords_are_published_as_they_were(
    tmp_path: Path, rows: Callable[[int], list[Row]], name: str, packed: bool
) -> None:
    write_tfrecords(tmp_path / "in" / name, rows(8), packed=packed)

    assert night(tmp_path)[:2] == ("published", truth(8))
    assert night(tmp_path)[0] == "unchanged"


def test_a_file_that_is_written_anew_with_more_records_gives_only_those(tmp_path: Path) -> None:
    write_tfrecords(tmp_path / "in/a.tfrecord", encoded(8))
    night(tmp_path)
    write_tfrecords(tmp_path / "in/a.tfrecord", encoded(10))

    assert night(tmp_path) == ("published", truth(10), 2)


def test_tfrecords_in_an_archive_are_read(tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "a.tfrecord", encoded(6))
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "in/all.tar", "w") as packed:
        packed.add(path, "set/a.tfrecord")

    assert night(tmp_path)[:2] == ("published", truth(6))


@pytest.mark.parametrize("new", [ipc.new_stream, ipc.new_file], ids=["as a stream", "with an index"])
def test_the_images_of_an_arrow_file_are_published_as_they_were(tmp_path: Path, new: Any) -> None:
    images = [{"bytes": png(number), "path": None} for number in range(8)]
    table = pa.table({"image": images, "label": [LABELS[number % 2] for number in range(8)]})
    (tmp_path / "in").mkdir()
    with (tmp_path / "in/data.arrow").open("wb") as file, new(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)

    assert night(tmp_path)[:2] == ("published", truth(8))
    assert night(tmp_path)[0] == "unchanged"


@pytest.mark.parametrize("inside", [b"", MARK], ids=["whole", "in parts"])
def test_the_images_of_recordio_are_published_as_they_were(tmp_path: Path, inside: bytes) -> None:
    made = [recordio(labelled(png(number) + bytes(3) + inside, float(number % 2), number)) for number in range(8)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in/train.rec").write_bytes(b"".join(made))

    what, told, _ = night(tmp_path)

    assert (what, [pixels for pixels, _ in told]) == ("published", [pixels for pixels, _ in truth(8)])
    assert [label for _, label in told] == [str(LABELS.index(label)) for _, label in truth(8)]
    assert night(tmp_path)[0] == "unchanged"
