"""Images whose folders say what they are: how a path becomes a split and a label path."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tasks.discover.sample_rows import SampleRows, file_kind
from tasks.discover.scan import Listing, scan_images
from tasks.discover.settings import FolderSettings, SourceSettings
from tasks.discover.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.reasons import Reason
from tasks.samples import Discovery, SourceAccess
from tasks.storage import redact_url


class FolderSource(SourceSettings, FolderSettings):
    """A source whose folders name the classes."""


@dataclass(frozen=True, slots=True)
class FolderReading:
    """How the folders of a source are understood.

    Attributes:
        layout: The layout's name.
        why: One sentence.
        has_splits: The first folder of a path is a split.
        depth: How many folders name the class: 1, or 0 for all there are.
        notices: Sentences for the discovery report.
    """

    layout: str
    why: str
    has_splits: bool
    depth: int
    notices: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FolderPath:
    """What the folders of one path say; empty where they say nothing."""

    split: str
    label: tuple[str, ...]
    problem: tuple[Reason, str] | None = None


def discover_folders(source: FolderSource, listing: Listing, reading: FolderReading, words: SplitWords) -> Discovery:
    """The samples of *listing* as *reading* understands it."""
    require_images(listing, source)
    paths = _Paths(source, reading, words)
    rows = SampleRows(source.name, notices=list(reading.notices))
    found = [paths.read(path.split("/")[:-1]) for path in listing.paths]
    classes = paths.classes(listing.folders)
    if not reading.depth:
        found = _settle_uneven(found, classes, source.uneven, rows)
    for (path, size, fingerprint), place in zip(
        zip(listing.paths, listing.sizes, listing.fingerprints, strict=True), found, strict=True
    ):
        sample = _sample(source, path, rows) | {"fingerprint": fingerprint, "size": size}
        problem = place.problem or (None if place.label or source.allow_unlabeled else _NO_LABEL)
        if problem is not None:
            rows.reject(sample, *problem)
        else:
            rows.add(sample | {"label_path": "/".join(place.label), "split": place.split})
    return _finish(source, listing, rows, reading, sorted({*classes, *(place.label for place in found)} - {()}))


_NO_LABEL = (Reason.NO_LABEL, "lies in no class folder; `allow_unlabeled: true` would keep it")


def require_images(listing: Listing, source: SourceSettings) -> None:
    """Raise `LayoutError` where *listing* has no image, saying what lies there."""
    if listing.paths or listing.refused:
        return
    root = redact_url(listing.root.url)
    if not listing.others and not listing.folders:
        raise LayoutError(f"No image found: {root} is empty. Check `source.path`.")
    there = ", ".join(f"{count} × {suffix}" for suffix, count in listing.others.most_common(5)) or "only folders"
    suffixes = ", ".join(sorted(source.extensions))
    raise LayoutError(
        f"No image found under {root} (looked for {suffixes}; there is {there}). "
        "Check `source.path`, or add the extension to `source.extensions`."
    )


def _sample(source: SourceSettings, path: str, rows: SampleRows) -> dict[str, object]:
    kind, location = file_kind(source.path, path)
    return {"sample_id": rows.prefixed(path), "kind": kind, "location": location}


class _Paths:
    """Reads paths; each folder's name once."""

    def __init__(self, source: FolderSource, reading: FolderReading, words: SplitWords) -> None:
        self._reading = reading
        self._words = words
        self._organising = {name.casefold() for name in source.ignore_dirs}
        self._names: dict[str, str] = {}
        self._read: dict[tuple[str, ...], FolderPath] = {}

    def read(self, folders: Sequence[str]) -> FolderPath:
        key = tuple(folders)
        if key not in self._read:
            self._read[key] = self._split_and_label(key)
        return self._read[key]

    def _split_and_label(self, folders: tuple[str, ...]) -> FolderPath:
        split = ""
        rest: Sequence[str] = folders
        if self._reading.has_splits:
            if not folders:
                return FolderPath("", (), (Reason.NO_LABEL, "lies beside the split folders, in no class"))
            split, rest = self._words.split_of(folders[0]), folders[1:]
            if not split:
                detail = f"the folder {folders[0][:60]!r} is no split; `splits.names` can make it one"
                return FolderPath("", (), (Reason.UNKNOWN_SPLIT, detail))
        named = tuple(self._name(name) for name in rest if name.casefold() not in self._organising)
        return FolderPath(split, named[:1] if self._reading.depth == 1 else named)

    def _name(self, name: str) -> str:
        """A folder's name as a class: in Unicode's form C, without blanks around it."""
        if name not in self._names:
            self._names[name] = unicodedata.normalize("NFC", name).strip()
        return self._names[name]

    def classes(self, folders: Iterable[str]) -> set[tuple[str, ...]]:
        """The label of every folder that is no parent of another: empty class folders count too."""
        every = {tuple(folder.split("/")) for folder in folders}
        parents = {folder[:-1] for folder in every}
        leaves = every if self._reading.depth == 1 else every - parents
        found = {place.label for place in map(self.read, leaves) if place.problem is None}
        return found - {()}


