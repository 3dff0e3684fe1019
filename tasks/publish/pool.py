"""The pool of shards: what it was called before, and what in it nobody needs any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tasks.publish.documents import FORMAT
from tasks.publish.manifest import FileEntry, Manifest
from tasks.storage import OLD_POOL, POOL, Store, in_pool, is_own

_COPIERS = 8


def move_pool(store: Store) -> None:
    """Give every shard of an output of format 1 its name in the pool of today; it keeps the old one, too.

    Nothing that readers see changes: only the next commit, which is of today's format, names the new names, and the old
    ones are superseded by it. A run that dies on the way is gone on from.
    """
    old = [file.path for file in store.list_files(OLD_POOL) if is_own(file.path)]
    there = {file.path for file in store.list_files(POOL)} if old else set()
    wanted = [path for path in old if in_pool(path) not in there]
    with ThreadPoolExecutor(1 if store.is_local else _COPIERS) as pool:
        for _ in pool.map(lambda path: store.link(path, in_pool(path)), wanted):
            pass


def with_moved(store: Store, manifest: Manifest) -> Manifest:
    """*manifest* with the names that its shards have in the pool of today, as far as they have been moved there."""
    if manifest.format >= FORMAT:
        return manifest
    there = {file.path for file in store.list_files(POOL)}
    shards = [_moved(shard) if in_pool(shard.path) in there else shard for shard in manifest.shards]
    is_moved = all(shard.path == in_pool(shard.path) for shard in shards)
    return manifest.model_copy(update={"shards": shards, "format": FORMAT if is_moved else manifest.format})


def _moved(shard: FileEntry) -> FileEntry:
    return shard.model_copy(update={"path": in_pool(shard.path)})
