"""The keys of a config that discovery writes, as YAML has them: one that is misspelt is a mistake to the type checker.

Each type stands for a model of the config, which checks the values; none of them has all of its model's keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

Columns = list[str] | dict[str, str]
"""`columns` of a table: names by position, or a mapping from the file's own names."""


class TableKeys(TypedDict, total=False):
    """An entry of `source.tables`; see `TableSettings`."""

    file: str
    files: str | list[str]
    listing: str
    columns: Columns
    base: str
    location: str
    find: Literal["stem", "end"]
    at: str
    orient: Literal["map", "columns"]
    delimiter: str
    header: bool
    skip: int
    comment: str
    surplus: str
    encoding: str
    sheet: str
    pattern: str | dict[str, str]
    where: dict[str, list[str]]
    split: str
    one_hot: str | list[str]
    numbers: list[str]
    pixels: str


class SourceKeys(TypedDict, total=False):
    """The `source` section, of any layout."""

    path: str
    layout: str
    tables: list[TableKeys]
    pattern: str
    ignore: list[str]
    ignore_dirs: list[str]
    uneven: Literal["keep", "top"]
    allow_unlabeled: bool
    missing_labels: list[str]
    archives: bool
    follow_links: bool


class LabelKeys(TypedDict, total=False):
    """The `labels` section; see `LabelSettings`."""

    kind: Literal["many", "number"]
    separator: str
    level: int


class SplitKeys(TypedDict, total=False):
    """The `splits` section; see `SplitSettings`."""

    names: dict[str, str]
    files: dict[str, str | list[str]]
    rest: Literal["train"]
    ratios: dict[str, float]


class GateKeys(TypedDict, total=False):
    """The `gates` section; see `Gates`."""

    max_reject_fraction: float


class ConfigKeys(TypedDict, total=False):
    """A config by its sections, without those that say nothing of a source."""

    source: SourceKeys
    labels: LabelKeys
    splits: SplitKeys
    gates: GateKeys


def with_source(keys: ConfigKeys, more: SourceKeys) -> ConfigKeys:
    """*keys* with *more* in their section `source`."""
    return {**keys, "source": {**keys.get("source", {}), **more}}


def splits_named(names: Mapping[str, str]) -> ConfigKeys:
    """The section `splits` by which *names* are those of splits; no section where there are none."""
    return {"splits": {"names": dict(names)}} if names else {}


def files_of(entry: TableKeys) -> list[str]:
    """The files that an entry of `source.tables` names, or their patterns."""
    files = entry.get("files", [])
    return [entry["file"]] if "file" in entry else [files] if isinstance(files, str) else files


def roles_in(entry: TableKeys) -> set[str]:
    """What the columns of an entry of `source.tables` are taken for."""
    return set(columns_in(entry).values())


def columns_in(entry: TableKeys) -> Mapping[str, str]:
    """What each column of an entry of `source.tables` is taken for, by its name in the file or its position."""
    columns = entry.get("columns", [])
    return columns if isinstance(columns, dict) else {str(place): name for place, name in enumerate(columns)}
