"""Folders with images and label files, and what a config of tables makes of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.discover import discover_sources
from tasks.discover.by_tables.tables import TablesSource
from tasks.label_kinds import LabelKind, LabelReading
from tasks.samples import Discovery


@dataclass
class Folder:
    """A folder of images, whose bytes nothing here looks at, and of the label files beside them."""

    root: Path

    def images(self, *paths: str) -> Folder:
        """Further images."""
        for path in paths:
            self.data(path, path.encode())
        return self

    def text(self, path: str, *lines: str) -> Folder:
        """A further text file."""
        return self.data(path, "".join(f"{line}\n" for line in lines).encode())

    def data(self, path: str, data: bytes) -> Folder:
        """A further file."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return self

    def zipped(self, path: str, *names: str) -> Folder:
        """A further archive, of files that hold their names; those that end in a slash are folders."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(place, "w") as packed:
            for name in names:
                packed.writestr(name, name)
        return self

    def found(
        self,
        *tables: Mapping[str, Any],
        words: Mapping[str, str] | None = None,
        kind: LabelKind = "single",
        **keys: Any,
    ) -> Discovery:
        """What `layout: tables` with *tables* finds; *words* are those of `splits.names`."""
        source = TablesSource.model_validate({"path": str(self.root), "tables": list(tables), **keys})
        return discover_sources([source.reading_labels(LabelReading(kind))], words or {})


def labels(discovery: Discovery) -> dict[str, Any]:
    """Each image's label, or where it has none or several a list of them."""
    rows = discovery.samples.to_pylist()
    found = {row["location"]: row["label_path"] if row["label_paths"] is None else row["label_paths"] for row in rows}
    return {place: said[0] if isinstance(said, list) and len(said) == 1 else said for place, said in found.items()}


def splits(discovery: Discovery) -> dict[str, str]:
    """Each image's split."""
    return {row["location"]: row["split"] for row in discovery.samples.to_pylist()}


def rejects(discovery: Discovery) -> dict[str, tuple[str, str]]:
    """For each image that is left out the reason and what is said of it."""
    return {row["location"]: (row["reason"], row["detail"]) for row in discovery.rejections.to_pylist()}
