"""What tables beside the images say against those that a config names: these count, and it is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tasks.config_keys import files_of
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.claims.claim import Claims, LabelClaim
from tasks.discover.claims.table_claims import find_claims
from tasks.discover.claims.table_views import find_views
from tasks.discover.heads.heads import read_heads
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords
from tasks.file_names import decode_name
from tasks.samples import Discovery

_MOST_IMAGES = 100_000
"""Of larger sources nothing is said: each look at their names would cost as much as their tables."""
_LIKELY = 2


def against_tables(
    found: Discovery, source: TablesSource, listing: Listing, words: SplitWords, *, has_lists: bool
) -> list[str]:
    """What lies beside the images of *listing* and says something else of them than was *found*.

    Args:
        found: What the tables of the config say.
        source: The source that has them.
        listing: All files below it.
        words: The words for splits.
        has_lists: Whether lists say the splits (`splits.files`).
    """
    if source.is_web or not listing.beside or listing.count > _MOST_IMAGES:
        return []
    families, others = find_views(read_heads(source.place, listing.beside, listing), listing, words)
    claims = find_claims(families, others, words)
    rows = found.samples.select(["location", "label_path", "label_paths", "split"]).to_pylist()
    labels = {row["location"]: row["label_path"] for row in rows if row["label_paths"] is None}
    has_splits = has_lists or bool(source.split) or any(row["split"] for row in rows)
    told = [*_labels(claims.labels, labels), *_taken_back(claims.labels, source)]
    told += [] if has_splits else _splits(claims, labels)
    return list(dict.fromkeys(told))


def _labels(claims: Iterable[LabelClaim], labels: Mapping[str, str]) -> Iterator[str]:
    """Columns that give images others of the same words."""
    words = set(labels.values())
    for claim in claims:
        said = {file: one[0] for file, one in claim.by_file.items() if len(one) == 1 and labels.get(file)}
        if claim.column.strength < _LIKELY or claim.is_many or not set(said.values()) <= words:
            continue
        if other := sorted(file for file, label in said.items() if label != labels[file]):
            shown = f"{decode_name(other[0])}: {said[other[0]][:100]}"
            yield f"by what {claim.says}, {len(other):,} images are called otherwise, such as {shown}"


def _taken_back(claims: Iterable[LabelClaim], source: TablesSource) -> Iterator[str]:
    """Columns of the config's own tables by which rows do not count that the config takes."""
    limited = {(settings.file, name) for settings in source.tables for name in settings.where}
    files = {settings.file for settings in source.tables if settings.file}
    for entry in (entry for claim in claims for entry in claim.entries):
        named = [(file, name) for file in files_of(entry) if file in files for name in entry.get("where", {})]
        for file, name in named:
            if (file, name) not in limited:
                yield f"the column {name} of {file} says which of its rows count, and all are taken"


def _splits(claims: Claims, labels: Mapping[str, str]) -> Iterator[str]:
    for claim in claims.splits:
        if set(claim.by_file) & set(labels) and len(set(claim.by_file.values())) > 1:
            yield f"{claim.says} says which images are in which split, and they are parted at random"
