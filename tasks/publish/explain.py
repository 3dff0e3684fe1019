"""Where one image went in a version, or why it did not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import VersionError
from tasks.publish.history import Version
from tasks.publish.row_index import read_rejects
from tasks.publish.versions import open_version
from tasks.samples import UNREADABLE
from tasks.storage import Store, redact_url

_WRITTEN = (
    "sample_id split label label_name width height orig_width orig_height orig_format source_uri source_fingerprint "
    "content_sha256 label_path"
).split()
_LEFT_OUT = (
    "sample_id source location label_file label_row stage reason detail attempts first_seen last_seen next_try".split()
)
_MOST = 50


def explain_sample(store: Store, text: str, number: int | None = None) -> list[dict[str, Any]]:
    """What became of the images whose id or location is *text*, or holds it; exact matches alone where there are any.

    Each is a row: ``outcome`` (written or left out), ``version``, and what is known of it; at most 50.

    Raises:
        VersionError: No image of the version matches, or there is no such version.
    """
    version = open_version(store, number)
    found = [*_written(store, version, text), *_left_out(store, version, text)]
    exact = [row for row in found if text in {row["sample_id"], row.get("source_uri"), row.get("location")}]
    if not found:
        raise VersionError(
            f"Version {version.commit.version} of {redact_url(store.place.url)} knows no image whose id or location "
            f"holds {text[:100]!r}: the source did not list it."
        )
    return (exact or found)[:_MOST]


def _written(store: Store, version: Version, text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for shard in version.manifest.shards:
        table = _read(store, shard.path)
        table = table.append_column("row", pa.array(range(table.num_rows), pa.int64()))
        facts = {"outcome": "written", "version": version.commit.version, "shard": shard.path}
        rows += [facts | row for row in _matching(table, text, ("sample_id", "source_uri")).to_pylist()]
        if len(rows) > _MOST:
            break
    return rows


def _read(store: Store, path: str) -> pa.Table:
    where = redact_url(f"{store.place.url}/{path}")
    try:
        with store.open(path) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            table = parquet.read(columns=[name for name in _WRITTEN if name in parquet.schema_arrow.names])
            return table.select([*dict.fromkeys(["sample_id", "source_uri", *table.column_names])])
    except FileNotFoundError:
        raise VersionError(f"{where} is missing; `parquetry verify` shows all damage.") from None
    except UNREADABLE as error:
        raise VersionError(f"{where} is damaged: {str(error)[:100]}. `parquetry verify` shows more.") from None


def _left_out(store: Store, version: Version, text: str) -> list[dict[str, Any]]:
    table = read_rejects(store, version.manifest.rejects).select(_LEFT_OUT)
    facts = {"outcome": "left out", "version": version.commit.version}
    return [facts | row for row in _matching(table, text, ("sample_id", "location")).to_pylist()]


def _matching(table: pa.Table, text: str, columns: tuple[str, str]) -> pa.Table:
    first, second = (pc.match_substring(table[column], text) for column in columns)
    return table.filter(pc.or_(first, second)).slice(0, _MOST + 1)
