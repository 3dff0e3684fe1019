"""A few images of each place, asked for to see whether it is well again."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Samples
from tasks.fetch.fetcher import Fetcher, trusted_hosts
from tasks.fetch.settings import FetchSettings
from tasks.samples import SourceAccess, place_of

_OF_EACH = 5
_FEW = 0.05
"""Of a place's images: where no more wait, it was not the place that was down."""


def well_places(
    waiting: Samples, samples: Samples, access: Sequence[SourceAccess], settings: FetchSettings
) -> frozenset[str]:
    """The places, as `place_of` names them, that seem to have been down, and of which an image can be had again.

    Some of the images that wait are asked for, chosen by chance, so that none that fails for reasons of its own speaks
    for all of them every time. Where only few of a place's images wait, each has its own reasons, and nothing is asked.

    Args:
        waiting: Those of *samples* that could not be fetched before, and would not be asked for yet.
        samples: All that the sources list.
        access: How to read them.
        settings: The `fetch` section.
    """
    listed = dict(_counted(samples))
    were_down = {place for place, count in _counted(waiting) if count > _FEW * listed[place]}
    of_place: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(waiting.select(["location", "source"]).to_pylist()):
        if (place := place_of(row)) in were_down:
            of_place[place].append(number)
    chosen = [random.sample(numbers, min(_OF_EACH, len(numbers))) for numbers in of_place.values()]
    asked = waiting.take(pa.array(sorted(number for numbers in chosen for number in numbers), pa.int64()))
    if not asked.num_rows:
        return frozenset()
    short = settings.model_copy(update={"retries": min(settings.retries, 1)})
    with closing(Fetcher(short, trusted_hosts(access))) as fetcher:
        came = [found.rejection is None for found in fetcher.fetch_ahead(asked, access)]
    places = [place_of(row) for row in asked.select(["location", "source"]).to_pylist()]
    return frozenset(place for place, is_there in zip(places, came, strict=True) if is_there)


def _counted(samples: Samples) -> list[tuple[str, int]]:
    """Each place of *samples* with how many of them it has."""
    is_web = pc.match_substring_regex(samples["location"], "^https?://")
    hosts = pc.replace_substring_regex(samples["location"], "(?s)^https?://([^/]*).*$", r"\1")
    sources = pc.binary_join_element_wise("source ", samples["source"], "")
    counts = pc.value_counts(pc.if_else(is_web, hosts, sources))
    return [(entry["values"], entry["counts"]) for entry in counts.to_pylist()]
