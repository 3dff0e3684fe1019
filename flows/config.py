"""The YAML of one dataset: its sections, and `load_config`, which names the line of every mistake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import fsspec
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from flows.config_problems import describe_problems
from flows.runners import RunSettings
from flows.schedule import ScheduleSettings
from flows.yaml_text import MAX_BYTES, KeyPath, YamlText, parse_yaml
from tasks.discover import Source, grouped_by
from tasks.discover.label_files import LabelFileSettings
from tasks.errors import ConfigError, MissingConfigError
from tasks.fetch import FetchSettings
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import Limits
from tasks.images.settings import ResizeSettings, ValidationSettings
from tasks.labels import LabelSettings
from tasks.publish import OutputSettings
from tasks.redaction import redact_values
from tasks.report.gates import Gates
from tasks.samples import StoreUrl
from tasks.shards import WriteSettings
from tasks.shards.schema import reserved_columns
from tasks.splits import SplitSettings
from tasks.step_config import StepConfig
from tasks.storage import is_url, redact_url


def _one_or_several(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _kept_columns(sources: Sequence[Source]) -> tuple[str, ...]:
    settings = [source for source in sources if isinstance(source, LabelFileSettings)]
    return tuple(dict.fromkeys(name for source in settings for name in source.keep_columns.values()))


class DatasetConfig(StepConfig):
    """One dataset: where its images come from, and what they must become.

    Attributes:
        name: The dataset's name, as its commits and its Prefect runs carry it.
        source: Where the labelled images lie, or a list of such places, each with a name.
        labels: Which part of a label path is the class, and in which order classes are numbered.
        splits: Which rows are for training, validation and test.
        fetch: How bytes are fetched, and from where they may come.
        validation: Which images are good enough.
        resize: What every image is resized and converted to.
        write: How pixels and shards are written.
        output: Where the dataset is published.
        gates: What forbids publishing.
        run: Where the work is done.
        schedule: When it is refreshed by itself, once `parquetry deploy` or `parquetry serve` have told Prefect.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$")
    source: Annotated[list[Source], BeforeValidator(_one_or_several)]
    labels: LabelSettings = LabelSettings()
    splits: SplitSettings = SplitSettings()
    fetch: FetchSettings = FetchSettings()
    validation: ValidationSettings = ValidationSettings()
    resize: ResizeSettings = ResizeSettings()
    write: WriteSettings = WriteSettings()
    output: OutputSettings
    gates: Gates = Gates()
    run: RunSettings = RunSettings()
    schedule: ScheduleSettings | None = None

    @field_validator("source")
    @classmethod
    def _sources_have_names(cls, value: list[Source]) -> list[Source]:
        names = [source.name for source in value]
        if not names:
            raise ValueError("name at least one source")
        if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
            raise ValueError("each source of a list needs a `name` of its own")
        return value

    @field_validator("source")
    @classmethod
    def _kept_columns_have_names_of_their_own(cls, value: list[Source]) -> list[Source]:
        taken = reserved_columns()
        for name in _kept_columns(value):
            if name in taken or name.startswith("label_"):
                raise ValueError(
                    f"`keep_columns` keeps {name!r}, which is the name of a column that shards have anyway: give it "
                    f"another one, `keep_columns: {{{name}: given_{name}}}`"
                )
        return value

    @model_validator(mode="after")
    def _original_pixels_keep_their_size(self) -> DatasetConfig:
        if self.write.pixels == "original" and self.resize.mode != "none":
            raise ValueError("`write.pixels: original` writes the source's bytes as they are: set `resize.mode: none`")
        return self

    @model_validator(mode="after")
    def _pixels_can_hold_the_color(self) -> DatasetConfig:
        if (self.write.pixels, self.resize.color) == ("jpeg", "RGBA"):
            raise ValueError("JPEG has no transparency, so `resize.color: RGBA` needs `write.pixels: png`, webp or raw")
        if (self.write.pixels, self.resize.color) == ("webp", "L"):
            raise ValueError("WebP has no grey images, so `resize.color: L` needs `write.pixels: png`, jpeg or raw")
        return self

    @property
    def sources(self) -> list[Source]:
        """The sources, one or several, which are told how labels are read and which column `splits.group_by` names."""
        sources = [source.reading_labels(self.labels.reading) for source in self.source]
        if self.splits.group_by is None:
            return sources
        return [grouped_by(source, self.splits.group_by) for source in sources]

    @property
    def kept_columns(self) -> tuple[str, ...]:
        """The columns of label files that the shards keep, of all sources together."""
        return _kept_columns(self.source)

    @property
    def pixel_spec(self) -> PixelSpec:
        """What images are admitted, and what they become."""
        checked, resized = self.validation, self.resize
        return PixelSpec(
            min_side=checked.min_side,
            max_pixels=checked.max_pixels,
            max_aspect=checked.max_aspect or 0.0,
            formats=checked.formats,
            allow_truncated=checked.allow_truncated,
            strict_extensions=checked.strict_extensions,
            **resized.model_dump(),
            pixels=self.write.pixels,
            quality=self.write.quality,
        )

    @property
    def limits(self) -> Limits:
        """What a decoder process may take."""
        return Limits(memory=self.validation.memory, seconds=self.validation.seconds)

    @property
    def store(self) -> StoreUrl:
        """Where the dataset is published."""
        return StoreUrl(self.output.path, self.output.storage_options)

    def as_published(self) -> dict[str, Any]:
        """The config as a manifest may hold it: JSON values, URLs without query string and credentials."""
        redacted: dict[str, Any] = redact_values(self.model_dump(mode="json", exclude={"schedule": {"job_variables"}}))
        return redacted

    def digest(self) -> str:
        """The SHA-256 of `as_published`, in hexadecimal."""
        text = json.dumps(self.as_published(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


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
        return DatasetConfig.model_validate(data)
    except ValidationError as error:
        problems = list(describe_problems(error, DatasetConfig, parsed, url, overrides or {}))
        raise ConfigError("\n".join(dict.fromkeys(problems))) from None


def line_of(url: str, key: KeyPath) -> str:
    """Where *key* stands in the config at *url*: ``pets.yaml:12``."""
    return f"{redact_url(url)}:{parse_yaml(_read_text(url), url).line(key)}"


def _read_text(url: str) -> str:
    try:
        if not is_url(url):
            with Path(url).expanduser().open("rb") as local:
                return _decoded(local.read(MAX_BYTES + 1), url)
        with fsspec.open(url, "rb") as file:
            return _decoded(file.read(MAX_BYTES + 1), url)
    except FileNotFoundError:
        raise MissingConfigError(f"{redact_url(url)}: no such config file.") from None
    except IsADirectoryError:
        raise ConfigError(f"{url}: is a folder. Name the YAML files in it, such as {url.rstrip('/')}/*.yaml.") from None
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(f"{redact_url(url)}: cannot be read: {str(error)[:200]}") from None


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
    folder = Path.cwd() if is_url(config_url) else Path(config_url).expanduser().parent
    return str((folder / Path(path).expanduser()).absolute())
