"""Where the labelled images are: one model a layout, each of which lists its samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Discriminator, Tag

from tasks.arrow_columns import repeated
from tasks.discover.auto import AutoSource
from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folders import images_under, level_names, require_images
from tasks.discover.by_folders.hierarchy import Hierarchy
from tasks.discover.by_folders.split_folders import SplitFolders
from tasks.discover.by_records.csv_records import CsvRecords
from tasks.discover.by_records.cut_rows import without_cut_rows
from tasks.discover.by_records.json_records import JsonRecords
from tasks.discover.by_tables.split_lists import SplitLists, in_listed_splits
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.listing.scan import scan_images
from tasks.discover.verdict.named_layouts import discover_named
from tasks.discover.verdict.named_tables import against_tables
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.samples import Discovery
from tasks.storage.beginnings import remembered_beginnings
from tasks.wording import HELD

_SMALL = 10_000


def _layout_of(value: Any) -> str:
    """The layout that a source names; one that has tables or a pattern needs not."""
    if not isinstance(value, dict):
        return str(getattr(value, "layout", "auto"))
    likely = "tables" if value.get("tables") or value.get("pattern") else "auto"
    return str(value.get("layout", likely))


Source = Annotated[
    Annotated[AutoSource, Tag("auto")]
    | Annotated[ClassFolders, Tag("class_folders")]
    | Annotated[SplitFolders, Tag("split_folders")]
    | Annotated[Hierarchy, Tag("hierarchy")]
    | Annotated[CsvRecords, Tag("csv")]
    | Annotated[JsonRecords, Tag("json")]
    | Annotated[TablesSource, Tag("tables")],
    Discriminator(_layout_of),
]


def discover_sources(sources: Sequence[Source], names: Mapping[str, str], lists: SplitLists | None = None) -> Discovery:
    """The samples of all *sources* as one discovery.

    Args:
        sources: One or several; several have names.
        names: Further words for splits.
        lists: Which samples are in which split; they come before what a source says itself.

    Raises:
        LayoutError: A source is not there, empty or not as declared; two sources differ in their levels.
    """
    words = SplitWords(names)
    with remembered_beginnings():
        found = [_in_one_split(without_cut_rows(_discovered(source, words, lists)), source.split) for source in sources]
        if lists is not None and lists.files:
            parts = zip(found, sources, strict=True)
            found = [in_listed_splits(discovery, source, lists) for discovery, source in parts]
    return found[0] if len(found) == 1 else _merge(sources, found)


def _discovered(source: Source, words: SplitWords, lists: SplitLists | None) -> Discovery:
    """The samples of *source*, with what speaks against the layout that it names."""
    if isinstance(source, ClassFolders | SplitFolders | Hierarchy):
        return discover_named(source, words)
    if not isinstance(source, TablesSource):
        return source.discover(words)
    listing = images_under(source)
    found = source.discover_in(listing, words)
    has_lists = lists is not None and bool(lists.files)
    doubts = against_tables(found, source, listing, words, has_lists=has_lists)
    warnings = [f"Warning: {what}{HELD}its `tables`, and they count" for what in doubts]
    return replace(found, notices=(*found.notices, *warnings), doubts=tuple(doubts))


def _in_one_split(discovery: Discovery, split: str) -> Discovery:
    """*discovery* with all samples in *split*, where that names one."""
    if not split:
        return discovery
    samples = discovery.samples
    column = repeated(split, samples.num_rows)
    place = samples.schema.get_field_index("split")
    return replace(discovery, samples=samples.set_column(place, samples.schema.field("split"), column))


def _merge(sources: Sequence[Source], found: Sequence[Discovery]) -> Discovery:
    ignored: Counter[str] = Counter()
    for discovery in found:
        ignored.update(discovery.ignored)
    named = list(zip([source.name for source in sources], found, strict=True))
    return Discovery(
        layout=" + ".join(dict.fromkeys(discovery.layout for discovery in found)),
        why="; ".join(f"{name}: {discovery.why}" for name, discovery in named),
        samples=pa.concat_tables([discovery.samples for discovery in found]).sort_by("sample_id"),
        rejections=pa.concat_tables([discovery.rejections for discovery in found]),
        class_paths=tuple(sorted({path for discovery in found for path in discovery.class_paths})),
        ignored=dict(ignored),
        notices=tuple(f"{name}: {notice}" for name, discovery in named for notice in discovery.notices),
        access=tuple(access for discovery in found for access in discovery.access),
        levels=_levels(sources, found),
        doubts=tuple(f"{name}: {doubt}" for name, discovery in named for doubt in discovery.doubts),
    )


def _levels(sources: Sequence[Source], found: Sequence[Discovery]) -> tuple[str, ...]:
    """The names of the deepest source's levels, as one of them names them."""
    named: dict[tuple[str, ...], str] = {}
    for source, discovery in zip(sources, found, strict=True):
        if discovery.levels and getattr(source, "levels", ()):
            named.setdefault(discovery.levels, source.name)
    depth = max(len(discovery.levels) for discovery in found)
    names = max(named, key=len, default=())
    for other, source_name in named.items():
        if other != names[: len(other)]:
            raise LayoutError(
                f"The sources name their levels differently: {', '.join(names)} in {named[names]}, "
                f"{', '.join(other)} in {source_name}. Give them the same `levels`."
            )
    return level_names(names, depth) if depth else ()


def check_sources(sources: Sequence[Source], names: Mapping[str, str]) -> None:
    """Raise what `discover_sources` would raise, as far as a short look tells: all of it for small sources.

    Raises:
        LayoutError: A source is not there, empty or not as declared.
    """
    words = SplitWords(names)
    with remembered_beginnings():
        for source in sources:
            _check(source, words)


def _check(source: Source, words: SplitWords) -> None:
    if isinstance(source, AutoSource):
        source.check(words)
    elif isinstance(source, CsvRecords | JsonRecords | TablesSource):
        source.check()
    elif (listing := scan_images(source.place, source, limit=_SMALL)) is not None:
        require_images(listing, source)


def grouped_by(source: Source, column: str) -> Source:
    """*source*, where it may be a label file, with *column* as what keeps rows together."""
    if isinstance(source, TablesSource):
        return source.grouped_by(column)
    if not isinstance(source, AutoSource | CsvRecords | JsonRecords):
        return source
    return source.model_copy(update={"columns": source.columns.model_copy(update={"group": column})})


def split_counts(samples: pa.Table) -> dict[str, int]:
    """How many samples each split has, as the source names them; ``""`` for those it leaves to us."""
    counted = pc.value_counts(samples["split"]).to_pylist()
    return {entry["values"]: entry["counts"] for entry in sorted(counted, key=lambda entry: str(entry["values"]))}


__all__ = [
    "Discovery",
    "LayoutError",
    "Source",
    "SplitLists",
    "check_sources",
    "discover_sources",
    "grouped_by",
    "split_counts",
]
