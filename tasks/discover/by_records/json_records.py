"""A JSON array, JSON Lines, or a list deeper inside, whose keys say which values are the location and the label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Literal

from tasks.discover.by_records.label_files import LabelFileSource
from tasks.discover.by_records.labelled_records import LabelFile, discover_records
from tasks.discover.by_records.roles import Roles, choose_roles
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_reader import is_lines, read_json_blocks, record_keys
from tasks.records.record import Record
from tasks.records.text_window import TextWindow, compression_of
from tasks.samples import Discovery
from tasks.step_config import StepConfig
from tasks.storage import redact_url
from tasks.tables.names import ALIASES, plain_name

_LOOKED_AT = 100


class JsonSettings(StepConfig):
    """What only JSON files have.

    Attributes:
        records: Dotted keys that lead to the list of records: ``data.items``.
        orient: ``records``, or ``map`` for one object of location to label.
        strict: Refuse what is not strict JSON, rather than repair and report it.
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
        with self.window() as (window, head):
            file, records = self._understand(window, head, path)
            try:
                return discover_records(file, records, words)
            except LabelFileError as error:
                raise self._named(error) from None

    def check(self) -> None:
        """Raise `LabelFileError` where the keys are not understood."""
        path = self._records_path()
        with self.window() as (window, head):
            self._understand(window, head, path)

    def _named(self, error: LabelFileError) -> LabelFileError:
        text = str(error)
        return LabelFileError(text if redact_url(self.path) in text else f"{redact_url(self.path)}, {text}")

    def _records_path(self) -> str:
        """The keys that lead to the records; found where the file is one object with a single list of objects."""
        if self.records or self.orient == "map":
            return self.records
        with self.window() as (window, _):
            if not window.text[window.position :].lstrip().startswith(b"{") or self._is_lines():
                return ""
            try:
                keys = record_keys(window)
            except LabelFileError as error:
                raise self._named(error) from None
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

    def _understand(self, window: TextWindow, head: bytes, path: str) -> tuple[LabelFile, Iterator[Record | JsonBlock]]:
        is_map = self.orient == "map"
        form = self.record_format("json", head).model_copy(
            update={"strict": self.strict, "map_value": "value" if is_map else ""}
        )
        try:
            records = read_json_blocks(window, form, path, Pace())
            first = list(_first(records))
            roles = self._roles(first)
        except LabelFileError as error:
            raise self._named(error) from None
        form = form.model_copy(
            update={"location": roles.location, "template": roles.template, "fills": dict(roles.fills)}
        )
        return LabelFile(self, roles, form, "json"), chain(first, records)

    def _roles(self, first: list[Record | JsonBlock]) -> Roles:
        if self.orient == "map":
            return Roles("key", "", {}, "value", None, None)
        names = list(dict.fromkeys(key for item in first for cells in _objects(item) for key in cells))
        if not names:
            wrong = next((item for item in first if isinstance(item, Record) and item.problem), None)
            where = f"line {wrong.line}: {wrong.problem.detail}" if wrong and wrong.problem else "holds no record"
            raise LabelFileError(f'{where}; records look like {{"location": "cat/1.jpg", "label": "cat"}}.')
        return choose_roles(names, self, by_position=False)


def _first(records: Iterator[Record | JsonBlock]) -> Iterator[Record | JsonBlock]:
    """The first of *records*, about as many as are looked at for the keys."""
    count = 0
    for item in records:
        yield item
        count += 1 if isinstance(item, Record) else len(item.cells)
        if count >= _LOOKED_AT:
            return


def _objects(item: Record | JsonBlock) -> Sequence[dict[str, Any]]:
    if isinstance(item, JsonBlock):
        return item.cells
    return [item.cells] if isinstance(item.cells, dict) else []
