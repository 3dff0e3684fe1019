"""The reference of a config, made from its models: each key with its type, default and meaning."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticUndefined


def keys_of(model: type[BaseModel]) -> str:
    """Every section and key of *model*, in the order of its fields, as Markdown.

    Args:
        model: A config. Its fields are sections, which are models too, or plain keys. A section that may be one of
            several models has a `layout` that says which; its keys are those of all of them.
    """
    lines: list[str] = []
    described = _described(model)
    for name, field in model.model_fields.items():
        sections = list(_models(field.annotation))
        lines += [f"## `{name}`", ""]
        if not sections:
            lines += [_sentence(described.get(name, "")), ""]
        elif len(sections) == 1:
            lines += [_summary(sections[0]), "", *_table(sections[0], name), ""]
        else:
            lines += [_sentence(described.get(name, "")), "", "`layout` is one of:", ""]
            lines += [f"- `{_layout(section)}`: {_summary(section)}" for section in sections]
            lines += ["", *_common_table(sections, name), ""]
    return "\n".join(lines).rstrip() + "\n"


def schema_of(model: type[BaseModel]) -> JsonSchemaValue:
    """The JSON Schema of *model* (draft 2020-12), with what each key means, which editors show beside it."""
    schema = model.model_json_schema()
    for section in {model, *_sections(model)}:
        part = schema if section is model else schema["$defs"][section.__name__]
        part["description"] = _summary(section)
        for name, text in _described(section).items():
            part["properties"].get(name, {})["description"] = _sentence(text)
    return schema


def _sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models below *model*, however deep."""
    for field in model.model_fields.values():
        for section in _models(field.annotation):
            yield from [section, *_sections(section)]


def _layout(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["layout"].annotation)[0])


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType, Annotated, list, tuple}:
        for member in get_args(annotation):
            yield from _models(member)


def _summary(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").partition("\n")[0]


def _described(model: type[BaseModel]) -> dict[str, str]:
    """What the docstrings of *model* and its bases say of each field."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        section = (base.__doc__ or "").partition("Attributes:\n")[2]
        for name, text in re.findall(r"^        (\w+): ((?:.|\n(?!        \w+: ))*)", section, re.MULTILINE):
            found[name] = " ".join(text.split())
    return found


def _table(model: type[BaseModel], section: str) -> Iterator[str]:
    described = _described(model)
    yield from ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        nested = list(_models(field.annotation))
        if nested:
            inner = _described(nested[0])
            for key, item in nested[0].model_fields.items():
                yield _row(f"{section}.{name}.{key}", item, inner.get(key, ""))
        else:
            meaning = described.get(name, "")
            yield _row(f"{section}.{name}", field, meaning or ("Which of the layouts." if name == "layout" else ""))


def _common_table(models: Iterable[type[BaseModel]], section: str) -> Iterable[str]:
    """The keys of all *models*; of one that several have, what the first says."""
    rows: dict[str, str] = {}
    for model in models:
        for row in _table(model, section):
            rows.setdefault(row.partition(" | ")[0], row)
    return rows.values()


def _row(key: str, field: FieldInfo, meaning: str) -> str:
    cells = [f"`{key}`", _kind(field.annotation), _default(field), _sentence(meaning)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _sentence(text: str) -> str:
    plain = text.replace("``", "`")
    return plain[:1].upper() + plain[1:]


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin in {Union, UnionType}:
        return " or ".join(_kind(item) for item in arguments if item is not type(None))
    if origin is dict:
        return "mapping"
    if origin in {tuple, list, frozenset}:
        return "two numbers" if arguments[-1] is not Ellipsis and len(arguments) == 2 else "list"
    plain = {
        "int": "integer",
        "float": "number",
        "str": "text",
        "bool": "true, false",
        "ByteSize": "size, as `64MiB`",
        "timedelta": "time, as `6h`",
    }
    return plain.get(getattr(annotation, "__name__", ""), str(annotation))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined or value in ("", (), {}):
        return ""
    if isinstance(value, frozenset):
        value = sorted(value)
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"
