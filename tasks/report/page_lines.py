"""The lines of a page, as its template takes them: pictures, classes, splits, gates and rejects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from tasks.report.document import Counts, GateRow, NearPairs


class Picture(TypedDict):
    """One picture: whose it is, its label, the address that holds it, and the id that its image had before.

    The address is empty where there is no picture, and the id where it is the same.
    """

    id: str
    label: str
    address: str
    was: str


class PicturedChange(TypedDict):
    """A kind of change: what became of how many rows, and pictures, each with the one before it where that differs."""

    title: str
    note: str
    count: int
    pairs: Sequence[tuple[Picture | None, Picture]]


class PicturedPairs(TypedDict):
    """Near duplicates of one kind: pictures of some, and in how many bits their hashes differ."""

    title: str
    count: int
    pairs: Sequence[tuple[Picture, Picture, int]]


class ClassLine(TypedDict):
    """A class: its rows, how many more there are than before, and by split with the share in percent of the largest."""

    id: int | str
    name: str
    count: int
    change: int
    parts: Sequence[tuple[str, int, float]]
    pictures: Sequence[Picture]


class SplitLine(Counts, total=False):
    """A split: its rows before and after, and its share of all rows in percent."""

    name: str
    share: float


class GateLine(GateRow):
    """A gate, with what it saw of the last versions as the points of a line, and the height of its limit."""

    points: str
    line: str


class ListedReject(TypedDict):
    """What is looked at of a row of the rejects."""

    sample_id: str
    location: str
    label_file: str
    label_row: int
    stage: str
    reason: str
    detail: str
    attempts: int
    first_seen: str
    content_sha256: str
    picture: bytes | None
    is_new: bool


class RejectLine(TypedDict):
    """A rejected image: its place, its record, and the address of a picture of it, or of the row that stands for it."""

    image: str
    is_new: bool
    record: str
    reason: str
    detail: str
    first_seen: str
    picture: str
    twin: Picture | None


class Bar(TypedDict):
    """One bar of a histogram, in a field 100 wide and 40 high: how many images are within its range."""

    x: str
    width: str
    y: str
    height: str
    count: int
    range: str


class PlotLine(TypedDict):
    """A histogram: its first range, its last, and the one with most images."""

    title: str
    bars: Sequence[Bar]
    first: str
    last: str
    most: str


class Sections(TypedDict):
    """What the sections of a page hold; `reasons` and `flagged` have a name and a count of images first."""

    changes: Sequence[PicturedChange]
    classes: Sequence[ClassLine]
    samples: Sequence[Picture]
    hidden: str
    splits: Sequence[SplitLine]
    gates: Sequence[GateLine]
    reasons: Sequence[tuple[str, int, str]]
    rejects: Sequence[Sequence[RejectLine]]
    measures: Sequence[tuple[str, str, str]]
    near: NearPairs
    pairs: Sequence[PicturedPairs]
    flagged: Sequence[tuple[str, int, Sequence[Picture]]]
    plots: Sequence[PlotLine]
    lost: str
