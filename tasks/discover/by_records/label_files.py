"""What CSV and JSON sources share: which cells are location, label, split and id, and what a record becomes."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, BinaryIO, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from tasks.discover.settings import SourceSettings
from tasks.errors import LabelFileError, LayoutError
from tasks.records.record_format import EmbeddedSettings, RecordFormat
from tasks.records.text_window import TextWindow, compression_of, decompressed, encoding_of, utf8_chunks
from tasks.samples import StoreUrl
from tasks.step_config import StepConfig
from tasks.storage import is_url, no_such, redact_url
from tasks.storage.archive_store import opened_place
from tasks.storage.archives import inner_path, parent_of


def _template_or_selector(value: str) -> str:
    if value.count("{") != value.count("}"):
        raise ValueError("a template's braces must be closed, such as `train/{}.jpg`")
    return value


Column = Annotated[str, AfterValidator(_template_or_selector)] | int


KeptName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


def _names_as_mapping(value: object) -> object:
    """A list of columns as a mapping: each keeps its name, as far as that can be a column's in Parquet."""
    if not isinstance(value, list | tuple):
        return value
    return {str(name): re.sub(r"\W+", "_", str(name).strip(), flags=re.ASCII) for name in value}


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


class RecordSettings(StepConfig):
    """What sources have whose labels stand in label files.

    Attributes:
        allow_prefixes: Prefixes of URLs or absolute paths that the label file may name besides.
        missing_labels: Texts that stand for no label, besides an empty one.
        array_order: ``hwc`` or ``chw``: the order of an embedded array.
        value_range: ``byte``, or ``unit`` for floats from 0 to 1.
        bit_depth: 8, or 16 where 65535 is white.
        label_conflict: What becomes of an image that several records give different labels: all of them are rejected,
            the ``first`` counts, or the run ends with an ``error``.
        keep_columns: Columns or keys that the shards keep, as text; a mapping gives them other names there.
    """

    allow_prefixes: tuple[Annotated[str, Field(min_length=2)], ...] = ()
    missing_labels: tuple[str, ...] = ()
    array_order: Literal["hwc", "chw"] = "hwc"
    value_range: Literal["byte", "unit"] = "byte"
    bit_depth: Literal[8, 16] = 8
    label_conflict: Literal["reject", "first", "error"] = "reject"
    keep_columns: Annotated[dict[str, KeptName], BeforeValidator(_names_as_mapping)] = Field(default_factory=dict)

    @property
    def embedded_settings(self) -> EmbeddedSettings:
        """How pixels are meant that stand in the files themselves."""
        return EmbeddedSettings(array_order=self.array_order, value_range=self.value_range, bit_depth=self.bit_depth)


class LabelFileSettings(RecordSettings):
    """What sources have that are label files.

    Attributes:
        columns: Which columns or keys hold what.
        location: A template for locations: ``train/{}.jpg`` around the location column's value.
        base_dir: The folder that locations are relative to, itself relative to the label file's.
        encoding: Of the file, where it is neither UTF-8 nor has a byte order mark.
    """

    columns: Columns = Columns()
    location: str = ""
    base_dir: str = ""
    encoding: str = ""


class LabelFileSource(SourceSettings, LabelFileSettings):
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
    def file_name(self) -> str:
        """The label file's name in its folder."""
        return posixpath.basename(inner_path(self._bare_path))

    @property
    def signed_url(self) -> str:
        """The label file's whole URL where a query belongs to it; empty otherwise."""
        return self.path if self._bare_path != self.path else ""

    @property
    def _bare_path(self) -> str:
        return self.path.partition("?")[0] if self.path.startswith(("http://", "https://")) else self.path

    def record_format(self, kind: Literal["csv", "json"], head: bytes) -> RecordFormat:
        """The part of the format that does not depend on the header; *head* is how the decompressed file begins."""
        base = self.base.url
        return RecordFormat(
            kind=kind,
            encoding=encoding_of(head, self.encoding),
            compression=compression_of(inner_path(self.path))[0],
            base_url=f"{base.rstrip('/')}/" if base.startswith(("http://", "https://")) else "",
            embedded=self.embedded_settings,
        )

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The label file, decompressed, open for reading.

        Raises:
            LayoutError: There is none, or it cannot be read.
        """
        try:
            with opened_place(self.place) as file:
                yield decompressed(file, compression_of(inner_path(self.path))[0])
        except FileNotFoundError:
            raise LayoutError(f"{no_such('label file', self.path)} Check `source.path`.") from None
        except IsADirectoryError:
            raise LayoutError(f"{redact_url(self.path)} is a folder, not a label file. Check `source.path`.") from None
        except (KeyError, IndexError):
            raise  # they are lookup errors too, but not of an encoding's name
        except (LookupError, UnicodeError) as error:
            raise LabelFileError(f"{redact_url(self.path)}: {error}. Check `source.encoding`.") from None
        except (OSError, EOFError, ImportError) as error:
            raise LabelFileError(f"{redact_url(self.path)} cannot be read: {str(error)[:200]}") from None

    @contextmanager
    def window(self) -> Iterator[tuple[TextWindow, bytes]]:
        """The label file's text from its beginning, and its first bytes."""
        with self.opened() as file:
            head = file.read(4096)
        with self.opened() as file:
            yield TextWindow(utf8_chunks(file, encoding_of(head, self.encoding))), head


def clean_label(text: str | None, missing: Sequence[str]) -> str:
    """A cell as a class name: in Unicode's form C, without blanks around it; empty where it stands for no label."""
    if text is None or text in missing:
        return ""
    return unicodedata.normalize("NFC", text).strip()


class Occurrences:
    """Numbers equal things from 1, so that each has an identity of its own."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def next(self, key: str) -> str:
        """*key* and how often it has been seen."""
        self._counts[key] += 1
        return f"{key}-{self._counts[key]}"
