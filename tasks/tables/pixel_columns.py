"""Images whose pixels stand in the columns of a CSV: each is known by the hash of its numbers, which are read later."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import LabelFileError
from tasks.records.arrays import square_shape
from tasks.records.csv_blocks import RecordBlock
from tasks.records.embedded import text_hash
from tasks.tables.names import Chosen
from tasks.tables.opening import TableFile
from tasks.tables.rows import PIXELS


class PixelColumns:
    """The column ``location`` of rows that hold their pixels themselves; no column where they do not.

    Raises:
        LabelFileError: There are not as many columns as the image's shape needs.
    """

    def __init__(self, file: TableFile, chosen: Chosen, shape: Sequence[int]) -> None:
        self._places = [int(place) for place in chosen.pixels]
        self.names = [*chosen.names, *(["location"] if self._places else [])]
        count = len(self._places)
        if count > 1 and not (math.prod(shape) == count if shape else square_shape(count)):
            asked = f"`shape: {list(shape)}` needs {math.prod(shape)}" if shape else "they make no square"
            raise LabelFileError(
                f"{file.name} has {count} columns of pixels, and {asked}. Give height, width and channels: "
                "`shape: [28, 28]`, or name other columns in `pixels`."
            )

    def of_block(self, block: RecordBlock) -> list[pa.Array]:
        """The column for many records."""
        if not self._places:
            return []
        columns = [block.columns[place].combine_chunks() for place in self._places]
        texts = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, " ")
        return [pa.array([_name_of(text) for text in texts.to_pylist()], pa.string())]

    def of_cells(self, cells: Sequence[str]) -> list[str]:
        """The column for one record."""
        if not self._places:
            return []
        return [_name_of(" ".join(cells[place] if place < len(cells) else "" for place in self._places))]


def _name_of(text: str) -> str:
    return f"{PIXELS}{text_hash(text)}"
