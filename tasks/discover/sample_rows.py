"""Samples and rejections as a layout finds them, whole columns or row by row, and the tables that they make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Column, repeated
from tasks.columns import RejectionColumn, RejectionRow, Rejections, SampleColumn, Samples
from tasks.samples import REJECTION_SCHEMA, SAMPLE_SCHEMA, Rejection, named_image, rejection_row, rejections_table

Values = Column | Sequence[object] | str | int | None
"""A column as it is given: an array, a list of its values, or one value for all."""
_NONE = {"label_paths": None, "label_row": -1, "label_offset": -1, "label_length": -1, "size": -1, "attempts": 0}
_FULL = 1 << 13
_ORDER = [("location", "ascending"), ("label_file", "ascending"), ("label_row", "ascending")]


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

    def add_samples(self, columns: Mapping[SampleColumn, Values], count: int) -> None:
        """*count* more samples: columns of `SAMPLE_SCHEMA`, or one value for all."""
        self._samples.append(self._table(SAMPLE_SCHEMA, columns.items(), count))

    def add_rejections(self, columns: Mapping[RejectionColumn, Values], count: int) -> None:
        """*count* more images that are left out: columns of `REJECTION_SCHEMA`, or one value for all."""
        self._rejected.append(self._table(REJECTION_SCHEMA, columns.items(), count))

    def reject(self, identity: str, location: str, why: Rejection, record: tuple[str, int] = ("", -1)) -> None:
        """One more image that is left out, and why.

        Args:
            identity: What the source calls it.
            location: Its place.
            why: The reason and its detail.
            record: The label file that names it, and the first line there, from 1.
        """
        image = named_image(self.prefixed(identity), self.source, location, record)
        self._rejections.append(rejection_row(image, why))
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

    def _table(self, schema: pa.Schema, columns: Iterable[tuple[str, Values]], count: int) -> pa.Table[Any, Any]:
        given: dict[str, Values] = {"source": self.source} | dict(columns)
        arrays = [_column(item, given.get(item.name, _NONE.get(item.name, "")), count) for item in schema]
        return pa.table(arrays, schema=schema)


def _column(item: pa.Field, value: Values, count: int) -> pa.Array | pa.ChunkedArray:
    if value is None:
        return pa.nulls(count, item.type)
    if isinstance(value, str | int):
        return repeated(value, count, item.type)
    if isinstance(value, Sequence):
        return pa.array(value, item.type)
    column: pa.Array | pa.ChunkedArray = value if value.type == item.type else value.cast(item.type)
    return column


def case_notices(names: Iterable[str]) -> list[str]:
    """Sentences on classes that differ only by case."""
    folded: dict[str, set[str]] = defaultdict(set)
    for name in names:
        folded[name.casefold()].add(name)
    alike = [sorted(twins) for _, twins in sorted(folded.items()) if len(twins) > 1]
    remedy = "`labels.class_case: fold` makes them one"
    return [f"Classes that differ only by case: {', '.join(twins)}; {remedy}" for twins in alike]
