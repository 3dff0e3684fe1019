"""One JSON value out of its text, as people and programs write it."""

from __future__ import annotations

import pytest

from tasks.records.json_text import (
    DuplicateKeyError,
    JsonCells,
    JsonTextError,
    WrittenFloat,
    lookup,
    parse_json,
    text_of,
)


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        pytest.param('{"a": [1, -2.5, "x", true, null]}', {"a": [1, -2.5, "x", True, None]}, [], id="JSON itself"),
        pytest.param("{'a': 'b'}", {"a": "b"}, ["single quotes"], id="single quotes"),
        pytest.param("[True, False, None]", [True, False, None], ["a Python literal"], id="Python's words"),
        pytest.param("[1, 2,]", [1, 2], ["a trailing comma"], id="a comma too many"),
        pytest.param('{"a": 1, "b": 2,}', {"a": 1, "b": 2}, ["a trailing comma"], id="and in an object"),
        pytest.param('["a" "b"]', ["a", "b"], ["a missing comma"], id="a comma too few"),
        pytest.param('{"a": 1 "b": 2}', {"a": 1, "b": 2}, ["a missing comma"], id="also in an object"),
        pytest.param("[1, …, 2, ...]", [1, 2], ["an ellipsis was dropped", "a trailing comma"], id="an ellipsis"),
        pytest.param("[1, NaN]", [1, None], ["NaN, which is not JSON, is not a value"], id="no number"),
        pytest.param(
            "[-Infinity,]", [None], ["-Infinity, which is not JSON, is not a value", "a trailing comma"], id="-∞"
        ),
        pytest.param("{'a' : +1}", {"a": 1}, ["single quotes"], id="a plus sign, and a blank before the colon"),
        pytest.param(
            r"""['\u00e4\x41\n\t\r\b\f\'\q', 'x']""", ["äA\n\t\r\b\f'q", "x"], ["single quotes"], id="escapes"
        ),
        pytest.param("[[], {},]", [[], {}], ["a trailing comma"], id="empty ones"),
        pytest.param("['a', .5, 1.]", ["a", 0.5, 1.0], ["single quotes"], id="numbers with a bare point"),
    ],
)
def test_a_value_is_read_and_what_was_repaired_is_told(text: str, value: object, repairs: list[str]) -> None:
    found = parse_json(text, strict=False)

    assert (found.value, list(found.repairs)) == (value, repairs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1", "ends before it is whole"),
        ("{'a': 1", "ends before it is whole"),
        ("{a: 1}", "has a key without quotes near 'a: 1}'"),
        ("{'a' 1}", "has no colon after the key 'a'"),
        ("['a", 'has a string that does not end, near "'),
        ("['a'] x", "goes on after its end: 'x'"),
        ("[maybe]", "is not JSON near 'maybe]'"),
        ("[" * 102 + "'a'" + "]" * 102, "is nested too deeply"),
        ("['a', " + "9" * 5000 + "]", "holds a number that is far too large"),
    ],
)
def test_what_is_no_value_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        parse_json(text, strict=False)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("text", ["{'a': 1, 'a': 2}", '{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 1}}'])
@pytest.mark.parametrize("strict", [True, False])
def test_a_key_twice_is_never_settled(text: str, strict: bool) -> None:
    expected = JsonTextError if strict and "'" in text else DuplicateKeyError

    with pytest.raises(expected):
        parse_json(text, strict=strict)


def test_a_key_twice_is_named() -> None:
    with pytest.raises(DuplicateKeyError, match="holds the key 'b' twice"):
        parse_json('{"a": 1, "b": 2, "c": 3, "b": 4}', strict=True)


@pytest.mark.parametrize("text", ["{'a': 1}", "[1,]", "[NaN]", "[Infinity]", ""])
def test_strictly_only_json_is_read(text: str) -> None:
    with pytest.raises(JsonTextError, match=r"is not JSON: .*; `strict: false` would try to read it"):
        parse_json(text, strict=True)


def test_a_number_remembers_how_it_was_written() -> None:
    strict, tolerant = parse_json("1.50", strict=True).value, parse_json("+1.50", strict=False).value

    assert isinstance(strict, WrittenFloat)
    assert isinstance(tolerant, WrittenFloat)
    assert (text_of(strict), text_of(tolerant)) == ("1.50", "+1.50")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ({"a": 1}, None),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        ("x", "x"),
        ("", ""),
        ([1, "a"], '[1, "a"]'),
        (WrittenFloat("2.0"), "2.0"),
    ],
)
def test_a_value_is_the_text_of_a_cell(value: object, text: str | None) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("a", {"b": [{"c": 1}, 2]}),
        ("a.b.1", 2),
        ("a.b.0.c", 1),
        ("a.b.2", None),
        ("a.b.-1", None),
        ("a.b.²", None),
        ("a.x", None),
        ("d.e", "whole"),
        ("d.f", None),
        ("g.h", None),
    ],
)
def test_a_dotted_key_leads_into_what_is_nested(key: str, value: object) -> None:
    record: JsonCells = {"a": {"b": [{"c": 1}, 2]}, "d.e": "whole", "d": {"e": "nested"}, "g": "text"}

    assert lookup(record, key) == value
