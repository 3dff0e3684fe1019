"""Files that go with others of nearly their name: a mask, perhaps, a band, or the same picture once more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing

_LOOKED_AT = 4096
_FEWEST = 4
_MOST = 0.8
_SOME = 0.2
_NEARLY_ALL = 0.95
_MOST_MARKS = 4
_MOST_KINDS = 16
_MARK = re.compile(r"[ _.-][A-Za-z0-9]{1,12}$")
_KIND = re.compile(r"[ _.-][A-Za-z][A-Za-z0-9]{0,15}$")


@dataclass(frozen=True, slots=True)
class Twins:
    """Files that go with others of nearly their name.

    Attributes:
        says: What they are, as half a sentence.
        patterns: Pass them over, in `source.ignore`.
        is_one: For each image of the listing whether it is one of them.
    """

    says: str
    patterns: tuple[str, ...]
    is_one: pa.Array


def find_twins(listing: Listing) -> list[Twins]:
    """The files that go with others in *listing*, where nearly all images come in pairs or in larger groups.

    ``x-d.png`` beside ``x.png``, ``x.png`` beside ``x.jpg``, or ``x_red.png`` beside ``x_green.png``.
    """
    if listing.count < 2 * _FEWEST:
        return []
    step = max(listing.count // _LOOKED_AT, 1)
    looked = listing.files["path"].take(pa.array(np.arange(0, listing.count, step))).to_pylist()
    names = [path.rpartition("/")[2].rpartition(".") for path in looked]
    marks = Counter(match[0] for stem, _, _ in names if (match := _MARK.search(stem)))
    ends = Counter(end.lower() for _, _, end in names)
    often = [mark for mark, count in marks.most_common(_MOST_MARKS) if count >= _SOME * len(names)]
    two = [end for end, count in ends.most_common(2) if count >= _SOME * len(names)]
    kinds = _kinds([stem for stem, _, _ in names])
    if not often and not kinds and len(two) < 2:
        return []
    paths = listing.files["path"].combine_chunks()
    places = pc.replace_substring_regex(paths, r"\.[^./]*$", "")
    marked = _marked(places, often) if often else None
    return [marked] if marked else _alike(paths, places, two) or _in_groups(places, kinds)


def _marked(places: pa.Array, marks: Sequence[str]) -> Twins | None:
    """The files that have the name of another with one of *marks* behind it, where nearly all others have all."""
    found: list[tuple[str, pa.Array, pa.Array]] = []
    for mark in marks:
        is_marked = pc.ends_with(places, mark)
        bases = pc.utf8_slice_codeunits(places.filter(is_marked), 0, -len(mark))
        if len(bases) >= _FEWEST and _share(bases, places) >= _MOST:
            found.append((mark, is_marked, bases))
    if not found:
        return None
    is_one = found[0][1]
    for _, is_marked, _ in found[1:]:
        is_one = pc.or_(is_one, is_marked)
    plain = places.filter(pc.invert(is_one))
    if any(_share(bases, plain) < _MOST or _share(plain, bases) < _MOST for _, _, bases in found):
        return None
    shown = " or ".join(mark for mark, _, _ in found)
    says = f"{pc.sum(is_one).as_py():,} images lie each beside the one whose name they have, with {shown}"
    return Twins(says, tuple(f"*{mark}.*" for mark, _, _ in found), is_one)


def _kinds(stems: Sequence[str]) -> list[str]:
    """The few words that nearly all *stems* end in, each about as often as the others; empty where they do not."""
    found = Counter(match[0] for stem in stems if (match := _KIND.search(stem)))
    often = [mark for mark, count in found.items() if count >= len(stems) / (2 * max(len(found), 1))]
    if not 1 < len(often) <= _MOST_KINDS or sum(found[mark] for mark in often) < _NEARLY_ALL * len(stems):
        return []
    return sorted(often)


def _in_groups(places: pa.Array, kinds: Sequence[str]) -> list[Twins]:
    """For each of *kinds* the files of all others, where nearly all images come in groups of one of each."""
    if not kinds:
        return []
    masks = [pc.ends_with(places, kind) for kind in kinds]
    stems = [pc.utf8_slice_codeunits(places.filter(mask), 0, -len(kind))
             for kind, mask in zip(kinds, masks, strict=True)]  # fmt: skip
    if min(map(len, stems)) < _FEWEST:
        return []
    if any(_share(one, stems[0]) < _MOST or _share(stems[0], one) < _MOST for one in stems[1:]):
        return []
    says = f"images come in groups of {len(kinds)}, whose names end in {', '.join(kinds[:4])}"
    return [
        Twins(says, tuple(f"*{other}.*" for other in kinds if other != kind), pc.invert(mask))
        for kind, mask in zip(kinds, masks, strict=True)
    ]


def _alike(paths: pa.Array, places: pa.Array, ends: list[str]) -> list[Twins]:
    """The files of each of two *ends*, where nearly all of either lie beside one of the other."""
    if len(ends) < 2:
        return []
    lower = pc.utf8_lower(paths)
    masks = [pc.ends_with(lower, f".{end}") for end in ends]
    stems = [places.filter(mask) for mask in masks]
    if min(map(len, stems)) < _FEWEST or _share(*stems) < _MOST or _share(*stems[::-1]) < _MOST:
        return []
    says = f"{len(stems[1]):,} images lie each beside one of the same name that ends in another way"
    return [Twins(says, (f"*.{end}",), mask) for end, mask in zip(ends[::-1], masks[::-1], strict=True)]


def _share(names: pa.Array, others: pa.Array) -> float:
    """How many of *names* are there among *others*."""
    return float(pc.mean(pc.is_in(names, value_set=others)).as_py()) if len(names) else 0.0
