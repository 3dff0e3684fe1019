"""What is said of a source and of the keys of its config, to the last word: in notices and in refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.spec import AbstractFileSystem
from pydantic import TypeAdapter, ValidationError

from tasks.discover import Source, discover_sources
from tasks.discover.by_folders.folder_paths import empty_class_notices
from tasks.discover.by_tables.origins import origin_of
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.listing.scan import scan_images
from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.settings import SourceSettings
from tasks.errors import LayoutError
from tasks.samples import Discovery
from tests.folders_here import Folder
from tests.web_folders import http_index


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "in")


def found(path: object, **keys: Any) -> Discovery:
    source: Source = TypeAdapter(Source).validate_python({"path": str(path), **keys})
    return discover_sources([source], {})


def refused(folder: Folder, place: str = "", **keys: Any) -> str:
    """Why the source at *place* in *folder*, which is called SOURCE, is refused."""
    with pytest.raises(LayoutError) as caught:
        found(f"{folder.root}{place}", **keys)
    return str(caught.value).replace(str(folder.root), "SOURCE")


def test_levels_and_folders_that_are_not_there_are_named(folder: Folder) -> None:
    folder.images("cat/a/1.jpg", "dog/b/2.jpg", "images/x/3.jpg")
    deep = found(folder.root, layout="hierarchy", levels=["a", "b", "c", "d"],
                 ignore_dirs=["Images", "/*/y", *(f"n{number}" for number in range(12))])  # fmt: skip

    assert deep.levels == ("a", "b")
    assert deep.notices[-2:] == (
        "`levels` names c, d too, and the labels of this source have 2 levels",
        "`ignore_dirs` names n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, and no folder is called so",
    )
    flat = found(folder.root, layout="class_folders", levels=["a", "b"])
    assert "`levels` names b too, and the labels of this source have 1 level" in flat.notices
    assert flat.levels == ()


def test_uneven_and_nearly_equal_names_are_told_of(folder: Folder) -> None:
    folder.images("cat/a/1.jpg", "dog/2.jpg", "caf\u00e9/3.jpg", "cafe\u0301/4.jpg", "Dog/5.jpg")

    assert found(folder.root, layout="hierarchy").notices == (
        "The hierarchy is uneven: its label paths have 1 to 2 levels; levels that a path lacks are -1",
        "Folders whose names differ only in Unicode form or blanks are one class: 'caf\u00e9'",
        "Classes that differ only by case: Dog, dog; `labels.class_case: fold` makes them one",
    )


def test_names_in_another_form_are_not_what_a_config_reads_otherwise(folder: Folder) -> None:
    folder.images(*(f"{name}/{name}{number}.jpg" for name in ("cafe\u0301", "dog ", "eel") for number in range(4)))

    for layout in ("class_folders", "hierarchy"):
        assert found(folder.root, layout=layout).notices == ()


def test_first_folders_of_a_hierarchy_that_are_called_like_splits_are_taken_as_such(folder: Folder) -> None:
    folder.images(*(f"{split}/{kind}/{kind}{at}{split}.jpg" for split in ("train", "test") for kind in ("cat", "dog")
                    for at in range(3)))  # fmt: skip

    made = found(folder.root, layout="hierarchy")

    assert made.notices == ("The first folders are named like splits, and are taken as such",)
    assert made.why == "as the config says"
    assert made.class_paths == ("cat", "dog")


def test_each_short_table_that_calls_an_image_otherwise_is_told_of(folder: Folder) -> None:
    folder.images(*(f"{kind}/{kind}{at}.jpg" for kind in ("cat", "dog") for at in range(4)))
    folder.text("a.csv", "file,label", "cat/cat0.jpg,dog").text("b.txt", "./dog/dog1.jpg cat")

    made = found(folder.root)

    assert made.class_paths == ("cat", "dog")
    assert made.notices == (
        "Warning: cat/cat0.jpg is called 'dog' in a.csv, and lies in another class's folder: the folders count",
        "Warning: dog/dog1.jpg is called 'cat' in b.txt, and lies in another class's folder: the folders count",
    )


def test_several_folders_of_one_split_and_images_deeper_than_their_class_are_told_of(folder: Folder) -> None:
    folder.images("val/cat/1.jpg", "valid/cat/2.jpg", "Train/dog/a/3.jpg", "train/dog/4.jpg", "test/dog/5.jpg")

    assert "The folders val, valid are one split, validation" in found(folder.root, layout="split_folders").notices
    assert not any("Train" in notice for notice in found(folder.root, layout="split_folders").notices)
    said = "5 images lie deeper than their class folder; `layout: hierarchy` would label them by all levels"
    assert said in found(folder.root, layout="class_folders").notices


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, ", and 1 more"), (0, None)])
def test_ten_classes_without_an_image_are_named(count: int, more: str | None) -> None:
    names = [f"c{number:02}" for number in range(count)]

    said = (
        f"Class folders that hold no image, and keep their place in the class list: {', '.join(names[:10])}{more}; "
        "`source.ignore` skips folders that are not classes"
    )
    assert empty_class_notices((name,) for name in reversed(names)) == [said] * (more is not None)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "No image found: SOURCE is empty. Check `source.path`."),
        (["a/"], "there is only folders"),
        (["a.txt", "b.txt", "c.md", "README"], "there is 2 × .txt, 1 × .md, 1 × none"),
        ([f"a.{letter}" for letter in "uvwxyz"], "there is 1 × .u, 1 × .v, 1 × .w, 1 × .x, 1 × .y)"),
    ],
)
def test_a_source_without_images_says_what_lies_there(folder: Folder, files: list[str], said: str) -> None:
    folder.root.mkdir()
    for name in files:
        if name.endswith("/"):
            (folder.root / name).mkdir()
        else:
            folder.text(name)

    message = refused(folder, layout="class_folders", extensions=["jpg", "png"])

    assert said in message
    assert message == said or message == (
        f"No image found under SOURCE (looked for .jpg, .png; {said.rstrip(')')}). "
        "Check `source.path`, or add the extension to `source.extensions`."
    )


def test_a_source_of_links_says_how_many_there_are(folder: Folder, tmp_path: Path) -> None:
    folder.text("a.txt")
    (tmp_path / "x").mkdir()
    (folder.root / "x").symlink_to(tmp_path / "x")

    said = "there is 1 × .txt, 1 × link to a folder, which `source.follow_links: true` follows). Check"
    assert said in refused(folder, layout="class_folders")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.zip"], "a.zip is an archive: `archives: true` under `source` reads it in place. "),
        (["a.zip", "b/c.zip"], "a.zip and 1 more are archives: `archives: true` under `source` reads them in place, "
                               "and `path: SOURCE/a.zip` reads that one alone. "),
    ],
)  # fmt: skip
def test_a_source_of_archives_says_how_they_are_read(folder: Folder, names: list[str], said: str) -> None:
    for name in names:
        folder.zipped(name, "1.jpg")

    assert f"). {said}Check `source.path`" in refused(folder, layout="class_folders")


def test_archives_within_archives_say_that_they_stay_closed(folder: Folder) -> None:
    folder.zipped("a.zip", "b.zip", "c.zip")
    said = "). Archives within archives stay closed ({}): unpack the outer one once. Check `source.path`"

    assert said.format("b.zip") in refused(folder, "/a.zip", layout="class_folders")
    assert said.format("a.zip/b.zip") in refused(folder, layout="class_folders", archives=True)


def test_archives_over_http_say_that_one_is_to_be_named(folder: Folder) -> None:
    folder.zipped("a.zip", "1.jpg")

    with http_index(folder.root) as url, pytest.raises(LayoutError) as caught:
        found(url, layout="class_folders")

    said = "). a.zip is an archive: name one in `path:` under `source`, or download and unpack. Check `source.path`"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("count", "keys", "said"),
    [
        (1, {}, "Not looked into: z0.zip; `archives: true` under `source` reads archives too"),
        (
            4,
            {},
            "Not looked into: z0.zip, z1.zip, z2.zip and 1 more; `archives: true` under `source` reads archives too",
        ),
        (1, {"archives": True}, "Not looked into: z0.zip/in.zip; archives within archives stay closed"),
    ],
)
def test_archives_that_stay_closed_beside_images_are_told_of(
    folder: Folder, count: int, keys: dict[str, Any], said: str
) -> None:
    folder.images("cat/1.jpg", "dog/2.jpg")
    for number in range(count):
        folder.zipped(f"z{number}.zip", "eel/3.jpg", "in.zip")

    assert said in found(folder.root, **keys).notices


TABLES = [{"file": "t.csv"}]


def test_tables_without_a_location_or_a_label_are_refused_with_all_their_columns(folder: Folder) -> None:
    folder.images("1.jpg").text("t.csv", "a,b", "1.jpg,2").text("u.csv", "location,b", "1.jpg,2")

    assert refused(folder, layout="tables", tables=TABLES) == (
        "No table has a column `location`, so that none says which image a row is about: t.csv has a, b. Call the "
        "column that names the files `location` in `columns`."
    )
    assert refused(folder, layout="tables", tables=[*TABLES, {"file": "u.csv"}]) == (
        "No table has a column `label`, so that none says what an image shows: t.csv has a, b; u.csv has location, b. "
        "Call the column that says it `label`, or set `allow_unlabeled: true` where images are meant to have none."
    )
    assert refused(folder, layout="tables", pattern=r"^(?P<kind>\d)") == (
        "No table has a column `label`, so that none says what an image shows: the listing has location, kind. Give "
        "`pattern` a group `(?P<label>…)`, or set `allow_unlabeled: true` where images are meant to have none."
    )


def test_a_table_without_a_row_is_refused(folder: Folder) -> None:
    folder.images("1.jpg").text("t.csv", "location,label")

    said = "t.csv has no row: no image is listed. Check `tables` under `source`."
    assert refused(folder, layout="tables", tables=TABLES) == said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "needs `tables`, or a `pattern` over the images' paths"),
        ({"tables": TABLES, "pattern": "(?P<label>a)"},
         "has `tables` and a `pattern`: give the pattern to the table that it is meant for"),
    ],
)  # fmt: skip
def test_a_source_of_tables_has_these_or_a_pattern(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TablesSource.model_validate({"path": "/x", **keys})

    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {said}"]


@pytest.mark.parametrize(("count", "shown"), [(5, ""), (6, " and 1 more"), (7, " and 2 more")])
def test_five_tables_are_named(folder: Folder, count: int, shown: str) -> None:
    names = [f"t{number}.csv" for number in range(count)]
    for number, name in enumerate(names):
        folder.images(f"{number}.jpg").text(name, "location,label", f"{number}.jpg,cat")

    made = found(folder.root, layout="tables", tables=[{"file": name} for name in names])

    assert made.why == f"{', '.join(names[:5])}{shown} of in, as the config says"


@pytest.mark.parametrize(
    ("columns", "label", "keys", "is_told"),
    [
        ({"file.stem": "location", "0": "label"}, "3", {}, True),
        ({"file.stem": "location", "0": "label"}, "x", {}, False),
        ({"file.stem": "location", "0": "label"}, "3", {"allow_unlabeled": True}, True),
    ],
)
def test_numbers_that_stay_the_names_of_classes_are_told_of(
    folder: Folder, columns: dict[str, str], label: str, keys: dict[str, Any], is_told: bool
) -> None:
    folder.images("1.jpg").text("l/1.txt", f"{label} 0.5 0.5 0.1 0.1")

    made = found(folder.root, layout="tables", tables=[{"files": "l/*.txt", "columns": columns}], **keys)

    said = (
        "The classes of l/*.txt are numbers, and no table gives them names: a list of names such as classes.txt as a "
        "table of its own, or `labels.class_names`, would"
    )
    assert (said in made.notices) == is_told


def test_a_label_stands_where_its_table_says_it(folder: Folder) -> None:
    folder.images("a/cat_1.jpg", "a/dog_2.jpg").text("t.csv", "location,split", "a/cat_1.jpg,train", "a/dog_2.jpg,")
    tables = [{"listing": "**", "pattern": r"/(?P<label>[a-z]+)_"}, {"file": "t.csv"}]
    source = TablesSource.model_validate({"path": str(folder.root), "tables": tables})

    rows = discover_sources([source.telling_origins()], {}).samples.to_pylist()
    bare = discover_sources([source], {}).samples.to_pylist()

    assert [row["kept"] for row in rows] == [
        '{"label": "its path", "split": "t.csv:2"}',
        '{"label": "its path", "split": "t.csv:3"}',
    ]
    assert [(origin_of(row, "label"), origin_of(row, "split")) for row in rows] == [
        ("its path", "t.csv:2"),
        ("its path", "t.csv:3"),
    ]
    assert [origin_of(row, "label") for row in bare] == ["its path"] * 2
    alone: Any = {**bare[0], "label_file": "u.csv", "label_row": 4}
    of_no_line: Any = {**alone, "label_row": -1}
    silent: Any = {**alone, "kept": "{}"}
    assert [origin_of(alone, role) for role in ("label", "split")] == ["u.csv:4", "its path"]
    assert (origin_of(of_no_line, "label"), origin_of(silent, "label")) == ("u.csv", "")


def test_numbered_lists_of_splits_are_offered_with_what_they_make_of_images(folder: Folder) -> None:
    images = [f"img/{label}/{label}_{number}.jpg" for label in ("oak", "elm") for number in range(6)]
    folder.images(*images)
    words = ("train", "val", "test")
    for number in range(1, 6):
        for place, word in enumerate(words):
            own = [path for at, path in enumerate(images) if (at + number) % 3 == place]
            folder.text(f"l/{word}{number}.txt", *(path.removeprefix("img/") for path in own))

    with pytest.raises(UnsettledLayoutError, match="part the images in several ways") as caught:
        found(folder.root)

    offered = [one for one in caught.value.unsettled.proposals if one.says.startswith("folders name the classes")]
    assert [one.says for one in offered] == [
        f"folders name the classes, and l/test{number}.txt (test), l/train{number}.txt (train), l/val{number}.txt "
        "(validation) the splits"
        for number in (1, 2, 3)
    ]
    first = offered[0]
    assert [(row.location, row.label, row.split) for row in first.rows] == [
        (images[1], "oak", "test"), (images[2], "oak", "train"), (images[0], "oak", "validation"),
    ]  # fmt: skip
    assert first.evidence == ("they name 12 of 12 images",)
    listing, *lists = first.keys["source"]["tables"]
    assert listing == {"listing": "**", "pattern": "^(?:[^/]+/){1}(?P<label>[^/]+)/"}
    assert [(entry["file"], entry["split"]) for entry in lists] == [
        ("l/test1.txt", "test"), ("l/train1.txt", "train"), ("l/val1.txt", "validation"),
    ]  # fmt: skip


class Marked(AbstractFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store that lists folders, and the one it was asked for, as files whose names end in a slash."""

    protocol = "marked"

    def ls(self, path: str, detail: bool = False, **_: object) -> object:  # noqa: ARG002 - as fsspec calls it
        names = ("", "cat/", "cat/2.JPG", "cat/1.jpg", "cat/a/notes.TXT", "cat/x.part", "z.zip", "b.zip")
        return [{"name": f"{path}/{name}", "type": "file", "size": None if "1" in name else 3, "ETag": name}
                for name in names]  # fmt: skip


def test_marks_of_folders_in_a_store_are_no_files() -> None:
    fsspec.register_implementation("marked", Marked, clobber=True)
    settings = SourceSettings.model_validate({"path": "marked://root", "ignore": ["ignored"]})

    listing = scan_images(settings.place, settings)

    assert listing is not None
    assert [(row["path"], row["size"], row["fingerprint"]) for row in listing.files.to_pylist()] == [
        ("cat/1.jpg", -1, "None-cat/1.jpg"),
        ("cat/2.JPG", 3, "3-cat/2.JPG"),
    ]
    assert listing.folders == ["cat", "cat/a"]
    assert listing.others == {".txt": 1, ".zip": 2}
    assert listing.ignored == {"unfinished files": 1}
    assert (listing.beside, listing.archives) == (["b.zip", "cat/a/notes.TXT", "z.zip"], ["b.zip", "z.zip"])
    assert scan_images(settings.place, settings, 7) is None
    assert scan_images(settings.place, settings, 8) is not None
