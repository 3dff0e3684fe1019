"""Archives of images: how a place names one, and where in it the bytes of a member stand."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tasks.redaction import is_web
from tasks.samples import StoreUrl

_SUFFIXES = {
    ".zip": ("zip", ""),
    ".tar": ("tar", ""),
    ".tar.gz": ("tar", "gzip"),
    ".tgz": ("tar", "gzip"),
    ".tar.bz2": ("tar", "bz2"),
    ".tbz2": ("tar", "bz2"),
    ".tbz": ("tar", "bz2"),
    ".tar.xz": ("tar", "xz"),
    ".txz": ("tar", "xz"),
    ".tar.zst": ("tar", "zstd"),
    ".tzst": ("tar", "zstd"),
}
_KINDS = ("zip", "tar")
_TABLES = tuple(".csv .tsv .tab .txt .lst .json .jsonl .ndjson .xml .parquet .xlsx".split())


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, as a folder of what is in it.

    Attributes:
        kind: ``zip`` or ``tar``.
        compression: Of a tar as a whole: ``gzip``, ``bz2``, ``xz``, ``zstd``; empty for none, and for zips.
        inner: The folder, or the file, in it that is meant; empty for all of it.
        file: Where the archive lies.
    """

    kind: str
    compression: str
    inner: str
    file: StoreUrl

    @property
    def place(self) -> StoreUrl:
        """It as fsspec spells it: ``zip://inner::file:///data/a.zip``."""
        url = f"file://{self.file.url}" if self.file.is_local else self.file.url
        options = {_scheme(url): dict(self.file.options)} if self.file.options else {}
        return StoreUrl(f"{self.kind}://{self.inner}::{url}", options)


def archive_of(place: StoreUrl) -> Archive | None:
    """The archive that *place* leads into, as ``zip://cat::s3://bucket/a.zip`` does; None where it leads into none."""
    head, chain, outer = place.url.partition("::")
    kind, scheme, inner = head.partition("://")
    if not (chain and scheme) or kind not in _KINDS or "::" in outer:
        return None
    options = place.options.get(_scheme(outer))
    flat = {key: value for key, value in place.options.items() if key not in _KINDS}
    for prefix in ("file://", "local://"):
        outer = outer.removeprefix(prefix)
    file = StoreUrl(outer, options if isinstance(options, Mapping) else flat)
    return Archive(kind, _told_by(outer)[1], inner.strip("/"), file)


def named_archive(place: StoreUrl) -> Archive | None:
    """The archive that *place* is by its name, or leads into; None where it is a folder, or another file."""
    if (found := archive_of(place)) is not None:
        return found
    kind, compression = _told_by(place.url)
    if not kind or "::" in place.url or (place.is_local and not Path(place.url).is_file()):
        return None
    return Archive(kind, compression, "", place)


def is_archive_name(name: str) -> bool:
    """Whether *name* ends like that of an archive; a compressed label file, ``a.csv.zip``, is none."""
    return bool(_told_by(name)[0]) and not bare_name(name).lower().endswith(_TABLES)


def bare_name(name: str) -> str:
    """*name*, that of an archive, without what tells that it is one."""
    fits = [suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)]
    return name[: -len(max(fits, key=len))] if fits else name


def packed_path(path: str) -> tuple[str, str]:
    """The archive among the folders of *path*, ``train.zip/cat/1.jpg``, and the path in it; empty without one."""
    parts = path.split("/")
    for place, name in enumerate(parts[:-1], 1):
        if is_archive_name(name):
            return "/".join(parts[:place]), "/".join(parts[place:])
    return "", ""


def archive_below(root: StoreUrl, path: str) -> Archive:
    """The archive at *path* below *root*, whole."""
    return Archive(*_told_by(path), "", root.child(path))


def copy_of(path: str) -> str:
    """What the decompressed copy of the archive at *path* is called, below the folder of such copies."""
    return f"{path}.plain.tar"


def _told_by(name: str) -> tuple[str, str]:
    """Kind and compression that *name* tells; empty where it is no archive's."""
    lower = name.partition("?")[0].lower() if is_web(name) else name.lower()
    fits = [suffix for suffix in _SUFFIXES if lower.endswith(suffix)]
    return _SUFFIXES[max(fits, key=len)] if fits else ("", "")


def _scheme(url: str) -> str:
    return url.partition("://")[0] if "://" in url else "file"


def inner_path(url: str) -> str:
    """What of *url* names the file itself: of one in an archive its path there, else the whole."""
    found = archive_of(StoreUrl(url))
    return url if found is None else found.inner


def parent_of(place: StoreUrl) -> StoreUrl:
    """The folder that *place* lies in."""
    head, chain, outer = place.url.partition("::")
    scheme, slashes, path = head.rpartition("://")
    parent = posixpath.dirname(path)
    return StoreUrl(f"{scheme}{slashes}{parent or ('' if chain else '/')}{chain}{outer}", place.options)


class Stored(NamedTuple):
    """Where the bytes of a member stand in its archive, as one short text that travels with a sample.

    Attributes:
        start: Of a zip, where its own header begins; of a tar, where its bytes begin.
        length: Bytes that it takes in the archive, without a header.
        method: How a zip has packed it; 0 for not at all.
        check: CRC-32 of its bytes in a zip, of its header in a tar.
        extra: Bytes of a zip's header besides the fixed ones, as far as they are known.
    """

    start: int
    length: int
    method: int
    check: int
    extra: int = 0

    def as_text(self) -> str:
        """It as a text; `from_text` reads it."""
        return ":".join(map(str, self))

    @classmethod
    def from_text(cls, text: str) -> Stored:
        """What `as_text` wrote."""
        return cls(*map(int, text.split(":")))


def archive_stamp(info: Mapping[str, object], fallback: str) -> str:
    """What tells one state of an archive from the next, given what its store says of it."""
    return next((str(info[key]).strip('"') for key in ("ETag", "etag", "generation") if info.get(key)), fallback)
