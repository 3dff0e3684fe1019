"""Old rows, which are copied: they are read with the columns that somebody copies, and with no others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tasks.samples import StoreUrl
from tasks.shards.old_rows import OldRows
from tasks.shards.settings import WriteSettings
from tasks.shards.writer import ShardWriter
from tasks.storage import Store, open_store
from tests.tasks.shards.test_reading_costs import SCHEMA, row

ROWS, SIZE = 40, 20_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(StoreUrl(str(tmp_path)))


@pytest.fixture
def shard(store: Store, tmp_path: Path) -> str:
    (tmp_path / "made").mkdir()
    with ShardWriter(store, tmp_path / "made", "train", SCHEMA, WriteSettings()) as writer:
        for number in range(ROWS):
            writer.add(row(number, bytes([number]) * SIZE), SIZE)
        writer.finish()
    return writer.files[0].name


def test_a_row_has_the_columns_that_are_asked_for_wherever_it_stands(store: Store, shard: str) -> None:
    columns = frozenset({"image.bytes", "width", "content_sha256", "pixels"})
    with closing(OldRows(store, [shard], columns=columns)) as rows:
        found = [rows.read(0, number) for number in (0, 17, ROWS - 1)]

    assert found == [
        {"image": {"bytes": bytes([number]) * SIZE}, "width": 224, "content_sha256": f"{number:064x}"}
        for number in (0, 17, ROWS - 1)
    ]


def test_without_a_word_on_columns_a_row_has_all(store: Store, shard: str) -> None:
    with closing(OldRows(store, [shard])) as rows:
        found = rows.read(0, 3)

    assert set(found) == set(SCHEMA.names) - {"phash", "mean", "deviation", "sharpness"}
    assert found["image"] == {"bytes": bytes([3]) * SIZE, "path": row(3, b"")["sample_id"]}
