"""What one config, one answer or one stream brings about stays its own: the others of a command are run and shown."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-m", "flows.cli", *map(str, arguments)]


def test_every_config_of_a_command_is_run_whatever_the_others_are(
    parquetry: Command, write_config: WriteConfig, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\0\xff\xfe")
    os.mkfifo(tmp_path / "pipe.csv")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket.csv"))
    sources = {
        "scheme": "s4://bucket/pets",
        "device": "/dev/zero",
        "socket": tmp_path / "socket.csv",
        "pipe": tmp_path / "pipe.csv",
    }
    strange = [write_config(source, name) for name, source in sources.items()]

    ends = parquetry.run_json(tmp_path / "folder.yaml", tmp_path / "binary.yaml", *strange, config, code=2)

    reasons = [end["reason"] for end in ends]
    assert [end["outcome"] for end in ends] == ["failed"] * 6 + ["published"]
    assert "scheme.yaml:1: source.path: there is no file system s4://. Did you mean 's3'?" in reasons[2]
    assert "/dev/zero is not a folder" in reasons[3]
    assert "socket.csv is a socket, not a file" in reasons[4]
    assert "pipe.csv is a pipe, and nobody writes to it" in reasons[5]
    listening.close()


def test_a_scheme_whose_package_is_missing_names_the_extra(
    offline_parquetry: Command, write_config: WriteConfig
) -> None:
    place = write_config("gs://bucket/pets")

    assert "pip install 'parquetry[gcs]'" in offline_parquetry("check", place, code=2).stderr
    assert "pip install 'parquetry[gcs]'" in offline_parquetry("discover", "zip://a.zip::gs://b/c.zip", code=2).stderr
    assert "pip install 'parquetry[gcs]'" in offline_parquetry("versions", "gs://bucket/pets", code=2).stderr


@pytest.mark.parametrize("as_json", [["--json"], []])
def test_runs_go_on_when_their_answers_cannot_be_written(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path, as_json: list[str]
) -> None:
    config, other = write_config(pets), write_config(pets, "others")

    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            command_line("run", *as_json, config, other),
            env=dict(parquetry.environment),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert run.returncode == 2
    assert "standard output cannot be written: No space left on device" in run.stderr
    assert "Traceback" not in run.stderr
    assert (tmp_path / "out-pets" / "commits" / "000001.json").exists()
    assert (tmp_path / "out-others" / "commits" / "000001.json").exists()


def test_closed_streams_are_no_trouble(parquetry: Command, config: Path, tmp_path: Path) -> None:
    shell = 'exec "$@" <&- >&- 2>&-'

    run = subprocess.run(
        ["sh", "-c", shell, "sh", *command_line("run", config)],  # noqa: S607 - whichever shell there is
        env=dict(parquetry.environment),
        check=False,
    )

    assert run.returncode == 0
    assert (tmp_path / "out-pets" / "commits" / "000001.json").exists()


def test_a_reader_that_has_had_enough_is_no_error_to_speak_of(offline_parquetry: Command, config: Path) -> None:
    read, write = os.pipe()
    os.close(read)

    checked = subprocess.run(
        command_line("check", config),
        env=dict(offline_parquetry.environment),
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)

    assert checked.returncode == 1
    assert checked.stderr == b""


def test_a_label_file_from_a_pipe_is_read_once(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "labels.csv")
    text = "location,label\ncat/0.png,cat\ndog/1.png,dog\n"
    config = write_config({"path": str(tmp_path / "labels.csv"), "base_dir": str(pets)})
    threading.Thread(target=(tmp_path / "labels.csv").write_text, args=(text,)).start()

    [end] = parquetry.run_json(config)

    assert (end["outcome"], end["written"]) == ("published", 2)


def test_pixels_in_cells_come_out_of_standard_input(parquetry: Command, write_config: WriteConfig, pets: Path) -> None:
    rows = [
        {"image": b64encode((pets / f"{name}/0.png").read_bytes()).decode(), "label": name} for name in ("cat", "dog")
    ]
    config = write_config({"path": "/dev/stdin", "layout": "json"})

    run = subprocess.run(
        command_line("run", "--json", config),
        env=dict(parquetry.environment),
        input="".join(f"{json.dumps(row)}\n" for row in rows),
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout)["written"] == 2


def test_options_that_contradict_each_other_are_named(offline_parquetry: Command, pets: Path) -> None:
    for options in (["a=1", "a.b=1"], ["a.b=1", "a=1"]):
        given = [word for option in options for word in ("--storage-option", option)]

        assert "--storage-option a" in offline_parquetry("discover", pets, *given, code=2).stderr
