"""What a row of a shard becomes in WebDataset's format: files of one name, each with an end that says what it is."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Iterator

import numpy as np

from tasks.columns import ShardRow
from tasks.image_formats import format_of


def members_of(number: int, row: ShardRow) -> Iterator[tuple[str, bytes]]:
    """The files of a row, with their names: the image, ``cls`` where it has a class, ``json`` with everything else.

    Readers take all of a name up to its first dot for the sample's key. Ids may hold dots, be alike but for their ends,
    or longer than a name can be, so the key is the row's number in its shard with a hash of the id.
    """
    key = f"{number:06}-{hashlib.sha256(row['sample_id'].encode()).hexdigest()[:16]}"
    suffix, data = _image(row)
    yield f"{key}.{suffix}", data
    label = row.get("label")
    if label is not None and label >= 0:
        yield f"{key}.cls", str(label).encode()
    facts = {name: _plain(value) for name, value in row.items() if name not in {"image", "pixels"}}
    yield f"{key}.json", json.dumps(facts, ensure_ascii=False, allow_nan=False).encode()


def _image(row: ShardRow) -> tuple[str, bytes]:
    """The end of the image's name, and its bytes; raw pixels are an array, height × width × channels."""
    if "pixels" in row:
        shape = (row["height"], row["width"], row["channels"])
        sink = io.BytesIO()
        np.lib.format.write_array(sink, np.frombuffer(row["pixels"], dtype=np.uint8).reshape(shape), version=(1, 0))
        return "npy", sink.getvalue()
    data: bytes = row["image"]["bytes"]
    known = format_of(data)
    return known.suffixes[0] if known is not None and known.suffixes else "bin", data


def _plain(value: object) -> object:
    """*value* as JSON has it: bytes as hexadecimal digits, and no number that is none."""
    if isinstance(value, bytes):
        return value.hex()
    return None if isinstance(value, float) and not math.isfinite(value) else value
