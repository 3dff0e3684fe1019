"""Several records of one image, where an image may have any number of labels: one entry that has them all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.by_records.entries import repeated

_KEY = ["sample_id", "location", "split"]


def with_merged_labels(entries: pa.Table) -> pa.Table:
    """*entries* with one for those of one image and split: the first, with the labels of all in their order.

    An entry that says nothing of labels adds none; where none of them says anything, the image has no label.
    """
    copies = repeated(entries["sample_id"])
    if not len(copies):
        return entries
    is_copy = pc.is_in(entries["sample_id"], value_set=copies)
    several = entries.filter(is_copy)
    several = several.append_column("order", pa.array(np.arange(several.num_rows)))
    firsts = several.group_by(_KEY, use_threads=False).aggregate([("order", "min")])
    group = _groups(several, firsts)
    lists = _united(several["label_paths"], group, firsts.num_rows)
    kept = several.take(firsts["order_min"].combine_chunks()).drop_columns(["order"])
    kept = kept.set_column(kept.schema.get_field_index("label_paths"), entries.schema.field("label_paths"), lists)
    merged = pa.concat_tables([entries.filter(pc.invert(is_copy)), kept])
    return merged.sort_by("at")


def _groups(several: pa.Table, firsts: pa.Table) -> pa.Array:
    """For each of *several* its row in *firsts*."""
    keys = [
        pc.binary_join_element_wise(*(table[name] for name in _KEY), "\0").combine_chunks()
        for table in (several, firsts)
    ]
    return pc.index_in(keys[0], value_set=keys[1])


def _united(lists: pa.ChunkedArray, group: pa.Array, count: int) -> pa.Array:
    """For each of *count* groups the texts of its *lists*, each once; null where all of its lists are."""
    whole = lists.combine_chunks()
    of_item = group.take(pc.list_parent_indices(whole))
    items = pa.table({"group": of_item, "label": pc.list_flatten(whole)})
    items = items.append_column("order", pa.array(np.arange(items.num_rows)))
    once = (
        items.group_by(["group", "label"])
        .aggregate([("order", "min")])
        .sort_by([("group", "ascending"), ("order_min", "ascending")])
    )
    sizes = np.bincount(once["group"].to_numpy(), minlength=count)
    said = np.zeros(count, dtype=bool)
    said[group.filter(whole.is_valid()).to_numpy()] = True
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), once["label"].combine_chunks(), mask=pa.array(~said))
