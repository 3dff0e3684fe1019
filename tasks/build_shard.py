"""The unit that Prefect retries: one planned shard, or a few where there are thousands."""

from __future__ import annotations

from collections import Counter
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.runtime import task_run
from prefect.states import Cancelled, Completed, Failed

from tasks.building.build import build_shard_files
from tasks.building.plan_files import read_plan
from tasks.building.spec import BuildSpec
from tasks.errors import DatasetError, OutputError, StoppedError, UntoldError
from tasks.samples import StoreUrl
from tasks.storage import open_store
from tasks.wording import counted


def _name() -> str:
    """What a task run is called: ``build train 2/5 · 400 rows``."""
    return str(task_run.parameters["title"])


def _may_pass(_task: Any, _run: Any, state: Any) -> bool:
    """Whether another attempt may go better: not where a rule or the disk forbids it."""
    try:
        state.result()
    except OutputError as error:
        return not (isinstance(error.__cause__, OSError) and error.__cause__.errno)
    except UntoldError:
        return True
    except DatasetError:
        return False
    except Exception:  # noqa: BLE001 - whatever a store or the network raises may pass
        return True
    return False


@task(
    retries=2,
    retry_delay_seconds=[2, 30],
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer="json",
    task_run_name=_name,
)
def build_shard(plans: StoreUrl, first: int, last: int, title: str) -> State[Any]:
    """Build the planned shards *first* to *last* of the plan file *plans*; return the place of their outcomes.

    Running it again writes the same bytes, so Prefect may retry it. What a user can act on ends it in a failed state
    rather than as an exception, which Prefect would log with its traceback. *title* is what the task run is called.
    """
    _ = title
    try:
        folder, counts = _build(plans, first, last)
    except StoppedError as error:
        return Cancelled(message=str(error), data=error)
    except DatasetError as error:
        return Failed(message=str(error), data=error)
    return Completed(message=_said(counts), data=folder)


def _build(plans: StoreUrl, first: int, last: int) -> tuple[str, Counter[str]]:
    folder, counts = "", Counter[str]()
    for number in range(first, last + 1):
        plan, text = read_plan(plans, number)
        spec = BuildSpec.from_json(text)
        outcome = build_shard_files(plan, spec)
        folder = f"{spec.folder}/outcomes"
        open_store(spec.output).replace(f"{folder}/{number:06}.arrow", outcome.to_bytes())
        counts.update(outcome.counts)
        counts.update(rows=sum(file.rows for file in outcome.files), rejected=outcome.rejections.num_rows)
    return folder, counts


def _said(counts: Counter[str]) -> str:
    """What building came to, in a few words."""
    facts = [(counts["decoded"], "decoded"), (counts["copied"], "copied"), (counts["rejected"], "rejected")]
    told = ", ".join(f"{count:,} {what}" for count, what in facts if count)
    return counted(counts["rows"], "row") + (f": {told}" if told else "")
