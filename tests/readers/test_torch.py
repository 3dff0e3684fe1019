"""The PyTorch recipes of docs/reading.md, in the environment that `make test-readers` makes for them."""

from __future__ import annotations

import importlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


def test_the_recipes_for_pytorch_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="PyTorch has an environment of its own: make test-readers")
    for number in range(24):
        path = tmp_path / "source" / f"class {number % 3}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 16), (10 * number, 40, 200)).save(path)
    sections = ("name: set", "source: {path: source}", "output: {path: out}", "resize: {size: [16, 16]}")
    (tmp_path / "set.yaml").write_text("\n".join([*sections, "write: {shard_rows: 7}"]))
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", "run", "set.yaml"], cwd=tmp_path, env=environment, check=True
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    guide, _, torch_guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8").partition("\n## PyTorch\n")
    which_files, *_ = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    through_datasets, from_files, *_ = re.findall(r"```python\n(.*?)```", torch_guide, re.DOTALL)

    names: dict[str, Any] = {"ROOT": str(tmp_path / "out"), "__name__": "recipes"}
    for recipe in (which_files, through_datasets, from_files):
        exec(recipe, names)  # noqa: S102 - the document's own recipes, as they stand in it

    batches = list(names["loader"])
    assert sum(len(batch["label"]) for batch in batches) == 24
    assert batches[0]["image"].shape == (4, 3, 16, 16)
    batches = list(names["loader_of_groups"])
    assert sorted(label for _, labels in batches for label in labels.tolist()) == sorted([0, 1, 2] * 8)
    assert batches[0][0].shape[1:] == (16, 16, 3)
    assert_shared_out(names["RowGroups"], names["files_of"](names["ROOT"], split="train"))
    assert_decoded_as_by_pillow(names["decoded"])


def assert_decoded_as_by_pillow(decoded: Any) -> None:
    """Whether its quick decoder takes an image or Pillow does: the pixels are the same."""
    noise = Image.effect_noise((31, 17), 60)
    for mode, kind, drawn in (
        ("RGB", "JPEG", "RGB"),
        ("L", "JPEG", "RGB"),
        ("RGB", "PNG", "RGB"),
        ("RGBA", "PNG", "RGBA"),
    ):
        data = io.BytesIO()
        noise.convert(mode).save(data, kind)
        assert decoded(data.getvalue()).tobytes() == Image.open(data).convert(drawn).tobytes()


def assert_shared_out(row_groups: Any, files: list[str]) -> None:
    """Ranks and workers have every row once, whether row groups are few or many; the order is that of the seed."""
    loader_of: Any = importlib.import_module("torch.utils.data").DataLoader

    def reds(**which: Any) -> list[int]:
        return [int(image[0, 0, 0]) for image, _ in row_groups(files, **which)]

    whole = sorted(10 * number for number in range(24))
    assert sorted(reds()) == whole
    assert sorted(reds(rank=0, ranks=3) + reds(rank=1, ranks=3) + reds(rank=2, ranks=3)) == whole
    workers = [loader_of(row_groups(files, rank, 2), batch_size=None, num_workers=2) for rank in (0, 1)]
    assert sorted(int(image[0, 0, 0]) for loader in workers for image, _ in loader) == whole
    assert reds(seed=1) == reds(seed=1) != reds(seed=2)
    assert reds(seed=1, pool=1, start=1) == reds(seed=1, pool=1)[-len(reds(seed=1, pool=1, start=1)) :]
    assert 0 < len(reds(seed=1, pool=1, start=1)) < 24


def test_the_recipe_for_several_labels_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="PyTorch has an environment of its own: make test-readers")
    (tmp_path / "source").mkdir()
    lines = ["location,label"]
    for number, labels in enumerate(["rain|sun", "sun", "none", "snow|sun"] * 3):
        Image.new("RGB", (20, 16), (10 * number, 40, 200)).save(tmp_path / "source" / f"{number}.png")
        lines.append(f"{number}.png,{labels}")
    (tmp_path / "source" / "l.csv").write_text("\n".join(lines))
    source = "source: {path: source/l.csv, missing_labels: [none]}"
    sections = ("name: sets", source, "output: {path: out}", "resize: {size: [16, 16]}")
    (tmp_path / "sets.yaml").write_text("\n".join([*sections, 'labels: {kind: many, separator: "|"}']))
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", "run", "sets.yaml"], cwd=tmp_path, env=environment, check=True
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    guide = (ROOT / "docs/reading.md").read_text(encoding="utf-8")
    which_files, *_ = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    recipes = re.findall(r"```python\n(.*?)```", guide.partition("\n## Several labels, or a number\n")[2], re.DOTALL)

    names: dict[str, Any] = {"ROOT": str(tmp_path / "out"), "__name__": "recipes"}
    for recipe in (which_files, *recipes):
        exec(recipe, names)  # noqa: S102 - the document's own recipes, as they stand in it

    batches = list(names["loader_of_sets"])
    assert batches[0]["image"].shape == (4, 16, 16, 3)
    assert sum(batch["labels"].sum(dim=0) for batch in batches).tolist() == [3, 3, 9]
