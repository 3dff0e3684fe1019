"""The reading that a source's folders prove, as the keys of a named layout; where they prove none, what is possible."""

from __future__ import annotations

import glob
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.config_keys import ConfigKeys, SourceKeys, splits_named, with_source
from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.folder_evidence.companions import Companions
from tasks.discover.folder_evidence.folder_doubts import doubt
from tasks.discover.folder_evidence.folder_proposals import distinct, named_layouts
from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles, levels_passed_over
from tasks.discover.folder_evidence.left_out import to_leave_out
from tasks.discover.folder_evidence.reading_roles import read_roles
from tasks.discover.folder_evidence.twins import Twins, find_twins
from tasks.discover.listing.listing import Listing, without_files, without_ignored
from tasks.discover.proposals import ExampleRow, Proposal, UnsettledLayoutError, flow
from tasks.discover.words.folder_names import few
from tasks.discover.words.split_words import SplitWords
from tasks.storage import redact_url

_FEW = 0.05
_MOST_NAMES = 12
_MOST_LEFT_OUT = 2


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """How folders are read.

    Attributes:
        layout: The named layout that reads them so.
        why: One sentence.
        keys: What it needs besides `layout` and `path`, of the `source` section.
        split_names: Further words for splits.
        listing: What is left of the listing.
        labels: For each of the listing's folders that hold images its label; empty for none.
        splits: For each its split; empty for none.
        notices: Sentences for the discovery report.
        evidence: What was seen, with counts.
    """

    layout: str
    why: str
    keys: SourceKeys
    split_names: Mapping[str, str]
    listing: Listing
    labels: tuple[tuple[str, ...], ...]
    splits: tuple[str, ...]
    notices: tuple[str, ...] = ()
    evidence: tuple[str, ...] = field(default=())


def choose_folders(listing: Listing, source: FolderSource, words: SplitWords) -> FolderChoice:
    """The reading of *listing* that its folders prove.

    Raises:
        UnsettledLayoutError: They prove none.
    """
    found, roles = read_roles(listing, source, words)
    verdict = _Verdict(found, roles, source, words)
    try:
        verdict.check()
        if twins := find_twins(found.listing):
            raise verdict.with_twins(twins)
    except UnsettledLayoutError as error:
        if proposals := _without_some(listing, source, words, roles):
            raise error.offering(distinct([*proposals, *error.unsettled.proposals])) from None
        raise
    return verdict.choice()


def _without_some(listing: Listing, source: FolderSource, words: SplitWords, roles: FolderRoles) -> list[Proposal]:
    """For folders without which the others prove a reading, that they shall be left out, those of few images first."""
    found = []
    for places in to_leave_out(roles):
        patterns = [f"/{glob.escape(place)}" for place in places]
        rest = without_ignored(listing, patterns)
        verdict = _Verdict(*read_roles(rest, source, words), source, words)
        try:
            verdict.check()
        except UnsettledLayoutError:
            continue
        if rest.count < listing.count and (reading := verdict.as_it_is_read()).rows:
            ignored = reading.keys["source"].get("ignore", ())
            keys = with_source(reading.keys, {"ignore": [*ignored, *patterns]})
            lost = listing.count - rest.count
            told = f"{lost:,} of {listing.count:,} images lie there"
            found.append((lost, Proposal(f"{few(places)} shall be left out", keys, reading.rows, (told,))))
    found.sort(key=lambda one: one[0])
    return distinct([proposal for _, proposal in found])[:_MOST_LEFT_OUT]


