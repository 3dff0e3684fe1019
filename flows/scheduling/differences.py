"""What about a deployment is not as its config asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from prefect.client.schemas.actions import DeploymentCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule


def facts_of(found: DeploymentCreate | DeploymentResponse) -> dict[str, object]:
    """What decides whether a deployment is as it should be, in words for a person."""
    options = found.concurrency_options
    return {
        "config": found.parameters,
        "schedule": [_rule(item.schedule) for item in found.schedules],
        "switched on": [item.active for item in found.schedules],
        "paused": bool(found.paused),
        "collision strategy": options.collision_strategy if options else None,
        "concurrency limit": _limit(found),
        "tags": sorted(found.tags),
        "labels": {key: value for key, value in found.labels.items() if key.startswith("parquetry.")},
        "work pool": found.work_pool_name,
        "work queue": found.work_queue_name,
        "job variables": found.job_variables,
        "flow": (found.entrypoint, found.path, found.pull_steps or [], found.description),
        "parameters": found.parameter_openapi_schema,
    }


def _limit(found: DeploymentCreate | DeploymentResponse) -> int | None:
    if isinstance(found, DeploymentCreate):
        return found.concurrency_limit
    return found.global_concurrency_limit.limit if found.global_concurrency_limit else None


def _rule(schedule: SCHEDULE_TYPES) -> tuple[Any, ...]:
    if isinstance(schedule, CronSchedule):
        return "cron", schedule.cron, schedule.timezone
    if isinstance(schedule, IntervalSchedule):
        return "interval", schedule.interval / timedelta(seconds=1), schedule.anchor_date.timestamp(), schedule.timezone
    return "rrule", getattr(schedule, "rrule", None), getattr(schedule, "timezone", None)


def differences(wanted: Mapping[str, object], there: Mapping[str, object]) -> list[str]:
    """What is not as it should be: the keys of `facts_of`, with both values where they are short."""
    return [_change(key, there[key], value) for key, value in wanted.items() if there[key] != value]


def _change(key: str, before: Any, after: Any) -> str:
    if key == "config":
        return f"config: was {before.get('config')}"
    if key in {"work pool", "work queue", "paused", "collision strategy"}:
        return f"{key}: {before} → {after}"
    return key
