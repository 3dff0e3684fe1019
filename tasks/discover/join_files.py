"""Entries of a label file held against the files beside it: what is there, what is listed twice, what is not listed."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.entries import repeated
from tasks.discover.label_files import LabelFileSource
from tasks.discover.listing import Listing
from tasks.discover.sample_rows import Origin, SampleRows
from tasks.discover.scan import stat_local
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.locations import Place, normalise_path
from tasks.samples import Rejection, decode_name
from tasks.storage import redact_url

Row = Mapping[str, Any]


class FileJoin:
    """Joins entries with the files of *listing*, and puts what comes of it into *rows*."""

    def __init__(self, source: LabelFileSource, listing: Listing, rows: SampleRows) -> None:
        self._source = source
        self._listing = listing
        self._rows = rows

    def as_spelled(self, text: str, place: Place) -> Place:
        r"""*place*, unless a file is really called *text*, with its ``\``."""
        if place.kind == "store" and "\\" in text and (path := normalise_path(text, slashes="/")) in self._backslashed:
            return replace(place, location=path, identity=path)
        return place

    @cached_property
    def _backslashed(self) -> frozenset[str]:
        paths = self._listing.files["path"]
        return frozenset(paths.filter(pc.match_substring(paths, "\\")).to_pylist())

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
        copies = repeated(entries["sample_id"])
        if len(copies):
            is_copy = pc.is_in(entries["sample_id"], value_set=copies)
            kept = self._settle_copies(entries.filter(is_copy).to_pylist())
            stays = pc.or_(pc.invert(is_copy), pc.is_in(entries["at"], value_set=pa.array(kept, pa.int64())))
            entries = entries.filter(stays)
        is_absent = pc.equal(entries["size"], -2)
        if pc.any(is_absent).as_py():
            for entry in entries.filter(is_absent).to_pylist():
                self._reject(entry, Rejection(Reason.NOT_FOUND, "no such file"))
            entries = entries.filter(pc.invert(is_absent))
        self._add_samples(entries)

    def _with_files(self, entries: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        """*entries* with size and fingerprint of the files they name, -2 as the size of absent ones; their places."""
        is_store = np.asarray(pc.equal(entries["kind"], "store").to_numpy(), dtype=bool)
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
        return _replaced(entries, size=pa.array(sizes), fingerprint=prints), found

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

    def _settle_copies(self, entries: Sequence[Row]) -> list[int]:
        """Of records that name one image, those that count: where they begin. The others are rejected."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for entry in entries:
            groups[entry["sample_id"]].append(entry)
        return [one["at"] for group in groups.values() if (one := self._settle(group)) is not None]

    def _settle(self, group: Sequence[Row]) -> Row | None:
        first, *others = group
        contradicts = any(
            (entry["label_path"], entry["split"]) != (first["label_path"], first["split"]) for entry in others
        )
        if contradicts and self._source.label_conflict != "first":
            rows = ", ".join(str(entry["label_row"]) for entry in group[:5])
            labels = ", ".join(sorted({entry["label_path"] for entry in group})[:5])
            if self._source.label_conflict == "error":
                image = first["sample_id"][:80]
                raise LabelFileError(
                    f"{redact_url(self._source.path)}, lines {rows} disagree about {image!r}: {labels}. "
                    "Keep one of them, or set `label_conflict: reject` or `first` under `source`."
                )
            conflict = Rejection(Reason.LABEL_CONFLICT, f"lines {rows} disagree about it: {labels}")
            for entry in group:
                self._reject(entry, conflict)
            return None
        for entry in others:
            self._reject(entry, Rejection(Reason.DUPLICATE_LOCATION, f"line {first['label_row']} names it already"))
        return first

    def _reject(self, entry: Row, rejection: Rejection) -> None:
        sample = {"sample_id": self._rows.prefixed(entry["sample_id"]), "location": entry["location"]}
        origin = Origin(self._source.file_name, entry["label_row"])
        self._rows.reject(sample, rejection.reason, rejection.detail, origin)

    def _add_samples(self, entries: pa.Table) -> None:
        """Offset and length stay only where the record must be read again to fetch the image."""
        is_whole = entries["is_whole"]
        same = ("kind", "location", "label_path", "split", "fingerprint", "label_row", "size", "group", "kept")
        columns = {name: entries[name] for name in same}
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
