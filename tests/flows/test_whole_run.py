"""YAML in, Parquet out, through Prefect: on real images, and read back as training teams read it."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.dataset as pds
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

JSON_NAMES = (
    "name outcome reason root version listed carried written rejected deduplicated images_fetched images_decoded "
    "rows_copied shards_built shards_kept bytes_written seconds notices drift page near_duplicates leaks suspects"
).split()


def rows(output: Path, version: int = 1) -> pd.DataFrame:
    return pd.read_parquet(output / "versions" / f"{version:06}" / "data")


def test_a_run_publishes_what_the_source_holds(parquetry: Command, config: Path, tmp_path: Path) -> None:
    (outcome,) = parquetry.run_json(config)

    assert list(outcome) == JSON_NAMES
    assert (outcome["outcome"], outcome["version"]) == ("published", 1)
    assert (outcome["listed"], outcome["written"], outcome["rejected"], outcome["images_decoded"]) == (6, 6, 0, 6)
    frame = rows(tmp_path / "out-pets")
    assert sorted(zip(frame["label_name"], frame["label"], strict=True)) == [("cat", 0)] * 3 + [("dog", 1)] * 3
    assert set(frame["width"]) == {16}


def test_a_person_sees_one_screen_and_nothing_of_prefect(parquetry: Command, config: Path, tmp_path: Path) -> None:
    result = parquetry("run", config)

    assert result.stdout.startswith("published pets: ")
    assert len(result.stdout.splitlines()) <= 24
    assert str(tmp_path / "out-pets") in result.stdout.replace("\n", "")
    said = re.sub(
        r",\s+after\s+[\d.]+\s+s\s+to\s+start\s+Prefect", "", result.stdout + result.stderr
    )  # where that took long
    assert "prefect" not in said.lower()
    assert not re.search("\x1b", result.stdout + result.stderr)


def test_a_second_run_commits_the_next_version(parquetry: Command, config: Path, tmp_path: Path) -> None:
    parquetry.run_json(config)
    parquetry.run_json(config, "--set", "write.pixels=png")

    found = json.loads(parquetry("versions", tmp_path / "out-pets", "--json").stdout)

    assert [version["version"] for version in found] == [1, 2]
    assert rows(tmp_path / "out-pets", 1)["sample_id"].tolist() == rows(tmp_path / "out-pets", 2)["sample_id"].tolist()


def test_every_pixel_of_cifar_as_png_equals_its_source(
    parquetry: Command, write_config: WriteConfig, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config(data / "cifar", "cifar", resize={"size": [32, 32]}, write={"pixels": "png"})
    (outcome,) = parquetry.run_json(config)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    splits = datasets.load_dataset(str(tmp_path / "out-cifar"), cache_dir=str(tmp_path / "cache"))

    assert outcome["written"] == 1200
    assert set(splits) == {"train", "test"}
    names = splits["train"].features["label"].names
    for row in (row for split in splits.values() for row in split):
        source = data / "cifar" / row["sample_id"]
        assert names[row["label"]] == source.parent.name
        assert row["split"] == source.parts[-3]
        np.testing.assert_array_equal(np.asarray(row["image"]), np.asarray(Image.open(source).convert("RGB")))


@pytest.fixture
def photos(data: Path, tmp_path: Path) -> Path:
    """The photographs as a CSV, as class folders and as a hierarchy; all of them links to one copy."""
    root = tmp_path / "photos"
    lines = [["image", "class"]]
    for photo in sorted((data / "photos").iterdir()):
        label = photo.stem.split("_", 1)[1]
        content = photo.read_bytes()
        for place in (
            root / "csv" / photo.name,
            root / "folders" / label / photo.name,
            root / "tree" / photo.name[:3] / label / photo.name,
        ):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        lines.append([photo.name, label])
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    (root / "csv" / "labels.csv").write_text(text.getvalue())
    return root


def test_photographs_arrive_from_every_layout(
    parquetry: Command, write_config: WriteConfig, photos: Path, tmp_path: Path
) -> None:
    sources = {
        "csv": {"path": str(photos / "csv" / "labels.csv")},
        "folders": {"path": str(photos / "folders"), "layout": "class_folders"},
        "tree": {"path": str(photos / "tree"), "layout": "hierarchy"},
    }
    configs = [write_config(source, name, resize={"size": [64, 64]}) for name, source in sources.items()]

    outcomes = parquetry.run_json(*configs)

    assert [outcome["name"] for outcome in outcomes] == list(sources)
    for outcome in outcomes:
        table = pds.dataset(tmp_path / f"out-{outcome['name']}" / "versions" / "000001" / "data").to_table()
        assert outcome["written"] == table.num_rows == 125
        for row in table.to_pylist():
            assert row["label_name"].split("/")[-1] == Path(row["image"]["path"]).stem.split("_", 1)[1]
            assert Image.open(io.BytesIO(row["image"]["bytes"])).size == (64, 64)


def test_jpeg_png_and_16_bit_tiff_lie_in_one_folder(
    parquetry: Command, write_config: WriteConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed" / "ramp"
    folder.mkdir(parents=True)
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 257, (8, 1))
    Image.fromarray(ramp).save(folder / "deep.tiff")
    Image.fromarray((ramp // 257).astype(np.uint8)).save(folder / "flat.png")
    Image.fromarray((ramp // 257).astype(np.uint8)).save(folder / "flat.jpg", quality=100)
    config = write_config(
        {"path": str(tmp_path / "mixed"), "layout": "class_folders"}, resize={"mode": "none"}, write={"pixels": "png"}
    )
    parquetry.run_json(config)

    frame = rows(tmp_path / "out-pets").set_index("sample_id")
    pixels = {
        name: np.asarray(Image.open(io.BytesIO(image["bytes"])))[..., 0] for name, image in frame["image"].items()
    }
    assert set(frame["orig_format"]) == {"TIFF", "PNG", "JPEG"}
    np.testing.assert_array_equal(pixels["ramp/deep.tiff"], ramp // 257)
    np.testing.assert_array_equal(pixels["ramp/flat.png"], pixels["ramp/deep.tiff"])
    assert np.abs(pixels["ramp/flat.jpg"].astype(int) - pixels["ramp/flat.png"]).max() <= 2


def test_every_engine_reads_the_files_of_a_version(parquetry: Command, config: Path, tmp_path: Path) -> None:
    parquetry.run_json(config)
    files = parquetry("files", tmp_path / "out-pets").stdout.split()

    frames = pd.concat([pd.read_parquet(file, columns=["label"]) for file in files])
    assert frames["label"].value_counts().to_dict() == {0: 3, 1: 3}
    assert pl.read_parquet(files).height == 6
    assert pds.dataset(files).count_rows() == 6
    counted = duckdb.read_parquet(files).aggregate("label_name, count(*), min(octet_length(image.bytes))")
    assert sorted(row[:2] for row in counted.fetchall()) == [("cat", 3), ("dog", 3)]


def test_load_dataset_gives_images_splits_and_class_names(
    parquetry: Command, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquetry.run_json(config, "--set", "splits.ratios={train: 0.5, test: 0.5}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    splits = datasets.load_dataset(str(tmp_path / "out-pets"), cache_dir=str(tmp_path / "cache"))

    rows_found = [row for split in splits.values() for row in split]
    assert len(rows_found) == 6
    assert all(isinstance(row["image"], Image.Image) for row in rows_found)
    assert all(split.features["label"].names == ["cat", "dog"] for split in splits.values())


BOOK_CSV = """label,location
    'cat', cats_n_dogs/cat/1.jpg
    'dog', cats_n_dogs/dog/2.jpg
