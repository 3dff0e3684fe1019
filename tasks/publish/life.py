"""Life after publishing: back to an older version, kept for good, compared."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, TypedDict

from tasks.errors import ConfigError, OutputError, RefusedError, UnknownVersionError, VersionError
from tasks.plan import Rows
from tasks.publish.ages import clock_of, renew_old
from tasks.publish.commits import create_commit
from tasks.publish.derived.repair import pinned_versions
from tasks.publish.documents import (
    COMMITS,
    FORMAT,
    PINS,
    Commit,
    Pin,
    PurgedRef,
    content_path,
    format_of,
    read_document,
)
from tasks.publish.history import Version, list_all_versions, read_commit
from tasks.publish.manifest import Manifest
from tasks.publish.pool import move_pool, with_moved
from tasks.publish.row_index import read_rows
from tasks.publish.runs import new_run_id, now
from tasks.publish.verify import require_files
from tasks.publish.versions import open_version, settings_of
from tasks.shards.schema import PublishedPixels
from tasks.storage import Store, redact_url

_ADMITTING = frozenset(
    "min_side max_pixels max_aspect formats allow_truncated strict_extensions libraries dtype order measures".split()
)
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def roll_back(store: Store, number: int) -> Commit:
    """Make version *number* the newest again, by a commit that holds: runs are refused until a release.

    Raises:
        VersionError: There is no such version, or its files are no longer there.
        RefusedError: A run published in the meantime.
    """
    version = open_version(store, number)
    _renew(store, version)
    require_files(store, version.manifest.files)
    return _commit_again(store, version, kind="rollback")


def _renew(store: Store, version: Version) -> None:
    """Keep retention, which may be at work, from what is about to be named again."""
    wanted = {version.commit.manifest, *(file.path for file in version.manifest.files)}
    folders = sorted({path.partition("/")[0] for path in wanted})
    files = [file for folder in folders for file in store.list_files(folder) if file.path in wanted]
    clock = clock_of(store, [*files, *store.list_files(COMMITS)])
    renew_old(store, files, clock, settings_of(version, store).grace)


def release(store: Store) -> Commit:
    """Let runs publish again after a rollback.

    Raises:
        RefusedError: The newest version is not held, or a run published in the meantime.
    """
    version = open_version(store, None)
    if not version.commit.hold:
        raise RefusedError(f"Version {version.commit.version} is not held; there is nothing to release.")
    return _commit_again(store, version, kind="release")


def _commit_again(store: Store, version: Version, kind: Literal["rollback", "release"]) -> Commit:
    """A commit of a manifest that is there; class lists stay the longest, so that no id is used twice."""
    newest = list_all_versions(store)[-1]
    if version.commit.format < FORMAT:
        version = _in_format(store, version)
    purged, names = _purged_ever(store, newest), _class_names_ever(store, newest)
    commit = Commit(
        format=format_of(names, purged),
        version=newest + 1,
        dataset=version.commit.dataset,
        kind=kind,
        time=now(),
        hold=kind == "rollback",
        manifest=version.commit.manifest,
        manifest_sha256=version.commit.manifest_sha256,
        class_names=names,
        run=new_run_id(),
        purged=purged,
    )
    if problems := create_commit(store, commit):
        raise OutputError(problems[0])
    return commit


def _purged_ever(store: Store, newest: int) -> PurgedRef | None:
    """What the commit *newest* says was taken out; where it is damaged, the last one that can be read."""
    for number in range(newest, 0, -1):
        with suppress(VersionError):
            return read_commit(store, number).purged
    return None


def _class_names_ever(store: Store, newest: int) -> dict[str, list[str]]:
    """The class lists of the commit *newest*; where it is damaged, the longest of those that can still be read."""
    names: dict[str, list[str]] = {}
    for number in range(newest, 0, -1):
        with suppress(VersionError):
            names = dict(read_commit(store, number).class_names)
            break
    if number == newest:
        return names
    for file in store.list_files("manifests"):
        with suppress(VersionError):
            manifest = read_document(store, file.path, Manifest)
            for column, longer in manifest.class_names.items():
                known = names.get(column, [])
                if len(longer) > len(known) and longer[: len(known)] == known:
                    names[column] = longer
    return names


def _in_format(store: Store, version: Version) -> Version:
    """*version*, which is of an older format, as one of today's: its manifest names the shards where they are now."""
    move_pool(store)
    data = with_moved(store, version.manifest).to_bytes()
    path, digest = content_path("manifests", data, ".json")
    store.replace(path, data)
    return replace(version, commit=version.commit.model_copy(update={"manifest": path, "manifest_sha256": digest}))


