"""The last row of a label file that was cut off in the middle of it: its label is the beginning of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.heads.heads import PLAIN_TEXT
from tasks.label_kinds import number_of
from tasks.reasons import Reason
from tasks.samples import Discovery, Rejection, SourceAccess, rejection_row, rejections_table
from tasks.storage.archive_store import opened_place, place_below

_MOST_FILES = 16
_DETAIL = "its label {!r} may be cut off, as the file ends here without an end of line, and others begin with it"


def without_cut_rows(found: Discovery) -> Discovery:
    """*found*, with the last row of each label file as a rejection where its label is but the beginning of others'."""
    odd = list(_cut(found))
    if not odd:
        return found
    is_cut = pc.is_in(found.samples["sample_id"], value_set=pa.array(odd, pa.string()))
    cut = found.samples.filter(is_cut).to_pylist()
    labels = {row["label_path"] for row in cut}
    rows = [rejection_row(row, Rejection(Reason.BAD_ROW, _DETAIL.format(row["label_path"][:60]))) for row in cut]
    return replace(
        found,
        samples=found.samples.filter(pc.invert(is_cut)),
        rejections=pa.concat_tables([found.rejections, rejections_table(rows)]),
        class_paths=tuple(path for path in found.class_paths if path not in labels),
    )


def _cut(found: Discovery) -> Iterator[str]:
    """The ids of samples whose rows are cut off."""
    samples = found.samples
    lasts = samples.select(["label_file", "label_row"]).group_by("label_file").aggregate([("label_row", "max")])
    files = {row["label_file"]: row["label_row_max"] for row in lasts.to_pylist()}
    files = {name: last for name, last in files.items() if name.lower().endswith(PLAIN_TEXT)}
    if not files or len(files) > _MOST_FILES:
        return
    counted = Counter({row["values"]: row["counts"] for row in pc.value_counts(samples["label_path"]).to_pylist()})
    for name, last in files.items():
        is_last = pc.and_(pc.equal(samples["label_file"], name), pc.equal(samples["label_row"], last))
        for row in samples.filter(is_last).to_pylist():
            label = row["label_path"]
            if not label or counted[label] > 1 or number_of(label) is not None:
                continue
            is_part = any(other.startswith(label) and other != label for other in counted)
            if is_part and any(_ends_openly(access, name) for access in found.access):
                yield row["sample_id"]


def _ends_openly(access: SourceAccess, name: str) -> bool:
    """Whether the label file *name* ends without an end of line; not where it cannot be read."""
    try:
        with opened_place(place_below(access.label_root or access.root, name)) as file:
            file.seek(-1, 2)
            return file.read(1) not in {b"\n", b"\r", b"\0"}
    except OSError:
        return False
