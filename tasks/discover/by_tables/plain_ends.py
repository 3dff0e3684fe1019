"""Locations that plainly are the end of one file's path: found whole columns at a time."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools
from tasks.tables.settings import Find

_PLAIN = r"^(?:[^./\\:%~\x00-\x1f\x7f][^/\\:%\x00-\x1f\x7f]*/)*[^./\\:%~\x00-\x1f\x7f][^/\\:%\x00-\x1f\x7f]*$"
_MOST_DEPTHS = 8


def is_plain(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which of *texts* are paths in which every part means itself, in ASCII."""
    plain = pc.and_(pc.match_substring_regex(texts, _PLAIN), pc.string_is_ascii(texts))
    return bools(plain)


def plain_ends(texts: pa.Array, paths: pa.Array, mode: Find, extensions: frozenset[str]) -> npt.NDArray[np.int64]:
    """For each of *texts* the place of the one path that ends in it; -1 where that is not plain, or not one."""
    found = np.full(len(texts), -1, dtype=np.int64)
    plain = is_plain(texts)
    if mode == "stem":
        suffix = rf"(?i)\.(?:{'|'.join(re.escape(item.removeprefix('.')) for item in sorted(extensions))})$"
        texts, paths = (pc.replace_substring_regex(column, suffix, "") for column in (texts, paths))
    if mode == "name":
        texts = pc.replace_substring_regex(texts, r"^.*/", "")
    depths = pc.count_substring(texts, "/").to_numpy(zero_copy_only=False)
    several = np.unique(depths[plain])
    for depth in several.tolist() if len(several) <= _MOST_DEPTHS else []:
        rows = np.flatnonzero(plain & (depths == depth))
        found[rows] = _unique_ends(texts.take(pa.array(rows)), paths, depth)
    return found


def _unique_ends(texts: pa.Array, paths: pa.Array, depth: int) -> npt.NDArray[np.int64]:
    """The path of which each of *texts*, that lie *depth* folders deep, is the end, where it is that of one alone."""
    ends = pc.replace_substring_regex(paths, rf"^.*/((?:[^/]*/){{{depth}}}[^/]*)$", r"\1").dictionary_encode()
    codes = ends.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(ends.dictionary))
    first = np.zeros(len(ends.dictionary), dtype=np.int64)
    first[codes] = np.arange(len(codes))
    index = pc.fill_null(pc.index_in(texts, value_set=ends.dictionary), -1).to_numpy(zero_copy_only=False)
    if not len(counts):
        return np.full(len(texts), -1, dtype=np.int64)
    return np.where((index >= 0) & (counts[index] == 1), first[index], -1)
