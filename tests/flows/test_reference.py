"""The documents that are made from the code say what the code does."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flows.commands.reference import config_page, config_schema
from flows.config import load_config

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

ROOT = Path(__file__).parents[2]


def test_the_schema_is_that_of_the_models() -> None:
    assert json.loads((ROOT / "configs/schema.json").read_text(encoding="utf-8")) == config_schema(), "make reference"


def test_an_editor_is_told_what_each_key_means() -> None:
    schema = config_schema()

    parts = {"": schema, **schema["$defs"]}
    missing = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, value in part["properties"].items()
        if "description" not in value and key != "layout"
    ]
    assert missing == []
    assert schema["$defs"]["VerifySchedule"]["properties"]["cron"]["description"].startswith("Five fields, such as")


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
    ratios = {"ratios": {"train": "0.5", "test": "0.5"}}
    config = write_config(pets, gates={"max_reject_fraction": "0.5"}, splits=ratios)
    parquetry.run_json(config)
    (pets / "dog" / "new.png").write_bytes((pets / "dog" / "0.png").read_bytes() + b" ")
    parquetry.run_json(config)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, Any] = {"ROOT": str(tmp_path / "out-pets")}
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8").partition("\n## PyTorch\n")[0]

    for recipe in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        exec(recipe, names)  # noqa: S102 - the document's own recipes, as they stand in it

    train = names["train"].num_rows
    second = [row["sample_id"] for row in names["ranks"][1]]
    assert sorted([names["seen"], *names["rest"], *second]) == sorted(names["train"]["sample_id"].to_pylist())
    assert 0 < train < 7
    assert sum(split.num_rows for split in names["newest"].values()) == len(names["newest_table"]) == 7
    assert sum(split.num_rows for split in names["older"].values()) == len(names["first_table"]) == 6
    assert (
        names["newest_dataset"].count_rows() == names["newest_labels"].height == sum(row[2] for row in names["counts"])
    )
    assert (
        names["first_labels"].num_rows
        == names["first_count"]
        == names["first_rows"][0][0]
        == len(names["by_folder"])
        == 6
    )
    assert {len(names[name]) for name in ("only_train", "train_table", "train_images", "train_sizes")} == {train}
    assert len(list(names["streamed"])) == train
    assert [split.num_rows for split in names["rejects"].values()] == [1]
    assert names["picture"].size == (16, 16)
    assert names["one"]["sample_id"] == names["first_labels"]["sample_id"][0].as_py()
    assert names["row_of"](names["files"], "cat/none.png") is None

    shutil.copytree(tmp_path / "out-pets" / "versions" / "000002", tmp_path / "repository")
    [recipe] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/hub.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(recipe.replace("acme/pets", str(tmp_path / "repository")), names)  # noqa: S102 - as above
    assert sum(split.num_rows for split in names["pets"].values()) == 7
    assert [split.num_rows for split in names["rejects"].values()] == [1]
