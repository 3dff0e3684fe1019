"""Images whose folders say what they are, as samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from tasks.columns import RejectionColumn, SampleColumn
from tasks.discover.by_folders.folder_paths import (
    FolderPath,
    FolderReading,
    FolderSource,
    PathReader,
    empty_class_notices,
    naming_notices,
    settle_uneven,
)
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.sample_rows import SampleRows, Values
from tasks.discover.settings import SourceSettings
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.file_names import decode_name
from tasks.reasons import Reason
from tasks.records.web_locations import web_address
from tasks.samples import Discovery, Rejection, SourceAccess
from tasks.storage import quote_location, redact_url
from tasks.storage.archives import archive_of

_NO_LABEL = (Reason.NO_LABEL, "lies in no class folder; `allow_unlabeled: true` would keep it")


def discover_folders(source: FolderSource, listing: Listing, reading: FolderReading, words: SplitWords) -> Discovery:
    """The samples of *listing* as *reading* understands it."""
    require_images(listing, source)
    paths = PathReader(source, reading, words)
    places = [paths.read(parent) for parent in listing.parents]
    classes = paths.classes(listing)
    if not reading.depth:
        places = settle_uneven(places, classes, source.uneven)
    labels = {place.label for place in places} - {()}
    rows = SampleRows(source.name, notices=[*reading.notices, *paths.merged_splits(), *_uneven_notices(places)])
    rows.notices += empty_class_notices(classes - labels)
    _add_files(rows, source, listing, places)
    for path, reason, detail in listing.refused:
        location = web_address(f"{source.path}/", path) if source.is_web else path
        rows.reject(path, location, Rejection(reason, detail))
    return _finish(source, listing, rows, reading, sorted(classes | labels))


def _add_files(rows: SampleRows, source: FolderSource, listing: Listing, places: Sequence[FolderPath]) -> None:
    """The files of *listing* as samples, or as rejections where the folder at *places* has a problem."""
    unlabelled = None if source.allow_unlabeled else _NO_LABEL
    problems = [place.problem or (None if place.label else unlabelled) for place in places]
    is_bad = np.array([problem is not None for problem in problems], dtype=bool)[listing.folder_numbers]
    good = listing.files if not is_bad.any() else listing.files.filter(pa.array(~is_bad))
    columns: dict[SampleColumn, Values] = {
        "label_path": _of_folder(["/".join(place.label) for place in places], good),
        "split": _of_folder([place.split for place in places], good),
        "size": good["size"],
        "stored": good["stored"],
        "fingerprint": good["fingerprint"],
    }
    rows.add_samples(columns | _place_columns(source, good["path"], rows), good.num_rows)
    if good.num_rows == listing.count:
        return
    bad = listing.files.filter(pa.array(is_bad))
    place = _place_columns(source, bad["path"], rows)
    why: dict[RejectionColumn, Values] = {
        "sample_id": place["sample_id"],
        "location": place["location"],
        "stage": "discover",
        "reason": _of_folder([problem[0].value if problem else "" for problem in problems], bad),
        "detail": _of_folder([problem[1] if problem else "" for problem in problems], bad),
        "source_fingerprint": bad["fingerprint"],
    }
    rows.add_rejections(why, bad.num_rows)


def _of_folder(values: Sequence[str], files: pa.Table) -> pa.Array:
    """For each of *files* the one of *values* that belongs to its folder."""
    return pa.array(values, pa.string()).take(files["folder"].combine_chunks())


def _place_columns(source: SourceSettings, paths: pa.ChunkedArray, rows: SampleRows) -> dict[SampleColumn, Values]:
    """How listed files are read: an http root's files are web places."""
    if not source.is_web:
        return {"sample_id": rows.ids(paths), "kind": "store", "location": paths}
    base = f"{source.path.rstrip('/')}/"
    locations = pa.array([web_address(base, path) for path in paths.to_pylist()], pa.string())
    return {"sample_id": rows.ids(paths), "kind": "web", "location": locations}


def _uneven_notices(places: Sequence[FolderPath]) -> list[str]:
    depths = {len(place.label) for place in places if place.label and place.problem is None}
    if len(depths) < 2:
        return []
    return [
        f"The hierarchy is uneven: its label paths have {min(depths)} to {max(depths)} levels; "
        "levels that a path lacks are -1"
    ]


def _finish(
    source: FolderSource, listing: Listing, rows: SampleRows, reading: FolderReading, classes: list[tuple[str, ...]]
) -> Discovery:
    rows.ignored.update(ignored_in(listing))
    depth = max((len(label) for label in classes), default=1)
    return Discovery(
        layout=reading.layout,
        why=reading.why,
        samples=rows.samples(),
        rejections=rows.rejections,
        class_paths=tuple("/".join(label) for label in classes),
        ignored=dict(rows.ignored),
        notices=(*rows.notices, *naming_notices(listing.folders, classes), *_unused(source, listing, depth)),
        access=(SourceAccess(source.name, source.place, follow_links=source.follow_links),),
        levels=level_names(source.levels, depth) if depth > 1 else (),
    )


