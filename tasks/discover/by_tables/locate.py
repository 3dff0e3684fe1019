"""Where the rows of a table lead: files of the listing, the web, allowed places, pixels of their own."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Bools, bools, whole
from tasks.discover.by_tables.find_files import FileFinder
from tasks.discover.by_tables.row_source import RowSource
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import stat_local
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.locations import LocationPolicy, Place, classify_location, normalise_path
from tasks.records.plain_locations import plain_kinds
from tasks.records.web_locations import web_address
from tasks.samples import Rejection, decode_name, encode_name
from tasks.storage import quote_location
from tasks.tables.rows import AT, FILE, PIXELS, TableRows
from tasks.tables.settings import Find, TableSettings

KIND, PLACE, IDENTITY, TEXT, SIZE, PRINT = "\0kind", "\0place", "\0identity", "\0text", "\0size", "\0print"
"""Columns that a located table has: how its location is read; its file's place in the listing, -1 without one; what
tells it from other images, and the text itself, where some are no files; size and fingerprint of its file."""
_SPECIAL = r"(?i)^\x00|://|^\s*\[|^\s*data:|::"
_LONG = 1000
_FOREIGN = {Reason.BAD_SCHEME, Reason.OUTSIDE_ROOT}  # a path of another machine, perhaps of a file that is here


@dataclass(slots=True)
class _Leads:
    """Where locations lead, row by row as far as that is no file of the listing.

    Attributes:
        places: For each its file's place in the listing; -1 without one.
        web: Which are addresses on the web that are their own identity.
        others: Further ones that lead elsewhere.
        refused: Those that may not lead where they would.
    """

    places: npt.NDArray[np.int64]
    web: Bools
    others: Mapping[int, Place]
    refused: dict[int, Rejection]

    @property
    def is_mixed(self) -> bool:
        """Whether some are no files of the source."""
        return bool(self.others) or bool(self.web.any())


class Locator:
    """Finds what locations lead to."""

    def __init__(self, source: RowSource, listing: Listing) -> None:
        self._source = source
        self._listing = listing
        self._finder = FileFinder(listing.files["path"].combine_chunks(), source.extensions)
        self._policy = LocationPolicy(source.place.url, source.allow_prefixes)

    def located(self, rows: TableRows, settings: TableSettings) -> TableRows:
        """*rows* with what their locations lead to, and that instead of what is written; others as they are."""
        if "location" not in rows.names:
            return rows
        texts = pc.utf8_trim_whitespace(rows.texts("location"))
        base = settings.base if settings.base is None else posixpath.normpath(settings.base).removeprefix(".")
        leads = self._listed(texts) if settings.listing else self._leads(rows, texts, settings, base)
        found = self._with_files(rows.with_column(TEXT, texts) if leads.is_mixed else rows, texts, leads, base)
        return self._as_web(found) if self._source.is_web else found

    def _listed(self, paths: pa.Array) -> _Leads:
        found = pc.index_in(paths, value_set=self._listing.files["path"].combine_chunks())
        places = np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
        return _Leads(places, np.zeros(len(paths), dtype=bool), {}, {})

    def _leads(self, rows: TableRows, texts: pa.Array, settings: TableSettings, base: str | None) -> _Leads:
        find = settings.find or self._source.find
        leads = _Leads(np.full(rows.count, -1, dtype=np.int64), *self._special(texts, find))
        elsewhere = [*leads.others, *(row for row, why in leads.refused.items() if why.reason not in _FOREIGN)]
        is_file = ~leads.web
        is_file[elsewhere] = False
        chosen = np.flatnonzero(is_file)
        folders = self._folders(rows, chosen)
        wanted = texts.take(pa.array(chosen))
        found = self._finder.find(wanted, folders, base, find, lambda row: rows.place_of(int(chosen[row])))
        leads.places[chosen] = found.places
        return leads

    def _special(self, texts: pa.Array, find: Find) -> tuple[Bools, dict[int, Place], dict[int, Rejection]]:
        """What could be no file of the listing; pixels alone where the config says how locations name files."""
        others: dict[int, Place] = {}
        refused: dict[int, Rejection] = {}
        if find == "auto":
            web, paths = plain_kinds(texts)
            rest = np.flatnonzero(~(web | paths))
        else:
            web = np.zeros(len(texts), dtype=bool)
            rest = np.flatnonzero(bools(pc.starts_with(texts, PIXELS)))
        unclear = texts.take(pa.array(rest))
        is_marked = pc.or_(pc.match_substring_regex(unclear, _SPECIAL), pc.greater(pc.utf8_length(unclear), _LONG))
        for row in rest[bools(is_marked)].tolist():
            text = texts[row].as_py()
            own = Place("embedded", "", text.removeprefix(PIXELS)) if text.startswith(PIXELS) else None
            found = own or classify_location(text, self._policy)
            if isinstance(found, Rejection):
                refused[row] = found
            elif found.kind != "store":
                others[row] = found
        return web, others, refused

    def _folders(self, rows: TableRows, chosen: npt.NDArray[np.int64]) -> pa.Array:
        folders = pa.array([name.rpartition("/")[0] for name in rows.files], pa.string())
        numbers = rows.data[FILE].take(pa.array(chosen)).combine_chunks()
        return folders.take(numbers) if len(folders) else pa.repeat(pa.scalar(""), len(chosen))

    def _with_files(self, rows: TableRows, texts: pa.Array, leads: _Leads, base: str | None) -> TableRows:
        files = self._listing.files
        index = pa.array(leads.places, mask=leads.places < 0)
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            "location": files["path"].take(index),
            SIZE: pc.fill_null(files["size"].take(index), -1),
            PRINT: pc.fill_null(files["fingerprint"].take(index), ""),
            PLACE: pa.array(leads.places),
            KIND: pa.repeat(pa.scalar("store"), rows.count),
        }
        if (leads.places < 0).any():
            columns |= self._elsewhere(rows, texts, leads, columns, base)
        for name, column in columns.items():
            rows = rows.with_column(name, column)
        if 0 < rows.count == sum(why.reason is Reason.NOT_FOUND for why in leads.refused.values()):
            first = texts[0].as_py()[:100]
            raise LabelFileError(
                f"{rows.name}: none of its {rows.count:,} locations names an image, such as {first!r}. Say where they "
                "lie with `base`, or how they are called with a `location` template: `train/{image}.jpg`."
            )
        unfound = {row: why for row, why in sorted(leads.refused.items()) if leads.places[row] < 0}
        for reason in dict.fromkeys(why.reason for why in unfound.values()):
            chosen = {row: why.detail for row, why in unfound.items() if why.reason is reason}
            mask = np.zeros(rows.count, dtype=bool)
            mask[list(chosen)] = True
            rows = rows.with_problem(mask, list(chosen.values()), reason)
        return rows

    def _elsewhere(
        self,
        rows: TableRows,
        texts: pa.Array,
        leads: _Leads,
        columns: Mapping[str, pa.Array | pa.ChunkedArray],
        base: str | None,
    ) -> dict[str, pa.Array | pa.ChunkedArray]:
        """The columns of rows of which some name no file of the listing; what is wrong with those is noted."""
        chosen = (leads.places < 0) & ~leads.web
        seen = [self._seen(rows, row, texts, leads, base) for row in np.flatnonzero(chosen).tolist()]
        web, mask = pa.array(leads.web), pa.array(chosen)
        made = {
            "location": pc.if_else(web, texts, columns["location"]),
            SIZE: columns[SIZE],
            PRINT: columns[PRINT],
            KIND: pc.if_else(web, "web", columns[KIND]),
            IDENTITY: pc.if_else(web, texts, pa.scalar(None, pa.string())),
        }
        if seen:
            for name, values in zip(made, zip(*seen, strict=True), strict=True):
                column = whole(made[name])
                made[name] = pc.replace_with_mask(column, mask, pa.array(values, column.type))
        if not leads.is_mixed:
            del made[IDENTITY]
        return made

    def _seen(
        self, rows: TableRows, row: int, texts: pa.Array, leads: _Leads, base: str | None
    ) -> tuple[str | None, int, str, str, str | None]:
        """Location, size, fingerprint, kind and identity of a row that names no file of the listing."""
        if place := leads.others.get(row):
            return place.location, -1, "", place.kind, place.identity
        text = texts[row].as_py()
        found = leads.refused.get(row) or self._look(rows, row, text, base)
        if isinstance(found, Rejection):
            leads.refused[row] = found
            return quote_location(text), -1, "", "store", None
        return *found, "store", None

    def _look(self, rows: TableRows, row: int, text: str, base: str | None) -> tuple[str, int, str] | Rejection:
        """Path, size and fingerprint of a file that the listing has not, since its name is no image's."""
        if not text:
            return Rejection(Reason.BAD_ROW, "has no location")
        folder = rows.files[rows.data[FILE][row].as_py()].rpartition("/")[0] if base is None else base
        path = normalise_path(f"{folder}/{text}" if folder else text)
        if path is None:
            return Rejection(Reason.OUTSIDE_ROOT, "leads out of the source's folder")
        seen = stat_local(self._source.place.url, decode_name(path)) if self._source.place.is_local else None
        return Rejection(Reason.NOT_FOUND, "no such file") if seen is None else (encode_name(path), *seen)

    def _as_web(self, rows: TableRows) -> TableRows:
        base = f"{self._source.place.url.rstrip('/')}/"
        is_store = pc.equal(rows.data[KIND], "store")
        urls = pa.array([web_address(base, path) for path in rows.texts("location").to_pylist()], pa.string())
        rows = rows.with_column("location", pc.if_else(is_store, urls, rows.data["location"]))
        return rows.with_column(KIND, pc.if_else(is_store, "web", rows.data[KIND]))


def can_be_read_again(rows: TableRows) -> npt.NDArray[np.bool_]:
    """Whether each row's record can be found again by its bytes."""
    return np.asarray(rows.data[AT].to_numpy(), dtype=np.int64) >= 0
