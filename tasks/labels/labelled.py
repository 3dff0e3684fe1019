"""Samples with their labels, whatever kind of label it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tasks.columns import LabelledSamples, Rejections
from tasks.labels.classes import ClassNames
from tasks.samples import Rejection, rejection_row, rejections_table


@dataclass(frozen=True, slots=True)
class Labelled:
    """Samples with their labels.

    Attributes:
        samples: Those whose label is admitted: `SAMPLE_SCHEMA`, then ``label_name`` (string), by which labels are
            compared: the class's name, for many labels their `labels_text`, for a number its text. And by kind

            single: ``label`` (int64), and one int64 ``label_<level>`` for each level of a hierarchy; -1 where there is
            no label, or no such level;
            many: ``labels`` (list of int32, ascending) and ``label_names`` (list of string, in the same order);
            number: ``target`` (float64), NaN where there is none.
        rejections: Those whose label is not admitted, as `REJECTION_SCHEMA`.
        class_names: The class lists, those of earlier versions first.
        notices: Sentences for the report.
        shown: Every class that the sources show, empty ones too.
    """

    samples: LabelledSamples
    rejections: Rejections
    class_names: ClassNames
    notices: tuple[str, ...]
    shown: frozenset[str] = frozenset()


def refused_samples(
    samples: LabelledSamples, column: Literal["label_name", "label_path"], refused: Mapping[str, Rejection]
) -> Rejections:
    """*samples* as rejections: for each text in *column* why."""
    return rejections_table([rejection_row(row, refused[row[column]]) for row in samples.to_pylist()])
