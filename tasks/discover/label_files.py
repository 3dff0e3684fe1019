"""What CSV and JSON sources share: which cells are location, label, split and id, and what a record becomes."""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal
from urllib.parse import urlsplit

import fsspec
from pydantic import AfterValidator, Field

from tasks.discover.settings import SourceSettings
from tasks.errors import LabelFileError, LayoutError
from tasks.records.record_format import EmbeddedSettings, RecordFormat, Selector
from tasks.records.text_window import TextWindow, compression_of, decompressed, encoding_of, utf8_chunks
from tasks.samples import StoreUrl
from tasks.step_config import StepConfig
from tasks.storage import is_url, quote_location, redact_url

Role = Literal["location", "label", "split", "id"]

ALIASES: Mapping[Role, Sequence[str]] = {
    "location": (
        "location path file filename file_name filepath file_path image image_path image_file image_name image_url "
        "img img_path imgpath image_location url uri src source image_uri pixels"
    ).split(),
    "label": "label class category target label_name class_name classname species y tag category_name".split(),
    "split": "split subset set partition fold_name is_valid".split(),
    "id": "id sample_id".split(),
}
"""Names of columns and keys that are understood, in lower case, with ``_`` for blanks and hyphens."""


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
    """

    location: Column | None = None
    label: Column | None = None
    split: Column | None = None
    id: Column | None = None


class LabelFileSettings(StepConfig):
    """What sources have that are label files.

    Attributes:
        columns: Which columns or keys hold what.
        location: A template for locations: ``train/{}.jpg`` around the location column's value.
        base_dir: The folder that locations are relative to, itself relative to the label file's.
        allow_prefixes: Prefixes of URLs or absolute paths that the label file may name besides.
        encoding: Of the file, where it is neither UTF-8 nor has a byte order mark.
        missing_labels: Texts that stand for no label, besides an empty one.
        array_order: ``hwc`` or ``chw``: the order of an embedded array.
        value_range: ``byte``, or ``unit`` for floats from 0 to 1.
        bit_depth: 8, or 16 where 65535 is white.
    """

    columns: Columns = Columns()
    location: str = ""
    base_dir: str = ""
    allow_prefixes: tuple[Annotated[str, Field(min_length=2)], ...] = ()
    encoding: str = ""
    missing_labels: tuple[str, ...] = ()
    array_order: Literal["hwc", "chw"] = "hwc"
    value_range: Literal["byte", "unit"] = "byte"
    bit_depth: Literal[8, 16] = 8


class LabelFileSource(SourceSettings, LabelFileSettings):
    """A source that is a label file."""

    @property
    def folder(self) -> StoreUrl:
        """The folder that the label file lies in."""
        return StoreUrl(posixpath.dirname(self.path) or "/", self.storage_options)

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
        return posixpath.basename(urlsplit(self.path).path if is_url(self.path) else self.path)

    def record_format(self, kind: Literal["csv", "json"], head: bytes) -> RecordFormat:
        """The part of the format that does not depend on the header; *head* is how the decompressed file begins."""
        base = self.base.url
        return RecordFormat(
            kind=kind,
            encoding=encoding_of(head, self.encoding),
            compression=compression_of(self.path)[0],
            base_url=f"{base.rstrip('/')}/" if base.startswith(("http://", "https://")) else "",
            embedded=EmbeddedSettings(
                array_order=self.array_order, value_range=self.value_range, bit_depth=self.bit_depth
            ),
        )

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The label file, decompressed, open for reading.

        Raises:
            LayoutError: There is none, or it cannot be read.
        """
        try:
            with _open(self.place) as file:
                yield decompressed(file, compression_of(self.path)[0])
        except FileNotFoundError:
            raise LayoutError(f"There is no label file {redact_url(self.path)}. Check `source.path`.") from None
        except IsADirectoryError:
            raise LayoutError(f"{redact_url(self.path)} is a folder, not a label file. Check `source.path`.") from None
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


@contextmanager
def _open(place: StoreUrl) -> Iterator[BinaryIO]:
    if place.is_local:
        with open(place.url, "rb") as file:  # noqa: PTH123 - the same call for both kinds of place
            yield file
        return
    with fsspec.open(place.url, "rb", **dict(place.options)) as file:
        yield file


