"""The flow: from a labelled image source to a published version."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.asked import Asked
from flows.build import build_shards
from flows.config import load_config
from flows.outcome import RunOutcome
from flows.plan_run import plan_run
from flows.publishing import publish_run, refused_run
from flows.summary import headline, markdown_summary
from tasks.errors import RefusedError
from tasks.progress import tally_of
from tasks.publish import open_run
from tasks.publish.runs import refuse_held
from tasks.storage import open_store


def _run_name() -> str:
    return f"refresh {flow_run.parameters['config'].rsplit('/', 1)[-1].removesuffix('.yaml')}"


@flow(name="refresh-dataset", flow_run_name=_run_name)
def refresh_dataset(  # noqa: PLR0913, PLR0917 - the flow's parameters, as a deployment and Prefect's UI show them
    config: str,
    overrides: dict[str, Any] | None = None,
    full: bool = False,
    limit: int = 0,
    accept: list[str] | None = None,
    rehash: bool = False,
) -> State[dict[str, Any]]:
    """Bring a dataset up to date with its source, and publish what changed as its next version.

    Args:
        config: The place of its YAML config: a path or any fsspec URL.
        overrides: Dotted keys of the config and the values that replace theirs in this run.
        full: Make every image anew.
        limit: Take only so many images; 0 for all.
        accept: Gates that may be crossed this time.
        rehash: Do not believe fingerprints: fetch and hash every image.

    Returns:
        A final state named Published, Unchanged or Refused, whose data is `RunOutcome.as_dict`.
    """
    dataset = load_config(config, overrides)
    asked = Asked(full, limit, tuple(accept or ()), rehash)
    tally_of(dataset.name).begin()
    with open_run(open_store(dataset.store)) as run:
        planned = None
        try:
            refuse_held(run)
            planned = plan_run(dataset, run, asked)
            built = build_shards(dataset, planned, run)
            outcome = publish_run(dataset, run, built, planned, asked)
        except RefusedError as refusal:
            outcome = refused_run(dataset, run, refusal, planned)
    return _announce(outcome)


def _announce(outcome: RunOutcome) -> State[dict[str, Any]]:
    """Say in Prefect's words what became of the run."""
    line = headline(outcome)
    get_run_logger().info(line)
    create_markdown_artifact(markdown_summary(outcome), key="summary", description=line)
    final = Failed if outcome.outcome == "refused" else Completed
    return final(name=outcome.outcome.capitalize(), message=line, data=outcome.as_dict())
