"""Class names and their ids: append-only from night to night, so that an id never means two things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tasks.errors import LayoutError, RefusedError
from tasks.label_kinds import LabelKind, LabelReading
from tasks.reasons import Reason
from tasks.samples import Discovery, Rejection, rejection_row, rejections_table
from tasks.step_config import StepConfig

_MOST_DIGITS = 1000  # Python refuses to read numbers of more than 4,300
ClassNames = Mapping[str, Sequence[str]]
"""For each label column (``label``, ``label_species``, …) its class names, in the order of their ids."""


class LabelSettings(StepConfig):
    """What an image's label is, which part of a label path is the class, and how classes are numbered.

    Attributes:
        kind: ``single``: each image has one class; ``many``: any number of them; ``number``: a number and no class.
        separator: What stands between the labels of one cell, such as ``|``, where ``kind`` is ``many``.
        level: Of a hierarchy: the whole ``path``, its ``leaf``, its ``top``, or a level's number from 0.
        on_new_class: What becomes of a class that no version had: it is added, its rows are rejected, or the run is
            refused. On the first run every class is new and added.
        aliases: Old name: new name, to rename and merge classes.
        class_order: The order of ids where no version settles it: ``auto`` numbers 0, 1, 10 as numbers and other names
            by code point; or the list of all classes, beside which no other is allowed.
        class_names: Names for labels that are numbers, from 0.
        class_case: ``fold`` makes one class of names that differ only by case.
    """

    kind: LabelKind = "single"
    separator: str = Field(default="", max_length=10)
    level: Literal["path", "leaf", "top"] | Annotated[int, Field(ge=0)] = "path"
    on_new_class: Literal["add", "quarantine", "fail"] = "add"
    aliases: dict[str, str] = Field(default_factory=dict)
    class_order: Literal["auto", "lexicographic", "numeric"] | tuple[str, ...] = "auto"
    class_names: tuple[str, ...] = ()
    class_case: Literal["keep", "fold"] = "keep"

    @model_validator(mode="after")
    def _separator_separates_many(self) -> LabelSettings:
        if self.separator and self.kind != "many":
            raise ValueError("`labels.separator` stands between the labels of one image: set `labels.kind: many` too")
        return self

    @property
    def reading(self) -> LabelReading:
        """How the labels of the sources are to be read."""
        return LabelReading(self.kind, self.separator)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Samples with their labels.

    Attributes:
        samples: Those that have a class: `SAMPLE_SCHEMA`, then ``label_name`` (string), ``label`` (int64) and one
            int64 ``label_<level>`` for each level of a hierarchy; -1 where there is no label, or no such level.
        rejections: Those whose class is not admitted, as `REJECTION_SCHEMA`.
        class_names: The class lists, those of earlier versions first.
        notices: Sentences for the report.
        shown: Every class that the sources show, empty ones too.
    """

    samples: pa.Table
    rejections: pa.Table
    class_names: ClassNames
    notices: tuple[str, ...]
    shown: frozenset[str] = frozenset()


def assign_labels(discovery: Discovery, settings: LabelSettings, known: ClassNames) -> Labelled:
    """The samples of *discovery* with label names and ids.

    Args:
        discovery: What the sources hold.
        settings: The `labels` section.
        known: Every class name there ever was, by label column, in the order of its id.

    Raises:
        LayoutError: Two label paths have the same leaf under ``level: leaf``.
        RefusedError: There is a new class, and ``on_new_class: fail``.
    """
    encoded = discovery.samples["label_path"].combine_chunks().dictionary_encode()
    paths = encoded.dictionary.to_pylist()
    namer = _Namer(settings, is_tree=bool(discovery.levels))
    names = [namer.name_of(path) for path in paths]
    if settings.level == "leaf" and discovery.levels:
        _refuse_equal_leaves(paths, names)
    declared = [namer.name_of(path) for path in discovery.class_paths]
    classes, refused = _number_classes([*names, *declared], settings, known.get("label", ()))
    admitted = np.array([name not in refused for name in names], dtype=bool)[encoded.indices.to_numpy()]
    named = discovery.samples.append_column("label_name", pa.array(names, pa.string()).take(encoded.indices))
    samples = _with_ids(named.filter(pa.array(admitted)), "label", classes)
    lists = {"label": classes}
    for level, level_name in enumerate(discovery.levels):
        samples, lists[f"label_{level_name}"] = _with_level(samples, level, level_name, known)
    return Labelled(
        samples=samples,
        rejections=_rejections(named.filter(pa.array(~admitted)), refused),
        class_names=lists,
        notices=tuple(_notices(lists["label"], known.get("label", ()), [*names, *declared])),
        shown=frozenset((*names, *declared)) - refused.keys(),
    )


def with_carried(labelled: Labelled, carried: pa.Table, levels: Sequence[str], settings: LabelSettings) -> Labelled:
    """*labelled* with further samples that have their label names already, as an earlier night gave them.

    Args:
        labelled: Of today.
        carried: `SAMPLE_SCHEMA` and ``label_name``; of a dataset without a hierarchy, the label path is empty.
        levels: The names of a hierarchy's levels from the top.
        settings: The `labels` section, whose aliases and level they follow too.
    """
    if not carried.num_rows:
        return labelled
    namer = _Namer(settings, is_tree=bool(levels))
    pairs = zip(carried["label_path"].to_pylist(), carried["label_name"].to_pylist(), strict=True)
    names = [namer.name_of(path) if levels and path else settings.aliases.get(name, name) for path, name in pairs]
    known = labelled.class_names
    lists = {"label": [*known["label"], *order_classes(set(names) - set(known["label"]) - {""})]}
    place = carried.schema.get_field_index("label_name")
    samples = _with_ids(carried.set_column(place, "label_name", pa.array(names, pa.string())), "label", lists["label"])
    for level, name in enumerate(levels):
        samples, lists[f"label_{name}"] = _with_level(samples, level, name, known)
    joined = pa.concat_tables([labelled.samples, samples.select(labelled.samples.column_names)])
    return replace(labelled, samples=joined, class_names=lists)


