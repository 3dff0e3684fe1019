"""Folders of archives: read in place, each as a folder of what it holds."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.listing.scan import scan_images
from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.settings import SourceSettings
from tasks.errors import LayoutError
from tasks.fetch import FetchSettings
from tasks.fetch.plain_copies import compressed_archives, with_unpacked_archives
from tasks.fetch.readers import SourceReader
from tasks.samples import Discovery, StoreUrl
from tasks.storage import open_store

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def pack(path: Path, files: Mapping[str, bytes]) -> None:
    """An archive of the kind that its name tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        return
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def labels(found: Discovery) -> dict[str, str]:
    return dict(zip(found.samples["location"].to_pylist(), found.samples["label_path"].to_pylist(), strict=True))


def splits(found: Discovery) -> dict[str, str]:
    return dict(zip(found.samples["location"].to_pylist(), found.samples["split"].to_pylist(), strict=True))


def read(found: Discovery, out: Path) -> dict[str, bytes]:
    """The bytes of all samples, as a run reads them."""
    access = with_unpacked_archives(found.access[0], found.samples, open_store(StoreUrl(str(out))), "runs/now")
    reader = SourceReader(access, FetchSettings())
    return {row["location"]: reader.read(row)[0].data for row in found.samples.to_pylist()}


def images(names: str, count: int = 3) -> dict[str, bytes]:
    return {f"{name}_{number}.jpg": f"{name}{number}".encode() for name in names.split() for number in range(count)}


@pytest.mark.parametrize("end", ["zip", "tar", "tar.gz", "tgz"])
def test_an_archive_a_class_is_a_class_of_its_name(look: Look, tmp_path: Path, end: str) -> None:
    pack(tmp_path / "in" / f"cat.{end}", images("cat"))
    pack(tmp_path / "in" / f"dog.v2.{end}", images("dog"))

    found = look(tmp_path / "in")

    expected = {f"cat.{end}/{name}": "cat" for name in images("cat")}
    assert labels(found) == expected | {f"dog.v2.{end}/{name}": "dog.v2" for name in images("dog")}
    assert found.keys["source"]["archives"] is True
    wanted = {f"cat.{end}/{name}": data for name, data in images("cat").items()}
    assert read(found, tmp_path / "out") == wanted | {f"dog.v2.{end}/{n}": data for n, data in images("dog").items()}


def test_what_was_found_says_the_same_with_its_keys(look: Look, tmp_path: Path) -> None:
    for split in ("train", "val"):
        for name in ("n01", "n02"):
            pack(tmp_path / split / f"{name}.tar", images(f"{split}{name}"))

    found = look(tmp_path)
    again = look(tmp_path, layout=found.layout, **found.keys["source"])

    assert set(labels(found).values()) == {"n01", "n02"}
    assert set(splits(found).values()) == {"train", "validation"}
    assert again.samples.equals(found.samples)


def test_a_table_packed_by_itself_names_images_in_archives(look: Look, tmp_path: Path) -> None:
    train = {f"train/{number:03}.jpg": bytes([number + 1]) for number in range(12)}
    pack(tmp_path / "train.zip", train)
    pack(tmp_path / "test.zip", {f"test/9{number:02}.jpg": b"x" for number in range(4)})
    rows = "".join(f"{number:03},{'dingo' if number % 2 else 'pug'}\n" for number in range(12))
    pack(tmp_path / "labels.csv.zip", {"labels.csv": f"id,breed\n{rows}".encode()})

    found = look(tmp_path)

    assert found.layout == "tables"
    assert labels(found) == {f"train.zip/train/{n:03}.jpg": "dingo" if n % 2 else "pug" for n in range(12)}
    assert found.ignored["present but unlisted"] == 4
    assert read(found, tmp_path / "out") == {f"train.zip/{name}": data for name, data in train.items()}


def test_a_table_in_an_archive_is_read_there(look: Look, tmp_path: Path) -> None:
    rows = "".join(f"{number}.png,{'oak' if number % 3 else 'elm'}\n" for number in range(9))
    photos = {f"photos/{number}.png": b"x" for number in range(9)}
    pack(tmp_path / "trees.zip", {**photos, "trees.csv": f"filename,label\n{rows}".encode()})

    found = look(tmp_path)

    assert labels(found) == {f"trees.zip/photos/{n}.png": "oak" if n % 3 else "elm" for n in range(9)}
    assert found.keys["source"]["tables"][0]["file"] == "trees.zip/trees.csv"


