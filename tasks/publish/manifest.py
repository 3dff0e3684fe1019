"""Manifests: what a version is, and everything about it that does not change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tasks.label_kinds import LABEL_COLUMNS, named_by_column
from tasks.publish.documents import WITH_LABEL_LISTS, Document
from tasks.shards.schema import PublishedPixels


class FileEntry(BaseModel):
    """One file of a version.

    Attributes:
        path: Below the output's root.
        rows: How many rows it has.
        bytes: Its size.
        sha256: Of its bytes, in hexadecimal.
        split: The split of all its rows; empty for a file of rejects.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    rows: int
    bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    split: str = ""


class Manifest(Document):
    """One version: everything about it that does not change.

    Attributes:
        dataset: Whose version it is.
        parent: The version before; None for the first.
        counts: The run's account, by the names of `run --json`.
        splits: Rows by split.
        classes: Rows by class name.
        reasons: Images left out, by reason.
        warnings: Rows written with a warning, by its word.
        class_names: For each label column the class names, in the order of their ids.
        columns: The shards' columns and their types.
        pixel_spec: All that shaped the pixels.
        layout: How the source was understood.
        why: Why so.
        notices: What discovery and labelling noticed.
        config: The config, without secrets.
        config_sha256: Of it.
        libraries: Versions.
        gates: Each gate with its value and limit.
        shards: The files of rows.
        rejects: The file of those left out; None where there is none.
        report: What changed against the version before, as JSON.
        page: The same and more for a person, as HTML; None where there is none.
        quality: The pairs of near duplicates that are listed; None where there are none, or nobody looked for them.
        near: How many pairs there are, ``pairs``, of them ``leaks`` and ``suspects``; rows in none since they have no
            hash, ``unknown``, or one without a bit, ``even``; and by what they were found, ``distance`` and
            ``mirrored``. Empty where nobody looked for them.
    """

    dataset: str
    parent: int | None
    counts: dict[str, int]
    splits: dict[str, int]
    classes: dict[str, int]
    reasons: dict[str, int]
    warnings: dict[str, int]
    class_names: dict[str, list[str]]
    columns: dict[str, str]
    pixel_spec: dict[str, object]
    layout: str
    why: str
    notices: list[str]
    config: dict[str, object]
    config_sha256: str
    libraries: dict[str, str]
    gates: list[dict[str, object]]
    shards: list[FileEntry]
    rejects: FileEntry | None
    report: FileEntry | None = None
    page: FileEntry | None = None
    quality: FileEntry | None = None
    near: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _name_lists(cls, values: Any) -> Any:
        lists, columns = (values.get(key) for key in ("class_names", "columns")) if isinstance(values, dict) else (0, 0)
        if not isinstance(lists, dict) or not isinstance(columns, dict):
            return values
        return values | {"class_names": named_by_column(lists, columns)}

    @property
    def files(self) -> list[FileEntry]:
        """Every file of the version."""
        others = (self.rejects, self.report, self.page, self.quality)
        return [*self.shards, *(file for file in others if file is not None)]

    @property
    def pixels(self) -> PublishedPixels:
        """The pixel spec, by its names."""
        return cast("PublishedPixels", self.pixel_spec)

    @property
    def output(self) -> Mapping[str, object]:
        """The `output` section of the config; empty where it has none."""
        found = self.config.get("output")
        return found if isinstance(found, dict) else {}

    @property
    def sources(self) -> list[Mapping[str, object]]:
        """The sources of the config, each as its section has it."""
        found = self.config.get("source")
        return [source for source in (found if isinstance(found, list) else [found]) if isinstance(source, dict)]

    @property
    def rows(self) -> int:
        """How many rows the version has."""
        return sum(shard.rows for shard in self.shards)


def names_in_format(manifest: Manifest) -> dict[str, list[str]]:
    """The class lists of *manifest* under the names that its format gives them."""
    many, single = LABEL_COLUMNS["many"], LABEL_COLUMNS["single"]
    if manifest.format >= WITH_LABEL_LISTS or many not in manifest.class_names:
        return manifest.class_names
    return {single if column == many else column: names for column, names in manifest.class_names.items()}
