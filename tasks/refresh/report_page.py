"""The page of a version or of a run: made of what the run has at hand, or again of what is published."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Rejections
from tasks.errors import VersionError
from tasks.label_kinds import classes_of, kind_of_columns
from tasks.plan import Rows
from tasks.publish import Run
from tasks.publish.documents import content_path
from tasks.publish.history import Version, read_version
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.memory import overlaid
from tasks.publish.row_index import read_rejects, read_rows
from tasks.refresh.drift_report import RunFacts, read_report
from tasks.refresh.near_rows import read_pairs
from tasks.refresh.planning import PlannedRun
from tasks.refresh.small_pictures import shrink_confined
from tasks.report.changed_rows import COLUMNS, VersionRows
from tasks.report.document import Counts, GateRow, Report
from tasks.report.page import make_page
from tasks.report.page_facts import PageFacts, PageRows
from tasks.samples import REJECTION_SCHEMA
from tasks.storage import Store


def store_page(run: Run, facts: PageFacts) -> tuple[FileEntry | None, list[str]]:
    """Make a page and store it under its content's name; else say in a sentence why there is none.

    A version is not held up for want of its page, whatever keeps it from being made.
    """
    try:
        data = make_page(run.store, facts, shrink_confined)
        path, digest = content_path("reports", data, ".html")
        run.store.replace(path, data)
    except Exception as error:  # noqa: BLE001 - the page shows what was done, and is no part of it
        return None, [f"The page of this run could not be made: {type(error).__name__}: {str(error)[:150]}"]
    return FileEntry(path=path, rows=0, bytes=len(data), sha256=digest), []


def facts_of_run(run: Run, facts: RunFacts, report: Report, refused: str = "") -> PageFacts:
    """What the page of a run is made of that built a version, whether it may be published or not."""
    version = run.history.version if refused else run.history.version + 1
    planned, built = facts.planned, facts.built
    return PageFacts(
        dataset=planned.spec.dataset,
        version=version,
        report=report,
        rejections=facts.rejections,
        refused=refused,
        kind=facts.label_kind,
        class_names=classes_of(planned.labelled.class_names),
        notices=facts.breakdown.notices,
        rows=_page_rows(built.rows),
        before=_page_rows(planned.past.rows) if run.history.manifest else None,
        origin=f"{facts.breakdown.layout}: {facts.breakdown.why}",
        pairs=_pairs_of(run, facts),
    )


def _pairs_of(run: Run, facts: RunFacts) -> pa.Table | None:
    """The pairs that a run found, or took over."""
    if facts.near is None:
        return None
    manifest = run.history.manifest
    return read_pairs(run.store, manifest) if facts.near.is_kept and manifest else facts.near.rows.pairs


def _page_rows(rows: Rows) -> PageRows:
    """*rows* with their files in the order in which a manifest has them."""
    order = sorted(range(len(rows.files)), key=lambda number: (rows.files[number].split, rows.files[number].name))
    places = pa.array({old: new for new, old in enumerate(order)}[old] for old in range(len(order)))
    table = rows.published.select(COLUMNS)
    renumbered = places.cast(pa.int32()).take(table["file"])
    index = table.schema.get_field_index("file")
    return PageRows(table.set_column(index, "file", renumbered), [rows.files[number].name for number in order])


def page_of_version(store: Store, version: Version) -> bytes:
    """The page of *version*, made of what is published: as it was, as far as its files and its parent's are there."""
    before = None
    with suppress(VersionError):
        before = read_version(store, version.manifest.parent).manifest if version.manifest.parent else None
    return page_after(store, version, before)


def page_after(store: Store, version: Version, earlier: Manifest | None) -> bytes:
    """The page of *version* as what came after a version of the manifest *earlier*, where that is known."""
    manifest = version.manifest
    rows, missing = _rows_there(store, manifest)
    rejections = REJECTION_SCHEMA.empty_table()
    try:
        rejections = read_rejects(store, manifest.rejects)
    except VersionError:
        missing.append(manifest.rejects.path if manifest.rejects else "")
    before = _rows_there(store, earlier)[0] if earlier is not None else None
    facts = PageFacts(
        dataset=manifest.dataset,
        version=version.commit.version,
        report=_report_of(store, manifest),
        rejections=rejections,
        kind=kind_of_columns(manifest.columns),
        class_names=classes_of(manifest.class_names),
        notices=manifest.notices,
        rows=rows,
        before=before,
        origin=f"{manifest.layout}: {manifest.why}",
        missing=tuple(missing),
        pairs=read_pairs(store, manifest),
    )
    return make_page(store, facts, shrink_confined)


def _rows_there(store: Store, manifest: Manifest) -> tuple[PageRows | None, list[str]]:
    """The rows of the shards that can be read, None where there is none; and the shards that cannot."""
    files: list[str] = []
    tables: list[VersionRows] = []
    missing: list[str] = []
    for shard in manifest.shards:
        try:
            table = read_rows(store, [shard]).table.select(COLUMNS)
        except (VersionError, OSError):
            missing.append(shard.path)
            continue
        number = pa.repeat(pa.scalar(len(files), pa.int32()), table.num_rows)
        tables.append(table.set_column(table.schema.get_field_index("file"), "file", number))
        files.append(shard.path)
    return (PageRows(pa.concat_tables(tables), files) if files else None), missing


def _report_of(store: Store, manifest: Manifest) -> Report:
    """The report of a version; where it is gone, what the manifest says of it."""
    return read_report(store, manifest) or {
        "parent": manifest.parent,
        "account": manifest.counts | {"written": manifest.rows},
        "states": {},
        "classes": _only_now(manifest.classes),
        "splits": _only_now(manifest.splits),
        "gates": cast("list[GateRow]", manifest.gates),
    }


def _only_now(counts: Mapping[str, int]) -> dict[str, Counts]:
    return {name: {"before": count, "after": count} for name, count in counts.items()}


def facts_of_refusal(run: Run, planned: PlannedRun, report: Report, left_out: Rejections) -> PageFacts:
    """What the page of a run is made of that stopped before it had built a version.

    Args:
        run: The run.
        planned: What it was about to build.
        report: Its report.
        left_out: `REJECTION_SCHEMA`: what it found that no version knows.
    """
    there = [planned.labelled.samples["sample_id"], planned.rejections["sample_id"]]
    listed = pa.chunked_array([chunk for column in there for chunk in column.chunks], pa.string())
    old = planned.past.rows.published["sample_id"]
    return PageFacts(
        dataset=planned.spec.dataset,
        version=run.history.version,
        report=report,
        rejections=overlaid(planned.rejections, left_out),
        kind=planned.spec.label_kind,
        before=_page_rows(planned.past.rows) if run.history.manifest else None,
        unlisted=old.filter(pc.invert(pc.is_in(old, value_set=listed.combine_chunks()))).combine_chunks(),
        refused=str(report["refused"]),
        notices=planned.discovery.notices,
        origin=f"{planned.discovery.layout}: {planned.discovery.why}",
    )
