"""Images in archives: each reader gets each member's own bytes, damage and tricks are said, nothing is unpacked."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from tasks.columns import SampleRow
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.settings import SourceSettings
from tasks.errors import LayoutError
from tasks.fetch import FetchSettings
from tasks.fetch.answers import FetchFailure
from tasks.fetch.plain_copies import with_unpacked_archives
from tasks.fetch.readers import SourceReader
from tasks.samples import SAMPLE_SCHEMA, SourceAccess, StoreUrl
from tasks.storage import open_store

FILES = {f"{'cat' if n % 2 else 'dog'}/{n}.png": os.urandom(500 + 37 * n) for n in range(60)}


def write_tar(path: Path, files: Mapping[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def write_zip(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def listed(path: str) -> Listing:
    settings = SourceSettings(path=path)
    found = scan_images(settings.place, settings)
    assert found is not None
    return found


def sample_rows(path: str) -> list[SampleRow]:
    """What the archive at *path* holds, as samples."""
    files = listed(path).files.rename_columns({"path": "location"})
    made: list[SampleRow] = files.append_column("kind", pa.array(["store"] * files.num_rows)).to_pylist()
    return made


def read_all(path: str, folder: Path, threads: int = 8) -> dict[str, bytes]:
    """Every image of the archive at *path*, read by as many threads at once."""
    access = SourceAccess("", SourceSettings(path=path).place)
    access = with_unpacked_archives(access, SAMPLE_SCHEMA.empty_table(), open_store(StoreUrl(str(folder))), "runs/now")
    reader = SourceReader(access, FetchSettings())
    rows = sample_rows(path)
    with ThreadPoolExecutor(threads) as pool:
        bodies = pool.map(lambda row: reader.read(row)[0].data, rows)
        return {row["location"]: data for row, data in zip(rows, bodies, strict=True)}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        pytest.param("a.zip", write_zip, id="zip"),
        pytest.param("a.zip", lambda path, files: write_zip(path, files, zipfile.ZIP_STORED), id="zip, not packed"),
        pytest.param("a.zip", lambda path, files: write_zip(path, files, zipfile.ZIP_BZIP2), id="zip, by bzip2"),
        pytest.param("a.zip", lambda path, files: write_zip(path, files, zipfile.ZIP_LZMA), id="zip, by LZMA"),
        pytest.param("a.tar", write_tar, id="tar"),
        pytest.param("a.tar.gz", lambda path, files: write_tar(path, files, "w:gz"), id="tar.gz"),
        pytest.param("a.tgz", lambda path, files: write_tar(path, files, "w:gz"), id="tgz"),
        pytest.param("a.tar.bz2", lambda path, files: write_tar(path, files, "w:bz2"), id="tar.bz2"),
        pytest.param("a.tar.xz", lambda path, files: write_tar(path, files, "w:xz"), id="tar.xz"),
    ],
)
def test_each_member_has_its_own_bytes_however_many_threads_read(
    tmp_path: Path, name: str, write: Callable[[Path, Mapping[str, bytes]], None]
) -> None:
    write(tmp_path / name, FILES)

    for _ in range(5):
        assert read_all(str(tmp_path / name), tmp_path / "out") == FILES


@pytest.mark.parametrize("spelling", ["{}://::file://{}", "{}://::{}", "{0}://cat::{1}"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_is_read_as_fsspec_spells_it(tmp_path: Path, kind: str, spelling: str) -> None:
    path = tmp_path / f"a.{kind}"
    (write_zip if kind == "zip" else write_tar)(path, FILES)

    found = read_all(spelling.format(kind, path), tmp_path / "out")

    cats = {name.removeprefix("cat/"): data for name, data in FILES.items() if name.startswith("cat/")}
    assert found == (cats if "cat" in spelling else FILES)


def test_names_and_links_lead_nowhere_but_into_the_archive(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("./cat/1.png", "cat//a#b?c%20.png", "../up.png", "/abs.png", "cat/../../x.png"):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
        for name, kind, target in (
            ("cat/hard.png", tarfile.LNKTYPE, "./cat/1.png"),
            ("dog/soft.png", tarfile.SYMTYPE, "../cat/1.png"),
            ("dog/out.png", tarfile.SYMTYPE, "/etc/passwd"),
            ("dog/up.png", tarfile.SYMTYPE, "../../secret"),
            ("dog/pipe.png", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)

    found = listed(str(tmp_path / "a.tar"))

    there = ["cat/1.png", "cat/a#b?c%20.png", "cat/hard.png", "dog/soft.png"]
    assert found.files["path"].to_pylist() == there
    assert set(read_all(str(tmp_path / "a.tar"), tmp_path / "out").values()) == {b"x"}
    assert {path: reason.value for path, reason, _ in found.refused} == {
        "../up.png": "outside_root",
        "/abs.png": "outside_root",
        "cat/../../x.png": "outside_root",
        "dog/out.png": "not_found",
        "dog/up.png": "not_found",
        "dog/pipe.png": "not_a_regular_file",
    }


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def spoil_header(path: Path) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(b"dog/20.png")
    data[place + 3] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("name", "harm"), [("a.zip", cut), ("a.tar", cut), ("a.tar.gz", cut), ("a.tar", spoil_header)])
def test_an_archive_that_cannot_be_listed_to_its_end_is_refused(
    tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    if name == "a.zip":
        write_zip(tmp_path / name, FILES)
    else:
        write_tar(tmp_path / name, FILES, "w:gz" if name == "a.tar.gz" else "w")
    harm(tmp_path / name)

    with pytest.raises(LayoutError, match=r"damaged or cut off"):
        listed(str(tmp_path / name))


def test_tars_joined_to_one_are_read_to_the_last(tmp_path: Path) -> None:
    write_tar(tmp_path / "1.tar", {"cat/1.png": b"one"})
    write_tar(tmp_path / "2.tar", {"dog/2.png": b"two"})
    joined = tmp_path / "a.tar"
    joined.write_bytes((tmp_path / "1.tar").read_bytes() + (tmp_path / "2.tar").read_bytes())

    assert read_all(str(joined), tmp_path / "out") == {"cat/1.png": b"one", "dog/2.png": b"two"}


def test_of_members_of_one_name_the_last_counts_and_the_others_are_counted(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", {"cat/1.png": b"old"})
    write_tar(tmp_path / "a.tar", {"./cat/1.png": b"new"}, "a")

    assert read_all(str(tmp_path / "a.tar"), tmp_path / "out") == {"cat/1.png": b"new"}
    assert listed(str(tmp_path / "a.tar")).ignored["earlier members of the same name"] == 1


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_an_archive_replaced_since_it_was_listed_gives_no_others_bytes(tmp_path: Path, name: str) -> None:
    write = write_zip if name == "a.zip" else write_tar
    write(tmp_path / name, {"cat/1.png": b"red ", "dog/1.png": b"blue"})
    rows = sample_rows(str(tmp_path / name))
    reader = SourceReader(SourceAccess("", SourceSettings(path=str(tmp_path / name)).place), FetchSettings())
    write(tmp_path / name, {"cat/1.png": b"gold", "dog/1.png": b"pink"})

    for row in rows:
        with pytest.raises(FetchFailure) as caught:
            reader.read(row)
        assert caught.value.reason.value in {"changed_while_read", "short_body"}


def test_a_member_that_claims_little_and_holds_much_ends_at_what_it_claims(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"cat/1.png": bytes(50_000_000)})
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace((50_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))

    with pytest.raises(FetchFailure, match="damaged"):
        read_all(str(tmp_path / "a.zip"), tmp_path / "out")


def test_encrypted_images_are_one_sentence(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"cat/1.png": b"x"})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)

    with pytest.raises(LayoutError, match=r"1 of its images are encrypted \(cat/1\.png\)"):
        listed(str(tmp_path / "a.zip"))


def test_names_keep_their_letters_whatever_the_packer_said_of_them(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"häuser/größe.png": b"x"})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for mark, place in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        data[data.index(mark) + place] &= ~0x08  # as macOS writes them: UTF-8, and not said
    (tmp_path / "a.zip").write_bytes(data)

    assert listed(str(tmp_path / "a.zip")).files["path"].to_pylist() == ["häuser/größe.png"]
