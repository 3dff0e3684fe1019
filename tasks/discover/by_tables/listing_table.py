"""The listing as a table: a row for each image, whose columns are what its path says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing
from tasks.errors import LabelFileError
from tasks.tables.names import fields_of
from tasks.tables.opening import glob_pattern, parent_of
from tasks.tables.rows import AT, FILE, LENGTH, LINE, OUT, PROBLEM, TableRows
from tasks.tables.settings import TableSettings
from tasks.tables.shaping import groups_of, shaped

_COLUMNS = "path folder name stem suffix parent parent.2"


def listing_table(listing: Listing, settings: TableSettings, kept: Sequence[str]) -> TableRows:
    """The images of *listing* that the table's pattern of paths takes, as rows.

    Raises:
        LabelFileError: It takes none, or names a column that a path does not have.
    """
    paths = listing.files["path"].combine_chunks()
    if settings.listing not in {"**", "**/*"}:
        glob = glob_pattern(settings.listing)
        chosen = np.fromiter((glob.match(path) is not None for path in paths.to_pylist()), bool, len(paths))
        paths = paths.filter(pa.array(chosen))
    if not len(paths):
        raise LabelFileError(
            f"`listing: {settings.listing}` takes none of the {listing.count:,} images. `**/` stands for any folders, "
            "`*` for any part of a name."
        )
    made = {name for pattern in settings.patterns.values() for name in groups_of(pattern)}
    asked = [*settings.where, *settings.patterns, *fields_of(settings.location), *settings.numbers, *kept]
    columns = {"location": paths}
    for own, name in settings.declared.items():
        columns[name] = _column(paths, own)
    for name in asked:
        if name not in columns and name not in made and (name not in kept or _is_known(name)):
            columns[name] = _column(paths, name)
    rows = TableRows("the listing", _with_places(columns, len(paths)))
    return shaped(rows, settings, {}, kept)


def _is_known(name: str) -> bool:
    return name in _COLUMNS.split() or name.startswith("parent.")


def _with_places(columns: dict[str, pa.Array], count: int) -> pa.Table:
    numbers = {FILE: pa.scalar(-1, pa.int32()), **{name: pa.scalar(-1, pa.int64()) for name in (LINE, AT, LENGTH)}}
    places = {name: pa.repeat(value, count) for name, value in numbers.items()}
    places |= {OUT: pa.repeat(pa.scalar(value=False), count), PROBLEM: pa.nulls(count, pa.string())}
    return pa.table(columns | places)


def _column(paths: pa.Array, name: str) -> pa.Array:
    """What the column *name* of the listing holds for each path."""
    match name:
        case "path" | "location":
            return paths
        case "folder":
            return pc.replace_substring_regex(paths, r"/?[^/]*$", "")
        case "name":
            return pc.replace_substring_regex(paths, r"^.*/", "")
        case "stem":
            return pc.replace_substring_regex(_column(paths, "name"), r"([^.])\.[^.]*$", r"\1")
        case "suffix":
            suffixes: pa.Array = pc.extract_regex(paths, r"(?P<suffix>(?:\.[^./]*)?)$").field("suffix")
            return pc.utf8_lower(suffixes)
    if name == "parent" or name.startswith("parent."):
        encoded = _column(paths, "folder").dictionary_encode()
        return pa.array([parent_of(folder, name) for folder in encoded.dictionary.to_pylist()]).take(encoded.indices)
    raise LabelFileError(
        f"the listing has no column {name!r}. Its columns are {', '.join(_COLUMNS.split())} and so on."
    )
