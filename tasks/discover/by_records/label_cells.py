"""What the label cell of a record says: one label, or where they are many, all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.discover.by_records.label_files import LabelFileSource, clean_label
from tasks.errors import LabelFileError
from tasks.label_kinds import LabelReading
from tasks.records import cell_text
from tasks.records.json_text import lookup, text_of
from tasks.records.record import Record
from tasks.records.record_format import Selector
from tasks.storage import redact_url


@dataclass(frozen=True, slots=True)
class LabelCell:
    """What a label cell says.

    Attributes:
        path: The label, where one is wanted; empty for none.
        paths: All labels, where many are wanted: empty where the cell says that there is none, None where it says
            nothing.
    """

    path: str = ""
    paths: list[str] | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the cell says nothing."""
        return not self.path and self.paths is None

    @property
    def longest(self) -> int:
        """Characters of the longest label."""
        return max(map(len, (self.path, *(self.paths or ()))))


class LabelCells:
    """Reads the label cells of one label file."""

    def __init__(self, source: LabelFileSource, place: Selector | None) -> None:
        self._source = source
        self._place = place
        self._reading: LabelReading = source.label_reading
        self.is_many = source.label_reading.kind == "many"

    def of_record(self, record: Record) -> LabelCell:
        """What the label cell of *record* says.

        Raises:
            LabelFileError: It is a list, and one label is wanted.
        """
        if self._place is None:
            return LabelCell()
        if isinstance(record.cells, dict):
            return self.of_value(lookup(record.cells, str(self._place)), record.line)
        return self.of_text(cell_text(record.cells, self._place))

    def of_value(self, value: Any, line: int) -> LabelCell:
        """What the *value* says that stands under a key of the record on *line*; see `of_record`."""
        if isinstance(value, list) and not self.is_many:
            raise LabelFileError(
                f"{redact_url(self._source.path)}, line {line}: the label {self._place!r} is a list, and "
                f"`labels.kind` is {self._reading.kind}. Set `labels.kind: many`, or keep one of them."
            )
        if isinstance(value, list | dict) and self.is_many:
            return LabelCell(paths=self._listed(value))
        return self.of_text(text_of(value))

    def of_text(self, text: str | None) -> LabelCell:
        """What the cell *text* says."""
        if not self.is_many:
            return LabelCell(self._clean(text))
        if text is None or not text.strip():
            return LabelCell()
        return LabelCell(paths=self._cleaned(self._reading.parts_of(text)))

    def _listed(self, value: Sequence[Any] | Mapping[str, Any]) -> list[str]:
        """The labels of a list, or of an object of label to yes or no."""
        if isinstance(value, dict):
            return self._cleaned([key for key, is_there in value.items() if is_there in {True, "1", "true", "True"}])
        return self._cleaned([text for item in value if (text := text_of(item))])

    def _cleaned(self, labels: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(name for label in labels if (name := self._clean(label))))

    def _clean(self, text: str | None) -> str:
        return clean_label(text, self._source.missing_labels)
