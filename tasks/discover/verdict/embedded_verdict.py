"""What a source without image files is whose tables hold the images: read where one reading is sure, else proposed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tasks.config_keys import ConfigKeys, SourceKeys, TableKeys, columns_in, files_of, roles_in, splits_named
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.unread_formats import unread_sentences
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.discover.settings import SourceSettings
from tasks.discover.verdict.embedded_arrays import embedded_arrays
from tasks.discover.verdict.embedded_tables import EmbeddedTable, count_rows, embedded_tables
from tasks.discover.verdict.held_images import held_images
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.reasons import Reason
from tasks.records.columnar_files import PARQUET
from tasks.samples import Discovery, count_values
from tasks.storage import redact_url
from tasks.tables.opening import TableFile

_FEW_IMAGES = 20
_UNKNOWN = re.compile(r"the split '(.+)' is not known")
_OF_FILES = {Reason.BAD_ROW, Reason.EMBEDDED_BAD_VALUE}
"""Why rows are rejected of a file that is damaged, which says nothing of what its columns mean."""
Make = Callable[[SourceKeys], TablesSource]


def discover_embedded(listing: Listing, source: SourceSettings, make: Make, words: SplitWords) -> Discovery | None:
    """The images in the tables of *listing*, which holds no image file; None where no table holds any.

    Raises:
        UnsettledLayoutError: Which column is the label, or how several tables go together, is not sure.
    """
    held = held_images(source.place, listing.beside, words)
    found = embedded_tables(source.place, listing.beside, words) + held.tables
    found += embedded_arrays(source.place, listing.beside, words)
    labelled = [table for table in found if table.labels]
    if not labelled:
        return None
    others = {_called(table): table.paths for table in found if not table.labels}
    why: list[str] = []
    try:
        if (entries := _sure(labelled)) and (taken := _read(entries, listing, make, words)):
            notes = [f"{name} holds images without a column of labels, and is left out" for name in others]
            left = {f"unlisted images in {name}": _count(source, paths) for name, paths in others.items()}
            notices = (*held.notices, *held.refused.values(), *notes, *taken.notices)
            return replace(taken, notices=notices, ignored={**taken.ignored, **left})
    except LayoutError as error:
        why = [str(error)]
    what = f"{redact_url(source.path)}: no image lies there as a file, but tables hold images:"
    raise UnsettledLayoutError.of("ambiguous_layout", what, _proposals(labelled, words)).after(why)


def _called(table: EmbeddedTable) -> str:
    """What messages call *table*: its file, or the first pattern of its files."""
    return files_of(table.keys)[0]


def _count(source: SourceSettings, paths: Sequence[str]) -> int:
    return sum(count_rows(TableFile(source.place, path)) for path in paths)


def unread_beside(listing: Listing, source: SourceSettings, words: SplitWords) -> list[str]:
    """A sentence on each file, or kind of files, of which nothing can be read: tables of images, and other formats."""
    return [*_unread_tables(listing, source, words), *unread_sentences(source.place, listing.beside)]


def _unread_tables(listing: Listing, source: SourceSettings, words: SplitWords) -> list[str]:
    """A sentence on each Arrow or TFRecord file, or kind of them, of which nothing can be read."""
    try:
        held = held_images(source.place, listing.beside, words)
    except LayoutError as error:
        return [str(error)]
    lone = {
        table.paths[0]: f"{_called(table)} holds images, and no column of it says what they show: name a table that "
        "does in `source.tables`, or set `allow_unlabeled: true`."
        for table in held.tables
        if not table.labels
    }
    told = held.refused | lone
    return [said for path, said in told.items() if not TableFile(source.place, path).bare_name.endswith(PARQUET)]


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
    except LayoutError as plain:
        return error.after([str(plain)])
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
    return _unique(entry for table in tables for entry in table.entries(table.label, with_split=True))


def _unique(entries: Iterable[TableKeys]) -> list[TableKeys]:
    """*entries* without those that are there already: the names of classes that several splits share."""
    found: list[TableKeys] = []
    for entry in entries:
        if entry not in found:
            found.append(entry)
    return found


def _labels_differ(tables: Sequence[EmbeddedTable]) -> bool:
    """Whether *tables* have their labels in columns of several names, although they are no arrays."""
    return not all(table.is_array for table in tables) and len({table.label for table in tables}) > 1


def _are_splits(tables: Sequence[EmbeddedTable]) -> bool:
    """Whether *tables* are as many splits of the same columns."""
    splits = {table.split for table in tables}
    alike = {tuple(table.columns.values() if table.is_array else table.columns.items()) for table in tables}
    has_own = any("split" in table.columns.values() for table in tables)
    return len(splits) == len(tables) > 1 and "" not in splits and len(alike) == 1 and not has_own


def _families(tables: Sequence[EmbeddedTable], words: SplitWords) -> list[list[EmbeddedTable]]:
    """*tables* that are as many splits of one set: all of them, else those whose folders differ by words for splits."""
    if _are_splits(tables):
        return [list(tables)]
    found: dict[tuple[str, ...], list[EmbeddedTable]] = defaultdict(list)
    for table in tables:
        folders = table.paths[0].split("/")[:-1]
        found[tuple(folder for folder in folders if not words.split_of(folder))].append(table)
    return [members for members in found.values() if _are_splits(members)]


def _proposals(tables: Sequence[EmbeddedTable], words: SplitWords) -> list[Proposal]:
    """Each column that may be the label: of all tables that are splits of one set, and of each alone."""
    found = []
    for first, *others in _families(tables, words):
        for label in (label for label in first.labels if all(label in table.labels for table in others)):
            entries = _unique(entry for table in (first, *others) for entry in table.entries(label, with_split=True))
            names = " and ".join(table.paths[0] for table in (first, *others))
            says = f"the column {label} is the label, and {names} are splits"
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
    except UnsettledLayoutError:
        return None
    count = found.samples.num_rows
    reasons = count_values(found.rejections["reason"])
    if not 1 < len(found.class_paths) <= max(count / 2, 2) or not reasons.keys() <= _OF_FILES:
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
