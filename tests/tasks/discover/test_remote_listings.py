"""A remote folder is listed to its end, or not at all: what cannot be had is said, and nothing seems to be deleted."""

from __future__ import annotations

import os
import socket
import zipfile
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractFileSystem

from tasks.discover import discover_sources
from tasks.discover.auto import AutoSource
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.settings import SourceSettings
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.storage.beginnings import remembered_beginnings
from tasks.tables.opening import TableFile, table_files
from tests.web_folders import http_index


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for label in ("cat", "dog"):
        (tmp_path / "root" / label).mkdir(parents=True)
        (tmp_path / "root" / label / "1.png").write_bytes(b"x")
    return tmp_path / "root"


def listed(path: str, **options: object) -> Listing:
    settings = SourceSettings.model_validate({"path": path, "storage_options": options})
    found = scan_images(settings.place, settings)
    assert found is not None
    return found


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_web_folder_is_listed_to_its_end(folders: Path) -> None:
    with http_index(folders) as url:
        assert listed(url).files["path"].to_pylist() == ["cat/1.png", "dog/1.png"]


def test_a_web_folder_that_is_none_without_its_last_slash_is_listed(folders: Path) -> None:
    name = f"/{folders.name}"
    with http_index(folders.parent, {name: 404, f"{name}/cat": 404, f"{name}/dog": 404}) as url:
        assert listed(f"{url}{name}/").files["path"].to_pylist() == ["cat/1.png", "dog/1.png"]

    with http_index(folders.parent, {f"{name}/": 500}) as url, pytest.raises(LayoutError, match="answers 500"):
        listed(f"{url}{name}")


class Endless(AbstractFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store whose folders list themselves, and one folder more."""

    protocol = "endless"
    more: tuple[str, ...] = ("./", "../")

    def ls(self, path: str, detail: bool = False, **_: object) -> object:  # noqa: ARG002 - as fsspec calls it
        found = [{"name": f"{path}/{name}", "type": "directory", "size": None} for name in self.more]
        return [*found, {"name": f"{path}/1.png", "type": "file", "size": 3}]


class Trap(Endless):
    protocol = "trap"
    more = ("again/",)


def test_a_folder_that_lists_itself_is_listed_once() -> None:
    fsspec.register_implementation("endless", Endless, clobber=True)

    assert listed("endless://root").files["path"].to_pylist() == ["1.png"]


def test_folders_without_an_end_are_refused() -> None:
    fsspec.register_implementation("trap", Trap, clobber=True)

    with pytest.raises(LayoutError, match="more than 200 deep"):
        listed("trap://root")


@pytest.mark.parametrize(("status", "said"), [(500, "answers 500"), (403, "answers 403"), (0, "cannot be listed")])
def test_a_web_folder_of_which_a_part_cannot_be_listed_is_refused(folders: Path, status: int, said: str) -> None:
    with http_index(folders, {"/dog/": status}) as url, pytest.raises(LayoutError, match=said):
        listed(url)


def test_a_folder_that_is_gone_when_it_is_looked_into_is_counted(folders: Path) -> None:
    with http_index(folders, {"/dog/": 404, "/dog": 404}) as url:
        found = listed(url)

    assert found.files["path"].to_pylist() == ["cat/1.png"]
    assert found.ignored["folders that were gone when they were looked into"] == 1


def test_a_web_folder_whose_page_links_to_nothing_is_counted(folders: Path) -> None:
    (folders / "dog" / "index.html").write_text("<html>Images are shown to members</html>")
    with http_index(folders) as url:
        found = listed(url)

    assert found.files["path"].to_pylist() == ["cat/1.png"]
    assert found.ignored["web folders whose page has no links"] == 1


def test_what_looks_at_the_files_beside_the_images_asks_for_each_of_them_once(folders: Path) -> None:
    """A README and a table are looked at as tables, for the images that they mention, and for what they part."""
    for number in range(30):
        (folders / "cat" / f"a{number}.png").write_bytes(b"x")
        (folders / "dog" / f"b{number}.png").write_bytes(b"x")
    (folders / "README").write_text("Photographs of cats and dogs.\n" * 20)
    (folders / "notes.csv").write_text("day,weather\n1,sun\n2,rain\n")
    asked: list[str] = []

    with http_index(folders, asked=asked) as url:
        found = discover_sources([AutoSource(path=url)], {})

    assert found.samples.num_rows == 62
    assert asked.count("GET /README") == 1
    assert asked.count("GET /notes.csv") == 1


def test_a_table_that_is_remembered_is_read_to_its_end(folders: Path) -> None:
    names = [f"n{number:05}.png" for number in range(20_000)]
    lines = [f"{name},{'cat' if number % 2 else 'dog'}\n" for number, name in enumerate(names)]
    (folders / "labels.csv").write_text("".join(["file,label\n", *lines]))
    with http_index(folders) as url, remembered_beginnings():
        place = SourceSettings(path=url).place
        for size in (10, 65536, 262_145, 100, -1, 262_145):
            with TableFile(place, "labels.csv").opened() as file:
                assert file.read(size) == (folders / "labels.csv").read_bytes()[: size if size >= 0 else None]
        with TableFile(place, "labels.csv").opened() as file:
            file.seek(-7, os.SEEK_END)
            assert file.read() == b"ng,cat\n"


class LockedFolders(LocalFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store without a listing of its own, in which one folder may not be read."""

    protocol = "locked"

    def ls(self, path: str, detail: bool = False, **options: object) -> object:
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", path)
        return super().ls(path, detail, **options)


def test_a_store_that_refuses_one_folder_refuses_all(folders: Path) -> None:
    fsspec.register_implementation("locked", LockedFolders, clobber=True)

    with pytest.raises(LayoutError, match=r"locked://.* cannot be listed: Permission denied"):
        listed(f"locked://{folders}")


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_a_server_that_is_not_there_is_no_missing_folder(scheme: str, closed_port: int) -> None:
    with pytest.raises(LayoutError, match="cannot be listed: Connection refused"):
        listed(f"{scheme}://127.0.0.1:{closed_port}/images")


def test_a_host_that_nobody_knows_is_said() -> None:
    with pytest.raises(LayoutError, match="the name of its host is not known"):
        listed("http://images.invalid/")


def test_without_credentials_the_source_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)

    with pytest.raises(LayoutError, match="cannot be listed: NoCredentialsError: Unable to locate credentials"):
        listed("s3://some-bucket/images", endpoint_url=f"http://127.0.0.1:{closed_port}")


