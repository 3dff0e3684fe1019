"""`parquetry serve`: schedules kept by this process, without a work pool."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import IntervalSchedule, RRuleSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType

from flows.schedule import Rhythm
from flows.scheduling.deployments import (
    HEARTBEAT_S,
    Deployments,
    deployment_tags,
    is_switched_on,
    prefect_schedule,
    refuse_another,
    when_it_runs,
)
from flows.scheduling.following import follow
from flows.scheduling.prefect_server import connected_server
from flows.scheduling.scheduled_configs import ScheduledConfig
from flows.scheduling.scheduled_flows import FLOWS, ScheduledFlow, flows_of
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
    scheduled = [item for config in configs for item in flows_of(config)]
    with connected_server() as client:
        there = {flow.name: Deployments.of(client, flow).there for flow in FLOWS}
    for item in scheduled:
        found = there[item.flow.name].get(item.config.name)
        if found is not None and not replace:
            refuse_another(item.config, found)
    runner = _Runner(limit=limit, pause_on_shutdown=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    signal.signal(signal.SIGTERM, runner.handle_sigterm)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as `nohup` has it
        signal.signal(signal.SIGHUP, runner.handle_sigterm)
    kept: list[UUID] = []
    with _paused_afterwards(kept, tell), suppress(KeyboardInterrupt, TerminationSignal):
        for item in scheduled:
            active = is_switched_on(there[item.flow.name].get(item.config.name))
            kept.append(cast(UUID, runner.add_deployment(_deployment(item, active=active))))
            tell(f"serving {item.label}: {when_it_runs(item.rhythm)}")
        _follow(configs, tell)
        asyncio.run(runner.start())


def _follow(configs: Sequence[ScheduledConfig], tell: Callable[[str], None]) -> None:
    """Have what follows each of *configs* started for each version; that goes on when this process is stopped."""
    with connected_server() as client:
        for config in configs:
            for made in follow(client, config):
                tell(f"{made.action} {made.name}{f': {made.detail}' if made.detail else ''}")


@contextmanager
def _paused_afterwards(kept: Sequence[UUID], tell: Callable[[str], None]) -> Iterator[None]:
    """Pause the deployments *kept*, whenever this process is stopped: else their runs would pile up as late."""
    try:
        yield
    finally:
        with suppress(ServerError), connected_server() as client:
            for deployment in kept:
                client.pause_deployment(deployment)
            tell(f"stopped: {len(kept)} schedule{'' if len(kept) == 1 else 's'} paused until `serve` runs again")


def _deployment(scheduled: ScheduledFlow, *, active: bool) -> RunnerDeployment:
    config, settings = scheduled.config, scheduled.config.schedule
    limit = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy(settings.collision_strategy))
    made: Any = scheduled.flow.to_deployment(
        name=config.name,
        entrypoint_type=EntrypointType.MODULE_PATH,
        schedules=[_schedule(scheduled.rhythm, active=active)],
        paused=settings.paused,
        tags=deployment_tags(config),
        parameters=scheduled.given,
        concurrency_limit=limit,
        description=scheduled.description,
    )
    made.entrypoint = scheduled.entrypoint
    return cast(RunnerDeployment, made)


def _schedule(settings: Rhythm, *, active: bool) -> Schedule:
    """The schedule as a runner takes it."""
    known = prefect_schedule(settings)
    rule = known.rrule if isinstance(known, RRuleSchedule) else None
    zone, interval = settings.timezone, settings.interval
    made = Schedule(interval, settings.cron, rule, zone, active=active, slug="main")
    return replace(made, anchor_date=known.anchor_date) if isinstance(known, IntervalSchedule) else made
