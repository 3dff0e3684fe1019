"""Which rows differ between two versions, and which of them a page shows. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from tasks.label_kinds import LabelKind, classes_in

COLUMNS = ("sample_id", "split", "label_name", "content_sha256", "file", "row")
"""Of the rows that a page is made of; ``label_name`` is the text of labels of any kind."""

MOST = 24
"""So many pictures of each kind of change are shown."""

_CLASSES = 12
_SORTED = 20_000  # beyond so many, each so-manieth stands for the rest before they are put in order
_LOOKED_AT = 60_000  # rows among which samples are looked for


VersionRow = TypedDict(
    "VersionRow",
    {
        "sample_id": str,
        "split": str,
        "label_name": str,
        "content_sha256": str,
        "file": int,
        "row": int,
        "was": str,
        "is": str,
        "old_sample_id": str,
        "old_file": int,
        "old_row": int,
        "old_content_sha256": str,
    },
    total=False,
)  # `is` is a word of Python's, and cannot be an attribute
"""A row of a version; where it was another one before, with what that was."""

VersionRows: TypeAlias = "pa.Table[Any, VersionRow]"


@dataclass(frozen=True, slots=True)
class Shown:
    """One row that is shown.

    Attributes:
        sample_id: Its id.
        file: The file that holds it, by its place in the list of its version.
        row: Its place there.
        is_old: It is a row of the version before.
        label: Its label in words; where its label or split changed, what it was and is.
        before: The row of the version before that it is held against: the other picture, or the other place.
    """

    sample_id: str
    file: int
    row: int
    is_old: bool
    label: str
    before: Shown | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one kind of change.

    Attributes:
        title: What became of them.
        count: How many there are.
        shown: Some of them, chosen by a hash: the same rows are shown again.
        note: What else there is to say of them; may be empty.
    """

    title: str
    count: int
    shown: tuple[Shown, ...]
    note: str = ""


def changes_between(
    before: VersionRows, after: VersionRows, left_out: pa.ChunkedArray, kind: LabelKind
) -> list[Change]:
    """What became of the rows, each kind of change that occurs.

    Args:
        before: With `COLUMNS`: the rows of the version before.
        after: The same of this one.
        left_out: Ids of images that are no rows of this one though the source lists them.
        kind: What a label is.
    """
    place = pc.index_in(after["sample_id"].combine_chunks(), value_set=before["sample_id"].combine_chunks())
    is_new = pc.is_null(place)
    gone = pc.invert(pc.is_in(before["sample_id"], value_set=after["sample_id"].combine_chunks()))
    added, deleted = after.filter(is_new), before.filter(gone)
    origin = pc.index_in(added["content_sha256"], value_set=deleted["content_sha256"].combine_chunks())
    moved = pc.is_valid(origin)
    found = [_change("added", added.filter(pc.invert(moved)), kind)]
    found.append(
        _change(
            "moved: other places with the same bytes",
            _beside(added.filter(moved), deleted.take(origin.drop_null()), "label_name"),
            kind,
        )
    )
    there, old = after.filter(pc.invert(is_new)), before.take(place.drop_null())
    for title, column in (
        ("changed: other bytes in the same place", "content_sha256"),
        ("relabelled", "label_name"),
        ("put into another split", "split"),
    ):
        differs = pc.fill_null(pc.not_equal(there[column], old[column]), False)
        shown = "label_name" if column == "content_sha256" else column
        found.append(_change(title, _beside(there.filter(differs), old.filter(differs), shown), kind))
    went = pc.invert(pc.is_in(deleted["content_sha256"], value_set=added["content_sha256"].combine_chunks()))
    lost = deleted.filter(went)
    is_listed = pc.is_in(lost["sample_id"], value_set=left_out.combine_chunks())
    title = "deleted: left out now, each with its reason below"
    found.append(_change(title, lost.filter(is_listed), kind, is_old=True))
    title = "deleted: the source lists them no longer" if len(found[-1].shown) else "deleted"
    found.append(_change(title, lost.filter(pc.invert(is_listed)), kind, is_old=True))
    return [change for change in found if change.count]


def unlisted(before: VersionRows, ids: pa.Array, kind: LabelKind) -> list[Change]:
    """The rows of the version *before* that have one of *ids*, which the source lists no longer; none without any."""
    gone = before.filter(pc.is_in(before["sample_id"], value_set=ids))
    found = _change("rows whose image the source lists no longer", gone, kind, is_old=True)
    return [replace(found, note=_by_class(before, gone, kind))] if found.count else []


def _by_class(rows: VersionRows, some: VersionRows, kind: LabelKind) -> str:
    """How many rows of each class *some* are, of all *rows*, the most concerned classes first."""
    if kind == "number":
        return ""
    counts, totals = (
        {name: sum(splits.values()) for name, splits in class_splits(table, kind).items()} for table in (some, rows)
    )
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    said = [f"{in_words(name, kind)} {counts[name]:,} of {totals[name]:,}" for name in ordered[:_CLASSES]]
    return ", ".join(said) + (f" and {len(ordered) - _CLASSES:,} classes more" if len(ordered) > _CLASSES else "")


