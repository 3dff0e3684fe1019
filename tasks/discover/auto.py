"""`layout: auto`: which of the five a source is, and why; where two readings are possible, neither."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal, Self, TypeVar

from tasks.config_keys import ConfigKeys, SourceKeys, splits_named
from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folder_paths import FolderReading, FolderSource
from tasks.discover.by_folders.folders import archive_notices, discover_folders, images_under, require_readable
from tasks.discover.by_folders.hierarchy import Hierarchy
from tasks.discover.by_folders.split_folders import SplitFolders, split_level
from tasks.discover.by_records.csv_records import CsvRecords, CsvSettings
from tasks.discover.by_records.json_records import JsonRecords, JsonSettings
from tasks.discover.by_records.label_files import LabelFileSettings
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.folder_evidence.contradictions import refuse_contradictions
from tasks.discover.folder_evidence.folder_choice import FolderChoice, choose_folders
from tasks.discover.folder_evidence.folder_proposals import refuse_links
from tasks.discover.folder_evidence.name_choice import NameChoice, choose_names
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.listing.unread_formats import refuse_arrays
from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.reading import Evidence, Reading
from tasks.discover.settings import SourceSettings
from tasks.discover.verdict.embedded_verdict import discover_embedded, unread_beside, with_embedded
from tasks.discover.verdict.evidence import weigh
from tasks.discover.verdict.listed_splits import with_listed
from tasks.discover.verdict.same_folders import oppose_with_same, with_each_alone
from tasks.discover.verdict.table_verdict import TableVerdict, Taken
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.records.text_window import compression_of
from tasks.redaction import is_web
from tasks.samples import Discovery
from tasks.storage import open_store, redact_url
from tasks.storage.archive_store import members_named
from tasks.storage.archives import archive_of, inner_path
from tasks.tables.array_tables import is_of_images

_CSV = (".csv", ".tsv", ".tab", ".txt")
_JSON = (".json", ".jsonl", ".ndjson")
_BESIDE = ("metadata.csv", "metadata.jsonl", "labels.csv", "labels.json", "labels.jsonl", "annotations.csv")
_UNREAD = (".xlsx", ".xls", ".ods", ".mat", ".pkl", ".pickle", ".parquet", ".sqlite", ".db", ".xml", ".h5", ".npz")
_SMALL = 10_000
_FOLDERS: dict[str, type[FolderSource]] = {
    "class_folders": ClassFolders,
    "split_folders": SplitFolders,
    "hierarchy": Hierarchy,
}
Choice = FolderChoice | NameChoice | CsvRecords | JsonRecords | Taken
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
        return self.discover_in(images_under(self), words)

    def discover_in(self, listing: Listing, words: SplitWords) -> Discovery:
        """The samples of *listing*, what lies in its folder, as `discover` gives them."""
        packed, inside = self._looking_into_archives(listing)
        if packed is self:
            found = self._discover_listed(listing, words)
            return replace(found, notices=(*found.notices, *archive_notices(listing, self)))
        try:
            found = packed._discover_listed(inside, words)
        except UnsettledLayoutError as error:
            raise error.with_source_keys({"archives": True}) from None
        source: SourceKeys = {"archives": True, **found.keys.get("source", {})}
        notices = (*found.notices, *archive_notices(inside, packed))
        return replace(found, keys={**found.keys, "source": source}, notices=notices)

    def _looking_into_archives(self, listing: Listing, limit: int | None = None) -> tuple[Self, Listing]:
        """The source that reads archives as folders, and its listing, where all images lie in archives; else itself."""
        is_told = "archives" in self.model_fields_set or self.is_web  # those in a folder over http stay closed
        if listing.count or listing.refused or not listing.archives or is_told:
            return self, listing
        packed = self.model_copy(update={"archives": True})
        inside = scan_images(self.place, packed, limit)
        return (self, listing) if inside is None else (packed, inside)

    def check(self, words: SplitWords) -> None:
        """Raise what `discover` would raise, as far as a short look at the source tells."""
        file = self.as_label_file()
        if file is not None:
            file.check()
            return
        listing = scan_images(self.place, self, limit=_SMALL)
        if listing is None:
            return
        packed, inside = self._looking_into_archives(listing, _SMALL)
        try:
            chosen = packed._choose(inside, words)
        except UnsettledLayoutError as error:
            raise (error if packed is self else error.with_source_keys({"archives": True})) from None
        else:
            if isinstance(chosen, CsvRecords | JsonRecords):
                chosen.check()

    def as_label_file(self) -> CsvRecords | JsonRecords | None:
        """The label file that the path names by its extension; None where it names none."""
        name = compression_of(inner_path(self.path.partition("?")[0]))[1].lower()
        if name.endswith(_CSV):
            return self._as(CsvRecords, "csv")
        return self._as(JsonRecords, "json") if name.endswith(_JSON) and not is_of_images(self.place) else None

    def _as(self, model: type[Model], layout: str, path: str = "", keys: SourceKeys | None = None) -> Model:
        """The same source with the layout that was found, and *keys* for it."""
        values = self.model_dump(include=set(model.model_fields), exclude_unset=True)
        found: SourceKeys = {"layout": layout, "path": path or self.path, **(keys or {})}
        made = model.model_validate({**values, **found}).reading_labels(self.label_reading)
        return made.telling_origins() if self.tells_origins else made

    def _discover_listed(self, listing: Listing, words: SplitWords) -> Discovery:
        chosen = self._choose(listing, words)
        if isinstance(chosen, Taken):
            return chosen.discovery
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
        keys: ConfigKeys = {"source": chosen.keys, **splits_named(chosen.split_names)}
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
        return replace(found, keys={"source": chosen.keys, **splits_named(chosen.split_names)})

    def _choose(self, listing: Listing, words: SplitWords) -> Choice:
        """How the folder is to be read; a refusal names the files that are never loaded.

        Raises:
            LayoutError: It cannot be read, or in several ways.
        """
        refuse_arrays(listing)
        is_empty = not listing.count and not listing.refused and not self._names_columns
        if is_empty and (found := discover_embedded(listing, self, self._with_keys, words)):
            return Taken(found)
        if not (listing.count or listing.refused) and (unread := unread_beside(listing, self, words)):
            raise LayoutError(f"No image found under {redact_url(listing.root.url)}. {' '.join(unread)}")
        try:
            return self._choose_among(listing, words)
        except UnsettledLayoutError as error:
            refusal = error if self._names_columns else with_embedded(error, listing, self, self._with_keys, words)
            unread = unread_beside(listing, self, words)
            raise (refusal.after(unread) if unread else refusal) from None

    def _choose_among(self, listing: Listing, words: SplitWords) -> Choice:
        """How the folder is to be read: by its folders, by the tables beside the images, or by one label file."""
        beside = self._label_file_beside()
        if beside and self._names_columns:
            return self._beside(beside)
        refuse_links(listing, self)
        require_readable(listing, self)
        refusal = None
        try:
            choice: FolderChoice | None = choose_folders(listing, self, words)
        except UnsettledLayoutError as error:
            choice, refusal = None, error
        evidence = weigh(listing, choice, self, words)
        oppose_with_same(evidence, choice, listing, self, words)
        try:
            return self._by_evidence(listing, words, choice or refusal, evidence, beside)
        except UnsettledLayoutError as error:
            told = error if evidence.named else with_each_alone(error, listing, self, words)
            raise with_listed(told, evidence.listed) from None

    def _by_evidence(
        self,
        listing: Listing,
        words: SplitWords,
        told: FolderChoice | UnsettledLayoutError | None,
        evidence: Evidence,
        beside: str,
    ) -> Choice:
        """How the folder is to be read, once tables are held against what folders have *told*: a reading, or none."""
        choice = told if isinstance(told, FolderChoice) else None
        refusal = told if isinstance(told, UnsettledLayoutError) else None
        refusal = refusal.after(evidence.damaged) if evidence.damaged and refusal is not None else refusal
        if beside and not any(listing.parents) and (records := self._understood(beside, evidence)):
            return records
        verdict = TableVerdict(evidence, self._by_tables, words)
        if taken := verdict.taken(listing, choice):
            return taken
        if choice is not None and not evidence.opposed:
            refuse_contradictions(choice, self, words, evidence.understood, evidence.proposals)
            return self._mentioning(replace(choice, notices=(*choice.notices, *evidence.damaged)), beside)
        if refusal is None:
            raise verdict.refusal(None, self.path, choice)
        return self._otherwise(verdict, refusal, beside, listing, words)

    def _otherwise(
        self, verdict: TableVerdict, refusal: UnsettledLayoutError, beside: str, listing: Listing, words: SplitWords
    ) -> Choice:
        """How it is to be read where neither folders nor tables prove a reading: by its names, or not at all."""
        if not verdict.has_proposals:
            if beside and (refusal.reason == "no_labels" or not any(listing.parents)):
                records = self._beside(beside)
                try:
                    records.check()
                except LayoutError as error:
                    refusal = refusal.after([str(error)])
                else:
                    return records
            return self._by_names(listing, words, refusal, verdict.named)
        try:
            return self._by_names(listing, words, refusal, verdict.named)
        except UnsettledLayoutError as error:
            raise verdict.refusal(error, self.path) from None

    def _by_names(
        self, listing: Listing, words: SplitWords, refusal: UnsettledLayoutError, named: Mapping[str, Collection[str]]
    ) -> Choice:
        """The reading of the files' names, unless a table beside them was not looked into."""
        choice = choose_names(listing, self, words, refusal, named)
        if any(path.lower().endswith(_UNREAD) for path in listing.beside):
            raise refusal
        return choice

    def _mentioning(self, choice: FolderChoice, beside: str) -> FolderChoice:
        """*choice* with a word on the label file *beside* the folders."""
        if not beside:
            return choice
        how = f"to read it instead, set `path: {redact_url(self.place.child(beside).url)}`"
        notice = f"{beside} lies beside the folders and is not read; {how}"
        return replace(choice, notices=(*choice.notices, notice))

    def _understood(self, beside: str, evidence: Evidence) -> CsvRecords | JsonRecords | None:
        """The label file *beside* the images, where its columns are understood and nothing else is needed."""
        reading = evidence.reading
        told = {entry.get("file") for entry in reading.keys["tables"]} if reading is not None else {beside}
        if told != {beside} or beside in evidence.loose or (reading is None and evidence.offers(beside)):
            return None
        records = self._beside(beside)
        try:
            records.check()
        except LayoutError:
            return None
        return records

    @property
    def _names_columns(self) -> bool:
        """Whether keys are given that only a label file has."""
        return bool(self.model_fields_set & {"columns", "location", "base_dir"})

    def _by_tables(self, reading: Reading) -> TablesSource:
        return self._with_keys(reading.keys)

    def _with_keys(self, keys: SourceKeys) -> TablesSource:
        return self._as(TablesSource, "tables", keys=keys)

    def _label_file_beside(self) -> str:
        archive = archive_of(self.place)
        if archive is not None:
            there = members_named(archive, _BESIDE)
            return next((name for name in _BESIDE if name in there), "")
        store = open_store(self.place)
        if is_web(self.path):
            return ""
        return next((name for name in _BESIDE if store.exists(name)), "")

    def _beside(self, name: str) -> CsvRecords | JsonRecords:
        path = self.place.child(name).url
        return self._as(CsvRecords, "csv", path) if name.endswith(".csv") else self._as(JsonRecords, "json", path)
