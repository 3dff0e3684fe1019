"""A JSON array, JSON Lines, or a list deeper inside, whose keys say which values are the location and the label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from tasks.discover.by_records.label_files import LabelFileSource
from tasks.discover.by_records.label_rows import discover_label_file
from tasks.discover.by_records.roles import Roles, choose_roles
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_reader import is_lines, read_json_blocks, record_keys
from tasks.records.json_text import JsonCells, lookup, text_of
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow, compression_of
from tasks.samples import Discovery
from tasks.step_config import StepConfig
from tasks.storage import redact_url
from tasks.tables.building import TableBuilder
from tasks.tables.file_columns import ALIASES, plain_name
from tasks.tables.json_rows import JsonRows, beginning, objects_of
from tasks.tables.nested import Value

_YES = (True, "1", "true", "True")


class JsonSettings(StepConfig):
    """What only JSON files have.

    Attributes:
        records: The keys that lead to the list of records, with dots between them: ``data.items``.
        orient: ``records`` for a list of records, ``map`` for one object of location to label.
        strict: Refuse a file that is not strict JSON. Without it such a file is repaired, and each repair reported.
    """

    records: str = ""
    orient: Literal["records", "map"] = "records"
    strict: bool = False


class JsonRecords(LabelFileSource, JsonSettings):
    """A JSON file: locations or pixels, and labels."""

    layout: Literal["json"]

    def discover(self, words: SplitWords) -> Discovery:
        """The images that the file names.

        Raises:
            LabelFileError: It cannot be read, or has no key for the location or the label.
        """
        path = self._records_path()
        with self.window() as (window, encoding), self.named():
            records, form, roles = self._understood(window, encoding, path)
            into = TableBuilder(self.file_name)
            builder = into.open(self.file_name, roles.chosen.names, {}, form)
            template = form if form.template else None
            JsonRows(builder, roles.chosen, template, value_of=self._value_of).add(records)
        return discover_label_file(self, "json", into.finish(), roles, words)

    def check(self) -> None:
        """Raise `LabelFileError` where the keys are not understood."""
        path = self._records_path()
        with self.window() as (window, encoding), self.named():
            self._understood(window, encoding, path)

    def _value_of(self, cells: JsonCells, name: str, key: str, line: int) -> Value:
        """What *cells* hold under *key*: of labels a list, where an image may have several, else a text."""
        value = cells[key] if key in cells else lookup(cells, key)
        if type(value) is str:
            return value
        if name == "label" and isinstance(value, list | dict):
            return self._listed(value, key, line)
        return text_of(value) or ""

    def _listed(self, value: list[object] | dict[str, object], key: str, line: int) -> Value:
        """The labels of a list, or of an object of label to yes or no."""
        kind = self.label_reading.kind
        if kind == "many":
            held = value if isinstance(value, list) else [name for name, is_there in value.items() if is_there in _YES]
            return [text for item in held if (text := text_of(item))]
        here = f"{redact_url(self.path)}, line {line}: the label {key!r} is"
        if isinstance(value, dict):
            keys = [f"{key}.{name}" for name, inner in value.items() if not isinstance(inner, list | dict)]
            raise LabelFileError(
                f"{here} an object. Name one of its keys: `columns: {{label: {keys[0] if keys else f'{key}.name'}}}`"
                + (f" (there are {', '.join(keys[:5])})." if len(keys) > 1 else ".")
            )
        raise LabelFileError(
            f"{here} a list, and `labels.kind` is {kind}. Set `labels.kind: many`, or keep one of them."
        )

    def _records_path(self) -> str:
        """The keys that lead to the records; found where the file is one object with a single list of objects."""
        if self.records or self.orient == "map":
            return self.records
        with self.window() as (window, _):
            if not window.text[window.position :].lstrip().startswith(b"{") or self._is_lines():
                return ""
            with self.named():
                keys = record_keys(window)
        lists = [key for key, start in keys.items() if start == b"[{"]
        if len(lists) == 1:
            return lists[0]
        if any(plain_name(key) in names for key in keys for names in (ALIASES["location"],)):
            self._refuse_columns(keys)
            return ""
        found = ", ".join(lists or list(keys)[:20])
        what = "several lists of records" if lists else "one object and no list of records"
        likely = next(iter(lists), "images")
        raise LabelFileError(
            f"{redact_url(self.path)} is {what}; its keys are: {found}. Say which: `records: {likely}`"
            " under `source`, or `orient: map` for an object of location to label."
        )

    def _refuse_columns(self, keys: dict[str, bytes]) -> None:
        if all(start[:1] in {b"{", b"["} for start in keys.values()) and len(keys) > 1:
            raise LabelFileError(
                f"{redact_url(self.path)} holds columns, as pandas writes them by default. "
                'Write it with `to_json(orient="records")`.'
            )

    def _is_lines(self) -> bool:
        name = compression_of(self.path)[1].lower()
        if name.endswith((".jsonl", ".ndjson")):
            return True
        with self.window() as (window, _):
            return is_lines(window)

    def _understood(
        self, window: TextWindow, encoding: str, path: str
    ) -> tuple[Iterator[Record | JsonBlock], RecordFormat, Roles]:
        """The records, how they are written, and which of their keys hold what."""
        is_map = self.orient == "map"
        form = self.record_format("json", encoding).model_copy(
            update={"strict": self.strict, "map_value": "value" if is_map else ""}
        )
        first, records = beginning(read_json_blocks(window, form, path, Pace()))
        roles = self._roles(first)
        return records, roles.form_of(form), roles

    def _roles(self, first: Sequence[Record | JsonBlock]) -> Roles:
        if self.orient == "map":
            return Roles("key", "", {}, "value", None, None)
        names = list(dict.fromkeys(key for item in first for cells in objects_of(item) for key in cells))
        if not names:
            wrong = next((item for item in first if isinstance(item, Record) and item.problem), None)
            where = f"line {wrong.line}: {wrong.problem.detail}" if wrong and wrong.problem else "holds no record"
            raise LabelFileError(f'{where}; records look like {{"location": "cat/1.jpg", "label": "cat"}}.')
        return choose_roles(names, self, by_position=False)
