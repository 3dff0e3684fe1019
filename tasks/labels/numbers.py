"""A number for each image, and no class."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tasks.columns import LabelledSamples
from tasks.label_kinds import classes_of, number_of, numbers_of_texts, texts_of_numbers
from tasks.labels.classes import ClassNames
from tasks.labels.labelled import Labelled, refused_samples
from tasks.labels.settings import LabelSettings
from tasks.labels.single import refuse_lists
from tasks.reasons import Reason
from tasks.samples import Discovery, Rejection

_HOW = "write it with digits and a point, such as 3.5 or 1e-4"


def assign_numbers(discovery: Discovery, settings: LabelSettings, known: ClassNames) -> Labelled:
    """The samples of *discovery* with a number each; see `assign_labels`. Class lists stay as they were."""
    refuse_lists(discovery.samples, settings)
    encoded = discovery.samples["label_path"].combine_chunks().dictionary_encode()
    paths = encoded.dictionary.to_pylist()
    values = [number_of(path) for path in paths]
    refused = {
        path: Rejection(Reason.BAD_TARGET, f"its label {path[:60]!r} is not a finite number; {_HOW}")
        for path, value in zip(paths, values, strict=True)
        if path and value is None
    }
    admitted = np.array([path not in refused for path in paths], dtype=bool)[encoded.indices.to_numpy()]
    texts = texts_of_numbers(pa.chunked_array([pa.array(values, pa.float64()).take(encoded.indices)]))
    named = discovery.samples.append_column("label_name", texts)
    return Labelled(
        samples=with_targets(named.filter(pa.array(admitted))),
        rejections=refused_samples(named.filter(pa.array(~admitted)), "label_path", refused),
        class_names={"label": list(classes_of(known))},
        notices=(),
    )


def with_targets(samples: LabelledSamples) -> LabelledSamples:
    """*samples* with the number that ``label_name`` says; NaN where it says none."""
    return samples.append_column("target", numbers_of_texts(samples["label_name"]))
