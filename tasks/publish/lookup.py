"""Finding images in a version by what a person has at hand: an id, a path as a shell completes it, a URL as typed."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.file_names import encode_name
from tasks.publish.history import Version
from tasks.publish.row_index import read_rejects
from tasks.shards.opened import opened_parquet
from tasks.storage import Store, is_url, redact_url

_KEYS = ("sample_id", "source_uri", "location")
_SHOWN = (
    "sample_id split label label_name labels label_names target width height orig_width orig_height orig_format "
    "source_uri source_fingerprint content_sha256 label_path"
).split()
_LEFT_OUT = (
    "sample_id source location label_file label_row stage reason detail attempts first_seen last_seen next_try".split()
)
_MOST = 50
_NEAR = 3
_COMPARED = 20_000
_TAIL = 2
"""So many parts at the end of two places must be the same, if these are not all of an id."""


class Explanation(TypedDict, total=False):
    """What is known of an image that a person asks for: how it is in a version, or why it is not.

    Beside what a row of a shard, or of the rejects, says of it:

    Attributes:
        outcome: written, left out, gone, moved, not yet there, purged or passed over.
        version: The version that was looked at.
        shard: Where its row is, below the root of the output.
        row: Which of the shard's rows it is.
        in_version: The version that has it, where that is another one.
        since: The version that made the difference, or the day on which it was taken out.
        moved_to: The id that it has now.
        label_from: Where in its source its label stands.
        split_from: Where its split does.
        source_now: What its source has in its place now.
    """

    outcome: str
    version: int
    shard: str
    row: int
    in_version: int
    since: int | str
    moved_to: str
    label_from: str
    split_from: str
    source_now: str | None
    sample_id: str
    split: str | None
    label: int | None
    label_name: str | None
    labels: list[int] | None
    label_names: list[str] | None
    target: float | None
    label_path: str | None
    width: int
    height: int
    orig_width: int
    orig_height: int
    orig_format: str
    source_uri: str | None
    source_fingerprint: str | None
    content_sha256: str | None
    source: str | None
    location: str | None
    label_file: str | None
    label_row: int | None
    stage: str
    reason: str
    detail: str | None
    attempts: int
    first_seen: str | None
    last_seen: str | None
    next_try: str | None


_PLACES = pa.schema([("sample_id", pa.string()), ("source_uri", pa.string())])
_KNOWN = _PLACES.append(pa.field("shard", pa.int32())).append(pa.field("row", pa.int32()))


@dataclass(frozen=True, slots=True)
class Known:
    """Every image that a version knows.

    Attributes:
        version: The version.
        written: sample_id, source_uri, shard (its place in the manifest's list), row.
        left_out: Images that were rejected or that another stands for.
    """

    version: Version
    written: pa.Table
    left_out: pa.Table[Any, Explanation]

    @property
    def ids(self) -> list[str]:
        """The ids of all of them."""
        return [*self.written["sample_id"].to_pylist(), *self.left_out["sample_id"].to_pylist()]


def read_known(store: Store, version: Version) -> Known:
    """The images of *version*, with what they are found by.

    Raises:
        VersionError: A file of it is missing or damaged.
    """
    tables = [_KNOWN.empty_table()] + [
        _keys(store, shard.path)
        .append_column("shard", pa.array(np.full(shard.rows, number, dtype=np.int32)))
        .append_column("row", pa.array(np.arange(shard.rows, dtype=np.int32)))
        for number, shard in enumerate(version.manifest.shards)
    ]
    return Known(version, pa.concat_tables(tables), read_rejects(store, version.manifest.rejects).select(_LEFT_OUT))


def _keys(store: Store, path: str) -> pa.Table:
    return read_columns(store, path, ("sample_id", "source_uri")).cast(_PLACES)


def read_columns(store: Store, path: str, columns: Sequence[str]) -> pa.Table[Any, Any]:
    """Those of *columns* that the shard *path* has, in their order.

    Raises:
        VersionError: The shard is missing or damaged.
    """
    with opened_parquet(store, path) as parquet:
        there = [name for name in columns if name in parquet.schema_arrow.names]
        return parquet.read(columns=there).replace_schema_metadata(None).select(there)


def find_rows(store: Store, known: Known, text: str) -> list[Explanation]:
    """The images that *text* means: by their whole id or place, else by a part of it, else by the longest common tail.

    Each is a row: ``outcome`` (written or left out), ``version``, and what is known of it; at most 50.
    """
    for matching in _ways(text) if text else ():  # a part of every id would be found
        written = known.written.filter(matching(known.written))
        left_out = known.left_out.filter(matching(known.left_out))
        if written.num_rows or left_out.num_rows:
            return [*_written(store, known.version, written), *_rejected(known.version, left_out)][:_MOST]
    return []


def _ways(text: str) -> Iterator[Any]:
    """Ways in which a table may hold *text*, the surest first: each takes a table and gives a mask."""
    typed = [encode_name(text), redact_url(text)] if is_url(text) else [encode_name(text)]
    written = list(dict.fromkeys(spellings(text)))
    for exact in (typed, written):
        yield lambda table, exact=exact: _any(table, [pc.is_in(table[key], pa.array(exact)) for key in _there(table)])
    yield lambda table: _any(table, [pc.match_substring(table[key], text) for key in _there(table)])
    parts = [PurePosixPath(_bare(spelling)).parts for spelling in written]
    for length in range(max(map(len, parts), default=0), 0, -1):
        tails = ["/".join(one[-length:]).lstrip("/") for one in parts if len(one) >= length]
        yield lambda table, tails=tails, length=length: _any(table, _ending(table, tails, length))


def spellings(text: str) -> Iterator[str]:
    """*text* in the forms in which ids and places hold it."""
    for form in (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)):
        yield encode_name(form)
        yield encode_name(form).removeprefix("file://").removeprefix("./")
        if is_url(form):
            yield redact_url(form)


def _bare(spelling: str) -> str:
    """*spelling* without its scheme, query and dots."""
    bare = redact_url(spelling).partition("://")[2] if is_url(spelling) else spelling
    return "/".join(part for part in bare.split("/") if part not in {".", "..", "~"})


def _ending(table: pa.Table, tails: Sequence[str], length: int) -> list[Any]:
    """Where an id is one of *tails*, or, of several parts, where an id or a place ends in one."""
    found = [pc.equal(table["sample_id"], tail) for tail in tails]
    if length >= _TAIL:
        found += [pc.ends_with(table[key], f"/{tail}") for tail in tails for key in _there(table)]
    return found


def _there(table: pa.Table) -> list[str]:
    return [key for key in _KEYS if key in table.column_names]


def _any(table: pa.Table, masks: Sequence[Any]) -> pa.ChunkedArray:
    found = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
    for mask in masks:
        found = pc.or_(found, pc.fill_null(mask, False))
    return found


def _written(store: Store, version: Version, rows: pa.Table) -> list[Explanation]:
    """All that the shards say of *rows*."""
    found: list[Explanation] = []
    for number in rows["shard"].unique().to_pylist():
        shard = version.manifest.shards[number].path
        places = rows.filter(pc.equal(rows["shard"], number))["row"]
        known: list[Explanation] = read_columns(store, shard, _SHOWN).take(places).to_pylist()
        facts: Explanation = {"outcome": "written", "version": version.commit.version, "shard": shard}
        found += [{**facts, **row, "row": place} for row, place in zip(known, places.to_pylist(), strict=True)]
        if len(found) > _MOST:
            break
    return found


def _rejected(version: Version, rows: pa.Table[Any, Explanation]) -> Iterator[Explanation]:
    """All that the rejects say of *rows*."""
    facts: Explanation = {"outcome": "left out", "version": version.commit.version}
    for row in rows.to_pylist():
        yield {**facts, **row}


def nearest(known: Known, text: str) -> list[str]:
    """The three ids that are most like *text*."""
    ids, wanted = known.ids, _bare(encode_name(text))
    name = wanted.rpartition("/")[2]
    alike = [one for one in ids if name and name in one]
    folder = PurePosixPath(wanted).parent.name
    alike += [one for one in ids if folder and f"{folder}/" in one]
    chosen = list(dict.fromkeys([*alike, *ids]))[:_COMPARED]
    tail = "/".join(wanted.split("/")[-_NEAR:])
    return difflib.get_close_matches(tail, chosen, n=_NEAR, cutoff=0.0)


def row_of_content(store: Store, version: Version, found: Explanation, known_before: frozenset[str]) -> str:
    """The id, none of *known_before*, under which *version* has the bytes of the row *found*; empty without one."""
    digest = found.get("content_sha256")
    for shard in version.manifest.shards if digest else ():
        table = read_columns(store, shard.path, ("sample_id", "content_sha256"))
        same = table.filter(pc.equal(table["content_sha256"], digest))["sample_id"].to_pylist()
        if new := [one for one in same if one not in known_before]:
            return str(new[0])
    return ""
