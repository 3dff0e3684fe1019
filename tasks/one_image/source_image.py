"""The image in the source that a published row was made of, as it lies there now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Samples
from tasks.discover import discover_sources
from tasks.fetch import FetchSettings
from tasks.fetch.fetched import Fetched
from tasks.fetch.fetcher import Fetcher, trusted_hosts
from tasks.publish.lookup import Explanation
from tasks.refresh.dataset import Dataset
from tasks.samples import SAMPLE_SCHEMA, SourceAccess
from tasks.storage.archives import named_archive

_ONE = {"label_row": -1, "label_offset": -1, "label_length": -1, "size": -1}


def fetch_source(dataset: Dataset, row: Explanation) -> Fetched | None:
    """The bytes that *row*, as `explain_image` tells it, was made of, or why they cannot be had; None: not listed.

    A plain file of a folder is read where it lies; for all else the source is listed again.

    Raises:
        LayoutError: The source cannot be read any more as *dataset* says.
    """
    sample_id, place = str(row.get("sample_id", "")), str(row.get("source_uri") or row.get("location") or "")
    for samples, access in _likely(dataset, sample_id, place):
        found = _fetched(samples, access, dataset.fetch)
        if found.rejection is None:
            return found
    listed = discover_sources(dataset.sources, dataset.splits.names, dataset.split_lists)
    samples = listed.samples.filter(pc.equal(listed.samples["sample_id"], sample_id))
    return _fetched(samples.slice(0, 1), listed.access, dataset.fetch) if samples.num_rows else None


def _fetched(samples: Samples, access: tuple[SourceAccess, ...], settings: FetchSettings) -> Fetched:
    short = settings.model_copy(update={"retries": min(settings.retries, 1)})
    with closing(Fetcher(short, trusted_hosts(access))) as fetcher:
        return next(iter(fetcher.fetch_ahead(samples, access)))


def _likely(dataset: Dataset, sample_id: str, place: str) -> Iterator[tuple[Samples, tuple[SourceAccess, ...]]]:
    """The sample that an image of a folder would be, for each source that is one and may hold it."""
    for source in dataset.source:
        root = source.place
        is_its = len(dataset.source) == 1 or sample_id.startswith(f"{source.name}/")
        start = "" if root.is_local else f"{root.url}/"
        if is_its and place.startswith(start) and "::" not in root.url and named_archive(root) is None:
            access = SourceAccess(source.name, root, follow_links=source.follow_links)
            known = {"sample_id": sample_id, "source": source.name, "kind": "store", "location": place[len(start) :]}
            texts = {item.name: "" for item in SAMPLE_SCHEMA if pa.types.is_string(item.type)}
            yield pa.Table.from_pylist([texts | _ONE | known], schema=SAMPLE_SCHEMA), (access,)
