"""Sources whose images stand in tables: read where their labels are sure, proposed where they are not."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.discover.proposals import UnsettledLayoutError

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def wide(path: Path, rows: int, head: str = "label", first: int = 0) -> None:
    names = [f"{head},"] if head else [""]
    lines = ["".join(names) + ",".join(f"pixel{at}" for at in range(16))]
    for row in range(first, first + rows):
        own = f"{row % 3}," if head else ""
        lines.append(own + ",".join(str((row * 7 + at) % 256) for at in range(16)))
    path.write_text("\n".join(lines) + "\n")


def counts(column: pa.ChunkedArray) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in column.value_counts().to_pylist()}


def test_columns_of_pixels_in_a_file_a_split_are_read(look: Look, tmp_path: Path) -> None:
    wide(tmp_path / "digits_train.csv", 12)
    wide(tmp_path / "digits_test.csv", 6, first=50)

    found = look(tmp_path)

    assert counts(found.samples["label_path"]) == {"0": 6, "1": 6, "2": 6}
    assert counts(found.samples["split"]) == {"train": 12, "test": 6}
    assert look(tmp_path, layout=found.layout, **found.keys["source"]).samples.equals(found.samples)


def test_a_competitions_table_without_labels_is_left_out_and_said(look: Look, tmp_path: Path) -> None:
    wide(tmp_path / "train.csv", 12)
    wide(tmp_path / "test.csv", 6, head="", first=50)
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n2,0\n")

    found = look(tmp_path)

    assert found.samples.num_rows == 12
    assert found.ignored["unlisted images in test.csv"] == 6
    assert counts(found.samples["split"]) == {"": 12}
    assert any("test.csv holds images without a column of labels" in notice for notice in found.notices)


def test_a_cell_of_pixels_takes_the_splits_of_its_own_column(look: Look, tmp_path: Path) -> None:
    usage = ["Training"] * 6 + ["PublicTest"] * 3 + ["PrivateTest"] * 3
    rows = [f"{at % 3},{' '.join(str(at + n) for n in range(16))},{said}" for at, said in enumerate(usage)]
    (tmp_path / "faces.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")

    found = look(tmp_path)

    assert counts(found.samples["split"]) == {"train": 6, "test": 6}
    assert found.keys["splits"]["names"] == {"PublicTest": "test", "PrivateTest": "test"}


def test_two_columns_that_could_be_the_label_are_proposed(look: Look, tmp_path: Path) -> None:
    rows = [f"{at % 3},{at % 2},{' '.join(str(at + n) for n in range(16))}" for at in range(12)]
    (tmp_path / "faces.csv").write_text("\n".join(["emotion,glasses,pixels", *rows]) + "\n")

    with pytest.raises(UnsettledLayoutError) as refused:
        look(tmp_path)

    proposals = refused.value.unsettled.proposals
    assert len(proposals) == 2
    for proposal in proposals:
        assert look(tmp_path, **proposal.keys["source"]).samples.num_rows == 12


def test_each_column_that_could_be_the_label_is_proposed_for_all_splits_together(look: Look, tmp_path: Path) -> None:
    for name, rows in (("train-0", 8), ("test-0", 4)):
        images = [{"bytes": b"\x89PNG" + bytes([at]), "path": None} for at in range(rows)]
        labels = {"fine_label": ["cat", "dog"] * (rows // 2), "coarse_label": ["pet", "beast"] * (rows // 2)}
        pq.write_table(pa.table({"img": images, **labels}), tmp_path / f"{name}.parquet")

    with pytest.raises(UnsettledLayoutError) as refused:
        look(tmp_path)

    first, second, *others = refused.value.unsettled.proposals
    for proposal, classes in ((first, {"cat", "dog"}), (second, {"pet", "beast"})):
        found = look(tmp_path, **proposal.keys["source"])
        assert counts(found.samples["split"]) == {"test": 4, "train": 8}
        assert set(found.samples["label_path"].to_pylist()) == classes
    assert len(others) == 4


def test_two_tables_of_the_same_images_are_not_taken_together(look: Look, tmp_path: Path) -> None:
    wide(tmp_path / "all.csv", 12)
    wide(tmp_path / "train.csv", 9)

    with pytest.raises(UnsettledLayoutError):
        look(tmp_path)


def test_parquet_with_a_column_of_images_is_read_split_by_split(look: Look, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, shade in (("train-00000-of-00002", 0), ("train-00001-of-00002", 40), ("test-00000-of-00001", 80)):
        images = []
        for at in range(4):
            held = io.BytesIO()
            Image.new("L", (4, 4), shade + at).save(held, "PNG")
            images.append({"bytes": held.getvalue(), "path": None})
        table = pa.table({"image": images, "label": ["cat", "dog"] * 2})
        pq.write_table(table, tmp_path / "data" / f"{name}.parquet")

    found = look(tmp_path)

    assert counts(found.samples["label_path"]) == {"cat": 6, "dog": 6}
    assert counts(found.samples["split"]) == {"train": 8, "test": 4}


def test_pixels_in_a_table_without_a_header_follow_the_label(look: Look, tmp_path: Path) -> None:
    for split, count in (("train", 12), ("test", 6)):
        rows = [",".join([str(number % 3 + 1), *(str((number * 7 + at) % 256) for at in range(16))])
                for number in range(count)]  # fmt: skip
        (tmp_path / f"letters-{split}.csv").write_text("\n".join(rows) + "\n")

    found = look(tmp_path)

    assert counts(found.samples["label_path"]) == {"1": 6, "2": 6, "3": 6}
    assert counts(found.samples["split"]) == {"train": 12, "test": 6}
    assert look(tmp_path, layout="tables", **found.keys["source"]).samples.equals(found.samples)


def test_rows_of_a_parquet_that_is_only_touched_keep_their_ids(look: Look, tmp_path: Path) -> None:
    images = [{"bytes": bytes([at]), "path": None} for at in range(6)]
    place = tmp_path / "train.parquet"
    pq.write_table(pa.table({"image": images, "label": ["cat", "dog"] * 3}), place)
    before = look(tmp_path).samples
    os.utime(place, ns=(1, 1))

    after = look(tmp_path).samples

    assert after["sample_id"].to_pylist() == [f"train.parquet#{number}" for number in range(1, 7)]
    assert before["sample_id"].equals(after["sample_id"])
    assert not set(before["fingerprint"].to_pylist()) & set(after["fingerprint"].to_pylist())
