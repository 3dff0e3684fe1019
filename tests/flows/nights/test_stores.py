"""Nights of images in an object store and in label files themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import s3fs

from tasks.errors import LayoutError

ACCESS = {"key": "testing", "secret": "testing"}


@pytest.fixture
def store(s3: str, nights: Any, source: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """The source in a bucket of its own, and the nights told so; a file system that changes it, and the bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ACCESS["secret"])
    files = s3fs.S3FileSystem(endpoint_url=s3, **ACCESS)
    bucket = f"pets-{uuid4().hex[:8]}"
    files.mkdir(bucket)
    files.put(f"{source}/", f"{bucket}/source", recursive=True)
    nights.sections["source"] = {"path": f"s3://{bucket}/source", "storage_options": {"endpoint_url": s3}}
    return files, bucket


def test_nights_on_an_object_store(nights: Any, store: tuple[Any, str], tmp_path: Path, draw: Any, pick: Any) -> None:
    files, bucket = store
    nights.sections["output"] = {**nights.sections["source"], "path": f"s3://{bucket}/out"}
    nights.run()
    assert pick(nights.run(), "outcome", "images_fetched", "bytes_written") == ("unchanged", 0, 0)

    draw(tmp_path / "other.png", 500)
    files.put(str(tmp_path / "other.png"), f"{bucket}/source/class0/00.png")  # changed
    files.put(str(tmp_path / "other.png"), f"{bucket}/source/class0/new.png")  # new
    files.copy(f"{bucket}/source/class1/01.png", f"{bucket}/source/class1/moved.png")  # moved
    files.rm(f"{bucket}/source/class1/01.png")
    files.rm(f"{bucket}/source/class1/04.png")  # deleted
    outcome = nights.run()

    assert pick(outcome, "outcome", "written", "images_fetched", "images_decoded") == ("published", 24, 3, 2)
    states = nights.report()["states"]
    expected = {"changed": 1, "added": 1, "moved": 1, "deleted": 1}
    assert {name: states[name] for name in expected} == expected
    assert nights.run()["outcome"] == "unchanged"


def test_a_re_upload_of_the_same_bytes_rewrites_nothing(nights: Any, store: tuple[Any, str], pick: Any) -> None:
    files, bucket = store
    data = b"".join([files.cat_file(f"{bucket}/source/class0/00.png"), bytes(11 << 20)])
    files.pipe_file(f"{bucket}/source/class0/large.png", data)
    nights.run()
    with files.open(f"{bucket}/source/class0/large.png", "wb", block_size=6 << 20) as parts:  # in parts: another ETag
        parts.write(data)

    outcome = nights.run()

    assert pick(outcome, "outcome", "images_fetched", "images_decoded") == ("unchanged", 1, 0)
    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 0)


def test_nights_of_pixels_in_a_label_file(nights: Any, source: Path, labels: Any, pick: Any) -> None:
    grids = [f'"[[{number},1],[2,{number}]]"' for number in range(12)]
    table = source.parent / "labels" / "pixels.csv"
    table.parent.mkdir()
    labels(table, ["pixels", "label"], [(grid, f"class{number % 2}") for number, grid in enumerate(grids)])
    nights.sections["source"] = {"path": str(table)}
    nights.run()
    assert pick(nights.run(), "outcome", "images_fetched", "images_decoded") == ("unchanged", 0, 0)

    changed = ['"[[200,1],[2,3]]"', *grids[1:]]
    rows = [(grid, "class9" if number == 5 else f"class{number % 2}") for number, grid in enumerate(changed)]
    labels(table, ["pixels", "label"], list(reversed(rows)))
    outcome = nights.run()

    assert pick(outcome, "written", "images_fetched", "images_decoded") == (12, 1, 1)
    states = nights.report()["states"]
    assert (states["relabelled"], states["added"], states["deleted"]) == (1, 1, 1)


def test_a_listing_that_fails_deletes_nothing(nights: Any, source: Path) -> None:
    nights.run()
    before = nights.rows()
    source.rename(source.with_name("away"))

    with pytest.raises(LayoutError, match="source"):
        nights.run()
    source.mkdir()
    with pytest.raises(LayoutError, match=r"No image|empty|holds no"):
        nights.run()

    assert nights.rows().equals(before)
