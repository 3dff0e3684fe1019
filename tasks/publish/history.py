"""What was published before: the commits of an output, and the newest version."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass

from tasks.errors import VersionError
from tasks.publish.documents import COMMITS, FORMAT, LATEST, RESTORE, Commit, commit_path, parse_document, read_document
from tasks.publish.guest import is_own_latest
from tasks.publish.manifest import Manifest
from tasks.publish.pool import with_moved
from tasks.storage import Store, redact_url

_COMMIT = re.compile(r"commits/([0-9]{6,})\.json")


class MissingVersionError(VersionError):
    """A version's manifest is not there: it was pruned, or lost."""


@dataclass(frozen=True, slots=True)
class History:
    """The past of an output.

    Attributes:
        newest: The newest commit; None where nothing was published.
        manifest: The newest version; None likewise.
    """

    newest: Commit | None = None
    manifest: Manifest | None = None

    @property
    def version(self) -> int:
        """The newest version's number; 0 where nothing was published."""
        return self.newest.version if self.newest else 0

    @property
    def is_current(self) -> bool:
        """Whether the newest commit is of today's format, so that the pool has its name of today."""
        return self.newest is not None and self.newest.format >= FORMAT

    @property
    def class_names(self) -> dict[str, list[str]]:
        """For each label column every class name there ever was, in the order of its id."""
        return self.newest.class_names if self.newest else {}


@dataclass(frozen=True, slots=True)
class Version:
    """One version that can be opened.

    Attributes:
        commit: What made it.
        manifest: What it is.
    """

    commit: Commit
    manifest: Manifest


def list_versions(store: Store) -> list[int]:
    """The numbers of all commits, ascending.

    Raises:
        VersionError: A number is missing, so that a commit was lost.
    """
    found = [match for file in store.list_files(COMMITS) if (match := _COMMIT.fullmatch(file.path))]
    numbers = sorted(int(match[1]) for match in found)
    if numbers != list(range(1, len(numbers) + 1)):
        missing = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
        raise VersionError(
            f"{redact_url(store.place.url)}: {commit_path(missing[0])} is missing, so a commit was lost. "
            "Restore it from a backup."
        )
    return numbers


def read_commit(store: Store, version: int) -> Commit:
    """The commit of *version*; `VersionError` where it is missing or damaged."""
    commit = read_document(store, commit_path(version), Commit)
    if commit.version != version:
        where = redact_url(f"{store.place.url}/{commit_path(version)}")
        raise VersionError(f"{where} is damaged: it is the commit of version {commit.version}. {RESTORE}")
    return commit


def read_manifest(store: Store, commit: Commit) -> Manifest:
    """The manifest that *commit* names; `VersionError` where it is missing, damaged, or not the one that was named."""
    where = f"{store.place.url}/{commit.manifest}"
    try:
        data = store.read_bytes(commit.manifest)
    except FileNotFoundError:
        raise MissingVersionError(
            f"Version {commit.version} is no longer there: {redact_url(where)} is missing. "
            "It was pruned, or lost; another version can be opened or rolled back to."
        ) from None
    if hashlib.sha256(data).hexdigest() != commit.manifest_sha256:
        raise VersionError(
            f"{redact_url(where)} is damaged: its SHA-256 is not the one that its commit names. {RESTORE}"
        )
    return with_moved(store, parse_document(data, Manifest, where))


def read_history(store: Store) -> History:
    """The newest commit and version of *store*; empty where nothing was published.

    Raises:
        VersionError: A commit or the newest manifest is missing or damaged.
    """
    versions = list_all_versions(store)
    if not versions:
        return History()
    newest = read_commit(store, versions[-1])
    return History(newest, read_manifest(store, newest))


def list_all_versions(store: Store) -> list[int]:
    """The numbers of all commits, ascending, after what is derived from them was asked whether there were more.

    Raises:
        VersionError: A commit was lost, be it the newest.
    """
    versions, named = list_versions(store), latest_version(store)
    if named > len(versions):
        versions = list_versions(store)  # another run may have published in the meantime
    if named > len(versions):
        raise VersionError(
            f"{redact_url(store.place.url)}: {LATEST} names version {named}, and {commit_path(named)} is missing, so "
            f"a commit was lost. Restore it from a backup, or delete {LATEST} to go on without it."
        )
    return versions


def latest_version(store: Store) -> int:
    """The version that `latest.json` names; 0 where it is missing or damaged, since it is made anew."""
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
        data = store.read_bytes(LATEST)
        version = json.loads(data)["version"]
        return version if isinstance(version, int) and is_own_latest(data) else 0
    return 0


def read_version(store: Store, number: int) -> Version:
    """Version *number* of *store*; `VersionError` where its commit or manifest is missing or damaged."""
    commit = read_commit(store, number)
    return Version(commit, read_manifest(store, commit))
