"""Which columns of old rows a shard reads: all where a row is no longer listed, else what the source does not say."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tasks.building.made_rows import columns_to_copy
from tasks.samples import CARRIED


@pytest.mark.parametrize(
    ("kinds", "is_part"), [(["store", "web"], True), (["store", CARRIED], False), ([CARRIED], False)]
)
def test_rows_that_are_no_longer_listed_are_read_whole(kinds: list[str], is_part: bool) -> None:
    columns = columns_to_copy(pa.table({"kind": kinds}))

    assert (columns is not None) == is_part
    assert columns is None or columns.isdisjoint({"image", "label", "sample_id", "source_uri"})
