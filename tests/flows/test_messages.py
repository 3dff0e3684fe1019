"""What is said of a mistake in a config or an option: its place and what to write, and no word of the program's own."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from flows.commands.local_run import RunRequest, passing, run_configs
from flows.config import DatasetConfig, load_config
from tasks.config_text.words import PATTERNS
from tasks.console.progress_bar import Display
from tasks.errors import ConfigError
from tasks.interrupts import Interrupt
from tasks.refresh.outcome import RunOutcome

if TYPE_CHECKING:
    from tests.flows.conftest import Command

PLAIN = "name: pets\nsource: {path: x}\noutput: {path: y}\n"
NUMBERS = "-1 0 1e400 nan 5% -5MiB 1e30GiB 9999999999d 2001-01-01".split()
TEXTS = "x ~nobody/x s4://x http://[ csvv jpg '{x' true null".split()
NESTED = ["", "[]", "[64]", "[64, x]", "[[1]]", "{a: {b: c}}", "{'': ''}", "{x: null}"]
LONG = ["9" * 5000, '"a\\nb"', "'0 0 30 2 *'", "FREQ="]
INNER = re.compile(r"Input |input string|Value error|String should|pydantic|_of\(|valid (int|num|bool|froz|time)|Tuple")


def keys(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """Every key of the config, dotted."""
    for name, found in schema.get("properties", {}).items():
        yield name
        for reference in set(re.findall(r"#/\$defs/(\w+)", str(found))):
            yield from (f"{name}.{below}" for below in keys(definitions[reference], definitions))


def every_key() -> list[str]:
    schema = DatasetConfig.model_json_schema()
    return sorted(set(keys(schema, schema["$defs"])))


@pytest.mark.parametrize("layout", ["auto", "csv", "hierarchy"])
def test_no_value_of_any_key_ends_in_anything_but_its_place_and_what_to_write(tmp_path: Path, layout: str) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(PLAIN)
    told = set()
    values = (*NUMBERS, *TEXTS, *NESTED, *LONG)
    chosen = [key for key in every_key() if layout == "auto" or key.startswith("source.")]
    for number, key in enumerate(chosen):
        for value in values[number % 5 :: 5]:
            try:
                load_config(str(config), {"source.layout": layout, key: value})
            except ConfigError as error:
                told.update(str(error).splitlines())

    assert len(told) > 50
    assert [line for line in told if not line.startswith((f"{config}:", "--set "))] == []
    assert [line for line in told if INNER.search(line.partition(", not ")[0])] == []


def test_every_pattern_of_the_config_has_words() -> None:
    of_bytes = r"^\s*(\d*\.?\d+)\s*(\w+)?"  # of sizes in bytes, which have words of their own
    patterns = set(re.findall(r"'pattern': '((?:[^'\\]|\\.)*)'", str(DatasetConfig.model_json_schema())))

    assert {pattern.replace("\\\\", "\\") for pattern in patterns} <= {*PATTERNS, of_bytes}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("resize:\n  size: [64]\n", ":5: resize.size: has too few values: 1.", id="a pair of one"),
        pytest.param(
            "resize: {mode: croop}\n", "write stretch, crop, pad, shorter, longer or none (did you mean crop?)"
        ),
        pytest.param("validation: {formats: [jpg]}\n", "jpeg", id="a format by its ending"),
        pytest.param("workers: 4\n", ":4: workers: unknown key; did you mean `run.workers`?", id="a key of elsewhere"),
        pytest.param("gates: {max_reject_fraction: 5%}\n", "write it as a number: 0.05, not '5%'", id="per cent"),
        pytest.param("run: {deadline: 9999999999d}\n", "is too long a time", id="a time beyond all"),
        pytest.param("schedule: {cron: 0 0 30 2 *}\n", "schedule.cron: never comes", id="the 30th of February"),
        pytest.param("fetch: {retries: -1}\n", "must be at least 0, not '-1'", id="a bound"),
        pytest.param("source: {path: x, levels: [name]}\n", "`label_name` every shard has anyway", id="a level"),
    ],
)
def test_a_mistake_is_told_in_a_persons_words(tmp_path: Path, text: str, expected: str) -> None:
    lines = [line for line in PLAIN.splitlines() if line.partition(":")[0] != text.partition(":")[0]]
    (tmp_path / "c.yaml").write_text("\n".join([*lines, text]))

    with pytest.raises(ConfigError) as caught:
        load_config(str(tmp_path / "c.yaml"))

    assert expected in str(caught.value)


def test_mistakes_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(f"{PLAIN}zeta: 1\nresize: {{size: x}}\nalpha: 1\n")

    with pytest.raises(ConfigError) as caught:
        load_config(str(tmp_path / "c.yaml"))

    assert re.findall(r"c\.yaml:(\d+)", str(caught.value)) == ["4", "5", "6"]


def test_a_layout_that_is_none_shows_those_that_are(offline_parquetry: Command, pets: Path) -> None:
    message = offline_parquetry("discover", pets, "--layout", "csvv", code=2).stderr

    assert "--layout: unknown layout 'csvv'; did you mean 'csv'? Known are auto, " in message


def test_a_version_that_was_made_by_keys_the_config_lacks_says_what_the_next_run_does() -> None:
    published, unchanged = (RunOutcome("pets", outcome, "", "out") for outcome in ("published", "unchanged"))

    assert passing(published, {"resize.mode": "pad", "run.workers": "2"}) == (
        "--set resize.mode holds for this run alone: write it into the config, or the next run undoes it"
    )
    assert passing(published, {"resize.mode": "pad", "write.pixels": "png"}).startswith(
        "--set resize.mode and --set write.pixels hold for this run alone: write them into the config"
    )
    assert passing(published, {"gates.min_rows": "1"}) == passing(unchanged, {"resize.mode": "pad"}) == ""


def test_runs_that_a_signal_kept_from_beginning_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x" / "cat").mkdir(parents=True)
    (tmp_path / "x" / "cat" / "1.png").write_bytes(b"x")
    (tmp_path / "c.yaml").write_text("name: pets\nsource: {path: x, layout: class_folders}\noutput: {path: y}\n")
    monkeypatch.setattr("flows.commands.local_run.prefect_at_hand", nullcontext)
    interrupt = Interrupt()
    interrupt.number = signal.SIGINT

    code = run_configs([str(tmp_path / "c.yaml")], RunRequest(), Display(Console(stderr=True)), print, interrupt)

    assert code == 130
    assert capsys.readouterr().err == "error: stopped before pets began; what is published is as it was\n"
