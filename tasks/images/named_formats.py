"""Images whose names say that they are of a format which is not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from tasks.image_formats import FORMATS
from tasks.images.identify import remedy_of
from tasks.wording import counted

_OF_SUFFIX = {suffix: item for item in FORMATS for suffix in item.suffixes}


_EVERY = frozenset(item.name for item in FORMATS if item.name)


def never_read(locations: pa.ChunkedArray) -> str:
    """What *locations* are by name, where all of them are of formats that no config admits; empty where not."""
    count, said = unread_by_name(locations, _EVERY, only_never=True)
    return "; ".join(said) if 0 < count == len(locations) else ""


def unread_by_name(
    locations: pa.ChunkedArray, formats: Collection[str], *, only_never: bool = False
) -> tuple[int, list[str]]:
    """How many of *locations* end as formats do that are not read, and a sentence for each of these.

    Args:
        locations: Of images.
        formats: Those that `validation.formats` lists.
        only_never: Leave those out that are not read since a package is missing.
    """
    ends = pc.struct_field(pc.extract_regex(pc.utf8_lower(locations), r"\.(?P<end>[a-z0-9]{1,6})$"), "end")
    found: Counter[str] = Counter()
    for pair in pc.value_counts(ends.combine_chunks()).to_pylist():
        item = _OF_SUFFIX.get(pair["values"] or "")
        if item is not None and not (item.name and item.name in formats and (only_never or item.is_there)):
            found[f"{item.title} by name, {remedy_of(item)}"] += pair["counts"]
    told = sorted(found.items(), key=itemgetter(1), reverse=True)
    said = [f"{counted(count, 'image')} {'is' if count == 1 else 'are'} {what}" for what, count in told]
    return found.total(), said
