"""Whether files are what their entries say: before they are published, and whenever somebody asks."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tasks.errors import VersionError
from tasks.publish.manifest import FileEntry
from tasks.samples import UNREADABLE
from tasks.storage import Store, redact_url

_CHUNK = 8 << 20


def verify_built(store: Store, shard: FileEntry, schema: pa.Schema) -> None:
    """Raise `VersionError` unless the shard has its rows and schema, and a row group and an image of it can be read."""
    where = redact_url(f"{store.place.url}/{shard.path}")
    try:
        with store.open(shard.path) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            found = parquet.schema_arrow
            if parquet.metadata.num_rows != shard.rows or not found.equals(schema, check_metadata=True):
                raise VersionError(f"{where} does not have the rows and the schema that were written. Run it again.")
            group = parquet.read_row_group(parquet.num_row_groups - 1)
            _open_image(group, where)
    except UNREADABLE as error:
        raise VersionError(f"{where} was written and cannot be read back: {str(error)[:150]}. Run it again.") from None


def _open_image(group: pa.Table, where: str) -> None:
    if "image" not in group.column_names:
        return
    data = group["image"][0].as_py()["bytes"]
    if hashlib.sha256(data).hexdigest() == group["content_sha256"][0].as_py():
        return  # the source's own bytes, which a confined decoder has looked at, and nothing else may
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise VersionError(f"{where} holds an image that cannot be decoded: {error}. Run it again.") from None


def require_files(store: Store, files: Iterable[FileEntry]) -> None:
    """Raise `VersionError` unless every file is there with its size."""
    for file in files:
        size = store.size(file.path)
        if size != file.bytes:
            where = redact_url(f"{store.place.url}/{file.path}")
            found = "is missing" if size is None else f"has {size} bytes, and {file.bytes} were written"
            raise VersionError(f"{where} {found}. Nothing was published; run it again.")


def file_problem(store: Store, file: FileEntry) -> str:
    """What is wrong with the bytes of *file*; empty where they are as they were written."""
    size = store.size(file.path)
    if size is None:
        return "is missing"
    if size != file.bytes:
        return f"has {size} bytes, not {file.bytes}"
    return "" if hash_file(store, file.path) == file.sha256 else "has other bytes than were written"


def hash_file(store: Store, path: str) -> str:
    """The SHA-256 of the file *path*, in hexadecimal; `FileNotFoundError` where it is absent."""
    digest = hashlib.sha256()
    with store.open(path) as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
