"""Images that go with other images and are no samples: masks, previews, and whole folders that are there twice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing, without_files
from tasks.discover.words.folder_names import is_companion_name, is_companion_word, is_organising, tokens

_MOST = 0.8
_LOOKED_AT = 4096
_SUFFIX = r"([ _.-])([A-Za-z]+)(?:[ _.-]?\d+)?$"


@dataclass(slots=True)
class Companions:
    """What was told to be no sample.

    Attributes:
        listing: What is left.
        ignore: Patterns for `source.ignore` that pass over the same.
        notices: Sentences for the discovery report.
        has_masks: Whether there were images that go with others.
    """

    listing: Listing
    ignore: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    has_masks: bool = False


def leave_out_companions(listing: Listing) -> Companions:
    """*listing* without images that go with others, and without second copies of whole folders."""
    found = Companions(listing)
    _masks_beside(found)
    _masks_in_folders(found)
    _copies(found)
    return found


def _leave_out(found: Companions, is_gone: pa.Array, patterns: list[str], what: str) -> None:
    count = int(pc.sum(is_gone).as_py() or 0)
    reason = f"unlisted images: {what}"
    found.listing = without_files(found.listing, is_gone)
    found.listing.ignored[reason] += count
    found.ignore += patterns
    found.notices.append(f"{count:,} images are left out: {what}; `source.ignore: {patterns}` says the same")


def _stems(listing: Listing) -> pa.Array:
    """The name of each file without its folder and its extension."""
    names = pc.replace_substring_regex(listing.files["path"], r"^.*/", "")
    return pc.replace_substring_regex(names, r"\.[^.]*$", "").combine_chunks()


def _masks_beside(found: Companions) -> None:
    """Leave out ``x_mask.png`` where ``x.png`` lies beside it."""
    listing = found.listing
    step = max(listing.count // _LOOKED_AT, 1)
    looked = _stems(Listing(listing.root, files=listing.files.take(pa.array(np.arange(0, listing.count, step)))))
    marks = {
        (match[1], match[2])
        for stem in looked.to_pylist()
        if (match := re.search(_SUFFIX, stem)) and all(map(is_companion_word, tokens(match[2])))
    }
    if not marks:
        return None
    stems, folders = _stems(listing), listing.files["folder"].combine_chunks().cast(pa.string())
    there = pc.binary_join_element_wise(folders, stems, "/")
    for mark, word in sorted(marks):
        tail = f"{re.escape(mark)}{word}(?:[ _.-]?[0-9]+)?$"
        is_marked = pc.match_substring_regex(stems, tail)
        bases = pc.replace_substring_regex(there.filter(is_marked), tail, "")
        if len(bases) and pc.mean(pc.is_in(bases, there)).as_py() >= _MOST:
            patterns = [f"*{mark}{word}.*", f"*{mark}{word}*[0-9].*"]
            _leave_out(found, is_marked, patterns, f"each lies beside the image whose name it has, with {mark}{word}")
            found.has_masks = True
            return _masks_beside(found)
    return None


def _masks_in_folders(found: Companions) -> None:
    """Leave out folders with a companion's name whose files have the names of other images: ``masks/x.png``."""
    listing = found.listing
    roots: dict[str, list[int]] = defaultdict(list)
    wholes = _wholes(listing.parents)
    for number, parent in enumerate(listing.parents):
        parts = parent.split("/")
        marked_at = (at for at, name in enumerate(parts) if name and is_companion_name(name))
        place = next((at for at in marked_at if "/".join(parts[: at + 1]) not in wholes), None)
        if place is not None:
            roots["/".join(parts[: place + 1])].append(number)
    held = set(np.unique(listing.folder_numbers).tolist())
    marked = {number for numbers in roots.values() for number in numbers} & held
    if not marked or len(marked) == len(held):
        return
    numbers = listing.folder_numbers
    stems = _stems(listing)
    is_marked = np.isin(numbers, list(marked))
    others = pa.array(~is_marked)
    whole = pc.replace_substring_regex(listing.files["path"], r"^.*/", "").combine_chunks()
    bases = pc.unique(stems.filter(others))
    bases = pc.unique(pa.concat_arrays([bases, _without_common_end(bases), _without_common_start(bases)]))
    bases = pa.concat_arrays([bases, whole.filter(others)])  # a mask may keep all of the name: x.jpg.mask.png
    bare = pc.or_(pc.is_in(_without_end(stems), bases), pc.is_in(_without_start(stems), bases))
    has_base = pc.or_(pc.is_in(stems, bases), bare).to_numpy(zero_copy_only=False)
    gone = {
        root: inside
        for root, inside in roots.items()
        if (mine := np.isin(numbers, inside)).any()
        and has_base[mine].mean() >= _MOST
        and _goes_with(root, listing, mine, is_marked)
    }
    if gone:
        names = sorted({root.rpartition("/")[2] for root in gone})
        places = [f"/{_escaped(root)}" for root in sorted(gone)]
        is_told = not any(set(names) & set(root.split("/")) for root in [*roots, *listing.parents] if root not in gone
                          and not any(f"{root}/".startswith(f"{other}/") for other in gone))  # fmt: skip
        is_gone = pa.array(np.isin(numbers, [number for inside in gone.values() for number in inside]))
        what = f"those in {', '.join(names[:5])} have the names of other images"
        _leave_out(found, is_gone, [_escaped(name) for name in names] if is_told else places, what)
        found.has_masks = True


