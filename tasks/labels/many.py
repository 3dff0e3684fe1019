"""Any number of classes for each image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import LabelledSamples, Samples
from tasks.label_kinds import LABEL_COLUMNS, LabelReading, classes_of, labels_of, labels_text, texts_of_lists
from tasks.labels.classes import ClassNames, Namer, class_notices, number_classes, refuse_equal_leaves
from tasks.labels.labelled import Labelled, refused_samples
from tasks.labels.settings import LabelSettings
from tasks.samples import Discovery


def assign_many(discovery: Discovery, settings: LabelSettings, known: ClassNames) -> Labelled:
    """The samples of *discovery* with all classes of each; see `assign_labels`.

    An image one of whose classes is not admitted is left out as a whole.
    """
    encoded = _source_sets(discovery.samples, settings.reading).combine_chunks().dictionary_encode()
    found = [labels_of(text) for text in encoded.dictionary.to_pylist()]
    namer = Namer(settings, is_tree=bool(discovery.levels))
    paths = list(dict.fromkeys(label for labels in found for label in labels))
    name_of = {path: namer.name_of(path) for path in paths}
    if settings.level == "leaf" and discovery.levels:
        refuse_equal_leaves(paths, name_of.values())
    declared = [namer.name_of(part) for path in discovery.class_paths for part in settings.reading.parts_of(path)]
    names = [*name_of.values(), *declared]
    classes, refused = number_classes(names, settings, classes_of(known))
    texts = [labels_text(name for label in labels if (name := name_of[label])) for labels in found]
    problems = {text: refused[name] for text in texts for name in labels_of(text) if name in refused}
    admitted = np.array([text not in problems for text in texts], dtype=bool)[encoded.indices.to_numpy()]
    named = discovery.samples.append_column("label_name", pa.array(texts, pa.string()).take(encoded.indices))
    return Labelled(
        samples=with_label_sets(named.filter(pa.array(admitted)), classes),
        rejections=refused_samples(named.filter(pa.array(~admitted)), "label_name", problems),
        class_names={LABEL_COLUMNS["many"]: classes},
        notices=(*namer.notices(names, classes_of(known)), *class_notices(classes, classes_of(known), names)),
        shown=frozenset(names) - refused.keys(),
    )


def _source_sets(samples: Samples, reading: LabelReading) -> pa.ChunkedArray:
    """The labels of each sample as the source writes them, as `labels_text`."""
    encoded = samples["label_path"].combine_chunks().dictionary_encode()
    texts = [labels_text(reading.parts_of(path)) for path in encoded.dictionary.to_pylist()]
    split = pa.chunked_array([pa.array(texts, pa.string()).take(encoded.indices)])
    listed = samples["label_paths"]
    return split if listed.null_count == len(listed) else pc.coalesce(texts_of_lists(listed), split)


def with_label_sets(samples: LabelledSamples, classes: Sequence[str]) -> LabelledSamples:
    """*samples* with the ids and names of the classes that ``label_name`` says."""
    encoded = samples["label_name"].combine_chunks().dictionary_encode()
    id_of = {name: number for number, name in enumerate(classes)}
    sets = [sorted(id_of[name] for name in labels_of(text)) for text in encoded.dictionary.to_pylist()]
    names = [[classes[number] for number in ids] for ids in sets]
    samples = samples.append_column("labels", pa.array(sets, pa.list_(pa.int32())).take(encoded.indices))
    return samples.append_column("label_names", pa.array(names, pa.list_(pa.string())).take(encoded.indices))
