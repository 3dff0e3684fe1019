"""What speaks against taking folders for classes, although their names could be those of classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.folder_evidence.companions import Companions
from tasks.discover.folder_evidence.file_names import (
    counted_kinds,
    named_alike,
    namesakes,
    outlined,
    recorded,
    shadows,
    sizes_of,
    some_files,
)
from tasks.discover.folder_evidence.folder_roles import REPEATS, FolderRole, FolderRoles
from tasks.discover.folder_evidence.named_splits import split_pattern
from tasks.discover.folder_evidence.numbered_parts import numbered_within
from tasks.discover.folder_evidence.pictures_beside import any_images_beside, loose_beside_classes, pictures_beside
from tasks.discover.folder_evidence.who_is_shown import numbered_above, sought
from tasks.discover.words.folder_names import (
    few,
    is_for_unlabelled,
    is_opaque,
    is_organising,
    names_a_version,
    share_a_word,
    sorts_images,
    tells_a_form,
    tokens,
)
from tasks.discover.words.split_words import SplitWords

_FEW = 0.05
_SMALL_CLASSES = 15
_DEEP = 3
_SAME = 0.9
_MOST_TOPS = 30
_LOOKED_AT = 2048
_TWO = 2
Doubt = Callable[[FolderRoles, Companions], str]


def doubt(roles: FolderRoles, found: Companions, source: FolderSource) -> str:
    """The first thing that speaks against the labels of *roles*, as half a sentence; empty where nothing does."""
    doubts: list[Doubt] = [
        _single_images,
        _opaque,
        _unlabelled_among_classes,
        _extras,
        pictures_beside,
        any_images_beside,
        loose_beside_classes,
        _unpacked,
        _versions,
        _organised,
        _crossed,
        _splits_apart,
        _called_otherwise,
        _sets_of_splits,
        outlined,
        _twins,
        shadows,
        namesakes,
        named_alike,
        counted_kinds,
        recorded,
        _numbered_within,
        sought,
        numbered_above,
        _named_for_splits,
    ]
    if not source.allow_unlabeled:
        doubts = [_flat_splits, *doubts]
    if not source.levels and not source.allow_unlabeled:
        doubts = [_one_class, *doubts]
    return next((what for one in doubts if (what := one(roles, found))), "")


def _one_class(roles: FolderRoles, _: Companions) -> str:
    """One folder, or several of one name that is written in several ways."""
    names = {"/".join(folder.names()) for folder in roles.labelled}
    if len(names) == 1:
        return f"all images lie in one folder, {names.pop()}, which may be a class or not"
    said = {tuple(tokens(part) for part in name.split("/")) for name in names}
    is_one = len(said) == 1 and all(next(iter(said)))
    return f"the folders {few(names)} have one name, written in several ways, which may be a class or not" * is_one


def _single_images(roles: FolderRoles, _: Companions) -> str:
    counts: Counter[tuple[str, ...]] = Counter()
    for folder in roles.labelled:
        counts[folder.names()] += folder.count
    single = sum(1 for count in counts.values() if count == 1)
    if len(counts) < _SMALL_CLASSES or single <= len(counts) / 2:
        return ""
    return f"{single:,} of {len(counts):,} folders hold one image, so they may be no classes"


def _opaque(roles: FolderRoles, _: Companions) -> str:
    """Folders that machines have named: for patients, studies or uploads."""
    names = {folder.names()[0] for folder in roles.labelled}
    odd = sum(1 for name in names if is_opaque(name))
    if odd < _DEEP or odd < _SAME * len(names):
        return ""
    return f"the folders {few(names)} are called by identifiers, which say nothing of what their images show"


def _flat_splits(roles: FolderRoles, _: Companions) -> str:
    """Splits other than `test` without classes beside those that have some: their labels lie elsewhere."""
    deep = {folder.split for folder in roles.labelled}
    flat = {folder.split: folder.parts[folder.split_at] for folder in roles.folders if folder.split_at >= 0}
    odd = sorted(name for split, name in flat.items() if split not in deep and split != "test")
    return f"the images of {', '.join(odd)} lie in no class folder, and those of other splits do" if odd else ""


def _unlabelled_among_classes(roles: FolderRoles, _: Companions) -> str:
    names = {name for folder in roles.labelled if len(name := folder.names()) == 1}
    odd = sorted(name for (name,) in names if is_for_unlabelled(name))
    return f"{few(odd)} may hold images that wait for their labels, and lies beside classes" if odd else ""


def _extras(roles: FolderRoles, _: Companions) -> str:
    """Folders of images beside one that holds all classes: examples, or pictures of the documentation."""
    deep: dict[str, set[str]] = defaultdict(set)
    flat: set[str] = set()
    for folder in roles.labelled:
        first, *rest = folder.names()
        if rest:
            deep[first].add(rest[0])
        else:
            flat.add(first)
    if not flat or not deep:
        return ""
    wrappers = [name for name, below in deep.items() if len(below) > 1 and (is_organising(name) or len(deep) == 1)]
    wrappers = [name for name in wrappers if is_organising(name) or len(deep[name]) >= _DEEP]
    if not wrappers:
        return ""
    return f"{few(wrappers)} holds folders that may be the classes, and {few(flat)} beside it holds images itself"


def _unpacked(roles: FolderRoles, _: Companions) -> str:
    """Folders that hold nothing but a folder of their own name: archives, unpacked side by side."""
    again = {name for names, why in roles.passed if why == REPEATS for name in names}
    labels = {folder.names() for folder in roles.labelled}
    if len(labels) < 2 or not all(len(label) == 1 and label[0] in again for label in labels):
        return ""
    shown = few(name for (name,) in labels)
    return f"{shown} each hold a folder of the same name, as unpacked archives do, and may be no classes"


def _numbered_within(roles: FolderRoles, _: Companions) -> str:
    return numbered_within(roles)


def _named_for_splits(roles: FolderRoles, found: Companions) -> str:
    """Files whose names begin with words for splits, where no folder names one."""
    has_splits = any(folder.split_at >= 0 for folder in roles.folders)
    is_named = not has_splits and split_pattern(found.listing.files["path"], SplitWords({}))
    return "the names of the images begin with words for splits, which may be what they mean" if is_named else ""


def _versions(roles: FolderRoles, _: Companions) -> str:
    """Folders above others, one of them named for what was made of its images, the rest for nothing that they show."""
    firsts = {name[0] for folder in roles.labelled if len(name := folder.names()) > 1}
    made = {name for name in firsts if names_a_version(name)}
    if len(firsts) < 2 or not made or not all(map(is_organising, firsts - made)):
        return ""
    return f"{few(made)} may hold what was made of the images in {few(firsts - made) or 'each other'}"


def _organised(roles: FolderRoles, _: Companions) -> str:
    """Folders below others that hold images of any kind, beside some that hold a kind of their own."""
    inner = {name[-1] for folder in roles.labelled if len(name := folder.names()) > 1}
    plain = sorted(name for name in inner if is_organising(name))
    if not plain or len(plain) == len(inner):
        return ""
    return f"{few(plain)} only organises, and {few(inner - set(plain))} beside it may hold what goes with those images"


def _crossed(roles: FolderRoles, _: Companions) -> str:
    """Levels that repeat the same names in each other: which of them is the class is not to be told."""
    names = {folder.names() for folder in roles.labelled}
    firsts = {name[0] for name in names}
    if roles.depth > 1 and _is_crossed(names, 1):
        if any(names_a_version(name) or sorts_images(name) for name in firsts):
            return f"{few(firsts)} hold the same folders, and may be versions or kinds of the same images"
        if all(map(str.isdecimal, firsts)):
            return f"the folders {few(firsts)} hold the same folders, and may number whom or what they show"
        inner = {name[1] for name in names if len(name) > 1}
        if roles.depth == _TWO and share_a_word(firsts):
            return f"{few(firsts)} hold the same folders, and may be parts of one set"
        if roles.depth == _TWO and (share_a_word(inner) or all(map(tells_a_form, inner))):
            return f"{few(inner)} lie in each of {few(firsts)}, and may be parts of each"
    if roles.depth < _DEEP or any(len(name) < roles.depth for name in names):
        return ""
    level = next((level for level in range(1, roles.depth) if _is_crossed(names, level)), 0)
    inner = {name[level] for name in names} if level else set()
    return f"folders lie in {roles.depth} levels, and {few(inner)} are there in each of the others" if inner else ""


def _is_crossed(names: Iterable[tuple[str, ...]], level: int) -> bool:
    """Whether the names of *level* are there below more than half of what lies above it."""
    above: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name in names:
        if len(name) > level:
            above[name[level]].add(name[:level])
    every = {parent for parents in above.values() for parent in parents}
    return len(above) > 1 and len(every) > 1 and all(len(parents) > len(every) / 2 for parents in above.values())


def _splits_apart(roles: FolderRoles, found: Companions) -> str:
    """Classes that are never in two splits, beside masks: places rather than classes. Images outside of all splits."""
    names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for folder in roles.labelled:
        names[folder.split].add(folder.names())
    if len(names) > 1 and found.has_masks and not set.intersection(*names.values()):
        return "no folder is there in two splits, and each image has another that goes with it; they may be no classes"
    outside = [folder for folder in roles.folders if folder.split_at < 0]
    some = sum(folder.count for folder in outside)
    if len(outside) < len(roles.folders) and some > _FEW * sum(folder.count for folder in roles.folders):
        places = few("/".join(folder.parts) or "the source itself" for folder in outside)
        return f"{some:,} images, in {places}, lie in none of the splits"
    return ""


def _called_otherwise(roles: FolderRoles, _: Companions) -> str:
    """Splits whose classes are numbers, beside others whose classes are names."""
    names: dict[str, set[str]] = defaultdict(set)
    for folder in roles.labelled:
        names[folder.split].add(folder.names()[-1])
    numbered = {split for split, own in names.items() if split and all(map(str.isdecimal, own))}
    named = {split for split, own in names.items() if split and not any(map(str.isdecimal, own))}
    if not numbered or not named:
        return ""
    return f"the classes of {few(numbered)} are numbers and those of {few(named)} names, perhaps of the same classes"


def _sets_of_splits(roles: FolderRoles, _: Companions) -> str:
    """Folders that each hold splits with classes below, of other depths or named for images alone: several sets."""
    depths: dict[str, set[int]] = defaultdict(set)
    for folder in roles.labelled:
        inner = sum(1 for place in folder.kept if place > folder.split_at)
        if inner and 0 <= folder.kept[0] < folder.split_at:
            depths[folder.parts[folder.kept[0]]].add(inner)
    is_even = len(set().union(*depths.values())) < _TWO
    if len(depths) < _TWO or (is_even and not all(is_organising(name) or sorts_images(name) for name in depths)):
        return ""
    return f"{few(depths)} each hold splits of their own with classes below, and may be sets rather than classes"


def _twins(roles: FolderRoles, found: Companions) -> str:
    """Folders with the files of others of their label once more, by name and size; by name where one is a version."""
    tops = {"/".join(folder.parts): _top(roles, folder.parts) for folder in roles.folders}
    if not 1 < len(set(tops.values())) <= _MOST_TOPS:
        return ""
    labels = {"/".join(folder.parts): _below_top(folder, tops["/".join(folder.parts)]) for folder in roles.folders}
    places = {(tops[parent], label): parent for parent, label in labels.items()}
    looked: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for path, size in some_files(found.listing):
        parent, _, name = path.rpartition("/")
        for other in set(tops.values()) - {tops.get(parent, "")} if parent in tops else ():
            if place := places.get((other, labels[parent])):
                looked[tops[parent], other][f"{place}/{name}"] = size
    there = sizes_of(found.listing, {path for asked in looked.values() for path in asked})
    for (top, other), asked in sorted(looked.items()):
        is_version = names_a_version(top.rpartition("/")[2]) or names_a_version(other.rpartition("/")[2])
        same = sum(1 for path, size in asked.items() if path in there and (is_version or there[path] == size))
        if len(asked) >= _DEEP and same >= _SAME * len(asked) and (is_version or len(set(asked.values())) >= _DEEP):
            return f"{top} holds files with the names of those in {other}, which may be the same images once more"
    return ""


def _below_top(folder: FolderRole, top: str) -> tuple[str, ...]:
    """The label of *folder* without what the folder *top* gives it."""
    return tuple(folder.parts[place] for place in folder.kept if place > top.count("/"))


def _top(roles: FolderRoles, parts: tuple[str, ...]) -> str:
    """The first folder of *parts* that is not the same for all."""
    common = 0
    first = roles.folders[0].parts
    while common < min(len(first), len(parts)) and all(
        len(folder.parts) > common + 1 and folder.parts[common] == first[common] for folder in roles.folders
    ):
        common += 1
    return "/".join(parts[: common + 1])
