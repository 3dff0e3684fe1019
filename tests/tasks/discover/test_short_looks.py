"""What a short look at sources tells before a run begins: what discovery would refuse, and nothing else."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import tasks.discover
from tasks.discover import Source, auto, check_sources, discover_sources, grouped_by, split_counts
from tasks.errors import LayoutError
from tests.folders_here import Folder
from tests.tasks.discover.layouts import LAYOUTS, Layout, draw

GOOD = ("class folders", "split folders", "a word and a number, in splits", "masks beside their images")
BAD = ("all images in one folder", "a split beside a class", "a list of splits beside classes", "patients")
BY_NAME = {layout.what: layout for layout in LAYOUTS}


def source_of(path: Path, **keys: Any) -> Source:
    source: Source = TypeAdapter(Source).validate_python({"path": str(path), **keys})
    return source


def said(what: Callable[..., object], source: Source) -> str:
    try:
        what([source], {})
    except LayoutError as error:
        return str(error)
    return ""


def both(source: Source) -> tuple[str, str]:
    """What the short look says of *source*, and what discovery does."""
    return said(check_sources, source), said(discover_sources, source)


@pytest.mark.parametrize("what", [*GOOD, *BAD])
def test_a_short_look_says_what_discovery_does(tmp_path: Path, what: str) -> None:
    draw(BY_NAME[what], tmp_path)

    short, whole = both(source_of(tmp_path))

    assert short == whole
    assert bool(whole) == (what in BAD)


def test_a_short_look_into_archives_says_what_discovery_does(tmp_path: Path) -> None:
    for name, images in (("good", ("cat/1.jpg", "dog/1.jpg")), ("bad", ("train/cat/1.jpg", "dog/1.jpg"))):
        (tmp_path / name).mkdir()
        with zipfile.ZipFile(tmp_path / name / "all.zip", "w") as archive:
            for image in images:
                archive.writestr(image, b"x")

    assert both(source_of(tmp_path / "good")) == ("", "")
    short, whole = both(source_of(tmp_path / "bad"))
    assert short == whole
    assert "archives: true" in short


@pytest.mark.parametrize("layout", ["auto", "class_folders", "split_folders", "hierarchy"])
def test_a_folder_without_images_is_refused_at_a_short_look(tmp_path: Path, layout: str) -> None:
    Folder(tmp_path).text("notes.txt", "nothing")

    short, whole = both(source_of(tmp_path, layout=layout))

    assert short == whole
    assert short.startswith(f"No image found under {tmp_path} (looked for ")


@pytest.mark.parametrize(
    ("name", "keys"),
    [("labels.csv", {}), ("labels.csv", {"layout": "csv"}), ("labels.json", {}), ("labels.jsonl", {"layout": "json"})],
)
def test_a_label_file_without_labels_is_refused_at_a_short_look(
    tmp_path: Path, name: str, keys: dict[str, Any]
) -> None:
    text = "image,width\n1.jpg,3\n" if name.endswith(".csv") else '{"image": "1.jpg", "width": 3}\n'
    Folder(tmp_path).images("1.jpg").text(name, text.strip())

    short, whole = both(source_of(tmp_path / name, **keys))

    assert short == whole
    assert name in short


def test_tables_that_are_not_there_are_refused_at_a_short_look(tmp_path: Path) -> None:
    Folder(tmp_path).images("1.jpg")

    short, whole = both(source_of(tmp_path, tables=[{"file": "gone.csv"}]))

    assert short == whole
    assert "gone.csv" in short


@pytest.mark.parametrize("layout", ["auto", "class_folders"])
def test_a_large_source_is_left_to_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    draw(Layout("", ("1.txt:x", "2.txt:x", "3.txt:x")), tmp_path)
    source = source_of(tmp_path, layout=layout)
    for module, most in ((tasks.discover, 2), (auto, 2)):
        monkeypatch.setattr(module, "_SMALL", most)

    short, whole = both(source)

    assert (short, bool(whole)) == ("", True)


@pytest.mark.parametrize(
    ("keys", "layout"),
    [
        ({}, "auto"),
        ({"tables": [{"file": "t.csv"}]}, "tables"),
        ({"pattern": "(?P<label>.)"}, "tables"),
        ({"layout": "hierarchy"}, "hierarchy"),
    ],
)
def test_a_source_with_tables_or_a_pattern_needs_no_layout(tmp_path: Path, keys: dict[str, Any], layout: str) -> None:
    source = source_of(tmp_path, **keys)

    assert source.layout == layout
    assert TypeAdapter(Source).validate_python(source) is source


@pytest.mark.parametrize("keys", [{}, {"layout": "csv"}, {"layout": "json"}])
def test_rows_of_a_label_file_are_kept_together_by_a_column(tmp_path: Path, keys: dict[str, Any]) -> None:
    source = source_of(tmp_path, columns={"label": "kind"}, **keys)

    grouped = grouped_by(source, "owner")

    assert grouped.columns.group == "owner"  # type: ignore[union-attr]
    assert grouped.columns.label == "kind"  # type: ignore[union-attr]
    assert source.columns.group is None  # type: ignore[union-attr]


def test_folders_have_no_column_to_keep_together(tmp_path: Path) -> None:
    source = source_of(tmp_path, layout="class_folders")

    assert grouped_by(source, "owner") is source


def test_splits_are_counted_by_their_names(tmp_path: Path) -> None:
    draw(BY_NAME["split folders"], tmp_path)
    found = discover_sources([source_of(tmp_path)], {})

    assert [*split_counts(found.samples).items()] == [("test", 6), ("train", 6)]
    assert [*split_counts(found.samples.sort_by([("split", "descending")])).items()] == [("test", 6), ("train", 6)]


def test_what_several_sources_pass_over_and_say_is_told_of_each(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(Layout("", ("{Cat|cat}/{1-2}.jpg ?", "notes.txt:x", f"{name}.md:x")), tmp_path / name)
    sources = [source_of(tmp_path / name, name=name, layout="class_folders") for name in ("b", "a")]

    found = discover_sources(sources, {})

    told = "Classes that differ only by case: Cat, cat; `labels.class_case: fold` makes them one"
    assert found.ignored == {"no image's extension": 4}
    assert found.notices == (f"b: {told}", f"a: {told}")
    assert found.why == "b: as the config says; a: as the config says"
    assert (found.layout, found.class_paths, found.levels) == ("class_folders", ("Cat", "cat"), ())
    assert found.samples["sample_id"].to_pylist() == sorted(
        f"{name}/{kind}/{number}.jpg" for name in ("a", "b") for kind in ("Cat", "cat") for number in (1, 2)
    )


def test_levels_are_those_of_the_deepest_source_where_all_name_them_alike(tmp_path: Path) -> None:
    for name, line in (("a", "cat/manx/1.jpg ?"), ("b", "dog/pug/small/1.jpg ?"), ("c", "eel/1.jpg ?")):
        draw(Layout("", (line,)), tmp_path / name)
    levels = {"a": ["kind", "breed"], "b": ["kind", "breed"], "c": []}
    sources = [source_of(tmp_path / name, name=name, layout="hierarchy", levels=levels[name]) for name in "abc"]

    assert discover_sources(sources, {}).levels == ("kind", "breed", "l2")

    levels["a"] = ["sort", "breed"]
    sources = [source_of(tmp_path / name, name=name, layout="hierarchy", levels=levels[name]) for name in "abc"]
    with pytest.raises(LayoutError) as caught:
        discover_sources(sources, {})
    assert str(caught.value) == (
        "The sources name their levels differently: kind, breed, l2 in b, sort, breed in a. "
        "Give them the same `levels`."
    )


def test_a_split_of_a_source_is_that_of_all_its_images(tmp_path: Path) -> None:
    draw(BY_NAME["split folders"], tmp_path)

    found = discover_sources([source_of(tmp_path, split="train")], {})

    assert set(found.samples["split"].to_pylist()) == {"train"}
    assert found.samples.schema.field("split").nullable is False


def test_a_level_has_one_name(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="names 'kind' twice, and each level has a column of its own: give one"):
        source_of(tmp_path, levels=["kind", "breed", "kind"])


def test_extensions_are_suffixes_in_lower_case(tmp_path: Path) -> None:
    assert source_of(tmp_path, extensions=["JPG", ".Png"]).extensions == {".jpg", ".png"}
