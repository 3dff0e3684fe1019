"""The flow: from a labelled image source to a published version."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas import State
from prefect.context import TagsContext
from prefect.logging import get_run_logger

from flows.config import load_config
from flows.display.announcing import announce, announce_failure, artifact_slug, silence_known_failures
from flows.display.progress_artifact import shown_progress
from flows.handover import taken_over
from flows.prefect_steps import PrefectSteps
from flows.run_names import dataset_name
from tasks.errors import DatasetError
from tasks.interrupts import ended_in_time
from tasks.json_values import JsonObject
from tasks.progress import tally_of
from tasks.publish import told_of_others
from tasks.redaction import redact_url
from tasks.refresh.refresh import refresh


def _run_name() -> str:
    return f"refresh {dataset_name()}"


@flow(name="refresh-dataset", flow_run_name=_run_name, persist_result=False, result_serializer="json")
def refresh_dataset(  # noqa: PLR0913, PLR0917 - the flow's parameters, as a deployment and Prefect's UI show them
    config: str,
    overrides: dict[str, Any] | None = None,
    full: bool = False,
    limit: int = 0,
    accept: list[str] | None = None,
    rehash: bool = False,
    resplit: bool = False,
) -> State[JsonObject]:
    """Bring a dataset up to date with its source, and publish what changed as its next version.

    Args:
        config: The place of its YAML config: a path or any fsspec URL.
        overrides: Dotted keys of the config and the values that replace theirs in this run.
        full: Rebuild every image from the source.
        limit: Take only this many images, of every class; 0 for all.
        accept: Names of gates; publish although these are crossed.
        rehash: Re-read every image, even where size and date look unchanged.
        resplit: Draw the splits anew, for published images, too.

    Returns:
        A final state named Published or Unchanged, whose data is `RunOutcome.as_dict`; or Refused or Failed, whose data
        is a `DatasetError`.
    """
    silence_known_failures()
    given = taken_over(config, overrides)
    name, root = dataset_name(), ""
    try:
        dataset = load_config(given.config, given.overrides)
        name, root = dataset.name, redact_url(dataset.output.path)
        if note := told_of_others(dataset.store):
            get_run_logger().warning(note)
        with ended_in_time(name), TagsContext(), shown_progress(tally_of(name), f"progress-{artifact_slug(name)}"):
            options = dataset.options(full=full, limit=limit, accept=accept or (), rehash=rehash, resplit=resplit)
            outcome = refresh(dataset, options, PrefectSteps(dataset.run))
    except DatasetError as error:
        given.ended.append(error)
        return announce_failure(error, name, config, root)
    given.ended.append(outcome)
    return announce(outcome, config, dataset.store)
