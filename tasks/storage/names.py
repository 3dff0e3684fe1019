"""The names that an output's files have: whatever has another one is somebody else's, and is left alone."""

from __future__ import annotations

import re

POOL = "_shards"
"""The folder of all shards. Readers pass over names that begin so: what is in it is not the data of any one version."""

OLD_POOL = "shards"
"""What the pool was called in outputs of format 1."""

WORKPLACE = "runs"
"""The folder below an output's root for what is not whole yet; what dead processes left in it is swept."""

TEMPORARY_PREFIX = ".parquetry-tmp-"
"""How the name of every file begins that is not whole yet."""

LOCK = ".lock"

_HASH = "[0-9a-f]{16}"
_WORK = "([0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}|((probe|view)-)?[0-9a-f]{32})"
_WORK_NAME = re.compile(rf"{_WORK}({re.escape(LOCK)})?|{re.escape(TEMPORARY_PREFIX)}.+")
_SHARD = rf"[^/]+-{_HASH}\.parquet"
_LASTING = {
    "commits": r"[0-9]{6,}\.json",
    "manifests": rf"{_HASH}\.json",
    POOL: _SHARD,
    OLD_POOL: _SHARD,
    "rejects": rf"{_HASH}\.parquet",
    "quality": rf"{_HASH}\.parquet",
    "reports": rf"{_HASH}\.(json|html)",
    "purged": rf"{_HASH}\.(json|done)",
}
_FORMS = {folder: re.compile(form) for folder, form in _LASTING.items()} | {WORKPLACE: _WORK_NAME}
_FILES = frozenset({"state.parquet", "state-copy.parquet"})


def is_work_name(name: str) -> bool:
    """Whether *name* is one that a run, or a part of one, gives to what is its own while it lives."""
    return _WORK_NAME.fullmatch(name) is not None


def is_shard_name(name: str) -> bool:
    """Whether *name* is one that a shard has, in the pool or in the view of a version."""
    return re.fullmatch(_SHARD, name) is not None


def is_own(path: str) -> bool:
    """Whether *path*, below an output's root, has the form of a name that runs give before they publish anything."""
    folder, slash, rest = path.partition("/")
    if not slash:
        return folder in _FILES
    form = _FORMS.get(folder)
    return form is not None and form.fullmatch(rest if folder != WORKPLACE else rest.partition("/")[0]) is not None


def own_folders() -> tuple[str, ...]:
    """The folders that runs make before they publish anything."""
    return tuple(_FORMS)


def in_pool(path: str) -> str:
    """What a shard of format 1 is called since the pool has its name of today; other paths stay as they are."""
    folder, _, name = path.partition("/")
    return f"{POOL}/{name}" if folder == OLD_POOL else path
