"""What a look at a source saw, as JSON values: what `parquetry discover --json` prints, and its page is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
import pyarrow as pa

from tasks.columns import SampleRow, Samples
from tasks.discover.by_tables.origins import origin_of
from tasks.discover.listing.tree import TreeLine
from tasks.discover.proposals import Proposal, Unsettled, UnsettledLayoutError
from tasks.labels import number_notices, order_classes
from tasks.samples import Discovery, count_values
from tasks.survey.surveying import Survey

_ROWS = 3
_BY_FOLDERS = ("class_folders", "split_folders", "hierarchy")


class FolderLine(TypedDict):
    """A folder: its name, indented, how many images lie in it, and other files by their kind."""

    folder: str
    images: int
    others: Mapping[str, int]


class ExampleLine(TypedDict, total=False):
    """One image as it is read: its place, label and split; where the label and the split stand, but in a proposal."""

    location: str
    label: str
    split: str
    label_from: str
    split_from: str


class ProposalLines(TypedDict):
    """A reading that is possible: what it means, the config that says so, some images, and what speaks for it."""

    says: str
    config: Mapping[str, object]
    rows: list[ExampleLine]
    evidence: list[str]


class DescribedDiscovery(TypedDict):
    """What was discovered; without a layout, why it could not be, and what is possible.

    Attributes:
        layout: The layout; None where it is not settled.
        why: What made it so.
        images: How many the source lists.
        classes: Images by class.
        splits: Images by split; empty where the source names none.
        ignored: What is skipped, with counts.
        rejected: Images that are rejected, by reason.
        evidence: What was seen, with counts.
        rivals: Readings that were not taken, and why.
        proposals: Readings that are possible.
        notices: Sentences for a person.
        rows: The first images.
    """

    layout: str | None
    why: str
    images: int
    classes: dict[str, int]
    splits: dict[str, int]
    ignored: dict[str, int]
    rejected: dict[str, int]
    evidence: list[str]
    rivals: list[str]
    proposals: list[ProposalLines]
    notices: list[str]
    rows: list[ExampleLine]


class Described(DescribedDiscovery):
    """The same with the folders of the source."""

    tree: list[FolderLine]


def describe(survey: Survey) -> Described:
    """*survey* as JSON values, by names that scripts may rely on."""
    facts = describe_discovery(survey.found) if survey.found is not None else _of_refusal(survey.refusal)
    tree = [_folder(one) for one in survey.tree]
    return {**facts, "images": survey.images, "ignored": dict(survey.ignored), "tree": tree}


def _folder(one: TreeLine) -> FolderLine:
    return {"folder": f"{'  ' * one.depth}{one.name}", "images": one.images, "others": one.others}


def describe_discovery(discovery: Discovery) -> DescribedDiscovery:
    """What was discovered, as `describe` has it, without its folders."""
    samples = discovery.samples
    paths = discovery.class_paths if discovery.levels else order_classes(discovery.class_paths)
    classes = dict.fromkeys(paths, 0) | count_values(samples["label_path"])
    splits = count_values(samples["split"])
    return {
        "layout": discovery.layout,
        "why": discovery.why,
        "images": discovery.listed,
        "classes": classes,
        "splits": splits if set(splits) != {""} else {},
        "ignored": dict(discovery.ignored),
        "rejected": count_values(discovery.rejections["reason"]),
        "evidence": [*discovery.evidence, *_folder_evidence(discovery)],
        "rivals": list(discovery.rivals),
        "proposals": [],
        "notices": [*discovery.notices, *([] if discovery.levels else number_notices(paths))],
        "rows": [_row(sample) for sample in _examples(samples)],
    }


def _folder_evidence(discovery: Discovery) -> list[str]:
    """How many images the folders of classes hold, where folders are the evidence."""
    if discovery.layout not in _BY_FOLDERS or not discovery.samples.num_rows:
        return []
    counts = sorted(count_values(discovery.samples["label_path"]).values())
    each = f"{counts[0]:,} to {counts[-1]:,}" if counts[0] != counts[-1] else f"{counts[0]:,}"
    return [f"folders: {len(counts):,} {'hold' if len(counts) > 1 else 'holds'} images of one class, {each} each"]


def _examples(samples: Samples) -> list[SampleRow]:
    """A sample of each of the first three classes, or the first three."""
    codes = samples["label_path"].combine_chunks().dictionary_encode().indices.to_numpy()
    _, first = np.unique(codes, return_index=True)
    places = sorted(dict.fromkeys([*sorted(first.tolist())[:_ROWS], *range(min(_ROWS, samples.num_rows))]))
    chosen = sorted(first.tolist())[:_ROWS] if len(first) >= _ROWS else places[:_ROWS]
    return samples.take(pa.array(sorted(chosen), pa.int64())).to_pylist()


def _row(sample: SampleRow) -> ExampleLine:
    labels = sample["label_paths"]
    label = ", ".join(labels) if labels is not None else sample["label_path"]
    return {
        "location": sample["location"] or sample["sample_id"],
        "label": label,
        "split": sample["split"],
        "label_from": origin_of(sample, "label"),
        "split_from": origin_of(sample, "split") if sample["split"] else "",
    }


def _of_refusal(error: UnsettledLayoutError | None) -> DescribedDiscovery:
    """What is known of a source that was not understood."""
    unsettled = error.unsettled if error is not None else Unsettled()
    return {
        "layout": None,
        "why": str(error).partition("\n")[0],
        "images": 0,
        "classes": {},
        "splits": {},
        "ignored": {},
        "rejected": {},
        "evidence": list(unsettled.evidence),
        "rivals": [],
        "proposals": [_proposal(one) for one in unsettled.proposals],
        "notices": [],
        "rows": [],
    }


def _proposal(one: Proposal) -> ProposalLines:
    rows: list[ExampleLine] = [{"location": row.location, "label": row.label, "split": row.split} for row in one.rows]
    return {"says": one.says, "config": dict(one.keys), "rows": rows, "evidence": list(one.evidence)}
