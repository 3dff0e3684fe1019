"""The reading that takes labels from the names of files, where folders name none and the names leave no doubt."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tasks.config_keys import SourceKeys, TableKeys
from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.folder_evidence.companions import Companions
from tasks.discover.folder_evidence.contradictions import name_images
from tasks.discover.folder_evidence.folder_roles import FolderRoles
from tasks.discover.folder_evidence.name_patterns import NamePattern, certain_pattern, possible_patterns
from tasks.discover.folder_evidence.reading_roles import read_roles
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import ExampleRow, Proposal, UnsettledLayoutError
from tasks.discover.words.split_words import SplitWords

_FEWEST = 3
_UNREAD = (
    "{} names images, and no way to read it as a table was found: say it by `tables`, or, where cells of a text hold "
    "its delimiter, quote them."
)


@dataclass(frozen=True, slots=True)
class NameChoice:
    """How file names are read.

    Attributes:
        why: One sentence.
        keys: What the `source` section needs, `layout` and `path` apart.
        split_names: Further words for splits.
        notices: Sentences for the discovery report.
    """

    why: str
    keys: SourceKeys
    split_names: Mapping[str, str]
    notices: tuple[str, ...]


def choose_names(
    listing: Listing,
    source: FolderSource,
    words: SplitWords,
    error: UnsettledLayoutError,
    named: Mapping[str, Collection[str]],
) -> NameChoice:
    """The reading of the names of the files of *listing*, where their folders name no class, and no file says more.

    Args:
        listing: The images.
        source: Where they are.
        words: The words for splits.
        error: Why their folders name none.
        named: For each table beside them the images that it names.

    Raises:
        UnsettledLayoutError: *error*, with proposals for what the names could mean.
    """
    found, roles = read_roles(listing, source, words)
    labels = {folder.names() for folder in roles.labelled}
    if roles.doubts or len(labels) > 1 or not found.listing.count or source.allow_unlabeled:
        raise error
    groups = _by_split(found, roles)
    parted = {place: pattern for place, paths in groups.items() if (pattern := certain_pattern(paths, words))}
    others = [roles_split for place, roles_split in _splits(roles).items() if place not in parted]
    if not parted or any(split != "test" for split in others):
        raise error.with_proposals(_proposals(found, roles, words))
    paths = pa.chunked_array([one for place in parted for one in groups[place].chunks])
    naming = name_images(source, listing.beside, paths)
    if _are_named(paths, named) or naming:
        told = error.with_proposals(_proposals(found, roles, words))
        unread = [path for path in naming if path not in named]
        raise told.after([_UNREAD.format(unread[0])]) if unread else told
    return _choice(found, roles, parted)


def _splits(roles: FolderRoles) -> dict[str, str]:
    """Each folder that names a split, and the split; the whole source where none does."""
    named = [folder for folder in roles.folders if folder.split_at >= 0]
    return {"/".join(folder.parts[: folder.split_at + 1]): folder.split for folder in named} or {"": ""}


def _listed(roles: FolderRoles) -> dict[str, str]:
    """`_splits` with the folders as the listing has them."""
    return {folder.split_place: folder.split for folder in roles.folders if folder.split_at >= 0} or {"": ""}


def _by_split(found: Companions, roles: FolderRoles) -> dict[str, pa.ChunkedArray]:
    places: dict[str, list[int]] = defaultdict(list)
    for number, parent in enumerate(found.listing.parents):
        place = next((place for place in _splits(roles) if f"{parent}/".startswith(f"{place}/")), "")
        places[place].append(number)
    numbers, paths = found.listing.folder_numbers, found.listing.files["path"]
    return {place: paths.filter(pa.array(np.isin(numbers, inside))) for place, inside in places.items()}


def _choice(found: Companions, roles: FolderRoles, named: Mapping[str, NamePattern]) -> NameChoice:
    expression = next(iter(named.values())).expression
    splits = _splits(roles)
    keys: SourceKeys = {"ignore": list(found.ignore)} if found.ignore else {}
    names: dict[str, str] = {}
    if set(splits) == {""}:
        keys["pattern"] = expression
    elif len(named) == 1:
        place = next(iter(named))
        listed = next(one.split_place for one in roles.folders if "/".join(one.parts[: one.split_at + 1]) == place)
        keys["tables"] = [{"listing": f"{listed}/**", "pattern": expression, "split": splits[place]}]
    else:
        tops = sorted({place.rpartition("/")[2] for place in named})
        names = {place.rpartition("/")[2]: split for place, split in splits.items() if place in named}
        inside = expression.removeprefix("(^|/)")
        keys["pattern"] = f"(^|/)(?P<split>{'|'.join(map(re.escape, tops))})/(?:.*/)?{inside}"
    says = "; ".join(sorted({pattern.says for pattern in named.values()}))
    why = f"no folder names a class, and the names of all labelled files begin or end in one of a few words: {says}"
    return NameChoice(why, keys, names, tuple(found.notices))


def _are_named(paths: pa.ChunkedArray, named: Mapping[str, Collection[str]]) -> bool:
    """Whether a table names several of *paths*."""
    own = set(paths.to_pylist()) if named else set()
    return any(len(own & set(files)) >= _FEWEST for files in named.values())


def _proposals(found: Companions, roles: FolderRoles, words: SplitWords) -> list[Proposal]:
    """What the names of the files could mean: each part of them that takes few values, in the splits of the folders."""
    paths = found.listing.files["path"]
    ignore: SourceKeys = {"ignore": list(found.ignore)} if found.ignore else {}
    splits = _listed(roles)
    return [
        Proposal(
            f"a part of the files' names is the label: {pattern.says}",
            {"source": {"layout": "tables", **_pattern_keys(pattern, splits), **ignore}},
            _rows(paths, pattern, splits),
            (f"{len(pattern.counts):,} values in {sum(pattern.counts.values()):,} names",),
        )
        for pattern in possible_patterns(paths, words)
    ]


def _pattern_keys(pattern: NamePattern, splits: Mapping[str, str]) -> SourceKeys:
    if set(splits) == {""}:
        return {"pattern": pattern.expression}
    tables: list[TableKeys] = [
        {"listing": f"{place}/**", "pattern": pattern.expression, "split": splits[place]} for place in splits
    ]
    return {"tables": tables}


def _rows(paths: pa.ChunkedArray, pattern: NamePattern, splits: Mapping[str, str]) -> tuple[ExampleRow, ...]:
    looked = paths.slice(0, 3).to_pylist()
    split = {path: next((splits[place] for place in splits if path.startswith(f"{place}/")), "") for path in looked}
    found = ((path, re.search(pattern.expression, path)) for path in split)
    return tuple(
        ExampleRow(path, match["label"], match.groupdict().get("split", split[path])) for path, match in found if match
    )
