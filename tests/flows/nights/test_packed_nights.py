"""Nights of a folder of archives: what is packed anew costs what changed in it."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_nights_of_a_folder_of_archives(nights: Any, source: Path, draw: Callable[..., Any], pick: Any) -> None:
    packed = source.parent / "packed"
    packed.mkdir()
    with tarfile.open(packed / "class0.tar.gz", "w:gz") as tar:
        for path in sorted((source / "class0").iterdir()):
            tar.add(path, path.name)
    with zipfile.ZipFile(packed / "class1.zip", "w") as archive:
        for path in sorted((source / "class1").iterdir()):
            archive.write(path, path.name)
    count = sum(1 for name in ("class0", "class1") for _ in (source / name).iterdir())
    nights.sections["source"] = {"path": str(packed)}

    first = nights.run()
    assert pick(first, "outcome", "written", "images_fetched") == ("published", count, count)
    assert pick(nights.run(), "outcome", "images_fetched", "bytes_written") == ("unchanged", 0, 0)

    draw(source.parent / "new.png", 700)
    with zipfile.ZipFile(packed / "class1.zip", "a") as archive:
        archive.write(source.parent / "new.png", "new.png")
    assert pick(nights.run(), "outcome", "images_fetched", "images_decoded") == ("published", 1, 1)

    rows = nights.rows()
    assert set(rows["label_name"]) == {"class0", "class1"}
    assert rows.loc["class1.zip/new.png", "label_name"] == "class1"
    assert sum(name.startswith("class0.tar.gz/") for name in rows.index) == len(list((source / "class0").iterdir()))
