"""Images that are taken out of an output in an object store are gone from every object there, and do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import s3fs
from PIL import Image

from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions, read_commit
from tasks.publish.life import pin
from tasks.publish.purges import is_unfinished
from tasks.publish.versions import version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.purging.purge import purge
from tasks.refresh.purging.purge_choice import choose_images
from tasks.refresh.refresh import refresh
from tasks.storage import RemoteStore, Store, open_store
from tests.steps_here import StepsHere
from tests.tasks.refresh.faulty_purges import IDS, WORDS, found_in

GONE = IDS[:2]


@pytest.fixture(scope="module")
def files(s3: str) -> Iterator[s3fs.S3FileSystem]:
    with pytest.MonkeyPatch.context() as patch:
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(key, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield s3fs.S3FileSystem(endpoint_url=s3, skip_instance_cache=True)


@pytest.fixture
def made(files: s3fs.S3FileSystem, tmp_path: Path) -> Dataset:
    """A source, and an output of one version in a bucket, which is pinned; its images have left their traces."""
    bucket = re.sub(r"[^a-z0-9]", "", tmp_path.name.lower())[-40:]
    files.mkdir(bucket)
    for number in range(2):
        draw(tmp_path / "pets" / "cat" / f"{number}.png", (40 * number, 9, 9))
    draw(tmp_path / "pets" / "cat" / f"{WORDS[0]}.png", (17, 18, 19))
    draw(tmp_path / "pets" / "dog" / "1.png", (9, 40, 9))
    draw(tmp_path / "pets" / "dog" / f"{WORDS[1]}.png", (21, 22, 23))
    dataset = Dataset.model_validate(
        {
            "name": "pets",
            "source": {"path": str(tmp_path / "pets"), "layout": "class_folders"},
            "resize": {"size": [16, 16]},
            "write": {"pixels": "png", "shard_rows": 2},
            "output": {
                "path": f"s3://{bucket}/pets",
                "storage_options": {"endpoint_url": files.endpoint_url, "use_listings_cache": False},
            },
        }
    )
    assert night(dataset).outcome == "published"
    pin(open_store(dataset.store), 1, "model")
    return dataset


def draw(path: Path, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 16), colour).save(path)


def night(dataset: Dataset) -> RunOutcome:
    return refresh(dataset, RefreshOptions(), StepsHere())


def left_of(files: s3fs.S3FileSystem, dataset: Dataset, here: Path, hashes: set[str], images: set[bytes]) -> list[str]:
    """Every object of the output in which something of the images still stands; all are fetched to *here*."""
    files.invalidate_cache()
    for name in files.find(dataset.output.path):
        path = here / name.partition("/pets/")[2]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.cat_file(name))
    return found_in(here, hashes, images)


def traces(store: Store) -> tuple[set[str], set[bytes]]:
    """The hashes of their sources, and their published images."""
    rows = [row for row in rows_of(store, 1) if row["sample_id"] in GONE]
    return {row["content_sha256"] for row in rows}, {row["image"]["bytes"] for row in rows}


def rows_of(store: Store, number: int) -> list[dict[str, Any]]:
    paths = [file.removeprefix(f"{store.place.url}/") for file in version_files(store, number)]
    found = []
    for path in paths:
        with store.open(path) as file:
            found += pq.read_table(file).to_pylist()
    return found


def test_no_object_has_a_byte_of_them_also_where_it_was_cut_off_and_no_night_brings_them_back(
    files: s3fs.S3FileSystem, made: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(made.store)
    hashes, images = traces(store)
    purged = choose_images(store, GONE, {}).purged
    assert (len(hashes), len(images)) == (2, 2)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RemoteStore, "delete", cut)
        with pytest.raises(KeyboardInterrupt):
            purge(store, purged)
    assert is_unfinished(store, read_commit(store, 2))
    assert left_of(files, made, tmp_path / "cut", hashes, images)
    for name in files.find(f"{made.output.path}/runs"):  # as a person does where a run died on a store
        files.rm_file(name)

    assert purge(store, purged) == []

    assert left_of(files, made, tmp_path / "done", hashes, images) == []
    assert (list_versions(store), read_commit(store, 2).kind) == ([1, 2], "purge")
    assert [len(rows_of(store, number)) for number in (1, 2)] == [3, 3]
    assert verify_version(store, None).problems == ()
    assert night(made).breakdown.reasons == {"purged": 2}
    assert left_of(files, made, tmp_path / "later", hashes, images) == []
