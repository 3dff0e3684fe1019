"""Proposals as they run: each is tried on the source before it is printed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError

from tasks.config_keys import ConfigKeys
from tasks.discover import discover_sources
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.errors import DatasetError, LayoutError
from tasks.images.named_formats import unread_by_name
from tasks.labels import assign_labels
from tasks.refresh.dataset import Dataset
from tasks.refresh.listed import refuse_equal_ids
from tasks.report.gates import Gates
from tasks.samples import count_values
from tasks.survey.starting import RATIOS

_MOST_IMAGES = 50_000
"""Of sources with more, no proposal is tried after the first: each costs a listing."""


def with_tried(error: UnsettledLayoutError, place: str, options: Mapping[str, object]) -> UnsettledLayoutError:
    """*error* without proposals that cannot run, and with what those need by which images are rejected, or in no split.

    Args:
        error: Why the source is not settled.
        place: Where it is.
        options: Its `storage_options`.
    """
    kept: list[Proposal] = []
    why: list[str] = []
    is_small = True
    if error.certain is not None:
        return _with_certain(error, error.certain, place, options)
    for proposal in error.unsettled.proposals:
        try:
            found, listed = _tried(proposal, place, options) if is_small else (proposal, 0)
        except LayoutError as refusal:
            why.append(f"Not offered, that {proposal.says}: {str(refusal).partition(chr(10))[0]}")
            continue
        kept.append(found)
        is_small = listed <= _MOST_IMAGES
    return error.offering(kept or error.unsettled.proposals, [*error.unsettled.evidence, *why])


def _with_certain(
    error: UnsettledLayoutError, certain: Proposal, place: str, options: Mapping[str, object]
) -> UnsettledLayoutError:
    """*error* with its one reading as it runs."""
    try:
        found, _ = _tried(certain, place, options)
    except LayoutError:
        return error
    made = error.offering([found if one is certain else one for one in error.unsettled.proposals])
    made.certain = found
    return made


def _tried(proposal: Proposal, place: str, options: Mapping[str, object]) -> tuple[Proposal, int]:
    """*proposal* as it runs, and how many images it lists.

    Raises:
        LayoutError: It cannot run.
    """
    source = {"path": place, "storage_options": dict(options), **proposal.keys.get("source", {})}
    config = {**proposal.keys, "name": "tried", "source": source, "output": {"path": "tried"}}
    try:
        dataset = Dataset.model_validate(config)
        found = discover_sources(dataset.sources, dataset.splits.names, dataset.split_lists)
        refuse_equal_ids(found.samples)
        labelled = assign_labels(found, dataset.labels, {})
    except LayoutError:
        raise
    except (DatasetError, ValidationError):
        return proposal, 0
    unread, of_formats = unread_by_name(labelled.samples["location"], dataset.validation.formats)
    if unread and unread == labelled.samples.num_rows:
        raise LayoutError(of_formats[0])
    reasons = Counter(count_values(found.rejections["reason"])) + Counter(count_values(labelled.rejections["reason"]))
    rejected = sum(reasons.values())
    if not labelled.samples.num_rows:
        raise LayoutError(f"all {found.listed:,} images are rejected then")
    if not any(labelled.samples["split"].unique().to_pylist()):
        proposal = replace(proposal, keys=_with_ratios(proposal.keys))
    if rejected <= Gates().max_reject_fraction * found.listed or "gates" in proposal.keys:
        return proposal, found.listed
    share = min(1.0, math.ceil(100 * rejected / found.listed + 1) / 100)
    told = ", ".join(f"{count:,} × {reason}" for reason, count in reasons.items())
    lost = f"{rejected:,} of {found.listed:,} images are rejected then ({told})"
    with_gate: ConfigKeys = {**proposal.keys, "gates": {"max_reject_fraction": share}}
    return replace(proposal, keys=with_gate, evidence=(*proposal.evidence, lost)), found.listed


def _with_ratios(keys: ConfigKeys) -> ConfigKeys:
    """*keys*, of which the source puts no image into a split, with the ratios that a config begins with."""
    return {**keys, "splits": {**keys.get("splits", {}), "ratios": RATIOS}}
