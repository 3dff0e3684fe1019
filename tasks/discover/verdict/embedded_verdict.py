"""What a source without image files is whose tables hold the images: read where one reading is sure, else proposed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tasks.config_keys import ConfigKeys, SourceKeys, TableKeys, columns_in, files_of, roles_in, splits_named
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.discover.settings import SourceSettings
from tasks.discover.verdict.embedded_arrays import embedded_arrays
from tasks.discover.verdict.embedded_tables import EmbeddedTable, count_rows, embedded_tables
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.samples import Discovery, count_values
from tasks.storage import redact_url
from tasks.tables.opening import TableFile

_FEW_IMAGES = 20
_UNKNOWN = re.compile(r"the split '(.+)' is not known")
Make = Callable[[SourceKeys], TablesSource]


def discover_embedded(listing: Listing, source: SourceSettings, make: Make, words: SplitWords) -> Discovery | None:
    """The images in the tables of *listing*, which holds no image file; None where no table holds any.

    Raises:
        UnsettledLayoutError: Which column is the label, or how several tables go together, is not sure.
    """
    found = embedded_tables(source.place, listing.beside, words) + embedded_arrays(source.place, listing.beside, words)
    labelled = [table for table in found if table.labels]
    if not labelled:
        return None
    others = [path for table in found if not table.labels for path in table.paths]
    if (entries := _sure(labelled)) and (taken := _read(entries, listing, make, words)):
        notes = [f"{path} holds images without a column of labels, and is left out" for path in others]
        left = {f"unlisted images in {path}": count_rows(TableFile(source.place, path)) for path in others}
        return replace(taken, notices=(*notes, *taken.notices), ignored={**taken.ignored, **left})
    what = f"{redact_url(source.path)}: no image lies there as a file, but tables hold images:"
    raise UnsettledLayoutError.of("ambiguous_layout", what, _proposals(labelled))


def with_embedded(
    error: UnsettledLayoutError, listing: Listing, source: SourceSettings, make: Make, words: SplitWords
) -> UnsettledLayoutError:
    """*error* with how tables that hold images could be read, where few lie there as files: posters, examples."""
    if listing.count > _FEW_IMAGES or error.reason != "no_labels":
        return error
    try:
        found = discover_embedded(listing, source, make, words)
    except UnsettledLayoutError as several:
        return error.with_proposals(several.unsettled.proposals)
    if found is None:
        return error
    section: SourceKeys = {"layout": "tables", **found.keys["source"]}
    keys: ConfigKeys = {**found.keys, "source": section}
    files = ", ".join(path for entry in section["tables"] for path in files_of(entry))
    return error.with_proposals([Proposal(f"the images are those in {files}, and the others belong to none", keys)])


def _sure(tables: Sequence[EmbeddedTable]) -> list[TableKeys]:
    """The entries of *tables*, where each has its label, and several are as many splits of the same columns."""
    if not all(table.label for table in tables):
        return []
    if len(tables) == 1:
        return tables[0].entries(tables[0].label, with_split=False)
    if not _are_splits(tables) or _labels_differ(tables):
        return []
    return [entry for table in tables for entry in table.entries(table.label, with_split=True)]


def _labels_differ(tables: Sequence[EmbeddedTable]) -> bool:
    """Whether *tables* have their labels in columns of several names, although they are no arrays."""
    return not all(table.is_array for table in tables) and len({table.label for table in tables}) > 1


def _are_splits(tables: Sequence[EmbeddedTable]) -> bool:
    """Whether *tables* are as many splits of the same columns."""
    splits = {table.split for table in tables}
    alike = {tuple(table.columns.values() if table.is_array else table.columns.items()) for table in tables}
    has_own = any("split" in table.columns.values() for table in tables)
    return len(splits) == len(tables) > 1 and "" not in splits and len(alike) == 1 and not has_own


def _proposals(tables: Sequence[EmbeddedTable]) -> list[Proposal]:
    """Each column that may be the label: of all *tables*, where they are splits, and of each alone."""
    found = []
    if _are_splits(tables):
        first, *others = tables
        for label in (label for label in first.labels if all(label in table.labels for table in others)):
            entries = [entry for table in tables for entry in table.entries(label, with_split=True)]
            says = f"the column {label} is the label, and {' and '.join(table.paths[0] for table in tables)} are splits"
            found.append(Proposal(says, {"source": {"layout": "tables", "tables": entries}}))
    found += [
        Proposal(
            f"the column {label} of {table.paths[0]} is the label of the images in that table",
            {"source": {"layout": "tables", "tables": table.entries(label, with_split=False)}},
        )
        for table in tables
        for label in ([table.label] if table.label else table.labels)
    ]
    return found


def _read(entries: list[TableKeys], listing: Listing, make: Make, words: SplitWords) -> Discovery | None:
    """What *entries* make of the source; None where they cannot be read, or it is no label that they have."""
    keys: SourceKeys = {"layout": "tables", "tables": entries}
    try:
        found = make(keys).discover_in(listing, words)
        unknown = [match[1] for text in count_values(found.rejections["detail"]) if (match := _UNKNOWN.match(text))]
        names = {split: part.split for split in unknown if (part := words.part_of(split))}
        if names:
            found = make(keys).discover_in(listing, words.with_names(names))
    except LayoutError:
        return None
    count = found.samples.num_rows
    if not 1 < len(found.class_paths) <= max(count / 2, 2) or found.rejections.num_rows:
        return None
    files = ", ".join(path for entry in entries for path in files_of(entry))
    label = next(name for entry in entries for name, role in columns_in(entry).items() if role == "label")
    apart = (entry["file"] for entry in entries if "location" not in roles_in(entry) and "pixels" not in entry)
    label = next(apart, label)
    return replace(
        found,
        why=f"no image lies there as a file; {files} hold{'s' * (len(entries) == 1)} them, and {label} is the label",
        keys={"source": {"tables": entries}, **splits_named(names)},
    )