@pytest.mark.parametrize(("status", "said"), [(404, "There is no label file"), (503, "cannot be read: .*answers 503")])
def test_a_table_that_a_server_does_not_give_is_absent_only_where_it_says_so(
    folders: Path, status: int, said: str
) -> None:
    with http_index(folders, {"/labels.csv": status}) as url:
        place = SourceSettings(path=url).place
        with pytest.raises(LayoutError, match=said), TableFile(place, "labels.csv").opened():
            pass


def test_tables_are_not_looked_for_past_a_folder_that_cannot_be_listed(folders: Path) -> None:
    (folders / "cat" / "labels.csv").write_text("file,label\n")
    with http_index(folders, {"/dog/": 500}) as url, pytest.raises(LayoutError, match=r"cannot be listed: .*500"):
        table_files(SourceSettings(path=url).place, "", ["**/*.csv"])


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_an_archive_on_a_server_that_gives_no_parts_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(20_000))

    with http_index(tmp_path, in_parts=False) as url, pytest.raises(LayoutError, match="cannot be read in parts, so"):
        listed(f"{url}/{name}")


@pytest.mark.parametrize("archives", [None, True], ids=["found out", "asked for"])
def test_archives_in_a_folder_over_http_are_told_of_as_they_are_not_read(tmp_path: Path, archives: bool | None) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as packed:
        packed.writestr("cat/1.png", b"x")
    (tmp_path / "labels.csv").write_text("file,label\n1.png,cat\n")
    keys = {} if archives is None else {"archives": archives}

    with (
        http_index(tmp_path) as url,
        pytest.raises(LayoutError, match=r"images\.zip is an archive: name one in `path:` under `source`"),
    ):
        AutoSource.model_validate({"path": url, **keys}).discover(SplitWords({}))
