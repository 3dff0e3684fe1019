"""YAML read as plain data with the line of every key, and nothing that a YAML file could do beyond that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from tasks.errors import ConfigError
from tasks.step_config import PlainText

KeyPath = tuple[str | int, ...]

MAX_BYTES = 256 * 1024
_MAX_DEPTH = 32
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class _Level:
    """One mapping or sequence that is still open."""

    path: KeyPath
    value: dict[str, Any] | list[Any]
    key: str | None = None


@dataclass(slots=True)
class YamlText:
    """What a YAML text holds.

    Attributes:
        data: Mappings, lists, `None` and text; unquoted text is `PlainText`.
        lines: For each key path, the line on which it stands, from 1.
    """

    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int:
        """The line of *path*, or of the nearest key around it that stands in the text."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse_yaml(text: str, name: str) -> YamlText:
    """Parse one YAML document.

    Args:
        text: The document.
        name: What messages call it, such as the file's name.

    Raises:
        ConfigError: Not YAML; or more than that: tags, aliases, several documents, a key twice, too large or too deep.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES // 1024} KiB. A config names places and choices, not data.")
    try:
        return _Builder(name).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ConfigError(f"{where}: not valid YAML: {error.problem or error.context}.") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{name}:{line}: not valid YAML: the character {error.character!r} cannot stand in it."
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: not valid YAML: {str(error).splitlines()[0][:200]}") from None


class _Builder:
    """Builds data from parser events, without recursion, so that no depth of nesting can exhaust the stack."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result = YamlText()
        self.levels: list[_Level] = []
        self.documents = 0

    def build(self, events: Iterable[Any]) -> YamlText:
        for event in self._checked(events):
            line = event.start_mark.line + 1
            if isinstance(event, ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, MappingStartEvent):
                self._open({}, line)
            elif isinstance(event, SequenceStartEvent):
                self._open([], line)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self.levels.pop()
        return self.result

    def _checked(self, events: Iterable[Any]) -> Iterator[Any]:
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self.documents += 1
            problem = self._problem(event)
            if problem:
                raise ConfigError(f"{self.name}:{event.start_mark.line + 1}: {problem}")
            yield event

    def _problem(self, event: Any) -> str | None:
        if self.documents > 1:
            return "a second YAML document begins here. Keep one dataset per file."
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            return "YAML anchors and aliases are not read. Write the value out."
        if getattr(event, "tag", None) and not isinstance(event, DocumentStartEvent):
            return f"the YAML tag {str(event.tag)[:60]!r} is not read. Write a plain value."
        return None

    def _scalar(self, event: ScalarEvent, line: int) -> None:
        if _NO_TEXT.search(event.value):
            raise ConfigError(f"{self.name}:{line}: a text holds a character that no name can hold, such as \\0.")
        plain = event.style is None
        level = self.levels[-1] if self.levels else None
        if level and isinstance(level.value, dict) and level.key is None:
            self._key(level, event.value, line)
        else:
            text = PlainText(event.value) if plain else event.value
            self._put(None if plain and event.value in _NULLS else text, line)

    def _key(self, level: _Level, key: str, line: int) -> None:
        if key == "<<":
            raise ConfigError(f"{self.name}:{line}: YAML merge keys are not read. Write the keys out.")
        if key in level.value:
            first = self.result.lines[(*level.path, key)]
            raise ConfigError(f"{self.name}:{line}: the key {key!r} stands here and on line {first}. Keep one of them.")
        level.key = key
        self.result.lines[(*level.path, key)] = line

    def _open(self, value: dict[str, Any] | list[Any], line: int) -> None:
        if len(self.levels) >= _MAX_DEPTH:
            raise ConfigError(f"{self.name}:{line}: nested more than {_MAX_DEPTH} deep.")
        if self.levels and isinstance(self.levels[-1].value, dict) and self.levels[-1].key is None:
            raise ConfigError(f"{self.name}:{line}: a key must be plain text.")
        self.levels.append(_Level(self._put(value, line), value))

    def _put(self, value: Any, line: int) -> KeyPath:
        """Put *value* where the open level wants it, and return its key path."""
        if not self.levels:
            self.result.data = value
            return ()
        level = self.levels[-1]
        if isinstance(level.value, list):
            path = (*level.path, len(level.value))
            self.result.lines[path] = line
            level.value.append(value)
            return path
        key = level.key or ""
        level.value[key], level.key = value, None
        return (*level.path, key)
