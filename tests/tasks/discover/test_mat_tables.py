"""Labels in MATLAB files: read as in JSON files that say the same, and images in them as in NumPy's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import LabelFileError, LayoutError
from tests.mat_writing import Mat, Structs

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

PACKED = Mat(is_packed=True)


def pictures(folder: Path, count: int, name: str = "image_{:05}.jpg") -> None:
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        Image.new("RGB", (8, 8), (number * 3, 0, 0)).save(folder / name.format(number))


def test_structures_that_name_the_images_are_rows(look: Look, tmp_path: Path) -> None:
    pictures(tmp_path / "images", 12)
    rows = [{"file": f"image_{n:05}.jpg", "label": ("cat", "dog")[n % 2]} for n in range(1, 13)]
    (tmp_path / "labels.mat").write_bytes(PACKED.file(annotations=Structs(rows)))

    found = look(tmp_path)

    told = zip(found.samples["location"].to_pylist(), found.samples["label_path"].to_pylist(), strict=True)
    assert sorted(told) == [(f"images/{row['file']}", row["label"]) for row in rows]
    assert look(tmp_path, layout=found.layout, **found.keys["source"]).samples.equals(found.samples)


def test_a_vector_of_labels_is_offered_by_the_numbers_in_the_names_of_the_images(look: Look, tmp_path: Path) -> None:
    pictures(tmp_path / "jpg", 20)
    labels = np.array([n % 3 + 1 for n in range(1, 21)], np.uint8)
    (tmp_path / "imagelabels.mat").write_bytes(PACKED.file(labels=labels[None]))
    sets = {"trnid": np.arange(1, 11.0), "valid": np.arange(11, 16.0), "tstid": np.arange(16, 21.0)}
    (tmp_path / "setid.mat").write_bytes(PACKED.file(**sets))

    with pytest.raises(UnsettledLayoutError, match=r"setid\.mat may say which images are in which split") as caught:
        look(tmp_path)

    chosen = caught.value.unsettled.proposals[0].keys["source"]
    found = look(tmp_path, **chosen)
    said = dict(zip(found.samples["location"].to_pylist(), found.samples["label_path"].to_pylist(), strict=True))
    assert said == {f"jpg/image_{n:05}.jpg": str(labels[n - 1]) for n in range(1, 21)}


def test_images_and_labels_of_each_split_stand_in_one_file(look: Look, tmp_path: Path) -> None:
    for split, count in (("train", 12), ("test", 6)):
        digits = np.arange(count)[:, None] % 3 + 1
        (tmp_path / f"{split}_32x32.mat").write_bytes(
            PACKED.file(X=np.full((32, 32, 3, count), 7, np.uint8), y=digits.astype(np.float64))
        )

    found = look(tmp_path)

    said = sorted(zip(found.samples["label_path"].to_pylist(), found.samples["split"].to_pylist(), strict=True))
    assert said == sorted(
        (str(n % 3 + 1), split) for split, count in (("train", 12), ("test", 6)) for n in range(count)
    )
    assert look(tmp_path, layout=found.layout, **found.keys["source"]).samples.equals(found.samples)


def test_a_file_of_a_version_that_is_not_read_is_named(look: Look, tmp_path: Path) -> None:
    pictures(tmp_path / "jpg", 12)
    (tmp_path / "labels.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")

    with pytest.raises(LayoutError, match=r"labels\.mat is a MATLAB file, a format that is read only as"):
        look(tmp_path)
    tables = [{"file": "labels.mat", "columns": {"file": "location", "label": "label"}}]
    with pytest.raises(LabelFileError, match=r"labels\.mat: it is of MATLAB's version 7\.3"):
        look(tmp_path, layout="tables", tables=tables)


def test_a_file_of_tables_that_only_matlab_reads_is_named(look: Look, tmp_path: Path) -> None:
    pictures(tmp_path / "jpg", 12)
    (tmp_path / "labels.mat").write_bytes(Mat().file() + Mat().table("labels"))

    with pytest.raises(LayoutError, match=r"labels\.mat is a MATLAB file, .* only of numbers, texts, cells and struct"):
        look(tmp_path)


def test_files_without_labels_beside_class_folders_change_nothing(look: Look, tmp_path: Path) -> None:
    for kind in ("cat", "dog"):
        pictures(tmp_path / kind, 6)
    boxes = {"box_coord": np.array([[1.0, 2.0, 3.0, 4.0]]), "obj_contour": np.zeros((2, 9))}
    for number in range(1, 7):
        place = tmp_path / "annotations" / f"annotation_{number:04}.mat"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(Mat().file(**boxes))

    found = look(tmp_path)

    assert sorted(set(found.samples["label_path"].to_pylist())) == ["cat", "dog"]
