"""Where in its source, as it is now, the label and the split of an image stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from tasks.columns import SampleRow, Samples
from tasks.discover import discover_sources
from tasks.discover.by_tables.origins import origin_of
from tasks.errors import LayoutError
from tasks.publish.lookup import Explanation
from tasks.publish.versions import open_version
from tasks.refresh.dataset import Dataset
from tasks.storage import Store, redact_url

_SECTIONS = ("name", "source", "labels", "splits", "output")


def with_origins(store: Store, rows: Sequence[Explanation], number: int | None = None) -> list[Explanation]:
    """*rows*, what `explain_image` tells, each with ``label_from`` and ``split_from``: table and line in its source.

    Raises:
        LayoutError: The source cannot be read any more as the version's config says.
    """
    dataset = published_dataset(store, number)
    sources = [source.telling_origins() for source in dataset.sources]
    found = discover_sources(sources, dataset.splits.names, dataset.split_lists)
    told = _by_id(found.samples, {str(row.get("sample_id", "")) for row in rows})
    gone: Explanation = {"label_from": "not in the source now"}
    return [{**row, **told.get(str(row.get("sample_id", "")), gone)} for row in rows]


def published_dataset(store: Store, number: int | None = None, more: Sequence[str] = ()) -> Dataset:
    """The dataset that version *number*, or the newest, was published as: what says where its images come from.

    Args:
        store: The output.
        number: A version's number.
        more: Further sections of its config that are wanted.

    Raises:
        LayoutError: Its config is none of this parquetry any more.
    """
    config = open_version(store, number).manifest.config
    try:
        return Dataset.model_validate({name: config[name] for name in (*_SECTIONS, *more) if name in config})
    except ValidationError as error:
        raise LayoutError(
            f"The config of that version of {redact_url(store.place.url)} is none of this parquetry any more: "
            f"{error.errors()[0]['msg']}. Run the dataset once, or ask without looking at its source."
        ) from None


def _by_id(samples: Samples, ids: Iterable[str]) -> dict[str, Explanation]:
    chosen = samples.filter(pc.is_in(samples["sample_id"], value_set=pa.array(sorted(ids), pa.string())))
    return {sample["sample_id"]: _told(sample) for sample in chosen.to_pylist()}


def _told(sample: SampleRow) -> Explanation:
    told: Explanation = {"label_from": origin_of(sample, "label")}
    return {**told, "split_from": origin_of(sample, "split")} if sample["split"] else told
