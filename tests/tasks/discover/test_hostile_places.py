"""What a label file may not ask for: whatever it names, nothing outside the source is opened."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.auto import AutoSource
from tasks.discover.words.split_words import SplitWords
from tasks.fetch.answers import FetchFailure
from tasks.fetch.readers import SourceReader
from tasks.fetch.settings import FetchSettings
from tasks.records.locations import LocationPolicy, Place, classify_location
from tasks.samples import SourceAccess, StoreUrl
from tests.tasks.labels.found import samples_of

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

CANARY = b"the canary"
GOOD = 20

UP = ("..", "%2e%2e", "%2E%2E", "..%2f..", "%252e%252e", "..\\..", "%2e.", ".%2e")
HOSTILE = [
    *(f"{up}/canary.jpg" for up in UP),
    *(f"images/{up}/{up}/canary.jpg" for up in UP),
    *(
        "./../canary.jpg",
        "images/./../../canary.jpg",
        "..//canary.jpg",
        "....//../canary.jpg",
    ),
    *(
        "..\\canary.jpg",
        "images\\..\\..\\canary.jpg",
        "\\canary.jpg",
        "\\\\server\\share\\canary.jpg",
        "C:\\canary.jpg",
    ),
    *("c:/canary.jpg", "C:canary.jpg", "{root}/canary.jpg", "//{root}/canary.jpg", "/./{root}/canary.jpg"),
    *("./%2f", "images/../%2fcanary.jpg", ".//%2e%2e/canary.jpg"),
    *("~/canary.jpg", "~root/canary.jpg", "~", "~/", "$HOME/../canary.jpg", "..", ".", "/", "./", "../", "images/.."),
    *("file://{root}/canary.jpg", "file:{root}/canary.jpg", "FILE://{root}/canary.jpg", "file:///{root}/canary.jpg"),
    *(
        "file://localhost{root}/canary.jpg",
        "local://{root}/canary.jpg",
        "local:{root}/canary.jpg",
        "Local:///canary.jpg",
    ),
    *("simplecache::file://{root}/canary.jpg", "simplecache::{root}/canary.jpg", "filecache::file://{root}/canary.jpg"),
    *("blockcache::file://{root}/canary.jpg", "zip://canary.jpg::file://{root}/canary.zip", "zip://canary.jpg"),
    *("tar://canary.jpg::file://{root}/canary.tar", "reference://x::{root}/refs.json", "reference://", "dir::{root}"),
    *("dir://{root}::canary.jpg", "async_wrapper::file://{root}/canary.jpg", "libarchive://a::{root}/b.7z"),
    *("memory://canary.jpg", "ftp://127.0.0.1/canary.jpg", "sftp://localhost/canary.jpg", "ssh://localhost/canary.jpg"),
    *(
        "smb://localhost/x.jpg",
        "git://x:y@/canary.jpg",
        "github://a:b@/c.jpg",
        "hdfs://x/canary.jpg",
        "webhdfs://x/c.jpg",
    ),
    *(
        "s3://bucket/canary.jpg",
        "gs://bucket/canary.jpg",
        "gcs://b/c.jpg",
        "az://b/c.jpg",
        "abfs://b/c.jpg",
        "hf://a/b.jpg",
    ),
    *(
        "javascript:alert(1)",
        "gopher://127.0.0.1/x",
        "jar:file:///x!/y",
        "php://filter/x",
        "data:,canary",
        "dict://x/y",
    ),
    *("link.jpg", "folder/canary.jpg", "images/link.jpg", "images/folder/canary.jpg"),
    *("canary.jpg\0.png", "images/1.jpg\0", "a" * 5000 + ".jpg", "http:{root}/canary.jpg", " ../canary.jpg"),
    *(
        "images/1.jpg/../../../canary.jpg",
        "images/%2e%2e%2f%2e%2e%2fcanary.jpg",
        "\t{root}/canary.jpg",
        "~/../canary.jpg",
    ),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source of good images, with links that lead out of it to a canary."""
    root = tmp_path / "source"
    (root / "images").mkdir(parents=True)
    for number in range(GOOD):
        (root / "images" / f"{number}.jpg").write_bytes(b"good")
    (tmp_path / "canary.jpg").write_bytes(CANARY)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "canary.jpg").write_bytes(CANARY)
    for folder in (root, root / "images"):
        (folder / "link.jpg").symlink_to(tmp_path / "canary.jpg")
        (folder / "folder").symlink_to(tmp_path / "out")
    return root


def written(places: list[str], kind: str) -> str:
    if kind == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([("location", "label"), *((place, "cat") for place in places)])
        return text.getvalue()
    return json.dumps([{"location": place, "label": "cat"} for place in places])


