"""The `schedule` sections as Prefect deployments: made, changed, left alone, and pruned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentCreate, DeploymentScheduleCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterId
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.settings import get_current_settings
from prefect.utilities.callables import parameter_schema

from flows.refresh_dataset import refresh_dataset
from flows.schedule import ANCHOR, ScheduleSettings
from flows.scheduling.automations import delete_missing_night
from flows.scheduling.prefect_server import check_pool_type, connected_server, pool_problem, read_pool
from flows.scheduling.scheduled_configs import ScheduledConfig, holds_still
from tasks.errors import ConfigError, DatasetError

TAG = "parquetry"
HEARTBEAT_S = 30
ENTRYPOINT = "flows.refresh_dataset.refresh_dataset"
_MAIN = "main"  # the slug of the schedule that the config asks for
_PLACE, _PAUSED = "parquetry.config", "parquetry.paused"  # labels: what the config said when it was deployed


@dataclass(frozen=True, slots=True)
class Deployed:
    """What became of one config, or of one deployment that was pruned.

    Attributes:
        config: Its place.
        name: The dataset; the deployment is ``refresh-dataset/<name>``.
        action: created, changed, left alone, skipped, pruned or failed.
        detail: One line for a person: what changed, or why.
        problem: Why its runs would not start, and what helps; empty where they would.
    """

    config: str
    name: str
    action: str
    detail: str = ""
    problem: str = ""


def deploy_configs(configs: Sequence[ScheduledConfig], *, replace: bool = False) -> Iterator[Deployed]:
    """Make the deployment of each of *configs*, or change it, or leave it alone where it is as it should be.

    Args:
        configs: What is to be deployed.
        replace: Whether a config may take the place of another one of the same name that is still there.

    Raises:
        ServerError: There is no server that fits.
    """
    with connected_server() as client:
        flow_id = client.create_flow_from_name(refresh_dataset.name)
        there = there_already(client, flow_id)
        for config in configs:
            try:
                yield _deploy(client, flow_id, config, there.get(config.name), replace=replace)
            except DatasetError as error:
                yield Deployed(config.place, config.name, "failed", str(error))


def prune_folder(folder: str) -> Iterator[Deployed]:
    """Delete the deployments whose config lay below *folder* and is no longer there, or has no schedule any more.

    Args:
        folder: An absolute path or URL without a trailing slash.

    Raises:
        ServerError: There is no server that fits.
    """
    with connected_server() as client:
        flow_id = client.create_flow_from_name(refresh_dataset.name)
        for _, found in sorted(there_already(client, flow_id).items()):
            place = str(found.labels.get(_PLACE, ""))  # only what `deploy` made has it
            if not place.startswith(f"{folder}/"):
                continue
            try:
                if holds_still(place, found.name):
                    continue
            except ConfigError as error:
                yield Deployed(place, found.name, "left alone", f"its config cannot be read: {error}")
                continue
            client.delete_deployment(found.id)
            delete_missing_night(client, found.name)
            yield Deployed(place, found.name, "pruned", "its config is gone, or has no schedule any more")


def there_already(client: SyncPrefectClient, flow_id: UUID) -> dict[str, DeploymentResponse]:
    """The deployments of our flow by their names, whoever made them."""
    flow = FlowFilter(id=FlowFilterId(any_=[flow_id]))
    found: dict[str, DeploymentResponse] = {}
    while page := client.read_deployments(flow_filter=flow, limit=200, offset=len(found)):
        found |= {item.name: item for item in page}
    return found


def _deploy(
    client: SyncPrefectClient,
    flow_id: UUID,
    config: ScheduledConfig,
    there: DeploymentResponse | None,
    *,
    replace: bool,
) -> Deployed:
    if there is not None and not replace:
        refuse_another(config, there)
    pool_name = config.schedule.work_pool or get_current_settings().deployments.default_work_pool_name
    if not pool_name:
        raise ConfigError(
            f"{config.line()}: schedule.work_pool is missing: name the pool whose worker runs it "
            "(`prefect work-pool ls` lists them), or run `parquetry serve`, which needs none."
        )
    where = config.line("work_pool")
    pool = read_pool(client, pool_name, where)
    check_pool_type(pool, config.schedule.job_variables, where)
    wanted = _wanted(config, flow_id, pool_name, there)
    changes = _differences(_facts(wanted), _facts(there)) if there is not None else []
    problem = pool_problem(client, pool)
    if there is not None and not changes:
        return Deployed(config.place, config.name, "left alone", _paused_by_hand(config, there), problem)
    client.request("POST", "/deployments/", json=wanted.model_dump(mode="json", exclude_unset=True))
    if there is None:
        return Deployed(config.place, config.name, "created", f"{config.schedule.described} on {pool_name}", problem)
    return Deployed(config.place, config.name, "changed", ", ".join(changes), problem)


def _paused_by_hand(config: ScheduledConfig, there: DeploymentResponse) -> str:
    """A reminder where somebody switched it off."""
    if there.paused and not config.schedule.paused:
        return "paused by hand; Prefect's UI, or `schedule.paused` set to true and back, resumes it"
    return "its schedule is switched off by hand" if not all(item.active for item in there.schedules) else ""


def refuse_another(config: ScheduledConfig, there: DeploymentResponse) -> None:
    """Raise `ConfigError` where the deployment of that name is another config's, which is still there."""
    deployed = str(there.labels.get(_PLACE) or there.parameters.get("config", ""))
    if deployed in {config.place, ""}:
        return
    try:
        is_there = holds_still(deployed, config.name)
    except ConfigError:
        is_there = True
    if is_there:
        raise ConfigError(
            f"{config.place}: {deployed} is deployed as {config.name!r} and is still there. Give one of them another "
            "`name`; or, if this one takes its place, add `--replace`."
        )


