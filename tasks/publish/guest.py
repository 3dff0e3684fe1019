"""An output is a guest in its folder: what lies there under other names than its own is somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from tasks.errors import OutputError
from tasks.publish.documents import CARD, CROISSANT, LATEST, PINS
from tasks.storage import Store, is_own, redact_url
from tasks.storage.names import own_folders

_SHOWN = 3
_MOST = 20
_DERIVED = frozenset({CARD, CROISSANT, LATEST, f"{PINS}/", "versions/"})
"""What is made only once there is a version."""

_OWN_FOLDERS = frozenset(f"{folder}/" for folder in own_folders())
_HARMLESS = frozenset({"lost+found/"})
"""What a file system makes by itself."""


def refuse_strangers(store: Store) -> None:
    """Raise `OutputError` where an output in which nothing is published holds what no run of ours has left there."""
    found = list(islice(_strangers(store), _MOST + 1))
    if found:
        where = redact_url(store.place.url)
        raise OutputError(
            f"output_not_empty: The output {where} holds what is not this dataset's: {some_names(found)}. An output is "
            "a folder of its own, in which files are replaced and deleted. Name one that is empty or not there yet: "
            f"`output: {{path: {redact_url(store.place.child('published').url)}}}`"
        )


def _strangers(store: Store) -> Iterator[str]:
    for name in store.list_names(""):
        if name in _OWN_FOLDERS:
            yield from (path for inner in store.list_names(name) if not is_own(path := f"{name}{inner.rstrip('/')}"))
        elif not is_own(name) and name not in _HARMLESS:
            yield name


def names_beside(store: Store) -> list[str]:
    """What lies in the root of an output that is not this dataset's."""
    known = _OWN_FOLDERS | _DERIVED | _HARMLESS
    return [name for name in store.list_names("") if name not in known and not is_own(name)]


def some_names(names: Sequence[str]) -> str:
    """The first few of *names*, and how many more there are."""
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return shown if more <= 0 else f"{shown} and {'many' if len(names) > _MOST else more} more"


def is_own_card(data: bytes) -> bool:
    """Whether *data* is a card that was made here, whole or damaged; what somebody wrote is neither."""
    return _is_ours(data, b"---\nconfigs:\n", lambda: b'"config_name": "' in data)


def is_own_latest(data: bytes) -> bool:
    """Whether *data* is a `latest.json` that was made here, whole or damaged."""
    return _is_ours(data, b'{\n "format": ', lambda: _has_keys(data))


def is_own_croissant(data: bytes) -> bool:
    """Whether *data* is a `croissant.json` that was made here, whole or damaged."""
    return _is_ours(data, b'{\n "@context": ', lambda: b'"@id": "shards"' in data)


def _has_keys(data: bytes) -> bool:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return b'"class_names"' in data
    return isinstance(found, dict) and {"format", "dataset", "version", "files"} <= found.keys()


def _is_ours(data: bytes, head: bytes, has_marks: Callable[[], bool]) -> bool:
    """Whether *data* has our marks, or is what damage leaves: nothing, zeros, or a part of the beginning."""
    return b"\0" in data or head.startswith(data.strip()) or data.startswith(head) or has_marks()
