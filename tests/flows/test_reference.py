"""The documents that are made from the code say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.config import load_config
from flows.reference import config_page, config_schema

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

ROOT = Path(__file__).parents[2]


def test_the_schema_is_that_of_the_models() -> None:
    assert json.loads((ROOT / "configs/schema.json").read_text(encoding="utf-8")) == config_schema(), "make reference"


def test_the_reference_is_that_of_the_models() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == config_page(), "make reference"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_of_the_repository_loads(path: Path) -> None:
    assert load_config(str(path)).name.startswith("shapes-")
    assert path.read_text().splitlines()[0] == "# yaml-language-server: $schema=schema.json"


def test_every_recipe_of_the_reading_guide_runs(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pets / "cat" / "bad.png").write_bytes(b"nothing")
    parquetry.run_json(write_config(pets, gates={"max_reject_fraction": "0.5"}))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, object] = {"ROOT": str(tmp_path / "out-pets")}

    for recipe in re.findall(r"```python\n(.*?)```", (ROOT / "docs/reading.md").read_text(encoding="utf-8"), re.DOTALL):
        exec(recipe, names)  # noqa: S102 - the document's own recipes, as they stand in it

    assert {"newest", "older", "rejects", "labels", "train", "images", "counts", "files"} <= names.keys()