def pin(store: Store, number: int, name: str) -> str:
    """Keep version *number* for good under *name*; return the pin's place.

    Raises:
        ConfigError: *name* is no name, or is another version's.
        VersionError: There is no such version.
    """
    if not _PIN.fullmatch(name):
        raise ConfigError(f"A pin's name is letters, digits, dots and hyphens, at most 100; {name[:60]!r} is not.")
    open_version(store, number)
    path = f"{PINS}/{name}.json"
    try:
        store.create(path, Pin(format=FORMAT, version=number, time=now()).to_bytes())
    except FileExistsError:
        held = read_document(store, path, Pin).version
        if held != number:
            raise ConfigError(f"The pin {name!r} keeps version {held} already. Choose another name.") from None
    try:
        open_version(store, number)  # it may have been deleted just before it was pinned
    except VersionError:
        store.delete([path])
        raise
    return path


def unpin(store: Store, number: int) -> list[str]:
    """Remove all pins of version *number*; return their names.

    Raises:
        UnknownVersionError: It has none.
    """
    names = pinned_versions(store).get(number, [])
    if not names:
        raise UnknownVersionError(f"Version {number} of {redact_url(store.place.url)} is not pinned.")
    store.delete(f"{PINS}/{name}.json" for name in names)
    return names


class PixelChange(TypedDict):
    """Rows of two versions that have other pixels though the source's bytes are the same.

    Attributes:
        rows: How many there are.
        settings: What made them so: each key of the config with its value before and after.
    """

    rows: int
    settings: dict[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is in one version and not in another, or differs.

    Attributes:
        added: Ids that only the second has.
        removed: Ids that only the first has.
        changed: Ids whose source bytes differ.
        relabelled: Ids whose class differs, with both names.
        resplit: Ids whose split differs.
        pixels: Rows of both that have other pixels though the source's bytes are the same.
        near: How many pairs of near duplicates there are (``pairs``), of them ``leaks`` and ``suspects``, in the first
            and in the second; None where a version's images are not measured.
    """

    added: list[str]
    removed: list[str]
    changed: list[str]
    relabelled: dict[str, tuple[str, str]]
    resplit: list[str]
    pixels: PixelChange
    near: dict[str, tuple[int | None, int | None]]


def compare_versions(store: Store, first: int, second: int) -> Difference:
    """What changed from version *first* to version *second*, row by row.

    Raises:
        VersionError: One of them is not there, or damaged.
    """
    versions = [open_version(store, number) for number in (first, second)]
    old, new = (_by_id(read_rows(store, version.manifest.shards)) for version in versions)
    both = sorted(old.keys() & new.keys())
    settings = shaping_changes(*(version.manifest.pixels for version in versions))
    same = sum(old[key][0] == new[key][0] for key in both) if settings else 0
    return Difference(
        pixels={"rows": same, "settings": settings},
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        changed=[key for key in both if old[key][0] != new[key][0]],
        relabelled={key: (old[key][1], new[key][1]) for key in both if old[key][1] != new[key][1]},
        resplit=[key for key in both if old[key][2] != new[key][2]],
        near={
            name: (versions[0].manifest.near.get(name), versions[1].manifest.near.get(name))
            for name in ("pairs", "leaks", "suspects")
        },
    )


def shaping_changes(old: PublishedPixels, new: PublishedPixels) -> dict[str, tuple[object, object]]:
    """The keys of the config that shape pixels and differ, with both values; not what only says what is admitted."""
    was, becomes = ({"kernel": "pillow", **spec} for spec in (old, new))  # specs of earlier versions do not name it
    changed = [key for key in was | becomes if key not in _ADMITTING and was.get(key) != becomes.get(key)]
    return {_section(key): (was.get(key), becomes.get(key)) for key in changed}


def _section(key: str) -> str:
    return f"write.{key}" if key in {"pixels", "quality"} else f"resize.{key}"


def _by_id(rows: Rows) -> dict[str, tuple[str, str, str]]:
    columns = [rows.table[name].to_pylist() for name in ("content_sha256", "label_name", "split")]
    return dict(zip(rows.table["sample_id"].to_pylist(), zip(*columns, strict=True), strict=True))
