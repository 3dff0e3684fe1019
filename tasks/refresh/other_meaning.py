"""What a source says otherwise than when it was published last, although its config reads it as it did then."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tasks.publish import Run
from tasks.publish.manifest import Manifest
from tasks.refresh.dataset import Dataset
from tasks.refresh.planning import PlannedRun
from tasks.report.relabelled import NOTHING, Relabelled, relabelled
from tasks.wording import HELD

_WHERE = frozenset({"path", "storage_options"})
"""Keys of a source that say where it lies, not how it is read."""


def new_doubts(dataset: Dataset, run: Run, planned: PlannedRun) -> tuple[str, ...]:
    """What speaks against the layouts that the config names; nothing where the version before knew of such.

    Nothing either on a first run, and where the config has come to read its sources otherwise.
    """
    manifest = run.history.manifest
    if manifest is None or not planned.discovery.doubts or any(HELD in notice for notice in manifest.notices):
        return ()
    return planned.discovery.doubts if _is_read_alike(dataset, manifest) else ()


def relabelled_rows(
    dataset: Dataset, run: Run, planned: PlannedRun, after: pa.Table, states: Mapping[str, int]
) -> Relabelled:
    """What became of the classes of images that were there before, where a label is one class.

    Args:
        dataset: What is brought up to date.
        run: The run that does it.
        planned: What it set out from.
        after: The rows it comes to, or the samples it is to make them of.
        states: How many images there are of each state, by which it is told whether any can have another class.
    """
    manifest = run.history.manifest
    is_as_before = states.get("unchanged") and not states.get("relabelled") and not states.get("moved")
    if manifest is None or is_as_before or planned.spec.label_kind != "single" or not _is_read_alike(dataset, manifest):
        return NOTHING
    return relabelled(planned.past.rows.published, after)


def _is_read_alike(dataset: Dataset, manifest: Manifest) -> bool:
    """Whether today's config reads the sources as that of *manifest* did, wherever they lie."""
    config = dataset.as_published()
    now, then = ([_how(source) for source in _listed(one.get("source"))] for one in (config, manifest.config))
    return now == then and config.get("labels") == manifest.config.get("labels")


def _listed(section: object) -> list[object]:
    return section if isinstance(section, list) else [section]


def _how(source: object) -> object:
    return {key: value for key, value in source.items() if key not in _WHERE} if isinstance(source, dict) else source
