"""What Jinja makes of a template is kept, and never taken for that of another one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from tasks.report.kept_code import KeptCode


@pytest.fixture(autouse=True)
def _bytecode_may_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


class Counting(Environment):
    """Counts what it compiles."""

    compiled = 0

    def _generate(self, *arguments: object, **options: object) -> str:
        self.compiled += 1
        return str(super()._generate(*arguments, **options))  # type: ignore[arg-type]


def shown(folder: Path, text: str = "{{ 1 }} & {{ '&' }}", *, escaped: bool = False) -> tuple[str, int]:
    """What a new environment makes of *text*, and how many templates it compiled for that."""
    environment = Counting(loader=DictLoader({"page": text}), bytecode_cache=KeptCode(folder), autoescape=escaped)
    return environment.get_template("page").render(), environment.compiled


def test_a_template_is_compiled_once(tmp_path: Path) -> None:
    assert shown(tmp_path / "cache") == ("1 & &", 1)
    assert shown(tmp_path / "cache") == ("1 & &", 0)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_another_text_and_other_options_are_compiled_anew(tmp_path: Path) -> None:
    shown(tmp_path)

    assert shown(tmp_path, "{{ 2 }}") == ("2", 1)
    assert shown(tmp_path, escaped=True) == ("1 & &amp;", 1)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:0], id="empty"),
        pytest.param(lambda data: data[:-1], id="cut short"),
        pytest.param(lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:], id="one bit"),
    ],
)
def test_damaged_code_is_not_run(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    shown(tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))

    assert shown(tmp_path) == ("1 & &", 1)
    assert shown(tmp_path) == ("1 & &", 0), "it was mended"


def test_without_a_place_to_keep_it_the_page_is_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    assert shown(tmp_path / "file") == ("1 & &", 1)

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert shown(tmp_path / "cache") == ("1 & &", 1)
    assert not (tmp_path / "cache").exists()
