"""Copies of label files and archives that cannot be sought in: read once, front to back, so that no shard has to."""

from __future__ import annotations

import shutil
from dataclasses import replace

from tasks.records.packed_images import pack_images
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import decompressed, utf8_chunks
from tasks.samples import SourceAccess, StoreUrl
from tasks.storage import Store, is_read_once
from tasks.storage.archive_store import opened_place
from tasks.storage.archives import archive_of

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
    if archive_of(root) is None and is_plain:
        return access
    place = f"{folder}/labels/{access.name or 'source'}"
    for name, form in formats.items():
        with store.temporary(folder) as temporary, opened_place(_place(access, root, name)) as file:
            copy = temporary / "copy"
            with copy.open("wb") as target:
                if form.kind == "parquet":
                    pack_images(file, str(form.location), target)
                else:
                    target.writelines(utf8_chunks(decompressed(file, form.compression), form.encoding))
            store.adopt(copy, f"{place}/{name}")
    plain = {"compression": "", "encoding": "utf-8"}
    packed = {"kind": "packed"}
    return replace(
        access,
        label_root=store.place.child(*place.split("/")),
        label_url="",
        record_formats={
            name: form.model_copy(update=packed if form.kind == "parquet" else plain).model_dump_json()
            for name, form in formats.items()
        },
    )


def needs_unpacking(access: SourceAccess) -> bool:
    """Whether the images of *access* lie in an archive that is read front to back only, and has not been yet."""
    archive = archive_of(access.root)
    return archive is not None and bool(archive.compression) and access.unpacked is None


def with_unpacked_archive(access: SourceAccess, store: Store, folder: str) -> SourceAccess:
    """*access* to an archive in which each image can be sought: a compressed one is copied as what it was before.

    Args:
        access: To one source.
        store: Where the copy goes, since every machine that builds shards reaches it.
        folder: Where in it; it goes with the run.
    """
    archive = archive_of(access.root)
    if archive is None or not needs_unpacking(access):
        return access
    path = f"{folder}/archives/{access.name or 'source'}.tar"
    with store.temporary(folder) as temporary, opened_place(archive.file) as file:
        copy = temporary / "copy"
        with copy.open("wb") as target:
            shutil.copyfileobj(decompressed(file, archive.compression), target, _CHUNK)
        store.adopt(copy, path)
    plain = replace(archive, compression="", file=store.place.child(*path.split("/")))
    return replace(access, unpacked=plain.place)


def _place(access: SourceAccess, root: StoreUrl, name: str) -> StoreUrl:
    return StoreUrl(access.label_url, root.options) if access.label_url else root.child(name)
