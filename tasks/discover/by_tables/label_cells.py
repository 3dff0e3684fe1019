"""What the label cells of rows say: one label each, or where an image may have several, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Column, whole
from tasks.discover.by_tables.row_source import clean_label
from tasks.label_kinds import LabelReading

_NONE = "\0"
"""What stands for a cell that says that there is no label."""


@dataclass(frozen=True, slots=True)
class LabelCells:
    """Reads label cells.

    Attributes:
        reading: How they are to be read.
        missing: Texts that stand for no label.
    """

    reading: LabelReading
    missing: Sequence[str]

    @property
    def is_many(self) -> bool:
        """Whether an image may have several labels."""
        return self.reading.kind == "many"

    def bare(self, texts: Column) -> pa.Array:
        """Each of *texts* as a class's name, asked once for each text."""
        encoded = whole(pc.fill_null(texts, "")).dictionary_encode()
        names = [clean_label(text, self.missing) for text in encoded.dictionary.to_pylist()]
        return pa.array(names, pa.string()).take(encoded.indices)

    def read(self, texts: Column) -> tuple[pa.Array, pa.Array | None, npt.NDArray[np.int64]]:
        """What each of *texts* says: its label, or all of them, and how long the longest is.

        Where an image may have several, the label is empty and all of them are a list: an empty one where it is said
        that there is none, as a null does, null where nothing is said.
        """
        if not self.is_many:
            labels = self.bare(texts)
            return labels, None, _filled(pc.utf8_length(labels))
        encoded = whole(pc.fill_null(texts, _NONE)).dictionary_encode()
        meant = [self._several(text) for text in encoded.dictionary.to_pylist()]
        lists = pa.array(meant, pa.list_(pa.string())).take(encoded.indices)
        longest = np.array([max(map(len, names or [""])) for names in meant], dtype=np.int64)
        sizes = longest[encoded.indices.to_numpy(zero_copy_only=False)]
        return pa.repeat(pa.scalar(""), len(texts)), lists, sizes

    def _several(self, text: str) -> list[str] | None:
        if text == _NONE:
            return []
        if not text.strip():
            return None
        parts = self.reading.parts_of(text)
        return list(dict.fromkeys(name for part in parts if (name := clean_label(part, self.missing))))


def _filled(lengths: Column) -> npt.NDArray[np.int64]:
    return np.asarray(whole(lengths).to_numpy(zero_copy_only=False), dtype=np.int64)
