"""Entries of a label file held against the files beside it: what is there, what is listed twice, what is not listed."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools
from tasks.discover.by_folders.sample_rows import Origin, SampleRows
from tasks.discover.by_records.entries import repeated
from tasks.discover.by_records.label_files import LabelFileSource
from tasks.discover.by_records.many_labels import with_merged_labels
from tasks.discover.listing.listing import Listing, stored_of
from tasks.discover.listing.scan import stat_local
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.locations import Place
from tasks.samples import Rejection, decode_name
from tasks.storage import redact_url

Row = Mapping[str, Any]


class FileJoin:
    """Joins entries with the files of *listing*, and puts what comes of it into *rows*."""

    def __init__(self, source: LabelFileSource, listing: Listing, rows: SampleRows) -> None:
        self._source = source
        self._listing = listing
        self._rows = rows

    def as_spelled(self, text: str, place: Place | Rejection) -> Place | Rejection:
        r"""*place*, unless a file is really called *text*, with its ``\``, its ``//`` or its leading ``~``."""
        text = text.removeprefix(f"{self._listing.root.url}/")
        is_tilde = isinstance(place, Rejection) and place.reason is Reason.OUTSIDE_ROOT and text.startswith("~")
        if (is_tilde or (isinstance(place, Place) and place.kind == "store")) and text in self._odd:
            return Place("store", text, text)
        return place

    @cached_property
    def _odd(self) -> frozenset[str]:
        """Paths that a cell is not taken for as it stands; object stores have empty names between slashes."""
        paths = self._listing.files["path"]
        return frozenset(paths.filter(pc.match_substring_regex(paths, r"\\|//|/\./|^~")).to_pylist())

    @cached_property
    def _composed(self) -> Mapping[str, str]:
        """For each path that is not ASCII, in Unicode's form C, the path; without those that two files share."""
        paths = self._listing.files["path"]
        found: dict[str, list[str]] = defaultdict(list)
        for path in paths.filter(pc.invert(pc.string_is_ascii(paths))).to_pylist():
            found[unicodedata.normalize("NFC", path)].append(path)
        return {name: paths[0] for name, paths in found.items() if len(paths) == 1}

    def add(self, entries: pa.Table) -> None:
        """All of *entries*: as samples, or as rejections with their reason."""
        entries, found = self._with_files(entries)
        taken = np.unique(found[found >= 0])
        if len(taken) < self._listing.count:
            self._rows.ignored["present but unlisted"] += self._listing.count - len(taken)
        self._rows.ignored.update(self._listing.ignored)
        if self._source.label_reading.kind == "many":
            entries = self._with_all_labels(entries)
        entries = self._without_copies(entries)
        is_absent = pc.equal(entries["size"], -2)
        if pc.any(is_absent).as_py():
            self._reject_all(entries.filter(is_absent), Reason.NOT_FOUND, "no such file")
            entries = entries.filter(pc.invert(is_absent))
        self._add_samples(entries)

    def _with_all_labels(self, entries: pa.Table) -> pa.Table:
        """*entries* with one for each image, which has the labels of all; those without any label are rejected."""
        entries = with_merged_labels(entries)
        is_missing = pc.is_null(entries["label_paths"])
        if self._source.allow_unlabeled or not pc.any(is_missing).as_py():
            return entries
        detail = (
            "has no label; `allow_unlabeled: true` would keep it, `missing_labels` names what says that it has none"
        )
        self._reject_all(entries.filter(is_missing), Reason.MISSING_LABEL, detail)
        return entries.filter(pc.invert(is_missing))

    def _with_files(self, entries: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        """*entries* with size and fingerprint of the files they name, -2 as the size of absent ones; their places."""
        is_store = bools(pc.equal(entries["kind"], "store"))
        if not is_store.any():
            nowhere = np.full(entries.num_rows, -1, dtype=np.int64)
            entries = _replaced(entries, size=pa.array(nowhere))
            return entries.append_column("stored", stored_of(pa.array(nowhere), self._listing)), nowhere
        paths = self._listing.files["path"].combine_chunks()
        found = pc.fill_null(pc.index_in(entries["location"], value_set=paths), -1).to_numpy().astype(np.int64)
        found[~is_store] = -1
        absent = np.flatnonzero(is_store & (found < 0))
        looked = [self._look(location) for location in entries["location"].take(pa.array(absent)).to_pylist()]
        index = pa.array(np.where(found >= 0, found, 0), mask=found < 0)
        sizes = pc.fill_null(self._listing.files["size"].take(index), -1).to_numpy().copy()
        prints = pc.coalesce(self._listing.files["fingerprint"].take(index), entries["fingerprint"])
        if len(absent):
            sizes[absent] = [size for _, size, _ in looked]
            prints = pc.replace_with_mask(
                prints, self._mask(absent, entries), pa.array([p for *_, p in looked], pa.string())
            )
            entries = self._respelled(entries, absent, [path for path, *_ in looked])
            again = pc.fill_null(pc.index_in(entries["location"].take(pa.array(absent)), value_set=paths), -1)
            found[absent] = again.to_numpy()
        entries = _replaced(entries, size=pa.array(sizes), fingerprint=prints)
        return entries.append_column("stored", stored_of(pa.array(found), self._listing)), found

    @staticmethod
    def _mask(chosen: npt.NDArray[np.int64], entries: pa.Table) -> pa.Array:
        mask = np.zeros(entries.num_rows, dtype=bool)
        mask[chosen] = True
        return pa.array(mask)

    def _look(self, location: str) -> tuple[str, int, str]:
        """Path, size and fingerprint of a file that the listing has not under the name *location*; size -2 for none."""
        path = self._composed.get(unicodedata.normalize("NFC", location), location)
        if path != location:
            index = pc.index(self._listing.files["path"], path).as_py()
            return path, self._listing.files["size"][index].as_py(), self._listing.files["fingerprint"][index].as_py()
        root = self._listing.root
        seen = stat_local(root.url, decode_name(location)) if root.is_local else None
        return (location, -2, "") if seen is None else (location, *seen)

    def _respelled(self, entries: pa.Table, chosen: npt.NDArray[np.int64], paths: Sequence[str]) -> pa.Table:
        """*entries* with *paths* for the locations, and for the ids that are locations, of those *chosen*."""
        mask, new = self._mask(chosen, entries), pa.array(paths, pa.string())
        old = entries["location"].take(pa.array(chosen))
        if new.equals(old.combine_chunks()):
            return entries
        same = pc.equal(entries["sample_id"].take(pa.array(chosen)), old)
        ids = pc.if_else(same, new, entries["sample_id"].take(pa.array(chosen)))
        return _replaced(
            entries,
            location=pc.replace_with_mask(entries["location"], mask, new),
            sample_id=pc.replace_with_mask(entries["sample_id"], mask, ids.combine_chunks()),
        )

    def _without_copies(self, entries: pa.Table) -> pa.Table:
        """*entries* with one for each image: of several the first, or none where they disagree."""
        copies = repeated(entries["sample_id"])
        if not len(copies):
            return entries
        is_copy = pc.is_in(entries["sample_id"], value_set=copies)
        several = entries.filter(is_copy)
        self._refuse_ids_of_several(several)
        said = pc.binary_join_element_wise(several["label_path"], several["split"], "\0")
        groups = several.append_column("said", said).group_by("sample_id")
        facts = groups.aggregate([("label_row", "min"), ("at", "min"), ("said", "count_distinct")])
        of_group = pc.index_in(several["sample_id"], value_set=facts["sample_id"].combine_chunks())
        is_first = pc.equal(several["at"], facts["at_min"].take(of_group))
        disagrees = pc.greater(facts["said_count_distinct"].take(of_group), 1)
        if self._source.label_conflict == "first":
            disagrees = pc.and_(disagrees, False)
        self._refuse_conflicts(several.filter(disagrees))
        first_rows = facts["label_row_min"].take(of_group).cast(pa.string())
        details = pc.binary_join_element_wise("line", first_rows, "names it already", " ")
        is_spare = pc.and_(pc.invert(disagrees), pc.invert(is_first))
        self._reject_all(several.filter(is_spare), Reason.DUPLICATE_LOCATION, details.filter(is_spare))
        kept = several.filter(pc.and_(is_first, pc.invert(disagrees)))
        return pa.concat_tables([entries.filter(pc.invert(is_copy)), kept])

    def _refuse_ids_of_several(self, entries: pa.Table) -> None:
        """Raise `LabelFileError` where one id stands for several images: merged, all but one of them would be gone."""
        place = pc.if_else(pc.equal(entries["kind"], "store"), entries["location"], entries["place"])
        groups = (
            entries.append_column("told_by", place).group_by("sample_id").aggregate([("told_by", "count_distinct")])
        )
        shared = groups["sample_id"].filter(pc.greater(groups["told_by_count_distinct"], 1))
        if not len(shared):
            return
        of_one = entries.filter(pc.is_in(entries["sample_id"], value_set=shared.combine_chunks())).sort_by("at")
        name = of_one["sample_id"][0].as_py()
        rows = of_one.filter(pc.equal(of_one["sample_id"], name))["label_row"].to_pylist()[:2]
        raise LabelFileError(
            f"{redact_url(self._source.path)}, lines {rows[0]} and {rows[1]}: both have the id {name[:80]!r}, and name "
            f"different images ({len(shared):,} ids do). Name a column in `columns.id` that tells every image from the "
            "others, or leave it out: then its location is its id."
        )

    def _refuse_conflicts(self, entries: pa.Table) -> None:
        """Reject all *entries*: each image's contradict each other."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in entries.select(["sample_id", "location", "label_path", "label_row"]).to_pylist():
            groups[row["sample_id"]].append(row)
        for image, group in groups.items():
            rows = ", ".join(str(entry["label_row"]) for entry in group[:5])
            labels = ", ".join(sorted({entry["label_path"] for entry in group})[:5])
            if self._source.label_conflict == "error":
                raise LabelFileError(
                    f"{redact_url(self._source.path)}, lines {rows} disagree about {image[:80]!r}: {labels}. "
                    "Keep one of them, or set `label_conflict: reject` or `first` under `source`."
                )
            for entry in group:
                sample = {"sample_id": self._rows.prefixed(image), "location": entry["location"]}
                origin = Origin(self._source.file_name, entry["label_row"])
                self._rows.reject(sample, Reason.LABEL_CONFLICT, f"lines {rows} disagree about it: {labels}", origin)

    def _reject_all(self, entries: pa.Table, reason: Reason, detail: str | pa.ChunkedArray) -> None:
        columns = {
            "sample_id": self._rows.ids(entries["sample_id"]),
            "location": entries["location"],
            "label_file": self._source.file_name,
            "label_row": entries["label_row"],
            "stage": reason.stage,
            "reason": reason.value,
            "detail": detail,
        }
        self._rows.add_rejections(columns, entries.num_rows)

    def _add_samples(self, entries: pa.Table) -> None:
        """Offset and length stay only where the record must be read again to fetch the image."""
        is_whole = entries["is_whole"]
        same = (
            "kind",
            "location",
            "label_path",
            "label_paths",
            "split",
            "fingerprint",
            "label_row",
            "size",
            "stored",
            "group",
            "kept",
        )
        columns: dict[str, Any] = {name: entries[name] for name in same}
        columns |= {
            "sample_id": self._rows.ids(entries["sample_id"]),
            "label_file": self._source.file_name,
            "label_offset": pc.if_else(is_whole, -1, entries["at"]),
            "label_length": pc.if_else(is_whole, -1, entries["length"]),
        }
        self._rows.add_samples(columns, entries.num_rows)


def _replaced(table: pa.Table, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table
