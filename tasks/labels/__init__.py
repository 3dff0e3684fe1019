"""Class names and their ids, sets of them, and numbers: an id never means two things, from night to night."""

from __future__ import annotations

from tasks.labels.assign import assign_labels, with_carried
from tasks.labels.classes import ClassNames, number_notices, order_classes
from tasks.labels.labelled import Labelled
from tasks.labels.settings import LabelSettings

__all__ = [
    "ClassNames",
    "LabelSettings",
    "Labelled",
    "assign_labels",
    "number_notices",
    "order_classes",
    "with_carried",
]