'cat',[[0,1,2],[3,4,5]]
"""
BOOK_JSON = """[
    {'label': 'cat', 'location': 'cats_n_dogs/cat/1.jpg'}
    {'label': 'dog', 'location': 'cats_n_dogs/dog/2.jpg'},
    …
]
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    for name in ("cat/1.jpg", "dog/2.jpg"):
        path = tmp_path / "book" / "cats_n_dogs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), (200, 100, 50)).save(path)
    (tmp_path / "book" / "labels.csv").write_text(BOOK_CSV)
    (tmp_path / "book" / "labels.json").write_text(BOOK_JSON)
    return tmp_path / "book"


def test_the_books_csv_and_json_run_as_printed(
    parquetry: Command, write_config: WriteConfig, book: Path, tmp_path: Path
) -> None:
    config = write_config(book / "labels.csv", "csv", resize={"mode": "none"}, write={"pixels": "png"})

    of_csv, of_json = parquetry.run_json(config, write_config(book / "labels.json", "json"))

    frame = rows(tmp_path / "out-csv")
    assert of_csv["written"] == 3
    embedded = frame[frame["width"] == 3].iloc[0]
    assert embedded["label_name"] == "cat"
    pixels = np.asarray(Image.open(io.BytesIO(embedded["image"]["bytes"])))
    np.testing.assert_array_equal(pixels[..., 0], [[0, 1, 2], [3, 4, 5]])
    assert of_json["written"] == 2
    assert sorted(rows(tmp_path / "out-json")["label_name"]) == ["cat", "dog"]


