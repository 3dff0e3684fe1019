"""The words by which sources name their splits, and the splits they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tasks.discover.words.folder_names import is_organising, loose_words, tokens, unnumbered

_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
    "dev": "validation",
    "crossval": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
_WORDS |= {f"{word}{end}": split for word, split in _WORDS.items() for end in ("set", "list", "split")}


class SplitPart(NamedTuple):
    """A split that is a part of a folder's name, and the words beside it."""

    split: str
    rest: tuple[str, ...]


class SplitWords:
    """Which names are splits: whole names, in any case, or a part of a name that otherwise organises.

    Attributes:
        names: Further words, each with the split that it means; they come before the usual ones.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._words = _WORDS | {word.casefold(): split for word, split in names.items()}

    def split_of(self, name: str) -> str:
        """The canonical split that *name* means; empty where it means none."""
        return self._words.get(name.strip().casefold(), "")

    def with_names(self, names: Mapping[str, str]) -> SplitWords:
        """These words and *names*."""
        return SplitWords(self._words | {word.casefold(): split for word, split in names.items()})

    def part_of(self, name: str) -> SplitPart | None:
        """The one split word among the words of *name*; None where there is none, or several."""
        if whole := self.split_of(name):
            return SplitPart(whole, ())
        words = tokens(unnumbered(name))
        found = [word for word in words if word in self._words]
        if len(found) != 1:
            return None
        return SplitPart(self._words[found[0]], loose_words(word for word in words if word != found[0]))

    def is_split_of(self, name: str, above: str) -> bool:
        """Whether *name* is a split's word and the name of the folder *above* it: ``4a/train_4a``."""
        words = tokens(name)
        rest = tuple(word for word in words if not self.split_of(word))
        return len(rest) < len(words) and rest == tokens(above)

    def splits_among(self, names: Iterable[str]) -> dict[str, str]:
        """The split of each of *names*, folders side by side, that means one.

        A word inside a name counts where the rest of the name organises (``train_images``), or is the same for two
        splits (``seg_train`` and ``seg_test``), or is all of a sibling's name (``rps`` and ``rps-test-set``): that
        sibling is the training split.
        """
        every = list(names)
        parts = {name: part for name in every if (part := self.part_of(name)) is not None}
        rests: dict[tuple[str, ...], set[str]] = {}
        for part in parts.values():
            rests.setdefault(part.rest, set()).add(part.split)
        found = {name: part.split for name, part in parts.items() if not part.rest or len(rests[part.rest]) > 1}
        for name in every:
            rest = () if name in parts or is_organising(name) else loose_words(tokens(name))
            if rest and rest in rests and "train" not in rests[rest]:
                found |= {other: part.split for other, part in parts.items() if part.rest == rest} | {name: "train"}
        return found
