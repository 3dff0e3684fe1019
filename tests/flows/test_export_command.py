"""`export` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.commands.command_line import exit_code_of
from tasks.errors import ConfigError, OutputError
from tests.flows.typed_here import published_pets, typed


@pytest.fixture
def root(tmp_path: Path) -> str:
    return published_pets(tmp_path)


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
    with pytest.raises(ConfigError, match="export tfrecord: no such format; there are wds, mds, lance") as wrong:
        typed("export", root, "tfrecord", folder)
    with pytest.raises(OutputError, match="holds what no export has put there") as other:
        typed("export", root, "wds", str(tmp_path / "pets"))
    assert (exit_code_of(wrong.value), exit_code_of(other.value)) == (2, 2)
