"""Sources and outputs that are not on this disk: http on loopback, S3 served by a moto process."""

from __future__ import annotations

import functools
import gzip
import json
import os
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as pds
import pytest
import s3fs

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web(pets: Path) -> Iterator[str]:
    """The pets, served over http on loopback: host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=pets)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_local_remote_and_embedded_images_stand_in_one_label_file(
    parquetry: Command, write_config: WriteConfig, pets: Path, web: str, tmp_path: Path
) -> None:
    (pets / "labels.csv").write_text(
        f"label,location\ncat,cat/0.png\ncat,http://{web}/cat/1.png\n'dog',[[0,1],[2,3]]\ndog,http://{web}/none.png\n"
    )
    config = write_config(pets / "labels.csv", fetch={"allow_hosts": [web]}, gates={"max_reject_fraction": "0.5"})
    (outcome,) = parquetry.run_json(config)

    table = pds.dataset(tmp_path / "out-pets" / "versions" / "000001" / "data").to_table()
    assert (outcome["written"], outcome["rejected"]) == (3, 1)
    assert f"http://{web}/cat/1.png" in table["source_uri"].to_pylist()


def test_images_of_the_web_are_asked_for_conditionally(
    parquetry: Command, write_config: WriteConfig, pets: Path, web: str
) -> None:
    lines = [f"cat,http://{web}/cat/{n}.png\ndog,http://{web}/dog/{n}.png\n" for n in range(3)]
    (pets / "labels.csv").write_text("".join(["label,location\n", *lines]))
    config = write_config(pets / "labels.csv", fetch={"allow_hosts": [web]})
    parquetry.run_json(config)
    (again,) = parquetry.run_json(config)
    (pets / "cat" / "0.png").write_bytes((pets / "dog" / "2.png").read_bytes())
    os.utime(pets / "cat" / "0.png", (2_000_000_000, 2_000_000_000))
    (changed,) = parquetry.run_json(config)

    assert (again["outcome"], again["images_fetched"], again["images_decoded"]) == ("unchanged", 6, 0)
    assert (changed["outcome"], changed["images_decoded"]) == ("published", 1)


@pytest.mark.parametrize("form", ["gzip", "utf-16"])
def test_pixels_in_label_files_that_cannot_be_sought_in(
    parquetry: Command, write_config: WriteConfig, tmp_path: Path, form: str
) -> None:
    text = "label,location\n" + "".join(f"cat,[[{n},1],[2,3]]\n" for n in range(20))
    path = tmp_path / ("labels.csv.gz" if form == "gzip" else "labels.csv")
    path.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode("utf-16"))
    config = write_config(path, resize={"mode": "none"}, write={"pixels": "png"})

    (outcome,) = parquetry.run_json(config)

    assert (outcome["written"], outcome["rejected"]) == (20, 0)
    assert list((tmp_path / "out-pets" / "runs").iterdir()) == []


def test_without_leave_no_label_file_leads_to_this_machine(
    parquetry: Command, write_config: WriteConfig, pets: Path, web: str, tmp_path: Path
) -> None:
    (pets / "labels.csv").write_text(f"label,location\ncat,cat/0.png\ncat,http://{web}/cat/1.png\n")
    parquetry.run_json(write_config(pets / "labels.csv", gates={"max_reject_fraction": "0.5"}))

    rejects = pds.dataset(tmp_path / "out-pets" / "versions" / "000001" / "rejects.parquet").to_table()
    assert rejects["reason"].to_pylist() == ["private_address"]


def test_source_and_output_on_s3(parquetry: Command, write_config: WriteConfig, pets: Path, s3: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    store = s3fs.S3FileSystem(endpoint_url=s3, key="testing", secret="testing", skip_instance_cache=True)  # noqa: S106 - moto takes any
    store.mkdir("source")
    store.mkdir("datasets")
    store.put(str(pets), "source/pets", recursive=True)
    options: dict[str, Any] = {"endpoint_url": s3}
    config = write_config(
        {"path": "s3://source/pets", "storage_options": options},
        output={"path": "s3://datasets/pets", "storage_options": options},
    )
    command = parquetry.with_environment(**keys)

    first, second = (command.run_json(config)[0] for _ in range(2))
    store.put(str(pets / "cat" / "0.png"), "source/pets/cat/9.png")
    (third,) = command.run_json(config)

    assert (first["outcome"], first["version"], first["written"]) == ("published", 1, 6)
    assert (second["outcome"], second["images_fetched"]) == ("unchanged", 0)
    assert (third["version"], third["written"], third["images_decoded"]) == (2, 7, 1)
    latest = json.loads(store.cat_file("datasets/pets/latest.json"))
    assert latest["version"] == 2
    files = [f"datasets/pets/{file['path']}" for file in latest["files"]]
    assert pds.dataset(files, filesystem=store).count_rows() == 7
