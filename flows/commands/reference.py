"""The config's reference, made from its models: a JSON Schema for editors, and a page for people.

python -m flows.commands.reference    writes configs/schema.json and docs/configuration.md
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from flows.config import DatasetConfig

_HEAD = """# Configuration

One YAML file describes one dataset. Every key has a default except `name`, `source.path` and `output.path`. An unknown
key is an error that names the nearest known one and the line. Plain values are read as their key needs them: `no`, `on`
and `001` stay as they are written. Relative paths are relative to the config's folder. Credentials never stand in a
config: they come from the environment.

`source` is one source, or a list of several, each with a `name` of its own. Which keys a source has depends on its
`layout`; `layout: auto` takes them all.

The dozen keys that people change first stand in the config of the [quickstart](quickstart.md), with a word on each.
"""


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a config (draft 2020-12)."""
    schema = DatasetConfig.model_json_schema()
    source = schema["properties"]["source"]
    schema["properties"]["source"] = {"anyOf": [source["items"], source], "title": "Source"}
    schema.setdefault("$schema", "https://json-schema.org/draft/2020-12/schema")
    return schema


def config_page() -> str:
    """The reference of every key, as Markdown."""
    lines = [_HEAD]
    described = _described(DatasetConfig)
    for name, field in DatasetConfig.model_fields.items():
        models = list(_models(field.annotation))
        if not models:
            lines.append(f"## `{name}`\n\n{_sentence(described.get(name, ''))}\n")
        elif name == "source":
            lines += _source_sections(models)
        else:
            lines += [f"## `{name}`", "", _summary(models[0]), "", *_table(models[0], name), ""]
    return "\n".join(lines).rstrip() + "\n"


def _source_sections(models: list[type[BaseModel]]) -> Iterator[str]:
    auto = models[0]
    yield from ["## `source`", "", "Where the labelled images lie.", "", "`layout` is one of:", ""]
    for model in models:
        layout = get_args(model.model_fields["layout"].annotation)[0]
        yield f"- `{layout}`: {_summary(model)}"
    yield from ["", *_table(auto, "source"), ""]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType, Annotated, list}:
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


def main() -> None:
    """Write both files, below the working directory."""
    schema = json.dumps(config_schema(), indent=1, ensure_ascii=False)
    Path("configs/schema.json").write_text(f"{schema}\n", encoding="utf-8")
    Path("docs/configuration.md").write_text(config_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
