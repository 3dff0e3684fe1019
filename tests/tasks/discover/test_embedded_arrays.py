"""Arrays of images and of labels that lie somewhere by themselves: read where they leave no doubt."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import LayoutError
from tasks.samples import Discovery

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def images(count: int) -> npt.NDArray[Any]:
    return np.arange(count * 12, dtype=np.uint8).reshape(count, 4, 3)


def said(found: Discovery) -> list[tuple[str, str]]:
    return sorted(zip(found.samples["label_path"].to_pylist(), found.samples["split"].to_pylist(), strict=True))


def again(look: Look, root: Path, found: Discovery) -> bool:
    """Whether the keys that were found say the same."""
    return look(root, layout=found.layout, **found.keys["source"]).samples.equals(found.samples)


def idx(root: Path, part: str, count: int) -> None:
    head = struct.pack(">IIII", 2051, count, 4, 3)
    (root / f"{part}images-idx3-ubyte").write_bytes(head + images(count).tobytes())
    (root / f"{part}labels-idx1-ubyte").write_bytes(
        struct.pack(">II", 2049, count) + bytes(n % 3 for n in range(count))
    )


def test_the_arrays_of_an_archive_go_together_by_their_names(look: Look, tmp_path: Path) -> None:
    held = {f"{word}_images": images(count) for word, count in (("train", 9), ("val", 6), ("test", 6))}
    held |= {name.replace("images", "labels"): np.arange(len(rows))[:, None] % 3 for name, rows in held.items()}
    np.savez(tmp_path / "blood.npz", **held)  # type: ignore[arg-type]

    found = look(tmp_path)

    counts = (("train", 3), ("validation", 2), ("test", 2))
    assert said(found) == sorted((str(kind), split) for split, each in counts for kind in range(3) for _ in range(each))
    assert again(look, tmp_path, found)


@pytest.mark.parametrize("parts", [("",), ("train-", "t10k-")], ids=["one pair", "two"])
def test_files_of_images_and_of_labels_go_together_by_their_names(
    look: Look, tmp_path: Path, parts: tuple[str, ...]
) -> None:
    for part in parts:
        idx(tmp_path, part, 6)

    found = look(tmp_path)

    splits = ("train", "test") if len(parts) > 1 else ("",)
    assert said(found) == sorted((str(n % 3), split) for split in splits for n in range(6))
    assert again(look, tmp_path, found)


def test_arrays_without_labels_are_not_read(look: Look, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", images=images(6), noise=np.zeros(4))

    with pytest.raises(LayoutError, match=r"d\.npz is a NumPy archive"):
        look(tmp_path)


def test_tables_of_pixels_are_offered_beside_a_few_images_that_show_something_else(look: Look, tmp_path: Path) -> None:
    (tmp_path / "poster.png").write_bytes(b"x")
    rows = "".join(f"{n % 3},{','.join(str(n + at) for at in range(16))}\n" for n in range(9))
    (tmp_path / "train.csv").write_text(f"label,{','.join(f'pixel{n}' for n in range(16))}\n{rows}")

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    [first, *_] = caught.value.unsettled.proposals
    assert said(look(tmp_path, **first.keys["source"])) == sorted((str(n % 3), "") for n in range(9))
