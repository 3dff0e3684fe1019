"""Classes that a split has, and the images to train by have not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from tasks.columns import LabelledSamples

_SHOWN = 10


def split_notices(samples: LabelledSamples) -> list[str]:
    """A sentence for each split that the source names beside ``train``, and that has classes which that has not."""
    pairs = samples.select(["split", "label_name"]).group_by(["split", "label_name"]).aggregate([])
    classes: dict[str, set[str]] = defaultdict(set)
    for split, name in zip(pairs["split"].to_pylist(), pairs["label_name"].to_pylist(), strict=True):
        classes[split].add(name)
    mine = classes.pop("train", set()) - {""}
    told = {split: missing for split, names in sorted(classes.items()) if split and (missing := names - mine - {""})}
    return [_sentence(split, missing, classes[split] - {""}, mine) for split, missing in told.items() if mine]


def _sentence(split: str, missing: Collection[str], own: Collection[str], trained: Collection[str]) -> str:
    if len(missing) < len(own):
        return f"Classes of {split} that no image of train has: {_few(missing)}"
    return f"No class is both in train ({_few(trained)}) and in {split} ({_few(own)}): they may be called otherwise"


def _few(names: Collection[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(sorted(names)[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
