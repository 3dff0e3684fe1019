"""What is derived from the commits, and repaired by every run: the card, latest.json, the local views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from tasks.errors import DatasetError, VersionError
from tasks.json_values import indented_json
from tasks.publish.derived.card import root_card
from tasks.publish.derived.croissant import croissant_json
from tasks.publish.derived.views import write_views
from tasks.publish.documents import CARD, CROISSANT, LATEST, PINS, Pin, format_of, read_document
from tasks.publish.guest import is_own_card, is_own_croissant, is_own_latest
from tasks.publish.history import Version, list_versions, read_version
from tasks.publish.manifest import Manifest, names_in_format
from tasks.publish.settings import OutputSettings
from tasks.storage import LocalStore, Store, redact_url

_ROUNDS = 5


def refresh_derived(store: Store, settings: OutputSettings) -> list[str]:
    """Make what is derived fit the newest commit; return what could not be done, a sentence each.

    The newest commit is read just before, and looked at again after: a run that slept must not put older ones back.
    """
    told: list[str] = []
    try:
        for _ in range(_ROUNDS):
            newest = max(list_versions(store), default=0)
            if newest:
                kept = kept_versions(store, settings, newest)
                told = _write(store, kept, newest)
            if max(list_versions(store), default=0) == newest:
                return told
    except (DatasetError, OSError) as error:
        return [f"The card, croissant.json, latest.json or a view could not be brought up to date: {error}"]
    return told


def kept_versions(store: Store, settings: OutputSettings, newest: int) -> dict[int, Version]:
    """The versions that retention keeps and that are still whole enough to be named, by number."""
    kept = {newest: read_version(store, newest)}
    numbers = set(range(max(1, newest - settings.keep_versions + 1), newest))
    with suppress(VersionError):  # retention says what is wrong with a pin
        numbers |= pinned_versions(store).keys()
    for number in numbers - {newest}:
        with suppress(VersionError):
            kept[number] = read_version(store, number)
    return dict(sorted(kept.items()))


def pinned_versions(store: Store) -> dict[int, list[str]]:
    """The versions that are kept for good, each with the names of its pins.

    Raises:
        VersionError: A pin is damaged, so that nobody knows what it keeps.
    """
    pins: dict[int, list[str]] = {}
    for file in (file for file in store.list_files(PINS) if file.path.endswith(".json")):
        pin = read_document(store, file.path, Pin)
        pins.setdefault(pin.version, []).append(file.path.removeprefix(f"{PINS}/").removesuffix(".json"))
    return pins


def _write(store: Store, kept: Mapping[int, Version], newest: int) -> list[str]:
    """Views first: who reads of a version finds it. Returns what is left as somebody else wrote it."""
    place = redact_url(store.place.url)
    if isinstance(store, LocalStore):
        write_views(store, kept)
    made = {
        CARD: (root_card(newest, kept, place, has_views=isinstance(store, LocalStore)).encode(), is_own_card),
        CROISSANT: (croissant_json(kept[newest], place), is_own_croissant),
        LATEST: (latest_json(newest, kept[newest].manifest), is_own_latest),
    }
    left = [path for path, (data, is_own) in made.items() if not _put(store, path, data, is_own)]
    return [f"{path} is somebody else's and is left as it is: move it away for the next run" for path in left]


def latest_json(version: int, manifest: Manifest) -> bytes:
    """The newest version and its files, for scripts."""
    files = [shard.model_dump(include={"path", "split", "rows", "bytes", "sha256"}) for shard in manifest.shards]
    names = names_in_format(manifest)
    value = {
        "format": format_of(names),
        "dataset": manifest.dataset,
        "version": version,
        "rows": manifest.rows,
        "class_names": names,
        "files": files,
        "rejects": manifest.rejects.path if manifest.rejects else None,
    }
    return indented_json(value).encode()


def _put(store: Store, path: str, data: bytes, is_own: Callable[[bytes], bool]) -> bool:
    """Make the file *path* hold *data*, unless there is another that is not ours; whether it does."""
    with suppress(FileNotFoundError):
        there = store.read_bytes(path)
        if there == data or not is_own(there):
            return there == data
    store.replace(path, data)
    return True
