"""The YAML of one dataset: its sections, and `load_config`, which names the line of every mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydantic import ValidationError

from flows.runners import RunSettings
from flows.schedule import ScheduleSettings
from tasks.config_text.config_file import lay_over, mapping_of, read_config_text, resolve_paths, variable_problem
from tasks.config_text.problems import describe_problems, place_of
from tasks.config_text.yaml_text import KeyPath, parse_yaml
from tasks.errors import ConfigError, LayoutError, OutputError
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.storage import redact_url, scheme_problem


class DatasetConfig(Dataset):
    """One dataset: where its images come from, what they must become, and when and where that is done.

    Attributes:
        run: Where the work is done.
        schedule: When it is refreshed by itself, once `parquetry deploy` or `parquetry serve` have told Prefect.
    """

    run: RunSettings = RunSettings()
    schedule: ScheduleSettings | None = None

    def options(
        self,
        *,
        full: bool = False,
        limit: int = 0,
        accept: Sequence[str] = (),
        rehash: bool = False,
        resplit: bool = False,
    ) -> RefreshOptions:
        """What is asked of one run, beside what the `run` section always asks for."""
        asked = RefreshOptions(full, limit, tuple(accept), rehash, resplit)
        return replace(asked, processes=self.run.decoder_processes, deadline=self.run.deadline)


def load_config(url: str, overrides: Mapping[str, object] | None = None) -> DatasetConfig:
    """Read and check the config at *url*.

    Args:
        url: A local path or any fsspec URL. Relative paths in the config are relative to its folder.
        overrides: Dotted key to value, laid over the file: ``{"resize.size": "[64, 64]"}``. Text is read as YAML.

    Raises:
        ConfigError: One line for each wrong key, with its place.
    """
    parsed = parse_yaml(read_config_text(url), url)
    data = mapping_of(parsed, url)
    for key, value in (overrides or {}).items():
        lay_over(data, key, value)
    resolve_paths(data, url)
    try:
        dataset = DatasetConfig.model_validate(data)
    except ValidationError as error:
        problems = list(describe_problems(error, DatasetConfig, parsed, url, overrides or {}))
        raise ConfigError("\n".join(dict.fromkeys(problems))) from None
    for path, place in _places(dataset):
        if problem := variable_problem(place) or scheme_problem(place):
            raise ConfigError(f"{place_of(path, parsed, url, overrides or {})}: {problem}")
    return dataset


def _places(dataset: DatasetConfig) -> Iterator[tuple[KeyPath, str]]:
    """Where the config sends us, and the keys that do."""
    for number, source in enumerate(dataset.source):
        yield ("source", number, "path"), source.path
        yield ("source", number, "base_dir"), getattr(source, "base_dir", "")
    yield ("output", "path"), dataset.output.path


def line_of(url: str, key: KeyPath) -> str:
    """Where *key* stands in the config at *url*: ``pets.yaml:12``."""
    return f"{redact_url(url)}:{parse_yaml(read_config_text(url), url).line(key)}"


@contextmanager
def placed_in(url: str, key: KeyPath, overrides: Mapping[str, object]) -> Iterator[None]:
    """What is said of a source, an output or a cluster begins with the line of the config that names it."""
    try:
        yield
    except (ConfigError, LayoutError, OutputError) as error:
        raise type(error)(f"{_named_at(url, key, overrides)}: {error}") from error


def _named_at(url: str, key: KeyPath, overrides: Mapping[str, object]) -> str:
    """Where *key* was given: ``pets.yaml:12`` of the config at *url*, or ``--set source.path`` of *overrides*."""
    name = ".".join(str(part) for part in key if not isinstance(part, int))
    given = [one for one in overrides if f"{name}.".startswith(f"{one}.")]
    if given:
        return f"--set {given[0]}"
    return line_of(url, key)
