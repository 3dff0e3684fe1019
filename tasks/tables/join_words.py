"""What is said of tables that cannot be joined, and of rows that a join leaves without a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from tasks.arrow_columns import bools
from tasks.errors import LabelFileError
from tasks.tables.rows import TableRows


def kept_unlabeled(
    rows: TableRows, table: TableRows, keys: Sequence[str], is_found: npt.NDArray[np.bool_]
) -> tuple[str, ...]:
    """A sentence on *rows* that have keys, and stay without a label since *table* has none for them."""
    lost = rows.where(~is_found)
    has_keys = np.logical_and.reduce([bools(pc.not_equal(lost.texts(key), "")) for key in keys])
    if not has_keys.any():
        return ()
    first = lost.where(has_keys)
    shown = ", ".join(f"{key} {value[:40]!r}" for key in keys for value in first.texts(key).unique().to_pylist()[:3])
    return (f"{table.name} has no label for {int(has_keys.sum()):,} rows ({shown}): they count as having none",)


def no_way(rows: TableRows, table: TableRows) -> LabelFileError:
    """What to say where *table* shares no column with *rows*, those that it should be joined to."""
    own = [name for name in table.names if name in rows.names and name in {"id", "group"}]
    if own:
        return LabelFileError(
            f"{table.name} shares only `{own[0]}` with the tables it should be joined to, which means the sample's own "
            f"{own[0]} and joins nothing. Give the column another name in `columns` of both: `{{{own[0]}: key}}`."
        )
    return LabelFileError(
        f"{table.name} shares no column with the tables it should be joined to: it has {', '.join(table.names)}, they "
        f"have {', '.join(rows.names)}. Give what means the same the same name in `columns`."
    )


def circle(rows: TableRows, table: TableRows, other: TableRows, shared: set[str]) -> LabelFileError:
    """What to say where *other* leads to *rows* through *table*, and by the *shared* columns too."""
    return LabelFileError(
        f"{other.name} is joined in a circle: through {table.name}, and by {', '.join(sorted(shared))} to {rows.name}. "
        "Rename one of the columns in `columns`, or leave it out."
    )
