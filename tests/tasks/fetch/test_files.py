"""Files that are none, links that lead astray, stores that fail: one reject each, and never a wait without end."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.asyn import AsyncFileSystem
from pydantic import ByteSize

from tasks.fetch import FetchSettings
from tasks.fetch.answers import FetchFailure
from tasks.fetch.files import LocalFiles, RemoteFiles
from tasks.samples import StoreUrl

SETTINGS = FetchSettings(max_bytes=ByteSize(1024), attempt_timeout_s=0.5)


def why_not(read: Callable[[], Any]) -> str:
    with pytest.raises(FetchFailure) as caught:
        read()
    return caught.value.reason.value


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(b"pixels")
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    return folder


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        place = os.open(path.parent, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{place}/{path.name}")
        os.close(place)


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def link_to_each_other(path: Path) -> None:
    path.symlink_to("other.jpg")
    path.with_name("other.jpg").symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(make_fifo, "not_a_regular_file", id="a FIFO"),
        pytest.param(make_socket, "not_a_regular_file", id="a socket"),
        pytest.param(Path.mkdir, "not_a_regular_file", id="a folder"),
        pytest.param(link_to("/dev/zero"), "not_a_regular_file", id="a link to an endless device"),
        pytest.param(link_to("/dev/tty"), "not_a_regular_file", id="a link to a terminal"),
        pytest.param(link_to("../outside.jpg"), "outside_root", id="a link out"),
        pytest.param(link_to("/proc/self/environ"), "outside_root", id="a link to a process"),
        pytest.param(link_to("absent.jpg"), "not_found", id="a link to nothing"),
        pytest.param(link_to("x.jpg"), "not_found", id="a link to itself"),
        pytest.param(link_to_each_other, "not_found", id="links to each other"),
        pytest.param(lambda path: path.write_bytes(bytes(2000)), "too_many_bytes", id="too large"),
    ],
)
def test_what_is_no_file_below_the_root_is_not_read(root: Path, make: Callable[[Path], Any], reason: str) -> None:
    make(root / "x.jpg")
    files = LocalFiles(str(root), SETTINGS, follow_links=False)
    assert why_not(lambda: files.read("x.jpg")) == reason
    assert files.read("good.jpg").data == b"pixels"


@pytest.mark.parametrize("name", ["absent.jpg", "good.jpg/below.jpg", "x" * 300 + ".jpg", "a\0b.jpg"])
def test_what_is_not_there_is_not_found(root: Path, name: str) -> None:
    assert why_not(lambda: LocalFiles(str(root), SETTINGS, follow_links=False).read(name)) == "not_found"


def test_links_within_the_root_and_those_that_are_allowed_are_followed(root: Path) -> None:
    (root / "inner.jpg").symlink_to("good.jpg")
    (root / "outer.jpg").symlink_to("../outside.jpg")
    assert LocalFiles(str(root), SETTINGS, follow_links=False).read("inner.jpg").data == b"pixels"
    assert LocalFiles(str(root), SETTINGS, follow_links=True).read("outer.jpg").data == b"secret"


def test_a_file_that_changes_under_the_reader_is_not_taken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.read

    def read_and_change(handle: int, count: int) -> bytes:
        data = real(handle, count)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.utime(root / "good.jpg", (1, 1))
        return data

    monkeypatch.setattr(os, "read", read_and_change)
    files = LocalFiles(str(root), SETTINGS, follow_links=False)
    assert why_not(lambda: files.read("good.jpg")) == "changed_while_read"


class _Odd(AsyncFileSystem):  # type: ignore[misc]  # fsspec is untyped
    """A store whose objects fail each in the way that their name says."""

    protocol = "odd"

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "type": "file", "size": 5000 if path.endswith("large") else 6}

    async def _cat_file(self, path: str, **_: Any) -> bytes:
        name = path.rpartition("/")[2]
        if name == "stalled":
            await asyncio.sleep(60)
        if name in _FAILURES:
            raise _FAILURES[name]
        return bytes(2000) if name == "grown" else b"pixels"


class _ClientError(Exception):
    """As the clients of object stores raise them: no `OSError`."""


_FAILURES = {
    "absent": FileNotFoundError("odd"),
    "secret": PermissionError("odd"),
    "folder": IsADirectoryError("odd"),
    "broken": _ClientError("EndpointConnectionError"),
    "reset": ConnectionResetError("odd"),
}


@pytest.fixture
def odd() -> Iterator[RemoteFiles]:
    fsspec.register_implementation("odd", _Odd, clobber=True)
    yield RemoteFiles(StoreUrl("odd://bucket"), SETTINGS)
    _Odd.clear_instance_cache()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent", "not_found"),
        ("secret", "forbidden"),
        ("folder", "not_a_regular_file"),
        ("broken", "http_error"),
        ("reset", "http_error"),
        ("stalled", "timeout"),
        ("large", "too_many_bytes"),
        ("grown", "too_many_bytes"),
    ],
)
def test_whatever_a_store_raises_costs_one_image(odd: RemoteFiles, name: str, reason: str) -> None:
    assert why_not(lambda: odd.read(name, -1, "")) == reason
    assert odd.read("good", 6, "v1").data == b"pixels"


def test_an_object_of_another_size_than_listed_changed(odd: RemoteFiles) -> None:
    assert why_not(lambda: odd.read("good", 7, "v1")) == "changed_while_read"
