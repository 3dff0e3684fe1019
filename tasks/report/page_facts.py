"""What the page of a version, or of a run that published none, is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tasks.columns import Rejections
from tasks.label_kinds import LabelKind
from tasks.report.changed_rows import VersionRows
from tasks.report.document import Report

_FIRST_SPLITS = {"train": 0, "validation": 1, "test": 2}


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of a version, and where they are.

    Attributes:
        table: With `changed_rows.COLUMNS`.
        files: The shards, below the root of the output.
    """

    table: VersionRows
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page is made of.

    Attributes:
        dataset: The dataset's name.
        version: The version's number; of a run that published nothing, the one that readers have, or 0.
        report: The version's report, or the run's.
        rejections: `REJECTION_SCHEMA`.
        refused: Why nothing was published; empty of a version.
        kind: What a label is.
        class_names: In the order of their ids.
        notices: Sentences for a person.
        rows: The rows; None where they cannot be read any more.
        before: Those of the version before; None where there is none, or it is gone.
        origin: How the source was understood, in a sentence.
        missing: Files that should be there and cannot be read.
        pairs: The near duplicates that are listed, as `PAIRS_SCHEMA`; None where there are none to show.
        unlisted: Ids of rows of the version before that the source lists no longer, of a run that stopped before it
            built a version; None of others.
    """

    dataset: str
    version: int
    report: Report
    rejections: Rejections
    refused: str = ""
    kind: LabelKind = "single"
    class_names: Sequence[str] = ()
    notices: Sequence[str] = ()
    rows: PageRows | None = None
    before: PageRows | None = None
    origin: str = ""
    missing: Sequence[str] = ()
    pairs: pa.Table | None = None
    unlisted: pa.Array | None = None

    @property
    def has_classes(self) -> bool:
        """Whether images can be shown by their classes."""
        return self.kind != "number" and bool(self.report.get("classes"))

    @property
    def split_names(self) -> list[str]:
        """The splits, in the order in which they are shown."""
        found = self.report.get("splits", {})
        return sorted(found, key=lambda split: (_FIRST_SPLITS.get(split, 3), split))
