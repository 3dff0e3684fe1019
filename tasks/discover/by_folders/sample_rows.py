"""Samples and rejections as a layout finds them, whole columns or row by row, and the tables that they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import repeated
from tasks.columns import RejectionRow, Rejections, Samples
from tasks.reasons import Reason
from tasks.samples import REJECTION_SCHEMA, SAMPLE_SCHEMA, Rejection, rejection_row, rejections_table

_NONE = {"label_paths": None, "label_row": -1, "label_offset": -1, "label_length": -1, "size": -1, "attempts": 0}
_FULL = 1 << 13
_ORDER = [("location", "ascending"), ("label_file", "ascending"), ("label_row", "ascending")]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stands in its label file; the defaults are those of an image without one.

    Attributes:
        label_file: Relative to the source's root.
        row: Its first line, from 1.
        offset: Its first byte.
        length: Its bytes.
    """

    label_file: str = ""
    row: int = -1
    offset: int = -1
    length: int = -1


@dataclass(slots=True)
class SampleRows:
    """What one source lists, growing.

    Attributes:
        source: The source's name.
        ignored: How much was passed over, by reason.
        notices: Sentences for the discovery report.
    """

    source: str
    ignored: Counter[str] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)
    _samples: list[Samples] = field(default_factory=list)
    _rejected: list[Rejections] = field(default_factory=list)
    _rejections: list[RejectionRow] = field(default_factory=list)

    def prefixed(self, identity: str) -> str:
        """*identity* as a sample id: it begins with the source's name where that has one."""
        return f"{self.source}/{identity}" if self.source else identity

    def ids(self, identities: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
        """What `prefixed` makes of each of *identities*."""
        return pc.binary_join_element_wise(self.source, identities, "/") if self.source else identities

    def add_samples(self, columns: Mapping[str, Any], count: int) -> None:
        """*count* more samples: columns of `SAMPLE_SCHEMA`, or one value for all."""
        self._samples.append(self._table(SAMPLE_SCHEMA, {"source": self.source, **columns}, count))

    def add_rejections(self, columns: Mapping[str, Any], count: int) -> None:
        """*count* more images that are left out: columns of `REJECTION_SCHEMA`, or one value for all."""
        self._rejected.append(self._table(REJECTION_SCHEMA, {"source": self.source, **columns}, count))

    def reject(self, sample: Mapping[str, Any], reason: Reason, detail: str, origin: Origin = Origin()) -> None:
        """One more image that is left out, and why."""
        known = {"source": self.source, "label_file": origin.label_file, "label_row": origin.row, **sample}
        self._rejections.append(rejection_row(known, Rejection(reason, detail)))
        if len(self._rejections) >= _FULL:
            self._rejected.append(rejections_table(self._rejections))
            self._rejections = []

    @property
    def rejections(self) -> Rejections:
        """What was left out, as `REJECTION_SCHEMA`."""
        return pa.concat_tables([*self._rejected, rejections_table(self._rejections)])

    def samples(self) -> Samples:
        """The samples as `SAMPLE_SCHEMA`, ordered by location, then by where their record stands."""
        if not self._samples:
            return SAMPLE_SCHEMA.empty_table()
        table = pa.concat_tables(self._samples)
        locations = table["location"]
        falls = pc.any(pc.greater_equal(locations[:-1], locations[1:])).as_py()
        return table.sort_by(_ORDER) if falls else table

    @staticmethod
    def _table(schema: pa.Schema, columns: Mapping[str, Any], count: int) -> pa.Table[Any, Any]:
        arrays = [_column(item, columns.get(item.name, _NONE.get(item.name, "")), count) for item in schema]
        return pa.table(arrays, schema=schema)


def _column(item: pa.Field, value: Any, count: int) -> pa.Array | pa.ChunkedArray:
    if value is None:
        return pa.nulls(count, item.type)
    if isinstance(value, str | int):
        return repeated(value, count, item.type)
    if isinstance(value, Sequence):
        return pa.array(value, item.type)
    column: pa.Array | pa.ChunkedArray = value if value.type == item.type else value.cast(item.type)
    return column
