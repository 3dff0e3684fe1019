"""Files that lie each beside another of nearly its name: a mask, perhaps, or the same picture once more."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing

_LOOKED_AT = 4096
_FEWEST = 4
_MOST = 0.8
_SOME = 0.2
_MARK = re.compile(r"[ _.-][A-Za-z]{1,12}$")


@dataclass(frozen=True, slots=True)
class Twins:
    """Files that lie beside others of nearly their name.

    Attributes:
        says: What they are, as half a sentence.
        pattern: Passes them over, in `source.ignore`.
        is_one: For each image of the listing whether it is one of them.
    """

    says: str
    pattern: str
    is_one: pa.Array


def find_twins(listing: Listing) -> list[Twins]:
    """The files that go with others in *listing*, where nearly all images come in pairs.

    ``x-d.png`` beside ``x.png``, or ``x.png`` beside ``x.jpg``.
    """
    step = max(listing.count // _LOOKED_AT, 1)
    looked = listing.files["path"].take(pa.array(np.arange(0, listing.count, step))).to_pylist()
    names = [path.rpartition("/")[2].rpartition(".") for path in looked]
    marks = Counter(match[0] for stem, _, _ in names if (match := _MARK.search(stem)))
    ends = Counter(end.lower() for _, _, end in names)
    often = [mark for mark, count in marks.most_common(3) if count >= _SOME * len(names)]
    two = [end for end, count in ends.most_common(2) if count >= _SOME * len(names)]
    if listing.count < 2 * _FEWEST or (not often and len(two) < 2):
        return []
    paths = listing.files["path"].combine_chunks()
    places = pc.replace_substring_regex(paths, r"\.[^./]*$", "")
    marked = next((found for mark in often if (found := _marked(places, mark)) is not None), None)
    return [marked] if marked else _alike(paths, places, two)


def _marked(places: pa.Array, mark: str) -> Twins | None:
    is_marked = pc.ends_with(places, mark)
    count = int(pc.sum(is_marked).as_py())
    bases = pc.utf8_slice_codeunits(places.filter(is_marked), 0, -len(mark))
    plain = places.filter(pc.invert(is_marked))
    if count < _FEWEST or _share(bases, plain) < _MOST or _share(plain, bases) < _MOST:
        return None
    return Twins(f"{count:,} images lie each beside the one whose name they have, with {mark}", f"*{mark}.*", is_marked)


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
    return [Twins(says, f"*.{end}", mask) for end, mask in zip(ends[::-1], masks[::-1], strict=True)]


def _share(names: pa.Array, others: pa.Array) -> float:
    """How many of *names* are there among *others*."""
    return float(pc.mean(pc.is_in(names, value_set=others)).as_py()) if len(names) else 0.0
