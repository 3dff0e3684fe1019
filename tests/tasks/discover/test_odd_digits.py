"""Digits that are no numbers, ``②`` and ``²``, as names of columns, of classes and in keys: names like others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import LayoutError
from tests.folders_here import Folder, rejects

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.images(*(f"{kind}/{number}{kind}.jpg" for kind in "①②③" for number in (1, 2)))
    return made


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("column", ["②", "²", "٣"])
def test_a_column_may_be_called_so(look: Look, tmp_path: Path, column: str) -> None:
    rows = "".join(f"{kind}/{number}{kind}.jpg,c{number}\n" for kind in "①②③" for number in (1, 2))
    (tmp_path / "labels.csv").write_text(f"image,{column}\n{rows}", encoding="utf-8")

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    [first, *_] = caught.value.unsettled.proposals
    found = look(tmp_path, **first.keys["source"])
    assert set(found.samples["label_path"].to_pylist()) == {"c1", "c2"}


@pytest.mark.usefixtures("folder")
def test_classes_may_be_called_so(look: Look, tmp_path: Path) -> None:
    assert set(look(tmp_path).samples["label_path"].to_pylist()) == {"①", "②", "③"}


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"at": "rows.②", "columns": {"file": "location", "kind": "label"}}, '{"rows": [{"file": "①/1①.jpg"}]}'),
        ({"columns": {"²": "label", "0": "location"}, "delimiter": "blank"}, "①/1①.jpg a\n"),
    ],
)
def test_a_key_of_a_config_that_is_not_there_is_named(folder: Folder, table: dict[str, object], text: str) -> None:
    folder.text("rows.txt" if "delimiter" in table else "rows.json", text)

    with pytest.raises(LayoutError, match=r"[②²]"):
        folder.found({"file": "rows.txt" if "delimiter" in table else "rows.json", **table})


@pytest.mark.parametrize("key", ["kind.²", "file.parent.²"])
def test_a_key_that_leads_nowhere_gives_no_label(folder: Folder, key: str) -> None:
    folder.text("rows.json", json.dumps([{"file": "①/1①.jpg", "kind": ["a"]}]))

    found = folder.found({"file": "rows.json", "columns": {"file": "location", key: "label"}})

    assert [reason for reason, _ in rejects(found).values()] == ["missing_label"]
