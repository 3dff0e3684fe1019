from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config_text.yaml_text import parse_yaml
from tasks.errors import ConfigError
from tasks.step_config import PlainText, resolve_plain


def test_plain_values_stay_as_they_were_written() -> None:
    data = parse_yaml("classes: [no, on, 001, 1e5, NA]\nquoted: '5'\nnothing: ~\n", "c.yaml").data

    assert data == {"classes": ["no", "on", "001", "1e5", "NA"], "quoted": "5", "nothing": None}
    assert isinstance(data["classes"][0], PlainText)
    assert not isinstance(data["quoted"], PlainText)


def test_every_key_knows_its_line() -> None:
    parsed = parse_yaml("name: pets\nsource:\n  path: x\n  columns: {label: breed}\n", "c.yaml")

    assert parsed.line(("source", "path")) == 3
    assert parsed.line(("source", "columns", "label")) == 4
    assert parsed.line(("source", "not there")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [1\n", r"c\.yaml:2:1: not valid YAML", id="an open bracket, with line and column"),
        pytest.param("a: &x 1\nb: *x", r"c\.yaml:1: .*aliases", id="an anchor"),
        pytest.param("a: !!python/object/apply:os.system [ls]", r"c\.yaml:1: .*tag", id="a tag that would run code"),
        pytest.param("a: 1\nb: 2\na: 3", r"c\.yaml:3: .*'a' .*line 1", id="a key twice, with both lines"),
        pytest.param("[" * 100_000, r"c\.yaml:1: nested more", id="nesting a hundred thousand deep"),
        pytest.param("a: 1\n---\nb: 2", r"c\.yaml:2: a second YAML document", id="two documents"),
        pytest.param("? [a, b]\n: c", r"c\.yaml:1: a key must be", id="a list as key"),
        pytest.param("a: \x00", r"c\.yaml:1: not valid YAML", id="a NUL byte"),
        pytest.param("x" * 300_000, r"larger than 256 KiB", id="far too large"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_yaml(text, "c.yaml")


@given(st.text(max_size=60))
def test_any_text_is_data_or_a_config_error_that_names_the_file(text: str) -> None:
    try:
        message = "" if parse_yaml(text, "c.yaml") else "c.yaml"
    except ConfigError as error:
        message = str(error)
    assert message == "" or message.startswith("c.yaml")


def test_free_form_options_read_plain_values_as_yaml_1_2() -> None:
    data = parse_yaml("{anon: true, retries: 5, rate: 1.5, key: 'true', word: no, deep: {list: [1, x]}}", "c.yaml").data

    assert resolve_plain(data) == {
        "anon": True,
        "retries": 5,
        "rate": 1.5,
        "key": "true",
        "word": "no",
        "deep": {"list": [1, "x"]},
    }
