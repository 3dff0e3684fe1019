"""Any layout that can be said in tables: rows with named columns, joined, filtered, matched to files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, Self

from pydantic import PrivateAttr, model_validator

from tasks.discover.by_folders.folders import images_under
from tasks.discover.by_tables.leads import Ground
from tasks.discover.by_tables.listing_table import listing_table
from tasks.discover.by_tables.locate import Locator
from tasks.discover.by_tables.origins import with_origins
from tasks.discover.by_tables.row_source import RowSource
from tasks.discover.by_tables.table_samples import TableReading, discover_rows
from tasks.discover.listing.listing import Listing
from tasks.discover.settings import Level
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError, LayoutError
from tasks.records.locations import LocationPolicy
from tasks.samples import Discovery, SourceAccess
from tasks.storage import redact_url
from tasks.tables import TableRows, TableSettings, read_table
from tasks.tables.frame_tables import SEVERAL_SHEETS
from tasks.tables.joins import join_tables
from tasks.tables.opening import table_files
from tasks.tables.settings import Find, Pattern


class TablesSource(RowSource):
    """A folder of images and the tables that say what they are.

    Attributes:
        find: How locations name files: by their ``path``, the ``end`` of it, their ``name``, their ``stem``; ``auto``
            takes the first of these that names a file for each.
        levels: Which levels ``label.<level>`` has from the top; left out, in the order of the columns.
        tables: The tables, joined on the columns that they share.
        pattern: A regular expression over the paths of all images whose named groups are ``label``, ``split`` and so
            on, where there is no table.
    """

    layout: Literal["tables"] = "tables"
    find: Find = "auto"
    levels: tuple[Level, ...] = ()
    tables: tuple[TableSettings, ...] = ()
    pattern: Pattern = ""
    _group_by: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _something_is_said(self) -> Self:
        if bool(self.tables) == bool(self.pattern):
            raise ValueError(
                "needs `tables`, or a `pattern` over the images' paths"
                if not self.tables
                else "has `tables` and a `pattern`: give the pattern to the table that it is meant for"
            )
        return self

    def grouped_by(self, column: str) -> Self:
        """The same source, in which *column* keeps rows together."""
        made = self.model_copy()
        made._group_by = column
        return made

    def discover(self, words: SplitWords) -> Discovery:
        """The images that the tables name.

        Raises:
            LayoutError: The folder is not there; a table is not as declared, or names no image.
        """
        return self.discover_in(images_under(self), words)

    def discover_in(self, listing: Listing, words: SplitWords) -> Discovery:
        """The images of *listing* that the tables name, as `discover` gives them."""
        policy = LocationPolicy(self.place.url, self.allow_prefixes)
        ground = Ground(self.place, policy, self.find, is_web=self.is_web)
        locator = Locator(ground, listing, self.extensions)
        tables = [locator.located(self._read(settings, listing), settings) for settings in self._settings()]
        self._require_columns(tables)
        joined = join_tables(tables, allow_unlabeled=self.allow_unlabeled)
        if not joined.rows.count:
            name = joined.rows.name
            raise LabelFileError(f"{name} has no row: no image is listed. Check `tables` under `source`.")
        found = discover_rows(self, self._reading(), joined, listing, words)
        by_sheet = [f"{settings.file} {SEVERAL_SHEETS}" for settings in self.tables if settings.sheet]
        notices = [notice for notice in found.notices if not notice.startswith(tuple(by_sheet))]
        return replace(found, notices=(*notices, *locator.notices, *self._nameless(found.class_paths)))

    def _reading(self) -> TableReading:
        names = [settings.name for settings in self._settings()]
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        access = SourceAccess(
            name=self.name,
            root=self.place,
            allow_prefixes=self.allow_prefixes,
            label_root=self.place,
            follow_links=self.follow_links,
        )
        why = f"{shown} of {redact_url(self.path).rpartition('/')[2]}, as the config says"
        return TableReading("tables", why, access, self.levels, self._group_by)

    def _nameless(self, classes: Sequence[str]) -> Iterator[str]:
        """A sentence on tables of a file for each image whose classes stay the numbers that stand there, as in YOLO."""
        reading = self.label_reading
        if reading.kind == "number" or reading.is_named or not classes or not all(map(str.isdecimal, classes)):
            return
        for settings in self._settings():
            if settings.files and any(own.isdecimal() and to == "label" for own, to in settings.declared.items()):
                yield (
                    f"The classes of {settings.name} are numbers, and no table gives them names: a list of names "
                    "such as classes.txt as a table of its own, or `labels.class_names`, would"
                )

    def check(self) -> None:
        """Raise `LayoutError` where a table is not there."""
        for settings in self._settings():
            if settings.file:
                with table_files(self.place, settings.file, ())[0].opened() as opened:
                    opened.read(1)

    def _settings(self) -> Sequence[TableSettings]:
        return self.tables or (TableSettings(listing="**", pattern=self.pattern),)

    @property
    def _kept(self) -> list[str]:
        grouped = [self._group_by] if self._group_by else []
        return [*self.keep_columns, *grouped]

    def _read(self, settings: TableSettings, listing: Listing) -> TableRows:
        if settings.listing:
            table = listing_table(listing, settings, self._kept)
        else:
            table = read_table(self.place, settings, self._kept, self.embedded_settings)
        return with_origins(table) if self.tells_origins else table

    def _require_columns(self, tables: Sequence[TableRows]) -> None:
        named = {name.partition(".")[0] for table in tables for name in table.names}
        shown = "; ".join(f"{table.name} has {', '.join(table.names)}" for table in tables)
        if "location" not in named:
            raise LayoutError(
                f"No table has a column `location`, so that none says which image a row is about: {shown}. Call the "
                "column that names the files `location` in `columns`."
            )
        if "label" not in named and not self.allow_unlabeled:
            how = "Give `pattern` a group `(?P<label>…)`" if self.pattern else "Call the column that says it `label`"
            raise LayoutError(
                f"No table has a column `label`, so that none says what an image shows: {shown}. {how}, or set "
                "`allow_unlabeled: true` where images are meant to have none."
            )
