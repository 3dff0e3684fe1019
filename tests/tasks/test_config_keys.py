"""The keys that discovery may write are keys of the models that read them."""

from __future__ import annotations

import pytest

from tasks.config_keys import ConfigKeys, GateKeys, LabelKeys, SourceKeys, SplitKeys, TableKeys, files_of, roles_in
from tasks.discover.auto import AutoSource
from tasks.discover.by_tables.tables import TablesSource
from tasks.labels import LabelSettings
from tasks.refresh.dataset import Dataset
from tasks.report.gates import Gates
from tasks.splits import SplitSettings
from tasks.step_config import StepConfig
from tasks.tables import TableSettings


@pytest.mark.parametrize(
    ("keys", "models"),
    [
        (TableKeys, [TableSettings]),
        (SourceKeys, [AutoSource, TablesSource]),
        (LabelKeys, [LabelSettings]),
        (SplitKeys, [SplitSettings]),
        (GateKeys, [Gates]),
        (ConfigKeys, [Dataset]),
    ],
)
def test_each_key_is_one_of_the_model(keys: type[object], models: list[type[StepConfig]]) -> None:
    known = {name for model in models for name in model.model_fields}

    assert not set(keys.__annotations__) - known


@pytest.mark.parametrize(
    ("entry", "files"),
    [
        ({"file": "a.csv"}, ["a.csv"]),
        ({"files": "*.txt"}, ["*.txt"]),
        ({"files": ["a/*.txt", "!a/b.txt"]}, ["a/*.txt", "!a/b.txt"]),
        ({"listing": "**"}, []),
    ],
)
def test_the_files_of_an_entry_are_those_that_it_names(entry: TableKeys, files: list[str]) -> None:
    assert files_of(entry) == files


@pytest.mark.parametrize("columns", [["location", "label"], {"path": "location", "breed": "label"}])
def test_the_roles_of_an_entry_are_those_of_its_columns(columns: list[str] | dict[str, str]) -> None:
    assert roles_in({"file": "a.csv", "columns": columns}) == {"location", "label"}
    assert roles_in({"file": "a.csv"}) == set()
