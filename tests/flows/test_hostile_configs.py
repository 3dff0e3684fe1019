"""Configs that mean harm, or came to it: a config or one line that names file and line, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.config import DatasetConfig, load_config
from tasks.errors import ConfigError

PLAIN = "name: pets\nsource: {path: x}\noutput: {path: y}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(PLAIN + "labels: !!python/object/apply:os.system [ls]\n", 4, id="a tag that runs code"),
        pytest.param(PLAIN.replace("pets", "!!binary aGk="), 1, id="a tag"),
        pytest.param("a: &a [x, x]\nb: &b [*a, *a]\n" + PLAIN, 1, id="aliases upon aliases"),
        pytest.param("a: &a {name: x}\n<<: *a\n" + PLAIN, 1, id="a merge"),
        pytest.param(PLAIN + "labels: " + "[" * 100_000, 4, id="100,000 lists deep"),
        pytest.param(PLAIN + "labels: " + "{a: " * 30_000, 4, id="30,000 mappings deep"),
        pytest.param(PLAIN + "labels:\n" + "- " * 50_000 + "a", 5, id="50,000 dashes"),
        pytest.param(PLAIN + "labels: " + "x" * 250_000, 4, id="a huge text"),
        pytest.param(PLAIN + "labels: a\0b\n", 4, id="a NUL byte"),
        pytest.param(PLAIN + 'labels: {aliases: {a: "\\0"}}\n', 4, id="a NUL byte, escaped"),
        pytest.param(PLAIN + 'labels: {aliases: {a: "\\ud800"}}\n', 4, id="half a character"),
        pytest.param(PLAIN + "labels:\n\tlevel: path\n", 5, id="a tab"),
        pytest.param(PLAIN + "name: b\n", 4, id="a key twice"),
        pytest.param(PLAIN + "write: {quality: " + "9" * 5000 + "}\n", 4, id="a number of 5,000 digits"),
        pytest.param(PLAIN + "splits: {ratios: {train: nan}}\n", 4, id="NaN"),
        pytest.param(PLAIN + "splits: {ratios: {train: 1e309}}\n", 4, id="infinity"),
        pytest.param(PLAIN + "? [a]\n: b\n", 4, id="a key that is a list"),
        pytest.param(PLAIN + "---\n" + PLAIN, 4, id="two documents"),
        pytest.param(PLAIN + "labels: {level: -1}\n", 4, id="a level below the top"),
        pytest.param(PLAIN.replace("{path: x}", "abc"), 2, id="a source that is text"),
        pytest.param(PLAIN.replace("{path: x}", "[]"), 2, id="no source"),
        pytest.param(PLAIN.replace("{path: x}", "[{path: a}, {path: b}]"), 2, id="sources without names"),
        pytest.param(PLAIN + "labels: 'abc\n", 5, id="an open quote"),
        pytest.param(PLAIN + "labels: {<<: {level: path}}\n", 4, id="a merge key without an alias"),
        pytest.param(PLAIN + "labels: {class_names: [crane, owl, crane]}\n", 4, id="one name for two numbers"),
        pytest.param(PLAIN.replace("x}", '"${DATA}/x"}'), 2, id="a variable in the source"),
        pytest.param(PLAIN.replace("y}", '"s3://b/${DATE}"}'), 3, id="a variable in the output"),
        pytest.param(PLAIN.encode() + b"# \xe9\n", 4, id="latin-1"),
        pytest.param(PLAIN.encode("utf-16"), 1, id="UTF-16"),
        pytest.param("", 1, id="nothing"),
    ],
)
def test_one_line_names_file_and_line(tmp_path: Path, text: str | bytes, line: int) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigError) as caught:
        load_config(str(path))

    (said,) = str(caught.value).splitlines()
    assert said.startswith(f"{path}:{line}:")
    assert len(said) < 500


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="/dev/zero is a device"):
        load_config("/dev/zero")


def test_of_many_mistakes_the_first_are_told(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(PLAIN + "".join(f"key_{number}: 1\n" for number in range(3000)))

    with pytest.raises(ConfigError, match="and 2980 more mistakes"):
        load_config(str(tmp_path / "c.yaml"))


words = st.sampled_from(
    "name source output labels splits ratios level path x y 1 -1 0.5 true ~ {} [] auto csv layout columns location "
    "! & * | > ' \" # : - ? % @ ` \t é \ud7ff \U0001f408 fetch 64MiB resize size [64,64] keep_columns".split(" ")
)


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.integers(0, 3), words, st.sampled_from([": ", " ", ":\n", ""]), words), max_size=6))
def test_any_text_gives_a_config_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("config") / "c.yaml"
    path.write_text(PLAIN + "".join(f"{'  ' * depth}{key}{mark}{value}\n" for depth, key, mark, value in lines))
    try:
        made, said = load_config(str(path)), ""
    except ConfigError as error:
        made, said = None, str(error)
    assert isinstance(made, DatasetConfig) or all(line.startswith(str(path)) for line in said.splitlines())
