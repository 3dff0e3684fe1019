"""What was published before, as a run needs it: the rows that are there, and what was learned of others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tasks.building.spec import BuildSpec, published_pixel_spec
from tasks.columns import Checked, Judged, Rejections, RowTable, Samples
from tasks.errors import VersionError
from tasks.images.thumb import ALGORITHM
from tasks.label_kinds import kind_of_columns
from tasks.plan import Rows
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.publish import Run
from tasks.publish.derived.repair import kept_versions
from tasks.publish.manifest import FileEntry
from tasks.publish.memory import Moment, overlaid
from tasks.publish.row_index import read_rejects, read_rows, with_spare, with_touched
from tasks.publish.runs import as_text, now
from tasks.publish.state import State, read_state
from tasks.reasons import Reason
from tasks.refresh.dataset import Dataset
from tasks.refresh.pixels import same_pixels
from tasks.samples import REJECTION_SCHEMA
from tasks.shards.schema import class_names_of, measure_columns, pixel_spec_of, reserved_columns, shard_schema
from tasks.storage import Store


@dataclass(frozen=True, slots=True)
class Past:
    """What was published before.

    Attributes:
        rows: Of the newest version; none where nothing was published.
        rejects: Its `REJECTION_SCHEMA`.
        state: What nights learned.
        notices: What was damaged, and is made anew.
    """

    rows: Rows
    rejects: Rejections
    state: State
    notices: tuple[str, ...] = ()

    @property
    def ids(self) -> pa.Array:
        """The ids of the rows that are there."""
        return self.rows.table["sample_id"].combine_chunks()

    @property
    def left_out(self) -> Rejections:
        """What is known of images that were left out, as `REJECTION_SCHEMA`."""
        return overlaid(self.rejects, self.state.rejected)


def read_past(run: Run, *, full: bool = False) -> Past:
    """What *run* begins from; of a *full* one nothing counts but the splits, as far as they can be read.

    Raises:
        VersionError: A shard of the newest version is missing or damaged, and it is no full run.
    """
    manifest = run.history.manifest
    state = read_state(run.store)
    nothing = REJECTION_SCHEMA.empty_table()
    notices = (state.notice,) if state.notice else ()
    if manifest is None:
        return Past(Rows(), nothing, state, notices)
    if full:
        rows = read_rows(run.store, _readable(run.store, manifest.shards))
    else:
        rows = with_touched(read_rows(run.store, manifest.shards), state.touched)
    try:
        return Past(rows, read_rejects(run.store, manifest.rejects), state, notices)
    except VersionError as error:
        lost = f"What was left out of version {run.history.version} is asked for again: {error}"
        return Past(rows, nothing, state, (*notices, lost))


def with_entry_times(past: Past, samples: Samples) -> Past:
    """*past* with whole fingerprints for rows of local files that were written when theirs were size and time alone.

    They are believed once, where size and time are those of *samples*; from then on a change of the entry counts too.
    """
    rows = past.rows.table
    listed = samples["fingerprint"].take(
        pc.index_in(rows["sample_id"], value_set=samples["sample_id"].combine_chunks())
    )
    bare = pc.replace_substring_regex(listed, r"^(\d+--?\d+)--?\d+$", r"\1")
    fits = pc.fill_null(pc.and_(pc.equal(bare, rows["source_fingerprint"]), pc.not_equal(bare, listed)), False)
    if not pc.any(fits).as_py():
        return past
    found = pa.table([rows["sample_id"], listed, rows["content_sha256"]], schema=TOUCHED_SCHEMA).filter(fits)
    known = past.state.touched
    others = known.filter(pc.invert(pc.is_in(known["sample_id"], value_set=found["sample_id"].combine_chunks())))
    state = replace(past.state, touched=pa.concat_tables([found, others]))
    return replace(past, rows=with_touched(past.rows, found), state=state)


def _readable(store: Store, shards: Sequence[FileEntry]) -> list[FileEntry]:
    """Those of *shards* whose rows can be read."""
    found = []
    for shard in shards:
        with suppress(VersionError):
            read_rows(store, [shard])
            found.append(shard)
    return found


def has_same_kind(dataset: Dataset, run: Run) -> bool:
    """Whether the labels of the newest version are of the kind that today's config asks for."""
    manifest = run.history.manifest
    return manifest is None or kind_of_columns(manifest.columns) == dataset.labels.kind


