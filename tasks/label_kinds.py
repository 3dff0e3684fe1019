"""How many labels an image has, and how they are written: what `labels.kind` and `labels.separator` say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

LabelKind = Literal["single", "many", "number"]
"""single: each image has one class. many: any number of classes, none too. number: a number and no class."""


@dataclass(frozen=True, slots=True)
class LabelReading:
    """How the labels of a source are to be read.

    Attributes:
        kind: What an image's label is.
        separator: What stands between the labels of one cell; empty where a cell holds one. Only for ``many``.
    """

    kind: LabelKind = "single"
    separator: str = ""

    def parts_of(self, text: str) -> list[str]:
        """The labels that the cell *text* holds, each once, without the blanks around them."""
        parts = text.split(self.separator) if self.separator else [text]
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def labels_text(names: Iterable[str]) -> str:
    """Several labels of one image as one text, by which they are compared: the same whatever their order."""
    return json.dumps(sorted(set(names)), ensure_ascii=False)


def labels_of(text: str) -> list[str]:
    """The labels that `labels_text` made into *text*; none of an empty one."""
    found: list[str] = json.loads(text) if text else []
    return found


def number_of(text: str) -> float | None:
    """The finite number that *text* says, written with ASCII digits and a point; None where it says none."""
    if not text.isascii() or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def number_text(value: float | None) -> str:
    """A number as one text, by which it is compared; empty for none."""
    return "" if value is None or not math.isfinite(value) else repr(value)


def kind_of_columns(columns: Sequence[str] | Iterable[str]) -> LabelKind:
    """The kind of labels of shards that have *columns*."""
    names = set(columns)
    return "many" if "label_names" in names else "number" if "target" in names else "single"
