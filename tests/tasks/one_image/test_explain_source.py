"""Where in its source the label and the split of a published image stand."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tasks.one_image.explain_image import explain_image
from tasks.one_image.explain_source import with_origins
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.samples import StoreUrl
from tasks.storage import open_store
from tests.steps_here import StepsHere


def test_the_line_of_each_table_that_gave_a_label_or_a_split_is_named(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(6):
        Image.new("RGB", (8, 8), (number * 40, 0, 0)).save(source / f"{number}.png")
    (source / "ids.csv").write_text("file,number\n" + "".join(f"{i}.png,n{i}\n" for i in range(6)))
    (source / "kinds.csv").write_text("number,label\n" + "".join(f"n{i},{('cat', 'dog')[i % 2]}\n" for i in range(6)))
    (source / "splits.txt").write_text("".join(f"{i}.png {'train' if i < 4 else 'test'}\n" for i in range(6)))
    tables = [
        {"file": "ids.csv", "columns": {"file": "location", "number": "number"}},
        {"file": "kinds.csv", "columns": {"number": "number", "label": "label"}},
        {"file": "splits.txt", "columns": ["location", "split"]},
    ]
    config = {
        "name": "pets",
        "source": {"path": str(source), "tables": tables},
        "output": {"path": str(tmp_path / "out")},
    }
    dataset = Dataset.model_validate(config)
    assert refresh(dataset, RefreshOptions(), StepsHere()).outcome == "published"
    store = open_store(StoreUrl(str(tmp_path / "out")))

    (row,) = with_origins(store, explain_image(store, "3.png"))
    (source / "kinds.csv").write_text("number,label\n" + "".join(f"n{i},cat\n" for i in range(6) if i != 3))
    (gone,) = with_origins(store, explain_image(store, "3.png"))

    assert (row["label_name"], row["label_from"], row["split_from"]) == ("dog", "kinds.csv:5", "splits.txt:4")
    assert gone["label_from"] == "not in the source now"
