"""Life after publishing: rollback and release, pins, retention, comparing, verifying."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from flows.config import load_config
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


@pytest.fixture
def root(config: Path, pets: Path, tmp_path: Path) -> Path:
    """An output with two versions: the second has one more image."""
    night_here(config)
    Image.new("RGB", (20, 20), (1, 2, 3)).save(pets / "dog" / "new.png")
    night_here(config)
    return tmp_path / "out-pets"


def night_here(config: Path) -> None:
    """A run in this process, without Prefect."""
    dataset = load_config(str(config), {"run.image_processes": "1"})
    assert refresh(dataset, dataset.options(), StepsHere()).outcome == "published"


def rows(root: Path) -> int:
    return int(json.loads((root / "latest.json").read_text())["rows"])


def test_a_rollback_holds_until_a_release(parquetry: Command, config: Path, root: Path) -> None:
    parquetry("rollback", root, "1")
    assert rows(root) == 6

    (held,) = parquetry.run_json(config, code=1)
    parquetry("release", root)
    (after,) = parquetry.run_json(config)

    assert held["outcome"] == "refused"
    assert "parquetry release" in held["reason"]
    assert (after["version"], after["written"]) == (5, 7)
    kinds = [line["kind"] for line in json.loads(parquetry("versions", root, "--json").stdout)]
    assert kinds == ["refresh", "refresh", "rollback", "release", "refresh"]


def test_a_release_of_what_is_not_held_is_refused(parquetry: Command, root: Path) -> None:
    assert "not held" in parquetry("release", root, code=1).stderr


def test_diff_names_what_changed(parquetry: Command, root: Path) -> None:
    found = json.loads(parquetry("diff", root, "1", "2", "--json").stdout)

    assert found == {
        "added": ["dog/new.png"],
        "removed": [],
        "changed": [],
        "relabelled": {},
        "resplit": [],
        "pixels": {"rows": 0, "settings": {}},
        "near": {"pairs": [0, 0], "leaks": [0, 0], "suspects": [0, 0]},  # images of one colour are in no pair
    }


def test_old_versions_go_and_pinned_ones_stay(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    output = {"path": str(tmp_path / "out-pets"), "keep_versions": "1", "grace_days": "0"}
    config = write_config(pets, output=output)
    for number in range(4):
        Image.new("RGB", (20, 20), (number, 2, 3)).save(pets / "dog" / f"new{number}.png")
        night_here(config)
        if number == 0:
            parquetry("pin", tmp_path / "out-pets", "1", "--as", "model-x")

    lines = json.loads(parquetry("versions", tmp_path / "out-pets", "--json").stdout)
    assert [line["rows"] for line in lines] == [7, None, None, 10]
    assert sorted(path.name for path in (tmp_path / "out-pets" / "versions").iterdir()) == ["000001", "000004"]
    assert "pruned" in parquetry("files", tmp_path / "out-pets", "2", code=1).stderr

    parquetry("unpin", tmp_path / "out-pets", "1")
    pruned = json.loads(parquetry("prune", tmp_path / "out-pets", "--yes", "--json").stdout)
    assert pruned["deleted"]
    assert len(list((tmp_path / "out-pets" / "_shards").iterdir())) == 1


def test_the_grace_protects_what_was_just_superseded(parquetry: Command, root: Path) -> None:
    found = json.loads(parquetry("prune", root, "--keep-versions", "1", "--json").stdout)

    assert (found["files"], found["waiting"] > 0) == ([], True)


def test_verify_notices_any_damage(parquetry: Command, root: Path) -> None:
    assert json.loads(parquetry("verify", root, "--json").stdout)["problems"] == []
    version = json.loads((root / "latest.json").read_text())
    shard = root / version["files"][0]["path"]
    data = shard.read_bytes()
    middle = len(data) // 2
    damaged = {
        "flip": data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :],
        "zeros": data[:middle] + bytes(64) + data[middle + 64 :],
        "cut": data[:-10],
        "append": data + b"x",
        "swap": data[middle:] + data[:middle],
        "empty": b"",
        "remove": None,
    }
    for kind, content in damaged.items():
        shard.unlink()
        if content is not None:
            shard.write_bytes(content)
        found = json.loads(parquetry("verify", root, "--json", code=1).stdout)
        assert [problem[0] for problem in found["problems"]] == [version["files"][0]["path"]], kind


def test_a_lost_view_and_a_damaged_card_are_repaired_by_a_night_without_changes(
    parquetry: Command, config: Path, root: Path
) -> None:
    card = (root / "README.md").read_bytes()
    (root / "README.md").write_bytes(card[:100])
    (root / "latest.json").unlink()
    next((root / "versions" / "000002" / "data").iterdir()).unlink()

    (outcome,) = parquetry.run_json(config)

    assert outcome["outcome"] == "unchanged"
    assert (root / "README.md").read_bytes() == card
    assert rows(root) == 7
    assert len(list((root / "versions" / "000002" / "data").iterdir())) == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [("commits/000001.json", "missing"), ("commits/000002.json", "damaged"), ("manifests", "damaged")],
)
def test_a_damaged_or_missing_document_is_named(
    parquetry: Command, config: Path, root: Path, path: str, expected: str
) -> None:
    named = json.loads((root / "commits" / "000002.json").read_text())["manifest"]
    place = root / (named if path == "manifests" else path)
    if expected == "missing":
        place.unlink()
    else:
        place.write_bytes(place.read_bytes()[:-30])

    message = parquetry("run", config, code=None).stderr

    assert place.name in message
    assert expected in message


def test_an_output_of_a_newer_format_is_refused(parquetry: Command, config: Path, root: Path) -> None:
    place = root / "commits" / "000002.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"format": 99}))

    assert "Upgrade parquetry" in parquetry("run", config, code=None).stderr


def test_an_output_of_another_dataset_is_refused_before_anything(
    parquetry: Command, write_config: WriteConfig, pets: Path, root: Path
) -> None:
    other = write_config(pets, "others", output={"path": str(root)})

    assert "'pets'" in parquetry("run", other, code=2).stderr
