"""One class for each image: its name and id, and those of each level of a hierarchy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import LabelledSamples, Samples
from tasks.errors import LayoutError
from tasks.label_kinds import classes_of
from tasks.labels.classes import ClassNames, Namer, class_notices, number_classes, order_classes, refuse_equal_leaves
from tasks.labels.labelled import Labelled, refused_samples
from tasks.labels.settings import LabelSettings
from tasks.labels.split_classes import split_notices
from tasks.samples import Discovery


def assign_single(discovery: Discovery, settings: LabelSettings, known: ClassNames) -> Labelled:
    """The samples of *discovery* with one class each; see `assign_labels`."""
    refuse_lists(discovery.samples, settings)
    encoded = discovery.samples["label_path"].combine_chunks().dictionary_encode()
    paths = encoded.dictionary.to_pylist()
    namer = Namer(settings, is_tree=bool(discovery.levels))
    names = [namer.name_of(path) for path in paths]
    if settings.level == "leaf" and discovery.levels:
        refuse_equal_leaves(paths, names)
    declared = [namer.name_of(path) for path in discovery.class_paths]
    classes, refused = number_classes([*names, *declared], settings, classes_of(known))
    admitted = np.array([name not in refused for name in names], dtype=bool)[encoded.indices.to_numpy()]
    named = discovery.samples.append_column("label_name", pa.array(names, pa.string()).take(encoded.indices))
    samples = with_ids(named.filter(pa.array(admitted)), classes)
    lists = {"label": classes}
    for level, level_name in enumerate(discovery.levels):
        samples, lists[f"label_{level_name}"] = with_level(samples, level, level_name, known)
    return Labelled(
        samples=samples,
        rejections=refused_samples(named.filter(pa.array(~admitted)), "label_name", refused),
        class_names=lists,
        notices=(
            *namer.notices(names, classes_of(known)),
            *class_notices(lists["label"], classes_of(known), [*names, *declared]),
            *split_notices(samples),
        ),
        shown=frozenset((*names, *declared)) - refused.keys(),
    )


def refuse_lists(samples: Samples, settings: LabelSettings) -> None:
    """Raise `LayoutError` where the source lists labels of one image, and *settings* want one."""
    listed = samples.filter(pc.is_valid(samples["label_paths"])).slice(0, 1).to_pylist()
    if listed:
        row = listed[0]
        place = f"{row['label_file']}, line {row['label_row']}" if row["label_row"] > 0 else row["location"]
        shown = ", ".join((row["label_paths"] or ())[:5]) or "none at all"
        raise LayoutError(
            f"{place}: the image has a list of labels ({shown}), and `labels.kind` is {settings.kind}. "
            "Set `labels.kind: many`, or name a column that holds one."
        )


def with_ids(samples: LabelledSamples, classes: Sequence[str]) -> LabelledSamples:
    """*samples* with the id of each one's class."""
    ids = pc.index_in(samples["label_name"], value_set=pa.array(classes, pa.string()))
    return samples.append_column("label", pc.fill_null(ids.cast(pa.int64()), -1))


def with_level(samples: LabelledSamples, level: int, name: str, known: ClassNames) -> tuple[LabelledSamples, list[str]]:
    """*samples* with the column of one level, and its class list."""
    encoded = samples["label_path"].combine_chunks().dictionary_encode()
    parts = [path.split("/")[level : level + 1] for path in encoded.dictionary.to_pylist()]
    texts = [part[0] if part else None for part in parts]
    old = known.get(f"label_{name}", ())
    classes = [*old, *order_classes({text for text in texts if text} - set(old))]
    numbers = {text: number for number, text in enumerate(classes)}
    ids = pa.array([numbers.get(text or "", -1) for text in texts], pa.int64()).take(encoded.indices)
    return samples.append_column(f"label_{name}", ids), classes
