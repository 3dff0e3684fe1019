"""How many labels an image has, and how they are written: what `labels.kind` and `labels.separator` say."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

_BETWEEN = "\x1f\x1e"
LabelKind = Literal["single", "many", "number"]
"""single: each image has one class. many: any number of classes, none too. number: a number and no class."""

LABEL_COLUMNS: dict[LabelKind, str] = {"single": "label", "many": "labels", "number": "target"}
"""The column that holds the class ids, or the number."""
_CLASS_COLUMNS = (LABEL_COLUMNS["single"], LABEL_COLUMNS["many"])


@dataclass(frozen=True, slots=True)
class LabelReading:
    """How the labels of a source are to be read.

    Attributes:
        kind: What an image's label is.
        separator: What stands between the labels of one cell; empty where a cell holds one. Only for ``many``.
        is_named: Whether labels that are numbers are given names.
    """

    kind: LabelKind = "single"
    separator: str = ""
    is_named: bool = False

    def parts_of(self, text: str) -> list[str]:
        """The labels that the cell *text* holds, each once, without the blanks around them."""
        return list(
            dict.fromkeys(parts_between(text, self.separator) if self.separator else filter(None, [text.strip()]))
        )


def parts_between(text: str, separator: str) -> list[str]:
    """What *separator* parts in *text*; of a list as Python and JSON write it, ``['a', 'b']``, the items.

    An object of JSON with one key, ``{"choices": ["a", "b"]}``, is the list that it holds.
    """
    inner = text.strip()
    if (listed := _only_list(inner)) is not None:
        return listed
    is_list = inner.startswith("[") and inner.endswith("]")
    parts = [part.strip() for part in (inner[1:-1] if is_list else inner).split(separator)]
    if is_list:
        parts = [part[1:-1] if len(part) > 1 and part[0] == part[-1] and part[0] in "'\"" else part for part in parts]
    return [part for part in parts if part]


def _only_list(text: str) -> list[str] | None:
    """The texts of the list that *text*, an object of JSON, holds under its only key; None where it is none."""
    if not (text.startswith("{") and text.endswith("]}")):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for held in value.values() if len(value) == 1 else ():
        if isinstance(held, list) and all(isinstance(item, str) for item in held):
            return [item.strip() for item in held if item.strip()]
    return None


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


def is_fraction(text: str) -> bool:
    """Whether *text* says a number that is no whole one."""
    number = number_of(text)
    return number is not None and not number.is_integer()


def kind_of_columns(columns: Iterable[str]) -> LabelKind:
    """The kind of labels of shards that have *columns*."""
    names = set(columns)
    return "many" if "label_names" in names else "number" if "target" in names else "single"


def classes_of(class_names: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The class list of the label in *class_names*, which has one for each label column; the longest it ever had.

    An output whose kind of labels has changed has one for either kind, the shorter of them a prefix of the longer.
    """
    return max((class_names.get(column, ()) for column in _CLASS_COLUMNS), key=len)


def ever_listed(class_names: Mapping[str, Sequence[str]], column: str) -> Sequence[str]:
    """The class list of *column* in *class_names*; of the label's column that of the label, whatever its kind was."""
    return classes_of(class_names) if column in _CLASS_COLUMNS else class_names.get(column, ())


def named_by_column(class_names: dict[str, list[str]], columns: Iterable[str]) -> dict[str, list[str]]:
    """*class_names* with the list of several labels under the name of their column, of *columns*.

    Until format 4 it stood under ``label``, a column that shards with several labels do not have.
    """
    many, single = LABEL_COLUMNS["many"], LABEL_COLUMNS["single"]
    if many not in columns or many in class_names or single not in class_names:
        return class_names
    return {many if column == single else column: names for column, names in class_names.items()}


def texts_of_lists(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    """Of each list of labels its `labels_text`; null where there is no list."""
    encoded = pc.binary_join(lists, _BETWEEN).combine_chunks().dictionary_encode()
    texts = [labels_text(text.split(_BETWEEN) if text else []) for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string()).take(encoded.indices)])


def texts_of_numbers(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each number as one text, by which it is compared; empty for NaN and null."""
    return pc.if_else(pc.fill_null(pc.is_finite(numbers), False), numbers.cast(pa.string()), "")


def numbers_of_texts(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The float64 numbers that `texts_of_numbers` made into *texts*; NaN for an empty one."""
    return pc.if_else(pc.equal(texts, ""), "nan", texts).cast(pa.float64())


def count_classes(texts: pa.ChunkedArray, kind: LabelKind) -> dict[str, int]:
    """How many images each class has, by name; ``""`` counts those without. None where labels are numbers.

    Args:
        texts: The label of each image as text: a class's name, or where *kind* is ``many`` its `labels_text`.
        kind: What a label is.
    """
    if kind == "number":
        return {}
    counts: Counter[str] = Counter()
    for entry in texts.value_counts().to_pylist():
        for name in classes_in(entry["values"], kind) or [""]:
            counts[name] += entry["counts"]
    return dict(sorted(counts.items()))


def classes_in(text: str, kind: LabelKind) -> list[str]:
    """The classes of an image whose label, as text, is *text*."""
    return labels_of(text) if kind == "many" else [text] if text and kind == "single" else []
