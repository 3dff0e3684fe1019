"""Where the locations of a table lead: to files of the listing, the web, allowed places, pixels of their own."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Bools, bools
from tasks.discover.by_tables.find_files import FileFinder
from tasks.file_names import encode_name
from tasks.reasons import Reason
from tasks.records.arrow_texts import trimmed
from tasks.records.locations import LocationPolicy, Place, classify_location
from tasks.records.plain_locations import plain_kinds
from tasks.samples import Rejection, StoreUrl
from tasks.tables.rows import FILE, PIXELS, TableRows
from tasks.tables.settings import Find, TableSettings

_SPECIAL = r"(?i)^\x00|://|^\s*\[|^\s*data:|::"
_LONG = 1000
_FOREIGN = {Reason.BAD_SCHEME, Reason.OUTSIDE_ROOT}  # a path of another machine, perhaps of a file that is here


@dataclass(frozen=True, slots=True)
class Ground:
    """What the locations of a source are relative to.

    Attributes:
        root: The folder whose files the listing has.
        policy: Which other places they may name.
        find: How they name files, where a table does not say it.
        is_literal: Whether each is the path of its file as it is written; one that may not lead where it would is then
            known by where it stands.
        is_web: Whether the files are places on the web.
    """

    root: StoreUrl
    policy: LocationPolicy
    find: Find = "auto"
    is_literal: bool = False
    is_web: bool = False


@dataclass(slots=True)
class Leads:
    """Where locations lead, row by row as far as that is no file of the listing.

    Attributes:
        texts: The locations; paths of files in their plain form where they are literal.
        places: For each its file's place in the listing; -1 without one.
        web: Which are addresses on the web that are their own identity.
        others: Further ones that lead elsewhere.
        refused: Those that may not lead where they would.
        base: The folder that they are relative to; None where the config gives none.
    """

    texts: pa.Array
    places: npt.NDArray[np.int64]
    web: Bools
    others: dict[int, Place] = field(default_factory=dict)
    refused: dict[int, Rejection] = field(default_factory=dict)
    base: str | None = None


class LeadFinder:
    """Finds where locations lead."""

    def __init__(self, ground: Ground, finder: FileFinder) -> None:
        self._ground = ground
        self._finder = finder

    def leads(self, rows: TableRows, settings: TableSettings) -> Leads:
        """Where the locations of *rows*, those of the table with the *settings*, lead."""
        texts = trimmed(rows.texts("location"))
        leads = Leads(texts, np.full(len(texts), -1, dtype=np.int64), np.zeros(len(texts), dtype=bool))
        if settings.listing:
            leads.places = self._finder.exactly(texts)
        elif self._ground.is_literal:
            self._follow_literally(leads)
        else:
            self._follow(leads, rows, settings)
        return leads

    def _follow_literally(self, leads: Leads) -> None:
        leads.web, is_path = plain_kinds(leads.texts)
        if self._ground.policy.base_url:
            is_path = np.zeros(len(leads.texts), dtype=bool)
        paths: dict[int, str] = {}
        for row in np.flatnonzero(~(leads.web | is_path)).tolist():
            place = self._place_of(leads.texts[row].as_py())
            if isinstance(place, Rejection):
                leads.refused[row] = place
            elif place.kind != "store":
                leads.others[row] = Place(place.kind, encode_name(place.location), encode_name(place.identity))
            else:
                paths[row] = encode_name(place.location)
        if paths:
            is_path[list(paths)] = True
            mask = np.zeros(len(is_path), dtype=bool)
            mask[list(paths)] = True
            leads.texts = pc.replace_with_mask(leads.texts, pa.array(mask), pa.array(paths.values(), pa.string()))
        if is_path.all():
            leads.places = self._finder.as_written(leads.texts)
        elif is_path.any():
            leads.places[is_path] = self._finder.as_written(leads.texts.filter(pa.array(is_path)))

    def _place_of(self, text: str) -> Place | Rejection:
        r"""Where *text* leads; to a file that is really called so, with its ``\``, its ``//`` or its leading ``~``."""
        place = _pixels(text) or classify_location(text, self._ground.policy)
        below = text.removeprefix(f"{self._ground.root.url}/")
        is_tilde = isinstance(place, Rejection) and place.reason is Reason.OUTSIDE_ROOT and below.startswith("~")
        if (is_tilde or (isinstance(place, Place) and place.kind == "store")) and below in self._finder.odd:
            return Place("store", below, below)
        return place

    def _follow(self, leads: Leads, rows: TableRows, settings: TableSettings) -> None:
        leads.base = settings.base if settings.base is None else posixpath.normpath(settings.base).removeprefix(".")
        find = settings.find or self._ground.find
        self._set_special_aside(leads, find)
        elsewhere = [*leads.others, *(row for row, why in leads.refused.items() if why.reason not in _FOREIGN)]
        is_file = ~leads.web
        is_file[elsewhere] = False
        chosen = np.flatnonzero(is_file)
        wanted = leads.texts.take(pa.array(chosen))
        folders = _folders(rows, chosen)
        found = self._finder.find(wanted, folders, leads.base, find, lambda row: rows.place_of(int(chosen[row])))
        leads.places[chosen] = found.places

    def _set_special_aside(self, leads: Leads, find: Find) -> None:
        """What could be no file of the listing; pixels alone where the config says how locations name files."""
        texts = leads.texts
        if find == "auto":
            leads.web, paths = plain_kinds(texts)
            rest = np.flatnonzero(~(leads.web | paths))
        else:
            rest = np.flatnonzero(bools(pc.starts_with(texts, PIXELS)))
        unclear = texts.take(pa.array(rest))
        is_marked = pc.or_(pc.match_substring_regex(unclear, _SPECIAL), pc.greater(pc.utf8_length(unclear), _LONG))
        for row in rest[bools(is_marked)].tolist():
            text = texts[row].as_py()
            found = _pixels(text) or classify_location(text, self._ground.policy)
            if isinstance(found, Rejection):
                leads.refused[row] = found
            elif found.kind != "store":
                leads.others[row] = found


def _pixels(text: str) -> Place | None:
    """The place of pixels that stand in their record; None where *text* is no sign for these."""
    return Place("embedded", "", text.removeprefix(PIXELS)) if text.startswith(PIXELS) else None


def _folders(rows: TableRows, chosen: npt.NDArray[np.int64]) -> pa.Array:
    """For each of the *chosen* rows the folder of its label file."""
    folders = pa.array([name.rpartition("/")[0] for name in rows.files], pa.string())
    numbers = rows.data[FILE].take(pa.array(chosen)).combine_chunks()
    return folders.take(numbers) if len(folders) else pa.repeat(pa.scalar(""), len(chosen))
