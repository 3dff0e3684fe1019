"""What the sources list, and what it means for a run: labels, groups, `--limit`, and rows that are gone from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import repeated
from tasks.columns import LabelledSamples, RowTable, Samples
from tasks.discover import Source, discover_sources
from tasks.errors import LayoutError, RefusedError
from tasks.label_kinds import LabelKind, classes_in
from tasks.labels import Labelled, assign_labels
from tasks.plan import hash_keys
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.purges import read_purged
from tasks.purged import Purged
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.past import Past
from tasks.samples import CARRIED, SAMPLE_SCHEMA, Discovery, count_values, rejections_table
from tasks.wording import counted


@dataclass(frozen=True, slots=True)
class Listed:
    """What the sources hold.

    Attributes:
        discovery: Their samples, and how the sources were understood.
        labelled: The samples with their labels; and those left out for them.
    """

    discovery: Discovery
    labelled: Labelled

    @property
    def headline(self) -> str:
        """How they were understood, and how much they hold."""
        found = self.discovery
        classes = len([name for name in count_values(found.samples["label_path"]) if name])
        rejected = f", {found.rejections.num_rows:,} rejected" if found.rejections.num_rows else ""
        counts = f"{counted(found.listed, 'image')}, {classes:,} class{'es' * (classes != 1)}{rejected}"
        return f"{found.layout}: {counts} ({found.why})"


def list_sources(dataset: Dataset, run: Run, options: RefreshOptions) -> Listed:
    """The images that the sources list, as many as *options* take, with their labels.

    Raises:
        LayoutError: A source is not as declared, or holds no image.
        RefusedError: A rule forbids a new class, or ``--limit`` where a version is there.
    """
    tally_of(dataset.name).enter("listing the source")
    found = discover_sources(dataset.sources, dataset.splits.names, dataset.split_lists)
    discovery = without_purged(with_level_groups(found, dataset.splits.group_by), run)
    refuse_equal_ids(discovery.samples)
    listed = Listed(discovery, assign_labels(discovery, dataset.labels, run.history.class_names))
    return limited(listed, options.limit, run, dataset.labels.kind) if options.limit else listed


def without_purged(discovery: Discovery, run: Run) -> Discovery:
    """*discovery* with images that were taken out of the output as rejections that do not name them."""
    purged = read_purged(run.store, run.history.newest)
    if not purged.ids:
        return discovery
    gone, dropped = (_taken_out(table["sample_id"], purged) for table in (discovery.samples, discovery.rejections))
    rows = [*discovery.samples.filter(gone).to_pylist(), *discovery.rejections.filter(dropped).to_pylist()]
    masked = rejections_table([purged.rejection(row["sample_id"], row["source"]) for row in rows])
    rejections = pa.concat_tables([discovery.rejections.filter(pc.invert(dropped)), masked])
    return replace(discovery, samples=discovery.samples.filter(pc.invert(gone)), rejections=rejections)


def _taken_out(ids: pa.ChunkedArray, purged: Purged) -> pa.Array:
    """Of each of *ids* whether its image was taken out."""
    return pa.array([purged.has_id(sample_id) for sample_id in ids.to_pylist()], pa.bool_())


def with_level_groups(discovery: Discovery, group_by: str | None) -> Discovery:
    """*discovery* with the groups that a level of its hierarchy makes, where *group_by* names one.

    Raises:
        LayoutError: *group_by* names neither a level nor a column.
    """
    if group_by is None or pc.any(pc.not_equal(discovery.samples["label_file"], "")).as_py():
        return discovery
    if group_by not in discovery.levels:
        there = f"its levels are {', '.join(discovery.levels)}" if discovery.levels else "it has no levels or columns"
        raise LayoutError(f"`splits.group_by` names {group_by!r}, which the source does not have: {there}.")
    count = discovery.levels.index(group_by) + 1
    encoded = discovery.samples["label_path"].combine_chunks().dictionary_encode()
    groups = ["/".join(path.split("/")[:count]) for path in encoded.dictionary.to_pylist()]
    place = discovery.samples.schema.get_field_index("group")
    column = pa.array(groups, pa.string()).take(encoded.indices)
    return replace(discovery, samples=discovery.samples.set_column(place, SAMPLE_SCHEMA.field("group"), column))


def refuse_equal_ids(samples: Samples) -> None:
    """Raise `LayoutError` where two images have one id."""
    counts = pc.value_counts(samples["sample_id"].combine_chunks())
    twice = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise LayoutError(f"Two images have the id {twice[0].as_py()!r}. Give each source of the list its own `name`.")


def limited(listed: Listed, limit: int, run: Run, kind: LabelKind) -> Listed:
    """The first *limit* images by hash, every class among them where that allows, and every class of each split."""
    if run.history.version:
        raise RefusedError(
            f"limit: {run.store.place.url} holds version {run.history.version} already, and `--limit` would delete "
            "most of it. Set another `output.path` to try something out"
        )
    discovery, labelled = listed.discovery, listed.labelled
    ordered = _shuffled(labelled.samples)
    classes = [set(classes_in(text, kind)) for text in ordered["label_name"].to_pylist()]
    parted = [{(split, name) for name in names or ("",)}
              for split, names in zip(ordered["split"].to_pylist(), classes, strict=True)]  # fmt: skip
    ranked = [*_first_of_each(classes), *_first_of_each(parted), *range(ordered.num_rows)]
    chosen = sorted(list(dict.fromkeys(ranked))[:limit])
    samples = ordered.take(pa.array(chosen, pa.int64())).sort_by([("sample_id", "ascending")])
    nothing = discovery.rejections.slice(0, 0)
    found = replace(discovery, samples=samples.select(discovery.samples.column_names), rejections=nothing)
    return Listed(found, replace(labelled, samples=samples, rejections=nothing))


def _shuffled(samples: LabelledSamples) -> LabelledSamples:
    """*samples* by the hash of their ids and a word: the ids alone would choose those of one of the drawn splits."""
    keys = pc.binary_join_element_wise("limit", samples["sample_id"], "/")
    return samples.take(pa.array(np.argsort(hash_keys(keys), kind="stable")))


def _first_of_each(kinds: Iterable[Set[object]]) -> list[int]:
    """The places of what has one of *kinds* which nothing before it has."""
    seen: set[object] = set()
    found = []
    for index, own in enumerate(kinds):
        if own - seen:
            seen |= own
            found.append(index)
    return found


def carry_missing(
    discovery: Discovery, past: Past, sources: Sequence[Source]
) -> tuple[LabelledSamples, dict[str, int]]:
    """Rows that are kept although the listing no longer shows them, as samples; and how often each was missing.

    The samples have `SAMPLE_SCHEMA` and ``label_name``.
    """
    listed = pa.concat_arrays(
        [table["sample_id"].combine_chunks() for table in (discovery.samples, discovery.rejections)]
    )
    rows = past.rows.table
    gone = rows.filter(pc.invert(pc.is_in(rows["sample_id"], value_set=listed)))
    if not sources:
        return _as_samples(gone.slice(0, 0)), {}
    before = dict(zip(past.state.absent["sample_id"].to_pylist(), past.state.absent["nights"].to_pylist(), strict=True))
    nights = {sample_id: before.get(sample_id, 0) + 1 for sample_id in gone["sample_id"].to_pylist()}
    needed = {source.name: source.delete_after for source in sources}
    stays = [nights[sample_id] < _delete_after(sample_id, needed) for sample_id in gone["sample_id"].to_pylist()]
    kept = gone.filter(pa.array(stays, pa.bool_()))
    return _as_samples(kept), {key: nights[key] for key in kept["sample_id"].to_pylist()}


def _delete_after(sample_id: str, needed: Mapping[str, int]) -> int:
    if len(needed) == 1:
        return next(iter(needed.values()))
    return needed.get(sample_id.partition("/")[0], 1)


def _as_samples(rows: RowTable) -> LabelledSamples:
    """Rows that are carried, as samples that are copied as they are."""
    known = {name: rows[name] for name in ("sample_id", "split", "label_path", "label_name")}
    known["fingerprint"] = rows["source_fingerprint"]
    schema = SAMPLE_SCHEMA.append(pa.field("label_name", pa.string()))
    columns = []
    for item in schema:
        value = CARRIED if item.name == "kind" else "" if pa.types.is_string(item.type) else -1
        is_list = pa.types.is_list(item.type)
        made = pa.nulls(rows.num_rows, item.type) if is_list else repeated(value, rows.num_rows, item.type)
        columns.append(known.get(item.name, made))
    return pa.table(columns, schema=schema)
