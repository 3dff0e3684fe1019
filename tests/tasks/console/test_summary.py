"""What a person reads of a run: warnings first, and on nights on which nothing was published, too."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from rich.console import Console

from tasks.console.summary import print_outcome
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere


def printed(dataset: Dataset) -> str:
    """What is printed of a run of *dataset*."""
    text = io.StringIO()
    print_outcome(Console(file=text, width=300), refresh(dataset, RefreshOptions(), StepsHere()))
    return text.getvalue()


def test_a_table_that_appears_beside_named_folders_is_warned_of_although_nothing_is_published(tmp_path: Path) -> None:
    root = tmp_path / "pets"
    for at, name in enumerate(("cat/1.png", "cat/2.png", "dog/3.png", "dog/4.png")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40 + at, 30), (40 * at, 9, 99)).save(root / name)
    source = {"path": str(root), "layout": "class_folders"}
    output, gates = {"path": str(tmp_path / "out")}, {"max_new_doubts": None}
    dataset = Dataset.model_validate({"name": "pets", "source": source, "output": output, "gates": gates})

    first = printed(dataset)
    (root / "right.csv").write_text("file,label\ncat/1.png,dog\ndog/3.png,cat\n")
    second = printed(dataset)

    assert "Warning" not in first
    assert second.startswith("unchanged")
    assert "Warning: " in second
    assert "right.csv" in second
