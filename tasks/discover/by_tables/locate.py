"""The rows of a table with what their locations lead to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Column, repeated, whole
from tasks.discover.by_tables.find_files import FileFinder
from tasks.discover.by_tables.leads import Ground, LeadFinder, Leads
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import stat_local
from tasks.errors import LabelFileError
from tasks.file_names import decode_name, encode_name
from tasks.reasons import Reason
from tasks.records.embedded import text_hash
from tasks.records.locations import normalise_path
from tasks.records.web_locations import web_address
from tasks.samples import Rejection
from tasks.storage import quote_location
from tasks.tables.rows import AT, FILE, LINE, TableRows
from tasks.tables.settings import TableSettings

KIND, PLACE, SIZE, PRINT = "\0kind", "\0place", "\0size", "\0print"
"""Columns that a located table has: how its location is read; its file's place in the listing, -1 without one; size and
fingerprint of its file."""
IDENTITY, AGAIN = "\0identity", "\0again"
"""Further ones, where some locations are no files: what tells such an image from others, and whether its record must be
read again to fetch it, since it holds the pixels, or what of an address is not written down."""
ABSENT = -2
"""The size of a file that is not there."""
_Seen = tuple[str | None, int, str, str, str | None, bool]
"""Location, size, fingerprint, kind, identity, and whether it must be read again, of a row."""


class Locator:
    """Finds what locations lead to."""

    def __init__(self, ground: Ground, listing: Listing, extensions: frozenset[str]) -> None:
        self._ground = ground
        self._listing = listing
        self._finder = FileFinder(listing.files["path"].combine_chunks(), extensions)
        self._leads = LeadFinder(ground, self._finder)

    @property
    def notices(self) -> list[str]:
        """A sentence on locations whose files were found by names of another case; none where there are none."""
        found = self._finder.in_another_case
        shown = next((f"{text[:100]!r} for {decode_name(path)!r}" for text, path in found.items()), "")
        return [f"{len(found):,} locations name files by letters of another case, such as {shown}"] if found else []

    def located(self, rows: TableRows, settings: TableSettings) -> TableRows:
        """*rows* with what their locations lead to, and that instead of what is written; others as they are."""
        if "location" not in rows.names:
            return rows
        found = self._with_files(rows, self._leads.leads(rows, settings))
        return self._as_web(found) if self._ground.is_web else found

    def _with_files(self, rows: TableRows, leads: Leads) -> TableRows:
        columns = self._listed(leads) if not leads.web.all() else _on_the_web(leads)
        if (leads.places < 0).any() and not leads.web.all():
            columns |= self._elsewhere(rows, leads, columns)
        for name, column in columns.items():
            rows = rows.with_column(name, column)
        if not self._ground.is_literal:
            self._refuse_none_found(rows, leads)
        unfound = {row: why for row, why in sorted(leads.refused.items()) if leads.places[row] < 0}
        for reason in dict.fromkeys(why.reason for why in unfound.values()):
            chosen = {row: why.detail for row, why in unfound.items() if why.reason is reason}
            mask = np.zeros(rows.count, dtype=bool)
            mask[list(chosen)] = True
            rows = rows.with_problem(mask, list(chosen.values()), reason)
        return rows

    def _listed(self, leads: Leads) -> dict[str, Column]:
        files = self._listing.files
        index = pa.array(leads.places, mask=leads.places < 0)
        return {
            "location": files["path"].take(index),
            SIZE: pc.fill_null(files["size"].take(index), -1),
            PRINT: pc.fill_null(files["fingerprint"].take(index), ""),
            PLACE: pa.array(leads.places),
            KIND: repeated("store", len(leads.texts)),
        }

    @staticmethod
    def _refuse_none_found(rows: TableRows, leads: Leads) -> None:
        if not rows.count or not pc.all(pc.equal(rows.data[SIZE], ABSENT)).as_py():
            return
        raise LabelFileError(
            f"{rows.name}: none of its {rows.count:,} locations names an image, such as "
            f"{leads.texts[0].as_py()[:100]!r}. Say where they lie with `base`, or how they are called with a "
            "`location` template: `train/{image}.jpg`."
        )

    def _elsewhere(self, rows: TableRows, leads: Leads, columns: Mapping[str, Column]) -> dict[str, Column]:
        """The columns of rows of which some name no file of the listing; what is wrong with those is noted."""
        chosen = (leads.places < 0) & ~leads.web
        seen = [self._seen(rows, row, leads) for row in np.flatnonzero(chosen).tolist()]
        web = pa.array(leads.web)
        made: dict[str, Column] = {
            "location": pc.if_else(web, leads.texts, columns["location"]),
            SIZE: columns[SIZE],
            PRINT: columns[PRINT],
            KIND: pc.if_else(web, "web", columns[KIND]),
            IDENTITY: pc.if_else(web, leads.texts, pa.scalar(None, pa.string())),
            AGAIN: pa.repeat(pa.scalar(value=False), rows.count),
        }
        if seen:
            for name, values in zip(made, zip(*seen, strict=True), strict=True):
                column = whole(made[name])
                made[name] = pc.replace_with_mask(column, pa.array(chosen), pa.array(values, column.type))
        if whole(made[IDENTITY]).null_count == rows.count:
            del made[IDENTITY], made[AGAIN]
        return made

    def _seen(self, rows: TableRows, row: int, leads: Leads) -> _Seen:
        """What is known of a row that names no file of the listing."""
        text = leads.texts[row].as_py()
        if place := leads.others.get(row):
            again = place.kind == "embedded" or (place.kind == "web" and ("?" in text or "@" in text))
            identity = place.identity if place.identity or place.kind != "embedded" else text_hash(text)
            return place.location, -1, "", place.kind, identity, again
        if self._ground.is_literal:
            if row not in leads.refused:
                return *self._on_disk(text, text), "store", None, False
            stands = f"{rows.files[rows.data[FILE][row].as_py()]}:{rows.data[LINE][row].as_py()}"
            return quote_location(text), -1, "", "store", stands, False
        found = leads.refused.get(row) or self._look(rows, row, text, leads.base)
        if isinstance(found, Rejection):
            leads.refused[row] = found
            return quote_location(text), -1, "", "store", None, False
        return *found, "store", None, False

    def _look(self, rows: TableRows, row: int, text: str, base: str | None) -> tuple[str, int, str] | Rejection:
        """Path, size and fingerprint of a file that the listing has not, since its name is no image's."""
        if not text:
            return Rejection(Reason.BAD_ROW, "has no location")
        folder = rows.files[rows.data[FILE][row].as_py()].rpartition("/")[0] if base is None else base
        path = normalise_path(f"{folder}/{text}" if folder else text)
        if path is None:
            return Rejection(Reason.OUTSIDE_ROOT, "leads out of the source's folder")
        return self._on_disk(encode_name(path), quote_location(text))

    def _on_disk(self, path: str, shown: str) -> tuple[str, int, str]:
        """*path*, size and fingerprint of its file; `ABSENT` for none, which is then called as *shown*."""
        root = self._ground.root
        seen = stat_local(root.url, decode_name(path)) if root.is_local else None
        return (shown, ABSENT, "") if seen is None else (path, *seen)

    def _as_web(self, rows: TableRows) -> TableRows:
        base = f"{self._ground.root.url.rstrip('/')}/"
        is_store = pc.equal(rows.data[KIND], "store")
        urls = pa.array([web_address(base, path) for path in rows.texts("location").to_pylist()], pa.string())
        rows = rows.with_column("location", pc.if_else(is_store, urls, rows.data["location"]))
        return rows.with_column(KIND, pc.if_else(is_store, "web", rows.data[KIND]))


def _on_the_web(leads: Leads) -> dict[str, Column]:
    """The columns of rows that all are plain addresses."""
    same = {SIZE: -1, PRINT: "", KIND: "web", AGAIN: False}
    columns = {name: repeated(value, len(leads.texts)) for name, value in same.items()}
    return {"location": leads.texts, IDENTITY: leads.texts, PLACE: pa.array(leads.places), **columns}


def can_be_read_again(rows: TableRows) -> npt.NDArray[np.bool_]:
    """Whether each row's record can be found again by its bytes."""
    return np.asarray(rows.data[AT].to_numpy(), dtype=np.int64) >= 0