def test_shards_whose_members_say_the_class_are_read_by_their_keys(look: Look, tmp_path: Path) -> None:
    for word, first, shards in (("train", 0, 2), ("val", 0, 1)):
        for shard in range(shards):
            members: dict[str, bytes] = {}
            for number in range(6):
                key = f"{first + shard * 6 + number:06}"
                members[f"{key}.jpg"] = f"{word}{key}".encode()
                members[f"{key}.cls"] = str(number % 3).encode()
                members[f"{key}.json"] = json.dumps({"width": 3}).encode()
            pack(tmp_path / "in" / f"birds-{word}-{shard:04}.tar", members)

    found = look(tmp_path / "in")

    keys = [("train", 0, n) for n in range(6)] + [("train", 1, n) for n in range(6)] + [("val", 0, n) for n in range(6)]
    assert labels(found) == {f"birds-{w}-{s:04}.tar/{s * 6 + n:06}.jpg": str(n % 3) for w, s, n in keys}
    assert {place.split("-")[1]: split for place, split in splits(found).items()} == {
        "train": "train",
        "val": "validation",
    }
    assert read(found, tmp_path / "out")["birds-val-0000.tar/000003.jpg"] == b"val000003"


def test_images_that_lie_unpacked_are_not_read_twice(look: Look, tmp_path: Path) -> None:
    for name, data in images("cat dog").items():
        path = tmp_path / name.partition("_")[0] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    pack(tmp_path / "pets.zip", {f"{name.partition('_')[0]}/{name}": data for name, data in images("cat dog").items()})

    found = look(tmp_path)

    assert found.samples.num_rows == 6
    assert any("pets.zip" in notice and "archives: true" in notice for notice in found.notices)


def test_a_named_layout_says_how_archives_are_read(look: Look, tmp_path: Path) -> None:
    pack(tmp_path / "cat.tar", images("cat"))
    pack(tmp_path / "dog.tar", images("dog"))

    with pytest.raises(LayoutError, match=r"cat\.tar and 1 more are archives: `archives: true`.*`path: .*cat\.tar`"):
        look(tmp_path, layout="class_folders")

    assert set(labels(look(tmp_path, layout="class_folders", archives=True)).values()) == {"cat", "dog"}


def test_what_folders_of_archives_do_not_prove_is_proposed_with_their_key(look: Look, tmp_path: Path) -> None:
    pack(tmp_path / "train" / "n01.tar", images("a"))
    pack(tmp_path / "train" / "n02.tar", images("b"))
    pack(tmp_path / "val.tar", images("c d"))
    (tmp_path / "meta.mat").write_bytes(b"MATLAB 5.0")

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    assert "val" in str(caught.value)
    for proposal in caught.value.unsettled.proposals:
        names = proposal.keys.get("splits", {}).get("names", {})
        assert look(tmp_path, names=names, **proposal.keys["source"]).listed > 0


