"""The `schedule` sections as Prefect deployments: made, changed, left alone, and pruned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentCreate, DeploymentScheduleCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterId
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import get_current_settings
from prefect.utilities.callables import parameter_schema

from flows.refresh_dataset import refresh_dataset
from flows.schedule import ANCHOR, Rhythm, ScheduleSettings
from flows.scheduling.automations import delete_missing_night
from flows.scheduling.differences import differences, facts_of
from flows.scheduling.following import follow, stop_following
from flows.scheduling.prefect_server import check_pool_type, connected_server, detail, pool_problem, read_pool
from flows.scheduling.scheduled_configs import ScheduledConfig, holds_still
from flows.scheduling.scheduled_flows import FLOWS, ScheduledFlow, flows_of, label_of
from tasks.errors import ConfigError, DatasetError
from tasks.step_config import JobVariables

TAG = "parquetry"
HEARTBEAT_S = 30
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
        there = {flow.name: Deployments.of(client, flow) for flow in FLOWS}
        for config in configs:
            try:
                for wanted in flows_of(config):
                    yield _deploy(client, there[wanted.flow.name], wanted, replace=replace)
                yield from _followed(client, config)
            except DatasetError as error:
                yield Deployed(config.place, config.name, "failed", str(error))
                continue
            except PrefectHTTPStatusError as error:  # of this config; the next one may be another matter
                where = config.line()
                yield Deployed(config.place, config.name, "failed", f"{where}: the server answers: {detail(error)}")
                continue
            yield from _removed(client, config, there)


@dataclass(frozen=True, slots=True)
class Deployments:
    """The deployments of one flow, whoever made them.

    Attributes:
        flow: The flow.
        id: Its id on the server.
        there: Its deployments, by name.
    """

    flow: Flow[..., Any]
    id: UUID
    there: Mapping[str, DeploymentResponse]

    @classmethod
    def of(cls, client: SyncPrefectClient, flow: Flow[..., Any]) -> Deployments:
        """Those of *flow*."""
        flow_id = client.create_flow_from_name(flow.name)
        return cls(flow, flow_id, there_already(client, flow_id))


def _removed(
    client: SyncPrefectClient, config: ScheduledConfig, there: Mapping[str, Deployments]
) -> Iterator[Deployed]:
    """Delete what was deployed of *config* and it no longer asks for."""
    wanted = {item.flow.name for item in flows_of(config)}
    for name, deployments in there.items():
        found = deployments.there.get(config.name)
        if name not in wanted and found is not None and found.labels.get(_PLACE) == config.place:
            client.delete_deployment(found.id)
            label = label_of(deployments.flow, config.name)
            yield Deployed(config.place, label, "pruned", "its config no longer asks for it")


def _followed(client: SyncPrefectClient, config: ScheduledConfig) -> Iterator[Deployed]:
    """What became of the automation that starts what follows *config*."""
    for made in follow(client, config):
        action = "pruned" if made.action == "removed" else made.action
        detail = made.detail or "its config no longer asks for it"
        yield Deployed(config.place, f"{config.name} (then)", action, detail)


def prune_folder(folder: str) -> Iterator[Deployed]:
    """Delete the deployments whose config lay below *folder* and is no longer there, or has no schedule any more.

    Args:
        folder: An absolute path or URL without a trailing slash.

    Raises:
        ServerError: There is no server that fits.
    """
    with connected_server() as client:
        for flow in FLOWS:
            for _, found in sorted(Deployments.of(client, flow).there.items()):
                place = str(found.labels.get(_PLACE, ""))  # only what `deploy` made has it
                if place.startswith(f"{folder}/"):
                    yield from _pruned(client, flow, place, found)


def _pruned(
    client: SyncPrefectClient, flow: Flow[..., Any], place: str, found: DeploymentResponse
) -> Iterator[Deployed]:
    """Delete the deployment *found*, unless its config at *place* still asks for it."""
    label = label_of(flow, found.name)
    try:
        if holds_still(place, found.name):
            return
    except ConfigError as error:
        yield Deployed(place, label, "left alone", f"its config cannot be read: {error}")
        return
    client.delete_deployment(found.id)
    if flow is refresh_dataset:
        delete_missing_night(client, found.name)
        list(stop_following(client, found.name))
    yield Deployed(place, label, "pruned", "its config is gone, or has no schedule any more")


def there_already(client: SyncPrefectClient, flow_id: UUID) -> dict[str, DeploymentResponse]:
    """The deployments of our flow by their names, whoever made them."""
    flow = FlowFilter(id=FlowFilterId(any_=[flow_id]))
    found: dict[str, DeploymentResponse] = {}
    while page := client.read_deployments(flow_filter=flow, limit=200, offset=len(found)):
        found |= {item.name: item for item in page}
    return found


def _deploy(
    client: SyncPrefectClient, deployments: Deployments, scheduled: ScheduledFlow, *, replace: bool
) -> Deployed:
    config = scheduled.config
    there = deployments.there.get(config.name)
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
    wanted = _wanted(scheduled, deployments.id, pool_name, there)
    changes = differences(facts_of(wanted), facts_of(there)) if there is not None else []
    problem = pool_problem(client, pool)
    if there is not None and not changes:
        return Deployed(config.place, scheduled.label, "left alone", _paused_by_hand(config, there), problem)
    client.request("POST", "/deployments/", json=wanted.model_dump(mode="json", exclude_unset=True))
    if there is None:
        return Deployed(
            config.place, scheduled.label, "created", f"{when_it_runs(scheduled.rhythm)} on {pool_name}", problem
        )
    return Deployed(config.place, scheduled.label, "changed", ", ".join(changes), problem)


def when_it_runs(rhythm: Rhythm) -> str:
    """When it runs, in a few words, and when next."""
    following = rhythm.next_time(datetime.now(UTC))
    return rhythm.described + (f", next at {following:%Y-%m-%d %H:%M}" if following else "")


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
    scheduled: ScheduledFlow, flow_id: UUID, pool_name: str, there: DeploymentResponse | None
) -> DeploymentCreate:
    """The deployment as it should be; what was switched off by hand stays off."""
    config = scheduled.config
    settings, schedule = config.schedule, prefect_schedule(scheduled.rhythm)
    return DeploymentCreate(
        name=config.name,
        flow_id=flow_id,
        paused=_paused(settings, there),
        schedules=[DeploymentScheduleCreate(schedule=schedule, active=is_switched_on(there), slug=_MAIN)],
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(
            collision_strategy=ConcurrencyLimitStrategy(settings.collision_strategy)
        ),
        parameters=scheduled.given,
        description=scheduled.description,
        tags=deployment_tags(config),
        labels={_PLACE: config.place, _PAUSED: settings.paused},
        work_pool_name=pool_name,
        work_queue_name=settings.work_queue or "default",
        job_variables=_job_variables(settings.job_variables),
        entrypoint=scheduled.entrypoint,
        path=None,
        pull_steps=[],
        enforce_parameter_schema=True,
        parameter_openapi_schema=parameter_schema(scheduled.flow).model_dump(mode="json", exclude_unset=True),
    )


def deployment_tags(config: ScheduledConfig) -> list[str]:
    """The tags of a deployment and of its runs."""
    return list(dict.fromkeys([TAG, *config.schedule.tags]))


def _job_variables(given: JobVariables) -> dict[str, object]:
    """*given*, and a heartbeat often enough for the automation that finds dead runs."""
    return {**given, "env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S), **(given.get("env") or {})}}


def _paused(settings: ScheduleSettings, there: DeploymentResponse | None) -> bool:
    """What the config says where it says something new, else what was done by hand."""
    if there is None or there.labels.get(_PAUSED, False) != settings.paused:
        return settings.paused
    return there.paused


def is_switched_on(there: DeploymentResponse | None) -> bool:
    """Whether the schedule is on: not where somebody switched it off."""
    return not (there is not None and there.schedules and not any(item.active for item in there.schedules))


def prefect_schedule(settings: Rhythm) -> SCHEDULE_TYPES:
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
