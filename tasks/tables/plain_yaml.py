"""YAML whose plain values stay as they are written: `001`, `1.10` and `2024-01-02` are names here, not numbers."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.nodes import ScalarNode

_WRITTEN = ("int", "float", "timestamp")
_NO_NUMBERS = frozenset({".nan", ".inf", "+.inf", "-.inf"})


class _AsWritten(SafeConstructor):
    """Makes texts of numbers and dates."""


def _text(_: SafeConstructor, node: ScalarNode) -> str | None:
    value = str(node.value)
    return None if value.lower() in _NO_NUMBERS else value


for _kind in _WRITTEN:
    _AsWritten.add_constructor(f"tag:yaml.org,2002:{_kind}", _text)


def load_yaml(text: str) -> Any:
    """What the YAML *text* holds: mappings, lists, texts, booleans and None.

    Raises:
        YAMLError: It is none.
    """
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _AsWritten
    return reader.load(text)
