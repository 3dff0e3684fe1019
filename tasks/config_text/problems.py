"""What is wrong with a config, in a person's words: which line, which key, and what to write there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tasks.config_text.words import unknown_layout, words_for
from tasks.config_text.yaml_text import KeyPath, YamlText

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MOST = 20
_LAYOUT = 2
"""Where pydantic's place of a mistake in a source has the source's layout."""
_WORDS_OF_TABLES = {**dict.fromkeys(("table", "path", "csv", "name", "source"), "file"), "label_file": "file"}
"""What people call the file of a table."""
_TABLES_KEYS = frozenset("where columns one_hot at sheet skip base numbers pixels shape surplus listing files".split())
"""Keys of a table that people write beside `tables`."""
_OTHER_WORDS = {
    **dict.fromkeys(("image", "images", "transform", "transforms"), "resize"),
    **dict.fromkeys(("input", "data", "dataset", "src"), "source"),
    **dict.fromkeys(("target", "destination", "dest", "dst"), "output"),
    **dict.fromkeys(("filter", "filters", "checks"), "validation"),
}
"""What people call a section whose name is another."""


def describe_problems(
    error: ValidationError, model: type[BaseModel], parsed: YamlText, url: str, overrides: Mapping[str, object]
) -> Iterator[str]:
    """One line for each mistake: its place, and what to write instead.

    Args:
        error: What validating *parsed* against *model* came to.
        model: The whole config.
        parsed: The file, which knows its lines.
        url: The file's place.
        overrides: What was laid over it, by dotted key.
    """
    told: dict[str, str] = {}
    lines: dict[str, int] = {}
    for problem in error.errors(include_url=False):
        path, fields = _place(problem["loc"], parsed.data, model)
        if problem["type"] == "union_tag_invalid":
            path = (*path, "layout")
        words = _in_words(problem, path, fields, model)
        where = place_of(path, parsed, url, overrides)
        lines[where] = parsed.line(path)
        told[where] = f"{told[where].rstrip('.')}; or {words}" if where in told and words != told[where] else words
    ordered = [f"{where}: {told[where]}" for where in sorted(told, key=lambda where: lines[where])]
    yield from ordered[:_MOST]
    if len(ordered) > _MOST:
        yield f"{url}: and {len(ordered) - _MOST} more mistakes."


def place_of(path: KeyPath, parsed: YamlText, url: str, overrides: Mapping[str, object]) -> str:
    """Where the key *path* was given: ``pets.yaml:3: source.path``, or the override that gave it."""
    if path[:1] == ("source",) and isinstance(parsed.data.get("source"), dict):
        path = tuple(part for part in path if not isinstance(part, int))  # one source is validated as a list of one
    key = ".".join(map(str, path))
    overridden = any(key == name or key.startswith(f"{name}.") for name in overrides)
    return f"--set {key}" if overridden else f"{url}:{parsed.line(path)}: {key or 'config'}"


def _in_words(problem: ErrorDetails, path: KeyPath, fields: Sequence[str], model: type[BaseModel]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return _unknown_key(str(path[-1]), fields, model)
    if kind == "union_tag_invalid":
        return unknown_layout(problem["ctx"])
    if kind == "missing":
        missing = problem["loc"][-1]
        return f"has too few values: {missing}." if isinstance(missing, int) else "is missing."
    if kind == "model_type" and "tables" in path and isinstance(problem["input"], str):
        return f"write a table as a section of its own: `tables: [{{file: {problem['input'][:100]}}}]`."
    return words_for(problem)


def _unknown_key(key: str, fields: Sequence[str], model: type[BaseModel]) -> str:
    """What to say of a key that is none here: the nearest one here, else where one of that name belongs."""
    if {"file", "files", "listing"} <= set(fields) and key.lower() in _WORDS_OF_TABLES:
        return f"unknown key; did you mean {_WORDS_OF_TABLES[key.lower()]!r}?"
    if key in _TABLES_KEYS and "tables" in fields:
        return f"unknown key; it belongs to a table: `tables: [{{file: …, {key}: …}}]`"
    if near := get_close_matches(key, fields, n=1, cutoff=0.6):
        return f"unknown key; did you mean {near[0]!r}?"
    if key.lower() in _OTHER_WORDS:
        return f"unknown key; did you mean `{_OTHER_WORDS[key.lower()]}`?"
    elsewhere = {f"{section}.{name}": name for section, names in _sections(model).items() for name in names}
    for cutoff in (1.0, 0.8):
        for place, name in elsewhere.items():
            if get_close_matches(key, [name], n=1, cutoff=cutoff):
                return f"unknown key; did you mean `{place}`?"
    return f"unknown key; known are {', '.join(fields)}."


def _sections(model: type[BaseModel]) -> dict[str, list[str]]:
    """The sections of *model*, and their keys."""
    return {str(name): [str(key) for key in _fields(annotation)] for name, annotation in _fields(model).items()}


def _place(loc: tuple[str | int, ...], data: Any, model: type[BaseModel]) -> tuple[KeyPath, list[str]]:
    """The key path in the file of pydantic's *loc*, which also names union members, and the keys known there."""
    path: list[str | int] = []
    annotation: Any = model
    fields = _fields(annotation)
    for place, part in enumerate(loc):
        known = _fields(annotation)
        if place == _LAYOUT and loc[0] == "source":
            continue  # by which pydantic tells sources apart; `tables` is also the name of a key
        if isinstance(part, int) and isinstance(data, dict):
            continue  # one source is validated as a list of one
        stands = (isinstance(data, dict) and part in data) or _has(data, part)
        if not stands and part not in known:
            continue  # a member of a union
        path.append(part)
        fields = known
        annotation = known.get(part, annotation) if isinstance(part, str) else annotation
        data = data[part] if stands else None
    return tuple(path), sorted(map(str, fields))


def _has(data: Any, part: str | int) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _fields(annotation: Any) -> dict[str | int, Any]:
    """The fields of every model that *annotation* admits."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: field.annotation for name, field in annotation.model_fields.items()}
    if get_origin(annotation) is Annotated:
        return _fields(get_args(annotation)[0])
    found: dict[str | int, Any] = {}
    if get_origin(annotation) in {Union, UnionType, list, tuple}:
        for member in get_args(annotation):
            found |= _fields(member)
    return found
