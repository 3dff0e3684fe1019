"""What readers of a version read of it: labels cost next to nothing, and so does one image."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tasks.samples import StoreUrl
from tasks.shards.schema import shard_schema
from tasks.shards.settings import WriteSettings
from tasks.shards.writer import ShardWriter
from tasks.storage import Store, open_store

ROOT = Path(__file__).parents[3]
NAMES = tuple(f"class {number}" for number in range(100))
SCHEMA = shard_schema({"label": NAMES}, {"pixels": "jpeg", "measures": "some"})


def row(number: int, image: bytes) -> dict[str, Any]:
    sample_id = f"{NAMES[number % 100]}/IMG_{number:06}.jpg"
    return {
        "image": {"bytes": image, "path": sample_id},
        "label": number % 100,
        "label_name": NAMES[number % 100],
        "split": "train",
        "sample_id": sample_id,
        "width": 224,
        "height": 224,
        "orig_width": 500,
        "orig_height": 375,
        "orig_format": "jpeg",
        "source_uri": sample_id,
        "source_fingerprint": f"{number:020}",
        "content_sha256": f"{number:064x}",
        "warning": "",
        "phash": number.to_bytes(8, "big"),
        "mean": number / 7,
        "deviation": number / 9,
        "sharpness": number / 11,
    }


def written(store: Store, folder: Path, images: list[int], rows: int, first: int = 0) -> Path:
    """The file that *rows* rows become, from the *first* on, with images of so many bytes."""
    folder.mkdir(exist_ok=True)
    noise = np.random.default_rng(0).bytes(2 * max(images))
    with ShardWriter(store, folder, "train", SCHEMA, WriteSettings()) as writer:
        for number in range(rows):
            size = images[number % len(images)]
            writer.add(row(first + number, noise[number : number + size]), size)
        writer.finish()
    (file,) = writer.files
    return folder.parent / "out" / file.name


def group_rows(path: Path) -> list[int]:
    metadata = pq.read_metadata(path)
    return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(StoreUrl(str(tmp_path / "out")))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A version of 72 MB: 4,000 rows, of the size that photographs of 224 × 224 have."""
    folder = tmp_path_factory.mktemp("version")
    store = open_store(StoreUrl(str(folder / "out")))
    return [str(written(store, folder / f"{part}", [12_000, 24_000], 500, 500 * part)) for part in range(8)]


def read_of(work: Callable[[], object]) -> int:
    """How many bytes this process reads for *work*: the least of three times, as other threads may read, too."""

    def so_far() -> int:
        return int(re.findall(r"rchar: (\d+)", Path("/proc/self/io").read_text())[0])

    def once() -> int:
        before = so_far()
        work()
        return so_far() - before

    return min(once() for _ in range(3))


def test_to_count_labels_reads_less_than_a_hundredth_of_a_version(files: list[str]) -> None:
    whole = sum(Path(file).stat().st_size for file in files)

    def counted() -> list[Any]:
        query = "select label_name, count(*) from read_parquet(?) group by all"
        return duckdb.connect().execute(query, [files]).fetchall()

    assert len(counted()) == 100
    assert read_of(counted) < 0.01 * whole
    assert read_of(lambda: ds.dataset(files).to_table(columns=["label"])) < 0.01 * whole


@pytest.mark.parametrize("number", [0, 1750, 3999])
def test_one_image_by_its_id_reads_a_fiftieth_of_a_version_at_most(files: list[str], number: int) -> None:
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8").partition("\n## One image by its id\n")[2]
    recipe = re.findall(r"```python\n(.*?)\n\none = ", guide, re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(recipe, names)  # noqa: S102 - the document's own recipe, as it stands in it
    wanted = row(number, b"")["sample_id"]

    found = names["row_of"](files, wanted)
    assert (found["sample_id"], found["label"]) == (wanted, number % 100)
    assert read_of(lambda: names["row_of"](files, wanted)) < 0.02 * sum(Path(file).stat().st_size for file in files)


@pytest.mark.parametrize(
    ("images", "rows", "expected"),
    [
        pytest.param([18_000], 100, [30, 30, 30, 10], id="photographs: half a MiB"),
        pytest.param([150_000], 40, [16, 16, 8], id="large ones: sixteen rows"),
        pytest.param([3 << 20], 7, [3, 3, 1], id="larger ones: eight MiB"),
        pytest.param([300], 2300, [1000, 1000, 300], id="tiny ones: a thousand rows"),
    ],
)
def test_row_groups_are_small_but_not_of_a_few_rows(
    store: Store, tmp_path: Path, images: list[int], rows: int, expected: list[int]
) -> None:
    assert group_rows(written(store, tmp_path / "folder", images, rows)) == expected


def test_a_file_says_once_what_it_holds_and_images_lie_there_as_they_are(store: Store, tmp_path: Path) -> None:
    path = written(store, tmp_path / "folder", [18_000], 100)
    with pq.ParquetFile(path) as parquet:
        assert parquet.schema_arrow.equals(SCHEMA, check_metadata=True)
        assert b"ARROW:schema" not in (parquet.metadata.metadata or {})
        assert parquet.metadata.row_group(0).column(0).compression == "UNCOMPRESSED"
        image = parquet.read_row_group(3)["image"][9].as_py()["bytes"]

    assert image in path.read_bytes()


def test_a_filter_on_the_size_of_the_source_reads_only_row_groups_that_may_have_such_rows(files: list[str]) -> None:
    whole = sum(Path(file).stat().st_size for file in files)

    larger = ds.dataset(files).scanner(filter=ds.field("orig_width") > 500, columns=["image"])

    assert larger.count_rows() == 0
    assert read_of(larger.to_table) < 0.02 * whole
