"""What a listing holds of each file, whatever it lies in, and what of it is left out or noted beside the images."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tasks.discover.listing import listing as listing_module
from tasks.discover.listing.listing import ListedFiles, Listing, stored_of, without_files
from tasks.discover.listing.names import NameRules, why_ignored
from tasks.discover.listing.scan import scan_images, stat_local
from tasks.discover.listing.scan_remote import remote_fingerprint
from tasks.discover.settings import SourceSettings
from tasks.errors import LayoutError
from tasks.reasons import Reason
from tasks.samples import StoreUrl
from tests.folders_here import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "in")


def scanned(folder: Folder, place: str = "", limit: int | None = None, **keys: Any) -> Listing | None:
    path = place if "::" in place else f"{folder.root}/{place}".rstrip("/")
    settings = SourceSettings.model_validate({"path": path, **keys})
    return scan_images(settings.place, settings, limit)


def listed(folder: Folder, place: str = "", **keys: Any) -> Listing:
    found = scanned(folder, place, **keys)
    assert found is not None
    return found


def test_each_image_has_its_size_its_times_and_its_folder(folder: Folder) -> None:
    folder.images("b/2.jpg", "a/1.jpg", "a/c/3.jpg", "4.jpg", "a/0.jpg")
    os.utime(folder.root / "4.jpg", ns=(5, 1_234_567_890_123_456_789))
    changed = (folder.root / "4.jpg").stat().st_ctime_ns

    found = listed(folder)

    rows = found.files.to_pylist()
    assert [row["path"] for row in rows] == ["4.jpg", "a/0.jpg", "a/1.jpg", "a/c/3.jpg", "b/2.jpg"]
    assert [row["size"] for row in rows] == [5, 7, 7, 9, 7]
    assert [found.parents[row["folder"]] for row in rows] == ["", "a", "a", "a/c", "b"]
    assert rows[0]["fingerprint"] == f"5-1234567890123456789-{changed}"
    assert {row["stored"] for row in rows} == {""}
    assert found.folders == ["a", "a/c", "b"]
    assert (found.count, found.ignored, found.others, found.refused) == (5, {}, {}, [])


def test_very_many_images_are_listed_in_batches(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.images(*(f"{place}/{number}.jpg" for place in ("é", "b", "c") for number in range(5)))
    whole = listed(folder)
    monkeypatch.setattr(listing_module, "_BATCH", 6)

    parts = listed(folder)

    assert parts.files.combine_chunks().equals(whole.files.combine_chunks())
    assert [parts.parents[number] for number in parts.folder_numbers] == ["b"] * 5 + ["c"] * 5 + ["é"] * 5


@pytest.mark.parametrize(("limit", "is_listed"), [(4, True), (3, False), (None, True)])
def test_a_short_look_ends_at_its_limit(folder: Folder, limit: int | None, is_listed: bool) -> None:
    folder.images("a/1.jpg", "a/2.jpg").text("notes.txt")

    assert (scanned(folder, limit=limit) is not None) == is_listed


def test_files_of_other_kinds_are_noted_by_their_extension_and_folder(folder: Folder) -> None:
    folder.images("a/1.jpg")
    folder.text("z.txt").text("a/notes.TXT").text("a/list.csv").text("README").text("b/c.tar.gz").text("a/.hidden.csv")

    found = listed(folder)

    assert found.others == {".txt": 2, ".csv": 1, "none": 1, ".gz": 1}
    assert found.alike == {("", ".txt"): 1, ("a", ".txt"): 1, ("a", ".csv"): 1, ("", "none"): 1, ("b", ".gz"): 1}
    assert found.holders == {"", "a", "b"}
    assert found.beside == ["README", "a/list.csv", "a/notes.TXT", "b/c.tar.gz", "z.txt"]
    assert found.archives == ["b/c.tar.gz"]
    assert found.ignored == {"hidden names": 1}


@pytest.mark.parametrize(
    ("attribute", "most", "paths"),
    [
        ("_MOST_BESIDE", 3, [f"{number}/a.txt" for number in range(4)]),
        ("_MOST_ALIKE_BESIDE", 3, [f"a{number}.txt" for number in range(4)]),
        ("_DEEPEST_BESIDE", 2, ["a/b/1.txt", "a/b/2.txt", "a/b/3.txt", "a/b/c/4.txt"]),
    ],
)
def test_a_bounded_number_of_files_beside_the_images_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, attribute: str, most: int, paths: list[str]
) -> None:
    monkeypatch.setattr(listing_module, attribute, most)
    found = Listing(StoreUrl("/data"))

    for path in paths:
        found.note_other(path, ".txt")

    assert found.beside == paths[:3]
    assert found.others == {".txt": 4}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (f"{os.extsep}x", "hidden names"),
        ("a.part", "unfinished files"),
        ("a.jpg.tmp", "unfinished files"),
        (".a.crdownload", "unfinished files"),
        ("Thumbs.db", "ignored names"),
    ],
)
def test_a_name_that_is_passed_over_says_why(name: str, reason: str) -> None:
    assert why_ignored(name) == reason


@pytest.mark.parametrize(
    ("name", "extension", "is_image", "is_ignored"),
    [
        ("1.JPG", ".jpg", True, False),
        ("a.b.jpg", ".jpg", True, False),
        ("1.png", ".png", False, False),
        ("jpg", "none", False, False),
        (".jpg", "none", False, True),
        ("..jpg", "none", False, True),
        (".1.jpg", ".jpg", False, True),
        ("1.jpg.part", ".part", False, True),
        ("1_b.jpg", ".jpg", False, True),
        ("1_B.jpg", ".jpg", True, False),
        ("1_b.jpg.txt", ".txt", False, False),
    ],
)
def test_a_name_says_what_a_file_is(name: str, extension: str, is_image: bool, is_ignored: bool) -> None:
    rules = NameRules(frozenset({".jpg", ".tmp"}), ("*_b.jpg", "a/b.jpg"))

    assert (rules.extension(name), rules.is_image(name), rules.is_ignored(name)) == (extension, is_image, is_ignored)
    assert rules.is_image(name) == is_image
    assert not rules.is_image("1.tmp")
    assert rules.has_extension(name) == (extension == ".jpg")


def test_files_that_are_left_out_take_their_folders_along() -> None:
    files = ListedFiles()
    for path in ("a/1.jpg", "b/2.jpg", "a/3.jpg", "c/4.jpg"):
        files.add(path, 1, "x")
    found = files.finish(Listing(StoreUrl("/data")))
    found.ignored["hidden names"] = 2

    left = without_files(found, pa.array([True, True, False, False]))

    assert [(row["path"], left.parents[row["folder"]]) for row in left.files.to_pylist()] == [
        ("b/2.jpg", "b"),
        ("c/4.jpg", "c"),
    ]
    assert (left.parents, left.holders, left.ignored) == (["b", "c"], {"a"}, {"hidden names": 2})
    left.ignored["hidden names"] += 1
    assert found.ignored == {"hidden names": 2}
    assert left.files.schema == found.files.schema


def test_what_is_stored_in_archives_is_told_for_files_of_the_listing_alone() -> None:
    files = ListedFiles()
    files.add("a.zip/1.jpg", 1, "x", "s1")
    files.add("a.zip/2.jpg", 1, "x", "s2")
    found = files.finish(Listing(StoreUrl("/data")))

    assert stored_of(pa.array([1, -1, 0]), found).to_pylist() == ["s2", "", "s1"]
    assert stored_of(pa.array([-1, -1]), found).to_pylist() == ["", ""]


def test_a_file_is_looked_at_alone_where_it_is_there(folder: Folder) -> None:
    folder.data("1.bin", b"abc")

    seen = stat_local(str(folder.root), "1.bin")

    assert seen is not None
    assert seen[0] == 3
    assert seen[1].startswith("3-")
    assert stat_local(str(folder.root), "2.bin") is None
    assert stat_local(str(folder.root), "a\0b") is None


def test_links_are_told_with_where_they_lead(folder: Folder, tmp_path: Path) -> None:
    folder.images("a/1.jpg").data("../out/2.jpg", b"x").data("../out/more.zip", b"x").data("a/in.zip", b"x")
    for name, target in (
        ("out.jpg", tmp_path / "out/2.jpg"),
        ("none.jpg", folder.root / "gone"),
        ("more.zip", tmp_path / "out/more.zip"),
        ("again.zip", folder.root / "a/in.zip"),
        ("out", tmp_path / "out"),
        ("notes.txt", tmp_path / "out/2.jpg"),
    ):
        (folder.root / name).symlink_to(target)

    found, followed = listed(folder), listed(folder, follow_links=True)

    assert found.refused == [
        ("none.jpg", Reason.NOT_FOUND, "is a link to nothing: No such file or directory"),
        (
            "out.jpg",
            Reason.OUTSIDE_ROOT,
            "is a link that leads out of the source; `source.follow_links: true` follows it",
        ),
    ]
    assert (found.links_out, found.ignored) == (["out"], {"links to folders": 1})
    assert (found.archives, found.others) == (["a/in.zip", "again.zip"], {".zip": 3, ".txt": 1})
    assert followed.files["path"].to_pylist() == ["a/1.jpg", "out.jpg", "out/2.jpg"]
    assert (followed.links_out, followed.ignored) == ([], {})
    assert followed.archives == ["a/in.zip", "again.zip", "more.zip", "out/more.zip"]
    assert followed.files["size"].to_pylist()[1:] == [1, 1]
    assert len(set(followed.files["fingerprint"].to_pylist()[1:])) == 1


def test_what_is_no_file_is_refused_under_its_name(folder: Folder) -> None:
    folder.images("cat/1.jpg")
    os.mkfifo(folder.root / "cat" / "pipe.jpg")
    (folder.root / "cat" / "link.jpg").symlink_to("pipe.jpg")

    assert listed(folder).refused == [
        ("cat/link.jpg", Reason.NOT_A_REGULAR_FILE, "is a link to no regular file"),
        ("cat/pipe.jpg", Reason.NOT_A_REGULAR_FILE, "is not a regular file"),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "There is no folder {0}; the nearest folder that is there is {1}. Check `source.path`."),
        ("notes.txt", "{0} is not a folder. Name one in `source.path`, or set `layout: csv` or `json` if it is a label "
         "file."),
        ("t.PARQUET", "{0} is a table in a folder: set `path: {1}` under `source`, read with all tables there, or "
         "beside it `tables: [{{file: t.PARQUET, columns: {{…}}}}]` for this one alone."),
        ("t.pq", "{0} is a table in a folder: set `path: {1}` under `source`, read with all tables there, or beside it "
         "`tables: [{{file: t.pq, columns: {{…}}}}]` for this one alone."),
        ("t.7z", "{0} is not read in place: unpack it, or pack what is in it as a .zip, .tar or .tar.gz."),
    ],
)  # fmt: skip
def test_a_path_that_is_no_folder_says_what_to_do(folder: Folder, name: str, said: str) -> None:
    folder.text("notes.txt").text("t.PARQUET").text("t.7z").text("t.pq")

    with pytest.raises(LayoutError) as caught:
        listed(folder, name)

    assert str(caught.value) == said.format(f"{folder.root}/{name}", folder.root)


@pytest.mark.parametrize("name", ["t.db", "t.sqlite3", "t.DuckDB"])
def test_a_database_is_asked_and_not_listed(folder: Folder, name: str) -> None:
    folder.text(name)

    with pytest.raises(LayoutError) as caught:
        listed(folder, name)

    assert str(caught.value).startswith(f"{folder.root}/{name} is a database, and no folder: ")


def test_an_archive_is_listed_as_the_folder_that_it_would_be(folder: Folder) -> None:
    folder.zipped("a.zip", "x/b/2.jpg", "x/1.jpg", "x/notes.txt", "x/.h.jpg", "x/e/", "x/in.zip",
                  "x/__MACOSX/f/", "x/a.part")  # fmt: skip

    found = listed(folder, "a.zip")

    assert found.files["path"].to_pylist() == ["x/1.jpg", "x/b/2.jpg"]
    assert found.files["size"].to_pylist() == [7, 9]
    assert all(found.files["stored"].to_pylist())
    assert [found.parents[number] for number in found.folder_numbers] == ["x", "x/b"]
    assert found.folders == ["x", "x/b", "x/e"]
    assert (found.others, found.beside) == ({".txt": 1, ".zip": 1}, ["x/in.zip", "x/notes.txt"])
    assert (found.ignored, found.archives) == ({"hidden names": 1, "unfinished files": 1}, ["x/in.zip"])


def test_a_folder_in_an_archive_is_listed_alone(folder: Folder) -> None:
    folder.zipped("a.zip", "x/1.jpg", "xy/2.jpg", "x/b/3.jpg", "x/f/")

    found = listed(folder, f"zip://x::file://{folder.root}/a.zip")

    assert found.files["path"].to_pylist() == ["1.jpg", "b/3.jpg"]
    assert found.folders == ["b", "f"]
    with pytest.raises(LayoutError, match=r"^There is no folder zip://y::file://.*/a\.zip.* Check `source\.path`\.$"):
        listed(folder, f"zip://y::file://{folder.root}/a.zip")


def tarred(path: Path, *members: tuple[str, str, bytes]) -> None:
    """A tar of *members*: name, kind (``file``, ``link``, ``hard``, ``pipe``), and the bytes or the target."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {"file": tarfile.REGTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE}
    with tarfile.open(path, "w") as packed:
        for name, kind, data in members:
            info = tarfile.TarInfo(name)
            info.type = kinds[kind]
            if kind == "file":
                info.size = len(data)
            else:
                info.linkname = data.decode()
            packed.addfile(info, io.BytesIO(data))


