"""What is wrong with a config, in a person's words: which line, which key, and what to write there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from flows.yaml_text import KeyPath, YamlText
from tasks.storage import redact_url

_WANTED = {
    "bool_parsing": "write true or false",
    "dict_type": "write a mapping, such as {key: value}",
    "float_parsing": "write a number",
    "int_parsing": "write a whole number",
    "list_type": "write a list, such as [a, b]",
    "model_type": "write a section with keys of its own",
    "string_type": "write text",
    "tuple_type": "write a list, such as [224, 224]",
}
"""What a key must hold, in a person's words, by pydantic's name for the mistake."""
_MOST = 20


def describe_problems(
    error: ValidationError, model: type[BaseModel], parsed: YamlText, url: str, overrides: Mapping[str, Any]
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
    for problem in error.errors(include_url=False):
        path, fields = _place(problem["loc"], parsed.data, model)
        if problem["type"] == "union_tag_invalid":
            path = (*path, "layout")
        key = ".".join(map(str, path))
        overridden = any(key == name or key.startswith(f"{name}.") for name in overrides)
        where = f"--set {key}" if overridden else f"{url}:{parsed.line(path)}: {key or 'config'}"
        words = _in_words(problem, path, fields)
        told[where] = f"{told[where].rstrip('.')}; or {words}" if where in told and words != told[where] else words
    lines = [f"{where}: {words}" for where, words in told.items()]
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"{url}: and {len(lines) - _MOST} more mistakes."


def _in_words(problem: Any, path: KeyPath, fields: Sequence[str]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), fields, n=1, cutoff=0.5)
        return f"unknown key; did you mean {near[0]!r}?" if near else f"unknown key; known are {', '.join(fields)}."
    if kind == "union_tag_invalid":
        return _unknown_layout(problem["ctx"])
    if kind == "missing":
        return "is missing."
    message = _WANTED.get(kind) or str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    shown = problem.get("input")
    if isinstance(shown, str | int | float | bool):
        return f"{message}, not {redact_url(str(shown))[:100]!r}."
    return f"{message}."


def _unknown_layout(context: Mapping[str, str]) -> str:
    known = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
    near = get_close_matches(context["tag"], known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown layout {context['tag']!r}; {hint}Known are {', '.join(known)}."


def _place(loc: tuple[str | int, ...], data: Any, model: type[BaseModel]) -> tuple[KeyPath, list[str]]:
    """The key path in the file of pydantic's *loc*, which also names union members, and the keys known there."""
    path: list[str | int] = []
    annotation: Any = model
    fields = _fields(annotation)
    for part in loc:
        known = _fields(annotation)
        if isinstance(part, int) and isinstance(data, dict):
            continue  # one source is validated as a list of one
        stands = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if not stands and part not in known:
            continue  # a member of a union
        path.append(part)
        fields = known
        annotation = known.get(part, annotation) if isinstance(part, str) else annotation
        data = data[part] if stands else None
    return tuple(path), sorted(map(str, fields))


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