class _Namer:
    """From a label path to the class's name."""

    def __init__(self, settings: LabelSettings, *, is_tree: bool) -> None:
        self._settings = settings
        self._is_tree = is_tree

    def name_of(self, path: str) -> str:
        name = self._part(path) if self._is_tree and path else path
        if self._settings.class_case == "fold":
            name = name.casefold()
        number = _whole_number(name) if self._settings.class_names else None
        if number is not None and number < len(self._settings.class_names):
            name = self._settings.class_names[number]
        return self._settings.aliases.get(name, name)

    def _part(self, path: str) -> str:
        parts = path.split("/")
        match self._settings.level:
            case "path":
                return path
            case "leaf":
                return parts[-1]
            case "top":
                return parts[0]
            case int(level):
                return parts[min(level, len(parts) - 1)]


def _whole_number(name: str) -> int | None:
    """The number that *name* is, in ASCII digits; None for every other name, such as ``²``."""
    return int(name) if name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS else None


def _refuse_equal_leaves(paths: Iterable[str], names: Iterable[str]) -> None:
    by_leaf: dict[str, list[str]] = defaultdict(list)
    for path, name in zip(paths, names, strict=True):
        by_leaf[name].append(path)
    for leaf, places in sorted(by_leaf.items()):
        if len(places) > 1:
            raise LayoutError(
                f"`labels.level: leaf` would make one class {leaf!r} of {' and '.join(sorted(places)[:3])}. "
                "Set `labels.level: path`, or rename one of the folders."
            )


def _number_classes(
    names: Iterable[str], settings: LabelSettings, known: Sequence[str]
) -> tuple[list[str], dict[str, Rejection]]:
    """The class list, and for each name that is not admitted the reason."""
    found = set(names) - {""}
    refused: dict[str, Rejection] = {}
    if not isinstance(settings.class_order, str):
        listed = settings.class_order
        detail = "its class is not in `labels.class_order`"
        refused = {name: Rejection(Reason.UNKNOWN_CLASS, f"{name[:80]!r}: {detail}") for name in found - set(listed)}
        return [*known, *(name for name in listed if name not in set(known))], refused
    new = found - set(known)
    if known and new and settings.on_new_class != "add":
        shown = ", ".join(sorted(new)[:5])
        if settings.on_new_class == "fail":
            raise RefusedError(f"new classes: {shown}. Set `labels.on_new_class: add`, or `quarantine`, to go on.")
        detail = "a class that no version has; `labels.on_new_class: add` admits it"
        return list(known), {name: Rejection(Reason.QUARANTINED_NEW_CLASS, f"{name[:80]!r}: {detail}") for name in new}
    return [*known, *order_classes(new, settings.class_order)], refused


def order_classes(names: Iterable[str], order: str = "auto") -> list[str]:
    """*names* as ids count them: by number where all are numbers (or *order* is ``numeric``), else by code point."""
    ordered = sorted(names)
    numbers = {name: _whole_number(name) for name in ordered}
    if order == "lexicographic" or None in numbers.values():
        return ordered
    return sorted(ordered, key=lambda name: (numbers[name], name))


def _with_ids(samples: pa.Table, column: str, classes: Sequence[str]) -> pa.Table:
    ids = pc.index_in(samples["label_name"], value_set=pa.array(classes, pa.string()))
    return samples.append_column(column, pc.fill_null(ids.cast(pa.int64()), -1))


def _with_level(samples: pa.Table, level: int, name: str, known: ClassNames) -> tuple[pa.Table, list[str]]:
    """*samples* with the column of one level, and its class list."""
    encoded = samples["label_path"].combine_chunks().dictionary_encode()
    parts = [path.split("/")[level : level + 1] for path in encoded.dictionary.to_pylist()]
    texts = [part[0] if part else None for part in parts]
    old = known.get(f"label_{name}", ())
    classes = [*old, *order_classes({text for text in texts if text} - set(old))]
    numbers = {text: number for number, text in enumerate(classes)}
    ids = pa.array([numbers.get(text or "", -1) for text in texts], pa.int64()).take(encoded.indices)
    return samples.append_column(f"label_{name}", ids), classes


def _rejections(samples: pa.Table, refused: Mapping[str, Rejection]) -> pa.Table:
    return rejections_table([rejection_row(row, refused[row["label_name"]]) for row in samples.to_pylist()])


def _notices(classes: Sequence[str], known: Sequence[str], present: Iterable[str]) -> Iterable[str]:
    names = set(present)
    new = [name for name in classes[len(known) :] if name in names]
    if known and new:
        yield f"New classes: {', '.join(new[:20])}"
    if not known:
        yield from number_notices(classes)


def number_notices(classes: Sequence[str]) -> list[str]:
    """A sentence on *classes*, in the order of their ids, that are numbers and yet not their own ids."""
    numbers = [_whole_number(name) for name in classes]
    if len(classes) < 2 or None in numbers or numbers == list(range(len(classes))):
        return []
    return [f"Class names are numbers but not 0 to {len(classes) - 1}: their ids follow their order"]