def _settle_uneven(
    found: list[FolderPath], classes: set[tuple[str, ...]], policy: str, rows: SampleRows
) -> list[FolderPath]:
    """What becomes of images in a folder that has classes below it."""
    labels = {place.label for place in found} | classes
    inner = {label[:depth] for label in labels for depth in range(1, len(label))}
    settled = [place if place.label not in inner else _uneven(place, policy) for place in found]
    depths = {len(place.label) for place in settled if place.label and place.problem is None}
    if len(depths) > 1:
        rows.notices.append(
            f"The hierarchy is uneven: its label paths have {min(depths)} to {max(depths)} levels; "
            "levels that a path lacks are -1"
        )
    return settled


def _uneven(place: FolderPath, policy: str) -> FolderPath:
    if policy == "keep" or not place.label:
        return place
    if policy == "top":
        return FolderPath(place.split, place.label[:1])
    detail = f"lies in {'/'.join(place.label)[:80]!r}, which has classes below it; `source.uneven: keep` would keep it"
    return FolderPath(place.split, place.label, (Reason.UNEVEN_DEPTH, detail))


def _finish(
    source: FolderSource, listing: Listing, rows: SampleRows, reading: FolderReading, classes: list[tuple[str, ...]]
) -> Discovery:
    for path, reason, detail in listing.refused:
        rows.reject(_sample(source, path, rows), reason, detail)
    rows.ignored.update(listing.ignored)
    if listing.others:
        rows.ignored["no image's extension"] += sum(listing.others.values())
    depth = max((len(label) for label in classes), default=1)
    is_tree = depth > 1
    return Discovery(
        layout=reading.layout,
        why=reading.why,
        samples=rows.samples(),
        rejections=rows.rejections,
        class_paths=tuple("/".join(label) for label in classes),
        ignored=dict(rows.ignored),
        notices=(*rows.notices, *_merge_notices(listing, classes)),
        access=(SourceAccess(source.name, source.place, follow_links=source.follow_links),),
        levels=level_names(source.levels, depth) if is_tree else (),
    )


def level_names(named: Sequence[str], depth: int) -> tuple[str, ...]:
    """A name for each of *depth* levels: those of the config, then ``l0``, ``l1`` and so on."""
    return tuple(named[level] if level < len(named) else f"l{level}" for level in range(depth))


def _merge_notices(listing: Listing, classes: list[tuple[str, ...]]) -> list[str]:
    names = {part for folder in listing.folders for part in folder.split("/")}
    spellings: dict[str, set[str]] = defaultdict(set)
    for name in names:
        spellings[unicodedata.normalize("NFC", name).strip()].add(name)
    merged = [name for name, raws in sorted(spellings.items()) if len(raws) > 1]
    notices = [f"Folders whose names differ only in Unicode form or blanks are one class: {name!r}" for name in merged]
    folded: dict[str, set[str]] = defaultdict(set)
    for label in classes:
        folded["/".join(label).casefold()].add("/".join(label))
    alike = [sorted(twins) for _, twins in sorted(folded.items()) if len(twins) > 1]
    return notices + [f"Classes that differ only by case: {', '.join(twins)}" for twins in alike]


def images_under(source: SourceSettings) -> Listing:
    """Everything below the source's folder."""
    listing = scan_images(source.place, source)
    if listing is None:
        raise LayoutError(f"{redact_url(source.path)} could not be listed to its end. Run it again.")
    return listing
