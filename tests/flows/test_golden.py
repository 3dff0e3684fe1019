"""Outputs that earlier formats left: every later version reads, verifies, refreshes and rolls them back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.config import load_config
from tasks.images.kernel import kernel_of
from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions, read_history
from tasks.publish.life import release, roll_back
from tasks.publish.retention import prune
from tasks.publish.versions import open_version, output_settings, version_files
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.storage import Store, open_store
from tests.steps_here import StepsHere

GOLDEN = Path(__file__).parents[1] / "golden"
FIRST = {f"{label}/{number}.png" for label in ("cat", "dog", "fox") for number in range(4)}
SECOND = FIRST - {"cat/1.png"} | {"fox/9.png"}


MANY = "format-2-many"


@pytest.fixture(params=sorted(path.name for path in GOLDEN.iterdir() if path.name != MANY))
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an output, with its source and config beside it."""
    folder = tmp_path / "golden"
    shutil.copytree(GOLDEN / request.param, folder)
    return folder


def store_of(output: Path) -> Store:
    return open_store(load_config(str(output / "pets.yaml")).store)


def rows(store: Store, version: int | None) -> dict[str, str]:
    tables = [pq.read_table(path) for path in version_files(store, version)]
    return {row["sample_id"]: row["label_name"] for table in tables for row in table.to_pylist()}


def night(output: Path, config: str = "pets.yaml") -> RunOutcome:
    dataset = load_config(str(output / config))
    options = dataset.options(full=False, limit=0, accept=(), rehash=False)
    return refresh(dataset, options, StepsHere())


def test_its_versions_are_read_and_verified(output: Path) -> None:
    store = store_of(output)

    assert list_versions(store) == [1, 2]
    assert set(rows(store, 1)) == FIRST
    assert set(rows(store, None)) == SECOND
    assert all(label == image.partition("/")[0] for image, label in rows(store, None).items())
    assert [verify_version(store, number).problems for number in (1, 2)] == [(), ()]


def test_it_is_refreshed_without_decoding_what_is_there(output: Path) -> None:
    shutil.copy(output / "pets" / "dog" / "2.png", output / "pets" / "dog" / "new.png")

    outcome = night(output)

    assert (outcome.outcome, outcome.account.written, outcome.account.rejected) == ("published", 13, 1)
    assert outcome.account.images_decoded <= 2  # the new one, and the reject, which other settings judge now
    store = store_of(output)
    assert set(rows(store, None)) == SECOND | {"dog/new.png"}
    assert [verify_version(store, number).problems for number in (1, 2, outcome.version)] == [(), (), ()]
    before, after = (open_version(store, version).manifest for version in (2, outcome.version))
    assert kernel_of(after.pixel_spec) == kernel_of(before.pixel_spec)  # which made what is there
    assert ("phash" in after.columns) == (outcome.account.shards_kept == 0)  # all of it was copied, or none is measured
    assert night(output).outcome == "unchanged"


def test_a_night_without_changes_copies_only_where_columns_are_lacking(output: Path) -> None:
    is_whole = "warning" in open_version(store_of(output), 2).manifest.columns  # format 1 had no such column at first

    outcome = night(output)

    assert outcome.account.images_decoded <= 1  # the reject, which other settings judge now
    assert (outcome.outcome, outcome.account.rows_copied) == (("unchanged", 0) if is_whole else ("published", 12))
    assert night(output).outcome == "unchanged"


def test_it_is_rolled_back_and_released(output: Path) -> None:
    store = store_of(output)

    roll_back(store, 1)
    assert set(rows(store, None)) == FIRST
    assert night(output).outcome == "refused"
    release(store)

    assert night(output).outcome == "published"
    assert set(rows(store, None)) == SECOND


def test_pruning_keeps_what_is_pinned(output: Path) -> None:
    (output / "pets" / "cat" / "0.png").unlink()
    night(output)
    store = store_of(output)

    prune(store, output_settings(store).model_copy(update={"keep_versions": 1, "grace_days": 0}))

    assert set(rows(store, 1)) == FIRST
    assert verify_version(store, None).problems == ()


def test_several_labels_keep_their_ids_under_the_name_of_their_column(tmp_path: Path) -> None:
    output = tmp_path / "golden"
    shutil.copytree(GOLDEN / MANY, output)
    store = open_store(load_config(str(output / "sky.yaml")).store)
    known = ["fog", "rain", "sun", "wind", "hail"]

    assert open_version(store, None).manifest.class_names == {"labels": known}
    assert verify_version(store, 2).problems == ()
    assert night(output, "sky.yaml").outcome == "unchanged"
    shutil.copy(output / "sky" / "0.png", output / "sky" / "7.png")
    with (output / "sky" / "labels.csv").open("a") as file:
        file.write("7.png,dew|rain\n")

    outcome = night(output, "sky.yaml")

    assert (outcome.outcome, outcome.account.images_decoded) == ("published", 1)
    version = open_version(store, None)
    assert version.manifest.class_names == version.commit.class_names == {"labels": [*known, "dew"]}
    assert {version.manifest.format, version.commit.format} == {4}  # a program of before would give ids anew
    roll_back(store, 1)
    assert [verify_version(store, number).problems for number in (1, 2, 3, 4)] == [()] * 4
    assert read_history(store).class_names == {"labels": [*known, "dew"]}
