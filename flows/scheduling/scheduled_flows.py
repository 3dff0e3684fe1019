"""What a config asks to be run by itself: its refresh, and what else its `schedule` section names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect import Flow

from flows.prune_dataset import prune_dataset
from flows.refresh_dataset import refresh_dataset
from flows.schedule import Rhythm
from flows.scheduling.scheduled_configs import ScheduledConfig
from flows.verify_dataset import verify_dataset

FLOWS: tuple[Flow[..., Any], ...] = (refresh_dataset, verify_dataset, prune_dataset)


@dataclass(frozen=True, slots=True)
class ScheduledFlow:
    """One flow that a config has run by itself.

    Attributes:
        flow: Which one.
        config: The config.
        rhythm: When.
        description: What it does, for Prefect's UI.
        parameters: What it is given, besides the config.
    """

    flow: Flow[..., Any]
    config: ScheduledConfig
    rhythm: Rhythm
    description: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def entrypoint(self) -> str:
        """Where a worker finds the flow: by a door that no other package called `flows` can stand in."""
        return f"parquetry.{self.flow.fn.__name__}"

    @property
    def given(self) -> dict[str, object]:
        """The parameters of its runs."""
        return {"config": self.config.place, **self.parameters}

    @property
    def label(self) -> str:
        """What a person is told of: the dataset, and the flow where it is not the refresh."""
        return label_of(self.flow, self.config.name)


def label_of(flow: Flow[..., Any], name: str) -> str:
    """How the deployment *name* of *flow* is spoken of: ``pets``, ``pets (verify)``."""
    return name if flow is refresh_dataset else f"{name} ({flow.name.partition('-')[0]})"


def flows_of(config: ScheduledConfig) -> Iterator[ScheduledFlow]:
    """What *config* has run by itself, the refresh first."""
    schedule = config.schedule
    name, says = config.name, f"as {config.place} says."
    yield ScheduledFlow(refresh_dataset, config, schedule, f"Keeps the dataset {name} up to date, {says}")
    if schedule.verify is not None:
        about, parts = f"Verifies the files of the dataset {name}, {says}", {"parts": schedule.verify.parts}
        yield ScheduledFlow(verify_dataset, config, schedule.verify, about, parts)
    if schedule.prune is not None:
        about = f"Deletes what no kept version of the dataset {name} needs, {says}"
        yield ScheduledFlow(prune_dataset, config, schedule.prune, about)
