"""Odd names of images live through listing, fetching, `source_uri` and `explain`, wherever the images lie."""

from __future__ import annotations

import hashlib
import io
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import s3fs
from PIL import Image

from tasks.one_image.explain_image import explain_image
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.storage import open_store
from tests.steps_here import StepsHere
from tests.web_folders import ftp_server, http_index

NAMES = [
    *("a#b.png", "a?b.png", "a%20b.png", "a b.png", "dots...png", "%2e%2e.png", "plus+.png", "semi;colon.png"),
    *("quote'd.png", 'dq".png', "[x]*.png", "{y}.png", "&amp.png", "tilde~1.png", "at@x:y.png"),
    *(unicodedata.normalize(form, "ä.png") for form in ("NFC", "NFD")),
]


def image(number: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), (number * 5 % 256, number * 3 % 256, 200)).save(data, "PNG")
    return data.getvalue()


FILES = {
    f"{label}/{name}": image(n + 50 * m) for m, label in enumerate(("cat", "dog.")) for n, name in enumerate(NAMES)
}


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


@pytest.fixture(scope="module")
def servers(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    """Where the images lie: by kind, what `source` says of them, and the files that are there."""
    root = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (root / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "folder" / name).write_bytes(content)
    (root / "a.zip").write_bytes(zipped())
    (root / "a.tar").write_bytes(tarred())
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        ftp = stack.enter_context(ftp_server(root))
        web = stack.enter_context(http_index(root))
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        store = s3fs.S3FileSystem(endpoint_url=s3, skip_instance_cache=True)
        store.mkdir("odd-names")
        doubled = {f"{name.replace('/', '//', 1)}.png": image(240 + n) for n, name in enumerate(("cat/x", "dog./x"))}
        for name, content in {**FILES, **doubled}.items():
            store.pipe_file(f"odd-names/folder/{name}", content)
        for name in ("a.zip", "a.tar"):
            store.pipe_file(f"odd-names/{name}", (root / name).read_bytes())
        options = {"storage_options": {"endpoint_url": s3}}
        yield {
            "local": ({"path": str(root / "folder")}, FILES),
            "zip": ({"path": str(root / "a.zip")}, FILES),
            "tar": ({"path": f"tar://::file://{root}/a.tar"}, FILES),
            "ftp": ({"path": f"{ftp}/folder"}, FILES),
            "zip on ftp": ({"path": f"{ftp}/a.zip"}, FILES),
            "http": ({"path": f"{web}/folder/"}, FILES),
            "zip on http": ({"path": f"{web}/a.zip"}, FILES),
            "tar on http": ({"path": f"{web}/a.tar"}, FILES),
            "s3": ({"path": "s3://odd-names/folder", **options}, {**FILES, **doubled}),
            "zip on s3": ({"path": "s3://odd-names/a.zip", **options}, FILES),
            "tar on s3": ({"path": "s3://odd-names/a.tar", **options}, FILES),
        }


@pytest.mark.parametrize(
    "kind",
    ["local", "zip", "tar", "ftp", "zip on ftp", "http", "zip on http", "tar on http", "s3", "zip on s3", "tar on s3"],
)
def test_every_name_finds_its_own_bytes_and_its_row(servers: Mapping[str, Any], tmp_path: Path, kind: str) -> None:
    source, files = servers[kind]
    dataset = Dataset.model_validate(
        {
            "name": "odd",
            "source": {"layout": "class_folders", **source},
            "resize": {"size": [8, 8]},
            "fetch": {"allow_hosts": ["127.0.0.1"]},
            "output": {"path": str(tmp_path / "out")},
        }
    )

    outcome = refresh(dataset, RefreshOptions(), StepsHere())
    assert outcome.outcome == "published", outcome.reason

    columns = ["sample_id", "source_uri", "label_name", "content_sha256"]
    rows = [
        row
        for path in (tmp_path / "out").glob("versions/000001/data/*.parquet")
        for row in pq.read_table(path, columns=columns).to_pylist()
    ]
    names = {hashlib.sha256(content).hexdigest(): name for name, content in files.items()}
    assert sorted(names[row["content_sha256"]] for row in rows) == sorted(files)
    for row in rows:
        name = names[row["content_sha256"]]
        assert row["label_name"] == name.partition("/")[0]
        for asked in (name, row["source_uri"], row["sample_id"]):
            found = explain_image(open_store(dataset.store), asked)
            assert [each["sample_id"] for each in found] == [row["sample_id"]], asked
