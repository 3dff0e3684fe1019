"""Everything that can be known to be wrong with a version: every byte of it, and of what says what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import pyarrow.parquet as pq

from tasks.errors import DatasetError, OutputError, VersionError
from tasks.label_kinds import ever_listed
from tasks.publish.derived.repair import latest_json, pinned_versions
from tasks.publish.derived.views import view_problem
from tasks.publish.documents import LATEST, commit_path
from tasks.publish.guest import is_own_latest
from tasks.publish.history import Version, latest_version, list_versions, read_commit, read_version
from tasks.publish.manifest import FileEntry
from tasks.publish.purges import purge_problems
from tasks.publish.state import PATH as STATE
from tasks.publish.state import read_state
from tasks.publish.verify import file_problem
from tasks.publish.versions import open_version
from tasks.samples import UNREADABLE
from tasks.shards.schema import class_names_of
from tasks.storage import OLD_POOL, POOL, LocalStore, Store
from tasks.wording import counted, size_text

_READERS = 2

Problem = tuple[str, str]
"""A file, below the output's root, and what is wrong with it."""


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
    problems: tuple[Problem, ...]

    @property
    def headline(self) -> str:
        """What was read, and whether it was whole."""
        read = f"version {self.version}: {counted(self.files, 'file')}, {size_text(self.bytes)}"
        return f"{read}: {counted(len(self.problems), 'problem')}" if self.problems else f"{read} as they were written"


def verify_version(store: Store, number: int | None, part: tuple[int, int] = (1, 1)) -> Verified:
    """Read every byte of version *number*, or of the newest, against its manifest; and the documents beside it.

    Args:
        store: The output.
        number: A version's number; None for the newest.
        part: Which share of the files to read, of how many: ``(2, 7)`` reads the second seventh, so that seven nights
            read all.

    Raises:
        VersionError: There is no such version, or its commit or manifest is damaged.
    """
    version = open_version(store, number)
    chosen, parts = part
    files = [file for index, file in enumerate(version.manifest.files) if index % parts == chosen - 1]
    with ThreadPoolExecutor(_READERS) as pool:
        found = list(pool.map(lambda file: list(_file_problems(store, version, file)), files))
    problems = [problem for group in found for problem in group]
    problems += [*_manifest_problems(version), *_problems_beside(store)]
    return Verified(version.commit.version, len(files), sum(file.bytes for file in files), tuple(problems))


def _file_problems(store: Store, version: Version, file: FileEntry) -> Iterator[Problem]:
    try:
        problem = file_problem(store, file) or (_shard_problem(store, version, file) if file.split else "")
    except OutputError as error:
        problem = f"cannot be read: {error.__cause__ or error}"
    if problem:
        yield file.path, problem
    if isinstance(store, LocalStore):
        yield from view_problem(store, version.commit.version, file)


def _shard_problem(store: Store, version: Version, file: FileEntry) -> str:
    """What a shard says of itself that its version does not; empty where they agree."""
    try:
        with store.open(file.path) as opened, pq.ParquetFile(opened) as parquet:
            rows, lists = parquet.metadata.num_rows, class_names_of(parquet.schema_arrow)
    except UNREADABLE as error:
        return f"is not a readable Parquet file: {str(error)[:100]}"
    if rows != file.rows:
        return f"has {rows} rows, not {file.rows}"
    longer = version.manifest.class_names
    wrong = [column for column, names in lists.items() if longer.get(column, [])[: len(names)] != names]
    return f"has a class list {wrong[0]} that is no prefix of its version's" if wrong else ""


def _manifest_problems(version: Version) -> Iterator[Problem]:
    """Class lists of the manifest that are no prefix of the commit's, and sums that do not add up."""
    for column, names in version.manifest.class_names.items():
        if list(ever_listed(version.commit.class_names, column)[: len(names)]) != names:
            yield version.commit.manifest, f"has a class list {column} that is no prefix of its commit's"
    rows: Counter[str] = Counter()
    for shard in version.manifest.shards:
        rows[shard.split] += shard.rows
    if dict(rows) != {split: count for split, count in version.manifest.splits.items() if count}:
        yield version.commit.manifest, "has other rows by split than its shards"


def _problems_beside(store: Store) -> Iterator[Problem]:
    """Damage of what belongs to all versions: commits, pins, the state, `latest.json`."""
    for number in list_versions(store):
        try:
            read_commit(store, number)
        except VersionError as error:
            yield commit_path(number), str(error)
    try:
        pinned_versions(store)
    except VersionError as error:
        yield "pins", str(error)
    with suppress(VersionError):  # which is told of above
        yield from purge_problems(store, read_commit(store, max(list_versions(store))))
    if notice := read_state(store).notice:
        yield STATE, notice
    if not _is_latest_whole(store):
        yield LATEST, "is damaged; any run of the dataset makes it anew"


def _is_latest_whole(store: Store) -> bool:
    """Whether `latest.json` is what it was made; one of an older version, or none, is no damage."""
    try:
        found = store.read_bytes(LATEST)
    except FileNotFoundError:
        return True
    if not is_own_latest(found):
        return True  # somebody else's
    number = latest_version(store)
    with suppress(DatasetError):
        made = latest_json(number, read_version(store, number).manifest)
        return number > 0 and _with_names_of_today(found) == _with_names_of_today(made)
    return number > 0


def _with_names_of_today(latest: bytes) -> bytes:
    """*latest*, of which one of format 1 has older names until the next version."""
    renamed = latest.replace(f'"path": "{OLD_POOL}/'.encode(), f'"path": "{POOL}/'.encode())
    return renamed.replace(b'{\n "format": 1,', b'{\n "format": 2,', 1)