def _unused(source: FolderSource, listing: Listing, depth: int) -> Iterator[str]:
    """Sentences on keys of *source* that name levels or folders which *listing*, of *depth* levels, does not have."""
    if surplus := source.levels[depth:]:
        has = f"{depth} level{'s' * (depth > 1)}"
        yield f"`levels` names {', '.join(surplus)} too, and the labels of this source have {has}"
    if names := [name for name in source.ignore_dirs if not name.startswith("/")]:
        there = {part.casefold() for folder in listing.folders for part in folder.split("/")}
        if missing := [name for name in names if name.casefold() not in there]:
            yield f"`ignore_dirs` names {', '.join(missing[:10])}, and no folder is called so"


def ignored_in(listing: Listing) -> dict[str, int]:
    """What the walk passed over, with counts by reason: files of other kinds, too."""
    others = sum(listing.others.values())
    return {**listing.ignored, **({"no image's extension": others} if others else {})}


def level_names(named: Sequence[str], depth: int) -> tuple[str, ...]:
    """A name for each of *depth* levels: those of the config, then ``l0``, ``l1`` and so on."""
    return tuple(named[level] if level < len(named) else f"l{level}" for level in range(depth))


def require_images(listing: Listing, source: SourceSettings) -> None:
    """Raise `LayoutError` where *listing* has no image, saying what lies there."""
    if listing.count or listing.refused:
        return
    root = redact_url(listing.root.url)
    if not listing.others and not listing.folders:
        raise LayoutError(f"No image found: {root} is empty. Check `source.path`.")
    most = sorted(listing.others.items(), key=lambda other: (-other[1], other[0]))[:5]
    there = ", ".join(f"{count} × {suffix}" for suffix, count in most) or "only folders"
    if links := listing.ignored["links to folders"]:
        there += f", {links} × link to a folder, which `source.follow_links: true` follows"
    suffixes = ", ".join(sorted(source.extensions))
    raise LayoutError(
        f"No image found under {root} (looked for {suffixes}; there is {there}). {_of_archives(listing, source)}"
        "Check `source.path`, or add the extension to `source.extensions`."
    )


def require_readable(listing: Listing, source: SourceSettings) -> None:
    """Raise `LayoutError` where *listing* has no image, or all that it found are left out."""
    require_images(listing, source)
    if listing.count or not listing.refused:
        return
    path, _, why = listing.refused[0]
    raise LayoutError(
        f"No image under {redact_url(listing.root.url)} can be read: {len(listing.refused):,} are left out, such as "
        f"{quote_location(decode_name(path))}: {why}."
    )


def _of_archives(listing: Listing, source: SourceSettings) -> str:
    """What can be done about archives that hold all there is; empty where there are none."""
    if listing.nested or (listing.archives and archive_of(listing.root) is not None):
        held = (listing.nested or listing.archives)[0]
        return f"Archives within archives stay closed ({held}): unpack the outer one once. "
    if not listing.archives or (source.archives and not source.is_web):
        return ""
    count = len(listing.archives)
    more = f" and {count - 1:,} more are archives" if count > 1 else " is an archive"
    lie = f"{listing.archives[0]}{more}"
    if source.is_web:
        return f"{lie}: name one in `path:` under `source`, or download and unpack. "
    name = decode_name(listing.archives[0])
    alone = f", and `path: {redact_url(listing.root.child(name).url)}` reads that one alone" if count > 1 else ""
    return f"{lie}: `archives: true` under `source` reads {'them' if count > 1 else 'it'} in place{alone}. "


def archive_notices(listing: Listing, source: SourceSettings) -> list[str]:
    """What is to be said of archives: which are not looked into, and whose names are guesses."""
    return [*_closed(listing, source), *_guessed(listing.guessed)]


def _guessed(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    many = f"the names of {len(names):,} images" if len(names) > 1 else "the name of an image"
    return [
        f"Nothing says in which encoding {many} in the archive, such as {names[0]}, are written; they are read as code "
        "page 437. Pack it anew with names in UTF-8 if they look wrong"
    ]


def _closed(listing: Listing, source: SourceSettings) -> list[str]:
    closed = listing.nested if source.archives else listing.archives
    if not closed:
        return []
    shown = ", ".join(closed[:3]) + (f" and {len(closed) - 3:,} more" if len(closed) > 3 else "")
    inner = source.archives or archive_of(listing.root) is not None
    how = "archives within archives stay closed" if inner else "`archives: true` under `source` reads archives too"
    return [f"Not looked into: {shown}; {how}"]


def images_under(source: SourceSettings) -> Listing:
    """Everything below the source's folder."""
    listing = scan_images(source.place, source)
    if listing is None:
        raise LayoutError(f"{redact_url(source.path)} could not be listed to its end. Run it again.")
    return listing
