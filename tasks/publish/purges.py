"""What was taken out of an output: the document that remembers it, and where something of it still lies."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import VersionError
from tasks.publish.documents import PURGED, RESTORE, Commit, Document, PurgedRef, content_path, parse_document
from tasks.publish.state import COPY_PATH, PATH
from tasks.purged import Purged
from tasks.samples import UNREADABLE
from tasks.storage import OLD_POOL, POOL, Store, is_own, redact_url

NAMES = ("sample_id", "source_uri", "location")
_IDS = ("sample_id", "other_id")
_PAIRS = "quality"
FOLDERS = (POOL, OLD_POOL, "rejects", _PAIRS)
"""Where Parquet files lie whose rows are about images."""


class PurgedList(Document):
    """All that was ever taken out of an output.

    Attributes:
        salt: Of all hashes.
        ids: The salted hash of each id, and the day on which its image was taken out.
        contents: The same of the hash of each image's bytes.
    """

    salt: str
    ids: dict[str, str]
    contents: dict[str, str]

    @property
    def purged(self) -> Purged:
        """The same as a value."""
        return Purged(self.salt, self.ids, self.contents)


def read_purged(store: Store, newest: Commit | None) -> Purged:
    """What was taken out of the output whose newest commit is *newest*; nothing where that names nothing.

    Raises:
        VersionError: What it names is missing or damaged, so that what was taken out might come back.
    """
    if newest is None or newest.purged is None:
        return Purged()
    where = f"{store.place.url}/{newest.purged.path}"
    try:
        data = store.read_bytes(newest.purged.path)
    except FileNotFoundError:
        raise VersionError(f"{redact_url(where)} is missing: it says what must not come back. {RESTORE}") from None
    if hashlib.sha256(data).hexdigest() != newest.purged.sha256:
        raise VersionError(f"{redact_url(where)} is damaged: it says what must not come back. {RESTORE}")
    return parse_document(data, PurgedList, where).purged


def with_more(known: Purged, ids: Iterable[str], contents: Iterable[str]) -> Purged:
    """*known*, and the images of *ids* and *contents*, taken out today; the same where it has them all."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    salted = Purged(known.salt or secrets.token_hex(16))
    more_ids = {salted.id_hash(one): today for one in ids if one}
    more_contents = {salted.content_hash(one): today for one in contents if one}
    if more_ids.keys() <= known.ids.keys() and more_contents.keys() <= known.contents.keys():
        return known
    return Purged(salted.salt, more_ids | dict(known.ids), more_contents | dict(known.contents))


def write_purged(store: Store, purged: Purged) -> PurgedRef:
    """Store *purged* under its content's name."""
    ids, contents = (dict(sorted(part.items())) for part in (purged.ids, purged.contents))
    data = PurgedList(salt=purged.salt, ids=ids, contents=contents).to_bytes()
    path, digest = content_path(PURGED, data, ".json")
    store.replace(path, data)
    return PurgedRef(path=path, sha256=digest)


def done_mark(ref: PurgedRef) -> str:
    """The file whose being there says that all that *ref* names is gone."""
    return f"{ref.path.removesuffix('.json')}.done"


def is_unfinished(store: Store, newest: Commit | None) -> bool:
    """Whether a purge was stopped before it had deleted everything."""
    return newest is not None and newest.purged is not None and not store.exists(done_mark(newest.purged))


@dataclass(slots=True)
class Traces:
    """Where something of images that were taken out still lies.

    Attributes:
        files: Parquet files with rows of theirs, and how many.
        ids: Their ids.
        names: Their ids and places, as text in which they may be spoken of.
        contents: The hashes of their bytes.
        damaged: Files that cannot be read, so that nobody knows what they hold.
    """

    files: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    contents: set[str] = field(default_factory=set)
    damaged: list[str] = field(default_factory=list)

    def add(self, path: str, table: pa.Table, mask: pa.ChunkedArray) -> None:
        """Those rows of *table*, which is the file *path*, that the *mask* says are of such images."""
        rows, others = table.filter(mask), table.filter(pc.invert(mask))
        if not rows.num_rows:
            return
        self.files[path] = rows.num_rows
        self.ids |= set(_texts(rows, ("sample_id",)))
        self.names |= set(_texts(rows, NAMES)) - set(_texts(others, NAMES))  # a label file is no image's place
        self.contents |= set(_texts(rows, ("content_sha256",)))


def _texts(rows: pa.Table, columns: Sequence[str]) -> Iterator[str]:
    for column in columns:
        if column in rows.column_names:
            yield from (text for text in rows[column].unique().to_pylist() if text)


def find_traces(store: Store, purged: Purged) -> Traces:
    """The rows of *purged* images in every Parquet file of the output, whether a version names it or not."""
    found = Traces()
    for path in parquet_files(store):
        try:
            table = read_names(store, path)
        except UNREADABLE:
            found.damaged.append(path)
            continue
        mask = mask_of(table, purged)
        if path.startswith(f"{_PAIRS}/"):  # a row is about two images, of which one may stay
            found.files |= {path: count} if (count := pc.sum(mask).as_py()) else {}
        else:
            found.add(path, table, mask)
    return found


def parquet_files(store: Store) -> list[str]:
    """Every Parquet file of the output whose rows are about images."""
    listed = [file.path for folder in FOLDERS for file in store.list_files(folder)]
    return [path for path in listed if is_own(path)] + [path for path in (PATH, COPY_PATH) if store.exists(path)]


def read_names(store: Store, path: str, more: Sequence[str] = ()) -> pa.Table:
    """What a Parquet file calls the images of its rows, and *more* of its columns where it has them."""
    with store.open(path) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
        there = parquet.schema_arrow.names
        wanted = [name for name in dict.fromkeys((*NAMES, _IDS[1], "content_sha256", *more)) if name in there]
        return parquet.read(columns=wanted).replace_schema_metadata(None).select(wanted)


def mask_of(table: pa.Table, purged: Purged) -> pa.ChunkedArray:
    """Which rows of *table* are of *purged* images."""
    found = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
    for column, has in (*((name, purged.has_id) for name in _IDS), ("content_sha256", purged.has_content)):
        if column in table.column_names:
            found = pc.or_(found, pa.chunked_array([pa.array(map(has, table[column].to_pylist()), pa.bool_())]))
    return found


def purge_problems(store: Store, newest: Commit | None) -> Iterator[tuple[str, str]]:
    """What is left of images that were taken out, a file and a sentence each.

    Raises:
        VersionError: What says which these are is missing or damaged.
    """
    purged = read_purged(store, newest)
    if newest is None or not purged.ids:
        return
    again = f"`parquetry purge {redact_url(store.place.url)} --yes` takes it out"
    for path, rows in find_traces(store, purged).files.items():
        yield path, f"holds {rows} rows of images that were purged; {again}"
    if newest.purged and is_unfinished(store, newest):
        yield newest.purged.path, f"is of a purge that was stopped before its end; {again}"