def test_links_in_an_archive_lead_to_its_own_files_or_are_refused(folder: Folder) -> None:
    tarred(
        folder.root / "a.tar",
        ("a/1.jpg", "file", b"one"),
        ("a/2.jpg", "link", b"1.jpg"),
        ("a/3.jpg", "link", b"2.jpg"),
        ("4.jpg", "hard", b"a/1.jpg"),
        ("5.jpg", "link", b"gone.jpg"),
        ("6.jpg", "link", b"../out.jpg"),
        ("7.jpg", "link", b"7.jpg"),
        ("8.jpg", "pipe", b""),
        ("9.jpg", "link", b"8.jpg"),
        ("../0.jpg", "file", b"x"),
        ("../0.txt", "file", b"x"),
    )

    found = listed(folder, "a.tar")

    assert found.files["path"].to_pylist() == ["4.jpg", "a/1.jpg", "a/2.jpg", "a/3.jpg"]
    assert found.files["size"].to_pylist() == [3] * 4
    assert len(set(found.files["stored"].to_pylist())) == 1
    refused = {path: (reason, detail) for path, reason, detail in found.refused}
    nothing = (Reason.NOT_FOUND, "is a link to nothing in the archive")
    assert refused["../0.jpg"] == (Reason.OUTSIDE_ROOT, "its name leads out of the archive")
    assert [refused[f"{number}.jpg"] for number in (5, 6, 7)] == [nothing] * 3
    assert [refused[f"{number}.jpg"][0] for number in (8, 9)] == [Reason.NOT_A_REGULAR_FILE] * 2
    assert len(refused) == 6


