"""What became of one image from version to version: when it came, what its label and split were, when it went."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypedDict

import pyarrow.compute as pc

from tasks.columns import ShardRow
from tasks.errors import VersionError
from tasks.publish.history import Version, list_all_versions, read_version
from tasks.publish.lookup import read_columns
from tasks.publish.manifest import Manifest
from tasks.publish.row_index import read_rejects
from tasks.samples import UNREADABLE
from tasks.shards.old_rows import OldRows
from tasks.storage import Store

_LABELS = ("label_name", "label_names", "target")
_COLUMNS = ("sample_id", "split", "content_sha256", *_LABELS)


ImageEvent = TypedDict(
    "ImageEvent", {"version": int, "time": str, "event": str, "was": str, "is": str}, total=False
)  # `is` is a word of Python's, and cannot be an attribute
"""What happened to an image with a version: see `history_of`."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """An image as one version has it.

    Attributes:
        shard: Where its row is.
        row: Which of the shard's rows it is.
        label: In words.
        split: Its split.
        content: The hash of its source's bytes.
    """

    shard: str
    row: int
    label: str
    split: str
    content: str


def history_of(store: Store, sample_id: str) -> list[ImageEvent]:
    """What happened to the image *sample_id*, oldest first, as far as versions are there to tell.

    Each has ``version``, ``time``, ``event`` (first seen, there already, changed, pixels made anew, relabelled, moved
    split, left out, gone, back) and, where something was and is, ``was`` and ``is``.
    """
    return list(_History(store, sample_id).events())


class _History:
    """Looks for one image in every version, and into each shard once."""

    def __init__(self, store: Store, sample_id: str) -> None:
        self._store = store
        self._id = sample_id
        self._seen: dict[str, _Sight | None] = {}
        self._pixels: dict[str, str] = {}

    def events(self) -> Iterator[ImageEvent]:
        last: _Sight | None = None
        is_known, reason, before = False, "", 0
        for number in list_all_versions(self._store):
            try:
                version = read_version(self._store, number)
                sight, why = self._sight(version.manifest), ""
                if sight is None:
                    why = self._left_out(version)
            except VersionError:
                continue
            head: ImageEvent = {"version": number, "time": version.commit.time}
            if sight is None and why and why != reason:
                yield {**head, "event": "left out", "is": why}
            elif sight is None and last is not None and not why:
                yield {**head, "event": "gone"}
            elif sight is not None and last is None:
                first = "first seen" if before == number - 1 else "there already"
                yield {**head, "event": "back" if is_known else first, "is": f"{sight.label}, {sight.split}"}
            elif sight is not None and last is not None:
                yield from self._changes(head, last, sight)
            is_known, last, reason, before = is_known or sight is not None, sight, why, number

    def _sight(self, manifest: Manifest) -> _Sight | None:
        return next((found for shard in manifest.shards if (found := self._in_shard(shard.path)) is not None), None)

    def _in_shard(self, path: str) -> _Sight | None:
        if path not in self._seen:
            self._seen[path] = None
            ids = read_columns(self._store, path, ("sample_id",))["sample_id"]
            row = pc.index(ids, self._id).as_py()
            if row >= 0:
                known: ShardRow
                (known,) = read_columns(self._store, path, _COLUMNS).slice(row, 1).to_pylist()
                self._seen[path] = _Sight(path, row, label_text(known), known["split"], known["content_sha256"])
        return self._seen[path]

    def _left_out(self, version: Version) -> str:
        rejects = read_rejects(self._store, version.manifest.rejects)
        reasons = rejects.filter(pc.equal(rejects["sample_id"], self._id))["reason"].to_pylist()
        return str(reasons[0]) if reasons else ""

    def _changes(self, head: ImageEvent, old: _Sight, new: _Sight) -> Iterator[ImageEvent]:
        if old.content != new.content:
            yield {**head, "event": "changed"}
        elif old.shard != new.shard and self._digest(old) != self._digest(new):
            yield {**head, "event": "pixels made anew"}
        if old.label != new.label:
            yield {**head, "event": "relabelled", "was": old.label, "is": new.label}
        if old.split != new.split:
            yield {**head, "event": "moved split", "was": old.split, "is": new.split}

    def _digest(self, sight: _Sight) -> str:
        """The hash of an image's published bytes; empty where they cannot be read any more."""
        if sight.shard not in self._pixels:
            try:
                data = published_bytes(read_image_row(self._store, sight.shard, sight.row))
                self._pixels[sight.shard] = hashlib.sha256(data).hexdigest()
            except (VersionError, *UNREADABLE):
                self._pixels[sight.shard] = ""
        return self._pixels[sight.shard]


def read_image_row(store: Store, shard: str, row: int) -> ShardRow:
    """Row *row* of a shard, with its image.

    Raises:
        VersionError: The shard is missing or damaged.
    """
    with closing(OldRows(store, [shard])) as rows:
        return rows.read(0, row)


def published_bytes(row: ShardRow) -> bytes:
    """The image of a row, encoded or raw, as it is published."""
    return row["pixels"] if "pixels" in row else row["image"]["bytes"]


def label_text(row: ShardRow) -> str:
    """The label of a row of any kind, in words."""
    if "label_names" in row:
        names: Sequence[str] = row["label_names"] or ()
        return ", ".join(names) or "no label"
    if "target" in row:
        return "no label" if row["target"] is None else f"target {row['target']:g}"
    return str(row["label_name"]) or "no label"
