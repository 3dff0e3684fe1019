"""Folders that each hold the files of the others, beside a table that calls all of them: each alone may be meant."""

from __future__ import annotations

import glob
from dataclasses import replace

import pyarrow.compute as pc

from tasks.config_keys import with_source
from tasks.discover.folder_evidence.contradictions import folders_alone
from tasks.discover.folder_evidence.file_names import sizes_of
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.listing.listing import Listing, without_ignored
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.discover.reading import Evidence
from tasks.discover.settings import SourceSettings
from tasks.discover.verdict.evidence import weigh
from tasks.discover.words.folder_names import few
from tasks.discover.words.split_words import SplitWords

_MOST_FOLDERS = 4
_MOST = 3
_ASKED = 64
_FEW = 0.05


def with_each_alone(
    error: UnsettledLayoutError, listing: Listing, source: SourceSettings, words: SplitWords
) -> UnsettledLayoutError:
    """*error* with what tables say of each of the folders that hold the same names, as two resolutions do."""
    proposals = _each_alone(listing, source, words)
    return error.with_proposals(proposals) if proposals else error


def oppose_with_same(
    found: Evidence, choice: FolderChoice | None, listing: Listing, source: SourceSettings, words: SplitWords
) -> None:
    """Let tables that call images by names that several folders have oppose *choice*, where nothing else does."""
    if choice is None or found.reading is not None or found.opposed or found.named:
        return
    if alone := _each_alone(listing, source, words):
        shown = few(same_folders(listing))
        found.opposed = f"tables beside the images call them by names that are there in each of {shown}"
        found.proposals = [*alone, folders_alone(choice), *found.proposals]


def _each_alone(listing: Listing, source: SourceSettings, words: SplitWords) -> list[Proposal]:
    """What tables say of each of the folders that hold the same names alone."""
    folders = same_folders(listing) if listing.beside else []
    proposals: list[Proposal] = []
    for folder in folders:
        others = [f"/{glob.escape(other)}" for other in folders if other != folder]
        found = weigh(without_ignored(listing, others), None, source, words)
        told = [found.reading.proposal] if found.reading is not None else found.proposals
        for one in told[:_MOST]:
            keys = with_source(one.keys, {"ignore": [*source.ignore, *others]})
            proposals.append(replace(one, says=f"of the images in {folder} alone {one.says}", keys=keys))
    return proposals


def same_folders(listing: Listing) -> list[str]:
    """Two to four folders side by side that hold all images, each with the names of the first; else none."""
    parents = [parent.split("/") for parent in listing.parents if parent]
    if not parents or len(parents) < len(listing.parents):
        return []
    depth = next((at for at, names in enumerate(zip(*parents, strict=False)) if len(set(names)) > 1), -1)
    tops = sorted({"/".join(parts[: depth + 1]) for parts in parents}) if depth >= 0 else []
    if not 1 < len(tops) <= _MOST_FOLDERS:
        return []
    names = _names_in(tops[0], listing)
    step = max(len(names) // _ASKED, 1)
    asked = {f"{top}/{name}" for top in tops for name in names[::step]}
    is_even = abs(len(names) * len(tops) - listing.count) <= _FEW * listing.count
    return tops if is_even and len(sizes_of(listing, asked)) >= (1 - _FEW) * len(asked) else []


def _names_in(folder: str, listing: Listing) -> list[str]:
    """The paths of the images in *folder*, below it."""
    paths = listing.files["path"]
    mine = paths.filter(pc.starts_with(paths, f"{folder}/"))
    return [path.removeprefix(f"{folder}/") for path in mine.to_pylist()]
