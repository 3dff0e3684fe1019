"""Hosts as they are: other packages of our names, locales that are not UTF-8, homes that cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from flows.prefect_home import make_sure_of_home, reach_this_machine_directly

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

ROOT = Path(__file__).parents[2]


def test_other_packages_of_our_names_do_no_harm(offline_parquetry: Command, pets: Path, tmp_path: Path) -> None:
    for name in ("flows", "tasks"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path / 'mine')!r}]; sys.path.append({str(ROOT)!r})\n"
        f"sys.argv[1:] = ['discover', {str(pets)!r}, '--json']\n"
        "import parquetry; parquetry.main()"
    )

    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=dict(offline_parquetry.environment) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["images"] == 6


def test_names_are_read_as_they_are_in_every_locale(offline_parquetry: Command, tmp_path: Path) -> None:
    for name in ("häuser", "tür"):
        (tmp_path / "in" / name).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "in" / name / "größe.png")
    plain = offline_parquetry.with_environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert json.loads(plain("discover", "in", "--json").stdout)["classes"] == {"häuser": 1, "tür": 1}


def test_a_home_that_cannot_be_written_is_replaced_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    notice = make_sure_of_home()

    assert os.environ["PREFECT_HOME"] == str(tmp_path / f"parquetry-prefect-{os.getuid()}")
    assert str(tmp_path / "file" / "home") in notice
    assert "set PREFECT_HOME" in notice
    assert make_sure_of_home() == ""


def test_a_user_without_a_home_gets_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))

    assert make_sure_of_home() == ""
    assert os.environ["HOME"] == str(tmp_path / "prefect")
    monkeypatch.delenv("HOME")


def test_a_wrong_setting_of_prefect_is_named(
    serverless_parquetry: Command, pets: Path, write_config: WriteConfig
) -> None:
    odd = serverless_parquetry.fresh().with_environment(PREFECT_API_REQUEST_TIMEOUT="soon")

    result = odd("run", write_config(pets), code=2)

    assert "A setting of Prefect is wrong: PREFECT_API_REQUEST_TIMEOUT: " in result.stderr
    assert "not 'soon'" in result.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"HTTP_PROXY": "http://10.0.0.1:3128"}, "127.0.0.1,localhost,::1"),
        ({"https_proxy": "http://10.0.0.1:3128", "no_proxy": "a.b, localhost"}, "a.b, localhost,127.0.0.1,::1"),
        ({}, ""),
    ],
)
def test_no_proxy_leads_to_servers_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in ({"NO_PROXY": "", "no_proxy": ""} | given).items():
        monkeypatch.setenv(name, value)
        if not value:
            monkeypatch.delenv(name)
    reach_this_machine_directly()
    assert os.environ.get("no_proxy", "") == os.environ.get("NO_PROXY", "") == expected
