"""Regular expressions of a config, searched for in texts: an expression that would try for ever is stopped."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import LabelFileError

_ONE_TEXT_S = 5.0
_ALL_TEXTS_S = 60.0
_EACH_TEXT_S = 0.001


def matches_of(texts: pa.Array, pattern: str, name: str) -> list[pa.Array]:
    """For each of *texts* something that is null where nothing matches; then what each group of *pattern* finds.

    Args:
        texts: Without nulls.
        pattern: A regular expression with named groups.
        name: What the table is called.

    Raises:
        LabelFileError: It tries so many ways to match that it comes to no end.
    """
    groups = list(re.compile(pattern).groupindex)
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        try:
            found = pc.extract_regex(texts, pattern)
            return [found, *(pc.struct_field(found, group) for group in groups)]
        except pa.ArrowInvalid:
            pass  # a regular expression that only Python knows, or letters that the two take differently
    rows = _searched(texts.to_pylist(), pattern, groups, name)
    return [pa.array([row and row[place] for row in rows], pa.string()) for place in range(len(groups) + 1)]


def _searched(texts: Sequence[str], pattern: str, groups: Sequence[str], name: str) -> list[list[str] | None]:
    """For each of *texts* the whole match and what the *groups* find; None where nothing matches."""
    import regex  # noqa: PLC0415 - only what Arrow's expressions, which are always quick, cannot do needs it

    search = regex.compile(pattern).search
    end = time.monotonic() + _ALL_TEXTS_S + _EACH_TEXT_S * len(texts)
    found: list[list[str] | None] = []
    for text in texts:
        try:
            match = _search(search, text)
        except TimeoutError:
            raise _endless(pattern, text, name) from None
        if time.monotonic() > end:
            raise _endless(pattern, text, name)
        found.append(None if match is None else [match[0], *(match[group] or "" for group in groups)])
    return found


def _search(search: Callable[..., Any], text: str) -> Any:
    """What *search* finds in *text*, if need be at a second attempt: that a machine slept is no pattern's fault."""
    try:
        return search(text, timeout=_ONE_TEXT_S)
    except TimeoutError:
        return search(text, timeout=_ONE_TEXT_S)


def _endless(pattern: str, text: str, name: str) -> LabelFileError:
    return LabelFileError(
        f"{name}: the pattern {pattern[:100]!r} tries so many ways to match texts such as {text[:100]!r} that it comes "
        "to no end. Mend `pattern`: a repetition within a repetition, as in `(a+)+`, is the usual cause."
    )
