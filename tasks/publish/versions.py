"""What a training job asks of an output: which versions there are, and which files one consists of."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from tasks.errors import ConfigError, UnknownVersionError, VersionError
from tasks.publish.derived.repair import pinned_versions
from tasks.publish.derived.views import list_views, view_name
from tasks.publish.history import Version, list_all_versions, read_commit, read_manifest, read_version
from tasks.publish.settings import OutputSettings
from tasks.storage import LocalStore, Store, no_such, redact_url


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One line of the list of versions.

    Attributes:
        version: Its number.
        kind: What made it; ``damaged`` where its commit cannot be read.
        time: When.
        hold: Whether runs are refused until a release.
        rows: How many rows it has; None where it was pruned, or is damaged.
        shards: How many shards; None likewise.
        bytes: Their size; None likewise.
        rejected: Images left out; None likewise.
        newest: Whether it is what readers get.
        pins: The names under which it is kept for good.
    """

    version: int
    kind: str
    time: str
    hold: bool
    rows: int | None
    shards: int | None
    bytes: int | None
    rejected: int | None
    newest: bool = False
    pins: tuple[str, ...] = ()


def describe_versions(store: Store) -> list[VersionLine]:
    """Every version there ever was, oldest first.

    Raises:
        UnknownVersionError: There is none.
        VersionError: A commit is missing or damaged.
    """
    numbers = _numbers(store)
    pins: dict[int, list[str]] = {}
    with suppress(VersionError):  # `verify` says what is wrong with a pin
        pins = pinned_versions(store)
    return [
        replace(_describe(store, number), newest=number == numbers[-1], pins=tuple(sorted(pins.get(number, ()))))
        for number in numbers
    ]


def _numbers(store: Store) -> list[int]:
    numbers = list_all_versions(store)
    if not numbers:
        if isinstance(store, LocalStore) and not store.root.exists():
            raise UnknownVersionError(f"{no_such('folder', store.place.url)} Name the output of a published dataset.")
        raise UnknownVersionError(f"{redact_url(store.place.url)} holds no version: nothing was published there.")
    return numbers


def _describe(store: Store, number: int) -> VersionLine:
    try:
        commit = read_commit(store, number)
    except VersionError:
        return VersionLine(number, "damaged", "", False, None, None, None, None)
    head = (commit.version, commit.kind, commit.time, commit.hold)
    try:
        manifest = read_manifest(store, commit)
    except VersionError:
        return VersionLine(*head, None, None, None, None)
    size = sum(shard.bytes for shard in manifest.shards)
    return VersionLine(*head, manifest.rows, len(manifest.shards), size, manifest.counts.get("rejected", 0))


def open_version(store: Store, number: int | None) -> Version:
    """Version *number*, or the newest.

    Raises:
        UnknownVersionError: There is none of that number.
        VersionError: It was pruned, or is damaged.
    """
    numbers = _numbers(store)
    if number is not None and number not in numbers:
        span = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"version {numbers[0]} alone"
        raise UnknownVersionError(f"{redact_url(store.place.url)} has no version {number}; it has {span}.")
    return read_version(store, numbers[-1] if number is None else number)


def version_files(store: Store, number: int | None) -> list[str]:
    """The full places of the shards of version *number*, or of the newest: paths, or URLs."""
    version = open_version(store, number)
    return [store.place.child(shard.path).url for shard in version.manifest.shards]


def version_path(store: Store, number: int | None) -> str:
    """The folder of version *number*, or of the newest, that holds its Parquet and nothing else.

    Where a run has just published the newest version, or died as it did, the folder is that of the one before.

    Raises:
        ConfigError: The output is no local folder.
        VersionError: It has no such version, or its view is gone.
    """
    if not isinstance(store, LocalStore):
        raise ConfigError(
            f"{redact_url(store.place.url)} is an object store, where a version has no folder of its own. "
            "Use `parquetry files`, or the list in latest.json."
        )
    wanted = open_version(store, number).commit.version
    there = [version for version in list_views(store) if version == wanted or (number is None and version < wanted)]
    if not there:
        where = f"{store.place.url}/{view_name(wanted)}/data"
        raise VersionError(f"{where} is missing. Any run of the dataset repairs it; until then, use `parquetry files`.")
    return store.place.child(f"{view_name(there[-1])}/data").url


def page_place(store: Store, number: int | None) -> str:
    """The full place of the page of version *number*, or of the newest: a path, or a URL.

    Raises:
        VersionError: There is no such version, or it has no page any more.
    """
    version = open_version(store, number)
    page = version.manifest.page
    if page is None or not store.exists(page.path):
        gone = "was published without a page" if page is None else f"has lost its page, {page.path}"
        raise VersionError(
            f"Version {version.commit.version} of {redact_url(store.place.url)} {gone}. "
            f"`parquetry report ROOT {version.commit.version} --to FILE` makes it anew."
        )
    return redact_url(store.place.child(page.path).url)


def output_settings(store: Store) -> OutputSettings:
    """The `output` section that the newest version was published with, as far as it still has a meaning.

    Raises:
        UnknownVersionError: There is no version.
    """
    return settings_of(open_version(store, None), store)


def settings_of(version: Version, store: Store) -> OutputSettings:
    """The `output` section that *version* was published with, as far as it still has a meaning."""
    published = version.manifest.output.items()
    known = {key: value for key, value in published if key in {"keep_versions", "grace_days"}}
    return OutputSettings.model_validate({"path": store.place.url, **known})
