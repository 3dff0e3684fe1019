"""Columns of one value."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tasks.arrow_columns import repeated


@pytest.mark.parametrize("count", [0, 1, 1000])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", None),
        ("web", None),
        ("Brüssel 🚲", pa.string()),
        ("x", pa.large_string()),
        (7, pa.int32()),
        (False, None),
        (None, pa.string()),
    ],
)
def test_a_value_so_many_times_is_what_arrow_makes_of_it(value: object, kind: pa.DataType | None, count: int) -> None:
    made = repeated(value, count, kind)

    made.validate(full=True)
    assert made.equals(pa.repeat(pa.scalar(value, kind), count))
