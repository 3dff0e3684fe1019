"""The rows of a version to be by split, class and reason, and what is to be said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from tasks.building.spec import UNCONFINED
from tasks.columns import LabelledSamples, Rejections, RowTable
from tasks.discover.words.split_words import SplitWords
from tasks.images.pixel_spec import WARNINGS
from tasks.label_kinds import classes_of, count_classes
from tasks.refresh.outcome import Breakdown
from tasks.refresh.planning import PlannedRun
from tasks.refresh.rounds import BuiltShards
from tasks.report.rejects import rejects_shown
from tasks.samples import count_values

_SPLITS = ("train", "validation", "test")


def breakdown_of(
    planned: PlannedRun, built: BuiltShards, rejections: Rejections, near: Mapping[str, int], said: Iterable[str]
) -> Breakdown:
    """What is said of the version that *planned* and *built* come to, and of those left out.

    Args:
        planned: What was to be built.
        built: What was built.
        rejections: `REJECTION_SCHEMA`.
        near: The counts of near duplicates.
        said: What else there is to say of the rows, a sentence each.
    """
    notices = list(equal_bytes(built.rows.table)) if built.made else []
    notices += said
    notices += [*planned.discovery.notices, *planned.labelled.notices]
    notices += [f"Passed over: {count:,} × {what}" for what, count in planned.discovery.ignored.items()]
    notices += [f"{count:,} images {WARNINGS[word]} (warning {word})" for word, count in built.warnings.items()]
    notices += split_notices(built.rows.table["split"].unique().to_pylist())
    if built.settled.leaks:
        notices.append(f"{built.settled.leaks:,} images have the bytes of one in another split, as the source has it")
    if built.stale.num_rows:
        notices.append(f"{built.stale.num_rows:,} rows stay as they were: their images could not be fetched or decoded")
    if missing := [key.removeprefix(UNCONFINED) for key in built.counts if key.startswith(UNCONFINED)]:
        notices.append(
            f"Images were decoded without {', '.join(sorted(missing))}, which this system does not offer: an image "
            "that is made to take its decoder over could do harm"
        )
    notices += planned.past.notices
    names = classes_of(planned.labelled.class_names)
    return Breakdown(
        layout=planned.discovery.layout,
        why=planned.discovery.why,
        notices=tuple(notices),
        splits=count_values(built.rows.table["split"]),
        classes=dict.fromkeys(names, 0) | count_classes(built.rows.table["label_name"], planned.spec.label_kind),
        reasons=dict(Counter(rejections["reason"].to_pylist()).most_common()),
        left_out=rejects_shown(rejections),
        near=near,
    )


def split_notices(splits: Iterable[str]) -> Iterator[str]:
    """Sentences on *splits* that are called otherwise than readers look for them, as a config may have it."""
    words = SplitWords({})
    for name in sorted(splits):
        near = words.split_of(name) or next(iter(get_close_matches(name, _SPLITS, n=1, cutoff=0.7)), "")
        if near and near != name:
            yield f"The split {name!r}, as the config calls it, is none that readers look for: {near!r} may be meant"


def classes_without(
    rows: RowTable | LabelledSamples, planned: PlannedRun, ratios: Mapping[str, float]
) -> Iterator[str]:
    """A sentence on classes that have no image in a split, where splits were drawn: each image is, by itself."""
    if planned.spec.label_kind != "single" or pc.all(planned.given).as_py():
        return
    pairs = rows.select(["label_name", "split"]).group_by(["label_name", "split"]).aggregate([]).to_pylist()
    classes = {row["label_name"] for row in pairs} - {""}
    lacking = {
        split: len(classes - {row["label_name"] for row in pairs if row["split"] == split})
        for split, share in ratios.items()
        if share
    }
    if told := ", ".join(f"{split} {count:,}" for split, count in lacking.items() if count):
        yield (
            f"Classes without an image in a split: {told}, of {len(classes):,}; `splits.ratios` draws each image by "
            "itself, whatever its class"
        )


def equal_bytes(rows: RowTable) -> Iterator[str]:
    """What there is to say of *rows* that have the bytes of others: under two labels first, then how many they are."""
    counts = pc.value_counts(rows["content_sha256"].combine_chunks())
    several = counts.filter(pc.greater(counts.field("counts"), 1))
    if not len(several):
        return
    table = rows.select(["content_sha256", "sample_id", "label_name"])
    table = table.filter(pc.is_in(table["content_sha256"], value_set=several.field("values"))).sort_by("sample_id")
    groups = table.group_by("content_sha256").aggregate([("label_name", "count_distinct")])
    torn = groups.filter(pc.greater(groups["label_name_count_distinct"], 1))["content_sha256"].combine_chunks()
    if len(torn):
        yield _contradiction(table.filter(pc.is_in(table["content_sha256"], value_set=torn)), len(torn))
    copies = pc.sum(several.field("counts")).as_py() - len(several)
    yield f"{copies:,} of {rows.num_rows:,} images have the bytes of another; `output.dedupe: content` leaves them out"


def _contradiction(table: pa.Table, count: int) -> str:
    """What to say of equal images under several labels, the first of which it names."""
    first = table["content_sha256"][0]
    same = table.filter(pc.equal(table["content_sha256"], first)).to_pylist()
    other = next(row for row in same if row["label_name"] != same[0]["label_name"])
    pair = " and ".join(f"{row['sample_id']} ({row['label_name'] or 'no label'})" for row in (same[0], other))
    what = "1 image stands" if count == 1 else f"{count:,} images stand"
    return f"Warning: {what} under several labels with the same bytes, such as {pair}"