def has_same_columns(spec: BuildSpec, run: Run) -> bool:
    """Whether the shards of the newest version have the columns that would be written today."""
    manifest = run.history.manifest
    if manifest is None:
        return True
    schema = shard_schema(spec.class_names, published_pixel_spec(spec.pixels), spec.kept, spec.label_kind)
    columns = {field.name: str(field.type) for field in schema}
    return manifest.columns == columns and _levels(manifest.columns) == _levels(columns)


def _levels(columns: Iterable[str]) -> list[str]:
    """The columns of a hierarchy's levels from the top, which is what the place of each means."""
    return [name for name in columns if name.startswith("label_") and name not in reserved_columns()]


def with_measures(spec: BuildSpec, dataset: Dataset, run: Run, *, reuse: bool) -> BuildSpec:
    """*spec*, with measures of its images if there are to be any.

    Where the config does not say, rows that are there stay as they are: a version has all of its rows measured, or
    none, and takes to measures once every shard is written anew for another reason. A kept column of the name of a
    measure keeps that name.

    Args:
        spec: Without measures.
        dataset: What it is to be.
        run: The run, which knows what is there.
        reuse: Whether encoded rows may be copied.
    """
    manifest, wanted = run.history.manifest, dataset.write.measures
    if wanted is None and measure_columns() & set(spec.kept):
        wanted = False
    if wanted is None:
        is_there = manifest is not None and bool(manifest.pixels.get("measures"))
        wanted = is_there or not reuse or manifest is None or not has_same_columns(spec, run)
    return replace(spec, pixels=replace(spec.pixels, measures=ALGORITHM if wanted else ""))


def with_unpublished(rows: Rows, run: Run, dataset: Dataset, spec: BuildSpec) -> Rows:
    """The rows that are there, and those that runs left in the pool which died or were refused."""
    named: set[str] = set()
    if run.history.version:
        for version in kept_versions(run.store, dataset.output, run.history.version).values():
            named.update(shard.path for shard in version.manifest.shards)
    wanted = shard_schema(spec.class_names, published_pixel_spec(spec.pixels), spec.kept, spec.label_kind)

    def fits(schema: pa.Schema) -> bool:
        lists = class_names_of(schema)
        is_prefix = all(tuple(names) == spec.class_names.get(key, ())[: len(names)] for key, names in lists.items())
        has_same_pixels = same_pixels(pixel_spec_of(schema), pixel_spec_of(wanted))
        return is_prefix and has_same_pixels and schema.equals(wanted.remove_metadata(), check_metadata=False)

    return with_spare(run.store, rows, named, fits, dataset.output.grace)


def moment_of(dataset: Dataset, run: Run, *, rehash: bool = False) -> Moment:
    """What *run* judges images by, for what is remembered of them."""
    return Moment(run.id, now(), settings_hash(dataset), rehash)


def settings_hash(dataset: Dataset) -> str:
    """16 hex digits of the settings that images are judged by: other ones, and rejected images are asked for again."""
    judged = [
        dataset.validation.model_dump(mode="json"),
        int(dataset.fetch.max_bytes),
        sorted(dataset.fetch.allow_hosts),
    ]
    return hashlib.sha256(json.dumps(judged, sort_keys=True).encode()).hexdigest()[:16]


def stable_contents(samples: Samples, rows: RowTable) -> pa.Array:
    """The content hashes of *rows* that *samples* list under the same fingerprint."""
    position = pc.index_in(rows["sample_id"], value_set=samples["sample_id"].combine_chunks())
    listed = samples["fingerprint"].take(position)
    same = pc.and_(pc.equal(listed, rows["source_fingerprint"]), pc.not_equal(listed, ""))
    return rows["content_sha256"].filter(pc.fill_null(same, False)).combine_chunks()


def rows_to_use(dataset: Dataset, past: Past, judged: Judged) -> Rows:
    """The rows that are there, with what is known of images that are not among them."""
    twins = pa.array([], pa.string())
    if dataset.output.dedupe == "content":
        copies = past.left_out.filter(pc.equal(past.left_out["reason"], Reason.DUPLICATE_CONTENT.value))
        twins = copies["content_sha256"].combine_chunks()
    fresh = fresh_rows(past.state.checked, dataset.fetch.max_age, now())
    return replace(past.rows, judged=judged, twins=twins, fresh=fresh)


def fresh_rows(checked: Checked, max_age: timedelta | None, moment: str) -> pa.Array:
    """Ids of images that were fetched less than *max_age* before *moment* (ISO 8601, UTC)."""
    if max_age is None:
        return pa.array([], pa.string())
    oldest = as_text(datetime.fromisoformat(moment) - max_age)
    return checked["sample_id"].filter(pc.greater(checked["last_seen"], oldest)).combine_chunks()
