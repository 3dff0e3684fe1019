"""Several sources as one dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tasks.discover import Source, discover_sources
from tasks.errors import LayoutError
from tasks.labels import LabelSettings, assign_labels
from tasks.samples import Discovery

Tree = Callable[..., Path]


def look(*sections: dict[str, Any]) -> Discovery:
    sources: list[Source] = TypeAdapter(list[Source]).validate_python(list(sections))
    return discover_sources(sources, {})


def test_sources_have_ids_of_their_own_and_one_class_list(tree: Tree) -> None:
    folders, files = tree("cat/1.jpg", "dog/1.jpg", root="a"), tree("cat/1.jpg", "2.jpg", root="b")
    (files / "labels.csv").write_text("place;kind\ncat/1.jpg;cat\n2.jpg;eel\nnone.jpg;cat\n")

    found = look(
        {"name": "first", "path": str(folders)},
        {"name": "second", "path": str(files / "labels.csv"), "columns": {"location": "place", "label": "kind"}},
    )
    done = assign_labels(found, LabelSettings(), {})

    ids = ["first/cat/1.jpg", "first/dog/1.jpg", "second/2.jpg", "second/cat/1.jpg"]
    assert found.samples["sample_id"].to_pylist() == ids
    assert done.class_names == {"label": ["cat", "dog", "eel"]}
    assert done.samples["label"].to_pylist() == [0, 1, 2, 0]
    assert found.rejections["sample_id"].to_pylist() == ["second/none.jpg"]
    assert found.layout == "class_folders + csv"
    assert "first: " in found.why
    assert [access.name for access in found.access] == ["first", "second"]
    assert found.listed == 5


def test_levels_are_those_of_the_deepest_source(tree: Tree) -> None:
    deep, flat = tree("cat/siamese/1.jpg", root="a"), tree("dog/1.jpg", root="b")

    found = look(
        {"name": "a", "path": str(deep), "levels": ["species", "breed"], "layout": "hierarchy"},
        {"name": "b", "path": str(flat), "layout": "class_folders"},
    )
    done = assign_labels(found, LabelSettings(), {})

    assert found.levels == ("species", "breed")
    assert done.class_names["label"] == ["cat/siamese", "dog"]
    assert done.samples.to_pydict()["label_breed"] == [0, -1]


def test_sources_that_name_their_levels_differently_are_refused(tree: Tree) -> None:
    first, second = tree("cat/siamese/1.jpg", root="a"), tree("dog/collie/1.jpg", root="b")

    with pytest.raises(LayoutError, match=r"species, breed.*kind, race"):
        look(
            {"name": "a", "path": str(first), "levels": ["species", "breed"], "layout": "hierarchy"},
            {"name": "b", "path": str(second), "levels": ["kind", "race"], "layout": "hierarchy"},
        )


def test_one_source_that_fails_is_named(tree: Tree, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="nowhere"):
        look(
            {"name": "a", "path": str(tree("cat/1.jpg", "dog/1.jpg"))}, {"name": "b", "path": str(tmp_path / "nowhere")}
        )
