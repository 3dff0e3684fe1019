"""Splits that names of files begin with: they count only where a config says so, and are never passed over."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.words.split_words import SplitWords

_FEWEST = 4
_LOOKED_AT = 64
BEGIN = r"(?:^|/)(?:[A-Za-z]+[_-])?(?P<split>[A-Za-z]+?)(?:[A-Z]?[_. -]?\d|[A-Z]?[_-])[^/]*$"


def split_pattern(paths: pa.ChunkedArray, words: SplitWords) -> str:
    """The pattern that takes from the names of all *paths* the split they begin with; empty where they name none."""
    if len(paths) < _FEWEST:
        return ""
    looked = paths.take(pa.array(range(0, len(paths), max(len(paths) // _LOOKED_AT, 1)))).to_pylist()
    if not all((match := re.search(BEGIN, path)) and words.split_of(match["split"]) for path in looked):
        return ""
    named = pc.struct_field(pc.extract_regex(paths, BEGIN), "split")
    found = [name.as_py() for name in named.unique()]
    if None in found or not all(map(words.split_of, found)):
        return ""
    splits = {words.split_of(name) for name in found}
    inner = "|".join(sorted(found, key=lambda name: (-len(name), name)))
    return f"(^|/)(?:[A-Za-z]+[_-])?(?P<split>{inner})[^/]*$" if len(splits) > 1 and "train" in splits else ""
