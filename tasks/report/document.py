"""The report of a run as JSON values: what its keys are, and what stands under each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class Counts(TypedDict, total=False):
    """Rows of one class or split: before, after, and the change in percent of what was before."""

    before: int
    after: int
    percent: float


class Reasons(TypedDict):
    """Images newly left out and no longer left out: reason to count."""

    new: dict[str, int]
    resolved: dict[str, int]


class ClassChanges(TypedDict):
    """Classes that have rows now and had none, and those that had some and have none."""

    new: list[str]
    vanished: list[str]


class Duplicates(TypedDict):
    """Images of equal bytes: how many, and how many lie in two splits, by both (``train, test``)."""

    images: int
    across_splits: dict[str, int]


class Stale(TypedDict):
    """Rows that are kept only because their image could not be fetched, by reason, and since when the oldest."""

    rows: int
    reasons: dict[str, int]
    oldest: str


class GateRow(TypedDict):
    """One gate: its key, what it saw, what it admits, whether it forbids publishing, and a line for a person."""

    gate: str
    value: float
    limit: float
    crossed: bool
    detail: str


class RejectRow(TypedDict):
    """One image that was left out; `label_row` is 0 or less where no line of a label file names it."""

    sample_id: str
    label_file: str
    label_row: int
    location: str
    stage: str
    reason: str
    detail: str


class Measured(TypedDict, total=False):
    """What a version is like: rows of its largest classes, bytes of the shards a row, mean brightness (0 to 255)."""

    classes: dict[str, int]
    bytes: float
    brightness: float | None


class Night(TypedDict, total=False):
    """One published night, as later ones look back on it: `gates` holds what each of them saw, `near` counts pairs."""

    version: int
    time: str
    changes: Mapping[str, int]
    account: dict[str, int]
    measured: Measured
    gates: dict[str, float]
    near: dict[str, int]


class Spread(TypedDict):
    """Mean and standard deviation."""

    mean: float
    deviation: float


class ShardSums(TypedDict, total=False):
    """What the images of one shard come to: count, sum and sum of squares of each measure; histograms and flags."""

    width: list[float]
    height: list[float]
    aspect: list[float]
    pixel: list[float]
    formats: dict[str, int]
    plots: dict[str, list[int]]
    flags: dict[str, int]
    flagged: dict[str, list[int]]


class ImageFacts(TypedDict, total=False):
    """What all images of a version come to: sides and aspect of the source, published pixels, formats, plots, flags."""

    width: Spread
    height: Spread
    aspect: Spread
    pixel: Spread
    formats: dict[str, int]
    plots: dict[str, list[int]]
    flags: dict[str, int]


class ImageChanges(TypedDict, total=False):
    """The images before and after, and the sums by shard, by which the next report goes on."""

    before: ImageFacts
    after: ImageFacts
    shards: dict[str, ShardSums]


class PairRow(TypedDict):
    """Two near duplicates: in how many bits their hashes differ, and how their splits and labels stand."""

    sample_id: str
    other_id: str
    distance: int
    split: str
    other_split: str
    label_name: str
    other_label_name: str
    is_leak: bool
    is_suspect: bool


class NearPairs(TypedDict, total=False):
    """Pairs of near duplicates: how many, how many are listed, in two splits, of two labels, and the first of them.

    `unknown` rows have no hash, `even` ones nothing to compare; `distance` and `mirrored` are what was looked for.
    """

    pairs: int
    listed: int
    leaks: int
    suspects: int
    unknown: int
    even: int
    distance: int
    mirrored: int
    first: list[PairRow]


class Report(TypedDict, total=False):
    """What a run did and what changed against the version before.

    Attributes:
        format: Of this document.
        time: ISO 8601, UTC.
        parent: The version before; None without one.
        refused: Why nothing was built; only of such a run.
        plan: What such a run was about to do: state to rows.
        states: Rows by what became of them.
        pixels: The keys of the config for which all pixels were made anew, ``crop → pad`` each; older ones lack it.
        classes: By class.
        class_changes: Which are new, which are gone.
        splits: By split.
        targets: Quantiles of labels that are numbers, ``before`` and ``after``; else empty.
        split_deviation: Class to split to the distance of its share from what `ratios` ask for, in percent of its rows.
        rebalanced: Rows that left ``train``, by the split that they went to.
        resplit: Rows that went elsewhere since splits were drawn anew, ``"train → test"`` to count; older ones lack it.
        label_flips: ``old → new`` to rows.
        reasons: Images left out, against the version before.
        first_rejects: The first hundred of them.
        hosts: The hosts with most images that could not be fetched.
        duplicates: Images of equal bytes.
        near: Near duplicates; empty where images are not measured.
        images: What the images are like.
        stale: Rows kept for want of their image.
        account: Where every image went.
        bytes_fetched: Bytes read from sources.
        seconds: By stage.
        gates: All of them.
        history: The last nights, this one last.
        libraries: Those that changed: name to the versions ``before`` and ``after``.
        notices: Sentences for a person.
    """

    format: int
    time: str
    parent: int | None
    refused: str
    plan: dict[str, int]
    states: dict[str, int]
    pixels: dict[str, str]
    classes: dict[str, Counts]
    class_changes: ClassChanges
    splits: dict[str, Counts]
    targets: dict[str, dict[str, float]]
    split_deviation: dict[str, dict[str, float]]
    rebalanced: dict[str, int]
    resplit: dict[str, int]
    label_flips: dict[str, int]
    reasons: Reasons
    first_rejects: list[RejectRow]
    hosts: dict[str, int]
    duplicates: Duplicates
    near: NearPairs
    images: ImageChanges
    stale: Stale
    account: dict[str, int]
    bytes_fetched: int
    seconds: dict[str, float]
    gates: list[GateRow]
    history: list[Night]
    libraries: dict[str, dict[str, str]]
    notices: list[str]
