"""Pictures of images that are left out: on the page, of refused runs too, as long as the image is as it was."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.building.spec import STALE_SCHEMA
from tasks.columns import RejectionRow
from tasks.publish.history import read_version
from tasks.publish.manifest import FileEntry
from tasks.publish.memory import Moment, remember
from tasks.publish.row_index import read_rejects
from tasks.publish.state import FAILED_SCHEMA, read_state
from tasks.reasons import Reason
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.refresh.report_page import page_of_version
from tasks.samples import Rejection, StoreUrl, named_image, rejection_row, rejections_table
from tasks.storage import Store, open_store
from tests.steps_here import StepsHere


def draw(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(path)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A folder of 24 images, one of them cut short."""
    for number in range(24):
        draw(tmp_path / "pets" / "cat" / f"{number}.png", number)
    half = tmp_path / "pets" / "cat" / "0.png"
    half.write_bytes(half.read_bytes()[:2_000])
    return tmp_path


def dataset(root: Path, **sections: Any) -> Dataset:
    source = {"path": str(root / "pets"), "layout": "class_folders"}
    values = {"name": "pets", "source": source, "resize": {"size": [16, 16]}, "output": {"path": str(root / "out")}}
    return Dataset.model_validate(values | sections)


def night(root: Path, *, full: bool = False) -> RunOutcome:
    return refresh(dataset(root), RefreshOptions(processes=1, full=full), StepsHere())


def store_of(root: Path) -> Store:
    return open_store(dataset(root).store)


def picture_in(root: Path, version: int) -> bytes:
    """That of the one image that is left out."""
    store = store_of(root)
    (row,) = read_rejects(store, read_version(store, version).manifest.rejects).to_pylist()
    picture: bytes = row["picture"]
    return picture


def is_on(page: str, picture: bytes) -> bool:
    return base64.b64encode(picture) in Path(page).read_bytes()


def test_it_is_on_the_page_and_stays_as_long_as_the_image_is_as_it_was(pets: Path) -> None:
    first = night(pets)
    draw(pets / "pets" / "cat" / "more.png", 99)
    second = night(pets)  # which does not look at the image that is left out
    third = night(pets, full=True)

    assert (first.account.rejected, third.account.rejected) == (1, 1)
    assert picture_in(pets, 1).startswith(b"\xff\xd8")
    assert picture_in(pets, 2) == picture_in(pets, 1)
    assert is_on(first.breakdown.page, picture_in(pets, 1))
    assert is_on(second.breakdown.page, picture_in(pets, 1))


def test_another_half_image_has_another_picture_and_a_whole_one_none(pets: Path) -> None:
    night(pets)
    draw(pets / "pets" / "cat" / "0.png", 77)
    whole = (pets / "pets" / "cat" / "0.png").read_bytes()
    (pets / "pets" / "cat" / "0.png").write_bytes(whole[:2_500])
    night(pets)
    draw(pets / "pets" / "cat" / "more.png", 99)
    night(pets)

    assert picture_in(pets, 2) not in {b"", picture_in(pets, 1)}
    (pets / "pets" / "cat" / "0.png").write_bytes(whole)
    last = night(pets)

    assert last.account.rejected == 0
    assert not is_on(last.breakdown.page, picture_in(pets, 2))


def test_the_page_of_a_refused_run_shows_it_too(pets: Path) -> None:
    night(pets)
    for number in range(1, 8):
        half = pets / "pets" / "cat" / f"{number}.png"
        half.write_bytes(half.read_bytes()[:2_000])

    refused = night(pets)

    assert refused.outcome == "refused"
    known = read_state(store_of(pets)).rejected
    pictures = [row["picture"] for row in known.to_pylist()]
    assert len(pictures) >= 2
    assert all(is_on(refused.breakdown.page, picture) for picture in pictures)


def test_rejects_of_before_have_no_pictures_and_columns_of_later_programs_are_passed_over(tmp_path: Path) -> None:
    store = open_store(StoreUrl(str(tmp_path / "out")))
    rows = rejections_table(rejected(2, Reason.TRUNCATED, b"half"))
    for name, table, pictures in (
        ("old", rows.drop_columns(["picture"]), [b"", b""]),
        ("later", rows.append_column("colour", pa.array(["red", "blue"])), [b"half", b"half"]),
    ):
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        store.replace(f"rejects/{name:a>16}.parquet", sink.getvalue().to_pybytes())
        entry = FileEntry(path=f"rejects/{name:a>16}.parquet", rows=2, bytes=1, sha256="0" * 64)

        assert read_rejects(store, entry)["picture"].to_pylist() == pictures


def test_a_page_with_many_of_them_is_the_same_when_it_is_made_again(pets: Path) -> None:
    for number in range(1, 18):
        bad = pets / "pets" / ("cat" if number % 2 else "dog") / f"bad {number}.png"
        draw(bad, number)
        bad.write_bytes(bad.read_bytes()[: 2_000 if number % 3 else 3])
    config = dataset(pets, gates={"max_reject_fraction": 1}, write={"shard_rows": 5})
    outcome = refresh(config, RefreshOptions(processes=1), StepsHere())

    again = page_of_version(store_of(pets), read_version(store_of(pets), 1))

    assert again == Path(outcome.breakdown.page).read_bytes()
    assert again.count(b"what can be seen of it") == 13


def rejected(count: int, reason: Reason, picture: bytes) -> list[RejectionRow]:
    return [
        rejection_row(named_image(f"{reason}{number}", location="a.jpg"), Rejection(reason, "", 1, "c", picture))
        for number in range(count)
    ]


def test_no_night_remembers_more_than_a_few_pictures_of_a_reason() -> None:
    rows = [*rejected(60, Reason.TRUNCATED, b"half"), *rejected(3, Reason.TOO_SMALL, b"dot")]
    nothing = rejections_table([])
    moment = Moment("run", "2026-01-02T00:00:00Z", "settings")

    found, _ = remember(
        rejections_table(rows), STALE_SCHEMA.empty_table(), FAILED_SCHEMA.empty_table(), nothing, moment
    )

    assert found.num_rows == 63
    assert found["picture"].to_pylist().count(b"half") == 24
    assert found["picture"].to_pylist().count(b"dot") == 3


def test_an_image_that_was_found_as_it_was_keeps_its_picture_and_another_has_none_of_it() -> None:
    known = rejections_table(rejected(1, Reason.TRUNCATED, b"half"))
    same = rejections_table(rejected(1, Reason.TRUNCATED, b""))
    other = same.set_column(same.column_names.index("content_sha256"), "content_sha256", pa.array(["other"]))
    moment = Moment("run", "2026-01-02T00:00:00Z", "settings")
    rest = STALE_SCHEMA.empty_table(), FAILED_SCHEMA.empty_table(), known, moment

    assert remember(same, *rest)[0]["picture"].to_pylist() == [b"half"]
    assert remember(other, *rest)[0]["picture"].to_pylist() == [b""]
