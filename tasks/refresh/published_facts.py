"""What is told of a version just published, to whoever follows it; that it cannot be read is no failure."""

from __future__ import annotations

from contextlib import suppress

from tasks.errors import DatasetError
from tasks.json_values import JsonObject
from tasks.publish.history import read_history, read_version
from tasks.redaction import redact_url
from tasks.refresh.drift_report import read_report
from tasks.refresh.outcome import RunOutcome
from tasks.report.document import Report
from tasks.samples import StoreUrl
from tasks.storage import open_store

_MOST_OF_FILES = 200_000
"""Characters of the list of files: parameters of a flow may take 512 KiB in all."""


def handover_facts(outcome: RunOutcome, place: StoreUrl) -> JsonObject:
    """The files of the version that *outcome* published at *place* (``files``), and its ``manifest_sha256``.

    A list of files that is too long to be a parameter of a flow is empty; `parquetry files` prints it.
    """
    if outcome.outcome != "published":
        return {}
    with suppress(DatasetError, OSError):
        version = read_version(open_store(place), int(outcome.version or 0))
        files = [redact_url(place.child(shard.path).url) for shard in version.manifest.shards]
        fits = sum(map(len, files)) <= _MOST_OF_FILES
        return {"files": files if fits else [], "manifest_sha256": version.commit.manifest_sha256}
    return {"files": [], "manifest_sha256": ""}


def published_report(outcome: RunOutcome, place: StoreUrl) -> Report:
    """The report of the version that *outcome* published at *place*; empty without one, or where there is a newer."""
    with suppress(DatasetError, OSError, ValueError):
        store = open_store(place)
        history = read_history(store)
        if outcome.outcome == "published" and history.version == outcome.version:
            return read_report(store, history.manifest)
    return {}
