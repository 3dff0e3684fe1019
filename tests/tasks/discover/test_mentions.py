"""Files beside class folders that call images by their names, in a form that no table is read in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folders import images_under
from tasks.discover.folder_evidence.folder_choice import choose_folders
from tasks.discover.folder_evidence.mentions import mentioned
from tasks.discover.words.split_words import SplitWords
from tests.folders_here import Folder

NAMES = [f"pic{number:02}" for number in range(20)]
IMAGES = [f"{('cat', 'dog')[at % 2]}/{name}.jpg" for at, name in enumerate(NAMES)]
RIPE = [f"{name}.jpg is {('ripe', 'green')[at // 2 % 2]}" for at, name in enumerate(NAMES)]


def said(root: Path, name: str, data: bytes, read: tuple[str, ...] = (), images: list[str] = IMAGES) -> str:
    """What the file *name* of *data* beside *images* says against their folders, some of which are *read* already."""
    Folder(root).images(*images).data(name, data)
    source, words = ClassFolders(layout="class_folders", path=str(root)), SplitWords({})
    return mentioned(choose_folders(images_under(source), source, words), source, {name: set(read)}, words)


def told(name: str, count: int) -> str:
    return f"{name} calls {count} images by name, in no form that is read, and may say what they show"


@pytest.mark.parametrize(
    ("name", "lines", "count"),
    [
        pytest.param("notes.md", RIPE, 20, id="words on each image"),
        pytest.param("notes.md", RIPE[:4], 4, id="words on a fifth of the images"),
        pytest.param("notes.md", RIPE[:3], 0, id="words on fewer"),
        pytest.param("notes.md", [line.upper() for line in RIPE], 20, id="in capitals"),
        pytest.param("notes.md", [line.replace(".jpg", "") for line in RIPE], 20, id="without extensions"),
        pytest.param("notes.md", [line.replace("p", "%70") for line in RIPE], 20, id="with signs of addresses"),
        pytest.param("notes.md", [f"{name}.jpg is ripe" for name in NAMES], 0, id="the same words on each"),
        pytest.param("notes.md", [f"{path} is ripe" for path in IMAGES], 0, id="words of its folder on each"),
        pytest.param(
            "notes.md", [f"{name}.jpg {('jan', 'feb')[at % 2]} 12" for at, name in enumerate(NAMES)], 0, id="months"
        ),
        pytest.param("notes.md", [f"{name}.jpg {at:03}deadbeef" for at, name in enumerate(NAMES)], 0, id="checksums"),
        pytest.param(
            "notes.md",
            [f"{name}.jpg a" for name in NAMES[:10]] + [f"{name}.jpg b" for name in NAMES[10:]],
            0,
            id="a letter on each",
        ),
        pytest.param("notes.md", [" ".join(NAMES[at : at + 2]) for at in range(0, 20, 2)], 20, id="two in each line"),
        pytest.param("notes.md", [f"{name} {name}" for name in NAMES], 0, id="one twice in each line"),
        pytest.param(
            "notes.md",
            [" ".join(NAMES[at : at + 2]) for at in range(0, 8, 2)] + NAMES[8:12],
            0,
            id="two in half of the lines",
        ),
        pytest.param(
            "notes.md",
            [" ".join(NAMES[at : at + 2]) for at in range(0, 10, 2)] + NAMES[10:14],
            14,
            id="two in most lines",
        ),
        pytest.param("notes.md", [f"q{line[1:]}" for line in RIPE], 0, id="other names"),
        pytest.param("model.pt", RIPE, 0, id="weights"),
        pytest.param("paper.PDF", RIPE, 0, id="a page to print"),
        pytest.param("show.py", RIPE, 0, id="a program"),
        pytest.param("split.py", RIPE, 0, id="a program of all images, called for splits"),
        pytest.param("split.py", RIPE[:19], 19, id="a program of some images, called for splits"),
        pytest.param("my_folds.R", RIPE[:3], 3, id="a program of three images, called for folds"),
        pytest.param("testing.ipynb", RIPE[:3], 3, id="a program of three images, called for a split"),
        pytest.param("split.py", RIPE[:2], 0, id="a program of two images, called for splits"),
        pytest.param("train/show.py", RIPE[:3], 0, id="a program in a folder called for a split"),
    ],
)
def test_a_file_that_says_several_things_of_images_speaks_against_folders(
    tmp_path: Path, name: str, lines: list[str], count: int
) -> None:
    assert said(tmp_path, name, "\n".join(lines).encode()) == (told(name, count) if count else "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
def test_it_may_be_written_in_several_encodings(tmp_path: Path, encoding: str) -> None:
    assert said(tmp_path, "notes.md", "\n".join(RIPE).encode(encoding)) == told("notes.md", 20)


def test_bytes_between_names_are_no_words_of_them(tmp_path: Path) -> None:
    packed = b"\0".join(f"{line.replace(' ', '')}\n".encode() for line in RIPE)

    assert said(tmp_path, "notes.bin", packed) == told("notes.bin", 20)


@pytest.mark.parametrize(("read", "count"), [(13, 20), (14, 0)])
def test_what_is_read_as_a_table_for_most_part_speaks_by_that(tmp_path: Path, read: int, count: int) -> None:
    given = said(tmp_path, "notes.md", "\n".join(RIPE).encode(), tuple(NAMES[:read]))

    assert given == (told("notes.md", 20) if count else "")


def test_of_a_long_file_twenty_names_in_its_beginning_count(tmp_path: Path) -> None:
    images = [f"{('cat', 'dog')[at % 2]}/p{at:03}.jpg" for at in range(200)]
    lines = [f"p{at:03}.jpg {('ripe', 'green')[at // 2 % 2]}" for at in range(20)]
    rest = "-" * (1 << 16)

    assert said(tmp_path, "a.md", "\n".join([*lines, rest]).encode(), images=images) == told("a.md", 20)
    assert said(tmp_path, "a.md", "\n".join([*lines[:19], rest]).encode(), images=images) == ""
    assert said(tmp_path, "a.md", "\n".join(lines).encode(), images=images) == ""


def test_of_names_with_blanks_the_last_word_counts(tmp_path: Path) -> None:
    images = [f"{('cat', 'dog')[at % 2]}/photo of {name}.jpg" for at, name in enumerate(NAMES)]

    assert said(tmp_path, "notes.md", "\n".join(RIPE).encode(), images=images) == told("notes.md", 20)


def test_names_of_words_alone_count_with_their_extensions(tmp_path: Path) -> None:
    names = ["apple", "berry", "cedar", "daisy", "ebony", "fern"]
    images = [f"{('cat', 'dog')[at % 2]}/{name}.jpg" for at, name in enumerate(names)]
    lines = [f"{name} {('ripe', 'green')[at // 2 % 2]}" for at, name in enumerate(names)]

    assert said(tmp_path, "notes.md", "\n".join(lines).encode(), images=images) == ""
    marked = "\n".join(lines).replace(" ", ".jpg ").encode()
    assert said(tmp_path, "notes.md", marked, images=images) == told("notes.md", 6)
