"""Whether a worker reaches what its shards need: the output of the run, and the sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from tasks.columns import SampleRow
from tasks.errors import DatasetError
from tasks.fetch import FetchSettings
from tasks.fetch.answers import FetchFailure
from tasks.fetch.readers import SourceReader
from tasks.samples import SourceAccess, StoreUrl
from tasks.storage import Store, open_store, quote_location, redact_url

_TOKEN = "reach"  # noqa: S105 - a file's name


@dataclass(frozen=True, slots=True)
class Needed:
    """What the workers of a run must reach.

    Attributes:
        output: The root of the output.
        folder: The run's folder below it; it holds a file that says `token`.
        token: What only this run has written.
        access: How to read the samples, one entry a source.
        samples: A sample of each source that this process can read itself.
        fetch: The `fetch` section.
    """

    output: StoreUrl
    folder: str
    token: str
    access: tuple[SourceAccess, ...]
    samples: tuple[SampleRow, ...]
    fetch: FetchSettings


@dataclass(frozen=True, slots=True)
class Reached:
    """What one worker reached.

    Attributes:
        problem: What it does not reach, as the end of a sentence; empty if it reaches everything.
        file: What it wrote into the run's folder.
    """

    problem: str
    file: str = ""


def prepare_reach(store: Store, folder: str, needed: Needed) -> None:
    """Write what `look_around` looks for."""
    store.replace(f"{folder}/{_TOKEN}", needed.token.encode())


def look_around(needed: Needed) -> Reached:
    """What this process reaches; runs on a worker."""
    where = redact_url(needed.output.url)
    try:
        store = open_store(needed.output)
        if store.read_bytes(f"{needed.folder}/{_TOKEN}") != needed.token.encode():
            return Reached(f"the output {where}: another place has that name there")
        file = f"{needed.folder}/{_TOKEN}-{uuid4().hex}"
        store.create(file, b"")
    except FileNotFoundError:
        return Reached(f"the output {where}: what this run has written is not there")
    except (DatasetError, OSError) as error:
        return Reached(f"the output {where}: {error}")
    return Reached(next((problem for sample in needed.samples if (problem := _unread(sample, needed))), ""), file)


def readable_samples(samples: Sequence[SampleRow], needed: Needed) -> tuple[SampleRow, ...]:
    """Those of *samples* that this process can read."""
    return tuple(sample for sample in samples if not _unread(sample, needed))


def _unread(sample: SampleRow, needed: Needed) -> str:
    """Why *sample* cannot be read here, as the end of a sentence; empty if it can."""
    access = next(item for item in needed.access if item.name == sample["source"])
    try:
        SourceReader(access, needed.fetch).read(sample)
    except FetchFailure as failure:
        place = quote_location(sample["location"] or sample["label_file"])
        return f"the source {redact_url(access.root.url)}: {place} ({failure.detail})"
    return ""