class _Verdict:
    """What is made of the roles of a source's folders."""

    def __init__(self, found: Companions, roles: FolderRoles, source: FolderSource, words: SplitWords) -> None:
        self._found = found
        self._roles = roles
        self._source = source
        self._words = words
        self._images = found.listing.count
        self._path = redact_url(source.path)
        self._counts: Counter[tuple[str, ...]] = Counter()
        for folder in roles.labelled:
            self._counts[folder.names()] += folder.count

    def check(self) -> None:
        """Raise `UnsettledLayoutError` where the folders do not prove what the classes are."""
        if self._roles.doubts:
            raise self._ambiguous(f"{self._path} can be read in two ways, since {self._roles.doubts[0]}")
        if not self._counts:
            if self._source.allow_unlabeled:
                return
            raise self._no_labels()
        what = doubt(self._roles, self._found, self._source)
        if what:
            raise self._ambiguous(f"{self._path}: {what}")

    def with_twins(self, twins: Sequence[Twins]) -> UnsettledLayoutError:
        """What to say where images come in pairs, with a proposal for each kind of them that may be no samples."""
        error = self._ambiguous(
            f"{self._path}: {twins[0].says}, which may be a mask, a view, or the same picture once more"
        )
        proposals = []
        for one in twins:
            roles = read_roles(without_files(self._found.listing, one.is_one), self._source, self._words)
            reading = _Verdict(*roles, self._source, self._words).as_it_is_read()
            keys = with_source(reading.keys, {"ignore": [*self._found.ignore, *one.patterns]})
            says = f"those that {' and '.join(one.patterns[:4])} name are no samples"
            proposals.append(Proposal(says, keys, reading.rows))
        return error.with_proposals(proposals)

    def choice(self) -> FolderChoice:
        """The reading, as keys."""
        layout, keys, names = self._layout(), self._keys(), self._split_names()
        listing = without_ignored(self._found.listing, [f"/{place}" for place in self._unlabelled()])
        by_path = {folder.parts: folder for folder in self._roles.folders}
        mine = [by_path[tuple(parent.split("/")) if parent else ()] for parent in listing.parents]
        return FolderChoice(
            layout=layout,
            why=self._why(layout),
            keys=keys,
            split_names=names,
            listing=listing,
            labels=tuple(folder.names()[:1] if layout == "class_folders" else folder.names() for folder in mine),
            splits=tuple(folder.split for folder in mine),
            notices=(*self._found.notices, *self._notices(layout)),
        )

    def _layout(self) -> str:
        if any(folder.split_at >= 0 for folder in self._roles.folders):
            return "split_folders"
        if self._roles.depth < 2:
            return "class_folders"
        inner = {label[:1] for label in self._counts if len(label) > 1} & set(self._counts)
        deep = sum(count for label, count in self._counts.items() if len(label) > 1)
        return "class_folders" if inner and deep <= _FEW * self._images else "hierarchy"

    def _unlabelled(self) -> list[str]:
        """Folders without a class beside those that have one, unless such images are kept."""
        splits: dict[str, list[FolderRole]] = defaultdict(list)
        for folder in self._roles.folders:
            if folder.split_at >= 0:
                splits["/".join(folder.parts[: folder.split_at + 1])].append(folder)
        flat = set(self._roles.unlabelled)
        if not self._source.allow_unlabeled:
            flat |= {place for place, inside in splits.items() if not any(folder.kept for folder in inside)}
        return sorted(place.translate({ord(char): f"[{char}]" for char in "*?["}) for place in flat)

    def _split_names(self) -> dict[str, str]:
        named = {folder.parts[folder.split_at]: folder.split for folder in self._roles.folders if folder.split_at >= 0}
        return {name: split for name, split in sorted(named.items()) if self._words.split_of(name) != split}

    def _keys(self) -> SourceKeys:
        ignore = [*self._source.ignore, *self._found.ignore, *(f"/{place}" for place in self._unlabelled())]
        dirs = [*self._source.ignore_dirs, *self._ignored_dirs()]
        keys: SourceKeys = {"ignore": ignore} if ignore else {}
        if dirs:
            keys["ignore_dirs"] = dirs
        return keys

    def _ignored_dirs(self) -> list[str]:
        """For `ignore_dirs`: each folder that says nothing, by its name where that never says anything."""
        folders = self._roles.folders
        places = ((folder, place) for folder in folders for place in (*folder.kept, folder.split_at))
        said = {folder.parts[place].casefold() for folder, place in places if place >= 0}
        already = {id(folder): set(self._source.named_places(folder.parts)) for folder in folders}
        levels: dict[int, list[tuple[FolderRole, bool]]] = defaultdict(list)
        for folder in folders:
            for place in range(len(folder.parts)):
                means = place in folder.kept or place == folder.split_at
                if place in already[id(folder)]:
                    levels[place].append((folder, means))
        found: list[str] = []
        for place, here in sorted(levels.items()):
            found += _level_patterns(place, here, said)
        return list(dict.fromkeys(found))

    def _why(self, layout: str) -> str:
        if layout == "split_folders":
            named = sorted({folder.parts[folder.split_at] for folder in self._roles.folders if folder.split_at >= 0})
            return f"folders are named like splits: {', '.join(named[:5])}"
        if layout == "class_folders":
            top = len({label[:1] for label in self._counts})
            return f"images lie in {top} folders beside each other, none of them named like a split"
        return f"images lie in folders of {self._roles.depth} levels, and none is named like a split"

    def _notices(self, layout: str) -> list[str]:
        notices = list(levels_passed_over(self._roles.passed))
        notices += self._roles.notices
        if layout == "hierarchy":
            notices.append("To take only the topmost folder as the class, set `layout: class_folders`")
        return notices

    def _ambiguous(self, what: str) -> UnsettledLayoutError:
        readings = named_layouts(self._roles, self._source, self._words, self._found.ignore)
        if self._roles.labelled and not self._roles.doubts:
            derived = self.as_it_is_read()
            readings = [*self._levels(derived), derived, *readings]
        readings = distinct(readings)
        named = " or ".join(dict.fromkeys(f"`layout: {one.keys['source']['layout']}`" for one in readings[:-1]))
        return UnsettledLayoutError.of(
            "ambiguous_layout", f"{what}. Say which, by {named}:", readings, self._found.notices
        )

    def as_it_is_read(self) -> Proposal:
        """The reading that would have been taken without the doubt."""
        choice = self.choice()
        source: SourceKeys = {"layout": choice.layout, **choice.keys}
        keys: ConfigKeys = {"source": source, **splits_named(choice.split_names)}
        labelled = self._roles.labelled[:3]
        rows = tuple(ExampleRow(folder.example, "/".join(folder.names()), folder.split) for folder in labelled)
        return Proposal(f"{few({row.label for row in rows})} and so on are classes", keys, rows)

    def _levels(self, derived: Proposal) -> list[Proposal]:
        """For each level of labels of several, that it alone is the class."""
        proposals = []
        for level in range(self._roles.depth if self._roles.depth > 1 else 0):
            names = sorted({name[level] for name in self._counts if len(name) > level})
            rows = tuple(replace(row, label=row.label.split("/")[level]) for row in derived.rows
                         if row.label.count("/") >= level)  # fmt: skip
            keys: ConfigKeys = {**derived.keys, "labels": {"level": level}}
            proposals.append(Proposal(f"{few(names)} are the classes", keys, rows))
        return proposals

    def _no_labels(self) -> UnsettledLayoutError:
        splits = sorted({folder.parts[folder.split_at] for folder in self._roles.folders if folder.split_at >= 0})
        passed = "; ".join(f"{few(names)}: {why}" for names, why in self._roles.passed)
        where = f"directly in the split folders {', '.join(splits[:5])}" if splits else "in folders that name no class"
        if not splits and all(not folder.parts for folder in self._roles.folders):
            where = "directly in it"
        readings = distinct(named_layouts(self._roles, self._source, self._words, self._found.ignore))
        keys = {name: value for name, value in readings[-1].keys["source"].items() if name != "allow_unlabeled"}
        what = (
            f"{self._path}: all {self._images:,} images lie {where}{f' ({passed})' if passed else ''}, so no folder "
            "names their class. Put them in class folders, name a label file in `source.path`, or set "
            f"`allow_unlabeled: true` with {', '.join(f'`{name}: {flow(value)}`' for name, value in keys.items())}."
        )
        return UnsettledLayoutError.of("no_labels", what, readings, self._found.notices)


def _level_patterns(place: int, here: Sequence[tuple[FolderRole, bool]], said: set[str]) -> list[str]:
    """For `ignore_dirs` those folders at *place* that say nothing."""
    silent = sorted({folder.parts[place] for folder, means in here if not means})
    if not silent:
        return []
    if not any(name.casefold() in said for name in silent) and len(silent) <= _MOST_NAMES:
        return silent
    if not any(means for _, means in here):
        return ["/" + "/".join(["*"] * (place + 1))]
    return sorted({"/" + "/".join(folder.parts[: place + 1]) for folder, means in here if not means})
