"""Records into samples: joined with the files that are there, duplicates settled, orphans counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.discover.label_files import LabelFileSource, Occurrences, clean_label, text_hash
from tasks.discover.roles import Roles
from tasks.discover.sample_rows import Origin, SampleRows
from tasks.discover.scan import Listing, scan_images, stat_local
from tasks.discover.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records import cell_text, location_text
from tasks.records.embedded import InvalidEmbeddedError, decode_embedded
from tasks.records.locations import LocationPolicy, Place, classify_location
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.samples import Discovery, Rejection, SourceAccess, decode_name, encode_name
from tasks.storage import quote_location, redact_url

_SHOWN_REPAIRS = 20


@dataclass(slots=True)
class _Entry:
    """One record that names an image; *is_whole* where its location may be written down as it is."""

    place: Place
    label: str
    split: str
    sample_id: str
    origin: Origin
    is_whole: bool
    fingerprint: str = ""

    @property
    def kept_origin(self) -> Origin:
        """Where the record stands; offset and length only where it must be read again to fetch the image."""
        return Origin(self.origin.label_file, self.origin.row) if self.is_whole else self.origin


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label file that is understood.

    Attributes:
        source: Its settings.
        roles: Which columns hold what.
        form: How its records are written.
        layout: ``csv`` or ``json``.
        notices: Sentences about it for the discovery report.
    """

    source: LabelFileSource
    roles: Roles
    form: RecordFormat
    layout: str
    notices: tuple[str, ...] = field(default=())


def discover_records(file: LabelFile, records: Iterable[Record], words: SplitWords) -> Discovery:
    """The samples that *records* name.

    Raises:
        LabelFileError: There is no record.
    """
    reader = _Reader(file, words)
    for record in records:
        reader.read(record)
    if not reader.count:
        raise LabelFileError(
            f"{redact_url(file.source.path)} holds no record: no image is listed. Check `source.path`."
        )
    return reader.finish()


