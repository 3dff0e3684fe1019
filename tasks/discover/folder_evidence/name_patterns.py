"""Patterns in the names of files that part the images into classes: `cat.0.jpg`, `obj12__5.png`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.words.folder_names import (
    is_companion_name,
    is_organising,
    is_who_or_where,
    sounds_unlabelled,
    tokens,
)
from tasks.discover.words.split_words import SplitWords

_END = r"\.[^./]+$"
_WORD_THEN_NUMBER = r"(?P<label>[^/]*[^/0-9 _.()-])[ _.-]*\(?[0-9]+\)?" + _END
_ID_THEN_NUMBER = r"(?P<label>[^/]*[A-Za-z][0-9]+)[ _.-]+[0-9]+" + _END
_NUMBER_THEN_WORD = r"[0-9]+[ _.-]+(?P<label>[^/]*[^/0-9 _.()-])" + _END
_LOOKED_AT = 2000
_FEWEST = 3
_SHARE = 4
_MOST_PROPOSED = 3
_MEANINGLESS = frozenset(
    "img dsc dscn dscf pict photo pic frame screenshot scan scene capture cam out output file new left right front "
    "back top bottom side frontal lateral view od os l r before after rgb nir".split()
)
_BEGINNING = r"(?P<label>[^/S]*[A-Za-z][^/S]*)[S][^/]*"
_ENDING = r"[^/]*[S](?P<label>[^/.S]*[A-Za-z][^/.S]*)\.[^./]+"
"""Where ``S`` is the sign that parts names."""
_TEXT = re.compile(r"(?![0-9a-fA-F]{8})[A-Za-z0-9]{2,16}")
_COUNTER = r"[-_][0-9]{1,3}(?: ?\([0-9]{1,2}\))?"
"""What counts pictures of one thing, and copies of it."""
_COUNTED_TEXT = re.compile(f"(.+){_COUNTER}")
_RUNS = re.compile(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A regular expression over paths that gives labels, and how many images each label has."""

    expression: str
    counts: dict[str, int]

    @property
    def says(self) -> str:
        """Its labels and their counts, for a person."""
        most = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{label} ({count:,})" for label, count in most[:4]) + (", …" if len(most) > 4 else "")


def certain_pattern(paths: pa.ChunkedArray, words: SplitWords) -> NamePattern | None:
    """The one pattern that parts all of *paths* into a few words, each many times; None where there is none, or two."""
    found = [pattern for one in (_WORD_THEN_NUMBER, _NUMBER_THEN_WORD) if (pattern := _parted(paths, one, words))]
    found = [one for one in found if not (one.expression.endswith(_NUMBER_THEN_WORD) and _are_views(paths))]
    if not found and (pattern := _parted(paths, _ID_THEN_NUMBER, words)) and _is_crossed(paths):
        found = [pattern]
    return found[0] if len(found) == 1 else None


def _parted(paths: pa.ChunkedArray, expression: str, words: SplitWords) -> NamePattern | None:
    """*expression*, where all *paths* have it and its labels could be classes."""
    looked = paths.take(pa.array(np.unique(np.linspace(0, len(paths) - 1, _LOOKED_AT).astype(np.int64))))
    if not all(re.search(expression, path) for path in looked.to_pylist()):
        return None
    labels = pc.struct_field(pc.extract_regex(paths, f"(?:^|/){expression}"), "label")
    counts = {str(one["values"]): int(one["counts"]) for one in pc.value_counts(labels).to_pylist()}
    is_many = min(counts.values()) >= _FEWEST and len(counts) <= len(paths) / _SHARE
    if (
        labels.null_count
        or len(counts) < 2
        or not is_many
        or not all(_could_be_a_class(label, words) for label in counts)
        or _are_of_two_parts(counts)
    ):
        return None
    return NamePattern(f"(^|/){expression}", counts)


def _are_of_two_parts(labels: Iterable[str]) -> bool:
    """Whether *labels* say two things, each of which comes again with others: `S001_happy`, `F_happy`, `F_sad`."""
    every = [tuple(_RUNS.findall(label)) for label in labels]
    if len(every) <= 2 or len(set(map(_shape, every))) > 1:
        return False
    values = [len(set(place)) for place in zip(*every, strict=True)]
    several = [count for count in values if count > 1]
    is_full = len(several) > 1 and len(every) == math.prod(several)
    words = {tuple(run for run in runs if not run.isdigit()) for runs in every}
    return is_full or 1 < len(words) < len(every)


def _could_be_a_class(label: str, words: SplitWords) -> bool:
    said = [token for token in tokens(label) if not token.isdigit()]
    if not said or all(token in _MEANINGLESS for token in said):
        return False
    odd = is_organising(label) or is_who_or_where(f"{label}1") or is_companion_name(label) or sounds_unlabelled(label)
    return not odd and words.part_of(label) is None


def _are_views(paths: pa.ChunkedArray) -> bool:
    """Whether the numbers before the words come again with other words: `7_left`, `7_right` show one thing."""
    numbers = pc.struct_field(pc.extract_regex(paths, r"(?:^|/)(?P<number>[0-9]+)[^/]*$"), "number")
    return len(pc.unique(numbers)) <= 0.9 * len(paths)