def test_hostile_members_are_rejected_one_by_one(look: Look, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "cat.tar", "w") as archive:
        for name in ("1.png", "2.png", "../up.png", "/abs.png"):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
        link = tarfile.TarInfo("out.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    pack(tmp_path / "dog.tar", images("dog"))

    found = look(tmp_path)

    assert sorted(labels(found)) == ["cat.tar/1.png", "cat.tar/2.png", *(f"dog.tar/dog_{n}.jpg" for n in range(3))]
    assert dict(zip(found.rejections["location"].to_pylist(), found.rejections["reason"].to_pylist(), strict=True)) == {
        "cat.tar/../up.png": "outside_root",
        "cat.tar//abs.png": "outside_root",
        "cat.tar/out.png": "not_found",
    }


def test_an_archive_in_an_archive_stays_closed_and_is_named(look: Look, tmp_path: Path) -> None:
    inner = tmp_path / "n01.tar"
    pack(inner, images("a"))
    pack(tmp_path / "in" / "all.tar", {"n01.tar": inner.read_bytes(), "n02.tar": inner.read_bytes()})

    with pytest.raises(LayoutError, match=r"Archives within archives stay closed \(all\.tar/n01\.tar\)"):
        look(tmp_path / "in", archives=True)
    with pytest.raises(LayoutError, match=r"stay closed"):
        look(tmp_path / "in")


def test_a_damaged_archive_is_one_sentence(look: Look, tmp_path: Path) -> None:
    pack(tmp_path / "cat.tar", images("cat"))
    pack(tmp_path / "dog.tar", images("dog", 9))
    data = (tmp_path / "dog.tar").read_bytes()
    (tmp_path / "dog.tar").write_bytes(data[: len(data) // 3])

    with pytest.raises(LayoutError, match=r"dog\.tar is damaged or cut off"):
        look(tmp_path)


@pytest.mark.parametrize(
    ("called", "end", "words"),
    [
        (".tar", ".zip", "is a zip"),
        (".tar.gz", ".zip", "is a zip"),
        (".zip", ".tar", "is a tar that is not compressed"),
        (".tar.gz", ".tar", "is a tar that is not compressed"),
        (".tar", ".tar.gz", "is packed with gzip"),
        (".7z", ".zip", "is not read in place: unpack it"),
    ],
)
def test_an_archive_under_another_name_is_called_what_it_is(
    look: Look, tmp_path: Path, called: str, end: str, words: str
) -> None:
    pack(tmp_path / f"a{end}", {"cat/1.jpg": b"x", "dog/2.jpg": b"y"})
    (tmp_path / f"a{end}").rename(tmp_path / f"b{called}")
    with pytest.raises(LayoutError, match=words):
        look(tmp_path / f"b{called}")


def test_a_compressed_archive_whose_checksum_is_wrong_is_damaged(look: Look, tmp_path: Path) -> None:
    pack(tmp_path / "a.tar.gz", {"cat/1.jpg": b"x", "dog/2.jpg": b"y"})
    data = (tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(data[:-8] + b"\1\2\3\4" + data[-4:])
    with pytest.raises(LayoutError, match="is damaged or cut off"):
        look(tmp_path / "a.tar.gz")


def test_an_archive_whose_images_are_all_packed_in_an_unknown_way_says_so(look: Look, tmp_path: Path) -> None:
    pack(tmp_path / "a.zip", {"cat/1.jpg": b"x", "dog/2.jpg": b"y"})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for mark, place in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        for at in [at for at in range(len(data)) if data[at : at + 4] == mark]:
            data[at + place] = 9
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(LayoutError, match=r"2 are left out, such as cat/1\.jpg: is packed by method 9"):
        look(tmp_path / "a.zip")


def test_a_folder_of_links_that_lead_out_names_the_key_that_follows_them(look: Look, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
        (tmp_path / "source" / name / "1.jpg").symlink_to(tmp_path / f"{name}.jpg")
    with pytest.raises(LayoutError, match=r"2 are left out, such as cat/1\.jpg: .*follow_links: true"):
        look(tmp_path / "source")
    assert labels(look(tmp_path / "source", follow_links=True)) == {"cat/1.jpg": "cat", "dog/1.jpg": "dog"}


def test_a_link_to_an_archive_elsewhere_is_not_followed(tmp_path: Path) -> None:
    pack(tmp_path / "elsewhere" / "cat.zip", images("cat"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cat.zip").symlink_to(tmp_path / "elsewhere" / "cat.zip")

    for follow, count in ((False, 0), (True, 3)):
        settings = SourceSettings(path=str(tmp_path / "in"), archives=True, follow_links=follow)
        listing = scan_images(settings.place, settings)
        assert listing is not None
        assert listing.count == count


def test_a_folder_named_like_an_archive_is_a_folder(look: Look, tmp_path: Path) -> None:
    for name in ("cat.zip", "dog.zip"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(b"x")
        (tmp_path / name / "2.jpg").write_bytes(b"x")

    found = look(tmp_path)

    assert set(labels(found).values()) == {"cat.zip", "dog.zip"}
    assert read(found, tmp_path / "out")["cat.zip/1.jpg"] == b"x"


def test_only_compressed_archives_are_copied_for_a_run(look: Look, tmp_path: Path) -> None:
    pack(tmp_path / "in" / "cat.tar", images("cat"))
    pack(tmp_path / "in" / "dog.TAR.GZ".lower(), images("dog"))
    found = look(tmp_path / "in")

    assert set(compressed_archives(found.access[0], found.samples)) == {"dog.tar.gz"}


def test_a_table_as_the_path_says_what_to_name(look: Look, tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"PAR1")

    with pytest.raises(LayoutError, match=rf"`path: {tmp_path}`.*`tables: \[\{{file: train\.parquet"):
        look(tmp_path / "train.parquet")


class InfoOfBytes(zipfile.ZipInfo):
    """A member whose name is written as bytes that nothing is said of."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's name
        return self.raw, 0


def pack_under(path: Path, names: Mapping[bytes, bytes]) -> None:
    """A zip with a member for each of *names*, which are bytes, and the fields that stand beside them."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, extra in names.items():
            info = InfoOfBytes(name.decode("cp437"))
            info.raw, info.extra = name, extra
            packed.writestr(info, name)


def test_names_in_an_encoding_that_nothing_states_are_told_of(look: Look, tmp_path: Path) -> None:
    names = [f"{name}/{number}.jpg".encode("shift_jis") for name in ("猫", "犬") for number in range(2)]
    pack_under(tmp_path / "pets.zip", dict.fromkeys(names, b""))

    found = look(tmp_path / "pets.zip")

    assert set(labels(found).values()) == {
        "猫".encode("shift_jis").decode("cp437"),
        "犬".encode("shift_jis").decode("cp437"),
    }
    assert any("the names of 4 images" in notice and "code page 437" in notice for notice in found.notices)


def test_a_name_in_utf8_beside_the_one_of_a_member_is_its_name(look: Look, tmp_path: Path) -> None:
    names = {}
    for name in ("猫/1.jpg", "猫/2.jpg", "犬/1.jpg", "犬/2.jpg"):
        raw = name.encode("shift_jis")
        beside = b"\1" + zlib.crc32(raw).to_bytes(4, "little") + name.encode()
        names[raw] = struct.pack("<HH", 0x7075, len(beside)) + beside
    pack_under(tmp_path / "pets.zip", names)

    found = look(tmp_path / "pets.zip")

    assert set(labels(found).values()) == {"猫", "犬"}
    assert not any("code page" in notice for notice in found.notices)
