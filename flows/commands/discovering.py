"""`parquetry discover` and `init`: what a source is, and the config that fits it, without one being there yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from flows.config_words import unknown_layout, words_for
from flows.display.summary import printable, some
from tasks.discover import Source, discover_sources
from tasks.errors import ConfigError
from tasks.labels import number_notices, order_classes
from tasks.samples import Discovery, count_values
from tasks.storage import is_url, local_path, redact_url, require_scheme

_ROWS = 5


def discover(path: str, options: Mapping[str, Any], layout: str) -> Discovery:
    """What lies at *path*: a folder or a label file, local or not.

    Raises:
        ConfigError: There is no such layout.
        LayoutError: There is no such source, no image in it, or it can be read in two ways.
    """
    require_scheme(path)
    place = path if is_url(path) else str(local_path(path).absolute())
    try:
        source: Source = TypeAdapter(Source).validate_python(
            {"path": place, "layout": layout, "storage_options": dict(options)}
        )
    except ValidationError as error:
        [problem, *_] = error.errors()
        if problem["type"] == "union_tag_invalid":
            raise ConfigError(f"--layout: {unknown_layout(problem['ctx'])}") from None
        raise ConfigError(f"{redact_url(path)}: {'.'.join(map(str, problem['loc']))}: {words_for(problem)}") from None
    return discover_sources([source], {})


def describe(discovery: Discovery) -> dict[str, Any]:
    """*discovery* as JSON values, by names that scripts may rely on."""
    samples = discovery.samples
    paths = discovery.class_paths if discovery.levels else order_classes(discovery.class_paths)
    classes = dict.fromkeys(paths, 0) | count_values(samples["label_path"])
    splits = count_values(samples["split"])
    return {
        "layout": discovery.layout,
        "why": discovery.why,
        "images": discovery.listed,
        "classes": classes,
        "splits": splits if set(splits) != {""} else {},
        "ignored": dict(discovery.ignored),
        "rejected": count_values(discovery.rejections["reason"]),
        "notices": [*discovery.notices, *([] if discovery.levels else number_notices(paths))],
    }


def print_discovery(console: Console, discovery: Discovery) -> None:
    """Print what a source is: layout and why, counts, what is passed over, the first rows."""
    found = describe(discovery)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("layout", printable(f"{found['layout']}: {found['why']}"))
    table.add_row("images", f"{found['images']:,}")
    table.add_row("classes", printable(f"{len(found['classes'])}: {some(found['classes'])}"))
    for title, key in (("splits", "splits"), ("passed over", "ignored"), ("rejected because", "rejected")):
        if found[key]:
            table.add_row(title, printable(some(found[key])))
    for notice in found["notices"]:
        table.add_row("note", printable(notice))
    console.print(table)
    console.print(_first_rows(discovery.samples))


def _first_rows(samples: pa.Table) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("sample_id", "label_path", "split"):
        table.add_column(column, overflow="ellipsis", no_wrap=True, max_width=60)
    for row in samples.slice(0, _ROWS).to_pylist():
        table.add_row(*(printable(row[column]) for column in ("sample_id", "label_path", "split")))
    return table


def starting_config(source: str, output: str, discovery: Discovery) -> str:
    """A commented YAML for what *discovery* found, which runs as it is."""
    found = describe(discovery)
    lines = [
        *_comments([f"{found['images']:,} images: {found['why']}", *found["notices"]]),
        f"name: {_quoted(_name_of(source))}",
        "source:",
        f"  path: {_quoted(_place_of(source, discovery))}",
        *_options_lines(discovery.access[0].root.options),
        f"  layout: {found['layout']}",
        *(
            f"  {key}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in discovery.keys.get("source", {}).items()
        ),
        *([f"  levels: {json.dumps(list(discovery.levels))}   # names for the levels"] if discovery.levels else []),
        *_comments([f"classes: {some(found['classes'])}"]),
    ]
    if found["splits"]:
        lines += _comments([f"splits, as the source names them: {some(found['splits'])}"])
        if names := discovery.keys.get("splits", {}).get("names"):
            lines += ["splits:", f"  names: {json.dumps(names, ensure_ascii=False)}"]
    else:
        lines += ["splits:", "  ratios: {train: 0.8, validation: 0.1, test: 0.1}"]
    return "\n".join(
        [
            *lines,
            "resize: {size: [224, 224], mode: crop}   # or stretch, pad, shorter, longer, none",
            "write: {pixels: jpeg, quality: 90}       # or png, webp, raw, original",
            "output:",
            f"  path: {_quoted(_absolute(output))}",
            "",
        ]
    )


def _comments(texts: Iterable[str]) -> list[str]:
    return [f"# {''.join(char if char.isprintable() else ' ' for char in text)}" for text in texts]


def _quoted(text: str) -> str:
    """*text* as a YAML value in double quotes."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in plain) + '"'


def _options_lines(options: Mapping[str, Any]) -> list[str]:
    return [f"  storage_options: {json.dumps(dict(options))}"] if options else []


def _place_of(source: str, discovery: Discovery) -> str:
    """What was read: *source*, or the label file that was found in it."""
    access = discovery.access[0]
    if access.label_root is None or not access.record_formats:
        return _absolute(source)
    name = next(iter(access.record_formats))
    place = _absolute(source)
    return place if place.partition("?")[0].endswith(f"/{name}") else f"{place.rstrip('/')}/{name}"


def _absolute(place: str) -> str:
    return place if is_url(place) else str(local_path(place).absolute())


def _name_of(source: str) -> str:
    """A dataset's name out of its source's: letters, digits and hyphens."""
    place = redact_url(_absolute(source)).rstrip("/")
    stem = place.rpartition("/")[2].partition(".")[0]
    if stem.lower() in {"metadata", "labels", "annotations", "train", "images", ""}:
        stem = place.rpartition("/")[0].rpartition("/")[2] or stem
    name = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in stem).strip("-._")
    return name or "dataset"
