"""Files of arrays and objects: never loaded, and named with the way out."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import LayoutError
from tests.mat_writing import Mat

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


class Trap:
    """What runs code when it is loaded."""

    def __reduce__(self) -> tuple[type[AssertionError], tuple[str]]:
        return AssertionError, ("loaded",)


@pytest.mark.parametrize(
    ("name", "data", "what", "opens"),
    [
        ("train_32x32.mat", b"MATLAB 5.0 MAT-file", "MATLAB file", "scipy.io.loadmat"),
        ("labels", b"MATLAB 7.3 MAT-file", "MATLAB file", "scipy.io.loadmat"),
        ("train.pkl", pickle.dumps(Trap()), "Python pickle", "pickle.load"),
        ("data_batch_1", pickle.dumps({"data": [1]}, protocol=2), "Python pickle", "pickle.load"),
        ("blood.npz", b"PK\x03\x04", "NumPy archive", "numpy.load"),
        ("t10k-images-idx3-ubyte.gz", b"\x1f\x8b", "an IDX file", "numpy.frombuffer"),
        ("train-labels.idx1-ubyte", b"\0\0\x08\x01", "an IDX file", "numpy.frombuffer"),
        ("photos.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file", "h5py.File"),
        ("photos", b"\x89HDF\r\n\x1a\n", "an HDF5 file", "h5py.File"),
        ("data.mdb", b"\0" * 32, "an LMDB database", "lmdb.open"),
    ],
)
def test_a_source_of_arrays_is_refused_with_the_way_to_export_it(  # noqa: PLR0917 - one case
    look: Look, tmp_path: Path, name: str, data: bytes, what: str, opens: str
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / name).write_bytes(data)

    with pytest.raises(LayoutError) as refused:
        look(tmp_path)

    assert f"kept/{name} is a" in str(refused.value)
    assert what in str(refused.value)
    assert opens in str(refused.value)
    assert "labels.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_labels_that_lie_in_such_a_file_alone_are_named_first(look: Look, tmp_path: Path) -> None:
    (tmp_path / "jpg").mkdir()
    for number in range(6):
        (tmp_path / "jpg" / f"image_{number:05}.jpg").write_bytes(b"x")
    (tmp_path / "imagelabels.mat").write_bytes(b"MATLAB 5.0")
    (tmp_path / "setid.mat").write_bytes(b"MATLAB 5.0")

    with pytest.raises(UnsettledLayoutError, match=r"^no_labels: 2 files are MATLAB files \(imagelabels.mat, …\)"):
        look(tmp_path)


def test_such_a_file_as_the_path_itself_is_no_missing_folder(look: Look, tmp_path: Path) -> None:
    (tmp_path / "blood.pkl").write_bytes(b"x")

    with pytest.raises(
        LayoutError, match=r"^blood.pkl is a Python pickle, a format that is never loaded.*: open it once"
    ):
        look(tmp_path / "blood.pkl")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("blood.npz", b"PK"),
        ("train-images-idx3-ubyte", b""),
        ("train.MAT", Mat(is_packed=True).file(X=np.zeros((8, 8, 3, 5), np.uint8), y=np.arange(5))),
    ],
)
def test_a_file_of_images_as_the_path_is_read_with_its_folder(
    look: Look, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)

    with pytest.raises(LayoutError, match=rf"{name} is a table in a folder: set `path: {tmp_path}` under `source`"):
        look(tmp_path / name)


def test_class_folders_beside_such_a_file_are_read(look: Look, tmp_path: Path) -> None:
    for number in range(8):
        place = tmp_path / ("cat", "dog")[number % 2] / f"{number}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"x")
    (tmp_path / "model.pt").write_bytes(pickle.dumps(Trap()))

    assert set(look(tmp_path).class_paths) == {"cat", "dog"}


def test_a_source_of_arrays_alone_says_how_they_become_images(look: Look, tmp_path: Path) -> None:
    for name in ("cat/1.npy", "cat/2.npy", "dog/1.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.save(tmp_path / name, np.zeros((4, 4), np.uint8))

    with pytest.raises(LayoutError, match=r"All 3 images under .* are arrays\. 1\.npy is a NumPy array.*numpy\.load"):
        look(tmp_path)


@pytest.mark.parametrize("name", ["labels.xlsx", "labels.parquet"])
def test_a_damaged_sheet_beside_images_is_said(look: Look, tmp_path: Path, name: str) -> None:
    for place in (*(f"images/{number}.jpg" for number in range(6)), name):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(b"broken")

    with pytest.raises(UnsettledLayoutError, match=rf"{name} cannot be read as (Excel|Parquet)"):
        look(tmp_path)


def test_a_damaged_sheet_beside_class_folders_is_noticed(look: Look, tmp_path: Path) -> None:
    for place in (*(f"{kind}/{number}.jpg" for kind in ("cat", "dog") for number in range(4)), "more.xlsx"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(place.encode())

    found = look(tmp_path)

    assert found.samples.num_rows == 8
    assert any("more.xlsx cannot be read as Excel" in notice for notice in found.notices)