def _is_crossed(paths: pa.ChunkedArray) -> bool:
    """Whether each thing has the same numbers behind its name: views of it, and no recordings."""
    parts = [re.search(f"(?:^|/){_ID_THEN_NUMBER}", path) for path in paths.slice(0, _LOOKED_AT * 10).to_pylist()]
    ends: dict[str, set[str]] = {}
    for found in parts:
        if found:
            ends.setdefault(found["label"], set()).add(found[0].removeprefix("/").removeprefix(found["label"]))
    return len(set(map(frozenset, ends.values()))) == 1


def possible_patterns(paths: pa.ChunkedArray, words: SplitWords) -> list[NamePattern]:
    """Patterns by which a part of the names takes few values, each several times; or all of it, where it is a text.

    None whose values are all words for splits.
    """
    looked = paths.take(pa.array(np.unique(np.linspace(0, len(paths) - 1, _LOOKED_AT).astype(np.int64)))).to_pylist()
    names = [path.rpartition("/")[2] for path in looked]
    found = _of_one_shape(names, words) or _of_ends(names) or _whole(names)
    return [pattern for pattern in found if not all(map(words.split_of, pattern.counts))]


def _of_ends(names: Sequence[str]) -> list[NamePattern]:
    """Patterns by which names begin or end in one of a few words, whatever stands besides."""
    found: dict[tuple[str, ...], NamePattern] = {}
    for form in (_BEGINNING, _ENDING):
        for sign in "_.- ":
            expression = form.replace("S", rf"\{sign}" if sign != "_" else sign)
            matches = [re.fullmatch(expression, name) for name in names]
            counts = Counter(match["label"] for match in matches if match)
            if all(matches) and 1 < len(counts) <= len(names) / _SHARE and min(counts.values()) >= _FEWEST:
                found.setdefault(tuple(sorted(counts)), NamePattern(f"(^|/){expression}$", dict(counts)))
    return list(found.values())[:_MOST_PROPOSED]


def _whole(names: Sequence[str]) -> list[NamePattern]:
    """The pattern that takes all of each name, where no two are one text with a number: what a picture says.

    All may end in a number behind a sign, which then counts the pictures of one text.
    """
    stems = [name.rpartition(".")[0] for name in names]
    counted = [match[1] for stem in stems if (match := _COUNTED_TEXT.fullmatch(stem))]
    is_counted = bool(stems) and len(counted) == len(stems)
    said = Counter(counted if is_counted else stems)
    texts = Counter(re.sub(r"[0-9]+", "", text).casefold() for text in said)
    if len(said) < max(2 * _FEWEST, len(stems) / 2) or max(texts.values()) > len(said) / 2:
        return []
    if not all(map(_TEXT.fullmatch, said)):
        return []
    ending = _COUNTER if is_counted else ""
    return [NamePattern(rf"(^|/)(?P<label>[^/]+){ending}{_END}", dict(said))]


def _of_one_shape(every: Sequence[str], words: SplitWords) -> list[NamePattern]:
    """Patterns by which one run of letters or digits takes few values, where all names are runs of the same kinds.

    Where another run is a word for a split in all names, the pattern takes it as that.
    """
    names = [_RUNS.findall(name) for name in every]
    shape, same = Counter(map(_shape, names)).most_common(1)[0] if names else ((), 0)
    if same < 0.95 * len(names):
        return []
    alike = [runs for runs in names if _shape(runs) == shape]
    found = []
    split = next((place for place in range(len(shape)) if _parts_splits([runs[place] for runs in alike], words)), -1)
    dots = [place for place, run in enumerate(shape) if run.endswith(".")]
    for place in range(dots[-1] if dots else len(shape)):  # what follows the last dot is the form of the file
        counts = Counter(runs[place] for runs in alike)
        if shape[place] in {"a", "0"} and 1 < len(counts) <= len(alike) / 2:
            found.append(NamePattern(_expression(alike, shape, place, split), dict(counts)))
    return sorted(found, key=lambda pattern: (len(pattern.counts), pattern.expression))[:_MOST_PROPOSED]


def _shape(runs: Sequence[str]) -> tuple[str, ...]:
    """What each of *runs* is: letters, digits, or the signs between them."""
    return tuple("a" if run[0].isalpha() and run.isascii() else "0" if run[0].isdigit() else run for run in runs)


def _parts_splits(runs: Sequence[str], words: SplitWords) -> bool:
    """Whether *runs* are words for splits, all of them, and for several."""
    splits = {words.split_of(run) for run in runs}
    return len(splits) > 1 and all(splits)


def _expression(alike: Sequence[Sequence[str]], shape: Sequence[str], place: int, split: int) -> str:
    kinds = {"a": "[A-Za-z]+", "0": "[0-9]+"}
    parts = [kinds.get(kind, re.escape(kind)) for kind in shape]
    constant = [len({runs[at] for runs in alike}) == 1 for at in range(len(shape))]
    parts = [re.escape(alike[0][at]) if constant[at] else part for at, part in enumerate(parts)]
    parts[place] = f"(?P<label>{parts[place]})"
    if split not in {-1, place}:
        parts[split] = f"(?P<split>{parts[split]})"
    return f"(^|/){''.join(parts)}$"