def _beside(rows: VersionRows, old: VersionRows, column: str) -> VersionRows:
    """*rows* with those of the version before that they were, and what *column* was and is."""
    rows = rows.append_column("was", old[column]).append_column("is", rows[column])
    for name in ("sample_id", "file", "row", "content_sha256"):
        rows = rows.append_column(f"old_{name}", old[name])
    return rows


def _change(title: str, rows: VersionRows, kind: LabelKind, *, is_old: bool = False) -> Change:
    return Change(title, rows.num_rows, tuple(_shown(row, kind, is_old=is_old) for row in chosen(rows, MOST)))


def chosen(rows: VersionRows, most: int) -> list[VersionRow]:
    """At most *most* of *rows*, by the hash of their ids, and so always the same."""
    if rows.num_rows > _SORTED:
        step = rows.num_rows // _SORTED
        rows = rows.take(pa.array(range(0, rows.num_rows, step)))
    hashes = pa.array([hashlib.sha256(one.encode()).hexdigest()[:16] for one in rows["sample_id"].to_pylist()])
    first = pc.array_sort_indices(hashes)[:most]
    found: list[VersionRow] = rows.take(first).to_pylist()
    return found


def _shown(row: VersionRow, kind: LabelKind, *, is_old: bool = False) -> Shown:
    label = in_words(row["label_name"], kind)
    if "was" not in row:
        return Shown(row["sample_id"], row["file"], row["row"], is_old, label)
    if row["was"] != row["is"]:
        label = f"{in_words(row['was'], kind)} → {in_words(row['is'], kind)}"
    before = None
    if row["old_content_sha256"] != row["content_sha256"] or row["old_sample_id"] != row["sample_id"]:
        before = Shown(row["old_sample_id"], row["old_file"], row["old_row"], True, in_words(row["was"], kind))
    return Shown(row["sample_id"], row["file"], row["row"], is_old, label, before)


def in_words(text: str, kind: LabelKind) -> str:
    """A label, or a split, as a person reads it; *text* is how rows have it."""
    if kind == "many" and text.startswith("["):
        return ", ".join(classes_in(text, kind)) or "no label"
    return text or "no label"


def samples_of_classes(rows: VersionRows, names: Sequence[str], most: int, kind: LabelKind) -> dict[str, list[Shown]]:
    """At most *most* rows of each class of *names*, those that lie together in few places first."""
    wanted: dict[str, list[Shown]] = {name: [] for name in names}
    open_names = set(names)
    for row in _in_order_of_places(rows):
        for name in classes_in(row["label_name"], kind) or [""]:
            if name in open_names:
                wanted[name].append(_shown(row, kind))
                if len(wanted[name]) >= most:
                    open_names.discard(name)
        if not open_names:
            break
    return wanted


def first_samples(rows: VersionRows, most: int, kind: LabelKind) -> list[Shown]:
    """The first *most* rows, as `samples_of_classes` takes them."""
    found: list[Shown] = []
    for row in _in_order_of_places(rows):
        if len(found) >= most:
            break
        found.append(_shown(row, kind))
    return found


def _in_order_of_places(rows: VersionRows) -> Iterator[VersionRow]:
    """Rows in the order in which few row groups show most of them: shards are mixed, so any part stands for all."""
    if rows.num_rows > _LOOKED_AT:
        each = max(256, _LOOKED_AT // (pc.max(rows["file"]).as_py() + 1))
        rows = rows.filter(pc.less(rows["row"], each))
    block = pc.divide(rows["row"], pa.scalar(256, pa.int32()))
    ordered = rows.append_column("block", block).sort_by(
        [("block", "ascending"), ("file", "ascending"), ("row", "ascending")]
    )
    for batch in ordered.to_batches(max_chunksize=4096):
        yield from batch.to_pylist()


def class_splits(rows: VersionRows, kind: LabelKind) -> dict[str, Counter[str]]:
    """For each class its rows by split; of rows without one, under the empty name."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    grouped = rows.group_by(["label_name", "split"]).aggregate([("sample_id", "count")])
    for row in grouped.to_pylist():
        for name in classes_in(row["label_name"], kind) or [""]:
            counts[name][row["split"]] += row["sample_id_count"]
    return dict(counts)


def by_content(rows: VersionRows, contents: Sequence[str], kind: LabelKind) -> dict[str, Shown]:
    """For each of *contents*, hashes of bytes, a row that has them."""
    same = rows.filter(pc.is_in(rows["content_sha256"], value_set=pa.array(contents, pa.string())))
    return {row["content_sha256"]: _shown(row, kind) for row in same.to_pylist()}
