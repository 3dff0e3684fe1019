"""Labels for the samples of a run: what `labels.kind` makes of what the sources say, and of rows that are carried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from tasks.columns import LabelledSamples
from tasks.label_kinds import LABEL_COLUMNS, classes_of, labels_of, labels_text
from tasks.labels.classes import ClassNames, Namer, order_classes
from tasks.labels.labelled import Labelled
from tasks.labels.many import assign_many, with_label_sets
from tasks.labels.numbers import assign_numbers, with_targets
from tasks.labels.settings import LabelSettings
from tasks.labels.single import assign_single, with_ids, with_level
from tasks.samples import Discovery

_ASSIGN = {"single": assign_single, "many": assign_many, "number": assign_numbers}


def assign_labels(discovery: Discovery, settings: LabelSettings, known: ClassNames) -> Labelled:
    """The samples of *discovery* with label names and ids, or numbers.

    Args:
        discovery: What the sources hold.
        settings: The `labels` section.
        known: Every class name there ever was, by label column, in the order of its id.

    Raises:
        LayoutError: Two label paths have the same leaf under ``level: leaf``; or an image has a list of labels, and
            one is wanted.
        RefusedError: There is a new class, and ``on_new_class: fail``.
    """
    return _ASSIGN[settings.kind](discovery, settings, known)


def with_carried(
    labelled: Labelled, carried: LabelledSamples, levels: Sequence[str], settings: LabelSettings
) -> Labelled:
    """*labelled* with further samples that have their label names already, as an earlier night gave them.

    Args:
        labelled: Of today.
        carried: `SAMPLE_SCHEMA` and ``label_name``; of a dataset without a hierarchy, the label path is empty.
        levels: The names of a hierarchy's levels from the top.
        settings: The `labels` section, whose aliases and level they follow too.
    """
    if not carried.num_rows:
        return labelled
    if settings.kind == "number":
        samples, lists = with_targets(carried), dict(labelled.class_names)
    elif settings.kind == "many":
        samples, lists = _carried_sets(labelled, carried, settings)
    else:
        samples, lists = _carried_classes(labelled, carried, levels, settings)
    joined = pa.concat_tables([labelled.samples, samples.select(labelled.samples.column_names)])
    return replace(labelled, samples=joined, class_names=lists)


def _carried_sets(
    labelled: Labelled, carried: LabelledSamples, settings: LabelSettings
) -> tuple[LabelledSamples, dict[str, Sequence[str]]]:
    sets = [labels_of(text) for text in carried["label_name"].to_pylist()]
    named = [[settings.aliases.get(name, name) for name in names] for names in sets]
    classes = _extended(labelled, {name for names in named for name in names})
    texts = pa.array([labels_text(names) for names in named], pa.string())
    return with_label_sets(_renamed(carried, texts), classes), {LABEL_COLUMNS["many"]: classes}


def _carried_classes(
    labelled: Labelled, carried: LabelledSamples, levels: Sequence[str], settings: LabelSettings
) -> tuple[LabelledSamples, dict[str, Sequence[str]]]:
    namer = Namer(settings, is_tree=bool(levels))
    pairs = zip(carried["label_path"].to_pylist(), carried["label_name"].to_pylist(), strict=True)
    names = [namer.name_of(path) if levels and path else settings.aliases.get(name, name) for path, name in pairs]
    lists: dict[str, Sequence[str]] = {"label": _extended(labelled, set(names) - {""})}
    samples = with_ids(_renamed(carried, pa.array(names, pa.string())), lists["label"])
    for level, name in enumerate(levels):
        samples, lists[f"label_{name}"] = with_level(samples, level, name, labelled.class_names)
    return samples, lists


def _extended(labelled: Labelled, names: set[str]) -> list[str]:
    """The class list of *labelled*, and behind it those of *names* that it lacks."""
    known = classes_of(labelled.class_names)
    return [*known, *order_classes(names - set(known))]


def _renamed(carried: LabelledSamples, names: pa.Array) -> LabelledSamples:
    return carried.set_column(carried.schema.get_field_index("label_name"), "label_name", names)
