"""What a source holds, written in a line or two: for tests of labels and splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from tasks.columns import LabelledSamples
from tasks.samples import SAMPLE_SCHEMA, Discovery, rejections_table

_NUMBERS = {"label_row": -1, "label_offset": 0, "label_length": -1, "size": -1}
_NOTHING: dict[str, Any] = dict.fromkeys(SAMPLE_SCHEMA.names, "") | _NUMBERS | {"label_paths": None}


def samples_of(rows: Sequence[Mapping[str, Any]]) -> LabelledSamples:
    """A sample for each of *rows*, which say what matters: `1.png`, `2.png`, … in their order unless they say more."""
    names = [{"sample_id": f"{number}.png", "location": f"{number}.png"} for number in range(1, len(rows) + 1)]
    full = [_NOTHING | name | dict(row) for name, row in zip(names, rows, strict=True)]
    return pa.Table.from_pylist(full, schema=SAMPLE_SCHEMA)


def labelled(*paths: str, classes: Sequence[str] = (), levels: Sequence[str] = ()) -> Discovery:
    """Images with the label *paths*; *classes* are declared, *levels* are the names of a hierarchy's."""
    return _discovery(samples_of([{"label_path": path} for path in paths]), classes or sorted({*paths} - {""}), levels)


def listed(*labels: Sequence[str] | None, row: int = -1, classes: Sequence[str] = ()) -> Discovery:
    """Images whose *labels* the source itself lists; None where it lists none of an image."""
    rows = [{"label_paths": names, "label_file": "labels.json", "label_row": row} for names in labels]
    return _discovery(samples_of(rows), classes, ())


def _discovery(samples: LabelledSamples, classes: Sequence[str], levels: Sequence[str]) -> Discovery:
    return Discovery(
        layout="class_folders",
        why="",
        samples=samples,
        rejections=rejections_table([]),
        class_paths=tuple(classes),
        ignored={},
        notices=(),
        access=(),
        levels=tuple(levels),
    )
