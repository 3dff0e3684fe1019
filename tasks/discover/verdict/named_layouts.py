"""What speaks against the layout that a config names: it counts all the same, and is never published without a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folder_paths import FolderReading, PathReader, class_of
from tasks.discover.by_folders.folders import discover_folders, images_under
from tasks.discover.by_folders.hierarchy import Hierarchy
from tasks.discover.by_folders.split_folders import SplitFolders
from tasks.discover.folder_evidence.contradictions import refuse_contradictions
from tasks.discover.folder_evidence.folder_choice import FolderChoice, choose_folders
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.verdict.evidence import weigh
from tasks.discover.words.split_words import SplitWords
from tasks.samples import Discovery
from tasks.wording import HELD

NamedFolders = ClassFolders | SplitFolders | Hierarchy


def discover_named(source: NamedFolders, words: SplitWords) -> Discovery:
    """The samples of *source*, and what speaks against reading its folders as it says.

    Raises:
        LayoutError: There is no such folder, no image in it, or it is not as declared.
    """
    listing = images_under(source)
    reading = source.reading(listing, words)
    found = discover_folders(source, listing, reading, words)
    choice = _as_named(source, listing, reading, words)
    doubts = tuple(dict.fromkeys((*_otherwise(choice, source, words), *_beside(choice, source, words))))
    warnings = [f"Warning: {what}{HELD}`layout: {source.layout}`, and that counts" for what in doubts]
    return replace(found, notices=(*found.notices, *warnings), doubts=doubts)


def _as_named(source: NamedFolders, listing: Listing, reading: FolderReading, words: SplitWords) -> FolderChoice:
    """The folders of *listing* as the config reads them."""
    paths = PathReader(source, reading, words)
    places = [paths.read(parent) for parent in listing.parents]
    return FolderChoice(
        layout=reading.layout,
        why=reading.why,
        keys={},
        split_names={},
        listing=listing,
        labels=tuple(place.label for place in places),
        splits=tuple(place.split for place in places),
    )


def _otherwise(named: FolderChoice, source: NamedFolders, words: SplitWords) -> Iterator[str]:
    """What folders prove by themselves that is not what they are *named*: other labels, splits, or no samples."""
    try:
        own = choose_folders(named.listing, source, words)
    except UnsettledLayoutError as error:
        if any(_is_cut(folder, source, words) for folder in _folders(named)):
            yield error.what.partition(" Say which")[0].rstrip(".")
        return
    told = {parent: (label, split) for parent, label, split in _folders(named)}
    mine = [(parent, tuple(map(class_of, label)), split) for parent, label, split in _folders(own)]
    differing = sorted(one for one in mine if one[1:] != told[one[0]] and any(one[1:]))
    for parent, label, split in differing[:1]:
        called = f"{'/'.join(label) or 'without a label'}{f' in the split {split}' if split else ''}"
        yield f"{own.why}, so by themselves the images in {parent} would be {called}"
    for notice in own.notices if own.listing.count < named.listing.count else ():
        if " images are left out: " in notice:
            yield notice.replace(" are left out: ", " would be left out by themselves: ", 1)


def _is_cut(folder: tuple[str, tuple[str, ...], str], source: NamedFolders, words: SplitWords) -> bool:
    """Whether the label of a folder leaves out levels of it, or is called like a split."""
    parent, label, split = folder
    return len(label) + bool(split) < len(source.named_parts(parent)) or any(map(words.split_of, label))


def _folders(choice: FolderChoice) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each folder that holds images, with its label and its split."""
    return zip(choice.listing.parents, choice.labels, choice.splits, strict=True)


def _beside(named: FolderChoice, source: NamedFolders, words: SplitWords) -> Iterator[str]:
    """What files beside the images say against the folders as they are *named*."""
    evidence = weigh(named.listing, named, source, words)
    if evidence.opposed:
        yield evidence.opposed
    elif evidence.reading is not None:
        yield f"By itself it would be read otherwise, since {evidence.reading.why}"
    else:
        try:
            refuse_contradictions(named, source, words, evidence.understood)
        except UnsettledLayoutError as error:
            yield error.what.partition(". Nothing is published")[0]
