"""What became of an image that a person names, also of one that the listing of its source passes over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

from tasks.errors import UnknownImageError
from tasks.image_formats import IMAGE_EXTENSIONS
from tasks.publish.explain import explain_sample
from tasks.publish.lookup import Explanation, spellings
from tasks.publish.purges import read_purged
from tasks.publish.versions import open_version
from tasks.storage import Store, is_url


def explain_image(store: Store, text: str, number: int | None = None) -> list[Explanation]:
    """What became of the images that *text* names, as `explain_sample` tells; or why it is passed over.

    Raises:
        UnknownImageError: No version knows it, and its name is that of an image.
        VersionError: There is no such version, or it is damaged.
    """
    try:
        return [_with_nulls(row) for row in explain_sample(store, text, number)]
    except UnknownImageError:
        version = open_version(store, number)
        if day := _purged(store, text):
            return [{"outcome": "purged", "version": version.commit.version, "location": text, "since": day}]
        reason = next(_reasons(version.manifest.sources, text), "")
        if not reason:
            raise
        return [{"outcome": "passed over", "version": version.commit.version, "location": text, "reason": reason}]


def _purged(store: Store, text: str) -> str:
    """The day on which the image *text* was taken out of all versions; empty where it was not."""
    purged = read_purged(store, open_version(store, None).commit)
    return next((purged.ids[purged.id_hash(one)] for one in spellings(text) if purged.has_id(one)), "")


def _with_nulls(row: Explanation) -> Explanation:
    """*row* with null for what is not known: neither empty text nor -1, which stand for it in the files."""
    known = {key: None if value == "" or (key, value) == ("label_row", -1) else value for key, value in row.items()}
    return cast("Explanation", known)


def _reasons(sources: Iterable[Mapping[str, object]], text: str) -> Iterator[str]:
    """Why each of *sources*, as the config of a version has them, passes over what *text* names."""
    for source in sources:
        root = str(source.get("path", ""))
        path = _relative(root, text)
        if _may_lie(root, path):
            yield from _of_name(cast("_NameKeys", source), path)


def _relative(root: str, text: str) -> str:
    """*text* below *root*, where it lies there; else what may be a path there already."""
    bare = text.removeprefix("file://")
    whole = bare if is_url(bare) else os.path.abspath(bare)  # noqa: PTH100 - a name from the command line, and no more
    for place in (bare, whole):
        if place.startswith(f"{root.rstrip('/')}/"):
            return place[len(root.rstrip("/")) + 1 :]
    return bare.removeprefix("./")


def _may_lie(root: str, path: str) -> bool:
    """Whether the source at *root* may hold *path*: it is looked for where *root* is a folder of this machine."""
    here = Path(root)
    return is_url(root) or not here.is_dir() or os.path.lexists(here / path)


class _NameKeys(TypedDict, total=False):
    """The keys of a source that say which names are those of images."""

    ignore: Sequence[str]
    extensions: Sequence[str]


def _of_name(source: _NameKeys, path: str) -> Iterator[str]:
    from tasks.discover.listing.names import NameRules, why_ignored  # noqa: PLC0415 - only where no version knows the image

    ignore = tuple(str(pattern) for pattern in source.get("ignore") or ())
    extensions = frozenset(source.get("extensions") or IMAGE_EXTENSIONS)
    rules = NameRules(extensions, ignore)
    parts = [part for part in path.split("/") if part]
    yield from (f"{why_ignored(part)} ({part})" for part in parts if rules.is_ignored(part))
    if parts and not rules.has_extension(parts[-1]):
        yield f"no image's extension ({rules.extension(parts[-1])})"
