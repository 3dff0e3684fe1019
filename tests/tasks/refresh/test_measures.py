"""Measures as columns of the shards: from the first version on, gained by copying, and never a reason to rebuild."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pydantic import ValidationError

from tasks.images.measures import MEASURES
from tasks.publish import OutputSettings
from tasks.publish.audit import verify_version
from tasks.publish.life import compare_versions
from tasks.publish.versions import open_version, version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.storage import Store, open_store
from tests.steps_here import StepsHere
from tests.tasks.images.test_measures import distance, picture


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for number in range(6):
        put(tmp_path, number)
    return tmp_path


def put(folder: Path, number: int, size: tuple[int, int] = (90, 90)) -> None:
    path = folder / "pets" / ("cat", "dog")[number % 2] / f"{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(number, size).save(path)


def dataset(folder: Path, **sections: Any) -> Dataset:
    write = {"shard_rows": 3} | sections.pop("write", {})
    values: dict[str, Any] = {
        "name": "pets",
        "source": {"path": str(folder / "pets"), "layout": "class_folders"},
        "resize": {"size": [64, 64]},
        "write": write,
        "output": OutputSettings(path=str(folder / "out")),
    }
    return Dataset.model_validate(values | sections)


def night(folder: Path, *, full: bool = False, **sections: Any) -> RunOutcome:
    return refresh(dataset(folder, **sections), RefreshOptions(processes=1, full=full), StepsHere())


def store_of(folder: Path) -> Store:
    return open_store(dataset(folder).store)


def rows(folder: Path) -> pa.Table:
    """The rows of the newest version, by their ids; all shards have one schema."""
    tables = [pq.read_table(path).replace_schema_metadata(None) for path in version_files(store_of(folder), None)]
    assert len({str(table.schema) for table in tables}) == 1
    return pa.concat_tables(tables).sort_by("sample_id")


def hashes(folder: Path) -> list[int]:
    return [int.from_bytes(value) for value in rows(folder)["phash"].to_pylist()]


def test_a_new_dataset_has_them_and_names_how_they_came(pets: Path) -> None:
    night(pets)

    found = rows(pets)
    assert [str(found.schema.field(name).type) for name in MEASURES] == ["fixed_size_binary[8]", *["float"] * 3]
    assert all(found[name].null_count == 0 for name in MEASURES)
    assert len(set(hashes(pets))) == 6
    manifest = open_version(store_of(pets), None).manifest
    assert manifest.pixel_spec["measures"] == "grey-64-dct-8-sign-2"
    assert set(MEASURES) < set(manifest.columns)
    assert night(pets).outcome == "unchanged"


@pytest.mark.parametrize("pixels", ["png", "raw", "original"])
def test_they_are_turned_off_and_gained_again_by_copying_alone(pets: Path, pixels: str) -> None:
    resize = {"mode": "none"} if pixels == "original" else {"size": [64, 64]}
    night(pets, write={"pixels": pixels}, resize=resize)
    from_sources = hashes(pets)

    off = night(pets, write={"pixels": pixels, "measures": False}, resize=resize)
    assert (off.outcome, off.account.images_fetched, off.account.rows_copied) == ("published", 0, 6)
    assert not set(MEASURES) & set(rows(pets).column_names)
    assert night(pets, write={"pixels": pixels, "measures": False}, resize=resize).outcome == "unchanged"

    on = night(pets, write={"pixels": pixels, "measures": True}, resize=resize)
    assert (on.outcome, on.account.images_fetched, on.account.images_decoded) == ("published", 0, 0)
    assert on.account.rows_copied == 6
    assert all(distance(one, other) <= 6 for one, other in zip(from_sources, hashes(pets), strict=True))
    assert rows(pets)["sharpness"].null_count == 0
    assert verify_version(store_of(pets), None).problems == ()


def test_what_was_cut_off_leaves_the_hash_unknown_and_nothing_else(pets: Path) -> None:
    put(pets, 6, (180, 90))
    night(pets, write={"measures": False})
    night(pets, write={"measures": True})

    found = {row["sample_id"]: row for row in rows(pets).to_pylist()}
    assert [key for key, row in found.items() if row["phash"] is None] == ["cat/6.png"]
    assert all(row["mean"] is not None and row["sharpness"] is not None for row in found.values())
    night(pets, write={"measures": True}, full=True)
    assert rows(pets)["phash"].null_count == 0


def test_an_output_without_them_stays_as_it_is_until_all_of_it_is_written_anew(pets: Path) -> None:
    night(pets, write={"measures": False})

    assert night(pets).outcome == "unchanged"
    put(pets, 7)
    changed = night(pets)
    assert (changed.outcome, changed.account.images_decoded) == ("published", 1)
    assert not set(MEASURES) & set(rows(pets).column_names)
    rewritten = night(pets, labels={"kind": "many"})  # other columns: every shard is copied
    assert (rewritten.outcome, rewritten.account.images_decoded) == ("published", 0)
    assert rows(pets)["phash"].null_count == 0


def test_making_all_anew_measures_it(pets: Path) -> None:
    night(pets, write={"measures": False})
    night(pets, full=True)

    assert rows(pets)["phash"].null_count == 0
    assert compare_versions(store_of(pets), 1, 2).pixels["settings"] == {}  # measures are no pixels


def test_a_kept_column_keeps_the_name_of_a_measure(tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    lines = ["location,label,mean"]
    for number in range(3):
        Image.new("RGB", (8, 8), (number * 40, 9, 9)).save(tmp_path / "pets" / f"{number}.png")
        lines.append(f"{number}.png,cat,{number}.5")
    (tmp_path / "pets" / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    source = {"path": str(tmp_path / "pets" / "labels.csv"), "layout": "csv", "keep_columns": ["mean"]}

    night(tmp_path, source=source)
    assert rows(tmp_path)["mean"].to_pylist() == ["0.5", "1.5", "2.5"]
    assert "phash" not in rows(tmp_path).column_names
    with pytest.raises(ValidationError, match="given_mean"):
        dataset(tmp_path, source=source, write={"measures": True})
    assert night(tmp_path, source=source | {"keep_columns": {"mean": "given_mean"}}).outcome == "published"
    assert rows(tmp_path)["given_mean"].to_pylist() == ["0.5", "1.5", "2.5"]
    assert rows(tmp_path)["phash"].null_count == 0
