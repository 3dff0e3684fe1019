"""Arrow files as Hugging Face saves sets: which of them are the set, and which are caches of what was made of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence

from tasks.errors import LayoutError
from tasks.records.columnar_files import is_arrow
from tasks.samples import StoreUrl
from tasks.storage.archive_store import beginning_of

_STATE = "state.json"
_NOTES = (_STATE, "dataset_info.json", "dataset_dict.json")
_CACHES = ("cache-", "tmp")
_LARGEST = 1 << 22


def without_caches(root: StoreUrl, paths: Sequence[str], every: Collection[str]) -> tuple[list[str], list[str]]:
    """*paths* without Arrow files that belong to no set, and a sentence on each folder of those.

    Args:
        root: The source's path.
        paths: Of tables, relative to it.
        every: The paths of all files there.

    Raises:
        LayoutError: A set's rows are picked by a second file, which is not read.
    """
    folders: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if is_arrow(path):
            folders[path.rpartition("/")[0]].append(path)
    there = set(every)
    gone: dict[str, list[str]] = {}
    for folder, members in folders.items():
        head = f"{folder}/" if folder else ""
        if any(f"{head}{note}" in there for note in _NOTES):
            kept = _data_files(root, f"{head}{_STATE}") if f"{head}{_STATE}" in there else None
            gone[folder] = [path for path in members if _is_cache(path.rpartition("/")[2], kept)]
    lost = {path for members in gone.values() for path in members}
    said = [
        f"Left out as caches of Hugging Face's, and no part of the set: {', '.join(found[:3])}"
        + (f" and {len(found) - 3:,} more" if len(found) > 3 else "")
        for found in gone.values()
        if found
    ]
    return [path for path in paths if path not in lost], said


def _is_cache(name: str, kept: Collection[str] | None) -> bool:
    return name not in kept if kept is not None else name.startswith(_CACHES)


def _data_files(root: StoreUrl, path: str) -> set[str] | None:
    """The names of the files that the state at *path* calls those of the set; None where it names none."""
    try:
        state = json.loads(beginning_of(root, path, _LARGEST))
        files = {str(one["filename"]) for one in state["_data_files"]}
    except (ValueError, KeyError, TypeError):
        return None
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise LayoutError(
            f"{path} says that the rows of the set are picked by a second file, which is not read: save the set anew "
            "with `flatten_indices()` before `save_to_disk`."
        )
    return files or None
