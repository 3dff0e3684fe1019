"""`layout: auto`: which of the five a source is, and why; where two readings are possible, neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar

from tasks.discover.class_folders import ClassFolders
from tasks.discover.contradictions import refuse_contradictions
from tasks.discover.csv_records import CsvRecords, CsvSettings
from tasks.discover.folder_choice import FolderChoice, choose_folders
from tasks.discover.folder_paths import FolderReading, FolderSource
from tasks.discover.folder_proposals import refuse_links
from tasks.discover.folders import discover_folders, images_under, require_images
from tasks.discover.hierarchy import Hierarchy
from tasks.discover.json_records import JsonRecords, JsonSettings
from tasks.discover.label_files import LabelFileSettings
from tasks.discover.listing import Listing
from tasks.discover.name_choice import NameChoice, choose_names
from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.scan import scan_images
from tasks.discover.settings import SourceSettings
from tasks.discover.split_folders import SplitFolders, split_level
from tasks.discover.split_words import SplitWords
from tasks.discover.tables import TablesSource
from tasks.records.text_window import compression_of
from tasks.samples import Discovery
from tasks.storage import open_store, redact_url
from tasks.storage.archive_store import members_named
from tasks.storage.archives import archive_of, inner_path

_CSV = (".csv", ".tsv", ".tab", ".txt")
_JSON = (".json", ".jsonl", ".ndjson")
_BESIDE = ("metadata.csv", "metadata.jsonl", "labels.csv", "labels.json", "labels.jsonl", "annotations.csv")
_SMALL = 10_000
_FOLDERS: dict[str, type[FolderSource]] = {
    "class_folders": ClassFolders,
    "split_folders": SplitFolders,
    "hierarchy": Hierarchy,
}
Choice = FolderChoice | NameChoice | CsvRecords | JsonRecords
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
            if isinstance(chosen, CsvRecords | JsonRecords):
                chosen.check()

    def as_label_file(self) -> CsvRecords | JsonRecords | None:
        """The label file that the path names by its extension; None where it names none."""
        name = compression_of(inner_path(self.path.partition("?")[0]))[1].lower()
        if name.endswith(_CSV):
            return self._as(CsvRecords, "csv")
        return self._as(JsonRecords, "json") if name.endswith(_JSON) else None

    def _as(self, model: type[Model], layout: str, path: str = "", keys: Mapping[str, Any] | None = None) -> Model:
        """The same source with the layout that was found, and *keys* for it."""
        values = self.model_dump(include=set(model.model_fields) - {"layout", "path"}, exclude_unset=True)
        found = {"layout": layout, "path": path or self.path} | dict(keys or {})
        return model.model_validate(values | found).reading_labels(self.label_reading)

    def _discover_folder(self, listing: Listing, words: SplitWords) -> Discovery:
        chosen = self._choose(listing, words)
        if isinstance(chosen, FolderChoice):
            return self._read(chosen, words)
        if isinstance(chosen, NameChoice):
            return self._read_names(chosen, words)
        found = chosen.discover(words)
        how = "since no folder names a class; `layout: class_folders` or `split_folders` reads the folders alone"
        return replace(found, notices=(f"{chosen.file_name} beside the images is read, {how}", *found.notices))

    def _read_names(self, chosen: NameChoice, words: SplitWords) -> Discovery:
        """The samples whose labels are parts of their files' names."""
        source = self._as(TablesSource, "tables", keys=chosen.keys)
        found = source.discover(words.with_names(chosen.split_names))
        splits = {"splits": {"names": dict(chosen.split_names)}} if chosen.split_names else {}
        keys = {"source": dict(chosen.keys)} | splits
        return replace(found, why=chosen.why, notices=(*chosen.notices, *found.notices), keys=keys)

    def _read(self, chosen: FolderChoice, words: SplitWords) -> Discovery:
        """The samples of the named layout that *chosen* is."""
        source = self._as(_FOLDERS[chosen.layout], chosen.layout, keys=chosen.keys)
        words = words.with_names(chosen.split_names)
        named = [parts for parent in chosen.listing.parents if (parts := source.named_parts(parent))]
        has_splits = chosen.layout == "split_folders"
        reading = FolderReading(
            chosen.layout,
            chosen.why,
            has_splits=has_splits,
            depth=1 if chosen.layout == "class_folders" else 0,
            notices=chosen.notices,
            split_level=split_level(named, words) if has_splits else 0,
        )
        found = discover_folders(source, chosen.listing, reading, words)
        splits = {"splits": {"names": dict(chosen.split_names)}} if chosen.split_names else {}
        return replace(found, keys={"source": dict(chosen.keys)} | splits)

    def _choose(self, listing: Listing, words: SplitWords) -> Choice:
        """How the folder is to be read, or the label file beside the images that says more than folders do."""
        beside = self._label_file_beside()
        if beside and not any(listing.parents):
            return self._beside(beside)
        refuse_links(listing, self)
        require_images(listing, self)
        try:
            choice = choose_folders(listing, self, words)
        except UnsettledLayoutError as error:
            if beside and str(error).startswith("no_labels"):
                return self._beside(beside)
            return choose_names(listing, self, words, error)
        refuse_contradictions(choice, self, words)
        if not beside:
            return choice
        how = f"to read it instead, set `path: {redact_url(self.place.child(beside).url)}`"
        notice = f"{beside} lies beside the folders and is not read; {how}"
        return replace(choice, notices=(*choice.notices, notice))

    def _label_file_beside(self) -> str:
        archive = archive_of(self.place)
        if archive is not None:
            there = members_named(archive, _BESIDE)
            return next((name for name in _BESIDE if name in there), "")
        store = open_store(self.place)
        if self.path.startswith(("http://", "https://")):
            return ""
        return next((name for name in _BESIDE if store.exists(name)), "")

    def _beside(self, name: str) -> CsvRecords | JsonRecords:
        path = self.place.child(name).url
        return self._as(CsvRecords, "csv", path) if name.endswith(".csv") else self._as(JsonRecords, "json", path)
