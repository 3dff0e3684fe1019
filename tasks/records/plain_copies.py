"""Copies of label files that cannot be sought in: read once, front to back, so that no shard has to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

import fsspec

from tasks.records.record_format import RecordFormat
from tasks.records.text_window import decompressed, utf8_chunks
from tasks.samples import SourceAccess, StoreUrl
from tasks.storage import Store


def with_plain_copies(access: SourceAccess, store: Store, folder: str) -> SourceAccess:
    """*access* to label files that can be sought in: compressed ones, and those in other encodings, are copied.

    Args:
        access: To one source, of whose label files records must be read again.
        store: Where the copies go, since every machine that builds shards reaches it.
        folder: Where in it; it goes with the run.
    """
    formats = {name: RecordFormat.model_validate_json(text) for name, text in access.record_formats.items()}
    if all(form.is_seekable for form in formats.values()):
        return access
    root = access.label_root or access.root
    place = f"{folder}/labels/{access.name or 'source'}"
    for name, form in formats.items():
        with store.temporary(folder) as temporary, _opened(_place(access, root, name)) as file:
            copy = temporary / "copy"
            with copy.open("wb") as target:
                for chunk in utf8_chunks(decompressed(file, form.compression), form.encoding):
                    target.write(chunk)
            store.adopt(copy, f"{place}/{name}")
    plain = {"compression": "", "encoding": "utf-8"}
    return replace(
        access,
        label_root=store.place.child(*place.split("/")),
        label_url="",
        record_formats={name: form.model_copy(update=plain).model_dump_json() for name, form in formats.items()},
    )


def _place(access: SourceAccess, root: StoreUrl, name: str) -> StoreUrl:
    return StoreUrl(access.label_url, root.options) if access.label_url else root.child(name)


@contextmanager
def _opened(place: StoreUrl) -> Iterator[BinaryIO]:
    with fsspec.open(place.url, "rb", **dict(place.options)) as file:
        yield file
