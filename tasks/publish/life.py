"""Life after publishing: back to an older version, kept for good, compared, verified."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tasks.errors import ConfigError, RefusedError, VersionError
from tasks.plan import Rows
from tasks.publish.commits import create_commit
from tasks.publish.derived import pinned_versions
from tasks.publish.documents import FORMAT, Commit
from tasks.publish.history import Version, list_versions, read_commit, read_version
from tasks.publish.row_index import read_rows
from tasks.publish.runs import now
from tasks.publish.verify import file_problem, require_files
from tasks.publish.versions import open_version
from tasks.storage import Store, redact_url

_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_READERS = 2


def roll_back(store: Store, number: int) -> Commit:
    """Make version *number* the newest again, by a commit that holds: runs are refused until a release.

    Raises:
        VersionError: There is no such version, or its files are no longer there.
    """
    version = open_version(store, number)
    require_files(store, version.manifest.files)
    return _commit_again(store, version, kind="rollback")


def release(store: Store) -> Commit:
    """Let runs publish again after a rollback.

    Raises:
        RefusedError: The newest version is not held.
    """
    version = open_version(store, None)
    if not version.commit.hold:
        raise RefusedError(f"Version {version.commit.version} is not held; there is nothing to release.")
    return _commit_again(store, version, kind="release")


def _commit_again(store: Store, version: Version, kind: Any) -> Commit:
    """A commit of a manifest that is there; class lists stay the newest, so that no id is used twice."""
    newest = read_commit(store, max(list_versions(store)))
    commit = Commit(
        version=newest.version + 1,
        dataset=newest.dataset,
        kind=kind,
        time=now(),
        hold=kind == "rollback",
        manifest=version.commit.manifest,
        manifest_sha256=version.commit.manifest_sha256,
        class_names=newest.class_names,
    )
    create_commit(store, commit)
    return commit


def pin(store: Store, number: int, name: str) -> str:
    """Keep version *number* for good under *name*; return the pin's place.

    Raises:
        ConfigError: *name* is no name, or is another version's.
        VersionError: There is no such version.
    """
    if not _PIN.fullmatch(name):
        raise ConfigError(f"A pin's name is letters, digits, dots and hyphens, at most 100; {name[:60]!r} is not.")
    open_version(store, number)
    path = f"pins/{name}.json"
    try:
        store.create(path, json.dumps({"format": FORMAT, "version": number, "time": now()}).encode())
    except FileExistsError:
        held = next((version for version, names in pinned_versions(store).items() if name in names), None)
        if held != number:
            raise ConfigError(f"The pin {name!r} keeps version {held} already. Choose another name.") from None
    return path


def unpin(store: Store, number: int) -> list[str]:
    """Remove all pins of version *number*; return their names.

    Raises:
        VersionError: It has none.
    """
    names = pinned_versions(store).get(number, [])
    if not names:
        raise VersionError(f"Version {number} of {redact_url(store.place.url)} is not pinned.")
    store.delete(f"pins/{name}.json" for name in names)
    return names


@dataclass(frozen=True, slots=True)
class Difference:
    """What is in one version and not in another, or differs.

    Attributes:
        added: Ids that only the second has.
        removed: Ids that only the first has.
        changed: Ids whose source bytes differ.
        relabelled: Ids whose class differs, with both names.
        resplit: Ids whose split differs.
    """

    added: list[str]
    removed: list[str]
    changed: list[str]
    relabelled: dict[str, tuple[str, str]]
    resplit: list[str]


def compare_versions(store: Store, first: int, second: int) -> Difference:
    """What changed from version *first* to version *second*, row by row.

    Raises:
        VersionError: One of them is not there, or damaged.
    """
    old, new = (_by_id(read_rows(store, open_version(store, number).manifest.shards)) for number in (first, second))
    both = sorted(old.keys() & new.keys())
    return Difference(
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        changed=[key for key in both if old[key][0] != new[key][0]],
        relabelled={key: (old[key][1], new[key][1]) for key in both if old[key][1] != new[key][1]},
        resplit=[key for key in both if old[key][2] != new[key][2]],
    )


def _by_id(rows: Rows) -> dict[str, tuple[str, str, str]]:
    columns = [rows.table[name].to_pylist() for name in ("content_sha256", "label_name", "split")]
    return dict(zip(rows.table["sample_id"].to_pylist(), zip(*columns, strict=True), strict=True))


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying a version came to.

    Attributes:
        version: Its number.
        files: How many files were read.
        bytes: How many bytes.
        problems: What is wrong: a file and a sentence each.
    """

    version: int
    files: int
    bytes: int
    problems: tuple[tuple[str, str], ...]


def verify_version(store: Store, number: int | None, part: tuple[int, int] = (1, 1)) -> Verified:
    """Read every byte of version *number*, or of the newest, against its manifest.

    Args:
        store: The output.
        number: A version's number; None for the newest.
        part: Which share of the files to read, of how many: ``(2, 7)`` reads the second seventh, so that seven nights
            read all.

    Raises:
        VersionError: There is no such version, or its commit or manifest is damaged.
    """
    version = open_version(store, number) if number is None else read_version(store, number)
    chosen, parts = part
    files = [file for index, file in enumerate(version.manifest.files) if index % parts == chosen - 1]
    with ThreadPoolExecutor(_READERS) as pool:
        found = list(pool.map(lambda file: (file.path, file_problem(store, file)), files))
    problems = [(path, problem) for path, problem in found if problem]
    problems += _class_problems(version)
    return Verified(version.commit.version, len(files), sum(file.bytes for file in files), tuple(problems))


def _class_problems(version: Version) -> Iterator[tuple[str, str]]:
    """Class lists of the manifest that are no prefix of the commit's, and sums that do not add up."""
    for column, names in version.manifest.class_names.items():
        if version.commit.class_names.get(column, [])[: len(names)] != names:
            yield version.commit.manifest, f"its class list {column} is no prefix of its commit's"
    rows: Counter[str] = Counter()
    for shard in version.manifest.shards:
        rows[shard.split] += shard.rows
    if dict(rows) != {split: count for split, count in version.manifest.splits.items() if count}:
        yield version.commit.manifest, "its rows by split are not those of its shards"
