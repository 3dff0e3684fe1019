"""Which rows are for training, validation and test, where the source does not say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import accumulate
from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from tasks.step_config import StepConfig

Split = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]


class SplitSettings(StepConfig):
    """How rows are split.

    Attributes:
        names: Further words for the splits of the source: word: split.
        ratios: Split: share; used only for rows for which the source names no split. Without it all are ``train``.
        salt: Other text, other splits.
    """

    names: dict[str, Split] = Field(default_factory=dict)
    ratios: dict[Split, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    salt: str = ""

    @field_validator("ratios")
    @classmethod
    def _ratios_make_a_whole(cls, value: dict[str, float]) -> dict[str, float]:
        if value and not np.isclose(sum(value.values()), 1.0):
            raise ValueError(f"the ratios add up to {sum(value.values()):g}, not to 1")
        return value


def assign_splits(samples: pa.Table, settings: SplitSettings, known: Mapping[str, str]) -> pa.Table:
    """*samples* with no `split` left empty: the source's comes first, then where the row is already.

    Args:
        samples: `SAMPLE_SCHEMA`.
        settings: The `splits` section.
        known: The split of each row that is there already, by `sample_id`.

    The split of a new row depends on its `sample_id` and the salt alone: SHA-256 of both, as a fraction of 2^256,
    against the cumulative ratios.
    """
    splits = samples["split"].to_pylist()
    bounds = list(zip(settings.ratios, accumulate(settings.ratios.values()), strict=True))
    assigned = [
        split or known.get(sample_id) or split_for(sample_id, settings.salt, bounds)
        for split, sample_id in zip(splits, samples["sample_id"].to_pylist(), strict=True)
    ]
    index = samples.schema.get_field_index("split")
    return samples.set_column(index, samples.schema.field("split"), pa.array(assigned, pa.string()))


def split_for(key: str, salt: str, bounds: list[tuple[str, float]]) -> str:
    """The split whose interval of *bounds* (split, upper bound) the hash of *salt* and *key* falls into."""
    if not bounds:
        return "train"
    digest = hashlib.sha256(f"{salt}{key}".encode("utf-8", "surrogatepass")).digest()
    share = int.from_bytes(digest) / 2**256
    return next((split for split, bound in bounds if share < bound), bounds[-1][0])