def _wanted(
    config: ScheduledConfig, flow_id: UUID, pool_name: str, there: DeploymentResponse | None
) -> DeploymentCreate:
    """The deployment as it should be; what was switched off by hand stays off."""
    settings = config.schedule
    return DeploymentCreate(
        name=config.name,
        flow_id=flow_id,
        paused=_paused(settings, there),
        schedules=[
            DeploymentScheduleCreate(schedule=prefect_schedule(settings), active=is_switched_on(there), slug=_MAIN)
        ],
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(
            collision_strategy=ConcurrencyLimitStrategy(settings.collision_strategy)
        ),
        parameters={"config": config.place},
        description=f"Keeps the dataset {config.name} up to date, as {config.place} says.",
        tags=deployment_tags(config),
        labels={_PLACE: config.place, _PAUSED: settings.paused},
        work_pool_name=pool_name,
        work_queue_name=settings.work_queue or "default",
        job_variables=_job_variables(settings.job_variables),
        entrypoint=ENTRYPOINT,
        path=None,
        pull_steps=[],
        enforce_parameter_schema=True,
        parameter_openapi_schema=parameter_schema(refresh_dataset).model_dump(mode="json", exclude_unset=True),
    )


def deployment_tags(config: ScheduledConfig) -> list[str]:
    """The tags of a deployment and of its runs."""
    return list(dict.fromkeys([TAG, *config.schedule.tags]))


def _job_variables(given: Mapping[str, Any]) -> dict[str, Any]:
    """*given*, and a heartbeat often enough for the automation that finds dead runs."""
    return {**given, "env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S), **dict(given.get("env") or {})}}


def _paused(settings: ScheduleSettings, there: DeploymentResponse | None) -> bool:
    """What the config says where it says something new, else what was done by hand."""
    if there is None or there.labels.get(_PAUSED, False) != settings.paused:
        return settings.paused
    return there.paused


def is_switched_on(there: DeploymentResponse | None) -> bool:
    """Whether the schedule is on: not where somebody switched it off."""
    return not (there is not None and there.schedules and not any(item.active for item in there.schedules))


def prefect_schedule(settings: ScheduleSettings) -> SCHEDULE_TYPES:
    """The schedule in Prefect's terms."""
    if settings.cron is not None:
        return CronSchedule(cron=settings.cron, timezone=settings.timezone)
    if settings.interval is not None:
        anchor = ANCHOR.replace(tzinfo=ZoneInfo(settings.timezone))
        return IntervalSchedule(interval=settings.interval, anchor_date=anchor, timezone=settings.timezone)
    rule = str(settings.rrule)
    if "DTSTART" not in rule:
        rule = f"DTSTART:{ANCHOR:%Y%m%dT%H%M%S}\nRRULE:{rule.removeprefix('RRULE:')}"
    return RRuleSchedule(rrule=rule, timezone=settings.timezone)


def _facts(found: DeploymentCreate | DeploymentResponse) -> dict[str, Any]:
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


def _differences(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """What is not as it should be: the keys of `_facts`, with both values where they are short."""
    return [_change(key, there[key], value) for key, value in wanted.items() if there[key] != value]


def _change(key: str, before: Any, after: Any) -> str:
    if key == "config":
        return f"config: was {before.get('config')}"
    if key in {"work pool", "work queue", "paused", "collision strategy"}:
        return f"{key}: {before} → {after}"
    return key
