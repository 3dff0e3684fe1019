"""Which images a purge is asked for, and what it would take out, before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import ConfigError, UnknownImageError, VersionError
from tasks.publish.derived.repair import pinned_versions
from tasks.publish.history import MissingVersionError, list_all_versions, read_version
from tasks.publish.lookup import spellings
from tasks.publish.purges import NAMES, find_traces, parquet_files, read_names, read_purged, with_more
from tasks.publish.versions import open_version
from tasks.purged import Purged
from tasks.samples import UNREADABLE
from tasks.storage import POOL, Store, redact_url


@dataclass(frozen=True, slots=True)
class PurgeChoice:
    """What a purge takes out.

    Attributes:
        purged: All that is, or will be, taken out of the output.
        images: Ids of images that are still there.
        same_bytes: How many of these were not named, and have the bytes of one that was.
        versions: For each version with rows of theirs, how many.
        rejects: Rows of theirs in files of rejects, in those of listed pairs, and in what nights remember.
        shards: How many shards hold rows of theirs.
        pins: The pins of these versions, by number.
    """

    purged: Purged
    images: tuple[str, ...]
    same_bytes: int
    versions: Mapping[int, int]
    rejects: int
    shards: int
    pins: Mapping[int, tuple[str, ...]]


def choose_images(store: Store, texts: Sequence[str], where: Mapping[str, str]) -> PurgeChoice:
    """What would be taken out of *store* for images of the ids or places *texts*, and those that are as *where* says.

    Raises:
        UnknownImageError: One of *texts* is no whole id or place of an image that is there, or was taken out.
        ConfigError: No shard has a column that *where* names.
        VersionError: There is no version, or a file of it is damaged.
    """
    known = read_purged(store, open_version(store, None).commit)
    ids, contents = _named(store, texts, where, known)
    purged = with_more(known, ids, contents)
    traces = find_traces(store, purged)
    versions: dict[int, int] = {}
    for number in list_all_versions(store):
        with suppress(MissingVersionError):
            shards = read_version(store, number).manifest.shards
            versions[number] = sum(traces.files.get(shard.path, 0) for shard in shards)
    counts = {number: count for number, count in versions.items() if count}
    held = {number: tuple(sorted(found)) for number, found in pinned_versions(store).items() if number in counts}
    in_pool = [path for path in traces.files if path.startswith(f"{POOL}/")]
    others = sum(count for path, count in traces.files.items() if "shards/" not in path)
    same = len(traces.ids - ids) if ids else 0
    return PurgeChoice(purged, tuple(sorted(traces.ids)), same, counts, others, len(in_pool), held)


def _named(store: Store, texts: Sequence[str], where: Mapping[str, str], known: Purged) -> tuple[set[str], set[str]]:
    """Ids that are named, and the hashes of all bytes that their images ever had."""
    tables = list(_tables(store, tuple(where)))
    there = {name for table in tables for name in table.column_names}
    if missing := [name for name in where if name not in there]:
        raise ConfigError(f"--where {missing[0]}: no shard has such a column. `parquetry files` lists the shards.")
    ids = {one for text in texts for one in _ids_of(store, tables, text, known)}
    if where:
        ids |= {one for table in tables for one in _ids(table, _is_as(table, where))}
    chosen = pa.array(sorted(ids), pa.string())
    contents = {
        one
        for table in tables
        if {"sample_id", "content_sha256"} <= set(table.column_names)
        for one in table.filter(pc.is_in(table["sample_id"], value_set=chosen))["content_sha256"].to_pylist()
    }
    return ids, contents


def _ids_of(store: Store, tables: Sequence[pa.Table], text: str, known: Purged) -> set[str]:
    """The id of the image that *text* is the whole id or place of; none where it was taken out before."""
    for names in (NAMES[:1], NAMES[1:]):
        found = {one for table in tables for one in _ids(table, _is_text(table, text, names))}
        if len(found) > 1:
            raise ConfigError(
                f"{text[:100]!r} is the place of {len(found)} images. Name their ids, which `parquetry explain` finds."
            )
        if found:
            return found
    if any(known.has_id(spelling) for spelling in spellings(text)):
        return set()
    raise UnknownImageError(
        f"{redact_url(store.place.url)} has no image whose id or place is {text[:100]!r}, in no version. "
        "`parquetry explain` finds ids by a part of them. Nothing was purged."
    )


def _tables(store: Store, columns: tuple[str, ...]) -> list[pa.Table]:
    """The names of images in every Parquet file, and *columns*."""
    tables = []
    for path in parquet_files(store):
        try:
            tables.append(read_names(store, path, columns))
        except UNREADABLE as error:
            if not path.startswith("state"):
                raise VersionError(
                    f"{redact_url(store.place.url)}/{path} cannot be read ({str(error)[:80]}), so that nobody knows "
                    "what it holds. Restore it from a backup, or delete it, and `parquetry run CONFIG --full`."
                ) from None
    return tables


def _is_text(table: pa.Table, text: str, names: Sequence[str]) -> pa.ChunkedArray:
    wanted = pa.array(list(dict.fromkeys(spellings(text))), pa.string())
    found = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
    for name in names:
        if name in table.column_names:
            found = pc.or_(found, pc.fill_null(pc.is_in(table[name], value_set=wanted), False))
    return found


def _is_as(table: pa.Table, where: Mapping[str, str]) -> pa.ChunkedArray:
    found = pa.chunked_array([pa.repeat(pa.scalar("sample_id" in table.column_names), table.num_rows)])
    for name, value in where.items():
        if name not in table.column_names:
            return pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
        found = pc.and_(found, pc.fill_null(pc.equal(_as_text(table[name]), value), False))
    return found


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(column.type) or pa.types.is_struct(column.type):
        return pa.chunked_array([pa.array(map(str, column.to_pylist()), pa.string())])
    return column.cast(pa.string())


def _ids(table: pa.Table, mask: pa.ChunkedArray) -> list[str]:
    return (
        [one for one in table.filter(mask)["sample_id"].to_pylist() if one] if "sample_id" in table.column_names else []
    )
