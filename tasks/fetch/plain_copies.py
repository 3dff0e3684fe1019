"""Copies of label files and archives that cannot be sought in: read once, front to back, so that no shard has to."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from tasks.file_names import decode_name
from tasks.records.packed_images import pack_arrays, pack_arrow_images, pack_images
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import compression_of, decompressed, utf8_chunks
from tasks.samples import SourceAccess, StoreUrl
from tasks.storage import Store, is_read_once
from tasks.storage.archive_store import opened_place, place_below
from tasks.storage.archives import Archive, archive_below, archive_of, copy_of, packed_path

_CHUNK = 1 << 20


def with_plain_copies(access: SourceAccess, store: Store, folder: str) -> SourceAccess:
    """*access* to label files that can be sought in: compressed ones, and those in other encodings, are copied.

    Args:
        access: To one source, of whose label files records must be read again.
        store: Where the copies go, since every machine that builds shards reaches it.
        folder: Where in it; it goes with the run.
    """
    formats = {name: RecordFormat.model_validate_json(text) for name, text in access.record_formats.items()}
    root = access.label_root or access.root
    is_plain = all(form.is_seekable and not is_read_once(root.child(name).url) for name, form in formats.items())
    if archive_of(root) is None and is_plain and not any(packed_path(name)[0] for name in formats):
        return access
    place = f"{folder}/labels/{access.name or 'source'}"
    for name, form in formats.items():
        with store.temporary(folder) as temporary, opened_place(_place(access, root, name)) as file:
            copy = temporary / "copy"
            with copy.open("wb") as target:
                _copy(file, form, compression_of(name)[1] if form.compression else name, target)
            store.adopt(copy, f"{place}/{name}")
    plain = {"compression": "", "encoding": "utf-8"}
    packed = {"parquet": "packed", "arrow": "packed", "array": "packed_array"}
    return replace(
        access,
        label_root=store.place.child(*place.split("/")),
        label_url="",
        record_formats={
            name: form.model_copy(update={**plain, "kind": packed.get(form.kind, form.kind)}).model_dump_json()
            for name, form in formats.items()
        },
    )


def _copy(file: BinaryIO, form: RecordFormat, name: str, target: BinaryIO) -> None:
    """Write what is read again of *file*, called *name* without a compression's suffix, to *target*."""
    match form.kind:
        case "parquet":
            pack_images(decompressed(file, form.compression), str(form.location), target)
        case "arrow":
            pack_arrow_images(decompressed(file, form.compression), str(form.location), target)
        case "array":
            pack_arrays(decompressed(file, form.compression), name, target)
        case "tfrecord" | "recordio":
            shutil.copyfileobj(decompressed(file, form.compression), target, _CHUNK)
        case _:
            target.writelines(utf8_chunks(decompressed(file, form.compression), form.encoding))


def compressed_archives(access: SourceAccess, samples: pa.Table) -> dict[str, Archive]:
    """The archives of *access* that hold some of *samples*, are read front to back only, and have not been yet.

    By their paths below the root; by an empty one where the root itself is such an archive.
    """
    if access.unpacked is not None:
        return {}
    root = archive_of(access.root)
    if root is not None:
        return {"": root} if root.compression else {}
    is_mine = pc.and_(pc.equal(samples["source"], access.name), pc.not_equal(samples["stored"], ""))
    locations = samples["location"].filter(is_mine)
    inside = pc.unique(pc.replace_substring_regex(locations, r"(?is)^(.*?\.(?:tar\.\w+|t\w+))/.*$", r"\1/"))
    paths = sorted({packed_path(location)[0] for location in inside.to_pylist()})
    found = {path: archive_below(access.root, decode_name(path)) for path in paths}
    return {path: archive for path, archive in found.items() if archive.compression}


def with_unpacked_archives(access: SourceAccess, samples: pa.Table, store: Store, folder: str) -> SourceAccess:
    """*access* to archives in which each image can be sought: compressed ones are copied as what they were before.

    Args:
        access: To one source.
        samples: What is to be read.
        store: Where the copies go, since every machine that builds shards reaches it.
        folder: Where in it; they go with the run.
    """
    found = compressed_archives(access, samples)
    if not found:
        return access
    place = f"{folder}/archives/{access.name or 'source'}"
    for path, archive in found.items():
        target = f"{place}/{copy_of(path)}" if path else f"{place}.tar"
        with store.temporary(folder) as temporary, opened_place(archive.file) as file:
            copy = temporary / "copy"
            with copy.open("wb") as opened:
                shutil.copyfileobj(decompressed(file, archive.compression), opened, _CHUNK)
            store.adopt(copy, target)
    if "" not in found:
        return replace(access, unpacked=store.place.child(*place.split("/")))
    plain = replace(found[""], compression="", file=store.place.child(*f"{place}.tar".split("/")))
    return replace(access, unpacked=plain.place)


def _place(access: SourceAccess, root: StoreUrl, name: str) -> StoreUrl:
    return StoreUrl(access.label_url, root.options) if access.label_url else place_below(root, name)
