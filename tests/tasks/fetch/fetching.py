"""Fetches places as a shard would, with times that suit a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tasks.columns import Samples
from tasks.fetch import Fetched, Fetcher, FetchSettings
from tasks.plan import as_new
from tasks.samples import SAMPLE_SCHEMA, SourceAccess, StoreUrl

if TYPE_CHECKING:
    from tests.tasks.fetch.conftest import Web

ACCESS = [SourceAccess("", StoreUrl("/nowhere"))]


@contextmanager
def fetcher(web: Web | None = None, *, also: str = "", **settings: Any) -> Iterator[Fetcher]:
    """A fetcher that may dial *web*, and the host *also*."""
    quick = {"attempt_timeout_s": 2, "deadline_s": 5, "retries": 3} | settings
    hosts = [*([web.host] if web is not None else []), *([also] if also else [])]
    made = Fetcher(FetchSettings(allow_hosts=tuple(hosts), **quick), frozenset())
    try:
        yield made
    finally:
        made.close()


def web_rows(urls: Sequence[str]) -> Samples:
    """The samples of a plan that lie at *urls*."""
    unknown = dict.fromkeys(SAMPLE_SCHEMA.names, "") | {"label_paths": None, "label_row": -1}
    unknown |= {"label_offset": -1, "label_length": -1}
    rows = [unknown | {"sample_id": url, "kind": "web", "location": url, "size": -1} for url in urls]
    return as_new(pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA))


def fetch(urls: Sequence[str], web: Web | None, *, also: str = "", **settings: Any) -> list[Fetched]:
    """What became of *urls*."""
    with fetcher(web, also=also, **settings) as made:
        return list(made.fetch_ahead(web_rows(urls), ACCESS))


def one(url: str, web: Web | None, **settings: Any) -> Fetched:
    """What became of *url*."""
    (found,) = fetch([url], web, **settings)
    return found


def reason(found: Fetched) -> str:
    """Why there are no bytes; empty where there are."""
    return found.rejection.reason.value if found.rejection else ""
