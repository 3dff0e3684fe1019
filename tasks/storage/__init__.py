"""Files in the output and the sources: local disks and every fsspec store, behind one small set of promises."""

from __future__ import annotations

from tasks.samples import StoreUrl
from tasks.storage.claims import claimed_folder
from tasks.storage.durable import sync_file, sync_folder
from tasks.storage.local import LocalStore
from tasks.storage.names import OLD_POOL, POOL, TEMPORARY_PREFIX, WORKPLACE, in_pool, is_own, is_shard_name
from tasks.storage.remote import RemoteStore
from tasks.storage.schemes import require_scheme, scheme_problem
from tasks.storage.spooled import is_read_once, open_local
from tasks.storage.store import Store, StoredFile, told
from tasks.storage.urls import as_link, is_url, local_path, no_such, quote_location, redact_url


def open_store(place: StoreUrl) -> Store:
    """The store at *place*: a local folder, or whatever fsspec reaches.

    Raises:
        ConfigError: No such file system is known, or the package for it is missing.
        OutputError: It cannot be opened.
    """
    url = (
        place.url.removeprefix("file://").removeprefix("local://") if place.url.startswith(("file:", "local:")) else ""
    )
    if place.is_local or url:
        return LocalStore(StoreUrl(url or place.url))
    require_scheme(place.url)
    return RemoteStore(place)


__all__ = [
    "OLD_POOL",
    "POOL",
    "TEMPORARY_PREFIX",
    "WORKPLACE",
    "LocalStore",
    "RemoteStore",
    "Store",
    "StoredFile",
    "as_link",
    "claimed_folder",
    "in_pool",
    "is_own",
    "is_read_once",
    "is_shard_name",
    "is_url",
    "local_path",
    "no_such",
    "open_local",
    "open_store",
    "quote_location",
    "redact_url",
    "require_scheme",
    "scheme_problem",
    "sync_file",
    "sync_folder",
    "told",
]
