"""`parquetry serve`: schedules kept by this process, without a work pool."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast
from uuid import UUID

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import IntervalSchedule, RRuleSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType

from flows.refresh_dataset import refresh_dataset
from flows.schedule import ScheduleSettings
from flows.scheduling.deployments import (
    HEARTBEAT_S,
    deployment_tags,
    is_switched_on,
    prefect_schedule,
    refuse_another,
    there_already,
)
from flows.scheduling.prefect_server import connected_server
from flows.scheduling.scheduled_configs import ScheduledConfig
from tasks.errors import ServerError


class _Runner(Runner):
    """A runner that SIGTERM stops as Ctrl-C does: its schedules are paused, and the runs that work are stopped."""

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
        signal.raise_signal(signal.SIGINT)


def serve_configs(
    configs: Sequence[ScheduledConfig], *, limit: int, replace: bool, tell: Callable[[str], None]
) -> None:
    """Keep the schedules of *configs* until this process is stopped; then they are paused, and runs are stopped.

    Args:
        configs: What is to be run.
        limit: How many runs may work at once.
        replace: Whether a config may take the place of another one of the same name that is still there.
        tell: Is given a line for each schedule that is kept.

    Raises:
        ConfigError: A config would take the place of another one that is still there.
        ServerError: There is no server that fits.
    """
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", str(HEARTBEAT_S))  # flow processes inherit it
    with connected_server() as client:
        there = there_already(client, client.create_flow_from_name(refresh_dataset.name))
    for config in configs:
        if config.name in there and not replace:
            refuse_another(config, there[config.name])
    runner = _Runner(limit=limit, pause_on_shutdown=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    signal.signal(signal.SIGTERM, runner.handle_sigterm)
    kept: list[UUID] = []
    with _paused_afterwards(kept), suppress(KeyboardInterrupt, TerminationSignal):
        for config in configs:
            made = runner.add_deployment(_deployment(config, active=is_switched_on(there.get(config.name))))
            kept.append(cast(UUID, made))
            tell(f"serving {config.name}: {config.schedule.described}")
        asyncio.run(runner.start())


@contextmanager
def _paused_afterwards(kept: Sequence[UUID]) -> Iterator[None]:
    """Pause the deployments *kept*, whenever this process is stopped: else their runs would pile up as late."""
    try:
        yield
    finally:
        with suppress(ServerError), connected_server() as client:
            for deployment in kept:
                client.pause_deployment(deployment)


def _deployment(config: ScheduledConfig, *, active: bool) -> RunnerDeployment:
    settings = config.schedule
    limit = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy(settings.collision_strategy))
    made = refresh_dataset.to_deployment(
        name=config.name,
        entrypoint_type=EntrypointType.MODULE_PATH,
        schedules=[_schedule(settings, active=active)],
        paused=settings.paused,
        tags=deployment_tags(config),
        parameters={"config": config.place},
        concurrency_limit=limit,
        description=f"Keeps the dataset {config.name} up to date, as {config.place} says.",
    )
    return cast(RunnerDeployment, made)


def _schedule(settings: ScheduleSettings, *, active: bool) -> Schedule:
    """The schedule as a runner takes it."""
    known = prefect_schedule(settings)
    rule = known.rrule if isinstance(known, RRuleSchedule) else None
    given: dict[str, Any] = {"cron": settings.cron, "interval": settings.interval, "rrule": rule}
    if isinstance(known, IntervalSchedule):
        given["anchor_date"] = known.anchor_date
    return Schedule(**given, timezone=settings.timezone, active=active, slug="main")
