"""Records into samples: read one by one or in blocks, then held against the files that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow.compute as pc

from tasks.discover.by_folders.folder_paths import case_notices
from tasks.discover.by_folders.sample_rows import Origin, SampleRows
from tasks.discover.by_records.entries import Entries, Entry
from tasks.discover.by_records.join_files import FileJoin
from tasks.discover.by_records.label_cells import LabelCells
from tasks.discover.by_records.label_files import LabelFileSource, Occurrences
from tasks.discover.by_records.plain_rows import MAX_LABEL, Block, CellMeaning, plain_rows
from tasks.discover.by_records.roles import Roles
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records import cell_text, location_text
from tasks.records.embedded import InvalidEmbeddedError, decode_embedded, text_hash
from tasks.records.locations import LocationPolicy, Place, classify_location
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat, Selector
from tasks.samples import Discovery, Rejection, SourceAccess, encode_name, kept_text
from tasks.storage import quote_location, redact_url

_SHOWN_REPAIRS = 20
_IS_VALID = {"true": "validation", "1": "validation", "false": "train", "0": "train"}


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


def discover_records(file: LabelFile, records: Iterable[Record | Block], words: SplitWords) -> Discovery:
    """The samples that *records* name.

    Raises:
        LabelFileError: There is no record, or a label is a list.
    """
    reader = _Reader(file, words)
    for record in records:
        if isinstance(record, Record):
            reader.read(record)
        else:
            reader.read_block(record)
    if not reader.count:
        raise LabelFileError(
            f"{redact_url(file.source.path)} holds no record: no image is listed. Check `source.path`."
        )
    return reader.finish()


class _Reader:
    def __init__(self, file: LabelFile, words: SplitWords) -> None:
        self._file = file
        self._source = file.source
        self._words = words
        self._rows = SampleRows(file.source.name, notices=list(file.notices))
        self._policy = LocationPolicy(file.source.base.url, file.source.allow_prefixes, file.form.base_url)
        self._join = FileJoin(file.source, self._scan(), self._rows)
        self._entries = Entries()
        self._occurrences = Occurrences()
        self._labels = LabelCells(file.source, file.roles.label)
        self._meaning = CellMeaning(self._labels, self._known_split, file.source.allow_unlabeled)
        self._repairs: list[str] = []
        self._file_name = file.source.file_name
        self.count = 0

    def _scan(self) -> Listing:
        """The files beside the label file; nothing where they cannot be listed, as over http."""
        base = self._source.base
        if self._file.form.base_url or (base.is_local and not Path(base.url).is_dir()):
            return Listing(base)
        return scan_images(base, self._source) or Listing(base)

    def read_block(self, block: Block) -> None:
        is_plain, columns = plain_rows(block, self._file.roles, self._policy, self._meaning)
        plain = int(is_plain.sum())
        if plain:
            self._entries.add_columns(columns, plain)
            self.count += plain
        for index in (~is_plain).nonzero()[0].tolist():
            self.read(block.record(index))

    def read(self, record: Record) -> None:
        if record.repair:
            self._repairs.append(f"line {record.line}: {record.repair}")
        if not record.length:
            return
        self.count += 1
        origin = Origin(self._file_name, record.line, record.offset, record.length)
        if record.problem is not None:
            self._reject("", origin, Rejection(record.problem.reason, record.problem.detail))
            return
        text = location_text(record.cells, self._file.form).strip()
        place = self._open_quote(text) or self._join.as_spelled(text, classify_location(text, self._policy))
        if isinstance(place, Rejection):
            self._reject(quote_location(text), origin, place)
        else:
            self._enter(record, text, place, origin)

    def _enter(self, record: Record, text: str, place: Place, origin: Origin) -> None:
        roles = self._file.roles
        split, problem = self._split(record)
        label = self._labels.of_record(record)
        identity, fingerprint = encode_name(place.identity), ""
        if place.kind == "embedded":
            problem = problem or self._embedded_problem(text)
            fingerprint = text_hash(text)
            identity = self._occurrences.next(fingerprint)
        told_by = fingerprint or identity
        if roles.id is not None:
            identity = self._text(record, roles.id)
            problem = problem or (None if identity else Rejection(Reason.BAD_ROW, "its id is empty"))
        problem = problem or self._open_quote(label.path)
        if label.longest > MAX_LABEL:
            problem = problem or Rejection(Reason.BAD_ROW, f"its label has {label.longest:,} characters")
        if problem is None and label.is_missing and not self._labels.is_many and not self._source.allow_unlabeled:
            problem = Rejection(Reason.MISSING_LABEL, "has no label; `allow_unlabeled: true` would keep it")
        location = encode_name(place.location)
        if problem is not None:
            self._reject(location, origin, problem, identity)
            return
        is_whole = place.kind != "embedded" and not (place.kind == "web" and ("?" in text or "@" in text))
        kept = kept_text({name: self._text(record, selector) for name, selector in roles.kept.items()})
        self._entries.add(
            Entry(
                sample_id=identity,
                kind=place.kind,
                location=location,
                label_path=label.path,
                label_paths=label.paths,
                split=split,
                fingerprint=fingerprint,
                label_row=origin.row,
                at=origin.offset,
                length=origin.length,
                is_whole=is_whole,
                size=-1,
                group="" if roles.group is None else self._text(record, roles.group),
                kept=kept,
                place=told_by,
            )
        )

    def _open_quote(self, text: str) -> Rejection | None:
        """What is wrong with a cell of a CSV that begins with a quote which nothing closes; a name would not."""
        if self._file.form.kind == "csv" and text.startswith('"') and text.count('"') % 2:
            return Rejection(Reason.BAD_ROW, f"a quote is never closed: {text[:60]!r}")
        return None

    @staticmethod
    def _text(record: Record, selector: Selector) -> str:
        return (cell_text(record.cells, selector) or "").strip()

    def _known_split(self, text: str) -> str | None:
        """The split that the cell *text* names, empty where it is; None where it names none that is known."""
        text = text.strip()
        if not text:
            return ""
        return (_IS_VALID.get(text.lower()) if self._file.roles.is_valid else self._words.split_of(text)) or None

    def _split(self, record: Record) -> tuple[str, Rejection | None]:
        place = self._file.roles.split
        text = "" if place is None else cell_text(record.cells, place) or ""
        split = self._known_split(text)
        if split is not None:
            return split, None
        detail = f"the split {text.strip()[:60]!r} is not known; `splits.names` can map it"
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
        self._join.add(self._entries.table())
        source, form = self._source, self._file.form
        access = SourceAccess(
            name=source.name,
            root=source.base,
            allow_prefixes=source.allow_prefixes,
            label_root=source.folder,
            record_formats={source.file_name: form.model_dump_json()},
            follow_links=source.follow_links,
            label_url=source.signed_url,
        )
        samples = self._rows.samples()
        listed = samples["label_paths"].drop_null()
        names = {*samples["label_path"].unique().to_pylist(), *pc.list_flatten(listed).unique().to_pylist()}
        classes = () if self._source.label_reading.kind == "number" else tuple(sorted(names - {""}))
        discovery = Discovery(
            layout=self._file.layout,
            why=f"{source.file_name} is a {self._file.layout.upper()} with {self.count:,} records",
            samples=samples,
            rejections=self._rows.rejections,
            class_paths=classes,
            ignored=dict(self._rows.ignored),
            notices=(
                *self._rows.notices,
                *self._repair_notices(),
                *case_notices(classes),
                *self._several_notices(classes),
            ),
            access=(access,),
        )
        return replace(discovery, notices=tuple(dict.fromkeys(discovery.notices)))

    def _several_notices(self, classes: Sequence[str]) -> list[str]:
        """A sentence on classes that look like several, which nobody but the user can know."""
        found = [name for name in classes if ";" in name or "|" in name]
        reading = self._source.label_reading
        if not found or reading.separator:
            return []
        mark = "|" if any("|" in name for name in found) else ";"
        shown = ", ".join(repr(name[:60]) for name in found[:5])
        how = f'`labels: {{kind: many, separator: "{mark}"}}` would make several of each'
        return [f"{len(found)} class names hold `;` or `|` ({shown}), and each is taken as one class; {how}"]

    def _repair_notices(self) -> list[str]:
        name = self._source.file_name
        more = len(self._repairs) - _SHOWN_REPAIRS
        shown = [f"{name}, {repair} (label_file_repaired)" for repair in self._repairs[:_SHOWN_REPAIRS]]
        return shown + ([f"{name}: {more} more lines were repaired"] if more > 0 else [])