def test_a_bad_image_is_a_reject_row_and_the_run_goes_on(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    (pets / "cat" / "9.png").write_bytes((pets / "cat" / "0.png").read_bytes()[:40])
    (pets / "dog" / "9.jpg").write_text("<html>not found</html>")
    config = write_config(pets, gates={"max_reject_fraction": "0.5"})
    (outcome,) = parquetry.run_json(config)

    assert (outcome["listed"], outcome["written"], outcome["rejected"]) == (8, 6, 2)
    rejects = pd.read_parquet(tmp_path / "out-pets" / "versions" / "000001" / "rejects.parquet")
    assert dict(zip(rejects["location"], rejects["reason"], strict=True)) == {
        "cat/9.png": "truncated",
        "dog/9.jpg": "not_an_image",
    }


def test_too_many_rejects_refuse_the_version_and_leave_the_old_one(
    parquetry: Command, config: Path, pets: Path, tmp_path: Path
) -> None:
    parquetry.run_json(config)
    for index in range(6):
        (pets / "cat" / f"bad{index}.png").write_bytes(b"")

    (outcome,) = parquetry.run_json(config, code=1)

    assert outcome["outcome"] == "refused"
    assert "max_reject_fraction" in outcome["reason"]
    assert not (tmp_path / "out-pets" / "commits" / "000002.json").exists()
    assert len(rows(tmp_path / "out-pets")) == 6


def test_a_run_that_is_refused_for_its_label_file_says_file_line_and_what_is_wrong_there(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    texts = {
        "quote.csv": 'location,label\ncat/0.png,cat\ncat/1.png,"cat\n',
        "long.csv": "location,label\n" + "cat/0.png,cat,and,more\n" * 150,
        "cut.json": '[{"location": "cat/0.png", "label": "cat"},\n{"location": "cat/1.png", "lab',
    }
    configs = []
    for name, text in texts.items():
        (pets / name).write_text(text)
        configs.append(write_config(pets / name, name=name.partition(".")[0]))

    outcomes = {outcome["name"]: outcome for outcome in parquetry.run_json(*configs, code=2)}

    said = {name: outcome["reason"] for name, outcome in outcomes.items()}
    assert "quote.csv, line 3: bad_row: a quote is never closed" in said["quote"]
    assert "long.csv, line 2: bad_row: has 4 cells, and the header has 2" in said["long"]
    assert "cut.json, line 2: bad_row: an object that does not end" in said["cut"]
    assert all("--accept max_reject_fraction" in reason for reason in said.values())
    assert {outcome["outcome"] for outcome in outcomes.values()} == {"refused"}
    (report,) = (tmp_path / "out-long" / "reports").glob("*.json")
    listed = json.loads(report.read_text())["first_rejects"]
    assert [(row["label_file"], row["label_row"]) for row in listed] == [("long.csv", line) for line in range(2, 102)]


def test_on_a_terminal_the_first_run_ever_shows_nothing_of_prefect(
    serverless_parquetry: Command, config: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-P", "-m", "flows.cli", "run", str(config)]
    terminal, other_end = pty.openpty()
    with subprocess.Popen(
        command, cwd=tmp_path, env=dict(serverless_parquetry.environment), stdout=other_end, stderr=other_end
    ) as run:
        os.close(other_end)
        shown = b""
        with suppress(OSError):  # of Linux, once nobody has the other end open
            while part := os.read(terminal, 65536):
                shown += part
    os.close(terminal)

    assert run.returncode == 0
    assert b"open it: " in shown
    ours = (b"starting Prefect", b"to start Prefect")  # where that took long, how long it took
    assert [line for line in shown.splitlines() if b"refect" in line and not any(word in line for word in ours)] == []


def test_two_runs_on_an_empty_prefect_home_both_publish_although_their_folders_are_gone(
    serverless_parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    started = []
    for name in ("one", "two"):
        (tmp_path / f"gone-{name}").mkdir()
        command = [sys.executable, "-P", "-m", "flows.cli", "run", "--json", str(write_config(pets, name))]
        inside = f'cd "$0" && rmdir "../gone-{name}" && exec "$@"'
        process = subprocess.Popen(
            ["/bin/sh", "-c", inside, str(tmp_path / f"gone-{name}"), *command],
            env=dict(serverless_parquetry.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
    finished: list[tuple[str, str]] = [process.communicate(timeout=240) for process in started]

    assert [process.returncode for process in started] == [0, 0], finished
    assert list(tmp_path.glob("gone-*")) == []
    outcomes: list[dict[str, Any]] = [json.loads(out) for out, _ in finished]
    assert [outcome["outcome"] for outcome in outcomes] == ["published", "published"]
    assert [error for _, error in finished if "locked" in error] == []