def opened(path: Path, **keys: object) -> tuple[list[bytes], int]:
    """The bytes of all images that the label file *path* names, and how many it lists."""
    discovery = AutoSource.model_validate({"path": str(path), **keys}).discover(SplitWords({}))
    reader = SourceReader(discovery.access[0], FetchSettings())
    assert "web" not in discovery.samples["kind"].to_pylist()
    bodies = []
    for row in discovery.samples.to_pylist():
        with suppress(FetchFailure):
            bodies.append(reader.read(row)[0].data)
    return bodies, discovery.listed


def test_the_list_is_long() -> None:
    assert len(HOSTILE) >= 94
    assert len(set(HOSTILE)) == len(HOSTILE)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_no_hostile_place_is_opened_and_every_good_row_is(source: Path, tmp_path: Path, kind: str) -> None:
    hostile = [place.replace("{root}", str(tmp_path)) for place in HOSTILE]
    (source / f"labels.{kind}").write_text(written([*hostile, *(f"images/{n}.jpg" for n in range(GOOD))], kind))

    bodies, listed = opened(source / f"labels.{kind}")

    assert bodies == [b"good"] * GOOD
    assert listed == len(HOSTILE) + GOOD


@pytest.mark.parametrize("place", HOSTILE, ids=range(len(HOSTILE)))
def test_each_hostile_place_is_one_reject_with_a_reason(source: Path, tmp_path: Path, place: str) -> None:
    text = written([place.replace("{root}", str(tmp_path)), "images/1.jpg"], "json")
    (source / "labels.json").write_text(text)

    discovery = AutoSource(path=str(source / "labels.json")).discover(SplitWords({}))

    left_out = set(discovery.rejections["reason"].to_pylist())
    assert left_out <= {"outside_root", "bad_scheme", "bad_row", "not_found", "embedded_bad_value"}
    assert discovery.listed == 2


def test_prefixes_of_the_config_lead_out_and_no_further(source: Path, tmp_path: Path) -> None:
    out, root = tmp_path / "out", str(tmp_path)
    places = [f"{out}/canary.jpg", f"file://{out}/canary.jpg", f"{out}/../canary.jpg", f"{root}/canary.jpg"]
    (source / "labels.csv").write_text(written(places, "csv"))

    bodies, listed = opened(source / "labels.csv", allow_prefixes=[f"{out}/", f"file://{out}/"])

    assert (bodies, listed) == ([CANARY, CANARY], 4)


def test_links_lead_out_only_when_the_config_says_so(source: Path) -> None:
    (source / "labels.csv").write_text(written(["images/link.jpg", "images/folder/canary.jpg"], "csv"))

    assert opened(source / "labels.csv") == ([], 2)
    assert opened(source / "labels.csv", follow_links=True) == ([CANARY, CANARY], 2)


def test_base_dir_is_where_relative_places_begin(source: Path, look: Look) -> None:
    (source / "labels.csv").write_text(written(["1.jpg", "../images/2.jpg"], "csv"))

    found = look(source / "labels.csv", base_dir="images")

    assert found.samples["location"].to_pylist() == ["1.jpg"]
    assert found.rejections["reason"].to_pylist() == ["outside_root"]


parts = st.sampled_from(
    ["..", ".", "", "a", "in", "out", "loop", "%2e%2e", "%2f", "~", "b.jpg", "..\\", "\\..", "…", "a b"]
)


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders, files and links in and out of a root, under the names that `parts` draws."""
    top = tmp_path_factory.mktemp("maze")
    root = top / "root"
    (root / "a" / "a").mkdir(parents=True)
    for folder in (top, root, root / "a", root / "a" / "a"):
        (folder / "b.jpg").write_bytes(CANARY if folder == top else b"good")
    (root / "in").symlink_to(root / "a")
    (root / "a" / "out").symlink_to(top)
    (root / "out").symlink_to("../..")
    (root / "a" / "loop").symlink_to("../a")
    return root


@pytest.mark.fuzz
@given(pieces=st.lists(parts, min_size=1, max_size=7), head=st.sampled_from(["", "/", "//", "file://", "\\"]))
def test_what_is_opened_lies_in_the_root(maze: Path, pieces: list[str], head: str) -> None:
    place = classify_location(head + "/".join(pieces), LocationPolicy(str(maze)))
    if not isinstance(place, Place) or place.kind != "store":
        return
    (row,) = samples_of([{"kind": "store", "location": place.location}]).to_pylist()
    reader = SourceReader(SourceAccess("", StoreUrl(str(maze))), FetchSettings())
    try:
        data = reader.read(row)[0].data
    except FetchFailure:
        return
    assert data == b"good"
    assert os.path.realpath(maze / place.location).startswith(f"{os.path.realpath(maze)}/")