class _Reader:
    def __init__(self, file: LabelFile, words: SplitWords) -> None:
        self._file = file
        self._words = words
        self._rows = SampleRows(file.source.name, notices=list(file.notices))
        source = file.source
        self._policy = LocationPolicy(source.base.url, source.allow_prefixes, file.form.base_url)
        self._entries: dict[str, list[_Entry]] = defaultdict(list)
        self._listing = self._scan()
        self._known = dict(zip(self._listing.paths, range(len(self._listing.paths)), strict=True))
        self._occurrences = Occurrences()
        self._repairs: list[str] = []
        self.count = 0

    def _scan(self) -> Listing:
        """The files beside the label file; nothing where they cannot be listed, as over http."""
        base = self._file.source.base
        if self._file.form.base_url or (base.is_local and not Path(base.url).is_dir()):
            return Listing(base)
        return scan_images(base, self._file.source) or Listing(base)

    def read(self, record: Record) -> None:
        if record.repair:
            self._repairs.append(f"line {record.line}: {record.repair}")
        if not record.length:
            return
        self.count += 1
        origin = Origin(self._file.source.file_name, record.line, record.offset, record.length)
        if record.problem is not None:
            self._reject("", origin, Rejection(record.problem.reason, record.problem.detail))
            return
        text = location_text(record.cells, self._file.form).strip()
        place = classify_location(text, self._policy)
        if isinstance(place, Rejection):
            self._reject(quote_location(text), origin, place)
        else:
            self._enter(record, text, place, origin)

    def _enter(self, record: Record, text: str, place: Place, origin: Origin) -> None:
        roles, source = self._file.roles, self._file.source
        label = None if roles.label is None else cell_text(record.cells, roles.label)
        split, problem = self._split(record)
        is_whole = place.kind != "embedded" and not (place.kind == "web" and ("?" in text or "@" in text))
        entry = _Entry(place, clean_label(label, source.missing_labels), split, "", origin, is_whole)
        if place.kind == "embedded":
            problem = problem or self._embedded_problem(text)
            key = text_hash(text)
            entry.fingerprint = key
            entry.sample_id = self._occurrences.next(key)
        else:
            entry.sample_id = encode_name(place.identity)
        if roles.id is not None:
            entry.sample_id = cell_text(record.cells, roles.id) or ""
            problem = problem or (None if entry.sample_id else Rejection(Reason.BAD_ROW, "its id is empty"))
        if problem is None and not entry.label and not source.allow_unlabeled:
            problem = Rejection(Reason.MISSING_LABEL, "has no label; `allow_unlabeled: true` would keep it")
        if problem is not None:
            self._reject(encode_name(place.location), origin, problem, entry.sample_id)
        else:
            self._entries[entry.sample_id].append(entry)

    def _split(self, record: Record) -> tuple[str, Rejection | None]:
        roles = self._file.roles
        text = "" if roles.split is None else (cell_text(record.cells, roles.split) or "").strip()
        if not text:
            return "", None
        if roles.is_valid:
            word = {"true": "validation", "1": "validation", "false": "train", "0": "train"}.get(text.lower(), "")
        else:
            word = self._words.split_of(text)
        if word:
            return word, None
        detail = f"the split {text[:60]!r} is not known; `splits.names` can map it"
        return "", Rejection(Reason.UNKNOWN_SPLIT, detail)

    def _embedded_problem(self, text: str) -> Rejection | None:
        try:
            decode_embedded(text, self._file.form.embedded)
        except InvalidEmbeddedError as error:
            return Rejection(error.reason, error.detail)
        return None

    def _reject(self, location: str, origin: Origin, rejection: Rejection, sample_id: str = "") -> None:
        sample = {
            "sample_id": self._rows.prefixed(sample_id or f"{origin.label_file}:{origin.row}"),
            "location": location,
        }
        self._rows.reject(sample, rejection.reason, rejection.detail, origin)

    def finish(self) -> Discovery:
        taken = set()
        for entries in self._entries.values():
            entry = self._settle_copies(entries)
            if entry is not None:
                taken.add(entry.place.location)
                self._add(entry)
        orphans = len(self._known.keys() - taken)
        if orphans:
            self._rows.ignored["present but unlisted"] += orphans
        self._rows.ignored.update(self._listing.ignored)
        source, form = self._file.source, self._file.form
        access = SourceAccess(
            name=source.name,
            root=source.base,
            allow_prefixes=source.allow_prefixes,
            label_root=source.folder,
            record_formats={source.file_name: form.model_dump_json()},
            follow_links=source.follow_links,
        )
        samples = self._rows.samples()
        return Discovery(
            layout=self._file.layout,
            why=f"{source.file_name} is a {self._file.layout.upper()} with {self.count:,} records",
            samples=samples,
            rejections=self._rows.rejections,
            class_paths=tuple(sorted(set(samples["label_path"].unique().to_pylist()) - {""})),
            ignored=dict(self._rows.ignored),
            notices=(*self._rows.notices, *self._repair_notices()),
            access=(access,),
        )

    def _repair_notices(self) -> list[str]:
        name = self._file.source.file_name
        more = len(self._repairs) - _SHOWN_REPAIRS
        shown = [f"{name}, {repair} (label_file_repaired)" for repair in self._repairs[:_SHOWN_REPAIRS]]
        return shown + ([f"{name}: {more} more lines were repaired"] if more > 0 else [])

    def _settle_copies(self, entries: list[_Entry]) -> _Entry | None:
        """The one record that counts of several for one image; None where they contradict each other."""
        first, *others = entries
        if any((entry.label, entry.split) != (first.label, first.split) for entry in others):
            rows = ", ".join(str(entry.origin.row) for entry in entries[:5])
            labels = ", ".join(sorted({entry.label for entry in entries})[:5])
            conflict = Rejection(Reason.LABEL_CONFLICT, f"lines {rows} disagree about it: {labels}")
            for entry in entries:
                self._reject(encode_name(entry.place.location), entry.origin, conflict, entry.sample_id)
            return None
        for entry in others:
            detail = f"line {first.origin.row} names it already"
            copy = Rejection(Reason.DUPLICATE_LOCATION, detail)
            self._reject(encode_name(entry.place.location), entry.origin, copy, entry.sample_id)
        return first

    def _add(self, entry: _Entry) -> None:
        size, fingerprint = -1, entry.fingerprint
        location = encode_name(entry.place.location)
        if entry.place.kind == "store":
            found = self._find(location)
            if found is None:
                self._reject(location, entry.origin, Rejection(Reason.NOT_FOUND, "no such file"), entry.sample_id)
                return
            size, fingerprint = found
        self._rows.add(self._sample(entry, location) | {"fingerprint": fingerprint, "size": size}, entry.kept_origin)

    def _sample(self, entry: _Entry, location: str) -> dict[str, Any]:
        return {
            "sample_id": self._rows.prefixed(entry.sample_id),
            "kind": entry.place.kind,
            "location": location,
            "label_path": entry.label,
            "split": entry.split,
        }

    def _find(self, location: str) -> tuple[int, str] | None:
        """Size and fingerprint of a file that is there; of one that the scan left out, what a look at it says."""
        index = self._known.get(location)
        if index is not None:
            return self._listing.sizes[index], self._listing.fingerprints[index]
        root = self._listing.root
        if root.is_local:
            return stat_local(root.url, decode_name(location))
        return None