def plain_name(name: str) -> str:
    """A column's name as `ALIASES` has it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns hold what.

    Attributes:
        location: Where the location or the pixels stand.
        template: Text that the location is filled into; empty without one.
        fills: What fills it.
        label: Where the label stands; None in a file without labels.
        split: Where the split stands, or None.
        id: Where the sample id stands, or None.
        is_valid: The split column is a yes or no to validation.
    """

    location: Selector
    template: str
    fills: Mapping[str, Selector]
    label: Selector | None
    split: Selector | None
    id: Selector | None
    is_valid: bool = False


def choose_roles(names: Sequence[str], source: LabelFileSource, *, by_position: bool) -> Roles:
    """Which of the columns *names* hold what; selectors are positions where *by_position*, else the names.

    Raises:
        LabelFileError: A column that is needed is not there, or could be one of several; the columns are listed.
    """
    finder = _Finder(names, source, by_position)
    template = source.location
    location = source.columns.location
    if isinstance(location, str) and "{" in location:
        template, location = location, None
    if template and "{}" not in template:
        fills = {name: finder.named(name) for name in re.findall(r"{([^{}]+)}", template)}
        place = next(iter(fills.values()))
    else:
        place = finder.find("location", location) if not template else finder.find_filled(location)
        fills = {"": place} if template else {}
    label = finder.find_optional("label", source.columns.label)
    if label is None and not source.allow_unlabeled:
        raise finder.missing("label")
    split = finder.find_optional("split", source.columns.split)
    is_valid = split is not None and finder.name_of(split) == "is_valid"
    return Roles(place, template, fills, label, split, finder.find_id(source.columns.id), is_valid)


class _Finder:
    def __init__(self, names: Sequence[str], source: LabelFileSource, by_position: bool) -> None:
        self._names = names
        self._plain = [plain_name(name) for name in names]
        self._source = source
        self._by_position = by_position

    def _selector(self, index: int) -> Selector:
        return index if self._by_position else self._names[index]

    def name_of(self, selector: Selector) -> str:
        return self._plain[selector] if isinstance(selector, int) else plain_name(selector)

    def named(self, column: Column) -> Selector:
        text = str(column)
        if text in self._names:
            return self._selector(self._names.index(text))
        if plain_name(text) in self._plain:
            return self._selector(self._plain.index(plain_name(text)))
        if text.isdigit() and self._by_position and int(text) < len(self._names):
            return int(text)
        if not self._by_position and "." in text:
            return text
        raise LabelFileError(
            f"{redact_url(self._source.path)} has no column {text!r}, which `source.columns` names. {self._there()}"
        )

    def find(self, role: Role, declared: Column | None) -> Selector:
        found = self.find_optional(role, declared)
        if found is None:
            raise self.missing(role)
        return found

    def find_filled(self, declared: Column | None) -> Selector:
        """What fills a template's ``{}``: the location column, else the id column."""
        found = self.find_optional("location", declared)
        return self.find("id", None) if found is None else found

    def find_id(self, declared: Column | None) -> Selector | None:
        return None if declared is None else self.named(declared)

    def find_optional(self, role: Role, declared: Column | None) -> Selector | None:
        if declared is not None:
            return self.named(declared)
        found = [index for index, name in enumerate(self._plain) if name in ALIASES[role]]
        if len(found) > 1:
            found = [index for index in found if self._plain[index] == role] or found
        if len(found) > 1:
            names = ", ".join(repr(self._names[index]) for index in found)
            raise LabelFileError(
                f"{redact_url(self._source.path)}: the {role} could be in the columns {names}. "
                f"Say which: `columns: {{{role}: {self._names[found[0]]}}}`."
            )
        return self._selector(found[0]) if found else None

    def missing(self, role: Role) -> LabelFileError:
        known = ", ".join(ALIASES[role][:6])
        return LabelFileError(
            f"{redact_url(self._source.path)} has no column for the {role} (looked for {known}, …). {self._there()} "
            f"Say which: `columns: {{{role}: …}}` under `source`."
        )

    def _there(self) -> str:
        shown = ", ".join(quote_location(name) or "''" for name in self._names[:30])
        return f"The columns found are: {shown}."


def clean_label(text: str | None, missing: Sequence[str]) -> str:
    """A cell as a class name: in Unicode's form C, without blanks around it; empty where it stands for no label."""
    if text is None or text in missing:
        return ""
    return unicodedata.normalize("NFC", text).strip()


def text_hash(text: str) -> str:
    """16 hex digits of the SHA-256 of *text*."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Occurrences:
    """Numbers equal things from 1, so that each has an identity of its own."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def next(self, key: str) -> str:
        """*key* and how often it has been seen."""
        self._counts[key] += 1
        return f"{key}-{self._counts[key]}"
