"""The configs that `deploy` and `serve` are given, with their places and schedules: read without Prefect."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.config import line_of, load_config
from flows.schedule import ScheduleSettings
from tasks.errors import ConfigError, MissingConfigError
from tasks.storage import is_url, local_path, redact_url


@dataclass(frozen=True, slots=True)
class ScheduledConfig:
    """One config that asks to be run by itself.

    Attributes:
        url: Its place, as it was given.
        place: Its place as any working directory finds it: an absolute path, or a URL.
        name: The dataset.
        schedule: Its `schedule` section.
    """

    url: str
    place: str
    name: str
    schedule: ScheduleSettings

    def line(self, key: str = "") -> str:
        """Where the section stands, or *key* in it: ``pets.yaml:12``."""
        return line_of(self.url, ("schedule", key) if key else ("schedule",))


@dataclass(frozen=True, slots=True)
class ReadConfigs:
    """What came of reading configs.

    Attributes:
        scheduled: Those that have a `schedule` section.
        unscheduled: Place and name of those that have none.
        failed: Place of those that are wrong, and why.
    """

    scheduled: tuple[ScheduledConfig, ...]
    unscheduled: tuple[tuple[str, str], ...]
    failed: tuple[tuple[str, Exception], ...]


def read_configs(urls: Sequence[str]) -> ReadConfigs:
    """Read the configs at *urls*; one that is wrong does not keep the others from being read."""
    scheduled, unscheduled = [], []
    failed: list[tuple[str, Exception]] = []
    for url in dict.fromkeys(urls):
        try:
            place = config_place(url)
            dataset = load_config(url)
        except Exception as error:  # noqa: BLE001 - what one config brings about must not keep others from being read
            failed.append((url, error))
            continue
        if dataset.schedule is None:
            unscheduled.append((place, dataset.name))
        else:
            scheduled.append(ScheduledConfig(url, place, dataset.name, dataset.schedule))
    twice = {name for name, count in Counter(config.name for config in scheduled).items() if count > 1}
    failed += [(config.url, _same_name(config, scheduled)) for config in scheduled if config.name in twice]
    return ReadConfigs(
        tuple(config for config in scheduled if config.name not in twice), tuple(unscheduled), tuple(failed)
    )


def _same_name(config: ScheduledConfig, all_of_them: Sequence[ScheduledConfig]) -> ConfigError:
    others = [other.url for other in all_of_them if other.name == config.name and other is not config]
    where = line_of(config.url, ("name",))
    return ConfigError(f"{where}: name: {others[0]} has the name {config.name!r} too. Give each config its own `name`.")


def config_place(url: str) -> str:
    """*url* as any working directory finds it.

    Raises:
        ConfigError: It holds what must not be written down, and Prefect writes it into its database.
    """
    if not is_url(url):
        return os.path.abspath(local_path(url))  # noqa: PTH100 - `..` goes, links stay as they are
    if redact_url(url) != url:
        raise ConfigError(
            f"{redact_url(url)}: Prefect stores a config's place, so it must have neither a query nor a user. Name one "
            "that is read with credentials from the environment, such as s3://bucket/pets.yaml."
        )
    return url


def holds_still(place: str, name: str) -> bool:
    """Whether the config at *place* is there, has a schedule and is of the dataset *name*.

    Raises:
        ConfigError: It is there, and cannot be read.
    """
    try:
        dataset = load_config(place)
    except MissingConfigError:
        return False
    return dataset.schedule is not None and dataset.name == name


def folder_place(folder: str) -> str:
    """The folder *folder* as the places of configs begin, without a trailing slash.

    Raises:
        ConfigError: There is no such folder: an unmounted disk must not look like one whose configs are gone.
    """
    place = config_place(folder).rstrip("/")
    if not is_url(place) and not Path(place).is_dir():
        raise ConfigError(f"--prune {folder}: no such folder. Make it, empty, if all of its deployments are to go.")
    return place
