"""What CSV and JSON sources share: which cells are location, label, split and id, and what a record becomes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Literal

from pydantic import AfterValidator

from tasks.discover.by_tables.row_source import RecordSettings, RowSource
from tasks.errors import LabelFileError
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow, compression_of
from tasks.redaction import is_web
from tasks.samples import StoreUrl
from tasks.step_config import StepConfig
from tasks.storage import is_url, redact_url
from tasks.storage.archives import inner_path, parent_of
from tasks.tables.opening import LabelText


def _template_or_selector(value: str) -> str:
    if value.count("{") != value.count("}"):
        raise ValueError("a template's braces must be closed, such as `train/{}.jpg`")
    return value


Column = Annotated[str, AfterValidator(_template_or_selector)] | int


class Columns(StepConfig):
    """Which columns or keys hold what, where their names are not understood.

    Attributes:
        location: A name, a position from 0, or a template such as ``train/{id}.jpg``.
        label: A name or a position.
        split: A name or a position.
        id: A name or a position; its values become the sample ids.
        group: A name or a position, of what must stay in one split; `splits.group_by` sets it.
    """

    location: Column | None = None
    label: Column | None = None
    split: Column | None = None
    id: Column | None = None
    group: Column | None = None


class LabelFileSettings(RecordSettings):
    """What sources have that are label files.

    Attributes:
        columns: Which columns or keys hold what.
        location: A template for locations: ``train/{}.jpg`` around the location column's value.
        base_dir: The folder that locations are relative to. It is itself relative to the label file's folder.
        encoding: The encoding of the file, where it is neither UTF-8 nor says so itself by a byte order mark.
    """

    columns: Columns = Columns()
    location: str = ""
    base_dir: str = ""
    encoding: str = ""


class LabelFileSource(RowSource, LabelFileSettings):
    """A source that is a label file."""

    @property
    def place(self) -> StoreUrl:
        """Where it lies; a compressed one is no archive."""
        return StoreUrl(self.path, self.storage_options)

    @property
    def folder(self) -> StoreUrl:
        """The folder that the label file lies in."""
        return parent_of(StoreUrl(self._bare_path, self.storage_options))

    @property
    def base(self) -> StoreUrl:
        """The folder that its locations are relative to."""
        if not self.base_dir:
            return self.folder
        if is_url(self.base_dir) or self.base_dir.startswith("/"):
            return StoreUrl(self.base_dir.rstrip("/"), self.storage_options)
        return self.folder.child(posixpath.normpath(self.base_dir))

    @property
    def base_url(self) -> str:
        """That folder, ending in ``/``, where it is one of the web; else empty."""
        base = self.base.url
        return f"{base.rstrip('/')}/" if is_web(base) else ""

    @property
    def file_name(self) -> str:
        """The label file's name in its folder."""
        return posixpath.basename(inner_path(self._bare_path))

    @property
    def signed_url(self) -> str:
        """The label file's whole URL where a query belongs to it; empty otherwise."""
        return self.path if self._bare_path != self.path else ""

    @property
    def _bare_path(self) -> str:
        return self.path.partition("?")[0] if is_web(self.path) else self.path

    def record_format(self, kind: Literal["csv", "json"], encoding: str) -> RecordFormat:
        """The part of the format that does not depend on the header."""
        return RecordFormat(
            kind=kind,
            encoding=encoding,
            compression=compression_of(inner_path(self.path))[0],
            base_url=self.base_url,
            embedded=self.embedded_settings,
        )

    def window(self) -> AbstractContextManager[tuple[TextWindow, str]]:
        """Its text from the beginning, and its encoding."""
        text = LabelText(self.place, compression_of(inner_path(self.path))[0], "`source.path`", "`source.encoding`")
        return text.window(self.encoding)

    @contextmanager
    def named(self) -> Iterator[None]:
        """What goes wrong with the file meanwhile is said with its name."""
        try:
            yield
        except LabelFileError as error:
            text, shown = str(error), redact_url(self.path)
            raise LabelFileError(text if shown in text else f"{shown}, {text}") from None