def _wholes(parents: Iterable[str]) -> set[str]:
    """Folders below which lie both folders that organise and folders of companions: sets, whatever they are called."""
    below: dict[str, set[bool]] = defaultdict(set)
    for parent in parents:
        parts = parent.split("/")
        is_companion = is_companion_name(parts[-1])
        if is_companion or is_organising(parts[-1]):
            for depth in range(1, len(parts)):
                below["/".join(parts[:depth])].add(is_companion)
    return {folder for folder, kinds in below.items() if len(kinds) > 1}


def _goes_with(root: str, listing: Listing, mine: np.ndarray, is_marked: np.ndarray) -> bool:
    """Whether the folder *root* is no class: it ends in other extensions, or lies beside a folder that organises."""
    above = root.rpartition("/")[0]
    head = f"{above}/" if above else ""
    depth = len(head.split("/")) - 1
    beside = {
        listing.parents[number].split("/")[depth]
        for number in np.unique(listing.folder_numbers[~is_marked]).tolist()
        if listing.parents[number].startswith(head) and listing.parents[number] != above
    }
    if beside and all(map(is_organising, beside)):
        return True
    ends = pc.replace_substring_regex(listing.files["path"], r"^.*\.", "").combine_chunks()
    own, others = ends.filter(pa.array(mine)).unique(), ends.filter(pa.array(~is_marked)).unique()
    if not set(own.to_pylist()) & set(others.to_pylist()):
        return True
    exact = pc.is_in(_stems(listing).filter(pa.array(mine)), _stems(listing).filter(pa.array(~is_marked)))
    return bool(pc.mean(exact).as_py() < 1 - _MOST) or not beside


def _without_end(stems: pa.Array) -> pa.Array:
    """*stems* up to the first word that is a companion's."""
    words = r"(?i)[ _.-](mask|gt|gtfine|gtcoarse|seg|label|annot|trimap|depth|edge|thumb|preview|map)[^/]*$"
    return pc.replace_substring_regex(stems, words, "")


def _without_start(stems: pa.Array) -> pa.Array:
    """*stems* without a first word that is a companion's."""
    words = r"(?i)^(mask|gt|gtfine|gtcoarse|seg|label|annot|trimap|depth|edge|thumb|preview|map)[a-z]*[ _.-]"
    return pc.replace_substring_regex(stems, words, "")


def _without_common_start(stems: pa.Array) -> pa.Array:
    """*stems* without the first word where all begin with the same."""
    starts = Counter(text.partition("_")[0] for text in stems.slice(0, _LOOKED_AT).to_pylist())
    if len(starts) != 1 or not next(iter(starts)).isalpha():
        return stems.slice(0, 0)
    return pc.replace_substring_regex(stems, f"^{re.escape(next(iter(starts)))}_", "")


def _without_common_end(stems: pa.Array) -> pa.Array:
    """*stems* without the last word where all end in the same."""
    ends = Counter(text.rpartition("_")[2] for text in stems.slice(0, _LOOKED_AT).to_pylist())
    if len(ends) != 1 or next(iter(ends)).isdigit():
        return stems
    return pc.replace_substring_regex(stems, f"_{re.escape(next(iter(ends)))}$", "")


def _escaped(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)


def _copies(found: Companions) -> None:
    """Leave out a folder that holds what its siblings hold once more, file by file."""
    children: dict[str, set[str]] = defaultdict(set)
    for parent in found.listing.parents:
        folder = parent
        while folder:
            above, _, name = folder.rpartition("/")
            if name in children[above]:
                break
            children[above].add(name)
            folder = above
    gone: set[str] = set()
    for above, names in sorted(children.items()):
        for name in sorted(names):
            inner = f"{above}/{name}" if above else name
            if children.get(inner) and children[inner] <= names - {name} and not _is_below(inner, gone):
                _drop_copy(found, above, inner, gone)


def _is_below(folder: str, others: Iterable[str]) -> bool:
    return any(f"{folder}/".startswith(f"{other}/") for other in others)


def _drop_copy(found: Companions, above: str, inner: str, gone: set[str]) -> None:
    files = found.listing.files
    paths = files["path"].combine_chunks()
    is_inner = pc.starts_with(paths, f"{inner}/")
    keys = pc.binary_join_element_wise(paths, files["size"].combine_chunks().cast(pa.string()), "|")
    moved = pc.replace_substring_regex(keys.filter(is_inner), f"^{re.escape(inner)}/", f"{above}/" if above else "")
    if len(moved) and pc.all(pc.is_in(moved, keys.filter(pc.invert(is_inner)))).as_py():
        gone.add(inner)
        _leave_out(found, is_inner, ["/" + _escaped(inner)], f"those in {inner} are the ones beside it once more")
