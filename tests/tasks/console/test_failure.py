"""The place that a message begins with, for a program."""

from __future__ import annotations

import pytest

from tasks.console.failure import failure_of


@pytest.mark.parametrize(
    ("message", "file", "line", "key"),
    [
        pytest.param("c.yaml:4: resize.mode: write crop", "c.yaml", 4, "resize.mode", id="a key"),
        pytest.param("c.yaml:4: name: is missing.\nc.yaml:7: x: unknown key", "c.yaml", 4, "name", id="the first"),
        pytest.param("a b/c.yaml:4:7: not valid YAML: x", "a b/c.yaml", 4, None, id="a column"),
        pytest.param("c.yaml: no such config file.", "c.yaml", None, None, id="no line"),
        pytest.param("c.yaml:3: There is no folder /x: mend it", "c.yaml", 3, None, id="a sentence"),
        pytest.param("--set resize.mode: write crop", None, None, "resize.mode", id="an override"),
        pytest.param("/x/labels.csv, line 17: the label is a list", "/x/labels.csv", 17, None, id="a label file"),
        pytest.param("a.csv, lines 3 and 4: differ", "a.csv", 3, None, id="two lines"),
        pytest.param("run.address: nothing listens at tcp://h:8786: x", None, None, None, id="no place"),
        pytest.param("No server answers at http://127.0.0.1:4200/api", None, None, None, id="a port"),
    ],
)
def test_a_failure_has_the_place_of_its_message(
    message: str, file: str | None, line: int | None, key: str | None
) -> None:
    found = failure_of(message, 2)

    assert found == {"error": message, "exit_code": 2, "file": file, "line": line, "key": key}
