"""`layout: auto`: which of the five a source is, and why; where two readings are possible, neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from tasks.discover.class_folders import ClassFolders
from tasks.discover.csv_records import CsvRecords, CsvSettings
from tasks.discover.folder_paths import FolderReading, FolderSource
from tasks.discover.folders import discover_folders, images_under, require_images
from tasks.discover.hierarchy import Hierarchy
from tasks.discover.json_records import JsonRecords, JsonSettings
from tasks.discover.label_files import LabelFileSettings
from tasks.discover.listing import Listing
from tasks.discover.scan import scan_images
from tasks.discover.settings import SourceSettings
from tasks.discover.split_folders import SplitFolders
from tasks.discover.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.records.text_window import compression_of
from tasks.samples import Discovery
from tasks.storage import open_store, redact_url

_CSV = (".csv", ".tsv", ".tab", ".txt")
_JSON = (".json", ".jsonl", ".ndjson")
_BESIDE = ("metadata.csv", "metadata.jsonl", "labels.csv", "labels.json", "labels.jsonl", "annotations.csv")
_SMALL = 10_000
Model = TypeVar("Model", bound=SourceSettings)


class AutoSource(FolderSource, LabelFileSettings, CsvSettings, JsonSettings):
    """A source whose layout is found out; it takes the keys of every layout."""

    layout: Literal["auto"] = "auto"

    def discover(self, words: SplitWords) -> Discovery:
        """The samples of the layout that is found.

        Raises:
            LayoutError: There is no such source, nothing in it, or it can be read in two ways.
        """
        file = self.as_label_file()
        if file is not None:
            return file.discover(words)
        return self._discover_folder(images_under(self), words)

    def check(self, words: SplitWords) -> None:
        """Raise what `discover` would raise, as far as a short look at the source tells."""
        file = self.as_label_file()
        if file is not None:
            file.check()
            return
        listing = scan_images(self.place, self, limit=_SMALL)
        if listing is not None:
            chosen = self._choose(listing, words)
            if not isinstance(chosen, FolderReading):
                chosen.check()

    def as_label_file(self) -> CsvRecords | JsonRecords | None:
        """The label file that the path names by its extension; None where it names none."""
        name = compression_of(self.path.partition("?")[0])[1].lower()
        if name.endswith(_CSV):
            return self._as(CsvRecords, "csv")
        return self._as(JsonRecords, "json") if name.endswith(_JSON) else None

    def _as(self, model: type[Model], layout: str, path: str = "") -> Model:
        """The same source with the layout that was found."""
        values = self.model_dump(include=set(model.model_fields) - {"layout", "path"}, exclude_unset=True)
        made = model.model_validate(values | {"layout": layout, "path": path or self.path})
        return made.reading_labels(self.label_reading)

    def _discover_folder(self, listing: Listing, words: SplitWords) -> Discovery:
        chosen = self._choose(listing, words)
        if not isinstance(chosen, FolderReading):
            found = chosen.discover(words)
            how = "since no folder names a class; `layout: class_folders` or `split_folders` reads the folders alone"
            return replace(found, notices=(f"{chosen.file_name} beside the images is read, {how}", *found.notices))
        models: dict[str, type[FolderSource]] = {
            "class_folders": ClassFolders,
            "split_folders": SplitFolders,
            "hierarchy": Hierarchy,
        }
        return discover_folders(self._as(models[chosen.layout], chosen.layout), listing, chosen, words)

    def _choose(self, listing: Listing, words: SplitWords) -> FolderReading | CsvRecords | JsonRecords:
        """How the folder is to be read, or the label file beside the images that says more than folders do."""
        beside = self._label_file_beside()
        if beside and not any(listing.parents):
            return self._beside(beside)
        require_images(listing, self)
        choice = choose_reading(listing.parents, words, self)
        if choice is None:
            if beside:
                return self._beside(beside)
            raise no_classes(self, listing, words)
        if not beside:
            return choice
        how = f"to read it instead, set `path: {self.path}/{beside}`"
        notice = f"{beside} lies beside the folders and is not read; {how}"
        return replace(choice, notices=(*choice.notices, notice))

    def _label_file_beside(self) -> str:
        store = open_store(self.place)
        if self.path.startswith(("http://", "https://")):
            return ""
        return next((name for name in _BESIDE if store.exists(name)), "")

    def _beside(self, name: str) -> CsvRecords | JsonRecords:
        path = f"{self.path}/{name}"
        return self._as(CsvRecords, "csv", path) if name.endswith(".csv") else self._as(JsonRecords, "json", path)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which folders of the first level hold what.

    Attributes:
        splits: Those named like splits.
        others: The others that hold images.
        direct: Those that hold images themselves.
        nested: Those that hold images in folders of their own.
        depths: How many folders are above each image, distinct.
    """

    splits: Sequence[str]
    others: Sequence[str]
    direct: frozenset[str]
    nested: frozenset[str]
    depths: frozenset[int]


