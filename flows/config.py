"""The YAML of one dataset: its sections, and `load_config`, which names the line of every mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from pydantic import ValidationError

from flows.runners import RunSettings
from flows.schedule import ScheduleSettings
from tasks.config_text.problems import describe_problems, place_of
from tasks.config_text.yaml_text import MAX_BYTES, KeyPath, YamlText, parse_yaml
from tasks.errors import ConfigError, DatasetError, MissingConfigError
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.storage import is_read_once, is_url, local_path, open_local, redact_url, require_scheme, scheme_problem


class DatasetConfig(Dataset):
    """One dataset: where its images come from, what they must become, and when and where that is done.

    Attributes:
        name: The dataset's name, as its commits and its Prefect runs carry it.
        source: Where the labelled images lie, or a list of such places, each with a name.
        labels: Which part of a label path is the class, and in which order classes are numbered.
        splits: Which rows are for training, validation and test.
        fetch: How bytes are fetched, and from where they may come.
        validation: Which images are good enough.
        resize: What every image is resized and converted to.
        write: How pixels and shards are written.
        quality: Which images count as near duplicates.
        output: Where the dataset is published.
        gates: What forbids publishing.
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


def load_config(url: str, overrides: Mapping[str, Any] | None = None) -> DatasetConfig:
    """Read and check the config at *url*.

    Args:
        url: A local path or any fsspec URL. Relative paths in the config are relative to its folder.
        overrides: Dotted key to value, laid over the file: ``{"resize.size": "[64, 64]"}``. Text is read as YAML.

    Raises:
        ConfigError: One line for each wrong key, with its place.
    """
    parsed = parse_yaml(_read_text(url), url)
    data = _checked_mapping(parsed, url)
    for key, value in (overrides or {}).items():
        _override(data, key, value)
    _resolve_paths(data, url)
    try:
        dataset = DatasetConfig.model_validate(data)
    except ValidationError as error:
        problems = list(describe_problems(error, DatasetConfig, parsed, url, overrides or {}))
        raise ConfigError("\n".join(dict.fromkeys(problems))) from None
    for path, place in _places(dataset):
        if problem := scheme_problem(place):
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
    return f"{redact_url(url)}:{parse_yaml(_read_text(url), url).line(key)}"


def _read_text(url: str) -> str:
    require_scheme(url)
    try:
        if not is_url(url):
            with open_local(local_path(url)) as local:
                return _decoded(local.read(MAX_BYTES + 1), url)
        with fsspec.open(url, "rb") as file:
            return _decoded(file.read(MAX_BYTES + 1), url)
    except FileNotFoundError:
        raise MissingConfigError(f"{redact_url(url)}: no such config file.{_beside(url)}") from None
    except IsADirectoryError:
        raise ConfigError(f"{url}: is a folder. Name the YAML files in it, such as {url.rstrip('/')}/*.yaml.") from None
    except DatasetError:
        raise
    except Exception as error:  # noqa: BLE001 - each store's client has errors of its own
        raise ConfigError(f"{redact_url(url)}: cannot be read: {str(error)[:200]}") from None


def _beside(url: str) -> str:
    """The YAML file whose name is most like that of *url*, in the same local folder."""
    if is_url(url):
        return ""
    place = local_path(url)
    names = sorted(path.name for path in place.parent.glob("*.y*ml")) if place.parent.is_dir() else []
    near = get_close_matches(place.name, names, n=1)
    return f" Did you mean {place.with_name(near[0])}?" if near else ""


def _decoded(content: bytes, url: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{redact_url(url)}:{line}: is not UTF-8 text. Save it as UTF-8.") from None


def _checked_mapping(parsed: YamlText, url: str) -> dict[str, Any]:
    if not isinstance(parsed.data, dict):
        raise ConfigError(f"{url}:1: a config is a mapping that begins with `name:`, `source:` and `output:`.")
    return parsed.data


def _override(data: dict[str, Any], key: str, value: Any) -> None:
    """Lay one override over *data*, in place."""
    *parents, last = key.split(".")
    for parent in parents:
        below = data.setdefault(parent, {})
        if not isinstance(below, dict):
            raise ConfigError(f"--set {key}: {parent!r} is not a section with keys of its own.")
        data = below
    data[last] = parse_yaml(value, f"--set {key}").data if isinstance(value, str) else value


def _resolve_paths(data: dict[str, Any], url: str) -> None:
    """Make `source.path` and `output.path` independent of the working directory, in place."""
    sources = data.get("source")
    for section in [*(sources if isinstance(sources, list) else [sources]), data.get("output")]:
        if isinstance(section, dict) and isinstance(section.get("path"), str) and section["path"]:
            section["path"] = _resolved(section["path"], url)


def _resolved(path: str, config_url: str) -> str:
    if is_url(path):
        return path.rstrip("/")
    if is_url(config_url) and not path.startswith(("/", "~")):
        scheme, _, rest = config_url.partition("://")
        return f"{scheme}://{PurePosixPath(rest).parent / path}"
    has_no_folder = is_url(config_url) or is_read_once(config_url)  # a pipe's is the system's
    folder = Path.cwd() if has_no_folder else local_path(config_url).parent
    return str((folder / local_path(path)).absolute())
