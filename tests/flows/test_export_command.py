"""`export` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from flows.cli import app
from flows.commands.command_line import exit_code_of
from tasks.errors import ConfigError, OutputError
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere


@pytest.fixture
def root(tmp_path: Path) -> str:
    for place in ("cat/1", "cat/2", "dog/1"):
        path = tmp_path / "pets" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (len(str(path)), sum(place.encode()) % 200, 3)).save(path)
    config = {
        "name": "pets",
        "source": {"path": str(tmp_path / "pets")},
        "output": {"path": str(tmp_path / "out")},
        "resize": {"size": [8, 8]},
    }
    assert refresh(Dataset.model_validate(config), RefreshOptions(), StepsHere()).outcome == "published"
    return str(tmp_path / "out")


def typed(*words: str) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False, obj=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_version_is_exported_and_a_wrong_word_is_named(root: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "tars")

    said = typed("export", root, "wds", folder)
    told = json.loads(typed("export", root, "wds", folder, "--version", "1", "--json"))

    assert said.startswith("version 1 of pets: 1 tar file with 3 images, ")
    assert said.endswith(" 1 written, 0 kept, 0 removed\n")
    assert {key: told[key] for key in ("dataset", "version", "splits", "written", "removed", "kept", "rows")} == {
        "dataset": "pets", "version": 1, "splits": ["train"], "written": [], "removed": [], "kept": 1, "rows": 3,
    }  # fmt: skip
    assert [Path(file).stat().st_size for file in told["files"]] == [told["bytes"]]
    with pytest.raises(ConfigError, match="export tfrecord: no such format; there is wds") as wrong:
        typed("export", root, "tfrecord", folder)
    with pytest.raises(OutputError, match="holds what no export has put there") as other:
        typed("export", root, "wds", str(tmp_path / "pets"))
    assert (exit_code_of(wrong.value), exit_code_of(other.value)) == (2, 2)