def _shape(parents: Iterable[str], words: SplitWords, source: FolderSource) -> _Shape:
    found: dict[str, set[int]] = defaultdict(set)
    for parent in parents:
        parts = source.named_parts(parent)
        if parts:
            found[parts[0]].add(len(parts))
    names = sorted(found)
    return _Shape(
        splits=[name for name in names if words.split_of(name)],
        others=[name for name in names if not words.split_of(name)],
        direct=frozenset(name for name in names if 1 in found[name]),
        nested=frozenset(name for name in names if max(found[name]) > 1),
        depths=frozenset().union(*found.values()),
    )


def choose_reading(parents: Sequence[str], words: SplitWords, source: FolderSource) -> FolderReading | None:
    """How *parents*, the folders that hold images, are to be understood; None where they name no class.

    Raises:
        LayoutError: Two readings are possible.
    """
    shape = _shape(parents, words, source)
    if shape.splits and shape.others:
        return _splits_beside_others(shape, source)
    if shape.splits:
        return _only_splits(shape, source)
    if not shape.others:
        return FolderReading("class_folders", "no image lies in a folder", False, 1) if source.allow_unlabeled else None
    if not shape.nested:
        why = f"images lie in {len(shape.others)} folders of the first level, none of them named like a split"
        return FolderReading("class_folders", why, has_splits=False, depth=1)
    deepest = max(shape.depths)
    why = f"images lie up to {deepest} folders deep, and no folder of the first level is named like a split"
    notice = "To take only the topmost folder as the class, set `layout: class_folders`"
    return FolderReading("hierarchy", why, has_splits=False, depth=0, notices=(notice,))


def _only_splits(shape: _Shape, source: FolderSource) -> FolderReading | None:
    if not shape.nested and not source.allow_unlabeled:
        return None
    why = f"all folders of the first level are named like splits: {', '.join(shape.splits[:5])}"
    return FolderReading("split_folders", why, has_splits=True, depth=0)


def _splits_beside_others(shape: _Shape, source: FolderSource) -> FolderReading:
    named, others = ", ".join(shape.splits[:3]), ", ".join(shape.others[:3])
    if not shape.nested:
        notice = f"{named}: named like a split, and taken as a class, since images lie directly in it and in {others}"
        why = f"images lie directly in folders of the first level, {named} among them"
        return FolderReading("class_folders", why, has_splits=False, depth=1, notices=(notice,))
    tree = "hierarchy" if shape.nested - set(shape.splits) else "class_folders"
    raise LayoutError(
        f"ambiguous_layout: {redact_url(source.path)} can be read in two ways, since {named} is named like a split and "
        f"{others} is not. "
        f"If {named} is a split, set `layout: split_folders` (the images in {others} are then rejected, unless "
        f"`splits.names` maps them); if it is a class, set `layout: {tree}`."
    )


def no_classes(source: FolderSource, listing: Listing, words: SplitWords) -> LayoutError:
    """What to say of images that no folder names a class for."""
    first = {source.named_parts(parent)[:1] for parent in listing.parents}
    splits = sorted(name[0] for name in first if name and words.split_of(name[0]))
    where = f"directly in the split folders {', '.join(splits[:5])}" if splits else "directly in it"
    return LayoutError(
        f"{redact_url(source.path)}: all {listing.count:,} images lie {where}, so no folder names their class. "
        "Put them in class folders, name a label file in `source.path`, or set `allow_unlabeled: true` with "
        f"`layout: {'split_folders' if splits else 'class_folders'}`."
    )
