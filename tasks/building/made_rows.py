"""The rows of a shard: of images that were just made, and of old rows under what the source says of them today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import urlsplit

import pyarrow.compute as pc

from tasks.building.measuring import MadeRow
from tasks.building.stream import Copy, Finished
from tasks.columns import PlannedRow, PlannedSamples, SampleRow, ShardRow
from tasks.images.measures import MEASURES
from tasks.images.pixel_spec import Prepared
from tasks.samples import CARRIED, StoreUrl
from tasks.shards.old_rows import OldRows
from tasks.storage import redact_url

_OF_THE_PIXELS = (
    *("channels", "width", "height", "orig_width", "orig_height", "orig_format", "warning"),
    "content_sha256",
)
_COPIED = frozenset({"image.bytes", "pixels", *_OF_THE_PIXELS, "source_fingerprint", *MEASURES})


def columns_to_copy(samples: PlannedSamples) -> frozenset[str] | None:
    """The columns of old rows that rows of *samples* take over; None for all: some are no longer listed."""
    return None if pc.any(pc.equal(samples["kind"], CARRIED)).as_py() else _COPIED


def made_row(item: Finished, roots: Mapping[str, str], old: OldRows) -> MadeRow:
    """One row of a shard: of *item*, of a source whose root *roots* names, or copied from *old* rows."""
    outcome = item.outcome
    if isinstance(outcome, Copy):
        there = old.read(outcome.file, outcome.row)
        made = _copied_row(item, outcome, there, roots)
        made |= part_of(there, [name for name in MEASURES if old.measures and name in there])
        return made
    made = _identity(item.sample, roots)
    if isinstance(outcome, Prepared) and item.fetched is not None:
        made |= {
            "channels": outcome.channels,
            "width": outcome.width,
            "height": outcome.height,
            "orig_width": outcome.orig_width,
            "orig_height": outcome.orig_height,
            "orig_format": outcome.orig_format,
            "warning": outcome.warning,
            "source_fingerprint": item.fetched.fingerprint,
            "content_sha256": item.fetched.content_sha256,
            "thumb": outcome.thumb,
        }
        made |= _pixels(outcome.data, image_path(item.sample))
    return made


def _copied_row(item: Finished, copy: Copy, there: ShardRow, roots: Mapping[str, str]) -> MadeRow:
    """The row *there* under what the source says of it today; of one that is no longer listed, as it was."""
    data = there["pixels"] if "pixels" in there else there["image"]["bytes"]
    if item.sample["kind"] == CARRIED:
        labels = [name for name in item.sample if name.startswith(("label", "target", "split"))]
        path = there["image"]["path"] if "image" in there else ""
        return cast("MadeRow", there) | part_of(item.sample, labels) | _pixels(data, path)
    listed = item.sample["fingerprint"] if copy.how == "kept" else ""
    learned = item.fetched.fingerprint if item.fetched and copy.how != "stale" else listed
    made = _identity(item.sample, roots)
    made |= part_of(there, _OF_THE_PIXELS)
    made["source_fingerprint"] = learned or there["source_fingerprint"]
    made |= _pixels(data, image_path(item.sample))
    return made


def part_of(row: Mapping[str, object], names: Iterable[str]) -> MadeRow:
    """What *row* has under *names*, columns of a shard; null where it has none of that name."""
    return cast("MadeRow", {name: row.get(name) for name in names})


def _identity(sample: PlannedRow, roots: Mapping[str, str]) -> MadeRow:
    """All that is said of *sample* and kept of it; what is written is what the shard has columns for."""
    kept: dict[str, str] = json.loads(sample["kept"]) if sample["kept"] else {}
    return cast("MadeRow", {**kept, **sample, "source_uri": source_uri(sample, roots[sample["source"]])})


def _pixels(data: bytes, path: str) -> MadeRow:
    return {"pixels": data, "image": {"bytes": data, "path": path}}


def image_path(sample: SampleRow) -> str:
    """The image's path as readers see it: relative, and never that of a machine."""
    if sample["kind"] == "web":
        return urlsplit(sample["location"]).path.lstrip("/")
    if sample["kind"] == "allowed":
        return str(sample["location"]).rpartition("/")[2]
    return str(sample["location"]) or str(sample["sample_id"])


def source_uri(sample: SampleRow, root: str) -> str:
    """Where the image came from, without query and credentials; below a local root, its path there.

    What a store calls a file is kept as it is: there ``#`` and ``?`` are letters like others.
    """
    if sample["kind"] == "embedded":
        return str(sample["label_file"])
    if sample["kind"] == "store" and "://" in root:
        return StoreUrl(redact_url(root)).child(sample["location"]).url
    return str(sample["location"]) if sample["kind"] == "store" else redact_url(sample["location"])
