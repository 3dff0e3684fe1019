"""Images that a run left out, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

_SHOWN = 100


def first_left_out(rejections: pa.Table) -> tuple[Mapping[str, str], ...]:
    """The first of *rejections* (`REJECTION_SCHEMA`), as a person reads them."""
    rows = rejections.slice(0, _SHOWN).to_pylist()
    return tuple(
        {
            "image": row["location"] or row["sample_id"],
            "label file": f"{row['label_file']}:{row['label_row']}" if row["label_file"] else "",
            "reason": row["reason"],
            "detail": row["detail"],
        }
        for row in rows
    )
