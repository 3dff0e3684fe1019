"""What one dataset is to be: every section of its config that says what is done, not where or when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tasks.discover import Source, SplitLists, grouped_by
from tasks.discover.by_tables.row_source import RecordSettings
from tasks.fetch import FetchSettings
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import Limits
from tasks.images.settings import ResizeSettings, ValidationSettings
from tasks.labels import LabelSettings
from tasks.publish import OutputSettings
from tasks.quality.settings import QualitySettings
from tasks.redaction import redact_values
from tasks.report.gates import Gates
from tasks.samples import StoreUrl
from tasks.shards.schema import measure_columns, reserved_columns
from tasks.shards.settings import WriteSettings
from tasks.splits import SplitSettings
from tasks.step_config import StepConfig


def _one_or_several(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _kept_columns(sources: Sequence[Source]) -> tuple[str, ...]:
    settings = [source for source in sources if isinstance(source, RecordSettings)]
    return tuple(dict.fromkeys(name for source in settings for name in source.keep_columns.values()))


class Dataset(StepConfig):
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
        quality: Which images count as near duplicates.
        output: Where the dataset is published.
        gates: What forbids publishing.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$")
    source: Annotated[list[Source], BeforeValidator(_one_or_several)]
    labels: LabelSettings = LabelSettings()
    splits: SplitSettings = SplitSettings()
    fetch: FetchSettings = FetchSettings()
    validation: ValidationSettings = ValidationSettings()
    resize: ResizeSettings = ResizeSettings()
    write: WriteSettings = WriteSettings()
    quality: QualitySettings = QualitySettings()
    output: OutputSettings
    gates: Gates = Gates()

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
        for source in (source for source in value if isinstance(source, RecordSettings)):
            by_name: dict[str, str] = {}
            for own, name in source.keep_columns.items():
                if (other := by_name.setdefault(name, own)) != own:
                    raise ValueError(f"`keep_columns` keeps {other!r} and {own!r} as {name!r}: give one another name")
        for name in _kept_columns(value):
            if name in taken or name.startswith("label_"):
                raise ValueError(
                    f"`keep_columns` keeps {name!r}, which is the name of a column that shards have anyway: give it "
                    f"another one, `keep_columns: {{{name}: given_{name}}}`"
                )
        return value

    @field_validator("source")
    @classmethod
    def _levels_have_columns_of_their_own(cls, value: list[Source]) -> list[Source]:
        taken = reserved_columns()
        levels = [name for source in value for name in getattr(source, "levels", ()) or ()]
        if (name := next((name for name in levels if f"label_{name}" in taken), "")) != "":
            raise ValueError(
                f"`levels` names {name!r}, whose column `label_{name}` every shard has anyway: give it another name"
            )
        return value

    @model_validator(mode="after")
    def _original_pixels_keep_their_size(self) -> Dataset:
        if self.write.pixels == "original" and self.resize.mode != "none":
            raise ValueError("`write.pixels: original` writes the source's bytes as they are: set `resize.mode: none`")
        return self

    @model_validator(mode="after")
    def _measures_have_columns_of_their_own(self) -> Dataset:
        taken = sorted(measure_columns() & set(self.kept_columns))
        if self.write.measures and taken:
            raise ValueError(
                f"`write.measures` adds a column {taken[0]!r}, and `keep_columns` keeps another one of that name: give "
                f"that one another name, `keep_columns: {{{taken[0]}: given_{taken[0]}}}`"
            )
        return self

    @model_validator(mode="after")
    def _near_duplicates_need_measures(self) -> Dataset:
        asked = self.asks_for_measures
        if asked and self.write.measures is False:
            raise ValueError(f"`{asked[0]}` looks at measures of images, and `write.measures: false` leaves them out")
        return self

    @model_validator(mode="after")
    def _pixels_can_hold_the_color(self) -> Dataset:
        if (self.write.pixels, self.resize.color) == ("jpeg", "RGBA"):
            raise ValueError("JPEG has no transparency, so `resize.color: RGBA` needs `write.pixels: png`, webp or raw")
        if (self.write.pixels, self.resize.color) == ("webp", "L"):
            raise ValueError("WebP has no grey images, so `resize.color: L` needs `write.pixels: png`, jpeg or raw")
        return self

    @property
    def asks_for_measures(self) -> list[str]:
        """The keys that ask for what only measures of images tell."""
        asked = [f"gates.{name}" for name in ("max_leaks", "max_suspects") if getattr(self.gates, name) is not None]
        return asked + (["splits.keep_together"] if self.splits.keep_together else [])

    @property
    def sources(self) -> list[Source]:
        """The sources, one or several, which are told how labels are read and which column `splits.group_by` names."""
        sources = [source.reading_labels(self.labels.reading) for source in self.source]
        if self.splits.group_by is None:
            return sources
        return [grouped_by(source, self.splits.group_by) for source in sources]

    @property
    def split_lists(self) -> SplitLists:
        """The lists that say which sample is in which split."""
        return SplitLists(self.splits.files, self.splits.rest)

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

    def as_published(self) -> dict[str, object]:
        """The config as a manifest may hold it: JSON values, URLs without query string and credentials."""
        redacted: dict[str, object] = redact_values(
            self.model_dump(mode="json", exclude={"schedule": {"job_variables"}})
        )
        return redacted

    def digest(self) -> str:
        """The SHA-256 of `as_published`, in hexadecimal."""
        text = json.dumps(self.as_published(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
