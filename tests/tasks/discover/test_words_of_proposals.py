"""How a proposal is written as YAML, and what an error that offers some says."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from tasks.config_keys import ConfigKeys
from tasks.discover.proposals import ExampleRow, Proposal, UnsettledLayoutError, said, yaml_lines

TABLES: ConfigKeys = {"source": {"layout": "tables", "tables": [{"file": "a.csv", "columns": ["location", "label"]}]}}
FOLDERS: ConfigKeys = {"source": {"layout": "class_folders"}, "splits": {"names": {"0": "train", "rest": "test"}}}


def test_sections_are_blocks_and_tables_lines() -> None:
    assert Proposal("", TABLES).yaml_lines() == [
        "source:",
        "  layout: tables",
        "  tables:",
        '    - {file: "a.csv", columns: [location, label]}',
    ]
    assert Proposal("", FOLDERS).yaml_lines() == [
        "source:",
        "  layout: class_folders",
        "splits:",
        '  names: {"0": train, rest: test}',
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("cat", "cat"),
        ("sea_lion", "sea_lion"),
        ("no", '"no"'),
        ("On", '"On"'),
        ("null", '"null"'),
        ("y", '"y"'),
        ("7", '"7"'),
        ("a-b", '"a-b"'),
        ("", '""'),
        ("é", '"é"'),
        ("猫", '"猫"'),
        ('a "b"', r'"a \"b\""'),
        (True, "true"),
        (None, "null"),
        (3, "3"),
        (["a", 1], "[a, 1]"),
        (("a",), "[a]"),
        ([], "[]"),
        ({"a": {"b": ["c", "no"]}}, '{a: {b: [c, "no"]}}'),
        ({}, "{}"),
        ([{"a": 1}, "b"], "[{a: 1}, b]"),
    ],
)
def test_values_are_written_as_yaml_reads_them(value: object, text: str) -> None:
    lines = yaml_lines({"key": value})

    assert lines == [f"key: {text}"]
    read = YAML(typ="safe").load("\n".join(lines))["key"]
    assert read == (list(value) if isinstance(value, tuple) else value)


def test_lists_of_mappings_and_sections_are_indented() -> None:
    keys: dict[str, Any] = {"source": {"tables": [{"file": "a"}, {"file": "b"}], "ignore": ["x"]}, "labels": {}}

    assert yaml_lines(keys, sections=True) == [
        "source:",
        "  tables:",
        "    - {file: a}",
        "    - {file: b}",
        "  ignore: [x]",
        "labels: {}",
    ]
    assert yaml_lines(keys["source"]) == ["tables:", "  - {file: a}", "  - {file: b}", "ignore: [x]"]


def offered(count: int) -> list[Proposal]:
    return [
        Proposal(f"it is {at}", {"source": {"path": str(at)}}, (ExampleRow("1.jpg", "cat"),)) for at in range(count)
    ]


def test_three_proposals_are_said_with_their_keys() -> None:
    assert said(offered(4)) == [
        line for at in range(3) for line in (f"If it is {at}:", "  source:", f'    path: "{at}"')
    ]
    assert said(offered(2), most=1) == ["If it is 0:", "  source:", '    path: "0"']


def test_an_error_says_its_reason_what_is_open_and_the_first_proposals() -> None:
    error = UnsettledLayoutError.of("no_labels", "x: nothing names a class.", offered(4), ["one", "two"])

    assert str(error).splitlines()[:2] == ["no_labels: x: nothing names a class.", "If it is 0:"]
    assert len(str(error).splitlines()) == 10
    assert (error.reason, error.what) == ("no_labels", "x: nothing names a class.")
    assert (error.unsettled.proposals, error.unsettled.evidence) == (tuple(offered(4)), ("one", "two"))
    assert error.certain is None


def test_an_error_offers_more_first_or_others_alone() -> None:
    error = UnsettledLayoutError.of("no_labels", "what", offered(1), ["one"])

    more = error.with_proposals(offered(2)[1:], ["two"])
    other = error.offering(offered(3))

    assert [one.says for one in more.unsettled.proposals] == ["it is 1", "it is 0"]
    assert (more.unsettled.evidence, more.reason, more.what) == (("one", "two"), "no_labels", "what")
    assert (other.unsettled.proposals, other.unsettled.evidence) == (tuple(offered(3)), ("one",))
    assert error.offering([], []).unsettled.evidence == ()


def test_an_error_keeps_the_certain_reading_in_what_is_made_of_it() -> None:
    proposals = offered(2)
    error = UnsettledLayoutError.of("ambiguous_layout", "what", proposals, ["one"])
    error.certain = proposals[1]

    packed = error.with_source_keys({"archives": True})
    later = error.after(["First this.", "Then that."])

    assert [one.keys["source"] for one in packed.unsettled.proposals] == [
        {"archives": True, "path": "0"},
        {"archives": True, "path": "1"},
    ]
    assert packed.certain is packed.unsettled.proposals[1]
    assert (later.what, later.certain) == ("First this. Then that. what", proposals[1])
    assert (later.reason, later.unsettled) == ("ambiguous_layout", error.unsettled)
    assert str(later).startswith("ambiguous_layout: First this. Then that. what\nIf it is 0:")