def test_of_members_of_one_name_the_last_counts_and_the_others_are_counted(folder: Folder) -> None:
    tarred(folder.root / "a.tar", *(("1.jpg", "file", b"x" * size) for size in (1, 2, 3)), ("2.jpg", "file", b"x"))

    found = listed(folder, "a.tar")

    assert found.files["size"].to_pylist() == [3, 1]
    assert found.ignored == {"earlier members of the same name": 2}


def test_archives_of_a_folder_are_folders_of_what_they_hold(folder: Folder) -> None:
    folder.images("b/0.jpg").text("b/notes.txt")
    folder.zipped("b/c.d.zip", "e/1.jpg", "2.jpg", "t.csv", "in.zip", ".h.jpg", "g/")
    tarred(folder.root / "a.tar", ("3.jpg", "file", b"x"), ("4.jpg", "link", b"gone.jpg"))

    found = listed(folder, archives=True)

    assert found.files["path"].to_pylist() == ["a.tar/3.jpg", "b/0.jpg", "b/c.d.zip/2.jpg", "b/c.d.zip/e/1.jpg"]
    assert [found.parents[number] for number in found.folder_numbers] == ["a", "b", "b/c.d", "b/c.d/e"]
    assert found.folders == ["a", "b", "b/c.d", "b/c.d/e", "b/c.d/g"]
    assert found.refused == [("a.tar/4.jpg", Reason.NOT_FOUND, "is a link to nothing in the archive")]
    assert (found.nested, found.ignored) == (["b/c.d.zip/in.zip"], {"hidden names": 1})
    assert found.others == {".txt": 1, ".csv": 1, ".zip": 1}
    assert found.beside == ["b/c.d.zip/in.zip", "b/c.d.zip/t.csv", "b/notes.txt"]
    assert {"b", "b/c.d"} <= found.holders
    assert found.alike["b/c.d.zip", ".csv"] == 1


@pytest.mark.parametrize(
    ("info", "fingerprint"),
    [
        ({"size": 3, "ETag": '"abc"', "mtime": 7}, "3-abc"),
        ({"size": 3, "mtime": 7}, "3-7"),
        ({"size": None, "md5": "x"}, "None-x"),
        ({"size": 3, "ETag": "", "created": 9}, "3-9"),
        ({"size": 3, "name": "x"}, ""),
    ],
)
def test_what_a_store_knows_of_a_file_tells_one_state_from_the_next(info: dict[str, Any], fingerprint: str) -> None:
    assert remote_fingerprint(info) == fingerprint
